/* SPDX-License-Identifier: MIT */
/* schema_fit_walk - a schema rewritten: references, null and allOf by what the target takes. */
#include "llm/schema_fitter.h"

void
schema_fit_despair(struct fitter *x, const char *why)
{
	if (!x->fit->hopeless)
		x->fit->hopeless = why;
}

/* Give up where a value has to stand. */
static void
despair_here(struct fitter *x, const char *why)
{
	schema_fit_despair(x, why);
	jsonw_null(&x->w);
}

void
schema_fit_write_key(struct jsonw *w, struct json key)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	json_text(key, &text);
	jsonw_keyn(w, buf_str(&text));
	buf_release(&text);
}

/* The schema, or null. */
static void
write_nullable(struct fitter *x, struct json schema, struct fit_spot at)
{
	struct fit_spot plain = at;

	x->fit->nulls = true;
	if (json_exists(json_get(schema, "type")) && !schema_fit_names_values(schema)) {
		schema_fit_write_object(x, schema, at);
		return;
	}
	plain.nullable = false;
	plain.depth += 2;
	jsonw_object(&x->w);
	jsonw_key(&x->w, "anyOf");
	jsonw_array(&x->w);
	schema_fit_write(x, schema, plain);
	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "type", "null");
	jsonw_end(&x->w);
	jsonw_end(&x->w);
	jsonw_end(&x->w);
}

/* What schema and all that it refers to say, in its place. */
static void
write_merged(struct fitter *x, struct json schema, struct fit_spot at)
{
	struct json ref = json_get(schema, "$ref"), merged;
	struct json target = json_exists(ref) ? schema_fit_resolve(x, ref) : schema;
	struct fit_inlined here = { at.inlined, target.p };
	struct buf text = BUF_INIT(FIT_TEXT_MAX);
	struct err err = ERR_INIT;

	if (!schema_fit_merge(x, schema, &text) ||
	    json_parse(text.p, text.len, &merged, &err) < 0) {
		despair_here(x, "schemas that can't be made one");
	} else {
		at.inlined = &here;
		schema_fit_write(x, merged, at);
	}
	buf_release(&text);
}

static size_t
count_beside(struct json schema)
{
	struct json_iter it = json_each(schema);
	size_t n = 0;

	while (json_next(&it))
		n += it.key.p[1] != '$' && !json_eq(it.key, "definitions");
	return n;
}

static void
write_reference(struct fitter *x, struct json schema, struct fit_spot at)
{
	struct json ref = json_get(schema, "$ref"), target = schema_fit_resolve(x, ref);
	bool alone = !schema_fit_flagged(x, FIT_REF_ALONE) || !count_beside(schema);
	bool unwound = at.root && schema_fit_flagged(x, FIT_ROOT_OBJECT);

	if (!json_exists(target) || target.kind == JSON_FALSE) {
		despair_here(x, "a $ref that leads out of the schema");
	} else if (schema_fit_flagged(x, FIT_INLINE) && schema_fit_is_inlined(at.inlined, target)) {
		schema_fit_lose(x, json_literal("\"$ref\"")); /* cut where it comes round */
		jsonw_object(&x->w);
		jsonw_end(&x->w);
	} else if (schema_fit_flagged(x, FIT_INLINE) || unwound ||
		   (!alone && !schema_fit_is_inlined(at.inlined, target))) {
		write_merged(x, schema, at);
	} else if (alone) {
		schema_fit_write_object(x, schema, at);
	} else {
		jsonw_object(&x->w);
		jsonw_kjson(&x->w, "$ref", ref);
		jsonw_end(&x->w);
	}
}

/* The same by "nullable". */
static void
write_pair(struct fitter *x, struct json schema, struct json other, struct fit_spot at)
{
	struct buf text = BUF_INIT(FIT_TEXT_MAX);
	struct json_iter it = json_each(other);
	struct err err = ERR_INIT;
	struct json v;
	struct jsonw w;

	jsonw_start(&w, &text);
	jsonw_object(&w);
	jsonw_kjson_opt(&w, "description", json_get(schema, "description"));
	while (json_next(&it)) {
		schema_fit_write_key(&w, it.key);
		jsonw_json(&w, it.value);
	}
	jsonw_kbool(&w, "nullable", true);
	jsonw_end(&w);
	if (json_parse(text.p, text.len, &v, &err) == 0)
		schema_fit_write(x, v, at);
	else
		despair_here(x, "it grows too large");
	buf_release(&text);
}

void
schema_fit_write(struct fitter *x, struct json schema, struct fit_spot at)
{
	struct json other;

	if (x->fit->hopeless || at.depth > FIT_DEPTH_MAX) {
		despair_here(x, "schemas nested too deep");
	} else if (schema.kind != JSON_OBJECT) {
		if (schema_fit_flagged(x, FIT_CLOSED))
			schema_fit_despair(x, "a value of any kind");
		jsonw_json(&x->w, schema);
	} else if (at.nullable && !schema_fit_takes_null(schema)) {
		write_nullable(x, schema, at);
	} else if (json_exists(json_get(schema, "$ref"))) {
		at.nullable = false;
		write_reference(x, schema, at);
	} else if (json_exists(json_get(schema, "allOf")) && !schema_fit_takes(x, "allOf")) {
		write_merged(x, schema, at);
	} else if (schema_fit_flagged(x, FIT_NULLABLE) &&
		   schema_fit_is_pair_with_null(schema, &other)) {
		write_pair(x, schema, other, at);
	} else {
		at.nullable = false;
		schema_fit_write_object(x, schema, at);
	}
}
