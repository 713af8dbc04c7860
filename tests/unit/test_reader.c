/* SPDX-License-Identifier: MIT */
/* test_reader - from bytes and a transport's end to an answer: what is proof, what is trouble. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/reading.h"

/* A dialect that shows what the reader hands it: text for events, raw, body; "!" ends. */
static void
seen_event(struct answer *a, struct str name, struct json data)
{
	(void)name;
	(void)answer_text(a, PART_TEXT, KEY_NONE, json_get(data, "t"));
	if (json_is_true(json_get(data, "end")))
		answer_end(a);
	if (json_exists(json_get(data, "error")))
		answer_error_json(a, 0, data);
}

static bool
seen_raw(struct answer *a, struct str data)
{
	if (!str_is(data, "!"))
		return false;
	answer_end(a);
	return true;
}

static void
seen_body(struct answer *a, struct json body)
{
	(void)answer_text(a, PART_TEXT, KEY_NONE, json_get(body, "t"));
	answer_end(a);
}

static void
seen_closed(struct answer *a)
{
	a->choice_done = true;
	answer_end(a);
}

static const struct dialect plain = {
	.name = "plain", .event = seen_event, .raw = seen_raw, .body = seen_body
};
static const struct dialect closing = {
	.name = "closing", .event = seen_event, .body = seen_body, .closed = seen_closed
};

static void
expect(const struct exchange *x, enum error_kind kind, const char *message, const char *content)
{
	static const size_t strides[] = { 1, 3, 8192 };
	struct exchange with = *x;
	struct reading r;
	size_t i;

	for (i = 0; i < 3; i++) {
		with.dialect = x->dialect ? x->dialect : &plain;
		with.stride = strides[i];
		reading_of(&r, &with);
		assert_string_equal(r.answer.error.message.p, message);
		assert_int_equal(r.answer.error.kind, kind);
		assert_string_equal(r.content.p, content);
		reading_release(&r);
	}
}

static const char cut_message[] = "the answer ended before the provider said that it was done";

static void
only_the_dialects_end_proves_the_end(void **state)
{
	(void)state;
	expect(&(struct exchange){ .body = "data: {\"t\":\"a\"}\n\ndata: !\n\n", .stream = true },
	    ERROR_NONE, "", "a");
	expect(&(struct exchange){ .body = "data: {\"t\":\"a\"}\n\n", .stream = true },
	    ERROR_TRUNCATED, cut_message, "a");
	expect(
	    &(struct exchange){
		.body = "data: {\"t\":\"a\"}\n\n", .stream = true, .end = HTTP_CUT },
	    ERROR_TRUNCATED, "cut", "a");
	/* Nor does what comes after the end. */
	expect(&(struct exchange){ .body = "data: !\n\ndata: oops\n\n", .stream = true },
	    ERROR_NONE, "", "");
	expect(&(struct exchange){ .body = "data: {\"t\":\"a\"}\n\ndata: !\n\n"
					   "data: {\"t\":\"b\"}\n\ndata: {\"error\":\"x\"}\n\n",
		   .stream = true },
	    ERROR_NONE, "", "a");
	/* What the transport does after the end is known no longer matters. */
	expect(
	    &(struct exchange){
		.body = "data: {\"t\":\"a\"}\n\ndata: !\n\n", .stream = true, .end = HTTP_CUT },
	    ERROR_NONE, "", "a");
	expect(
	    &(struct exchange){ .body = "data: !\n\n", .stream = true, .end = HTTP_IDLE_TIMEOUT },
	    ERROR_NONE, "", "");
}

static void
a_last_event_without_its_blank_line_counts_where_the_transport_ended_well(void **state)
{
	(void)state;
	expect(&(struct exchange){ .body = "data: {\"t\":\"a\"}\n\ndata: !", .stream = true },
	    ERROR_NONE, "", "a");
	expect(
	    &(struct exchange){
		.body = "data: {\"t\":\"a\"}\n\ndata: !", .stream = true, .end = HTTP_CUT },
	    ERROR_TRUNCATED, "cut", "a");
	expect(&(struct exchange){ .body = "data: {\"t\":\"a\"}\n\ndata: {\"t\":\"b",
		   .stream = true,
		   .by_close = true },
	    ERROR_TRUNCATED, cut_message, "a");
}

