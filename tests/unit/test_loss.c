/* SPDX-License-Identifier: MIT */
/*
 * test_loss - nothing that a request says is dropped without a word: whatever the provider, a
 * request with a thing in it and one without differ in what is sent or in what is warned of, or the
 * thing is refused. And nothing is sent that belongs elsewhere: a provider's state.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "support/building.h"

/* Who is asked. */
static const struct target {
	const struct dialect *dialect;
	const char *url, *model;
} targets[] = {
	{ &dialect_openai_chat, "http://127.0.0.1:8000/v1", "m" },
	{ &dialect_openai_chat, "https://api.openai.com/v1", "gpt-4o" },
	{ &dialect_openai_chat, "https://api.openai.com/v1", "o3" },
	{ &dialect_openai_chat, "https://api.openai.com/v1", "gpt-5.2" },
	{ &dialect_openai_chat, "https://api.mistral.ai/v1", "mistral-large-latest" },
	{ &dialect_openai_chat, "https://api.deepseek.com", "deepseek-chat" },
	{ &dialect_openai_chat, "https://api.x.ai/v1", "grok-4" },
	{ &dialect_openai_chat, "https://api.z.ai/api/paas/v4", "glm-5" },
	{ &dialect_openai_chat, "https://api.moonshot.ai/v1", "kimi-k2.6" },
	{ &dialect_openai_chat, "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "qwen3" },
	{ &dialect_openai_chat, "https://api.perplexity.ai", "sonar" },
	{ &dialect_openai_chat, "https://openrouter.ai/api/v1", "a/b" },
	{ &dialect_openai_responses, "https://api.openai.com/v1", "gpt-4o" },
	{ &dialect_openai_responses, "https://api.openai.com/v1", "gpt-5.2" },
	{ &dialect_azure_openai, "https://a.openai.azure.com", "gpt-4o" },
	{ &dialect_anthropic_messages, "https://api.anthropic.com", "claude-3-5-haiku-latest" },
	{ &dialect_anthropic_messages, "https://api.anthropic.com", "claude-haiku-4-5" },
	{ &dialect_anthropic_messages, "https://api.anthropic.com", "claude-opus-4-8" },
	{ &dialect_vertex_anthropic, "https://aiplatform.googleapis.com", "claude-haiku-4-5" },
	{ &dialect_gemini, "https://generativelanguage.googleapis.com", "gemini-1.5-flash" },
	{ &dialect_gemini, "https://generativelanguage.googleapis.com", "gemini-2.5-flash" },
	{ &dialect_gemini, "https://generativelanguage.googleapis.com", "gemini-3-pro-preview" },
	{ &dialect_vertex_gemini, "https://aiplatform.googleapis.com", "gemini-2.5-flash" },
	{ &dialect_ollama, "http://127.0.0.1:11434", "llama3.2" },
	{ &dialect_cohere_v2, "https://api.cohere.com", "command-a-03-2025" },
	{ &dialect_bedrock_converse, "https://bedrock-runtime.us-east-1.amazonaws.com",
	    "anthropic.claude-haiku-4-5-20251001-v1:0" },
	{ &dialect_bedrock_converse, "https://bedrock-runtime.us-east-1.amazonaws.com",
	    "amazon.nova-lite-v1:0" },
};

#define U "{\"role\":\"user\",\"content\":\"hi\"}"
#define ASK "\"messages\":[" U "]"
#define TOOLS "\"tools\":[{\"name\":\"f\",\"inputSchema\":{\"type\":\"object\",\"properties\":{}}}]"
#define USER(parts)                                                                                \
	"\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}" parts  \
	"]}]"
#define SYSTEM(parts)                                                                              \
	"\"messages\":[{\"role\":\"system\",\"content\":[{\"type\":\"text\",\"text\":\"s\"}" parts \
	"]}," U "]"
#define ASSISTANT(parts)                                                                           \
	"\"messages\":[" U                                                                         \
	",{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}" parts "]}," U   \
	"]"
#define CALL(arguments)                                                                                    \
	"{\"role\":\"assistant\",\"content\":[{\"type\":\"toolCall\",\"id\":\"abcdefgh1\",\"name\":\"f\"," \
	"" arguments "}]}"
#define RESULT(members)                                                                                                   \
	TOOLS ",\"messages\":[" U "," CALL(                                                                               \
	    "\"arguments\":{}") ",{\"role\":\"tool\",\"content\":[{\"type\":\"toolResult\",\"id\":\"abcdefgh1\"," members \
				"}]}]"
#define TEXT_AND(part) "\"content\":[{\"type\":\"text\",\"text\":\"t\"}" part "]"

#define IMAGE ",{\"type\":\"image\",\"mediaType\":\"image/png\",\"data\":\"AAAA\"}"
#define PDF                                                                                        \
	",{\"type\":\"file\",\"mediaType\":\"application/pdf\",\"name\":\"n.pdf\",\"data\":\"JVBE\"}"
#define TEXT_FILE                                                                                  \
	",{\"type\":\"file\",\"mediaType\":\"text/plain\",\"name\":\"n\",\"text\":\"words\"}"
#define FOREIGN ",{\"type\":\"provider\",\"provider\":\"elsewhere\",\"value\":{\"type\":\"x\"}}"
#define THOUGHT(opaque) ",{\"type\":\"reasoning\",\"text\":\"hm\"" opaque "}"

static const struct thing {
	const char *name, *with, *without;
} things[] = {
	{ "maxTokens", ASK ",\"options\":{\"maxTokens\":99}", ASK },
	{ "temperature", ASK ",\"options\":{\"temperature\":0.42}", ASK },
	{ "topP", ASK ",\"options\":{\"topP\":0.42}", ASK },
	{ "topK", ASK ",\"options\":{\"topK\":42}", ASK },
	{ "seed", ASK ",\"options\":{\"seed\":42}", ASK },
	{ "stop", ASK ",\"options\":{\"stop\":[\"x\"]}", ASK },
	{ "reasoning minimal", ASK ",\"options\":{\"reasoning\":\"minimal\"}", ASK },
	{ "reasoning low", ASK ",\"options\":{\"reasoning\":\"low\"}", ASK },
	{ "reasoning xhigh", ASK ",\"options\":{\"reasoning\":\"xhigh\"}", ASK },
	{ "reasoning budget", ASK ",\"options\":{\"reasoning\":{\"budgetTokens\":4000}}", ASK },
	{ "responseSchema", ASK ",\"options\":{\"responseSchema\":{\"type\":\"object\"}}", ASK },
	{ "cache off",
	    USER(
		",{\"type\":\"text\",\"text\":\"t\",\"cache\":true}") ",\"options\":{\"cache\":\"off\"}",
	    USER(",{\"type\":\"text\",\"text\":\"t\",\"cache\":true}") },
	{ "tools", ASK "," TOOLS, ASK },
	{ "toolChoice none", ASK "," TOOLS ",\"toolChoice\":\"none\"", ASK "," TOOLS },
	{ "toolChoice required", ASK "," TOOLS ",\"toolChoice\":\"required\"", ASK "," TOOLS },
	{ "toolChoice one", ASK "," TOOLS ",\"toolChoice\":{\"name\":\"f\"}", ASK "," TOOLS },
	{ "parallelTools off", ASK "," TOOLS ",\"options\":{\"parallelTools\":false}",
	    ASK "," TOOLS },
	{ "strict tool", ASK ",\"tools\":[{\"name\":\"f\",\"strict\":true}]",
	    ASK ",\"tools\":[{\"name\":\"f\"}]" },
	{ "tool description", ASK ",\"tools\":[{\"name\":\"f\",\"description\":\"d\"}]",
	    ASK ",\"tools\":[{\"name\":\"f\"}]" },

	{ "image", USER(IMAGE), USER("") },
	{ "image url", USER(",{\"type\":\"image\",\"url\":\"https://a/b.png\"}"), USER("") },
	{ "image fileId", USER(",{\"type\":\"image\",\"fileId\":\"f1\"}"), USER("") },
	{ "audio", USER(",{\"type\":\"audio\",\"mediaType\":\"audio/wav\",\"data\":\"UklG\"}"),
	    USER("") },
	{ "audio url",
	    USER(",{\"type\":\"audio\",\"mediaType\":\"audio/wav\",\"url\":\"https://a/b.wav\"}"),
	    USER("") },
	{ "video", USER(",{\"type\":\"video\",\"mediaType\":\"video/mp4\",\"data\":\"AAAA\"}"),
	    USER("") },
	{ "PDF", USER(PDF), USER("") },
	{ "PDF url",
	    USER(
		",{\"type\":\"file\",\"mediaType\":\"application/pdf\",\"url\":\"https://a/b.pdf\"}"),
	    USER("") },
	{ "text file", USER(TEXT_FILE), USER("") },
	{ "text file's name", USER(TEXT_FILE),
	    USER(",{\"type\":\"file\",\"mediaType\":\"text/plain\",\"text\":\"words\"}") },
	{ "zip file",
	    USER(",{\"type\":\"file\",\"mediaType\":\"application/zip\",\"data\":\"UEsD\"}"),
	    USER("") },
	{ "another's block in a user's turn", USER(FOREIGN), USER("") },

	{ "system", SYSTEM(""), ASK },
	{ "image in the system", SYSTEM(IMAGE), SYSTEM("") },
	{ "another's block in the system", SYSTEM(FOREIGN), SYSTEM("") },
	{ "system inside the conversation",
	    "\"messages\":[" U ",{\"role\":\"system\",\"content\":\"s\"}," U "]",
	    "\"messages\":[" U "," U "]" },

	{ "image of the assistant's", ASSISTANT(IMAGE), ASSISTANT("") },
	{ "file of the assistant's", ASSISTANT(PDF), ASSISTANT("") },
	{ "another's block of the assistant's", ASSISTANT(FOREIGN), ASSISTANT("") },
	{ "another's reasoning",
	    ASSISTANT(THOUGHT(
		",\"opaque\":{\"provider\":\"elsewhere\",\"model\":\"n\",\"value\":{\"field\":\"x\"}}")),
	    ASSISTANT("") },
	{ "nobody's reasoning", ASSISTANT(THOUGHT("")), ASSISTANT("") },
	{ "custom tool's input",
	    "\"messages\":[" U "," CALL(
		"\"input\":\"x\"") ",{\"role\":\"tool\",\"content\":[{\"type\":\"toolResult\",\"id\":\"abcdefgh1\",\"content\":\"y\"}]}]," TOOLS,
	    "\"messages\":[" U "," CALL(
		"\"input\":\"z\"") ",{\"role\":\"tool\",\"content\":[{\"type\":\"toolResult\",\"id\":\"abcdefgh1\",\"content\":\"y\"}]}]," TOOLS },

	{ "error in a result", RESULT("\"content\":\"no\",\"isError\":true"),
	    RESULT("\"content\":\"no\"") },
	{ "error in a result's value", RESULT("\"content\":{\"a\":1},\"isError\":true"),
	    RESULT("\"content\":{\"a\":1}") },
	{ "error in a result's parts", RESULT(TEXT_AND(IMAGE) ",\"isError\":true"),
	    RESULT(TEXT_AND(IMAGE)) },
	{ "image in a result", RESULT(TEXT_AND(IMAGE)), RESULT(TEXT_AND("")) },
	{ "PDF in a result", RESULT(TEXT_AND(PDF)), RESULT(TEXT_AND("")) },
	{ "text file in a result", RESULT(TEXT_AND(TEXT_FILE)), RESULT(TEXT_AND("")) },
	{ "another's block in a result", RESULT(TEXT_AND(FOREIGN)), RESULT(TEXT_AND("")) },
	{ "value in a result", RESULT("\"content\":[1]"), RESULT("\"content\":[]") },
};

static void
build(struct building *b, const struct target *target, const char *members)
{
	struct buf record = BUF_INIT(BUF_UNLIMITED);

	buf_addf(&record, "{%s}", members);
	building_of(b, &(struct order){ .dialect = target->dialect,
			   .base_url = target->url,
			   .model = target->model,
			   .key = "k",
			   .placed = true,
			   .record = record.p });
	buf_release(&record);
}

static bool
is_same(const struct building *a, const struct building *b)
{
	bool same = strcmp(a->wire.body.p, b->wire.body.p) == 0 &&
		    strcmp(a->wire.url.p, b->wire.url.p) == 0 &&
		    strcmp(a->answer.warnings.p, b->answer.warnings.p) == 0 &&
		    a->wire.headers.count == b->wire.headers.count;

	for (size_t i = 0; same && i < a->wire.headers.count; i++)
		same = strcmp(a->wire.headers.items[i].value, b->wire.headers.items[i].value) == 0;
	return same;
}

/* Whether the thing is lost without a word. */
static bool
is_lost(const struct target *target, const struct thing *thing)
{
	struct building with, without;
	bool lost;

	build(&with, target, thing->with);
	build(&without, target, thing->without);
	if (without.rc < 0)
		print_error("%s %s without %s: %s\n", target->dialect->name, target->model,
		    thing->name, without.err.text);
	lost = without.rc < 0 || (with.rc < 0 ? !*with.err.text : is_same(&with, &without));
	building_release(&with);
	building_release(&without);
	return lost;
}

static void
nothing_is_dropped_without_a_word(void **state)
{
	size_t lost = 0;

	(void)state;
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		for (size_t j = 0; j < sizeof things / sizeof *things; j++) {
			if (!is_lost(&targets[i], &things[j]))
				continue;
			print_error("%s %s: %s is lost\n", targets[i].dialect->name,
			    targets[i].model, things[j].name);
			lost++;
		}
	}
	assert_int_equal(lost, 0);
}

