/* SPDX-License-Identifier: MIT */
/*
 * budget_key - where a budget's ledgers lie in the store: "budget/NAME/PERIOD/VALUE".
 *
 * PERIOD is all that makes two ledgers differ in kind ("usd-day@Europe%2FBerlin"): a policy whose
 * window or unit changes begins a new one. Names and values are percent-encoded, so no two meet,
 * whatever bytes they hold; a long value is kept by its beginning and its hash.
 */
#ifndef POLICY_BUDGET_KEY_H
#define POLICY_BUDGET_KEY_H

#include "base/buf.h"
#include "base/str.h"

struct budget_rule;

enum { BUDGET_KEY_VALUE_MAX = 256 }; /* bytes of a value that is kept whole */

/* Append "budget/NAME/PERIOD/", before all its values. */
void budget_key_prefix(const struct budget_rule *rule, struct buf *out);
/* A value of a rule without parts is taken as it is. Where there are parts, case aside, as their
 * forms are: who writes a name in capitals has no second ledger by that. */
void budget_key_value(const struct budget_rule *rule, struct str value, struct buf *out);
/* Append the value that budget_key_value wrote; of a long one its beginning, "..." and digits of
 * its hash. */
void budget_key_read_value(struct str key_value, struct buf *out);

#endif
