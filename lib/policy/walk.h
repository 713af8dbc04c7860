/* SPDX-License-Identifier: MIT */
/*
 * walk - one request's way along its candidates until one answers: a pure state machine.
 *
 * It is told what happened and when, and asked what to do next; it sends nothing and waits for
 * nothing itself, so a simulator can drive it through a year's weather in seconds.
 *
 *	walk = walk_new(&world, &decision, &facts, now_us);
 *	for (;;) {
 *		while (walk_next(walk, now_us, &step) != WALK_WAIT) ... do step ...;
 *		... sleep until step.until_us, or something happens: walk_output, walk_answer ...
 *	}
 *
 * The commit point: before an attempt's first output reaches the reader, any failure moves on to
 *the next try; from then on the policy's afterOutput decides. Of hedged attempts the first output
 *wins, and the others are cancelled and charged by their bound. agentflow-failover(7) has the
 *rules.
 */
#ifndef POLICY_WALK_H
#define POLICY_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "json/jsonw.h"
#include "llm/llm.h"
#include "policy/budget.h"
#include "policy/health.h"
#include "policy/router.h"
#include "sys/rand.h"

/* What all walks share. */
struct retry_budget; /* retries a request, over time (walk.c) */
struct walk_world { /* borrowed */
	const struct policy *policy;
	struct router *router; /* for the lists of fallback */
	struct health *health;
	struct budgets *budgets; /* NULL: none */
	struct retry_budget *retries;
	struct rand *rand;
};
struct retry_budget *retry_budget_new(double ratio); /* negative: no limit */
void retry_budget_free(struct retry_budget *r);

struct walk;

/* decision and facts are borrowed until walk_free; decision->count is at least 1. wall clock. */
struct walk *walk_new(
    const struct walk_world *world, struct decision *decision, struct facts *facts, int64_t now_us);
void walk_free(struct walk *w);

enum walk_do {
	WALK_WAIT, /* nothing until step.until_us (INT64_MAX: only an attempt's end) */
	WALK_SEND, /* send step.attempt to step.choice */
	WALK_CANCEL, /* cancel step.attempt: its answer, if one comes, is told all the same */
	WALK_RESTART, /* tell the reader that what was streamed is void */
	WALK_END, /* over: step.attempt's answer is the response; or none is (error) */
};
struct walk_step {
	enum walk_do what;
	int64_t until_us;
	size_t attempt; /* from 0, as they are started */
	const struct choice *choice; /* of WALK_SEND */
	int64_t timeout_ms, ttft_timeout_ms; /* of WALK_SEND; 0: none but its own */
	bool is_continuation; /* of WALK_SEND: go on behind what was streamed */
	bool is_hedge;
	/* of WALK_END: whose answer is written; SIZE_MAX: none, an error is made of walk_error */
	size_t winner;
};
enum walk_do walk_next(struct walk *w, int64_t now_us, struct walk_step *step);

/* The first output of an attempt came. True: it goes to the reader (it is, or has just become, the
 * one that is committed to); false: it is to be dropped. Asked for every later piece, too. */
bool walk_output(struct walk *w, size_t attempt, int64_t now_us);

struct walk_answer {
	bool ok;
	enum error_kind kind;
	enum stop stop; /* of an answer that is ok: filter and refusal may be tried elsewhere */
	int64_t retry_after_ms; /* 0: none */
	double total_ms, first_ms; /* negative: none */
	struct usage usage;
	int64_t cost_pusd; /* what the provider itself says; negative: it does not */
};
void walk_answer(struct walk *w, size_t attempt, const struct walk_answer *answer, int64_t now_us);

/* The reader gave up, or a signal came: what is in flight is to be cancelled, then it ends. */
void walk_cancel(struct walk *w, int64_t now_us);

/* Why it ended without an answer: the kind and a sentence; the last attempt's where there was one.
 */
enum error_kind walk_error(const struct walk *w, struct buf *message);
/* The value of `attempts`: [{"model","ok","ms","error"?,"startedMs","costUsd"?,"hedge"?,"void"?}].
 * startedMs: since the walk began. */
void walk_write_attempts(const struct walk *w, struct jsonw *out);
/* Warnings that came up (budgets' soft percentages, ...), a sentence a line. */
struct str walk_warnings(const struct walk *w);

/* For metrics. */
struct walk_sums {
	size_t attempts, hedges;
	bool ok, rescued, hedge_won; /* rescued: ok, and the first attempt was not what answered */
	int64_t first_failure_us, end_us, start_us; /* 0: none */
	int64_t cost_pusd, lost_pusd; /* all attempts; those whose answer was not used */
	bool cost_known;
};
void walk_sum(const struct walk *w, struct walk_sums *sums);

#endif
