/* SPDX-License-Identifier: MIT */
/* test_latency - histograms of times: how near they come, how they fade, merge and are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "policy/latency.h"
#include "sys/rand.h"

#define SECOND INT64_C(1000000)
#define START (INT64_C(1790000000) * SECOND)

static bool
is_near(double got, double truth, double share)
{
	return fabs(got - truth) <= share * truth;
}

static void
a_lone_time_is_told_within_a_tenth(void **state)
{
	struct latency l;

	(void)state;
	for (double ms = 1; ms < 660000; ms *= 1.003) {
		latency_init(&l);
		for (int i = 0; i < 20; i++)
			latency_add(&l, START, true, ms, -1);
		for (int p = 0; p <= 100; p++) {
			double got = latency_percentile(&l.total, p / 100.0, 1);

			if (!is_near(got, ms, 0.1))
				fail_msg("%g ms is told as %g at %d %%", ms, got, p);
		}
		assert_true(latency_percentile(&l.first, 0.5, 1) < 0);
	}
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Times as they are: most near one another, a long tail. */
static void
percentiles_of_a_tail_are_told_within_a_tenth(void **state)
{
	enum { N = 5000 };
	static const double shares[] = { 0.01, 0.1, 0.5, 0.9, 0.95, 0.99 };
	static double times[N];
	struct latency l;
	struct rand rand;

	(void)state;
	rand_seed(&rand, 1);
	for (int round = 0; round < 20; round++) {
		latency_init(&l);
		for (size_t i = 0; i < N; i++) {
			times[i] = 300 * exp(1.2 * (rand_unit(&rand) + rand_unit(&rand) +
						       rand_unit(&rand) - 1.5)) +
				   (rand_below(&rand, 40) ? 0 : 20000 * rand_unit(&rand));
			latency_add(&l, START, true, times[i], times[i] / 4);
		}
		qsort(times, N, sizeof *times, compare);
		for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
			double truth = times[(size_t)(shares[i] * N)];

			assert_true(
			    is_near(latency_percentile(&l.total, shares[i], 1), truth, 0.1));
			assert_true(
			    is_near(latency_percentile(&l.first, shares[i], 1), truth / 4, 0.1));
		}
	}
}

static void
what_is_out_of_range_lies_at_its_ends(void **state)
{
	struct latency l;

	(void)state;
	latency_init(&l);
	latency_add(&l, START, true, 0, 1e12);
	assert_true(latency_percentile(&l.total, 0.5, 1) < 1.15);
	assert_true(latency_percentile(&l.first, 0.5, 1) > 600000);
	assert_true(latency_percentile(&l.total, -1, 1) > 0);
	assert_true(latency_percentile(&l.total, 2, 1) < 1.15);
}

static void
little_is_known_of_few(void **state)
{
	struct latency l;

	(void)state;
	latency_init(&l);
	assert_true(latency_percentile(&l.total, 0.5, 0) < 0);
	for (int i = 0; i < 5; i++)
		latency_add(&l, START, true, 100, -1);
	assert_true(latency_percentile(&l.total, 0.5, 5.5) < 0);
	assert_true(latency_percentile(&l.total, 0.5, 5) > 0);
}

static void
counts_fade_by_half_in_a_half_life(void **state)
{
	struct latency l;

	(void)state;
	latency_init(&l);
	for (int i = 0; i < 8; i++)
		latency_add(&l, START, true, 100, 50);
	latency_add(&l, START, false, -1, -1);
	latency_add(&l, START + 2 * LATENCY_HALF_LIFE_US, true, 1000, -1);
	assert_true(is_near(l.total.total, 3, 1e-9));
	assert_true(is_near(l.first.total, 2, 1e-9));
	assert_true(is_near(l.failed, 0.25, 1e-9));
	/* in small steps it comes to the same */
	for (int64_t now = l.at_us; now <= START + 3 * LATENCY_HALF_LIFE_US; now += 70001)
		latency_add(&l, now, false, -1, -1);
	assert_true(is_near(l.total.total, 1.5, 1e-3));
}

