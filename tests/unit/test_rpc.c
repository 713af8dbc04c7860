/* SPDX-License-Identifier: MIT */
/* test_rpc - a JSON-RPC conversation: who asks, who answers, and what is passed over. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "net/rpc.h"
#include "sys/clock.h"

struct log {
	struct rpc *rpc;
	struct buf sent, heard;
	const char *then; /* what on_reply asks next; NULL: nothing */
};

static void
on_reply(void *user, const struct rpc_reply *reply)
{
	static const char *const names[] = { "result ", "error ", "expired " };
	struct log *log = user;
	const char *then = log->then;

	buf_adds(&log->heard, names[reply->how]);
	buf_addstr(&log->heard, json_raw(reply->value));
	buf_addc(&log->heard, '\n');
	log->then = NULL;
	if (then)
		rpc_ask(log->rpc, then, STR_LIT("{}"), CLOCK_NEVER, on_reply, log);
}

static void
on_asked(void *user, struct json id, struct str method, struct json params)
{
	struct log *log = user;

	buf_addf(&log->heard, "asked %.*s %.*s\n", (int)method.len, method.p, (int)params.len,
	    params.p ? params.p : "");
	if (str_is(method, "good"))
		rpc_result(log->rpc, id, STR_LIT("{\"fine\":true}"));
	else
		rpc_refuse(log->rpc, id, RPC_METHOD_NOT_FOUND, "no \"such\" thing");
}

static void
on_told(void *user, struct str method, struct json params)
{
	struct log *log = user;

	buf_addf(&log->heard, "told %.*s %.*s\n", (int)method.len, method.p, (int)params.len,
	    params.p ? params.p : "");
}

static int
begin(void **state)
{
	static const struct rpc_handler handler = { .asked = on_asked, .told = on_told };
	static struct log log;

	log = (struct log){ .sent = BUF_INIT(BUF_UNLIMITED), .heard = BUF_INIT(BUF_UNLIMITED) };
	log.rpc = rpc_new(&handler, &log, &log.sent, 1000);
	*state = &log;
	return 0;
}

static int
end(void **state)
{
	struct log *log = *state;

	rpc_free(log->rpc);
	buf_release(&log->sent);
	buf_release(&log->heard);
	return 0;
}

static bool
feed(struct log *log, const char *text)
{
	return rpc_feed(log->rpc, text, strlen(text));
}

static void
a_question_is_one_line_and_its_answer_finds_who_asked(void **state)
{
	struct log *log = *state;

	rpc_ask(log->rpc, "first", STR_LIT("{\"a\":1}"), CLOCK_NEVER, on_reply, log);
	rpc_ask(log->rpc, "second", STR_LIT("[]"), CLOCK_NEVER, on_reply, log);
	rpc_tell(log->rpc, "note", STR_LIT("{}"));
	assert_string_equal(log->sent.p,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"first\",\"params\":{\"a\":1}}\n"
	    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"second\",\"params\":[]}\n"
	    "{\"jsonrpc\":\"2.0\",\"method\":\"note\",\"params\":{}}\n");
	assert_true(feed(log, "{\"id\":2,\"result\":\"two\"}\n{\"id\":\"1\",\"err"));
	assert_true(feed(log, "or\":{\"code\":5}}\n"));
	assert_string_equal(log->heard.p, "result \"two\"\nerror {\"code\":5}\n");
}

static void
what_the_other_side_asks_is_answered_under_its_own_id(void **state)
{
	struct log *log = *state;

	assert_true(feed(log, "{\"id\":\"x-1\",\"method\":\"good\",\"params\":{}}\n"));
	assert_true(
	    feed(log, "{\"id\":0,\"method\":\"bad\"}\n{\"method\":\"t\",\"params\":[1]}\n"));
	assert_string_equal(log->heard.p, "asked good {}\nasked bad \ntold t [1]\n");
	assert_string_equal(log->sent.p,
	    "{\"jsonrpc\":\"2.0\",\"id\":\"x-1\",\"result\":{\"fine\":true}}\n"
	    "{\"jsonrpc\":\"2.0\",\"id\":0,\"error\":{\"code\":-32601,"
	    "\"message\":\"no \\\"such\\\" thing\"}}\n");
}

static void
what_nobody_asked_for_is_passed_over(void **state)
{
	struct log *log = *state;

	rpc_ask(log->rpc, "m", STR_LIT("{}"), CLOCK_NEVER, on_reply, log);
	assert_true(feed(log,
	    "npm warn: something\n\n[1]\n{\"id\":7,\"result\":1}\n{\"id\":null,\"result\":1}\n"
	    "{\"id\":\"1x\",\"result\":1}\n{\"id\":1,\"result\":2}\n{\"id\":1,\"result\":3}\n{}\n"));
	assert_string_equal(log->heard.p, "result 2\n");
}

static void
an_answer_may_lead_to_the_next_question(void **state)
{
	struct log *log = *state;

	log->then = "again";
	rpc_ask(log->rpc, "m", STR_LIT("{}"), CLOCK_NEVER, on_reply, log);
	assert_true(feed(log, "{\"id\":1,\"result\":1}\n{\"id\":2,\"result\":2}\n"));
	assert_string_equal(log->heard.p, "result 1\nresult 2\n");
}

static void
a_question_whose_time_is_over_is_told_so_and_its_late_answer_is_passed_over(void **state)
{
	struct log *log = *state;

	assert_true(rpc_deadline(log->rpc) == CLOCK_NEVER);
	rpc_ask(log->rpc, "slow", STR_LIT("{}"), 200, on_reply, log);
	rpc_ask(log->rpc, "slower", STR_LIT("{}"), 300, on_reply, log);
	assert_int_equal(rpc_deadline(log->rpc), 200);
	rpc_expire(log->rpc, 199);
	assert_string_equal(log->heard.p, "");
	rpc_expire(log->rpc, 200);
	assert_string_equal(log->heard.p, "expired \n");
	assert_int_equal(rpc_deadline(log->rpc), 300);
	assert_true(feed(log, "{\"id\":1,\"result\":1}\n{\"id\":2,\"result\":2}\n"));
	assert_string_equal(log->heard.p, "expired \nresult 2\n");
}

static void
a_line_past_the_limit_is_told_of_and_the_next_is_heard(void **state)
{
	struct log *log = *state;
	char block[600];

	memset(block, 'x', sizeof block);
	rpc_ask(log->rpc, "m", STR_LIT("{}"), CLOCK_NEVER, on_reply, log);
	assert_true(rpc_feed(log->rpc, block, sizeof block));
	assert_false(rpc_feed(log->rpc, block, sizeof block));
	assert_true(feed(log, "\n"));
	assert_true(feed(log, "{\"id\":1,\"result\":1}\n"));
	assert_string_equal(log->heard.p, "result 1\n");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_question_is_one_line_and_its_answer_finds_who_asked, begin, end),
		cmocka_unit_test_setup_teardown(
		    what_the_other_side_asks_is_answered_under_its_own_id, begin, end),
		cmocka_unit_test_setup_teardown(what_nobody_asked_for_is_passed_over, begin, end),
		cmocka_unit_test_setup_teardown(
		    an_answer_may_lead_to_the_next_question, begin, end),
		cmocka_unit_test_setup_teardown(
		    a_question_whose_time_is_over_is_told_so_and_its_late_answer_is_passed_over,
		    begin, end),
		cmocka_unit_test_setup_teardown(
		    a_line_past_the_limit_is_told_of_and_the_next_is_heard, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
