/* SPDX-License-Identifier: MIT */
/* test_bedrock_request - the bedrock-converse dialect: what becomes of a record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/talk.h"

#define CLAUDE "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
#define CLAUDE_3 "anthropic.claude-3-5-sonnet-20240620-v1:0"
#define NOVA "amazon.nova-lite-v1:0"
#define MISTRAL "mistral.mistral-large-2402-v1:0"
#define LLAMA "meta.llama3-1-70b-instruct-v1:0"
#define HELLO "'messages':[{'role':'user','content':'hi'}]"
#define TOOLS "'tools':[{'name':'f','description':'d','inputSchema':{'type':'object'}}]"
#define SPEC "{'toolSpec':{'name':'f','description':'d','inputSchema':{'json':{'type':'object'}}}}"

/* talk_build keeps the warnings of the builds before. */
static bool
build(struct talk *t, const char *record)
{
	buf_reset(&t->answer.warnings);
	return talk_build(t, record);
}

static int
begin(void **state)
{
	return talk_begin(state, &dialect_bedrock_converse, "bedrock");
}

static void
the_model_stands_escaped_in_the_path(void **state)
{
	struct talk *t = *state;

	assert_true(build(t, "{'model':'" CLAUDE "','prompt':'hi'}"));
	talk_body_is(t, "", "{'messages':[{'role':'user','content':[{'text':'hi'}]}]}");
	assert_string_equal(t->wire.url.p,
	    "https://api.example/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse");
	assert_string_equal(http_headers_get(&t->wire.headers, "authorization"), "Bearer KEY");
	assert_int_equal(t->wire.framing, FRAME_WHOLE);
	assert_true(build(t, "{'model':'arn:aws:bedrock:x:1:inference-profile/p','prompt':'hi',"
			     "'options':{'stream':true}}"));
	assert_string_equal(t->wire.url.p,
	    "https://api.example/model/arn%3Aaws%3Abedrock%3Ax%3A1%3Ainference-profile%2Fp/converse-stream");
	assert_int_equal(t->wire.framing, FRAME_AWS);
	assert_false(build(t, "{'model':'..','prompt':'hi'}"));
}

static void
sides_alternate_whatever_is_left_out(void **state)
{
	struct talk *t = *state;

	assert_true(build(t,
	    "{'model':'" CLAUDE "','messages':[{'role':'system','content':'s'},"
	    "{'role':'user','content':'a'},{'role':'assistant','content':[{'type':'reasoning','text':'unsigned'},"
	    "{'type':'text','text':' '}]},{'role':'user','content':'b'},{'role':'system','content':'t'},"
	    "{'role':'assistant','content':'c'},{'role':'assistant','content':'d'},"
	    "{'role':'user','content':'e'}]}"));
	talk_body_is(t, "system", "[{'text':'s'},{'text':'t'}]");
	talk_body_is(t, "messages",
	    "[{'role':'user','content':[{'text':'a'},{'text':'b'}]},"
	    "{'role':'assistant','content':[{'text':'c'},{'text':'d'}]},"
	    "{'role':'user','content':[{'text':'e'}]}]");
}

static void
an_answer_that_was_begun_ends_in_no_white_space(void **state)
{
	struct talk *t = *state;

	assert_true(build(t, "{'model':'" CLAUDE "','messages':[{'role':'user','content':'hi'},"
			     "{'role':'assistant','content':'The answer: \\n'}]}"));
	talk_body_is(t, "messages.1.content", "[{'text':'The answer:'}]");
	assert_string_equal(t->answer.warnings.p, "");
	assert_true(build(t,
	    "{'model':'anthropic.claude-opus-4-8','messages':[{'role':'user','content':'hi'},"
	    "{'role':'assistant','content':'The'}]}"));
	assert_true(talk_warned(t, "messages"));
}

