/* SPDX-License-Identifier: MIT */
/* schema_assert - the keywords that look at a value alone: type, limits, lengths, names. */
#include "json/schema_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "json/decimal.h"
#include "json/names.h"

enum { SHOWN_MAX = 60, FEW = 16 }; /* members that are looked for one by one */

/* What fails and where the schema says so: the keyword's value, or the schema that is false. */
static void
tell(const struct schema_frame *f, struct str instance_path, const char *what)
{
	struct buf path = BUF_INIT(BUF_UNLIMITED);
	bool by_rule = f->rule && !json_is(f->node->at, JSON_FALSE);
	struct str keyword;

	schema_locate(f->schema, by_rule ? f->rule->value.p : f->node->at.p, &path);
	keyword = by_rule                            ? str_of(strrchr(path.p, '/') + 1)
		  : json_is(f->node->at, JSON_FALSE) ? STR_LIT("false schema")
						     : STR_LIT("$ref");
	if (!f->report->tell(f->report->user, &(struct schema_failure){ instance_path, keyword,
						  buf_str(&path), str_of(what), f->v }))
		f->report->enough = true;
	buf_release(&path);
}

bool
schema_misfit(const struct schema_frame *f, const char *fmt, ...)
{
	struct buf path = BUF_INIT(BUF_UNLIMITED);
	struct schema_report *report = f->report;
	char what[ERR_TEXT_MAX];
	va_list ap;

	if (!report || report->enough)
		return false;
	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof what, fmt, ap); /* an err would cut it likewise */
	va_end(ap);
	schema_place_print(f->place, &path);
	if (report->tell) {
		tell(f, buf_str(&path), what);
	} else {
		err_set(report->err, EXIT_NO, "%s: %s", path.len ? path.p : "value", what);
		report->enough = true;
	}
	buf_release(&path);
	return false;
}

bool
schema_go_on(const struct schema_frame *f, bool *all, bool fits)
{
	*all &= fits;
	return fits || (f->report && !f->report->enough);
}

static int
shown(struct json v)
{
	return (int)str_cut_utf8(json_raw(v), SHOWN_MAX);
}

static const char *
kind_name(enum json_kind kind)
{
	static const char *const names[] = {
		[JSON_NONE] = "absent",
		[JSON_NULL] = "null",
		[JSON_FALSE] = "a boolean",
		[JSON_TRUE] = "a boolean",
		[JSON_NUMBER] = "a number",
		[JSON_STRING] = "a string",
		[JSON_ARRAY] = "an array",
		[JSON_OBJECT] = "an object",
	};

	return names[kind];
}

static bool
is_of_type(struct json v, struct json type)
{
	struct decimal d;

	switch (v.kind) {
	case JSON_NONE:
		return false;
	case JSON_NULL:
		return json_eq(type, "null");
	case JSON_FALSE:
	case JSON_TRUE:
		return json_eq(type, "boolean");
	case JSON_STRING:
		return json_eq(type, "string");
	case JSON_ARRAY:
		return json_eq(type, "array");
	case JSON_OBJECT:
		return json_eq(type, "object");
	case JSON_NUMBER:
		break;
	}
	d = decimal_of(v);
	return json_eq(type, "number") || (json_eq(type, "integer") && decimal_is_integer(&d));
}

static bool
assert_type(const struct schema_frame *f, const struct schema_rule *rule)
{
	struct json_iter it = json_each(rule->value);
	struct json v = f->v;

	if (json_is(rule->value, JSON_STRING) && is_of_type(v, rule->value))
		return true;
	while (json_is(rule->value, JSON_ARRAY) && json_next(&it)) {
		if (is_of_type(v, it.value))
			return true;
	}
	return schema_misfit(f, "is %s, the schema wants %.*s", kind_name(v.kind),
	    shown(rule->value), rule->value.p);
}

static bool
assert_enum(const struct schema_frame *f, const struct schema_rule *rule)
{
	struct json_iter it = json_each(rule->value);

	while (json_next(&it)) {
		if (json_equal(it.value, f->v))
			return true;
	}
	return schema_misfit(f, "is none of %.*s", shown(rule->value), rule->value.p);
}

static bool
assert_const(const struct schema_frame *f, const struct schema_rule *rule)
{
	return json_equal(rule->value, f->v) ||
	       schema_misfit(f, "is not %.*s", shown(rule->value), rule->value.p);
}

static bool
assert_limit(const struct schema_frame *f, const struct schema_rule *rule)
{
	struct decimal v = decimal_of(f->v), limit = decimal_of(rule->value);
	int order = decimal_compare(&v, &limit);
	const char *wanted = "";

	if (rule->keyword == SCHEMA_MAXIMUM && order > 0)
		wanted = "at most";
	else if (rule->keyword == SCHEMA_EXCLUSIVE_MAXIMUM && order >= 0)
		wanted = "less than";
	else if (rule->keyword == SCHEMA_MINIMUM && order < 0)
		wanted = "at least";
	else if (rule->keyword == SCHEMA_EXCLUSIVE_MINIMUM && order <= 0)
		wanted = "more than";
	else if (rule->keyword == SCHEMA_MULTIPLE_OF && !decimal_is_multiple(&v, &limit))
		wanted = "a multiple of";
	return !*wanted || schema_misfit(f, "is %.*s, the schema wants %s %.*s", shown(f->v),
			       f->v.p, wanted, shown(rule->value), rule->value.p);
}

static int64_t
code_points(struct json v)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	int64_t n = 0;
	size_t i;

	json_text(v, &text);
	for (i = 0; i < text.len; i++)
		n += ((unsigned char)text.p[i] & 0xC0) != 0x80;
	buf_release(&text);
	return n;
}

