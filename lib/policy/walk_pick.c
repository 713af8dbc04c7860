/* SPDX-License-Identifier: MIT */
/* walk_pick - who is asked next, and what a failure means for those who might be. */
#include "policy/walk_state.h"

#include <stdarg.h>

#include "base/mem.h"
#include "policy/backoff.h"

/* Past it a provider's "come back later" is a matter for the breaker alone. */
#define AWAY_MAX_MS (INT64_C(31) * 24 * 3600 * 1000)

void
walk_leave(struct walk *w, size_t entry, const char *fmt, ...)
{
	struct walk_entry *e = &w->entries[entry];
	va_list ap;

	e->is_out = true;
	if (w->current == entry)
		w->current = WALK_NOBODY;
	if (!fmt)
		return;
	buf_addf(&w->reasons, "%s: ", e->target->spec);
	va_start(ap, fmt);
	buf_addv(&w->reasons, fmt, ap);
	va_end(ap);
	buf_addc(&w->reasons, '\n');
}

/* --- who there is --- */

static void
add_entry(struct walk *w, size_t choice)
{
	VEC_GROW(w->entries, w->entry_count, w->entry_cap);
	w->entries[w->entry_count++] = (struct walk_entry){
		.choice = choice,
		.target = w->decision->items[choice].target,
	};
}

void
walk_add_choices(struct walk *w)
{
	for (size_t i = 0; i < w->decision->count; i++)
		add_entry(w, i);
}

/* Whether its window is known to be no larger than what was too small already, or (is_sure) not
 * known to be larger. */
static bool
is_too_small(const struct walk *w, const struct target *target, bool is_sure)
{
	if (!w->need_window)
		return false;
	if (!target->context_window)
		return is_sure;
	return target->context_window <= w->need_window;
}

/* Take up a list of fallback, once; whether anybody is on it. */
static bool
take_list(struct walk *w, enum router_list list, int64_t now_us)
{
	size_t from = w->decision->count;

	if (!w->world.router || (w->lists & 1U << list))
		return false;
	w->lists |= 1U << list;
	if (!router_more(w->world.router, list, w->facts, now_us, w->decision))
		return false;
	for (size_t i = from; i < w->decision->count; i++) {
		add_entry(w, i);
		/* Who stands on the list for long texts is believed to read them. */
		if (is_too_small(w, w->decision->items[i].target, list == ROUTER_LOCAL))
			walk_leave(w, w->entry_count - 1, "its window is no larger");
	}
	return true;
}

/* The lists are for those who need another kind of candidate; the local one is for all but a
 * filtered prompt, which is not handed around. */
static bool
take_lists(struct walk *w, int64_t now_us)
{
	if (w->is_filtered)
		return take_list(w, ROUTER_CONTENT_FILTER, now_us);
	if (w->need_window && take_list(w, ROUTER_CONTEXT_LENGTH, now_us))
		return true;
	return take_list(w, ROUTER_LOCAL, now_us);
}

/* --- who is next --- */

static bool
is_usable(const struct walk *w, size_t entry)
{
	return entry != WALK_NOBODY && !w->entries[entry].is_out && !w->entries[entry].is_busy;
}

/* A retry is paid for once, before it is waited for. */
static bool
pay(struct walk *w, size_t entry, int64_t now_us)
{
	struct walk_entry *e = &w->entries[entry];

	if (!e->failures || e->is_paid)
		return true;
	e->is_paid = !w->world.retries || retry_budget_take(w->world.retries, now_us);
	if (!e->is_paid)
		walk_leave(w, entry, "not tried again: the retry budget is used up");
	return e->is_paid;
}

int64_t
walk_ready_us(const struct walk *w, size_t entry, int64_t now_us)
{
	const struct walk_entry *e = &w->entries[entry];
	int64_t us = 0;

	if (e->not_before_us > now_us)
		return e->not_before_us;
	if (w->world.crowd && w->decision->limits.when_full == POLICY_FULL_NEXT)
		us = crowd_wait_us(w->world.crowd, e->target->provider, now_us);
	if (us == CROWD_FULL)
		return INT64_MAX;
	return now_us + us;
}

static size_t
first_ready(struct walk *w, int64_t now_us)
{
	for (size_t i = 0; i < w->entry_count; i++)
		if (is_usable(w, i) && walk_ready_us(w, i, now_us) <= now_us && pay(w, i, now_us))
			return i;
	return WALK_NOBODY;
}

/* Of those that asked for patience, or have no room, the first that may be asked again. Where room
 * is waited for it is anybody's who has it first. */
static size_t
first_to_come(struct walk *w, int64_t now_us)
{
	size_t best = WALK_NOBODY;
	int64_t us, best_us = INT64_MAX;

	w->awaits_room = false;
	for (size_t i = 0; i < w->entry_count; i++) {
		if (!is_usable(w, i) || w->entries[i].not_before_us >= w->deadline_us)
			continue;
		us = walk_ready_us(w, i, now_us);
		w->awaits_room |= w->entries[i].not_before_us <= now_us;
		if (best == WALK_NOBODY || us < best_us) {
			best = i;
			best_us = us;
		}
	}
	if (best != WALK_NOBODY && !pay(w, best, now_us))
		return first_to_come(w, now_us);
	w->current = w->awaits_room ? WALK_NOBODY : best;
	return best;
}

/* Whether the one that was settled on is gone on with: it has its patience, or room. */
static bool
is_current(const struct walk *w, int64_t now_us)
{
	return is_usable(w, w->current) && (w->entries[w->current].not_before_us > now_us ||
					       walk_ready_us(w, w->current, now_us) <= now_us);
}