static void
thoughts_go_back_signed_or_sealed(void **state)
{
	struct talk *t = *state;

	assert_true(build(t,
	    "{'model':'" CLAUDE
	    "','messages':[{'role':'user','content':'a'},{'role':'assistant','content':["
	    "{'type':'reasoning','text':'hm','opaque':{'provider':'bedrock','model':'" CLAUDE
	    "','value':{'signature':'s'}}},{'type':'reasoning','text':'','opaque':{'provider':'bedrock','model':'" CLAUDE
	    "','value':{'redactedContent':'AA'}}},{'type':'reasoning','text':'other','opaque':{'provider':'bedrock',"
	    "'model':'another','value':{'signature':'z'}}},{'type':'text','text':'x','opaque':{'provider':'bedrock','model':'" CLAUDE
	    "','value':{'citations':[{'title':'T'}]}}}]}]}"));
	talk_body_is(t, "messages.1.content",
	    "[{'reasoningContent':{'reasoningText':{'text':'hm','signature':'s'}}},"
	    "{'reasoningContent':{'redactedContent':'AA'}},"
	    "{'citationsContent':{'content':[{'text':'x'}],'citations':[{'title':'T'}]}}]");
}

#define CALLED                                                                                                       \
	"{'role':'user','content':'go'},{'role':'assistant','content':[{'type':'toolCall','id':'call|1','name':'f'," \
	"'arguments':{'x':1}}]},{'role':'tool','content':[{'type':'toolResult','id':'call|1','content':{'y':2}}]}"

static void
results_stand_first_and_ids_are_fitted(void **state)
{
	struct talk *t = *state;

	assert_true(build(t,
	    "{'model':'" CLAUDE "'," TOOLS ",'messages':[{'role':'user','content':'go'},"
	    "{'role':'assistant','content':[{'type':'toolCall','id':'call|1','name':'f','arguments':{'x':1}},"
	    "{'type':'toolCall','id':'b','name':'f'}]},{'role':'user','content':'and more'},"
	    "{'role':'tool','content':[{'type':'toolResult','id':'call|1','content':[1,2]},"
	    "{'type':'toolResult','id':'b','isError':true,'content':[{'type':'text','text':'no'},"
	    "{'type':'image','mediaType':'image/png','data':'AAAA'}]}]}]}"));
	talk_body_is(t, "messages.1.content",
	    "[{'toolUse':{'toolUseId':'call_1_yidj5ucp6','name':'f','input':{'x':1}}},"
	    "{'toolUse':{'toolUseId':'b','name':'f','input':{}}}]");
	talk_body_is(t, "messages.2.content",
	    "[{'toolResult':{'toolUseId':'call_1_yidj5ucp6','content':[{'text':'[1,2]'}]}},"
	    "{'toolResult':{'toolUseId':'b','content':[{'text':'no'},"
	    "{'image':{'format':'png','source':{'bytes':'AAAA'}}}],'status':'error'}},"
	    "{'text':'and more'}]");
}

static void
some_families_want_results_alone(void **state)
{
	struct talk *t = *state;

	assert_true(build(t, "{'model':'" MISTRAL "'," TOOLS ",'messages':[" CALLED
			     ",{'role':'user','content':'thanks'}]}"));
	talk_body_is(t, "messages.2",
	    "{'role':'user','content':[{'toolResult':{'toolUseId':'call_1_yidj5ucp6','content':[{'json':{'y':2}}]}}]}");
	talk_body_is(t, "messages.3", "{'role':'assistant','content':[{'text':'OK.'}]}");
	talk_body_is(t, "messages.4", "{'role':'user','content':[{'text':'thanks'}]}");
	assert_true(build(t, "{'model':'" LLAMA "'," TOOLS ",'messages':[" CALLED
			     ",{'role':'assistant','content':'so'}]}"));
	talk_body_is(t, "messages.3", "{'role':'assistant','content':[{'text':'so'}]}");
}

