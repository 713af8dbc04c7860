/* SPDX-License-Identifier: MIT */
/*
 * tokens - how many tokens a request will be, by a stated rule: nobody's tokenizer is here.
 *
 * Text is cut into pieces much as tokenizers cut it, and the pieces are counted: a word in one case
 * is one piece for each nine letters begun ("countTokens" is two words); so are three digits, two
 * signs of punctuation, four bytes of any other script, a line's end, and a run of spaces that is
 * longer than one; four Chinese, Japanese or Korean characters are three pieces. To that come what
 * a family of models adds: for each message, call and tool, for having tools at all, for a schema,
 * and by kind of media. llm-tokens(1) prints the table and how far off it was on recorded traffic.
 */
#ifndef LLM_TOKENS_H
#define LLM_TOKENS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "llm/request.h"

/* What a family of models makes of pieces. Per mille are of pieces. */
struct tokens_family {
	const char *names[8]; /* what a model's name holds; the first family that fits counts */
	int text; /* per mille */
	int start, message, call; /* once; for each message; for each call and each result */
	int tools, tool, tool_text; /* where there are any; for each; per mille of their text */
	int schema, schema_text; /* likewise */
	int sealed; /* per mille of the bytes of opaque state: signatures, sealed thoughts */
	int image, page; /* an image; a document's page (one for each 20 KB begun) */
	bool forgets; /* reasoning that is sent back is left out */
};

extern const struct tokens_family tokens_families[]; /* the last has no names and fits all */
const struct tokens_family *tokens_family(struct str model);

struct tokens {
	int64_t in; /* the estimate */
	int64_t low, high; /* what it most likely lies between */
};

/* Of a piece of plain text, before any family's measure. */
int64_t tokens_pieces(struct str text);

/* What a request holds, whatever model is asked: it is walked once, and each family makes of it
 * what it does. */
struct tokens_measure {
	int64_t messages, calls, tools, media; /* how many; media: tokens of sound and film */
	int64_t images, pages;
	int64_t pieces, thoughts; /* pieces of text; of reasoning */
	int64_t tool_pieces, schema_pieces, own_pieces; /* own: of providerOptions */
	int64_t sealed; /* bytes of opaque state */
	bool has_schema;
};
void tokens_measure(const struct request *r, struct tokens_measure *m);
struct tokens tokens_count(const struct tokens_measure *m, const struct tokens_family *family);

/* Both. */
struct tokens tokens_estimate(const struct request *r, struct str model);

#endif