size_t
walk_pick(struct walk *w, int64_t now_us)
{
	size_t entry;

	if (now_us >= w->deadline_us)
		return WALK_NOBODY;
	if (is_usable(w, w->asked))
		return w->asked;
	walk_unask(w, now_us);
	if (is_current(w, now_us))
		return w->current;
	w->current = WALK_NOBODY;
	do {
		entry = first_ready(w, now_us);
		if (entry == WALK_NOBODY)
			entry = first_to_come(w, now_us);
	} while (entry == WALK_NOBODY && take_lists(w, now_us));
	return entry;
}

static enum breaker_verdict
look(const struct walk *w, const struct target *target, int64_t now_us)
{
	if (!w->world.health || !target->health)
		return BREAKER_PASS;
	return health_look(w->world.health, target->health, now_us).verdict;
}

size_t
walk_pick_hedge(struct walk *w, int64_t now_us)
{
	if (is_usable(w, w->asked))
		return w->asked;
	walk_unask(w, now_us);
	for (size_t i = 0; i < w->entry_count; i++)
		if (is_usable(w, i) && !w->entries[i].failures &&
		    walk_ready_us(w, i, now_us) <= now_us &&
		    look(w, w->entries[i].target, now_us) == BREAKER_PASS)
			return i;
	return WALK_NOBODY;
}

/* --- what a failure means --- */

static bool
is_somebody_else(const struct walk *w, size_t entry, int64_t now_us)
{
	for (size_t i = 0; i < w->entry_count; i++)
		if (i != entry && is_usable(w, i) && w->entries[i].not_before_us <= now_us &&
		    look(w, w->entries[i].target, now_us) != BREAKER_REFUSED)
			return true;
	return false;
}

/* Whether the walk has the time to wait so long for one candidate. */
static bool
is_patient(const struct walk *w, int64_t wait_ms, int64_t now_us)
{
	const struct policy_backoff *backoff = &w->world.policy->backoff;

	if (wait_ms > backoff->max_ms || wait_ms * 1000 >= w->deadline_us - now_us)
		return false;
	return backoff->max_wait_ms <= 0 || w->waited_us / 1000 + wait_ms <= backoff->max_wait_ms;
}

/*
 * It is asked again after a backoff, or when it said. Where it wants more patience than the backoff
 * has and somebody else is there, they are asked first, and the breaker keeps all others away until
 * then. A short wait for the only one who is left is a queue: others may stand in it, too.
 */
static int64_t
judge_again(struct walk *w, size_t entry, int64_t asked_ms, int64_t now_us)
{
	const struct policy_backoff *backoff = &w->world.policy->backoff;
	struct walk_entry *e = &w->entries[entry];
	int64_t retries = w->decision->limits.retries;
	size_t n = e->failures > 0 ? e->failures : 1;
	int64_t own_ms = backoff_ms(backoff, n, w->world.rand);
	int64_t wait_ms = asked_ms > own_ms ? asked_ms : own_ms;
	bool is_short = is_patient(w, wait_ms, now_us);
	bool is_queue = is_short && !is_somebody_else(w, entry, now_us);

	if (!is_short || e->failures > (size_t)(retries > 0 ? retries : 0)) {
		walk_leave(w, entry, NULL);
		return is_queue ? 0 : asked_ms * 1000;
	}
	e->not_before_us = now_us + wait_ms * 1000;
	if (asked_ms > backoff_ceiling_ms(backoff, n) && !is_queue)
		return asked_ms * 1000;
	if (pay(w, entry, now_us))
		w->current = entry;
	return 0;
}

static void
judge_provider(struct walk *w, size_t entry, enum error_kind kind)
{
	const struct provider *provider = w->entries[entry].target->provider;

	for (size_t i = 0; i < w->entry_count; i++)
		if (i != entry && !w->entries[i].is_out &&
		    w->entries[i].target->provider == provider)
			walk_leave(w, i, "left: %s said %s", provider->name, error_kind_name(kind));
}

static void
judge_window(struct walk *w, size_t entry)
{
	int64_t window = w->entries[entry].target->context_window;

	if (!window)
		window = facts_tokens(w->facts)->in;
	if (window > w->need_window)
		w->need_window = window;
	for (size_t i = 0; i < w->entry_count; i++)
		if (i != entry && !w->entries[i].is_out &&
		    is_too_small(w, w->entries[i].target, true))
			walk_leave(w, i, "its window is not known to be larger");
}

static void
judge_filtered(struct walk *w, size_t entry)
{
	if (w->is_filtered)
		return;
	w->is_filtered = true;
	for (size_t i = 0; i < w->entry_count; i++)
		if (i != entry && !w->entries[i].is_out)
			walk_leave(w, i, "not asked what a filter refused");
}

int64_t
walk_judge(struct walk *w, size_t attempt, const struct walk_answer *answer, int64_t now_us)
{
	const struct walk_attempt *a = &w->attempts[attempt];
	int64_t asked_ms = answer->retry_after_ms;
	size_t entry = a->entry;

	asked_ms = asked_ms < 0 ? 0 : asked_ms > AWAY_MAX_MS ? AWAY_MAX_MS : asked_ms;
	w->entries[entry].failures += !a->is_hedge;
	switch (verdict_of(answer->kind)->next) {
	case VERDICT_AGAIN:
		return judge_again(w, entry, asked_ms, now_us);
	case VERDICT_OTHER:
		judge_provider(w, entry, answer->kind);
		break;
	case VERDICT_BIGGER:
		judge_window(w, entry);
		break;
	case VERDICT_FILTER:
		judge_filtered(w, entry);
		break;
	case VERDICT_NEXT:
	case VERDICT_STOP:
		break;
	}
	walk_leave(w, entry, NULL);
	return asked_ms * 1000;
}
