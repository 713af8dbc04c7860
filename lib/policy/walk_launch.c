/* SPDX-License-Identifier: MIT */
/* walk_launch - an attempt's admission by money and health, and its account when it is over. */
#include "policy/walk_state.h"

#include "base/mem.h"
#include "base/money.h"

/* A percentile of fewer answers than these says little. */
static const double hedge_least_answers = 20;
/* When a budget is asked again that is full only of what is in flight. */
#define NO_ROOM_US INT64_C(200000)

void
walk_warn(struct walk *w, struct str sentence)
{
	struct str rest = buf_str(&w->warnings), line;

	if (!sentence.len)
		return;
	while (str_split(&rest, '\n', &line))
		if (str_eq(line, sentence))
			return;
	buf_addstr(&w->warnings, sentence);
	buf_addc(&w->warnings, '\n');
}

/* --- what it may come to --- */

/* What all attempts have come to and may yet. */
static int64_t
exposure(const struct walk *w)
{
	int64_t sum = 0;

	for (size_t i = 0; i < w->attempt_count; i++) {
		const struct walk_attempt *a = &w->attempts[i];
		int64_t part = a->end_us ? a->cost_pusd : a->most_pusd;

		if (part > 0 && !money_add(&sum, part))
			return INT64_MAX;
	}
	return sum;
}

static bool
is_affordable(struct walk *w, size_t entry, const struct target_most *most)
{
	int64_t limit = w->decision->limits.max_cost_pusd, spent = exposure(w);
	struct buf why = BUF_INIT(BUF_UNLIMITED);
	bool fits;

	if (limit < 0)
		return true;
	if (most->pusd < 0) {
		target_say_unknown(most, &why);
		buf_adds(&why, ", and maxCostUsd holds");
	} else if (most->pusd > limit - spent) {
		buf_adds(&why, "it may cost $");
		money_print(&why, most->pusd);
		buf_addf(&why, ", and of maxCostUsd $");
		money_print(&why, limit > spent ? limit - spent : 0);
		buf_addf(&why, " is left");
	}
	if (why.len) {
		w->money_said_no = true;
		walk_leave(w, entry, "%s", why.p);
	}
	fits = !why.len;
	buf_release(&why);
	return fits;
}

/* --- the crowd at its provider --- */

static int64_t
crowd_tokens(const struct walk *w, const struct walk_attempt *a)
{
	const struct provider *p = w->entries[a->entry].target->provider;

	return p->tokens_per_s > 0 ? facts_tokens(w->facts)->in : 0;
}

static void
take_place(struct walk *w, struct walk_attempt *a)
{
	if (!w->world.crowd || a->has_place)
		return;
	crowd_enter(w->world.crowd, w->entries[a->entry].target->provider, crowd_tokens(w, a));
	a->has_place = true;
}

/* used: what it took; negative: not known. */
static void
leave_place(struct walk *w, struct walk_attempt *a, int64_t used, int64_t now_us)
{
	const struct provider *p = w->entries[a->entry].target->provider;
	int64_t tokens = crowd_tokens(w, a);

	if (!a->has_place)
		return;
	if (a->was_sent)
		crowd_leave(w->world.crowd, p, used >= 0 ? used - tokens : 0, now_us);
	else
		crowd_undo(w->world.crowd, p, tokens);
	a->has_place = false;
}

/* --- who says no --- */

static void
leave_open(struct walk *w, size_t entry, const struct health_pass *pass, int64_t now_us)
{
	struct buf why = BUF_INIT(BUF_UNLIMITED);

	health_say(pass, now_us, &why);
	w->other_said_no = true;
	w->skips++;
	walk_leave(w, entry, "%s", why.p);
	buf_release(&why);
}

static bool
is_admitted(struct walk *w, size_t entry, struct walk_attempt *a, int64_t lease_us, int64_t now_us)
{
	const struct target *t = w->entries[entry].target;
	struct health_pass pass;

	if (!w->world.health || !t->health)
		return true;
	pass = health_admit(w->world.health, t->health, now_us, lease_us);
	a->probe = pass.probe;
	if (pass.is_asked)
		w->asked = entry;
	else if (pass.verdict == BREAKER_REFUSED)
		leave_open(w, entry, &pass, now_us);
	return pass.verdict != BREAKER_REFUSED && !pass.is_asked;
}

/* A probe's lease that was taken for nothing. */
static void
give_probe_back(struct walk *w, size_t entry, const struct walk_attempt *a, int64_t now_us)
{
	const struct health_outcome nothing = {
		.kind = ERROR_CANCELLED, .total_ms = -1, .first_ms = -1, .probe = a->probe
	};

	if (a->probe)
		health_report(w->world.health, w->entries[entry].target->health, &nothing, now_us);
}

