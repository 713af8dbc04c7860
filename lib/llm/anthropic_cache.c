/* SPDX-License-Identifier: MIT */
/* anthropic-cache - cache marks: those that a record asks for, and ours where there is room. */
#include "llm/anthropic.h"

enum { MARKS_MAX = 4 }; /* the API takes no more in one request */

static void
write_mark(struct anthropic_writer *x, bool hour)
{
	if (x->marks == MARKS_MAX) {
		answer_warn(x->b->answer, "cache", "the API takes at most %d marks: one is dropped",
		    MARKS_MAX);
		return;
	}
	x->marks++;
	jsonw_key(&x->w, "cache_control");
	jsonw_object(&x->w);
	jsonw_kstr(&x->w, "type", "ephemeral");
	if (hour)
		jsonw_kstr(&x->w, "ttl", "1h");
	jsonw_end(&x->w);
}

static bool
is_mark(struct json cache)
{
	return json_is_true(cache) || json_eq(cache, "1h");
}

/* How many marks the record asks for, so that our own leave them room. */
int
anthropic_marks(const struct request *r)
{
	struct request_turns t = request_turns(r);
	struct json_iter it = json_each(r->tools);
	struct request_parts parts;
	int n = 0;

	while (json_next(&it))
		n += is_mark(json_get(it.value, "cache"));
	while (request_next_turn(&t)) {
		n += is_mark(json_get(t.message, "cache"));
		for (parts = request_parts(t.content); request_next_part(&parts);)
			n += is_mark(json_get(parts.part, "cache"));
	}
	return n;
}

/* The mark that a part or a tool asks for with "cache". */
bool
anthropic_mark(struct anthropic_writer *x, struct json cache)
{
	if (x->r->options.cache_off || !is_mark(cache))
		return false;
	x->owed--;
	write_mark(x, json_eq(cache, "1h"));
	return true;
}

/* A mark of our own at the end of a prefix that will come again, where the asked-for ones leave
 * room. */
void
anthropic_mark_auto(struct anthropic_writer *x)
{
	if (x->r->options.cache_auto && x->marks + x->owed < MARKS_MAX)
		write_mark(x, false);
}
