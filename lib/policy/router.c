/* SPDX-License-Identifier: MIT */
/* router - who may serve a request, in which order, and why. */
#include "policy/router.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "policy/condition.h"
#include "policy/guard.h"
#include "policy/router_state.h"
#include "sys/clock.h"

enum { DIGEST_SHOWN = 16 /* digits, where nobody asks for all */, DEADLINE_MS = 10 * 60 * 1000 };
#define DAY_US (INT64_C(86400) * 1000000)

/* --- making one --- */

/* A policy that was read has a file: then it is told which one decided. */
static char *
policy_name(const struct policy *p, bool whole)
{
	const char *slash, *name = p->name;

	if (!p->doc)
		return NULL;
	if (!name) {
		slash = strrchr(p->file, '/');
		name = slash ? slash + 1 : p->file;
	}
	return xasprintf("%s@%.*s", name,
	    whole ? (int)sizeof p->digest : (int)strlen("sha256:") + DIGEST_SHOWN, p->digest);
}

struct router *
router_new(const struct router_config *config, struct buf *warnings, struct err *err)
{
	struct router *r = xcalloc(1, sizeof *r);
	struct buf day = BUF_INIT(BUF_UNLIMITED);

	r->config = *config;
	r->policy = config->targets.policy;
	r->targets = targets_new(&config->targets);
	r->name = policy_name(r->policy, config->explain);
	clock_print(&day, config->targets.day * DAY_US);
	(void)snprintf(r->today, sizeof r->today, "%s", day.p);
	buf_release(&day);
	buf_init(&r->why, BUF_UNLIMITED);
	buf_init(&r->reply.why, BUF_UNLIMITED);
	buf_init(&r->reply.warnings, BUF_UNLIMITED);
	buf_init(&r->complaints, BUF_UNLIMITED);
	r->late = xcalloc(r->policy->route_count + 1, sizeof *r->late);
	if (router_compile(r, warnings, err) == 0)
		return r;
	router_free(r);
	return NULL;
}

static void
lists_free(struct picks *lists, size_t count)
{
	for (size_t i = 0; lists && i < count; i++)
		picks_release(&lists[i]);
	free(lists);
}

void
router_free(struct router *r)
{
	if (!r)
		return;
	lists_free(r->routes, r->policy->route_count);
	lists_free(r->aliases, r->policy->alias_count);
	lists_free(r->roles, r->policy->role_count);
	lists_free(r->guards, r->policy->guard_count);
	lists_free(r->budgets, r->policy->budget_count);
	picks_release(&r->providers);
	picks_release(&r->local);
	picks_release(&r->content_filter);
	picks_release(&r->context_length);
	for (size_t i = 0; i < r->standing_count; i++)
		free(r->standings[i].never);
	free(r->standings);
	free(r->taken);
	free(r->figures);
	free(r->order);
	free(r->final);
	free(r->name);
	buf_release(&r->why);
	buf_release(&r->reply.why);
	buf_release(&r->reply.warnings);
	buf_release(&r->complaints);
	free(r->late);
	facts_release(&r->facts);
	targets_free(r->targets);
	free(r);
}

struct targets *
router_targets(struct router *r)
{
	return r->targets;
}

const char *
router_policy(const struct router *r)
{
	return r->name;
}

const struct buf *
router_complaints(struct router *r)
{
	if (r->are_fetched)
		buf_reset(&r->complaints);
	r->are_fetched = true;
	return &r->complaints;
}

/* --- why --- */

void
router_explain(const struct router *r, struct decision *d, const char *what, const char *name,
    bool taken, const char *why)
{
	struct jsonw w;

	if (!r->config.explain)
		return;
	jsonw_start(&w, &d->explain);
	jsonw_object(&w);
	jsonw_kstr(&w, what, name);
	jsonw_kbool(&w, "taken", taken);
	jsonw_kstr(&w, "why", why);
	jsonw_end(&w);
	buf_addc(&d->explain, '\n');
}

static void
explain_facts(const struct router *r, struct facts *facts, struct decision *d)
{
	struct jsonw w;

	if (!r->config.explain)
		return;
	jsonw_start(&w, &d->explain);
	jsonw_object(&w);
	jsonw_key(&w, "facts");
	facts_write(facts, &w);
	jsonw_end(&w);
	buf_addc(&d->explain, '\n');
}

