/* SPDX-License-Identifier: MIT */
/* check_responses - what the Responses API requires of a body, and of each item in it. */
#include "base/buf.h"
#include "base/mem.h"
#include "mock/check.h"

static const char *const members[] = { "background", "client_metadata", "context_management",
	"conversation", "include", "input", "instructions", "max_output_tokens", "max_tool_calls",
	"metadata", "model", "moderation", "parallel_tool_calls", "previous_response_id", "prompt",
	"prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning",
	"safety_identifier", "service_tier", "store", "stream", "stream_options", "temperature",
	"text", "tool_choice", "tools", "top_logprobs", "top_p", "truncation", "user", NULL };

static const char *const item_types[] = { "additional_tools", "apply_patch_call",
	"apply_patch_call_output", "code_interpreter_call", "compaction", "computer_call",
	"computer_call_output", "custom_tool_call", "custom_tool_call_output", "file_search_call",
	"function_call", "function_call_output", "image_generation_call", "item_reference",
	"local_shell_call", "local_shell_call_output", "mcp_approval_request",
	"mcp_approval_response", "mcp_call", "mcp_list_tools", "message", "reasoning", "shell_call",
	"shell_call_output", "tool_search_call", "tool_search_output", "web_search_call", NULL };

static const char *const said_types[] = { "output_text", "refusal", NULL };
static const char *const input_types[] = { "input_text", "input_image", "input_file", "input_audio",
	NULL };

static bool
refuse_at(struct mock_error *error, const char *code, const char *what, const char *fmt, size_t i)
{
	struct buf param = BUF_INIT(64), text = BUF_INIT(256);

	buf_addf(&param, "input[%zu]%s", i, fmt);
	buf_addf(&text, "%s: '%s'.", what, param.p);
	(void)mock_refuse_openai(error, code, param.p, text.p);
	buf_release(&param);
	buf_release(&text);
	return false;
}

static bool
check_message(struct json item, size_t i, struct mock_error *error)
{
	static const char *const roles[] = { "user", "assistant", "system", "developer", NULL };
	struct json role = json_get(item, "role"), content = json_get(item, "content");
	const char *const *types = json_eq(role, "assistant") ? said_types : input_types;
	struct json_iter it = json_each(content);

	if (!mock_check_word(role, roles))
		return refuse_at(error, "invalid_value", "Invalid value", ".role", i);
	if (!json_is(content, JSON_STRING) && !json_is(content, JSON_ARRAY))
		return refuse_at(error, "missing_required_parameter", "Missing required parameter",
		    ".content", i);
	while (json_is(content, JSON_ARRAY) && json_next(&it))
		if (!mock_check_word(json_get(it.value, "type"), types))
			return refuse_at(
			    error, "invalid_value", "Invalid value", ".content[].type", i);
	return true;
}

/* Whether an item before the i-th is a call of that kind with the same call_id. */
static bool
was_called(struct json input, size_t i, struct json output, const char *type)
{
	struct json_iter it = json_each(input);

	while (i-- > 0 && json_next(&it))
		if (json_eq(json_get(it.value, "type"), type) &&
		    json_equal(json_get(it.value, "call_id"), json_get(output, "call_id")))
			return true;
	return false;
}

static bool
check_output(struct json input, size_t i, struct json item, struct mock_error *error)
{
	bool custom = json_eq(json_get(item, "type"), "custom_tool_call_output");
	struct buf text = BUF_INIT(256);

	if (was_called(input, i, item, custom ? "custom_tool_call" : "function_call"))
		return true;
	buf_adds(&text, custom ? "No tool call found for custom tool call output with call_id "
			       : "No tool call found for function call output with call_id ");
	json_text(json_get(item, "call_id"), &text);
	buf_addc(&text, '.');
	(void)mock_refuse_openai(error, NULL, "input", text.p);
	buf_release(&text);
	return false;
}

/* Where nothing is kept, an item can't be found by its id. */
static bool
check_reasoning(struct json item, bool kept, struct mock_error *error)
{
	struct buf id = BUF_INIT(256);
	bool lost = !kept && !json_exists(json_get(item, "encrypted_content")) &&
		    json_exists(json_get(item, "id"));

	if (!lost)
		return true;
	json_text(json_get(item, "id"), &id);
	(void)mock_refuse(error, 404, NULL,
	    "Item with id '%.80s' not found. Items are not persisted when `store` is set to false.",
	    id.p);
	error->type = xstrdup("invalid_request_error");
	error->param = xstrdup("input");
	buf_release(&id);
	return false;
}

static bool
check_items(struct json body, struct mock_error *error)
{
	struct json input = json_get(body, "input"), type;
	bool kept = !json_is(json_get(body, "store"), JSON_FALSE);
	struct json_iter it = json_each(input);
	size_t i = 0;
	bool ok = true;

	for (; ok && json_next(&it); i++) {
		type = json_get(it.value, "type");
		if (json_exists(type) && !mock_check_word(type, item_types))
			return refuse_at(error, "invalid_value", "Invalid value", ".type", i);
		if (!json_exists(type) || json_eq(type, "message"))
			ok = check_message(it.value, i, error);
		else if (json_eq(type, "function_call_output") ||
			 json_eq(type, "custom_tool_call_output"))
			ok = json_exists(json_get(body, "previous_response_id")) ||
			     check_output(input, i, it.value, error);
		else if (json_eq(type, "reasoning"))
			ok = check_reasoning(it.value, kept, error);
	}
	return ok;
}

/* Tools are flat here; those of chat completions have no name where it is looked for. */
static bool
check_tools(struct json tools, struct mock_error *error)
{
	struct json_iter it = json_each(tools);

	while (json_next(&it))
		if (json_eq(json_get(it.value, "type"), "function") &&
		    !json_is(json_get(it.value, "name"), JSON_STRING))
			return mock_refuse_openai(error, "missing_required_parameter",
			    "tools[].name", "Missing required parameter: 'tools[].name'.");
	return true;
}

bool
mock_check_responses(const struct mock_request *r, struct json body, struct mock_error *error)
{
	struct json input = json_get(body, "input");

	if (!mock_check_openai(r, body, members, error))
		return false;
	if (r->model.len == 0)
		return mock_refuse_openai(error, "missing_required_parameter", "model",
		    "Missing required parameter: 'model'.");
	if (!json_exists(input) && !json_exists(json_get(body, "previous_response_id")))
		return mock_refuse_openai(error, "missing_required_parameter", "input",
		    "Missing required parameter: 'input'.");
	if (json_exists(input) && !json_is(input, JSON_STRING) && !json_is(input, JSON_ARRAY))
		return mock_refuse_openai(error, "invalid_type", "input",
		    "Invalid type for 'input': expected one of an array of objects or string.");
	if (json_is_true(json_get(body, "background")) &&
	    json_is(json_get(body, "store"), JSON_FALSE))
		return mock_refuse_openai(
		    error, NULL, "background", "Background mode requires store to be true.");
	return check_items(body, error) && check_tools(json_get(body, "tools"), error);
}
