/* SPDX-License-Identifier: MIT */
/* walk - the steps of one request's way: send, wait, hedge, cancel, restart, end. */
#include "policy/walk.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/money.h"
#include "policy/walk_state.h"

enum { DEADLINE_DEFAULT_MS = 10 * 60 * 1000 };

static int64_t
deadline_of(const struct walk *w)
{
	int64_t policy_ms = w->decision->limits.deadline_ms;
	int64_t own_ms = w->facts->request->options.timeout_ms;
	int64_t ms = policy_ms > 0 ? policy_ms : DEADLINE_DEFAULT_MS, us;

	if (own_ms > 0 && (own_ms < ms || policy_ms <= 0))
		ms = own_ms;
	if (__builtin_mul_overflow(ms, 1000, &us) || __builtin_add_overflow(us, w->start_us, &us))
		return INT64_MAX / 2;
	return us;
}

struct walk *
walk_new(
    const struct walk_world *world, struct decision *decision, struct facts *facts, int64_t now_us)
{
	struct walk *w = xcalloc(1, sizeof *w);

	w->world = *world;
	w->decision = decision;
	w->facts = facts;
	w->start_us = w->idle_us = now_us;
	w->deadline_us = deadline_of(w);
	w->asked = w->current = w->unsent = w->committed = w->streamed = w->told = w->winner =
	    WALK_NOBODY;
	w->can_continue = true;
	buf_init(&w->message, BUF_UNLIMITED);
	buf_init(&w->reasons, BUF_UNLIMITED);
	buf_init(&w->warnings, BUF_UNLIMITED);
	walk_add_choices(w);
	if (world->retries)
		retry_budget_earn(world->retries);
	return w;
}

/* --- the end of an attempt --- */

static const struct walk_answer cancelled = { .kind = ERROR_CANCELLED,
	.total_ms = -1,
	.first_ms = -1,
	.usage = USAGE_UNKNOWN,
	.cost_pusd = -1 };

static void
close_attempt(struct walk *w, size_t i, const struct walk_answer *answer, int64_t now_us)
{
	struct walk_attempt *a = &w->attempts[i];

	a->ok = answer->ok;
	a->kind = answer->ok ? ERROR_NONE : answer->kind;
	a->end_us = now_us;
	w->entries[a->entry].is_busy = false;
	if (--w->in_flight == 0)
		w->idle_us = now_us;
}

/* We want no more of it: it is charged by its bound, and who sent it is told. */
static void
cancel_attempt(struct walk *w, size_t i, int64_t now_us)
{
	struct walk_answer answer = cancelled;

	w->attempts[i].must_cancel = w->attempts[i].was_sent;
	if (i == w->unsent)
		w->unsent = WALK_NOBODY;
	answer.total_ms = (double)(now_us - w->attempts[i].start_us) / 1000;
	if (w->facts->request->options.stream && !w->attempts[i].has_output)
		answer.first_ms = answer.total_ms;
	close_attempt(w, i, &answer, now_us);
	walk_settle(w, i, &answer, 0, now_us);
}

static void
cancel_all_but(struct walk *w, size_t keep, int64_t now_us)
{
	for (size_t i = 0; i < w->attempt_count; i++)
		if (i != keep && !w->attempts[i].end_us)
			cancel_attempt(w, i, now_us);
}

void
walk_free(struct walk *w)
{
	if (!w)
		return;
	walk_unask(w, w->idle_us > w->end_us ? w->idle_us : w->end_us);
	cancel_all_but(w, WALK_NOBODY, w->idle_us > w->end_us ? w->idle_us : w->end_us);
	free(w->entries);
	free(w->attempts);
	buf_release(&w->message);
	buf_release(&w->reasons);
	buf_release(&w->warnings);
	free(w);
}

/* --- the end of the walk --- */

static void
warn_of_cost(struct walk *w)
{
	int64_t limit = w->decision->limits.max_cost_pusd;
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct walk_sums sums;

	walk_sum(w, &sums);
	if (limit >= 0 && sums.cost_pusd > limit) {
		buf_adds(&text, "the attempts came to $");
		money_print(&text, sums.cost_pusd);
		buf_adds(&text, ", more than maxCostUsd of $");
		money_print(&text, limit);
		walk_warn(w, buf_str(&text));
	}
	buf_release(&text);
}

static void
finish(struct walk *w, size_t winner, enum error_kind kind, int64_t now_us)
{
	walk_unask(w, now_us);
	cancel_all_but(w, winner, now_us);
	w->over = true;
	w->restart_due = false;
	w->winner = winner;
	w->kind = kind;
	w->end_us = now_us;
	warn_of_cost(w);
}

