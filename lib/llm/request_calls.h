/* SPDX-License-Identifier: MIT */
/*
 * request_calls - the calls of a request by their ids, for APIs that match results by name.
 *
 *	struct request_calls calls = request_calls(request);
 *	name = request_calls_name(&calls, result);	// for results as they follow each other
 *	request_calls_release(&calls);
 */
#ifndef LLM_REQUEST_CALLS_H
#define LLM_REQUEST_CALLS_H

#include <stdbool.h>
#include <stddef.h>

#include "llm/request.h"

struct request_calls {
	struct request_turns turns;
	bool is_ahead; /* turns stands at one behind the last result */
	struct request_call {
		struct json id, name;
	} * items; /* those before it, as they stand */
	size_t count, cap;
};

struct request_calls request_calls(const struct request *r); /* borrowed */
void request_calls_release(struct request_calls *calls);

/* The name of the call that a toolResult part answers, or JSON_NONE. Ids may come again in later
 * turns, so the last call before the result counts. */
struct json request_calls_name(struct request_calls *calls, struct json result);

#endif