static void
a_dialect_may_take_the_transports_end_for_its_own(void **state)
{
	static const char body[] = "data: {\"t\":\"a\"}\n\n";

	(void)state;
	expect(&(struct exchange){ .dialect = &closing, .body = body, .stream = true }, ERROR_NONE,
	    "", "a");
	expect(
	    &(struct exchange){
		.dialect = &closing, .body = body, .stream = true, .by_close = true },
	    ERROR_TRUNCATED, cut_message, "a");
	expect(
	    &(struct exchange){
		.dialect = &closing, .body = body, .stream = true, .end = HTTP_CUT },
	    ERROR_TRUNCATED, "cut", "a");
}

static void
every_end_of_the_transport_has_its_kind(void **state)
{
	static const struct {
		enum http_end end;
		enum error_kind kind;
	} rows[] = {
		{ HTTP_CUT, ERROR_TRUNCATED },
		{ HTTP_DNS, ERROR_NETWORK },
		{ HTTP_CONNECT, ERROR_NETWORK },
		{ HTTP_TLS, ERROR_NETWORK },
		{ HTTP_RESET, ERROR_NETWORK },
		{ HTTP_PROTOCOL, ERROR_PROTOCOL },
		{ HTTP_CONNECT_TIMEOUT, ERROR_TIMEOUT },
		{ HTTP_FIRST_TIMEOUT, ERROR_TIMEOUT },
		{ HTTP_IDLE_TIMEOUT, ERROR_TIMEOUT },
		{ HTTP_TIMEOUT, ERROR_TIMEOUT },
		{ HTTP_CANCELLED, ERROR_CANCELLED },
		{ HTTP_BAD_REQUEST, ERROR_INVALID_REQUEST },
	};
	struct provider provider = { .name = NULL };
	struct http_result result = { .message = "so it went" };
	struct reader *reader;
	struct answer a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		answer_init(&a, NULL, NULL);
		reader = reader_new(&plain, &a, FRAME_SSE);
		result.end = rows[i].end;
		reader_end(reader, &provider, &result); /* no head ever came */
		assert_int_equal(a.error.kind, rows[i].kind);
		assert_string_equal(a.error.message.p, "so it went");
		assert_int_equal(a.error.status, 0);
		reader_free(reader);
		answer_release(&a);
	}
}

static void
the_first_byte_tells_what_a_body_is_whatever_its_type_says(void **state)
{
	(void)state;
	expect(&(struct exchange){ .body = " \r\n{\"t\":\"a\"}", .stream = true }, ERROR_NONE, "",
	    "a");
	expect(
	    &(struct exchange){
		.body = "{\"t\":\"a\"}", .stream = true, .content_type = "text/plain" },
	    ERROR_NONE, "", "a");
	expect(&(struct exchange){ .body = "event: x\ndata: {\"t\":\"a\",\"end\":true}\n\n",
		   .content_type = "application/json" },
	    ERROR_NONE, "", "a");
	expect(&(struct exchange){ .body = ": hello\n\ndata: {\"t\":\"a\"}\n\ndata: !\n\n",
		   .content_type = "text/plain",
		   .stream = true },
	    ERROR_NONE, "", "a");
	expect(&(struct exchange){ .body = "[{\"t\":\"a\"},\n{\"t\":\"b\",\"end\":true}]",
		   .content_type = "application/json",
		   .stream = true },
	    ERROR_NONE, "", "ab");
	expect(&(struct exchange){ .body = "{\"t\":\"a\"}\n{\"t\":\"b\",\"end\":true}\n",
		   .content_type = "application/x-ndjson",
		   .stream = true },
	    ERROR_NONE, "", "ab");
	expect(&(struct exchange){ .body = "\xef\xbb\xbf"
					   "data: {\"t\":\"a\",\"end\":true}\n\n",
		   .stream = true },
	    ERROR_NONE, "", "a");
}

