/* SPDX-License-Identifier: MIT */
/*
 * retry_budget - how many retries a process may add to its requests, so that a provider in trouble
 * is not sent a multiple of the traffic that troubled it.
 *
 * Every request earns a share of a retry; besides, a few a second may be had by those who send
 * little. (As Finagle's RetryBudget.) Moving on to another candidate costs nothing: it does not add
 * to the load of the one that failed.
 */
#ifndef POLICY_RETRY_BUDGET_H
#define POLICY_RETRY_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

enum {
	RETRY_BUDGET_FEW = 10, /* that nobody has earned: one comes back each second */
	RETRY_BUDGET_MOST = 100, /* earned ones that are kept for bad times */
};

struct retry_budget;

/* ratio: retries a request, over time; negative: no limit. */
struct retry_budget *retry_budget_new(double ratio);
void retry_budget_free(struct retry_budget *r);

/* A request begins. */
void retry_budget_earn(struct retry_budget *r);
/* Whether one more retry may be sent; it is used up then. */
bool retry_budget_take(struct retry_budget *r, int64_t now_us);

#endif
