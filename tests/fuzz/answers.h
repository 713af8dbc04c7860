/* SPDX-License-Identifier: MIT */
/*
 * answers - what the fuzz targets of dialects share: any bytes as an answer. The first byte chooses
 * the framing and the transport's end. However the bytes are cut, the response is the same, and it
 * is a line of JSON.
 */
#ifndef TESTS_FUZZ_ANSWERS_H
#define TESTS_FUZZ_ANSWERS_H

#include <stdint.h>
#include <stdlib.h>

#include "llm/dialect.h"
#include "llm/record.h"

static void
fuzz_read(
    const struct dialect *dialect, const uint8_t *data, size_t size, size_t stride, struct buf *out)
{
	static const enum frame_format formats[] = { FRAME_SSE, FRAME_WHOLE, FRAME_NDJSON,
		FRAME_JSON_ARRAY };
	char name[] = "fuzz";
	struct provider provider = { .name = name, .dialect = dialect };
	struct http_result end = {
		.end = HTTP_DONE, .status = 200, .length_proven = size && (data[0] & 4)
	};
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

	answer_init(&a, NULL, NULL);
	r = reader_new(dialect, &a, formats[size ? data[0] & 3 : 0]);
	reader_head(r, size && (data[0] & 8) ? 500 : 200, &none, 0);
	for (at = 1; at < size; at += n) {
		n = size - at < stride ? size - at : stride;
		if (!reader_feed(r, (const char *)data + at, n))
			break;
	}
	reader_end(r, &provider, &end);
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
