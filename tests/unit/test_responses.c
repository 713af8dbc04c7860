/* SPDX-License-Identifier: MIT */
/* test_responses - the Responses API, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/talk.h"

#define HI "'messages':[{'role':'user','content':'hi'}]"
#define SENT_HI "'input':[{'role':'user','content':'hi'}]"
#define SEALED "'store':false,'include':['reasoning.encrypted_content']"

static int
begin(void **state)
{
	int r = talk_begin(state, &dialect_openai_responses, "test");

	((struct talk *)*state)->base = "https://api.openai.com";
	return r;
}

/* --- requests --- */

static void
nothing_is_kept_and_what_is_thought_comes_sealed(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t, "{'model':'gpt-5-mini'," HI "}"));
	assert_string_equal(t->wire.url.p, "https://api.openai.com/v1/responses");
	assert_string_equal(http_headers_get(&t->wire.headers, "authorization"), "Bearer KEY");
	talk_body_is(t, "", "{'model':'gpt-5-mini'," SENT_HI "," SEALED ",'stream':false}");
	assert_true(talk_build(t, "{'model':'gpt-4o'," HI ",'options':{'stream':true}}"));
	talk_body_is(t, "", "{'model':'gpt-4o'," SENT_HI ",'store':false,'stream':true}");
	assert_int_equal(t->wire.framing, FRAME_SSE);
	t->base = "https://codex.example/v1"; /* a gateway: the name tells */
	assert_true(talk_build(t, "{'model':'gpt-5-codex'," HI "}"));
	talk_body_is(t, "", "{'model':'gpt-5-codex'," SENT_HI "," SEALED ",'stream':false}");
	t->base = "https://api.x.ai/v1";
	assert_true(talk_build(t, "{'model':'grok-4'," HI "}"));
	assert_true(talk_body_has(t, "include"));
}

static void
what_is_to_be_kept_needs_no_seal(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(
	    t, "{'model':'gpt-5'," HI ",'providerOptions':{'test':{'background':true}}}"));
	talk_body_is(t, "", "{'model':'gpt-5'," SENT_HI ",'stream':false,'background':true}");
}

static void
options_become_members_or_warnings(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t,
	    "{'model':'gpt-4o'," HI ",'tools':[{'name':'f','description':'d'},"
	    "{'name':'g','inputSchema':{'type':'object'},'strict':true}],"
	    "'toolChoice':{'name':'f'},'options':{'maxTokens':9,'temperature':0.5,'topP':1,'topK':3,"
	    "'seed':1,'stop':'x','cache':'off','parallelTools':false,"
	    "'responseSchema':{'type':'object','properties':{},'additionalProperties':false}}}"));
	talk_body_is(t, "",
	    "{'model':'gpt-4o'," SENT_HI ",'tools':[{'type':'function','name':'f',"
	    "'description':'d','parameters':{'type':'object','properties':{}},'strict':false},"
	    "{'type':'function','name':'g','parameters':{'type':'object','properties':{},"
	    "'required':[],'additionalProperties':false},'strict':true}],"
	    "'tool_choice':{'type':'function','name':'f'},'parallel_tool_calls':false,"
	    "'max_output_tokens':9,'temperature':0.5,'top_p':1,'text':{'format':{"
	    "'type':'json_schema','name':'response','schema':{'type':'object','properties':{},"
	    "'required':[],'additionalProperties':false},'strict':true}},'store':false,'stream':false}");
	assert_true(talk_warned(t, "options.topK"));
	assert_true(talk_warned(t, "options.seed"));
	assert_true(talk_warned(t, "options.stop"));
	assert_true(talk_warned(t, "options.cache"));
}

static void
reasoning_has_an_effort_and_is_summed_up(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t, "{'model':'gpt-5.1'," HI ",'options':{'reasoning':'xhigh'}}"));
	talk_body_is(t, "reasoning", "{'effort':'xhigh','summary':'auto'}");
	assert_true(talk_build(
	    t, "{'model':'gpt-5.1'," HI ",'options':{'reasoning':'off','temperature':0}}"));
	talk_body_is(t, "reasoning", "{'effort':'none'}");
	talk_body_is(t, "temperature", "0");
	assert_int_equal(t->answer.warnings.len, 0);
	assert_true(talk_build(
	    t, "{'model':'gpt-5'," HI ",'options':{'reasoning':'off','temperature':0}}"));
	talk_body_is(t, "reasoning", "{'effort':'minimal'}");
	assert_false(talk_body_has(t, "temperature"));
	assert_true(talk_warned(t, "options.reasoning"));
	assert_true(talk_warned(t, "options.temperature"));
	assert_true(
	    talk_build(t, "{'model':'gpt-5'," HI ",'options':{'reasoning':{'budgetTokens':9}}}"));
	assert_false(talk_body_has(t, "reasoning"));
}

