/* SPDX-License-Identifier: MIT */
/* test_anthropic - the anthropic-messages dialect, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "llm/anthropic_models.h"
#include "support/talk.h"

#define HAIKU "claude-haiku-4-5"
#define HELLO "'messages':[{'role':'user','content':'hi'}]"

static int
begin(void **state)
{
	return talk_begin(state, &dialect_anthropic_messages, "anthropic");
}

/* --- requests --- */

static void
the_smallest_request_has_room_and_headers(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t, "{'model':'" HAIKU "','prompt':'hi'}"));
	talk_body_is(t, "",
	    "{'model':'" HAIKU "','max_tokens':64000,'messages':[{'role':'user','content':"
	    "[{'type':'text','text':'hi'}]}]}");
	assert_string_equal(t->wire.url.p, "https://api.example/v1/messages");
	assert_string_equal(http_headers_get(&t->wire.headers, "x-api-key"), "KEY");
	assert_string_equal(http_headers_get(&t->wire.headers, "anthropic-version"), "2023-06-01");
	assert_int_equal(t->wire.framing, FRAME_WHOLE);
}

static void
system_turns_are_gathered_wherever_they_stand(void **state)
{
	struct talk *t = *state;

	assert_true(
	    talk_build(t, "{'model':'" HAIKU "','messages':[{'role':'system','content':'a'},"
			  "{'role':'user','content':'hi'},{'role':'system','content':'b'},"
			  "{'role':'user','content':'there'}]}"));
	talk_body_is(t, "system", "[{'type':'text','text':'a'},{'type':'text','text':'b'}]");
	talk_body_is(t, "messages",
	    "[{'role':'user','content':[{'type':'text','text':'hi'},"
	    "{'type':'text','text':'there'}]}]");
	assert_string_equal(t->answer.warnings.p,
	    "{\"option\":\"messages\",\"message\":\"a system turn inside the conversation is put before "
	    "it\"}");
}

static void
a_system_turn_with_a_block_of_the_apis_own_stays_where_it_is(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t,
	    "{'model':'" HAIKU "','messages':[{'role':'system','content':'a'},"
	    "{'role':'user','content':'hi'},{'role':'system','content':[{'type':'provider',"
	    "'provider':'anthropic','value':{'type':'tool_addition','tool':{}}}]},"
	    "{'role':'user','content':'there'}]}"));
	talk_body_is(t, "system", "[{'type':'text','text':'a'}]");
	talk_body_is(t, "messages",
	    "[{'role':'user','content':[{'type':'text','text':'hi'}]},"
	    "{'role':'system','content':[{'type':'tool_addition','tool':{}}]},"
	    "{'role':'user','content':[{'type':'text','text':'there'}]}]");
	assert_string_equal(t->answer.warnings.p, "");
}

static void
an_answer_that_was_begun_ends_in_no_white_space(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t, "{'model':'" HAIKU "','messages':[{'role':'user','content':'hi'},"
				  "{'role':'assistant','content':'The answer: \\n'}]}"));
	talk_body_is(t, "messages.1.content", "[{'type':'text','text':'The answer:'}]");
	assert_string_equal(t->answer.warnings.p, "");
	assert_true(
	    talk_build(t, "{'model':'claude-sonnet-4-6','messages':[{'role':'user','content':'hi'},"
			  "{'role':'assistant','content':[{'type':'text','text':'The'}]}]}"));
	assert_string_equal(t->answer.warnings.p,
	    "{\"option\":\"messages\",\"message\":\"this model goes on from no answer that was begun: "
	    "the API refuses it\"}");
}