static bool
assert_count(const struct schema_frame *f, const struct schema_rule *rule)
{
	bool is_string = json_is(f->v, JSON_STRING);
	int64_t n = is_string ? code_points(f->v) : (int64_t)json_count(f->v);
	const char *what = is_string                   ? "characters"
			   : json_is(f->v, JSON_ARRAY) ? "elements"
						       : "members";
	bool is_max = rule->keyword == SCHEMA_MAX_LENGTH || rule->keyword == SCHEMA_MAX_ITEMS ||
		      rule->keyword == SCHEMA_MAX_PROPERTIES;

	if (is_max ? n <= rule->count : n >= rule->count)
		return true;
	return schema_misfit(f, "has %" PRId64 " %s, the schema wants at %s %" PRId64, n, what,
	    is_max ? "most" : "least", rule->count);
}

static bool
assert_pattern(const struct schema_frame *f, const struct schema_rule *rule)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	bool found;

	json_text(f->v, &text);
	found = pattern_search(rule->subs[0].pattern, buf_str(&text));
	buf_release(&text);
	return found || schema_misfit(f, "does not match %.*s", shown(rule->value), rule->value.p);
}

static bool
assert_unique(const struct schema_frame *f, const struct schema_rule *rule)
{
	struct json_iter a = json_each(f->v), b;
	size_t i, j;

	if (!json_is_true(rule->value))
		return true;
	for (i = 0; json_next(&a); i++) {
		b = a;
		for (j = i + 1; json_next(&b); j++) {
			if (json_equal(a.value, b.value))
				return schema_misfit(f, "elements %zu and %zu are equal", i, j);
		}
	}
	return true;
}

static bool
holds_member(struct json obj, struct json key)
{
	struct json_iter it = json_each(obj);

	while (json_next(&it)) {
		if (json_equal(it.key, key))
			return true;
	}
	return false;
}

static bool
holds_all(const struct schema_frame *f, struct json names, struct json because)
{
	bool many = json_count(f->v) > FEW;
	struct names members = names_of(many ? f->v : JSON_ABSENT);
	struct json_iter it = json_each(names);
	bool all = true, held;

	while (json_next(&it)) {
		held = many ? names_find(&members, it.value) != NULL : holds_member(f->v, it.value);
		if (!held && json_is(because, JSON_NONE))
			schema_misfit(f, "lacks the member %.*s", shown(it.value), it.value.p);
		else if (!held)
			schema_misfit(f, "has %.*s but lacks the member %.*s", shown(because),
			    because.p, shown(it.value), it.value.p);
		if (!schema_go_on(f, &all, held))
			break;
	}
	names_release(&members);
	return all;
}

static bool
assert_required(const struct schema_frame *f, const struct schema_rule *rule)
{
	return holds_all(f, rule->value, JSON_ABSENT);
}

/* dependentRequired, and the arrays of strings in dependencies. */
static bool
assert_dependent(const struct schema_frame *f, const struct schema_rule *rule)
{
	const struct schema_sub *sub;
	bool all = true;

	for (sub = rule->subs; sub < rule->subs + rule->sub_count; sub++) {
		if (!json_is(sub->strings, JSON_NONE) && holds_member(f->v, sub->key) &&
		    !schema_go_on(f, &all, holds_all(f, sub->strings, sub->key)))
			break;
	}
	return all;
}

/* Which kind of value each looks at; JSON_NONE: any. */
static const struct assertion {
	bool (*check)(const struct schema_frame *, const struct schema_rule *);
	enum json_kind kind;
} assertions[SCHEMA_KEYWORDS] = {
	[SCHEMA_TYPE] = { assert_type, JSON_NONE },
	[SCHEMA_ENUM] = { assert_enum, JSON_NONE },
	[SCHEMA_CONST] = { assert_const, JSON_NONE },
	[SCHEMA_MULTIPLE_OF] = { assert_limit, JSON_NUMBER },
	[SCHEMA_MAXIMUM] = { assert_limit, JSON_NUMBER },
	[SCHEMA_EXCLUSIVE_MAXIMUM] = { assert_limit, JSON_NUMBER },
	[SCHEMA_MINIMUM] = { assert_limit, JSON_NUMBER },
	[SCHEMA_EXCLUSIVE_MINIMUM] = { assert_limit, JSON_NUMBER },
	[SCHEMA_MAX_LENGTH] = { assert_count, JSON_STRING },
	[SCHEMA_MIN_LENGTH] = { assert_count, JSON_STRING },
	[SCHEMA_PATTERN] = { assert_pattern, JSON_STRING },
	[SCHEMA_MAX_ITEMS] = { assert_count, JSON_ARRAY },
	[SCHEMA_MIN_ITEMS] = { assert_count, JSON_ARRAY },
	[SCHEMA_UNIQUE_ITEMS] = { assert_unique, JSON_ARRAY },
	[SCHEMA_MAX_PROPERTIES] = { assert_count, JSON_OBJECT },
	[SCHEMA_MIN_PROPERTIES] = { assert_count, JSON_OBJECT },
	[SCHEMA_REQUIRED] = { assert_required, JSON_OBJECT },
	[SCHEMA_DEPENDENT_REQUIRED] = { assert_dependent, JSON_OBJECT },
	[SCHEMA_DEPENDENCIES] = { assert_dependent, JSON_OBJECT },
};

bool
schema_assert(const struct schema_frame *f, const struct schema_rule *rule)
{
	const struct assertion *a = &assertions[rule->keyword];

	if (!a->check || (a->kind != JSON_NONE && a->kind != f->v.kind))
		return true;
	return a->check(f, rule);
}
