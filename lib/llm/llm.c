/* SPDX-License-Identifier: MIT */
/* llm - the words that requests and responses share. */
#include "llm/llm.h"

#include <stddef.h>

static const char *const stops[] = {
	[STOP_NONE] = NULL,
	[STOP_END] = "end",
	[STOP_STOP] = "stop",
	[STOP_LENGTH] = "length",
	[STOP_TOOL] = "tool",
	[STOP_FILTER] = "filter",
	[STOP_REFUSAL] = "refusal",
	[STOP_PAUSE] = "pause",
	[STOP_ERROR] = "error",
	[STOP_OTHER] = "other",
};

static const char *const kinds[] = {
	[ERROR_NONE] = NULL,
	[ERROR_RATE_LIMIT] = "rate_limit",
	[ERROR_OVERLOADED] = "overloaded",
	[ERROR_SERVER] = "server",
	[ERROR_TIMEOUT] = "timeout",
	[ERROR_NETWORK] = "network",
	[ERROR_TRUNCATED] = "truncated",
	[ERROR_PROTOCOL] = "protocol",
	[ERROR_QUOTA] = "quota",
	[ERROR_AUTH] = "auth",
	[ERROR_PERMISSION] = "permission",
	[ERROR_REGION] = "region",
	[ERROR_NOT_FOUND] = "not_found",
	[ERROR_INVALID_REQUEST] = "invalid_request",
	[ERROR_CONTEXT_LENGTH] = "context_length",
	[ERROR_CONTENT_FILTER] = "content_filter",
	[ERROR_CANCELLED] = "cancelled",
	[ERROR_BUDGET] = "budget",
	[ERROR_POLICY] = "policy",
	[ERROR_UNSUPPORTED] = "unsupported",
	[ERROR_INVALID_INPUT] = "invalid_input",
};

enum { KIND_COUNT = sizeof kinds / sizeof *kinds };

const char *
stop_name(enum stop stop)
{
	return stops[stop];
}

const char *
error_kind_name(enum error_kind kind)
{
	return kinds[kind];
}

bool
error_kind_parse(struct str name, enum error_kind *kind)
{
	for (int i = ERROR_NONE + 1; i < KIND_COUNT; i++)
		if (str_is(name, kinds[i])) {
			*kind = (enum error_kind)i;
			return true;
		}
	return false;
}

bool
error_kind_is_retryable(enum error_kind kind)
{
	return kind > ERROR_NONE && kind < ERROR_QUOTA;
}

bool
error_kind_is_refusal(enum error_kind kind)
{
	switch (kind) {
	case ERROR_QUOTA:
	case ERROR_AUTH:
	case ERROR_PERMISSION:
	case ERROR_POLICY:
	case ERROR_BUDGET:
	case ERROR_REGION:
		return true;
	case ERROR_NONE:
	case ERROR_RATE_LIMIT:
	case ERROR_OVERLOADED:
	case ERROR_SERVER:
	case ERROR_TIMEOUT:
	case ERROR_NETWORK:
	case ERROR_TRUNCATED:
	case ERROR_PROTOCOL:
	case ERROR_NOT_FOUND:
	case ERROR_INVALID_REQUEST:
	case ERROR_CONTEXT_LENGTH:
	case ERROR_CONTENT_FILTER:
	case ERROR_CANCELLED:
	case ERROR_UNSUPPORTED:
	case ERROR_INVALID_INPUT:
		return false;
	}
	return false;
}
