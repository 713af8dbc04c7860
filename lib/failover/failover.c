/* SPDX-License-Identifier: MIT */
/* failover - the loop: lines in, the program's lines in between, lines out. */
#include "failover/failover.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/die.h"
#include "base/mem.h"
#include "failover/trip.h"
#include "policy/guard.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/output.h"

enum {
	AHEAD_FACTOR = 4,
	OUTPUT_HIGH = 256 << 10,
	PULSE_MS = 250, /* what was learned is told to the store so often */
	LOG_FD = STDERR_FILENO,
	LEAVE_MS = 2000, /* for the program to end by itself */
};

int64_t
failover_now(const struct failover *f)
{
	return f->wall_us + (clock_mono_us() - f->mono_us);
}

void
failover_complain(const struct failover *f, const char *text)
{
	if (f->config->complain)
		f->config->complain(text);
}

void
failover_count(struct failover *f, enum error_kind kind)
{
	if (kind == ERROR_NONE)
		return;
	f->failed++;
	f->failed_retryable += error_kind_is_retryable(kind);
	f->failed_refused += error_kind_is_refusal(kind);
}

/* --- what the program says --- */

/* The reader is slow: hear nothing more until it has caught up. */
static void
pause_child(struct failover *f)
{
	f->paused = true;
	f->paused_us = failover_now(f);
	coproc_pause(f->child);
}

static void
hold_back(struct failover *f)
{
	if (f->paused || f->output_errno || output_waiting(f->output) <= OUTPUT_HIGH)
		return;
	output_kick(f->output);
	if (output_is_slow(f->output))
		pause_child(f);
}

static void
on_line(void *user, struct str line)
{
	struct failover *f = user;
	struct attempt *a;
	struct relayed r;
	struct err err = ERR_INIT;
	char *text;

	if (!relay_read(f->paths, line, &r, &err)) {
		if (err.code && !f->told_garbage) {
			text = xasprintf(
			    "%s wrote what is no record: %s", f->config->command[0], err.text);
			failover_complain(f, text);
			free(text);
			f->told_garbage = true;
		}
		return; /* whose answer it was to be is not known: that one's time will be over */
	}
	a = attempts_find(&f->attempts, r.id);
	if (!a || json_exists(a->response))
		return; /* of one that was let go of, or that has had its answer */
	if (r.kind == RELAY_RESPONSE)
		trip_response(a, &r);
	else
		trip_chunk(a, &r);
	hold_back(f);
}

static void
stop_loop(struct failover *f)
{
	(void)uv_prepare_stop(&f->prepare); /* cannot fail, nor can this */
	(void)uv_timer_stop(&f->pulse);
	signals_quit(&f->signals);
	intake_stop(&f->intake);
	uv_stop(&f->loop);
}

/* What it had not answered by now it never will. Those that are sent meanwhile go to its successor.
 */
static void
on_down(void *user, const char *why)
{
	struct failover *f = user;
	size_t n = f->attempts.count, lost = 0;
	struct {
		struct attempt *attempt;
		uint64_t use;
	} * all;

	f->ending = false;
	if (f->leaving) {
		stop_loop(f);
		return;
	}
	all = xcalloc(n + 1, sizeof *all);
	for (size_t i = 0; i < n; i++) {
		if (!f->attempts.items[i]->trip)
			continue;
		all[lost].attempt = f->attempts.items[i];
		all[lost++].use = f->attempts.items[i]->use;
	}
	for (size_t i = 0; i < lost; i++)
		if (all[i].attempt->trip && all[i].attempt->use == all[i].use)
			trip_lose(all[i].attempt, why);
	free(all);
}

/* --- the store --- */

/* Where the store fails, that is told once; what it means differs. */
static void
tell_store(struct failover *f)
{
	const struct err *err;
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	if (!f->told_health && (err = health_error(f->config->health))) {
		buf_addf(&text, "%s: breakers are this process's own", err->text);
		failover_complain(f, text.p);
		f->told_health = true;
	}
	buf_reset(&text);
	if (f->config->budgets && !f->told_budgets && (err = budgets_error(f->config->budgets))) {
		buf_addf(&text, "%s: budgets can't be kept", err->text);
		failover_complain(f, text.p);
		f->told_budgets = true;
	}
	buf_release(&text);
}

