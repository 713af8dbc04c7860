/* SPDX-License-Identifier: MIT */
/* test_strategy - the order of candidates by their figures, and chance that can be had again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "policy/strategy.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void
assert_order(enum policy_strategy strategy, struct strategy_figures *f, size_t n, const char *want)
{
	struct policy *p = policy_none();
	struct buf got = BUF_INIT(BUF_UNLIMITED);
	size_t order[8];

	p->weight_cost = 0.5;
	p->weight_latency = 0.3;
	p->weight_quality = 0.2;
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	strategy_order(strategy, p, f, n, order);
	for (size_t i = 0; i < n; i++)
		buf_addc(&got, (char)('a' + (int)order[i]));
	assert_string_equal(got.p, want);
	buf_release(&got);
	policy_free(p);
}

static void
the_cheapest_goes_first_and_what_is_alike_stays(void **state)
{
	struct strategy_figures f[] = {
		{ .most_pusd = 30 },
		{ .most_pusd = -1 },
		{ .most_pusd = 10 },
		{ .most_pusd = 30 },
		{ .most_pusd = 0 },
		{ .most_pusd = -1 },
	};

	(void)state;
	assert_order(POLICY_COST, f, COUNT(f), "ecadbf");
	assert_order(POLICY_ORDERED, f, COUNT(f), "abcdef");
	assert_order(POLICY_COST, f, 1, "a");
	assert_order(POLICY_BALANCED, f, 0, "");
}

static void
a_quick_target_that_fails_is_slow(void **state)
{
	struct strategy_figures f[] = {
		{ .latency_ms = 300, .ok_rate = 1 },
		{ .latency_ms = 200, .ok_rate = 0.5 },
		{ .latency_ms = -1, .ok_rate = 1 },
		{ .latency_ms = 100, .ok_rate = 0 },
		{ .latency_ms = 250, .ok_rate = 1 },
		{ .latency_ms = -1, .ok_rate = 0.67 },
	};

	(void)state;
	assert_order(POLICY_LATENCY, f, COUNT(f), "ceabdf"); /* c is to be found out about */
}

static void
quality_is_what_is_said(void **state)
{
	struct strategy_figures f[] = {
		{ .quality = -1 },
		{ .quality = 0 },
		{ .quality = 1 },
		{ .quality = 0.9 },
	};

	(void)state;
	assert_order(POLICY_QUALITY, f, COUNT(f), "cdba");
}

static void
balanced_weighs_ranks(void **state)
{
	struct strategy_figures f[] = {
		/* ranks: cost, latency, quality */
		{ .most_pusd = 30,
		    .latency_ms = 1,
		    .ok_rate = 1,
		    .quality = 0.3 }, /* 2/3, 0, 1/3 */
		{ .most_pusd = 10,
		    .latency_ms = 3,
		    .ok_rate = 1,
		    .quality = 0.1 }, /* 0, 2/3, 2/3 */
		{ .most_pusd = 20,
		    .latency_ms = 2,
		    .ok_rate = 1,
		    .quality = 0.5 }, /* 1/3, 1/3, 0 */
		{ .most_pusd = -1, .latency_ms = -1, .ok_rate = 1, .quality = -1 }, /* 1 each */
	};

	(void)state;
	assert_order(POLICY_BALANCED, f, COUNT(f), "cbad");
	assert_true(fabs(f[0].score - (0.5 * 2 + 0.2) / 3) < 1e-9);
	assert_true(fabs(f[1].score - (0.3 * 2 / 3 + 0.2 * 2 / 3)) < 1e-9);
	assert_true(fabs(f[2].score - (0.5 + 0.3) / 3) < 1e-9);
	assert_true(fabs(f[3].score - 1) < 1e-9);
}

/* How often each of weights is first, in 1000 draws. */
static void
draw_many(const double *weights, const char *const *names, size_t n, int *first, uint64_t seed)
{
	for (int i = 0; i < 100000; i++) {
		char id[32];
		uint64_t request;
		double best = 0;
		size_t which = n;

		(void)snprintf(id, sizeof id, "\"request-%d\"", i);
		request = strategy_seed(seed, str_of(id));
		for (size_t k = 0; k < n; k++) {
			double key = strategy_draw(
			    request, strategy_name(str_of(names[k])), weights[k]);

			if (which == n || key > best) {
				best = key;
				which = k;
			}
		}
		first[which]++;
	}
}

static void
weights_are_shares_over_many_requests(void **state)
{
	const double weights[] = { 70, 20, 10, 0 };
	const char *const names[] = { "a:x", "b:y", "c:z", "d:w" };
	int first[4] = { 0 };

	(void)state;
	draw_many(weights, names, 4, first, 1);
	/* three standard deviations of a binomial of 100 000 are under 500 */
	assert_in_range(first[0], 69500, 70500);
	assert_in_range(first[1], 19500, 20500);
	assert_in_range(first[2], 9500, 10500);
	assert_int_equal(first[3], 0);
}

static void
one_that_comes_takes_its_share(void **state)
{
	const char *const names[] = { "a:x", "b:y", "c:z" };
	int taken = 0;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		char id[32];
		uint64_t r;
		double a, b, c;

		(void)snprintf(id, sizeof id, "%d", i);
		r = strategy_seed(0, str_of(id));
		a = strategy_draw(r, strategy_name(str_of(names[0])), 1);
		b = strategy_draw(r, strategy_name(str_of(names[1])), 1);
		c = strategy_draw(r, strategy_name(str_of(names[2])), 1);
		taken += c > a && c > b;
	}
	assert_in_range(taken, 3100, 3560);
}

static void
a_draw_is_the_same_everywhere(void **state)
{
	uint64_t r = strategy_seed(7, STR_LIT("\"q1\""));

	(void)state;
	assert_true(r == strategy_seed(7, STR_LIT("\"q1\"")));
	assert_true(r != strategy_seed(8, STR_LIT("\"q1\"")));
	assert_true(r != strategy_seed(7, STR_LIT("\"q2\"")));
	assert_true(strategy_draw(r, 1, 0) == -INFINITY);
	assert_true(strategy_draw(r, 1, 1) < 0);
	assert_true(strategy_draw(r, 1, 2) == strategy_draw(r, 1, 1) / 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cheapest_goes_first_and_what_is_alike_stays),
		cmocka_unit_test(a_quick_target_that_fails_is_slow),
		cmocka_unit_test(quality_is_what_is_said),
		cmocka_unit_test(balanced_weighs_ranks),
		cmocka_unit_test(weights_are_shares_over_many_requests),
		cmocka_unit_test(one_that_comes_takes_its_share),
		cmocka_unit_test(a_draw_is_the_same_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
