/* SPDX-License-Identifier: MIT */
/*
 * reading - bytes as a provider sends them, read to the end by the real reader: for tests of
 * dialects.
 *
 *	struct reading r;
 *	reading_of(&r, &(struct exchange){ .dialect = &dialect_ollama, .body = "..." });
 *	assert_string_equal(r.content.p, "hello");
 *	reading_release(&r);
 */
#ifndef TESTS_SUPPORT_READING_H
#define TESTS_SUPPORT_READING_H

#include "llm/dialect.h"

/* What came. Zero values are the usual: status 200, transport ended well and proven, one piece. */
struct exchange {
	const struct dialect *dialect;
	const char *body;
	size_t len; /* 0: strlen(body) */
	bool stream; /* a stream was asked for, in the dialect's framing */
	int status;
	const char *content_type; /* NULL: what fits stream */
	const char *const *headers; /* name, value, ..., NULL */
	enum http_end end;
	bool by_close; /* the end was not proven by length */
	bool done_optional;
	size_t stride; /* bytes fed at once; 0: all */
};

struct reading {
	struct answer answer;
	struct buf content, reasoning; /* the answer's */
	struct buf deltas; /* what was streamed, as "kind:text|" in order, tool calls as
			      "tool0(id,name):fragment|" */
	size_t delta_count;
};

void reading_of(struct reading *r, const struct exchange *x);
void reading_release(struct reading *r);

/* The i-th tool call, or NULL. */
const struct part *reading_tool(const struct reading *r, size_t i);

#endif
