/* SPDX-License-Identifier: MIT */
/* schema_fit_glance - what a schema says, and a target takes, as far as a glance shows. */
#include "llm/schema_fitter.h"

bool
schema_fit_takes(const struct fitter *x, const char *keyword)
{
	const char *const *k = x->target->keywords;

	while (k && *k && strcmp(*k, keyword) != 0)
		k++;
	return !k || *k;
}

bool
schema_fit_names_type(struct json type, const char *name)
{
	struct json_iter it = json_each(type);

	while (type.kind == JSON_ARRAY && json_next(&it)) {
		if (json_eq(it.value, name))
			return true;
	}
	return json_eq(type, name);
}

bool
schema_fit_is_object(struct json schema)
{
	return schema_fit_names_type(json_get(schema, "type"), "object") ||
	       json_get(schema, "properties").kind == JSON_OBJECT;
}

static bool
has_one_of(struct json schema, const char *const *words)
{
	while (*words && !json_exists(json_get(schema, *words)))
		words++;
	return *words != NULL;
}

/* Whether it says anything of its value. */
bool
schema_fit_says_what(struct json schema)
{
	static const char *const says_what[] = { "type", "enum", "const", "anyOf", "oneOf", "allOf",
		"$ref", "properties", NULL };

	return has_one_of(schema, says_what);
}

/* Whether it is more than a type may tell: what null has to stand beside. */
bool
schema_fit_names_values(struct json schema)
{
	static const char *const values[] = { "enum", "const", "anyOf", "oneOf", "$ref", NULL };

	return has_one_of(schema, values);
}

/* Whether a list of values, if there is one, has null in it. */
static bool
lists_null(struct json values)
{
	struct json_iter it = json_each(values);

	while (json_next(&it)) {
		if (it.value.kind == JSON_NULL)
			return true;
	}
	return values.kind != JSON_ARRAY;
}

/* Whether the schema takes null as it is, as far as can be seen at a glance. */
bool
schema_fit_takes_null(struct json schema)
{
	struct json type = json_get(schema, "type"), only = json_get(schema, "const");
	struct json_iter it = json_each(json_get(schema, "anyOf"));

	if (!lists_null(json_get(schema, "enum")) ||
	    (only.kind != JSON_NONE && only.kind != JSON_NULL))
		return false;
	if (json_exists(type))
		return schema_fit_names_type(type, "null");
	while (json_next(&it)) {
		if (schema_fit_names_type(json_get(it.value, "type"), "null"))
			return true;
	}
	return !schema_fit_says_what(schema);
}

/* Whether the schema is {anyOf: [X, null]}; then X. */
bool
schema_fit_is_pair_with_null(struct json schema, struct json *other)
{
	struct json list = json_get(schema, "anyOf"), first = json_find(list, "0"),
		    second = json_find(list, "1");
	bool null_first = json_eq(json_get(first, "type"), "null");

	*other = null_first ? second : first;
	return json_count(list) == 2 &&
	       json_eq(json_get(null_first ? first : second, "type"), "null") &&
	       json_get(*other, "type").kind == JSON_STRING;
}