static void
results_stand_first_in_the_users_turn(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t,
	    "{'model':'" HAIKU "','messages':[{'role':'user','content':'go'},"
	    "{'role':'assistant','content':[{'type':'toolCall','id':'a','name':'f',"
	    "'arguments':{'x':1}},{'type':'toolCall','id':'b','name':'f'}]},"
	    "{'role':'user','content':'and more'},"
	    "{'role':'tool','content':[{'type':'toolResult','id':'a','content':'one'},"
	    "{'type':'toolResult','id':'b','content':{'n':2},'isError':true}]}]}"));
	talk_body_is(t, "messages.1.content",
	    "[{'type':'tool_use','id':'a','name':'f','input':{'x':1}},"
	    "{'type':'tool_use','id':'b','name':'f','input':{}}]");
	talk_body_is(t, "messages.2",
	    "{'role':'user','content':["
	    "{'type':'tool_result','tool_use_id':'a','content':'one'},"
	    "{'type':'tool_result','tool_use_id':'b','content':'{\\'n\\':2}','is_error':true},"
	    "{'type':'text','text':'and more'}]}");
	assert_false(talk_body_has(t, "messages.3"));
}

static void
blank_text_is_left_out(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t, "{'model':'" HAIKU "','messages':[{'role':'user','content':'hi'},"
				  "{'role':'assistant','content':[{'type':'text','text':' \\n'}]},"
				  "{'role':'user','content':'you there?'}]}"));
	talk_body_is(t, "messages.1.content", "[{'type':'text','text':'you there?'}]");
}

static void
media_go_by_data_address_or_file(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t,
	    "{'model':'" HAIKU "','messages':[{'role':'user','content':["
	    "{'type':'image','mediaType':'image/png','data':'AAAA'},"
	    "{'type':'image','url':'https://x/y.png'},"
	    "{'type':'image','url':'data:image/gif;base64,R0lG'},"
	    "{'type':'file','mediaType':'application/pdf','name':'a.pdf','data':'JVBE'},"
	    "{'type':'file','fileId':'file_1'},"
	    "{'type':'file','mediaType':'text/plain','text':'plain'}]}]}"));
	talk_body_is(t, "messages.0.content",
	    "[{'type':'image','source':{'type':'base64','media_type':'image/png','data':'AAAA'}},"
	    "{'type':'image','source':{'type':'url','url':'https://x/y.png'}},"
	    "{'type':'image','source':{'type':'base64','media_type':'image/gif','data':'R0lG'}},"
	    "{'type':'document','source':{'type':'base64','media_type':'application/pdf',"
	    "'data':'JVBE'},'title':'a.pdf'},"
	    "{'type':'document','source':{'type':'file','file_id':'file_1'}},"
	    "{'type':'document','source':{'type':'text','media_type':'text/plain',"
	    "'data':'plain'}}]");
	assert_string_equal(
	    http_headers_get(&t->wire.headers, "anthropic-beta"), "files-api-2025-04-14");
}

static void
sound_is_refused_and_not_dropped(void **state)
{
	struct talk *t = *state;

	assert_false(talk_build(t, "{'model':'" HAIKU "','messages':[{'role':'user','content':["
				   "{'type':'audio','mediaType':'audio/wav','data':'AAAA'}]}]}"));
	assert_non_null(strstr(t->err.text, "audio"));
}

static void
thinking_goes_back_to_the_model_that_thought_it(void **state)
{
	static const char record[] =
	    "{'model':'%s','messages':[{'role':'user','content':'hi'},"
	    "{'role':'assistant','content':["
	    "{'type':'reasoning','text':'hm','opaque':{'provider':'anthropic',"
	    "'model':'" HAIKU "','value':{'signature':'sig'}}},"
	    "{'type':'reasoning','text':'','opaque':{'provider':'anthropic',"
	    "'model':'" HAIKU "','value':{'type':'redacted_thinking','data':'xx'}}},"
	    "{'type':'text','text':'ho'}]}]}";
	struct talk *t = *state;
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	buf_addf(&text, record, HAIKU);
	assert_true(talk_build(t, text.p));
	talk_body_is(t, "messages.1.content",
	    "[{'type':'thinking','thinking':'hm','signature':'sig'},"
	    "{'type':'redacted_thinking','data':'xx'},{'type':'text','text':'ho'}]");
	buf_reset(&text);
	buf_addf(&text, record, "claude-opus-4-6");
	assert_true(talk_build(t, text.p));
	talk_body_is(t, "messages.1.content", "[{'type':'text','text':'ho'}]");
	buf_release(&text);
}

