/* SPDX-License-Identifier: MIT */
/* drive - many requests on a virtual clock, each walked by the real walk through a weather. */
#include "sim/drive.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/die.h"
#include "base/mem.h"
#include "policy/ledger.h"

enum { FLIGHTS_MAX = 64, PROMPTS = 6, FLUSH_US = 100000, TOLD_MAX = 10 };

static const char *const prompts[PROMPTS] = {
	"{\"prompt\":\"Why is the sky blue?\",\"options\":{\"maxTokens\":200,\"stream\":true}}",
	"{\"prompt\":\"Name three rivers of France.\",\"options\":{\"maxTokens\":200}}",
	"{\"prompt\":\"Summarise: the committee met on Tuesday and agreed that the bridge is to be "
	"repaired before winter, at a cost which the council will publish in its next report.\","
	"\"options\":{\"maxTokens\":200,\"stream\":true}}",
	"{\"prompt\":\"Translate into German: the quick brown fox jumps over the lazy dog.\","
	"\"options\":{\"maxTokens\":200}}",
	"{\"prompt\":\"Write a haiku about breakers that open in time.\",\"options\":"
	"{\"maxTokens\":200,\"stream\":true}}",
	"{\"prompt\":\"Classify as spam or not: you have won a prize, call us now!\",\"options\":"
	"{\"maxTokens\":200}}",
};

struct flight { /* an attempt, as the providers see it */
	enum site site;
	struct fate fate;
	int64_t start_us;
	bool in_air, is_continuation;
};

struct live { /* a request under way */
	size_t request; /* its number, from 1; 0: the slot is free */
	size_t prompt;
	int64_t start_us;
	struct walk *walk;
	struct decision decision;
	struct flight flights[FLIGHTS_MAX];
	size_t flight_count;
	unsigned tries[SITES];
	size_t shown; /* whose output the reader has; WALK_NOBODY */
	bool was_restarted;
};

enum event_kind { EVENT_ARRIVAL, EVENT_OUTPUT, EVENT_END, EVENT_TIMER };
struct event {
	int64_t at_us;
	uint64_t order; /* of those at the same time */
	enum event_kind kind;
	size_t slot, request, flight;
};

struct drive {
	const struct drive_config *config;
	struct drive_result *result;
	struct fleet fleet;
	struct sky sky;
	struct rand arrivals;
	struct fleet_request requests[PROMPTS];
	struct event *heap;
	size_t heap_count, heap_cap;
	uint64_t order;
	struct live **slots;
	size_t slot_count, slot_cap;
	size_t *free_slots;
	size_t free_count, free_cap;
	size_t expected, arrived;
	int64_t flushed_us;
};

/* --- what must never happen --- */

static void __attribute__((format(printf, 3, 4)))
violated(struct drive *d, const struct live *l, const char *fmt, ...)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	va_list ap;

	if (d->result->violations++ >= TOLD_MAX)
		return;
	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	warn("%s, seed %llu, request %zu: %s", d->config->weather->name,
	    (unsigned long long)d->config->seed, l ? l->request : 0, text.p);
	buf_release(&text);
}

/* --- events in order of time --- */

