/* SPDX-License-Identifier: MIT */
/* schema_fit_walk - rewrite a schema keyword by keyword. */
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
static const char *const says_what[] = { "type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref",
	"properties", NULL };

static bool
is_one_of(struct json v, const char *const *words)
{
	while (*words && !json_eq(v, *words))
		words++;
	return *words != NULL;
}

static bool
has_one_of(struct json schema, const char *const *words)
{
	while (*words && !json_exists(json_get(schema, *words)))
		words++;
	return *words != NULL;
}

void
fit_despair(struct fitter *x, const char *why)
{
	if (!x->fit->hopeless)
		x->fit->hopeless = why;
}

/* Give up where a value has to stand. */
static void
despair_here(struct fitter *x, const char *why)
{
	fit_despair(x, why);
	jsonw_null(&x->w);
}

bool
fit_takes(const struct fitter *x, const char *keyword)
{
	const char *const *k = x->target->keywords;

	while (k && *k && strcmp(*k, keyword) != 0)
		k++;
	return !k || *k;
}

static bool
flagged(const struct fitter *x, unsigned flag)
{
	return (x->target->flags & flag) != 0;
}

static bool
names_type(struct json type, const char *name)
{
	struct json_iter it = json_each(type);

	while (type.kind == JSON_ARRAY && json_next(&it)) {
		if (json_eq(it.value, name))
			return true;
	}
	return json_eq(type, name);
}

bool
fit_is_object(struct json schema)
{
	return names_type(json_get(schema, "type"), "object") ||
	       json_get(schema, "properties").kind == JSON_OBJECT;
}

void
fit_write_key(struct jsonw *w, struct json key)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	json_text(key, &text);
	jsonw_keyn(w, buf_str(&text));
	buf_release(&text);
}

/* --- what goes into words --- */

static void
lose(struct fitter *x, struct json key)
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
	if (json_eq(key, "minItems") && flagged(x, FIT_FEW_MIN_ITEMS))
		return json_i64(v, &n) && n <= 1;
	if (json_eq(key, "pattern") && flagged(x, FIT_PATTERN_WHOLE))
		return is_whole(v);
	if (json_eq(key, "enum") && flagged(x, FIT_STRING_ENUMS))
		return are_strings(v);
	return true;
}

/* The keyword that says the same here, or NULL. */
static const char *
name_here(const struct fitter *x, struct json schema, struct json key)
{
	if (json_eq(key, "oneOf") && !fit_takes(x, "oneOf") &&
	    !json_exists(json_get(schema, "anyOf")) && fit_takes(x, "anyOf"))
		return "anyOf";
	if (json_eq(key, "const") && !fit_takes(x, "const") &&
	    !json_exists(json_get(schema, "enum")) && fit_takes(x, "enum"))
		return "enum";
	return NULL;
}

static bool
is_taken(const struct fitter *x, struct json schema, const struct json_iter *it)
{
	const char *const *k = x->target->keywords;

	if (name_here(x, schema, it->key))
		return json_eq(it->key, "oneOf") || !flagged(x, FIT_STRING_ENUMS) ||
		       it->value.kind == JSON_STRING;
	if (json_eq(it->key, "$defs") || json_eq(it->key, "definitions") ||
	    json_eq(it->key, "$ref"))
		return !flagged(x, FIT_INLINE);
	return (!k || is_one_of(it->key, k)) && takes_value(x, it->key, it->value);
}

/* --- schemas in schemas --- */

static struct fit_spot
inside(struct fit_spot at, int brackets)
{
	return (struct fit_spot){ .inlined = at.inlined, .depth = at.depth + brackets };
}

static bool requires(struct json schema, struct json name)
{
	struct json_iter it = json_each(json_get(schema, "required"));

	while (json_next(&it)) {
		if (json_equal(it.value, name))
			return true;
	}
	return false;
}

/* A list of schemas, or an object of them by name. */
static void
write_schemas(
    struct fitter *x, struct json schema, const struct json_iter *member, struct fit_spot at)
{
	struct json_iter it = json_each(member->value);
	bool optional_is_null = flagged(x, FIT_ALL_REQUIRED) && json_eq(member->key, "properties");

	(member->value.kind == JSON_OBJECT ? jsonw_object : jsonw_array)(&x->w);
	while (json_next(&it)) {
		struct fit_spot child = inside(at, 2);

		child.nullable = optional_is_null && !requires(schema, it.key);
		if (member->value.kind == JSON_OBJECT)
			fit_write_key(&x->w, it.key);
		fit_write(x, it.value, child);
	}
	jsonw_end(&x->w);
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
			fit_despair(x, "a value of several types");
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

