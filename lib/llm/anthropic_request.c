/* SPDX-License-Identifier: MIT */
/* anthropic-request - build a request for the Anthropic Messages API: tools, options, headers. */
#include <stdlib.h>

#include "base/mem.h"
#include "json/jsonw.h"
#include "llm/anthropic.h"
#include "llm/marks.h"

/* --- tools --- */

static void
write_tools(struct anthropic_writer *x)
{
	struct json_iter it = json_each(x->r->tools);
	size_t left = json_count(x->r->tools);

	if (!left)
		return;
	jsonw_key(&x->w, "tools");
	jsonw_array(&x->w);
	while (json_next(&it)) {
		struct json schema = json_get(it.value, "inputSchema");

		jsonw_object(&x->w);
		jsonw_kjson(&x->w, "name", json_get(it.value, "name"));
		jsonw_kjson_opt(&x->w, "description", json_get(it.value, "description"));
		jsonw_key(&x->w, "input_schema");
		if (schema.kind == JSON_OBJECT && json_count(schema))
			jsonw_json(&x->w, schema);
		else
			jsonw_raw(&x->w, STR_LIT("{\"type\":\"object\"}"));
		jsonw_kjson_opt(&x->w, "strict", json_get(it.value, "strict"));
		if (!anthropic_mark(x, json_get(it.value, "cache")) && --left == 0)
			anthropic_mark_auto(x);
		jsonw_end(&x->w);
	}
	jsonw_end(&x->w);
}

static void
write_tool_choice(struct anthropic_writer *x)
{
	static const char *const words[] = {
		[TOOLS_UNSET] = "auto",
		[TOOLS_AUTO] = "auto",
		[TOOLS_NONE] = "none",
		[TOOLS_REQUIRED] = "any",
		[TOOLS_ONE] = "tool",
	};
	const struct request *r = x->r;
	enum tool_choice choice = r->tool_choice;

	if (!json_count(r->tools) ||
	    (choice == TOOLS_UNSET && r->options.parallel_tools == PARALLEL_UNSET))
		return;
	jsonw_key(&x->w, "tool_choice");
	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "type", words[choice]);
	if (choice == TOOLS_ONE)
		jsonw_kjson(&x->w, "name", r->tool_name);
	if (choice != TOOLS_NONE && r->options.parallel_tools != PARALLEL_UNSET)
		jsonw_kbool(
		    &x->w, "disable_parallel_tool_use", r->options.parallel_tools == PARALLEL_OFF);
	jsonw_end(&x->w);
}

/* --- options --- */

static void
write_sampling(struct anthropic_writer *x)
{
	struct anthropic_sampling s = anthropic_sampling(
	    x->family, x->thinking, &x->r->options, x->b->answer);

	jsonw_kjson_opt(&x->w, "temperature", s.temperature);
	jsonw_kjson_opt(&x->w, "top_p", s.top_p);
	if (s.top_k != OPTION_UNSET)
		jsonw_ki64(&x->w, "top_k", s.top_k);
}

int64_t
anthropic_room(const struct build *b)
{
	const struct request_options *o = &b->request->options;
	const struct anthropic_family *family = anthropic_family(b->model);
	struct anthropic_thinking t = anthropic_thinking(family, o, NULL);

	return anthropic_limit(family, o->max_tokens, &t);
}

/* Thinking and the room for it: what one level means differs by family. */
static void
write_thinking(struct anthropic_writer *x, const struct anthropic_thinking *t)
{
	/* it has to be sent */
	jsonw_ki64(&x->w, "max_tokens", anthropic_limit(x->family, x->r->options.max_tokens, t));
	if (t->mode == THINKING_UNSET)
		return;
	jsonw_key(&x->w, "thinking");
	jsonw_object(&x->w);
	if (t->mode == THINKING_BUDGET) {
		jsonw_kstr(&x->w, "type", "enabled");
		jsonw_ki64(&x->w, "budget_tokens", t->budget);
	} else if (t->mode == THINKING_ADAPTIVE) {
		jsonw_kstr(&x->w, "type", "adaptive");
		if (x->family->flags & FAMILY_THINKS_HIDDEN)
			jsonw_kstr(&x->w, "display", "summarized");
	} else {
		jsonw_kstr(&x->w, "type", "disabled");
	}
	jsonw_end(&x->w);
}

