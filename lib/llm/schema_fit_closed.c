/* SPDX-License-Identifier: MIT */
/* schema_fit_closed - what a decoder wants that closes every object: all named, all required, all
 * typed. */
#include "json/names.h"
#include "llm/schema_fitter.h"

/* Whether each member that must be there is described. */
static bool
describes_required(struct json schema)
{
	struct names described = names_of(json_get(schema, "properties"));
	struct json_iter it = json_each(json_get(schema, "required"));
	bool all = true;

	while (all && json_next(&it))
		all = names_find(&described, it.value) != NULL;
	names_release(&described);
	return all;
}

/* What can't be said where every object is closed: it would come back empty, or not at all. */
void
schema_fit_check_closed(struct fitter *x, struct json schema, struct fit_spot at)
{
	struct json extra = json_get(schema, "additionalProperties");

	if (!schema_fit_flagged(x, FIT_CLOSED))
		return;
	if (!schema_fit_says_what(schema))
		schema_fit_despair(x, "a value of any kind");
	else if (schema_fit_names_type(json_get(schema, "type"), "array") &&
		 !json_exists(json_get(schema, "items")))
		schema_fit_despair(x, "a list of anything");
	else if (schema_fit_is_object(schema) && !json_count(json_get(schema, "properties")) &&
		 extra.kind != JSON_FALSE && !at.no_arguments)
		schema_fit_despair(x, "an object with members of any name");
	if (!describes_required(schema))
		schema_fit_despair(x, "a required member that is not described");
}

/* Whether the member is one that closing an object writes anew. (A schema for the members that are
 * ruled out by that goes into words.) */
bool
schema_fit_is_closings(const struct fitter *x, struct json schema, const struct json_iter *it)
{
	if (!schema_fit_is_object(schema))
		return false;
	if (json_eq(it->key, "required"))
		return schema_fit_flagged(x, FIT_ALL_REQUIRED);
	return schema_fit_flagged(x, FIT_CLOSED) && json_eq(it->key, "additionalProperties") &&
	       it->value.kind != JSON_OBJECT;
}

/* All members are required: those that are, and then the others. */
static void
write_required(struct fitter *x, struct json schema)
{
	struct json required = json_get(schema, "required");
	struct names named = names_of(required);
	struct json_iter it = json_each(required);

	jsonw_key(&x->w, "required");
	jsonw_array(&x->w);
	while (json_next(&it))
		jsonw_json(&x->w, it.value);
	for (it = json_each(json_get(schema, "properties")); json_next(&it);) {
		if (!names_find(&named, it.key))
			jsonw_json(&x->w, it.key);
	}
	jsonw_end(&x->w);
	names_release(&named);
}

void
schema_fit_write_closing(struct fitter *x, struct json schema)
{
	if (!schema_fit_is_object(schema) || !schema_fit_flagged(x, FIT_CLOSED))
		return;
	if (schema_fit_flagged(x, FIT_ALL_REQUIRED)) {
		if (!json_exists(json_get(schema, "properties"))) {
			jsonw_key(&x->w, "properties");
			jsonw_object(&x->w);
			jsonw_end(&x->w);
		}
		write_required(x, schema);
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
void
schema_fit_write_plain_type(struct fitter *x, struct json schema)
{
	struct json v = json_get(schema, "const");
	struct json_iter it = json_each(json_get(schema, "enum"));
	const char *type = NULL, *other = NULL;

	if (json_exists(json_get(schema, "type")) || !schema_fit_flagged(x, FIT_CLOSED))
		return;
	type = schema_fit_is_object(schema) ? "object" : type_of(v);
	while (json_next(&it)) {
		other = type_of(it.value);
		if (!other || (type && strcmp(type, other) != 0))
			return;
		type = other;
	}
	if (type)
		jsonw_kstr(&x->w, "type", type);
}
