/* SPDX-License-Identifier: MIT */
/* Ledgers: windows that roll and windows of the calendar, leases of the living and the dead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "policy/budget.h"
#include "policy/ledger.h"
#include "sys/clock.h"
#include "sys/rand.h"
#include "sys/zone.h"

#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)

static const struct budget_rule rolling = { .name = "r",
	.unit = BUDGET_TOKENS,
	.limit = 1000,
	.window = BUDGET_ROLLING,
	.rolling_us = HOUR };
static const struct budget_rule daily = { .name = "d",
	.unit = BUDGET_TOKENS,
	.limit = 1000,
	.window = BUDGET_DAY,
	.zone = "Europe/Berlin" };
static const struct budget_rule monthly = {
	.name = "m", .unit = BUDGET_TOKENS, .limit = 1000, .window = BUDGET_MONTH
};

static int64_t
at(const char *text)
{
	int64_t us;

	assert_true(clock_parse(str_of(text), &us));
	return us;
}

static enum ledger_verdict
reserve(struct ledger *l, const struct budget_rule *rule, int64_t now_us, uint64_t holder,
    int64_t amount)
{
	struct ledger_claim claim = { holder, amount, now_us + 60 * SECOND, false };

	return ledger_reserve(l, rule, now_us, &claim);
}

static void
settle(struct ledger *l, const struct budget_rule *rule, int64_t now_us, int64_t reserved,
    int64_t spent)
{
	struct ledger_bill bill = { 1, reserved, spent };

	ledger_settle(l, rule, now_us, &bill);
}

static void
spend(struct ledger *l, const struct budget_rule *rule, const char *when, int64_t amount)
{
	settle(l, rule, at(when), 0, amount);
}

static int64_t
spent_at(struct ledger *l, const struct budget_rule *rule, const char *when)
{
	ledger_advance(l, rule, at(when));
	return ledger_spent(l);
}

static void
a_rolling_window_forgets_no_earlier_than_its_length_and_little_later(void **state)
{
	struct ledger l;

	(void)state;
	ledger_init(&l);
	spend(&l, &rolling, "2026-11-21T10:00:00Z", 100);
	spend(&l, &rolling, "2026-11-21T10:30:00Z", 20);
	assert_int_equal(spent_at(&l, &rolling, "2026-11-21T10:59:59Z"), 120);
	assert_int_equal(spent_at(&l, &rolling, "2026-11-21T11:00:00Z"), 120);
	assert_int_equal(spent_at(&l, &rolling, "2026-11-21T11:02:05Z"), 20);
	assert_int_equal(spent_at(&l, &rolling, "2026-11-21T11:30:00Z"), 20);
	assert_int_equal(spent_at(&l, &rolling, "2026-11-21T11:32:05Z"), 0);
	assert_int_equal(l.slice_count, 0);
}

static void
a_day_in_berlin_begins_at_midnight_there_also_when_clocks_change(void **state)
{
	struct ledger l;

	(void)state;
	if (!zone_known("Europe/Berlin")) {
		print_message("skipped: this machine has no time zone database\n");
		return;
	}
	ledger_init(&l);
	spend(&l, &daily, "2026-10-24T22:00:00Z", 7); /* a day of 25 hours begins */
	assert_int_equal(spent_at(&l, &daily, "2026-10-25T22:30:00Z"), 7);
	assert_int_equal(spent_at(&l, &daily, "2026-10-25T22:59:59.999999Z"), 7);
	assert_int_equal(spent_at(&l, &daily, "2026-10-25T23:00:00Z"), 0);
	spend(&l, &daily, "2026-03-28T23:00:00Z", 9); /* one of 23 */
	assert_int_equal(spent_at(&l, &daily, "2026-03-29T21:59:59Z"), 9);
	assert_int_equal(spent_at(&l, &daily, "2026-03-29T22:00:00Z"), 0);
}

static void
a_month_ends_with_its_last_day(void **state)
{
	struct ledger l;

	(void)state;
	ledger_init(&l);
	spend(&l, &monthly, "2028-02-01T00:00:00Z", 5);
	assert_int_equal(spent_at(&l, &monthly, "2028-02-29T23:59:59Z"), 5);
	assert_int_equal(spent_at(&l, &monthly, "2028-03-01T00:00:00Z"), 0);
	spend(&l, &monthly, "2027-12-31T23:59:59Z", 3);
	assert_int_equal(spent_at(&l, &monthly, "2028-01-01T00:00:00Z"), 0);
}

