/* SPDX-License-Identifier: MIT */
/* condition - whether a route's rule fits a request, and why not. */
#include "policy/condition.h"

#include "json/expr.h"

enum { VALUE_MAX = 40 };

/* One route held against one request. */
struct fit {
	const struct policy *policy;
	const struct policy_route *route;
	struct facts *facts;
	int64_t now_us;
	struct buf *why; /* NULL: nobody asks */
	size_t start; /* where our sentence begins in it */
	bool was_late;
};

/* Where the reason for a finding goes, or NULL. Those for it stand in a row; one against it is all
 * that is told. */
static struct buf *
reason(struct fit *f, bool fits)
{
	if (!f->why)
		return NULL;
	if (!fits)
		buf_truncate(f->why, f->start);
	else
		buf_adds(f->why, f->why->len > f->start ? "; " : "matched: ");
	return f->why;
}

/* "a, b or c" */
static void
add_list(struct buf *out, const char *const *words, const char *last)
{
	for (size_t i = 0; words[i]; i++) {
		if (i > 0)
			buf_addf(out, words[i + 1] ? ", " : " %s ", last);
		buf_adds(out, words[i]);
	}
}

/* A value as it is spelled in the request, not too long. */
static void
add_value(struct buf *out, struct json v)
{
	size_t n = str_cut_utf8(json_raw(v), VALUE_MAX);

	buf_add(out, v.p, n);
	if (n < v.len)
		buf_adds(out, "...");
}

/* --- tags and roles --- */

static bool
is_any(const char *const *words, struct json v)
{
	bool is_text = json_is(v, JSON_STRING);

	for (; *words; words++)
		if (is_text ? json_eq(v, *words) : str_is(json_raw(v), *words))
			return true;
	return false;
}

/* "*" stands alone: the policy's reader sees to it. */
static bool
takes_any(const struct policy_tag *tag)
{
	return strcmp(tag->values[0], "*") == 0;
}

static bool
tag_holds(const struct policy_tag *tag, struct json v)
{
	struct json_iter it = json_each(v);

	if (!json_exists(v))
		return false;
	if (takes_any(tag))
		return true;
	while (json_is(v, JSON_ARRAY) && json_next(&it))
		if (is_any(tag->values, it.value))
			return true;
	return is_any(tag->values, v);
}

static bool
tag_fits(struct fit *f, const struct policy_tag *tag)
{
	struct json v = json_get(f->facts->request->tags, tag->name);
	bool fits = tag_holds(tag, v);
	struct buf *why = reason(f, fits);

	if (!why)
		return fits;
	buf_addf(why, "tags.%s is ", tag->name);
	if (json_exists(v))
		add_value(why, v);
	else
		buf_adds(why, "absent");
	if (!fits && !takes_any(tag)) {
		buf_adds(why, ", not ");
		add_list(why, tag->values, "or");
	}
	return fits;
}

static bool
tags_fit(struct fit *f)
{
	const struct policy_match *match = &f->route->match;

	for (size_t i = 0; i < match->tag_count; i++)
		if (!tag_fits(f, &match->tags[i]))
			return false;
	return true;
}

static bool
role_fits(struct fit *f)
{
	const char *const *roles = f->route->match.roles;
	struct str role;
	struct buf *why;
	bool fits = false;

	if (!roles)
		return true;
	role = facts_role(f->facts);
	for (size_t i = 0; roles[i] && !fits; i++)
		fits = str_is(role, roles[i]);
	why = reason(f, fits);
	if (!why)
		return fits;
	buf_adds(why, role.len ? "the role is " : "there is no role");
	buf_add(why, role.p, str_cut_utf8(role, VALUE_MAX));
	if (!fits) {
		buf_adds(why, ", not ");
		add_list(why, roles, "or");
	}
	return fits;
}

static bool
needs_fit(struct fit *f)
{
	const char *const *asked = f->route->match.capabilities;
	const char *missing = NULL;
	struct buf *why;

	if (!asked)
		return true;
	for (size_t i = 0; asked[i] && !missing; i++) {
		unsigned bit = 0;

		while (fact_needs[bit] && strcmp(fact_needs[bit], asked[i]) != 0)
			bit++;
		if (!fact_needs[bit] || !(facts_needs(f->facts) & 1u << bit))
			missing = asked[i];
	}
	why = reason(f, !missing);
	if (why && missing)
		buf_addf(why, "it does not need %s", missing);
	if (why && !missing) {
		buf_adds(why, "it needs ");
		add_list(why, asked, "and");
	}
	return !missing;
}

