/* SPDX-License-Identifier: MIT */
/* call_program - a call carried by a program that is run for it. */
#include <stdlib.h>

#include "base/mem.h"
#include "call/call_state.h"
#include "call/plan.h"
#include "call/warm_process.h"
#include "llm/program.h"
#include "sys/child.h"
#include "sys/clock.h"

enum { CANCEL_GRACE_MS = 2000 }; /* a run that was told to end has little time left itself */

struct call_program {
	struct call_program *next, **at; /* in the caller's list; at: what points here */
	struct call *call;
	struct plan plan;
	struct program_reader *reader;
	struct child *child; /* NULL: not started, or over */
	struct program_end end;
	uv_timer_t total, quiet; /* the whole run; the first output, then silence between outputs */
	int open_timers;
};

/* --- deadlines --- */

/* End it for that reason; the first one stays. */
static void
stop(struct call_program *run, enum error_kind kind, const char *message)
{
	int64_t grace_ms = run->call->provider->program->grace_ms;

	if (run->end.kind == ERROR_NONE) {
		run->end.kind = kind;
		run->end.message = message;
	}
	if (kind == ERROR_CANCELLED && grace_ms > CANCEL_GRACE_MS)
		grace_ms = CANCEL_GRACE_MS;
	child_end(run->child, grace_ms);
}

static void
on_total(uv_timer_t *timer)
{
	stop(timer->data, ERROR_TIMEOUT, "the program took too long");
}

static void
on_quiet(uv_timer_t *timer)
{
	struct call_program *run = timer->data;

	stop(run, ERROR_TIMEOUT,
	    run->call->first_us ? "the program was silent for too long"
				: "the program said nothing in time");
}

/* ms: 0 is for ever. */
static void
set_timer(uv_timer_t *timer, uv_timer_cb fn, int64_t ms)
{
	if (ms > 0)
		(void)uv_timer_start(timer, fn, (uint64_t)ms, 0); /* fails without a callback */
	else
		(void)uv_timer_stop(timer); /* never fails */
}

/* Programs work in silence for as long as it takes: only who asks for these deadlines has them. */
static void
heard(struct call_program *run)
{
	struct call *c = run->call;

	if (!c->first_us && c->answer.output_seen)
		c->first_us = clock_mono_us();
	if (c->first_us)
		set_timer(&run->quiet, on_quiet, c->request.options.idle_timeout_ms);
}

static void
open_timer(struct call_program *run, uv_timer_t *timer)
{
	(void)uv_timer_init(run->call->caller->loop, timer); /* cannot fail */
	timer->data = run;
	run->open_timers++;
}

static void
start_timers(struct call_program *run)
{
	const struct request_options *o = &run->call->request.options;

	open_timer(run, &run->total);
	open_timer(run, &run->quiet);
	uv_update_time(run->call->caller->loop); /* it may lag by as long as a turn takes */
	set_timer(&run->total, on_total, o->timeout_ms > 0 ? o->timeout_ms : CALL_TOTAL_MS);
	set_timer(&run->quiet, on_quiet, o->ttft_timeout_ms);
}

static void
free_when_closed(uv_handle_t *timer)
{
	struct call_program *run = timer->data;

	if (--run->open_timers == 0)
		free(run);
}

/* --- what is heard --- */

static void
on_out(void *user, const char *p, size_t n)
{
	struct call_program *run = user;
	struct call *c = run->call;

	if (c->caller->config->keep_raw)
		buf_add(&c->raw, p, n);
	if (run->end.kind != ERROR_NONE)
		return;
	if (!program_reader_feed(run->reader, p, n))
		child_end(run->child, c->provider->program->grace_ms);
	heard(run);
}

static void
on_err(void *user, const char *p, size_t n)
{
	struct call_program *run = user;

	program_reader_complain(run->reader, p, n);
}

/* Its own part is over; what the answer needs is in the answer. */
static void
dispose(struct call_program *run)
{
	*run->at = run->next;
	if (run->next)
		run->next->at = run->at;
	program_reader_free(run->reader);
	plan_clear(&run->plan);
	run->call->program = NULL;
	uv_close((uv_handle_t *)&run->total, free_when_closed);
	uv_close((uv_handle_t *)&run->quiet, free_when_closed);
}

