/* SPDX-License-Identifier: MIT */
/*
 * answers - what the fuzz targets of dialects share: any bytes as an answer. The first byte chooses
 * the framing, the status and the transport's end. However the bytes are cut, the response is the
 * same, and it is a line of JSON; the answer is sound, and ok only where its end was proven.
 */
#ifndef TESTS_FUZZ_ANSWERS_H
#define TESTS_FUZZ_ANSWERS_H

#include <stdint.h>
#include <stdlib.h>

#include "llm/dialect.h"
#include "llm/record.h"

static void
fuzz_must(bool truth)
{
	if (!truth)
		abort();
}

/* text holds nothing, or one JSON value of that kind (JSON_NONE: any). */
static void
fuzz_must_be_json(
    const struct buf *text, const char *before, const char *after, enum json_kind kind)
{
	struct buf whole = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct json v;

	if (!text->len)
		return;
	buf_adds(&whole, before);
	buf_addstr(&whole, buf_str(text));
	buf_adds(&whole, after);
	fuzz_must(json_parse(whole.p, whole.len, &v, &err) == 0);
	fuzz_must(kind == JSON_NONE || v.kind == kind);
	buf_release(&whole);
}

static void
fuzz_check_part(const struct part *part, bool ok)
{
	fuzz_must(str_is_utf8(buf_str(&part->text)));
	fuzz_must_be_json(&part->opaque, "", "", JSON_NONE);
	if (part->type == PART_PROVIDER)
		fuzz_must_be_json(&part->value, "", "", JSON_NONE);
	if (part->type != PART_TOOL_CALL)
		return;
	fuzz_must(part->id.len > 0);
	if (!part->custom_tool && !part->malformed)
		fuzz_must_be_json(&part->text, "", "", JSON_OBJECT);
	if (ok && !part->malformed)
		fuzz_must(part->name.len > 0);
}

static void
fuzz_check(const struct answer *a, bool done_optional)
{
	bool ok = a->error.kind == ERROR_NONE;
	const struct usage *u = &a->usage;
	size_t i;

	fuzz_must(a->finished);
	fuzz_must(!ok || a->ended || (done_optional && a->choice_done));
	fuzz_must(ok || a->error.message.len > 0);
	for (i = 0; i < a->part_count; i++)
		fuzz_check_part(&a->parts[i], ok);
	fuzz_must_be_json(&a->warnings, "[", "]", JSON_ARRAY);
	fuzz_must_be_json(&a->perf, "{", "}", JSON_OBJECT);
	fuzz_must(u->in == TOKENS_UNKNOWN || u->cache_read <= u->in);
	fuzz_must(u->out == TOKENS_UNKNOWN || u->reasoning <= u->out);
}

static void
fuzz_delta(void *user, const struct delta *d)
{
	struct err err = ERR_INIT;
	struct json v;

	(void)user;
	if (d->raw.p)
		fuzz_must(json_parse(d->raw.p, d->raw.len, &v, &err) == 0 && v.kind == JSON_STRING);
}

static void
fuzz_read(
    const struct dialect *dialect, const uint8_t *data, size_t size, size_t stride, struct buf *out)
{
	static const enum frame_format formats[] = { FRAME_SSE, FRAME_WHOLE, FRAME_NDJSON,
		FRAME_JSON_ARRAY };
	char name[] = "fuzz";
	unsigned chosen = size ? data[0] : 0;
	struct provider provider = {
		.name = name, .dialect = dialect, .done_optional = chosen & 32
	};
	struct http_result end = { .end = chosen & 16 ? HTTP_CUT : HTTP_DONE,
		.status = 200,
		.message = "the end",
		.length_proven = chosen & 4 };
	struct response_facts facts = { .id = STR_LIT("1"),
		.provider = name,
		.requested_model = STR_LIT("m"),
		.requested = STR_LIT("fuzz:m"),
		.total_us = -1,
		.ttft_us = -1,
		.queue_us = -1 };
	struct http_headers none = { 0 };
	struct answer a;
	struct reader *r;
	size_t at, n;

	answer_init(&a, fuzz_delta, NULL);
	r = reader_new(dialect, &a, chosen & 64 ? FRAME_AWS : formats[chosen & 3]);
	reader_head(r, chosen & 8 ? 500 : 200, &none, 0);
	for (at = 1; at < size; at += n) {
		n = size - at < stride ? size - at : stride;
		if (!reader_feed(r, (const char *)data + at, n))
			break;
	}
	reader_end(r, &provider, &end);
	fuzz_check(&a, provider.done_optional);
	record_response(out, &a, &facts);
	reader_free(r);
	answer_release(&a);
}

static int
fuzz_answers(const struct dialect *dialect, const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT(BUF_UNLIMITED), pieces = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct json v;

	fuzz_read(dialect, data, size, SIZE_MAX, &whole);
	fuzz_read(dialect, data, size, 1, &pieces);
	if (!str_eq(buf_str(&whole), buf_str(&pieces)) ||
	    json_parse(whole.p, whole.len, &v, &err) < 0 || memchr(whole.p, '\n', whole.len))
		abort();
	buf_release(&whole);
	buf_release(&pieces);
	return 0;
}

#endif
