/* SPDX-License-Identifier: MIT */
/* record_path - a path that a policy names into a request. */
#include "policy/record_path.h"

#include <ctype.h>

bool
record_path_is(const char *s)
{
	while (*s == '.' && (isalpha((unsigned char)s[1]) || s[1] == '_')) {
		for (s++; isalnum((unsigned char)*s) || *s == '_' || *s == '-';)
			s++;
		if (!*s)
			return true;
	}
	return false;
}

bool
record_path_text(const char *path, struct json record, struct buf *out)
{
	struct json v = json_find(record, path + 1); /* behind its dot */
	size_t before = out->len;

	if (json_is(v, JSON_STRING))
		json_text(v, out);
	else if (json_exists(v))
		buf_addstr(out, json_raw(v));
	return out->len > before;
}