static void
clocks_that_disagree_give_nothing_away(void **state)
{
	struct ledger l;

	(void)state;
	ledger_init(&l);
	spend(&l, &monthly, "2026-12-01T00:00:00.5Z", 10); /* whose clock is ahead */
	spend(&l, &monthly, "2026-11-30T23:59:59.9Z", 20);
	assert_int_equal(spent_at(&l, &monthly, "2026-11-30T23:59:59.9Z"), 30);
	assert_int_equal(spent_at(&l, &monthly, "2026-12-01T00:00:01Z"), 10);
	assert_int_equal(spent_at(&l, &monthly, "2026-11-30T23:59:59.9Z"), 10);
	assert_int_equal(spent_at(&l, &monthly, "2026-12-02T00:00:00Z"), 10);
	/* A clock that was years ahead does not bind anybody for years. */
	ledger_init(&l);
	spend(&l, &monthly, "2036-05-05T00:00:00Z", 10);
	assert_int_equal(spent_at(&l, &monthly, "2026-11-05T00:00:00Z"), 10);
	assert_int_equal(spent_at(&l, &monthly, "2026-12-05T00:00:00Z"), 0);
	spend(&l, &rolling, "2036-05-05T00:00:00Z", 10);
	assert_int_equal(spent_at(&l, &rolling, "2026-11-05T00:00:00Z"), 10);
	assert_int_equal(spent_at(&l, &rolling, "2026-11-05T01:02:05Z"), 0);
}

static void
the_limit_itself_may_be_reached_and_no_more(void **state)
{
	int64_t now = at("2026-11-21T10:00:00Z");
	struct ledger_claim force = { 2, 500, 0, true };
	struct ledger l;

	(void)state;
	ledger_init(&l);
	assert_int_equal(reserve(&l, &monthly, now, 1, 600), LEDGER_OK);
	assert_int_equal(reserve(&l, &monthly, now, 2, 401), LEDGER_OVER);
	assert_int_equal(reserve(&l, &monthly, now, 2, 400), LEDGER_OK);
	assert_int_equal(reserve(&l, &monthly, now, 2, 1), LEDGER_OVER);
	assert_int_equal(reserve(&l, &monthly, now, 2, 0), LEDGER_OK);
	assert_int_equal(l.lease_count, 2);
	settle(&l, &monthly, now, 600, 450);
	assert_int_equal(reserve(&l, &monthly, now, 1, 151), LEDGER_OVER);
	assert_int_equal(reserve(&l, &monthly, now, 1, 150), LEDGER_OK);
	assert_int_equal(ledger_reserve(&l, &monthly, now, &force), LEDGER_OK);
	assert_int_equal(ledger_used(&l), 1500);
}

static void
sums_that_would_overflow_stand_still_and_let_nothing_pass(void **state)
{
	struct budget_rule endless = monthly;
	int64_t now = at("2026-11-21T10:00:00Z");
	struct ledger_claim force = { 3, INT64_MAX, now + SECOND, true };
	struct ledger l;

	(void)state;
	endless.limit = INT64_MAX;
	ledger_init(&l);
	assert_int_equal(reserve(&l, &endless, now, 1, INT64_MAX - 1), LEDGER_OK);
	assert_int_equal(reserve(&l, &endless, now, 2, INT64_MAX), LEDGER_OVER);
	assert_int_equal(ledger_reserve(&l, &endless, now, &force), LEDGER_OVER);
	settle(&l, &endless, now, INT64_MAX - 1, INT64_MAX);
	settle(&l, &endless, now, 0, INT64_MAX);
	assert_int_equal(ledger_spent(&l), INT64_MAX);
	assert_int_equal(reserve(&l, &endless, now, 1, 1), LEDGER_OVER);
}

