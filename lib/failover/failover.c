/* SPDX-License-Identifier: MIT */
/* failover - a run: what it is opened with, what may cut it short, and how it ended. */
#include "failover/failover.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/die.h"
#include "failover/trip.h"
#include "policy/guard.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/output.h"

enum { LOG_FD = STDERR_FILENO };

int64_t
failover_now(const struct failover *f)
{
	return f->wall_us + (clock_mono_us() - f->mono_us);
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

void
failover_stop(struct failover *f)
{
	(void)uv_prepare_stop(&f->prepare); /* cannot fail, nor can this */
	(void)uv_timer_stop(&f->pulse);
	signals_quit(&f->signals);
	intake_stop(&f->intake);
	uv_stop(&f->loop);
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
	failover_stop(f);
}

/* --- the run --- */

static void
open_loop(struct failover *f)
{
	static const struct output_events out = { .drained = failover_drained,
		.failed = on_output_failed };
	static const struct signals_events stops = { on_signal, on_late, NULL };
	int rc = uv_loop_init(&f->loop);

	if (rc < 0)
		die(EXIT_SYSTEM, "cannot make an event loop: %s", uv_strerror(rc));
	(void)uv_prepare_init(&f->loop, &f->prepare); /* cannot fail, nor can its start */
	f->prepare.data = f;
	(void)uv_prepare_start(&f->prepare, failover_turn);
	(void)uv_timer_init(&f->loop, &f->pulse); /* nor this */
	f->pulse.data = f;
	signals_open(&f->signals, &f->loop, &stops, f);
	f->output = output_open(&f->loop, f->config->out_fd, FAILOVER_OUTPUT_HIGH, &out, f);
	f->turns.ordered = f->config->ordered;
	f->turns.alone = f->config->live;
	f->turns.output = f->output;
	f->procs = procs_new(&f->loop);
	f->child = coproc_new(&f->loop, f->procs,
	    &(struct coproc_config){
		.argv = f->config->command,
		.env = f->config->env,
		.log_fd = LOG_FD,
		.line = failover_line,
		.down = failover_down,
		.user = f,
	    });
	intake_open(&f->intake, &f->loop, f->config->operands, on_file_failed, f);
}

/* A plan waits for the store: it holds up nobody. */
static void
open_desk(struct failover *f)
{
	const struct failover_config *c = f->config;

	if (!c->store || c->dry_run)
		return;
	f->desk = store_aside_open(&f->loop, c->store, failover_news, f);
	health_set_desk(c->health, f->desk);
	if (c->budgets)
		budgets_set_desk(c->budgets, f->desk);
}

/* After it was waited for. */
static void
close_desk(struct failover *f)
{
	if (!f->desk)
		return;
	health_set_desk(f->config->health, NULL);
	if (f->config->budgets)
		budgets_set_desk(f->config->budgets, NULL);
	store_aside_close(f->desk);
}

static void
open_all(struct failover *f)
{
	const struct failover_config *c = f->config;

	f->paths = relay_paths();
	buf_init(&f->complaints, BUF_UNLIMITED);
	f->holds_output = guard_watches_output(c->policy);
	rand_seed(&f->rand, c->seed);
	f->world = (struct walk_world){
		.policy = c->policy,
		.router = c->router,
		.health = c->health,
		.budgets = c->budgets,
		.retries = retry_budget_new(c->policy->backoff.budget),
		.crowd = crowd_new(),
		.rand = &f->rand,
	};
	open_loop(f);
	open_desk(f);
	failover_set_time(f);
}

/* A signal or a lost reader leaves trips behind: their walks settle what is in flight. */
static void
drop_trips(struct failover *f)
{
	f->turns.ordered = f->turns.alone = false;
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
	close_desk(f);
	(void)uv_run(&f->loop, UV_RUN_DEFAULT); /* closes what is closing */
	if (uv_loop_close(&f->loop) < 0)
		BUG("failover: a handle was left open");
	attempts_release(&f->attempts);
	retry_budget_free(f->world.retries);
	crowd_free(f->world.crowd);
	buf_release(&f->complaints);
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
	if (f->config->text && f->config->metrics_fd == f->config->out_fd)
		metrics_print(&f->metrics, &text);
	else
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
	(void)uv_run(&f.loop, UV_RUN_DEFAULT); /* until failover_stop */
	if (!f.output_errno && !f.gave_up &&
	    !output_flush(f.output, CLOCK_NEVER)) /* it may not have been told yet */
		f.output_errno = errno;
	write_metrics(&f);
	status = exit_status(&f);
	drop_trips(&f);
	if (f.desk)
		store_aside_wait(f.desk);
	if (!config->dry_run)
		failover_tell_store(&f);
	failover_tell_rest(&f);
	close_all(&f);
	return status;
}
