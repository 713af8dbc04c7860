/* SPDX-License-Identifier: MIT */
/* model_filter - which models are wanted. */
#ifndef LLM_MODEL_FILTER_H
#define LLM_MODEL_FILTER_H

#include "llm/model.h"

struct model_filter {
	unsigned input, output; /* enum model_medium: all of these */
	bool tools, schema, reasoning, prefill, cache; /* it has them */
	int64_t min_context; /* tokens that it reads; 0: any */
	bool deprecated; /* only those that are, or are gone */
	const char *kind; /* NULL: any */
	const char *const *patterns; /* as in sh: of id, alias or provider:id; none: any */
	const char *today;
};

/* The words for model_filter_need, NULL-terminated. */
extern const char *const model_filter_words[];

/* Add what a list of words ("tools,vision") asks for. -1 and err (EXIT_USAGE) with the nearest
 * word. */
int model_filter_need(struct model_filter *f, const char *words, struct err *err)
    __attribute__((warn_unused_result));

/* What is not known counts as not there. */
bool model_filter_fits(const struct model_filter *f, const struct model *m);

#endif
