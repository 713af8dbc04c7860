/* SPDX-License-Identifier: MIT */
/* check_body - the members that each API requires, knows and ties together. */
#include "base/buf.h"
#include "base/mem.h"
#include "mock/check.h"
#include "mock/render.h"

static const char *const openai_members[] = { "messages", "model", "service_tier", "modalities",
	"verbosity", "reasoning_effort", "max_completion_tokens", "frequency_penalty",
	"presence_penalty", "web_search_options", "top_logprobs", "response_format", "audio",
	"store", "moderation", "stream", "stop", "logit_bias", "logprobs", "max_tokens", "n",
	"prediction", "seed", "stream_options", "tools", "tool_choice", "parallel_tool_calls",
	"function_call", "functions", "metadata", "temperature", "top_p", "user",
	"safety_identifier", "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options",
	NULL };

static const char *const anthropic_members[] = { "model", "messages", "cache_control", "container",
	"context_management", "inference_geo", "max_tokens", "mcp_servers", "metadata",
	"output_config", "output_format", "service_tier", "speed", "stop_sequences", "stream",
	"system", "temperature", "thinking", "tool_choice", "tools", "top_k", "top_p",
	"user_profile_id", NULL };

static const char *const vertex_members[] = { "anthropic_version", "messages", "cache_control",
	"context_management", "max_tokens", "metadata", "output_config", "output_format",
	"stop_sequences", "stream", "system", "temperature", "thinking", "tool_choice", "tools",
	"top_k", "top_p", NULL };

static const char *const cohere_members[] = { "model", "messages", "stream", "tools",
	"strict_tools", "documents", "citation_options", "response_format", "safety_mode",
	"max_tokens", "stop_sequences", "temperature", "seed", "frequency_penalty",
	"presence_penalty", "k", "p", "logprobs", "tool_choice", "thinking", "priority",
	"raw_prompting", NULL };

/* Both spellings of protobuf's JSON form. */
static const char *const gemini_members[] = { "contents", "tools", "toolConfig", "tool_config",
	"safetySettings", "safety_settings", "systemInstruction", "system_instruction",
	"generationConfig", "generation_config", "cachedContent", "cached_content", "serviceTier",
	"service_tier", "store", "model", NULL };

static const char *const bedrock_members[] = { "messages", "system", "inferenceConfig",
	"toolConfig", "guardrailConfig", "additionalModelRequestFields", "promptVariables",
	"additionalModelResponseFieldPaths", "requestMetadata", "performanceConfig", "outputConfig",
	"serviceTier", NULL };

static bool
body_knows(const char *const *members, struct str name)
{
	for (; *members; members++)
		if (str_is(name, *members))
			return true;
	return false;
}

/* The first member that the API does not know; false where there is none. */
bool
mock_check_stranger(struct json body, const char *const *members, struct str *name)
{
	struct json_iter it = json_each(body);

	while (json_next(&it)) {
		if (json_plain(it.key, name) && body_knows(members, *name))
			continue;
		*name = (struct str){ it.key.p + 1, it.key.len - 2 };
		name->len = str_cut_utf8(*name, 80);
		return true;
	}
	return false;
}

bool
mock_check_word(struct json value, const char *const *words)
{
	for (; *words; words++)
		if (json_eq(value, *words))
			return true;
	return false;
}

/* --- OpenAI --- */

bool
mock_refuse_openai(
    struct mock_error *error, const char *code, const char *param, const char *message)
{
	(void)mock_refuse(error, 400, code, "%s", message);
	error->type = xstrdup("invalid_request_error");
	error->param = xstrdup_or_null(param);
	return false;
}

/* Whether the call of that id stands in the assistant message before the tool messages. */
static bool
openai_called(struct json assistant, struct json id)
{
	struct json_iter calls = json_each(json_get(assistant, "tool_calls"));

	while (json_next(&calls))
		if (json_equal(json_get(calls.value, "id"), id))
			return true;
	return false;
}

