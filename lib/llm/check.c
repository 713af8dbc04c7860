/* SPDX-License-Identifier: MIT */
/* check - what is wrong with a record, and where. */
#include "llm/check.h"

#include <stdarg.h>
#include <stdio.h>

static void
put_place(const struct check *at, const char *member, struct buf *where)
{
	if (at->list)
		buf_addf(where, "%s[%zu]", at->list, at->item);
	if (at->sub)
		buf_addf(where, ".%s[%zu]", at->sub, at->subitem);
	if (at->inner)
		buf_addf(where, ".%s[%zu]", at->inner, at->inneritem);
	if (member)
		buf_addf(where, "%s%s", where->len ? "." : "", member);
}

int
check_fail(const struct check *at, const char *member, const char *fmt, ...)
{
	char what[ERR_TEXT_MAX]; /* cut as err's own text is */
	struct buf where = BUF_INIT(BUF_UNLIMITED);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	put_place(at, member, &where);
	err_set(at->err, EXIT_NO, "%s: %s", where.p, what);
	buf_release(&where);
	return -1;
}

int
check_wrap(const struct check *at)
{
	struct buf where = BUF_INIT(BUF_UNLIMITED);

	put_place(at, NULL, &where);
	err_wrap(at->err, "%s", where.p);
	buf_release(&where);
	return -1;
}

int
check_word(const struct check *at, const char *member, struct json v, const char *const *names)
{
	struct buf text = BUF_INIT(64); /* longer is no name of ours */
	const char *near;

	if (!json_is(v, JSON_STRING))
		return check_fail(
		    at, member, "%s", json_exists(v) ? "must be a string" : "is missing");
	for (int i = 0; names[i]; i++)
		if (*names[i] && json_eq(v, names[i]))
			return i;
	json_text(v, &text);
	near = str_nearest(buf_str(&text), names);
	if (near && *near)
		check_fail(at, member, "unknown word \"%s\" (did you mean \"%s\"?)", text.p, near);
	else
		check_fail(at, member, "unknown word \"%s\"", text.p);
	buf_release(&text);
	return -1;
}

/* Whether a key can be that name: most are told apart by their first letter. */
static bool
may_be(struct json key, const char *name)
{
	return key.p[1] == *name || key.p[1] == '\\';
}

void
check_members(struct json obj, const char *const *names, struct json *found, size_t n)
{
	struct json_iter it = json_each(obj);

	for (size_t i = 0; i < n; i++)
		found[i] = JSON_ABSENT;
	while (json_is(obj, JSON_OBJECT) && json_next(&it))
		for (size_t i = 0; i < n; i++)
			if (may_be(it.key, names[i]) && json_eq(it.key, names[i])) {
				found[i] = json_exists(it.value) ? it.value : JSON_ABSENT;
				break;
			}
}

int
check_kind(const struct check *at, const char *member, struct json v, enum json_kind kind)
{
	static const char *const wanted[] = {
		[JSON_STRING] = "must be a string",
		[JSON_ARRAY] = "must be a list",
		[JSON_OBJECT] = "must be an object",
		[JSON_NUMBER] = "must be a number",
	};

	if (json_is(v, kind))
		return 0;
	return check_fail(at, member, "%s", json_exists(v) ? wanted[kind] : "is missing");
}

int
check_opt(const struct check *at, const char *member, struct json v, enum json_kind kind)
{
	return json_exists(v) ? check_kind(at, member, v, kind) : 0;
}

int
check_bool(const struct check *at, const char *member, struct json v)
{
	if (!json_exists(v) || json_is(v, JSON_TRUE) || json_is(v, JSON_FALSE))
		return 0;
	return check_fail(at, member, "must be true or false");
}
