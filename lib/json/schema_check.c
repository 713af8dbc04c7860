/* SPDX-License-Identifier: MIT */
/* schema_check - hold a value against a compiled schema: members, elements, combinations,
 * references. */
#include "json/schema_check.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "json/schema.h"

/* A schema may refer to itself without end; a value at the depth limit needs about three frames a
 * level. */
enum { FRAMES_MAX = 4 * JSON_DEPTH_MAX };

/* Two branches that refer back to the whole double the work at each level of the value: there is an
 * end to it. */
#define STEPS_LEAST UINT64_C(20000000)
enum { STEPS_A_BYTE = 64 };

static bool check(const struct schema_frame *f);

static void
mark(const struct schema_frame *f, size_t i)
{
	if (f->marks)
		f->marks->seen[i] = true;
}

static struct schema_marks
marks_new(struct json v)
{
	size_t n = json_count(v);

	return (struct schema_marks){ n, xcalloc(n, sizeof(bool)) };
}

static void
marks_merge(struct schema_marks *into, const struct schema_marks *from)
{
	size_t i;

	for (i = 0; into && i < from->count; i++)
		into->seen[i] |= from->seen[i];
}

/* Hold the same value against another schema; what that has looked at counts where it fits. */
static bool
fits_here(
    const struct schema_frame *f, const struct schema_node *node, struct schema_report *report)
{
	struct schema_frame sub = *f;
	struct schema_marks marks;
	bool ok;

	sub.up = f;
	sub.node = node;
	sub.rule = NULL;
	sub.report = report;
	sub.depth++;
	if (!f->marks)
		return check(&sub);
	marks = marks_new(f->v);
	sub.marks = &marks;
	ok = check(&sub);
	if (ok || report) /* what has failed once need not be told as unevaluated too */
		marks_merge(f->marks, &marks);
	free(marks.seen);
	return ok;
}

/* Hold a member, named by key, or an element against a schema. */
static bool
fits_child(const struct schema_frame *f, const struct schema_node *node, const struct json_iter *it,
    size_t index)
{
	struct schema_place place = { .up = f->place, .key = it->key, .index = index };
	struct schema_frame sub = *f;

	sub.up = NULL;
	sub.node = node;
	sub.rule = NULL;
	sub.v = it->value;
	sub.place = &place;
	sub.marks = NULL;
	sub.depth++;
	return check(&sub);
}

/* The same; where it fits, or its failure was told, it counts as looked at. */
static bool
fits_looked_at(const struct schema_frame *f, const struct schema_node *node,
    const struct json_iter *it, size_t index)
{
	bool fits = fits_child(f, node, it, index);

	if (fits || f->report)
		mark(f, index);
	return fits;
}

static bool
check_properties(const struct schema_frame *f, const struct schema_rule *rule)
{
	struct json_iter it = json_each(f->v);
	bool all = true;
	size_t i, j;

	for (i = 0; json_next(&it); i++) {
		for (j = 0; j < rule->sub_count && !json_equal(rule->subs[j].key, it.key); j++)
			;
		if (j < rule->sub_count &&
		    !schema_go_on(f, &all, fits_looked_at(f, rule->subs[j].node, &it, i)))
			break;
	}
	return all;
}

static bool
name_matches(const struct pattern *pattern, struct json key)
{
	struct buf name = BUF_INIT(BUF_UNLIMITED);
	bool found;

	json_text(key, &name);
	found = pattern_search(pattern, buf_str(&name));
	buf_release(&name);
	return found;
}

static bool
check_pattern_properties(const struct schema_frame *f, const struct schema_rule *rule)
{
	struct json_iter it = json_each(f->v);
	bool all = true, going = true;
	size_t i, j;

	for (i = 0; going && json_next(&it); i++) {
		for (j = 0; going && j < rule->sub_count; j++) {
			if (name_matches(rule->subs[j].pattern, it.key))
				going = schema_go_on(
				    f, &all, fits_looked_at(f, rule->subs[j].node, &it, i));
		}
	}
	return all;
}

