/* SPDX-License-Identifier: MIT */
/*
 * output - write a descriptor from the event loop without ever blocking the loop.
 *
 * Bytes are queued and written as the reader takes them. Past the high mark output_is_slow is true,
 * and the drained callback says when the queue is down to half of it: the caller stops reading its
 * sources in between (backpressure). The descriptor's flags are not changed: a pipe is polled and
 * given at most PIPE_BUF bytes a write, which cannot block.
 */
#ifndef SYS_OUTPUT_H
#define SYS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/buf.h"
#include "base/str.h"

struct output;

struct output_events {
	void (*drained)(void *user); /* was slow, is not any more */
	void (*failed)(void *user, int errnum); /* EPIPE, ENOSPC, ...: once; the queue is dropped */
};

struct output *output_open(
    uv_loop_t *loop, int fd, size_t high_mark, const struct output_events *on, void *user);
/* The buffer to append to, then output_kick. */
struct buf *output_buf(struct output *out);
/* Write what can be written now without blocking; the rest follows from the loop. */
void output_kick(struct output *out);
bool output_is_slow(const struct output *out);
size_t output_waiting(const struct output *out); /* bytes not yet written */
/* Write all that waits, blocking, until deadline_us; false (errno) where that failed. */
bool output_flush(struct output *out, int64_t deadline_us);
void output_close(struct output *out); /* frees; fd stays open; what waits is dropped */

#endif
