/* SPDX-License-Identifier: MIT */
/*
 * input - read a descriptor from the event loop, with a brake.
 *
 * Pipes, terminals and sockets are polled; a regular file (which epoll refuses) is read a block a
 * turn. The descriptor's flags are left as they are: it may be shared with other processes.
 *
 *	in = input_open(loop, 0, on_bytes, user);
 *	input_start(in);
 */
#ifndef SYS_INPUT_H
#define SYS_INPUT_H

#include <stddef.h>
#include <uv.h>

struct input;

/* n > 0: bytes, which live until the callback returns; 0: the end; -1: error, errno in errnum.
 * After 0 or -1 no call follows. */
typedef void input_fn(void *user, const char *p, long n, int errnum);

/* Starts stopped. Never NULL: a descriptor that can't be read says so by the callback. */
struct input *input_open(uv_loop_t *loop, int fd, input_fn *fn, void *user);

void input_start(struct input *in);
void input_stop(struct input *in); /* also from inside the callback */

/* Frees, once the loop has run; fd stays open. From anywhere, also the callback. NULL is allowed.
 */
void input_close(struct input *in);

#endif
