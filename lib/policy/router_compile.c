/* SPDX-License-Identifier: MIT */
/* router_compile - a policy's names against providers and models: lists, and what is doubtful. */
#include <stdlib.h>

#include "base/mem.h"
#include "policy/router_state.h"

struct compiler {
	struct router *router;
	struct pick_source from;
	struct buf *warnings;
	struct err *err;
};

/* --- doubts --- */

/* A line of the file, once: aliases lead to the same place from many lists. */
static void
doubt(struct compiler *c, const struct yaml *place, const char *what)
{
	struct err err = ERR_INIT;

	if (!place)
		return;
	(void)yaml_error(c->router->policy->doc, place, &err, "%s", what);
	if (!strstr(c->warnings->p, err.text))
		buf_addf(c->warnings, "%s\n", err.text);
}

/* A model that nobody has heard of, at a provider whose models are known. */
static void
doubt_unknown(struct compiler *c, const struct pick *pick)
{
	const struct target *t = pick->target;
	struct models *models = c->router->config.targets.models;
	struct err err = ERR_INIT;
	const struct model *const *known;
	const char **ids, *near;
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	size_t i, count;

	if (t->facts || t->is_local || t->is_program || t->said)
		return;
	known = models_of(models, str_of(provider_kin(t->provider)), &count, &err);
	if (!known || !count)
		return;
	ids = xcalloc(count + 1, sizeof *ids);
	for (i = 0; i < count; i++)
		ids[i] = known[i]->id;
	near = str_nearest(str_of(t->model), ids);
	buf_addf(&text, "%s is not among the models that are known of %s", t->spec,
	    provider_kin(t->provider));
	if (near)
		buf_addf(&text, " (did you mean \"%s\"?)", near);
	doubt(c, pick->place, text.p);
	buf_release(&text);
	free(ids);
}

static void
doubt_old(struct compiler *c, const struct pick *pick)
{
	const struct model *m = pick->target->facts;
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	if (!m || (!m->deprecated && !model_is_gone(m, c->router->today)))
		return;
	if (model_is_gone(m, c->router->today))
		buf_addf(&text, "%s was withdrawn on %s", pick->target->spec, m->deprecation_date);
	else if (m->deprecation_date)
		buf_addf(&text, "%s is deprecated and there until %s", pick->target->spec,
		    m->deprecation_date);
	else
		buf_addf(&text, "%s is deprecated", pick->target->spec);
	if (m->replacement)
		buf_addf(&text, "; its replacement is %s", m->replacement);
	doubt(c, pick->place, text.p);
	buf_release(&text);
}

/* A model of another kind is never right, whatever is said elsewhere. */
static void
doubt_kind(struct compiler *c, const struct pick *pick)
{
	const char *why = sieve_kind(pick->target);
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	if (!why)
		return;
	buf_addf(&text, "%s is never asked: its kind is %s", pick->target->spec, why);
	doubt(c, pick->place, text.p);
	buf_release(&text);
}

/* The budget that refuses whatever it can't price, and is due where that target is asked; NULL. */
static const struct budget_rule *
strict_budget(const struct policy *p, const struct target *t)
{
	for (size_t i = 0; i < p->budget_count; i++) {
		const struct budget_rule *rule = &p->budgets[i];
		const char *value = !rule->per                           ? ""
				    : strcmp(rule->per, "model") == 0    ? t->spec
				    : strcmp(rule->per, "provider") == 0 ? t->provider->name
									 : NULL;

		if (rule->unit == BUDGET_USD && rule->action == BUDGET_BLOCK &&
		    (!value || budget_part(rule, str_of(value))))
			return rule;
	}
	return NULL;
}

/* What has no price is never asked where money is limited: most likely another door of a provider
 * whose prices are known by its usual name. */
static void
doubt_unpriced(struct compiler *c, const struct policy_route *route, const struct pick *pick)
{
	const struct policy *p = c->router->policy;
	const struct target *t = pick->target;
	const struct budget_rule *budget = strict_budget(p, t);
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	bool costs = p->limits.max_cost_pusd >= 0 || (route && route->limits.max_cost_pusd >= 0);

	if (t->is_free || t->rates.pusd[PRICE_IN] != PRICE_UNKNOWN || (!budget && !costs))
		return;
	buf_addf(&text, "%s has no known price, and so ", t->spec);
	if (costs)
		buf_adds(&text, "maxCostUsd");
	else
		buf_addf(&text, "budget \"%s\"", budget->name);
	buf_addf(&text, " refuses it: models may say %s",
	    t->is_program ? "that it is a subscription"
			  : "its usdPerMillionIn and usdPerMillionOut");
	doubt(c, pick->place, text.p);
	buf_release(&text);
}

