/* SPDX-License-Identifier: MIT */
/* cohere_build - requests for Cohere's own API (/v2/chat). */
#include <stdlib.h>

#include "base/mem.h"
#include "json/jsonw.h"
#include "llm/cohere.h"
#include "llm/media.h"
#include "llm/tool_result.h"

struct builder {
	const struct build *b;
	const struct request_options *o;
	struct jsonw w;
	char *model; /* b->model as a C string */
	struct err *err;
};

/* --- blocks of content --- */

static void
write_text(struct builder *x, struct json text)
{
	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "type", "text");
	jsonw_kjson(&x->w, "text", text);
	jsonw_end(&x->w);
}

static int
write_image(struct builder *x, struct json part)
{
	struct buf url;

	if (!json_exists(json_get(part, "data")) && !json_exists(json_get(part, "url")))
		return dialect_refuse(
		    x->b, "messages: an image needs data or a url", JSON_ABSENT, x->err);
	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "type", "image_url");
	jsonw_key(&x->w, "image_url");
	jsonw_object(&x->w);
	jsonw_key(&x->w, "url");
	url = media_url(part);
	jsonw_raw(&x->w, buf_str(&url));
	buf_release(&url);
	jsonw_end(&x->w);
	jsonw_end(&x->w);
	return 0;
}

static void
write_own(struct builder *x, struct json part)
{
	if (dialect_carries(x->b, part))
		jsonw_json(&x->w, json_get(part, "value"));
}

static int
write_user_part(struct builder *x, const struct request_parts *p)
{
	switch (p->type) {
	case PART_TEXT:
		write_text(x, p->text);
		return 0;
	case PART_IMAGE:
		return write_image(x, p->part);
	case PART_FILE:
		if (json_exists(json_get(p->part, "text")))
			return 0; /* write_documents has it */
		break;
	case PART_PROVIDER:
		write_own(x, p->part);
		return 0;
	case PART_REASONING:
	case PART_TOOL_CALL:
	case PART_TOOL_RESULT:
		return 0;
	case PART_AUDIO:
	case PART_VIDEO:
		break;
	}
	return err_set(x->err, EXIT_NO, "Cohere takes no %s parts%s", part_type_name(p->type),
	    p->type == PART_FILE ? " but as text" : "");
}

/* --- turns --- */

static int
write_user(struct builder *x, struct json content)
{
	struct request_parts p = request_parts(content);
	int r = 0;

	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "role", "user");
	jsonw_key(&x->w, "content");
	if (content.kind == JSON_STRING) {
		jsonw_json(&x->w, content);
	} else {
		jsonw_array(&x->w);
		while (r == 0 && request_next_part(&p))
			r = write_user_part(x, &p);
		jsonw_end(&x->w);
	}
	jsonw_end(&x->w);
	return r;
}

static void
write_system(struct builder *x, const struct request_turns *turn)
{
	struct request_parts p = request_parts(turn->content);

	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "role", "system");
	jsonw_key(&x->w, "content");
	if (turn->text.p) {
		jsonw_strn(&x->w, turn->text);
	} else if (turn->content.kind == JSON_STRING) {
		jsonw_json(&x->w, turn->content);
	} else {
		jsonw_array(&x->w);
		while (request_next_part(&p)) {
			if (p.type == PART_TEXT)
				write_text(x, p.text);
			else
				answer_warn(x->b->answer, "messages",
				    "a system turn's %s part cannot be carried",
				    part_type_name(p.type));
		}
		jsonw_end(&x->w);
	}
	jsonw_end(&x->w);
}

/* Arguments go as JSON in a string; text of a custom tool is an object's one member. */
static void
write_call(struct builder *x, struct json part)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	jsonw_start(&w, &text);
	request_write_arguments(&w, part);
	jsonw_object(&x->w);
	jsonw_kjson(&x->w, "id", json_get(part, "id"));
	jsonw_kstr(&x->w, "type", "function");
	jsonw_key(&x->w, "function");
	jsonw_object(&x->w);
	jsonw_kjson(&x->w, "name", json_get(part, "name"));
	jsonw_kstrn(&x->w, "arguments", buf_str(&text));
	jsonw_end(&x->w);
	jsonw_end(&x->w);
	buf_release(&text);
}

/* What reasoning of this model's goes back as: "thinking", "tool_plan", or absent. */
static struct json
field_of(const struct builder *x, struct json part)
{
	return json_get(request_opaque(part, x->b->provider->name, x->model), "field");
}

