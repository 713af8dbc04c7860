/* SPDX-License-Identifier: MIT */
/* ceiling - how much an answer may come to, by all that a request says. */
#include "llm/ceiling.h"

/* A member at a path; *removed where a null takes it, or what it lies in, out of the body. */
static struct json
member_at(struct json v, const char *path, bool *removed)
{
	struct buf name = BUF_INIT(BUF_UNLIMITED);
	struct str rest = str_of(path), part;

	*removed = false;
	while (!*removed && str_split(&rest, '.', &part)) {
		buf_reset(&name);
		buf_addstr(&name, part);
		v = json_get(v, name.p);
		*removed = json_is(v, JSON_NULL);
	}
	buf_release(&name);
	return *removed ? JSON_ABSENT : v;
}

/* --- how much --- */

/* Where several members could hold the limit, the largest counts: nobody tells which one holds. */
static void
set_tokens(struct ceiling *c, struct json options, const char *const *paths, bool *asked)
{
	bool removed, said = false, open = false;
	int64_t most = 0, n;
	struct json v;

	for (const char *const *path = paths; path && *path; path++) {
		v = member_at(options, *path, &removed);
		if (!json_exists(v) && !removed)
			continue;
		said = true;
		if (removed || !json_count_of(v, &n) || n <= 0)
			open = true; /* no limit is sent, or one that is none */
		else if (n > most)
			most = n;
	}
	if (!said)
		return;
	if (!open && *asked && paths[1] && c->tokens > most)
		most = c->tokens;
	c->tokens = open ? 0 : most;
	*asked = true;
}

static void
raise_answers(struct ceiling *c, struct json options, const char *const *paths)
{
	bool removed;
	struct json v;
	int64_t n;

	for (; paths && *paths; paths++) {
		v = member_at(options, *paths, &removed);
		if (!json_exists(v))
			continue;
		if (!json_count_of(v, &n))
			c->unpriced = *paths;
		else if (n > c->answers)
			c->answers = n;
	}
}

/* --- what it costs --- */

/* Words by which nothing gets dearer than the price row says. */
static bool
is_plain_word(struct json v)
{
	static const char *const words[] = { "auto", "default", "standard", "standard_only", "flex",
		"on_demand", "global", "not_available", "text", "TEXT" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (json_eq(v, words[i]))
			return true;
	return false;
}

/* A tool that only the caller runs, in one of the forms in which APIs are told of one. */
static bool
is_callers_tool(struct json v)
{
	static const char *const forms[] = { "name", "function", "toolSpec", "functionDeclarations",
		"function_declarations" };
	struct json type = json_get(v, "type");
	struct json_iter it = json_each(v);

	if (!json_is(v, JSON_OBJECT))
		return false;
	if (json_exists(type))
		return json_eq(type, "function") || json_eq(type, "custom");
	for (size_t i = 0; i < 2; i++)
		if (json_exists(json_get(v, forms[i])))
			return true;
	while (json_next(&it)) { /* these may stand beside others in one object */
		bool known = false;

		for (size_t i = 2; i < sizeof forms / sizeof *forms; i++)
			known = known || json_eq(it.key, forms[i]);
		if (!known)
			return false;
	}
	return true;
}

static bool
is_priced(struct json v)
{
	struct json_iter it = json_each(v);

	if (!json_is(v, JSON_ARRAY))
		return !json_exists(v) || json_is(v, JSON_FALSE) || is_plain_word(v);
	while (json_next(&it))
		if (!is_plain_word(it.value) && !is_callers_tool(it.value))
			return false;
	return true;
}

static void
look_at(struct ceiling *c, const struct dialect_ceiling *members, struct json options, bool *asked)
{
	bool removed;

	set_tokens(c, options, members->tokens, asked);
	raise_answers(c, options, members->answers);
	for (const char *const *path = members->prices; path && *path; path++)
		if (!is_priced(member_at(options, *path, &removed)))
			c->unpriced = *path;
}

struct ceiling
ceiling_of(const struct build *b)
{
	const struct dialect *d = b->provider->dialect;
	bool asked = b->request->options.max_tokens != OPTION_UNSET;
	struct ceiling c = { .tokens = asked ? b->request->options.max_tokens : 0, .answers = 1 };

	if (d->room)
		c.tokens = d->room(b);
	if (!d->ceiling)
		return c;
	if (b->provider->options)
		look_at(&c, d->ceiling, json_literal(b->provider->options), &asked);
	if (json_exists(b->request->provider_options))
		look_at(&c, d->ceiling, dialect_options(b), &asked);
	return c;
}
