/* SPDX-License-Identifier: MIT */
/* budgets_state - what budgets.c and budgets_reserve.c share: what is held, and one step in the
 * store. */
#ifndef POLICY_BUDGETS_STATE_H
#define POLICY_BUDGETS_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "policy/budget.h"
#include "policy/ledger.h"
#include "store/store.h"

/* What this process has in one ledger. */
struct held {
	char *key;
	size_t rule;
	int64_t amount, until_us; /* in flight */
	size_t attempts;
	struct ledger_bill owed; /* over, and not yet told to the store */
	bool told; /* it is, by a step whose commit is awaited */
};

struct budgets {
	struct store *store;
	const struct budget_rule *rules;
	size_t count;
	uint64_t holder;
	bool open;
	struct held *held;
	size_t held_count, held_cap;
	int64_t owed_since_us; /* 0: nothing is owed */
	struct buf value, key; /* of the rule that is looked at */
	struct err error;
	bool error_untold;
};

/* NULL: nothing is held there. */
struct held *budgets_held_find(const struct budgets *b, const char *key);
/* What is held there, also if that is nothing. It moves with the next that is added. */
struct held *budgets_held_at(struct budgets *b, const char *key, size_t rule);
/* The steps since the last time are committed (or, not ok, undone): what they told is owed no more.
 */
void budgets_told(struct budgets *b, bool ok);
void budgets_take_error(struct budgets *b, const struct err *err);

/* The steps that tell the store what it was not told yet: how many there are, and all of them. What
 * was told is not told again. -1: the store failed. */
size_t budgets_count_owed(const struct budgets *b);
int budgets_settle_owed(struct budgets *b, int64_t now_us, struct err *err)
    __attribute__((warn_unused_result));

int64_t budgets_amount(const struct budget_rule *rule, const struct budget_amounts *a);

/* One step in a ledger: what is owed is settled first, then the claim is reserved or renewed. */
struct step {
	const struct budget_rule *rule;
	int64_t now_us;
	struct ledger_bill bill;
	struct ledger_claim claim;
	/* What came of it. */
	bool unreadable;
	enum ledger_verdict verdict;
	int64_t spent, reserved; /* before, or after where it was granted */
	int soft;
};
store_update_fn budgets_step_settle, budgets_step_reserve;
/* -1: the store failed, or what it holds is no ledger (s->unreadable). */
int budgets_step(struct budgets *b, struct step *s, const char *key, store_update_fn *fn,
    struct err *err) __attribute__((warn_unused_result));

/* Several steps are one; to begin and end are to be given the same count. */
int budgets_steps_begin(struct budgets *b, size_t count, struct err *err)
    __attribute__((warn_unused_result));
int budgets_steps_end(struct budgets *b, size_t count, struct err *err)
    __attribute__((warn_unused_result));
void budgets_steps_undo(struct budgets *b, size_t count);

#endif