static void
the_dead_are_charged_what_they_held(void **state)
{
	int64_t now = at("2026-11-21T10:00:00Z");
	struct ledger l;

	(void)state;
	ledger_init(&l);
	assert_int_equal(reserve(&l, &monthly, now, 1, 100), LEDGER_OK);
	assert_int_equal(reserve(&l, &monthly, now + 30 * SECOND, 2, 10), LEDGER_OK);
	ledger_advance(&l, &monthly, now + 59 * SECOND);
	assert_int_equal(ledger_spent(&l), 0);
	ledger_advance(&l, &monthly, now + 60 * SECOND);
	assert_int_equal(ledger_spent(&l), 100);
	assert_int_equal(ledger_abandoned(&l), 100);
	assert_int_equal(ledger_reserved(&l), 10);
	/* One that was only asleep gets back what it held, once. */
	settle(&l, &monthly, now + 61 * SECOND, 100, 70);
	assert_int_equal(ledger_spent(&l), 70);
	assert_int_equal(ledger_abandoned(&l), 0);
	settle(&l, &monthly, now + 61 * SECOND, 100, 0);
	assert_int_equal(ledger_spent(&l), 70);
}

static void
a_lease_that_ended_in_a_window_that_is_over_is_not_charged_to_this_one(void **state)
{
	struct ledger l;

	(void)state;
	ledger_init(&l);
	assert_int_equal(reserve(&l, &monthly, at("2026-10-31T23:58:00Z"), 1, 100), LEDGER_OK);
	assert_int_equal(spent_at(&l, &monthly, "2026-11-01T00:00:00Z"), 0);
	assert_int_equal(l.lease_count, 0);
	/* But one that still ran when it began is. */
	assert_int_equal(reserve(&l, &monthly, at("2026-11-30T23:59:30Z"), 1, 100), LEDGER_OK);
	assert_int_equal(spent_at(&l, &monthly, "2026-12-01T00:01:00Z"), 100);
}

static void
a_lease_that_is_renewed_lives(void **state)
{
	int64_t now = at("2026-11-21T10:00:00Z");
	struct ledger_claim claim = { 1, 100, now + 120 * SECOND, false };
	struct ledger l;

	(void)state;
	ledger_init(&l);
	assert_int_equal(reserve(&l, &monthly, now, 1, 100), LEDGER_OK);
	ledger_renew(&l, &monthly, now + 50 * SECOND, &claim);
	ledger_advance(&l, &monthly, now + 119 * SECOND);
	assert_int_equal(ledger_reserved(&l), 100);
	assert_int_equal(ledger_spent(&l), 0);
	/* Too late: it is taken back from the dead. */
	claim.until_us = now + 300 * SECOND;
	ledger_renew(&l, &monthly, now + 200 * SECOND, &claim);
	assert_int_equal(ledger_reserved(&l), 100);
	assert_int_equal(ledger_spent(&l), 0);
	assert_int_equal(ledger_abandoned(&l), 0);
}

static void
more_holders_than_there_are_leases_are_refused(void **state)
{
	int64_t now = at("2026-11-21T10:00:00Z");
	struct ledger_claim claim = { LEDGER_LEASES_MAX + 1, 1, now + 120 * SECOND, true };
	struct ledger l;
	uint64_t i;

	(void)state;
	ledger_init(&l);
	for (i = 1; i <= LEDGER_LEASES_MAX; i++)
		assert_int_equal(reserve(&l, &monthly, now, i, 1), LEDGER_OK);
	assert_int_equal(reserve(&l, &monthly, now, i, 1), LEDGER_FULL);
	assert_int_equal(ledger_reserve(&l, &monthly, now, &claim), LEDGER_FULL);
	assert_int_equal(reserve(&l, &monthly, now, 5, 1), LEDGER_OK);
	ledger_renew(&l, &monthly, now, &claim); /* its lease ended, and there is no room */
	assert_int_equal(ledger_abandoned(&l), 1);
	assert_int_equal(reserve(&l, &monthly, now + 60 * SECOND, i, 1), LEDGER_OK);
}

