/* SPDX-License-Identifier: MIT */
/*
 * metrics - what failing over has been good for: how many requests it rescued, how soon, and at
 * what price. Pure; constant memory: times are kept in a histogram, true within 3 %.
 */
#ifndef FAILOVER_METRICS_H
#define FAILOVER_METRICS_H

#include <stdint.h>

#include "base/buf.h"
#include "policy/walk.h"

enum { METRICS_BUCKETS = 512 };

struct metrics {
	int64_t requests, ok, rescued, refused;
	int64_t attempts, retries, hedges, hedge_wins;
	int64_t breaker_skips; /* candidates whose turn came while their breaker was open */
	int64_t failed_first; /* a first attempt failed */
	int64_t cost_pusd, lost_pusd;
	int64_t cost_unknown; /* requests whose cost is only bounded */
	int64_t recoveries[METRICS_BUCKETS]; /* from the first failure to the answer */
};

/* A walk that is over. */
void metrics_add(struct metrics *m, const struct walk_sums *sums);
/* A request that nobody was asked for. */
void metrics_refuse(struct metrics *m);
/* Append {"type":"metric",...} records, a line each. */
void metrics_write(const struct metrics *m, struct buf *out);
/* The same as a table, for people. */
void metrics_print(const struct metrics *m, struct buf *out);

#endif
