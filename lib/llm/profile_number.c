/* SPDX-License-Identifier: MIT */
/* profile_number - numbers that jq would round, marked as texts. */
#include "llm/profile_number.h"

#include <string.h>

enum { EXACT_DIGITS = 15 }; /* a double holds so many decimal digits whatever they are */

/* U+F8F1, private use: before and after a number. */
#define MARK "\xef\xa3\xb1"
#define MARK_LEN (sizeof MARK - 1)

static size_t
number_length(struct str s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] && strchr("+-.0123456789eE", s.p[n]))
		n++;
	return n;
}

static bool
is_rounded(struct str number)
{
	size_t digits = 0;

	for (size_t i = 0; i < number.len && number.p[i] != 'e' && number.p[i] != 'E'; i++)
		digits += number.p[i] >= '0' && number.p[i] <= '9';
	return digits > EXACT_DIGITS;
}

static size_t
string_length(struct str s)
{
	size_t n = 1;

	while (n < s.len && s.p[n] != '"')
		n += s.p[n] == '\\' ? 2 : 1;
	return n + 1 < s.len ? n + 1 : s.len;
}

bool
profile_number_hide(struct str json, struct buf *out)
{
	size_t before = out->len, n;
	bool any = false;

	if (str_has_nocase(json, MARK) || str_has_nocase(json, "\\uf8f1"))
		return false;
	for (size_t at = 0; at < json.len; at += n) {
		struct str rest = { json.p + at, json.len - at };
		bool number;

		n = *rest.p == '"' ? string_length(rest) : 1;
		number = *rest.p == '-' || (*rest.p >= '0' && *rest.p <= '9');
		if (number)
			n = number_length(rest);
		rest.len = n;
		number = number && is_rounded(rest);
		any = any || number;
		buf_adds(out, number ? "\"" MARK : "");
		buf_addstr(out, rest);
		buf_adds(out, number ? MARK "\"" : "");
	}
	if (!any)
		buf_truncate(out, before);
	return any;
}

/* A quote at the end of out, with the backslashes before it; tojson has quoted it again. */
static bool
drop_quote(struct buf *out)
{
	size_t n = out->len;

	if (!n || out->p[n - 1] != '"')
		return false;
	for (n--; n && out->p[n - 1] == '\\'; n--)
		;
	buf_truncate(out, n);
	return true;
}

void
profile_number_show(struct str json, struct buf *out)
{
	size_t at = 0;

	while (at < json.len) {
		struct str rest = { json.p + at, json.len - at };
		size_t n;

		if (!str_starts(rest, MARK)) {
			buf_addc(out, json.p[at++]);
			continue;
		}
		rest = (struct str){ rest.p + MARK_LEN, rest.len - MARK_LEN };
		n = number_length(rest);
		at += MARK_LEN + n;
		if (n < rest.len && str_starts((struct str){ rest.p + n, rest.len - n }, MARK))
			at += MARK_LEN;
		/* where it stands alone, and not in the midst of a text */
		if (at < json.len && (json.p[at] == '"' || json.p[at] == '\\') && drop_quote(out)) {
			at += strspn(json.p + at, "\\");
			at++;
		}
		buf_add(out, rest.p, n);
	}
}