static void
an_hour_of_other_weather_is_what_is_told(void **state)
{
	struct latency l;

	(void)state;
	latency_init(&l);
	for (int i = 0; i < 1000; i++)
		latency_add(&l, START, true, 100, -1);
	for (int i = 0; i < 60; i++)
		latency_add(&l, START + (7200 + i * 60) * SECOND, true, 4000, -1);
	assert_true(is_near(latency_percentile(&l.total, 0.1, 1), 4000, 0.1));
}

static void
two_that_are_merged_are_as_one_that_saw_all(void **state)
{
	struct latency one, a, b;
	struct rand rand;

	(void)state;
	rand_seed(&rand, 2);
	latency_init(&one);
	latency_init(&a);
	latency_init(&b);
	for (int i = 0; i < 2000; i++) {
		int64_t now = START + i * SECOND;
		bool ok = rand_below(&rand, 5) != 0;
		double ms = 50 + 1000 * rand_unit(&rand);

		latency_add(&one, now, ok, ms, ms / 2);
		latency_add(i % 3 ? &a : &b, now, ok, ms, ms / 2);
	}
	latency_merge(&a, &b, START + 2500 * SECOND);
	latency_add(&one, START + 2500 * SECOND, true, -1, -1);
	assert_true(is_near(a.total.total, one.total.total, 1e-3));
	assert_true(is_near(a.ok + 1, one.ok, 1e-3));
	assert_true(is_near(a.failed, one.failed, 1e-3));
	for (double share = 0; share <= 1; share += 0.05) {
		assert_true(is_near(latency_percentile(&a.total, share, 1),
		    latency_percentile(&one.total, share, 1), 0.01));
		assert_true(is_near(latency_percentile(&a.first, share, 1),
		    latency_percentile(&one.first, share, 1), 0.01));
	}
}

/* One in five is cancelled at a random time before its end: what is told is what would have been.
 */
static void
the_cancelled_count_as_those_that_took_longer(void **state)
{
	enum { N = 4000 };
	struct latency all, seen;
	struct rand rand;

	(void)state;
	rand_seed(&rand, 3);
	latency_init(&all);
	latency_init(&seen);
	for (int i = 0; i < N; i++) {
		double ms = 100 * exp(3 * rand_unit(&rand));
		double limit = 4000 * rand_unit(&rand);

		latency_add(&all, START, true, ms, -1);
		if (ms <= limit)
			latency_add(&seen, START, true, ms, -1);
		else
			latency_add_cancelled(&seen, &seen, START, limit, -1);
	}
	assert_true(is_near(seen.total.total, N, 1e-9));
	assert_true(seen.ok < all.ok && seen.failed <= 0);
	for (double share = 0.05; share < 1; share += 0.05)
		assert_true(is_near(latency_percentile(&seen.total, share, 1),
		    latency_percentile(&all.total, share, 1), 0.1));
	/* where none is known to have taken longer, it is as if it had ended */
	latency_add_cancelled(&seen, &seen, START, 500000, -1);
	assert_true(latency_percentile(&seen.total, 1, 1) > 450000);
}

static void
a_clock_that_was_set_back_stops_no_fading(void **state)
{
	struct latency l;

	(void)state;
	latency_init(&l);
	latency_add(&l, START + 3600 * SECOND, true, 100, -1);
	latency_add(&l, START, true, 100, -1);
	assert_int_equal(l.at_us, START);
	latency_add(&l, START + LATENCY_HALF_LIFE_US, true, 100, -1);
	assert_true(is_near(l.total.total, 2, 1e-9));
	/* a little behind is another machine's clock, and no matter */
	latency_add(&l, START, true, 100, -1);
	assert_int_equal(l.at_us, START + LATENCY_HALF_LIFE_US);
	assert_true(is_near(l.total.total, 3, 1e-9));
}

static void
the_rate_of_the_well_is_drawn_to_what_was_believed(void **state)
{
	struct latency l;

	(void)state;
	latency_init(&l);
	assert_true(is_near(latency_ok_rate(&l, START, 0.9), 0.9, 1e-9));
	latency_add(&l, START, false, -1, -1);
	assert_true(is_near(latency_ok_rate(&l, START, 0.9), 0.6, 1e-9));
	for (int i = 0; i < 97; i++)
		latency_add(&l, START, true, 100, -1);
	assert_true(is_near(latency_ok_rate(&l, START, 0.9), 98.8 / 100, 1e-9));
	assert_true(
	    is_near(latency_ok_rate(&l, START + 20 * LATENCY_HALF_LIFE_US, 0.5), 0.5, 1e-3));
}

