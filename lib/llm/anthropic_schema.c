/* SPDX-License-Identifier: MIT */
/* anthropic-schema - fit a JSON Schema to what the API's constrained decoder accepts. */
#include "llm/anthropic.h"

enum { DEPTH_MAX = 48 }; /* below the depth that the writer nests; deeper ones go as they are */

/* Refused by the decoder. They are told to the model in words instead; the answer is validated
 * against the whole schema when it is there. */
static const char *const refused[] = { "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
	"multipleOf", "minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems",
	"minContains", "maxContains", "contains", "minProperties", "maxProperties",
	"patternProperties", "propertyNames", "not", "if", "then", "else", "dependentRequired",
	"dependentSchemas", "prefixItems", NULL };

static const char *const formats[] = { "date-time", "time", "date", "duration", "email", "hostname",
	"uri", "ipv4", "ipv6", "uuid", NULL };

static const char *const of_schemas[] = { "properties", "$defs", "definitions", NULL };

static bool
is_one_of(struct json v, const char *const *words)
{
	while (*words && !json_eq(v, *words))
		words++;
	return *words != NULL;
}

static bool
is_refused(struct json key, struct json value)
{
	int64_t n;

	if (json_eq(key, "minItems") && json_i64(value, &n) && n <= 1)
		return false;
	return is_one_of(key, refused) || (json_eq(key, "format") && !is_one_of(value, formats));
}

static bool
is_object(struct json schema)
{
	struct json type = json_get(schema, "type");
	struct json_iter it = json_each(type);

	while (type.kind == JSON_ARRAY && json_next(&it)) {
		if (json_eq(it.value, "object"))
			return true;
	}
	return json_eq(type, "object") || json_get(schema, "properties").kind == JSON_OBJECT;
}

static void
write_key(struct jsonw *w, struct json key)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	json_text(key, &text);
	jsonw_keyn(w, buf_str(&text));
	buf_release(&text);
}

static bool write_schema(struct jsonw *w, struct json schema, int depth);

/* A list of schemas, or an object of them by name. */
static bool
write_schemas(struct jsonw *w, struct json list, int depth)
{
	struct json_iter it = json_each(list);
	bool lost = false;

	if (list.kind == JSON_OBJECT)
		jsonw_object(w);
	else
		jsonw_array(w);
	while (json_next(&it)) {
		if (list.kind == JSON_OBJECT)
			write_key(w, it.key);
		lost |= write_schema(w, it.value, depth + 2);
	}
	jsonw_end(w);
	return lost;
}

static bool
write_member(struct jsonw *w, struct json key, struct json value, int depth)
{
	bool many = is_one_of(key, of_schemas) && value.kind == JSON_OBJECT;

	if (json_eq(key, "oneOf"))
		jsonw_key(w, "anyOf");
	else
		write_key(w, key);
	many |= value.kind == JSON_ARRAY &&
		(json_eq(key, "oneOf") || json_eq(key, "anyOf") || json_eq(key, "allOf"));
	if (many)
		return write_schemas(w, value, depth);
	if (json_eq(key, "items"))
		return write_schema(w, value, depth + 1);
	jsonw_json(w, value);
	return false;
}

/* True where something the decoder refuses was moved into a description. */
static bool
write_schema(struct jsonw *w, struct json schema, int depth)
{
	struct buf words = BUF_INIT(BUF_UNLIMITED);
	struct json_iter it = json_each(schema);
	bool lost = false, moved;

	if (schema.kind != JSON_OBJECT || depth > DEPTH_MAX) {
		jsonw_json(w, schema);
		return false;
	}
	jsonw_object(w);
	json_text(json_get(schema, "description"), &words);
	for (moved = false; json_next(&it);) {
		if (is_refused(it.key, it.value)) {
			buf_adds(&words, moved ? ", " : words.len ? " (" : "(");
			json_text(it.key, &words);
			buf_adds(&words, ": ");
			buf_addstr(&words, json_raw(it.value));
			moved = true;
		} else if (!json_eq(it.key, "description") &&
			   !(json_eq(it.key, "additionalProperties") && is_object(schema))) {
			lost |= write_member(w, it.key, it.value, depth);
		}
	}
	if (moved)
		buf_addc(&words, ')');
	if (words.len)
		jsonw_kstrn(w, "description", buf_str(&words));
	if (is_object(schema))
		jsonw_kbool(w, "additionalProperties", false);
	jsonw_end(w);
	buf_release(&words);
	return lost || moved;
}

bool
anthropic_schema(struct jsonw *w, struct json schema)
{
	return write_schema(w, schema, 8);
}
