/* SPDX-License-Identifier: MIT */
/*
 * ceiling - how much an answer may come to, by all that a request says: its options, and what its
 * providerOptions ask for in the provider's own words, which are what counts in the end.
 */
#ifndef LLM_CEILING_H
#define LLM_CEILING_H

#include <stdint.h>

#include "llm/dialect.h"

struct ceiling {
	int64_t tokens; /* that one answer may have, its thoughts included; 0: what the model can */
	int64_t answers; /* that are written for the one request; at least 1 */
	/* The member of providerOptions that makes it cost what no price row tells (a dearer tier,
	 * tools that the provider runs and bills, text of which only it knows the length); NULL. */
	const char *unpriced;
};

/* Of the request's options only maxTokens and reasoning are looked at. */
struct ceiling ceiling_of(const struct build *b);

#endif
