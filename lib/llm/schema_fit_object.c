/* SPDX-License-Identifier: MIT */
/* schema_fit_object - one schema, keyword by keyword: as it is, under another name, or in words. */
#include "json/names.h"
#include "llm/schema_fitter.h"

/* Keywords that a value may break: what is not taken of them is told in words. */
static const char *const constraints[] = { "type", "properties", "required", "additionalProperties",
	"items", "prefixItems", "additionalItems", "contains", "minContains", "maxContains",
	"unevaluatedItems", "unevaluatedProperties", "patternProperties", "propertyNames",
	"minProperties", "maxProperties", "dependentRequired", "dependentSchemas", "dependencies",
	"enum", "const", "anyOf", "oneOf", "allOf", "not", "if", "then", "else", "minimum",
	"maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
	"pattern", "format", "minItems", "maxItems", "uniqueItems", NULL };

static const char *const of_schemas[] = { "properties", "$defs", "definitions", NULL };
static const char *const lists[] = { "anyOf", "oneOf", "allOf", "prefixItems", NULL };

static bool
is_one_of(struct json v, const char *const *words)
{
	while (*words && !json_eq(v, *words))
		words++;
	return *words != NULL;
}

/* --- what goes into words --- */

void
schema_fit_lose(struct fitter *x, struct json key)
{
	struct buf name = BUF_INIT(BUF_UNLIMITED), known = BUF_INIT(BUF_UNLIMITED);

	json_text(key, &name);
	buf_addf(&known, ", %s,", x->fit->lost.p);
	buf_adds(&name, ",");
	if (!strstr(known.p, name.p)) {
		buf_adds(&x->fit->lost, x->fit->lost.len ? ", " : "");
		json_text(key, &x->fit->lost);
	}
	buf_release(&name);
	buf_release(&known);
}

/* Tell it to the model: "how old (minimum: 3, maximum: 9)". */
static void
put_words(struct buf *words, bool first, const struct json_iter *it)
{
	buf_adds(words, !first ? ", " : words->len ? " (" : "(");
	json_text(it->key, words);
	buf_adds(words, ": ");
	buf_addstr(words, json_raw(it->value));
}

static bool
is_whole(struct json pattern)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	bool whole;

	json_text(pattern, &text);
	whole = text.len > 1 && text.p[0] == '^' && text.p[text.len - 1] == '$';
	buf_release(&text);
	return whole;
}

static bool
are_strings(struct json list)
{
	struct json_iter it = json_each(list);

	while (json_next(&it)) {
		if (it.value.kind != JSON_STRING)
			return false;
	}
	return true;
}

/* Whether the target takes that value of a keyword that it knows. */
static bool
takes_value(const struct fitter *x, struct json key, struct json v)
{
	int64_t n;

	if (json_eq(key, "format"))
		return !x->target->keywords ||
		       (x->target->formats && is_one_of(v, x->target->formats));
	if (json_eq(key, "minItems") && schema_fit_flagged(x, FIT_FEW_MIN_ITEMS))
		return json_i64(v, &n) && n <= 1;
	if (json_eq(key, "pattern") && schema_fit_flagged(x, FIT_PATTERN_WHOLE))
		return is_whole(v);
	if (json_eq(key, "enum") && schema_fit_flagged(x, FIT_STRING_ENUMS))
		return are_strings(v);
	return true;
}

/* The keyword that says the same here, or NULL. */
static const char *
name_here(const struct fitter *x, struct json schema, struct json key)
{
	if (json_eq(key, "oneOf") && !schema_fit_takes(x, "oneOf") &&
	    !json_exists(json_get(schema, "anyOf")) && schema_fit_takes(x, "anyOf"))
		return "anyOf";
	if (json_eq(key, "const") && !schema_fit_takes(x, "const") &&
	    !json_exists(json_get(schema, "enum")) && schema_fit_takes(x, "enum"))
		return "enum";
	return NULL;
}

static bool
is_taken(const struct fitter *x, struct json schema, const struct json_iter *it)
{
	const char *const *k = x->target->keywords;

	if (name_here(x, schema, it->key))
		return json_eq(it->key, "oneOf") || !schema_fit_flagged(x, FIT_STRING_ENUMS) ||
		       it->value.kind == JSON_STRING;
	if (json_eq(it->key, "$defs") || json_eq(it->key, "definitions") ||
	    json_eq(it->key, "$ref"))
		return !schema_fit_flagged(x, FIT_INLINE);
	return (!k || is_one_of(it->key, k)) && takes_value(x, it->key, it->value);
}

