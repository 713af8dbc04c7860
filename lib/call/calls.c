/* SPDX-License-Identifier: MIT */
/* calls - a run: what it is opened with, what may cut it short, and how it ended. */
#include "call/calls.h"

#include <errno.h>
#include <signal.h>

#include "base/die.h"
#include "call/calls_state.h"
#include "sys/clock.h"

enum { TICK_MS = 250 };

/* --- what happens --- */

static void
on_tick(uv_timer_t *ticker)
{
	(void)ticker; /* the loop turns, and that shows it */
}

static void
on_input(void *user, const char *p, long n, int errnum)
{
	struct calls *s = user;

	if (n > 0) {
		buf_reset(&s->block);
		buf_add(&s->block, p, (size_t)n);
		lines_push(&s->lines, s->block.p, s->block.len);
		input_stop(s->input);
	} else {
		if (n < 0)
			err_sys(s->err, errnum, "cannot read standard input");
		input_close(s->input);
		s->input = NULL;
		s->input_over = true;
	}
	s->block_us = clock_mono_us();
	s->block_used = false;
}

static void
on_drained(void *user)
{
	struct calls *s = user;

	s->paused = false;
	slots_each(&s->slots, call_resume);
}

static void
cancel_all(struct calls *s)
{
	if (s->input)
		input_close(s->input);
	s->input = NULL;
	slots_each(&s->slots, call_cancel);
}

static void
on_output_failed(void *user, int errnum)
{
	struct calls *s = user;

	s->output_errno = errnum;
	cancel_all(s);
}

static void
on_stop(void *user)
{
	cancel_all(user);
}

static void
on_late(void *user)
{
	struct calls *s = user;

	s->gave_up = true;
	calls_stop(s);
}

static void
on_stop_now(void *user)
{
	struct calls *s = user;

	caller_kill(s->caller);
}

/* --- the run --- */

static void
open_all(struct calls *s)
{
	static const struct output_events out = { .drained = on_drained,
		.failed = on_output_failed };
	static const struct signals_events stops = { on_stop, on_late, on_stop_now };
	static const struct call_events events = {
		.delta = calls_delta, .restart = calls_restart, .done = calls_done
	};
	int rc = uv_loop_init(&s->loop);

	if (rc < 0)
		die(EXIT_SYSTEM, "cannot make an event loop: %s", uv_strerror(rc));
	(void)uv_prepare_init(&s->loop, &s->turn); /* cannot fail, nor can its start */
	s->turn.data = s;
	(void)uv_prepare_start(&s->turn, calls_turn);
	(void)uv_timer_init(&s->loop, &s->ticker); /* nor this */
	if (s->config->progress)
		(void)uv_timer_start(/* fails without a callback */
		    &s->ticker, on_tick, TICK_MS, TICK_MS);
	signals_open(&s->signals, &s->loop, &stops, s);
	s->output = output_open(&s->loop, s->config->out_fd, CALLS_OUTPUT_HIGH, &out, s);
	s->slots.ordered = s->config->ordered;
	s->slots.output = s->output;
	s->lanes = lanes_new(&s->loop,
	    &(struct pace_limits){
		.max = s->config->jobs,
		.requests_per_s = s->config->requests_per_s,
		.tokens_per_s = s->config->tokens_per_s,
	    },
	    calls_go, s);
	s->caller = caller_new(&s->loop, s->config->call, &events, s);
	lines_init(&s->lines, NDJSON_LINE_MAX);
	buf_init(&s->block, BUF_UNLIMITED);
	gather_init(&s->gather, s->config->gather, s->config->gather_bytes);
	s->block_used = true;
	if (s->config->line.p) {
		s->input_over = true;
		s->block_us = clock_mono_us();
		if (s->gather.most) {
			lines_push(&s->lines, s->config->line.p, s->config->line.len);
			s->block_used = false;
		} else {
			calls_start_line(s, s->config->line, 1);
		}
	} else {
		s->input = input_open(&s->loop, s->config->in_fd, on_input, s);
		input_start(s->input);
	}
}

static void
close_all(struct calls *s)
{
	caller_free(s->caller);
	lanes_free(s->lanes);
	if (s->input)
		input_close(s->input);
	output_close(s->output);
	uv_close((uv_handle_t *)&s->turn, NULL);
	uv_close((uv_handle_t *)&s->ticker, NULL);
	signals_close(&s->signals);
	(void)uv_run(&s->loop, UV_RUN_DEFAULT); /* closes what is closing */
	if (uv_loop_close(&s->loop) < 0)
		BUG("calls: a handle was left open");
	lines_release(&s->lines);
	buf_release(&s->block);
	gather_release(&s->gather);
}

static int
exit_status(const struct calls *s)
{
	if (s->output_errno == EPIPE)
		return EXIT_SIGNAL + SIGPIPE;
	if (s->output_errno) {
		err_sys(s->err, s->output_errno, "cannot write standard output");
		return EXIT_IO;
	}
	if (s->signals.number)
		return EXIT_SIGNAL + s->signals.number;
	if (caller_tape_error(s->caller)) {
		*s->err = *caller_tape_error(s->caller);
		return EXIT_IO;
	}
	if (s->err->code)
		return (int)s->err->code;
	if (!s->failed)
		return EXIT_OK;
	if (s->failed == s->failed_retryable)
		return EXIT_RETRY;
	return s->failed == s->failed_refused ? EXIT_REFUSED : EXIT_NO;
}

int
calls_run(const struct calls_config *config, struct err *err)
{
	struct calls s = { .config = config, .err = err };
	int status;

	open_all(&s);
	(void)uv_run(&s.loop, UV_RUN_DEFAULT); /* until calls_stop */
	if (!s.output_errno && !s.gave_up &&
	    !output_flush(s.output, CLOCK_NEVER)) /* it may not have been told yet */
		s.output_errno = errno;
	status = exit_status(&s);
	close_all(&s);
	return status;
}
