/* SPDX-License-Identifier: MIT */
/* test_gemini - the gemini dialect, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "llm/gemini.h"
#include "support/talk.h"

#define FLASH "gemini-2.5-flash"
#define HELLO "'messages':[{'role':'user','content':'hi'}]"

static int
begin(void **state)
{
	return talk_begin(state, &dialect_gemini, "gemini");
}

/* --- requests --- */

static void
the_model_is_in_the_url(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t, "{'model':'" FLASH "','prompt':'hi'}"));
	assert_string_equal(
	    t->wire.url.p, "https://api.example/v1beta/models/gemini-2.5-flash:generateContent");
	talk_body_is(t, "", "{'contents':[{'role':'user','parts':[{'text':'hi'}]}]}");
	assert_string_equal(http_headers_get(&t->wire.headers, "x-goog-api-key"), "KEY");
	assert_true(
	    talk_build(t, "{'model':'tunedModels/a b?','prompt':'hi','options':{'stream':true}}"));
	assert_string_equal(t->wire.url.p,
	    "https://api.example/v1beta/tunedModels/a%20b%3F:streamGenerateContent?alt=sse");
	assert_int_equal(t->wire.framing, FRAME_SSE);
}

static void
turns_of_one_side_become_one_content(void **state)
{
	struct talk *t = *state;

	assert_true(
	    talk_build(t, "{'model':'" FLASH "','messages':[{'role':'system','content':'s'},"
			  "{'role':'user','content':'a'},{'role':'user','content':'b'},"
			  "{'role':'assistant','content':'c'}]}"));
	talk_body_is(t, "systemInstruction", "{'parts':[{'text':'s'}]}");
	talk_body_is(t, "contents",
	    "[{'role':'user','parts':[{'text':'a'},{'text':'b'}]},"
	    "{'role':'model','parts':[{'text':'c'}]}]");
}

static void
results_carry_the_name_of_their_call(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t,
	    "{'model':'" FLASH "','messages':[{'role':'user','content':'go'},"
	    "{'role':'assistant','content':[{'type':'toolCall','id':'own','name':'f',"
	    "'arguments':{'x':1}},{'type':'toolCall','id':'gemini-r-1','name':'g'}]},"
	    "{'role':'tool','content':[{'type':'toolResult','id':'own','content':'one'},"
	    "{'type':'toolResult','id':'gemini-r-1','content':{'n':2}}]},"
	    "{'role':'assistant','content':[{'type':'toolCall','id':'own','name':'h'}]},"
	    "{'role':'tool','content':[{'type':'toolResult','id':'own','content':'bad',"
	    "'isError':true}]}]}"));
	talk_body_is(t, "contents.1.parts",
	    "[{'functionCall':{'id':'own','name':'f','args':{'x':1}}},"
	    "{'functionCall':{'name':'g','args':{}}}]");
	talk_body_is(t, "contents.2.parts",
	    "[{'functionResponse':{'id':'own','name':'f','response':{'output':'one'}}},"
	    "{'functionResponse':{'name':'g','response':{'n':2}}}]");
	talk_body_is(t, "contents.4.parts",
	    "[{'functionResponse':{'id':'own','name':'h','response':{'error':'bad'}}}]");
}

static void
a_result_without_a_call_is_refused(void **state)
{
	struct talk *t = *state;

	assert_false(talk_build(t, "{'model':'" FLASH "','messages':[{'role':'tool','content':["
				   "{'type':'toolResult','id':'x','content':'one'}]}]}"));
	assert_non_null(strstr(t->err.text, "toolCall"));
}

static void
signatures_go_back_on_their_own_part(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t,
	    "{'model':'gemini-3-pro','messages':[{'role':'user','content':'go'},"
	    "{'role':'assistant','content':["
	    "{'type':'reasoning','text':'unsigned'},{'type':'text','text':'a'},"
	    "{'type':'text','text':'','opaque':{'provider':'gemini','model':'gemini-3-pro',"
	    "'value':'S'}},"
	    "{'type':'toolCall','id':'x','name':'f','opaque':{'provider':'gemini',"
	    "'model':'gemini-3-pro','value':'T'}}]}]}"));
	talk_body_is(t, "contents.1.parts",
	    "[{'text':'a'},{'text':'','thoughtSignature':'S'},"
	    "{'functionCall':{'id':'x','name':'f','args':{}},'thoughtSignature':'T'}]");
}