static void
tool_choices_are_those_of_the_family(void **state)
{
	struct talk *t = *state;

	assert_true(build(t, "{'model':'" CLAUDE "'," TOOLS "," HELLO ",'toolChoice':'required'}"));
	talk_body_is(t, "toolConfig", "{'tools':[" SPEC "],'toolChoice':{'any':{}}}");
	assert_true(
	    build(t, "{'model':'" CLAUDE "'," TOOLS "," HELLO ",'toolChoice':{'name':'f'}}"));
	talk_body_is(t, "toolConfig.toolChoice", "{'tool':{'name':'f'}}");
	assert_string_equal(t->answer.warnings.p, "");
	assert_true(
	    build(t, "{'model':'" MISTRAL "'," TOOLS "," HELLO ",'toolChoice':{'name':'f'}}"));
	talk_body_is(t, "toolConfig.toolChoice", "{'any':{}}");
	assert_string_equal(t->answer.warnings.p, ""); /* it is the only one */
	assert_true(build(t, "{'model':'" MISTRAL "','tools':[{'name':'f'},{'name':'g'}]," HELLO
			     ",'toolChoice':{'name':'f'}}"));
	assert_true(talk_warned(t, "toolChoice"));
	assert_true(build(t, "{'model':'" LLAMA "'," TOOLS "," HELLO ",'toolChoice':'required'}"));
	assert_false(talk_body_has(t, "toolConfig.toolChoice"));
	assert_true(talk_warned(t, "toolChoice"));
}

static void
forbidden_tools_are_left_out_unless_they_were_called(void **state)
{
	struct talk *t = *state;

	assert_true(build(t, "{'model':'" CLAUDE "'," TOOLS "," HELLO ",'toolChoice':'none'}"));
	assert_false(talk_body_has(t, "toolConfig"));
	assert_string_equal(t->answer.warnings.p, "");
	assert_true(build(
	    t, "{'model':'" CLAUDE "'," TOOLS ",'messages':[" CALLED "],'toolChoice':'none'}"));
	talk_body_is(t, "toolConfig", "{'tools':[" SPEC "]}");
	assert_true(talk_warned(t, "toolChoice"));
	assert_true(build(t, "{'model':'" CLAUDE "','messages':[" CALLED "]}"));
	talk_body_is(t, "toolConfig",
	    "{'tools':[{'toolSpec':{'name':'f','inputSchema':{'json':{'type':'object'}}}}]}");
}

static void
sampling_goes_where_the_family_has_it(void **state)
{
	struct talk *t = *state;

	assert_true(build(t, "{'model':'" NOVA "'," HELLO
			     ",'options':{'maxTokens':9,'temperature':0.50,'topP':0.9,'topK':4,"
			     "'stop':'x','seed':1}}"));
	talk_body_is(t, "inferenceConfig",
	    "{'maxTokens':9,'temperature':0.5,'topP':0.9,'stopSequences':['x']}");
	talk_body_is(t, "additionalModelRequestFields", "{'inferenceConfig':{'topK':4}}");
	assert_true(talk_warned(t, "options.seed"));
	assert_true(
	    build(t, "{'model':'" CLAUDE_3 "'," HELLO ",'options':{'topK':4,'temperature':2}}"));
	talk_body_is(t, "inferenceConfig", "{'temperature':1}");
	talk_body_is(t, "additionalModelRequestFields", "{'top_k':4}");
	assert_true(talk_warned(t, "options.temperature"));
	assert_true(build(t, "{'model':'" LLAMA "'," HELLO ",'options':{'topK':4}}"));
	assert_false(talk_body_has(t, "additionalModelRequestFields"));
	assert_true(talk_warned(t, "options.topK"));
}

