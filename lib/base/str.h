/* SPDX-License-Identifier: MIT */
/*
 * str - a borrowed range of bytes, and what is asked of strings.
 *
 * A struct str owns nothing, need not end in NUL and may hold NULs; it lives as long as what it
 * points to.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
	const char *p;
	size_t len;
};

#define STR_NONE ((struct str){ NULL, 0 })
#define STR_LIT(s) ((struct str){ "" s, sizeof(s) - 1 })

static inline struct str
str_of(const char *s)
{
	return (struct str){ s, s ? strlen(s) : 0 };
}

static inline bool
str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool
str_is(struct str a, const char *s)
{
	return str_eq(a, str_of(s));
}

bool str_starts(struct str s, const char *prefix);
bool str_ends(struct str s, const char *suffix);

/* Whether s holds needle, ASCII letters compared without case. */
bool str_has_nocase(struct str s, const char *needle);
bool str_eq_nocase(struct str s, const char *other);

/* A letter, a digit, or a byte of a character that isn't ASCII. */
static inline bool
str_is_word(char c)
{
	char folded = (char)(c | 0x20);

	return (folded >= 'a' && folded <= 'z') || (c >= '0' && c <= '9') || (c & 0x80);
}

/* Whether s holds those words as words of their own ("art", not in "start"), ASCII letters
 * compared without case. */
bool str_has_word(struct str s, const char *words);

/* Without ASCII white space at both ends. */
struct str str_trim(struct str s);

/* Take the part of *rest before the first sep off it; false when *rest is used up. */
bool str_split(struct str *rest, char sep, struct str *part);

/* The length of the longest prefix of s, at most max bytes, that does not end inside a UTF-8
 * character. */
size_t str_cut_utf8(struct str s, size_t max);

/* Whether all of s is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool str_is_utf8(struct str s);

/*
 * The candidate nearest to word (restricted Damerau-Levenshtein distance, at most a third of word's
 * length plus one), or NULL: for "did you mean". candidates ends with NULL.
 */
const char *str_nearest(struct str word, const char *const *candidates);

#endif
