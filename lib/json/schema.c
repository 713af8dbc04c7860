/* SPDX-License-Identifier: MIT */
/* schema - compile a JSON Schema: keywords to rules, patterns to matchers, each once. */
#include "json/schema.h"

#include <stdlib.h>

#include "base/mem.h"
#include "json/decimal.h"
#include "json/schema_node.h"

enum shape {
	SHAPE_ANY,
	SHAPE_ARRAY,
	SHAPE_NUMBER,
	SHAPE_STEP, /* a number above zero */
	SHAPE_COUNT, /* an integer from zero */
	SHAPE_BOOLEAN,
	SHAPE_PATTERN,
	SHAPE_TYPES,
	SHAPE_STRINGS, /* an array of strings */
	SHAPE_STRING_LISTS, /* an object of them */
	SHAPE_SCHEMA,
	SHAPE_SCHEMA_LIST,
	SHAPE_SCHEMA_MAP,
	SHAPE_PATTERN_MAP,
	SHAPE_DEPENDENCIES, /* an object of schemas and arrays of strings */
	SHAPE_REFERENCE,
};

enum { BEFORE_2020 = 1, SINCE_2020 = 2, ALWAYS = BEFORE_2020 | SINCE_2020 };

/* Keywords that are not here check nothing: format, title, default, what others add. */
static const struct keyword {
	const char *name;
	enum schema_keyword keyword;
	enum shape shape;
	unsigned drafts;
} keywords[] = {
	{ "type", SCHEMA_TYPE, SHAPE_TYPES, ALWAYS },
	{ "enum", SCHEMA_ENUM, SHAPE_ARRAY, ALWAYS },
	{ "const", SCHEMA_CONST, SHAPE_ANY, ALWAYS },
	{ "multipleOf", SCHEMA_MULTIPLE_OF, SHAPE_STEP, ALWAYS },
	{ "maximum", SCHEMA_MAXIMUM, SHAPE_NUMBER, ALWAYS },
	{ "exclusiveMaximum", SCHEMA_EXCLUSIVE_MAXIMUM, SHAPE_NUMBER, ALWAYS },
	{ "minimum", SCHEMA_MINIMUM, SHAPE_NUMBER, ALWAYS },
	{ "exclusiveMinimum", SCHEMA_EXCLUSIVE_MINIMUM, SHAPE_NUMBER, ALWAYS },
	{ "maxLength", SCHEMA_MAX_LENGTH, SHAPE_COUNT, ALWAYS },
	{ "minLength", SCHEMA_MIN_LENGTH, SHAPE_COUNT, ALWAYS },
	{ "pattern", SCHEMA_PATTERN, SHAPE_PATTERN, ALWAYS },
	{ "maxItems", SCHEMA_MAX_ITEMS, SHAPE_COUNT, ALWAYS },
	{ "minItems", SCHEMA_MIN_ITEMS, SHAPE_COUNT, ALWAYS },
	{ "uniqueItems", SCHEMA_UNIQUE_ITEMS, SHAPE_BOOLEAN, ALWAYS },
	{ "maxProperties", SCHEMA_MAX_PROPERTIES, SHAPE_COUNT, ALWAYS },
	{ "minProperties", SCHEMA_MIN_PROPERTIES, SHAPE_COUNT, ALWAYS },
	{ "required", SCHEMA_REQUIRED, SHAPE_STRINGS, ALWAYS },
	{ "dependentRequired", SCHEMA_DEPENDENT_REQUIRED, SHAPE_STRING_LISTS, SINCE_2020 },
	{ "propertyNames", SCHEMA_PROPERTY_NAMES, SHAPE_SCHEMA, ALWAYS },
	{ "properties", SCHEMA_PROPERTIES, SHAPE_SCHEMA_MAP, ALWAYS },
	{ "patternProperties", SCHEMA_PATTERN_PROPERTIES, SHAPE_PATTERN_MAP, ALWAYS },
	{ "additionalProperties", SCHEMA_ADDITIONAL_PROPERTIES, SHAPE_SCHEMA, ALWAYS },
	{ "prefixItems", SCHEMA_PREFIX_ITEMS, SHAPE_SCHEMA_LIST, SINCE_2020 },
	{ "items", SCHEMA_ITEMS, SHAPE_SCHEMA, ALWAYS },
	{ "additionalItems", SCHEMA_ADDITIONAL_ITEMS, SHAPE_SCHEMA, ALWAYS },
	{ "minContains", SCHEMA_MIN_CONTAINS, SHAPE_COUNT, SINCE_2020 },
	{ "maxContains", SCHEMA_MAX_CONTAINS, SHAPE_COUNT, SINCE_2020 },
	{ "contains", SCHEMA_CONTAINS, SHAPE_SCHEMA, ALWAYS },
	{ "dependentSchemas", SCHEMA_DEPENDENT_SCHEMAS, SHAPE_SCHEMA_MAP, SINCE_2020 },
	{ "dependencies", SCHEMA_DEPENDENCIES, SHAPE_DEPENDENCIES, ALWAYS },
	{ "$ref", SCHEMA_REF, SHAPE_REFERENCE, ALWAYS },
	{ "$dynamicRef", SCHEMA_DYNAMIC_REF, SHAPE_REFERENCE, SINCE_2020 },
	{ "allOf", SCHEMA_ALL_OF, SHAPE_SCHEMA_LIST, ALWAYS },
	{ "anyOf", SCHEMA_ANY_OF, SHAPE_SCHEMA_LIST, ALWAYS },
	{ "oneOf", SCHEMA_ONE_OF, SHAPE_SCHEMA_LIST, ALWAYS },
	{ "not", SCHEMA_NOT, SHAPE_SCHEMA, ALWAYS },
	{ "then", SCHEMA_THEN, SHAPE_SCHEMA, ALWAYS },
	{ "else", SCHEMA_ELSE, SHAPE_SCHEMA, ALWAYS },
	{ "if", SCHEMA_IF, SHAPE_SCHEMA, ALWAYS },
	{ "unevaluatedItems", SCHEMA_UNEVALUATED_ITEMS, SHAPE_SCHEMA, SINCE_2020 },
	{ "unevaluatedProperties", SCHEMA_UNEVALUATED_PROPERTIES, SHAPE_SCHEMA, SINCE_2020 },
	{ "$defs", SCHEMA_DEFS, SHAPE_SCHEMA_MAP, ALWAYS },
	{ "definitions", SCHEMA_DEFS, SHAPE_SCHEMA_MAP, ALWAYS },
};

