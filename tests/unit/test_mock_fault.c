/* SPDX-License-Identifier: MIT */
/* test_mock_fault - reading fault specs, and what they make of an answer's bytes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "mock/fault.h"
#include "mock/gzip.h"
#include "mock/wire.h"

static struct mock_faults
faults_of(const char *spec)
{
	struct mock_faults f = { 0 };
	struct err err = ERR_INIT;

	if (mock_faults_parse(&f, str_of(spec), &err) < 0)
		fail_msg("%s", err.text);
	return f;
}

static void
a_spec_is_read_with_its_argument_and_limits(void **state)
{
	struct mock_faults f = faults_of("cut@1k:p=0.25:first=3, stall:for=2s,status@429");

	(void)state;
	assert_int_equal(f.count, 3);
	assert_int_equal(f.items[0].kind, FAULT_CUT);
	assert_int_equal(f.items[0].number, 1000);
	assert_true(f.items[0].p > 0.24 && f.items[0].p < 0.26);
	assert_int_equal(f.items[0].first, 3);
	assert_int_equal(f.items[1].kind, FAULT_STALL);
	assert_int_equal(f.items[1].number, FAULT_AT_HEAD);
	assert_int_equal(f.items[1].ms, 2000);
	assert_int_equal(f.items[2].number, 429);
	assert_string_equal(f.spec, "cut@1k:p=0.25:first=3, stall:for=2s,status@429");
	mock_faults_release(&f);
}

static void
a_header_takes_the_rest_of_the_spec(void **state)
{
	struct mock_faults f = faults_of("null,header@set-cookie=a:b,c@d");

	(void)state;
	assert_int_equal(f.count, 2);
	assert_string_equal(f.items[1].text, "set-cookie=a:b,c@d");
	mock_faults_release(&f);
}

static void
a_fault_strikes_as_often_as_it_may(void **state)
{
	struct mock_faults f = faults_of("empty:first=2,null:p=0"), chosen = { 0 };
	struct rand chance;
	int i;

	(void)state;
	rand_seed(&chance, 1);
	for (i = 0; i < 5; i++)
		mock_faults_choose(&f, &chance, &chosen);
	assert_int_equal(chosen.count, 2);
	assert_string_equal(chosen.spec, "empty,empty");
	free(chosen.items);
	free(chosen.spec);
	mock_faults_release(&f);
}

/* --- on the wire --- */

/* "Hello, " and "world!" as a reply; streamed or of known length. */
static void
reply_of(struct mock_reply *r, bool streamed)
{
	mock_reply_init(r, 200);
	mock_reply_field(r, "content-type", "text/plain");
	buf_adds(&r->body.bytes, "Hello, ");
	mock_tape_mark(&r->body, 0);
	buf_adds(&r->body.bytes, "world!");
	mock_tape_mark(&r->body, 5000);
	r->streamed = streamed;
	r->first_output = 7;
	r->terminal = 7;
}

/* The tape as text: pieces in brackets, waits in milliseconds before them, the ending last. */
static char *
wire_text(const char *spec, bool streamed)
{
	struct mock_faults f = faults_of(spec);
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct mock_reply r;
	struct mock_wire w;
	size_t i, at = 0;

	reply_of(&r, streamed);
	mock_wire_content(&r, &f, FAMILY_OPENAI, 1);
	assert_true(mock_wire_is_raw(&r, &f));
	mock_wire_build(&w, &r, &f);
	for (i = 0; i < w.tape.count; i++) {
		if (w.tape.pieces[i].wait_us == MOCK_FOREVER)
			buf_adds(&out, "forever");
		else if (w.tape.pieces[i].wait_us)
			buf_addf(&out, "%dms", (int)(w.tape.pieces[i].wait_us / 1000));
		buf_addc(&out, '[');
		for (; at < w.tape.pieces[i].end; at++)
			if (w.tape.bytes.p[at] != '\r')
				buf_addc(
				    &out, w.tape.bytes.p[at] == '\n' ? '|' : w.tape.bytes.p[at]);
		buf_addc(&out, ']');
	}
	buf_adds(&out, w.ending == MOCK_END_RESET ? "RST" : w.complete ? "." : "FIN");
	mock_wire_release(&w);
	mock_reply_release(&r);
	mock_faults_release(&f);
	return buf_take(&out);
}

#define LENGTH_HEAD                                                                                \
	"[HTTP/1.1 200 OK|content-type: text/plain|content-length: 13|connection: close||]"
