/* SPDX-License-Identifier: MIT */
/* router_take - a list's candidates sieved, ordered, and told why. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/money.h"
#include "policy/record_path.h"
#include "policy/router_state.h"

enum { MEASURED_AT_LEAST = 1 /* answer, for a latency to be compared by */ };

const char *
router_never(struct router *r, const struct target *t)
{
	struct router_standing *s;

	while (r->standing_count <= t->index) {
		size_t count = r->standing_count ? 2 * r->standing_count : 64;

		r->standings = xreallocn(r->standings, count, sizeof *r->standings);
		memset(r->standings + r->standing_count, 0,
		    (count - r->standing_count) * sizeof *r->standings);
		r->standing_count = count;
	}
	s = &r->standings[t->index];
	if (!s->known) {
		s->never = sieve_never(r->policy, t, r->today);
		s->known = true;
	}
	return s->never;
}

void
router_leave(struct router *r, const char *name, const char *why, struct decision *d)
{
	buf_addf(&d->reasons, "%s%s: %s", d->reasons.len ? "\n" : "", name, why);
	router_explain(r, d, "candidate", name, false, why);
}

static bool
is_same(const struct pick *a, struct str options, const char *profile)
{
	return str_eq(buf_str(&a->options), options) &&
	       (a->profile == profile ||
		   (a->profile && profile && strcmp(a->profile, profile) == 0));
}

/* Whether it is a candidate already: a list may lead to one by two ways. */
static bool
is_taken(const struct router *r, const struct pick *pick, const struct decision *d)
{
	for (size_t i = 0; i < r->taken_count; i++)
		if (r->taken[i].pick->target == pick->target &&
		    is_same(pick, buf_str(&r->taken[i].pick->options), r->taken[i].pick->profile))
			return true;
	for (size_t i = 0; i < d->count; i++)
		if (d->items[i].target == pick->target &&
		    is_same(pick, d->items[i].options, d->items[i].profile))
			return true;
	return false;
}

static void
add(struct router *r, const struct pick *pick, bool broken)
{
	if (r->taken_count == r->taken_cap) {
		r->taken_cap = r->taken_cap ? 2 * r->taken_cap : 16;
		r->taken = xreallocn(r->taken, r->taken_cap, sizeof *r->taken);
		r->figures = xreallocn(r->figures, r->taken_cap, sizeof *r->figures);
		r->final = xreallocn(r->final, r->taken_cap, sizeof *r->final);
	}
	r->taken[r->taken_count++] = (struct router_taken){ pick, broken };
}

/* A budget's own list stands in for whom it refuses, once: who is refused there is left. */
static bool
reroute(struct router *r, const struct sieve_ask *ask, struct decision *d)
{
	const struct budget_rule *b = r->reply.refused;
	size_t i;

	if (!b || b->action != BUDGET_ROUTE || r->rerouted || d->guard)
		return false;
	r->rerouted = true;
	i = (size_t)(b - r->policy->budgets);
	for (size_t k = 0; k < r->budgets[i].count; k++) {
		struct picks one = { .items = &r->budgets[i].items[k], .count = 1 };

		router_take(r, ask, &one, d);
	}
	return true;
}

static void
take_one(struct router *r, const struct sieve_ask *ask, const struct pick *pick, struct decision *d)
{
	const char *why = pick->target ? router_never(r, pick->target) : pick->why;
	enum sieve_verdict verdict = SIEVE_CANNOT;

	if (why) {
		router_leave(r, pick->name, why, d);
		return;
	}
	if (is_taken(r, pick, d))
		return;
	buf_reset(&r->why);
	buf_reset(&r->reply.why);
	buf_reset(&r->reply.warnings);
	r->reply.refused = NULL;
	verdict = sieve_look(ask, pick->target, pick->wish, &r->why, &r->reply);
	buf_addstr(&d->warnings, buf_str(&r->reply.warnings));
	if (verdict == SIEVE_CAN || (verdict == SIEVE_BROKEN && !r->config.health_counts)) {
		add(r, pick, verdict == SIEVE_BROKEN);
		return;
	}
	router_leave(r, pick->name, r->why.p, d);
	if (verdict == SIEVE_SPENT) {
		r->spent = true;
		(void)reroute(r, ask, d);
	}
}

/* The request's own number: by its id, however that is spelled; without one, by its bytes. */
static uint64_t
draw_of(struct router *r, const struct request *request)
{
	struct json id = request->id;
	struct str plain;

	if (!json_exists(id))
		return strategy_seed(r->config.seed, json_raw(request->record));
	if (!json_is(id, JSON_STRING) || json_plain(id, &plain))
		return strategy_seed(r->config.seed, json_raw(id));
	buf_reset(&r->why);
	buf_addc(&r->why, '"');
	json_text(id, &r->why);
	buf_addc(&r->why, '"');
	return strategy_seed(r->config.seed, buf_str(&r->why));
}

/* The number of all requests that hold the same where sticky leads: they go the same way. */
static uint64_t
draw_sticky(struct router *r, const struct request *request, const char *sticky, struct decision *d)
{
	uint64_t drawn;

	buf_reset(&r->why);
	if (!record_path_text(sticky, request->record, &r->why)) {
		router_explain(r, d, "sticky", sticky, false,
		    "the request has none: weights are drawn by its id");
		return draw_of(r, request);
	}
	drawn = strategy_seed(r->config.seed, buf_str(&r->why));
	router_explain(r, d, "sticky", sticky, true, "weights are drawn by it, and not by the id");
	return drawn;
}

