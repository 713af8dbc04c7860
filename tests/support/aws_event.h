/* SPDX-License-Identifier: MIT */
/* aws_event - a writer of AWS event streams, by the book: for tests and fuzz targets. */
#ifndef TESTS_SUPPORT_AWS_EVENT_H
#define TESTS_SUPPORT_AWS_EVENT_H

#include <string.h>

#include "base/buf.h"
#include "base/crc.h"

enum { AWS_FIELD_BYTES = 6, AWS_FIELD_STRING = 7 };

static inline void
aws_put_number(struct buf *out, size_t n, int bytes)
{
	while (bytes--)
		buf_addc(out, (char)(n >> 8 * bytes));
}

static inline void
aws_put_field(struct buf *out, const char *name, int type, struct str value)
{
	aws_put_number(out, strlen(name), 1);
	buf_adds(out, name);
	aws_put_number(out, (size_t)type, 1);
	if (type == AWS_FIELD_BYTES || type == AWS_FIELD_STRING)
		aws_put_number(out, value.len, 2);
	buf_addstr(out, value);
}

static inline void
aws_put_string(struct buf *out, const char *name, struct str value)
{
	aws_put_field(out, name, AWS_FIELD_STRING, value);
}

/* Takes the fields. */
static inline void
aws_put_message(struct buf *out, struct buf *fields, struct str payload)
{
	size_t begin = out->len;

	aws_put_number(out, 16 + fields->len + payload.len, 4);
	aws_put_number(out, fields->len, 4);
	aws_put_number(out, crc_32(0, (struct str){ out->p + begin, 8 }), 4);
	buf_addstr(out, buf_str(fields));
	buf_addstr(out, payload);
	aws_put_number(out, crc_32(0, (struct str){ out->p + begin, out->len - begin }), 4);
	buf_release(fields);
}

/* An event; an exception where its type begins with '!'. */
static inline void
aws_put_event(struct buf *out, struct str type, struct str payload)
{
	struct buf fields = BUF_INIT(BUF_UNLIMITED);
	bool exception = str_starts(type, "!");

	if (exception)
		type = (struct str){ type.p + 1, type.len - 1 };
	aws_put_string(&fields, exception ? ":exception-type" : ":event-type", type);
	aws_put_string(&fields, ":content-type", STR_LIT("application/json"));
	aws_put_string(&fields, ":message-type", str_of(exception ? "exception" : "event"));
	aws_put_message(out, &fields, payload);
}

/* Lines of "TYPE PAYLOAD" as a stream of events. */
static inline void
aws_put_lines(struct buf *out, struct str lines)
{
	struct str line, type;

	while (str_split(&lines, '\n', &line)) {
		if (line.len && str_split(&line, ' ', &type))
			aws_put_event(out, type, line.p ? line : STR_LIT(""));
	}
}

#endif
