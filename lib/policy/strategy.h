/* SPDX-License-Identifier: MIT */
/*
 * strategy - in which order candidates are asked: pure, and the same everywhere for the same
 * figures. Those that are alike stay in the order of the file; what is not known comes behind what
 * is, but for a latency: who was not measured is asked, or never would be.
 */
#ifndef POLICY_STRATEGY_H
#define POLICY_STRATEGY_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "policy/policy.h"

/* What one candidate is measured by. */
struct strategy_figures {
	int64_t most_pusd; /* the most that it can cost; negative: not known */
	double latency_ms; /* what half of its answers take; negative: not known */
	double ok_rate; /* 0..1 of its answers that are well */
	double quality; /* 0..1; negative: not said */
	double score; /* of balanced, written by strategy_order: 0 is best, 1 worst */
};

/*
 * order: the indexes of n figures, as the strategy wants them asked. POLICY_ORDERED leaves the
 * order that it finds; for all others it is made anew. Balanced: by each of cost, latency and
 * quality a candidate has a rank from 0 (the best) to 1 (the worst, and what is not known); ranks
 * are weighed by p's weights, and the least sum comes first.
 */
void strategy_order(enum policy_strategy strategy, const struct policy *p,
    struct strategy_figures *figures, size_t n, size_t *order);

/* --- chance that can be had again --- */

/* What a request's draws begin with: the seed and its id. */
uint64_t strategy_seed(uint64_t seed, struct str id);
uint64_t strategy_name(struct str name);
/*
 * A candidate's key among others: the highest is asked first, and so on down, which is drawing by
 * weight without putting back (Efraimidis and Spirakis, 2006). It is made of the request and of the
 * candidate's own name alone, so that a request stays with a candidate when others come or go.
 * Weight 0: behind all that have any.
 */
double strategy_draw(uint64_t request, uint64_t name, double weight);

#endif
