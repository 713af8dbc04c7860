/* SPDX-License-Identifier: MIT */
/* walk_state - what the files of walk share: nobody else looks inside. */
#ifndef POLICY_WALK_STATE_H
#define POLICY_WALK_STATE_H

#include "policy/target.h"
#include "policy/verdict.h"
#include "policy/walk.h"

/* One who may be asked, in the order of the decision and of the lists behind it. */
struct walk_entry {
	size_t choice; /* its place in the decision */
	const struct target *target;
	size_t failures; /* hedges aside */
	int64_t not_before_us; /* when it may be asked again; 0: now */
	bool is_out; /* it is not asked any more */
	bool is_busy; /* an attempt of it is in flight */
	bool is_paid; /* the retry that it waits for was taken from the retry budget */
};

struct walk_attempt {
	size_t entry;
	int64_t start_us, end_us; /* end 0: in flight */
	int64_t overdue_us; /* when its answer is no longer waited for */
	int64_t hedge_us; /* when another is started beside it; INT64_MAX: never */
	int64_t timeout_ms;
	int64_t most_pusd; /* what it may come to; negative: unknown */
	int64_t cost_pusd; /* what it is held to have come to; negative: not known */
	uint64_t probe;
	struct budget_hold hold;
	enum error_kind kind;
	bool ok, is_hedge, is_continuation;
	bool was_sent;
	bool has_place; /* in the crowd at its provider */
	bool has_output; /* that went to the reader */
	bool is_void; /* and was declared void */
	bool must_cancel; /* WALK_CANCEL is due */
	bool cost_is_bound; /* nobody told what it came to */
};

struct walk {
	struct walk_world world;
	struct decision *decision;
	struct facts *facts;
	int64_t start_us, deadline_us, end_us, first_failure_us;
	struct walk_entry *entries;
	size_t entry_count, entry_cap;
	struct walk_attempt *attempts;
	size_t attempt_count, attempt_cap, in_flight, hedges;
	size_t skips; /* of candidates whose breaker was open */
	size_t current; /* the entry that is waited for; WALK_NOBODY */
	size_t asked; /* the entry that the store was asked of, and has not answered; WALK_NOBODY */
	struct walk_attempt draft; /* what will be made of it */
	size_t unsent; /* the attempt that WALK_SEND is due for; WALK_NOBODY */
	size_t committed; /* the attempt whose output goes to the reader; WALK_NOBODY */
	size_t streamed; /* the last attempt whose output reached the reader and is not void */
	size_t told; /* the last attempt that told of an error itself; WALK_NOBODY */
	size_t winner;
	int64_t idle_us; /* since when nobody is in flight */
	int64_t waited_us; /* in all backoffs */
	int64_t need_window; /* only those with a larger window; 0: any */
	unsigned lists; /* those that were asked for, by enum router_list */
	bool over, can_continue, restart_due;
	bool awaits_room; /* a provider is at its limit, and is asked when it is not */
	bool is_filtered; /* only fallback.contentFilter is asked */
	bool money_said_no, other_said_no; /* why nobody could be asked */
	enum error_kind kind; /* how it ended */
	struct buf message, reasons, warnings;
};

/* --- walk_pick: who is asked next --- */

/* Those of the decision. */
void walk_add_choices(struct walk *w);
/* The next that may be asked, now or (not_before_us) later; lists of fallback are taken up where
 * nobody else is left. WALK_NOBODY: nobody is left. */
size_t walk_pick(struct walk *w, int64_t now_us);
/* When the entry is looked at again: now where it may be asked, INT64_MAX where another attempt at
 * its provider has to be over first. */
int64_t walk_ready_us(const struct walk *w, size_t entry, int64_t now_us);
/* Somebody to start beside those in flight, whose breaker is closed, and who has room. */
size_t walk_pick_hedge(struct walk *w, int64_t now_us);
/* What the failure of an attempt means for the candidates. For how long the breaker is to keep away
 * from it: 0 where the walk itself waits, or nobody said. */
int64_t walk_judge(
    struct walk *w, size_t attempt, const struct walk_answer *answer, int64_t now_us);
/* The entry is out of it, and why; fmt NULL: that was told already. */
void walk_leave(struct walk *w, size_t entry, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* --- walk_launch: an attempt's admission and its account --- */

/* Whether an attempt was made of it (w->unsent); else it is out, or can be had later
 * (not_before_us), or (a hedge) not at all, or the store has yet to say so (w->asked). */
bool walk_launch(struct walk *w, size_t entry, bool is_hedge, int64_t now_us);
/* What the store was asked is not wanted any more. */
void walk_unask(struct walk *w, int64_t now_us);
/* Its budgets, breaker and latency learn how it ended. */
void walk_settle(struct walk *w, size_t attempt, const struct walk_answer *answer, int64_t away_us,
    int64_t now_us);
/* A sentence to the warnings, unless it is there. */
void walk_warn(struct walk *w, struct str sentence);

#endif
