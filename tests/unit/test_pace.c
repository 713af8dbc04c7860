/* SPDX-License-Identifier: MIT */
/* test_pace - how fast a provider is sent to, on a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/num.h"
#include "call/pace.h"
#include "sys/clock.h"

enum { SECOND = 1000000, START = 1000 * SECOND };

static const struct rate_limit untold = RATE_LIMIT_UNTOLD;

/* How many go within a second of such a provider, each waiting for as long as it is told to. */
static int64_t
sent_within(struct pace *p, int64_t duration_us, int64_t tokens)
{
	int64_t now = START, wait, n = 0;

	while (now < START + duration_us) {
		wait = pace_wait_us(p, now);
		assert_true(wait != PACE_FULL);
		if (wait > 0) {
			now += wait;
			continue;
		}
		pace_start(p, tokens);
		n++;
	}
	return n;
}

static void
a_rate_is_kept(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, &(struct pace_limits){ .requests_per_s = 10 });
	assert_in_range(sent_within(&p, 10 * SECOND, 0), 100, 101);
	pace_init(&p, &(struct pace_limits){ .requests_per_s = 5000 });
	assert_in_range(sent_within(&p, SECOND, 0), 5000, 5050);
	pace_init(&p, &(struct pace_limits){ .requests_per_s = 0.5 });
	assert_in_range(sent_within(&p, 10 * SECOND, 0), 5, 6);
}

static void
who_does_not_go_after_all_leaves_no_trace(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, &(struct pace_limits){ .max = 1, .requests_per_s = 1, .tokens_per_s = 100 });
	assert_int_equal(pace_wait_us(&p, START), 0);
	pace_start(&p, 350);
	assert_true(pace_wait_us(&p, START) == PACE_FULL);
	pace_undo(&p, 350);
	assert_int_equal(pace_wait_us(&p, START), 0);
}

static void
a_clock_that_is_set_back_costs_nothing(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, &(struct pace_limits){ .requests_per_s = 1 });
	assert_int_equal(pace_wait_us(&p, START), 0);
	pace_start(&p, 0);
	assert_in_range(pace_wait_us(&p, START - 100 * SECOND), 999999, 1000001);
}

static void
tokens_run_into_debt_and_are_paid_back(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, &(struct pace_limits){ .tokens_per_s = 100 });
	assert_int_equal(pace_wait_us(&p, START), 0);
	pace_start(&p, 350); /* of the 100 that are there */
	assert_in_range(pace_wait_us(&p, START), 2500000, 2500001);
	pace_end(&p, &(struct pace_end){ START, 50, false, -1, untold }, START + SECOND);
	assert_in_range(pace_wait_us(&p, START + SECOND), 2000000, 2000001);
	assert_int_equal(pace_wait_us(&p, START + 3 * SECOND + 1), 0);
}

static void
the_most_in_flight_holds(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, &(struct pace_limits){ .max = 2 });
	pace_start(&p, 0);
	assert_int_equal(pace_wait_us(&p, START), 0);
	pace_start(&p, 0);
	assert_true(pace_wait_us(&p, START) == PACE_FULL);
	pace_end(&p, &(struct pace_end){ START, 0, false, -1, untold }, START);
	assert_int_equal(pace_wait_us(&p, START), 0);
}

static void
a_429_holds_all_and_halves_what_goes_at_once(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, &(struct pace_limits){ 0 });
	for (int i = 0; i < 8; i++)
		pace_start(&p, 0);
	pace_end(&p, &(struct pace_end){ START, 0, true, 3000, untold }, START + 10);
	pace_end(&p, &(struct pace_end){ START, 0, true, 3000, untold }, START + 10);
	assert_int_equal((int)p.window, 4); /* the second says nothing new */
	assert_true(pace_wait_us(&p, START + 10) == PACE_FULL);
	for (int i = 0; i < 6; i++)
		pace_end(&p, &(struct pace_end){ START, 0, false, -1, untold }, START + 20);
	assert_int_equal(pace_wait_us(&p, START + 10), 3 * SECOND);
	assert_int_equal(pace_wait_us(&p, START + 10 + 3 * SECOND), 0);
	assert_true(p.window > 5 && p.window < 6);
	pace_start(&p, 0);
	pace_end(
	    &p, &(struct pace_end){ START + 4 * SECOND, 0, true, -1, untold }, START + 5 * SECOND);
	assert_true(p.window < 3);
	assert_int_equal(pace_wait_us(&p, START + 5 * SECOND), PACE_HOLD_MS * 1000);
}

static void
one_may_always_go_and_hours_are_not_waited_for(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, &(struct pace_limits){ 0 });
	for (int i = 1; i < 20; i++) {
		pace_start(&p, 0);
		pace_end(&p,
		    &(struct pace_end){ START + i, 0, true, (int64_t)9 * 3600 * 1000, untold },
		    START + i);
		assert_int_equal(pace_wait_us(&p, START + i), 0);
	}
}

static void
what_has_run_out_is_waited_for(void **state)
{
	struct pace p;
	struct rate_limit told = { .requests_left = 0,
		.tokens_left = 10,
		.requests_reset_ms = 1500,
		.tokens_reset_ms = 9000 };

	(void)state;
	pace_init(&p, &(struct pace_limits){ 0 });
	pace_start(&p, 0);
	pace_end(&p, &(struct pace_end){ START, 0, false, -1, told }, START);
	assert_int_equal(pace_wait_us(&p, START), 1500000);
}