/* Whether properties or patternProperties beside it speak of that name. */
static bool
is_named(const struct schema_node *node, struct json key)
{
	const struct schema_rule *names = schema_rule_of(node, SCHEMA_PROPERTIES);
	const struct schema_rule *patterns = schema_rule_of(node, SCHEMA_PATTERN_PROPERTIES);
	size_t i;

	for (i = 0; names && i < names->sub_count; i++) {
		if (json_equal(names->subs[i].key, key))
			return true;
	}
	for (i = 0; patterns && i < patterns->sub_count; i++) {
		if (name_matches(patterns->subs[i].pattern, key))
			return true;
	}
	return false;
}

static bool
is_false(const struct schema_node *node)
{
	return json_is(node->at, JSON_FALSE);
}

/* The member or element at it, which no other keyword speaks of. */
static bool
check_extra(const struct schema_frame *f, const struct schema_rule *rule,
    const struct json_iter *it, size_t i)
{
	const struct schema_node *node = rule->subs[0].node;

	if (is_false(node) && json_is(f->v, JSON_OBJECT))
		return schema_misfit(f, "has a member that the schema does not know: %.*s",
		    (int)str_cut_utf8(json_raw(it->key), 80), it->key.p);
	if (is_false(node))
		return schema_misfit(
		    f, "has more elements than the schema knows: %zu is one too many", i + 1);
	return fits_looked_at(f, node, it, i);
}

static bool
check_additional_properties(const struct schema_frame *f, const struct schema_rule *rule)
{
	struct json_iter it = json_each(f->v);
	bool all = true;
	size_t i;

	for (i = 0; json_next(&it); i++) {
		if (!is_named(f->node, it.key) &&
		    !schema_go_on(f, &all, check_extra(f, rule, &it, i)))
			break;
	}
	return all;
}

static bool
check_property_names(const struct schema_frame *f, const struct schema_rule *rule)
{
	struct json_iter it = json_each(f->v);
	bool all = true;
	size_t i;

	for (i = 0; json_next(&it); i++) {
		struct json_iter name = { .key = it.key, .value = it.key };

		if (!schema_go_on(f, &all, fits_child(f, rule->subs[0].node, &name, i)))
			break;
	}
	return all;
}

static bool
check_prefix_items(const struct schema_frame *f, const struct schema_rule *rule)
{
	struct json_iter it = json_each(f->v);
	bool all = true;
	size_t i;

	for (i = 0; i < rule->sub_count && json_next(&it); i++) {
		if (!schema_go_on(f, &all, fits_looked_at(f, rule->subs[i].node, &it, i)))
			break;
	}
	return all;
}

/* The elements from the first'th on. */
static bool
check_items_from(const struct schema_frame *f, const struct schema_rule *rule, size_t first)
{
	struct json_iter it = json_each(f->v);
	bool all = true;
	size_t i;

	for (i = 0; json_next(&it); i++) {
		if (i >= first && !schema_go_on(f, &all, check_extra(f, rule, &it, i)))
			break;
	}
	return all;
}

static bool
check_items(const struct schema_frame *f, const struct schema_rule *rule)
{
	const struct schema_rule *prefix = schema_rule_of(f->node, SCHEMA_PREFIX_ITEMS);

	return check_items_from(f, rule, prefix ? prefix->sub_count : 0);
}

static bool
check_additional_items(const struct schema_frame *f, const struct schema_rule *rule)
{
	const struct schema_rule *list = schema_rule_of(f->node, SCHEMA_ITEMS_LIST);

	return !list || check_items_from(f, rule, list->sub_count);
}

static bool
check_contains(const struct schema_frame *f, const struct schema_rule *rule)
{
	const struct schema_rule *min = schema_rule_of(f->node, SCHEMA_MIN_CONTAINS);
	const struct schema_rule *max = schema_rule_of(f->node, SCHEMA_MAX_CONTAINS);
	struct json_iter it = json_each(f->v);
	struct schema_frame quiet = *f;
	int64_t n = 0;
	size_t i;

	quiet.report = NULL;
	for (i = 0; json_next(&it); i++) {
		if (fits_looked_at(&quiet, rule->subs[0].node, &it, i))
			n++;
	}
	if (n < (min ? min->count : 1))
		return schema_misfit(f, "%" PRId64 " elements are as the schema wants, too few", n);
	if (max && n > max->count)
		return schema_misfit(
		    f, "%" PRId64 " elements are as the schema wants, too many", n);
	return true;
}

