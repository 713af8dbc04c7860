/* SPDX-License-Identifier: MIT */
/* budget_hand - budgets looked at and set right by hand: what llm-budget is made of. */
#ifndef POLICY_BUDGET_HAND_H
#define POLICY_BUDGET_HAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/buf.h"
#include "base/str.h"
#include "json/jsonw.h"
#include "policy/budget.h"

struct budget_row { /* one ledger; lives as long as the call it is handed to */
	const struct budget_rule *rule; /* or the part of it that holds for the value */
	struct str value; /* whose, as budget_hand_shown has it */
	bool unreadable; /* it is no ledger of this version: the amounts are 0, and mean nothing */
	int64_t spent, reserved, abandoned;
	int64_t start_us, end_us; /* of the window */
};
typedef void budget_row_fn(void *user, const struct budget_row *row);

/* Every ledger of a rule, by value; a budget for all has one, also before it is used, and so has
 * each value that the policy names. fn must not call the store. */
int budget_hand_each(struct store *store, const struct budget_rule *rule, int64_t now_us,
    budget_row_fn *fn, void *user, struct err *err) __attribute__((warn_unused_result));

/* Append a value as it is shown: of a long one, its beginning, "..." and what tells it apart. */
void budget_hand_shown(const struct budget_rule *rule, struct str value, struct buf *out);

/* What is left, never negative. */
int64_t budget_row_left(const struct budget_row *row);
/* The record that agentflow-records(5) calls budget. */
void budget_row_write(const struct budget_row *row, struct jsonw *w);

/* Charge what was spent elsewhere. */
int budget_hand_spend(struct store *store, const struct budget_rule *rule, struct str value,
    int64_t amount, int64_t now_us, struct err *err) __attribute__((warn_unused_result));

/* Nothing was spent: of one value, or (p NULL) of all. What is in flight stays reserved; a ledger
 * that can't be read is thrown away. *count: how many there were. */
int budget_hand_reset(struct store *store, const struct budget_rule *rule, struct str value,
    int64_t now_us, size_t *count, struct err *err) __attribute__((warn_unused_result));

#endif