static void
bodies_of_status_200_that_are_no_answers_say_so(void **state)
{
	(void)state;
	expect(&(struct exchange){ .body = "<html>\n login</html>" }, ERROR_PROTOCOL,
	    "the body is not a JSON object: <html> login</html>", "");
	expect(&(struct exchange){ .body = "<html>\n login</html>", .stream = true },
	    ERROR_PROTOCOL, "the body is not a JSON object: <html> login</html>", "");
	expect(&(struct exchange){ .body = "null" }, ERROR_PROTOCOL,
	    "the body is not a JSON object: null", "");
	expect(&(struct exchange){ .body = "null", .stream = true }, ERROR_PROTOCOL,
	    "the body is not a JSON object: null", "");
	expect(&(struct exchange){ .body = "[1]" }, ERROR_PROTOCOL,
	    "the body is not a JSON object: [1]", "");
	expect(&(struct exchange){ .body = "[{\"error\":\"x\"}]" }, ERROR_SERVER, "x", "");
	expect(&(struct exchange){ .body = "[{\"error\":\"x\"}]", .stream = true }, ERROR_SERVER,
	    "x", "");
	expect(&(struct exchange){ .body = "" }, ERROR_PROTOCOL, "the body is empty", "");
	expect(&(struct exchange){ .body = " \n", .stream = true }, ERROR_PROTOCOL,
	    "the body is empty", "");
	expect(&(struct exchange){ .body = "[]", .stream = true }, ERROR_PROTOCOL,
	    "the body is not a JSON object: []", "");
	expect(&(struct exchange){ .body = "[", .stream = true, .end = HTTP_CUT }, ERROR_TRUNCATED,
	    "cut", "");
	expect(&(struct exchange){ .body = "", .end = HTTP_CUT }, ERROR_TRUNCATED, "cut", "");
	expect(&(struct exchange){ .body = "{\"t\":\"a\"" }, ERROR_PROTOCOL,
	    "the body is not a JSON object: {\"t\":\"a\"", "");
	expect(&(struct exchange){ .body = "{\"t\":\"a\"", .end = HTTP_CUT }, ERROR_TRUNCATED,
	    "cut", "");
}

static void
what_is_no_json_inside_a_stream_is_a_protocol_error(void **state)
{
	(void)state;
	expect(
	    &(struct exchange){ .body = "data: {\"t\":\"a\"}\n\ndata: {\"t\": oops}\n\ndata: !\n\n",
		.stream = true },
	    ERROR_PROTOCOL, "the stream holds what is no JSON: {\"t\": oops}", "a");
	expect(&(struct exchange){ .body = "data: {\"t\":\"a\"}\n\ndata: 17\n\ndata: !\n\n",
		   .stream = true },
	    ERROR_PROTOCOL, "the stream holds what is no JSON: 17", "a");
	expect(
	    &(struct exchange){ .body = "data: {\"t\":\"a\"}\n\ndata: null\n\ndata:\n\ndata: !\n\n",
		.stream = true },
	    ERROR_NONE, "", "a");
	expect(&(struct exchange){ .body = "data: [{\"error\":{\"message\":\"x\"}}]\n\n",
		   .stream = true },
	    ERROR_SERVER, "x", "");
}

static void
an_error_status_is_read_from_its_body_and_head(void **state)
{
	static const char *const headers[] = { "retry-after", "7", "x-request-id", "req-9", NULL };
	struct buf big = BUF_INIT(BUF_UNLIMITED);
	struct reading r;

	(void)state;
	reading_of(&r,
	    &(struct exchange){ .dialect = &plain,
		.status = 429,
		.headers = headers,
		.stream = true,
		.body = "{\"error\":{\"message\":\"slowly\",\"code\":\"rate_limit_exceeded\"}}" });
	assert_int_equal(r.answer.error.kind, ERROR_RATE_LIMIT);
	assert_int_equal(r.answer.error.status, 429);
	assert_int_equal(r.answer.error.retry_after_ms, 7000);
	assert_string_equal(r.answer.error.request_id.p, "req-9");
	reading_release(&r);
	expect(&(struct exchange){ .status = 502, .body = "<h1>Bad\nGateway</h1>" }, ERROR_SERVER,
	    "HTTP 502: <h1>Bad Gateway</h1>", "");
	expect(&(struct exchange){ .status = 401, .body = "" }, ERROR_AUTH, "HTTP 401: empty body",
	    "");
	expect(&(struct exchange){ .status = 500, .body = "null" }, ERROR_SERVER, "HTTP 500: null",
	    "");
	expect(&(struct exchange){ .status = 307, .body = "" }, ERROR_INVALID_REQUEST,
	    "HTTP 307: empty body", "");
	expect(&(struct exchange){ .status = 400, .body = "{\"error\":\"a\"}", .end = HTTP_CUT },
	    ERROR_INVALID_REQUEST, "a", "");
	while (big.len < 200000)
		buf_adds(&big, "xxxxxxxxx ");
	reading_of(&r, &(struct exchange){ .dialect = &plain, .status = 500, .body = big.p });
	assert_int_equal(r.answer.error.kind, ERROR_SERVER);
	assert_true(r.answer.error.message.len < 220);
	reading_release(&r);
	buf_release(&big);
}

