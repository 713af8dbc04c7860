/* SPDX-License-Identifier: MIT */
/* test_talk - prompts to programs that stay: the Agent Client Protocol, and stream-json. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "call/talk.h"
#include "sys/clock.h"

enum { START_MS = 100 };

static bool allow;
static const char *settings; /* NULL: none */
static struct talk *talk;
static struct answer answer;
static struct buf out; /* what was sent, without its end */

/* JSON without its quotes being escaped: ' stands for ". */
static char *
quoted(const char *text)
{
	char *p = xstrdup(text);

	for (char *at = p; *at; at++)
		if (*at == '\'')
			*at = '"';
	return p;
}

static void
opened(const struct talk_protocol *protocol)
{
	talk = protocol->open(START_MS, 0);
	buf_init(&out, BUF_UNLIMITED);
	answer_init(&answer, NULL, NULL);
}

static int
closed(void **state)
{
	(void)state;
	talk->protocol->close(talk);
	answer_release(&answer);
	buf_release(&out);
	allow = false;
	settings = NULL;
	return 0;
}

static int
acp(void **state)
{
	(void)state;
	opened(&talk_acp);
	return 0;
}

static int
stream_json(void **state)
{
	(void)state;
	opened(&talk_stream_json);
	return 0;
}

static void
prompt(const char *content)
{
	char *text = quoted(content), *set = quoted(settings ? settings : "{}");
	struct talk_prompt given = {
		.content = json_literal(text),
		.settings = json_literal(set),
		.cwd = STR_LIT("/dir"),
		.allow = allow,
	};

	talk->protocol->prompt(talk, &given, &answer, 0);
	free(set);
	free(text);
}

static void
feed(const char *lines)
{
	char *text = quoted(lines);

	talk->protocol->feed(talk, text, strlen(text), 0);
	free(text);
}

/* What was said since the last look. */
static void
sent(const char *expected)
{
	char *text = quoted(expected);

	buf_reset(&out);
	buf_addstr(&out, buf_str(&talk->out));
	buf_reset(&talk->out);
	assert_string_equal(out.p, text);
	free(text);
}

static void
contains(const char *expected)
{
	char *text = quoted(expected);

	if (!strstr(talk->out.p, text))
		fail_msg("\"%s\" is not in: %s", text, talk->out.p);
	buf_reset(&talk->out);
	free(text);
}

static void
content_is(const char *expected)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	answer_content(&answer, &text);
	assert_string_equal(text.p, expected);
	buf_release(&text);
}

static void
failed(enum error_kind kind, const char *words)
{
	assert_null(talk->answer);
	assert_string_equal(error_kind_name(answer.error.kind), error_kind_name(kind));
	if (!strstr(answer.error.message.p, words))
		fail_msg("\"%s\" is not in: %s", words, answer.error.message.p);
}

/* --- acp --- */

#define GREETED                                                                                    \
	"{'id':1,'result':{'protocolVersion':1,'agentCapabilities':{},'authMethods':"              \
	"[{'id':'k','name':'A key'}]}}\n"
#define UPDATE(u) "{'method':'session/update','params':{'sessionId':'s1','update':" u "}}\n"
#define SAYS(t)                                                                                    \
	UPDATE("{'sessionUpdate':'agent_message_chunk','content':{'type':'text','text':'" t "'}}")

/* Up to the prompt, which is question 3. */
static void
prompted(void)
{
	prompt("[{'type':'text','text':'hi'}]");
	feed(GREETED "{'id':2,'result':{'sessionId':'s1'}}\n");
	assert_non_null(strstr(talk->out.p, "session/prompt"));
	buf_reset(&talk->out);
}

static void
a_prompt_waits_for_the_greeting_and_a_session_of_its_own(void **state)
{
	(void)state;
	sent("{'jsonrpc':'2.0','id':1,'method':'initialize','params':{'protocolVersion':1,"
	     "'clientCapabilities':{'fs':{'readTextFile':false,'writeTextFile':false},"
	     "'terminal':false},'clientInfo':{'name':'agentflow','version':'" AGENTFLOW_VERSION
	     "'}}}\n");
	prompt("[{'type':'text','text':'hi'}]");
	sent("");
	feed(GREETED);
	sent("{'jsonrpc':'2.0','id':2,'method':'session/new','params':{'cwd':'/dir',"
	     "'mcpServers':[]}}\n");
	feed("{'id':2,'result':{'sessionId':'s1'}}\n");
	sent("{'jsonrpc':'2.0','id':3,'method':'session/prompt','params':{'sessionId':'s1',"
	     "'prompt':[{'type':'text','text':'hi'}]}}\n");
	feed(SAYS("Hel") SAYS("lo") "{'id':3,'result':{'stopReason':'end_turn'}}\n");
	assert_null(talk->answer);
	content_is("Hello");
	assert_true(answer.ended);
	assert_int_equal(answer.stop, STOP_END);
	assert_false(talk->broken);
}

