/* SPDX-License-Identifier: MIT */
/* strategy - in which order candidates are asked. */
#include "policy/strategy.h"

#include <math.h>

#include "base/fnv.h"

/* A slow answer that comes is worth a quick one that fails as often as it comes. Negative: not
 * known. */
static double
worth_latency(const struct strategy_figures *f)
{
	if (f->latency_ms < 0)
		return -1;
	return f->ok_rate > 0 ? f->latency_ms / f->ok_rate : INFINITY;
}

/* --- figures by strategy: less is better, negative is not known --- */

typedef double figure_fn(const struct strategy_figures *f);

static double
by_cost(const struct strategy_figures *f)
{
	return (double)f->most_pusd;
}

/* Who was not measured lately and is not known to fail is asked first: only so is it found out
 * whether they are quick, and whether who was slow still is. */
static double
by_latency(const struct strategy_figures *f)
{
	return f->latency_ms < 0 && f->ok_rate >= 1 ? 0 : worth_latency(f);
}

static double
by_lack_of_quality(const struct strategy_figures *f)
{
	return f->quality < 0 ? -1 : 1 - f->quality;
}

static double
by_score(const struct strategy_figures *f)
{
	return f->score;
}

static bool
goes_before(double a, double b)
{
	if (a < 0 || b < 0)
		return b < 0 && a >= 0;
	return a < b;
}

/* An insertion sort: candidates are few, and those that are alike stay as they stand. */
static void
sort(figure_fn *figure, const struct strategy_figures *figures, size_t n, size_t *order)
{
	for (size_t i = 0; i < n; i++) {
		size_t at = i;
		double f = figure(&figures[i]);

		while (at > 0 && goes_before(f, figure(&figures[order[at - 1]]))) {
			order[at] = order[at - 1];
			at--;
		}
		order[at] = i;
	}
}

/* 0 the best, 1 the worst, of n; what is alike ranks alike. */
static double
rank(figure_fn *figure, const struct strategy_figures *figures, size_t n, size_t i)
{
	double mine = figure(&figures[i]);
	size_t better = 0;

	if (mine < 0)
		return 1;
	for (size_t j = 0; j < n; j++)
		better += goes_before(figure(&figures[j]), mine);
	return n > 1 ? (double)better / (double)(n - 1) : 0;
}

static void
weigh(const struct policy *p, struct strategy_figures *figures, size_t n)
{
	double sum = p->weight_cost + p->weight_latency + p->weight_quality;

	for (size_t i = 0; i < n; i++)
		figures[i].score =
		    sum > 0 ? (p->weight_cost * rank(by_cost, figures, n, i) +
				  p->weight_latency * rank(worth_latency, figures, n, i) +
				  p->weight_quality * rank(by_lack_of_quality, figures, n, i)) /
				  sum
			    : 0;
}

void
strategy_order(enum policy_strategy strategy, const struct policy *p,
    struct strategy_figures *figures, size_t n, size_t *order)
{
	switch (strategy) {
	case POLICY_ORDERED:
	case POLICY_STRATEGY_UNSET:
		break;
	case POLICY_COST:
		sort(by_cost, figures, n, order);
		break;
	case POLICY_LATENCY:
		sort(by_latency, figures, n, order);
		break;
	case POLICY_QUALITY:
		sort(by_lack_of_quality, figures, n, order);
		break;
	case POLICY_BALANCED:
		weigh(p, figures, n);
		sort(by_score, figures, n, order);
		break;
	}
}

/* --- chance that can be had again --- */

/* The finisher of splitmix64 (Steele, Lea and Flood, 2014): each bit of x moves each of the result.
 */
static uint64_t
mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

uint64_t
strategy_seed(uint64_t seed, struct str id)
{
	return mix(fnv_add(FNV_BASIS ^ mix(seed), id));
}

uint64_t
strategy_name(struct str name)
{
	return mix(fnv_add(FNV_BASIS, name));
}

double
strategy_draw(uint64_t request, uint64_t name, double weight)
{
	/* the middle of one of 2^53 steps: never 0 or 1, whose logarithms are of no use */
	double u = ((double)(mix(request ^ name) >> 11) + 0.5) * 0x1p-53;

	/* the logarithm of u^(1/weight), which would be too near to 1 to tell apart */
	return weight > 0 ? log(u) / weight : -INFINITY;
}
