/* SPDX-License-Identifier: MIT */
/* marks - the "cache" members of a record, for dialects whose caches are told where prefixes end.
 */
#include "llm/marks.h"

bool
marks_is(struct json cache)
{
	return json_is_true(cache) || json_eq(cache, "1h");
}

int
marks_count(const struct request *r)
{
	struct request_turns t = request_turns(r);
	struct json_iter it = json_each(r->tools);
	struct request_parts parts;
	int n = 0;

	while (json_next(&it))
		n += marks_is(json_get(it.value, "cache"));
	while (request_next_turn(&t)) {
		n += marks_is(json_get(t.message, "cache"));
		for (parts = request_parts(t.content); request_next_part(&parts);)
			n += marks_is(json_get(parts.part, "cache"));
	}
	return n;
}
