/* SPDX-License-Identifier: MIT */
/* slots - the calls that were started and not yet written whole, in the order of the input. */
#include "call/slots.h"

#include <stdlib.h>

#include "base/mem.h"
#include "call/call.h"
#include "sys/output.h"

struct slot *
slots_add(struct slots *s, struct call *call)
{
	struct slot *slot = xcalloc(1, sizeof *slot);

	slot->call = call;
	buf_init(&slot->held, BUF_UNLIMITED);
	slot->prev = s->last;
	*(s->last ? &s->last->next : &s->first) = slot;
	s->last = slot;
	s->count++;
	call_set_user(call, slot);
	return slot;
}

static void
drop(struct slots *s, struct slot *slot)
{
	*(slot->prev ? &slot->prev->next : &s->first) = slot->next;
	*(slot->next ? &slot->next->prev : &s->last) = slot->prev;
	s->count--;
	s->done--;
	buf_release(&slot->held);
	free(slot);
}

struct buf *
slots_out(const struct slots *s, struct slot *slot)
{
	return s->ordered && slot != s->first ? &slot->held : output_buf(s->output);
}

void
slots_done(struct slots *s, struct slot *slot)
{
	call_free(slot->call);
	slot->call = NULL;
	s->done++;
}

void
slots_sweep(struct slots *s)
{
	struct slot *slot, *next;

	if (!s->done && !s->ordered)
		return;
	for (slot = s->first; slot; slot = next) {
		next = slot->next;
		if (s->ordered && slot->held.len) {
			buf_addstr(output_buf(s->output), buf_str(&slot->held));
			buf_release(&slot->held);
		}
		if (!slot->call)
			drop(s, slot);
		else if (s->ordered)
			break;
	}
}

void
slots_each(struct slots *s, void (*act)(struct call *call))
{
	for (struct slot *slot = s->first; slot; slot = slot->next)
		if (slot->call)
			act(slot->call);
}

void
slots_cancel(struct slots *s, const struct call *cancel)
{
	for (struct slot *slot = s->first; slot; slot = slot->next)
		if (slot->call && call_is_meant(slot->call, cancel))
			call_cancel(slot->call);
}
