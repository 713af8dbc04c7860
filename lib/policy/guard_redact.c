/* SPDX-License-Identifier: MIT */
/* guard_redact - what the policy's patterns find in texts is replaced, and nothing else changes. */
#include <stdlib.h>

#include "base/mem.h"
#include "json/jsonw.h"
#include "llm/media.h"
#include "policy/guard.h"
#include "policy/guard_texts.h"

/* A text, and what the guards have made of it. */
struct piece {
	struct guard_text now;
	struct str text; /* of now */
	struct buf hold, spelled[2]; /* text's, and now's from its first change on: in turns */
	bool turn;
	struct pattern_spans spans; /* what is to be replaced */
};

/* What stands in place of a text of the record. */
struct change {
	const char *at;
	size_t len;
	size_t start, end; /* in what is spelled anew */
};

struct redaction {
	const struct policy *policy;
	bool input;
	bool *hit; /* for each guard */
	struct piece *pieces;
	size_t piece_count, piece_cap; /* a piece's buffers serve again */
	struct buf joined, quoted, plain;
	struct pattern_spans across, within; /* of the joined text, and of a piece's part */
	struct change *changes;
	size_t change_count, change_cap;
	struct buf spelled;
};

/* The pieces' texts as one; only where they are several. */
static struct str
join(struct redaction *r, size_t count)
{
	buf_reset(&r->joined);
	for (size_t i = 0; i < count; i++)
		buf_addstr(&r->joined, r->pieces[i].text);
	return buf_str(&r->joined);
}

static bool
warns(struct redaction *r, const struct policy_guard *g, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (pattern_search(g->pattern, r->pieces[i].text))
			return true;
	return count > 1 && pattern_search(g->pattern, join(r, count));
}

/* What of the spans from *next on lies between start and end, as counted from start; *next is then
 * the first that goes on behind end. */
static void
cut(const struct pattern_spans *across, size_t *next, size_t start, size_t end,
    struct pattern_spans *within)
{
	struct pattern_span s;

	for (within->count = 0; *next < across->count; ++*next) {
		s = across->items[*next];
		if (start < end && s.start < end &&
		    s.end > start) { /* of an empty one it has none */
			VEC_GROW(within->items, within->count, within->cap);
			within->items[within->count++] = (struct pattern_span){
				s.start > start ? s.start - start : 0,
				(s.end < end ? s.end : end) - start,
			};
		}
		if (s.end > end)
			return;
	}
}

/* What the pieces hold by themselves, and of what reaches over several each its part. */
static bool
find(struct redaction *r, const struct policy_guard *g, size_t count)
{
	bool found = false;
	size_t start = 0, next = 0;

	for (size_t i = 0; i < count; i++)
		found |= pattern_cover(g->pattern, r->pieces[i].text, &r->pieces[i].spans);
	if (count == 1 || !pattern_cover(g->pattern, join(r, count), &r->across))
		return found;
	for (size_t i = 0; i < count; i++) {
		size_t end = start + r->pieces[i].text.len;

		cut(&r->across, &next, start, end, &r->within);
		pattern_spans_merge(&r->pieces[i].spans, &r->within);
		start = end;
	}
	return true;
}

/* The string of the piece with its spans replaced, all else in the spelling that it has. */
static void
respell(struct redaction *r, struct piece *piece, struct str by, struct buf *out)
{
	struct json_place at = json_place_start(piece->now.v);
	const char *kept;

	buf_reset(&r->quoted);
	jsonw_quote(&r->quoted, by);
	buf_addc(out, '"');
	for (size_t i = 0; i < piece->spans.count; i++) {
		kept = at.p;
		json_place_go(&at, piece->spans.items[i].start);
		buf_add(out, kept, (size_t)(at.p - kept));
		buf_add(out, r->quoted.p + 1, r->quoted.len - 2);
		json_place_go(&at, piece->spans.items[i].end);
	}
	buf_add(out, at.p, (size_t)(at.end - at.p));
	buf_addc(out, '"');
}

/* The text with its spans replaced as a new string: of a number, and of a document in bytes. */
static void
remake(struct redaction *r, struct piece *piece, struct str by, struct buf *out)
{
	struct str text = piece->text, type, data, url;
	size_t at = 0;

	buf_reset(&r->plain);
	for (size_t i = 0; i < piece->spans.count; i++) {
		buf_add(&r->plain, text.p + at, piece->spans.items[i].start - at);
		buf_addstr(&r->plain, by);
		at = piece->spans.items[i].end;
	}
	buf_add(&r->plain, text.p + at, text.len - at);
	if (piece->now.form == GUARD_NUMBER) {
		jsonw_quote(out, buf_str(&r->plain));
		piece->now.form = GUARD_STRING;
		return;
	}
	buf_addc(out, '"');
	buf_reset(&r->quoted);
	json_text(piece->now.v, &r->quoted);
	url = buf_str(&r->quoted);
	if (piece->now.form == GUARD_DATA_URL && media_data_uri(url, &type, &data))
		buf_add(out, url.p, (size_t)(data.p - url.p));
	media_base64(out, buf_str(&r->plain));
	buf_addc(out, '"');
}