static void
a_level_is_a_budget_on_older_models(void **state)
{
	struct talk *t = *state;

	assert_true(
	    talk_build(t, "{'model':'" HAIKU "'," HELLO
			  ",'options':{'reasoning':'low','maxTokens':100,'temperature':0.5}}"));
	talk_body_is(t, "thinking", "{'type':'enabled','budget_tokens':2048}");
	talk_body_is(t, "max_tokens", "2148");
	assert_false(talk_body_has(t, "temperature"));
	assert_true(talk_warned(t, "options.temperature"));
}

static void
room_that_was_asked_for_is_not_taken_away(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t, "{'model':'claude-opus-4-1'," HELLO
				  ",'options':{'reasoning':'high','maxTokens':30000}}"));
	talk_body_is(t, "max_tokens", "32000"); /* the most that it writes, thinking included */
	assert_true(talk_build(t, "{'model':'somebody-elses'," HELLO
				  ",'options':{'reasoning':'low','maxTokens':30000}}"));
	talk_body_is(t, "max_tokens", "32048");
}

static void
families_are_known_by_any_name(void **state)
{
	static const struct {
		const char *model;
		int64_t max_tokens;
	} rows[] = { { "claude-3-sonnet-20240229", 4096 }, { "claude-opus-4-20250514", 32000 },
		{ "anthropic/claude-sonnet-4.5", 64000 },
		{ "us.anthropic.claude-opus-4-6-v1", 128000 }, { "claude-next-9", 128000 },
		{ "kimi-k2", 8192 } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(
		    anthropic_family(str_of(rows[i].model))->max_tokens, rows[i].max_tokens);
	assert_true(anthropic_family(str_of("claude-sonnet-4.5"))->flags & FAMILY_JSON_SCHEMA);
	assert_false(anthropic_family(str_of("claude-sonnet-4"))->flags & FAMILY_JSON_SCHEMA);
}

static void
a_level_is_an_effort_on_newer_models(void **state)
{
	struct talk *t = *state;

	assert_true(
	    talk_build(t, "{'model':'claude-opus-4-7'," HELLO ",'options':{'reasoning':'xhigh'}}"));
	talk_body_is(t, "thinking", "{'type':'adaptive','display':'summarized'}");
	talk_body_is(t, "output_config", "{'effort':'xhigh'}");
	assert_true(
	    talk_build(t, "{'model':'claude-opus-4-6'," HELLO ",'options':{'reasoning':'xhigh'}}"));
	talk_body_is(t, "thinking", "{'type':'adaptive'}");
	talk_body_is(t, "output_config", "{'effort':'max'}");
}

static void
off_is_said_where_a_model_thinks_unasked(void **state)
{
	struct talk *t = *state;

	assert_true(
	    talk_build(t, "{'model':'claude-sonnet-5'," HELLO ",'options':{'reasoning':'off'}}"));
	talk_body_is(t, "thinking", "{'type':'disabled'}");
	assert_true(talk_build(t, "{'model':'" HAIKU "'," HELLO ",'options':{'reasoning':'off'}}"));
	assert_false(talk_body_has(t, "thinking"));
}

static void
what_the_api_lacks_is_warned_of(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t, "{'model':'claude-opus-4-7'," HELLO
				  ",'options':{'seed':1,'temperature':0.2,'topP':0.9,'topK':5}}"));
	assert_true(talk_warned(t, "options.seed"));
	assert_true(talk_warned(t, "options.temperature"));
	assert_true(talk_warned(t, "options.topP"));
	assert_true(talk_warned(t, "options.topK"));
	talk_body_is(t, "",
	    "{'model':'claude-opus-4-7','max_tokens':128000,'messages':"
	    "[{'role':'user','content':[{'type':'text','text':'hi'}]}]}");
}

