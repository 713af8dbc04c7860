/* SPDX-License-Identifier: MIT */
/*
 * pattern - the regular expressions of JSON Schema (ECMA-262), matched in linear time.
 *
 * Text is UTF-8 and is matched by characters, whatever the locale; a pattern is found anywhere
 * unless it is anchored. One that begins with (?i), which ECMA-262 has no place for, is matched
 * case aside, as far as letters are ASCII, Latin-1, Greek or Cyrillic. What a linear match can't do
 * (look-around, back references) and \p{...} are errors that name the construct. Counts up to
 * PATTERN_REPEAT_MAX; a pattern has a ceiling, so neither it nor the text can make a match hang.
 */
#ifndef JSON_PATTERN_H
#define JSON_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

enum { PATTERN_REPEAT_MAX = 1000 };

struct pattern;

/* NULL where source is no pattern, or one that we do not support: err says which part. */
struct pattern *pattern_compile(struct str source, struct err *err);
void pattern_free(struct pattern *p);

bool pattern_search(const struct pattern *p, struct str text);
/* The same, and *at is where the match that ends first begins (of several, the longest). */
bool pattern_find(const struct pattern *p, struct str text, size_t *at);

struct pattern_spans { /* zero: none */
	struct pattern_span {
		size_t start, end;
	} * items;
	size_t count, cap;
};
void pattern_spans_release(struct pattern_spans *spans);
/* Those of both in into; what overlaps or touches becomes one. */
void pattern_spans_merge(struct pattern_spans *into, const struct pattern_spans *from);

/*
 * All that any match covers, in order: whatever part of text a match could be seen in. Matches that
 * overlap or touch make one span, empty ones none. Unlike one leftmost longest match after another,
 * this takes one walk over the text whatever the pattern. *spans' former content goes; false where
 * there is no span.
 */
bool pattern_cover(const struct pattern *p, struct str text, struct pattern_spans *spans);

#endif
