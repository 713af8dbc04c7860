/* SPDX-License-Identifier: MIT */
/* test_cohere - Cohere's own API, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/talk.h"

#define MODEL "command-a-plus-05-2026"
#define HELLO "'messages':[{'role':'user','content':'hi'}]"
#define TOOLS                                                                                      \
	"'tools':[{'name':'f','inputSchema':{'type':'object','properties':{'x':{}}}},"             \
	"{'name':'g','strict':true}]"

static int
begin(void **state)
{
	return talk_begin(state, &dialect_cohere_v2, "cohere");
}

/* --- requests --- */

static void
options_have_names_of_their_own(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t,
	    "{'model':'" MODEL "'," HELLO ",'options':{'maxTokens':9,'temperature':0.3,'topP':0.9,"
	    "'topK':5,'seed':7,'stop':'END','stream':true},"
	    "'providerOptions':{'cohere':{'safety_mode':'OFF'}}}"));
	assert_string_equal(t->wire.url.p, "https://api.example/v2/chat");
	assert_string_equal(http_headers_get(&t->wire.headers, "authorization"), "Bearer KEY");
	assert_int_equal(t->wire.framing, FRAME_SSE);
	talk_body_is(t, "",
	    "{'model':'" MODEL "'," HELLO ",'max_tokens':9,'temperature':0.3,'p':0.9,'k':5,"
	    "'seed':7,'stop_sequences':['END'],'stream':true,'safety_mode':'OFF'}");
}

static void
what_was_read_goes_back_as_what_it_was(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t,
	    "{'model':'" MODEL "','messages':[{'role':'system','content':'s'},"
	    "{'role':'assistant','content':["
	    "{'type':'reasoning','text':'plan','opaque':{'provider':'cohere','model':'" MODEL "',"
	    "'value':{'field':'tool_plan'}}},"
	    "{'type':'reasoning','text':'hm','opaque':{'provider':'cohere','model':'" MODEL "',"
	    "'value':{'field':'thinking'}}},"
	    "{'type':'reasoning','text':'foreign','opaque':{'provider':'x','value':{}}},"
	    "{'type':'toolCall','id':'c1','name':'f','arguments':{'x':1}}]},"
	    "{'role':'tool','content':[{'type':'toolResult','id':'c1','content':{'n':1}}]}]}"));
	talk_body_is(t, "messages.0", "{'role':'system','content':'s'}");
	talk_body_is(t, "messages.1.content", "[{'type':'thinking','thinking':'hm'}]");
	talk_body_is(t, "messages.1.tool_plan", "'plan'");
	talk_body_is(t, "messages.1.tool_calls.0.id", "'c1'");
	talk_body_is(t, "messages.1.tool_calls.0.function.name", "'f'");
	assert_non_null(strstr(t->wire.body.p, "\"arguments\":\"{\\\"x\\\":1}\""));
	assert_non_null(strstr(t->wire.body.p, "\"content\":\"{\\\"n\\\":1}\""));
}

static void
a_file_that_is_text_is_a_document(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t,
	    "{'model':'" MODEL "','messages':[{'role':'user','content':["
	    "{'type':'file','name':'a.txt','mediaType':'text/plain','text':'A'},"
	    "{'type':'image','mediaType':'image/png','data':'AAAA'},"
	    "{'type':'text','text':'what?'}]},"
	    "{'role':'assistant','content':[{'type':'toolCall','id':'c1','name':'f',"
	    "'arguments':{}}]},{'role':'tool','content':[{'type':'toolResult','id':'c1',"
	    "'content':[{'type':'text','text':'see'},{'type':'file','text':'B'},"
	    "{'type':'image','url':'https://x'}]}]}]}"));
	talk_body_is(t, "documents", "[{'id':'doc:0','data':{'title':'a.txt','text':'A'}}]");
	talk_body_is(t, "messages.0.content",
	    "[{'type':'image_url','image_url':{'url':'data:image/png;base64,AAAA'}},"
	    "{'type':'text','text':'what?'}]");
	assert_false(talk_body_has(t, "messages.1.content"));
	talk_body_is(t, "messages.2.content",
	    "[{'type':'text','text':'see'},{'type':'document','document':{'data':{'text':'B'}}}]");
	assert_true(talk_warned(t, "image part"));
	assert_false(talk_build(t,
	    "{'model':'" MODEL "','messages':[{'role':'user','content':[{'type':'file',"
	    "'mediaType':'application/pdf','data':'AAAA'}]}]}"));
	assert_non_null(strstr(t->err.text, "file parts but as text"));
}