static void
reasoning_is_asked_for_in_the_familys_way(void **state)
{
	static const struct {
		const char *model, *reasoning, *fields;
		bool warned;
	} ways[] = {
		{ CLAUDE, "'low'", "{'thinking':{'type':'enabled','budget_tokens':2048}}", false },
		{ CLAUDE, "{'budgetTokens':5000}",
		    "{'thinking':{'type':'enabled','budget_tokens':5000}}", false },
		{ "anthropic.claude-opus-4-7", "'xhigh'",
		    "{'thinking':{'type':'adaptive','display':'summarized'},'output_config':{'effort':'xhigh'}}",
		    false },
		{ "us.amazon.nova-2-lite-v1:0", "'high'",
		    "{'reasoningConfig':{'type':'enabled','maxReasoningEffort':'high'}}", false },
		{ "us.amazon.nova-2-lite-v1:0", "'off'", "{'reasoningConfig':{'type':'disabled'}}",
		    false },
		{ "openai.gpt-oss-120b-1:0", "'minimal'", "{'reasoning_effort':'low'}", false },
		{ "openai.gpt-oss-120b-1:0", "'off'", NULL, true },
		{ "openai.gpt-oss-120b-1:0", "{'budgetTokens':5000}",
		    "{'reasoning_effort':'medium'}", true },
		{ "qwen.qwen3-32b-v1:0", "'high'", "{'reasoning_config':'high'}", false },
		{ "deepseek.r1-v1:0", "'high'", NULL, true },
		{ LLAMA, "'high'", NULL, true },
		{ LLAMA, "'off'", NULL, false },
	};
	struct talk *t = *state;
	struct buf record = BUF_INIT(BUF_UNLIMITED);
	size_t i;

	for (i = 0; i < sizeof ways / sizeof *ways; i++) {
		buf_reset(&record);
		buf_addf(&record, "{'model':'%s'," HELLO ",'options':{'reasoning':%s}}",
		    ways[i].model, ways[i].reasoning);
		assert_true(build(t, record.p));
		if (ways[i].fields)
			talk_body_is(t, "additionalModelRequestFields", ways[i].fields);
		else
			assert_false(talk_body_has(t, "additionalModelRequestFields"));
		if (talk_warned(t, "options.reasoning") != ways[i].warned)
			fail_msg(
			    "%s %s: %s", ways[i].model, ways[i].reasoning, t->answer.warnings.p);
	}
	buf_release(&record);
	assert_true(build(
	    t, "{'model':'" CLAUDE "'," HELLO ",'options':{'reasoning':'low','maxTokens':100}}"));
	talk_body_is(t, "inferenceConfig", "{'maxTokens':2148}");
}

#define SCHEMA "{'type':'object','properties':{'a':{'type':'string'}},'required':['a']}"

static void
a_schema_goes_as_text_or_as_a_tool(void **state)
{
	struct talk *t = *state;

	assert_true(
	    build(t, "{'model':'" CLAUDE "'," HELLO ",'options':{'responseSchema':" SCHEMA "}}"));
	talk_body_is(t, "outputConfig.textFormat.type", "'json_schema'");
	talk_body_is(t, "outputConfig.textFormat.structure.jsonSchema.schema",
	    "'{\\'type\\':\\'object\\',\\'properties\\':{\\'a\\':{\\'type\\':\\'string\\'}},"
	    "\\'required\\':[\\'a\\'],\\'additionalProperties\\':false}'");
	assert_false(talk_body_has(t, "toolConfig"));
	assert_true(
	    build(t, "{'model':'" NOVA "'," HELLO ",'options':{'responseSchema':" SCHEMA "}}"));
	talk_body_is(t, "toolConfig.toolChoice", "{'tool':{'name':'agentflow_json_answer'}}");
	assert_true(talk_body_has(t, "toolConfig.tools.0.toolSpec.inputSchema.json.properties.a"));
	assert_true(
	    build(t, "{'model':'" LLAMA "'," HELLO ",'options':{'responseSchema':" SCHEMA "}}"));
	assert_false(talk_body_has(t, "toolConfig"));
	assert_true(talk_body_has(t, "system.0.text"));
	assert_true(talk_warned(t, "options.responseSchema"));
}