void
schema_place_print(const struct schema_place *place, struct buf *out)
{
	struct buf name = BUF_INIT(BUF_UNLIMITED);
	size_t i;

	if (!place)
		return;
	schema_place_print(place->up, out);
	buf_addc(out, '/');
	if (place->name)
		buf_adds(&name, place->name);
	else if (json_is(place->key, JSON_STRING))
		json_text(place->key, &name);
	else
		buf_addi(&name, (int64_t)place->index);
	for (i = 0; i < name.len; i++) {
		if (name.p[i] == '~' || name.p[i] == '/')
			buf_adds(out, name.p[i] == '~' ? "~0" : "~1");
		else
			buf_addc(out, name.p[i]);
	}
	buf_release(&name);
}

/* Put the place before the message that err holds. */
static int
fail_at(const struct schema_place *place, struct err *err)
{
	struct buf path = BUF_INIT(BUF_UNLIMITED);

	schema_place_print(place, &path);
	err_wrap(err, "schema%s%s", path.len ? " " : "", path.p);
	buf_release(&path);
	return -1;
}

static int
fail(const struct schema_place *place, struct err *err, const char *what)
{
	err_set(err, EXIT_CONFIG, "%s", what);
	return fail_at(place, err);
}

static struct schema_sub *
add_sub(struct schema_rule *rule)
{
	VEC_GROW(rule->subs, rule->sub_count, rule->sub_cap);
	rule->subs[rule->sub_count] = (struct schema_sub){ .node = NULL };
	return &rule->subs[rule->sub_count++];
}

