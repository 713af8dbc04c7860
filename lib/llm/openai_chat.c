/* SPDX-License-Identifier: MIT */
/* openai_chat - requests in the form of chat completions, for the server they go to. */
#include "llm/openai_chat.h"

/* Where a server is not listed, it is taken for one of those that run open models (vLLM, SGLang,
 * llama.cpp, LM Studio, ...): they take the most. */
static const struct openai_server servers[] = {
	{ "api.openai.com", OPENAI_OWN | OPENAI_NO_TOP_K, REASON_EFFORT },
	{ ".openai.azure.com", OPENAI_OWN | OPENAI_NO_TOP_K, REASON_EFFORT },
	{ ".cognitiveservices.azure.com", OPENAI_OWN | OPENAI_NO_TOP_K, REASON_EFFORT },
	{ "api.mistral.ai",
	    OPENAI_NO_TOP_K | OPENAI_USAGE_UNASKED | OPENAI_RANDOM_SEED | OPENAI_ANY,
	    REASON_EFFORT },
	{ "openrouter.ai", OPENAI_CACHE_CONTROL | OPENAI_VIDEO, REASON_OBJECT },
	{ "ai-gateway.vercel.sh", OPENAI_CACHE_CONTROL, REASON_OBJECT },
	{ "api.deepseek.com", OPENAI_NO_TOP_K | OPENAI_REASONING_BACK, REASON_THINKING },
	{ "api.z.ai", OPENAI_NO_TOP_K | OPENAI_VIDEO, REASON_THINKING },
	{ "open.bigmodel.cn", OPENAI_NO_TOP_K | OPENAI_VIDEO, REASON_THINKING },
	{ "api.moonshot.", OPENAI_NO_TOP_K | OPENAI_REASONING_BACK, REASON_THINKING },
	{ ".aliyuncs.com", OPENAI_VIDEO, REASON_ENABLE },
	{ "api.groq.com", OPENAI_NO_TOP_K, REASON_EFFORT },
	{ "api.x.ai", OPENAI_NO_TOP_K, REASON_EFFORT },
	{ "api.cerebras.ai", OPENAI_NO_TOP_K, REASON_EFFORT },
	{ "generativelanguage.googleapis.com", OPENAI_NO_TOP_K, REASON_EFFORT },
	{ NULL, OPENAI_VIDEO, REASON_EFFORT },
};

const struct openai_server *
openai_chat_server(const char *base_url)
{
	const struct openai_server *s = servers;

	while (s->host && !str_has_nocase(str_of(base_url), s->host))
		s++;
	return s;
}

/* --- OpenAI's own models --- */

/* Whether the model's name begins with prefix and goes on, if at all, with something else than a
 * letter or a digit. */
static bool
model_is(struct str model, const char *prefix)
{
	size_t n = strlen(prefix);

	return str_starts(model, prefix) && (model.len == n || strchr("-._:@", model.p[n]) != NULL);
}

bool
openai_chat_model_reasons(struct str model)
{
	static const char *const families[] = { "o1", "o3", "o4", "gpt-5", "gpt-6", "codex" };
	size_t i;

	for (i = 0; i < sizeof families / sizeof *families; i++) {
		if (model_is(model, families[i]))
			return !str_starts(model, "gpt-5-chat");
	}
	return false;
}

/* gpt-5.1 and later can be told not to reason, and then take sampling parameters. */
static bool
model_can_stop_reasoning(struct str model)
{
	return str_starts(model, "gpt-5.") || str_starts(model, "gpt-6");
}

struct build_state {
	const struct build *b;
	const struct request_options *o;
	const struct openai_server *server;
	struct jsonw w;
	bool own_reasoning; /* one of OpenAI's models that reason */
	bool tools;
};

/* --- reasoning --- */

static void
write_effort(struct build_state *s, const char *effort)
{
	if (s->server->reasoning != REASON_OBJECT) {
		jsonw_kstr(&s->w, "reasoning_effort", effort);
		return;
	}
	jsonw_key(&s->w, "reasoning");
	jsonw_object(&s->w);
	jsonw_kstr(&s->w, "effort", effort);
	jsonw_end(&s->w);
}

static void
write_thinking(struct build_state *s, bool on)
{
	jsonw_key(&s->w, "thinking");
	jsonw_object(&s->w);
	jsonw_kstr(&s->w, "type", on ? "enabled" : "disabled");
	jsonw_end(&s->w);
}

static void
reasoning_off(struct build_state *s)
{
	if (s->server->reasoning == REASON_THINKING)
		write_thinking(s, false);
	else if (s->server->reasoning == REASON_ENABLE)
		jsonw_kbool(&s->w, "enable_thinking", false);
	else if (!(s->server->flags & OPENAI_OWN) || model_can_stop_reasoning(s->b->model))
		write_effort(s, "none");
	else if (s->own_reasoning) {
		answer_warn(s->b->answer, "options.reasoning", "this model always reasons");
		write_effort(s, str_starts(s->b->model, "gpt-5") ? "minimal" : "low");
	}
}

