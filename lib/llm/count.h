/* SPDX-License-Identifier: MIT */
/*
 * count - have a provider count a request's tokens: what is asked, at those who can be asked, and
 * what comes back.
 */
#ifndef LLM_COUNT_H
#define LLM_COUNT_H

#include "llm/dialect.h"

/* Whether the provider counts. */
bool count_can(const struct provider *p);

/* As dialect_build, of the request that asks for the count. */
int count_build(const struct build *b, struct wire *w, struct err *err)
    __attribute__((warn_unused_result));

/* Reads what comes back: the count is the answer's usage.in. */
extern const struct dialect count_reader;

#endif