static void
one_tool_is_forced_by_offering_no_other(void **state)
{
	struct talk *t = *state;

	assert_true(
	    talk_build(t, "{'model':'" MODEL "'," HELLO "," TOOLS ",'toolChoice':'required'}"));
	talk_body_is(t, "tool_choice", "'REQUIRED'");
	talk_body_is(t, "strict_tools", "true");
	talk_body_is(t, "tools.1.function.parameters", "{'type':'object','properties':{}}");
	assert_true(talk_warned(t, "strict"));
	assert_true(
	    talk_build(t, "{'model':'" MODEL "'," HELLO "," TOOLS ",'toolChoice':{'name':'g'}}"));
	talk_body_is(t, "tool_choice", "'REQUIRED'");
	talk_body_is(t, "tools.0.function.name", "'g'");
	assert_false(talk_body_has(t, "tools.1"));
	assert_false(talk_warned(t, "toolChoice"));
	assert_true(
	    talk_build(t, "{'model':'" MODEL "'," HELLO "," TOOLS ",'toolChoice':{'name':'h'}}"));
	assert_true(talk_body_has(t, "tools.1"));
	assert_true(talk_warned(t, "toolChoice"));
	assert_true(talk_build(t, "{'model':'" MODEL "'," HELLO "," TOOLS ",'toolChoice':'none'}"));
	talk_body_is(t, "tool_choice", "'NONE'");
}

static void
beside_tools_a_schema_is_a_tool(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(
	    t, "{'model':'" MODEL "'," HELLO ",'options':{'responseSchema':{'type':'object'}}}"));
	talk_body_is(
	    t, "response_format", "{'type':'json_object','json_schema':{'type':'object'}}");
	assert_true(talk_build(t, "{'model':'" MODEL "'," HELLO "," TOOLS
				  ",'options':{'responseSchema':{'type':'object'}}}"));
	assert_false(talk_body_has(t, "response_format"));
	talk_body_is(t, "tools.2.function.name", "'agentflow_json_answer'");
	talk_body_is(t, "tool_choice", "'REQUIRED'");
	assert_false(talk_warned(t, "options.responseSchema"));
}

static void
only_models_that_can_are_told_to_think(void **state)
{
	static const struct {
		const char *reasoning, *thinking;
	} rows[] = {
		{ "'off'", "{'type':'disabled'}" },
		{ "'low'", "{'type':'enabled','token_budget':2048}" },
		{ "'high'", "{'type':'enabled','token_budget':24576}" },
		{ "'xhigh'", "{'type':'enabled'}" },
		{ "{'budgetTokens':77}", "{'type':'enabled','token_budget':77}" },
	};
	struct buf record = BUF_INIT(BUF_UNLIMITED);
	struct talk *t = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		buf_reset(&record);
		buf_addf(&record, "{'model':'" MODEL "'," HELLO ",'options':{'reasoning':%s}}",
		    rows[i].reasoning);
		assert_true(talk_build(t, record.p));
		talk_body_is(t, "thinking", rows[i].thinking);
	}
	buf_release(&record);
	assert_false(talk_warned(t, "reasoning"));
	assert_true(
	    talk_build(t, "{'model':'command-a-03-2025'," HELLO ",'options':{'reasoning':'low'}}"));
	assert_false(talk_body_has(t, "thinking"));
	assert_true(talk_warned(t, "options.reasoning"));
}

/* --- answers --- */

#define START "{'id':'r1','type':'message-start','delta':{'message':{'content':[]}}}"
#define TEXT(index, text)                                                                          \
	"{'type':'content-delta','index':" index ",'delta':{'message':{'content':{'text':'" text   \
	"'}}}}"
#define END(reason)                                                                                \
	"{'type':'message-end','delta':{'finish_reason':'" reason                                  \
	"','usage':{'billed_units':{'input_tokens':1,'output_tokens':1},'tokens':{"                \
	"'input_tokens':34,'output_tokens':7,'image_tokens':259},'cached_tokens':5}}}"

static void
what_the_model_saw_counts_and_not_what_is_billed(void **state)
{
	struct talk *t = *state;

	talk_read(t, (const char *const[]){ START, TEXT("0", "hi"), END("COMPLETE"), NULL }, true);
	assert_int_equal(t->answer.error.kind, ERROR_NONE);
	assert_int_equal(t->answer.stop, STOP_END);
	assert_int_equal(t->answer.usage.in, 293);
	assert_int_equal(t->answer.usage.out, 7);
	assert_int_equal(t->answer.usage.cache_read, 5);
	assert_string_equal(t->answer.response_id.p, "r1");
}

static void
only_message_end_proves_the_end(void **state)
{
	struct talk *t = *state;

	talk_read(t, (const char *const[]){ START, TEXT("0", "hi"), NULL }, true);
	assert_int_equal(t->answer.error.kind, ERROR_TRUNCATED);
	talk_read(t,
	    (const char *const[]){
		START, TEXT("0", "hi"), END("COMPLETE"), TEXT("0", "more"), END("ERROR"), NULL },
	    true);
	assert_int_equal(t->answer.error.kind, ERROR_NONE);
	talk_content_is(t, "hi");
}