static void
an_unsigned_call_gets_the_stand_in_where_one_is_needed(void **state)
{
	static const char record[] =
	    "{'model':'%s','messages':[{'role':'user','content':'go'},"
	    "{'role':'assistant','content':[{'type':'toolCall','id':'x','name':'f'},"
	    "{'type':'toolCall','id':'y','name':'f'}]}]}";
	struct talk *t = *state;
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	buf_addf(&text, record, "gemini-3-flash");
	assert_true(talk_build(t, text.p));
	talk_body_is(
	    t, "contents.1.parts.0.thoughtSignature", "'skip_thought_signature_validator'");
	assert_false(talk_body_has(t, "contents.1.parts.1.thoughtSignature"));
	buf_reset(&text);
	buf_addf(&text, record, FLASH);
	assert_true(talk_build(t, text.p));
	assert_false(talk_body_has(t, "contents.1.parts.0.thoughtSignature"));
	buf_release(&text);
}

static void
media_go_by_data_or_address(void **state)
{
	struct talk *t = *state;

	assert_true(
	    talk_build(t, "{'model':'" FLASH "','messages':[{'role':'user','content':["
			  "{'type':'audio','mediaType':'audio/wav','data':'AAAA'},"
			  "{'type':'image','url':'data:image/gif;base64,R0lG'},"
			  "{'type':'video','mediaType':'video/mp4','url':'https://x/v.mp4'}]}]}"));
	talk_body_is(t, "contents.0.parts",
	    "[{'inlineData':{'mimeType':'audio/wav','data':'AAAA'}},"
	    "{'inlineData':{'mimeType':'image/gif','data':'R0lG'}},"
	    "{'fileData':{'mimeType':'video/mp4','fileUri':'https://x/v.mp4'}}]");
}

static void
a_picture_in_a_system_turn_is_warned_of(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t,
	    "{'model':'" FLASH
	    "','messages':[{'role':'system','content':[{'type':'text','text':'s'},"
	    "{'type':'image','url':'https://x/y.png'}]},{'role':'user','content':'hi'}]}"));
	talk_body_is(t, "systemInstruction.parts", "[{'text':'s'}]");
	assert_string_equal(t->answer.warnings.p,
	    "{\"option\":\"messages\",\"message\":\"a system turn's image part cannot be carried\"}");
}

static void
blocks_go_to_their_own_provider_and_others_are_warned_of(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t, "{'model':'" FLASH "','messages':[{'role':'user','content':["
				  "{'type':'provider','provider':'gemini','value':{'x':1}}]}]}"));
	talk_body_is(t, "contents.0.parts", "[{'x':1}]");
	assert_false(talk_warned(t, "messages"));
	assert_true(
	    talk_build(t, "{'model':'" FLASH "','messages':[{'role':'user','content':["
			  "{'type':'text','text':'a'},"
			  "{'type':'provider','provider':'anthropic','value':{'x':1}}]}]}"));
	talk_body_is(t, "contents.0.parts", "[{'text':'a'}]");
	assert_true(talk_warned(t, "messages"));
}

static void
a_block_in_a_tool_result_is_warned_of(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t,
	    "{'model':'" FLASH "','messages':[{'role':'user','content':'go'},"
	    "{'role':'assistant','content':[{'type':'toolCall','id':'x','name':'f'}]},"
	    "{'role':'tool','content':[{'type':'toolResult','id':'x','content':["
	    "{'type':'provider','provider':'gemini','value':{'x':1}}]}]}]}"));
	assert_true(talk_warned(t, "messages"));
}

static void
tools_keep_any_json_schema(void **state)
{
	struct talk *t = *state;

	assert_true(
	    talk_build(t, "{'model':'" FLASH "'," HELLO
			  ",'tools':[{'name':'f','description':'d','inputSchema':{'type':'object',"
			  "'properties':{'x':{'$ref':'#/$defs/x'}},'$defs':{'x':{}}}},"
			  "{'name':'g','inputSchema':{'type':'object','properties':{}}}],"
			  "'toolChoice':{'name':'f'}}"));
	talk_body_is(t, "tools",
	    "[{'functionDeclarations':[{'name':'f','description':'d','parametersJsonSchema':"
	    "{'type':'object','properties':{'x':{'$ref':'#/$defs/x'}},'$defs':{'x':{}}}},"
	    "{'name':'g'}]}]");
	talk_body_is(t, "toolConfig",
	    "{'functionCallingConfig':{'mode':'ANY','allowedFunctionNames':['f']}}");
}

