/* SPDX-License-Identifier: MIT */
/*
 * weather - what holds only for a while, for some, or by more and less: times, shares and spread of
 * scripted answers. Chance comes from one seeded source, time is handed in.
 */
#ifndef MOCK_WEATHER_H
#define MOCK_WEATHER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "sys/rand.h"

struct mock_moment {
	int64_t since_us; /* the server began to listen */
	struct rand *chance;
};

struct mock_span { /* from <= t < to, in each `every` where that is not 0 */
	int64_t from_us, to_us, every_us;
};

/* "10s-20s": then, after the start; "0s-5s/20s": so in each twenty seconds. */
bool mock_span_parse(struct str text, struct mock_span *span);
bool mock_span_holds(const struct mock_span *span, int64_t since_us);

/* One of a lognormal spread of times whose median and 99th percentile are these. */
int64_t mock_spread_us(int64_t median_us, int64_t p99_us, struct rand *chance);

#endif
