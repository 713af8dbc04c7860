/* SPDX-License-Identifier: MIT */
/* turns - one output for many who answer at the same time. */
#include "sys/turns.h"

#include "sys/output.h"

void
turns_add(struct turns *t, struct turn *turn)
{
	buf_init(&turn->held, BUF_UNLIMITED);
	turn->done = false;
	turn->next = NULL;
	turn->prev = t->last;
	*(t->last ? &t->last->next : &t->first) = turn;
	t->last = turn;
	t->count++;
}

static void
drop(struct turns *t, struct turn *turn, void (*release)(struct turn *turn))
{
	*(turn->prev ? &turn->prev->next : &t->first) = turn->next;
	*(turn->next ? &turn->next->prev : &t->last) = turn->prev;
	t->count--;
	t->done--;
	buf_release(&turn->held);
	release(turn);
}

struct buf *
turns_out(const struct turns *t, struct turn *turn)
{
	return t->ordered && turn != t->first ? &turn->held : output_buf(t->output);
}

void
turns_done(struct turns *t, struct turn *turn)
{
	turn->done = true;
	t->done++;
}

void
turns_sweep(struct turns *t, void (*release)(struct turn *turn))
{
	struct turn *turn, *next;

	if (!t->done && !t->ordered)
		return;
	for (turn = t->first; turn; turn = next) {
		next = turn->next;
		if (t->ordered && turn->held.len) {
			buf_addstr(output_buf(t->output), buf_str(&turn->held));
			buf_release(&turn->held);
		}
		if (turn->done)
			drop(t, turn, release);
		else if (t->ordered)
			break;
	}
}
