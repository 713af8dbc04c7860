/* SPDX-License-Identifier: MIT */
/*
 * frame - cut a body, as it arrives, into the messages that its stream format carries.
 *
 * Pure: bytes in, messages out, at any split of the bytes the same messages. A message is handed
 * out when it is complete, where it lies if it lies in one piece in the bytes fed, and lives until
 * the callback returns. A message past the limit is an error (-1), and so is all that is fed after
 * an error. A byte order mark at the start is passed over.
 *
 *	f = frame_new(FRAME_SSE, FRAME_LIMIT, on_message, user);
 *	while (... bytes come ...)
 *		if (frame_feed(f, p, n, &err) < 0) ...
 *	if (frame_end(f, false, &err) < 0) ...
 *	frame_free(f);
 */
#ifndef NET_FRAME_H
#define NET_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum frame_format {
	FRAME_WHOLE, /* no framing: one message, the whole body, at the end */
	FRAME_SSE, /* text/event-stream (WHATWG HTML, section 9.2); all that it ignores is text */
	FRAME_NDJSON, /* a message a line; blank lines are passed over */
	FRAME_JSON_ARRAY, /* [v, v, ...]: a message an element (Gemini without alt=sse) */
	FRAME_AWS, /* application/vnd.amazon.eventstream: binary, checksums over all (Bedrock) */
};

#define FRAME_LIMIT ((size_t)64 << 20)

struct frame;

/* What a name of FRAME_AWS begins with where the message is an exception and no event. */
#define FRAME_EXCEPTION "!"

/*
 * name: SSE's event field ("message" where there is none); FRAME_AWS's event type, or
 * FRAME_EXCEPTION and the type of an exception (of an error that came as header fields only, data
 * is made up: {"message":...}); else empty. data may be empty: SSE dispatches an event whose data
 * line is. Return false to stop: frame_feed (or frame_end) then returns -1 with err untouched.
 */
typedef bool frame_fn(void *user, struct str name, struct str data);

struct frame *frame_new(enum frame_format format, size_t limit, frame_fn *fn, void *user);
int frame_feed(struct frame *f, const char *p, size_t n, struct err *err)
    __attribute__((warn_unused_result));

/*
 * The body ended. What is held is handed out where the format allows that: FRAME_WHOLE's body,
 * NDJSON's last line. An SSE event without its blank line is dropped, as the standard says, unless
 * lenient (some servers end so after a terminal event): the caller looks at the data then. -1 where
 * the end leaves something unfinished.
 */
int frame_end(struct frame *f, bool lenient, struct err *err) __attribute__((warn_unused_result));
void frame_free(struct frame *f);

/*
 * The format that a Content-Type announces: otherwise where it says nothing of use (or is NULL).
 * application/json means FRAME_WHOLE where events were asked for, and leaves the rest as asked.
 */
enum frame_format frame_of_content_type(const char *content_type, enum frame_format otherwise);

#endif