static bool
openai_message(struct json message, size_t i, struct json *assistant, struct mock_error *error)
{
	static const char *const roles[] = { "system", "developer", "user", "assistant", "tool",
		"function", NULL };
	struct json role = json_get(message, "role"), id = json_get(message, "tool_call_id");
	struct buf text = BUF_INIT(256), param = BUF_INIT(64);
	const char *code = NULL;

	if (json_eq(role, "assistant"))
		*assistant = message;
	else if (!json_eq(role, "tool"))
		*assistant = JSON_ABSENT;
	if (!mock_check_word(role, roles)) {
		code = json_exists(role) ? "invalid_value" : "missing_required_parameter";
		buf_addf(&param, "messages[%zu].role", i);
		buf_addf(&text,
		    json_exists(role) ? "Invalid value for '%s'."
				      : "Missing required parameter: '%s'.",
		    param.p);
	} else if (json_eq(role, "tool") && !json_exists(id)) {
		code = "missing_required_parameter";
		buf_addf(&param, "messages[%zu].tool_call_id", i);
		buf_addf(&text, "Missing required parameter: '%s'.", param.p);
	} else if (json_eq(role, "tool") && !openai_called(*assistant, id)) {
		code = "";
		buf_addf(&param, "messages.[%zu].role", i);
		buf_adds(&text,
		    "Invalid parameter: messages with role 'tool' must be a response to a preceeding "
		    "message with 'tool_calls'.");
	}
	if (code)
		(void)mock_refuse_openai(error, *code ? code : NULL, param.p, text.p);
	buf_release(&text);
	buf_release(&param);
	return !code;
}

/* Compatible servers have members of their own. */
bool
mock_check_openai(const struct mock_request *r, struct json body, const char *const *members,
    struct mock_error *error)
{
	struct str name;

	if (!str_is(buf_str(&r->provider), "openai") || !mock_check_stranger(body, members, &name))
		return true;
	(void)mock_refuse(
	    error, 400, "unknown_parameter", "Unknown parameter: '%.*s'.", (int)name.len, name.p);
	error->type = xstrdup("invalid_request_error");
	error->param = xmemdup(name.p, name.len);
	return false;
}

static bool
openai_body(const struct mock_request *r, struct json body, struct mock_error *error)
{
	struct json messages = json_get(body, "messages"), assistant = JSON_ABSENT;
	struct json_iter it;
	size_t i = 0;

	if (!mock_check_openai(r, body, openai_members, error))
		return false;
	if (!r->deployment && (!json_is(json_get(body, "model"), JSON_STRING) || r->model.len == 0))
		return mock_refuse_openai(error, NULL, NULL, "you must provide a model parameter");
	if (!json_exists(messages))
		return mock_refuse_openai(error, "missing_required_parameter", "messages",
		    "Missing required parameter: 'messages'.");
	if (!json_is(messages, JSON_ARRAY))
		return mock_refuse_openai(error, "invalid_type", "messages",
		    "Invalid type for 'messages': expected an array of objects.");
	if (json_count(messages) == 0)
		return mock_refuse_openai(error, "empty_array", "messages",
		    "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an "
		    "empty array instead.");
	for (it = json_each(messages); json_next(&it);)
		if (!openai_message(it.value, i++, &assistant, error))
			return false;
	return true;
}

/* --- Anthropic --- */

/* Whether each tool_result of this user message answers a tool_use of the message before. */
static bool
anthropic_results(struct json message, struct json before, size_t i, struct mock_error *error)
{
	struct json_iter it = json_each(json_get(message, "content")), uses;
	bool found;

	while (json_next(&it)) {
		if (!json_eq(json_get(it.value, "type"), "tool_result"))
			continue;
		found = false;
		uses = json_each(json_get(before, "content"));
		while (!found && json_next(&uses))
			found = json_equal(
			    json_get(uses.value, "id"), json_get(it.value, "tool_use_id"));
		if (!found)
			return mock_refuse(error, 400, NULL,
			    "messages.%zu: `tool_result` block without a corresponding `tool_use` block in "
			    "the previous message",
			    i);
	}
	return true;
}

