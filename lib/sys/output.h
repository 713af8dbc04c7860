/* SPDX-License-Identifier: MIT */
/*
 * output - write a descriptor from the event loop without ever blocking the loop.
 *
 * Bytes are queued and written as the reader takes them. Past the high mark output_is_slow is true,
 * and the drained callback says when the queue is down to half of it: the caller stops reading its
 * sources in between (backpressure). The descriptor's flags are left as they are: a blocking pipe
 * is polled and given at most PIPE_BUF bytes a write, which then cannot block. Regular files and
 * their like are written at once. Callbacks come from the loop, never from inside a function here.
 *
 * A reader that went away is EPIPE here: at once where fd is a pipe and nothing waits to be
 * written; by a write only where the program ignores SIGPIPE.
 *
 *	out = output_open(loop, 1, 1 << 20, &(struct output_events){ on_drained, on_failed }, user);
 *	buf_adds(output_buf(out), "{}\n");
 *	output_kick(out);
 */
#ifndef SYS_OUTPUT_H
#define SYS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "base/str.h"

struct output;

struct output_events {
	void (*drained)(void *user); /* was slow, is not any more */
	void (*failed)(void *user, int errnum); /* EPIPE, ENOSPC, ...: once; the queue is dropped */
};

/* on is copied; its members may be NULL. */
struct output *output_open(
    uv_loop_t *loop, int fd, size_t high_mark, const struct output_events *on, void *user);

/* The buffer to append to, and nothing else; then output_kick. */
struct buf *output_buf(struct output *out);

/* Write what can be written now without blocking; the rest follows from the loop. */
void output_kick(struct output *out);

bool output_is_slow(const struct output *out);
size_t output_waiting(const struct output *out); /* bytes not yet written */

/* Write all that waits, blocking, until deadline_us; false (errno; ETIMEDOUT) where that failed,
 * now or before. The failed callback does not tell of it again. */
bool output_flush(struct output *out, int64_t deadline_us);

/* Frees, once the loop has run; fd stays open; what waits is dropped. NULL is allowed. */
void output_close(struct output *out);

#endif
