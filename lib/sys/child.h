/* SPDX-License-Identifier: MIT */
/*
 * child - a program and its three pipes on the event loop.
 *
 * What it reads is written as it takes it; what it prints is told as it comes. It runs as a guest
 * (proc.h): without a terminal, in a group of its own that ends with it. It is over, once, when the
 * program has ended and both its outputs have: a stranger that has got away with one of them is
 * waited for CHILD_LINGER_MS and no longer.
 *
 *	c = child_start(procs, loop, &(struct child_spec){ .argv = argv, ... }, &events, user,
 *&err); child_write(c, text); child_close_input(c);
 *	child_end(c, grace_ms);		// where it takes too long; over follows from the loop
 */
#ifndef SYS_CHILD_H
#define SYS_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "base/str.h"
#include "sys/proc.h"

enum { CHILD_LINGER_MS = 500 };

struct child;

struct child_spec {
	const char *const *argv; /* argv[0] is looked for on PATH */
	const char *const *env; /* the whole environment */
	const char *cwd; /* NULL: where we are */
	bool reads; /* it has an input to be written; else /dev/null */
};

struct child_events {
	void (*out)(void *user, const char *p, size_t n);
	void (*err)(void *user, const char *p, size_t n); /* NULL: to /dev/null */
	void (*over)(void *user, const struct proc_exit *how); /* last; the child is gone after */
};

/* NULL and err as proc_spawn. on is borrowed, and so is all of spec until this returns. Nothing is
 * told before the loop runs. */
struct child *child_start(struct procs *procs, uv_loop_t *loop, const struct child_spec *spec,
    const struct child_events *on, void *user, struct err *err);

/* Append to its input. One that reads no more is no error: how it ends will tell. */
void child_write(struct child *c, struct str text);
/* Its input ends, once what was written is taken. */
void child_close_input(struct child *c);

/* Read its output no more for now; read on. */
void child_pause(struct child *c);
void child_resume(struct child *c);

/* SIGTERM to its group, SIGKILL after grace_ms. Nothing where it has ended already. */
void child_end(struct child *c, int64_t grace_ms);
/* Nobody listens any more (the loop is being closed): no event follows, and what it still holds
 * goes. Its process is its procs' to kill. */
void child_abandon(struct child *c);

#endif
