/* SPDX-License-Identifier: MIT */
/*
 * complexity - how hard a request looks: a number from 0 to 100 and a word, by a stated sum.
 *
 * Each row counts something; every `step` of them are `points`, `most` at most, and all rows' most
 * make 100. agentflow-policy(5) prints the rows and the words. It is a guess about the question
 * from its form, for routes that send what is easy to who is cheap; nothing is asked of a model.
 */
#ifndef POLICY_COMPLEXITY_H
#define POLICY_COMPLEXITY_H

#include <stdint.h>

#include "base/str.h"

enum complexity { COMPLEXITY_LOW, COMPLEXITY_MEDIUM, COMPLEXITY_HIGH }; /* of policy_levels */
enum { COMPLEXITY_MEDIUM_FROM = 20, COMPLEXITY_HIGH_FROM = 40 }; /* points */

enum complexity_what {
	COMPLEXITY_TOKENS,
	COMPLEXITY_TURNS,
	COMPLEXITY_TOOLS,
	COMPLEXITY_CODE,
	COMPLEXITY_KEYWORDS,
	COMPLEXITY_REASONING,
	COMPLEXITY_MEDIA,
	COMPLEXITY_SCHEMA,
	COMPLEXITY_ROWS
};

struct complexity_row {
	const char *what; /* as facts name it */
	int64_t step;
	int points, most;
	const char *counts; /* what is counted, for the manual */
};
extern const struct complexity_row complexity_rows[COMPLEXITY_ROWS];

/* What the keywords row looks for, at the beginning of words, letters' case aside;
 * NULL-terminated. Each counts once. */
extern const char *const complexity_keywords[];

int complexity_points(enum complexity_what what, int64_t count);
enum complexity complexity_of(int points);

/* Lines of code and keywords in a text. Code is what stands between fences (```, ~~~), and lines
 * outside of them that end in ;, { or } or begin as code does. */
void complexity_read(struct str text, int64_t *code_lines, int64_t *keywords);

#endif