/* Nobody is left to be asked, or no time. */
static void
give_up(struct walk *w, int64_t now_us)
{
	struct str rest = buf_str(&w->reasons), line;

	if (w->told != WALK_NOBODY) {
		while (str_split(&rest, '\n', &line))
			walk_warn(w, line);
		finish(w, w->told, w->attempts[w->told].kind, now_us);
		return;
	}
	if (w->message.len) { /* an attempt that was given up tells why */
		finish(w, WALK_NOBODY, w->kind, now_us);
		return;
	}
	if (now_us >= w->deadline_us && (w->awaits_room || !w->reasons.len)) {
		buf_adds(&w->message, "its time was over before it could be sent");
		if (w->awaits_room)
			buf_adds(&w->message,
			    ": whom it may be sent to were at their limits (maxConcurrent, rate)");
		finish(w, WALK_NOBODY, ERROR_TIMEOUT, now_us);
		return;
	}
	buf_adds(&w->message, "no candidate may be asked");
	for (const char *mark = ": "; str_split(&rest, '\n', &line); mark = "; ")
		if (line.len)
			buf_addf(&w->message, "%s%.*s", mark, (int)line.len, line.p);
	finish(w, WALK_NOBODY, w->money_said_no && !w->other_said_no ? ERROR_BUDGET : ERROR_POLICY,
	    now_us);
}

void
walk_cancel(struct walk *w, int64_t now_us)
{
	if (w->over)
		return;
	buf_reset(&w->message);
	buf_adds(&w->message, "cancelled");
	finish(w, WALK_NOBODY, ERROR_CANCELLED, now_us);
}

/* --- what attempts tell --- */

bool
walk_output(struct walk *w, size_t attempt, int64_t now_us)
{
	if (attempt >= w->attempt_count || w->over || w->attempts[attempt].end_us)
		return false;
	if (w->committed == WALK_NOBODY) {
		w->committed = attempt;
		walk_unask(w, now_us);
		cancel_all_but(w, attempt, now_us);
	}
	w->streamed = attempt;
	w->attempts[attempt].has_output = true;
	return true;
}

void
walk_set_continue(struct walk *w, bool can_continue)
{
	w->can_continue = can_continue;
}

/* Whether nobody else is asked after that failure. */
static bool
is_last_word(const struct walk *w, size_t attempt, enum error_kind kind)
{
	if (verdict_of(kind)->next == VERDICT_STOP)
		return true;
	return w->committed == attempt && w->decision->limits.after_output == POLICY_FAIL;
}

static void
note_failure(struct walk *w, size_t attempt, const struct walk_answer *answer, int64_t now_us)
{
	int64_t away_us;

	if (!w->first_failure_us)
		w->first_failure_us = now_us;
	close_attempt(w, attempt, answer, now_us);
	away_us = walk_judge(w, attempt, answer, now_us);
	walk_settle(w, attempt, answer, away_us, now_us);
	if (is_last_word(w, attempt, answer->kind))
		finish(w, attempt, answer->kind, now_us);
	else if (w->committed == attempt)
		w->committed = WALK_NOBODY;
}

void
walk_answer(struct walk *w, size_t attempt, const struct walk_answer *answer, int64_t now_us)
{
	if (attempt >= w->attempt_count || w->over || w->attempts[attempt].end_us)
		return;
	if (answer->ok) {
		close_attempt(w, attempt, answer, now_us);
		walk_settle(w, attempt, answer, 0, now_us);
		finish(w, attempt, ERROR_NONE, now_us);
		return;
	}
	w->told = attempt;
	note_failure(w, attempt, answer, now_us);
}

void
walk_postpone(struct walk *w, int64_t us)
{
	w->deadline_us += us;
	for (size_t i = 0; i < w->attempt_count; i++) {
		struct walk_attempt *a = &w->attempts[i];

		if (a->end_us)
			continue;
		a->overdue_us += us;
		if (a->hedge_us != INT64_MAX)
			a->hedge_us += us;
	}
}

/* --- what is due --- */

/* Its time and the grace are over, and it has not told of it: it is held to have timed out. */
static void
give_up_overdue(struct walk *w, int64_t now_us)
{
	struct walk_answer answer = cancelled;

	answer.kind = ERROR_TIMEOUT;
	for (size_t i = 0; i < w->attempt_count && !w->over; i++) {
		struct walk_attempt *a = &w->attempts[i];

		if (a->end_us || now_us < a->overdue_us)
			continue;
		a->must_cancel = true;
		w->told = WALK_NOBODY;
		w->kind = ERROR_TIMEOUT;
		buf_reset(&w->message);
		buf_addf(&w->message, "%s did not answer within %.1f s",
		    w->entries[a->entry].target->spec,
		    (double)(a->overdue_us - a->start_us) / 1e6 - WALK_GRACE_MS / 1000.0);
		answer.total_ms = (double)(now_us - a->start_us) / 1000;
		note_failure(w, i, &answer, now_us);
		if (w->over)
			w->winner = WALK_NOBODY;
	}
}

static bool
is_hedge_due(const struct walk *w, int64_t now_us, int64_t *due_us)
{
	size_t last = w->attempt_count - 1;

	*due_us = INT64_MAX;
	if (w->committed != WALK_NOBODY || w->attempts[last].end_us ||
	    w->hedges >= (size_t)(w->decision->hedge.max > 0 ? w->decision->hedge.max : 0))
		return false;
	*due_us = w->attempts[last].hedge_us;
	return now_us >= *due_us;
}