static void
the_first_system_turn_is_instructions_and_others_are_items(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t,
	    "{'model':'o3','messages':[{'role':'system','content':[{'type':'text','text':'a'},"
	    "{'type':'text','text':'b'}]},{'role':'user','content':'hi'},"
	    "{'role':'system','content':'late'}]}"));
	talk_body_is(t, "instructions", "'ab'");
	talk_body_is(
	    t, "input", "[{'role':'user','content':'hi'},{'role':'developer','content':'late'}]");
}

static void
media_are_pieces_of_their_message(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t,
	    "{'model':'gpt-4o','messages':[{'role':'user','content':[{'type':'text','text':'see'},"
	    "{'type':'image','mediaType':'image/png','data':'AAAA'},"
	    "{'type':'image','fileId':'i1'},{'type':'file','url':'https://h/a.pdf'},"
	    "{'type':'file','mediaType':'application/pdf','name':'a.pdf','data':'AAAA'},"
	    "{'type':'file','fileId':'f1'},{'type':'file','text':'plain'},"
	    "{'type':'audio','mediaType':'audio/mpeg','data':'AAAA'},"
	    "{'type':'provider','provider':'test','value':{'type':'input_text','text':'own'}},"
	    "{'type':'provider','provider':'test','value':{'type':'item_reference','id':'x'}},"
	    "{'type':'text','text':'after'}]}]}"));
	talk_body_is(t, "input",
	    "[{'role':'user','content':[{'type':'input_text','text':'see'},"
	    "{'type':'input_image','image_url':'data:image/png;base64,AAAA'},"
	    "{'type':'input_image','file_id':'i1'},"
	    "{'type':'input_file','file_url':'https://h/a.pdf'},"
	    "{'type':'input_file','filename':'a.pdf','file_data':'data:application/pdf;base64,AAAA'},"
	    "{'type':'input_file','file_id':'f1'},{'type':'input_text','text':'plain'},"
	    "{'type':'input_audio','input_audio':{'data':'AAAA','format':'mp3'}},"
	    "{'type':'input_text','text':'own'}]},{'type':'item_reference','id':'x'},"
	    "{'role':'user','content':[{'type':'input_text','text':'after'}]}]");
	assert_false(
	    talk_build(t, "{'model':'gpt-4o','messages':[{'role':'user','content':[{'type':'video',"
			  "'url':'https://v'}]}]}"));
}

#define OWN(value) "'opaque':{'provider':'test','model':'gpt-5','value':" value "}"

static void
a_turn_goes_back_as_the_items_that_it_was(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t,
	    "{'model':'gpt-5','messages':[{'role':'assistant','content':["
	    "{'type':'reasoning','text':'hm'," OWN("{'type':'reasoning','id':'rs','summary':[],'encrypted_content':'X','status':null}") "},{'type':'reasoning','text':'unsealed'," OWN(
		"{'type':'reasoning','id':'rs2','summary':[]}") "},{'type':'reasoning','text':'foreign','opaque':{'provider':'x','value':{}}},"
								"{'type':'text','text':'so'," OWN("{'id':'m1','phase':'commentary'}") "},{'type':'text','text':'no'," OWN(
								    "{'id':'m1','type':'refusal'}") "},{'type':'text','text':''},{'type':'text','text':'bare'},"
												    "{'type':'toolCall','id':'c1','name':'f','arguments':{'x':1.0}," OWN(
													"{'type':'function_call','id':'fc1'}") "},{'type':'toolCall','id':'c2','name':'g','input':'raw'},"
																	       "{'type':'provider','provider':'openai-responses','value':{'type':'web_search_call',"
																	       "'id':'ws'}}]},"
																	       "{'role':'tool','content':[{'type':'toolResult','id':'c1','content':{'n':1}},"
																	       "{'type':'toolResult','id':'c2','content':[{'type':'text','text':'a'},"
																	       "{'type':'text','text':'b'}]}]},"
																	       "{'role':'tool','content':[{'type':'toolResult','id':'c1','content':["
																	       "{'type':'text','text':'a'},{'type':'image','url':'https://i'}]}]}]}"));
	talk_body_is(
	    t, "input.0", "{'type':'reasoning','id':'rs','summary':[],'encrypted_content':'X'}");
	talk_body_is(t, "input.1",
	    "{'type':'message','id':'m1','status':'completed','role':'assistant',"
	    "'phase':'commentary','content':[{'type':'output_text','text':'so','annotations':[]},"
	    "{'type':'refusal','refusal':'no'}]}");
	talk_body_is(
	    t, "input.2", "{'role':'assistant','content':[{'type':'output_text','text':'bare'}]}");
	talk_body_is(t, "input.3.id", "'fc1'");
	assert_non_null(strstr(t->wire.body.p, "\"arguments\":\"{\\\"x\\\":1.0}\""));
	talk_body_is(
	    t, "input.4", "{'type':'custom_tool_call','call_id':'c2','name':'g','input':'raw'}");
	talk_body_is(t, "input.5", "{'type':'web_search_call','id':'ws'}");
	assert_non_null(strstr(t->wire.body.p, "\"output\":\"{\\\"n\\\":1}\""));
	talk_body_is(
	    t, "input.7", "{'type':'custom_tool_call_output','call_id':'c2','output':'ab'}");
	talk_body_is(t, "input.8.output",
	    "[{'type':'input_text','text':'a'},{'type':'input_image','image_url':'https://i'}]");
}

