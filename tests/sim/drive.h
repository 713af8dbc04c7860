/* SPDX-License-Identifier: MIT */
/*
 * drive - many requests on a virtual clock, each walked by the real walk through a weather, and
 * what must never happen looked for at every step.
 */
#ifndef TESTS_SIM_DRIVE_H
#define TESTS_SIM_DRIVE_H

#include "sim/weather.h"
#include "support/fleet.h"

struct drive_config {
	const char *policy; /* YAML */
	const char *candidates; /* in place of what the router decides; NULL: it decides */
	const struct weather *weather;
	uint64_t seed;
	size_t requests;
	double per_s; /* they arrive at random, so many a second on average */
	size_t jobs; /* or each when another has ended, so many at once; 0: not so */
	bool has_memory; /* breakers and latencies; without, each request is on its own */
};

struct drive_result {
	size_t requests, ok, attempts, hedges, hedges_won, rescued, restarted;
	double *ms; /* of those that were ok, rising */
	double usd; /* what providers bill, for answers and failures alike */
	double lost_usd; /* of that, for answers that nobody read */
	double booked_usd; /* what the walks held it to be */
	size_t kinds[ERROR_INVALID_INPUT + 1]; /* of those that were not */
	size_t violations; /* of what must never happen; the first are told on stderr */
};
void drive_run(const struct drive_config *config, struct drive_result *result);
void drive_result_release(struct drive_result *r);

/* Who knows the future asks the cheapest who will answer, once. */
void drive_oracle(const struct drive_config *config, struct drive_result *result);

#endif
