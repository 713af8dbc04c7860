/* SPDX-License-Identifier: MIT */
/* intake - the lines of the files of a command line, from the event loop, one file after the other.
 */
#ifndef FAILOVER_INTAKE_H
#define FAILOVER_INTAKE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "json/ndjson.h"
#include "sys/input.h"

struct intake {
	uv_loop_t *loop;
	char *const *operands; /* those to come */
	const char *name; /* of the file being read, "-" */
	int fd; /* -1: none is open */
	struct input *input;
	struct lines lines;
	struct buf block; /* the bytes read last */
	bool at_end; /* of the file */
	bool over; /* of all files */
	void (*failed)(void *user, const struct err *err); /* a file can't be read: the next is */
	void *user;
};

/* How many lines the files have; 0: not known. */
uint64_t intake_count(char *const *operands);

void intake_open(struct intake *in, uv_loop_t *loop, char *const *operands,
    void (*failed)(void *user, const struct err *err), void *user);
/* LINES_MORE: what comes wakes the loop, unless all is over. The line's number is in lines. */
enum lines_status intake_next(struct intake *in, struct str *line);
/* Read no more. */
void intake_stop(struct intake *in);
/* The loop must run once more. */
void intake_close(struct intake *in);

#endif
