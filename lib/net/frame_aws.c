/* SPDX-License-Identifier: MIT */
/*
 * frame_aws - AWS's binary event stream: application/vnd.amazon.eventstream.
 *
 * A message, all numbers big-endian:
 *	4 bytes	its length, all of this included
 *	4	the length of the header fields
 *	4	CRC-32 of these eight
 *	...	header fields: a byte, so many bytes of name, a byte of type, the value
 *	...	payload
 *	4	CRC-32 of all before
 */
#include "base/crc.h"
#include "json/jsonw.h"
#include "net/frame_parts.h"

enum { PRELUDE = 12, CHECKSUM = 4, LEAST = PRELUDE + CHECKSUM };

enum field_type {
	FIELD_TRUE,
	FIELD_FALSE,
	FIELD_BYTE,
	FIELD_SHORT,
	FIELD_INT,
	FIELD_LONG,
	FIELD_BYTES,
	FIELD_STRING,
	FIELD_TIME,
	FIELD_UUID,
};

/* Values of these two bear their length in two bytes. */
enum { SIZED = 255 };
static const unsigned char field_sizes[] = {
	[FIELD_TRUE] = 0,
	[FIELD_FALSE] = 0,
	[FIELD_BYTE] = 1,
	[FIELD_SHORT] = 2,
	[FIELD_INT] = 4,
	[FIELD_LONG] = 8,
	[FIELD_BYTES] = SIZED,
	[FIELD_STRING] = SIZED,
	[FIELD_TIME] = 8,
	[FIELD_UUID] = 16,
};

/* The header fields that say what a message is; of another type than string they count as absent.
 */
enum said { SAID_KIND, SAID_EVENT, SAID_EXCEPTION, SAID_ERROR, SAID_MESSAGE, SAID_COUNT };
static const char *const said_names[SAID_COUNT] = { ":message-type", ":event-type",
	":exception-type", ":error-code", ":error-message" };

static int
aws_wrong(struct frame *f, const char *what, struct err *err)
{
	f->over = true;
	return err_set(err, EXIT_NO, "AWS event stream: %s", what);
}

static size_t
number(const char *p, size_t bytes)
{
	size_t n = 0;

	while (bytes--)
		n = n << 8 | (unsigned char)*p++;
	return n;
}

/* Look at the twelve bytes that say how long the message is. */
static int
aws_prelude(struct frame *f, const char *p, size_t *total, struct err *err)
{
	size_t fields = number(p + 4, 4);

	*total = number(p, 4);
	if (crc_32(0, (struct str){ p, 8 }) != number(p + 8, 4))
		return aws_wrong(f, "the checksum of a message's head is wrong", err);
	if (*total < LEAST || fields > *total - LEAST)
		return aws_wrong(f, "a message's lengths contradict each other", err);
	if (*total > f->limit)
		return frame_too_long(f, err);
	return 0;
}

/* Take so many bytes off the front of *rest. */
static bool
take(struct str *rest, size_t n, struct str *bytes)
{
	if (n > rest->len)
		return false;
	*bytes = (struct str){ rest->p, n };
	rest->p += n;
	rest->len -= n;
	return true;
}

static bool
take_field(struct str *rest, struct str *name, size_t *type, struct str *value)
{
	struct str bytes;
	size_t size;

	if (!take(rest, 1, &bytes) || !take(rest, number(bytes.p, 1), name) ||
	    !take(rest, 1, &bytes))
		return false;
	*type = number(bytes.p, 1);
	if (*type >= sizeof field_sizes)
		return false;
	size = field_sizes[*type];
	if (size == SIZED) {
		if (!take(rest, 2, &bytes))
			return false;
		size = number(bytes.p, 2);
	}
	return take(rest, size, value);
}

static bool
aws_fields(struct str rest, struct str said[SAID_COUNT])
{
	struct str name, value;
	size_t type, i;

	while (rest.len) {
		if (!take_field(&rest, &name, &type, &value))
			return false;
		for (i = 0; i < SAID_COUNT && type == FIELD_STRING; i++) {
			if (str_is(name, said_names[i]))
				said[i] = value;
		}
	}
	return true;
}

/* An error of the service itself has no payload: its fields say all. */
static struct str
aws_error_body(struct frame *f, struct str message)
{
	struct jsonw w;

	buf_reset(&f->data);
	jsonw_start(&w, &f->data);
	jsonw_object(&w);
	jsonw_kstrn(&w, "message", message);
	jsonw_end(&w);
	return buf_str(&f->data);
}

/* A whole message of total bytes, its prelude proven. */
static int
aws_message(struct frame *f, const char *p, size_t total, struct err *err)
{
	size_t fields = number(p + 4, 4), body = total - CHECKSUM;
	struct str said[SAID_COUNT] = { { NULL, 0 } };
	struct str payload = { p + PRELUDE + fields, body - PRELUDE - fields }, type;

	if (crc_32(0, (struct str){ p, body }) != number(p + body, CHECKSUM))
		return aws_wrong(f, "a message's checksum is wrong", err);
	if (!aws_fields((struct str){ p + PRELUDE, fields }, said))
		return aws_wrong(f, "a message's header fields are malformed", err);
	if (!str_is(said[SAID_KIND], "exception") && !str_is(said[SAID_KIND], "error"))
		return frame_emit(f, said[SAID_EVENT], payload);
	type = said[SAID_EXCEPTION];
	if (str_is(said[SAID_KIND], "error")) {
		type = said[SAID_ERROR];
		payload = aws_error_body(f, said[SAID_MESSAGE]);
	}
	buf_reset(&f->name_held);
	buf_adds(&f->name_held, FRAME_EXCEPTION);
	buf_addstr(&f->name_held, type);
	return frame_emit(f, buf_str(&f->name_held), payload);
}

/* Go on with a message that came in pieces: hold bytes of *p up to its next milestone. */
static int
aws_continue(struct frame *f, const char **p, const char *end, struct err *err)
{
	size_t want = f->total ? f->total : PRELUDE, n = want - f->held.len;

	if (n > (size_t)(end - *p))
		n = (size_t)(end - *p);
	buf_add(&f->held, *p, n);
	*p += n;
	if (f->held.len < want)
		return 0;
	if (!f->total)
		return aws_prelude(f, f->held.p, &f->total, err);
	if (aws_message(f, f->held.p, f->total, err) < 0)
		return -1;
	buf_reset(&f->held);
	f->total = 0;
	return 0;
}

int
frame_aws_feed(struct frame *f, const char *p, size_t n, struct err *err)
{
	const char *end = p + n;
	size_t total;

	while (p < end) {
		if (f->held.len || end - p < PRELUDE) {
			if (aws_continue(f, &p, end, err) < 0)
				return -1;
			continue;
		}
		if (aws_prelude(f, p, &total, err) < 0)
			return -1;
		if (total > (size_t)(end - p)) {
			f->total = total;
			buf_add(&f->held, p, (size_t)(end - p));
			return 0;
		}
		if (aws_message(f, p, total, err) < 0)
			return -1;
		p += total;
	}
	return 0;
}

int
frame_aws_end(struct frame *f, struct err *err)
{
	return f->held.len ? aws_wrong(f, "it ends inside a message", err) : 0;
}
