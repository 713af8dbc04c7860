/* SPDX-License-Identifier: MIT */
/*
 * text - an answer as people read it: its words as they come, and nothing but whole lines.
 *
 *	struct text shown = { 0 };
 *	text_add(&shown, words, out);		// as often as there are some
 *	text_void(&shown, out);			// they turned out to be none
 *	text_end(&shown, out);			// the next one begins on a line of its own
 */
#ifndef LLM_TEXT_H
#define LLM_TEXT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

/* What was shown of an answer, and is not void. All zero is none. */
struct text {
	bool is_shown; /* some of it */
	bool is_open; /* its last line has no end yet */
};

void text_add(struct text *t, struct str words, struct buf *out);
/* A line says that what was shown is void; where nothing was there is nothing to say. */
void text_void(struct text *t, struct buf *out);
void text_end(struct text *t, struct buf *out);

/* For people who see no words, since there are none: what there is instead. */
extern const char text_calls_tools[];

#endif
