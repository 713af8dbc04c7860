/* SPDX-License-Identifier: MIT */
/* health_store - what health knows, read from the store and told to it, as far as it can be had. */
#include <stdlib.h>

#include "base/mem.h"
#include "policy/health_kept.h"

/* Latencies move slowly: they are not read again sooner. */
#define LATENCY_LOOK_US INT64_C(100000)
/* A store that failed is left alone for so long. */
#define RETRY_US INT64_C(5000000)

static bool
is_within(int64_t now_us, int64_t since_us, int64_t span_us)
{
	return now_us >= since_us && now_us - since_us < span_us;
}

static bool
may_write(const struct health *h)
{
	return h->store && !(h->failed_us && is_within(h->now_us, h->failed_us, RETRY_US));
}

static bool
may_read(const struct health *h)
{
	return may_write(h) && !h->unwritten;
}

static void
lose_store(struct health *h, const struct err *err, bool was_write)
{
	h->failed_us = h->now_us;
	h->unwritten |= was_write;
	if (h->trouble != HEALTH_UNHARMED)
		return;
	h->err = *err;
	h->trouble = HEALTH_UNTOLD;
}

/* It answered. Where it had failed before, all that we hold is old. */
static void
have_store(struct health *h)
{
	if (!h->failed_us)
		return;
	h->failed_us = 0;
	h->unwritten = false;
	h->epoch++;
	if (h->trouble == HEALTH_TOLD)
		h->trouble = HEALTH_UNHARMED;
}

const struct err *
health_error(struct health *h)
{
	if (h->trouble != HEALTH_UNTOLD)
		return NULL;
	h->trouble = h->failed_us ? HEALTH_TOLD : HEALTH_UNHARMED;
	return &h->err;
}

/* See whether others have written. */
static void
look_around(struct health *h, int64_t now_us)
{
	uint64_t version;

	h->now_us = now_us;
	if (!may_read(h))
		return;
	version = store_version(h->store);
	if (version != h->version)
		h->epoch++;
	h->version = version;
}

/* 1: h->text is the value; 0: there is none; -1: the store has no say. */
static int
read_key(struct health *h, const char *key)
{
	struct err err = ERR_INIT;
	int r;

	buf_reset(&h->text);
	r = store_get(h->store, str_of(key), &h->text, &err);
	if (r < 0)
		lose_store(h, &err, false);
	else
		have_store(h);
	return r;
}

static bool
change_key(struct health *h, const char *key, store_update_fn *fn, void *user)
{
	struct err err = ERR_INIT;

	if (!may_write(h))
		return false;
	if (store_update(h->store, str_of(key), fn, user, &err) < 0) {
		lose_store(h, &err, true);
		return false;
	}
	have_store(h);
	return true;
}

/* --- breakers --- */

/* What the store holds now, and on top of it what it has not been told. */
static void
learn(struct health *h, struct kept_breaker *b, const struct breaker *stored)
{
	b->known = *stored;
	b->seen = h->epoch;
	breaker_take_report(&b->known, &h->rule, &b->gathered, h->now_us);
}

void
health_read_breaker(struct health *h, struct kept_breaker *b, int64_t now_us)
{
	struct breaker stored;

	look_around(h, now_us);
	if (b->seen == h->epoch || !may_read(h))
		return;
	switch (read_key(h, b->key)) {
	case 1:
		(void)breaker_read(&stored, buf_str(&h->text)); /* not ours: a closed one */
		break;
	case 0:
		breaker_init(&stored);
		break;
	default:
		return;
	}
	learn(h, b, &stored);
}

int64_t
health_breaker_expiry(const struct breaker *b, int64_t now_us)
{
	if (b->until_us == BREAKER_BY_HAND_ONLY)
		return STORE_FOREVER;
	return (b->until_us > now_us ? b->until_us : now_us) + HEALTH_BREAKER_KEPT_US;
}

/* One step in the store: a report that is told, or a lease that is taken. */
struct breaker_step {
	const struct health *h;
	const struct breaker_report *report;
	struct lease_ask *ask;
	struct breaker result;
};

