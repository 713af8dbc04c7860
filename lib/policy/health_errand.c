/* SPDX-License-Identifier: MIT */
/* health_errand - what the store is told of health: reports, leases and latencies, as one step. */
#include <stdlib.h>

#include "base/mem.h"
#include "policy/health_kept.h"

/* Where a desk does it, another thread reads it: it holds copies of what it needs. */
struct errand {
	struct store_errand errand;
	struct health *h;
	struct breaker_rule rule;
	int64_t now_us;
	struct breaker_turn {
		struct kept_breaker *of; /* the loop's, as all that is kept */
		struct breaker_report report;
		bool has_report;
		struct breaker result;
	} * breakers;
	size_t breaker_count, breaker_cap;
	struct latency_turn {
		struct kept_latency *of;
		struct latency gathered, result;
	} * latencies;
	size_t latency_count, latency_cap;
	struct kept_lease *leases; /* to be renewed, until until_us */
	size_t lease_count, lease_cap;
	bool asks; /* a lease of the one breaker */
	struct lease_ask ask;
	struct str *keys;
};

static struct errand *
errand_new(struct health *h)
{
	struct errand *e = xcalloc(1, sizeof *e);

	e->h = h;
	e->rule = h->rule;
	e->now_us = h->now_us;
	return e;
}

static void
errand_free(struct errand *e)
{
	free(e->breakers);
	free(e->latencies);
	free(e->leases);
	free(e->keys);
	free(e);
}

static bool
is_told(const struct breaker_report *report)
{
	return !report->ok && !report->failed;
}

/* With what was gathered. */
static struct breaker_turn *
add_breaker(struct errand *e, struct kept_breaker *b)
{
	struct breaker_turn *turn;

	VEC_GROW(e->breakers, e->breaker_count, e->breaker_cap);
	turn = &e->breakers[e->breaker_count++];
	turn->of = b;
	turn->report = b->gathered;
	turn->has_report = !is_told(&b->gathered);
	b->gathered = (struct breaker_report){ 0 };
	b->under_way++;
	return turn;
}

static void
add_latency(struct errand *e, struct kept_latency *l)
{
	struct latency_turn *turn;

	VEC_GROW(e->latencies, e->latency_count, e->latency_cap);
	turn = &e->latencies[e->latency_count++];
	turn->of = l;
	turn->gathered = l->gathered;
	latency_init(&l->gathered);
	l->has_gathered = false;
	l->under_way++;
}

/* --- in the store --- */

static void
write_breaker(const struct errand *e, const struct breaker *b, struct store_entry *entry)
{
	entry->change = STORE_WRITE;
	breaker_write(b, &entry->fresh);
	entry->expires_us = health_breaker_expiry(b, e->now_us);
}

static void
take_breaker(struct errand *e, struct breaker_turn *turn, struct store_entry *entry)
{
	bool changed = turn->has_report, taken = false;

	(void)breaker_read(&turn->result, entry->old); /* none, or not ours: a closed one */
	if (turn->has_report)
		breaker_take_report(&turn->result, &e->rule, &turn->report, e->now_us);
	for (size_t i = 0; i < e->lease_count; i++)
		if (e->leases[i].breaker == turn->of)
			changed |= breaker_renew(&turn->result, &e->rule, e->now_us,
			    e->leases[i].holder, e->leases[i].until_us);
	if (e->asks)
		e->ask.verdict = breaker_admit(&turn->result, &e->rule, e->now_us, e->ask.holder,
		    e->ask.lease_us, &e->ask.until_us, &taken);
	if (changed || taken)
		write_breaker(e, &turn->result, entry);
}

static void
take_latency(const struct errand *e, struct latency_turn *turn, struct store_entry *entry)
{
	(void)latency_read(&turn->result, entry->old); /* none, or not ours: an empty one */
	latency_merge(&turn->result, &turn->gathered, e->now_us);
	entry->change = STORE_WRITE;
	latency_write(&turn->result, &entry->fresh);
	entry->expires_us = e->now_us + HEALTH_LATENCY_KEPT_US;
}

static void
take_all(void *user, struct store_entry *entry, size_t count)
{
	struct errand *e = user;

	(void)count; /* as hand has counted them */
	for (size_t i = 0; i < e->breaker_count; i++)
		take_breaker(e, &e->breakers[i], entry++);
	for (size_t i = 0; i < e->latency_count; i++)
		take_latency(e, &e->latencies[i], entry++);
}

/* --- what came of it --- */

/* It is gathered again. A lease that could not be given back runs out. */
static void
take_back(const struct errand *e)
{
	for (size_t i = 0; i < e->breaker_count; i++) {
		const struct breaker_report *report = &e->breakers[i].report;
		struct breaker_report *gathered = &e->breakers[i].of->gathered;

		gathered->ok += report->ok;
		gathered->failed += report->failed;
		if (!gathered->cause)
			gathered->cause = report->cause;
	}
	for (size_t i = 0; i < e->latency_count; i++) {
		struct kept_latency *l = e->latencies[i].of;

		latency_merge(&l->gathered, &e->latencies[i].gathered, e->now_us);
		l->has_gathered = true;
	}
}

