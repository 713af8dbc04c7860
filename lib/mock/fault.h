/* SPDX-License-Identifier: MIT */
/*
 * fault - what can go wrong on the way, on demand.
 *
 * A spec is one or more faults, comma-separated: "cut@512", "delay@200ms,stride@3",
 * "status@503:p=0.1". After '@' stands the fault's argument, after ':' what limits it:
 * p=PROBABILITY, first=N (only the first N requests that it meets), for=TIME (of a stall). A place
 * is "head" (before the response head), "token" (before the first output) or N (after N bytes of
 * the body). header@ and type@ take all that follows, commas included.
 */
#ifndef MOCK_FAULT_H
#define MOCK_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "sys/rand.h"

enum mock_fault_kind {
	FAULT_STATUS, /* number */
	FAULT_HEADER, /* text: "name=value" */
	FAULT_TYPE, /* text: the content type */
	FAULT_DELAY, /* ms, before the head */
	FAULT_STALL, /* place; ms, -1 for ever */
	FAULT_CUT, /* place: the connection is closed there */
	FAULT_RESET, /* place: RST */
	FAULT_GARBAGE, /* place: bytes that don't belong there; instead of the head at "head" */
	FAULT_BAD_CHUNK, /* place: broken chunk framing */
	FAULT_STRIDE, /* number: so many bytes of the body a chunk and a send */
	FAULT_HTML, /* number: status */
	FAULT_EMPTY,
	FAULT_NULL,
	FAULT_ARRAY,
	FAULT_CLOSE, /* no length, no chunks: the connection's end is the body's */
	FAULT_NO_END, /* the terminal event is missing */
	FAULT_DOUBLE_END, /* it comes twice */
	FAULT_END, /* place: the body ends there, as if it were whole */
	FAULT_BAD_UTF8, /* each U+FFFD comes as bytes that are no UTF-8 */
	FAULT_GZIP,
	FAULT_HUGE_HEADER, /* number: bytes of a header field's value */
};

enum { FAULT_AT_HEAD = -1, FAULT_AT_TOKEN = -2 };

struct mock_fault {
	enum mock_fault_kind kind;
	int64_t number; /* or a place */
	int64_t ms;
	char *text;
	double p; /* 1: always */
	int64_t first; /* -1: no limit */
	int64_t met; /* requests that it has struck so far */
};

struct mock_faults {
	struct mock_fault *items;
	size_t count, cap;
	char *spec; /* as written, for the record */
};

/* Appends to faults; on failure err (EXIT_USAGE) names what is wrong and the nearest known name. */
int mock_faults_parse(struct mock_faults *faults, struct str spec, struct err *err);
void mock_faults_release(struct mock_faults *faults);
/* Append to chosen (which copies nothing deeply: free its items and spec alone) those of faults
 * that strike this time, and count them. */
void mock_faults_choose(
    struct mock_faults *faults, struct rand *chance, struct mock_faults *chosen);

#endif
