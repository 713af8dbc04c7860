/* SPDX-License-Identifier: MIT */
/* frame_parts - what the files of frame share: its state, and one function a format. */
#ifndef NET_FRAME_PARTS_H
#define NET_FRAME_PARTS_H

#include "net/frame.h"

enum array_state {
	ARRAY_BEFORE, /* nothing but white space so far */
	ARRAY_FIRST, /* after '[': an element or ']' */
	ARRAY_NEXT, /* after ',': an element */
	ARRAY_INSIDE, /* an element has begun */
	ARRAY_AFTER, /* after ']': white space only */
};

struct frame {
	enum frame_format format;
	size_t limit;
	frame_fn *fn;
	void *user;
	bool over; /* an error was reported, or the callback had enough */
	unsigned bom_seen; /* bytes of a byte order mark at the start; BOM_PAST: that is decided */
	struct buf held; /* what has no end yet: a line, an element, the whole body */

	/* SSE */
	bool after_cr; /* a '\n' that comes now belongs to the line end before it */
	struct buf data; /* data lines that a later line or feed made us copy */
	struct str line; /* the only data line so far, where it lies; line.p NULL: none */
	bool has_data; /* data holds lines */
	struct buf name_held;
	struct str name;

	/* JSON array */
	enum array_state state;
	size_t depth;
	bool in_string, after_backslash;

	/* AWS: data and name_held above hold what a message's header fields had to be made into */
	size_t total; /* of the message in held, once its prelude is there */
};

/* Keep bytes that have no end yet; the limit holds for them together with what is kept already. */
int frame_hold(struct frame *f, const char *p, size_t n, struct err *err);

/* Hand a message out. -1: the callback has had enough. */
int frame_emit(struct frame *f, struct str name, struct str data);

int frame_too_long(struct frame *f, struct err *err);

/* A feed of n > 0 bytes, and the end. */
int frame_sse_feed(struct frame *f, const char *p, size_t n, struct err *err);
int frame_sse_end(struct frame *f, bool lenient, struct err *err);
int frame_array_feed(struct frame *f, const char *p, size_t n, struct err *err);
int frame_array_end(struct frame *f, struct err *err);
int frame_aws_feed(struct frame *f, const char *p, size_t n, struct err *err);
int frame_aws_end(struct frame *f, struct err *err);

/* The white space of JSON. */
bool frame_is_blank(char c);
struct str frame_trim(struct str s);

#endif
