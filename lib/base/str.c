/* SPDX-License-Identifier: MIT */
/* str - what is asked of strings. */
#include "base/str.h"

#include <stdint.h>
#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"

bool
str_starts(struct str s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && memcmp(s.p, prefix, n) == 0;
}

bool
str_ends(struct str s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.len >= n && memcmp(s.p + s.len - n, suffix, n) == 0;
}

bool
str_has_nocase(struct str s, const char *needle)
{
	size_t n = strlen(needle), i;

	for (i = 0; i + n <= s.len; i++) {
		if (strncasecmp(s.p + i, needle, n) == 0)
			return true;
	}
	return false;
}

bool
str_has_word(struct str s, const char *words)
{
	size_t n = strlen(words), i;

	for (i = 0; n && i + n <= s.len; i++) {
		if ((s.p[i] ^ words[0]) & ~0x20 || strncasecmp(s.p + i, words, n) != 0)
			continue;
		if (i > 0 && str_is_word(s.p[i - 1]) && str_is_word(words[0]))
			continue;
		if (i + n < s.len && str_is_word(s.p[i + n]) && str_is_word(words[n - 1]))
			continue;
		return true;
	}
	return false;
}

bool
str_eq_nocase(struct str s, const char *other)
{
	return s.len == strlen(other) && strncasecmp(s.p, other, s.len) == 0;
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str
str_trim(struct str s)
{
	while (s.len && is_space(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len && is_space(s.p[s.len - 1]))
		s.len--;
	return s;
}

bool
str_split(struct str *rest, char sep, struct str *part)
{
	const char *at;

	if (!rest->p)
		return false;
	at = rest->len ? memchr(rest->p, sep, rest->len) : NULL;
	part->p = rest->p;
	if (!at) {
		part->len = rest->len;
		*rest = STR_NONE;
	} else {
		part->len = (size_t)(at - rest->p);
		rest->len -= part->len + 1;
		rest->p = at + 1;
	}
	return true;
}

size_t
str_cut_utf8(struct str s, size_t max)
{
	size_t n = s.len < max ? s.len : max;

	if (n == s.len)
		return n;
	while (n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80)
		n--;
	return n;
}

/* The bytes of the character at p (RFC 3629, table 3-7 of Unicode), or 0 where it is malformed. */
static size_t
utf8_char(const unsigned char *p, size_t left)
{
	unsigned char lo = 0x80, hi = 0xBF;
	size_t n, i;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xC2 || p[0] > 0xF4)
		return 0;
	n = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	if (left < n)
		return 0;
	if (p[0] == 0xE0)
		lo = 0xA0;
	else if (p[0] == 0xED)
		hi = 0x9F;
	else if (p[0] == 0xF0)
		lo = 0x90;
	else if (p[0] == 0xF4)
		hi = 0x8F;
	if (p[1] < lo || p[1] > hi)
		return 0;
	for (i = 2; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	}
	return n;
}

bool
str_is_utf8(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0, n;

	while (i < s.len) {
		n = utf8_char(p + i, s.len - i);
		if (!n)
			return false;
		i += n;
	}
	return true;
}

static size_t
min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Restricted Damerau-Levenshtein distance over three rows of the table. */
static size_t
edit_distance(struct str a, struct str b)
{
	size_t width = b.len + 1, i, j, d;
	size_t *rows = xcalloc(3 * width, sizeof *rows);
	size_t *older = rows, *old = rows + width, *now = rows + 2 * width, *spare;

	for (j = 0; j <= b.len; j++)
		old[j] = j;
	for (i = 1; i <= a.len; i++) {
		now[0] = i;
		for (j = 1; j <= b.len; j++) {
			d = min3(
			    now[j - 1] + 1, old[j] + 1, old[j - 1] + (a.p[i - 1] != b.p[j - 1]));
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
			    a.p[i - 2] == b.p[j - 1] && older[j - 2] + 1 < d)
				d = older[j - 2] + 1;
			now[j] = d;
		}
		spare = older;
		older = old;
		old = now;
		now = spare;
	}
	d = old[b.len];
	free(rows);
	return d;
}

const char *
str_nearest(struct str word, const char *const *candidates)
{
	size_t best = word.len / 3 + 2, d;
	const char *nearest = NULL;

	if (word.len > 64) /* nobody misspells that; and the table stays small */
		return NULL;
	for (; *candidates; candidates++) {
		d = edit_distance(word, str_of(*candidates));
		if (d < best) {
			best = d;
			nearest = *candidates;
		}
	}
	return nearest;
}