static void
what_the_api_lacks_is_warned_of_once(void **state)
{
	struct talk *t = *state;

	assert_true(
	    talk_build(t, "{'model':'" FLASH "'," HELLO
			  ",'tools':[{'name':'f','strict':false}],'options':{'cache':'auto'}}"));
	assert_string_equal(t->answer.warnings.p, "");
	assert_true(
	    talk_build(t, "{'model':'" FLASH "'," HELLO
			  ",'tools':[{'name':'f','strict':true},{'name':'g','strict':true}],"
			  "'options':{'cache':'off'}}"));
	assert_string_equal(t->answer.warnings.p,
	    "{\"option\":\"tools\",\"message\":\"the API does not know \\\"strict\\\"\"},"
	    "{\"option\":\"options.cache\",\"message\":\"the API caches by itself\"}");
}

static void
a_choice_without_tools_is_not_sent(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t, "{'model':'" FLASH "'," HELLO ",'toolChoice':'none'}"));
	assert_false(talk_body_has(t, "toolConfig"));
}

static void
options_have_their_names(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t,
	    "{'model':'" FLASH "'," HELLO
	    ",'options':{'maxTokens':5,'temperature':1.10,'topP':0.5,'topK':3,'seed':7,"
	    "'stop':['x'],'responseSchema':{'type':'object'}}}"));
	talk_body_is(t, "generationConfig",
	    "{'maxOutputTokens':5,'temperature':1.1,'topP':0.5,'topK':3,'seed':7,"
	    "'stopSequences':['x'],'responseMimeType':'application/json',"
	    "'responseJsonSchema':{'type':'object'}}");
}

static void
thinking_is_a_budget_or_a_level(void **state)
{
	static const struct {
		const char *model, *level, *config;
		bool warned;
	} rows[] = {
		{ FLASH, "'off'", "{'thinkingBudget':0}", false },
		{ FLASH, "'low'", "{'thinkingBudget':2048,'includeThoughts':true}", false },
		{ "gemini-2.5-pro", "'off'", "{'thinkingBudget':128}", true },
		{ "gemini-3-pro-preview", "'minimal'",
		    "{'thinkingLevel':'low','includeThoughts':true}", false },
		{ "gemini-3-flash-preview", "'minimal'",
		    "{'thinkingLevel':'minimal','includeThoughts':true}", false },
		{ "gemini-3-flash-preview", "'off'", "{'thinkingLevel':'minimal'}", true },
		{ "gemini-3-flash-preview", "{'budgetTokens':99}",
		    "{'thinkingBudget':99,'includeThoughts':true}", false },
	};
	struct talk *t = *state;
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		buf_reset(&text);
		buf_reset(&t->answer.warnings);
		buf_addf(&text, "{'model':'%s'," HELLO ",'options':{'reasoning':%s}}",
		    rows[i].model, rows[i].level);
		assert_true(talk_build(t, text.p));
		talk_body_is(t, "generationConfig.thinkingConfig", rows[i].config);
		assert_int_equal(talk_warned(t, "options.reasoning"), rows[i].warned);
	}
	assert_true(
	    talk_build(t, "{'model':'gemini-2.0-flash'," HELLO ",'options':{'reasoning':'low'}}"));
	assert_false(talk_body_has(t, "generationConfig.thinkingConfig"));
	assert_true(talk_warned(t, "options.reasoning"));
	buf_release(&text);
}

/* --- answers --- */