/* --- schemas in schemas --- */

static struct fit_spot
inside(struct fit_spot at, int brackets)
{
	return (struct fit_spot){ .inlined = at.inlined, .depth = at.depth + brackets };
}

/* A list of schemas, or an object of them by name. */
static void
write_schemas(
    struct fitter *x, struct json schema, const struct json_iter *member, struct fit_spot at)
{
	struct json_iter it = json_each(member->value);
	bool optional_is_null = schema_fit_flagged(x, FIT_ALL_REQUIRED) &&
				json_eq(member->key, "properties");
	struct names required = names_of(json_get(schema, "required"));

	(member->value.kind == JSON_OBJECT ? jsonw_object : jsonw_array)(&x->w);
	while (json_next(&it)) {
		struct fit_spot child = inside(at, 2);

		child.nullable = optional_is_null && !names_find(&required, it.key);
		if (member->value.kind == JSON_OBJECT)
			schema_fit_write_key(&x->w, it.key);
		schema_fit_write(x, it.value, child);
	}
	jsonw_end(&x->w);
	names_release(&required);
}

/* The one type beside null, and null by "nullable". */
static void
write_nullable_type(struct fitter *x, struct json types)
{
	struct json_iter it = json_each(types);
	struct json one = JSON_ABSENT;

	while (json_next(&it)) {
		if (json_eq(it.value, "null"))
			continue;
		if (json_exists(one))
			schema_fit_despair(x, "a value of several types");
		one = it.value;
	}
	jsonw_json(&x->w, json_exists(one) ? one : json_literal("\"null\""));
	jsonw_kbool(&x->w, "nullable", true);
}

/* A type as it is, or with null. */
static void
write_type(struct fitter *x, struct json type, bool nullable)
{
	struct json_iter it = json_each(type);

	if (schema_fit_flagged(x, FIT_NULLABLE) && type.kind == JSON_ARRAY &&
	    schema_fit_names_type(type, "null")) {
		write_nullable_type(x, type);
	} else if (!nullable) {
		jsonw_json(&x->w, type);
	} else {
		jsonw_array(&x->w);
		if (type.kind == JSON_STRING)
			jsonw_json(&x->w, type);
		while (type.kind == JSON_ARRAY && json_next(&it))
			jsonw_json(&x->w, it.value);
		jsonw_str(&x->w, "null");
		jsonw_end(&x->w);
	}
}

static void
write_member(struct fitter *x, struct json schema, const struct json_iter *it, struct fit_spot at)
{
	const char *name = name_here(x, schema, it->key);
	bool map = it->value.kind == JSON_OBJECT && is_one_of(it->key, of_schemas);
	bool list = it->value.kind == JSON_ARRAY && is_one_of(it->key, lists);

	if (name)
		jsonw_key(&x->w, name);
	else
		schema_fit_write_key(&x->w, it->key);
	if (map || list) {
		write_schemas(x, schema, it, at);
	} else if (json_eq(it->key, "items") || json_eq(it->key, "additionalProperties")) {
		schema_fit_write(x, it->value, inside(at, 1));
	} else if (json_eq(it->key, "type")) {
		write_type(x, it->value, at.nullable);
	} else if (name) { /* const as enum */
		jsonw_array(&x->w);
		jsonw_json(&x->w, it->value);
		jsonw_end(&x->w);
	} else {
		jsonw_json(&x->w, it->value);
	}
}

/* --- the whole --- */

void
schema_fit_write_object(struct fitter *x, struct json schema, struct fit_spot at)
{
	struct buf words = BUF_INIT(BUF_UNLIMITED);
	struct json_iter it = json_each(schema);
	bool moved = false;

	schema_fit_check_closed(x, schema, at);
	jsonw_object(&x->w);
	schema_fit_write_plain_type(x, schema);
	json_text(json_get(schema, "description"), &words);
	while (!x->fit->hopeless && json_next(&it)) {
		if (json_eq(it.key, "description") || schema_fit_is_closings(x, schema, &it))
			continue;
		if (is_taken(x, schema, &it)) {
			write_member(x, schema, &it, at);
		} else if (is_one_of(it.key, constraints)) {
			put_words(&words, !moved, &it);
			schema_fit_lose(x, it.key);
			moved = true;
		}
	}
	buf_adds(&words, moved ? ")" : "");
	if (words.len || json_exists(json_get(schema, "description")))
		jsonw_kstrn(&x->w, "description", buf_str(&words));
	schema_fit_write_closing(x, schema);
	jsonw_end(&x->w);
	buf_release(&words);
}