/* What others have reserved and will not spend is soon to be had again. */
static void
leave_unpaid(struct walk *w, size_t entry, const struct budget_reply *reply, int64_t now_us)
{
	if (!reply->may_fit_later || now_us + NO_ROOM_US >= w->deadline_us) {
		w->money_said_no = true;
		walk_leave(w, entry, "%s", reply->why.p);
		return;
	}
	w->entries[entry].not_before_us = now_us + NO_ROOM_US;
}

static bool
is_granted(struct walk *w, size_t entry, struct walk_attempt *a, int64_t tokens, int64_t now_us)
{
	const struct target *t = w->entries[entry].target;
	struct budget_reply reply = { .why = BUF_INIT(BUF_UNLIMITED),
		.warnings = BUF_INIT(BUF_UNLIMITED) };
	struct budget_ask ask = target_ask(t, w->facts->request, a->most_pusd, tokens);
	enum budget_verdict verdict;
	struct str rest, line;

	if (!w->world.budgets)
		return true;
	ask.until_us = a->overdue_us;
	verdict = budgets_reserve(w->world.budgets, &ask, now_us, &a->hold, &reply);
	for (rest = buf_str(&reply.warnings); str_split(&rest, '\n', &line);)
		walk_warn(w, line);
	if (verdict == BUDGET_ASKED)
		w->asked = entry;
	else if (verdict == BUDGET_REFUSED)
		leave_unpaid(w, entry, &reply, now_us);
	buf_release(&reply.why);
	buf_release(&reply.warnings);
	return verdict == BUDGET_GRANTED;
}

void
walk_unask(struct walk *w, int64_t now_us)
{
	const struct budget_amounts nothing = { 0 };

	if (!walk_is_asking(w))
		return;
	if (w->draft.hold.asked)
		budgets_settle(w->world.budgets, &w->draft.hold, &nothing, now_us);
	give_probe_back(w, w->asked, &w->draft, now_us);
	leave_place(w, &w->draft, 0, now_us);
	w->draft = (struct walk_attempt){ 0 };
	w->asked = WALK_NOBODY;
}

/* --- the start --- */

/* How long to wait for it alone. */
static int64_t
hedge_after_us(const struct walk *w, const struct target *t)
{
	const struct policy_hedge *hedge = &w->decision->hedge;
	const struct latency *known;
	double ms = -1;

	if (hedge->max <= 0)
		return INT64_MAX;
	if (hedge->percentile > 0 && w->world.health && t->health) {
		known = health_latency(w->world.health, t->health);
		ms = latency_percentile(
		    w->facts->request->options.stream ? &known->first : &known->total,
		    hedge->percentile, hedge_least_answers);
	}
	if (ms < 0 && hedge->after_ms > 0)
		ms = (double)hedge->after_ms;
	return ms < 0 || ms > 1e12 ? INT64_MAX : (int64_t)(ms * 1000);
}

/* What is left, at most what the policy lets an attempt take, and the candidate's own options. */
static int64_t
timeout_of(const struct walk *w, const struct choice *choice, int64_t now_us)
{
	int64_t left_ms = (w->deadline_us - now_us) / 1000,
		most_ms = w->decision->limits.max_latency_ms,
		own_ms = decision_times(choice).timeout_ms;

	left_ms = left_ms > 0 ? left_ms : 1;
	left_ms = most_ms > 0 && most_ms < left_ms ? most_ms : left_ms;
	return own_ms > 0 && own_ms < left_ms ? own_ms : left_ms;
}

/* Where the configuration limits how much its provider is sent, an attempt may stand in line before
 * its time begins, and who sends it sees to that: a line of our own is no failure of the
 * provider's.
 */
static int64_t
overdue_of(const struct walk *w, const struct provider *p, int64_t timeout_ms, int64_t now_us)
{
	bool has_room = w->world.crowd && w->decision->limits.when_full == POLICY_FULL_NEXT;
	bool may_wait = (p->max_concurrent && !has_room) || p->requests_per_s > 0 ||
			p->tokens_per_s > 0;

	return (may_wait ? w->deadline_us : now_us + timeout_ms * 1000) +
	       (int64_t)WALK_GRACE_MS * 1000;
}