static void
a_soft_percentage_is_told_once_a_window(void **state)
{
	struct budget_rule rule = monthly, roll = rolling;
	int64_t now = at("2026-11-21T10:00:00Z");
	struct ledger l;

	(void)state;
	rule.soft[0] = 50;
	rule.soft[1] = 80;
	rule.soft_count = 2;
	ledger_init(&l);
	assert_int_equal(reserve(&l, &rule, now, 1, 499), LEDGER_OK);
	assert_int_equal(ledger_take_soft(&l, &rule), 0);
	assert_int_equal(reserve(&l, &rule, now, 1, 1), LEDGER_OK);
	assert_int_equal(ledger_take_soft(&l, &rule), 50);
	assert_int_equal(ledger_take_soft(&l, &rule), 0);
	settle(&l, &rule, now, 500, 10); /* to and fro is no news */
	assert_int_equal(reserve(&l, &rule, now, 1, 500), LEDGER_OK);
	assert_int_equal(ledger_take_soft(&l, &rule), 0);
	assert_int_equal(reserve(&l, &rule, now, 1, 400), LEDGER_OK);
	assert_int_equal(ledger_take_soft(&l, &rule), 80);
	settle(&l, &rule, now, 900, 900);
	ledger_advance(&l, &rule, at("2026-12-01T00:00:00Z"));
	assert_int_equal(reserve(&l, &rule, at("2026-12-01T00:00:00Z"), 1, 600), LEDGER_OK);
	assert_int_equal(ledger_take_soft(&l, &rule), 50);

	roll.soft[0] = 50;
	roll.soft_count = 1;
	ledger_init(&l);
	settle(&l, &roll, now, 0, 600);
	assert_int_equal(ledger_take_soft(&l, &roll), 50);
	ledger_advance(&l, &roll, now + 2 * HOUR);
	settle(&l, &roll, now + 2 * HOUR, 0, 600);
	assert_int_equal(ledger_take_soft(&l, &roll), 50);
}

static void
percents_do_not_overflow(void **state)
{
	(void)state;
	assert_int_equal(budget_percent(0, 10), 0);
	assert_int_equal(budget_percent(799, 1000), 79);
	assert_int_equal(budget_percent(800, 1000), 80);
	assert_int_equal(budget_percent(INT64_MAX, INT64_MAX), 100);
	assert_int_equal(budget_percent(INT64_MAX - 1, INT64_MAX), 99);
	assert_int_equal(budget_percent(INT64_MAX, 1), INT32_MAX);
	assert_int_equal(budget_percent(1, 0), 100);
}

static void
what_is_written_reads_back(void **state)
{
	struct buf first = BUF_INIT(BUF_UNLIMITED), second = BUF_INIT(BUF_UNLIMITED);
	int64_t now = at("2026-11-21T10:00:00Z");
	struct ledger l, again;
	int i;

	(void)state;
	ledger_init(&l);
	for (i = 0; i < 70; i++) {
		settle(&l, &rolling, now + i * 50 * SECOND, 0, i % 7);
		(void)reserve(&l, &rolling, now + i * 50 * SECOND, UINT64_MAX - (uint64_t)i, 1);
	}
	l.warned = 80;
	ledger_write(&l, &first);
	assert_true(ledger_read(&again, buf_str(&first)));
	ledger_write(&again, &second);
	assert_string_equal(first.p, second.p);
	assert_int_equal(l.lease_count, 2);
	assert_int_equal(again.leases[0].holder, l.leases[0].holder);
	buf_release(&first);
	buf_release(&second);
}

static void
what_is_no_ledger_is_not_read(void **state)
{
	static const char *const texts[] = { "", "{}", "null", "0",
		"{\"version\":2,\"slices\":[],\"leases\":[],\"warned\":0}",
		"{\"version\":1,\"slices\":[],\"leases\":[],\"warned\":0,\"more\":1}",
		"{\"version\":1,\"slices\":[],\"leases\":[]}",
		"{\"version\":1,\"slices\":[[1,2]],\"leases\":[],\"warned\":0}",
		"{\"version\":1,\"slices\":[[1,2,0,0]],\"leases\":[],\"warned\":0}",
		"{\"version\":1,\"slices\":[[1,-2,0]],\"leases\":[],\"warned\":0}",
		"{\"version\":1,\"slices\":[[1,2,3]],\"leases\":[],\"warned\":0}",
		"{\"version\":1,\"slices\":[[1,2.5,0]],\"leases\":[],\"warned\":0}",
		"{\"version\":1,\"slices\":{},\"leases\":[],\"warned\":0}",
		"{\"version\":1,\"slices\":[],\"leases\":[[0,1,1]],\"warned\":0}",
		"{\"version\":1,\"slices\":[],\"leases\":[[1,-1,1]],\"warned\":0}",
		"{\"version\":1,\"slices\":[],\"leases\":[[1,1,1],[1,1,1]],\"warned\":0}",
		"{\"version\":1,\"slices\":[],\"leases\":[],\"warned\":-1}",
		"{\"version\":1,\"slices\":[],\"leases\":[],\"warned\":99999999999}",
		"{\"version\":1,\"slices\":[],\"leases\":[],\"warned\":0}}",
		"{\"version\":1,\"slices\":[],\"leases\":[],\"warned\":0} ",
		"{\"version\":1,\"slices\":[[1,2,0],],\"leases\":[],\"warned\":0}",
		"{\"version\":1,\"slices\":[[1,2,]],\"leases\":[],\"warned\":0}",
		"{\"version\":1,\"slices\":[[1,2,0]" };
	struct ledger l;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof texts / sizeof *texts; i++)
		if (ledger_read(&l, str_of(texts[i])))
			fail_msg("taken for a ledger: %s", texts[i]);
	assert_true(
	    ledger_read(&l, STR_LIT("{\"version\":1,\"slices\":[],\"leases\":[],\"warned\":0}")));
}