static void
write_assistant_part(struct builder *x, const struct request_parts *p)
{
	switch (p->type) {
	case PART_TEXT:
		if (!json_is_empty_string(p->text))
			write_text(x, p->text);
		break;
	case PART_REASONING:
		if (!json_eq(field_of(x, p->part), "thinking"))
			break;
		jsonw_object(&x->w);
		jsonw_kstr(&x->w, "type", "thinking");
		jsonw_kjson(&x->w, "thinking", p->text);
		jsonw_end(&x->w);
		break;
	case PART_PROVIDER:
		write_own(x, p->part);
		break;
	case PART_IMAGE:
	case PART_AUDIO:
	case PART_VIDEO:
	case PART_FILE:
		answer_warn(x->b->answer, "messages", "an assistant's %s part cannot be carried",
		    part_type_name(p->type));
		break;
	case PART_TOOL_CALL:
	case PART_TOOL_RESULT:
		break;
	}
}

static void
write_plan_and_calls(struct builder *x, struct json content)
{
	struct request_parts p = request_parts(content);
	struct buf plan = BUF_INIT(BUF_UNLIMITED);
	bool any = false;

	for (; request_next_part(&p); any |= p.type == PART_TOOL_CALL) {
		if (p.type == PART_REASONING && json_eq(field_of(x, p.part), "tool_plan"))
			json_text(p.text, &plan);
	}
	if (plan.len)
		jsonw_kstrn(&x->w, "tool_plan", buf_str(&plan));
	buf_release(&plan);
	if (!any)
		return;
	jsonw_key(&x->w, "tool_calls");
	jsonw_array(&x->w);
	for (p = request_parts(content); request_next_part(&p);) {
		if (p.type == PART_TOOL_CALL)
			write_call(x, p.part);
	}
	jsonw_end(&x->w);
}

/* A turn that only calls tools has no content. */
static void
write_assistant(struct builder *x, struct json content)
{
	struct request_parts p = request_parts(content);
	struct buf blocks = BUF_INIT(BUF_UNLIMITED);
	struct jsonw whole = x->w;
	size_t calls = 0;

	jsonw_start(&x->w, &blocks);
	jsonw_array(&x->w);
	for (; request_next_part(&p); calls += p.type == PART_TOOL_CALL)
		write_assistant_part(x, &p);
	jsonw_end(&x->w);
	x->w = whole;
	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "role", "assistant");
	if (!str_is(buf_str(&blocks), "[]")) {
		jsonw_key(&x->w, "content");
		jsonw_raw(&x->w, buf_str(&blocks));
	} else if (!calls) {
		jsonw_kstr(&x->w, "content", "");
	}
	buf_release(&blocks);
	write_plan_and_calls(x, content);
	jsonw_end(&x->w);
}

/* A document that the answer may cite. id.kind JSON_NONE: it has none. */
static void
write_document(struct builder *x, struct str id, struct json part)
{
	jsonw_object(&x->w);
	if (id.p)
		jsonw_kstrn(&x->w, "id", id);
	jsonw_key(&x->w, "data");
	jsonw_object(&x->w);
	jsonw_kjson_opt(&x->w, "title", json_get(part, "name"));
	jsonw_kjson(&x->w, "text", json_get(part, "text"));
	jsonw_end(&x->w);
	jsonw_end(&x->w);
}

static void
write_result_part(struct builder *x, const struct request_parts *p)
{
	if (p->type == PART_TEXT) {
		write_text(x, p->text);
	} else if (p->type == PART_FILE && json_exists(json_get(p->part, "text"))) {
		jsonw_object(&x->w);
		jsonw_kstr(&x->w, "type", "document");
		jsonw_key(&x->w, "document");
		write_document(x, STR_NONE, p->part);
		jsonw_end(&x->w);
	} else if (p->type == PART_PROVIDER) {
		write_own(x, p->part);
	} else {
		answer_warn(x->b->answer, "messages", "a tool result's %s part cannot be carried",
		    part_type_name(p->type));
	}
}