static bool
anthropic_messages(struct json messages, struct mock_error *error)
{
	static const char *const roles[] = { "user", "assistant", "system", NULL };
	struct json before = JSON_ABSENT;
	struct json_iter it = json_each(messages);
	size_t i = 0;

	for (; json_next(&it); i++) {
		if (!mock_check_word(json_get(it.value, "role"), roles))
			return mock_refuse(error, 400, NULL,
			    "messages.%zu.role: Input should be 'user' or 'assistant'", i);
		if (!json_exists(json_get(it.value, "content")))
			return mock_refuse(
			    error, 400, NULL, "messages.%zu.content: Field required", i);
		if (!anthropic_results(it.value, before, i, error))
			return false;
		before = it.value;
	}
	return true;
}

static bool
anthropic_body(const struct mock_request *r, struct json body, struct mock_error *error)
{
	static const char *const direct[] = { "model", "messages", "max_tokens", NULL };
	static const char *const vertex[] = { "anthropic_version", "messages", "max_tokens", NULL };
	const char *const *required = r->vertex ? vertex : direct;
	struct json messages = json_get(body, "messages");
	const char *const *name;
	struct str stranger;
	int64_t max;

	for (name = required; *name; name++)
		if (!json_exists(json_get(body, *name)))
			return mock_refuse(error, 400, NULL, "%s: Field required", *name);
	/* At Vertex AI the model stands in the path, and the version in the body. */
	if (mock_check_stranger(body, r->vertex ? vertex_members : anthropic_members, &stranger))
		return mock_refuse(error, 400, NULL, "%.*s: Extra inputs are not permitted",
		    (int)stranger.len, stranger.p);
	if (!json_i64(json_get(body, "max_tokens"), &max) || max < 1)
		return mock_refuse(
		    error, 400, NULL, "max_tokens: Input should be greater than or equal to 1");
	if (!json_is(messages, JSON_ARRAY))
		return mock_refuse(error, 400, NULL, "messages: Input should be a valid list");
	if (json_count(messages) == 0)
		return mock_refuse(error, 400, NULL, "messages: at least one message is required");
	return anthropic_messages(messages, error);
}

/* --- Gemini --- */

static bool
gemini_body(struct json body, struct mock_error *error)
{
	static const char *const roles[] = { "user", "model", "function", NULL };
	struct json contents = json_get(body, "contents"), role;
	struct json_iter it;
	struct str name;
	size_t i = 0;

	if (mock_check_stranger(body, gemini_members, &name))
		return mock_refuse(error, 400, NULL,
		    "Invalid JSON payload received. Unknown name \"%.*s\": Cannot find field.",
		    (int)name.len, name.p);
	if (!json_is(contents, JSON_ARRAY) || json_count(contents) == 0)
		return mock_refuse(error, 400, NULL,
		    "* GenerateContentRequest.contents: contents is not specified\n");
	for (it = json_each(contents); json_next(&it); i++) {
		role = json_get(it.value, "role");
		if (json_exists(role) && !mock_check_word(role, roles))
			return mock_refuse(
			    error, 400, NULL, "Please use a valid role: user, model.");
		if (json_count(json_get(it.value, "parts")) == 0)
			return mock_refuse(error, 400, NULL,
			    "* GenerateContentRequest.contents[%zu].parts: contents.parts must not be empty.\n",
			    i);
	}
	return true;
}

static bool
ollama_body(const struct mock_request *r, struct mock_error *error)
{
	if (r->model.len == 0)
		return mock_refuse(error, 400, NULL, "model is required");
	return true;
}

static bool
cohere_body(const struct mock_request *r, struct json body, struct mock_error *error)
{
	static const char *const roles[] = { "system", "user", "assistant", "tool", NULL };
	struct json messages = json_get(body, "messages");
	struct json_iter it = json_each(messages);
	struct str name;
	size_t i = 0;

	if (mock_check_stranger(body, cohere_members, &name))
		return mock_refuse(error, 400, NULL, "invalid request: unknown field: %.*s",
		    (int)name.len, name.p);
	if (r->model.len == 0)
		return mock_refuse(error, 400, NULL, "invalid request: model is required.");
	if (!json_is(messages, JSON_ARRAY) || json_count(messages) == 0)
		return mock_refuse(
		    error, 400, NULL, "invalid request: list of messages must not be empty");
	for (; json_next(&it); i++)
		if (!mock_check_word(json_get(it.value, "role"), roles))
			return mock_refuse(
			    error, 400, NULL, "invalid request: invalid role at messages[%zu].", i);
	if (json_count(json_get(body, "tools")) && json_exists(json_get(body, "response_format")))
		return mock_refuse(error, 400, NULL,
		    "invalid request: cannot specify response_format with tools.");
	return true;
}