static bool
is_before(const struct event *a, const struct event *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void
push(struct drive *d, struct event e)
{
	size_t i = d->heap_count, up;

	e.order = d->order++;
	VEC_GROW(d->heap, d->heap_count, d->heap_cap);
	d->heap_count++;
	for (; i > 0 && is_before(&e, &d->heap[up = (i - 1) / 2]); i = up)
		d->heap[i] = d->heap[up];
	d->heap[i] = e;
}

static bool
pop(struct drive *d, struct event *e)
{
	struct event last;
	size_t i = 0, down;

	if (!d->heap_count)
		return false;
	*e = d->heap[0];
	last = d->heap[--d->heap_count];
	while ((down = 2 * i + 1) < d->heap_count) {
		if (down + 1 < d->heap_count && is_before(&d->heap[down + 1], &d->heap[down]))
			down++;
		if (!is_before(&d->heap[down], &last))
			break;
		d->heap[i] = d->heap[down];
		i = down;
	}
	d->heap[i] = last;
	return true;
}

/* --- attempts --- */

static enum site
site_of(const char *spec)
{
	for (size_t i = 0; i < SITES; i++)
		if (strcmp(site_facts[i].spec, spec) == 0)
			return (enum site)i;
	die(EXIT_BUG, "%s is no site of the weather", spec);
}

static int64_t
tokens_in(struct drive *d, const struct live *l)
{
	return facts_tokens(&d->requests[l->prompt].facts)->in;
}

/* How much of its answer an attempt had written by then. */
static int64_t
tokens_written(const struct fate *f, int64_t elapsed_us)
{
	if (f->first_us < 0 || elapsed_us <= f->first_us)
		return 0;
	if (elapsed_us >= f->whole_us)
		return f->tokens_out;
	return (int64_t)((double)f->tokens_out * (double)(elapsed_us - f->first_us) /
			 (double)(f->whole_us - f->first_us));
}

/* What its provider bills for it. */
static double
bill(struct drive *d, const struct live *l, const struct flight *f)
{
	const struct site_fact *fact = &site_facts[f->site];
	int64_t elapsed_us = d->fleet.now_us - f->start_us;

	if (!f->fate.is_billed)
		return 0;
	return ((double)tokens_in(d, l) * fact->usd_in +
		   (double)tokens_written(&f->fate, elapsed_us) * fact->usd_out) /
	       1e6;
}

static void
land(struct drive *d, struct live *l, struct flight *f, bool is_read)
{
	double usd = bill(d, l, f);

	f->in_air = false;
	d->result->usd += usd;
	if (!is_read)
		d->result->lost_usd += usd;
}

static bool
is_stream(struct drive *d, const struct live *l)
{
	return d->requests[l->prompt].request.options.stream;
}

/* As llm-call ends an attempt that takes too long. */
static void
limit(struct fate *f, const struct walk_step *step, bool stream)
{
	int64_t most_us = step->timeout_ms * 1000, first_us = step->ttft_timeout_ms * 1000;
	bool is_late = stream && first_us > 0 && (f->first_us < 0 || f->first_us > first_us);

	if (is_late && f->end_us > first_us)
		most_us = first_us;
	if (f->end_us <= most_us)
		return;
	f->ok = false;
	f->kind = ERROR_TIMEOUT;
	f->end_us = most_us;
	f->retry_after_ms = 0;
}

static void
launch(struct drive *d, size_t slot, const struct walk_step *step)
{
	struct live *l = d->slots[slot];
	struct flight *f = &l->flights[step->attempt];
	int64_t now_us = d->fleet.now_us;
	struct event e = { .slot = slot, .request = l->request, .flight = step->attempt };

	if (step->attempt != l->flight_count || step->attempt >= FLIGHTS_MAX) {
		violated(d, l, "attempt %zu follows %zu", step->attempt, l->flight_count);
		return;
	}
	l->flight_count++;
	*f = (struct flight){ .site = site_of(step->choice->target->spec),
		.start_us = now_us,
		.in_air = true,
		.is_continuation = step->is_continuation };
	for (size_t i = 0; i < step->attempt; i++)
		if (l->flights[i].in_air && l->flights[i].site == f->site)
			violated(d, l, "two attempts at one candidate at once");
	f->fate = sky_fate(&d->sky, l->request, f->site, l->tries[f->site]++, now_us, true);
	limit(&f->fate, step, is_stream(d, l));
	d->result->attempts++;
	e.kind = EVENT_END;
	e.at_us = now_us + f->fate.end_us;
	push(d, e);
	if (!is_stream(d, l) || f->fate.first_us < 0 || f->fate.first_us > f->fate.end_us)
		return;
	e.kind = EVENT_OUTPUT;
	e.at_us = now_us + f->fate.first_us;
	push(d, e);
	e.at_us = now_us + (f->fate.first_us + f->fate.end_us) / 2;
	push(d, e);
}

/* --- the end of a request --- */

static void
push_arrival(struct drive *d)
{
	double gap_s = -log(1 - rand_unit(&d->arrivals)) / d->config->per_s;

	if (d->config->jobs)
		gap_s = 0;
	if (d->expected++ < d->config->requests)
		push(d, (struct event){ .kind = EVENT_ARRIVAL,
			    .at_us = d->fleet.now_us + (int64_t)(gap_s * 1e6) });
}

static void
check_end(struct drive *d, struct live *l, const struct walk_step *step)
{
	const struct policy_limits *limits = &l->decision.limits;
	size_t most = l->decision.count * (size_t)(limits->retries + 1) +
		      (size_t)(l->decision.hedge.max > 0 ? l->decision.hedge.max : 0);
	int64_t deadline_us = l->start_us + (limits->deadline_ms + WALK_GRACE_MS) * 1000;

	for (size_t i = 0; i < l->flight_count; i++)
		if (l->flights[i].in_air)
			violated(d, l, "attempt %zu is still in flight at the end", i);
	if (l->flight_count > most)
		violated(d, l, "%zu attempts, more than %zu", l->flight_count, most);
	if (limits->deadline_ms && d->fleet.now_us > deadline_us)
		violated(d, l, "it ended after its deadline");
	if (step->winner != WALK_NOBODY && l->shown != WALK_NOBODY && l->shown != step->winner &&
	    walk_error(l->walk, &(struct buf)BUF_INIT(0)) == ERROR_NONE)
		violated(d, l, "the answer is attempt %zu's, the output attempt %zu's",
		    step->winner, l->shown);
}

static void
end(struct drive *d, size_t slot, const struct walk_step *step)
{
	struct live *l = d->slots[slot];
	struct drive_result *r = d->result;
	struct walk_sums sums;

	check_end(d, l, step);
	walk_sum(l->walk, &sums);
	r->hedges += sums.hedges;
	r->hedges_won += sums.hedge_won;
	r->rescued += sums.rescued;
	r->restarted += l->was_restarted;
	r->booked_usd += (double)sums.cost_pusd / 1e12;
	if (sums.attempts != l->flight_count)
		violated(d, l, "%zu attempts were told of %zu", sums.attempts, l->flight_count);
	if (sums.ok)
		r->ms[r->ok++] = (double)(d->fleet.now_us - l->start_us) / 1000;
	else
		r->kinds[walk_error(l->walk, &(struct buf)BUF_INIT(0))]++;
	walk_free(l->walk);
	l->walk = NULL;
	l->request = 0;
	VEC_GROW(d->free_slots, d->free_count, d->free_cap);
	d->free_slots[d->free_count++] = slot;
	if (d->config->jobs)
		push_arrival(d);
}

static void
restart(struct drive *d, struct live *l)
{
	if (l->shown == WALK_NOBODY)
		violated(d, l, "a restart, and nothing was shown");
	l->shown = WALK_NOBODY;
	l->was_restarted = true;
}

static void
advance(struct drive *d, size_t slot)
{
	struct live *l = d->slots[slot];
	struct walk_step step;

	while (walk_next(l->walk, d->fleet.now_us, &step) != WALK_WAIT) {
		switch (step.what) {
		case WALK_SEND:
			launch(d, slot, &step);
			break;
		case WALK_CANCEL:
			if (!l->flights[step.attempt].in_air)
				violated(
				    d, l, "attempt %zu is cancelled after its end", step.attempt);
			land(d, l, &l->flights[step.attempt], false);
			break;
		case WALK_RESTART:
			restart(d, l);
			break;
		case WALK_END:
			end(d, slot, &step);
			return;
		case WALK_WAIT:
			break;
		}
	}
	if (step.until_us <= d->fleet.now_us)
		violated(d, l, "a wait that is over already");
	if (step.until_us != INT64_MAX)
		push(d, (struct event){ .kind = EVENT_TIMER,
			    .at_us = step.until_us,
			    .slot = slot,
			    .request = l->request });
}

/* --- what happens --- */

static void
take_output(struct drive *d, struct live *l, size_t flight)
{
	const struct flight *f = &l->flights[flight];

	if (!walk_output(l->walk, flight, d->fleet.now_us))
		return;
	if (!f->in_air)
		violated(d, l, "output of attempt %zu after its end", flight);
	if (l->shown != WALK_NOBODY && l->shown != flight &&
	    (!f->is_continuation || l->flights[l->shown].in_air))
		violated(d, l, "output of attempt %zu behind attempt %zu's", flight, l->shown);
	l->shown = flight;
}

static void
take_end(struct drive *d, struct live *l, size_t flight)
{
	struct flight *f = &l->flights[flight];
	struct walk_answer a = {
		.ok = f->fate.ok,
		.kind = f->fate.kind,
		.retry_after_ms = f->fate.retry_after_ms,
		.total_ms = (double)f->fate.end_us / 1000,
		.first_ms = is_stream(d, l) ? (double)f->fate.first_us / 1000 : -1,
		.usage = USAGE_UNKNOWN,
		.cost_pusd = -1,
	};

	if (a.ok) {
		a.usage.in = tokens_in(d, l);
		a.usage.out = f->fate.tokens_out;
	}
	land(d, l, f, a.ok);
	walk_answer(l->walk, flight, &a, d->fleet.now_us);
}

static size_t
take_slot(struct drive *d)
{
	if (d->free_count)
		return d->free_slots[--d->free_count];
	VEC_GROW(d->slots, d->slot_count, d->slot_cap);
	d->slots[d->slot_count] = xcalloc(1, sizeof **d->slots);
	return d->slot_count++;
}

static void
decide(struct drive *d, struct live *l)
{
	struct fleet_request *r = &d->requests[l->prompt];

	if (!d->config->candidates) {
		router_decide(
		    d->fleet.router, &r->request, &r->facts, d->fleet.now_us, &l->decision);
		return;
	}
	decision_release(&l->decision);
	fleet_decide(&d->fleet, d->config->candidates, &l->decision);
}

static void
arrive(struct drive *d)
{
	size_t slot = take_slot(d);
	struct live *l = d->slots[slot];

	l->request = ++d->arrived;
	l->prompt = l->request % PROMPTS;
	l->start_us = d->fleet.now_us;
	l->flight_count = 0;
	l->shown = WALK_NOBODY;
	l->was_restarted = false;
	memset(l->tries, 0, sizeof l->tries);
	decide(d, l);
	l->walk = walk_new(
	    &d->fleet.world, &l->decision, &d->requests[l->prompt].facts, d->fleet.now_us);
	advance(d, slot);
	if (!d->config->jobs)
		push_arrival(d);
}

static void
happen(struct drive *d, const struct event *e)
{
	struct live *l;

	d->fleet.now_us = e->at_us;
	if (e->kind == EVENT_ARRIVAL) {
		arrive(d);
		return;
	}
	l = d->slots[e->slot];
	if (l->request != e->request || (e->kind != EVENT_TIMER && !l->flights[e->flight].in_air))
		return;
	if (e->kind == EVENT_OUTPUT)
		take_output(d, l, e->flight);
	else if (e->kind == EVENT_END)
		take_end(d, l, e->flight);
	advance(d, e->slot);
}

static void
flush(struct drive *d)
{
	struct err err = ERR_INIT;

	if (d->fleet.now_us - d->flushed_us < FLUSH_US)
		return;
	d->flushed_us = d->fleet.now_us;
	if (health_flush(d->fleet.health, d->fleet.now_us, &err) < 0)
		err_die(&err);
	if (d->fleet.budgets)
		budgets_renew(d->fleet.budgets, d->fleet.now_us);
}

/* --- when all is over --- */

static bool
check_breaker(void *user, struct str key, struct str value)
{
	struct drive *d = user;
	struct breaker b;

	if (!breaker_read(&b, value))
		violated(d, NULL, "%.*s can't be read", (int)key.len, key.p);
	for (size_t i = 0; i < BREAKER_PROBES_MAX; i++)
		if (b.probes[i].holder && b.probes[i].until_us > d->fleet.now_us)
			violated(
			    d, NULL, "a probe of %.*s was not given back", (int)key.len, key.p);
	return true;
}

static bool
check_ledger(void *user, struct str key, struct str value)
{
	struct drive *d = user;
	struct ledger l;

	if (!ledger_read(&l, value))
		violated(d, NULL, "%.*s can't be read", (int)key.len, key.p);
	else if (ledger_reserved(&l))
		violated(d, NULL, "%.*s: %lld is still reserved", (int)key.len, key.p,
		    (long long)ledger_reserved(&l));
	return true;
}

static void
check_store(struct drive *d)
{
	struct err err = ERR_INIT;

	for (size_t i = 0; i < d->slot_count; i++)
		if (d->slots[i]->request)
			violated(d, d->slots[i], "it never ended");
	if (store_scan(d->fleet.store, STR_LIT(HEALTH_BREAKERS), check_breaker, d, &err) < 0 ||
	    store_scan(d->fleet.store, STR_LIT("budget/"), check_ledger, d, &err) < 0)
		err_die(&err);
}

static void
release(struct drive *d)
{
	for (size_t i = 0; i < d->slot_count; i++) {
		walk_free(d->slots[i]->walk);
		decision_release(&d->slots[i]->decision);
		free(d->slots[i]);
	}
	for (size_t i = 0; i < PROMPTS; i++)
		fleet_request_close(&d->requests[i]);
	free(d->slots);
	free(d->free_slots);
	free(d->heap);
	fleet_close(&d->fleet);
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
start(struct drive *d, const struct drive_config *config, struct drive_result *result)
{
	double length_s = (double)config->requests / config->per_s;

	*d = (struct drive){ .config = config, .result = result };
	*result = (struct drive_result){ .requests = config->requests,
		.ms = xcalloc(config->requests, sizeof *result->ms) };
	fleet_open(&d->fleet, config->policy, config->seed);
	if (!config->has_memory) {
		d->fleet.world.health = NULL;
		d->fleet.world.retries = NULL;
	}
	rand_seed(&d->arrivals, config->seed);
	sky_start(
	    &d->sky, config->weather, config->seed, d->fleet.now_us, (int64_t)(length_s * 1e6));
	for (size_t i = 0; i < PROMPTS; i++)
		fleet_request_open(&d->requests[i], prompts[i]);
	for (size_t i = 0; i < (config->jobs ? config->jobs : 1); i++)
		push_arrival(d);
}

void
drive_run(const struct drive_config *config, struct drive_result *result)
{
	struct drive d;
	struct event e;

	start(&d, config, result);
	while (pop(&d, &e)) {
		happen(&d, &e);
		flush(&d);
	}
	d.flushed_us = 0;
	flush(&d);
	check_store(&d);
	release(&d);
	qsort(result->ms, result->ok, sizeof *result->ms, by_size);
}

void
drive_result_release(struct drive_result *r)
{
	free(r->ms);
}

/* --- who knows the future --- */

/* The cheapest that will answer in time; SITES: none will. */
static enum site
foresee(struct drive *d, const struct live *l)
{
	int64_t most_us = d->fleet.policy->limits.max_latency_ms * 1000;

	for (int site = SITE_A; site < SITES; site++) {
		struct fate f = sky_fate(
		    &d->sky, l->request, (enum site)site, 0, d->fleet.now_us, false);

		if (f.ok && f.end_us <= most_us)
			return (enum site)site;
	}
	return SITES;
}

void
drive_oracle(const struct drive_config *config, struct drive_result *result)
{
	static const enum error_kind none = ERROR_SERVER;
	struct live l = { 0 };
	struct drive d;
	struct event e;

	start(&d, config, result);
	while (pop(&d, &e)) {
		struct flight f = { .in_air = true };

		d.fleet.now_us = f.start_us = e.at_us;
		l.request = ++d.arrived;
		l.prompt = l.request % PROMPTS;
		f.site = foresee(&d, &l);
		push_arrival(&d);
		if (f.site == SITES) {
			result->kinds[none]++;
			continue;
		}
		f.fate = sky_fate(&d.sky, l.request, f.site, 0, d.fleet.now_us, true);
		d.fleet.now_us += f.fate.end_us;
		land(&d, &l, &f, true);
		result->attempts++;
		result->ms[result->ok++] = (double)f.fate.end_us / 1000;
	}
	release(&d);
	qsort(result->ms, result->ok, sizeof *result->ms, by_size);
}
