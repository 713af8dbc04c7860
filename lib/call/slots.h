/* SPDX-License-Identifier: MIT */
/*
 * slots - the calls that were started and not yet written whole, in the order of the input.
 *
 * Whatever a call has to say goes to slots_out: the output or, with `ordered`, what is held for it
 * until it is its turn. A slot that is done stays until the next slots_sweep.
 */
#ifndef CALL_SLOTS_H
#define CALL_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "call/lanes.h"

struct call;
struct output;

struct slot {
	struct slot *next, *prev;
	struct call *call; /* NULL: done, and freed */
	int64_t read_us;
	struct buf held; /* what it has to say, while it is not its turn */
	struct lane_place place;
};

/* All zero but ordered and output is a valid beginning. */
struct slots {
	struct slot *first, *last;
	size_t count, done; /* done: of the slots, those to sweep */
	bool ordered;
	struct output *output;
};

/* A slot for the call, whose user note it becomes. */
struct slot *slots_add(struct slots *s, struct call *call);
/* Where what a slot has to say goes now. */
struct buf *slots_out(const struct slots *s, struct slot *slot);
/* The slot's call has said all: free it. */
void slots_done(struct slots *s, struct slot *slot);
/* Let go of what is done; with `ordered`, the next in line may speak. */
void slots_sweep(struct slots *s);
/* Cancel the calls that cancel means. */
void slots_cancel(struct slots *s, const struct call *cancel);
/* Do it to every call that is not done. */
void slots_each(struct slots *s, void (*act)(struct call *call));

#endif
