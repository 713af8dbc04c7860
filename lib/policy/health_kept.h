/* SPDX-License-Identifier: MIT */
/*
 * health_kept - what health.c knows, and health_store.c reads from the store and tells it.
 *
 * A breaker or a latency that is known is what the store held when it was read, and on top of it
 * what was gathered since. Failures are gathered, too, where the store can't be told of them.
 */
#ifndef POLICY_HEALTH_KEPT_H
#define POLICY_HEALTH_KEPT_H

#include "policy/health.h"

struct lease_ask { /* verdict, until_us: as of breaker_admit */
	uint64_t holder;
	int64_t lease_us, until_us;
	enum breaker_verdict verdict;
};

struct kept_breaker {
	char *key; /* in the store */
	struct breaker known; /* as the store had it, and what was gathered since */
	struct breaker_report gathered; /* not told to the store yet */
	uint64_t seen; /* the epoch that it was read in */
	int64_t read_us;
	size_t under_way; /* errands that the store has yet to do */
	enum {
		LEASE_NONE,
		LEASE_ASKED,
		LEASE_TAKEN, /* in the store, for whoever asks again */
		LEASE_FAILED, /* the store has no say */
	} lease;
	struct lease_ask ask; /* of the lease */
};

struct kept_latency {
	char *key;
	struct latency known, gathered;
	bool has_gathered;
	uint64_t seen;
	int64_t read_us;
	size_t under_way;
};

struct health_of {
	struct kept_breaker *breaker;
	struct kept_breaker *provider; /* its hand rules here, too; NULL: it is the breaker */
	struct kept_latency *latency;
};

/* A probe of ours that is under way. */
struct kept_lease {
	struct kept_breaker *breaker;
	uint64_t holder;
	int64_t until_us; /* as the store has it: it is renewed */
	int64_t end_us; /* but not past this */
};

struct health {
	struct store_desk plain, *desk; /* NULL: there is no store */
	bool is_asking; /* something was looked at that the store has yet to tell */
	struct breaker_rule rule;
	uint64_t next_probe; /* names of leases: from a random one on */
	int64_t now_us; /* as told last */
	uint64_t epoch; /* rises when the store has changed: what was read before is old */
	uint64_t version; /* of the store, when it was looked at last */
	int64_t failed_us; /* when the store failed last; 0: it did not */
	bool unwritten; /* it took no write: our memory is ahead of it, and is not read over */
	struct err err;
	enum {
		HEALTH_UNHARMED,
		HEALTH_UNTOLD,
		HEALTH_TOLD
	} trouble; /* whether people know of err */
	struct buf text;
	struct kept_breaker **breakers;
	size_t breaker_count, breaker_cap;
	struct kept_latency **latencies;
	size_t latency_count, latency_cap;
	struct kept_lease *leases;
	size_t lease_count, lease_cap;
	struct health_of **items;
	size_t count, cap;
};

/* Read again what others have written since it was read. False: the store has yet to tell it. */
bool health_read_breaker(struct health *h, struct kept_breaker *b, int64_t now_us);
void health_read_latency(struct health *h, struct kept_latency *l);
/* What the store holds, and on top of it what it has not been told. */
void health_learn(struct health *h, struct kept_breaker *b, const struct breaker *stored);
void health_learn_latency(struct health *h, struct kept_latency *l, const struct latency *stored);

/* Not while it is given time to recover. */
bool health_may_write(const struct health *h);
void health_lose_store(struct health *h, const struct err *err, bool was_write);
void health_have_store(struct health *h);

/* Tell the store what was gathered and what happened now. False: it is left alone just now. What it
 * then does not take is gathered again, and health_error tells why. */
bool health_tell(struct health *h, struct kept_breaker *b, const struct breaker_report *report);

/* Ask the store for a probe's lease. False: it can't be asked. */
bool health_ask_lease(struct health *h, struct kept_breaker *b, const struct lease_ask *ask);
/* Its answer; NULL: it has no say. */
void health_take_lease(struct health *h, struct kept_breaker *b, const struct lease_ask *answer);
/* Those that nobody came for are given back. */
void health_drop_unused(struct health *h);

#endif
