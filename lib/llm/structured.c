/* SPDX-License-Identifier: MIT */
/* structured - choose how an answer is made to fit a schema, and make the request that says so. */
#include "llm/structured.h"

#include "json/edit.h"
#include "json/jsonw.h"
#include "llm/dialect.h"
#include "llm/model.h"

#define OPTION "options.responseSchema"

static const char asked[] =
    "Answer with one JSON value and nothing else: no text around it, no code fence. It has to fit "
    "this JSON Schema:\n";

/* --- the ways --- */

static bool
may_be_native(const struct model *spec)
{
	return !spec || spec->schema == MODEL_SCHEMA_UNKNOWN || spec->schema == MODEL_SCHEMA_NATIVE;
}

static bool
may_be_forced(const struct build *b, const struct structured_means *means)
{
	const struct model *spec = b->spec;

	if (spec && (spec->tools == MODEL_NO || spec->schema == MODEL_SCHEMA_NONE))
		return false;
	return means->force && b->request->tool_choice != TOOLS_ONE;
}

/* Take over what the decoder is given; what it can't enforce is told. */
static void
take_schema(struct structured *s, const struct build *b, struct schema_fit *fit)
{
	struct err err = ERR_INIT;

	if (fit->lost.len)
		answer_warn(b->answer, OPTION,
		    "not enforced by the provider, but told to the model in words: %s",
		    fit->lost.p);
	b->answer->nulls |= fit->nulls;
	b->answer->wrapped |= fit->wrapped;
	buf_addstr(&s->schema, buf_str(&fit->text));
	if (json_parse(s->schema.p, s->schema.len, &s->request.options.response_schema, &err) < 0)
		answer_warn(b->answer, OPTION, "%s", err.text);
}

/* By the decoder, where it takes the schema; loosely, where it takes any. */
static void
try_native(struct structured *s, const struct build *b, const struct structured_means *means)
{
	struct json schema = b->request->options.response_schema;
	struct schema_fit fit;

	if (schema_fit(&fit, schema, means->native)) {
		s->way = STRUCTURED_NATIVE;
		take_schema(s, b, &fit);
	}
	schema_fit_release(&fit);
	if (s->way != STRUCTURED_NONE || !means->loose)
		return;
	s->way = STRUCTURED_LOOSE;
	if ((means->native->flags & FIT_ROOT_OBJECT) &&
	    schema_fit(&fit, schema, &schema_target_tool))
		take_schema(s, b, &fit);
	if (means->native->flags & FIT_ROOT_OBJECT)
		schema_fit_release(&fit);
}

/* The user's tools stay in reach, unless they are forbidden. */
static void
put_tools(struct structured *s, const struct build *b, const struct schema_fit *fit)
{
	struct json_iter it = json_each(b->request->tools);
	struct jsonw w;

	jsonw_start(&w, &s->tools);
	jsonw_array(&w);
	while (b->request->tool_choice != TOOLS_NONE && json_next(&it))
		jsonw_json(&w, it.value);
	jsonw_object(&w);
	jsonw_kstr(&w, "name", STRUCTURED_TOOL);
	jsonw_kstr(&w, "description", "Gives the answer, in the form that was asked for.");
	jsonw_key(&w, "inputSchema");
	jsonw_raw(&w, buf_str(&fit->text));
	jsonw_end(&w);
	jsonw_end(&w);
}

static void
go_by_tool(struct structured *s, const struct build *b, const struct structured_means *means)
{
	struct request *r = &s->request;
	struct schema_fit fit;
	struct err err = ERR_INIT;

	if (schema_fit_tool(&fit, r->options.response_schema, &schema_target_tool)) {
		s->way = STRUCTURED_TOOL_CALL;
		b->answer->wrapped |= fit.wrapped;
		put_tools(s, b, &fit);
	}
	schema_fit_release(&fit);
	if (s->way == STRUCTURED_NONE || json_parse(s->tools.p, s->tools.len, &r->tools, &err) < 0)
		return;
	r->options.response_schema = JSON_ABSENT;
	r->tool_choice = TOOLS_REQUIRED;
	if (json_count(r->tools) > 1)
		return;
	r->tool_choice = TOOLS_ONE;
	r->tool_name = json_literal("\"" STRUCTURED_TOOL "\"");
	r->options.parallel_tools = means->parallel_off ? PARALLEL_OFF : PARALLEL_UNSET;
}