static void
parts_become_parts(void **state)
{
	static const char *const events[] = {
		"{'candidates':[{'content':{'parts':[{'text':'hm','thought':true}]}}],"
		"'responseId':'r','modelVersion':'v','usageMetadata':{'promptTokenCount':9,"
		"'cachedContentTokenCount':4}}",
		"{'candidates':[{'content':{'parts':[{'text':'He'},{'text':'llo'},{},"
		"{'text':'','thoughtSignature':'S'},"
		"{'inlineData':{'mimeType':'image/png','data':'AAAA'}},"
		"{'executableCode':{'code':'1'}}]}}]}",
		"{'candidates':[{'content':{'parts':[{'functionCall':{'name':'f',"
		"'args':{'x':1}},'thoughtSignature':'T'},{'functionCall':{'id':'own',"
		"'name':'g'}}]},'finishReason':'STOP'}],'usageMetadata':{'promptTokenCount':9,"
		"'toolUsePromptTokenCount':2,'candidatesTokenCount':3,'thoughtsTokenCount':5}}",
		NULL
	};
	struct talk *t = *state;
	struct answer *a = &t->answer;

	talk_read(t, events, true);
	assert_int_equal(a->error.kind, ERROR_NONE);
	talk_content_is(t, "Hello");
	talk_reasoning_is(t, "hm");
	assert_int_equal(a->part_count, 7);
	talk_json_is(&a->parts[2].opaque, "'S'");
	assert_int_equal(a->parts[3].type, PART_IMAGE);
	assert_string_equal(a->parts[3].text.p, "AAAA");
	talk_json_is(&a->parts[4].value, "{'executableCode':{'code':'1'}}");
	assert_string_equal(a->parts[5].id.p, "gemini-r-1");
	talk_json_is(&a->parts[5].text, "{'x':1}");
	talk_json_is(&a->parts[5].opaque, "'T'");
	assert_string_equal(a->parts[6].id.p, "own");
	talk_json_is(&a->parts[6].text, "{}");
	assert_int_equal(a->stop, STOP_TOOL);
	assert_string_equal(a->stop_raw.p, "STOP");
	assert_int_equal(a->usage.in, 11);
	assert_int_equal(a->usage.cache_read, 4);
	assert_int_equal(a->usage.out, 8);
	assert_int_equal(a->usage.reasoning, 5);
}

static void
the_transport_must_prove_the_end_too(void **state)
{
	static const char *const events[] = {
		"{'candidates':[{'content':{'parts':[{'text':'a'}]},'finishReason':'STOP'}]}", NULL
	};
	struct talk *t = *state;

	talk_read(t, events, true);
	assert_int_equal(t->answer.error.kind, ERROR_NONE);
	talk_read(t, events, false);
	assert_int_equal(t->answer.error.kind, ERROR_TRUNCATED);
}

static void
without_a_finish_reason_it_is_truncated(void **state)
{
	static const char *const events[] = {
		"{'candidates':[{'content':{'parts':[{'text':'a'}]},'finishReason':0}]}", NULL
	};
	struct talk *t = *state;

	talk_read(t, events, true);
	assert_int_equal(t->answer.error.kind, ERROR_TRUNCATED);
}

static void
a_blocked_prompt_is_a_filter_error(void **state)
{
	struct talk *t = *state;

	talk_read_body(t, "{'promptFeedback':{'blockReason':'SAFETY'}}");
	assert_int_equal(t->answer.error.kind, ERROR_CONTENT_FILTER);
	assert_non_null(strstr(t->answer.error.message.p, "SAFETY"));
}

static void
finish_reasons_mean_what_they_say(void **state)
{
	static const struct {
		const char *reason;
		enum stop stop;
		bool ok;
	} rows[] = {
		{ "'MAX_TOKENS'", STOP_LENGTH, true },
		{ "2", STOP_LENGTH, true },
		{ "'SAFETY'", STOP_FILTER, true },
		{ "'NEW_REASON'", STOP_OTHER, true },
		{ "'MALFORMED_FUNCTION_CALL'", STOP_ERROR, false },
	};
	struct talk *t = *state;
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		buf_reset(&text);
		buf_addf(&text,
		    "{'candidates':[{'content':{'parts':[{'text':'a'}]},'finishReason':%s}]}",
		    rows[i].reason);
		talk_read_body(t, text.p);
		assert_int_equal(t->answer.stop, rows[i].stop);
		assert_int_equal(t->answer.error.kind == ERROR_NONE, rows[i].ok);
	}
	buf_release(&text);
}