static struct rate_limit
read_three(const char *limit, const char *left, const char *reset, const char *values[3])
{
	struct http_headers h = { 0 };
	struct rate_limit told;
	int64_t now;

	http_headers_add(&h, limit, values[0]);
	http_headers_add(&h, left, values[1]);
	if (reset)
		http_headers_add(&h, reset, values[2]);
	assert_true(clock_parse(STR_LIT("2026-08-02T17:44:00Z"), &now));
	told = rate_limit_read(&h, now);
	http_headers_release(&h);
	return told;
}

static void
the_limits_of_every_family_are_read(void **state)
{
	struct rate_limit t;

	(void)state;
	t = read_three("x-ratelimit-limit-requests", "x-ratelimit-remaining-requests",
	    "x-ratelimit-reset-requests", (const char *[]){ "50", "0", "6m0s" });
	assert_int_equal(t.requests_left, 0);
	assert_int_equal(t.requests_reset_ms, 360000);
	assert_int_equal(rate_limit_wait_ms(&t), 360000);
	assert_int_equal(t.tokens_left, -1);
	t = read_three("x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens",
	    "x-ratelimit-reset-tokens", (const char *[]){ "50", "3", "20ms" });
	assert_int_equal(t.tokens_reset_ms, 20);
	assert_int_equal(rate_limit_wait_ms(&t), 0);
	t = read_three("anthropic-ratelimit-output-tokens-limit",
	    "anthropic-ratelimit-output-tokens-remaining",
	    "anthropic-ratelimit-output-tokens-reset",
	    (const char *[]){ "2000000", "0", "2026-08-02T17:44:02Z" });
	assert_int_equal(rate_limit_wait_ms(&t), 2000);
	t = read_three("x-ratelimit-limit-req-minute", "x-ratelimit-remaining-req-minute", NULL,
	    (const char *[]){ "100", "0", NULL });
	assert_int_equal(rate_limit_wait_ms(&t), 60000);
	t = read_three("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset",
	    (const char *[]){ "2", "0", "1785692650000" }); /* milliseconds since 1970 */
	assert_int_equal(rate_limit_wait_ms(&t), 10000);
	t = read_three("x-ratelimit-limit-requests", "x-ratelimit-remaining-requests",
	    "x-ratelimit-reset-requests", (const char *[]){ "-1", "0", "0" });
	assert_int_equal(t.requests_left, -1); /* Azure: it is not metered */
}

static void
times_are_read(void **state)
{
	static const char *const bad[] = { "", "2026-08-02", "2026-08-02T17:44Z",
		"2026-13-02T17:44:02Z", "2026-08-02T24:44:02Z", "2026-08-02T17:44:02",
		"2026-08-02T17:44:02+1:00", "2026-08-02 17:44:02Z", "2026-08-02T17:4x:02Z" };
	int64_t us;

	(void)state;
	assert_true(clock_parse(STR_LIT("1970-01-02T00:00:01.25Z"), &us));
	assert_true(us == (int64_t)86401250000);
	assert_true(clock_parse(STR_LIT("1970-01-02T01:00:01+01:00"), &us));
	assert_true(us == (int64_t)86401000000);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(clock_parse(str_of(bad[i]), &us));
}

static void
rates_are_read(void **state)
{
	static const char *const bad[] = { "", "/s", "10/", "10/x", "-1/s", "10/s/m", "ten/s",
		"10/0s" };
	int64_t count, period_ms;
	double r;

	(void)state;
	assert_true(num_per(STR_LIT("100k/m"), &count, &period_ms));
	assert_true(count == 100000 && period_ms == 60000);
	assert_true(num_per(STR_LIT("10/30s"), &count, &period_ms));
	assert_true(count == 10 && period_ms == 30000);
	assert_false(num_per(STR_LIT("7"), &count, &period_ms));
	assert_true(num_rate(STR_LIT("10/s"), &r) && r > 9.99 && r < 10.01);
	assert_true(num_rate(STR_LIT("600/m"), &r) && r > 9.99 && r < 10.01);
	assert_true(num_rate(STR_LIT("90k/m"), &r) && r > 1499 && r < 1501);
	assert_true(num_rate(STR_LIT("7"), &r) && r > 6.99 && r < 7.01);
	assert_true(num_rate(STR_LIT("15/30s"), &r) && r > 0.49 && r < 0.51);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(num_rate(str_of(bad[i]), &r));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rate_is_kept),
		cmocka_unit_test(who_does_not_go_after_all_leaves_no_trace),
		cmocka_unit_test(a_clock_that_is_set_back_costs_nothing),
		cmocka_unit_test(tokens_run_into_debt_and_are_paid_back),
		cmocka_unit_test(the_most_in_flight_holds),
		cmocka_unit_test(a_429_holds_all_and_halves_what_goes_at_once),
		cmocka_unit_test(one_may_always_go_and_hours_are_not_waited_for),
		cmocka_unit_test(what_has_run_out_is_waited_for),
		cmocka_unit_test(the_limits_of_every_family_are_read),
		cmocka_unit_test(times_are_read),
		cmocka_unit_test(rates_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