static void
tools_and_choices(void **state)
{
	struct talk *t = *state;

	assert_true(
	    talk_build(t, "{'model':'" HAIKU "'," HELLO
			  ",'tools':[{'name':'f','description':'d','inputSchema':{'type':'object',"
			  "'properties':{'x':{'type':'integer'}}},'strict':true},{'name':'g'}],"
			  "'toolChoice':{'name':'g'},'options':{'parallelTools':false}}"));
	talk_body_is(t, "tools",
	    "[{'name':'f','description':'d','input_schema':{'type':'object',"
	    "'properties':{'x':{'type':'integer'}},'additionalProperties':false},'strict':true},"
	    "{'name':'g','input_schema':{'type':'object'}}]");
	talk_body_is(
	    t, "tool_choice", "{'type':'tool','name':'g','disable_parallel_tool_use':true}");
}

static void
a_forced_tool_stops_the_thinking(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t,
	    "{'model':'" HAIKU "'," HELLO
	    ",'tools':[{'name':'g'}],'toolChoice':'required','options':{'reasoning':'high'}}"));
	assert_false(talk_body_has(t, "thinking"));
	assert_true(talk_warned(t, "options.reasoning"));
}

static void
a_schema_is_a_format_or_a_forced_tool(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t,
	    "{'model':'" HAIKU "'," HELLO
	    ",'options':{'responseSchema':{'type':'object','additionalProperties':false}}}"));
	talk_body_is(t, "output_config.format",
	    "{'type':'json_schema','schema':{'type':'object','additionalProperties':false}}");
	assert_true(talk_build(t, "{'model':'claude-3-haiku-20240307'," HELLO
				  ",'options':{'responseSchema':{'type':'object'}}}"));
	talk_body_is(t, "tools.0.input_schema", "{'type':'object'}");
	talk_body_is(t, "tool_choice",
	    "{'type':'tool','name':'agentflow_json_answer','disable_parallel_tool_use':true}");
}

static void
a_schema_is_fitted_to_what_the_decoder_knows(void **state)
{
	struct talk *t = *state;

	assert_true(
	    talk_build(t, "{'model':'" HAIKU "'," HELLO
			  ",'options':{'responseSchema':{'type':'object','properties':{"
			  "'n':{'type':'integer','minimum':1,'description':'a count'},"
			  "'either':{'oneOf':[{'type':'string','maxLength':3},{'type':'null'}]},"
			  "'minimum':{'properties':{'q':{'const':1}}}}}}}"));
	talk_body_is(t, "output_config.format.schema",
	    "{'type':'object','properties':{"
	    "'n':{'type':'integer','description':'a count (minimum: 1)'},"
	    "'either':{'anyOf':[{'type':'string','description':'(maxLength: 3)'},"
	    "{'type':'null'}]},"
	    "'minimum':{'type':'object','properties':{'q':{'type':'number','const':1}},"
	    "'additionalProperties':false}},"
	    "'additionalProperties':false}");
}

static void
a_picture_in_a_system_turn_is_warned_of(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t,
	    "{'model':'m','messages':[{'role':'system','content':[{'type':'text','text':'s'},"
	    "{'type':'image','url':'https://x/y.png'}]},{'role':'user','content':'hi'}]}"));
	talk_body_is(t, "system", "[{'type':'text','text':'s'}]");
	assert_string_equal(t->answer.warnings.p,
	    "{\"option\":\"messages\",\"message\":\"a system turn's image part cannot be carried\"}");
}

static void
blocks_go_to_their_own_provider_and_others_are_warned_of(void **state)
{
	struct talk *t = *state;

	t->provider = "proxy"; /* the maker's blocks are taken under any name */
	assert_true(
	    talk_build(t, "{'model':'m','messages':[{'role':'user','content':["
			  "{'type':'provider','provider':'anthropic','value':{'type':'x'}},"
			  "{'type':'provider','provider':'proxy','value':{'type':'y'}}]}]}"));
	talk_body_is(t, "messages.0.content", "[{'type':'x'},{'type':'y'}]");
	assert_false(talk_warned(t, "messages"));
	assert_true(talk_build(t,
	    "{'model':'m','messages':[{'role':'user','content':[{'type':'text','text':'a'},"
	    "{'type':'provider','provider':'anthropic','value':1}]}]}"));
	talk_body_is(t, "messages.0.content", "[{'type':'text','text':'a'}]");
	assert_true(talk_warned(t, "messages"));
}

