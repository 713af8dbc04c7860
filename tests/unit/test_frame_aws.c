/* SPDX-License-Identifier: MIT */
/* test_frame_aws - AWS event streams come out whole, or not at all: cut anywhere, any bit flipped.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/crc.h"
#include "base/mem.h"
#include "net/frame.h"
#include "support/aws_event.h"

static void
put_event(struct buf *out, const char *type, const char *payload)
{
	aws_put_event(out, str_of(type), str_of(payload));
}

static void
put_string(struct buf *fields, const char *name, const char *value)
{
	aws_put_string(fields, name, str_of(value));
}

static void
put_message(struct buf *out, struct buf *fields, const char *payload)
{
	aws_put_message(out, fields, str_of(payload));
}

/* What came out. */
struct log {
	struct buf text; /* "name<data>" a message, "!" at the end where it failed */
	struct err err;
};

static bool
log_message(void *user, struct str name, struct str data)
{
	struct log *log = user;

	buf_addstr(&log->text, name);
	buf_addc(&log->text, '<');
	buf_addstr(&log->text, data);
	buf_addc(&log->text, '>');
	return true;
}

static void
run(struct str bytes, size_t stride, size_t limit, struct log *log)
{
	struct frame *f;
	struct err *err = &log->err;
	size_t at, n;
	int rc = 0;

	*log = (struct log){ .text = BUF_INIT(BUF_UNLIMITED), .err = ERR_INIT };
	f = frame_new(FRAME_AWS, limit, log_message, log);
	for (at = 0; at < bytes.len && rc == 0; at += n) {
		char *piece;

		n = bytes.len - at < stride ? bytes.len - at : stride;
		piece = xmalloc(n);
		memcpy(piece, bytes.p + at, n);
		rc = frame_feed(f, piece, n, err);
		free(piece);
	}
	if (rc == 0)
		rc = frame_end(f, true, err);
	if (rc < 0) {
		assert_string_not_equal(err->text, "");
		buf_addc(&log->text, '!');
	}
	frame_free(f);
}

/* The same however it is cut. */
static void
check(const struct buf *bytes, const char *want, const char *why)
{
	struct log log;
	size_t stride;

	for (stride = 1; stride <= bytes->len + 1; stride += stride < 40 ? 1 : 37) {
		run(buf_str(bytes), stride, FRAME_LIMIT, &log);
		assert_string_equal(log.text.p, want);
		if (why)
			assert_non_null(strstr(log.err.text, why));
		buf_release(&log.text);
	}
}

static void
events_come_with_their_type_and_payload(void **state)
{
	struct buf b = BUF_INIT(BUF_UNLIMITED);

	(void)state;
	check(&b, "", NULL);
	put_event(&b, "messageStart", "{\"role\":\"assistant\"}");
	put_event(&b, "contentBlockStop", "");
	put_event(&b, "metadata", "{}");
	check(&b, "messageStart<{\"role\":\"assistant\"}>contentBlockStop<>metadata<{}>", NULL);
	buf_release(&b);
}

static void
exceptions_and_errors_are_told_from_events(void **state)
{
	struct buf b = BUF_INIT(BUF_UNLIMITED), fields = BUF_INIT(BUF_UNLIMITED);

	(void)state;
	put_string(&fields, ":exception-type", "throttlingException");
	put_string(&fields, ":message-type", "exception");
	put_message(&b, &fields, "{\"message\":\"slow down\"}");
	put_string(&fields, ":message-type", "error");
	put_string(&fields, ":error-code", "InternalError");
	put_string(&fields, ":error-message", "it \"broke\"");
	put_message(&b, &fields, "");
	check(&b,
	    "!throttlingException<{\"message\":\"slow down\"}>!InternalError<{\"message\":\"it \\\"broke\\\"\"}>",
	    NULL);
	buf_release(&b);
}

static void
header_fields_of_every_type_are_passed_over(void **state)
{
	static const size_t sizes[] = { 0, 0, 1, 2, 4, 8, 3, 3, 8, 16 };
	struct buf b = BUF_INIT(BUF_UNLIMITED), fields = BUF_INIT(BUF_UNLIMITED);
	int type;

	(void)state;
	for (type = 0; type < 10; type++)
		aws_put_field(&fields, "f", type, (struct str){ "0123456789abcdef", sizes[type] });
	aws_put_field(&fields, ":event-type", 6, STR_LIT("of bytes: it names nothing"));
	put_string(&fields, ":event-type", "x");
	put_message(&b, &fields, "{}");
	check(&b, "x<{}>", NULL);
	aws_put_field(&fields, "f", 10, STR_NONE);
	put_message(&b, &fields, "{}");
	check(&b, "x<{}>!", "header fields are malformed");
	buf_release(&b);
}

