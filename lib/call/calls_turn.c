/* SPDX-License-Identifier: MIT */
/* calls_turn - each turn of the loop: what may begin does, what is said is written, and the end is
 * seen. */
#include <stddef.h>

#include "call/calls_state.h"
#include "cli/progress.h"
#include "sys/clock.h"

enum { AHEAD_FACTOR = 4 };

static void
start_slot(struct calls *s, struct slot *slot)
{
	s->in_flight++;
	call_start(slot->call, slot->read_us);
}

void
calls_go(void *user, struct lane_place *place)
{
	start_slot(user, (struct slot *)((char *)place - offsetof(struct slot, place)));
}

/* What a request will take: its line at four bytes a token. */
static void
enter_lane(struct calls *s, struct slot *slot, size_t bytes)
{
	slot->read_us = s->block_us;
	if (lanes_enter(s->lanes, &slot->place, call_provider(slot->call), (int64_t)bytes / 4,
		clock_mono_us()))
		start_slot(s, slot);
}

void
calls_start_line(struct calls *s, struct str line, uint64_t number)
{
	struct call *call = call_new(s->caller, line, (int64_t)number);

	if (!call_is_cancel(call)) {
		enter_lane(s, slots_add(&s->slots, call), line.len);
		return;
	}
	slots_cancel(&s->slots, call);
	call_free(call);
}

static void
start_gathered(struct calls *s)
{
	struct gather *g = &s->gather;
	struct str lines = buf_str(&g->lines);

	enter_lane(s, slots_add(&s->slots, call_new_batch(s->caller, lines, g->numbers, g->count)),
	    lines.len);
	gather_clear(g);
}

/* A line that makes too many starts those before it. */
static void
take_line(struct calls *s, struct str line, uint64_t number)
{
	if (!s->gather.most) {
		calls_start_line(s, line, number);
		return;
	}
	if (!gather_takes(&s->gather, line.len))
		start_gathered(s);
	gather_add(&s->gather, line, (int64_t)number);
	if (s->gather.count == s->gather.most)
		start_gathered(s);
}

/* Those gathered came before it. */
static void
line_too_long(struct calls *s, uint64_t number)
{
	struct slot *slot;

	if (s->gather.count)
		start_gathered(s);
	slot = slots_add(
	    &s->slots, call_new_bad(s->caller, (int64_t)number, "the line is longer than 64 MiB"));
	enter_lane(s, slot, 0);
}

static void
start_waiting(struct calls *s)
{
	if (!s->paused && lanes_waiting(s->lanes))
		lanes_serve(s->lanes, clock_mono_us());
}

static bool
may_start(const struct calls *s)
{
	if (s->signals.number || s->output_errno || output_is_slow(s->output))
		return false;
	if (s->config->ordered && (int64_t)s->slots.count / AHEAD_FACTOR >= s->config->jobs)
		return false;
	if ((int64_t)lanes_waiting(s->lanes) / AHEAD_FACTOR >= s->config->jobs)
		return false;
	return (int64_t)s->in_flight < s->config->jobs;
}

void
calls_start_lines(struct calls *s)
{
	enum lines_status status;
	struct str line;

	if (s->starting) /* a call that failed at once: the loop below goes on */
		return;
	s->starting = true;
	while (!s->block_used && may_start(s)) {
		status = lines_next(&s->lines, &line);
		if (status == LINES_MORE && s->input_over)
			status = lines_end(&s->lines, &line);
		if (status == LINES_LINE)
			take_line(s, line, s->lines.number);
		else if (status == LINES_TOO_LONG)
			line_too_long(s, s->lines.number);
		else
			s->block_used = true;
	}
	/* who gathers does not wait for more while there is nothing else to wait for */
	if (s->gather.count && s->block_used && (s->input_over || !s->in_flight) && may_start(s))
		start_gathered(s);
	s->starting = false;
	if (s->block_used && s->input)
		input_start(s->input);
}

/* --- a turn --- */

static bool
is_over(const struct calls *s)
{
	if (s->slots.count)
		return false;
	return s->signals.number || s->output_errno ||
	       (s->input_over && s->block_used && !s->gather.count);
}

static void
show(struct calls *s)
{
	struct progress_count count = { .done = s->done, .failed = s->failed };

	if (s->config->progress)
		progress_update(s->config->progress, count, clock_mono_us());
}

void
calls_stop(struct calls *s)
{
	(void)uv_timer_stop(&s->ticker); /* cannot fail */
	(void)uv_prepare_stop(&s->turn); /* cannot fail */
	signals_quit(&s->signals);
	if (s->input)
		input_stop(s->input);
	uv_stop(&s->loop);
}

void
calls_turn(uv_prepare_t *handle)
{
	struct calls *s = handle->data;

	do {
		start_waiting(s);
		calls_start_lines(s);
		start_waiting(s); /* a line that has to wait needs a timer */
		slots_sweep(&s->slots);
		if (!s->output_errno)
			output_kick(s->output);
	} while (!s->block_used && may_start(s)); /* the sweep, or the kick, made room */
	show(s);
	if (!s->paused && output_is_slow(s->output))
		calls_pause(s);
	if (is_over(s) && (s->output_errno || !output_waiting(s->output)))
		calls_stop(s);
}
