/* SPDX-License-Identifier: MIT */
/*
 * pace - when the next request may go to a provider: rates that were set, how many may be in
 * flight, and what the provider itself asks for. Pure: the time is handed in (clock_mono_us).
 *
 * A rate is a leaky bucket: requests go evenly, a hundredth of a second's worth may go at once.
 * Tokens are taken by an estimate before and settled after, so a bucket may be in debt.
 *
 * A provider that answers 429 is sent nothing until the moment it names (half a second where it
 * names none), and from then on half as many at once; each answer that is none adds a little again
 * (additive increase, multiplicative decrease, as TCP does: Chiu and Jain, 1989). A moment further
 * off than PACE_HOLD_MAX_MS is not waited for: what is sent meanwhile fails, and says so.
 */
#ifndef CALL_PACE_H
#define CALL_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "llm/rate_limit.h"

enum { PACE_HOLD_MS = 500, PACE_HOLD_MAX_MS = 60 * 1000 };

struct bucket {
	double per_s; /* 0: no limit */
	double level; /* what may be taken now; below 0: a debt */
	double burst; /* the most that level grows to */
	int64_t at_us; /* when level was so; 0: never asked */
};

struct pace {
	struct bucket requests, tokens;
	int64_t max; /* in flight; 0: no limit */
	int64_t in_flight;
	double window; /* the limit that answers of 429 have narrowed; 0: none came */
	int64_t narrowed_us; /* when it was narrowed last */
	int64_t hold_us; /* nothing is sent before */
};

struct pace_limits {
	int64_t max; /* in flight; 0: no limit, as below */
	double requests_per_s, tokens_per_s;
};
void pace_init(struct pace *p, const struct pace_limits *limits);

/* 0: one may go now. Else how many microseconds until it is worth asking again, or PACE_FULL: when
 * one has ended. */
#define PACE_FULL INT64_MAX
int64_t pace_wait_us(struct pace *p, int64_t now_us);

/* One goes, and will take so many tokens as far as can be told. */
void pace_start(struct pace *p, int64_t tokens);
/* It did not go after all. */
void pace_undo(struct pace *p, int64_t tokens);

/* How one ended. */
struct pace_end {
	int64_t started_us;
	int64_t tokens_more; /* than pace_start was told; below 0: less */
	bool limited; /* the answer was 429 or its like */
	int64_t retry_after_ms; /* -1: not told */
	struct rate_limit told;
};
void pace_end(struct pace *p, const struct pace_end *end, int64_t now_us);

#endif