static void
write_result(struct builder *x, struct json part)
{
	struct json content = json_get(part, "content");
	struct request_parts p = request_parts(content);
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "role", "tool");
	jsonw_kjson(&x->w, "tool_call_id", json_get(part, "id"));
	jsonw_key(&x->w, "content");
	if (request_is_parts(content)) {
		jsonw_array(&x->w);
		if (json_is_true(json_get(part, "isError")))
			write_text(x, json_literal("\"Error:\""));
		while (request_next_part(&p))
			write_result_part(x, &p);
		jsonw_end(&x->w);
	} else {
		(void)tool_result_text(part, &text); /* no parts: it is all */
		jsonw_raw(&x->w, buf_str(&text));
		buf_release(&text);
	}
	jsonw_end(&x->w);
}

/* Results are messages of their own. True where the turn says more. */
static bool
write_results(struct builder *x, struct json content)
{
	struct request_parts p = request_parts(content);
	bool more = false;

	while (request_next_part(&p)) {
		if (p.type == PART_TOOL_RESULT)
			write_result(x, p.part);
		else
			more = true;
	}
	return more;
}

static int
write_messages(struct builder *x)
{
	struct request_turns turn = request_turns(x->b->request);
	int r = 0;

	jsonw_key(&x->w, "messages");
	jsonw_array(&x->w);
	while (r == 0 && request_next_turn(&turn)) {
		if (turn.role == ROLE_SYSTEM)
			write_system(x, &turn);
		else if (turn.role == ROLE_ASSISTANT)
			write_assistant(x, turn.content);
		else if (write_results(x, turn.content))
			r = write_user(x, turn.content);
	}
	if (r == 0)
		jsonw_end(&x->w);
	return r;
}

/* The users' files that are text, for all of the conversation. */
static void
write_documents(struct builder *x)
{
	struct request_turns turn = request_turns(x->b->request);
	struct request_parts p;
	struct buf id = BUF_INIT(64); /* "doc:" and a number */
	size_t n = 0;

	while (request_next_turn(&turn)) {
		for (p = request_parts(turn.content); request_next_part(&p);) {
			if (turn.role != ROLE_USER || p.type != PART_FILE)
				continue;
			if (!n) {
				jsonw_key(&x->w, "documents");
				jsonw_array(&x->w);
			}
			buf_reset(&id);
			buf_addf(&id, "doc:%zu", n++);
			write_document(x, buf_str(&id), p.part);
		}
	}
	if (n)
		jsonw_end(&x->w);
	buf_release(&id);
}

/* --- tools --- */

/* One tool can be forced only by offering no other: whether there is that one. */
static bool
is_one_forced(const struct builder *x)
{
	const struct request *r = x->b->request;
	struct json_iter it = json_each(r->tools);

	if (r->tool_choice != TOOLS_ONE)
		return false;
	while (json_next(&it))
		if (json_equal(json_get(it.value, "name"), r->tool_name))
			return true;
	answer_warn(x->b->answer, "toolChoice", "no tool has that name: any may be called");
	return false;
}

static void
write_tool(struct builder *x, struct json tool)
{
	struct json schema = json_get(tool, "inputSchema");

	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "type", "function");
	jsonw_key(&x->w, "function");
	jsonw_object(&x->w);
	jsonw_kjson(&x->w, "name", json_get(tool, "name"));
	jsonw_kjson_opt(&x->w, "description", json_get(tool, "description"));
	jsonw_key(&x->w, "parameters");
	if (schema.kind == JSON_OBJECT && json_count(schema))
		jsonw_json(&x->w, schema);
	else
		jsonw_raw(&x->w, STR_LIT("{\"type\":\"object\",\"properties\":{}}"));
	jsonw_end(&x->w);
	jsonw_end(&x->w);
}

static void
write_tools(struct builder *x)
{
	const struct request *r = x->b->request;
	struct json_iter it = json_each(r->tools);
	size_t strict = 0;
	bool one;

	if (!json_count(r->tools))
		return;
	if (x->o->parallel_tools == PARALLEL_OFF)
		answer_warn(x->b->answer, "options.parallelTools", "the API can't forbid them");
	one = is_one_forced(x);
	jsonw_key(&x->w, "tools");
	jsonw_array(&x->w);
	while (json_next(&it)) {
		strict += json_is_true(json_get(it.value, "strict"));
		if (!one || json_equal(json_get(it.value, "name"), r->tool_name))
			write_tool(x, it.value);
	}
	jsonw_end(&x->w);
	if (strict && strict < json_count(r->tools))
		answer_warn(x->b->answer, "tools", "\"strict\" holds for all tools or none: all");
	if (strict)
		jsonw_kbool(&x->w, "strict_tools", true);
	if (r->tool_choice == TOOLS_NONE)
		jsonw_kstr(&x->w, "tool_choice", "NONE");
	else if (r->tool_choice == TOOLS_REQUIRED || r->tool_choice == TOOLS_ONE)
		jsonw_kstr(&x->w, "tool_choice", "REQUIRED");
}