bool
walk_launch(struct walk *w, size_t entry, bool is_hedge, int64_t now_us)
{
	struct walk_entry *e = &w->entries[entry];
	const struct choice *choice = &w->decision->items[e->choice];
	struct walk_attempt a = { .entry = entry,
		.start_us = now_us,
		.is_hedge = is_hedge,
		.probe = w->draft.probe,
		.has_place = w->draft.has_place,
		.hold = w->draft.hold };
	struct target_wish wish = decision_wish(choice, w->facts->request);
	struct target_most most;
	int64_t after_us;

	a.timeout_ms = timeout_of(w, choice, now_us);
	a.overdue_us = overdue_of(w, e->target->provider, a.timeout_ms, now_us);
	after_us = hedge_after_us(w, e->target);
	a.hedge_us = after_us == INT64_MAX ? INT64_MAX : now_us + after_us;
	most = target_most(e->target, w->facts, &wish);
	a.most_pusd = most.pusd;
	a.is_continuation = w->streamed != WALK_NOBODY && w->can_continue &&
			    w->decision->limits.after_output == POLICY_CONTINUE;
	w->draft = (struct walk_attempt){ 0 };
	w->asked = WALK_NOBODY;
	if (!a.hold.asked && (!is_affordable(w, entry, &most) ||
				 !is_admitted(w, entry, &a, a.overdue_us - now_us, now_us)))
		return false;
	take_place(w, &a);
	if ((is_hedge && a.probe) || !is_granted(w, entry, &a, most.tokens, now_us)) {
		if (walk_is_asking(w)) {
			w->draft = a;
			return false;
		}
		give_probe_back(w, entry, &a, now_us);
		leave_place(w, &a, 0, now_us);
		return false;
	}
	e->is_busy = true;
	e->is_paid = false;
	if (w->current == entry)
		w->current = WALK_NOBODY;
	w->unsent = w->attempt_count;
	w->in_flight++;
	VEC_GROW(w->attempts, w->attempt_count, w->attempt_cap);
	w->attempts[w->attempt_count++] = a;
	return true;
}

/* --- the end --- */

/*
 * Of one that was cut off, and tells no usage: its input, and as much output as it can have written
 * in its time; few models write faster than this. The whole bound would hold a dollar for a hedge
 * that cost a cent.
 */
enum { WRITTEN_PER_S = 200 };

static int64_t
bound_of(struct walk *w, const struct walk_attempt *a)
{
	int64_t written = (a->end_us - a->start_us) / (1000000 / WRITTEN_PER_S) + 1;
	int64_t pusd = target_written_pusd(w->entries[a->entry].target, w->facts, written);

	return a->most_pusd >= 0 && a->most_pusd < pusd ? a->most_pusd : pusd;
}

/* What it came to: by the provider's word, by its usage, or by a bound; an estimated usage is not
 * believed to be less than the bound. */
static int64_t
cost_of(struct walk *w, struct walk_attempt *a, const struct walk_answer *answer)
{
	int64_t pusd = a->was_sent ? answer->cost_pusd : 0, bound;

	if (pusd >= 0)
		return pusd;
	pusd = target_cost_pusd(w->entries[a->entry].target, &answer->usage);
	if (pusd >= 0 && !answer->usage.estimated)
		return pusd;
	if (!answer->ok && verdict_of(answer->kind)->charge == VERDICT_FREE)
		return pusd > 0 ? pusd : 0;
	a->cost_is_bound = true;
	bound = answer->ok ? a->most_pusd : bound_of(w, a);
	return pusd > bound ? pusd : bound;
}

/* Likewise; negative where it is not known: then all that was reserved for it counts. */
static int64_t
tokens_of(const struct walk_attempt *a, const struct walk_answer *answer)
{
	if (!a->was_sent)
		return 0;
	if (answer->usage.in >= 0 && answer->usage.out >= 0)
		return answer->usage.in + answer->usage.out;
	if (!answer->ok && verdict_of(answer->kind)->charge == VERDICT_FREE)
		return 0;
	return -1;
}

void
walk_settle(struct walk *w, size_t attempt, const struct walk_answer *answer, int64_t away_us,
    int64_t now_us)
{
	struct walk_attempt *a = &w->attempts[attempt];
	const struct target *t = w->entries[a->entry].target;
	struct budget_amounts spent = { .tokens = tokens_of(a, answer), .requests = a->was_sent };
	struct health_outcome outcome = {
		.ok = answer->ok,
		.kind = answer->ok ? ERROR_NONE : answer->kind,
		.away_us = away_us,
		.total_ms = answer->total_ms,
		.first_ms = answer->first_ms,
		.probe = a->probe,
	};

	/* Where we wait as we were told to, the breaker need not; but a probe has to tell. */
	if (!answer->ok && answer->kind == ERROR_RATE_LIMIT && answer->retry_after_ms > 0 &&
	    !away_us) {
		outcome.is_awaited = !a->probe;
		outcome.away_us = a->probe ? answer->retry_after_ms * 1000 : 0;
	}
	a->cost_pusd = cost_of(w, a, answer);
	spent.pusd = a->cost_pusd;
	leave_place(w, a, spent.tokens, now_us);
	if (w->world.budgets)
		budgets_settle(w->world.budgets, &a->hold, &spent, now_us);
	if (w->world.health && t->health)
		health_report(w->world.health, t->health, &outcome, now_us);
	a->probe = 0;
}
