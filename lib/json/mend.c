/* SPDX-License-Identifier: MIT */
/* mend - replace escapes that stand for no character. */
#include "json/mend.h"

#include <string.h>

enum { ESCAPE_BYTES = 6 }; /* \uXXXX */

/* The number of the \u escape at p; -1 where there is none. */
static long
escape_number(const char *p, size_t n)
{
	long number = 0;

	if (n < ESCAPE_BYTES || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (int i = 2; i < ESCAPE_BYTES; i++) {
		int c = (unsigned char)p[i];

		number = number * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return number;
}

static bool
is_half(long number)
{
	return number >= 0xd800 && number <= 0xdfff;
}

static bool
is_pair(long first, long second)
{
	return first >= 0xd800 && first <= 0xdbff && second >= 0xdc00 && second <= 0xdfff;
}

void
mend_surrogates(struct str json, struct buf *out)
{
	while (json.len) {
		const char *slash = memchr(json.p, '\\', json.len), *put = slash;
		size_t before = slash ? (size_t)(slash - json.p) : json.len, n = 0;

		buf_add(out, json.p, before);
		json = (struct str){ json.p + before, json.len - before };
		if (slash) {
			long number = escape_number(slash, json.len);

			n = number < 0 ? 2 : ESCAPE_BYTES;
			if (is_pair(number, escape_number(slash + n, json.len - n)))
				n = (size_t)2 * ESCAPE_BYTES;
			else if (is_half(number))
				put = "\\ufffd";
			buf_add(out, put, n);
			json = (struct str){ json.p + n, json.len - n };
		}
	}
}
