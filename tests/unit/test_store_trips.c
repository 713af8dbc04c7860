/* SPDX-License-Identifier: MIT */
/* test_store_trips - how often Redis is gone to for what one request needs: counted on the way. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/mem.h"
#include "policy/budget.h"
#include "policy/health.h"
#include "store/store.h"
#include "support/between.h"
#include "support/parsed.h"
#include "support/redis.h"
#include "support/scratch.h"
#include "sys/clock.h"

#define USD INT64_C(1000000000000)
#define SECOND INT64_C(1000000)

/* An update: a look and a change. Going once a trip is not possible where others may come between.
 */
enum { TRIPS = 2 };

static const struct between *between;
static struct store *store, *direct;
static int64_t now_us;
static unsigned counted;

static unsigned
trips(void)
{
	unsigned since = *between->trips - counted;

	counted += since;
	return since;
}

static struct store *
must_open(const char *url)
{
	struct err err = ERR_INIT;
	struct store *opened = store_open(&(struct store_config){ .url = url }, &err);

	if (!opened)
		fail_msg("%s", err.text);
	return opened;
}

static int
enter(void **state)
{
	const char *url = redis_start(NULL);

	(void)state;
	between = NULL;
	if (!url)
		return 0;
	direct = must_open(url);
	between = between_start(NULL);
	store = must_open(between->url);
	now_us = clock_wall_us();
	counted = 0;
	(void)trips(); /* to say who we are */
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	if (between) {
		store_close(store);
		store_close(direct);
		between_stop();
	}
	redis_stop();
	return 0;
}

struct plan {
	size_t writes; /* so many of them are written, from the first */
	const char *overtaken; /* by another process, once: a key */
	int calls;
};

static void
follow(void *user, struct store_entry *entries, size_t count)
{
	struct plan *plan = user;
	struct err err = ERR_INIT;
	size_t i;

	if (plan->calls++ == 0 && plan->overtaken)
		assert_int_equal(
		    store_put(direct, str_of(plan->overtaken), STR_LIT("x"), 0, &err), 0);
	for (i = 0; i < count && i < plan->writes; i++) {
		entries[i].change = STORE_WRITE;
		buf_adds(&entries[i].fresh, "v");
	}
}

static void
update(size_t count, struct plan *plan)
{
	struct str *keys = xcalloc(count, sizeof *keys);
	struct err err = ERR_INIT;
	size_t i;

	for (i = 0; i < count; i++)
		keys[i] = str_of(xasprintf("key/%zu", i));
	if (store_update_all(store, keys, count, follow, plan, &err) < 0)
		fail_msg("%s", err.text);
	for (i = 0; i < count; i++)
		free((char *)(uintptr_t)keys[i].p);
	free(keys);
}

static void
an_update_takes_two_trips_whatever_the_number_of_keys(void **state)
{
	static const size_t counts[] = { 1, 2, 16, 200 };
	size_t i;

	(void)state;
	if (!between)
		skip();
	for (i = 0; i < sizeof counts / sizeof *counts; i++) {
		update(counts[i], &(struct plan){ .writes = counts[i] });
		assert_int_equal(trips(), TRIPS);
	}
	update(16, &(struct plan){ .writes = 0 }); /* and a look is one */
	assert_int_equal(trips(), 1);
}

static void
whom_another_comes_before_takes_two_more(void **state)
{
	struct plan plan = { .writes = 3, .overtaken = "key/2" };

	(void)state;
	if (!between)
		skip();
	update(3, &plan);
	assert_int_equal(plan.calls, 2);
	assert_int_equal(trips(), 2 * TRIPS);
}

static void
what_was_looked_at_and_kept_is_nobodys_concern_any_more(void **state)
{
	struct err err = ERR_INIT;
	struct plan plan = { .writes = 1 };

	(void)state;
	if (!between)
		skip();
	update(5, &(struct plan){ .writes = 0 });
	assert_int_equal(store_put(direct, STR_LIT("key/4"), STR_LIT("x"), 0, &err), 0);
	(void)trips();
	update(2, &plan);
	assert_int_equal(plan.calls, 1);
	assert_int_equal(trips(), TRIPS);
}

static const struct budget_rule rules[] = {
	{ .name = "all", .limit = 100 * USD, .window = BUDGET_DAY },
	{ .name = "team", .per = ".tags.team", .limit = 50 * USD, .window = BUDGET_DAY },
	{ .name = "tokens", .unit = BUDGET_TOKENS, .limit = 1000000, .window = BUDGET_HOUR },
	{ .name = "provider", .per = "provider", .limit = 60 * USD, .window = BUDGET_DAY },
};