/* Start one beside those in flight, once: who can't be had now is not asked for again. */
static void
start_hedge(struct walk *w, int64_t now_us)
{
	size_t entry = walk_pick_hedge(w, now_us), tries = w->entry_count;
	bool was_paid = walk_is_asking(w);

	w->attempts[w->attempt_count - 1].hedge_us = INT64_MAX;
	if (entry == WALK_NOBODY ||
	    (!was_paid && w->world.retries && !retry_budget_take(w->world.retries, now_us)))
		return;
	while (entry != WALK_NOBODY && tries-- > 0) {
		if (walk_launch(w, entry, true, now_us)) {
			w->hedges++;
			return;
		}
		if (walk_is_asking(w))
			return;
		entry = walk_pick_hedge(w, now_us);
	}
}

static int64_t
next_event(const struct walk *w)
{
	int64_t until_us = INT64_MAX, due_us;

	for (size_t i = 0; i < w->attempt_count; i++)
		if (!w->attempts[i].end_us && w->attempts[i].overdue_us < until_us)
			until_us = w->attempts[i].overdue_us;
	if (!is_hedge_due(w, INT64_MIN, &due_us) && due_us < until_us)
		until_us = due_us;
	return until_us;
}

/* Nobody is in flight: ask somebody, or say until when to wait for one, or give up. */
static int64_t
go_on(struct walk *w, int64_t now_us)
{
	size_t entry;

	while (!w->over && (entry = walk_pick(w, now_us)) != WALK_NOBODY) {
		int64_t ready_us = entry == w->asked ? now_us : walk_ready_us(w, entry, now_us);

		if (ready_us > now_us)
			return ready_us < w->deadline_us ? ready_us : w->deadline_us;
		w->awaits_room = false;
		if (!walk_launch(w, entry, false, now_us)) {
			if (walk_is_asking(w))
				return w->deadline_us;
			continue;
		}
		w->waited_us += now_us - w->idle_us;
		w->restart_due = w->streamed != WALK_NOBODY &&
				 !w->attempts[w->attempt_count - 1].is_continuation;
		return now_us;
	}
	if (!w->over)
		give_up(w, now_us);
	return now_us;
}

bool
walk_is_asking(const struct walk *w)
{
	return w->asked != WALK_NOBODY;
}

bool
walk_awaits_room(const struct walk *w)
{
	return w->awaits_room && !w->over && !w->in_flight;
}

static bool
take_cancel(struct walk *w, struct walk_step *step)
{
	for (size_t i = 0; i < w->attempt_count; i++) {
		if (w->attempts[i].must_cancel) {
			w->attempts[i].must_cancel = false;
			step->attempt = i;
			return true;
		}
	}
	return false;
}

static void
take_send(struct walk *w, struct walk_step *step)
{
	struct walk_attempt *a = &w->attempts[w->unsent];
	int64_t ttft_ms = w->decision->limits.max_ttft_ms;

	step->attempt = w->unsent;
	step->choice = &w->decision->items[w->entries[a->entry].choice];
	step->timeout_ms = a->timeout_ms;
	step->ttft_timeout_ms = ttft_ms > 0 && ttft_ms < a->timeout_ms ? ttft_ms : 0;
	step->is_hedge = a->is_hedge;
	step->is_continuation = a->is_continuation;
	a->was_sent = true;
	w->unsent = WALK_NOBODY;
}

/* The attempts whose output is in the reader's hands count as void from here on. */
static void
take_restart(struct walk *w, struct walk_step *step)
{
	for (size_t i = 0; i <= w->streamed; i++)
		w->attempts[i].is_void |= w->attempts[i].has_output;
	w->streamed = WALK_NOBODY;
	w->restart_due = false;
	step->attempt = w->unsent;
}

enum walk_do
walk_next(struct walk *w, int64_t now_us, struct walk_step *step)
{
	int64_t due_us;

	*step = (struct walk_step){ .until_us = now_us, .winner = WALK_NOBODY };
	if (!w->over)
		give_up_overdue(w, now_us);
	if (!w->over && w->unsent == WALK_NOBODY && !w->in_flight)
		step->until_us = go_on(w, now_us);
	else if (!w->over && w->unsent == WALK_NOBODY &&
		 (walk_is_asking(w) || is_hedge_due(w, now_us, &due_us)))
		start_hedge(w, now_us);
	if (take_cancel(w, step))
		return step->what = WALK_CANCEL;
	if (w->over) {
		step->winner = w->winner;
		return step->what = WALK_END;
	}
	if (w->restart_due) {
		take_restart(w, step);
		return step->what = WALK_RESTART;
	}
	if (w->unsent != WALK_NOBODY) {
		take_send(w, step);
		return step->what = WALK_SEND;
	}
	if (w->in_flight)
		step->until_us = next_event(w);
	return step->what = WALK_WAIT;
}