static void
the_next_prompt_has_another_session(void **state)
{
	(void)state;
	prompted();
	feed("{'id':3,'result':{'stopReason':'end_turn'}}\n");
	answer_release(&answer);
	prompt("[{'type':'text','text':'two'}]");
	sent("{'jsonrpc':'2.0','id':4,'method':'session/new','params':{'cwd':'/dir',"
	     "'mcpServers':[]}}\n");
	feed("{'id':4,'result':{'sessionId':'s2'}}\n");
	contains("'params':{'sessionId':'s2','prompt':");
	feed(SAYS("late words of the first")); /* session s1 */
	feed("{'id':5,'result':{'stopReason':'end_turn'}}\n");
	content_is("");
}

static void
reasoning_tools_and_cost_are_told_apart(void **state)
{
	(void)state;
	prompted();
	feed(UPDATE("{'sessionUpdate':'agent_thought_chunk','content':{'type':'text',"
		    "'text':'hm'}}") UPDATE("{'sessionUpdate':'tool_call','toolCallId':'t1'}")
		UPDATE("{'sessionUpdate':'tool_call_update','toolCallId':'t1','status':"
		       "'in_progress'}") UPDATE("{'sessionUpdate':'tool_call_update',"
						"'toolCallId':'t1','status':'completed'}")
		    UPDATE("{'sessionUpdate':'usage_update','cost':{'amount':0.25,"
			   "'currency':'USD'}}")
			SAYS("done") "{'id':3,'result':{'stopReason':'max_tokens'}}\n");
	assert_int_equal(answer.part_count, 4);
	assert_int_equal(answer.parts[0].type, PART_REASONING);
	assert_int_equal(answer.parts[1].type, PART_PROVIDER);
	assert_int_equal(answer.parts[2].type, PART_PROVIDER);
	content_is("done");
	assert_int_equal(answer.stop, STOP_LENGTH);
	assert_true(answer.cost_pusd == 250000000000);
}

static void
usage_is(int64_t in, int64_t out_tokens, int64_t cached, int64_t reasoning)
{
	assert_int_equal(answer.usage.in, in);
	assert_int_equal(answer.usage.out, out_tokens);
	assert_int_equal(answer.usage.cache_read, cached);
	assert_int_equal(answer.usage.reasoning, reasoning);
}

static void
the_total_tells_what_the_counts_hold(void **state)
{
	(void)state;
	prompted();
	feed("{'id':3,'result':{'stopReason':'end_turn','usage':{'inputTokens':1500,"
	     "'outputTokens':20,'totalTokens':1520,'thoughtTokens':5,'cachedReadTokens':300}}}\n");
	usage_is(1500, 20, 300, 5);
}

static void
counts_that_leave_out_cache_and_thoughts_get_them(void **state)
{
	(void)state;
	prompted();
	feed("{'id':3,'result':{'stopReason':'end_turn','usage':{'inputTokens':1200,"
	     "'outputTokens':15,'totalTokens':1520,'thoughtTokens':5,'cachedReadTokens':300}}}\n");
	usage_is(1500, 20, 300, 5);
}

static void
usage_told_step_by_step_is_summed(void **state)
{
	(void)state;
	prompted();
	for (int i = 0; i < 2; i++)
		feed(UPDATE("{'sessionUpdate':'agent_message_chunk','content':{'type':'text',"
			    "'text':''},'_meta':{'usage':{'inputTokens':1500,'outputTokens':20,"
			    "'totalTokens':1520,'thoughtTokens':5,'cachedReadTokens':300}}}"));
	feed("{'id':3,'result':{'stopReason':'end_turn'}}\n");
	usage_is(3000, 40, 600, 10);
}