void
router_take(
    struct router *r, const struct sieve_ask *ask, const struct picks *list, struct decision *d)
{
	uint64_t drawn;

	if (!list->weighted || ask->limits->strategy != POLICY_ORDERED) {
		for (size_t i = 0; i < list->count; i++)
			take_one(r, ask, &list->items[i], d);
		return;
	}
	if (r->order_cap < list->count) {
		r->order_cap = list->count;
		r->order = xreallocn(r->order, r->order_cap, sizeof *r->order);
	}
	drawn = ask->limits->sticky ? draw_sticky(r, ask->facts->request, ask->limits->sticky, d)
				    : draw_of(r, ask->facts->request);
	picks_order(list, drawn, r->order);
	for (size_t i = 0; i < list->count; i++)
		take_one(r, ask, &list->items[r->order[i]], d);
}

/* --- ordering --- */

static void
measure(const struct router *r, const struct sieve_ask *ask, enum policy_strategy strategy,
    const struct pick *pick, struct strategy_figures *f)
{
	const struct target *t = pick->target;
	bool stream = ask->facts->request->options.stream;
	const struct latency *known;
	struct target_wish wish;

	*f = (struct strategy_figures){
		.most_pusd = -1, .latency_ms = -1, .ok_rate = 1, .quality = t->quality
	};
	if (strategy == POLICY_COST || strategy == POLICY_BALANCED) {
		wish = target_wish_over(pick->wish, ask->facts->request);
		f->most_pusd = target_most(t, ask->facts, &wish).pusd;
	}
	if (!t->health || (strategy != POLICY_LATENCY && strategy != POLICY_BALANCED))
		return;
	known = health_latency(r->config.targets.health, t->health);
	if (stream)
		f->latency_ms = latency_percentile(&known->first, 0.5, MEASURED_AT_LEAST);
	if (f->latency_ms < 0)
		f->latency_ms = latency_percentile(&known->total, 0.5, MEASURED_AT_LEAST);
	f->ok_rate = latency_ok_rate(known, ask->now_us, 1);
}

static void
say_cost(const struct strategy_figures *f, bool first, struct buf *out)
{
	if (f->most_pusd < 0) {
		buf_adds(out, "its price is not known");
		return;
	}
	buf_adds(out, first ? "cheapest: $" : "$");
	money_print(out, f->most_pusd);
	buf_adds(out, " at most");
}

static void
say_latency(const struct strategy_figures *f, bool first, struct buf *out)
{
	if (f->latency_ms < 0)
		buf_adds(out, f->ok_rate < 1 ? "its latency is not known, and it failed"
					     : "its latency is not known yet");
	else
		buf_addf(out, "%shalf within %.0f ms, %.0f %% well", first ? "fastest: " : "",
		    f->latency_ms, 100 * f->ok_rate);
}

static void
say_quality(const struct strategy_figures *f, bool first, struct buf *out)
{
	if (f->quality < 0)
		buf_adds(out, "its quality is not said");
	else
		buf_addf(out, "%squality %g", first ? "best: " : "", f->quality);
}

/* Why it stands where it stands. Where its list alone says so, that was written before. */
static bool
say(enum policy_strategy strategy, const struct strategy_figures *f, bool first, struct buf *out)
{
	switch (strategy) {
	case POLICY_COST:
		say_cost(f, first, out);
		return true;
	case POLICY_LATENCY:
		say_latency(f, first, out);
		return true;
	case POLICY_QUALITY:
		say_quality(f, first, out);
		return true;
	case POLICY_BALANCED:
		buf_addf(out, "%sbalance %.3f", first ? "best: " : "", f->score);
		return true;
	case POLICY_ORDERED:
	case POLICY_STRATEGY_UNSET:
		break;
	}
	return false;
}

static void
choose(struct router *r, const struct pick *pick, const char *reason, struct decision *d)
{
	struct choice *c = decision_add(d);
	struct str text = reason ? str_of(reason) : buf_str(&pick->reason);
	size_t len = str_cut_utf8(text, sizeof c->reason - 1);

	c->target = pick->target;
	c->options = buf_str(&pick->options);
	c->profile = pick->profile;
	memcpy(c->reason, text.p, len);
	c->reason[len] = '\0';
	if (!reason && pick->json.len)
		c->json = buf_str(&pick->json);
	router_explain(r, d, "candidate", pick->name, true, c->reason);
}

/* Those whose breaker is open come last, in the order that they have. */
static void
choose_all(struct router *r, enum policy_strategy strategy, bool broken, struct decision *d)
{
	for (size_t i = 0; i < r->taken_count; i++) {
		const struct router_taken *t = &r->taken[r->final[i]];
		bool said;

		if (t->broken != broken)
			continue;
		buf_reset(&r->why);
		said = say(strategy, &r->figures[r->final[i]], i == 0, &r->why);
		if (broken)
			buf_adds(&r->why, said ? "; its breaker is open" : "its breaker is open");
		choose(r, t->pick, said || broken ? r->why.p : NULL, d);
	}
}

void
router_settle(struct router *r, const struct sieve_ask *ask, enum policy_strategy strategy,
    struct decision *d)
{
	bool broken = false;

	for (size_t i = 0; i < r->taken_count; i++) {
		r->final[i] = i;
		broken |= r->taken[i].broken;
		if (strategy != POLICY_ORDERED)
			measure(r, ask, strategy, r->taken[i].pick, &r->figures[i]);
	}
	strategy_order(strategy, r->policy, r->figures, r->taken_count, r->final);
	choose_all(r, strategy, false, d);
	if (broken)
		choose_all(r, strategy, true, d);
	r->taken_count = 0;
}
