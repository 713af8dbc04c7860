/* SPDX-License-Identifier: MIT */
/* cohere - Cohere's own API (/v2/chat): read what it answers. */
#include "llm/cohere.h"

static const struct stop_row stops[] = {
	{ "COMPLETE", STOP_END },
	{ "STOP_SEQUENCE", STOP_STOP },
	{ "MAX_TOKENS", STOP_LENGTH },
	{ "ERROR_LIMIT", STOP_LENGTH },
	{ "TOOL_CALL", STOP_TOOL },
	{ "ERROR_TOXIC", STOP_FILTER },
	{ "ERROR", STOP_ERROR },
	{ "TIMEOUT", STOP_ERROR },
	{ NULL, STOP_NONE },
};

/* Pictures are counted beside the tokens; what the cache read is among them. What is billed
 * (billed_units) is less than what the model saw. */
static void
read_usage(struct answer *a, struct json usage)
{
	struct json tokens = json_get(usage, "tokens");
	int64_t images = TOKENS_UNKNOWN;

	usage_set(&a->usage.in, json_get(tokens, "input_tokens"));
	usage_set(&images, json_get(tokens, "image_tokens"));
	if (images > 0)
		usage_add(&a->usage.in, images);
	usage_set(&a->usage.out, json_get(tokens, "output_tokens"));
	usage_set(&a->usage.reasoning, json_get(tokens, "reasoning_tokens"));
	usage_set(&a->usage.cache_read, json_get(usage, "cached_tokens"));
}

static void
read_thought(struct answer *a, int64_t key, struct json text, const char *field)
{
	struct part *part = answer_text(a, PART_REASONING, key, text);

	if (part && !part->opaque.len)
		buf_adds(&part->opaque, field);
}

/* A block of the content, or a piece of one. */
static void
read_content(struct answer *a, int64_t index, struct json block)
{
	read_thought(a, index, json_get(block, "thinking"), COHERE_THINKING);
	(void)answer_text(a, PART_TEXT, index, json_get(block, "text"));
}

static void
read_call(struct answer *a, int64_t index, struct json call)
{
	struct json function = json_get(call, "function");

	(void)answer_tool(a, index, json_get(call, "id"), json_get(function, "name"),
	    json_get(function, "arguments"));
}

/* What a tool gave, or a document of the request. */
static struct cited
source_of(struct json source)
{
	struct json document = json_get(source, "document");
	struct json data = document.kind == JSON_OBJECT ? document
							: json_get(source, "tool_output");

	return (struct cited){
		.document = json_get(source, "id"),
		.title = json_get(data, "title"),
		.url = json_get(data, "url"),
		.text = json_get(data, "text"),
	};
}

/* Offsets are of the text block that content_index names, or of the only one there is. */
static void
read_citation(struct answer *a, struct json citation)
{
	struct json_iter it = json_each(json_get(citation, "sources"));
	struct part *part = NULL;
	int64_t index = 0;

	if (json_i64(json_get(citation, "content_index"), &index))
		part = answer_find(a, PART_TEXT, index);
	while (json_next(&it)) {
		struct cited cited = source_of(it.value);

		cited.value = citation;
		(void)json_i64(json_get(citation, "start"), &cited.start);
		(void)json_i64(json_get(citation, "end"), &cited.end);
		answer_cite(a, part, &cited);
	}
}

/* --- streamed --- */

static void
end_message(struct answer *a, struct json delta)
{
	struct json error = json_get(delta, "error");

	read_usage(a, json_get(delta, "usage"));
	answer_stop(a, stops, json_get(delta, "finish_reason"));
	if (json_exists(error))
		answer_error_json(a, 0, delta);
	answer_end(a);
}

static void
event(struct answer *a, struct str name, struct json data)
{
	struct json type = json_get(data, "type"), delta = json_get(data, "delta");
	struct json message = json_get(delta, "message");
	int64_t index = 0;

	(void)name; /* the payload says it too, and gateways lose event names */
	(void)json_i64(json_get(data, "index"), &index);
	if (a->ended)
		return; /* an answer is one message; nothing after it belongs to it */
	if (json_eq(type, "message-start")) {
		answer_response_id(a, json_get(data, "id"));
	} else if (json_eq(type, "content-start") || json_eq(type, "content-delta")) {
		read_content(a, index, json_get(message, "content"));
	} else if (json_eq(type, "tool-plan-delta")) {
		read_thought(a, KEY_NONE, json_get(message, "tool_plan"), COHERE_PLAN);
	} else if (json_eq(type, "tool-call-start") || json_eq(type, "tool-call-delta")) {
		read_call(a, index, json_get(message, "tool_calls"));
	} else if (json_eq(type, "citation-start")) {
		read_citation(a, json_get(message, "citations"));
	} else if (json_eq(type, "message-end")) {
		end_message(a, delta);
	} else if (!json_exists(type)) { /* an error is told as a body is */
		answer_error_json(a, 0, data);
	}
}

/* Servers differ in whether they say it after message-end. */
static bool
raw(struct answer *a, struct str data)
{
	(void)a;
	return str_is(str_trim(data), "[DONE]");
}

/* --- whole --- */

static void
read_message(struct answer *a, struct json message)
{
	struct json content = json_get(message, "content");
	struct json_iter it = json_each(content);
	int64_t index = 0;

	read_thought(a, KEY_NONE, json_get(message, "tool_plan"), COHERE_PLAN);
	for (; content.kind == JSON_ARRAY && json_next(&it); index++)
		read_content(a, index, it.value);
	(void)answer_text(a, PART_TEXT, 0, content); /* where it is a string */
	it = json_each(json_get(message, "tool_calls"));
	for (index = 0; json_next(&it); index++)
		read_call(a, index, it.value);
	for (it = json_each(json_get(message, "citations")); json_next(&it);)
		read_citation(a, it.value);
}

static void
body(struct answer *a, struct json data)
{
	struct json message = json_get(data, "message");

	if (message.kind != JSON_OBJECT) {
		answer_error_json(a, 0, data);
		return;
	}
	answer_response_id(a, json_get(data, "id"));
	read_message(a, message);
	read_usage(a, json_get(data, "usage"));
	answer_stop(a, stops, json_get(data, "finish_reason"));
	if (a->choice_done)
		answer_end(a);
}

static const char *const token_members[] = { "max_tokens", NULL };
static const char *const price_members[] = { "tools", "tools+", NULL };
static const struct dialect_ceiling ceiling = { token_members, NULL, price_members };

const struct dialect dialect_cohere_v2 = {
	.name = "cohere-v2",
	.maker = "cohere",
	.version = "/v2",
	.address = cohere_address,
	.means = cohere_means,
	.build = cohere_build,
	.ceiling = &ceiling,
	.event = event,
	.raw = raw,
	.body = body,
};
