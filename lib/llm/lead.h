/* SPDX-License-Identifier: MIT */
/*
 * lead - what may stand before an answer's own text: the prefix that the answer was to go on from,
 * said again, and reasoning between tags, <think>...</think>.
 *
 * Whoever builds a request says what may come (lead_skip, lead_think); answer_text then passes its
 * text through here until the answer proper has begun. Both come in pieces cut anywhere, and what
 * may yet be a part of them is held back. Only the first block is reasoning; white space around the
 * tags belongs to neither reasoning nor text, and is kept in the reasoning's opaque state, so that
 * it can go back as it came: {"field":"think","open":"<think>\n","close":"</think>\n\n"}.
 */
#ifndef LLM_LEAD_H
#define LLM_LEAD_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

struct answer;

struct lead {
	enum {
		LEAD_NONE, /* nothing is expected, or it is over: text is text */
		LEAD_PREFIX,
		LEAD_TAG, /* the opening tag may come */
		LEAD_OPENED, /* it came, and white space after it may */
		LEAD_INSIDE,
		LEAD_CLOSED, /* white space may follow the closing tag */
	} at;
	bool tags; /* the tags are looked for */
	struct buf prefix, held;
	struct buf open, close; /* what stood around the reasoning */
};

void lead_init(struct lead *lead);
void lead_release(struct lead *lead);

/* The answer may begin by repeating that text. */
void lead_skip(struct lead *lead, struct str prefix);
/* Reasoning may come between tags. */
void lead_think(struct lead *lead);

/* Some text of the answer, for the parts that it belongs to. */
void lead_text(struct answer *a, struct str text);
/* No more comes: what was held back is what it is. */
void lead_end(struct answer *a);

#endif