/* --- state --- */

/* The forms that dialects keep their state in: whose it is decides, not what it looks like. */
static const char *const states[] = {
	"\"STATE\"",
	"{\"signature\":\"STATE\"}",
	"{\"type\":\"redacted_thinking\",\"data\":\"STATE\"}",
	"{\"redactedContent\":\"STATE\"}",
	"{\"citations\":[{\"type\":\"STATE\"}]}",
	"{\"caller\":{\"type\":\"STATE\"}}",
	"{\"field\":\"reasoning_content\"}",
	"{\"field\":\"thinking\"}",
	"{\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":\"STATE\"}]}",
	"{\"extra_content\":{\"google\":{\"thought_signature\":\"STATE\"}}}",
	"{\"audio\":{\"id\":\"STATE\"}}",
	"{\"type\":\"reasoning\",\"id\":\"rs\",\"encrypted_content\":\"STATE\",\"summary\":[]}",
	"{\"id\":\"STATE\",\"annotations\":[]}",
};

/* How often one of the states, or the reasoning that bears one, is sent to target. */
static size_t
states_sent(const struct target *target, const char *provider, const char *model)
{
	size_t sent = 0;

	for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
		struct buf opaque = BUF_INIT(BUF_UNLIMITED), record = BUF_INIT(BUF_UNLIMITED);
		struct building b;

		buf_addf(&opaque, "\"opaque\":{\"provider\":\"%s\",\"model\":\"%s\",\"value\":%s}",
		    provider, model, states[i]);
		buf_addf(&record,
		    "\"messages\":[" U ",{\"role\":\"assistant\",\"content\":["
		    "{\"type\":\"reasoning\",\"text\":\"THOUGHT\",%s},"
		    "{\"type\":\"text\",\"text\":\"a\",%s},"
		    "{\"type\":\"toolCall\",\"id\":\"abcdefgh1\",\"name\":\"f\",\"arguments\":{},%s}]},"
		    "{\"role\":\"tool\",\"content\":[{\"type\":\"toolResult\",\"id\":\"abcdefgh1\","
		    "\"content\":\"y\"}]}]," TOOLS,
		    opaque.p, opaque.p, opaque.p);
		build(&b, target, record.p);
		assert_string_equal(b.err.text, "");
		sent += strstr(b.wire.body.p, "STATE") || strstr(b.wire.body.p, "THOUGHT");
		building_release(&b);
		buf_release(&opaque);
		buf_release(&record);
	}
	return sent;
}

static void
state_goes_back_to_whom_it_came_from_and_to_nobody_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		const struct target *to = &targets[i];

		assert_int_not_equal(states_sent(to, "test", to->model), 0);
		assert_int_equal(states_sent(to, "test", "another-model"), 0);
		for (size_t j = 0; j < sizeof targets / sizeof *targets; j++) {
			const struct target *from = &targets[j];

			assert_int_equal(states_sent(to, from->dialect->name, from->model), 0);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_dropped_without_a_word),
		cmocka_unit_test(state_goes_back_to_whom_it_came_from_and_to_nobody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