static void
replace(struct redaction *r, struct piece *piece, const char *by)
{
	struct buf *out = &piece->spelled[piece->turn];

	buf_reset(out);
	if (piece->now.form == GUARD_STRING)
		respell(r, piece, str_of(by), out);
	else
		remake(r, piece, str_of(by), out);
	piece->turn = !piece->turn;
	piece->now.v = (struct json){ out->p, out->len, JSON_STRING };
	piece->text = guard_text_of(piece->now, &piece->hold);
}

/* The guards one after the other, each on what the one before has left. */
static void
redact(struct redaction *r, size_t count)
{
	for (size_t i = 0; i < r->policy->guard_count; i++) {
		const struct policy_guard *g = &r->policy->guards[i];

		if (!guard_looks_at(g, r->input))
			continue;
		if (g->act == POLICY_WARN && !r->hit[i])
			r->hit[i] = warns(r, g, count);
		if (g->act != POLICY_REDACT || !find(r, g, count))
			continue;
		r->hit[i] = true;
		for (size_t k = 0; k < count; k++)
			if (r->pieces[k].spans.count)
				replace(r, &r->pieces[k], g->replace);
	}
}

static void
change_add(struct redaction *r, struct json old, struct json new)
{
	struct change *c;

	VEC_GROW(r->changes, r->change_count, r->change_cap);
	c = &r->changes[r->change_count++];
	*c = (struct change){ old.p, old.len, .start = r->spelled.len };
	buf_addstr(&r->spelled, json_raw(new));
	c->end = r->spelled.len;
}

static void
see_redact(void *sweep, const struct guard_text *texts, size_t count)
{
	struct redaction *r = sweep;
	struct piece *piece;

	while (r->piece_count < count) {
		VEC_GROW(r->pieces, r->piece_count, r->piece_cap);
		r->pieces[r->piece_count++] = (struct piece){ .hold = BUF_INIT(BUF_UNLIMITED),
			.spelled = { BUF_INIT(BUF_UNLIMITED), BUF_INIT(BUF_UNLIMITED) } };
	}
	for (size_t i = 0; i < count; i++) {
		piece = &r->pieces[i];
		piece->now = texts[i];
		piece->text = guard_text_of(texts[i], &piece->hold);
	}
	redact(r, count);
	for (size_t i = 0; i < count; i++)
		if (r->pieces[i].now.v.p != texts[i].v.p)
			change_add(r, texts[i].v, r->pieces[i].now.v);
}

/* --- the record anew --- */

static int
change_order(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* Texts come by what is read as one, which is not the order in which they lie. */
static void
write_changed(struct redaction *r, struct json record, struct buf *out)
{
	const char *copied = record.p;

	qsort(r->changes, r->change_count, sizeof *r->changes, change_order);
	for (size_t i = 0; i < r->change_count; i++) {
		const struct change *c = &r->changes[i];

		buf_add(out, copied, (size_t)(c->at - copied));
		buf_add(out, r->spelled.p + c->start, c->end - c->start);
		copied = c->at + c->len;
	}
	buf_add(out, copied, (size_t)(record.p + record.len - copied));
}

static void
tell_hits(const struct redaction *r, struct buf *hits)
{
	for (size_t i = 0; hits && i < r->policy->guard_count; i++)
		if (r->hit[i])
			buf_addf(hits, "%s\n", r->policy->guards[i].name);
}

static void
redaction_release(struct redaction *r)
{
	while (r->piece_count) {
		struct piece *piece = &r->pieces[--r->piece_count];

		buf_release(&piece->hold);
		buf_release(&piece->spelled[0]);
		buf_release(&piece->spelled[1]);
		pattern_spans_release(&piece->spans);
	}
	free(r->pieces);
	free(r->hit);
	free(r->changes);
	buf_release(&r->joined);
	buf_release(&r->quoted);
	buf_release(&r->plain);
	buf_release(&r->spelled);
	pattern_spans_release(&r->across);
	pattern_spans_release(&r->within);
}

static bool
redact_record(
    const struct policy *p, bool input, struct json record, struct buf *out, struct buf *hits)
{
	struct redaction r = { .policy = p, .input = input };
	bool changed;

	if (!p->guard_count)
		return false;
	r.hit = xcalloc(p->guard_count, sizeof *r.hit);
	buf_init(&r.joined, BUF_UNLIMITED);
	buf_init(&r.quoted, BUF_UNLIMITED);
	buf_init(&r.plain, BUF_UNLIMITED);
	buf_init(&r.spelled, BUF_UNLIMITED);
	if (input)
		guard_texts_request(record, see_redact, &r);
	else
		guard_texts_response(record, see_redact, &r);
	changed = r.change_count > 0;
	if (changed)
		write_changed(&r, record, out);
	tell_hits(&r, hits);
	redaction_release(&r);
	return changed;
}

bool
guard_redact_request(const struct policy *p, struct json record, struct buf *out, struct buf *hits)
{
	return redact_record(p, true, record, out, hits);
}

bool
guard_redact_response(const struct policy *p, struct json record, struct buf *out, struct buf *hits)
{
	return redact_record(p, false, record, out, hits);
}
