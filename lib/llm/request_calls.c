/* SPDX-License-Identifier: MIT */
/* request_calls - the calls of a request by their ids. */
#include "llm/request_calls.h"

#include <stdlib.h>

#include "base/mem.h"

struct request_calls
request_calls(const struct request *r)
{
	return (struct request_calls){ .turns = request_turns(r) };
}

void
request_calls_release(struct request_calls *calls)
{
	free(calls->items);
}

static void
gather(struct request_calls *calls, struct json content)
{
	struct request_parts parts = request_parts(content);

	while (request_next_part(&parts)) {
		if (parts.type != PART_TOOL_CALL)
			continue;
		VEC_GROW(calls->items, calls->count, calls->cap);
		calls->items[calls->count++] = (struct request_call){ json_get(parts.part, "id"),
			json_get(parts.part, "name") };
	}
}

/* Results stand close behind their calls, so the search from the end is short. */
struct json
request_calls_name(struct request_calls *calls, struct json result)
{
	struct json id = json_get(result, "id");

	while (calls->is_ahead || request_next_turn(&calls->turns)) {
		struct json content = calls->turns.content;

		calls->is_ahead = content.p && content.p > result.p;
		if (calls->is_ahead)
			break;
		gather(calls, content);
	}
	for (size_t i = calls->count; i > 0; i--)
		if (json_equal(calls->items[i - 1].id, id))
			return calls->items[i - 1].name;
	return JSON_ABSENT;
}