static void
on_over(void *user, const struct proc_exit *how)
{
	struct call_program *run = user;
	struct call *c = run->call;
	struct buf report = BUF_INIT(PLAN_REPORT_MAX);

	run->child = NULL;
	run->end.status = how->status;
	run->end.signal = how->signal;
	plan_read_report(&run->plan, &report);
	run->end.report = buf_str(&report);
	c->end_us = clock_mono_us();
	program_reader_end(run->reader, &run->end);
	buf_release(&report);
	dispose(run);
	if (!call_cost_start(c))
		call_carried(c);
}

/* --- the run --- */

/* The program can't be had: that is this call's failure, and no other's. */
enum error_kind
call_program_kind(const struct err *err)
{
	switch (err->code) {
	case EXIT_NOTFOUND:
		return ERROR_NOT_FOUND;
	case EXIT_NOEXEC:
		return ERROR_PERMISSION;
	case EXIT_SYSTEM:
		return ERROR_OVERLOADED;
	default:
		return ERROR_INVALID_REQUEST;
	}
}

static int
run_it(struct call_program *run, struct json plan, struct err *err)
{
	static const struct child_events on = { .out = on_out, .err = on_err, .over = on_over };
	struct call *c = run->call;
	struct caller *caller = c->caller;
	struct child_spec spec = { .reads = json_exists(json_get(plan, "stdin")) };

	if (plan_lay(&run->plan, plan, c->scratch, caller->config->environment, err) < 0)
		return -1;
	spec.argv = (const char *const *)run->plan.argv;
	spec.env = run->plan.env;
	spec.cwd = run->plan.cwd;
	run->child = child_start(caller_procs(caller), caller->loop, &spec, &on, run, err);
	if (!run->child)
		return -1;
	child_write(run->child, buf_str(&run->plan.input));
	child_close_input(run->child);
	return 0;
}

static void
enlist(struct call_program *run)
{
	struct caller *caller = run->call->caller;

	run->at = &caller->programs;
	run->next = caller->programs;
	if (run->next)
		run->next->at = &run->next;
	caller->programs = run;
}

static void
start(struct call *c)
{
	struct call_program *run = xcalloc(1, sizeof *run);
	struct err err = ERR_INIT;
	struct json plan;
	int rc;

	run->call = c;
	run->plan.input = (struct buf)BUF_INIT(0);
	rc = json_parse(c->wire.body.p, c->wire.body.len, &plan, &err);
	if (rc == 0)
		rc = run_it(run, plan, &err);
	if (rc < 0) {
		answer_fail(&c->answer, call_program_kind(&err), "%s", err.text);
		plan_clear(&run->plan);
		free(run);
		call_carried(c);
		return;
	}
	c->sent_us = c->start_us;
	(void)json_i64(json_get(plan, "tokensIn"), &run->end.prompt_tokens);
	enlist(run);
	c->program = run;
	run->reader = program_reader_new(c->provider->program, &c->answer);
	start_timers(run);
}

static void
cancel(struct call *c)
{
	if (c->program)
		stop(c->program, ERROR_CANCELLED, "cancelled");
	call_cost_cancel(c);
}

static void
pause_reading(struct call *c)
{
	if (!c->program)
		return;
	child_pause(c->program->child);
	(void)uv_timer_stop(&c->program->quiet); /* it is we who are silent; never fails */
}

static void
resume_reading(struct call *c)
{
	if (!c->program)
		return;
	child_resume(c->program->child);
	heard(c->program);
}

void
call_program_kill(struct caller *caller)
{
	if (!caller->procs)
		return;
	procs_kill(caller->procs); /* first, so that no one litters any more */
	for (struct call_program *run = caller->programs; run; run = run->next)
		plan_clear(&run->plan);
	for (struct warm_process *p = caller->warm; p; p = p->next)
		plan_clear(&p->plan);
}

void
call_program_free_all(struct caller *caller)
{
	while (caller->programs) {
		struct call_program *run = caller->programs;

		child_abandon(run->child);
		dispose(run);
	}
	if (caller->procs)
		procs_free(caller->procs);
}

const struct carrier call_program = {
	.start = start,
	.cancel = cancel,
	.pause = pause_reading,
	.resume = resume_reading,
};
