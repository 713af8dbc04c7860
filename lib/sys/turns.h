/* SPDX-License-Identifier: MIT */
/*
 * turns - one output for many who answer at the same time, in the order in which they began where
 * that is asked for.
 *
 * Whatever one has to say goes to turns_out: the output or, with `ordered`, what is held for it
 * until it is its turn. One that is done stays until the next turns_sweep.
 */
#ifndef SYS_TURNS_H
#define SYS_TURNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct output;

/* A member of whatever the caller keeps for each. */
struct turn {
	struct turn *next, *prev;
	struct buf held; /* what it has to say, while it is not its turn */
	bool done;
};

/* All zero but ordered and output is a valid beginning. */
struct turns {
	struct turn *first, *last;
	size_t count, done; /* done: of them, those to sweep */
	bool ordered;
	struct output *output;
};

/* The last one from now on. */
void turns_add(struct turns *t, struct turn *turn);
/* Where what it has to say goes now. */
struct buf *turns_out(const struct turns *t, struct turn *turn);
/* It has said all. */
void turns_done(struct turns *t, struct turn *turn);
/* Let go of what is done, each by a call of release, after which it is nobody's; with `ordered`,
 * the next in line may speak. */
void turns_sweep(struct turns *t, void (*release)(struct turn *turn));

#endif