/* --- the time of the week --- */

static bool
times_fit(struct fit *f)
{
	const struct policy_match *match = &f->route->match;
	struct buf *why;
	size_t i, n = match->time_count;

	if (n == 0)
		return true;
	for (i = 0; i < n && !condition_time_fits(&match->times[i], f->now_us);)
		i++;
	why = reason(f, i < n);
	if (!why)
		return i < n;
	if (i < n)
		condition_time_tell(&match->times[i], f->now_us, true, why);
	for (size_t j = 0; i == n && j < n; j++) {
		buf_adds(why, j ? "; " : "");
		condition_time_tell(&match->times[j], f->now_us, false, why);
	}
	return i < n;
}

/* --- the seed form --- */

/* A member of a condition: the word that the request has for it, and the words that there are. */
enum aspect { OF_COMPLEXITY, OF_ACCURACY, OF_SENSITIVITY, OF_COST, OF_LATENCY, ASPECTS };
static const char *const aspect_names[] = { "complexity", "accuracy", "data_sensitivity", "cost",
	"latency" };

static const char *const *
aspect_words(enum aspect aspect)
{
	const char *const *words[] = { policy_levels, policy_accuracies, policy_levels,
		policy_costs, policy_latencies };

	return words[aspect];
}

static int
asked_of(const struct policy_condition *c, enum aspect aspect)
{
	const int asked[] = { c->complexity, c->accuracy, c->sensitivity, c->cost, c->latency };

	return asked[aspect] - 1;
}

/* The lowest label is low, the highest high, what is between medium. No label is low; one that the
 * policy doesn't know is high, to be on the safe side. */
static enum complexity
sensitivity_of(struct fit *f)
{
	struct json v = facts_sensitivity(f->facts);
	struct buf label = BUF_INIT(256);
	int rank;

	if (!json_exists(v))
		return COMPLEXITY_LOW;
	json_text(v, &label);
	rank = policy_label_rank(f->policy, buf_str(&label));
	buf_release(&label);
	if (rank == 0)
		return COMPLEXITY_LOW;
	return rank < 0 || !f->policy->labels[rank + 1] ? COMPLEXITY_HIGH : COMPLEXITY_MEDIUM;
}

/* By tags, else by meta; where neither says a word that we know, it is normal. */
static int
said_of(struct fit *f, enum aspect aspect)
{
	const struct request *r = f->facts->request;
	const char *const *words = aspect_words(aspect);
	struct json v = json_get(r->tags, aspect_names[aspect]);
	int normal = 0;

	if (!json_exists(v))
		v = json_get(r->meta, aspect_names[aspect]);
	for (int i = 0; words[i]; i++) {
		if (json_eq(v, words[i]))
			return i;
		if (strcmp(words[i], "normal") == 0)
			normal = i;
	}
	return normal;
}

static int
word_of(struct fit *f, enum aspect aspect)
{
	if (aspect == OF_COMPLEXITY)
		return (int)facts_complexity(f->facts);
	if (aspect == OF_SENSITIVITY)
		return (int)sensitivity_of(f);
	return said_of(f, aspect);
}

/* The first member that does not hold, or ASPECTS. */
static enum aspect
first_against(struct fit *f, const struct policy_condition *c)
{
	enum aspect aspect = OF_COMPLEXITY;

	while (aspect < ASPECTS &&
	       (asked_of(c, aspect) < 0 || asked_of(c, aspect) == word_of(f, aspect)))
		aspect++;
	return aspect;
}

static void
add_aspect(struct fit *f, struct buf *why, enum aspect aspect)
{
	buf_addf(why, "%s is %s", aspect_names[aspect], aspect_words(aspect)[word_of(f, aspect)]);
	if (aspect == OF_COMPLEXITY)
		buf_addf(why, " (%d points)", f->facts->complexity_points);
}

