/* SPDX-License-Identifier: MIT */
/* openai_chat - requests in the form of chat completions, for the server they go to. */
#include <stdlib.h>

#include "base/mem.h"
#include "llm/openai_chat.h"

/* OpenAI's reasoning models refuse to be sampled otherwise, unless they are told not to reason. */
static bool
can_sample(const struct openai_request *q)
{
	if (!q->own_reasoning)
		return true;
	return openai_chat_model_can_stop(q->b->model) &&
	       (q->o->reasoning == REASONING_OFF || q->o->reasoning == REASONING_UNSET);
}

static void
write_sampling(struct openai_request *q)
{
	static const char refusal[] = "this model takes no sampling parameters";
	const struct request_options *o = q->o;
	struct answer *a = q->b->answer;

	if (can_sample(q)) {
		jsonw_kjson_opt(&q->w, "temperature", o->temperature);
		jsonw_kjson_opt(&q->w, "top_p", o->top_p);
	} else {
		if (json_exists(o->temperature))
			answer_warn(a, "options.temperature", refusal);
		if (json_exists(o->top_p))
			answer_warn(a, "options.topP", refusal);
	}
	if (o->top_k == OPTION_UNSET)
		return;
	if (q->server->flags & OPENAI_NO_TOP_K)
		answer_warn(a, "options.topK", "this provider does not know it");
	else
		jsonw_ki64(&q->w, "top_k", o->top_k);
}

/* Whether "strict" can be asked for: every object closed, every property required. */
static bool
schema_is_strict(struct json schema)
{
	struct json properties = json_get(schema, "properties");
	struct json_iter it = json_each(schema), names;
	bool required;

	if (schema.kind == JSON_OBJECT && properties.kind == JSON_OBJECT &&
	    json_get(schema, "additionalProperties").kind != JSON_FALSE)
		return false;
	if (json_eq(json_get(schema, "type"), "object") && properties.kind != JSON_OBJECT)
		return false;
	while (json_next(&it)) {
		if (!schema_is_strict(it.value))
			return false;
	}
	it = json_each(properties);
	while (json_next(&it)) {
		required = false;
		names = json_each(json_get(schema, "required"));
		while (json_next(&names) && !required)
			required = json_equal(names.value, it.key);
		if (!required)
			return false;
	}
	return true;
}

static void
write_schema(struct openai_request *q)
{
	struct json schema = q->o->response_schema;

	if (!json_exists(schema))
		return;
	jsonw_key(&q->w, "response_format");
	jsonw_object(&q->w);
	jsonw_kstr(&q->w, "type", "json_schema");
	jsonw_key(&q->w, "json_schema");
	jsonw_object(&q->w);
	jsonw_kstr(&q->w, "name", "response");
	jsonw_kjson(&q->w, "schema", schema);
	jsonw_kbool(&q->w, "strict", schema_is_strict(schema));
	jsonw_end(&q->w);
	jsonw_end(&q->w);
}

static void
write_tool(struct openai_request *q, struct json tool)
{
	struct json schema = json_get(tool, "inputSchema");

	jsonw_object(&q->w);
	jsonw_kstr(&q->w, "type", "function");
	jsonw_key(&q->w, "function");
	jsonw_object(&q->w);
	jsonw_kjson(&q->w, "name", json_get(tool, "name"));
	if (json_exists(json_get(tool, "description")))
		jsonw_kjson(&q->w, "description", json_get(tool, "description"));
	if (json_exists(schema))
		jsonw_kjson(&q->w, "parameters", schema);
	if (json_exists(json_get(tool, "strict")))
		jsonw_kjson(&q->w, "strict", json_get(tool, "strict"));
	jsonw_end(&q->w);
	jsonw_end(&q->w);
}

static void
write_tool_choice(struct openai_request *q)
{
	const struct request *r = q->b->request;

	switch (r->tool_choice) {
	case TOOLS_UNSET:
		break;
	case TOOLS_AUTO:
		jsonw_kstr(&q->w, "tool_choice", "auto");
		break;
	case TOOLS_NONE:
		jsonw_kstr(&q->w, "tool_choice", "none");
		break;
	case TOOLS_REQUIRED:
		jsonw_kstr(
		    &q->w, "tool_choice", q->server->flags & OPENAI_ANY ? "any" : "required");
		break;
	case TOOLS_ONE:
		jsonw_key(&q->w, "tool_choice");
		jsonw_object(&q->w);
		jsonw_kstr(&q->w, "type", "function");
		jsonw_key(&q->w, "function");
		jsonw_object(&q->w);
		jsonw_kjson(&q->w, "name", r->tool_name);
		jsonw_end(&q->w);
		jsonw_end(&q->w);
		break;
	}
}

