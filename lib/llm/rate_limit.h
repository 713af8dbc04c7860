/* SPDX-License-Identifier: MIT */
/*
 * rate_limit - what a provider's response head tells of its limits: how much is left, and when it
 * is full again. Pure.
 *
 * The fields are those of OpenAI and its kin (x-ratelimit-remaining-requests, durations like
 * "6m0s"), Anthropic (anthropic-ratelimit-requests-remaining, RFC 3339 times), and Mistral
 * (x-ratelimit-remaining-req-minute).
 */
#ifndef LLM_RATE_LIMIT_H
#define LLM_RATE_LIMIT_H

#include <stdint.h>

#include "net/http.h"

struct rate_limit {
	int64_t requests_left, tokens_left; /* -1: not told */
	int64_t requests_reset_ms, tokens_reset_ms; /* from now until they are full again; -1: not
						       told */
};
#define RATE_LIMIT_UNTOLD                                                                          \
	{                                                                                          \
		-1, -1, -1, -1                                                                     \
	}

/* now_wall_us: clock_wall_us. Where a kind is told twice (input and output tokens), the one with
 * less left counts. */
struct rate_limit rate_limit_read(const struct http_headers *headers, int64_t now_wall_us);

/* How long to send nothing: until what has run out is there again. 0: nothing has. */
int64_t rate_limit_wait_ms(const struct rate_limit *limit);

#endif