static void
cache_marks_are_four_at_most(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t,
	    "{'model':'" HAIKU
	    "','tools':[{'name':'f','cache':'1h'}],'messages':[{'role':'user','content':["
	    "{'type':'text','text':'a','cache':true},{'type':'text','text':'b','cache':true},"
	    "{'type':'text','text':'c','cache':true},{'type':'text','text':'d','cache':true}"
	    "]}]}"));
	talk_body_is(t, "tools.0.cache_control", "{'type':'ephemeral','ttl':'1h'}");
	talk_body_is(t, "messages.0.content.2.cache_control", "{'type':'ephemeral'}");
	assert_false(talk_body_has(t, "messages.0.content.3.cache_control"));
	assert_true(talk_warned(t, "cache"));
}

static void
automatic_marks_stand_where_a_prefix_comes_again(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t,
	    "{'model':'" HAIKU "','tools':[{'name':'f'},{'name':'g'}],'messages':[{'role':'system',"
	    "'content':'s'},{'role':'user','content':'a'},{'role':'assistant','content':'b'},"
	    "{'role':'user','content':'c'}],'options':{'cache':'auto'}}"));
	assert_false(talk_body_has(t, "tools.0.cache_control"));
	assert_true(talk_body_has(t, "tools.1.cache_control"));
	assert_true(talk_body_has(t, "system.0.cache_control"));
	assert_false(talk_body_has(t, "messages.0.content.0.cache_control"));
	assert_true(talk_body_has(t, "messages.2.content.0.cache_control"));
}

/* --- answers --- */

#define START                                                                                      \
	"{'type':'message_start','message':{'id':'m1','model':'claude-x','content':[],"            \
	"'usage':{'input_tokens':10,'cache_read_input_tokens':5,"                                  \
	"'cache_creation_input_tokens':3,'output_tokens':1}}}"
#define STOPPED(reason)                                                                            \
	"{'type':'message_delta','delta':{'stop_reason':'" reason "'},'usage':{'output_tokens':7}}"
#define DONE "{'type':'message_stop'}"

static void
text_thinking_and_tools_are_put_together(void **state)
{
	static const char *const events[] = { START,
		"{'type':'content_block_start','index':0,'content_block':{'type':'thinking',"
		"'thinking':'','signature':''}}",
		"{'type':'content_block_delta','index':0,'delta':{'type':'thinking_delta',"
		"'thinking':'hm'}}",
		"{'type':'content_block_delta','index':0,'delta':{'type':'signature_delta',"
		"'signature':'sig'}}",
		"{'type':'content_block_stop','index':0}", "{'type':'ping'}",
		"{'type':'content_block_start','index':1,'content_block':{'type':'text',"
		"'text':''}}",
		"{'type':'content_block_delta','index':1,'delta':{'type':'text_delta',"
		"'text':'Hello'}}",
		"{'type':'content_block_stop','index':1}",
		"{'type':'content_block_start','index':2,'content_block':{'type':'tool_use',"
		"'id':'t1','name':'f','input':{}}}",
		"{'type':'content_block_delta','index':2,'delta':{'type':'input_json_delta',"
		"'partial_json':'{\\'x\\''}}",
		"{'type':'content_block_delta','index':2,'delta':{'type':'input_json_delta',"
		"'partial_json':':1}'}}",
		"{'type':'content_block_stop','index':2}", STOPPED("tool_use"), DONE, NULL };
	struct talk *t = *state;
	struct answer *a = &t->answer;

	talk_read(t, events, true);
	assert_int_equal(a->error.kind, ERROR_NONE);
	talk_content_is(t, "Hello");
	talk_reasoning_is(t, "hm");
	assert_int_equal(a->stop, STOP_TOOL);
	assert_string_equal(a->model.p, "claude-x");
	assert_int_equal(a->part_count, 3);
	talk_json_is(&a->parts[0].opaque, "{'signature':'sig'}");
	assert_string_equal(a->parts[2].id.p, "t1");
	talk_json_is(&a->parts[2].text, "{'x':1}");
	assert_int_equal(a->usage.in, 18);
	assert_int_equal(a->usage.cache_read, 5);
	assert_int_equal(a->usage.cache_write, 3);
	assert_int_equal(a->usage.out, 7);
}