static enum budget_verdict
reserve(struct budgets *b, int64_t pusd, struct budget_hold *hold)
{
	struct budget_reply reply = { .why = BUF_INIT(BUF_UNLIMITED),
		.warnings = BUF_INIT(BUF_UNLIMITED) };
	struct budget_ask ask = { .record = json_literal("{\"tags\":{\"team\":\"core\"}}"),
		.provider = STR_LIT("openai"),
		.model = STR_LIT("openai:m"),
		.most = { .pusd = pusd, .tokens = 1000, .requests = 1 },
		.until_us = now_us + 30 * SECOND };
	enum budget_verdict verdict = budgets_reserve(b, &ask, now_us, hold, &reply);

	buf_release(&reply.why);
	buf_release(&reply.warnings);
	return verdict;
}

static void
all_budgets_of_a_request_are_one_step(void **state)
{
	const size_t count = sizeof rules / sizeof *rules;
	struct budget_hold hold = { 0 }, refused = { 0 };
	struct budgets *b;

	(void)state;
	if (!between)
		skip();
	b = budgets_new(store, rules, count, 7, false);
	assert_int_equal(reserve(b, 30 * USD, &hold), BUDGET_GRANTED);
	assert_int_equal(trips(), TRIPS);
	/* Two have room and one has not: none is touched, so nothing is written. */
	assert_int_equal(reserve(b, 30 * USD, &refused), BUDGET_REFUSED);
	assert_int_equal(trips(), 1);
	/* What one came to is told with the next that is asked. */
	budgets_settle(b, &hold, &(struct budget_amounts){ 5 * USD, 500, 1 }, now_us);
	assert_int_equal(trips(), 0);
	assert_int_equal(reserve(b, 30 * USD, &hold), BUDGET_GRANTED);
	assert_int_equal(trips(), TRIPS);
	/* What is over and what goes on for longer than was thought, too. */
	budgets_settle(b, &hold, &(struct budget_amounts){ 5 * USD, 500, 1 }, now_us);
	assert_int_equal(reserve(b, 30 * USD, &hold), BUDGET_GRANTED);
	(void)trips();
	now_us += 35 * SECOND;
	budgets_renew(b, now_us);
	assert_int_equal(trips(), TRIPS);
	budgets_settle(b, &hold, &(struct budget_amounts){ 5 * USD, 500, 1 }, now_us);
	budgets_renew(b, now_us);
	assert_int_equal(trips(), TRIPS);
	budgets_free(b);
}

static void
what_was_learnt_of_all_targets_is_one_step(void **state)
{
	static const char *const names[] = { "a:m", "b:m", "c:m", "d:m" };
	struct health_outcome well = { .ok = true, .total_ms = 5, .first_ms = -1 };
	struct health_outcome ill = { .kind = ERROR_SERVER, .total_ms = 5, .first_ms = -1 };
	struct health_of *of;
	struct err err = ERR_INIT;
	struct health *h;
	size_t i;

	(void)state;
	if (!between)
		skip();
	h = health_new(store, &breaker_rule_default);
	for (i = 0; i < sizeof names / sizeof *names; i++)
		health_report(h, health_of(h, str_of(names[i]), str_of(names[i])), &well, now_us);
	assert_int_equal(trips(), 0);
	assert_int_equal(health_flush(h, now_us, &err), 0); /* four breakers, four latencies */
	assert_int_equal(trips(), TRIPS);
	assert_int_equal(health_flush(h, now_us, &err), 0); /* there is nothing to tell */
	assert_int_equal(trips(), 0);
	of = health_of(h, STR_LIT("a:m"), STR_LIT("a:m"));
	health_report(h, of, &ill, now_us); /* a failure is told at once */
	assert_int_equal(trips(), TRIPS);
	health_free(h);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVER(an_update_takes_two_trips_whatever_the_number_of_keys),
		WITH_SERVER(whom_another_comes_before_takes_two_more),
		WITH_SERVER(what_was_looked_at_and_kept_is_nobodys_concern_any_more),
		WITH_SERVER(all_budgets_of_a_request_are_one_step),
		WITH_SERVER(what_was_learnt_of_all_targets_is_one_step),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