static void
counts_beyond_reason_are_not_counted(void **state)
{
	(void)state;
	prompted();
	feed("{'id':3,'result':{'stopReason':'end_turn','usage':{'inputTokens':9223372036854775807,"
	     "'outputTokens':20,'totalTokens':9223372036854775807}}}\n");
	usage_is(TOKENS_UNKNOWN, 20, TOKENS_UNKNOWN, TOKENS_UNKNOWN);
}

static void
a_quota_is_a_usage_too(void **state)
{
	(void)state;
	prompted();
	feed("{'id':3,'result':{'stopReason':'end_turn','_meta':{'quota':{'token_count':"
	     "{'input_tokens':7,'output_tokens':3},'model_usage':[{'model':'g'}]}}}}\n");
	usage_is(7, 3, TOKENS_UNKNOWN, TOKENS_UNKNOWN);
	assert_string_equal(answer.model.p, "g");
}

#define ASKS(session)                                                                              \
	"{'id':0,'method':'session/request_permission','params':{'sessionId':'" session            \
	"','toolCall':{'title':'rm -r'},'options':[{'optionId':'a','kind':'allow_once'},"          \
	"{'optionId':'A','kind':'allow_always'},{'optionId':'r','kind':'reject_once'}]}}\n"

static void
leave_is_refused_by_default_and_that_is_said(void **state)
{
	(void)state;
	prompted();
	feed(ASKS("s1"));
	sent("{'jsonrpc':'2.0','id':0,'result':{'outcome':{'outcome':'selected',"
	     "'optionId':'r'}}}\n");
	assert_non_null(strstr(answer.warnings.p, "refused: rm -r"));
	feed("{'id':3,'result':{'stopReason':'end_turn'}}\n");
	failed(ERROR_PERMISSION, "said nothing");
}

static void
leave_is_given_once_where_that_is_allowed(void **state)
{
	(void)state;
	allow = true;
	prompted();
	feed(ASKS("s1"));
	contains("'optionId':'a'");
	feed(ASKS("another"));
	contains("'outcome':'cancelled'");
	talk->protocol->cancel(talk);
	sent("{'jsonrpc':'2.0','method':'session/cancel','params':{'sessionId':'s1'}}\n");
	feed(ASKS("s1"));
	contains("'outcome':'cancelled'");
	assert_int_equal(answer.warnings.len, 0);
	feed("{'id':3,'result':{'stopReason':'cancelled'}}\n");
	failed(ERROR_CANCELLED, "");
}

static void
files_and_terminals_are_refused(void **state)
{
	(void)state;
	prompted();
	feed("{'id':9,'method':'fs/read_text_file','params':{'path':'/etc/passwd'}}\n");
	contains("'id':9,'error':{'code':-32601,");
}

static void
a_demand_to_log_in_is_an_auth_failure_with_the_ways_to(void **state)
{
	(void)state;
	prompt("[]");
	feed(GREETED "{'id':2,'error':{'code':-32000,'message':'Authentication required'}}\n");
	failed(ERROR_AUTH, "Authentication required (it offers: A key)");
	assert_true(talk->broken);
}

static void
an_error_s_details_decide_its_kind(void **state)
{
	(void)state;
	prompted();
	feed("{'id':3,'error':{'code':-32603,'message':'Internal error','data':{'details':"
	     "'Rate limit exceeded'}}}\n");
	failed(ERROR_RATE_LIMIT, "Internal error: Rate limit exceeded");
	assert_false(talk->broken);
}

static void
another_version_is_not_spoken(void **state)
{
	(void)state;
	prompt("[]");
	feed("{'id':1,'result':{'protocolVersion':2}}\n");
	failed(ERROR_UNSUPPORTED, "version 2");
}

static void
a_result_without_a_stop_reason_is_no_end(void **state)
{
	(void)state;
	prompted();
	feed(SAYS("x") "{'id':3,'result':{}}\n");
	failed(ERROR_PROTOCOL, "stop reason");
	assert_false(answer.ended);
}

static void
a_greeting_that_does_not_come_is_a_timeout(void **state)
{
	(void)state;
	prompt("[]");
	assert_int_equal(talk->protocol->deadline(talk), START_MS * 1000);
	talk->protocol->expire(talk, START_MS * 1000);
	failed(ERROR_TIMEOUT, "initialize");
	assert_true(talk->broken);
}

static void
a_program_that_fails_before_there_is_a_prompt_is_broken(void **state)
{
	(void)state;
	feed("{'id':1,'error':{'code':1,'message':'no'}}\n");
	assert_true(talk->broken);
	assert_int_equal(answer.error.kind, ERROR_NONE);
}

