/* SPDX-License-Identifier: MIT */
/* watch - poll a descriptor that is not ours alone: for input and output. */
#ifndef SYS_WATCH_H
#define SYS_WATCH_H

#include <uv.h>

/* uv_poll_init without its side effect of making the descriptor non-blocking for everyone who
 * shares it. 0, or libuv's negative error (UV_EPERM: a kind of file that is always ready). */
int watch_init(uv_loop_t *loop, uv_poll_t *poll, int fd);

/* uv_poll_start and uv_poll_stop for who always waits for the same events: libuv makes a system
 * call of each of its own, also where nothing changes. */
void watch_start(uv_poll_t *poll, int events, uv_poll_cb callback);
void watch_stop(uv_poll_t *poll);

#endif
