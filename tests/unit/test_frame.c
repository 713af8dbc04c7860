/* SPDX-License-Identifier: MIT */
/* test_frame - the same messages come out however a body is cut on its way in. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "net/frame.h"

/* What came out, as text: "name<data>" a message, names of NDJSON and arrays being empty. */
struct log {
	struct buf text;
	int stop_after; /* the callback returns false at this message; 0: never */
	int count;
	const char *fed;
	size_t fed_len;
	int in_place; /* messages whose data lies in the bytes fed */
};

static bool
log_message(void *user, struct str name, struct str data)
{
	struct log *log = user;

	buf_addstr(&log->text, name);
	buf_addc(&log->text, '<');
	buf_addstr(&log->text, data);
	buf_addc(&log->text, '>');
	if (log->fed && data.p >= log->fed && data.p + data.len <= log->fed + log->fed_len)
		log->in_place++;
	return ++log->count != log->stop_after;
}

struct sample {
	enum frame_format format;
	const char *bytes;
	size_t len;
	const char *expect; /* ends in "!" where the body is broken or unfinished */
	bool lenient;
	size_t limit; /* 0: FRAME_LIMIT */
};

/* Feed stride bytes at a time, each piece a heap block of its own, so that a sanitizer sees both a
 * read past its end and a use after it is gone. */
static int
feed(struct frame *f, const struct sample *s, size_t stride, struct err *err)
{
	size_t at, n;
	char *piece;
	int rc = 0;

	for (at = 0; at < s->len && rc == 0; at += n) {
		n = s->len - at < stride ? s->len - at : stride;
		piece = xmalloc(n);
		memcpy(piece, s->bytes + at, n);
		rc = frame_feed(f, piece, n, err);
		memset(piece, '#', n);
		free(piece);
	}
	return rc == 0 ? frame_end(f, s->lenient, err) : rc;
}

static void
check_stride(const struct sample *s, size_t stride)
{
	struct log log = { .text = BUF_INIT(BUF_UNLIMITED) };
	struct err err = ERR_INIT;
	struct frame *f = frame_new(
	    s->format, s->limit ? s->limit : FRAME_LIMIT, log_message, &log);

	if (feed(f, s, stride, &err) < 0) {
		assert_string_not_equal(err.text, "");
		buf_addc(&log.text, '!');
	}
	assert_string_equal(log.text.p, s->expect);
	frame_free(f);
	buf_release(&log.text);
}

static void
check(const struct sample *samples)
{
	static const size_t strides[] = { 1, 2, 3, 7, 8192, SIZE_MAX };
	size_t i;

	for (; samples->bytes; samples++) {
		for (i = 0; i < sizeof strides / sizeof *strides; i++)
			check_stride(samples, strides[i]);
	}
}

#define SAMPLE(format, bytes, expect)                                                              \
	{                                                                                          \
		format, bytes, sizeof(bytes) - 1, expect, false, 0                                 \
	}
#define SSE(bytes, expect) SAMPLE(FRAME_SSE, bytes, expect)
#define LINES(bytes, expect) SAMPLE(FRAME_NDJSON, bytes, expect)
#define ARRAY(bytes, expect) SAMPLE(FRAME_JSON_ARRAY, bytes, expect)
#define WHOLE(bytes, expect) SAMPLE(FRAME_WHOLE, bytes, expect)
/* An SSE body whose last event may lack its blank line. */
#define LENIENT(bytes, expect)                                                                     \
	{                                                                                          \
		FRAME_SSE, bytes, sizeof(bytes) - 1, expect, true, 0                               \
	}
/* At most ten bytes a message. */
#define LIMITED(format, bytes, expect)                                                             \
	{                                                                                          \
		format, bytes, sizeof(bytes) - 1, expect, false, 10                                \
	}
#define SAMPLES_END                                                                                \
	{                                                                                          \
		FRAME_WHOLE, NULL, 0, NULL, false, 0                                               \
	}