static void
the_text_keeps_what_matters(void **state)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED), again = BUF_INIT(BUF_UNLIMITED);
	struct latency l, copy;

	(void)state;
	latency_init(&l);
	for (int i = 0; i < 100; i++)
		latency_add(&l, START + i * SECOND, i % 10 != 0, 100 + i, i % 2 ? 10 + i : -1);
	latency_write(&l, &text);
	assert_true(latency_read(&copy, buf_str(&text)));
	assert_true(is_near(copy.total.total, l.total.total, 1e-3));
	assert_true(is_near(copy.ok, l.ok, 1e-3));
	assert_int_equal(copy.at_us, l.at_us);
	for (double share = 0; share <= 1; share += 0.05)
		assert_true(is_near(latency_percentile(&copy.total, share, 1),
		    latency_percentile(&l.total, share, 1), 1e-3));
	latency_write(&copy, &again);
	assert_string_equal(text.p, again.p);
	assert_true(text.len < 400);
	buf_release(&text);
	buf_release(&again);
}

static void
what_has_faded_away_is_not_written(void **state)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct latency l;

	(void)state;
	latency_init(&l);
	latency_add(&l, START, true, 100, 10);
	latency_add(&l, START + 12 * LATENCY_HALF_LIFE_US, true, 2000, -1);
	latency_write(&l, &text);
	assert_non_null(strstr(text.p, "\"total\":[54,1000],\"first\":[]"));
	buf_release(&text);
}

static void
texts_that_are_none_of_ours_are_an_empty_one(void **state)
{
#define HEAD "{\"v\":1,\"at\":1,\"ok\":1,\"failed\":1,"
	static const char *const texts[] = { "", "{}", "7",
		"{\"v\":2,\"at\":1,\"ok\":1,\"failed\":1,\"total\":[],\"first\":[]}",
		HEAD "\"total\":[]}", HEAD "\"total\":[1],\"first\":[]}",
		HEAD "\"total\":[96,1],\"first\":[]}", HEAD "\"total\":[-1,1],\"first\":[]}",
		HEAD "\"total\":[2,1,2,1],\"first\":[]}", HEAD "\"total\":[2,-1],\"first\":[]}",
		HEAD "\"total\":[2,9223372036854775807],\"first\":[]}",
		"{\"v\":1,\"at\":-1,\"ok\":1,\"failed\":1,\"total\":[],\"first\":[]}",
		"{\"v\":1,\"at\":1,\"ok\":-1,\"failed\":1,\"total\":[],\"first\":[]}" };
	struct latency l;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (latency_read(&l, str_of(texts[i])))
			fail_msg("%s is taken for latencies", texts[i]);
		assert_true(l.ok <= 0 && l.total.total <= 0);
	}
	assert_true(latency_read(&l, str_of(HEAD "\"total\":[1,1],\"first\":[]}")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lone_time_is_told_within_a_tenth),
		cmocka_unit_test(percentiles_of_a_tail_are_told_within_a_tenth),
		cmocka_unit_test(what_is_out_of_range_lies_at_its_ends),
		cmocka_unit_test(little_is_known_of_few),
		cmocka_unit_test(counts_fade_by_half_in_a_half_life),
		cmocka_unit_test(an_hour_of_other_weather_is_what_is_told),
		cmocka_unit_test(two_that_are_merged_are_as_one_that_saw_all),
		cmocka_unit_test(the_cancelled_count_as_those_that_took_longer),
		cmocka_unit_test(a_clock_that_was_set_back_stops_no_fading),
		cmocka_unit_test(the_rate_of_the_well_is_drawn_to_what_was_believed),
		cmocka_unit_test(the_text_keeps_what_matters),
		cmocka_unit_test(what_has_faded_away_is_not_written),
		cmocka_unit_test(texts_that_are_none_of_ours_are_an_empty_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
