/* SPDX-License-Identifier: MIT */
/* trace - W3C trace context: the trace that we are part of, and a span for each call. */
#ifndef CALL_TRACE_H
#define CALL_TRACE_H

#include "sys/rand.h"

enum { TRACE_ID_SIZE = 33, TRACE_SPAN_SIZE = 17 }; /* hexadecimal digits and a NUL */

struct trace {
	char id[TRACE_ID_SIZE]; /* "": there is none */
	struct rand chance;
};

/* parent: the environment's TRACEPARENT; NULL or malformed gives no trace. */
void trace_init(struct trace *t, const char *parent);
/* A new span id, or "" where there is no trace. */
void trace_span(struct trace *t, char span[TRACE_SPAN_SIZE]);

#endif