static void
hidden_thinking_is_kept_for_its_signature(void **state)
{
	static const char *const events[] = { START,
		"{'type':'content_block_start','index':0,'content_block':{'type':'thinking',"
		"'thinking':'','signature':''}}",
		"{'type':'content_block_delta','index':0,'delta':{'type':'signature_delta',"
		"'signature':'sig'}}",
		"{'type':'content_block_stop','index':0}", STOPPED("end_turn"), DONE, NULL };
	struct talk *t = *state;

	talk_read(t, events, true);
	assert_int_equal(t->answer.part_count, 1);
	assert_int_equal(t->answer.parts[0].type, PART_REASONING);
	talk_json_is(&t->answer.parts[0].opaque, "{'signature':'sig'}");
}

static void
without_message_stop_it_is_truncated(void **state)
{
	static const char *const events[] = { START, STOPPED("end_turn"), NULL };
	struct talk *t = *state;

	talk_read(t, events, true);
	assert_int_equal(t->answer.error.kind, ERROR_TRUNCATED);
}

static void
an_error_inside_the_stream_is_the_end(void **state)
{
	static const char *const events[] = { START,
		"{'type':'error','error':{'type':'overloaded_error','message':'Overloaded'}}",
		NULL };
	struct talk *t = *state;

	talk_read(t, events, true);
	assert_int_equal(t->answer.error.kind, ERROR_OVERLOADED);
	assert_string_equal(t->answer.error.message.p, "Overloaded");
}

static void
the_same_message_may_start_twice_but_not_another(void **state)
{
	static const char *const same[] = { START, START, STOPPED("end_turn"), DONE, NULL };
	static const char *const other[] = { START,
		"{'type':'message_start','message':{'id':'m2'}}", STOPPED("end_turn"), DONE, NULL };
	struct talk *t = *state;

	talk_read(t, same, true);
	assert_int_equal(t->answer.error.kind, ERROR_NONE);
	talk_read(t, other, true);
	assert_int_equal(t->answer.error.kind, ERROR_PROTOCOL);
}

static void
blocks_of_the_providers_own_are_kept_verbatim(void **state)
{
	static const char *const events[] = { START,
		"{'type':'content_block_start','index':0,'content_block':{"
		"'type':'server_tool_use','id':'s1','name':'web_search','input':{}}}",
		"{'type':'content_block_delta','index':0,'delta':{'type':'input_json_delta',"
		"'partial_json':'{\\'q\\':'}}",
		"{'type':'content_block_delta','index':0,'delta':{'type':'input_json_delta',"
		"'partial_json':'1}'}}",
		"{'type':'content_block_stop','index':0}",
		"{'type':'content_block_start','index':1,'content_block':{'type':'compaction',"
		"'content':null}}",
		"{'type':'content_block_delta','index':1,'delta':{'type':'compaction_delta',"
		"'content':'all of it'}}",
		"{'type':'content_block_stop','index':1}", STOPPED("pause_turn"), DONE, NULL };
	struct talk *t = *state;

	talk_read(t, events, true);
	assert_int_equal(t->answer.part_count, 2);
	talk_json_is(&t->answer.parts[0].value,
	    "{'type':'server_tool_use','id':'s1','name':'web_search','input':{'q':1}}");
	talk_json_is(&t->answer.parts[1].value, "{'type':'compaction','content':'all of it'}");
	assert_int_equal(t->answer.stop, STOP_PAUSE);
}

