/* SPDX-License-Identifier: MIT */
/*
 * pattern_code - a pattern as a tree (pattern_parse.c), turned by pattern.c into steps, which
 * pattern_search.c runs. Private to these three.
 */
#ifndef JSON_PATTERN_CODE_H
#define JSON_PATTERN_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct pattern_range {
	uint32_t low, high; /* both inclusive */
};

/* A set of characters: ranges[first] ... ranges[first + count - 1]. */
struct pattern_set {
	uint32_t first, count;
	bool negated;
	uint64_t ascii[2]; /* a bit for each of the first 128 characters that it has */
};

enum {
	PATTERN_NONE = -1, /* as an item */
	PATTERN_FOREVER = -1, /* as the most of a repetition */
};

enum pattern_op {
	PATTERN_SET, /* one character of sets[a] */
	PATTERN_JUMP, /* to a */
	PATTERN_FORK, /* to a and to b */
	PATTERN_START, /* the text begins here */
	PATTERN_END,
	PATTERN_EDGE, /* of a word */
	PATTERN_NO_EDGE,
	PATTERN_FOUND,
};

struct pattern_step {
	enum pattern_op op;
	uint32_t a, b;
};

enum { PATTERN_PREFIX_MAX = 8 };

struct pattern {
	struct pattern_step *steps;
	size_t step_count, step_cap;
	struct pattern_set *sets;
	size_t set_count, set_cap;
	struct pattern_range *ranges;
	size_t range_count, range_cap;
	/* What a match begins with, to pass over where none does: unless it may be empty, one of
	 * these bytes, and this text, which may have none. */
	bool may_be_empty;
	bool first[256];
	char prefix[PATTERN_PREFIX_MAX];
	size_t prefix_len;
};

enum pattern_item_kind { PATTERN_STEP, PATTERN_REPEAT, PATTERN_LIST, PATTERN_EITHER };

/* The pattern as a tree: items lie in one array and name each other by their index. */
struct pattern_item {
	enum pattern_item_kind kind;
	struct pattern_step step; /* PATTERN_STEP */
	int child; /* what is repeated; a list's first; the first of alternatives, which are lists
		    */
	int next; /* in the list or among the alternatives that hold it */
	int min, max; /* PATTERN_REPEAT */
};

struct pattern_parser {
	struct str source;
	const char *p, *end;
	bool any_case; /* capitals and small letters are alike */
	struct pattern *out;
	struct pattern_item *items;
	size_t item_count, item_cap;
	size_t put_count; /* of items, repeated ones again and again */
	int depth;
	struct err *err;
};

/* The index of the tree's root, or PATTERN_NONE and err. Fills the parser's items, out->sets and
 * ->ranges. */
int pattern_parse(struct pattern_parser *ps);
/* Returns PATTERN_NONE. */
int pattern_fail(struct pattern_parser *ps, const char *what);

bool pattern_set_has(const struct pattern *p, uint32_t set, uint32_t c);
/* Fill first, prefix and may_be_empty from the steps, and the sets' ascii. */
void pattern_find_first(struct pattern *p);

#endif