#define OFFER                                                                                      \
	"{'id':2,'result':{'sessionId':'s1','configOptions':[{'id':'m','category':'model',"        \
	"'currentValue':'a/one','options':[{'value':'a/one','name':'One'},"                        \
	"{'group':'g','options':[{'value':'a/two','name':'Two'}]}]}],"                             \
	"'modes':{'currentModeId':'http://x#agent','availableModes':[{'id':'http://x#agent'},"     \
	"{'id':'http://x#plan'}]}}}\n"

static void
a_model_and_a_mode_are_set_before_the_prompt(void **state)
{
	(void)state;
	settings = "{'model':'a/two','mode':'plan'}";
	prompt("[]");
	feed(GREETED);
	buf_reset(&talk->out);
	feed(OFFER);
	sent("{'jsonrpc':'2.0','id':3,'method':'session/set_config_option','params':"
	     "{'sessionId':'s1','configId':'m','value':'a/two'}}\n");
	feed("{'id':3,'result':{}}\n");
	sent("{'jsonrpc':'2.0','id':4,'method':'session/set_mode','params':"
	     "{'sessionId':'s1','modeId':'http://x#plan'}}\n");
	feed("{'id':4,'result':{}}\n");
	contains("session/prompt");
}

static void
what_is_so_already_is_not_set(void **state)
{
	(void)state;
	settings = "{'model':'One','mode':'agent'}";
	prompt("[]");
	feed(GREETED OFFER);
	contains("'id':3,'method':'session/prompt'");
}

static void
a_model_that_is_not_offered_answers_nothing(void **state)
{
	(void)state;
	settings = "{'model':'three'}";
	prompt("[]");
	feed(GREETED OFFER);
	failed(ERROR_NOT_FOUND, "there is no model \"three\": it offers a/one");
	assert_null(strstr(talk->out.p, "session/prompt"));
	assert_false(talk->broken);
}

static void
a_session_is_closed_where_that_can_be(void **state)
{
	(void)state;
	prompt("[]");
	feed("{'id':1,'result':{'protocolVersion':1,'agentCapabilities':{'sessionCapabilities':"
	     "{'close':{}}}}}\n{'id':2,'result':{'sessionId':'s1'}}\n");
	buf_reset(&talk->out);
	feed("{'id':3,'result':{'stopReason':'end_turn'}}\n");
	sent("{'jsonrpc':'2.0','id':4,'method':'session/close','params':{'sessionId':'s1'}}\n");
}

/* --- stream-json --- */

#define RESULT(rest)                                                                               \
	"{'type':'result','subtype':'success','is_error':false,'stop_reason':'end_turn'," rest "}\n"

static void
a_result_ends_a_prompt(void **state)
{
	(void)state;
	assert_true(talk->protocol->once);
	prompt("[{'type':'text','text':'hi'},{'type':'image','mimeType':'image/png','data':'AA'}]");
	sent("{'type':'user','message':{'role':'user','content':[{'type':'text','text':'hi'},"
	     "{'type':'image','source':{'type':'base64','media_type':'image/png',"
	     "'data':'AA'}}]}}\n");
	feed("{'type':'system','subtype':'init'}\n"
	     "{'type':'stream_event','event':{'type':'content_block_delta','delta':"
	     "{'type':'text_delta','text':'Hel'}}}\n"
	     "{'type':'stream_event','event':{'type':'content_block_delta','delta':"
	     "{'type':'text_delta','text':'lo'}}}\n"
	     "{'type':'assistant','message':{'model':'c','content':[{'type':'text',"
	     "'text':'Hello'}]}}\n");
	assert_non_null(talk->answer);
	feed(RESULT("'result':'Hello','total_cost_usd':0.5,'usage':{'input_tokens':1000,"
		    "'cache_creation_input_tokens':200,'cache_read_input_tokens':300,"
		    "'output_tokens':20,'output_tokens_details':{'thinking_tokens':5}}"));
	assert_null(talk->answer);
	content_is("Hello");
	assert_string_equal(answer.model.p, "c");
	usage_is(1500, 20, 300, 5);
	assert_true(answer.cost_pusd == 500000000000);
	assert_true(answer.ended);
}

