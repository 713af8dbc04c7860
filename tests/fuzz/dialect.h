/* SPDX-License-Identifier: MIT */
/*
 * dialect - what must hold of a dialect's answer, whatever bytes came.
 *
 * The first two bytes choose the circumstances (stream or body, how the transport ended, the
 * stride); the rest is the provider's answer.
 */
#ifndef TESTS_FUZZ_DIALECT_H
#define TESTS_FUZZ_DIALECT_H

#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "llm/dialect.h"

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

static int
fuzz_dialect(const struct dialect *d, enum frame_format framing, const uint8_t *data, size_t size)
{
	struct http_headers headers = { 0 };
	struct http_result result = { .message = "the end" };
	struct provider provider = { .dialect = d };
	struct reader *reader;
	struct answer a;
	size_t at, n, stride;
	bool more = true;

	if (size < 2)
		return 0;
	answer_init(&a, fuzz_delta, NULL);
	reader = reader_new(d, &a, data[0] & 1 ? framing : FRAME_WHOLE);
	reader_head(reader, data[0] & 2 ? 429 : 200, &headers, 0);
	result.end = data[0] & 4 ? HTTP_CUT : HTTP_DONE;
	result.length_proven = data[0] & 8;
	provider.done_optional = data[0] & 16;
	stride = (size_t)data[1] + 1;
	for (at = 2; at < size && more; at += n) {
		n = stride < size - at ? stride : size - at;
		more = reader_feed(reader, (const char *)data + at, n);
	}
	reader_end(reader, &provider, &result);
	reader_free(reader);
	fuzz_check(&a, provider.done_optional);
	answer_release(&a);
	return 0;
}

#endif
