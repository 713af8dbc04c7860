/* SPDX-License-Identifier: MIT */
/* anthropic-cache - cache marks: those that a record asks for, and ours where there is room. */
#include "llm/anthropic.h"
#include "llm/marks.h"

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

/* The mark that a part or a tool asks for with "cache". */
bool
anthropic_mark(struct anthropic_writer *x, struct json cache)
{
	if (x->r->options.cache_off || !marks_is(cache))
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
