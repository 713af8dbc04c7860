/* SPDX-License-Identifier: MIT */
/* health_store - what health knows, read from the store and told to it, as far as it can be had. */
#include "base/mem.h"
#include "policy/health_kept.h"

/* Latencies move slowly: they are not read again sooner. */
#define LATENCY_LOOK_US INT64_C(100000)
/* What was read so long ago is not relied on, where the store has yet to answer. */
#define LATE_US INT64_C(1000000)
/* A store that failed is left alone for so long. */
#define RETRY_US INT64_C(5000000)

static bool
is_within(int64_t now_us, int64_t since_us, int64_t span_us)
{
	return now_us >= since_us && now_us - since_us < span_us;
}

bool
health_may_write(const struct health *h)
{
	return h->desk && !(h->failed_us && is_within(h->now_us, h->failed_us, RETRY_US));
}

static bool
may_read(const struct health *h)
{
	return health_may_write(h) && !h->unwritten;
}

void
health_lose_store(struct health *h, const struct err *err, bool was_write)
{
	h->failed_us = h->now_us;
	h->unwritten |= was_write;
	if (h->trouble != HEALTH_UNHARMED)
		return;
	h->err = *err;
	h->trouble = HEALTH_UNTOLD;
}

/* It answered. Where it had failed before, all that we hold is old. */
void
health_have_store(struct health *h)
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
	version = h->desk->version(h->desk);
	if (version != h->version)
		h->epoch++;
	h->version = version;
}

/* 1: h->text is the value; 0: there is none; -1: the store has no say; STORE_DESK_LATER. */
static int
read_key(struct health *h, const char *key)
{
	struct err err = ERR_INIT;
	int r;

	buf_reset(&h->text);
	r = h->desk->get(h->desk, str_of(key), &h->text, &err);
	if (r < 0)
		health_lose_store(h, &err, false);
	else if (r != STORE_DESK_LATER)
		health_have_store(h);
	return r;
}

/* --- breakers --- */

void
health_learn(struct health *h, struct kept_breaker *b, const struct breaker *stored)
{
	b->known = *stored;
	b->seen = h->epoch;
	b->read_us = h->now_us;
	breaker_take_report(&b->known, &h->rule, &b->gathered, h->now_us);
}

/* What was known a moment ago will do. */
static bool
is_late(const struct health *h, uint64_t seen, int64_t read_us)
{
	return !seen || !is_within(h->now_us, read_us, LATE_US);
}

bool
health_read_breaker(struct health *h, struct kept_breaker *b, int64_t now_us)
{
	struct breaker stored;

	look_around(h, now_us);
	if (b->seen == h->epoch || b->under_way || !may_read(h))
		return true;
	switch (read_key(h, b->key)) {
	case 1:
		(void)breaker_read(&stored, buf_str(&h->text)); /* not ours: a closed one */
		break;
	case 0:
		breaker_init(&stored);
		break;
	case STORE_DESK_LATER:
		if (is_late(h, b->seen, b->read_us))
			h->is_asking = true;
		return !is_late(h, b->seen, b->read_us);
	default:
		return true;
	}
	health_learn(h, b, &stored);
	return true;
}

int64_t
health_breaker_expiry(const struct breaker *b, int64_t now_us)
{
	if (b->until_us == BREAKER_BY_HAND_ONLY)
		return STORE_FOREVER;
	return (b->until_us > now_us ? b->until_us : now_us) + HEALTH_BREAKER_KEPT_US;
}

/* --- latencies --- */

void
health_learn_latency(struct health *h, struct kept_latency *l, const struct latency *stored)
{
	l->known = *stored;
	l->seen = h->epoch;
	l->read_us = h->now_us;
	if (l->has_gathered)
		latency_merge(&l->known, &l->gathered, h->now_us);
}

void
health_read_latency(struct health *h, struct kept_latency *l)
{
	struct latency stored;
	int r;

	if (l->seen == h->epoch || l->under_way || !may_read(h) ||
	    (l->seen && is_within(h->now_us, l->read_us, LATENCY_LOOK_US)))
		return;
	r = read_key(h, l->key);
	if (r == STORE_DESK_LATER)
		h->is_asking |= is_late(h, l->seen, l->read_us);
	if (r < 0 || r == STORE_DESK_LATER)
		return;
	latency_init(&stored);
	if (r > 0)
		(void)latency_read(&stored, buf_str(&h->text)); /* not ours: an empty one */
	health_learn_latency(h, l, &stored);
}