static void
refuse(struct decision *d, enum error_kind kind, const char *why)
{
	d->refused = kind;
	buf_addf(&d->reasons, "%s%s", d->reasons.len ? "\n" : "", why);
}

/* --- limits --- */

void
router_limits(const struct router *r, const struct request *request, struct decision *d)
{
	const struct policy *p = r->policy;
	int64_t own = request->options.timeout_ms;

	d->limits = p->limits;
	d->hedge = p->hedge;
	if (d->rule) {
		const struct policy_limits *l = &d->rule->limits;

		if (l->max_latency_ms)
			d->limits.max_latency_ms = l->max_latency_ms;
		if (l->max_ttft_ms)
			d->limits.max_ttft_ms = l->max_ttft_ms;
		if (l->deadline_ms)
			d->limits.deadline_ms = l->deadline_ms;
		if (l->max_cost_pusd >= 0)
			d->limits.max_cost_pusd = l->max_cost_pusd;
		if (l->retries >= 0)
			d->limits.retries = l->retries;
		if (l->after_output != POLICY_AFTER_UNSET)
			d->limits.after_output = l->after_output;
		if (l->when_full != POLICY_FULL_UNSET)
			d->limits.when_full = l->when_full;
		if (l->strategy != POLICY_STRATEGY_UNSET)
			d->limits.strategy = l->strategy;
		if (l->sticky)
			d->limits.sticky = l->sticky;
		if (d->rule->hedge.max >= 0)
			d->hedge = d->rule->hedge;
	}
	if (own > 0 && (own < d->limits.deadline_ms || !d->limits.deadline_ms))
		d->limits.deadline_ms = own;
	if (!d->limits.deadline_ms)
		d->limits.deadline_ms = DEADLINE_MS;
}

/* --- whose list it is --- */

/* The request is told each time, whoever keeps the policy once. */
static void
note_late(struct router *r, size_t i, struct decision *d)
{
	const struct policy *p = r->policy;
	const struct policy_route *route = &p->routes[i];
	struct err err = ERR_INIT;

	buf_addf(&d->warnings,
	    "route \"%s\" was passed over: its expression had no result in its time\n",
	    route->name);
	if (r->late[i])
		return;
	r->late[i] = true;
	if (r->are_fetched)
		buf_reset(&r->complaints);
	r->are_fetched = false;
	(void)yaml_error(p->doc, route->place, &err,
	    "route \"%s\": when had no result in its time, and the route was passed over: %.80s",
	    route->name, p->exprs.items[route->when].text);
	buf_addf(&r->complaints, "%s\n", err.text);
}

static const struct policy_route *
find_rule(struct router *r, struct facts *facts, int64_t now_us, struct decision *d)
{
	const struct policy *p = r->policy;
	struct buf *why = r->config.explain ? &r->why : NULL;

	for (size_t i = 0; i < p->route_count; i++) {
		enum condition_verdict verdict;
		bool fits;

		buf_reset(&r->why);
		verdict = condition_fits(p, &p->routes[i], facts, now_us, why);
		fits = verdict == CONDITION_FITS;
		router_explain(r, d, "rule", p->routes[i].name, fits, r->why.p);
		if (fits)
			return &p->routes[i];
		if (verdict == CONDITION_LATE)
			note_late(r, i, d);
	}
	return NULL;
}

const struct picks *
router_named(struct router *r, struct str spec, const char *reason, struct decision *d)
{
	struct err err = ERR_INIT;
	const struct target *t = target_of(r->targets, spec, &err);

	if (!t) {
		refuse(d, ERROR_POLICY, err.text);
		return NULL;
	}
	r->named = (struct pick){ .target = t, .name = t->spec, .weight = -1 };
	buf_init(&r->named.options, 0);
	buf_init(&r->named.json, 0);
	buf_init(&r->named.reason, BUF_UNLIMITED);
	r->named.reason.p = (char *)reason; /* a literal: never written to */
	r->named.reason.len = strlen(reason);
	r->named_list = (struct picks){ .items = &r->named, .count = 1 };
	return &r->named_list;
}