static void
write_output_config(struct anthropic_writer *x, const struct anthropic_thinking *t)
{
	struct json schema = x->r->options.response_schema;

	if (!json_exists(schema) && !t->effort)
		return;
	jsonw_key(&x->w, "output_config");
	jsonw_object(&x->w);
	if (t->effort)
		jsonw_kstr(&x->w, "effort", t->effort);
	if (json_exists(schema)) {
		jsonw_key(&x->w, "format");
		jsonw_object(&x->w);
		jsonw_kstr(&x->w, "type", "json_schema");
		jsonw_kjson(&x->w, "schema", schema);
		jsonw_end(&x->w);
	}
	jsonw_end(&x->w);
}

static struct anthropic_thinking
choose_thinking(struct anthropic_writer *x)
{
	const struct request *r = x->r;
	struct anthropic_thinking t;
	bool forced = r->tool_choice == TOOLS_REQUIRED || r->tool_choice == TOOLS_ONE;

	t = anthropic_thinking(x->family, &r->options, x->b->answer);
	if (forced && (t.mode == THINKING_BUDGET || t.mode == THINKING_ADAPTIVE)) {
		answer_warn(x->b->answer, "options.reasoning",
		    "the API lets no model think while a tool is forced on it");
		t.mode = THINKING_UNSET;
	}
	x->thinking = t.mode == THINKING_BUDGET || t.mode == THINKING_ADAPTIVE;
	return t;
}

static void
write_body(struct anthropic_writer *x, struct wire *w)
{
	const struct request_options *o = &x->r->options;
	struct anthropic_thinking t = choose_thinking(x);

	jsonw_start(&x->w, &w->body);
	jsonw_object(&x->w);
	if (x->version)
		jsonw_kstr(&x->w, "anthropic_version", x->version);
	else
		jsonw_kstrn(&x->w, "model", x->b->model);
	write_thinking(x, &t);
	write_output_config(x, &t);
	write_sampling(x);
	request_write_stops(&x->w, "stop_sequences", o->stop);
	if (o->seed != OPTION_UNSET)
		answer_warn(x->b->answer, "options.seed", "the API has none");
	if (o->stream)
		jsonw_kbool(&x->w, "stream", true);
	write_tools(x);
	write_tool_choice(x);
	anthropic_system(x);
	anthropic_messages(x);
	if (!x->failed)
		jsonw_end(&x->w);
}

int
anthropic_address(const struct build *b, struct wire *w, struct err *err)
{
	(void)err; /* nothing can be wrong */
	provider_url(b->provider, "/messages", &w->url);
	w->framing = b->request->options.stream ? FRAME_SSE : FRAME_WHOLE;
	http_headers_set(&w->headers, "anthropic-version", "2023-06-01");
	if (b->key)
		http_headers_set(&w->headers, "x-api-key", b->key);
	return 0;
}

int
anthropic_build_versioned(
    const char *version, const struct build *b, struct wire *w, struct err *err)
{
	struct anthropic_writer x = {
		.b = b,
		.r = b->request,
		.family = anthropic_family(b->model),
		.model = xmemdup(b->model.p, b->model.len),
		.version = version,
		.err = err,
		.owed = marks_count(b->request),
	};

	write_body(&x, w);
	if (x.files)
		http_headers_set(&w->headers, "anthropic-beta", "files-api-2025-04-14");
	free(x.model);
	return x.failed ? -1 : 0;
}

struct structured_means
anthropic_means(const struct build *b)
{
	bool native = (anthropic_family(b->model)->flags & FAMILY_JSON_SCHEMA) != 0;

	return (struct structured_means){
		.native = native ? &schema_target_anthropic : NULL,
		.strict = native ? &schema_target_anthropic : NULL,
		.force = true,
		.parallel_off = true,
	};
}

int
anthropic_build(const struct build *b, struct wire *w, struct err *err)
{
	return anthropic_build_versioned(NULL, b, w, err);
}