static void
media_have_formats_names_and_sources(void **state)
{
	struct talk *t = *state;

	assert_true(build(t,
	    "{'model':'" CLAUDE "','messages':[{'role':'user','content':["
	    "{'type':'image','mediaType':'image/jpg','data':'AAAA'},"
	    "{'type':'image','url':'data:image/gif;base64,R0lG'},"
	    "{'type':'image','url':'s3://b/k.webp'},"
	    "{'type':'file','mediaType':'application/pdf','name':'Q3  report_v1.2 (\\u00e9).pdf','data':'JVBE'},"
	    "{'type':'file','mediaType':'application/pdf','name':'a.pdf','data':'JVBE'},"
	    "{'type':'file','name':'a.md','text':'hello'},"
	    "{'type':'file','mediaType':'text/plain; charset=utf-8','text':'x'},"
	    "{'type':'video','mediaType':'video/3gpp','url':'s3://b/v'}]}]}"));
	talk_body_is(t, "messages.0.content",
	    "[{'image':{'format':'jpeg','source':{'bytes':'AAAA'}}},"
	    "{'image':{'format':'gif','source':{'bytes':'R0lG'}}},"
	    "{'image':{'format':'webp','source':{'s3Location':{'uri':'s3://b/k.webp'}}}},"
	    "{'document':{'format':'pdf','name':'Q3 report-v1-2 (-)','source':{'bytes':'JVBE'}}},"
	    "{'document':{'format':'pdf','name':'a','source':{'bytes':'JVBE'}}},"
	    "{'document':{'format':'md','name':'a 3','source':{'bytes':'aGVsbG8='}}},"
	    "{'document':{'format':'txt','name':'Document 5','source':{'bytes':'eA=='}}},"
	    "{'video':{'format':'three_gp','source':{'s3Location':{'uri':'s3://b/v'}}}}]");
	assert_false(build(t, "{'model':'m','messages':[{'role':'user','content':["
			      "{'type':'image','url':'https://x/y.png'}]}]}"));
	assert_false(build(t, "{'model':'m','messages':[{'role':'user','content':["
			      "{'type':'image','mediaType':'image/tiff','data':'AAAA'}]}]}"));
	assert_false(build(t, "{'model':'m','messages':[{'role':'user','content':["
			      "{'type':'file','fileId':'f'}]}]}"));
}

static void
marks_are_points_behind_what_they_mark(void **state)
{
	struct talk *t = *state;

	assert_true(build(t,
	    "{'model':'" CLAUDE
	    "','tools':[{'name':'f','inputSchema':{'type':'object'},'cache':true}],'messages':["
	    "{'role':'system','content':[{'type':'text','text':'s','cache':'1h'}]},"
	    "{'role':'user','content':[{'type':'text','text':'a'},"
	    "{'type':'file','mediaType':'text/plain','data':'eA==','cache':true}]}]}"));
	talk_body_is(t, "toolConfig.tools.1", "{'cachePoint':{'type':'default'}}");
	talk_body_is(t, "system", "[{'text':'s'},{'cachePoint':{'type':'default','ttl':'1h'}}]");
	talk_body_is(t, "messages.0.content.1", "{'cachePoint':{'type':'default'}}");
	assert_true(talk_body_has(t, "messages.0.content.2.document"));
	assert_false(talk_body_has(t, "messages.0.content.3"));
	assert_true(
	    build(t, "{'model':'" CLAUDE "','messages':[{'role':'user','content':["
		     "{'type':'text','text':'a'},{'type':'file','mediaType':'application/pdf',"
		     "'data':'JVBE','cache':true}]}]}"));
	assert_true(talk_body_has(t, "messages.0.content.1.document"));
	talk_body_is(t, "messages.0.content.2", "{'cachePoint':{'type':'default'}}");
	assert_string_equal(t->answer.warnings.p, "");
	assert_true(
	    build(t, "{'model':'" CLAUDE "','messages':[{'role':'user','content':["
		     "{'type':'file','mediaType':'text/plain','data':'eA==','cache':true}]}]}"));
	assert_true(talk_warned(t, "cache"));
	assert_true(build(t, "{'model':'" LLAMA "','messages':[{'role':'user','content':["
			     "{'type':'text','text':'a','cache':true}]}]}"));
	talk_body_is(t, "messages.0.content", "[{'text':'a'}]");
	assert_true(talk_warned(t, "cache"));
}