static void
sse_follows_the_standard(void **state)
{
	static const struct sample samples[] = {
		SSE("", ""),
		SSE("data: a\n\n", "message<a>"),
		SSE("data: a\r\n\r\ndata: b\r\rdata: c\n\n", "message<a>message<b>message<c>"),
		SSE("data: a\r\n\rdata: b\r\n\n", "message<a>message<b>"),
		SSE("event: e\r\ndata: a\r\ndata: b\r\n\r\n", "e<a\nb>"),
		SSE("event: e\rdata: a\rdata: b\r\r", "e<a\nb>"),
		SSE("\n\r\n\rdata: a\n\n\n\n", "message<a>"),
		SSE("\xEF\xBB\xBF"
		    "data: a\n\n",
		    "message<a>"),
		SSE("\xEF\xBB\xBF\xEF\xBB\xBF"
		    "data: a\n\ndata: b\n\n",
		    "message<b>"),
		SSE("data: a\ndata: b\ndata\ndata:c\n\n", "message<a\nb\n\nc>"),
		SSE("event: ping\ndata: {}\n\ndata: x\n\n", "ping<{}>message<x>"),
		SSE("data: {}\nevent: late\n\n", "late<{}>"),
		SSE("event: a\nevent: b\ndata: x\n\n", "b<x>"),
		SSE("event: a\nevent\ndata: x\n\n", "message<x>"),
		SSE("event: lost\n\ndata: x\n\n", "message<x>"),
		SSE("data:  two\n\ndata:\ttab\n\n", "message< two>message<\ttab>"),
		SSE("data: a: b\n\n", "message<a: b>"),
		SSE(": comment\ndata: a\n:\n: b\n\n", "message<a>"),
		SSE("id: 1\nretry: 10\nfoo: bar\n data: no\ndatax: no\ndata: a\n\n", "message<a>"),
		SSE("Data: no\nDATA: no\n\n", ""),
		/* The standard's own three: an empty event, a newline, and one without its end. */
		SSE("data\n\ndata\ndata\n\ndata:", "message<>message<\n>"),
		SSE("data: a\n\ndata: unfinished\n", "message<a>"),
		SSE("data: a\n\ndata: unfinished", "message<a>"),
		SSE("data: a\r", ""),
		SSE("data: a\r\r", "message<a>"),
		SSE("data: \xff\xfe z\n\n", "message<\xff\xfe z>"),
		SSE("no colon at all", ""),
		SAMPLES_END,
	};

	(void)state;
	check(samples);
}

/* Unlike the standard: what is passed over may be any text, but not any bytes. */
static void
sse_ignores_nothing_but_text(void **state)
{
	static const struct sample samples[] = {
		SSE("\xEF\xBB"
		    "data: a\n\ndata: b\n\n",
		    "!"),
		SSE("data: a\n\n\x16\x03 garbage\ndata: b\n\n", "message<a>!"),
		SSE("data: a\n\n}\0{\ndata: b\n\n", "message<a>!"),
		SSE(": \xff\ndata: b\n\n", "!"),
		SSE("\xC3\xA4: a\n:\ttab\ndata: b\n\n", "message<b>"),
		SAMPLES_END,
	};

	(void)state;
	check(samples);
}

static void
sse_keeps_nul_bytes(void **state)
{
	static const char bytes[] = "data: a\0b\n\n";
	struct log log = { .text = BUF_INIT(BUF_UNLIMITED) };
	struct err err = ERR_INIT;
	struct frame *f = frame_new(FRAME_SSE, FRAME_LIMIT, log_message, &log);

	(void)state;
	assert_int_equal(frame_feed(f, bytes, sizeof bytes - 1, &err), 0);
	assert_int_equal(log.text.len, strlen("message<") + 4);
	assert_memory_equal(log.text.p, "message<a\0b>", log.text.len);
	frame_free(f);
	buf_release(&log.text);
}

static void
sse_hands_out_the_last_event_where_lenient(void **state)
{
	static const struct sample samples[] = {
		LENIENT("data: a\n\ndata: b", "message<a>message<b>"),
		LENIENT("data: a\n\ndata: b\n", "message<a>message<b>"),
		LENIENT("data: a\r", "message<a>"),
		LENIENT("event: e\ndata: a\nda", "e<a>"),
		LENIENT("data: a\n\n", "message<a>"),
		LENIENT("event: e\n", ""),
		SAMPLES_END,
	};

	(void)state;
	check(samples);
}

