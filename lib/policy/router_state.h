/* SPDX-License-Identifier: MIT */
/* router_state - what the router's files share. */
#ifndef POLICY_ROUTER_STATE_H
#define POLICY_ROUTER_STATE_H

#include "policy/pick.h"
#include "policy/router.h"
#include "policy/sieve.h"
#include "policy/strategy.h"

/* A candidate that can serve the request in hand. */
struct router_taken {
	const struct pick *pick;
	bool broken; /* its breaker is open: it stands last */
};

/* Whether a target can ever serve, found out when it is met first. */
struct router_standing {
	bool known;
	char *never; /* NULL: it can */
};

struct router {
	struct router_config config;
	const struct policy *policy;
	struct targets *targets;
	char today[11]; /* "2026-11-21" */
	char *name; /* of the policy, as routes tell it; NULL */

	struct picks *routes, *aliases, *roles, *guards, *budgets; /* as the policy counts them */
	struct picks providers, local, content_filter, context_length;

	struct router_standing *standings; /* by the target's index */
	size_t standing_count;

	/* of the request in hand */
	struct pick named; /* the model that it names itself */
	struct picks named_list; /* of that one alone */
	struct router_taken *taken;
	struct strategy_figures *figures;
	size_t taken_count, taken_cap;
	size_t *order, *final; /* scratch */
	size_t order_cap;
	bool spent; /* a budget stood against a candidate */
	bool rerouted; /* a budget's own list was asked already */
	struct buf why;
	struct budget_reply reply;
	struct facts facts; /* of requests whose route is read */

	bool *late; /* by the policy's routes: that its expression is slow was told */
	struct buf complaints;
	bool are_fetched; /* they go when the next comes, or when it is asked again */
};

/* Compile the policy's lists, and tell in warnings what is doubtful. */
int router_compile(struct router *r, struct buf *warnings, struct err *err)
    __attribute__((warn_unused_result));

/* Why the target can never serve, or NULL. */
const char *router_never(struct router *r, const struct target *t);

/* The limits that hold: the rule's over the policy's, the request's own deadline. */
void router_limits(const struct router *r, const struct request *request, struct decision *d);
/* The list of the guard that stops the request, whose say goes before all else (d->guard); NULL:
 * none does, or it is blocked (d->refused). */
const struct picks *router_guard(struct router *r, struct facts *facts, struct decision *d);
/* The list of one model alone, good until the next: one that the request names, or that the
 * configuration has for such as name none. NULL and d->refused where it is not known. */
const struct picks *router_named(
    struct router *r, struct str spec, const char *reason, struct decision *d);

/* Nobody is taken yet; what the lists are sieved by, whose limits are d's as they will be. */
struct sieve_ask router_begin(
    struct router *r, struct facts *facts, int64_t now_us, const struct decision *d);
/* Take from the list who can serve, behind those that are taken; say why the others can't. */
void router_take(
    struct router *r, const struct sieve_ask *ask, const struct picks *list, struct decision *d);
/* A candidate is left: into the reasons, and explained. */
void router_leave(struct router *r, const char *name, const char *why, struct decision *d);
/* Order those that are taken and append them to the decision. */
void router_settle(struct router *r, const struct sieve_ask *ask, enum policy_strategy strategy,
    struct decision *d);
/* A line of explain, where it is asked for. what: "rule", "candidate", ... */
void router_explain(const struct router *r, struct decision *d, const char *what, const char *name,
    bool taken, const char *why);

/* Append a choice, and the room for it. */
void decision_reset(struct decision *d);
struct choice *decision_add(struct decision *d);

#endif
