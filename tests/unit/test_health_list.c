/* SPDX-License-Identifier: MIT */
/* test_health_list - what people are shown of targets' health, and what they change by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/health_list.h"

#define SECOND INT64_C(1000000)

static int64_t now;

static int64_t
test_clock(void *user)
{
	(void)user;
	return now;
}

struct fixture {
	struct store *store;
	struct health *health;
};

static struct fixture
set_up(const struct breaker_rule *rule)
{
	struct err err = ERR_INIT;
	struct fixture f;

	now = INT64_C(1790000000) * SECOND;
	f.store = store_open(
	    &(struct store_config){ .url = "memory:", .now_us = test_clock }, &err);
	assert_non_null(f.store);
	f.health = health_new(f.store, rule);
	return f;
}

static void
tear_down(struct fixture *f)
{
	health_free(f->health);
	store_close(f->store);
}

static void
report(struct fixture *f, const char *breaker, const char *model, struct health_outcome outcome)
{
	struct err err = ERR_INIT;

	health_report(
	    f->health, health_of(f->health, str_of(breaker), str_of(model)), &outcome, now);
	assert_int_equal(health_flush(f->health, now, &err), 0);
}

/* All records, a line each. */
static void
assert_records(struct fixture *f, const struct breaker_rule *rule, const char *expected)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct health_list list = { 0 };
	struct err err = ERR_INIT;
	struct jsonw w;

	assert_int_equal(health_list_read(&list, f->store, &err), 0);
	for (size_t i = 0; i < list.count; i++) {
		jsonw_start(&w, &out);
		health_row_write(&list.rows[i], rule, now, &w);
		buf_addc(&out, '\n');
	}
	assert_string_equal(out.p, expected);
	health_list_release(&list);
	buf_release(&out);
}

static const struct health_outcome well = { .ok = true, .total_ms = 812, .first_ms = 95 };
static const struct health_outcome badly = { .kind = ERROR_TIMEOUT, .total_ms = 5, .first_ms = -1 };

static void
a_record_tells_a_breaker_and_its_latencies(void **state)
{
	struct fixture f = set_up(&breaker_rule_default);

	(void)state;
	for (int i = 0; i < 3; i++)
		report(&f, "lab:m", "lab:m", well);
	for (int i = 0; i < 5; i++)
		report(&f, "lab:m", "lab:m", badly);
	report(&f, "a:z", "a:z", badly);
	now += 10 * SECOND;
	assert_records(&f, NULL,
	    "{\"type\":\"breaker\",\"name\":\"a:z\",\"state\":\"closed\",\"windowMs\":60000,"
	    "\"ok\":0,\"failed\":1,\"consecutive\":1,\"okRate\":0}\n"
	    "{\"type\":\"breaker\",\"name\":\"lab:m\",\"state\":\"open\","
	    "\"opened\":\"2026-09-21T14:13:20.000000Z\","
	    "\"until\":\"2026-09-21T14:13:50.000000Z\",\"cause\":\"timeout\","
	    "\"windowMs\":60000,\"ok\":3,\"failed\":5,\"consecutive\":5,\"p50Ms\":764,"
	    "\"p95Ms\":782,\"ttftP50Ms\":94,\"ttftP95Ms\":96,\"okRate\":0.375}\n");
	now += 20 * SECOND; /* nobody asked yet, and whoever does is let try */
	assert_records(&f, &(struct breaker_rule){ .window_us = 20 * SECOND },
	    "{\"type\":\"breaker\",\"name\":\"a:z\",\"state\":\"closed\",\"windowMs\":20000,"
	    "\"ok\":0,\"failed\":0,\"consecutive\":1,\"okRate\":0}\n"
	    "{\"type\":\"breaker\",\"name\":\"lab:m\",\"state\":\"half-open\","
	    "\"opened\":\"2026-09-21T14:13:20.000000Z\",\"cause\":\"timeout\","
	    "\"windowMs\":20000,\"ok\":0,\"failed\":0,\"consecutive\":5,\"p50Ms\":764,"
	    "\"p95Ms\":782,\"ttftP50Ms\":94,\"ttftP95Ms\":96,\"okRate\":0.375}\n");
	tear_down(&f);
}

