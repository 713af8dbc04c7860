/* SPDX-License-Identifier: MIT */
/* structured_answer - what a model wrote, as the value that was asked for. */
#include "json/excerpt.h"
#include "json/jsonw.h"
#include "json/schema.h"
#include "llm/answer.h"
#include "llm/structured.h"

/* --- nulls that stand for absent members --- */

enum { NULLS_MAX = 1024, ROUNDS_MAX = 8 };

struct nulls {
	const char *at[NULLS_MAX];
	size_t count;
};

static bool
note_null(void *user, const struct schema_failure *failure)
{
	struct nulls *nulls = user;

	if (failure->value.kind == JSON_NULL && failure->instance_path.len)
		nulls->at[nulls->count++] = failure->value.p;
	return nulls->count < NULLS_MAX;
}

static bool
is_noted(const struct nulls *nulls, struct json v)
{
	size_t i = 0;

	while (i < nulls->count && nulls->at[i] != v.p)
		i++;
	return i < nulls->count;
}

static void
write_without(struct buf *out, struct json v, const struct nulls *nulls)
{
	struct json_iter it = json_each(v);
	bool object = v.kind == JSON_OBJECT, first = true;

	if (!object && v.kind != JSON_ARRAY) {
		buf_addstr(out, json_raw(v));
		return;
	}
	buf_addc(out, object ? '{' : '[');
	while (json_next(&it)) {
		if (object && is_noted(nulls, it.value))
			continue;
		buf_adds(out, first ? "" : ",");
		first = false;
		if (object) {
			buf_addstr(out, json_raw(it.key));
			buf_addc(out, ':');
		}
		write_without(out, it.value, nulls);
	}
	buf_addc(out, object ? '}' : ']');
}

/*
 * The rule: a member that is null where the schema takes no null there stands for one that is
 * absent. What is dropped is what validation itself complains of, so nothing else changes; what
 * still does not fit then is left as it was. Appends to out what fits; false where nothing does.
 */
static bool
drop_nulls(const struct schema *schema, struct json v, struct buf *out)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED), less = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	bool fits = false;
	int round;

	buf_addstr(&text, json_raw(v));
	for (round = 0; round < ROUNDS_MAX && !fits; round++) {
		struct nulls nulls = { .count = 0 };

		if (json_parse(text.p, text.len, &v, &err) < 0)
			break;
		fits = schema_explain(schema, v, note_null, &nulls);
		if (fits || !nulls.count)
			break;
		buf_reset(&less);
		write_without(&less, v, &nulls);
		buf_reset(&text);
		buf_addstr(&text, buf_str(&less));
	}
	if (fits)
		buf_addstr(out, buf_str(&text));
	buf_release(&text);
	buf_release(&less);
	return fits;
}

/* --- values --- */

/* Out of its wrapper, if it is in one. */
static int
find_value(const struct answer *a, struct str text, struct json *v, struct err *err)
{
	struct json inner;

	if (excerpt_find(text, v, err) < 0)
		return -1;
	inner = json_get(*v, SCHEMA_FIT_WRAPPED);
	if (a->wrapped && json_count(*v) == 1 && inner.kind != JSON_NONE)
		*v = inner;
	return 0;
}

bool
structured_explain(const struct answer *a, struct str text, const struct schema *schema,
    schema_failure_fn *tell, void *user)
{
	struct err err = ERR_INIT;
	struct json v;

	if (find_value(a, text, &v, &err) < 0)
		return false;
	(void)schema_explain(schema, v, tell, user); /* that it does not fit is known */
	return true;
}

bool
structured_value(const struct answer *a, struct str text, const struct schema *schema,
    struct buf *out, struct err *err)
{
	struct json v;

	if (find_value(a, text, &v, err) < 0)
		return false;
	if (schema_valid(schema, v, err)) {
		buf_addstr(out, json_raw(v));
		return true;
	}
	return a->nulls && drop_nulls(schema, v, out);
}

static struct json
schema_of_tool(const struct request *r, struct str name)
{
	struct json_iter it = json_each(r->tools);
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct json schema = JSON_ABSENT;

	while (json_next(&it)) {
		buf_reset(&text);
		json_text(json_get(it.value, "name"), &text);
		if (str_eq(buf_str(&text), name) && json_is_true(json_get(it.value, "strict")))
			schema = json_get(it.value, "inputSchema");
	}
	buf_release(&text);
	return schema;
}

static void
settle_arguments(struct part *part, struct json schema_text)
{
	struct buf less = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct schema *schema = schema_compile(schema_text, &err);
	struct json v;

	if (schema && json_parse(part->text.p, part->text.len, &v, &err) == 0 &&
	    !schema_valid(schema, v, NULL) && drop_nulls(schema, v, &less)) {
		buf_reset(&part->text);
		buf_addstr(&part->text, buf_str(&less));
	}
	schema_free(schema);
	buf_release(&less);
}

void
structured_settle(struct answer *a, const struct request *r)
{
	size_t i;

	for (i = 0; a->tool_nulls && i < a->part_count; i++) {
		struct part *part = &a->parts[i];
		struct json schema = JSON_ABSENT;

		if (part->type == PART_TOOL_CALL && !part->malformed && !part->custom_tool)
			schema = schema_of_tool(r, buf_str(&part->name));
		if (json_exists(schema))
			settle_arguments(part, schema);
	}
}
