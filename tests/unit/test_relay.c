/* SPDX-License-Identifier: MIT */
/* test_relay - what the program says of an attempt, as the reader is to hear it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "failover/attempts.h"
#include "failover/metrics.h"
#include "failover/relay.h"

static struct json_paths *paths;

static int
open_paths(void **state)
{
	(void)state;
	paths = relay_paths();
	return 0;
}

static int
close_paths(void **state)
{
	(void)state;
	json_paths_free(paths);
	return 0;
}

static enum relay_kind
kind_of(const char *line)
{
	struct relayed r;
	struct err err = ERR_INIT;

	(void)relay_read(paths, str_of(line), &r, &err);
	return r.kind;
}

static void
only_records_that_make_sense_are_heard(void **state)
{
	(void)state;
	assert_int_equal(
	    kind_of("{\"type\":\"chunk\",\"id\":\"a\",\"seq\":0,\"delta\":{}}"), RELAY_CHUNK);
	assert_int_equal(
	    kind_of("{\"type\":\"chunk\",\"id\":\"a\",\"seq\":0,\"restart\":true}"), RELAY_RESTART);
	assert_int_equal(
	    kind_of("{\"type\":\"response\",\"id\":\"a\",\"ok\":false}"), RELAY_RESPONSE);
	assert_int_equal(kind_of("{\"type\":\"response\",\"id\":\"a\",\"ok\":1}"), RELAY_OTHER);
	assert_int_equal(kind_of("{\"type\":\"response\",\"id\":\"a\"}"), RELAY_OTHER);
	assert_int_equal(kind_of("{\"type\":\"response\",\"ok\":true}"), RELAY_OTHER);
	assert_int_equal(kind_of("{\"type\":\"response\",\"id\":1,\"ok\":true}"), RELAY_OTHER);
	assert_int_equal(
	    kind_of("{\"type\":\"chunk\",\"id\":\"a\",\"seq\":0,\"delta\":[]}"), RELAY_OTHER);
	assert_int_equal(
	    kind_of("{\"type\":\"chunk\",\"id\":\"a\",\"seq\":\"0\",\"delta\":{}}"), RELAY_OTHER);
	assert_int_equal(kind_of("{\"type\":\"total\",\"id\":\"a\"}"), RELAY_OTHER);
	assert_int_equal(kind_of("[]"), RELAY_OTHER);
	assert_int_equal(kind_of("{\"type\":"), RELAY_OTHER);
	assert_int_equal(kind_of("\xff\xfe"), RELAY_OTHER);
	assert_int_equal(kind_of(""), RELAY_OTHER);
}

static void
check_chunk(const char *line, const char *want)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct relayed r;
	struct err err = ERR_INIT;

	assert_true(relay_read(paths, str_of(line), &r, &err));
	relay_chunk(&r, STR_LIT("1.50"), 41, &out);
	assert_string_equal(out.p, want);
	buf_release(&out);
}

static void
a_chunk_changes_in_id_and_place_alone(void **state)
{
	(void)state;
	check_chunk(
	    "{\"type\":\"chunk\",\"id\":\"a0.1\",\"seq\":0,\"delta\":{\"content\":\"\\u00e9\"}}",
	    "{\"type\":\"chunk\",\"id\":1.50,\"seq\":41,\"delta\":{\"content\":\"\\u00e9\"}}");
	check_chunk(
	    " { \"seq\" : 123, \"x\":[1] ,\"delta\":{},\"id\":\"a0.1\",\"type\":\"chunk\" } ",
	    "{ \"seq\" : 41, \"x\":[1] ,\"delta\":{},\"id\":1.50,\"type\":\"chunk\" }");
}

static bool
is_output(const char *delta)
{
	struct relayed r = { .delta = json_literal(delta) };

	return relay_is_output(&r);
}

static void
an_empty_delta_is_no_output(void **state)
{
	(void)state;
	assert_false(is_output("{}"));
	assert_false(is_output("{\"content\":\"\"}"));
	assert_false(is_output("{\"content\":null,\"reasoning\":\"\"}"));
	assert_true(is_output("{\"content\":\" \"}"));
	assert_true(is_output("{\"reasoning\":\"r\"}"));
	assert_true(is_output("{\"toolCall\":{\"index\":0}}"));
}

static void
an_outcome_is_what_the_response_says(void **state)
{
	struct relayed r;
	struct relay_outcome o;
	struct err err = ERR_INIT;

	(void)state;
	assert_true(relay_read(paths,
	    STR_LIT(
		"{\"type\":\"response\",\"id\":\"a\",\"ok\":false,\"ms\":1.5,\"error\":{\"kind\":"
		"\"rate_limit\",\"retryAfterMs\":2000},\"costUsd\":0.25,\"usage\":{\"tokensIn\":3,"
		"\"source\":\"estimated\"}}"),
	    &r, &err));
	relay_outcome(&r, &o);
	assert_false(o.ok);
	assert_int_equal(o.kind, ERROR_RATE_LIMIT);
	assert_int_equal(o.retry_after_ms, 2000);
	assert_true(o.total_ms > 1.49 && o.total_ms < 1.51);
	assert_true(o.first_ms < 0);
	assert_int_equal(o.cost_pusd, 250000000000);
	assert_int_equal(o.usage.in, 3);
	assert_int_equal(o.usage.out, TOKENS_UNKNOWN);
	assert_true(o.usage.estimated);
	assert_true(relay_read(paths,
	    STR_LIT("{\"type\":\"response\",\"id\":\"a\",\"ok\":false,\"ms\":-3,\"costUsd\":null,"
		    "\"error\":{\"kind\":\"new_kind\"}}"),
	    &r, &err));
	relay_outcome(&r, &o);
	assert_int_equal(o.kind, ERROR_PROTOCOL);
	assert_true(o.total_ms < 0);
	assert_int_equal(o.cost_pusd, -1);
}

static void
check_response(const char *response, struct relay_whole whole, const char *want)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	whole.id = STR_LIT("\"q\"");
	whole.attempts = STR_LIT("[{\"n\":1}]");
	relay_response(json_literal(response), &whole, &out);
	assert_string_equal(out.p, want);
	buf_release(&out);
}

static void
a_response_keeps_its_bytes_but_for_id_and_model_and_gains_attempts(void **state)
{
	(void)state;
	check_response("{\"type\":\"response\", \"id\":\"a0.1\",\"ok\":true,\"model\":\"m\\u0031\","
		       "\"requestedModel\":\"p:m\",\"big\":1790000000001234567}",
	    (struct relay_whole){ .requested_model = STR_LIT("role:x") },
	    "{\"type\":\"response\", \"id\":\"q\",\"ok\":true,\"model\":\"m\\u0031\","
	    "\"requestedModel\":\"role:x\",\"big\":1790000000001234567,\"attempts\":[{\"n\":1}]}");
}

static void
attempts_that_it_had_are_replaced_and_warnings_are_added_to(void **state)
{
	(void)state;
	check_response(
	    "{\"id\":\"a0.1\",\"attempts\":[],\"warnings\":[{\"option\":\"o\",\"message\":"
	    "\"m\"}]}",
	    (struct relay_whole){ .warnings = STR_LIT("one\n\ntwo \"2\"\n") },
	    "{\"id\":\"q\",\"attempts\":[{\"n\":1}],\"warnings\":[{\"option\":\"o\",\"message\":\"m\"},"
	    "{\"option\":\"policy\",\"message\":\"one\"},"
	    "{\"option\":\"policy\",\"message\":\"two \\\"2\\\"\"}]}");
}

static void
a_continuations_response_tells_the_whole(void **state)
{
	struct usage before = USAGE_UNKNOWN;

	(void)state;
	before.in = 10;
	before.out = 4;
	check_response(
	    "{\"id\":\"a0.1\",\"content\":\" b\",\"parts\":[{\"type\":\"text\",\"text\":"
	    "\" b\"}],\"usage\":{\"tokensIn\":1,\"tokensOut\":2,\"source\":\"reported\"}}",
	    (struct relay_whole){
		.said = STR_LIT("a\""), .thought = STR_LIT("hm"), .usage = &before },
	    "{\"id\":\"q\",\"content\":\"a\\\" b\",\"parts\":[{\"type\":\"reasoning\",\"text\":\"hm\"},"
	    "{\"type\":\"text\",\"text\":\"a\\\"\"},{\"type\":\"text\",\"text\":\" b\"}],"
	    "\"usage\":{\"tokensIn\":11,\"tokensOut\":6,\"source\":\"reported\"},"
	    "\"reasoning\":\"hm\",\"attempts\":[{\"n\":1}]}");
}

static void
a_place_that_is_used_anew_does_not_hear_what_is_said_of_its_past(void **state)
{
	struct attempts as = { NULL };
	struct trip *trip = (struct trip *)&as; /* never looked into */
	struct attempt *a = attempts_add(&as, trip), *b = attempts_add(&as, trip);
	struct buf id = BUF_INIT(BUF_UNLIMITED);

	(void)state;
	attempts_id(b, &id);
	assert_string_equal(id.p, "\"a1.1\"");
	assert_ptr_equal(attempts_find(&as, json_literal("\"a1.1\"")), b);
	attempts_drop(&as, b);
	assert_null(attempts_find(&as, json_literal("\"a1.1\"")));
	assert_ptr_equal(attempts_add(&as, trip), b);
	assert_null(attempts_find(&as, json_literal("\"a1.1\"")));
	assert_ptr_equal(attempts_find(&as, json_literal("\"a1.2\"")), b);
	assert_ptr_equal(attempts_find(&as, json_literal("\"a0.1\"")), a);
	for (const char *const *p = (const char *const[]){ "\"\"", "\"a\"", "\"a0\"", "\"a0.\"",
		 "\"a.1\"", "\"a2.1\"", "\"a-1.1\"", "\"a0.1.1\"", "\"b0.1\"",
		 "\"a99999999999999999999.1\"", "1", "null", NULL };
	     *p; p++)
		assert_null(attempts_find(&as, json_literal(*p)));
	attempts_release(&as);
	buf_release(&id);
}