static void
no_flipped_bit_passes(void **state)
{
	struct buf b = BUF_INIT(BUF_UNLIMITED);
	struct log log;
	size_t bit;

	(void)state;
	put_event(&b, "delta", "{\"text\":\"hi\"}");
	for (bit = 0; bit < 8 * b.len; bit++) {
		b.p[bit / 8] ^= (char)(1 << bit % 8);
		run(buf_str(&b), bit % 5 + 1, FRAME_LIMIT, &log);
		assert_string_equal(log.text.p, "!");
		if (bit < 8 * 12) /* before its length is believed */
			assert_non_null(strstr(log.err.text, "a message's head"));
		buf_release(&log.text);
		b.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	check(&b, "delta<{\"text\":\"hi\"}>", NULL);
	buf_release(&b);
}

static void
a_stream_that_ends_inside_a_message_is_an_error(void **state)
{
	struct buf b = BUF_INIT(BUF_UNLIMITED);
	struct log log;
	size_t first, n;

	(void)state;
	put_event(&b, "a", "{}");
	first = b.len;
	put_event(&b, "b", "{\"text\":\"hi\"}");
	for (n = 0; n <= b.len; n++) {
		run((struct str){ b.p, n }, 7, FRAME_LIMIT, &log);
		assert_string_equal(log.text.p, n == 0       ? ""
						: n < first  ? "!"
						: n == first ? "a<{}>"
						: n < b.len  ? "a<{}>!"
							     : "a<{}>b<{\"text\":\"hi\"}>");
		buf_release(&log.text);
	}
	buf_release(&b);
}

/* A head with good checksum and bad sense. */
static void
put_head(struct buf *out, size_t total, size_t fields)
{
	size_t begin = out->len;

	aws_put_number(out, total, 4);
	aws_put_number(out, fields, 4);
	aws_put_number(out, crc_32(0, (struct str){ out->p + begin, 8 }), 4);
}

static void
lengths_that_contradict_each_other_are_an_error(void **state)
{
	static const size_t bad[][2] = { { 15, 0 }, { 0, 0 }, { 16, 1 }, { 20, 5 },
		{ 16, 0xffffffff } };
	struct buf b = BUF_INIT(BUF_UNLIMITED);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		buf_reset(&b);
		put_head(&b, bad[i][0], bad[i][1]);
		check(&b, "!", "contradict");
	}
	buf_reset(&b);
	put_head(&b, 0xffffffff, 0);
	check(&b, "!", "over 67108864 bytes");
	buf_release(&b);
}

static void
the_limit_is_of_a_message(void **state)
{
	struct buf b = BUF_INIT(BUF_UNLIMITED);
	struct log log;
	size_t n;

	(void)state;
	put_event(&b, "x", "0123456789");
	n = b.len;
	put_event(&b, "y", "0123456789");
	run(buf_str(&b), 9, n, &log);
	assert_string_equal(log.text.p, "x<0123456789>y<0123456789>");
	buf_release(&log.text);
	run(buf_str(&b), 9, n - 1, &log);
	assert_string_equal(log.text.p, "!");
	buf_release(&log.text);
	buf_release(&b);
}

static void
the_content_type_is_known(void **state)
{
	(void)state;
	assert_int_equal(
	    frame_of_content_type("application/vnd.amazon.eventstream", FRAME_WHOLE), FRAME_AWS);
	assert_int_equal(frame_of_content_type("application/json", FRAME_AWS), FRAME_WHOLE);
	assert_int_equal(frame_of_content_type(NULL, FRAME_AWS), FRAME_AWS);
}

/* IEEE 802.3; the check value of every list of CRCs. */
static void
the_checksum_is_the_usual_one(void **state)
{
	(void)state;
	assert_int_equal(crc_32(0, STR_LIT("123456789")), 0xcbf43926);
	assert_int_equal(crc_32(crc_32(0, STR_LIT("1234")), STR_LIT("56789")), 0xcbf43926);
	assert_int_equal(crc_32(0, STR_NONE), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_with_their_type_and_payload),
		cmocka_unit_test(exceptions_and_errors_are_told_from_events),
		cmocka_unit_test(header_fields_of_every_type_are_passed_over),
		cmocka_unit_test(no_flipped_bit_passes),
		cmocka_unit_test(a_stream_that_ends_inside_a_message_is_an_error),
		cmocka_unit_test(lengths_that_contradict_each_other_are_an_error),
		cmocka_unit_test(the_limit_is_of_a_message),
		cmocka_unit_test(the_content_type_is_known),
		cmocka_unit_test(the_checksum_is_the_usual_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
