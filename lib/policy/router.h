/* SPDX-License-Identifier: MIT */
/*
 * router - decides who may serve a request, in which order, and says why. It calls nobody.
 *
 * Same request, policy, health and seed: same decision. The steps: denied or blocked requests are
 * refused; the first rule that fits gives its candidates (no rule: the request's own model, else
 * the providers of the shorthand); aliases and roles become targets, by mode; those that can't
 * serve it are left (context, modalities, tools, schema, residency, sensitivity, deny, no key,
 * withdrawn, too dear, breaker open, too slow); the strategy orders the rest.
 */
#ifndef POLICY_ROUTER_H
#define POLICY_ROUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "json/jsonw.h"
#include "policy/facts.h"
#include "policy/policy.h"
#include "policy/target.h"

struct router;

struct router_config {
	struct targets_config targets; /* with the policy */
	struct budgets *budgets; /* NULL: not looked at */
	uint64_t seed;
	bool explain; /* keep a line for every rule and candidate */
	bool health_counts; /* open breakers are left out; else they only stand last */
};

/* What can only be known with providers and models at hand (an unknown model, an alias that leads
 * nowhere, a route none of whose candidates can ever serve) is appended to warnings with its line.
 */
struct router *router_new(
    const struct router_config *config, struct buf *warnings, struct err *err);
void router_free(struct router *r);
struct targets *router_targets(struct router *r);
/* "NAME@sha256:" and the digest's first digits, or all of them where explain is asked for; NULL:
 * there is no policy. */
const char *router_policy(const struct router *r);

struct choice {
	const struct target *target;
	struct str options; /* JSON object that goes over the request's own; empty: none. Lives as
			       long as the decision */
	const char *profile; /* NULL: as the request says */
	char reason[96]; /* "first in rule \"code\"", "cheapest: $0.0004 at most"; cut where a
			    rule's name is long */
	struct str json; /* all of it as decision_write writes it; p NULL: it is written anew */
};

struct decision {
	const struct policy_route *rule; /* NULL: none fitted */
	const struct policy_guard *guard; /* it sends the request to its own list, and nobody else
					     is ever asked; NULL: none does */
	struct choice *items;
	size_t count, cap;
	struct policy_limits limits; /* the rule's over the policy's: all said */
	struct policy_hedge hedge;
	/* Nobody may serve it: POLICY or BUDGET, and the reasons one a line. */
	enum error_kind refused;
	struct buf reasons;
	struct buf warnings; /* a sentence a line */
	struct buf
	    explain; /* JSON objects, one a line: {"rule"|"candidate":..,"taken":..,"why":..} */
	struct buf hold; /* what options point to */
};
void decision_release(struct decision *d);

/* What is asked of the choice: by its options' word, else the request's. */
struct target_wish decision_wish(const struct choice *c, const struct request *request);

/* How long the choice's own options let an attempt of it take, and wait for its first output; 0:
 * they do not say. */
struct choice_times {
	int64_t timeout_ms, ttft_ms;
};
struct choice_times decision_times(const struct choice *c);

/* What is wrong with the policy, as it shows only with requests (an expression without end),
 * "FILE:LINE:COLUMN: ..." one a line, each once; good until the next decision. */
const struct buf *router_complaints(struct router *r);

/* Fill d (zero, or used before). now_us: wall clock. */
void router_decide(struct router *r, const struct request *request, struct facts *facts,
    int64_t now_us, struct decision *d);

/* The decision that a record's `route` bears, so that llm-failover need not decide anew. Candidates
 * that are unknown or that the policy denies are left, with a reason; a guard has its say all the
 * same, and its list goes in place of them. -1 and err where it is
 * malformed. */
int router_read_route(struct router *r, const struct request *request, struct json route,
    struct decision *d, struct err *err) __attribute__((warn_unused_result));

/* The value of `route`: {"candidates":[{"model","options"?,"profile"?,"reason"}],"rule",
 * "policy":"NAME@sha256:...","explain"?:[...]}. */
void decision_write(const struct router *r, const struct decision *d, struct jsonw *w);

/* Lists for who needs another kind of candidate than the decision's (fallback.contentFilter,
 * .contextLength with what `bigger` says of the candidates before it, .local), filtered as
 * candidates are, and without those that are candidates already: appended to d->items. How many
 * there are. */
enum router_list { ROUTER_LOCAL, ROUTER_CONTENT_FILTER, ROUTER_CONTEXT_LENGTH };
size_t router_more(struct router *r, enum router_list list, struct facts *facts, int64_t now_us,
    struct decision *d);

#endif
