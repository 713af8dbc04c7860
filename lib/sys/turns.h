/* SPDX-License-Identifier: MIT */
/*
 * turns - one output for many who answer at the same time: each whenever it has something to say;
 * one after the other, in the order in which they began (`ordered`); or one at a time (`alone`):
 * who has something to say first is the speaker until it is done, then come those that were done
 * meanwhile, and the next speaker.
 *
 * Whatever one has to say goes to turns_out: the output, or what is held for it until it is its
 * turn. turns_sweep, before the loop sleeps, gives the turn to the next; one that is done stays
 * until then.
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

/* All zero but ordered, alone and output is a valid beginning. */
struct turns {
	struct turn *first, *last;
	struct turn *speaker; /* with alone alone; NULL: nobody has anything to say */
	size_t count, done; /* done: of them, those to sweep */
	bool ordered, alone; /* with both: ordered */
	struct output *output;
};

/* The last one from now on. */
void turns_add(struct turns *t, struct turn *turn);
/* Where what it has to say goes now. */
struct buf *turns_out(const struct turns *t, struct turn *turn);
/* Whom the others wait for; NULL: nobody waits. */
struct turn *turns_speaker(const struct turns *t);
/* It has said all. */
void turns_done(struct turns *t, struct turn *turn);
/* Let go of what is done, each by a call of release, after which it is nobody's; the next in line
 * may speak. */
void turns_sweep(struct turns *t, void (*release)(struct turn *turn));

#endif