/* The schemas of dependentSchemas, and those in dependencies. */
static bool
check_dependent(const struct schema_frame *f, const struct schema_rule *rule)
{
	bool all = true, going = true;
	size_t i;

	for (i = 0; going && i < rule->sub_count; i++) {
		struct json_iter it = json_each(f->v);

		while (going && rule->subs[i].node && json_next(&it)) {
			if (json_equal(it.key, rule->subs[i].key))
				going = schema_go_on(
				    f, &all, fits_here(f, rule->subs[i].node, f->report));
		}
	}
	return going && schema_assert(f, rule) && all;
}

static bool
check_ref(const struct schema_frame *f, const struct schema_rule *rule)
{
	return fits_here(f, rule->subs[0].node, f->report);
}

/* The outermost resource that has a dynamic anchor of the name gives the schema. */
static bool
check_dynamic_ref(const struct schema_frame *f, const struct schema_rule *rule)
{
	const struct schema_node *node = rule->subs[0].node;
	const struct schema_anchor *anchor;
	const struct schema_scope *scope;

	for (scope = f->scope; rule->anchor && scope; scope = scope->up) {
		anchor = schema_anchor_find(
		    f->schema, scope->resource, rule->anchor, strlen(rule->anchor));
		if (anchor && anchor->is_dynamic)
			node = anchor->node;
	}
	return fits_here(f, node, f->report);
}

static bool
check_all_of(const struct schema_frame *f, const struct schema_rule *rule)
{
	bool all = true;
	size_t i;

	for (i = 0; i < rule->sub_count; i++) {
		if (!schema_go_on(f, &all, fits_here(f, rule->subs[i].node, f->report)))
			break;
	}
	return all;
}

/* What is wrong with each of the alternatives, where somebody wants to hear all. */
static void
tell_each(const struct schema_frame *f, const struct schema_rule *rule)
{
	size_t i;

	for (i = 0; f->report && !f->report->enough && i < rule->sub_count; i++)
		(void)fits_here(f, rule->subs[i].node, f->report); /* it does not */
}

static bool
check_any_of(const struct schema_frame *f, const struct schema_rule *rule)
{
	bool any = false;
	size_t i;

	for (i = 0; i < rule->sub_count && (!any || f->marks); i++)
		any |= fits_here(f, rule->subs[i].node, NULL);
	if (any)
		return true;
	schema_misfit(f, "fits none of the %zu schemas of anyOf", rule->sub_count);
	tell_each(f, rule);
	return false;
}

static bool
check_one_of(const struct schema_frame *f, const struct schema_rule *rule)
{
	size_t i, n = 0;

	for (i = 0; i < rule->sub_count; i++)
		n += fits_here(f, rule->subs[i].node, NULL);
	if (n == 1)
		return true;
	schema_misfit(f, "fits %zu of the %zu schemas of oneOf, not one", n, rule->sub_count);
	if (n == 0)
		tell_each(f, rule);
	return false;
}

static bool
check_not(const struct schema_frame *f, const struct schema_rule *rule)
{
	struct schema_frame apart = *f;

	apart.marks = NULL;
	return !fits_here(&apart, rule->subs[0].node, NULL) ||
	       schema_misfit(f, "fits a schema that it must not fit");
}

static bool
check_if(const struct schema_frame *f, const struct schema_rule *rule)
{
	bool met = fits_here(f, rule->subs[0].node, NULL);
	const struct schema_rule *then = schema_rule_of(f->node, met ? SCHEMA_THEN : SCHEMA_ELSE);

	return !then || fits_here(f, then->subs[0].node, f->report);
}

static bool
check_unevaluated(const struct schema_frame *f, const struct schema_rule *rule)
{
	struct json_iter it = json_each(f->v);
	bool all = true;
	size_t i;

	for (i = 0; json_next(&it); i++) {
		if (!f->marks->seen[i] && !schema_go_on(f, &all, check_extra(f, rule, &it, i)))
			break;
	}
	return all;
}

