/* SPDX-License-Identifier: MIT */
/* gemini-request - build a request for Gemini's generateContent and streamGenerateContent. */
#include <stdlib.h>

#include "base/mem.h"
#include "json/jsonw.h"
#include "llm/gemini.h"

/* --- what a generation of models can do --- */

/* The first prefix that fits counts. */
static const struct gemini_family families[] = {
	{ "gemini-2.5-pro", THINKS_BUDGET, 128, 32768, true, false, true, false },
	{ "gemini-2.5-flash-lite", THINKS_BUDGET, 0, 24576, false, false, true, false },
	{ "gemini-2.5", THINKS_BUDGET, 0, 24576, false, false, true, false },
	{ "gemini-1", THINKS_NOT, 0, 0, false, false, true, true },
	{ "gemini-2.0", THINKS_NOT, 0, 0, false, false, true, false },
	{ "gemini-3-pro", THINKS_LEVEL, 0, 0, true, true, false, false },
	{ "gemini-3.1-pro", THINKS_LEVEL, 0, 0, true, true, false, false },
	{ "gemini-", THINKS_LEVEL, 0, 0, false, true, false, false },
	{ "", THINKS_NOT, 0, 0, false, false, false, false },
};

const struct gemini_family *
gemini_family(struct str model)
{
	const char *slash = model.len ? memchr(model.p, '/', model.len) : NULL;
	size_t i = 0;

	if (slash) { /* "models/gemini-..." */
		model.len -= (size_t)(slash + 1 - model.p);
		model.p = slash + 1;
	}
	while (!str_starts(model, families[i].prefix))
		i++;
	return &families[i];
}

static const int64_t budgets[] = {
	[REASONING_MINIMAL] = 512,
	[REASONING_LOW] = 2048,
	[REASONING_MEDIUM] = 8192,
	[REASONING_HIGH] = 24576,
	[REASONING_XHIGH] = 32768,
};

static const char *const levels[] = {
	[REASONING_OFF] = "minimal",
	[REASONING_MINIMAL] = "minimal",
	[REASONING_LOW] = "low",
	[REASONING_MEDIUM] = "medium",
	[REASONING_HIGH] = "high",
	[REASONING_XHIGH] = "high",
};

/* --- tools --- */

static void
write_tools(struct gemini_writer *x)
{
	struct json_iter it = json_each(x->r->tools);

	if (!json_count(x->r->tools))
		return;
	if (request_is_strict(x->r))
		answer_warn(x->b->answer, "tools", "the API does not know \"strict\"");
	jsonw_key(&x->w, "tools");
	jsonw_array(&x->w);
	jsonw_object(&x->w);
	jsonw_key(&x->w, "functionDeclarations");
	jsonw_array(&x->w);
	while (json_next(&it)) {
		struct json schema = json_get(it.value, "inputSchema");

		jsonw_object(&x->w);
		jsonw_kjson(&x->w, "name", json_get(it.value, "name"));
		jsonw_kjson_opt(&x->w, "description", json_get(it.value, "description"));
		/* An object without properties is refused as parameters: none means the same. */
		if (json_count(json_get(schema, "properties")) ||
		    json_exists(json_get(schema, "$ref")))
			jsonw_kjson(&x->w, "parametersJsonSchema", schema);
		jsonw_end(&x->w);
	}
	jsonw_end(&x->w);
	jsonw_end(&x->w);
	jsonw_end(&x->w);
}

static void
write_tool_config(struct gemini_writer *x)
{
	static const char *const modes[] = {
		[TOOLS_UNSET] = NULL,
		[TOOLS_AUTO] = "AUTO",
		[TOOLS_NONE] = "NONE",
		[TOOLS_REQUIRED] = "ANY",
		[TOOLS_ONE] = "ANY",
	};
	const struct request *r = x->r;

	if (!json_count(r->tools)) /* a configuration without declarations is refused */
		return;
	if (r->options.parallel_tools == PARALLEL_OFF)
		answer_warn(x->b->answer, "options.parallelTools", "the API can't forbid them");
	if (!modes[r->tool_choice])
		return;
	jsonw_key(&x->w, "toolConfig");
	jsonw_object(&x->w);
	jsonw_key(&x->w, "functionCallingConfig");
	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "mode", modes[r->tool_choice]);
	if (r->tool_choice == TOOLS_ONE) {
		jsonw_key(&x->w, "allowedFunctionNames");
		jsonw_array(&x->w);
		jsonw_json(&x->w, r->tool_name);
		jsonw_end(&x->w);
	}
	jsonw_end(&x->w);
	jsonw_end(&x->w);
}

/* --- options --- */

static void
write_budget(struct gemini_writer *x, const struct gemini_family *f, int64_t budget)
{
	struct answer *a = x->b->answer;

	if (budget < f->least) {
		answer_warn(a, "options.reasoning", "the least budget is %lld: it is sent",
		    (long long)f->least);
		budget = f->least;
	}
	if (f->most && budget > f->most)
		budget = f->most;
	jsonw_ki64(&x->w, "thinkingBudget", budget);
}

