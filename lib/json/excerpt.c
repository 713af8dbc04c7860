/* SPDX-License-Identifier: MIT */
/* excerpt - the JSON that somebody wrote among other text. */
#include "json/excerpt.h"

/* Each try may walk to the end of the text: brackets that never close must not make that a square.
 */
enum { TRIES_MAX = 64 };

static struct str
from(struct str text, size_t at)
{
	return (struct str){ text.p + at, text.len - at };
}

static const char *
find(struct str text, const char *what)
{
	size_t n = strlen(what);

	for (; text.len >= n; text = from(text, 1)) {
		if (memcmp(text.p, what, n) == 0)
			return text.p;
	}
	return NULL;
}

/* What stands between ``` (and the rest of its line) and the next ```. */
static bool
next_fenced(struct str *text, struct str *inside)
{
	const char *open = find(*text, "```"), *line, *close;

	if (!open)
		return false;
	*text = from(*text, (size_t)(open + 3 - text->p));
	line = text->len ? memchr(text->p, '\n', text->len) : NULL;
	close = find(*text, "```");
	if (!close)
		return false;
	*inside = (struct str){ text->p, (size_t)(close - text->p) };
	if (line && line < close)
		*inside = from(*inside, (size_t)(line - text->p));
	*text = from(*text, (size_t)(close + 3 - text->p));
	return true;
}

/* The bracket that stands first and all up to the one that closes it; 0: none does. */
static size_t
balanced(struct str text)
{
	bool in_string = false;
	size_t i, depth = 0;

	for (i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '['))
			depth++;
		else if (!in_string && (c == '}' || c == ']') && --depth == 0)
			return i + 1;
	}
	return 0;
}

static bool
find_longest(struct str text, struct json *v)
{
	struct err err = ERR_INIT;
	struct json one;
	int tries = 0;

	*v = JSON_ABSENT;
	while (text.len && tries < TRIES_MAX) {
		size_t n = 0;

		if (*text.p == '{' || *text.p == '[') {
			n = balanced(text);
			tries++;
			if (n && json_parse(text.p, n, &one, &err) < 0)
				n = 0;
			else if (n && n > v->len)
				*v = one;
		}
		text = from(text, n ? n : 1);
	}
	return json_exists(*v);
}

int
excerpt_find(struct str text, struct json *v, struct err *err)
{
	struct err no = ERR_INIT;
	struct str rest = text, inside;

	if (json_parse(text.p, text.len, v, err) == 0)
		return 0;
	while (next_fenced(&rest, &inside)) {
		if (json_parse(inside.p, inside.len, v, &no) == 0)
			return 0;
	}
	return find_longest(text, v) ? 0 : -1;
}