/* A budget of tokens, where the server knows such a thing. */
static void
reasoning_budget(struct build_state *s)
{
	switch (s->server->reasoning) {
	case REASON_OBJECT:
		jsonw_key(&s->w, "reasoning");
		jsonw_object(&s->w);
		jsonw_ki64(&s->w, "max_tokens", s->o->reasoning_budget);
		jsonw_end(&s->w);
		return;
	case REASON_ENABLE:
		jsonw_kbool(&s->w, "enable_thinking", true);
		jsonw_ki64(&s->w, "thinking_budget", s->o->reasoning_budget);
		return;
	case REASON_THINKING:
		write_thinking(s, true);
		break;
	case REASON_EFFORT:
		break;
	}
	answer_warn(
	    s->b->answer, "options.reasoning", "a token budget cannot be carried; use a level");
}

static void
write_reasoning(struct build_state *s)
{
	bool own = s->server->flags & OPENAI_OWN, all_levels;
	enum reasoning_level level = s->o->reasoning;
	const char *effort = reasoning_name(level);

	if (level == REASONING_UNSET)
		return;
	if (own && !s->own_reasoning && level != REASONING_OFF) {
		answer_warn(s->b->answer, "options.reasoning", "this model does not reason");
		return;
	}
	if (level == REASONING_OFF) {
		reasoning_off(s);
		return;
	}
	if (level == REASONING_BUDGET) {
		reasoning_budget(s);
		return;
	}
	if (s->server->reasoning == REASON_ENABLE) {
		jsonw_kbool(&s->w, "enable_thinking", true);
		answer_warn(
		    s->b->answer, "options.reasoning", "on or off only; \"%s\" means on", effort);
		return;
	}
	if (s->server->reasoning == REASON_THINKING)
		write_thinking(s, true);
	all_levels = own || s->server->reasoning == REASON_OBJECT;
	if (level == REASONING_XHIGH && s->server->reasoning == REASON_THINKING)
		effort = "max";
	else if ((level == REASONING_XHIGH || level == REASONING_MINIMAL) && !all_levels) {
		answer_warn(s->b->answer, "options.reasoning",
		    "\"%s\" is not known here; \"%s\" is asked for", effort,
		    level == REASONING_XHIGH ? "high" : "low");
		effort = level == REASONING_XHIGH ? "high" : "low";
	}
	write_effort(s, effort);
}

/* --- the other options --- */

/* OpenAI's reasoning models refuse to be sampled otherwise, unless they are told not to reason. */
static bool
can_sample(const struct build_state *s)
{
	if (!s->own_reasoning)
		return true;
	return model_can_stop_reasoning(s->b->model) &&
	       (s->o->reasoning == REASONING_OFF || s->o->reasoning == REASONING_UNSET);
}

