/* SPDX-License-Identifier: MIT */
/*
 * desk - all that decisions are made from, brought together: what the files say of providers,
 *models and prices, the policy, and what the store knows.
 *
 *	desk_supply(&config.targets, share, config_file, price_files, &err);
 *	store = desk_snapshot(url, &err);
 *	desk_open(&desk, &config, store, "policy.yaml", &warnings, &err);
 *	... desk.router ...
 *	desk_close(&desk);
 *	store_close(store);
 *	desk_unsupply(&config.targets);
 */
#ifndef FAILOVER_DESK_H
#define FAILOVER_DESK_H

#include "base/buf.h"
#include "base/err.h"
#include "policy/router.h"
#include "store/store.h"

/* Fill in providers, models and prices; env must be set. price_files: as price_load. */
int desk_supply(struct targets_config *t, const char *share, const char *config_file,
    const char *const *price_files, struct err *err) __attribute__((warn_unused_result));
void desk_unsupply(struct targets_config *t);

/* A copy of what breakers, latencies and budgets are in the store at url now, in this process
 * alone: who decides from it decides by the same to the end. NULL and err as store_open,
 * store_scan. */
struct store *desk_snapshot(const char *url, struct err *err);

struct desk {
	struct policy *policy;
	struct health *health;
	struct budgets *budgets;
	struct router *router;
};

/* A router by the policy in file; NULL: by none. base: without what is a desk's own. store:
 * borrowed; NULL: neither health nor budgets are looked at. What is doubtful in the policy is
 * appended to warnings, one a line. -1 and err: desk_close is due all the same. */
int desk_open(struct desk *d, const struct router_config *base, struct store *store,
    const char *file, struct buf *warnings, struct err *err) __attribute__((warn_unused_result));
void desk_close(struct desk *d);

#endif