static void
lines_come_one_by_one(void **state)
{
	static const struct sample samples[] = {
		LINES("", ""),
		LINES("{}\n[1]\n", "<{}><[1]>"),
		LINES("{}\r\n\r\n \n\t{} \n", "<{}><{}>"),
		LINES("\xEF\xBB\xBF{}\n{\"done\":true}", "<{}><{\"done\":true}>"),
		LINES("{}\n\n\n", "<{}>"),
		LINES("   ", ""),
		SAMPLES_END,
	};

	(void)state;
	check(samples);
}

static void
array_elements_come_one_by_one(void **state)
{
	static const struct sample samples[] = {
		ARRAY("[]", ""),
		ARRAY(" \r\n[ \n] \n", ""),
		ARRAY("[{\"a\":1}\n,\r\n{\"b\":[1,2,{\"c\":\"]\"}]}\n]\n",
		    "<{\"a\":1}><{\"b\":[1,2,{\"c\":\"]\"}]}>"),
		ARRAY("[\"\\\"],[\",\"\\\\\",\"\\\\\\\"]\"]",
		    "<\"\\\"],[\"><\"\\\\\"><\"\\\\\\\"]\">"),
		ARRAY("[1, true ,null]", "<1><true><null>"),
		ARRAY("\xEF\xBB\xBF[1]", "<1>"),
		ARRAY("[[],[[1],{}]]", "<[]><[[1],{}]>"),
		SAMPLES_END,
	};

	(void)state;
	check(samples);
}

static void
broken_arrays_are_errors_after_what_came(void **state)
{
	static const struct sample samples[] = {
		ARRAY("", "!"),
		ARRAY("  ", "!"),
		ARRAY("{\"error\":1}", "!"),
		ARRAY("<html>", "!"),
		ARRAY("\xEF\xBB", "!"),
		ARRAY("[", "!"),
		ARRAY("[1", "!"),
		ARRAY("[1,", "<1>!"),
		ARRAY("[{\"a\":\"", "!"),
		ARRAY("[1,]", "<1>!"),
		ARRAY("[,1]", "!"),
		ARRAY("[1,,2]", "<1>!"),
		ARRAY("[1}]", "!"),
		ARRAY("[1] x", "<1>!"),
		ARRAY("[1],[2]", "<1>!"),
		ARRAY("[1]]", "<1>!"),
		SAMPLES_END,
	};

	(void)state;
	check(samples);
}

static void
a_whole_body_is_one_message_at_the_end(void **state)
{
	static const struct sample samples[] = {
		WHOLE("", "<>"),
		WHOLE("{\n}\n", "<{\n}\n>"),
		WHOLE("\xEF\xBB\xBF{}", "<{}>"),
		WHOLE("\xEF\xBB", "<\xEF\xBB>"),
		SAMPLES_END,
	};

	(void)state;
	check(samples);
}

static void
messages_past_the_limit_are_errors(void **state)
{
	static const struct sample samples[] = {
		LIMITED(FRAME_SSE, "data: 1234\n\n", "message<1234>"),
		LIMITED(FRAME_SSE, "data: 1234\ndata: 1\n\n", "message<1234\n1>"),
		LIMITED(FRAME_SSE, "data:1234\ndata:12345\n\ndata:1\ndata:1234\ndata:1234\n\n",
		    "message<1234\n12345>!"),
		LIMITED(FRAME_SSE, "data:1\n\ndata:1234567890a\n\n", "message<1>!"),
		LIMITED(FRAME_SSE, "event:1234567890a\ndata:1\n\n", "!"),
		LIMITED(FRAME_SSE, "data:1\n\n:1234567890a", "message<1>!"),
		LIMITED(FRAME_NDJSON, "1234567890\n1234567890a\n", "<1234567890>!"),
		LIMITED(FRAME_JSON_ARRAY, "[1234567890,1234567890a]", "<1234567890>!"),
		LIMITED(FRAME_SSE, "data: 12345\n\n", "!"),
		LIMITED(FRAME_NDJSON, "123456789 \n123456789  \n", "<123456789>!"),
		LIMITED(FRAME_JSON_ARRAY, "[123456789 ,123456789  ]", "<123456789>!"),
		LIMITED(FRAME_WHOLE, "1234567890", "<1234567890>"),
		LIMITED(FRAME_WHOLE, "1234567890a", "!"),
		SAMPLES_END,
	};

	(void)state;
	check(samples);
}