static enum store_change
write_step(const struct breaker_step *step, struct buf *fresh, int64_t *expires_us)
{
	breaker_write(&step->result, fresh);
	*expires_us = health_breaker_expiry(&step->result, step->h->now_us);
	return STORE_WRITE;
}

static enum store_change
tell_report(void *user, struct str old, struct buf *fresh, int64_t *expires_us)
{
	struct breaker_step *step = user;

	(void)breaker_read(&step->result, old); /* none, or not ours: a closed one */
	breaker_take_report(&step->result, &step->h->rule, step->report, step->h->now_us);
	return write_step(step, fresh, expires_us);
}

static enum store_change
take_lease(void *user, struct str old, struct buf *fresh, int64_t *expires_us)
{
	struct breaker_step *step = user;
	bool changed;

	(void)breaker_read(&step->result, old);
	step->ask->verdict = breaker_admit(&step->result, &step->h->rule, step->h->now_us,
	    step->ask->holder, step->ask->lease_us, &step->ask->until_us, &changed);
	return changed ? write_step(step, fresh, expires_us) : STORE_KEEP;
}

bool
health_tell(struct health *h, struct kept_breaker *b, const struct breaker_report *report)
{
	struct breaker_report all = *report;
	struct breaker_step step = { .h = h, .report = &all };

	all.ok += b->gathered.ok;
	all.failed += b->gathered.failed;
	if (!all.cause)
		all.cause = b->gathered.cause;
	if (!change_key(h, b->key, tell_report, &step))
		return false;
	b->gathered = (struct breaker_report){ 0 };
	learn(h, b, &step.result);
	return true;
}

/* --- leases --- */

bool
health_take_lease(struct health *h, struct kept_breaker *b, struct lease_ask *ask)
{
	struct lease_ask first = *ask;
	struct breaker_step step = { .h = h, .ask = &first };
	int64_t whole_us = ask->lease_us;

	if (whole_us <= 0 || whole_us > HEALTH_LEASE_US)
		first.lease_us = HEALTH_LEASE_US;
	if (!change_key(h, b->key, take_lease, &step))
		return false;
	learn(h, b, &step.result);
	*ask = first;
	if (ask->verdict != BREAKER_PROBE)
		return true;
	if (whole_us <= 0)
		whole_us = h->rule.max_cooldown_us;
	VEC_GROW(h->leases, h->lease_count, h->lease_cap);
	h->leases[h->lease_count++] = (struct kept_lease){ b, ask->holder,
		h->now_us + first.lease_us, h->now_us + whole_us };
	return true;
}

void
health_drop_lease(struct health *h, uint64_t holder)
{
	for (size_t i = 0; holder && i < h->lease_count; i++) {
		if (h->leases[i].holder == holder) {
			h->leases[i] = h->leases[--h->lease_count];
			return;
		}
	}
}

static bool
is_renewal_due(const struct health *h, const struct kept_lease *lease)
{
	return lease->until_us < lease->end_us && lease->until_us - h->now_us < HEALTH_LEASE_US / 2;
}

static int64_t
renewed_us(const struct health *h, const struct kept_lease *lease)
{
	int64_t until_us = h->now_us + HEALTH_LEASE_US;

	return until_us < lease->end_us ? until_us : lease->end_us;
}

/* --- latencies --- */

void
health_read_latency(struct health *h, struct kept_latency *l)
{
	struct latency stored;
	int r;

	if (l->seen == h->epoch || !may_read(h) ||
	    (l->seen && is_within(h->now_us, l->read_us, LATENCY_LOOK_US)))
		return;
	r = read_key(h, l->key);
	if (r < 0)
		return;
	latency_init(&stored);
	if (r > 0)
		(void)latency_read(&stored, buf_str(&h->text)); /* not ours: an empty one */
	l->known = stored;
	l->seen = h->epoch;
	l->read_us = h->now_us;
	if (l->has_gathered)
		latency_merge(&l->known, &l->gathered, h->now_us);
}

/* --- flush --- */

static bool
has_due_lease(const struct health *h, const struct kept_breaker *b)
{
	for (size_t i = 0; i < h->lease_count; i++)
		if (h->leases[i].breaker == b && is_renewal_due(h, &h->leases[i]))
			return true;
	return false;
}