static const struct picks *
no_role(struct str name, struct decision *d)
{
	buf_addf(
	    &d->reasons, "the policy has no role \"%.*s\"", (int)str_cut_utf8(name, 60), name.p);
	d->refused = ERROR_POLICY;
	return NULL;
}

static const struct picks *
list_of_model(struct router *r, struct str model, struct decision *d)
{
	const struct policy *p = r->policy;
	const struct policy_alias *alias;
	const struct policy_role *role;
	const char *usual;

	if (str_starts(model, "role:")) {
		struct str name = { model.p + 5, model.len - 5 };

		role = policy_role_find(p, name);
		return role ? &r->roles[role - p->roles] : no_role(name, d);
	}
	alias = model.len ? policy_alias_find(p, model) : NULL;
	if (alias)
		return &r->aliases[alias - p->aliases];
	if (model.len)
		return router_named(r, model, "named by the request", d);
	if (r->providers.count)
		return &r->providers;
	usual = providers_default_model(r->config.targets.providers);
	if (usual)
		return router_named(r, str_of(usual), "the configuration's model", d);
	refuse(d, ERROR_POLICY,
	    p->route_count ? "no route fits, and the request names no model"
			   : "the request names no model");
	return NULL;
}

const struct picks *
router_guard(struct router *r, struct facts *facts, struct decision *d)
{
	const struct policy_guard *g = NULL;

	if (r->policy->guard_count)
		g = guard_stops_request(r->policy, facts->request->record);
	if (!g)
		return NULL;
	buf_reset(&r->why);
	buf_addf(&r->why, "guard \"%s\" %s", g->name,
	    g->act == POLICY_ROUTE ? "sends it elsewhere" : "blocks it");
	router_explain(r, d, "guard", g->name, true, r->why.p);
	if (g->act != POLICY_ROUTE) {
		refuse(d, ERROR_POLICY, r->why.p);
		return NULL;
	}
	d->guard = g;
	return &r->guards[g - r->policy->guards];
}

/* --- deciding --- */

/* Who serves it; NULL and d->refused where the request itself is refused. */
static const struct picks *
find_list(struct router *r, const struct sieve_ask *ask, struct decision *d)
{
	const struct picks *list;

	buf_reset(&r->why);
	if (sieve_is_denied(ask, &r->why)) {
		refuse(d, ERROR_POLICY, r->why.p);
		return NULL;
	}
	list = router_guard(r, ask->facts, d);
	if (list || d->refused)
		return list;
	d->rule = find_rule(r, ask->facts, ask->now_us, d);
	if (d->rule)
		return &r->routes[d->rule - r->policy->routes];
	return list_of_model(r, ask->facts->request->model, d);
}

struct sieve_ask
router_begin(struct router *r, struct facts *facts, int64_t now_us, const struct decision *d)
{
	r->taken_count = 0;
	r->spent = r->rerouted = false;
	return (struct sieve_ask){
		.policy = r->policy,
		.facts = facts,
		.limits = &d->limits,
		.health = r->config.targets.health,
		.budgets = r->config.budgets,
		.now_us = now_us,
	};
}

void
router_decide(struct router *r, const struct request *request, struct facts *facts, int64_t now_us,
    struct decision *d)
{
	struct sieve_ask ask = router_begin(r, facts, now_us, d);
	const struct picks *list;

	decision_reset(d);
	explain_facts(r, facts, d);
	list = find_list(r, &ask, d);
	router_limits(r, request, d);
	if (d->refused)
		return;
	sieve_start(&ask);
	router_take(r, &ask, list, d);
	router_settle(r, &ask, d->guard ? POLICY_ORDERED : d->limits.strategy, d);
	if (list == &r->named_list) { /* it fails over to who is there for all */
		router_take(r, &ask, &r->providers, d);
		router_settle(r, &ask, d->limits.strategy, d);
	}
	if (!d->count && !d->guard) {
		router_take(r, &ask, &r->local, d);
		router_settle(r, &ask, POLICY_ORDERED, d);
	}
	if (!d->count)
		d->refused = r->spent ? ERROR_BUDGET : ERROR_POLICY;
}