/* --- against a list of all that ever happened --- */

enum { EVENTS = 4000 };
static struct {
	int64_t us, amount;
} events[EVENTS];

static int64_t
naive_sum(size_t count, int64_t from_us)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < count; i++)
		if (events[i].us >= from_us)
			sum += events[i].amount;
	return sum;
}

static void
compare_with_naive(const struct budget_rule *rule, uint64_t seed)
{
	int64_t now = at("2026-01-01T00:00:00Z"), start, end, slice = rule->rolling_us / 59 + 1;
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct ledger l;
	struct rand r;
	size_t n;

	rand_seed(&r, seed);
	ledger_init(&l);
	for (n = 0; n < EVENTS; n++) {
		int64_t amount = (int64_t)rand_below(&r, 1000);

		now += (int64_t)rand_below(
		    &r, rand_below(&r, 20) ? UINT64_C(600000000) : UINT64_C(90000000000));
		events[n].us = now;
		events[n].amount = amount;
		(void)reserve(&l, rule, now, 1, amount);
		settle(&l, rule, now, amount, amount);
		buf_reset(&text);
		ledger_write(&l, &text);
		assert_true(ledger_read(&l, buf_str(&text)));
		budget_span(rule, now, &start, &end);
		if (rule->window != BUDGET_ROLLING) {
			assert_int_equal(ledger_spent(&l), naive_sum(n + 1, start));
			continue;
		}
		assert_true(ledger_spent(&l) >= naive_sum(n + 1, start));
		assert_true(ledger_spent(&l) <= naive_sum(n + 1, start - slice - 1));
	}
	buf_release(&text);
}

static void
no_more_and_no_less_than_a_naive_list_says(void **state)
{
	static const int64_t lengths[] = { 1, 59, 60 * SECOND, HOUR, 24 * HOUR, 7 * 24 * HOUR + 1 };
	struct budget_rule rule = rolling;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		rule.rolling_us = lengths[i];
		compare_with_naive(&rule, i);
	}
	rule = daily;
	for (i = BUDGET_HOUR; i <= BUDGET_MONTH; i++) {
		rule.window = (enum budget_window)i;
		compare_with_naive(&rule, i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_rolling_window_forgets_no_earlier_than_its_length_and_little_later),
		cmocka_unit_test(a_day_in_berlin_begins_at_midnight_there_also_when_clocks_change),
		cmocka_unit_test(a_month_ends_with_its_last_day),
		cmocka_unit_test(clocks_that_disagree_give_nothing_away),
		cmocka_unit_test(the_limit_itself_may_be_reached_and_no_more),
		cmocka_unit_test(sums_that_would_overflow_stand_still_and_let_nothing_pass),
		cmocka_unit_test(the_dead_are_charged_what_they_held),
		cmocka_unit_test(
		    a_lease_that_ended_in_a_window_that_is_over_is_not_charged_to_this_one),
		cmocka_unit_test(a_lease_that_is_renewed_lives),
		cmocka_unit_test(more_holders_than_there_are_leases_are_refused),
		cmocka_unit_test(a_soft_percentage_is_told_once_a_window),
		cmocka_unit_test(percents_do_not_overflow),
		cmocka_unit_test(what_is_written_reads_back),
		cmocka_unit_test(what_is_no_ledger_is_not_read),
		cmocka_unit_test(no_more_and_no_less_than_a_naive_list_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