static void
write_level(struct gemini_writer *x, const struct gemini_family *f, enum reasoning_level level)
{
	const char *word = levels[level];

	if (f->pro && level < REASONING_LOW)
		word = "low";
	if (level == REASONING_OFF)
		answer_warn(x->b->answer, "options.reasoning",
		    "this model always thinks: level %s is sent", word);
	jsonw_kstr(&x->w, "thinkingLevel", word);
}

static void
write_thinking(struct gemini_writer *x)
{
	const struct gemini_family *f = x->family;
	const struct request_options *o = &x->r->options;
	enum reasoning_level level = o->reasoning;

	if (level == REASONING_UNSET || (level == REASONING_OFF && f->thinks == THINKS_NOT))
		return;
	if (f->thinks == THINKS_NOT) {
		answer_warn(x->b->answer, "options.reasoning", "this model does not think");
		return;
	}
	jsonw_key(&x->w, "thinkingConfig");
	jsonw_object(&x->w);
	if (level == REASONING_BUDGET)
		write_budget(x, f, o->reasoning_budget);
	else if (f->thinks == THINKS_LEVEL)
		write_level(x, f, level);
	else
		write_budget(x, f, level == REASONING_OFF ? 0 : budgets[level]);
	if (level != REASONING_OFF)
		jsonw_kbool(&x->w, "includeThoughts", true);
	jsonw_end(&x->w);
}

static void
write_options(struct gemini_writer *x)
{
	const struct request_options *o = &x->r->options;

	if (o->max_tokens != OPTION_UNSET)
		jsonw_ki64(&x->w, "maxOutputTokens", o->max_tokens);
	if (json_exists(o->temperature))
		jsonw_kjson(&x->w, "temperature", o->temperature);
	if (json_exists(o->top_p))
		jsonw_kjson(&x->w, "topP", o->top_p);
	if (o->top_k != OPTION_UNSET)
		jsonw_ki64(&x->w, "topK", o->top_k);
	if (o->seed != OPTION_UNSET)
		jsonw_ki64(&x->w, "seed", o->seed);
	request_write_stops(&x->w, "stopSequences", o->stop);
	if (json_exists(o->response_schema)) {
		jsonw_kstr(&x->w, "responseMimeType", "application/json");
		jsonw_kjson(&x->w, x->family->openapi ? "responseSchema" : "responseJsonSchema",
		    o->response_schema);
	}
	write_thinking(x);
}

/* An empty generationConfig is not sent. */
static void
write_generation_config(struct gemini_writer *x)
{
	struct buf config = BUF_INIT(BUF_UNLIMITED);
	struct jsonw whole = x->w;

	jsonw_start(&x->w, &config);
	jsonw_object(&x->w);
	write_options(x);
	jsonw_end(&x->w);
	x->w = whole;
	if (!str_is(buf_str(&config), "{}")) {
		jsonw_key(&x->w, "generationConfig");
		jsonw_raw(&x->w, buf_str(&config));
	}
	buf_release(&config);
}

/* --- the whole --- */

const char *
gemini_verb(bool stream)
{
	return stream ? ":streamGenerateContent?alt=sse" : ":generateContent";
}

int
gemini_address(const struct build *b, struct wire *w, struct err *err)
{
	bool stream = b->request->options.stream;
	struct buf path = BUF_INIT(BUF_UNLIMITED);

	if (wire_model(&path, "/models", b->model, err) < 0)
		return -1;
	buf_adds(&path, gemini_verb(stream));
	provider_url(b->provider, path.p, &w->url);
	buf_release(&path);
	w->framing = stream ? FRAME_SSE : FRAME_WHOLE;
	if (b->key)
		http_headers_set(&w->headers, "x-goog-api-key", b->key);
	return 0;
}

/* Before Gemini 3, an answer in JSON and functions exclude each other. */
struct structured_means
gemini_means(const struct build *b)
{
	const struct gemini_family *f = gemini_family(b->model);
	bool native = f->thinks == THINKS_LEVEL || !json_count(b->request->tools);

	return (struct structured_means){
		.native = !native      ? NULL
			  : f->openapi ? &schema_target_openapi
				       : &schema_target_gemini,
		.force = true,
	};
}

int
gemini_build_for(enum gemini_door door, const struct build *b, struct wire *w, struct err *err)
{
	struct gemini_writer x = {
		.b = b,
		.r = b->request,
		.family = gemini_family(b->model),
		.door = door,
		.model = xmemdup(b->model.p, b->model.len),
		.calls = request_calls(b->request),
		.err = err,
	};

	jsonw_start(&x.w, &w->body);
	jsonw_object(&x.w);
	gemini_system(&x);
	write_tools(&x);
	write_tool_config(&x);
	write_generation_config(&x);
	if (x.r->options.cache_off)
		answer_warn(b->answer, "options.cache", "the API caches by itself");
	gemini_contents(&x);
	if (!x.failed)
		jsonw_end(&x.w);
	request_calls_release(&x.calls);
	free(x.model);
	return x.failed ? -1 : 0;
}

int
gemini_build(const struct build *b, struct wire *w, struct err *err)
{
	return gemini_build_for(GEMINI_STUDIO, b, w, err);
}