	if (flagged(x, FIT_NULLABLE) && type.kind == JSON_ARRAY && names_type(type, "null")) {
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
		fit_write_key(&x->w, it->key);
	if (map || list) {
		write_schemas(x, schema, it, at);
	} else if (json_eq(it->key, "items") || json_eq(it->key, "additionalProperties")) {
		fit_write(x, it->value, inside(at, 1));
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

/* --- objects --- */

static bool
describes(struct json schema, struct json name)
{
	struct json_iter it = json_each(json_get(schema, "properties"));

	while (json_next(&it)) {
		if (json_equal(it.key, name))
			return true;
	}
	return false;
}

/* What can't be said where every object is closed: it would come back empty, or not at all. */
static void
check_closed(struct fitter *x, struct json schema, struct fit_spot at)
{
	struct json extra = json_get(schema, "additionalProperties");
	struct json_iter it = json_each(json_get(schema, "required"));

	if (!flagged(x, FIT_CLOSED))
		return;
	if (!has_one_of(schema, says_what))
		fit_despair(x, "a value of any kind");
	else if (names_type(json_get(schema, "type"), "array") &&
		 !json_exists(json_get(schema, "items")))
		fit_despair(x, "a list of anything");
	else if (fit_is_object(schema) && !json_count(json_get(schema, "properties")) &&
		 extra.kind != JSON_FALSE && !at.no_arguments)
		fit_despair(x, "an object with members of any name");
	while (json_next(&it)) {
		if (!describes(schema, it.value))
			fit_despair(x, "a required member that is not described");
	}
}

/* Whether the member is one that closing an object writes anew. (A schema for the members that are
 * ruled out by that goes into words.) */
static bool
is_closings(const struct fitter *x, struct json schema, const struct json_iter *it)
{
	if (!fit_is_object(schema))
		return false;
	if (json_eq(it->key, "required"))
		return flagged(x, FIT_ALL_REQUIRED);
	return flagged(x, FIT_CLOSED) && json_eq(it->key, "additionalProperties") &&
	       it->value.kind != JSON_OBJECT;
}

static void
write_closing(struct fitter *x, struct json schema)
{
	struct json properties = json_get(schema, "properties");
	struct json_iter it = json_each(properties),
			 named = json_each(json_get(schema, "required"));

	if (!fit_is_object(schema) || !flagged(x, FIT_CLOSED))
		return;
	if (flagged(x, FIT_ALL_REQUIRED)) {
		if (!json_exists(properties)) {
			jsonw_key(&x->w, "properties");
			jsonw_object(&x->w);
			jsonw_end(&x->w);
		}
		jsonw_key(&x->w, "required");
		jsonw_array(&x->w);
		while (json_next(&named))
			jsonw_json(&x->w, named.value);
		while (json_next(&it)) {
			if (!requires(schema, it.key))
				jsonw_json(&x->w, it.key);
		}
		jsonw_end(&x->w);
	}
	jsonw_kbool(&x->w, "additionalProperties", false);
}

static const char *
type_of(struct json v)
{
	switch (v.kind) {
	case JSON_STRING:
		return "string";
	case JSON_NUMBER:
		return "number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "boolean";
	case JSON_NONE:
	case JSON_NULL:
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	return NULL;
}

/* A type is wanted where the values, or the properties, speak for themselves. */
static void
write_plain_type(struct fitter *x, struct json schema)
{
	struct json v = json_get(schema, "const");
	struct json_iter it = json_each(json_get(schema, "enum"));
	const char *type = NULL, *other = NULL;

	if (json_exists(json_get(schema, "type")) || !flagged(x, FIT_CLOSED))
		return;
	type = fit_is_object(schema) ? "object" : type_of(v);
	while (json_next(&it)) {
		other = type_of(it.value);
		if (!other || (type && strcmp(type, other) != 0))
			return;
		type = other;
	}
	if (type)
		jsonw_kstr(&x->w, "type", type);
}

static void
write_object(struct fitter *x, struct json schema, struct fit_spot at)
{
	struct buf words = BUF_INIT(BUF_UNLIMITED);
	struct json_iter it = json_each(schema);
	bool moved = false;

	check_closed(x, schema, at);
	jsonw_object(&x->w);
	write_plain_type(x, schema);
	json_text(json_get(schema, "description"), &words);
	while (!x->fit->hopeless && json_next(&it)) {
		if (json_eq(it.key, "description") || is_closings(x, schema, &it))
			continue;
		if (is_taken(x, schema, &it)) {
			write_member(x, schema, &it, at);
		} else if (is_one_of(it.key, constraints)) {
			put_words(&words, !moved, &it);
			lose(x, it.key);
			moved = true;
		}
	}
	buf_adds(&words, moved ? ")" : "");
	if (words.len || json_exists(json_get(schema, "description")))
		jsonw_kstrn(&x->w, "description", buf_str(&words));
	write_closing(x, schema);
	jsonw_end(&x->w);
	buf_release(&words);
}

/* --- what stands for something else --- */

/* Whether the schema takes null as it is, as far as can be seen at a glance. */
static bool
takes_null(struct json schema)
{
	struct json type = json_get(schema, "type");
	struct json_iter it = json_each(json_get(schema, "anyOf"));

	if (json_exists(type))
		return names_type(type, "null");
	while (json_next(&it)) {
		if (names_type(json_get(it.value, "type"), "null"))
			return true;
	}
	return !has_one_of(schema, says_what);
}

/* The schema, or null. */
static void
write_nullable(struct fitter *x, struct json schema, struct fit_spot at)
{
	static const char *const values[] = { "enum", "const", "anyOf", "oneOf", "$ref", NULL };
	struct fit_spot plain = at;

	x->fit->nulls = true;
	if (json_exists(json_get(schema, "type")) && !has_one_of(schema, values)) {
		write_object(x, schema, at);
		return;
	}
	plain.nullable = false;
	plain.depth += 2;
	jsonw_object(&x->w);
	jsonw_key(&x->w, "anyOf");
	jsonw_array(&x->w);
	fit_write(x, schema, plain);
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
	struct json target = json_exists(ref) ? fit_resolve(x, ref) : schema;
	struct fit_inlined here = { at.inlined, target.p };
	struct buf text = BUF_INIT(FIT_TEXT_MAX);
	struct err err = ERR_INIT;

	if (!fit_merge(x, schema, &text) || json_parse(text.p, text.len, &merged, &err) < 0) {
		despair_here(x, "schemas that can't be made one");
	} else {
		at.inlined = &here;
		fit_write(x, merged, at);
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
	struct json ref = json_get(schema, "$ref"), target = fit_resolve(x, ref);
	bool alone = !flagged(x, FIT_REF_ALONE) || !count_beside(schema);
	bool unwound = at.root && flagged(x, FIT_ROOT_OBJECT);

	if (!json_exists(target) || target.kind == JSON_FALSE) {
		despair_here(x, "a $ref that leads out of the schema");
	} else if (flagged(x, FIT_INLINE) && fit_is_inlined(at.inlined, target)) {
		lose(x, json_literal("\"$ref\"")); /* cut where it comes round */
		jsonw_object(&x->w);
		jsonw_end(&x->w);
	} else if (flagged(x, FIT_INLINE) || unwound ||
		   (!alone && !fit_is_inlined(at.inlined, target))) {
		write_merged(x, schema, at);
	} else if (alone) {
		write_object(x, schema, at);
	} else {
		jsonw_object(&x->w);
		jsonw_kjson(&x->w, "$ref", ref);
		jsonw_end(&x->w);
	}
}

/* Whether the schema is {anyOf: [X, null]}; then X. */
static bool
is_pair_with_null(struct json schema, struct json *other)
{
	struct json list = json_get(schema, "anyOf"), first = json_find(list, "0"),
		    second = json_find(list, "1");
	bool null_first = json_eq(json_get(first, "type"), "null");

	*other = null_first ? second : first;
	return json_count(list) == 2 &&
	       json_eq(json_get(null_first ? first : second, "type"), "null") &&
	       json_get(*other, "type").kind == JSON_STRING;
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
		fit_write_key(&w, it.key);
		jsonw_json(&w, it.value);
	}
	jsonw_kbool(&w, "nullable", true);
	jsonw_end(&w);
	if (json_parse(text.p, text.len, &v, &err) == 0)
		fit_write(x, v, at);
	else
		despair_here(x, "it grows too large");
	buf_release(&text);
}

void
fit_write(struct fitter *x, struct json schema, struct fit_spot at)
{
	struct json other;

	if (x->fit->hopeless || at.depth > FIT_DEPTH_MAX) {
		despair_here(x, "schemas nested too deep");
	} else if (schema.kind != JSON_OBJECT) {
		if (flagged(x, FIT_CLOSED))
			fit_despair(x, "a value of any kind");
		jsonw_json(&x->w, schema);
	} else if (at.nullable && !takes_null(schema)) {
		write_nullable(x, schema, at);
	} else if (json_exists(json_get(schema, "$ref"))) {
		at.nullable = false;
		write_reference(x, schema, at);
	} else if (json_exists(json_get(schema, "allOf")) && !fit_takes(x, "allOf")) {
		write_merged(x, schema, at);
	} else if (flagged(x, FIT_NULLABLE) && is_pair_with_null(schema, &other)) {
		write_pair(x, schema, other, at);
	} else {
		at.nullable = false;
		write_object(x, schema, at);
	}
}