/* --- answers --- */

#define CREATED "{'type':'response.created','response':{'id':'r1','model':'gpt-5-1','output':[]}}"
#define ADDED(index, item)                                                                         \
	"{'type':'response.output_item.added','output_index':" index ",'item':" item "}"
#define DONE(index, item)                                                                          \
	"{'type':'response.output_item.done','output_index':" index ",'item':" item "}"
#define TEXT(index, text)                                                                          \
	"{'type':'response.output_text.delta','output_index':" index                               \
	",'content_index':0,'delta':'" text "'}"
#define COMPLETED(output)                                                                          \
	"{'type':'response.completed','response':{'id':'r1','status':'completed','store':false,"   \
	"'output':[" output "],'usage':{'input_tokens':10,'output_tokens':7,'total_tokens':17,"    \
	"'input_tokens_details':{'cached_tokens':4},"                                              \
	"'output_tokens_details':{'reasoning_tokens':3}}}}"
#define MESSAGE(text)                                                                                   \
	"{'type':'message','id':'m1','role':'assistant','content':[{'type':'output_text','text':'" text \
	"','annotations':[]}]}"

static void
a_stream_is_put_together_from_its_items(void **state)
{
	static const char *const events[] = { CREATED,
		ADDED("0", "{'type':'reasoning','id':'rs','summary':[],'encrypted_content':'A'}"),
		"{'type':'response.reasoning_summary_text.delta','output_index':0,'delta':'hm'}",
		"{'type':'response.reasoning_summary_text.done','output_index':0,'text':'hm'}",
		DONE("0", "{'type':'reasoning','id':'rs','summary':[{'text':'hm'}],"
			  "'encrypted_content':'B'}"),
		ADDED("1", "{'type':'message','id':'m1','content':[]}"), TEXT("1", "he"),
		TEXT("1", "llo"),
		"{'type':'response.output_text.done','output_index':1,'text':'hello'}",
		DONE("1", MESSAGE("hello")),
		ADDED("2", "{'type':'function_call','id':'fc','call_id':'c1','name':'f',"
			   "'arguments':''}"),
		"{'type':'response.function_call_arguments.delta','output_index':2,'delta':'{}'}",
		"{'type':'response.function_call_arguments.done','output_index':2,'arguments':'{}'}",
		COMPLETED("{'type':'reasoning','id':'rs','summary':[{'text':'hm'}],"
			  "'encrypted_content':'C'}," MESSAGE("hello") ",{'type':'function_call',"
								       "'id':'fc','call_id':'c1',"
								       "'name':'f',"
								       "'arguments':'{}'}"),
		NULL };
	struct talk *t = *state;

	talk_read(t, events, true);
	assert_int_equal(t->answer.error.kind, ERROR_NONE);
	talk_content_is(t, "hello");
	talk_reasoning_is(t, "hm");
	assert_int_equal(t->answer.part_count, 3);
	assert_non_null(strstr(t->answer.parts[0].opaque.p, "\"C\""));
	talk_json_is(&t->answer.parts[1].opaque, "{'id':'m1'}");
	assert_string_equal(t->answer.parts[2].text.p, "{}");
	talk_json_is(&t->answer.parts[2].opaque, "{'type':'function_call','id':'fc'}");
	assert_int_equal(t->answer.stop, STOP_TOOL);
	assert_int_equal(t->answer.usage.in, 10);
	assert_int_equal(t->answer.usage.cache_read, 4);
	assert_int_equal(t->answer.usage.reasoning, 3);
	assert_string_equal(t->answer.model.p, "gpt-5-1");
	assert_string_equal(t->answer.response_id.p, "r1");
	assert_false(t->answer.kept);
}

