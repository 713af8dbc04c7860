/* SPDX-License-Identifier: MIT */
/* ollama - what the two halves of the dialect share; the others see dialect_ollama. */
#ifndef LLM_OLLAMA_H
#define LLM_OLLAMA_H

#include "json/jsonw.h"
#include "llm/dialect.h"

int ollama_address(const struct build *b, struct wire *wire, struct err *err);
struct structured_means ollama_means(const struct build *b);
int ollama_build(const struct build *b, struct wire *wire, struct err *err);

#endif