/* --- options --- */

static void
write_schema(struct builder *x)
{
	if (!json_exists(x->o->response_schema) && x->b->structured != STRUCTURED_JSON)
		return;
	jsonw_key(&x->w, "response_format");
	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "type", "json_object");
	jsonw_kjson_opt(&x->w, "json_schema", x->o->response_schema);
	jsonw_end(&x->w);
}

/* Models before Command A Reasoning answer at once, and refuse to be told to think. */
static bool
thinks(struct str model)
{
	static const char *const before[] = { "command-r", "command-a-03", "command-a-vision",
		"command-a-translate", "command-light", "command-nightly", "c4ai-", NULL };
	const char *const *at = before;

	while (*at && !str_starts(model, *at))
		at++;
	return !*at && !str_is(model, "command");
}

static void
write_thinking(struct builder *x)
{
	static const int64_t budgets[] = {
		[REASONING_MINIMAL] = 512,
		[REASONING_LOW] = 2048,
		[REASONING_MEDIUM] = 8192,
		[REASONING_HIGH] = 24576,
		[REASONING_XHIGH] = 0, /* as long as it takes */
	};
	enum reasoning_level level = x->o->reasoning;
	int64_t budget = 0;

	if (level == REASONING_UNSET || (level == REASONING_OFF && !thinks(x->b->model)))
		return;
	if (!thinks(x->b->model)) {
		answer_warn(x->b->answer, "options.reasoning", "this model does not think");
		return;
	}
	if (level == REASONING_BUDGET)
		budget = x->o->reasoning_budget;
	else if (level != REASONING_OFF)
		budget = budgets[level];
	jsonw_key(&x->w, "thinking");
	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "type", level == REASONING_OFF ? "disabled" : "enabled");
	if (budget > 0)
		jsonw_ki64(&x->w, "token_budget", budget);
	jsonw_end(&x->w);
}

static void
write_options(struct builder *x)
{
	const struct request_options *o = x->o;

	if (o->max_tokens != OPTION_UNSET)
		jsonw_ki64(&x->w, "max_tokens", o->max_tokens);
	jsonw_kjson_opt(&x->w, "temperature", o->temperature);
	jsonw_kjson_opt(&x->w, "p", o->top_p);
	if (o->top_k != OPTION_UNSET)
		jsonw_ki64(&x->w, "k", o->top_k);
	if (o->seed != OPTION_UNSET)
		jsonw_ki64(&x->w, "seed", o->seed);
	request_write_stops(&x->w, "stop_sequences", o->stop);
	write_schema(x);
	write_thinking(x);
	if (o->cache_off)
		answer_warn(x->b->answer, "options.cache", "the API caches by itself");
	jsonw_kbool(&x->w, "stream", o->stream);
}

int
cohere_address(const struct build *b, struct wire *wire, struct err *err)
{
	(void)err; /* nothing can be wrong */
	provider_url(b->provider, "/chat", &wire->url);
	wire_bearer(wire, b->key);
	wire->framing = b->request->options.stream ? FRAME_SSE : FRAME_WHOLE;
	return 0;
}

/* It takes no schema beside tools. */
struct structured_means
cohere_means(const struct build *b)
{
	bool alone = !json_count(b->request->tools);

	return (struct structured_means){
		.native = alone ? &schema_target_cohere : NULL,
		.json_mode = alone,
		.force = true,
	};
}

int
cohere_build(const struct build *b, struct wire *wire, struct err *err)
{
	struct builder x = { .b = b, .o = &b->request->options, .err = err };
	int r;

	x.model = xmemdup(b->model.p, b->model.len);
	jsonw_start(&x.w, &wire->body);
	jsonw_object(&x.w);
	jsonw_kstrn(&x.w, "model", b->model);
	r = write_messages(&x);
	free(x.model);
	if (r < 0)
		return -1;
	write_documents(&x);
	write_tools(&x);
	write_options(&x);
	jsonw_end(&x.w);
	return 0;
}
