/* SPDX-License-Identifier: MIT */
/*
 * llm - the words that requests and responses share: stops, error kinds, usage.
 * agentflow-records(5) is the prose.
 */
#ifndef LLM_LLM_H
#define LLM_LLM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum stop {
	STOP_NONE, /* none seen yet */
	STOP_END,
	STOP_STOP,
	STOP_LENGTH,
	STOP_TOOL,
	STOP_FILTER,
	STOP_REFUSAL,
	STOP_PAUSE,
	STOP_ERROR,
	STOP_OTHER,
};
const char *stop_name(enum stop stop); /* NULL for STOP_NONE */

/* Retryable kinds first: error_kind_is_retryable relies on the order. */
enum error_kind {
	ERROR_NONE,
	ERROR_RATE_LIMIT,
	ERROR_OVERLOADED,
	ERROR_SERVER,
	ERROR_TIMEOUT,
	ERROR_NETWORK,
	ERROR_TRUNCATED,
	ERROR_PROTOCOL,
	ERROR_QUOTA, /* from here on: a retry does not help */
	ERROR_AUTH,
	ERROR_PERMISSION,
	ERROR_REGION,
	ERROR_NOT_FOUND,
	ERROR_INVALID_REQUEST,
	ERROR_CONTEXT_LENGTH,
	ERROR_CONTENT_FILTER,
	ERROR_CANCELLED,
	ERROR_BUDGET,
	ERROR_POLICY,
	ERROR_UNSUPPORTED,
	ERROR_INVALID_INPUT,
};
const char *error_kind_name(enum error_kind kind); /* NULL for ERROR_NONE */
bool error_kind_parse(struct str name, enum error_kind *kind);
/* Whether the same request may succeed later, at the same provider. */
bool error_kind_is_retryable(enum error_kind kind);
/* Whether somebody said no (key, money, policy): exit status 77 where all that failed is such. */
bool error_kind_is_refusal(enum error_kind kind);

#define TOKENS_UNKNOWN (-1)

/* Token counts by the rules of the response record: in holds the cached ones, out the reasoning.
 * TOKENS_UNKNOWN: not told. */
struct usage {
	int64_t in, out;
	int64_t cache_read, cache_write, cache_write_1h;
	int64_t reasoning;
	bool estimated;
};
#define USAGE_UNKNOWN                                                                              \
	{                                                                                          \
		TOKENS_UNKNOWN, TOKENS_UNKNOWN, TOKENS_UNKNOWN, TOKENS_UNKNOWN, TOKENS_UNKNOWN,    \
		    TOKENS_UNKNOWN, false                                                          \
	}

#endif
