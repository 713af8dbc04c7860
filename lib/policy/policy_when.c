/* SPDX-License-Identifier: MIT */
/* policy_when - a route's jq expression, and what in it cannot be meant. */
#include "policy/policy_read.h"

/* The next word or sign of an expression outside of its strings and comments. */
struct scan {
	const char *p, *end;
	char before; /* the byte before what was found */
};

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* Behind a string that begins at p. */
static const char *
skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\' && p + 1 < end)
			p++;
	return p < end ? p + 1 : end;
}

static bool
next(struct scan *s, struct str *found)
{
	const char *start;

	while (s->p < s->end && (*s->p == '"' || *s->p == '#')) {
		if (*s->p == '"')
			s->p = skip_string(s->p, s->end);
		else
			while (s->p < s->end && *s->p != '\n')
				s->p++;
		s->before = ' ';
	}
	if (s->p == s->end)
		return false;
	start = s->p++;
	while (is_word(*start) && s->p < s->end && is_word(*s->p))
		s->p++;
	*found = (struct str){ start, (size_t)(s->p - start) };
	return true;
}

/* What is told by the clock or the zone of the machine, not by the request. */
static bool
is_of_clock(const struct scan *s, struct str word)
{
	static const char *const words[] = { "now", "localtime", "strflocaltime" };

	if (s->before == '.' || s->before == '$' || (s->p < s->end && *s->p == ':'))
		return false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_is(word, words[i]))
			return true;
	return false;
}

/* "=" and "|=" and their like, but not "==", "!=", "<=" and ">=". */
static bool
is_assignment(struct scan *s, struct str sign)
{
	if (!str_is(sign, "=") || s->before == '!' || s->before == '<' || s->before == '>')
		return false;
	if (s->p == s->end || *s->p != '=')
		return true;
	s->p++;
	return false;
}

static int
check(struct policy *p, const struct yaml *v, struct err *err)
{
	struct scan s = { v->text.p, v->text.p + v->text.len, ' ' };
	bool sets = false;
	struct str found;

	while (next(&s, &found)) {
		if (is_of_clock(&s, found))
			return yaml_error(p->doc, v, err,
			    "when: %.*s is of the clock, and not of the request: match.time tells "
			    "the time",
			    (int)found.len, found.p);
		sets |= is_assignment(&s, found);
		s.before = found.p[found.len - 1];
	}
	if (sets)
		policy_warn(p, v, "when: = sets a member, and what is set is true; == compares");
	return 0;
}

/* true is no condition at all, and false is for who switches a rule off. */
int
policy_when_read(
    struct policy *p, const struct field_map *m, struct policy_route *route, struct err *err)
{
	const struct yaml *v = field_get(m, "when");

	if (!v)
		return 0;
	if (v->kind == YAML_LIST || v->kind == YAML_MAP)
		return field_error(
		    m, "when", err, "when is %s, not an expression", field_kind_name(v->kind));
	if (str_trim(v->text).len == 0)
		return field_error(m, "when", err, "when is empty");
	if (check(p, v, err) < 0)
		return -1;
	if (!str_eq_nocase(v->text, "true"))
		route->when = expr_add(&p->exprs, p->doc, v, "when");
	return 0;
}
