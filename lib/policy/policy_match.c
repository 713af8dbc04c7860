/* SPDX-License-Identifier: MIT */
/* policy_match - the triggers of a route: words, tags, the time of the week, what is needed. */
#include <ctype.h>
#include <stdlib.h>

#include "base/mem.h"
#include "policy/facts.h"
#include "policy/policy_read.h"
#include "sys/zone.h"

enum { DAYS = 7, MINUTES_OF_DAY = 24 * 60 };

static const char *const day_names[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

struct pattern *
policy_read_pattern(
    const struct field_map *m, const char *key, const char **source, struct err *err)
{
	struct err why = ERR_INIT;
	struct pattern *pattern;

	if (field_text(m, key, source, err) < 0 || !*source)
		return NULL;
	pattern = pattern_compile(str_of(*source), &why);
	if (!pattern)
		(void)field_error(m, key, err, "%s: %s", key, why.text);
	return pattern;
}

/* --- times --- */

static int
day_of(struct str word)
{
	for (int i = 0; i < DAYS; i++) {
		if (str_eq_nocase(word, day_names[i]))
			return i;
	}
	return -1;
}

/* "mon-fri", "sat,sun", "fri-mon": adds its days. */
static bool
add_days(struct str text, unsigned *days)
{
	struct str part, last;

	while (str_split(&text, ',', &part)) {
		int from, to;

		part = str_trim(part);
		last = part;
		if (!str_split(&last, '-', &part))
			return false;
		from = day_of(part);
		to = last.p && last.len ? day_of(last) : from;
		if (from < 0 || to < 0)
			return false;
		for (; from != to; from = (from + 1) % DAYS)
			*days |= 1U << from;
		*days |= 1U << to;
	}
	return *days != 0;
}

static int
read_days(const struct field_map *m, unsigned *days, struct err *err)
{
	const struct yaml *v = field_get(m, "days");
	struct yaml *const *items;
	size_t count;

	if (!v)
		return 0;
	if (v->kind == YAML_STRING) {
		if (!add_days(v->text, days))
			return field_error(m, "days", err,
			    "days: \"%.60s\" is not days of the week (mon-fri, sat)", v->text.p);
		return 0;
	}
	if (v->kind != YAML_LIST)
		return field_error(m, "days", err,
		    "days is %s, not days of the week (mon-fri, sat)", field_kind_name(v->kind));
	if (v->count == 0)
		return field_error(m, "days", err, "days is empty");
	for (items = v->items, count = v->count; count; items++, count--) {
		if ((*items)->kind != YAML_STRING || !add_days((*items)->text, days))
			return yaml_error(
			    m->doc, *items, err, "days: not days of the week (mon-fri, sat)");
	}
	return 0;
}

/* "08:30" to minutes; 24:00 is the end of the day. */
static bool
is_clock(struct str s, int *out)
{
	int hours, minutes;

	if (s.len != 5 || s.p[2] != ':' || !isdigit((unsigned char)s.p[0]) ||
	    !isdigit((unsigned char)s.p[1]) || !isdigit((unsigned char)s.p[3]) ||
	    !isdigit((unsigned char)s.p[4]))
		return false;
	hours = (s.p[0] - '0') * 10 + s.p[1] - '0';
	minutes = (s.p[3] - '0') * 10 + s.p[4] - '0';
	*out = hours * 60 + minutes;
	return minutes < 60 && *out <= MINUTES_OF_DAY;
}

static int
read_clock(const struct field_map *m, const char *key, int *out, struct err *err)
{
	const char *text = NULL;

	if (field_text(m, key, &text, err) < 0)
		return -1;
	if (text && !is_clock(str_of(text), out))
		return field_error(
		    m, key, err, "%s: \"%.60s\" is no time of day (\"08:00\")", key, text);
	return 0;
}

int
policy_read_zone(const struct field_map *m, const char **out, struct err *err)
{
	struct err why = ERR_INIT;

	if (field_text(m, "zone", out, err) < 0)
		return -1;
	if (*out && zone_check(*out, &why) < 0)
		return field_error(m, "zone", err, "zone: %s", why.text);
	return 0;
}

static int
read_time(struct policy *p, const struct yaml *node, struct policy_time *t, struct err *err)
{
	static const char *const known[] = { "days", "from", "to", "zone", NULL };
	struct field_map m;
	int from = 0, to = MINUTES_OF_DAY;

	if (field_open(&m, p->doc, node, "time", known, err) < 0 ||
	    read_days(&m, &t->days, err) < 0 || read_clock(&m, "from", &from, err) < 0 ||
	    read_clock(&m, "to", &to, err) < 0 || policy_read_zone(&m, &t->zone, err) < 0)
		return -1;
	if (from == to)
		return yaml_error(
		    p->doc, node, err, "time: from and to are the same: no moment lies between");
	if (from != 0 || to != MINUTES_OF_DAY) { /* else both stay 0: the whole day */
		t->from = from % MINUTES_OF_DAY;
		t->to = to;
	}
	return 0;
}

static int
read_times(struct policy *p, const struct field_map *m, struct policy_match *out, struct err *err)
{
	const struct yaml *v = field_get(m, "time");
	struct yaml *const *items;

	if (!v)
		return 0;
	if (v->kind == YAML_MAP) {
		out->times = policy_own(p, xcalloc(1, sizeof *out->times));
		out->time_count = 1;
		return read_time(p, v, out->times, err);
	}
	if (policy_read_items(m, "time", &v, err) < 0)
		return -1;
	if (v->count == 0)
		return field_error(m, "time", err, "time is empty");
	out->times = policy_own(p, xcalloc(v->count, sizeof *out->times));
	for (items = v->items; out->time_count < v->count; items++) {
		if (read_time(p, *items, &out->times[out->time_count++], err) < 0)
			return -1;
	}
	return 0;
}

/* --- tags and words --- */

static bool
has_star(const char *const *words)
{
	while (*words && strcmp(*words, "*") != 0)
		words++;
	return *words;
}

/* What a tag may be. Of true and false, which stand in JSON as they do here, there is no list. */
static int
read_tag(struct policy *p, const struct field_map *tags, const struct yaml *v,
    struct policy_tag *out, struct err *err)
{
	static const char *const yes[] = { "true", NULL }, *const no[] = { "false", NULL };

	if (v->kind != YAML_BOOL)
		return policy_read_strings(p, tags, out->name, &out->values, err);
	out->values = (v->text.p[0] | 0x20) == 't' ? yes : no;
	return 0;
}

static int
read_tags(struct policy *p, const struct field_map *m, struct policy_match *out, struct err *err)
{
	const struct yaml *v = field_get(m, "tags");
	struct field_map tags = { p->doc, v, "tags" };

	if (!v)
		return 0;
	if (v->kind != YAML_MAP)
		return field_error(
		    m, "tags", err, "tags is %s, not a map", field_kind_name(v->kind));
	out->tags = policy_own(p, xcalloc(v->count, sizeof *out->tags));
	for (size_t i = 0; i < v->count; i++) {
		struct policy_tag *tag = &out->tags[out->tag_count++];

		tag->name = v->keys[i]->text.p;
		if (read_tag(p, &tags, v->items[i], tag, err) < 0)
			return -1;
		if (!tag->values || !tag->values[0])
			return yaml_error(p->doc, v->keys[i], err,
			    "tags: %s has no value (\"*\" is any)", tag->name);
		if (tag->values[1] && has_star(tag->values))
			return yaml_error(p->doc, v->items[i], err,
			    "tags: %s: \"*\" is any, and stands alone", tag->name);
	}
	return 0;
}

/* A list of texts, one of which is enough: without any it could never fit. */
static int
read_some(struct policy *p, const struct field_map *m, const char *key, const char *const **out,
    struct err *err)
{
	if (policy_read_strings(p, m, key, out, err) < 0)
		return -1;
	if (*out && !(*out)[0])
		return field_error(m, key, err, "%s is empty", key);
	return 0;
}

int
policy_match_read(
    struct policy *p, const struct field_map *route, struct policy_match *out, struct err *err)
{
	static const char *const known[] = { "text", "any", "role", "tags", "time", "needs", NULL };
	const struct yaml *v = field_get(route, "match");
	unsigned needs = 0;
	struct field_map m;

	if (field_open(&m, p->doc, v, "match", known, err) < 0)
		return -1;
	if (!v)
		return 0;
	if (v->count == 0)
		return field_error(route, "match", err, "match says nothing");
	if (field_get(&m, "text") &&
	    !(out->text = policy_read_pattern(&m, "text", &out->text_source, err)))
		return -1;
	if (read_some(p, &m, "any", &out->any, err) < 0 ||
	    read_some(p, &m, "role", &out->roles, err) < 0 || read_tags(p, &m, out, err) < 0 ||
	    read_times(p, &m, out, err) < 0)
		return -1;
	if (field_words(&m, "needs", fact_needs, &needs, err) < 0)
		return -1;
	return policy_read_strings(p, &m, "needs", &out->capabilities, err);
}