static void
citations_stay_with_their_text(void **state)
{
	static const char *const events[] = { START,
		"{'type':'content_block_start','index':0,'content_block':{'type':'text',"
		"'text':'','citations':[]}}",
		"{'type':'content_block_delta','index':0,'delta':{'type':'citations_delta',"
		"'citation':{'n':1}}}",
		"{'type':'content_block_delta','index':0,'delta':{'type':'text_delta',"
		"'text':'so'}}",
		"{'type':'content_block_delta','index':0,'delta':{'type':'citations_delta',"
		"'citation':{'n':2}}}",
		"{'type':'content_block_stop','index':0}", STOPPED("end_turn"), DONE, NULL };
	struct talk *t = *state;

	talk_read(t, events, true);
	talk_content_is(t, "so");
	assert_int_equal(t->answer.part_count, 1);
	talk_json_is(&t->answer.parts[0].opaque, "{'citations':[{'n':1},{'n':2}]}");
}

static void
the_schemas_tool_is_the_content(void **state)
{
	static const char *const events[] = { START,
		"{'type':'content_block_start','index':0,'content_block':{'type':'tool_use',"
		"'id':'t','name':'agentflow_json_answer','input':{}}}",
		"{'type':'content_block_delta','index':0,'delta':{'type':'input_json_delta',"
		"'partial_json':'{\\'a\\':1}'}}",
		"{'type':'content_block_stop','index':0}", STOPPED("tool_use"), DONE, NULL };
	struct talk *t = *state;

	talk_read(t, events, true);
	talk_content_is(t, "{\"a\":1}");
	assert_int_equal(t->answer.tool_count, 0);
	assert_int_equal(t->answer.stop, STOP_END);
	talk_read_body(t,
	    "{'type':'message','id':'m','stop_reason':'tool_use','content':[{'type':'tool_use',"
	    "'id':'t','name':'agentflow_json_answer','input':{'a':1}}]}");
	talk_content_is(t, "{\"a\":1}");
	assert_int_equal(t->answer.stop, STOP_END);
}

static void
what_is_no_message_is_a_protocol_error(void **state)
{
	struct talk *t = *state;

	talk_read_body(t, "{'hello':'world'}");
	assert_int_equal(t->answer.error.kind, ERROR_PROTOCOL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, begin, talk_end)
		T(the_smallest_request_has_room_and_headers),
		T(system_turns_are_gathered_wherever_they_stand),
		T(a_system_turn_with_a_block_of_the_apis_own_stays_where_it_is),
		T(an_answer_that_was_begun_ends_in_no_white_space),
		T(results_stand_first_in_the_users_turn),
		T(blank_text_is_left_out),
		T(media_go_by_data_address_or_file),
		T(sound_is_refused_and_not_dropped),
		T(thinking_goes_back_to_the_model_that_thought_it),
		T(a_level_is_a_budget_on_older_models),
		T(room_that_was_asked_for_is_not_taken_away),
		T(families_are_known_by_any_name),
		T(a_level_is_an_effort_on_newer_models),
		T(off_is_said_where_a_model_thinks_unasked),
		T(what_the_api_lacks_is_warned_of),
		T(tools_and_choices),
		T(a_forced_tool_stops_the_thinking),
		T(a_schema_is_a_format_or_a_forced_tool),
		T(a_schema_is_fitted_to_what_the_decoder_knows),
		T(a_picture_in_a_system_turn_is_warned_of),
		T(blocks_go_to_their_own_provider_and_others_are_warned_of),
		T(cache_marks_are_four_at_most),
		T(automatic_marks_stand_where_a_prefix_comes_again),
		T(text_thinking_and_tools_are_put_together),
		T(hidden_thinking_is_kept_for_its_signature),
		T(without_message_stop_it_is_truncated),
		T(an_error_inside_the_stream_is_the_end),
		T(the_same_message_may_start_twice_but_not_another),
		T(blocks_of_the_providers_own_are_kept_verbatim),
		T(citations_stay_with_their_text),
		T(the_schemas_tool_is_the_content),
		T(what_is_no_message_is_a_protocol_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
