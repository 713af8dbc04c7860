/* SPDX-License-Identifier: MIT */
/*
 * walk - one request's way along its candidates until one answers: a pure state machine.
 *
 * It is told what happened and when, and asked what to do next; it sends nothing and waits for
 * nothing itself, so a simulator can drive it through a year's weather in seconds.
 *
 *	walk = walk_new(&world, &decision, &facts, now_us);
 *	for (;;) {
 *		while (walk_next(walk, now_us, &step) != WALK_WAIT)
 *			... do it; after WALK_END: walk_free ...
 *		... until step.until_us, or something happens: walk_output, walk_answer ...
 *	}
 *
 * The commit point: before an attempt's first output reaches the reader, any failure moves on to
 * the next try; from then on the policy's afterOutput decides. Of hedged attempts the first output
 * (or the first whole answer that is ok) wins, and the others are cancelled and charged by their
 * bound. agentflow-failover(7) has the rules, and verdict.h what each kind of failure leads to.
 *
 * It always ends: WALK_GRACE_MS after the time that it gave an attempt (or its deadline, where the
 * attempt may stand in a line of our own), it no longer waits for that attempt's answer.
 */
#ifndef POLICY_WALK_H
#define POLICY_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "json/jsonw.h"
#include "llm/llm.h"
#include "policy/budget.h"
#include "policy/crowd.h"
#include "policy/health.h"
#include "policy/retry_budget.h"
#include "policy/router.h"
#include "sys/rand.h"

/* What all walks share. */
struct walk_world { /* borrowed */
	const struct policy *policy;
	struct router *router; /* for the lists of fallback; NULL: there are none */
	struct health *health;
	struct budgets *budgets; /* NULL: none */
	struct retry_budget *retries; /* NULL: no limit */
	struct crowd *crowd; /* NULL: nobody counts who is where */
	struct rand *rand;
};

enum { WALK_GRACE_MS = 2000 };
#define WALK_NOBODY SIZE_MAX

struct walk;

/* decision and facts are borrowed until walk_free. Lists of fallback are appended to decision.
 * now_us: wall clock, as all times here. */
struct walk *walk_new(
    const struct walk_world *world, struct decision *decision, struct facts *facts, int64_t now_us);
/* What is in flight is settled by its bound, as if cancelled. */
void walk_free(struct walk *w);

enum walk_do {
	/* nothing until step.until_us, until an attempt has something to tell or, where it
	 * walk_is_asking, the store or, where it walk_awaits_room, somebody else's attempt is over
	 */
	WALK_WAIT,
	WALK_SEND, /* send step.attempt to step.choice */
	WALK_CANCEL, /* cancel step.attempt: what else it tells is dropped */
	WALK_RESTART, /* tell the reader that what was streamed is void; step.attempt is sent next
		       */
	WALK_END, /* over: the answer of step.winner is the response */
};
struct walk_step {
	enum walk_do what;
	int64_t until_us;
	size_t attempt; /* from 0, as they are started */
	const struct choice *choice; /* of WALK_SEND; until the next call of walk_next */
	int64_t timeout_ms; /* of WALK_SEND: never 0 */
	int64_t ttft_timeout_ms; /* of WALK_SEND; 0: none but its own */
	bool is_continuation; /* of WALK_SEND: go on behind what was streamed */
	bool is_hedge;
	/* of WALK_END: whose answer is written, ok or not; WALK_NOBODY: an error is made of
	 * walk_error */
	size_t winner;
};
/* Once it has ended, it says so again. */
enum walk_do walk_next(struct walk *w, int64_t now_us, struct walk_step *step);

/* Whether the store has yet to answer before somebody is sent: at a plain desk, never. */
bool walk_is_asking(const struct walk *w);

/* Whether a candidate is left to be asked whose provider is at its limit (crowd.h). */
bool walk_awaits_room(const struct walk *w);

/* A piece of output of an attempt came. True: it goes to the reader (the attempt is, or has just
 * become, the one that is committed to); false: it is dropped. Not asked where output is held back
 * until it is whole: then the answer decides. */
bool walk_output(struct walk *w, size_t attempt, int64_t now_us);

/* Whether what was streamed could be gone on from as it stands now; where it can't (there is only
 * reasoning, a tool call has begun), `continue` becomes `restart`. True at first. */
void walk_set_continue(struct walk *w, bool can_continue);

struct walk_answer {
	bool ok;
	enum error_kind kind;
	int64_t retry_after_ms; /* 0: none */
	double total_ms, first_ms; /* negative: none */
	struct usage usage;
	int64_t cost_pusd; /* what the provider itself says; negative: it does not */
};
/* An attempt is over. Of one that was cancelled, or given up as overdue, it is not looked at. */
void walk_answer(struct walk *w, size_t attempt, const struct walk_answer *answer, int64_t now_us);

/* For so long nothing could be heard of those in flight: they have as much more time, and so has
 * the whole. */
void walk_postpone(struct walk *w, int64_t us);

/* The reader gave up, or a signal came: what is in flight is cancelled, then it ends. */
void walk_cancel(struct walk *w, int64_t now_us);

/* Why it ended without an answer that is ok: the kind, and (appended) a sentence where there is no
 * winner whose own would do: "no candidate may be asked: openai:gpt-4o: its breaker is open
 * (server) for 12 s more". */
enum error_kind walk_error(const struct walk *w, struct buf *message);
/* The value of `attempts`: [{"model","ok","ms","error"?,"startedMs","costUsd"?,"hedge"?,"void"?}].
 * startedMs: since the walk began. */
void walk_write_attempts(const struct walk *w, struct jsonw *out);
/* Warnings that came up (budgets' soft percentages, ...), a sentence a line. */
struct str walk_warnings(const struct walk *w);

/* For metrics. */
struct walk_sums {
	size_t attempts, hedges;
	size_t skips; /* of candidates whose breaker was open */
	bool ok, rescued, hedge_won; /* rescued: ok, and the first attempt was not what answered */
	int64_t first_failure_us, end_us, start_us; /* 0: none */
	int64_t cost_pusd, lost_pusd; /* all attempts; those whose answer was not used */
	bool cost_known;
};
void walk_sum(const struct walk *w, struct walk_sums *sums);

#endif
