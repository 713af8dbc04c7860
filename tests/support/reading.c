/* SPDX-License-Identifier: MIT */
/* reading - bytes as a provider sends them, read to the end by the real reader. */
#include "support/reading.h"

static void
on_delta(void *user, const struct delta *d)
{
	struct reading *r = user;
	struct err err = ERR_INIT;
	struct json v;

	r->delta_count++;
	switch (d->kind) {
	case DELTA_CONTENT:
		buf_adds(&r->deltas, "content:");
		break;
	case DELTA_REASONING:
		buf_adds(&r->deltas, "reasoning:");
		break;
	case DELTA_TOOL_CALL:
		buf_addf(&r->deltas, "tool%zu", d->tool_index);
		if (d->name.len || d->id.len)
			buf_addf(&r->deltas, "(%.*s,%.*s)", (int)d->id.len, d->id.p,
			    (int)d->name.len, d->name.p);
		buf_addc(&r->deltas, ':');
		break;
	}
	if (d->raw.p && json_parse(d->raw.p, d->raw.len, &v, &err) == 0)
		json_text(v, &r->deltas);
	else
		buf_addstr(&r->deltas, d->raw.p ? STR_LIT("<malformed>") : d->text);
	buf_addc(&r->deltas, '|');
}

static enum frame_format
framing(const struct exchange *x)
{
	if (!x->stream)
		return FRAME_WHOLE;
	if (x->dialect == &dialect_bedrock_converse)
		return FRAME_AWS;
	return strcmp(x->dialect->name, "ollama") == 0 ? FRAME_NDJSON : FRAME_SSE;
}

static const char *
content_type(const struct exchange *x)
{
	if (x->content_type)
		return x->content_type;
	switch (framing(x)) {
	case FRAME_AWS:
		return "application/vnd.amazon.eventstream";
	case FRAME_SSE:
		return "text/event-stream";
	case FRAME_NDJSON:
		return "application/x-ndjson";
	case FRAME_WHOLE:
	case FRAME_JSON_ARRAY:
		break;
	}
	return "application/json";
}

/* Feed the body in strides; each piece is a copy of just its size, so that a sanitizer sees a read
 * past it. */
static void
feed(struct reader *reader, const struct exchange *x)
{
	size_t len = x->len ? x->len : strlen(x->body), n, at;
	struct buf piece = BUF_INIT(BUF_UNLIMITED);
	bool more = true;

	for (at = 0; at < len && more; at += n) {
		n = x->stride && x->stride < len - at ? x->stride : len - at;
		buf_add(&piece, x->body + at, n);
		more = reader_feed(reader, piece.p, n);
		buf_release(&piece);
	}
}

void
reading_of(struct reading *r, const struct exchange *x)
{
	char name[] = "test";
	struct provider provider = {
		.name = name, .dialect = x->dialect, .done_optional = x->done_optional
	};
	struct http_headers headers = { 0 };
	struct http_result result = {
		.end = x->end, .status = x->status ? x->status : 200, .length_proven = !x->by_close
	};
	struct reader *reader;
	size_t i;

	*r = (struct reading){ .content = BUF_INIT(BUF_UNLIMITED),
		.reasoning = BUF_INIT(BUF_UNLIMITED),
		.deltas = BUF_INIT(BUF_UNLIMITED) };
	answer_init(&r->answer, on_delta, r);
	http_headers_add(&headers, "content-type", content_type(x));
	for (i = 0; x->headers && x->headers[i]; i += 2)
		http_headers_add(&headers, x->headers[i], x->headers[i + 1]);
	reader = reader_new(x->dialect, &r->answer, framing(x));
	reader_head(reader, result.status, &headers, 0);
	feed(reader, x);
	reader_end(reader, &provider, &result);
	reader_free(reader);
	http_headers_release(&headers);
	answer_content(&r->answer, &r->content);
	answer_reasoning(&r->answer, &r->reasoning);
}

void
reading_release(struct reading *r)
{
	answer_release(&r->answer);
	buf_release(&r->content);
	buf_release(&r->reasoning);
	buf_release(&r->deltas);
}

const struct part *
reading_tool(const struct reading *r, size_t i)
{
	size_t at;

	for (at = 0; at < r->answer.part_count; at++) {
		if (r->answer.parts[at].type == PART_TOOL_CALL && i-- == 0)
			return &r->answer.parts[at];
	}
	return NULL;
}