static void
arguments_may_come_as_paths(void **state)
{
	static const char *const events[] = {
		"{'candidates':[{'content':{'parts':[{'functionCall':{'name':'f',"
		"'willContinue':true}}]}}]}",
		"{'candidates':[{'content':{'parts':[{'functionCall':{'partialArgs':["
		"{'jsonPath':'$.a','stringValue':'x','willContinue':true}],"
		"'willContinue':true}}]}}]}",
		"{'candidates':[{'content':{'parts':[{'functionCall':{'partialArgs':["
		"{'jsonPath':'$.a','stringValue':'y'},{'jsonPath':'$.b[0].c',"
		"'numberValue':1.50},{'jsonPath':'$.b[1]','boolValue':true},"
		"{'jsonPath':\\u0022$['d e']\\u0022,'nullValue':null}],"
		"'willContinue':true}}]}}]}",
		"{'candidates':[{'content':{'parts':[{'functionCall':{}}]}}]}",
		"{'candidates':[{'finishReason':'STOP'}]}", NULL
	};
	struct talk *t = *state;
	const char *without_bracket[] = { events[0], events[1], events[3], events[4], NULL };
	const char *open[] = { events[0], events[1], events[4], NULL };

	talk_read(t, without_bracket, true);
	assert_int_equal(t->answer.error.kind, ERROR_NONE);
	talk_json_is(&t->answer.parts[0].text, "{'a':'x'}");
	talk_read(t, open, true);
	assert_int_equal(t->answer.error.kind, ERROR_PROTOCOL);
}

static void
paths_reach_into_lists_and_quoted_names(void **state)
{
	static const char *const pieces[] = {
		"{\"jsonPath\":\"$.a\",\"stringValue\":\"x\"}",
		"{\"jsonPath\":\"$.b[0].c\",\"numberValue\":1.50}",
		"{\"jsonPath\":\"$.b[1]\",\"boolValue\":true}",
		"{\"jsonPath\":\"$['d e']\",\"nullValue\":null}",
		"{\"jsonPath\":\"$.a\",\"stringValue\":\"y\"}",
		"{\"jsonPath\":\"$.b[0].c\",\"numberValue\":2}",
	};
	static const char *const wrong[] = { "{}", "{\"jsonPath\":\"\"}", "{\"jsonPath\":\"$\"}",
		"{\"jsonPath\":\"a\"}", "{\"jsonPath\":\"$[0]\"}", "{\"jsonPath\":\"$.a[\"}",
		"{\"jsonPath\":\"$['a\"}", "{\"jsonPath\":\"$['\"}",
		"{\"jsonPath\":\"$.a[99999999]\"}" };
	struct buf args = BUF_INIT(BUF_UNLIMITED);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof pieces / sizeof *pieces; i++)
		assert_true(gemini_args_add(&args, json_literal(pieces[i])));
	talk_json_is(&args, "{'a':'xy','b':[{'c':2},true],'d e':null}");
	for (i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(gemini_args_add(&args, json_literal(wrong[i])));
	buf_release(&args);
}

static void
other_candidates_are_not_the_answer(void **state)
{
	struct talk *t = *state;

	talk_read_body(t,
	    "{'candidates':[{'content':{'parts':[{'text':'a'}]},'finishReason':'STOP'},"
	    "{'index':1,'content':{'parts':[{'text':'b'}]},'finishReason':'SAFETY'}]}");
	talk_content_is(t, "a");
	assert_int_equal(t->answer.stop, STOP_END);
}

static void
an_error_object_inside_a_stream_counts(void **state)
{
	static const char *const events[] = {
		"{'error':{'code':503,'message':'The model is overloaded.',"
		"'status':'UNAVAILABLE'}}",
		NULL
	};
	struct talk *t = *state;

	talk_read(t, events, true);
	assert_int_equal(t->answer.error.kind, ERROR_OVERLOADED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, begin, talk_end)
		T(the_model_is_in_the_url),
		T(turns_of_one_side_become_one_content),
		T(results_carry_the_name_of_their_call),
		T(a_result_without_a_call_is_refused),
		T(signatures_go_back_on_their_own_part),
		T(an_unsigned_call_gets_the_stand_in_where_one_is_needed),
		T(media_go_by_data_or_address),
		T(a_picture_in_a_system_turn_is_warned_of),
		T(blocks_go_to_their_own_provider_and_others_are_warned_of),
		T(a_block_in_a_tool_result_is_warned_of),
		T(tools_keep_any_json_schema),
		T(what_the_api_lacks_is_warned_of_once),
		T(a_choice_without_tools_is_not_sent),
		T(options_have_their_names),
		T(thinking_is_a_budget_or_a_level),
		T(parts_become_parts),
		T(the_transport_must_prove_the_end_too),
		T(without_a_finish_reason_it_is_truncated),
		T(a_blocked_prompt_is_a_filter_error),
		T(finish_reasons_mean_what_they_say),
		T(arguments_may_come_as_paths),
		T(paths_reach_into_lists_and_quoted_names),
		T(other_candidates_are_not_the_answer),
		T(an_error_object_inside_a_stream_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
