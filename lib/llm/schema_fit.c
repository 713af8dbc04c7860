/* SPDX-License-Identifier: MIT */
/* schema_fit - a JSON Schema as a provider's constrained decoder takes it. */
#include "llm/schema_fit.h"

#include "llm/schema_fitter.h"

/* Whether every $ref leads to what the definitions hold, so that these can move. */
static bool
refers_to_definitions(struct json v)
{
	struct json_iter it = json_each(v);

	while (json_next(&it)) {
		struct str ref;

		if (json_eq(it.key, "$ref") && it.value.kind == JSON_STRING &&
		    !(json_plain(it.value, &ref) &&
			(str_starts(ref, "#/$defs/") || str_starts(ref, "#/definitions/"))))
			return false;
		if (!refers_to_definitions(it.value))
			return false;
	}
	return true;
}

/* What holds for the whole document. */
static bool
is_documents(struct json key)
{
	return json_eq(key, "$defs") || json_eq(key, "definitions") || json_eq(key, "$schema");
}

/* {"type":"object","properties":{"answer":SCHEMA},...} */
static void
wrap(struct fitter *x, struct json schema, struct buf *out)
{
	struct json_iter it = json_each(schema);
	struct jsonw w;

	if (!refers_to_definitions(schema))
		schema_fit_despair(x, "a $ref to the whole, which is no object");
	x->fit->wrapped = true;
	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "object");
	jsonw_key(&w, "properties");
	jsonw_object(&w);
	jsonw_key(&w, SCHEMA_FIT_WRAPPED);
	jsonw_object(&w);
	while (json_next(&it)) {
		if (is_documents(it.key))
			continue;
		schema_fit_write_key(&w, it.key);
		jsonw_json(&w, it.value);
	}
	jsonw_end(&w);
	jsonw_end(&w);
	jsonw_key(&w, "required");
	jsonw_raw(&w, STR_LIT("[\"" SCHEMA_FIT_WRAPPED "\"]"));
	jsonw_kbool(&w, "additionalProperties", false);
	for (it = json_each(schema); json_next(&it);) {
		if (is_documents(it.key)) {
			schema_fit_write_key(&w, it.key);
			jsonw_json(&w, it.value);
		}
	}
	jsonw_end(&w);
}

static bool
is_root_object(const struct fitter *x)
{
	struct json root = x->root;
	int hops = 0;

	while (json_exists(json_get(root, "$ref")) && hops++ < FIT_DEPTH_MAX)
		root = schema_fit_resolve(x, json_get(root, "$ref"));
	return (json_eq(json_get(root, "type"), "object") ||
		   (!json_exists(json_get(root, "type")) && schema_fit_is_object(root))) &&
	       !json_exists(json_get(root, "anyOf")) && !json_exists(json_get(root, "oneOf"));
}

static bool
fit_whole(struct schema_fit *fit, struct json schema, const struct schema_target *target, bool tool)
{
	struct fitter x = { .target = target, .root = schema, .fit = fit };
	struct buf wrapped = BUF_INIT(FIT_TEXT_MAX);
	struct err err = ERR_INIT;
	struct json now;

	*fit = (struct schema_fit){ .text = BUF_INIT(FIT_TEXT_MAX),
		.lost = BUF_INIT(BUF_UNLIMITED) };
	if ((target->flags & FIT_ROOT_OBJECT) && !is_root_object(&x)) {
		wrap(&x, schema, &wrapped);
		if (json_parse(wrapped.p, wrapped.len, &x.root, &err) < 0)
			schema_fit_despair(&x, "it is too large");
	}
	if ((target->flags & FIT_NO_RECURSION) && schema_fit_is_recursive(&x))
		schema_fit_despair(&x, "a schema that refers to itself");
	jsonw_start(&x.w, &fit->text);
	if (!target->keywords)
		jsonw_json(&x.w, x.root);
	else if (!fit->hopeless)
		schema_fit_write(
		    &x, x.root, (struct fit_spot){ .root = true, .no_arguments = tool });
	if (!fit->hopeless &&
	    (buf_is_full(&fit->text) || json_parse(fit->text.p, fit->text.len, &now, &err) < 0))
		schema_fit_despair(&x, "it grows too large");
	fit->same = !fit->hopeless && json_equal(now, schema);
	buf_release(&wrapped);
	return !fit->hopeless;
}

bool
schema_fit(struct schema_fit *fit, struct json schema, const struct schema_target *target)
{
	return fit_whole(fit, schema, target, false);
}

bool
schema_fit_tool(struct schema_fit *fit, struct json schema, const struct schema_target *target)
{
	if (!json_count(schema))
		schema = json_literal("{\"type\":\"object\",\"properties\":{}}");
	return fit_whole(fit, schema, target, true);
}

void
schema_fit_release(struct schema_fit *fit)
{
	buf_release(&fit->text);
	buf_release(&fit->lost);
}