/* Those that hold other schemas, and the kind of value each looks at; JSON_NONE: any. */
static const struct applicator {
	bool (*check)(const struct schema_frame *, const struct schema_rule *);
	enum json_kind kind;
} applicators[SCHEMA_KEYWORDS] = {
	[SCHEMA_PROPERTIES] = { check_properties, JSON_OBJECT },
	[SCHEMA_PATTERN_PROPERTIES] = { check_pattern_properties, JSON_OBJECT },
	[SCHEMA_ADDITIONAL_PROPERTIES] = { check_additional_properties, JSON_OBJECT },
	[SCHEMA_PROPERTY_NAMES] = { check_property_names, JSON_OBJECT },
	[SCHEMA_PREFIX_ITEMS] = { check_prefix_items, JSON_ARRAY },
	[SCHEMA_ITEMS_LIST] = { check_prefix_items, JSON_ARRAY },
	[SCHEMA_ITEMS] = { check_items, JSON_ARRAY },
	[SCHEMA_ADDITIONAL_ITEMS] = { check_additional_items, JSON_ARRAY },
	[SCHEMA_CONTAINS] = { check_contains, JSON_ARRAY },
	[SCHEMA_DEPENDENT_SCHEMAS] = { check_dependent, JSON_OBJECT },
	[SCHEMA_DEPENDENCIES] = { check_dependent, JSON_OBJECT },
	[SCHEMA_REF] = { check_ref, JSON_NONE },
	[SCHEMA_DYNAMIC_REF] = { check_dynamic_ref, JSON_NONE },
	[SCHEMA_ALL_OF] = { check_all_of, JSON_NONE },
	[SCHEMA_ANY_OF] = { check_any_of, JSON_NONE },
	[SCHEMA_ONE_OF] = { check_one_of, JSON_NONE },
	[SCHEMA_NOT] = { check_not, JSON_NONE },
	[SCHEMA_IF] = { check_if, JSON_NONE },
	[SCHEMA_UNEVALUATED_ITEMS] = { check_unevaluated, JSON_ARRAY },
	[SCHEMA_UNEVALUATED_PROPERTIES] = { check_unevaluated, JSON_OBJECT },
};

static bool
check_rule(const struct schema_frame *f, const struct schema_rule *rule)
{
	const struct applicator *a = &applicators[rule->keyword];

	if (!a->check)
		return schema_assert(f, rule);
	return (a->kind != JSON_NONE && a->kind != f->v.kind) || a->check(f, rule);
}

static bool
check_rules(struct schema_frame *f)
{
	bool all = true;
	size_t i;

	for (i = 0; i < f->node->rule_count; i++) {
		f->rule = &f->node->rules[i];
		if (!schema_go_on(f, &all, check_rule(f, f->rule)))
			break;
	}
	return all;
}

/* Whether the schema leads back to itself with nothing taken off the value. */
static bool
is_loop(const struct schema_frame *f)
{
	const struct schema_frame *up;

	for (up = f->up; up; up = up->up) {
		if (up->node == f->node)
			return true;
	}
	return false;
}

/* A node with unevaluated* sees what its own keywords looked at, not what those around it did. */
static bool
check(const struct schema_frame *f)
{
	struct schema_scope scope = { f->scope, f->node->resource };
	struct schema_frame own = *f;
	struct schema_marks marks;
	bool ok;

	if (!*f->steps)
		return schema_misfit(f, "holding it against the schema takes too long");
	--*f->steps;
	if (is_false(f->node))
		return schema_misfit(f, "must not be there");
	if (f->depth > FRAMES_MAX || is_loop(f))
		return schema_misfit(f, "the schema refers to itself without end");
	own.scope = &scope;
	if (!f->node->tracks)
		return check_rules(&own);
	marks = marks_new(f->v);
	own.marks = &marks;
	ok = check_rules(&own);
	if (ok || f->report)
		marks_merge(f->marks, &marks);
	free(marks.seen);
	return ok;
}

bool
schema_valid(const struct schema *s, struct json v, struct err *err)
{
	struct schema_report report = { .err = err };
	uint64_t steps = STEPS_LEAST + STEPS_A_BYTE * v.len;
	struct schema_frame f = { .schema = s,
		.node = s->nodes[0],
		.v = v,
		.report = err ? &report : NULL,
		.steps = &steps };

	return check(&f);
}

bool
schema_explain(const struct schema *s, struct json v, schema_failure_fn *tell, void *user)
{
	struct schema_report report = { .tell = tell, .user = user };
	uint64_t steps = STEPS_LEAST + STEPS_A_BYTE * v.len;
	struct schema_frame f = {
		.schema = s, .node = s->nodes[0], .v = v, .report = &report, .steps = &steps
	};

	return check(&f);
}
