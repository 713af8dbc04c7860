/* SPDX-License-Identifier: MIT */
/* slots - the calls that were started and not yet written whole, in the order of the input. */
#ifndef CALL_SLOTS_H
#define CALL_SLOTS_H

#include <stdint.h>

#include "call/lanes.h"
#include "sys/turns.h"

struct call;

struct slot {
	struct turn turn; /* the first member */
	struct call *call; /* NULL: done, and freed */
	int64_t read_us;
	struct lane_place place;
};

/* A slot for the call, whose user note it becomes. */
struct slot *slots_add(struct turns *turns, struct call *call);
/* The slot's call has said all: free it. */
void slots_done(struct turns *turns, struct slot *slot);
/* Let go of what is done; in order, the next in line may speak. */
void slots_sweep(struct turns *turns);
/* Cancel the calls that cancel means. */
void slots_cancel(const struct turns *turns, const struct call *cancel);
/* Do it to every call that is not done. */
void slots_each(const struct turns *turns, void (*act)(struct call *call));

#endif