static void
go_by_asking(struct structured *s, const struct build *b, const struct structured_means *means)
{
	struct request *r = &s->request;

	s->way = means->json_mode ? STRUCTURED_JSON : STRUCTURED_PROMPT;
	answer_warn(b->answer, OPTION, "not enforced by the provider: the model is asked for it");
	buf_addstr(&s->system, r->system);
	if (s->system.len)
		buf_adds(&s->system, "\n\n");
	buf_adds(&s->system, asked);
	buf_addstr(&s->system, json_raw(r->options.response_schema));
	r->system = buf_str(&s->system);
	r->options.response_schema = JSON_ABSENT;
}

/* --- strict tools --- */

/* The tool with its schema as strictness wants it, or without strictness. */
static void
put_strict(
    struct jsonw *w, const struct build *b, struct json tool, const struct schema_target *target)
{
	struct json_edit edit;
	struct schema_fit fit;
	bool fits = schema_fit_tool(&fit, json_get(tool, "inputSchema"), target);
	struct str name = json_raw(json_get(tool, "name"));
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	if (!fits)
		answer_warn(b->answer, "tools", "%.*s can't be strict: it takes %s",
		    (int)str_cut_utf8(name, 80), name.p, fit.hopeless);
	else if (fit.lost.len)
		answer_warn(b->answer, "tools",
		    "%.*s: not enforced, but told to the model in words: %s",
		    (int)str_cut_utf8(name, 80), name.p, fit.lost.p);
	b->answer->tool_nulls |= fits && fit.nulls;
	json_edit_start(&edit, tool);
	if (fits)
		json_edit_set(&edit, "inputSchema", buf_str(&fit.text));
	else
		json_edit_drop(&edit, "strict");
	json_edit_write(&edit, &text);
	jsonw_raw(w, buf_str(&text));
	buf_release(&text);
	schema_fit_release(&fit);
}

static void
fit_strict_tools(struct structured *s, const struct build *b, const struct schema_target *target)
{
	struct json_iter it = json_each(s->request.tools);
	struct buf tools = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct jsonw w;

	if (!target || !request_is_strict(&s->request))
		return;
	jsonw_start(&w, &tools);
	jsonw_array(&w);
	while (json_next(&it)) {
		if (json_is_true(json_get(it.value, "strict")))
			put_strict(&w, b, it.value, target);
		else
			jsonw_json(&w, it.value);
	}
	jsonw_end(&w);
	buf_release(&s->tools);
	s->tools = tools;
	if (json_parse(s->tools.p, s->tools.len, &s->request.tools, &err) < 0)
		s->request.tools = b->request->tools; /* nested deeper than can be read back */
}

void
structured_start(struct structured *s, const struct build *b, struct structured_means means)
{
	*s = (struct structured){
		.request = *b->request,
		.schema = BUF_INIT(BUF_UNLIMITED),
		.tools = BUF_INIT(BUF_UNLIMITED),
		.system = BUF_INIT(BUF_UNLIMITED),
	};
	if (json_exists(b->request->options.response_schema)) {
		if (means.native && may_be_native(b->spec))
			try_native(s, b, &means);
		if (s->way == STRUCTURED_NONE && may_be_forced(b, &means))
			go_by_tool(s, b, &means);
		if (s->way == STRUCTURED_NONE)
			go_by_asking(s, b, &means);
	}
	fit_strict_tools(s, b, means.strict);
}

void
structured_release(struct structured *s)
{
	buf_release(&s->schema);
	buf_release(&s->tools);
	buf_release(&s->system);
}
