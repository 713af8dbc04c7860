/* SPDX-License-Identifier: MIT */
/*
 * input - read a descriptor from the event loop, with a brake.
 *
 * Pipes, terminals and sockets are polled; a regular file (which epoll refuses) is read a block a
 * turn. The descriptor's flags are not changed: it may be shared with other processes.
 */
#ifndef SYS_INPUT_H
#define SYS_INPUT_H

#include <stddef.h>
#include <uv.h>

struct input;

/* n > 0: bytes, which live until the callback returns; 0: the end; -1: error, errno in errnum.
 * After 0 or -1 no call follows. */
typedef void input_fn(void *user, const char *p, long n, int errnum);

struct input *input_open(uv_loop_t *loop, int fd, input_fn *fn, void *user); /* starts stopped */
void input_start(struct input *in);
void input_stop(
    struct input *in); /* also from inside the callback; bytes already read are not lost */
void input_close(struct input *in); /* frees; fd stays open. From anywhere, also the callback */

#endif