/* What the rules of one node are made with. */
struct maker {
	struct schema *s;
	struct schema_node *node;
	const struct schema_place *place; /* of the keyword */
	struct err *err;
};

static int
make_schema(
    struct maker *m, struct schema_rule *rule, struct json v, const struct schema_place *place)
{
	const struct schema_node *node = schema_node_at(m->s, v, m->node->resource, place, m->err);

	add_sub(rule)->node = node;
	return node ? 0 : -1;
}

static int
make_list(struct maker *m, struct schema_rule *rule)
{
	struct json_iter it = json_each(rule->value);
	struct schema_place place = { .up = m->place };

	if (!json_is(rule->value, JSON_ARRAY))
		return fail(m->place, m->err, "is no array of schemas");
	for (; json_next(&it); place.index++) {
		if (make_schema(m, rule, it.value, &place) < 0)
			return -1;
	}
	return 0;
}

static int
make_pattern(struct maker *m, struct schema_sub *sub, struct json source)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	json_text(source, &text);
	sub->pattern = pattern_compile(buf_str(&text), m->err);
	buf_release(&text);
	return sub->pattern ? 0 : fail_at(m->place, m->err);
}

static bool
are_strings(struct json v)
{
	struct json_iter it = json_each(v);

	if (!json_is(v, JSON_ARRAY))
		return false;
	while (json_next(&it)) {
		if (!json_is(it.value, JSON_STRING))
			return false;
	}
	return true;
}

static int
make_map(struct maker *m, struct schema_rule *rule, enum shape shape)
{
	struct json_iter it = json_each(rule->value);
	struct schema_place place = { .up = m->place };

	if (!json_is(rule->value, JSON_OBJECT))
		return fail(m->place, m->err, "is no object");
	while (json_next(&it)) {
		bool is_list = json_is(it.value, JSON_ARRAY) && shape != SHAPE_SCHEMA_MAP;
		struct schema_sub *sub;

		place.key = it.key;
		if (is_list && !are_strings(it.value))
			return fail(&place, m->err, "is no array of strings");
		if (is_list)
			add_sub(rule)->strings = it.value;
		else if (shape == SHAPE_STRING_LISTS)
			return fail(&place, m->err, "is no array of strings");
		else if (make_schema(m, rule, it.value, &place) < 0)
			return -1;
		sub = &rule->subs[rule->sub_count - 1];
		sub->key = it.key;
		if (shape == SHAPE_PATTERN_MAP && make_pattern(m, sub, it.key) < 0)
			return -1;
	}
	return 0;
}

static int
make_count(struct maker *m, struct schema_rule *rule)
{
	struct decimal d;

	if (!json_is(rule->value, JSON_NUMBER))
		return fail(m->place, m->err, "is no number");
	d = decimal_of(rule->value);
	if (d.minus || !decimal_is_integer(&d))
		return fail(m->place, m->err, "is no count");
	if (!json_count_of(rule->value, &rule->count))
		rule->count = INT64_MAX;
	return 0;
}

static int
make_types(struct maker *m, struct json v)
{
	static const char *const types[] = { "null", "boolean", "object", "array", "number",
		"string", "integer" };
	struct json_iter it = json_each(v);
	size_t i;

	while (json_is(v, JSON_ARRAY) && json_next(&it)) {
		if (!json_is(it.value, JSON_STRING) || make_types(m, it.value) < 0)
			return fail(m->place, m->err, "names no type");
	}
	if (json_is(v, JSON_ARRAY))
		return 0;
	for (i = 0; i < sizeof types / sizeof *types; i++) {
		if (json_eq(v, types[i]))
			return 0;
	}
	return fail(m->place, m->err, "names no type");
}

