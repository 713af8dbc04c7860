/* SPDX-License-Identifier: MIT */
/* calls_answer - what calls have to say: as records, or as text for people. */
#include "call/calls_state.h"
#include "net/secret.h"
#include "sys/clock.h"

void
calls_pause(struct calls *s)
{
	s->paused = true;
	slots_each(&s->slots, call_pause);
}

/* Not only once a turn: in one, hundreds of streams can have a lot to say. */
static void
hold_back(struct calls *s)
{
	if (s->paused || s->output_errno || output_waiting(s->output) <= CALLS_OUTPUT_HIGH)
		return;
	output_kick(s->output);
	if (output_is_slow(s->output))
		calls_pause(s);
}

void
calls_delta(void *user, struct call *call, const struct delta *delta)
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

void
calls_restart(void *user, struct call *call)
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

/* --- the end --- */

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

void
calls_done(void *user, struct call *call)
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
	/* At once, so that what is sent spreads out as what is answered does. */
	calls_start_lines(s);
}