#define CHUNKS_HEAD                                                                                \
	"[HTTP/1.1 200 OK|content-type: text/plain|transfer-encoding: chunked|connection: close||]"

static void
each_transport_fault_has_its_bytes(void **state)
{
	static const struct {
		const char *spec;
		bool streamed;
		const char *expect;
	} rows[] = {
		{ "close", false,
		    "[HTTP/1.1 200 OK|content-type: text/plain|connection: close||][Hello, ]5ms[world!]." },
		{ "stride@4", false, LENGTH_HEAD "[Hell][o, ]5ms[worl][d!]." },
		{ "stride@100", true, CHUNKS_HEAD "[7|Hello, |]5ms[6|world!|][0||]." },
		{ "cut@9", false, LENGTH_HEAD "[Hello, ]5ms[wo]FIN" },
		{ "cut@9", true, CHUNKS_HEAD "[7|Hello, |]5ms[2|wo|]FIN" },
		{ "cut@0", true, CHUNKS_HEAD "FIN" },
		{ "cut@1M", true, CHUNKS_HEAD "[7|Hello, |]5ms[6|world!|]FIN" },
		{ "cut@token", true, CHUNKS_HEAD "[7|Hello, |]5ms[]FIN" },
		{ "cut@head", true, "FIN" },
		{ "reset@head", true, "RST" },
		{ "reset@3", false, LENGTH_HEAD "[Hel]RST" },
		{ "stall@2:for=9ms", false, LENGTH_HEAD "[He]9ms[llo, ]5ms[world!]." },
		{ "stall@2", false, LENGTH_HEAD "[He]forever[llo, ]5ms[world!]FIN" },
		{ "stall@13", false, LENGTH_HEAD "[Hello, ]5ms[world!]forever[]FIN" },
		{ "bad-chunk@7", false, CHUNKS_HEAD "[7|Hello, |]5ms[not a chunk size|]FIN" },
		{ "stall@1:for=1ms,cut@1", false, LENGTH_HEAD "[H]1ms[]FIN" },
		{ "delay@7ms,stride@99", false, "7ms" LENGTH_HEAD "[Hello, ]5ms[world!]." },
		{ "null,close", false,
		    "[HTTP/1.1 200 OK|content-type: text/plain|connection: close||][null]." },
		{ "no-end,stride@99", true, CHUNKS_HEAD "[7|Hello, |][0||]." },
		{ "double-end,stride@99", true,
		    CHUNKS_HEAD "[7|Hello, |]5ms[6|world!|][6|world!|][0||]." },
		{ "huge-header@3,close", false,
		    "[HTTP/1.1 200 OK|content-type: text/plain|x-mock-huge: xxx|connection: close||][Hello, "
		    "]5ms[world!]." },
	};
	size_t i;
	char *text;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		text = wire_text(rows[i].spec, rows[i].streamed);
		assert_string_equal(text, rows[i].expect);
		free(text);
	}
}

static void
faults_of_content_need_no_raw_connection(void **state)
{
	struct mock_faults f = faults_of(
	    "status@500,delay@1s,html,empty,null,array,no-end,double-end,gzip,type@x");

	struct mock_reply r;

	(void)state;
	reply_of(&r, true);
	assert_false(mock_wire_is_raw(&r, &f));
	r.cut = true;
	assert_true(mock_wire_is_raw(&r, &f));
	mock_reply_release(&r);
	mock_faults_release(&f);
}

static void
stored_gzip_has_the_checksum_that_gzip_wants(void **state)
{
	struct buf out = BUF_INIT(1024);
	/* gzip -c of "abc": CRC 0x352441c2, length 3; the block is stored here. */
	static const unsigned char expect[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1, 3, 0,
		0xfc, 0xff, 'a', 'b', 'c', 0xc2, 0x41, 0x24, 0x35, 3, 0, 0, 0 };

	(void)state;
	gzip_store(str_of("abc"), &out);
	assert_int_equal(out.len, sizeof expect);
	assert_memory_equal(out.p, expect, sizeof expect);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_spec_is_read_with_its_argument_and_limits),
		cmocka_unit_test(a_header_takes_the_rest_of_the_spec),
		cmocka_unit_test(a_fault_strikes_as_often_as_it_may),
		cmocka_unit_test(each_transport_fault_has_its_bytes),
		cmocka_unit_test(faults_of_content_need_no_raw_connection),
		cmocka_unit_test(stored_gzip_has_the_checksum_that_gzip_wants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