static void
metrics_tell_what_was_rescued_and_how_soon(void **state)
{
	struct metrics m = { 0 };
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct walk_sums sums = { .attempts = 2,
		.ok = true,
		.rescued = true,
		.first_failure_us = 1000000,
		.end_us = 1100000,
		.cost_pusd = 3,
		.lost_pusd = 1,
		.cost_known = true };

	(void)state;
	metrics_add(&m, &sums);
	sums = (struct walk_sums){ .attempts = 1, .ok = true, .cost_known = true };
	metrics_add(&m, &sums);
	metrics_refuse(&m);
	metrics_write(&m, &out);
	assert_non_null(strstr(out.p, "\"failover.requests\",\"value\":3,"));
	assert_non_null(strstr(out.p, "\"failover.rescued\",\"value\":0.333333,"));
	assert_non_null(strstr(out.p, "\"failover.rescued_of_failing\",\"value\":1,"));
	assert_non_null(strstr(out.p, "\"failover.attempts\",\"value\":1,"));
	assert_non_null(strstr(out.p, "\"failover.retries\",\"value\":1,"));
	assert_non_null(strstr(out.p, "\"failover.cost_lost\",\"value\":0.000000000001,"));
	assert_non_null(
	    strstr(out.p, "\"failover.hedge_wins\",\"value\":0,\"unit\":\"count\",\"n\":0"));
	{ /* within 3 % of 100 ms */
		const char *p = strstr(out.p, "\"failover.recovery_p50\",\"value\":");
		double ms;

		assert_non_null(p);
		ms = strtod(p + strlen("\"failover.recovery_p50\",\"value\":"), NULL);
		assert_true(ms > 97 && ms < 103);
	}
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_records_that_make_sense_are_heard),
		cmocka_unit_test(a_chunk_changes_in_id_and_place_alone),
		cmocka_unit_test(an_empty_delta_is_no_output),
		cmocka_unit_test(an_outcome_is_what_the_response_says),
		cmocka_unit_test(
		    a_response_keeps_its_bytes_but_for_id_and_model_and_gains_attempts),
		cmocka_unit_test(attempts_that_it_had_are_replaced_and_warnings_are_added_to),
		cmocka_unit_test(a_continuations_response_tells_the_whole),
		cmocka_unit_test(a_place_that_is_used_anew_does_not_hear_what_is_said_of_its_past),
		cmocka_unit_test(metrics_tell_what_was_rescued_and_how_soon),
	};

	return cmocka_run_group_tests(tests, open_paths, close_paths);
}