static void
what_did_not_come_in_pieces_comes_at_the_end(void **state)
{
	static const char *const only_last[] = { CREATED, COMPLETED(MESSAGE("hello")), NULL };
	static const char *const half[] = { CREATED, TEXT("0", "he"), COMPLETED(MESSAGE("hello")),
		NULL };
	static const char *const no_output[] = { CREATED,
		ADDED("0", "{'type':'function_call','call_id':'c','name':'f'}"),
		DONE("0", "{'type':'function_call','call_id':'c','name':'f','arguments':'{}'}"),
		COMPLETED(""), NULL };
	struct talk *t = *state;

	talk_read(t, only_last, true);
	talk_content_is(t, "hello");
	talk_read(t, half, true);
	talk_content_is(t, "hello");
	talk_read(t, no_output, true);
	assert_int_equal(t->answer.tool_count, 1);
	assert_int_equal(t->answer.stop, STOP_TOOL);
}

static void
only_the_last_event_proves_the_end(void **state)
{
	static const char *const cut[] = { CREATED, TEXT("0", "he"), DONE("0", MESSAGE("he")),
		NULL };
	struct talk *t = *state;

	talk_read(t, cut, true);
	assert_int_equal(t->answer.error.kind, ERROR_TRUNCATED);
	talk_content_is(t, "he");
	assert_true(dialect_openai_responses.raw(&t->answer, STR_LIT("[DONE]")));
	assert_false(t->answer.ended);
	assert_false(dialect_openai_responses.raw(&t->answer, STR_LIT("[OVER]")));
}

static void
an_error_has_two_shapes_and_is_told_once(void **state)
{
	static const char *const bare[] = { CREATED,
		"{'type':'error','code':'rate_limit_exceeded','message':'slow','param':null}",
		NULL };
	static const char *const nested[] = { CREATED,
		"{'type':'error','error':{'type':'insufficient_quota','code':'insufficient_quota',"
		"'message':'pay'}}",
		"{'type':'response.failed','response':{'id':'r1','status':'failed','output':[],"
		"'error':{'code':'server_error','message':'other'}}}",
		NULL };
	static const char *const failed[] = { CREATED,
		"{'type':'response.failed','response':{'id':'r1','status':'failed','output':[],"
		"'error':{'code':'server_error','message':'broke'}}}",
		NULL };
	struct talk *t = *state;

	talk_read(t, bare, true);
	assert_int_equal(t->answer.error.kind, ERROR_RATE_LIMIT);
	assert_string_equal(t->answer.error.message.p, "slow");
	talk_read(t, nested, true);
	assert_int_equal(t->answer.error.kind, ERROR_QUOTA);
	assert_string_equal(t->answer.error.message.p, "pay");
	talk_read(t, failed, true);
	assert_int_equal(t->answer.error.kind, ERROR_SERVER);
	assert_string_equal(t->answer.error.message.p, "broke");
}

static void
the_stop_is_the_reason_or_the_status(void **state)
{
	static const struct {
		const char *body;
		enum stop stop;
		enum error_kind kind;
	} rows[] = {
		{ "'status':'completed'", STOP_END, ERROR_NONE },
		{ "'status':'incomplete','incomplete_details':{'reason':'max_output_tokens'}",
		    STOP_LENGTH, ERROR_NONE },
		{ "'status':'incomplete','incomplete_details':{'reason':'content_filter'}",
		    STOP_FILTER, ERROR_NONE },
		{ "'status':'incomplete','incomplete_details':null", STOP_LENGTH, ERROR_NONE },
		{ "'status':'queued','background':true", STOP_PAUSE, ERROR_NONE },
		{ "'status':'in_progress'", STOP_PAUSE, ERROR_NONE },
		{ "'status':'cancelled'", STOP_OTHER, ERROR_CANCELLED },
		{ "'status':'failed','error':{'code':'rate_limit_exceeded','message':'m'}",
		    STOP_ERROR, ERROR_RATE_LIMIT },
		{ "'status':'failed','error':null", STOP_ERROR, ERROR_SERVER },
	};
	struct buf body = BUF_INIT(BUF_UNLIMITED);
	struct talk *t = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		buf_reset(&body);
		buf_addf(&body, "{'id':'r','output':[],%s}", rows[i].body);
		talk_read_body(t, body.p);
		assert_int_equal(t->answer.stop, rows[i].stop);
		assert_int_equal(t->answer.error.kind, rows[i].kind);
	}
	buf_release(&body);
}