static int
make_reference(struct maker *m, struct schema_rule *rule)
{
	struct schema *s = m->s;

	if (!json_is(rule->value, JSON_STRING))
		return fail(m->place, m->err, "is no string");
	add_sub(rule);
	VEC_GROW(s->pending, s->pending_count, s->pending_cap);
	s->pending[s->pending_count++] = (struct schema_pending){ m->node, rule->keyword };
	return 0;
}

static int
make_step(struct maker *m, struct json v)
{
	struct decimal d;

	if (json_is(v, JSON_NUMBER)) {
		d = decimal_of(v);
		if (decimal_fits_step(&d))
			return 0;
	}
	return fail(m->place, m->err, "is no number above zero of at most 18 digits");
}

static int
make_rule(struct maker *m, struct schema_rule *rule, enum shape shape)
{
	struct json v = rule->value;

	switch (shape) {
	case SHAPE_ANY:
		return 0;
	case SHAPE_ARRAY:
		return json_is(v, JSON_ARRAY) ? 0 : fail(m->place, m->err, "is no array");
	case SHAPE_NUMBER:
		return json_is(v, JSON_NUMBER) ? 0 : fail(m->place, m->err, "is no number");
	case SHAPE_STEP:
		return make_step(m, v);
	case SHAPE_COUNT:
		return make_count(m, rule);
	case SHAPE_BOOLEAN:
		return json_is(v, JSON_TRUE) || json_is(v, JSON_FALSE)
			   ? 0
			   : fail(m->place, m->err, "is no boolean");
	case SHAPE_PATTERN:
		if (!json_is(v, JSON_STRING))
			return fail(m->place, m->err, "is no string");
		return make_pattern(m, add_sub(rule), v);
	case SHAPE_TYPES:
		return make_types(m, v);
	case SHAPE_STRINGS:
		return are_strings(v) ? 0 : fail(m->place, m->err, "is no array of strings");
	case SHAPE_SCHEMA:
		return make_schema(m, rule, v, m->place);
	case SHAPE_SCHEMA_LIST:
		return make_list(m, rule);
	case SHAPE_STRING_LISTS:
	case SHAPE_SCHEMA_MAP:
	case SHAPE_PATTERN_MAP:
	case SHAPE_DEPENDENCIES:
		return make_map(m, rule, shape);
	case SHAPE_REFERENCE:
		return make_reference(m, rule);
	}
	return 0;
}

/* The node's rule for the keyword, empty; rules stay in the order of their keywords. */
static struct schema_rule *
add_rule(struct schema_node *node, enum schema_keyword keyword)
{
	size_t i;

	VEC_GROW(node->rules, node->rule_count, node->rule_cap);
	for (i = node->rule_count++; i > 0 && node->rules[i - 1].keyword > keyword; i--)
		node->rules[i] = node->rules[i - 1];
	node->rules[i] = (struct schema_rule){ .keyword = keyword };
	return &node->rules[i];
}

static int
compile_keyword(struct schema *s, struct schema_node *node, const struct keyword *k,
    const struct schema_place *up, struct err *err)
{
	struct schema_place place = { .up = up, .name = k->name };
	struct maker m = { s, node, &place, err };
	enum schema_keyword keyword = k->keyword;
	enum shape shape = k->shape;
	struct schema_rule rule = { .value = json_get(node->at, k->name) };
	int rc;

	if (json_is(rule.value, JSON_NONE))
		return 0;
	if (keyword == SCHEMA_ITEMS && json_is(rule.value, JSON_ARRAY)) {
		keyword = SCHEMA_ITEMS_LIST;
		shape = SHAPE_SCHEMA_LIST;
	}
	rule.keyword = keyword;
	rc = make_rule(&m, &rule, shape);
	*add_rule(node, keyword) = rule;
	node->tracks |= keyword == SCHEMA_UNEVALUATED_ITEMS ||
			keyword == SCHEMA_UNEVALUATED_PROPERTIES;
	return rc;
}

