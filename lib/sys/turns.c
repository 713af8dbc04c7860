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

struct turn *
turns_speaker(const struct turns *t)
{
	return t->ordered ? t->first : t->alone ? t->speaker : NULL;
}

struct buf *
turns_out(const struct turns *t, struct turn *turn)
{
	bool waits = (t->ordered || t->alone) && turn != turns_speaker(t);

	return waits ? &turn->held : output_buf(t->output);
}

void
turns_done(struct turns *t, struct turn *turn)
{
	turn->done = true;
	t->done++;
}

static void
say_held(const struct turns *t, struct turn *turn)
{
	if (!turn->held.len)
		return;
	buf_addstr(output_buf(t->output), buf_str(&turn->held));
	buf_release(&turn->held);
}

static void
sweep_ordered(struct turns *t, void (*release)(struct turn *turn))
{
	while (t->first) {
		say_held(t, t->first);
		if (!t->first->done)
			break;
		drop(t, t->first, release);
	}
}

static void
sweep_alone(struct turns *t, void (*release)(struct turn *turn))
{
	struct turn *turn, *next;

	if (t->speaker && t->speaker->done)
		t->speaker = NULL;
	for (turn = t->done ? t->first : NULL; turn; turn = next) {
		next = turn->next;
		if (!turn->done || (t->speaker && turn->held.len))
			continue;
		say_held(t, turn);
		drop(t, turn, release);
	}
	for (turn = t->first; turn && !t->speaker; turn = turn->next)
		if (turn->held.len)
			t->speaker = turn;
	if (t->speaker)
		say_held(t, t->speaker);
}

void
turns_sweep(struct turns *t, void (*release)(struct turn *turn))
{
	struct turn *turn, *next;

	if (t->ordered) {
		sweep_ordered(t, release);
		return;
	}
	if (t->alone) {
		sweep_alone(t, release);
		return;
	}
	for (turn = t->done ? t->first : NULL; turn; turn = next) {
		next = turn->next;
		if (turn->done)
			drop(t, turn, release);
	}
}
