/* SPDX-License-Identifier: MIT */
/* test_call_id - ids of calls, as one API made them, in the form that another takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "support/building.h"
#include "support/parsed.h"

/* As they were seen: OpenAI's, Anthropic's (its own server's, too), Bedrock's, Mistral's, Gemini's,
 * Kimi's, vLLM's, Codex' with the item's behind it, of an MCP server by its tool's name, of a
 * gateway that puts a signature in; and some that only differ in what would be replaced or cut. */
static const char *const ids[] = {
	"call_8FUvhLwJjP0a1jLN6NTzIUnX",
	"toolu_01D7FLrfh4GYq7yT1ULFeyMV",
	"srvtoolu_01WYG3ziw53XMcoyKL4XcZmE",
	"tooluse_kZJMlvQmRJ6eAyJE5GIl7Q",
	"D681PevKs",
	"gemini_call_0",
	"functions.look:0",
	"functions.look.0",
	"functions_look_0",
	"chatcmpl-tool-0123456789abcdef0123456789abcdef",
	"call_65OReGAIB0M4612fiyF6YMbI|fc_0feebbbc39e113d4016969ff3539208191914ede46e71d5d06",
	"codex_mcp__hermes-tools__kanban_complete_exec-01234567-89ab-cdef-0123-456789abcdef",
	"codex_mcp__hermes-tools__kanban_complete_exec-01234567-89ab-cdef-0123-456789abcdee",
	"call_4498671d257346d4baa6f58c1dbb__thought__ZTI0ODMwYTctNWNkNi00MmZlLTk5OGItZWU1MzllNzJiOWMz",
	"\xc3\xa4\xc3\xb6 \xe2\x82\xac \xe2\x82\xac \xe2\x82\xac \xe2\x82\xac \xe2\x82\xac \xe2\x82\xac "
	"\xe2\x82\xac \xe2\x82\xac",
	"0",
};
enum { IDS = sizeof ids / sizeof *ids };

#define PLAIN "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const struct door {
	const struct dialect *dialect;
	const char *base_url, *model;
	size_t least, most; /* 0: as long as it likes */
	const char *alphabet; /* NULL: any */
} doors[] = {
	{ &dialect_openai_chat, "https://api.openai.com/v1", "gpt-4o", 1, 40, NULL },
	{ &dialect_openai_chat, "https://openrouter.ai/api/v1", "openai/gpt-4o", 1, 40, NULL },
	{ &dialect_azure_openai, "https://x.openai.azure.com", "gpt-4o", 1, 40, NULL },
	{ &dialect_openai_responses, "https://api.openai.com/v1", "gpt-5", 1, 64, NULL },
	{ &dialect_anthropic_messages, "https://api.anthropic.com", "claude-haiku-4-5", 1, 0,
	    PLAIN "_-" },
	{ &dialect_bedrock_converse, "https://bedrock-runtime.us-east-1.amazonaws.com",
	    "us.anthropic.claude-haiku-4-5-20251001-v1:0", 1, 64, PLAIN "_-" },
	{ &dialect_openai_chat, "https://api.mistral.ai/v1", "devstral-latest", 9, 9, PLAIN },
	{ &dialect_openai_chat, "http://localhost:8000/v1", "mistralai/Mistral-Small-24B", 9, 9,
	    PLAIN },
	/* who takes all gets all as they are */
	{ &dialect_openai_chat, "https://api.groq.com/openai/v1", "llama", 1, 0, NULL },
	{ &dialect_cohere_v2, "https://api.cohere.com", "command-a", 1, 0, NULL },
};

static bool
is_fit(const struct door *d, const char *id)
{
	size_t len = strlen(id);

	return len >= d->least && (!d->most || len <= d->most) &&
	       (!d->alphabet || strspn(id, d->alphabet) == len);
}

static struct buf
record(void)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	jsonw_start(&w, &out);
	jsonw_object(&w);
	jsonw_key(&w, "messages");
	jsonw_array(&w);
	for (int side = 0; side < 2; side++) {
		jsonw_object(&w);
		jsonw_kstr(&w, "role", side ? "tool" : "assistant");
		jsonw_key(&w, "content");
		jsonw_array(&w);
		for (size_t i = 0; i < IDS; i++) {
			jsonw_object(&w);
			jsonw_kstr(&w, "type", side ? "toolResult" : "toolCall");
			jsonw_kstr(&w, "id", ids[i]);
			jsonw_kstr(&w, side ? "content" : "name", side ? "seen" : "look");
			if (!side)
				jsonw_kjson(&w, "arguments", json_literal("{}"));
			jsonw_end(&w);
		}
		jsonw_end(&w);
		jsonw_end(&w);
	}
	jsonw_end(&w);
	jsonw_end(&w);
	return out;
}

/* Whatever the API calls them, in the order in which they stand. */
static void
gather(struct json v, char **found, size_t *count)
{
	static const char *const names[] = { "id", "tool_call_id", "tool_use_id", "call_id",
		"toolUseId" };
	struct json_iter it = json_each(v);

	while (json_next(&it)) {
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (json_is(it.value, JSON_STRING) && json_is(it.key, JSON_STRING) &&
			    json_eq(it.key, names[i]) && *count < 2 * IDS)
				found[(*count)++] = json_strdup(it.value);
		gather(it.value, found, count);
	}
}

static void
look_at(const struct door *d, const char *text)
{
	struct order order = { .dialect = d->dialect,
		.base_url = d->base_url,
		.model = d->model,
		.record = text,
		.placed = true };
	char *found[2 * IDS] = { NULL };
	struct building b;
	size_t count = 0;

	building_of(&b, &order);
	if (b.rc < 0)
		fail_msg("%s: %s", d->dialect->name, b.err.text);
	gather(parsed(b.wire.body.p), found, &count);
	assert_int_equal(count, 2 * IDS);
	for (size_t i = 0; i < IDS; i++) {
		if (!is_fit(d, found[i]))
			fail_msg("%s: %s is sent as %s", d->model, ids[i], found[i]);
		if (is_fit(d, ids[i]))
			assert_string_equal(found[i], ids[i]);
		assert_string_equal(found[i], found[IDS + i]);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(found[i], found[k]);
	}
	for (size_t i = 0; i < count; i++)
		free(found[i]);
	building_release(&b);
}

static void
a_call_and_its_result_have_one_id_that_the_api_takes(void **state)
{
	struct buf text = record();

	(void)state;
	for (size_t i = 0; i < sizeof doors / sizeof *doors; i++)
		look_at(&doors[i], text.p);
	buf_release(&text);
}

static void
an_id_is_the_same_however_it_is_spelled(void **state)
{
	struct order order = { .dialect = &dialect_anthropic_messages,
		.base_url = "https://api.anthropic.com",
		.record =
		    "{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"toolCall\","
		    "\"id\":\"a:1\",\"name\":\"f\",\"arguments\":{}}]},{\"role\":\"tool\",\"content\":"
		    "[{\"type\":\"toolResult\",\"id\":\"\\u0061:1\",\"content\":\"x\"}]}]}" };
	char *found[2 * IDS] = { NULL };
	struct building b;
	size_t count = 0;

	(void)state;
	building_of(&b, &order);
	assert_int_equal(b.rc, 0);
	gather(parsed(b.wire.body.p), found, &count);
	assert_int_equal(count, 2);
	assert_string_equal(found[0], found[1]);
	assert_int_equal(strncmp(found[0], "a_1_", 4), 0);
	free(found[0]);
	free(found[1]);
	building_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_and_its_result_have_one_id_that_the_api_takes),
		cmocka_unit_test(an_id_is_the_same_however_it_is_spelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