static void
write_tools(struct openai_request *q)
{
	struct json_iter it = json_each(q->b->request->tools);

	if (!json_count(q->b->request->tools)) /* servers refuse the rest without tools */
		return;
	if (q->b->request->tool_choice == TOOLS_NONE &&
	    (q->server->flags & OPENAI_NONE_WITHOUT_TOOLS))
		return;
	jsonw_key(&q->w, "tools");
	jsonw_array(&q->w);
	while (json_next(&it))
		write_tool(q, it.value);
	jsonw_end(&q->w);
	write_tool_choice(q);
	if (q->o->parallel_tools != PARALLEL_UNSET)
		jsonw_kbool(&q->w, "parallel_tool_calls", q->o->parallel_tools == PARALLEL_ON);
}

static void
write_stop(struct openai_request *q)
{
	struct json stop = q->o->stop;

	if (!json_exists(stop))
		return;
	if (q->own_reasoning) {
		answer_warn(q->b->answer, "options.stop", "this model takes no stop sequences");
		return;
	}
	jsonw_key(&q->w, "stop");
	if (stop.kind == JSON_STRING) { /* a list always, so that "stop+" can append to it */
		jsonw_array(&q->w);
		jsonw_json(&q->w, stop);
		jsonw_end(&q->w);
	} else {
		jsonw_json(&q->w, stop);
	}
}

static void
write_options(struct openai_request *q)
{
	const struct request_options *o = q->o;

	if (o->max_tokens != OPTION_UNSET)
		jsonw_ki64(&q->w, q->own_reasoning ? "max_completion_tokens" : "max_tokens",
		    o->max_tokens);
	write_sampling(q);
	write_stop(q);
	if (o->seed != OPTION_UNSET)
		jsonw_ki64(
		    &q->w, q->server->flags & OPENAI_RANDOM_SEED ? "random_seed" : "seed", o->seed);
	openai_chat_reasoning(q);
	write_schema(q);
	if (o->cache_off && !(q->server->flags & OPENAI_CACHE_CONTROL)) /* else no mark is sent */
		answer_warn(q->b->answer, "options.cache", "this provider caches by itself");
	jsonw_kbool(&q->w, "stream", o->stream);
	if (o->stream && !(q->server->flags & OPENAI_USAGE_UNASKED)) {
		jsonw_key(&q->w, "stream_options");
		jsonw_object(&q->w);
		jsonw_kbool(&q->w, "include_usage", true);
		jsonw_end(&q->w);
	}
}

static int
address(const struct build *b, struct wire *wire, struct err *err)
{
	(void)err; /* nothing can be wrong */
	provider_url(b->provider, "/chat/completions", &wire->url);
	wire_bearer(wire, b->key);
	wire->framing = b->request->options.stream ? FRAME_SSE : FRAME_WHOLE;
	return 0;
}

static int
build(const struct build *b, struct wire *wire, struct err *err)
{
	struct openai_request q = {
		.b = b,
		.o = &b->request->options,
		.server = openai_chat_server(b->provider->base_url),
		.err = err,
	};
	int r;

	q.own_reasoning = (q.server->flags & OPENAI_OWN) && openai_chat_model_reasons(b->model);
	q.model = xmemdup(b->model.p, b->model.len);
	jsonw_start(&q.w, &wire->body);
	jsonw_object(&q.w);
	jsonw_kstrn(&q.w, "model", b->model);
	r = openai_chat_messages(&q);
	free(q.model);
	if (r < 0)
		return -1;
	write_tools(&q);
	write_options(&q);
	jsonw_end(&q.w);
	return 0;
}

const struct dialect dialect_openai_chat = {
	.name = "openai-chat",
	.version = "/v1",
	.version_unless_path = true,
	.address = address,
	.build = build,
	.event = openai_chat_event,
	.raw = openai_chat_raw,
	.body = openai_chat_body,
};