static void
a_failed_message_says_why(void **state)
{
	struct talk *t = *state;

	talk_read(t,
	    (const char *const[]){ START,
		"{'type':'message-end','delta':{'finish_reason':'ERROR',"
		"'error':'the model fell over'}}",
		NULL },
	    true);
	assert_int_equal(t->answer.error.kind, ERROR_SERVER);
	assert_non_null(strstr(t->answer.error.message.p, "fell over"));
	talk_read(t, (const char *const[]){ START, TEXT("0", "x"), END("TIMEOUT"), NULL }, true);
	assert_int_equal(t->answer.error.kind, ERROR_SERVER);
}

static void
citations_count_from_their_own_block(void **state)
{
	struct talk *t = *state;
	int64_t start = 0, end = 0;

	talk_read_body(t,
	    "{'id':'r','message':{'content':[{'type':'thinking','thinking':'hm'},"
	    "{'type':'text','text':'Zo\xc3\xab: '},{'type':'text','text':'in 1993.'}],"
	    "'citations':[{'start':3,'end':7,'text':'1993','content_index':2,"
	    "'sources':[{'type':'tool','id':'f:0','tool_output':{'title':'T','url':'https://u'}},"
	    "{'type':'document','id':'doc:1','document':{'text':'D'}}]}]},"
	    "'finish_reason':'COMPLETE'}");
	talk_reasoning_is(t, "hm");
	talk_content_is(t, "Zo\xc3\xab: in 1993.");
	assert_int_equal(t->answer.citation_count, 2);
	talk_json_is(
	    &t->answer.citations[0].source, "{'url':'https://u','title':'T','documentId':'f:0'}");
	talk_json_is(&t->answer.citations[1].source, "{'text':'D','documentId':'doc:1'}");
	assert_true(answer_citation_span(
	    &t->answer, &t->answer.citations[0], STR_LIT("Zo\xc3\xab: in 1993."), &start, &end));
	assert_int_equal(start, 8);
	assert_int_equal(end, 12);
}

static void
a_plan_is_reasoning_and_calls_are_told_by_index(void **state)
{
	static const char *const events[] = { START,
		"{'type':'tool-plan-delta','delta':{'message':{'tool_plan':'I will'}}}",
		"{'type':'tool-call-start','index':0,'delta':{'message':{'tool_calls':{'id':'a',"
		"'type':'function','function':{'name':'f','arguments':''}}}}}",
		"{'type':'tool-call-start','index':1,'delta':{'message':{'tool_calls':{'id':'b',"
		"'type':'function','function':{'name':'g','arguments':''}}}}}",
		"{'type':'tool-call-delta','index':0,'delta':{'message':{'tool_calls':{"
		"'function':{'arguments':'{}'}}}}}",
		"{'type':'tool-call-end','index':1}", END("TOOL_CALL"), NULL };
	struct talk *t = *state;

	talk_read(t, events, true);
	talk_reasoning_is(t, "I will");
	talk_json_is(&t->answer.parts[0].opaque, "{'field':'tool_plan'}");
	assert_int_equal(t->answer.tool_count, 2);
	assert_string_equal(t->answer.parts[1].id.p, "a");
	assert_string_equal(t->answer.parts[2].name.p, "g");
	talk_json_is(&t->answer.parts[2].text, "{}");
	assert_int_equal(t->answer.stop, STOP_TOOL);
}

static void
a_body_that_is_no_message_is_an_error(void **state)
{
	struct talk *t = *state;

	talk_read_body(t, "{'message':'model not found'}");
	assert_int_not_equal(t->answer.error.kind, ERROR_NONE);
	talk_read_body(t, "{}");
	assert_int_not_equal(t->answer.error.kind, ERROR_NONE);
}

static void
a_body_without_a_reason_is_not_finished(void **state)
{
	struct talk *t = *state;

	talk_read_body(t, "{'message':{'content':[{'type':'text','text':'Hal'}]}}");
	assert_int_equal(t->answer.error.kind, ERROR_TRUNCATED);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, talk_end)
	const struct CMUnitTest tests[] = {
		TEST(options_have_names_of_their_own),
		TEST(what_was_read_goes_back_as_what_it_was),
		TEST(a_file_that_is_text_is_a_document),
		TEST(one_tool_is_forced_by_offering_no_other),
		TEST(beside_tools_a_schema_is_a_tool),
		TEST(only_models_that_can_are_told_to_think),
		TEST(what_the_model_saw_counts_and_not_what_is_billed),
		TEST(only_message_end_proves_the_end),
		TEST(a_failed_message_says_why),
		TEST(citations_count_from_their_own_block),
		TEST(a_plan_is_reasoning_and_calls_are_told_by_index),
		TEST(a_body_that_is_no_message_is_an_error),
		TEST(a_body_without_a_reason_is_not_finished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
