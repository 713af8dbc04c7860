/* SPDX-License-Identifier: MIT */
/*
 * error - what a provider's error means, whatever its shape.
 *
 * One table maps what providers say to error.kind; agentflow-providers(7) prints it. Rows are tried
 * in order, so the order is the rule: what the provider's specific codes say, then its words, then
 * its general types, then the HTTP status. A quota is found before a rate limit, because both come
 * as 429 and only one is worth waiting for. Words are looked for in the message alone, never in the
 * whole body: providers echo the prompt there.
 */
#ifndef LLM_ERROR_H
#define LLM_ERROR_H

#include "base/str.h"
#include "llm/llm.h"

enum error_by {
	ERROR_BY_CODE, /* one of the codes is the word, case aside */
	ERROR_BY_CODE_PART, /* one of the codes holds the word */
	ERROR_BY_TEXT, /* the message holds the words, case aside */
	ERROR_BY_STATUS, /* low <= status <= high */
};

struct error_rule {
	enum error_by by;
	enum error_kind kind;
	const char *word; /* NULL for ERROR_BY_STATUS */
	int low, high; /* statuses that the rule is for; 0, 0: any. Inside a stream the status is 0,
			  which is in every range but those of ERROR_BY_STATUS */
};
extern const struct error_rule error_rules[]; /* ends with kind ERROR_NONE */

enum { ERROR_CODES_MAX = 12 };

struct error_clues {
	int status; /* 0: inside a stream */
	struct str codes[ERROR_CODES_MAX]; /* codes, types, reasons: whatever names the error */
	size_t code_count;
	struct str text; /* the message, unescaped */
};

/* Never ERROR_NONE: what no rule knows is ERROR_SERVER. */
enum error_kind error_classify(const struct error_clues *clues);

#endif