static bool
is_told(const struct breaker_report *report)
{
	return !report->ok && !report->failed;
}

static bool
is_breaker_due(const struct health *h, const struct kept_breaker *b)
{
	return !is_told(&b->gathered) || has_due_lease(h, b);
}

static void
flush_breaker(const struct health *h, struct kept_breaker *b, struct store_entry *e)
{
	bool changed = !is_told(&b->gathered);

	(void)breaker_read(&b->known, e->old); /* none, or not ours: a closed one */
	breaker_take_report(&b->known, &h->rule, &b->gathered, h->now_us);
	for (size_t i = 0; i < h->lease_count; i++) {
		const struct kept_lease *lease = &h->leases[i];

		if (lease->breaker == b && is_renewal_due(h, lease))
			changed |= breaker_renew(
			    &b->known, &h->rule, h->now_us, lease->holder, renewed_us(h, lease));
	}
	if (!changed)
		return;
	e->change = STORE_WRITE;
	breaker_write(&b->known, &e->fresh);
	e->expires_us = health_breaker_expiry(&b->known, h->now_us);
}

static void
flush_latency(const struct health *h, struct kept_latency *l, struct store_entry *e)
{
	(void)latency_read(&l->known, e->old); /* none, or not ours: an empty one */
	latency_merge(&l->known, &l->gathered, h->now_us);
	e->change = STORE_WRITE;
	latency_write(&l->known, &e->fresh);
	e->expires_us = h->now_us + HEALTH_LATENCY_KEPT_US;
}

/* Those that are due, in the order of due_keys. What is known is what stands there and what was
 * gathered, also where it is not written in the end. */
static void
flush_all(void *user, struct store_entry *e, size_t count)
{
	struct health *h = user;

	(void)count;
	for (size_t i = 0; i < h->breaker_count; i++)
		if (is_breaker_due(h, h->breakers[i]))
			flush_breaker(h, h->breakers[i], e++);
	for (size_t i = 0; i < h->latency_count; i++)
		if (h->latencies[i]->has_gathered)
			flush_latency(h, h->latencies[i], e++);
}

static size_t
due_keys(const struct health *h, struct str *keys)
{
	size_t count = 0;

	for (size_t i = 0; i < h->breaker_count; i++)
		if (is_breaker_due(h, h->breakers[i]))
			keys[count++] = str_of(h->breakers[i]->key);
	for (size_t i = 0; i < h->latency_count; i++)
		if (h->latencies[i]->has_gathered)
			keys[count++] = str_of(h->latencies[i]->key);
	return count;
}

/* All of it is in the store. A lease that was lost is not asked for at every turn. */
static void
note_told(struct health *h)
{
	for (size_t i = 0; i < h->breaker_count; i++) {
		if (is_breaker_due(h, h->breakers[i]))
			h->breakers[i]->seen = h->epoch;
		h->breakers[i]->gathered = (struct breaker_report){ 0 };
	}
	for (size_t i = 0; i < h->latency_count; i++) {
		struct kept_latency *l = h->latencies[i];

		if (!l->has_gathered)
			continue;
		l->seen = h->epoch;
		l->read_us = h->now_us;
		latency_init(&l->gathered);
		l->has_gathered = false;
	}
	for (size_t i = 0; i < h->lease_count; i++)
		if (is_renewal_due(h, &h->leases[i]))
			h->leases[i].until_us = renewed_us(h, &h->leases[i]);
}

int
health_flush(struct health *h, int64_t now_us, struct err *err)
{
	struct str *keys;
	size_t count;
	int r = 0;

	h->now_us = now_us;
	if (!may_write(h))
		return 0;
	keys = xcalloc(h->breaker_count + h->latency_count, sizeof *keys);
	count = due_keys(h, keys);
	if (count)
		r = store_update_all(h->store, keys, count, flush_all, h, err);
	free(keys);
	if (r < 0) {
		lose_store(h, err, true);
	} else if (count) {
		note_told(h);
		have_store(h);
	}
	return r;
}