static void
tell_health(struct failover *f)
{
	struct err err = ERR_INIT;

	if (health_flush(f->config->health, failover_now(f), &err) < 0 && !f->told_health) {
		(void)err_wrap(&err, "breakers are this process's own");
		failover_complain(f, err.text);
		f->told_health = true;
	}
	if (f->config->budgets)
		budgets_renew(f->config->budgets, failover_now(f));
	tell_store(f);
}

static void
on_pulse(uv_timer_t *timer)
{
	struct failover *f = timer->data;

	tell_health(f);
	if (!f->in_flight)
		(void)uv_timer_stop(timer); /* cannot fail; it begins with the next request */
}

/* --- what is started --- */

static bool
may_start(const struct failover *f)
{
	if (f->signals.number || f->output_errno || f->ending || output_is_slow(f->output) ||
	    coproc_is_slow(f->child))
		return false;
	if (f->config->ordered && (int64_t)f->turns.count / AHEAD_FACTOR >= f->config->jobs)
		return false;
	return (int64_t)f->in_flight < f->config->jobs;
}

/* Both clocks at one moment; taken anew while nobody is on the way, so that the wall's corrections
 * are heeded, and never felt as time that passed. */
static void
set_time(struct failover *f)
{
	if (f->in_flight)
		return;
	f->mono_us = clock_mono_us();
	f->wall_us = clock_wall_us();
	if (!f->config->dry_run && !uv_is_active((uv_handle_t *)&f->pulse))
		(void)uv_timer_start(/* fails without a callback */
		    &f->pulse, on_pulse, PULSE_MS, PULSE_MS);
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
		set_time(f);
		if (status == LINES_TOO_LONG)
			trip_begin_overlong(f, f->intake.name, f->intake.lines.number);
		else
			trip_begin(f, line, f->intake.name, f->intake.lines.number);
		hold_back(f);
	}
}

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
	stop_loop(timer->data);
}

/* All is written: the program may end in its own time, within limits. */
static void
leave(struct failover *f)
{
	if (f->leaving)
		return;
	f->leaving = true;
	if (!coproc_is_up(f->child)) {
		stop_loop(f);
		return;
	}
	coproc_resume(f->child);
	coproc_shut(f->child);
	/* fails without a callback */
	(void)uv_timer_start(&f->pulse, on_leave, LEAVE_MS, 0);
}

static void
on_turn(uv_prepare_t *handle)
{
	struct failover *f = handle->data;
	size_t before;

	do {
		start_lines(f);
		before = f->turns.count;
		turns_sweep(&f->turns, trip_release);
		if (!f->output_errno)
			output_kick(f->output);
	} while (f->turns.count < before && may_start(f) && !f->intake.over);
	coproc_kick(f->child);
	end_deaf_child(f);
	if (!f->paused && output_is_slow(f->output))
		pause_child(f);
	if (is_over(f) && (f->output_errno || !output_waiting(f->output)))
		leave(f);
}

/* --- what happens --- */

static void
cancel_all(struct failover *f)
{
	intake_stop(&f->intake);
	for (struct turn *turn = f->turns.first; turn; turn = turn->next)
		if (!turn->done)
			trip_cancel((struct trip *)turn);
}

static void
on_drained(void *user)
{
	struct failover *f = user;
	int64_t us = failover_now(f) - f->paused_us;

	f->paused = false;
	for (struct turn *turn = f->turns.first; turn; turn = turn->next)
		if (!turn->done)
			trip_postpone((struct trip *)turn, us);
	coproc_resume(f->child);
}

static void
on_output_failed(void *user, int errnum)
{
	struct failover *f = user;

	f->output_errno = errnum;
	cancel_all(f);
}

static void
on_file_failed(void *user, const struct err *err)
{
	struct failover *f = user;

	if (f->err->code)
		failover_complain(f, err->text);
	else
		*f->err = *err;
}

static void
on_signal(void *user)
{
	cancel_all(user);
}

static void
on_late(void *user)
{
	struct failover *f = user;

	f->gave_up = true;
	stop_loop(f);
}

static void
on_second_signal(void *user)
{
	struct failover *f = user;

	procs_kill(f->procs);
}

/* --- the run --- */