/* None of a route's candidates can ever serve: nobody who comes this way is served. */
static void
doubt_route(struct compiler *c, const struct policy_route *route, const struct picks *list)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	buf_addf(&text, "route \"%s\": none of its candidates can ever serve", route->name);
	for (size_t i = 0; i < list->count; i++) {
		const struct pick *pick = &list->items[i];
		const char *why = pick->target ? router_never(c->router, pick->target) : pick->why;

		if (!why) {
			buf_release(&text);
			return;
		}
		buf_addf(&text, "; %s: %s", pick->name, why);
	}
	doubt(c, route->place, text.p);
	buf_release(&text);
}

/* --- lists --- */

/* source is freed. */
static int
compile(struct compiler *c, const struct policy_list *list, const struct policy_route *route,
    char *source, struct picks *out)
{
	int r = picks_init(out, &c->from, list, route, source, c->err);

	free(source);
	for (size_t i = 0; r == 0 && i < out->count; i++) {
		const struct pick *pick = &out->items[i];

		if (!pick->target) {
			doubt(c, pick->place, pick->why);
			continue;
		}
		doubt_unknown(c, pick);
		doubt_old(c, pick);
		doubt_kind(c, pick);
		doubt_unpriced(c, route, pick);
	}
	return r;
}

static int
compile_routes(struct compiler *c)
{
	const struct policy *p = c->router->policy;

	c->router->routes = xcalloc(p->route_count + 1, sizeof *c->router->routes);
	for (size_t i = 0; i < p->route_count; i++) {
		const struct policy_route *route = &p->routes[i];

		if (compile(c, &route->use, route, xasprintf("rule \"%s\"", route->name),
			&c->router->routes[i]) < 0)
			return -1;
		doubt_route(c, route, &c->router->routes[i]);
	}
	return 0;
}

static int
compile_names(struct compiler *c)
{
	const struct policy *p = c->router->policy;
	struct router *r = c->router;

	r->aliases = xcalloc(p->alias_count + 1, sizeof *r->aliases);
	for (size_t i = 0; i < p->alias_count; i++) {
		if (compile(c, &p->aliases[i].list, NULL,
			xasprintf("alias \"%s\"", p->aliases[i].name), &r->aliases[i]) < 0)
			return -1;
	}
	r->roles = xcalloc(p->role_count + 1, sizeof *r->roles);
	for (size_t i = 0; i < p->role_count; i++) {
		char *spec = xasprintf("role:%s", p->roles[i].name);
		struct policy_candidate one = { .model = spec,
			.weight = -1,
			.options = BUF_INIT(0),
			.place = p->roles[i].place };
		int rc = compile(c, &(struct policy_list){ &one, 1 }, NULL,
		    xasprintf("role \"%s\"", p->roles[i].name), &r->roles[i]);

		free(spec);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int
compile_rest(struct compiler *c)
{
	const struct policy *p = c->router->policy;
	struct router *r = c->router;

	r->guards = xcalloc(p->guard_count + 1, sizeof *r->guards);
	for (size_t i = 0; i < p->guard_count; i++) {
		if (compile(c, &p->guards[i].use, NULL,
			xasprintf("guard \"%s\"", p->guards[i].name), &r->guards[i]) < 0)
			return -1;
	}
	r->budgets = xcalloc(p->budget_count + 1, sizeof *r->budgets);
	for (size_t i = 0; i < p->budget_count; i++) {
		if (compile(c, &p->budget_use[i], NULL,
			xasprintf("budget \"%s\"", p->budgets[i].name), &r->budgets[i]) < 0)
			return -1;
	}
	if (compile(c, &p->providers, NULL, xstrdup("the policy's providers"), &r->providers) < 0 ||
	    compile(c, &p->local, NULL, xstrdup("fallback.local"), &r->local) < 0 ||
	    compile(c, &p->content_filter, NULL, xstrdup("fallback.contentFilter"),
		&r->content_filter) < 0)
		return -1;
	return compile(
	    c, &p->context_length, NULL, xstrdup("fallback.contextLength"), &r->context_length);
}

/* Programs and bigger models that models name. */
static void
doubt_models(struct compiler *c)
{
	const struct policy *p = c->router->policy;

	for (size_t i = 0; i < p->model_count; i++) {
		const struct policy_model *m = &p->models[i];
		struct err err = ERR_INIT;

		if ((m->bigger && !target_of(c->from.targets, str_of(m->bigger), &err)) ||
		    (m->cli && !target_of(c->from.targets, str_of(m->cli), &err)))
			doubt(c, m->place, err.text);
	}
}

int
router_compile(struct router *r, struct buf *warnings, struct err *err)
{
	struct buf none = BUF_INIT(BUF_UNLIMITED);
	struct compiler c = { r, { r->policy, r->targets }, warnings ? warnings : &none, err };
	int rc = compile_names(&c);

	if (rc == 0)
		rc = compile_routes(&c);
	if (rc == 0)
		rc = compile_rest(&c);
	if (rc == 0)
		doubt_models(&c);
	buf_release(&none);
	return rc;
}
