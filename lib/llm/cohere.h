/* SPDX-License-Identifier: MIT */
/* cohere - what the two files of the cohere-v2 dialect share: cohere_build.c writes the request,
 * cohere.c reads the answer. */
#ifndef LLM_COHERE_H
#define LLM_COHERE_H

#include "llm/dialect.h"

/* Reasoning comes as blocks of the content, or as the plan before tool calls; each goes back as
 * what it was. A part's opaque state says which. */
#define COHERE_THINKING "{\"field\":\"thinking\"}"
#define COHERE_PLAN "{\"field\":\"tool_plan\"}"

int cohere_address(const struct build *b, struct wire *wire, struct err *err);
struct structured_means cohere_means(const struct build *b);
int cohere_build(const struct build *b, struct wire *wire, struct err *err);

#endif