static void
a_callback_that_has_enough_ends_it(void **state)
{
	struct log log = { .text = BUF_INIT(BUF_UNLIMITED), .stop_after = 2 };
	struct err err = ERR_INIT;
	struct frame *f = frame_new(FRAME_NDJSON, FRAME_LIMIT, log_message, &log);

	(void)state;
	assert_int_equal(frame_feed(f, "1\n2\n3\n", 6, &err), -1);
	assert_string_equal(log.text.p, "<1><2>");
	assert_string_equal(err.text, "");
	assert_int_equal(frame_feed(f, "4\n", 2, &err), -1);
	assert_int_equal(frame_end(f, false, &err), -1);
	assert_string_equal(log.text.p, "<1><2>");
	frame_free(f);
	buf_release(&log.text);
}

static void
a_message_in_one_piece_is_not_copied(void **state)
{
	static const char bytes[] = "event: e\ndata: {\"a\":1}\n\ndata: b\r\n\r\n";
	struct log log = { .text = BUF_INIT(BUF_UNLIMITED), .fed = bytes, .fed_len = sizeof bytes };
	struct err err = ERR_INIT;
	struct frame *f = frame_new(FRAME_SSE, FRAME_LIMIT, log_message, &log);

	(void)state;
	assert_int_equal(frame_feed(f, bytes, sizeof bytes - 1, &err), 0);
	assert_string_equal(log.text.p, "e<{\"a\":1}>message<b>");
	assert_int_equal(log.in_place, 2);
	frame_free(f);
	buf_release(&log.text);
}

static void
a_content_type_announces_a_format(void **state)
{
	(void)state;
	assert_int_equal(
	    frame_of_content_type("text/event-stream; charset=utf-8", FRAME_WHOLE), FRAME_SSE);
	assert_int_equal(frame_of_content_type("Text/Event-Stream", FRAME_NDJSON), FRAME_SSE);
	assert_int_equal(frame_of_content_type("application/x-ndjson", FRAME_SSE), FRAME_NDJSON);
	assert_int_equal(frame_of_content_type("application/json", FRAME_SSE), FRAME_WHOLE);
	assert_int_equal(
	    frame_of_content_type(" application/json ;charset=UTF-8", FRAME_JSON_ARRAY),
	    FRAME_JSON_ARRAY);
	assert_int_equal(frame_of_content_type("application/json", FRAME_NDJSON), FRAME_NDJSON);
	assert_int_equal(frame_of_content_type("text/html", FRAME_SSE), FRAME_WHOLE);
	assert_int_equal(frame_of_content_type("text/plain", FRAME_SSE), FRAME_SSE);
	assert_int_equal(frame_of_content_type(NULL, FRAME_SSE), FRAME_SSE);
	assert_int_equal(frame_of_content_type("", FRAME_NDJSON), FRAME_NDJSON);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sse_follows_the_standard),
		cmocka_unit_test(sse_ignores_nothing_but_text),
		cmocka_unit_test(sse_keeps_nul_bytes),
		cmocka_unit_test(sse_hands_out_the_last_event_where_lenient),
		cmocka_unit_test(lines_come_one_by_one),
		cmocka_unit_test(array_elements_come_one_by_one),
		cmocka_unit_test(broken_arrays_are_errors_after_what_came),
		cmocka_unit_test(a_whole_body_is_one_message_at_the_end),
		cmocka_unit_test(messages_past_the_limit_are_errors),
		cmocka_unit_test(a_callback_that_has_enough_ends_it),
		cmocka_unit_test(a_message_in_one_piece_is_not_copied),
		cmocka_unit_test(a_content_type_announces_a_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
