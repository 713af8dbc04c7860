/* SPDX-License-Identifier: MIT */
/*
 * rawsock - a connected socket that is written as told and closed as told, FIN or RST.
 *
 * What the peer sends is read and thrown away, so that its leaving is noticed.
 */
#ifndef SERVE_RAWSOCK_H
#define SERVE_RAWSOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/str.h"

struct rawsock;

struct rawsock_events {
	void (*drained)(void *user); /* nothing waits any more */
	void (*closed)(void *user, bool by_peer); /* once; the rawsock frees itself after */
};

/* Takes fd over. */
struct rawsock *rawsock_open(uv_loop_t *loop, int fd, const struct rawsock_events *on, void *user);
void rawsock_write(struct rawsock *r, struct str bytes); /* copies what can't be sent now */
size_t rawsock_waiting(const struct rawsock *r);
void rawsock_finish(struct rawsock *r); /* FIN when all is written */
void rawsock_reset(struct rawsock *r); /* RST when all is written */
void rawsock_drop(struct rawsock *r); /* close now; closed is not called */

#endif
