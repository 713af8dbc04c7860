/* SPDX-License-Identifier: MIT */
/* trace - W3C trace context. */
#include "call/trace.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { PARENT_LEN = 55 }; /* 00-<32>-<16>-<2> */

static bool
is_hex(const char *p, size_t n)
{
	return strspn(p, "0123456789abcdef") >= n;
}

static bool
is_zero(const char *p, size_t n)
{
	return strspn(p, "0") >= n;
}

void
trace_init(struct trace *t, const char *parent)
{
	*t = (struct trace){ .id = "" };
	if (!parent || strlen(parent) < PARENT_LEN || parent[2] != '-' || parent[35] != '-' ||
	    parent[52] != '-' || !is_hex(parent, 2) || !is_hex(parent + 3, 32) ||
	    !is_hex(parent + 36, 16) || is_zero(parent + 3, 32))
		return;
	memcpy(t->id, parent + 3, TRACE_ID_SIZE - 1);
	rand_seed_random(&t->chance);
}

void
trace_span(struct trace *t, char span[TRACE_SPAN_SIZE])
{
	span[0] = '\0';
	if (t->id[0])
		(void)snprintf(span, TRACE_SPAN_SIZE, "%016llx",
		    (unsigned long long)(rand_u64(&t->chance) | 1)); /* all zero is no span */
}
