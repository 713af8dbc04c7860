/* SPDX-License-Identifier: MIT */
/* guard - what the policy's patterns find in texts, and what becomes of it. */
#include "policy/guard.h"

#include <stdlib.h>

#include "base/mem.h"
#include "json/jsonw.h"
#include "policy/guard_texts.h"

static bool
looks_at(const struct policy_guard *g, bool input)
{
	return input ? g->on_input : g->on_output;
}

bool
guard_watches_output(const struct policy *p)
{
	for (size_t i = 0; i < p->guard_count; i++)
		if (p->guards[i].on_output)
			return true;
	return false;
}

/* --- who stops --- */

struct stop {
	const struct policy *policy;
	bool input;
	struct buf text;
	size_t first; /* the first guard that stops, so far */
};

static void
stop_at(struct stop *s, struct str text)
{
	for (size_t i = 0; i < s->first; i++) {
		const struct policy_guard *g = &s->policy->guards[i];

		if ((g->act == POLICY_BLOCK || g->act == POLICY_ROUTE) && looks_at(g, s->input) &&
		    pattern_search(g->pattern, text))
			s->first = i;
	}
}

static struct str
text_of(struct json v, struct buf *hold)
{
	struct str plain;

	if (json_plain(v, &plain))
		return plain;
	buf_reset(hold);
	json_text(v, hold);
	return buf_str(hold);
}

static void
see_stop(void *sweep, struct json v)
{
	struct stop *s = sweep;

	stop_at(s, text_of(v, &s->text));
}

static struct stop
stop_start(const struct policy *p, bool input)
{
	return (struct stop){ p, input, BUF_INIT(BUF_UNLIMITED), p->guard_count };
}

static const struct policy_guard *
stop_end(struct stop *s)
{
	buf_release(&s->text);
	return s->first < s->policy->guard_count ? &s->policy->guards[s->first] : NULL;
}

const struct policy_guard *
guard_stops(const struct policy *p, bool input, struct str text)
{
	struct stop s = stop_start(p, input);

	stop_at(&s, text);
	return stop_end(&s);
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

/* --- what is replaced --- */

struct redaction {
	const struct policy *policy;
	bool input;
	struct buf *out;
	const char *copied; /* of the record: what lies before is in out */
	struct buf text, quoted;
	struct buf spelled[2]; /* a string, and what the next guard makes of it */
	struct pattern_spans spans;
	bool *hit; /* for each guard */
};

/* The string v with the spans of its text replaced, in out. */
static struct json
replace(struct redaction *r, struct json v, const char *by, struct buf *out)
{
	struct json_place at = json_place_start(v);
	const char *kept;

	buf_reset(&r->quoted);
	jsonw_quote(&r->quoted, str_of(by));
	buf_reset(out);
	buf_addc(out, '"');
	for (size_t i = 0; i < r->spans.count; i++) {
		kept = at.p;
		json_place_go(&at, r->spans.items[i].start);
		buf_add(out, kept, (size_t)(at.p - kept));
		buf_add(out, r->quoted.p + 1, r->quoted.len - 2);
		json_place_go(&at, r->spans.items[i].end);
	}
	buf_add(out, at.p, (size_t)(at.end - at.p));
	buf_addc(out, '"');
	return (struct json){ out->p, out->len, JSON_STRING };
}

/* What the guards make of a string: v itself where they leave it. */
static struct json
redact(struct redaction *r, struct json v)
{
	struct str text = text_of(v, &r->text);
	int next = 0;

	for (size_t i = 0; i < r->policy->guard_count; i++) {
		const struct policy_guard *g = &r->policy->guards[i];

		if (!looks_at(g, r->input))
			continue;
		if (g->act == POLICY_WARN && !r->hit[i])
			r->hit[i] = pattern_search(g->pattern, text);
		if (g->act != POLICY_REDACT || !pattern_cover(g->pattern, text, &r->spans))
			continue;
		r->hit[i] = true;
		v = replace(r, v, g->replace, &r->spelled[next]);
		next = !next;
		text = text_of(v, &r->text);
	}
	return v;
}

static void
see_redact(void *sweep, struct json v)
{
	struct redaction *r = sweep;
	struct json redacted = redact(r, v);

	if (redacted.p == v.p)
		return;
	buf_add(r->out, r->copied, (size_t)(v.p - r->copied));
	buf_addstr(r->out, json_raw(redacted));
	r->copied = v.p + v.len;
}

static void
tell_hits(const struct redaction *r, struct buf *hits)
{
	for (size_t i = 0; hits && i < r->policy->guard_count; i++)
		if (r->hit[i])
			buf_addf(hits, "%s\n", r->policy->guards[i].name);
}

static bool
redact_record(struct redaction r, struct json record, struct buf *hits)
{
	const char *end = record.p + record.len;
	bool changed;

	if (!r.policy->guard_count)
		return false;
	r.copied = record.p;
	r.hit = xcalloc(r.policy->guard_count, sizeof *r.hit);
	buf_init(&r.text, BUF_UNLIMITED);
	buf_init(&r.quoted, BUF_UNLIMITED);
	buf_init(&r.spelled[0], BUF_UNLIMITED);
	buf_init(&r.spelled[1], BUF_UNLIMITED);
	if (r.input)
		guard_texts_request(record, see_redact, &r);
	else
		guard_texts_response(record, see_redact, &r);
	changed = r.copied != record.p;
	if (changed)
		buf_add(r.out, r.copied, (size_t)(end - r.copied));
	tell_hits(&r, hits);
	free(r.hit);
	buf_release(&r.text);
	buf_release(&r.quoted);
	buf_release(&r.spelled[0]);
	buf_release(&r.spelled[1]);
	pattern_spans_release(&r.spans);
	return changed;
}

bool
guard_redact_request(const struct policy *p, struct json record, struct buf *out, struct buf *hits)
{
	return redact_record(
	    (struct redaction){ .policy = p, .input = true, .out = out }, record, hits);
}

bool
guard_redact_response(const struct policy *p, struct json record, struct buf *out, struct buf *hits)
{
	return redact_record((struct redaction){ .policy = p, .out = out }, record, hits);
}