static void
what_was_said_on_the_way_is_no_part_of_the_answer(void **state)
{
	(void)state;
	prompt("[]");
	feed(
	    "{'type':'assistant','message':{'content':[{'type':'text','text':'I look'},"
	    "{'type':'tool_use','id':'t'}]}}\n"
	    "{'type':'assistant','parent_tool_use_id':'t','message':{'content':[{'type':'text',"
	    "'text':'a helper speaks'}]}}\n"
	    "{'type':'user','message':{'content':[{'type':'tool_result'}]}}\n"
	    "{'type':'assistant','message':{'content':[{'type':'text','text':'It is so'}]}}\n" RESULT(
		"'result':'It is so'"));
	content_is("It is so");
	assert_int_equal(answer.part_count, 4);
}

static void
a_cost_by_a_guess_is_none(void **state)
{
	(void)state;
	prompt("[]");
	feed(RESULT("'result':'x','total_cost_usd':0.5,"
		    "'modelUsage':{'m':{'costBasis':'unknown'}}"));
	content_is("x");
	assert_int_equal(answer.cost_pusd, -1);
}

static void
a_result_that_is_an_error_is_no_success(void **state)
{
	(void)state;
	prompt("[]");
	feed("{'type':'result','subtype':'success','is_error':true,'result':'API Error: invalid "
	     "x-api-key','api_error_status':401}\n");
	failed(ERROR_AUTH, "invalid x-api-key");
	content_is("");
	assert_false(answer.ended);
}

static void
limits_of_its_own_are_told_apart(void **state)
{
	(void)state;
	prompt("[]");
	feed("{'type':'result','subtype':'error_max_turns','is_error':true}\n");
	assert_int_equal(answer.stop, STOP_LENGTH);
	assert_true(answer.ended);
	answer_release(&answer);
	prompt("[]");
	feed("{'type':'result','subtype':'error_max_budget_usd','is_error':true}\n");
	failed(ERROR_BUDGET, "budget");
}

static void
refused_tools_are_warned_of(void **state)
{
	(void)state;
	prompt("[]");
	buf_reset(&talk->out);
	feed("{'type':'control_request','request_id':'q','request':{'subtype':'can_use_tool',"
	     "'tool_name':'Bash','input':{}}}\n");
	contains("'request_id':'q','response':{'behavior':'deny'");
	feed(RESULT("'result':'x','permission_denials':[{'tool_name':'Bash'}]"));
	assert_non_null(strstr(answer.warnings.p, "refused: Bash"));
}

int
main(void)
{
#define ACP(f) cmocka_unit_test_setup_teardown(f, acp, closed)
#define STREAM(f) cmocka_unit_test_setup_teardown(f, stream_json, closed)
	static const struct CMUnitTest tests[] = {
		ACP(a_prompt_waits_for_the_greeting_and_a_session_of_its_own),
		ACP(the_next_prompt_has_another_session),
		ACP(reasoning_tools_and_cost_are_told_apart),
		ACP(the_total_tells_what_the_counts_hold),
		ACP(counts_that_leave_out_cache_and_thoughts_get_them),
		ACP(usage_told_step_by_step_is_summed),
		ACP(counts_beyond_reason_are_not_counted),
		ACP(a_quota_is_a_usage_too),
		ACP(leave_is_refused_by_default_and_that_is_said),
		ACP(leave_is_given_once_where_that_is_allowed),
		ACP(files_and_terminals_are_refused),
		ACP(a_demand_to_log_in_is_an_auth_failure_with_the_ways_to),
		ACP(an_error_s_details_decide_its_kind),
		ACP(another_version_is_not_spoken),
		ACP(a_result_without_a_stop_reason_is_no_end),
		ACP(a_greeting_that_does_not_come_is_a_timeout),
		ACP(a_program_that_fails_before_there_is_a_prompt_is_broken),
		ACP(a_model_and_a_mode_are_set_before_the_prompt),
		ACP(what_is_so_already_is_not_set),
		ACP(a_model_that_is_not_offered_answers_nothing),
		ACP(a_session_is_closed_where_that_can_be),
		STREAM(a_result_ends_a_prompt),
		STREAM(what_was_said_on_the_way_is_no_part_of_the_answer),
		STREAM(a_cost_by_a_guess_is_none),
		STREAM(a_result_that_is_an_error_is_no_success),
		STREAM(limits_of_its_own_are_told_apart),
		STREAM(refused_tools_are_warned_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