static void
write_sampling(struct build_state *s)
{
	static const char refusal[] = "this model takes no sampling parameters";
	const struct request_options *o = s->o;
	struct answer *a = s->b->answer;

	if (can_sample(s)) {
		jsonw_kjson_opt(&s->w, "temperature", o->temperature);
		jsonw_kjson_opt(&s->w, "top_p", o->top_p);
	} else {
		if (json_exists(o->temperature))
			answer_warn(a, "options.temperature", refusal);
		if (json_exists(o->top_p))
			answer_warn(a, "options.topP", refusal);
	}
	if (o->top_k == OPTION_UNSET)
		return;
	if (s->server->flags & OPENAI_NO_TOP_K)
		answer_warn(a, "options.topK", "this provider does not know it");
	else
		jsonw_ki64(&s->w, "top_k", o->top_k);
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
write_schema(struct build_state *s)
{
	struct json schema = s->o->response_schema;

	if (!json_exists(schema))
		return;
	jsonw_key(&s->w, "response_format");
	jsonw_object(&s->w);
	jsonw_kstr(&s->w, "type", "json_schema");
	jsonw_key(&s->w, "json_schema");
	jsonw_object(&s->w);
	jsonw_kstr(&s->w, "name", "response");
	jsonw_kjson(&s->w, "schema", schema);
	jsonw_kbool(&s->w, "strict", schema_is_strict(schema));
	jsonw_end(&s->w);
	jsonw_end(&s->w);
}

static void
write_tool(struct build_state *s, struct json tool)
{
	struct json schema = json_get(tool, "inputSchema");

	jsonw_object(&s->w);
	jsonw_kstr(&s->w, "type", "function");
	jsonw_key(&s->w, "function");
	jsonw_object(&s->w);
	jsonw_kjson(&s->w, "name", json_get(tool, "name"));
	if (json_exists(json_get(tool, "description")))
		jsonw_kjson(&s->w, "description", json_get(tool, "description"));
	if (json_exists(schema))
		jsonw_kjson(&s->w, "parameters", schema);
	if (json_exists(json_get(tool, "strict")))
		jsonw_kjson(&s->w, "strict", json_get(tool, "strict"));
	jsonw_end(&s->w);
	jsonw_end(&s->w);
}

static void
write_tool_choice(struct build_state *s)
{
	const struct request *r = s->b->request;

	switch (r->tool_choice) {
	case TOOLS_UNSET:
		break;
	case TOOLS_AUTO:
		jsonw_kstr(&s->w, "tool_choice", "auto");
		break;
	case TOOLS_NONE:
		jsonw_kstr(&s->w, "tool_choice", "none");
		break;
	case TOOLS_REQUIRED:
		jsonw_kstr(
		    &s->w, "tool_choice", s->server->flags & OPENAI_ANY ? "any" : "required");
		break;
	case TOOLS_ONE:
		jsonw_key(&s->w, "tool_choice");
		jsonw_object(&s->w);
		jsonw_kstr(&s->w, "type", "function");
		jsonw_key(&s->w, "function");
		jsonw_object(&s->w);
		jsonw_kjson(&s->w, "name", r->tool_name);
		jsonw_end(&s->w);
		jsonw_end(&s->w);
		break;
	}
}

static void
write_tools(struct build_state *s)
{
	struct json_iter it = json_each(s->b->request->tools);

	if (!json_count(s->b->request->tools)) /* servers refuse the rest without tools */
		return;
	jsonw_key(&s->w, "tools");
	jsonw_array(&s->w);
	while (json_next(&it))
		write_tool(s, it.value);
	jsonw_end(&s->w);
	write_tool_choice(s);
	if (s->o->parallel_tools != PARALLEL_UNSET)
		jsonw_kbool(&s->w, "parallel_tool_calls", s->o->parallel_tools == PARALLEL_ON);
}

static void
write_options(struct build_state *s)
{
	const struct request_options *o = s->o;

	if (o->max_tokens != OPTION_UNSET)
		jsonw_ki64(&s->w, s->own_reasoning ? "max_completion_tokens" : "max_tokens",
		    o->max_tokens);
	write_sampling(s);
	if (json_exists(o->stop)) {
		if (s->own_reasoning)
			answer_warn(
			    s->b->answer, "options.stop", "this model takes no stop sequences");
		else
			jsonw_kjson(&s->w, "stop", o->stop);
	}
	if (o->seed != OPTION_UNSET)
		jsonw_ki64(
		    &s->w, s->server->flags & OPENAI_RANDOM_SEED ? "random_seed" : "seed", o->seed);
	write_reasoning(s);
	write_schema(s);
	if (o->cache_off)
		answer_warn(s->b->answer, "options.cache", "this provider caches by itself");
	jsonw_kbool(&s->w, "stream", o->stream);
	if (o->stream && !(s->server->flags & OPENAI_USAGE_UNASKED)) {
		jsonw_key(&s->w, "stream_options");
		jsonw_object(&s->w);
		jsonw_kbool(&s->w, "include_usage", true);
		jsonw_end(&s->w);
	}
}

static int
build(const struct build *b, struct wire *wire, struct err *err)
{
	struct build_state s = {
		.b = b,
		.o = &b->request->options,
		.server = openai_chat_server(b->provider->base_url),
	};
	struct buf auth = BUF_INIT(BUF_UNLIMITED);

	s.own_reasoning = (s.server->flags & OPENAI_OWN) && openai_chat_model_reasons(b->model);
	provider_url(b->provider, "/chat/completions", &wire->url);
	if (b->key) {
		buf_addf(&auth, "Bearer %s", b->key);
		http_headers_set(&wire->headers, "authorization", auth.p);
		buf_release(&auth);
	}
	wire->framing = s.o->stream ? FRAME_SSE : FRAME_WHOLE;
	jsonw_start(&s.w, &wire->body);
	jsonw_object(&s.w);
	jsonw_kstrn(&s.w, "model", b->model);
	if (openai_chat_messages(b, s.server, &s.w, err) < 0)
		return -1;
	write_tools(&s);
	write_options(&s);
	jsonw_end(&s.w);
	return 0;
}

const struct dialect dialect_openai_chat = {
	.name = "openai-chat",
	.version = "/v1",
	.version_unless_path = true,
	.build = build,
	.event = openai_chat_event,
	.raw = openai_chat_raw,
	.body = openai_chat_body,
};