static void
our_own_marks_end_the_prefixes_that_come_again(void **state)
{
	struct talk *t = *state;

	assert_true(
	    build(t, "{'model':'" CLAUDE "'," TOOLS ",'messages':[{'role':'system','content':'s'},"
		     "{'role':'user','content':'a'}],'options':{'cache':'auto'}}"));
	talk_body_is(t, "toolConfig.tools.1", "{'cachePoint':{'type':'default'}}");
	talk_body_is(t, "system.1", "{'cachePoint':{'type':'default'}}");
	talk_body_is(t, "messages.0.content.1", "{'cachePoint':{'type':'default'}}");
	assert_true(
	    build(t, "{'model':'" NOVA "'," TOOLS ",'messages':[{'role':'system','content':'s'},"
		     "{'role':'user','content':'a'}],'options':{'cache':'auto'}}"));
	assert_false(talk_body_has(t, "toolConfig.tools.1"));
	assert_true(talk_body_has(t, "system.1"));
	assert_true(build(t,
	    "{'model':'" CLAUDE
	    "','messages':[{'role':'user','content':[{'type':'text','text':'a'},"
	    "{'type':'file','mediaType':'text/plain','data':'eA=='}]}],'options':{'cache':'auto'}}"));
	talk_body_is(t, "messages.0.content.1", "{'cachePoint':{'type':'default'}}");
	assert_false(talk_body_has(t, "messages.0.content.3"));
	assert_true(build(t, "{'model':'" LLAMA "','prompt':'a','options':{'cache':'auto'}}"));
	assert_false(talk_body_has(t, "messages.0.content.1"));
}

static void
what_the_contract_does_not_name_is_reached_by_provider_options(void **state)
{
	struct talk *t = *state;

	assert_true(build(t,
	    "{'model':'" NOVA
	    "','messages':[{'role':'user','content':[{'type':'provider','provider':'bedrock',"
	    "'value':{'guardContent':{'text':{'text':'hi'}}}}]}],'providerOptions':{'bedrock':{"
	    "'guardrailConfig':{'guardrailIdentifier':'g','guardrailVersion':'1'},"
	    "'performanceConfig':{'latency':'optimized'},"
	    "'toolConfig':{'tools+':[{'systemTool':{'name':'nova_code_interpreter'}}]}}}}"));
	talk_body_is(t, "",
	    "{'messages':[{'role':'user','content':[{'guardContent':{'text':{'text':'hi'}}}]}],"
	    "'guardrailConfig':{'guardrailIdentifier':'g','guardrailVersion':'1'},"
	    "'performanceConfig':{'latency':'optimized'},"
	    "'toolConfig':{'tools':[{'systemTool':{'name':'nova_code_interpreter'}}]}}");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, talk_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_model_stands_escaped_in_the_path),
		TEST(sides_alternate_whatever_is_left_out),
		TEST(an_answer_that_was_begun_ends_in_no_white_space),
		TEST(thoughts_go_back_signed_or_sealed),
		TEST(results_stand_first_and_ids_are_fitted),
		TEST(some_families_want_results_alone),
		TEST(tool_choices_are_those_of_the_family),
		TEST(forbidden_tools_are_left_out_unless_they_were_called),
		TEST(sampling_goes_where_the_family_has_it),
		TEST(reasoning_is_asked_for_in_the_familys_way),
		TEST(a_schema_goes_as_text_or_as_a_tool),
		TEST(media_have_formats_names_and_sources),
		TEST(marks_are_points_behind_what_they_mark),
		TEST(our_own_marks_end_the_prefixes_that_come_again),
		TEST(what_the_contract_does_not_name_is_reached_by_provider_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