static int
compile_node(
    struct schema *s, struct schema_node *node, const struct schema_place *place, struct err *err)
{
	bool is_draft7 = schema_document_of(s, node->at.p)->is_draft7;
	unsigned draft = is_draft7 ? BEFORE_2020 : SINCE_2020;
	bool is_ref = is_draft7 && json_is(json_get(node->at, "$ref"), JSON_STRING);
	size_t i;

	if (!is_ref && schema_name_node(s, node, err) < 0)
		return -1;
	for (i = 0; i < sizeof keywords / sizeof *keywords; i++) {
		const struct keyword *k = &keywords[i];

		/* before 2020-12 a reference hides all beside it */
		if (!(k->drafts & draft) || (is_ref && k->keyword != SCHEMA_REF))
			continue;
		if (compile_keyword(s, node, k, place, err) < 0)
			return -1;
	}
	return 0;
}

/* Recursion goes no deeper than the text is nested. */
struct schema_node *
schema_node_at(struct schema *s, struct json v, size_t resource, const struct schema_place *place,
    struct err *err)
{
	struct schema_document *document = schema_document_of(s, v.p);
	uint32_t *known = &document->node_at[v.p - document->text];
	struct schema_node *node;

	if (*known)
		return s->nodes[*known - 1];
	if (!json_is(v, JSON_OBJECT) && !json_is(v, JSON_TRUE) && !json_is(v, JSON_FALSE)) {
		fail(place, err, "is no schema: an object or a boolean");
		return NULL;
	}
	node = xcalloc(1, sizeof *node);
	node->at = v;
	node->resource = resource;
	VEC_GROW(s->nodes, s->node_count, s->node_cap);
	s->nodes[s->node_count++] = node;
	*known = (uint32_t)s->node_count;
	if (v.p == document->root.p)
		s->resources[document->resource].root = node;
	if (json_is(v, JSON_OBJECT) && compile_node(s, node, place, err) < 0)
		return NULL;
	return node;
}

const struct schema_rule *
schema_rule_of(const struct schema_node *node, enum schema_keyword keyword)
{
	size_t i;

	for (i = 0; i < node->rule_count; i++) {
		if (node->rules[i].keyword == keyword)
			return &node->rules[i];
	}
	return NULL;
}

struct schema *
schema_compile(struct json text, struct err *err)
{
	return schema_compile_from(text, NULL, err);
}

struct schema *
schema_compile_from(struct json text, const struct schema_source *source, struct err *err)
{
	struct schema *s = xcalloc(1, sizeof *s);

	s->source = source;
	if (!schema_add_document(s, text, source ? source->uri : "", err) ||
	    schema_resolve(s, err) < 0) {
		schema_free(s);
		return NULL;
	}
	s->source = NULL;
	*err = (struct err)ERR_INIT; /* what a reference might have come to */
	return s;
}

static void
free_node(struct schema_node *node)
{
	size_t i, j;

	for (i = 0; i < node->rule_count; i++) {
		for (j = 0; j < node->rules[i].sub_count; j++)
			pattern_free(node->rules[i].subs[j].pattern);
		free(node->rules[i].subs);
		free(node->rules[i].anchor);
	}
	free(node->rules);
	free(node);
}

void
schema_free(struct schema *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; i < s->node_count; i++)
		free_node(s->nodes[i]);
	for (i = 0; i < s->resource_count; i++)
		free(s->resources[i].uri);
	for (i = 0; i < s->anchor_count; i++)
		free(s->anchors[i].name);
	free(s->nodes);
	free(s->resources);
	free(s->anchors);
	free(s->pending);
	schema_documents_free(s);
	free(s);
}
