/* SPDX-License-Identifier: MIT */
/* target - what can be read out of a request's target: query parameters, escapes. */
#include "serve/serve.h"

static int
target_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 32) >= 'a' && (c | 32) <= 'f')
		return (c | 32) - 'a' + 10;
	return -1;
}

void
serve_unescape(struct str s, struct buf *out)
{
	size_t i;
	int high, low;

	for (i = 0; i < s.len; i++) {
		high = s.p[i] == '%' && i + 2 < s.len ? target_digit(s.p[i + 1]) : -1;
		low = high >= 0 ? target_digit(s.p[i + 2]) : -1;
		if (low >= 0)
			i += 2;
		buf_addc(out, low >= 0 ? (char)(high * 16 + low) : s.p[i]);
	}
}

bool
serve_query_get(const struct serve_exchange *x, const char *name, struct buf *out)
{
	struct str rest = serve_query(x), part, key;

	while (str_split(&rest, '&', &part)) {
		if (!str_split(&part, '=', &key) || !str_is(key, name))
			continue;
		serve_unescape(part, out);
		return true;
	}
	return false;
}
