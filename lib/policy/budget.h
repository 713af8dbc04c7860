/* SPDX-License-Identifier: MIT */
/*
 * budget - money and counts that may be used in a window of time, by whom the policy says.
 *
 * Before a request is sent, the most that it can come to is reserved in every budget that it falls
 * under; after it, what it came to is settled and the rest given back. Both are one step in the
 * store, so that two processes never spend the same dollar. A process keeps one reservation a
 * budget, under a lease that it renews; of one that died, what was reserved counts as spent when
 * the lease ends (it may well have been), and is shown apart ("abandoned").
 *
 * A budget's window is a value of its own (ledger.h). Amounts are pico-USD, or tokens, or requests,
 * by the rule's unit. Times are wall clock microseconds.
 */
#ifndef POLICY_BUDGET_H
#define POLICY_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "json/json.h"
#include "policy/ledger.h"
#include "store/store.h"
#include "store/store_desk.h"

enum budget_unit { BUDGET_USD, BUDGET_TOKENS, BUDGET_REQUESTS };
enum budget_window { BUDGET_ROLLING, BUDGET_HOUR, BUDGET_DAY, BUDGET_WEEK, BUDGET_MONTH };
enum budget_action {
	BUDGET_BLOCK, /* error.kind budget */
	BUDGET_WARN, /* goes on, with a warning */
	BUDGET_ROUTE, /* the rule's `use` in place of the candidates */
};
extern const char *const budget_units[], *const budget_windows[], *const budget_actions[];

enum { BUDGET_SOFT_MAX = 8 };

struct budget_rule {
	const char *name;
	/* Whose it is: a path into the request (".tags.team", ".meta.workflow"), the words
	 * "provider", "model" or "key" (of who is called), or NULL: one for all. Each value has a
	 * budget of its own; a request without one falls under "". */
	const char *per;
	enum budget_unit unit;
	int64_t limit; /* of each; where there are parts, theirs */
	enum budget_window window;
	int64_t rolling_us; /* of BUDGET_ROLLING */
	const char *zone; /* IANA name, for calendar windows; NULL: UTC */
	int soft[BUDGET_SOFT_MAX]; /* percents of the limit at which a warning is due, rising */
	size_t soft_count;
	enum budget_action action;
	/* Where values have limits of their own: the rule once for each form of values ("core",
	 * "openai:*"), with its limit. Values that fit none are not limited. */
	struct budget_rule *parts;
	size_t part_count;
	const char *form; /* of a part: the values that it is for */
};

/* What holds for that value: the rule itself, or of its parts the narrowest that fits; NULL:
 * nothing does. */
const struct budget_rule *budget_part(const struct budget_rule *rule, struct str value);

/* Where the window that now_us is in began, and ends (a rolling one: now). */
void budget_span(
    const struct budget_rule *rule, int64_t now_us, int64_t *start_us, int64_t *end_us);

/* How much of limit that is, rounded down; of a limit of 0: 100. At most INT_MAX. */
int budget_percent(int64_t used, int64_t limit);

/* An amount in words: "$49.99", "120 tokens", "1 request". */
void budget_print(const struct budget_rule *rule, int64_t amount, struct buf *out);

/* --- with the store --- */

struct budgets;

/* store is borrowed; NULL: it can't be had. open: budgets let all pass where the store fails;
 * otherwise they fail closed. rules are borrowed, at most BUDGET_HOLDS_MAX of them. holder: this
 * process, not 0. */
struct budgets *budgets_new(
    struct store *store, const struct budget_rule *rules, size_t count, uint64_t holder, bool open);
/* Where the store is asked from now on; NULL: it is waited for. */
void budgets_set_desk(struct budgets *b, struct store_desk *desk);
/* As health_was_asking. */
bool budgets_was_asking(struct budgets *b);
/* What is still in flight stays reserved, and is charged when its lease ends. Nothing is under way
 * at a desk. */
void budgets_free(struct budgets *b);

/* What a request (or an attempt) may come to, in each unit. */
struct budget_amounts {
	int64_t pusd, tokens; /* negative: not known */
	int64_t requests;
};
enum { BUDGET_HOLDS_MAX = 16 };
struct budget_hold { /* what was reserved for one attempt */
	struct {
		const struct budget_rule *rule; /* or a part of one */
		char *key; /* in the store */
		int64_t amount;
	} items[BUDGET_HOLDS_MAX];
	size_t count;
	struct budgets_errand *asked; /* NULL: nothing is on its way */
};
enum budget_verdict {
	BUDGET_GRANTED,
	BUDGET_ASKED, /* the store has yet to answer: ask again, with the same hold */
	BUDGET_REFUSED, /* *rule: whose; its action says what is to be done */
};
struct budget_ask {
	struct json record; /* the request */
	struct str provider, model, key; /* who is to be called; empty: not known yet */
	struct budget_amounts most;
	int64_t until_us; /* when the attempt is over at the latest; 0: not known */
};
struct budget_reply {
	const struct budget_rule *refused; /* whose limit stands against it, one of those that were
					      handed over; NULL: granted */
	bool may_fit_later; /* refused only for what is in flight: worth asking again */
	struct buf why; /* where refused: "budget team (core): $49.99 of $50 is used, ..." */
	struct buf warnings; /* a sentence a line: a soft percentage is passed, a rule only warns */
};
/* Reserve in every budget that it falls under, all or none. reply's buffers are appended to. What
 * costs nothing is reserved nowhere: it passes where all is used up, and without a store. hold is
 * zero at first; after BUDGET_ASKED it is handed in again, or settled: then nothing was spent. */
enum budget_verdict budgets_reserve(struct budgets *b, const struct budget_ask *ask, int64_t now_us,
    struct budget_hold *hold, struct budget_reply *reply);
/* A look that reserves nothing, for plans and routes. Budgets by who is called are left out where
 * that isn't known yet. BUDGET_ASKED: what the store holds is not known yet; look again. */
enum budget_verdict budgets_look(
    struct budgets *b, const struct budget_ask *ask, int64_t now_us, struct budget_reply *reply);
/* What it came to (of what is not known, all that was reserved); the hold is empty then. The store
 * is told with the next step, at one price with it: a process that dies before that is charged what
 * it had reserved. budgets_renew tells it, too, and is due at the end. Where the store fails it is
 * told later, too. */
void budgets_settle(struct budgets *b, struct budget_hold *hold, const struct budget_amounts *spent,
    int64_t now_us);
/* Tell the store what it was not told yet, and renew the leases of what is in flight: some times a
 * second, as long as anything is. Most calls do nothing. */
void budgets_renew(struct budgets *b, int64_t now_us);
/* The first failure of the store since it was asked last, or NULL: to be told to people once. */
const struct err *budgets_error(struct budgets *b);

#endif
