/* SPDX-License-Identifier: MIT */
/* calls - requests in, responses out. */
#include "call/calls.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>
#include <uv.h>

#include "base/die.h"
#include "call/gather.h"
#include "call/slots.h"
#include "cli/progress.h"
#include "json/ndjson.h"
#include "llm/text.h"
#include "net/secret.h"
#include "sys/clock.h"
#include "sys/input.h"
#include "sys/output.h"
#include "sys/signals.h"

enum { AHEAD_FACTOR = 4, OUTPUT_HIGH = 256 << 10, TICK_MS = 250 };

struct calls {
	const struct calls_config *config;
	struct err *err;
	uv_loop_t loop;
	uv_prepare_t turn; /* before the loop sleeps: start what can be, write what there is */
	uv_timer_t ticker; /* with progress: a turn now and then, though nothing happens */
	struct signals signals;
	struct caller *caller;

	struct input *input; /* NULL: none, or it has ended */
	struct lines lines;
	struct buf block; /* the bytes read last: lines points into it until they are used up */
	int64_t block_us;
	bool block_used; /* every line in it was started */
	bool input_over;
	struct gather gather; /* lines that go together in the next call */
	bool starting; /* start_lines is at work */

	struct output *output;
	bool paused; /* the output is slow */

	struct turns slots; /* of struct slot */
	struct text shown; /* of the one record's answer */
	struct lanes *lanes;
	size_t in_flight; /* started and not done */
	uint64_t done; /* records written */
	uint64_t failed, failed_retryable, failed_refused;
	bool gave_up; /* a signal came, and the reader takes nothing of what is left to say */
	int output_errno; /* what broke it, or 0 */
};

/* --- what is heard --- */

static void start_lines(struct calls *s);

static void
pause_all(struct calls *s)
{
	s->paused = true;
	slots_each(&s->slots, call_pause);
}

/* Not only once a turn: in one, hundreds of streams can have a lot to say. */
static void
hold_back(struct calls *s)
{
	if (s->paused || s->output_errno || output_waiting(s->output) <= OUTPUT_HIGH)
		return;
	output_kick(s->output);
	if (output_is_slow(s->output))
		pause_all(s);
}

static void
on_delta(void *user, struct call *call, const struct delta *delta)
{
	struct calls *s = user;
	struct buf *out = turns_out(&s->slots, call_user(call));
	struct buf words = BUF_INIT(BUF_UNLIMITED);

	if (!s->config->text) {
		call_write_chunk(call, delta, out);
		buf_addc(out, '\n');
	} else if (s->config->line.p && delta->kind == DELTA_CONTENT) {
		call_write_delta(delta, &words);
		text_add(&s->shown, buf_str(&words), out);
		buf_release(&words);
	}
	hold_back(s);
}

static void
count(struct calls *s, enum error_kind kind)
{
	if (kind == ERROR_NONE)
		return;
	s->failed++;
	s->failed_retryable += error_kind_is_retryable(kind);
	s->failed_refused += error_kind_is_refusal(kind);
}

/* Behind what was shown; where nobody is left to read that, nobody misses more. */
static void
complain(struct calls *s, const char *text)
{
	if (!s->config->complain || s->output_errno)
		return;
	output_kick(s->output);
	s->config->complain(text);
}

static void
write_text(struct calls *s, struct call *call, struct buf *out)
{
	const struct answer *a = call_answer(call);
	struct buf text = BUF_INIT(BUF_UNLIMITED), words = BUF_INIT(BUF_UNLIMITED);
	struct text whole = { 0 }, *shown = s->config->line.p ? &s->shown : &whole;

	answer_content(a, &text);
	if (!s->config->line.p || !a->on_delta)
		secret_mask_answer(buf_str(&text), &words);
	text_add(shown, buf_str(&words), out);
	text_end(shown, out);
	buf_reset(&words);
	if (a->error.kind != ERROR_NONE)
		call_complaint(call, !s->config->line.p, &words);
	else if (!text.len && a->tool_count)
		buf_adds(&words, text_calls_tools);
	if (words.len)
		complain(s, words.p);
	buf_release(&text);
	buf_release(&words);
}

/* With -v: why nothing goes. */
static void
tell_hold(struct calls *s, const struct call *call, const char *why, int64_t ms)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	buf_addf(&text, "* %s is sent nothing for %lld ms: %s", call_provider(call)->name,
	    (long long)ms, why);
	s->config->call->log(text.p);
	buf_release(&text);
}

