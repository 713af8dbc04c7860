/* SPDX-License-Identifier: MIT */
/*
 * health - who may be called now, and how those that were called fared: breakers and latencies,
 * kept in the store that is handed in, so that what one process learns all others know.
 *
 * A failure, and how a probe fared, are told to the store at once; successes are gathered and told
 * by health_flush, some times a second. What was read is used until the store has changed. Where
 * the store fails, the process goes on with what it knows itself (health_error says so).
 *
 * Times are wall clock microseconds.
 *
 *	of = health_of(health, STR_LIT("openai:gpt-4o"), STR_LIT("openai:gpt-4o"));
 *	pass = health_admit(health, of, now_us, timeout_us);
 *	if (pass.verdict != BREAKER_REFUSED) {
 *		outcome = ask(...);
 *		outcome.probe = pass.probe;		// on every path: a lease is given back
 *		health_report(health, of, &outcome, now_us);
 *	}
 */
#ifndef POLICY_HEALTH_H
#define POLICY_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "llm/llm.h"
#include "policy/breaker.h"
#include "policy/latency.h"
#include "store/store.h"
#include "store/store_desk.h"

/* In the store: before the name that health_of was given. */
#define HEALTH_BREAKERS "breaker/"
#define HEALTH_LATENCIES "latency/"
/* Kept for so long after the last change (a breaker: after it was open, too). */
#define HEALTH_BREAKER_KEPT_US ((int64_t)7 * 24 * 3600 * 1000 * 1000)
#define HEALTH_LATENCY_KEPT_US ((int64_t)24 * 3600 * 1000 * 1000)
/* A probe's lease, between two renewals. */
#define HEALTH_LEASE_US ((int64_t)30 * 1000 * 1000)
/* When a breaker that is written now is to be forgotten by the store. */
int64_t health_breaker_expiry(const struct breaker *b, int64_t now_us);

struct health;

/* store is borrowed; NULL: what this process learns dies with it. */
struct health *health_new(struct store *store, const struct breaker_rule *rule);
/* Where the store is asked from now on; NULL: it is waited for. */
void health_set_desk(struct health *h, struct store_desk *desk);
/* Whether anything was looked at, since that was asked last, that the store has yet to tell: what
 * was decided by it is to be decided anew. */
bool health_was_asking(struct health *h);
/* Does not flush. Nothing is under way at a desk. */
void health_free(struct health *h);

/* A name whose breaker and latency are kept; made at its first use, lives as long as h. */
struct health_of;
/* breaker: "openai", "openai:gpt-4o" or "openai#KEYHASH", by the rule's scope; model:
 * "openai:gpt-4o". */
struct health_of *health_of(struct health *h, struct str breaker, struct str model);

struct health_pass {
	enum breaker_verdict verdict;
	int64_t until_us; /* where refused */
	/* The store has yet to answer: ask again. The verdict is what is known so far. */
	bool is_asked;
	uint64_t probe; /* where a probe's lease was taken: for the report */
	const char *cause; /* why it is open: an error.kind, "by hand", or ""; good until the next
			      call */
};
/* To be called right before sending: it may take the one probe that the machine is allowed.
 * lease_us: how long the attempt may take. In a store, the lease is shorter, and health_flush
 * renews it: of a process that died it is soon let go of. */
struct health_pass health_admit(
    struct health *h, struct health_of *of, int64_t now_us, int64_t lease_us);
/* A look that takes nothing: for plans and routes. */
struct health_pass health_look(struct health *h, struct health_of *of, int64_t now_us);
/* Why it was refused, appended: "its breaker is open (server) for 12 s more". */
void health_say(const struct health_pass *pass, int64_t now_us, struct buf *why);

struct health_outcome {
	bool ok;
	enum error_kind kind; /* where not ok */
	int64_t away_us; /* retry-after: nobody calls until then; 0: none */
	/* A rate limit that told when, and who called waits for that itself: the target is well,
	 * and nobody else is kept away. */
	bool is_awaited;
	double total_ms, first_ms; /* negative: none; where cancelled: how long it had been waited
				      for */
	uint64_t probe; /* of the pass */
};
/* Kinds that are the caller's own fault, a cancelled attempt, or a timeout that was shorter than
 * the target's usual time, count neither way; they give a probe back. */
void health_report(
    struct health *h, struct health_of *of, const struct health_outcome *outcome, int64_t now_us);
/* Whether a failure of that kind speaks against the target's health. */
bool health_blames(enum error_kind kind);

/* Tell the store what was gathered, and that our probes are under way. While the store is given
 * time to recover nothing is tried, and 0 returned. At a desk that does not wait, 0 says that it is
 * under way: should it fail, health_error tells of it. */
int health_flush(struct health *h, int64_t now_us, struct err *err)
    __attribute__((warn_unused_result));

/* What is known, as of the time that h was told last: what nobody calls any more is forgotten, and
 * so called again. Never NULL. */
const struct latency *health_latency(struct health *h, struct health_of *of);

/* The first failure of the store since it was asked last, or NULL: to be told to people once. */
const struct err *health_error(struct health *h);

#endif
