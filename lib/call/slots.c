/* SPDX-License-Identifier: MIT */
/* slots - the calls that were started and not yet written whole, in the order of the input. */
#include "call/slots.h"

#include <stdlib.h>

#include "base/mem.h"
#include "call/call.h"

static struct slot *
slot_of(struct turn *turn)
{
	return (struct slot *)turn;
}

struct slot *
slots_add(struct turns *turns, struct call *call)
{
	struct slot *slot = xcalloc(1, sizeof *slot);

	slot->call = call;
	turns_add(turns, &slot->turn);
	call_set_user(call, slot);
	return slot;
}

void
slots_done(struct turns *turns, struct slot *slot)
{
	call_free(slot->call);
	slot->call = NULL;
	turns_done(turns, &slot->turn);
}

static void
release(struct turn *turn)
{
	free(slot_of(turn));
}

void
slots_sweep(struct turns *turns)
{
	turns_sweep(turns, release);
}

void
slots_cancel(const struct turns *turns, const struct call *cancel)
{
	for (struct turn *t = turns->first; t; t = t->next)
		if (slot_of(t)->call && call_is_meant(slot_of(t)->call, cancel))
			call_cancel(slot_of(t)->call);
}

void
slots_each(const struct turns *turns, void (*act)(struct call *call))
{
	for (struct turn *t = turns->first; t; t = t->next)
		if (slot_of(t)->call)
			act(slot_of(t)->call);
}
