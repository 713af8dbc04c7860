/* SPDX-License-Identifier: MIT */
/* budget_words - what is told of a budget, in sentences without their full stop. */
#ifndef POLICY_BUDGET_WORDS_H
#define POLICY_BUDGET_WORDS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "policy/budget.h"
#include "policy/ledger.h"

struct budget_words {
	const struct budget_rule *rule;
	struct str value; /* whose */
	int64_t spent, reserved, amount; /* before; and what is asked for */
	int64_t now_us;
};

/* "budget team (core): $49.99 of $50 is used and $0.01 reserved, this request may take $0.20; it
 * begins anew at 2026-11-21T23:00:00Z" */
void budget_words_over(
    const struct budget_words *words, enum ledger_verdict verdict, struct buf *out);
/* "budget team (core): 80% of $50 is used or reserved" */
void budget_words_soft(const struct budget_words *words, int percent, struct buf *out);
/* "budget team (core): what this request costs is not known" */
void budget_words_unknown(const struct budget_words *words, struct buf *out);
/* "budget team (core): the ledger can't be had: ...; --budget-open lets requests pass" */
void budget_words_no_ledger(
    const struct budget_words *words, const struct err *why, struct buf *out);
/* The error of a key whose value is no ledger that we can read. Returns -1. */
int budget_words_unreadable(const char *key, struct err *err);

#endif