/* Of what more is under way, what is known here is ahead of the store. */
static void
learn_all(struct errand *e)
{
	struct health *h = e->h;

	for (size_t i = 0; i < e->breaker_count; i++)
		if (!e->breakers[i].of->under_way)
			health_learn(h, e->breakers[i].of, &e->breakers[i].result);
	for (size_t i = 0; i < e->latency_count; i++)
		if (!e->latencies[i].of->under_way)
			health_learn_latency(h, e->latencies[i].of, &e->latencies[i].result);
}

static void
on_done(struct store_errand *errand)
{
	struct errand *e = errand->user;

	for (size_t i = 0; i < e->breaker_count; i++)
		e->breakers[i].of->under_way--;
	for (size_t i = 0; i < e->latency_count; i++)
		e->latencies[i].of->under_way--;
	if (errand->rc == 0) {
		learn_all(e);
		health_have_store(e->h);
	} else {
		take_back(e);
		health_lose_store(e->h, &errand->err, true);
	}
	if (e->asks)
		health_take_lease(e->h, e->breakers[0].of, errand->rc == 0 ? &e->ask : NULL);
	errand_free(e);
}

static void
hand(struct errand *e)
{
	size_t count = 0;

	e->keys = xcalloc(e->breaker_count + e->latency_count, sizeof *e->keys);
	for (size_t i = 0; i < e->breaker_count; i++)
		e->keys[count++] = str_of(e->breakers[i].of->key);
	for (size_t i = 0; i < e->latency_count; i++)
		e->keys[count++] = str_of(e->latencies[i].of->key);
	e->errand = (struct store_errand){
		.keys = e->keys, .count = count, .fn = take_all, .user = e, .done = on_done
	};
	e->h->desk->hand(e->h->desk, &e->errand);
}

/* --- a report, a lease --- */

bool
health_tell(struct health *h, struct kept_breaker *b, const struct breaker_report *report)
{
	struct breaker_turn *turn;
	struct errand *e;

	if (!health_may_write(h))
		return false;
	e = errand_new(h);
	turn = add_breaker(e, b);
	turn->has_report = true;
	turn->report.ok += report->ok;
	turn->report.failed += report->failed;
	turn->report.probe = report->probe;
	turn->report.away_us = report->away_us;
	if (report->cause)
		turn->report.cause = report->cause;
	breaker_take_report(&b->known, &h->rule, report, h->now_us);
	hand(e);
	return true;
}

bool
health_ask_lease(struct health *h, struct kept_breaker *b, const struct lease_ask *ask)
{
	struct errand *e;

	if (!health_may_write(h))
		return false;
	e = errand_new(h);
	e->asks = true;
	e->ask = *ask;
	(void)add_breaker(e, b);
	hand(e);
	return true;
}

/* --- all that is due --- */

static bool
is_renewal_due(const struct health *h, const struct kept_lease *lease)
{
	return lease->until_us < lease->end_us && lease->until_us - h->now_us < HEALTH_LEASE_US / 2;
}

/* A lease that is lost is not asked for at every turn. */
static bool
renew_leases(struct errand *e, const struct kept_breaker *b)
{
	struct health *h = e->h;
	int64_t until_us = h->now_us + HEALTH_LEASE_US;
	bool any = false;

	for (size_t i = 0; i < h->lease_count; i++) {
		struct kept_lease *lease = &h->leases[i];

		if (lease->breaker != b || !is_renewal_due(h, lease))
			continue;
		lease->until_us = until_us < lease->end_us ? until_us : lease->end_us;
		VEC_GROW(e->leases, e->lease_count, e->lease_cap);
		e->leases[e->lease_count++] = *lease;
		any = true;
	}
	return any;
}

int
health_flush(struct health *h, int64_t now_us, struct err *err)
{
	struct errand *e;
	int64_t failed_us = h->failed_us;

	h->now_us = now_us;
	if (!health_may_write(h))
		return 0;
	health_drop_unused(h);
	e = errand_new(h);
	for (size_t i = 0; i < h->breaker_count; i++) {
		struct kept_breaker *b = h->breakers[i];

		if (renew_leases(e, b) || !is_told(&b->gathered))
			(void)add_breaker(e, b);
	}
	for (size_t i = 0; i < h->latency_count; i++)
		if (h->latencies[i]->has_gathered)
			add_latency(e, h->latencies[i]);
	if (!e->breaker_count && !e->latency_count) {
		errand_free(e);
		return 0;
	}
	hand(e);
	if (h->failed_us == failed_us || !h->failed_us)
		return 0;
	*err = h->err;
	return -1;
}