static void
a_providers_breaker_and_its_models_latencies_are_rows_of_their_own(void **state)
{
	struct breaker_rule rule = breaker_rule_default;
	struct fixture f;

	(void)state;
	rule.scope = BREAKER_PROVIDER;
	rule.window_us = 30 * SECOND;
	f = set_up(&rule);
	report(&f, "lab", "lab:m", well);
	assert_records(&f, NULL,
	    "{\"type\":\"breaker\",\"name\":\"lab\",\"state\":\"closed\",\"windowMs\":30000,"
	    "\"ok\":1,\"failed\":0,\"consecutive\":0}\n"
	    "{\"type\":\"breaker\",\"name\":\"lab:m\",\"p50Ms\":764,\"p95Ms\":782,"
	    "\"ttftP50Ms\":94,\"ttftP95Ms\":96,\"okRate\":1}\n");
	tear_down(&f);
}

static void
a_hand_opens_closes_and_forgets(void **state)
{
	struct fixture f = set_up(&breaker_rule_default);
	struct err err = ERR_INIT;

	(void)state;
	report(&f, "lab:m", "lab:m", well);
	assert_int_equal(health_open(f.store, STR_LIT("lab:m"), now, 0, &err), 0);
	assert_int_equal(health_open(f.store, STR_LIT("new"), now, 60 * SECOND, &err), 0);
	assert_int_equal(health_reset(f.store, STR_LIT("lab:m"), &err), 0);
	assert_records(&f, NULL,
	    "{\"type\":\"breaker\",\"name\":\"lab:m\",\"state\":\"open\","
	    "\"opened\":\"2026-09-21T14:13:20.000000Z\",\"cause\":\"by hand\","
	    "\"windowMs\":60000,\"ok\":1,\"failed\":0,\"consecutive\":0}\n"
	    "{\"type\":\"breaker\",\"name\":\"new\",\"state\":\"open\","
	    "\"opened\":\"2026-09-21T14:13:20.000000Z\","
	    "\"until\":\"2026-09-21T14:14:20.000000Z\",\"cause\":\"by hand\","
	    "\"windowMs\":60000,\"ok\":0,\"failed\":0,\"consecutive\":0}\n");
	assert_int_equal(health_close(f.store, STR_LIT("lab:m"), now, &err), 0);
	assert_int_equal(health_close(f.store, STR_LIT("new"), now, &err), 0);
	assert_int_equal(health_reset(f.store, STR_LIT("new"), &err), 0);
	assert_records(&f, NULL,
	    "{\"type\":\"breaker\",\"name\":\"lab:m\",\"state\":\"closed\",\"windowMs\":60000,"
	    "\"ok\":0,\"failed\":0,\"consecutive\":0}\n");
	tear_down(&f);
}

static void
a_table_tells_the_same_for_people(void **state)
{
	struct fixture f = set_up(&breaker_rule_default);
	struct health_list list = { 0 };
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct table t;

	(void)state;
	report(&f, "lab:m", "lab:m", well);
	report(&f, "lab:m", "lab:m",
	    (struct health_outcome){ .ok = true, .total_ms = 31000, .first_ms = -1 });
	report(&f, "lab:n", "lab:n",
	    (struct health_outcome){ .kind = ERROR_QUOTA, .away_us = 30000 * SECOND });
	now += SECOND / 2;
	assert_int_equal(health_list_read(&list, f.store, &err), 0);
	health_table_init(&t);
	for (size_t i = 0; i < list.count; i++)
		health_table_add(&t, &list.rows[i], NULL, now);
	table_print(&t, &out);
	assert_string_equal(out.p,
	    "NAME   STATE   CAUSE  FOR  OK  FAILED     P50     P95  TTFT P50  TTFT P95  OK RATE\n"
	    "lab:m  closed  -        -   2       0  784 ms  29.5 s     94 ms     96 ms  100.0 %\n"
	    "lab:n  open    quota  9 h   0       1       -       -         -         -    0.0 %\n");
	table_release(&t);
	health_list_release(&list);
	buf_release(&out);
	tear_down(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_tells_a_breaker_and_its_latencies),
		cmocka_unit_test(
		    a_providers_breaker_and_its_models_latencies_are_rows_of_their_own),
		cmocka_unit_test(a_hand_opens_closes_and_forgets),
		cmocka_unit_test(a_table_tells_the_same_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