static void
of_an_error_page_without_an_end_enough_is_read(void **state)
{
	struct http_headers headers = { 0 };
	char page[4096];
	struct reader *reader;
	struct answer a;
	size_t i = 0;

	(void)state;
	memset(page, 'x', sizeof page);
	answer_init(&a, NULL, NULL);
	reader = reader_new(&plain, &a, FRAME_SSE);
	reader_head(reader, 500, &headers, 0);
	while (i < 100 && reader_feed(reader, page, sizeof page))
		i++;
	assert_in_range(i, 8, 64);
	reader_free(reader);
	answer_release(&a);
}

static void
nothing_more_is_wanted_after_an_error(void **state)
{
	static const char error[] = "data: {\"error\":\"x\"}\n\n",
			  more[] = "data: {\"t\":\"a\"}\n\n";
	struct http_headers headers = { 0 };
	struct reader *reader;
	struct answer a;

	(void)state;
	answer_init(&a, NULL, NULL);
	reader = reader_new(&plain, &a, FRAME_SSE);
	reader_head(reader, 200, &headers, 0);
	assert_true(reader_feed(reader, more, strlen(more)));
	assert_false(reader_feed(reader, error, strlen(error)));
	reader_free(reader);
	answer_release(&a);
}

static void
the_wait_that_a_head_asks_for_is_read_in_all_its_forms(void **state)
{
	static const struct {
		const char *name, *value;
		int64_t ms;
	} rows[] = {
		{ "retry-after", "20", 20000 },
		{ "Retry-After", " 1.5 ", 1500 },
		{ "retry-after", "0", 0 },
		{ "retry-after", "Sun, 06 Nov 1994 08:49:37 GMT", 37000 },
		{ "retry-after", "Sun, 06 Nov 1994 08:48:00 GMT", 0 },
		{ "retry-after", "Sun, 06 Foo 1994 08:49:37 GMT", -1 },
		{ "retry-after", "soon", -1 },
		{ "retry-after", "-5", -1 },
		{ "retry-after", "1e300", -1 },
		{ "retry-after-ms", "634", 634 },
		{ "retry-after-ms", "12.7", 12 },
		{ "x-ms-retry-after-ms", "500", 500 },
		{ "x-other", "5", -1 },
	};
	static const int64_t now_us = INT64_C(784111740) * 1000000; /* 1994-11-06 08:49:00 */
	struct http_headers headers;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		headers = (struct http_headers){ 0 };
		http_headers_add(&headers, rows[i].name, rows[i].value);
		assert_int_equal(retry_after_ms(&headers, now_us), rows[i].ms);
		http_headers_release(&headers);
	}
	headers = (struct http_headers){ 0 };
	http_headers_add(&headers, "retry-after", "20");
	http_headers_add(&headers, "retry-after-ms", "15");
	assert_int_equal(retry_after_ms(&headers, now_us), 15); /* the finer one */
	http_headers_release(&headers);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_dialects_end_proves_the_end),
		cmocka_unit_test(
		    a_last_event_without_its_blank_line_counts_where_the_transport_ended_well),
		cmocka_unit_test(a_dialect_may_take_the_transports_end_for_its_own),
		cmocka_unit_test(every_end_of_the_transport_has_its_kind),
		cmocka_unit_test(the_first_byte_tells_what_a_body_is_whatever_its_type_says),
		cmocka_unit_test(bodies_of_status_200_that_are_no_answers_say_so),
		cmocka_unit_test(what_is_no_json_inside_a_stream_is_a_protocol_error),
		cmocka_unit_test(an_error_status_is_read_from_its_body_and_head),
		cmocka_unit_test(of_an_error_page_without_an_end_enough_is_read),
		cmocka_unit_test(nothing_more_is_wanted_after_an_error),
		cmocka_unit_test(the_wait_that_a_head_asks_for_is_read_in_all_its_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
