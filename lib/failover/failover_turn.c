/* SPDX-License-Identifier: MIT */
/* failover_turn - each turn of the loop: what may begin does, what is said is written, and the end
 * is seen. */
#include "failover/trip.h"
#include "sys/clock.h"
#include "sys/output.h"

enum {
	AHEAD_FACTOR = 4,
	PULSE_MS = 250, /* what was learned is told to the store so often */
	LEAVE_MS = 2000, /* for the program to end by itself */
};

/* --- a reader that is slow --- */

/* The reader is slow: hear nothing more until it has caught up. */
static void
pause_child(struct failover *f)
{
	f->paused = true;
	f->paused_us = failover_now(f);
	coproc_pause(f->child);
}

void
failover_hold_back(struct failover *f)
{
	if (f->paused || f->output_errno || output_waiting(f->output) <= FAILOVER_OUTPUT_HIGH)
		return;
	output_kick(f->output);
	if (output_is_slow(f->output))
		pause_child(f);
}

void
failover_drained(void *user)
{
	struct failover *f = user;
	int64_t us = failover_now(f) - f->paused_us;

	f->paused = false;
	for (struct turn *turn = f->turns.first; turn; turn = turn->next)
		if (!turn->done)
			trip_postpone((struct trip *)turn, us);
	coproc_resume(f->child);
}

/* --- what may begin --- */

static bool
may_start(const struct failover *f)
{
	if (f->signals.number || f->output_errno || f->ending || output_is_slow(f->output) ||
	    coproc_is_slow(f->child))
		return false;
	if ((f->turns.ordered || f->turns.alone) &&
	    (int64_t)f->turns.count / AHEAD_FACTOR >= f->config->jobs)
		return false;
	return (int64_t)f->in_flight < f->config->jobs;
}

/* Both clocks at one moment; taken anew while nobody is on the way, so that the wall's corrections
 * are heeded, and never felt as time that passed. */
void
failover_set_time(struct failover *f)
{
	if (f->in_flight)
		return;
	f->mono_us = clock_mono_us();
	f->wall_us = clock_wall_us();
	if (!f->config->dry_run && !uv_is_active((uv_handle_t *)&f->pulse))
		(void)uv_timer_start(/* fails without a callback */
		    &f->pulse, failover_pulse, PULSE_MS, PULSE_MS);
}

/* Somebody is done: of those who wait for room, who came first goes first, and before all new ones.
 * While the program is not heard nobody goes on: failover_drained comes. */
static void
let_in(struct failover *f)
{
	if (f->paused || !crowd_has_left(f->world.crowd))
		return;
	for (struct turn *turn = f->turns.first; turn; turn = turn->next)
		if (!turn->done)
			trip_make_room((struct trip *)turn);
}

static void
start_lines(struct failover *f)
{
	enum lines_status status;
	struct str line;

	while (may_start(f)) {
		status = intake_next(&f->intake, &line);
		if (status == LINES_MORE)
			return;
		failover_set_time(f);
		if (status == LINES_TOO_LONG)
			trip_begin_overlong(f, f->intake.name, f->intake.lines.number);
		else
			trip_begin(f, line, f->intake.name, f->intake.lines.number);
		failover_hold_back(f);
	}
}

/* --- the end --- */

/* All whom it was to answer are over, and it has not even read what it was sent: another one might.
 */
static void
end_deaf_child(struct failover *f)
{
	if (f->in_flight || f->ending || f->leaving || !coproc_is_slow(f->child))
		return;
	f->ending = true;
	coproc_end(f->child, LEAVE_MS);
}

static bool
is_over(const struct failover *f)
{
	return !f->turns.count && (f->signals.number || f->output_errno || f->intake.over);
}

static void
on_leave(uv_timer_t *timer)
{
	failover_stop(timer->data);
}

/* All is written: the program may end in its own time, within limits. */
static void
leave(struct failover *f)
{
	if (f->leaving)
		return;
	f->leaving = true;
	if (!coproc_is_up(f->child)) {
		failover_stop(f);
		return;
	}
	coproc_resume(f->child);
	coproc_shut(f->child);
	/* fails without a callback */
	(void)uv_timer_start(&f->pulse, on_leave, LEAVE_MS, 0);
}

/* --- a turn --- */

void
failover_turn(uv_prepare_t *handle)
{
	struct failover *f = handle->data;
	size_t before;

	do {
		let_in(f);
		start_lines(f);
		before = f->turns.count;
		turns_sweep(&f->turns, trip_release);
		if (!f->output_errno)
			output_kick(f->output);
	} while (f->turns.count < before && may_start(f) && !f->intake.over);
	if (f->desk)
		store_aside_go(f->desk);
	failover_tell(f);
	failover_show(f);
	coproc_kick(f->child);
	end_deaf_child(f);
	if (!f->paused && output_is_slow(f->output))
		pause_child(f);
	if (is_over(f) && (f->output_errno || !output_waiting(f->output)))
		leave(f);
}
