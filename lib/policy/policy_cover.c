/* SPDX-License-Identifier: MIT */
/* policy_cover - whether whatever fits one route fits another too, as far as it can be proven. */
#include "policy/policy_read.h"

static bool
has(const char *const *list, const char *word)
{
	for (; *list; list++) {
		if (strcmp(*list, word) == 0)
			return true;
	}
	return false;
}

/* Of lists one word of which is enough: whether wide holds all of narrow. NULL: all words. */
static bool
words_cover(const char *const *wide, const char *const *narrow)
{
	if (!wide || !narrow)
		return !wide;
	for (; *narrow; narrow++) {
		if (!has(wide, *narrow))
			return false;
	}
	return true;
}

static bool
tag_covers(const struct policy_tag *wide, const struct policy_tag *narrow)
{
	return strcmp(wide->name, narrow->name) == 0 &&
	       (has(wide->values, "*") || words_cover(wide->values, narrow->values));
}

/* Each tag that wide asks for, narrow asks for too. */
static bool
tags_cover(const struct policy_match *wide, const struct policy_match *narrow)
{
	for (size_t i = 0; i < wide->tag_count; i++) {
		size_t j = 0;

		while (j < narrow->tag_count && !tag_covers(&wide->tags[i], &narrow->tags[j]))
			j++;
		if (j == narrow->tag_count)
			return false;
	}
	return true;
}

static bool
time_is(const struct policy_time *a, const struct policy_time *b)
{
	return a->days == b->days && a->from == b->from && a->to == b->to &&
	       str_eq(str_of(a->zone ? a->zone : "UTC"), str_of(b->zone ? b->zone : "UTC"));
}

/* Each window of narrow is one of wide's. */
static bool
times_cover(const struct policy_match *wide, const struct policy_match *narrow)
{
	if (!wide->time_count)
		return true;
	for (size_t i = 0; i < narrow->time_count; i++) {
		size_t j = 0;

		while (j < wide->time_count && !time_is(&wide->times[j], &narrow->times[i]))
			j++;
		if (j == wide->time_count)
			return false;
	}
	return narrow->time_count > 0;
}

static bool
match_covers(const struct policy_match *wide, const struct policy_match *narrow)
{
	if (wide->text_source &&
	    (!narrow->text_source || strcmp(wide->text_source, narrow->text_source) != 0))
		return false;
	/* What a request must need all of: the shorter list asks for less. */
	if (wide->capabilities &&
	    (!narrow->capabilities || !words_cover(narrow->capabilities, wide->capabilities)))
		return false;
	return words_cover(wide->any, narrow->any) && words_cover(wide->roles, narrow->roles) &&
	       tags_cover(wide, narrow) && times_cover(wide, narrow);
}

static bool
level_covers(int wide, int narrow)
{
	return wide == 0 || wide == narrow;
}

static bool
condition_covers(const struct policy_condition *wide, const struct policy_condition *narrow)
{
	return level_covers(wide->complexity, narrow->complexity) &&
	       level_covers(wide->accuracy, narrow->accuracy) &&
	       level_covers(wide->sensitivity, narrow->sensitivity) &&
	       level_covers(wide->cost, narrow->cost) &&
	       level_covers(wide->latency, narrow->latency);
}

static bool
conditions_cover(const struct policy_route *wide, const struct policy_route *narrow)
{
	if (!wide->condition_count)
		return true;
	for (size_t i = 0; i < narrow->condition_count; i++) {
		size_t j = 0;

		while (j < wide->condition_count &&
		       !condition_covers(&wide->conditions[j], &narrow->conditions[i]))
			j++;
		if (j == wide->condition_count)
			return false;
	}
	return narrow->condition_count > 0;
}

bool
policy_cover_all(const struct policy_route *route)
{
	static const struct policy_match nothing;

	return route->when == EXPR_NONE && match_covers(&route->match, &nothing) &&
	       !route->condition_count;
}

bool
policy_cover_route(
    const struct policy *p, const struct policy_route *wide, const struct policy_route *narrow)
{
	if (wide->when != EXPR_NONE &&
	    (narrow->when == EXPR_NONE ||
		strcmp(p->exprs.items[wide->when].text, p->exprs.items[narrow->when].text) != 0))
		return false;
	return match_covers(&wide->match, &narrow->match) && conditions_cover(wide, narrow);
}
