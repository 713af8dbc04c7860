/* SPDX-License-Identifier: MIT */
/*
 * context - all that decisions are made from, brought together: what the files say of providers,
 * models and prices, the policy, and what the store knows.
 *
 *	context_supply(&config.router.targets, share, config_file, price_files, &err);
 *	config.store = context_snapshot(url, &err);	// or one that is written, too
 *	context_open(&context, &config, "policy.yaml", &warnings, &err);
 *	... context.router ...
 *	context_close(&context);
 *	store_close(config.store);
 *	context_unsupply(&config.router.targets);
 */
#ifndef FAILOVER_CONTEXT_H
#define FAILOVER_CONTEXT_H

#include "base/buf.h"
#include "base/err.h"
#include "policy/router.h"
#include "store/store.h"

/* Fill in providers, models and prices; env must be set. price_files: as price_load. */
int context_supply(struct targets_config *t, const char *share, const char *config_file,
    const char *const *price_files, struct err *err) __attribute__((warn_unused_result));
void context_unsupply(struct targets_config *t);

/* A copy of what breakers, latencies and budgets are in the store at url now, in this process
 * alone: who decides from it decides by the same to the end. NULL and err as store_open,
 * store_scan. */
struct store *context_snapshot(const char *url, struct err *err);

struct context_config {
	struct router_config router; /* without what is a context's own: policy, health, budgets */
	struct store *store; /* borrowed; NULL: there is none */
	bool keeps; /* health and budgets also without a store: the ones in memory, the others as
		       `open` says; else neither is looked at then */
	bool budget_open; /* budgets that can't be kept let all pass */
	uint64_t holder; /* who reserves (budget.h); 0: nobody does */
};

struct context {
	struct policy *policy;
	struct health *health;
	struct budgets *budgets;
	struct router *router;
};

/* A router by the policy in file; NULL: by none. What is doubtful in the policy is appended to
 * warnings, one a line. -1 and err: context_close is due all the same. */
int context_open(struct context *c, const struct context_config *config, const char *file,
    struct buf *warnings, struct err *err) __attribute__((warn_unused_result));
void context_close(struct context *c);

#endif