static void
leave_lane(struct calls *s, struct slot *slot)
{
	const struct answer *a = call_answer(slot->call);
	struct pace_end end = {
		.limited = a->error.kind == ERROR_RATE_LIMIT || a->error.kind == ERROR_OVERLOADED,
		.retry_after_ms = a->error.retry_after_ms,
		.told = *call_limits(slot->call),
	};
	static const struct pace_end unheeded = { .retry_after_ms = -1, .told = RATE_LIMIT_UNTOLD };
	int64_t used = a->usage.in >= 0 && a->usage.out >= 0 ? a->usage.in + a->usage.out : -1;
	int64_t held_ms;

	if (s->config->no_hold)
		end = unheeded;
	if (!slot->place.waiting)
		s->in_flight--;
	held_ms = lanes_leave(s->lanes, &slot->place, &end, used, clock_mono_us());
	if (held_ms > 0 && s->config->call->log)
		tell_hold(s, slot->call,
		    end.limited ? error_kind_name(a->error.kind) : "its limit is used up", held_ms);
}

static void
on_restart(void *user, struct call *call)
{
	struct calls *s = user;
	struct buf *out = turns_out(&s->slots, call_user(call));

	if (s->config->text) {
		text_void(&s->shown, out);
		return;
	}
	call_write_restart(call, out);
	buf_addc(out, '\n');
}

static void
on_done(void *user, struct call *call)
{
	struct calls *s = user;
	struct slot *slot = call_user(call);
	struct buf *out = turns_out(&s->slots, &slot->turn);

	leave_lane(s, slot);
	if (s->config->text) {
		write_text(s, call, out);
	} else {
		call_write(call, out);
		buf_addc(out, '\n');
	}
	s->done += call_records(call);
	for (size_t i = 0; i < call_records(call); i++)
		count(s, call_record_error(call, i));
	slots_done(&s->slots, slot);
	start_lines(s); /* at once, so that what is sent spreads out as what is answered does */
}

/* --- what is started --- */

static void
start_slot(struct calls *s, struct slot *slot)
{
	s->in_flight++;
	call_start(slot->call, slot->read_us);
}

static void
on_go(void *user, struct lane_place *place)
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

static void
start_line(struct calls *s, struct str line, uint64_t number)
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
		start_line(s, line, number);
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

/* Start what the bytes at hand hold and the limits allow. */
static void
start_lines(struct calls *s)
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

static void
on_tick(uv_timer_t *ticker)
{
	(void)ticker; /* the loop turns, and that shows it */
}

static void
stop_loop(struct calls *s)
{
	(void)uv_timer_stop(&s->ticker); /* cannot fail */
	(void)uv_prepare_stop(&s->turn); /* cannot fail */
	signals_quit(&s->signals);
	if (s->input)
		input_stop(s->input);
	uv_stop(&s->loop);
}

static void
on_turn(uv_prepare_t *handle)
{
	struct calls *s = handle->data;

	do {
		start_waiting(s);
		start_lines(s);
		start_waiting(s); /* a line that has to wait needs a timer */
		slots_sweep(&s->slots);
		if (!s->output_errno)
			output_kick(s->output);
	} while (!s->block_used && may_start(s)); /* the sweep, or the kick, made room */
	show(s);
	if (!s->paused && output_is_slow(s->output))
		pause_all(s);
	if (is_over(s) && (s->output_errno || !output_waiting(s->output)))
		stop_loop(s);
}

/* --- what happens --- */

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
	stop_loop(s);
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
		.delta = on_delta, .restart = on_restart, .done = on_done
	};
	int rc = uv_loop_init(&s->loop);

	if (rc < 0)
		die(EXIT_SYSTEM, "cannot make an event loop: %s", uv_strerror(rc));
	(void)uv_prepare_init(&s->loop, &s->turn); /* cannot fail, nor can its start */
	s->turn.data = s;
	(void)uv_prepare_start(&s->turn, on_turn);
	(void)uv_timer_init(
	    &s->loop, &s->ticker); /* nor this; the next one does without a callback */
	if (s->config->progress)
		(void)uv_timer_start(&s->ticker, on_tick, TICK_MS, TICK_MS);
	signals_open(&s->signals, &s->loop, &stops, s);
	s->output = output_open(&s->loop, s->config->out_fd, OUTPUT_HIGH, &out, s);
	s->slots.ordered = s->config->ordered;
	s->slots.output = s->output;
	s->lanes = lanes_new(&s->loop,
	    &(struct pace_limits){
		.max = s->config->jobs,
		.requests_per_s = s->config->requests_per_s,
		.tokens_per_s = s->config->tokens_per_s,
	    },
	    on_go, s);
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
			start_line(s, s->config->line, 1);
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
	(void)uv_run(&s.loop, UV_RUN_DEFAULT); /* until stop_loop */
	if (!s.output_errno && !s.gave_up &&
	    !output_flush(s.output, CLOCK_NEVER)) /* it may not have been told yet */
		s.output_errno = errno;
	status = exit_status(&s);
	close_all(&s);
	return status;
}