static void
a_background_answer_keeps_its_id(void **state)
{
	struct talk *t = *state;

	talk_read_body(
	    t, "{'id':'resp_1','status':'queued','background':true,'output':[],'usage':null}");
	assert_true(t->answer.kept);
	assert_string_equal(t->answer.response_id.p, "resp_1");
	assert_string_equal(t->answer.stop_raw.p, "queued");
}

static void
refusals_are_text_and_commentary_is_not(void **state)
{
	struct talk *t = *state;

	talk_read_body(t,
	    "{'id':'r','status':'completed','output':[{'type':'message','id':'m0',"
	    "'phase':'commentary','content':[{'type':'output_text','text':'aside'}]},"
	    "{'type':'message','id':'m1','phase':'final_answer','content':[{'type':'refusal',"
	    "'refusal':'I won\\u0027t'}]}]}");
	talk_content_is(t, "I won't");
	assert_int_equal(t->answer.stop, STOP_REFUSAL);
	assert_int_equal(t->answer.part_count, 2);
	talk_json_is(&t->answer.parts[0].opaque, "{'id':'m0','phase':'commentary'}");
	talk_json_is(
	    &t->answer.parts[1].opaque, "{'id':'m1','phase':'final_answer','type':'refusal'}");
}

static void
custom_tools_are_called_with_text_and_servers_tools_are_kept(void **state)
{
	static const char *const events[] = { CREATED,
		ADDED("0", "{'type':'web_search_call','id':'ws','status':'in_progress'}"),
		ADDED("1", "{'type':'custom_tool_call','call_id':'c1','name':'sql','input':''}"),
		"{'type':'response.custom_tool_call_input.delta','output_index':1,'delta':'SELECT'}",
		"{'type':'response.custom_tool_call_input.done','output_index':1,'input':'SELECT'}",
		COMPLETED("{'type':'web_search_call','id':'ws','status':'completed'},"
			  "{'type':'custom_tool_call','id':'ct','call_id':'c1','name':'sql',"
			  "'input':'SELECT'}"),
		NULL };
	struct talk *t = *state;

	talk_read(t, events, true);
	assert_int_equal(t->answer.error.kind, ERROR_NONE);
	assert_int_equal(t->answer.part_count, 2);
	talk_json_is(
	    &t->answer.parts[0].value, "{'type':'web_search_call','id':'ws','status':'completed'}");
	assert_true(t->answer.parts[1].custom_tool);
	assert_string_equal(t->answer.parts[1].text.p, "SELECT");
	assert_int_equal(t->answer.tool_count, 1);
}

static void
a_body_without_output_is_no_answer(void **state)
{
	struct talk *t = *state;

	talk_read_body(t, "{}");
	assert_int_equal(t->answer.error.kind, ERROR_PROTOCOL);
	talk_read_body(t, "{'error':{'code':'invalid_prompt','message':'no'}}");
	assert_int_equal(t->answer.error.kind, ERROR_INVALID_REQUEST);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, talk_end)
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_kept_and_what_is_thought_comes_sealed),
		TEST(what_is_to_be_kept_needs_no_seal),
		TEST(options_become_members_or_warnings),
		TEST(reasoning_has_an_effort_and_is_summed_up),
		TEST(the_first_system_turn_is_instructions_and_others_are_items),
		TEST(media_are_pieces_of_their_message),
		TEST(a_turn_goes_back_as_the_items_that_it_was),
		TEST(a_stream_is_put_together_from_its_items),
		TEST(what_did_not_come_in_pieces_comes_at_the_end),
		TEST(only_the_last_event_proves_the_end),
		TEST(an_error_has_two_shapes_and_is_told_once),
		TEST(the_stop_is_the_reason_or_the_status),
		TEST(a_background_answer_keeps_its_id),
		TEST(refusals_are_text_and_commentary_is_not),
		TEST(custom_tools_are_called_with_text_and_servers_tools_are_kept),
		TEST(a_body_without_output_is_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