static void
open_loop(struct failover *f)
{
	static const struct output_events out = { .drained = on_drained,
		.failed = on_output_failed };
	static const struct signals_events stops = { on_signal, on_late, on_second_signal };
	int rc = uv_loop_init(&f->loop);

	if (rc < 0)
		die(EXIT_SYSTEM, "cannot make an event loop: %s", uv_strerror(rc));
	(void)uv_prepare_init(&f->loop, &f->prepare); /* cannot fail, nor can its start */
	f->prepare.data = f;
	(void)uv_prepare_start(&f->prepare, on_turn);
	(void)uv_timer_init(&f->loop, &f->pulse); /* nor this */
	f->pulse.data = f;
	signals_open(&f->signals, &f->loop, &stops, f);
	f->output = output_open(&f->loop, f->config->out_fd, OUTPUT_HIGH, &out, f);
	f->turns.ordered = f->config->ordered;
	f->turns.output = f->output;
	f->procs = procs_new(&f->loop);
	f->child = coproc_new(&f->loop, f->procs,
	    &(struct coproc_config){
		.argv = f->config->command,
		.env = f->config->env,
		.log_fd = LOG_FD,
		.line = on_line,
		.down = on_down,
		.user = f,
	    });
	intake_open(&f->intake, &f->loop, f->config->operands, on_file_failed, f);
}

static void
open_all(struct failover *f)
{
	const struct failover_config *c = f->config;

	f->paths = relay_paths();
	f->holds_output = guard_watches_output(c->policy);
	rand_seed(&f->rand, c->seed);
	f->world = (struct walk_world){
		.policy = c->policy,
		.router = c->router,
		.health = c->health,
		.budgets = c->budgets,
		.retries = retry_budget_new(c->policy->backoff.budget),
		.rand = &f->rand,
	};
	open_loop(f);
	set_time(f);
}

/* A signal or a lost reader leaves trips behind: their walks settle what is in flight. */
static void
drop_trips(struct failover *f)
{
	f->turns.ordered = false;
	for (struct turn *turn = f->turns.first; turn; turn = turn->next)
		if (!turn->done)
			trip_cancel((struct trip *)turn);
	turns_sweep(&f->turns, trip_release);
}

static void
close_all(struct failover *f)
{
	drop_trips(f);
	coproc_free(f->child);
	procs_free(f->procs);
	intake_close(&f->intake);
	output_close(f->output);
	uv_close((uv_handle_t *)&f->prepare, NULL);
	uv_close((uv_handle_t *)&f->pulse, NULL);
	signals_close(&f->signals);
	(void)uv_run(&f->loop, UV_RUN_DEFAULT); /* closes what is closing */
	if (uv_loop_close(&f->loop) < 0)
		BUG("failover: a handle was left open");
	attempts_release(&f->attempts);
	retry_budget_free(f->world.retries);
	json_paths_free(f->paths);
}

static int
exit_status(const struct failover *f)
{
	if (f->output_errno == EPIPE)
		return EXIT_SIGNAL + SIGPIPE;
	if (f->output_errno) {
		err_sys(f->err, f->output_errno, "cannot write standard output");
		return EXIT_IO;
	}
	if (f->signals.number)
		return EXIT_SIGNAL + f->signals.number;
	if (f->err->code)
		return (int)f->err->code;
	if (f->broken.code) {
		*f->err = f->broken;
		return (int)f->broken.code;
	}
	if (!f->failed)
		return EXIT_OK;
	if (f->failed == f->failed_retryable)
		return EXIT_RETRY;
	return f->failed == f->failed_refused ? EXIT_REFUSED : EXIT_NO;
}

static void
write_metrics(struct failover *f)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	if (f->config->metrics_fd < 0 || f->gave_up)
		return;
	metrics_write(&f->metrics, &text);
	if (f->config->metrics_fd == f->config->out_fd && f->output_errno)
		buf_reset(&text);
	if (file_write_all(f->config->metrics_fd, text.p, text.len) < 0 && !f->err->code)
		err_sys(f->err, errno, "cannot write the metrics");
	buf_release(&text);
}

int
failover_run(const struct failover_config *config, struct err *err)
{
	struct failover f = { .config = config, .err = err };
	int status;

	open_all(&f);
	(void)uv_run(&f.loop, UV_RUN_DEFAULT); /* until stop_loop */
	if (!f.output_errno && !f.gave_up &&
	    !output_flush(f.output, CLOCK_NEVER)) /* it may not have been told yet */
		f.output_errno = errno;
	write_metrics(&f);
	status = exit_status(&f);
	drop_trips(&f);
	if (!config->dry_run)
		tell_health(&f);
	close_all(&f);
	return status;
}