static void
tell_condition(struct fit *f, const struct policy_condition *c)
{
	struct buf *why = reason(f, true);
	bool any = false;

	for (enum aspect aspect = OF_COMPLEXITY; why && aspect < ASPECTS; aspect++) {
		if (asked_of(c, aspect) < 0)
			continue;
		buf_adds(why, any ? " and " : "");
		add_aspect(f, why, aspect);
		any = true;
	}
}

/* Each condition falls by its first member against it. */
static void
tell_against(struct fit *f)
{
	struct buf *why = reason(f, false);

	for (size_t i = 0; why && i < f->route->condition_count; i++) {
		const struct policy_condition *c = &f->route->conditions[i];
		enum aspect aspect = first_against(f, c);

		buf_adds(why, i ? "; " : "");
		add_aspect(f, why, aspect);
		buf_addf(why, ", not %s", aspect_words(aspect)[asked_of(c, aspect)]);
	}
}

static bool
conditions_fit(struct fit *f)
{
	for (size_t i = 0; i < f->route->condition_count; i++) {
		if (first_against(f, &f->route->conditions[i]) == ASPECTS) {
			tell_condition(f, &f->route->conditions[i]);
			return true;
		}
	}
	if (f->route->condition_count)
		tell_against(f);
	return f->route->condition_count == 0;
}

/* --- texts and expressions --- */

static bool
words_fit(struct fit *f)
{
	const char *const *any = f->route->match.any;
	struct buf *why;
	struct str text;

	if (!any)
		return true;
	text = facts_text(f->facts);
	for (; *any; any++) {
		if (!str_has_word(text, *any))
			continue;
		why = reason(f, true);
		if (why)
			buf_addf(why, "the text has \"%s\"", *any);
		return true;
	}
	why = reason(f, false);
	if (why) {
		buf_adds(why, "the text has no ");
		add_list(why, f->route->match.any, "or");
	}
	return false;
}

static bool
text_fits(struct fit *f)
{
	const struct policy_match *match = &f->route->match;
	struct buf *why;
	bool fits;

	if (!match->text)
		return true;
	fits = pattern_search(match->text, facts_text(f->facts));
	why = reason(f, fits);
	if (why)
		buf_addf(why, fits ? "the text matches %s" : "the text does not match %s",
		    match->text_source);
	return fits;
}

/* How long an expression may take for a record of that size. */
static int64_t
when_ms(size_t len)
{
	int64_t ms = CONDITION_WHEN_MS + (int64_t)(len >> 10) * CONDITION_WHEN_MS_A_KIB;

	return ms < CONDITION_WHEN_MS_MAX ? ms : CONDITION_WHEN_MS_MAX;
}

static bool
when_fits(struct fit *f)
{
	const struct expr_list *exprs = &f->policy->exprs;
	struct buf result = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct json record;
	struct buf *why;
	bool fits, failed;

	if (f->route->when == EXPR_NONE)
		return true;
	record = facts_record(f->facts);
	jqprog_limit(exprs->program, when_ms(record.len));
	failed = expr_run(exprs, f->route->when, record, &result, &err) < 0;
	f->was_late = failed && jqprog_was_late(exprs->program);
	fits = !failed && jqprog_truth(buf_str(&result));
	why = reason(f, fits);
	if (why && failed) {
		buf_adds(why, err.text);
	} else if (why) {
		buf_adds(why, result.len ? "when is " : "when has no result");
		add_value(why, (struct json){ result.p, result.len, JSON_NONE });
	}
	buf_release(&result);
	return fits;
}

/* What is cheap to know is asked first. */
enum condition_verdict
condition_fits(const struct policy *p, const struct policy_route *route, struct facts *facts,
    int64_t now_us, struct buf *why)
{
	struct fit f = { p, route, facts, now_us, why, why ? why->len : 0, false };

	if (!tags_fit(&f) || !role_fits(&f) || !times_fit(&f) || !needs_fit(&f) || !words_fit(&f) ||
	    !text_fits(&f) || !conditions_fit(&f) || !when_fits(&f))
		return f.was_late ? CONDITION_LATE : CONDITION_AGAINST;
	if (why && why->len == f.start)
		buf_adds(why, "matched: it asks for nothing");
	return CONDITION_FITS;
}
