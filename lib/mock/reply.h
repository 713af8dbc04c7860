/* SPDX-License-Identifier: MIT */
/*
 * reply - an HTTP answer that is ready to be played: status, fields, and a body with its timing.
 *
 * The body is a tape: bytes cut into pieces, each sent in one go after a wait that counts from the
 * piece before it. Nothing here does I/O; faults (fault.h) are applied to replies as data.
 */
#ifndef MOCK_REPLY_H
#define MOCK_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "serve/serve.h"

#define MOCK_FOREVER INT64_MAX

struct mock_piece {
	size_t end; /* it holds the bytes from the end of the piece before it up to here */
	int64_t wait_us; /* MOCK_FOREVER: it never comes */
};

struct mock_tape {
	struct buf bytes;
	struct mock_piece *pieces;
	size_t count, cap;
};

void mock_tape_init(struct mock_tape *t);
void mock_tape_release(struct mock_tape *t);
/* What was appended to bytes since the last mark is a piece; nothing where that is nothing. */
void mock_tape_mark(struct mock_tape *t, int64_t wait_us);

struct mock_reply {
	int status;
	struct serve_field *fields; /* ends with a NULL name; names and values are owned */
	size_t field_count, field_cap;
	bool streamed; /* of unknown length: chunks */
	bool cut; /* the connection ends inside the body, behind what there is of it */
	int64_t head_wait_us;
	int64_t tokens_in, tokens_out; /* as it tells them; 0 where it refuses */
	struct mock_tape body;
	size_t first_output; /* where in the body the first piece of output begins */
	size_t
	    terminal; /* where the terminal event begins; the body's length where there is none */
};

void mock_reply_init(struct mock_reply *r, int status);
void mock_reply_release(struct mock_reply *r);
/* Set a header field, in place of one of that name. */
void mock_reply_field(struct mock_reply *r, const char *name, const char *value);
void mock_reply_fieldf(struct mock_reply *r, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Take one away, if it is there. */
void mock_reply_drop(struct mock_reply *r, const char *name);
/* Make text the whole body, in one piece. */
void mock_reply_body(struct mock_reply *r, struct str text);

/* "Too Many Requests" for 429. */
const char *mock_status_text(int status);

#endif