/* --- Bedrock --- */

static bool
bedrock_messages(struct json messages, struct mock_error *error)
{
	static const char *const roles[] = { "user", "assistant", NULL };
	struct json_iter it = json_each(messages);
	struct json role, before = JSON_ABSENT;
	size_t i = 0;

	for (; json_next(&it); i++, before = role) {
		role = json_get(it.value, "role");
		if (!mock_check_word(role, roles))
			return mock_refuse(error, 400, NULL,
			    "Value at 'messages.%zu.member.role' failed to satisfy constraint: Member must satisfy "
			    "enum value set: [user, assistant]",
			    i + 1);
		if (json_count(json_get(it.value, "content")) == 0)
			return mock_refuse(error, 400, NULL,
			    "The content field in the Message object at messages.%zu is empty. Add a ContentBlock "
			    "object to the content field and try again.",
			    i);
		if (json_exists(before) && json_equal(before, role))
			return mock_refuse(error, 400, NULL,
			    "A conversation must alternate between user and assistant roles. Make sure the "
			    "conversation alternates between user and assistant roles and try again.");
	}
	return true;
}

static bool
bedrock_body(struct json body, struct mock_error *error)
{
	struct json messages = json_get(body, "messages");
	struct str name;

	if (mock_check_stranger(body, bedrock_members, &name))
		return mock_refuse(error, 400, NULL, "Unknown member: %.*s", (int)name.len, name.p);
	if (!json_is(messages, JSON_ARRAY))
		return mock_refuse(error, 400, NULL,
		    "Value null at 'messages' failed to satisfy constraint: Member must not be null");
	if (json_count(messages) == 0)
		return mock_refuse(error, 400, NULL,
		    "A conversation must have at least one message. Try again with a conversation that has at "
		    "least one message.");
	return bedrock_messages(messages, error);
}

bool
mock_check_body(
    const struct mock_request *r, bool parsed, struct json body, struct mock_error *error)
{
	if (!parsed || !json_is(body, JSON_OBJECT)) {
		switch (r->family) {
		case FAMILY_OPENAI:
			return mock_refuse_openai(error, NULL, NULL,
			    "We could not parse the JSON body of your request. The API expects a JSON "
			    "payload.");
		case FAMILY_ANTHROPIC:
			return mock_refuse(error, 400, NULL, "The request body is not valid JSON.");
		case FAMILY_GEMINI:
			return mock_refuse(error, 400, NULL, "Invalid JSON payload received.");
		case FAMILY_OLLAMA:
			return mock_refuse(error, 400, NULL, "invalid JSON in the request body");
		case FAMILY_COHERE:
			return mock_refuse(
			    error, 400, NULL, "invalid request: the body is not valid JSON");
		case FAMILY_BEDROCK:
			(void)mock_refuse(error, 400, NULL, "Unable to parse the request body.");
			error->type = xstrdup("SerializationException");
			return false;
		}
	}
	if (r->api == MOCK_EMBED)
		return mock_embeddings_asked(r) > 0 ||
		       mock_refuse(error, 400, NULL, "the request has no text to embed");
	switch (r->family) {
	case FAMILY_OPENAI:
		return r->api == MOCK_RESPONSES ? mock_check_responses(r, body, error)
						: openai_body(r, body, error);
	case FAMILY_ANTHROPIC:
		return anthropic_body(r, body, error);
	case FAMILY_GEMINI:
		return gemini_body(body, error);
	case FAMILY_OLLAMA:
		return ollama_body(r, error);
	case FAMILY_BEDROCK:
		return bedrock_body(body, error);
	case FAMILY_COHERE:
		return cohere_body(r, body, error);
	}
	return true;
}
