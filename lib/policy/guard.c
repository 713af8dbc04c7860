/* SPDX-License-Identifier: MIT */
/* guard - which of the policy's patterns in texts stop a record. */
#include "policy/guard.h"

#include "policy/guard_texts.h"

bool
guard_watches_output(const struct policy *p)
{
	for (size_t i = 0; i < p->guard_count; i++)
		if (p->guards[i].on_output)
			return true;
	return false;
}

struct stop {
	const struct policy *policy;
	bool input;
	struct buf text, joined;
	size_t first; /* the first guard that stops, so far */
};

static void
stop_at(struct stop *s, struct str text)
{
	for (size_t i = 0; i < s->first; i++) {
		const struct policy_guard *g = &s->policy->guards[i];

		if ((g->act == POLICY_BLOCK || g->act == POLICY_ROUTE) &&
		    guard_looks_at(g, s->input) && pattern_search(g->pattern, text))
			s->first = i;
	}
}

static void
see_stop(void *sweep, const struct guard_text *texts, size_t count)
{
	struct stop *s = sweep;
	struct str text;

	buf_reset(&s->joined);
	for (size_t i = 0; i < count; i++) {
		text = guard_text_of(texts[i], &s->text);
		stop_at(s, text);
		if (count > 1)
			buf_addstr(&s->joined, text);
	}
	if (count > 1)
		stop_at(s, buf_str(&s->joined));
}

static struct stop
stop_start(const struct policy *p, bool input)
{
	return (struct stop){ p, input, BUF_INIT(BUF_UNLIMITED), BUF_INIT(BUF_UNLIMITED),
		p->guard_count };
}

static const struct policy_guard *
stop_end(struct stop *s)
{
	buf_release(&s->text);
	buf_release(&s->joined);
	return s->first < s->policy->guard_count ? &s->policy->guards[s->first] : NULL;
}

const struct policy_guard *
guard_stops_request(const struct policy *p, struct json record)
{
	struct stop s = stop_start(p, true);

	if (p->guard_count)
		guard_texts_request(record, see_stop, &s);
	return stop_end(&s);
}

const struct policy_guard *
guard_stops_response(const struct policy *p, struct json record)
{
	struct stop s = stop_start(p, false);

	if (p->guard_count)
		guard_texts_response(record, see_stop, &s);
	return stop_end(&s);
}
