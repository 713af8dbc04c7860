/* SPDX-License-Identifier: MIT */
/* edit - splice members into an object and leave every other byte alone. */
#include "json/edit.h"

#include "base/die.h"
#include "json/jsonw.h"
#include "json/lex.h"

void
json_edit_start(struct json_edit *e, struct json object)
{
	if (!json_is(object, JSON_OBJECT))
		BUG("json_edit_start: not an object");
	e->object = object;
	e->count = 0;
}

static struct json_change *
find_change(struct json_edit *e, const char *key)
{
	size_t i;

	for (i = 0; i < e->count; i++) {
		if (strcmp(e->changes[i].key, key) == 0)
			return &e->changes[i];
	}
	return NULL;
}

static struct json_change *
add_change(struct json_edit *e, const char *key)
{
	if (e->count == JSON_EDIT_MAX)
		BUG("json_edit: more than %d changes", JSON_EDIT_MAX);
	e->changes[e->count] = (struct json_change){ .key = key };
	return &e->changes[e->count++];
}

static void
change(struct json_edit *e, const char *key, struct str value)
{
	struct json_change *c = find_change(e, key);

	if (!c)
		c = add_change(e, key);
	c->value = value;
}

void
json_edit_set(struct json_edit *e, const char *key, struct str raw)
{
	change(e, key, raw);
}

void
json_edit_append(struct json_edit *e, const char *key, struct str raw)
{
	struct json_change *c = find_change(e, key);

	if (!c)
		c = add_change(e, key);
	c->is_new = true;
	c->value = raw;
}

void
json_edit_drop(struct json_edit *e, const char *key)
{
	change(e, key, STR_NONE);
}

/* Where new members go: behind the last one's last byte, or behind the opening brace. */
static const char *
members_end(struct json object)
{
	const char *p = object.p + object.len - 1;

	while (lex_is_space(p[-1]))
		p--;
	return p;
}

static bool
is_dropped(const struct json_change *c)
{
	return !c->value.p;
}

/* The change that meets the text next, at or behind from; changes are few, so nothing is sorted. */
static const struct json_change *
next_change(const struct json_edit *e, const char *from)
{
	const struct json_change *c, *best = NULL;

	for (c = e->changes; c < e->changes + e->count; c++) {
		if (json_is(c->old, JSON_NONE) || is_dropped(c) || c->old.p < from)
			continue;
		if (!best || c->old.p < best->old.p)
			best = c;
	}
	return best;
}

/* Append [from, to) with the values that were set in it. */
static void
write_range(const struct json_edit *e, const char *from, const char *to, struct buf *out)
{
	const struct json_change *c;

	while ((c = next_change(e, from)) && c->old.p < to) {
		buf_add(out, from, (size_t)(c->old.p - from));
		buf_addstr(out, c->value);
		from = c->old.p + c->old.len;
	}
	buf_add(out, from, (size_t)(to - from));
}

static bool
drops(const struct json_edit *e, struct json key)
{
	size_t i;

	for (i = 0; i < e->count; i++) {
		if (is_dropped(&e->changes[i]) && json_eq(key, e->changes[i].key))
			return true;
	}
	return false;
}

/*
 * The members that stay. One that goes takes what stands between it and the next with it; where
 * none stays behind it, what stands before it. Says whether any stays.
 */
static bool
write_kept(const struct json_edit *e, struct buf *out)
{
	struct json_iter it = json_each(e->object);
	const char *first = it.at, *kept_end = NULL, *gap_end = NULL;

	buf_add(out, e->object.p, (size_t)(first - e->object.p));
	while (json_next(&it)) {
		if (kept_end && !gap_end)
			gap_end = it.key.p;
		if (drops(e, it.key))
			continue;
		if (kept_end)
			buf_add(out, kept_end, (size_t)(gap_end - kept_end));
		kept_end = it.value.p + it.value.len;
		gap_end = NULL;
		write_range(e, it.key.p, kept_end, out);
	}
	return kept_end;
}

static bool
has_drops(const struct json_edit *e)
{
	size_t i;

	for (i = 0; i < e->count; i++) {
		if (is_dropped(&e->changes[i]) && !json_is(e->changes[i].old, JSON_NONE))
			return true;
	}
	return false;
}

/* Find what the changes change, in one walk. */
static void
find_members(struct json_edit *e)
{
	struct json_iter it = json_each(e->object);
	size_t i, known = 0;

	for (i = 0; i < e->count; i++)
		known += e->changes[i].is_new;
	while (known < e->count && json_next(&it)) {
		for (i = 0; i < e->count; i++) {
			if (!e->changes[i].is_new && json_eq(it.key, e->changes[i].key))
				e->changes[i].old = it.value;
		}
	}
}

static void
write_found(const struct json_edit *e, struct buf *out)
{
	const char *members = members_end(e->object), *end = e->object.p + e->object.len;
	const struct json_change *c;
	bool need_comma;

	if (has_drops(e)) {
		need_comma = write_kept(e, out);
	} else {
		need_comma = members > e->object.p + 1;
		write_range(e, e->object.p, members, out);
	}
	for (c = e->changes; c < e->changes + e->count; c++) {
		if (!json_is(c->old, JSON_NONE) || is_dropped(c))
			continue;
		if (need_comma)
			buf_addc(out, ',');
		jsonw_quote(out, str_of(c->key));
		buf_addc(out, ':');
		buf_addstr(out, c->value);
		need_comma = true;
	}
	buf_add(out, members, (size_t)(end - members));
}

void
json_edit_write(struct json_edit *e, struct buf *out)
{
	find_members(e);
	write_found(e, out);
}
