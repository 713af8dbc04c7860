/* SPDX-License-Identifier: MIT */
/*
 * sieve - whether a target can serve a request, and why not: pure but for the looks that health and
 * budgets take into what they know.
 */
#ifndef POLICY_SIEVE_H
#define POLICY_SIEVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "json/json.h"
#include "policy/budget.h"
#include "policy/facts.h"
#include "policy/health.h"
#include "policy/policy.h"
#include "policy/target.h"

/* What one request asks of all its candidates. Fill the first part, then sieve_start. */
struct sieve_ask {
	const struct policy *policy;
	struct facts *facts;
	const struct policy_limits *limits;
	struct health *health; /* NULL */
	struct budgets *budgets; /* NULL */
	int64_t now_us;

	unsigned needs;
	int sensitivity; /* a label's rank; -1: none is said */
	bool sensitivity_unknown; /* a word that is no label: nobody with a limit may see it */
	struct json residency; /* a word, or a list of which one is enough */
};
void sieve_start(struct sieve_ask *ask);

/* Why nobody may serve it: a label or a tool that the policy denies. True: out of the question, and
 * why is appended, a sentence without its full stop. */
bool sieve_is_denied(const struct sieve_ask *ask, struct buf *why);

/* What a model is for that answers no requests at all ("embedding"); NULL of others. */
const char *sieve_kind(const struct target *t);

/* Why a target can serve no request at all (denied by name, of another kind, withdrawn, no key), or
 * NULL. today: "2026-11-21". The caller frees. */
char *sieve_never(const struct policy *p, const struct target *t, const char *today);

/* Whether the target may see the request's data: sensitivity, residency, and that it is the model
 * which is asked then. why as above. */
bool sieve_sees(const struct sieve_ask *ask, const struct target *t, struct buf *why);

enum sieve_verdict {
	SIEVE_CAN,
	SIEVE_CANNOT,
	SIEVE_BROKEN, /* its breaker is open; all else would do */
	SIEVE_SPENT, /* a budget stands against it: *budget */
};
/* own: what the candidate's options say. why: appended where it is not SIEVE_CAN. reply: what
 * budgets said. */
enum sieve_verdict sieve_look(const struct sieve_ask *ask, const struct target *t,
    struct target_wish own, struct buf *why, struct budget_reply *reply);

#endif
