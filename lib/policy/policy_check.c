/* SPDX-License-Identifier: MIT */
/* policy_check - what a policy says that it can hardly mean: each is a warning with its place. */
#include "policy/policy_read.h"

/* --- candidates --- */

/* Why a candidate can never be asked, or NULL. A program's provider is "cli" and "cli:NAME". */
static const char *
refusal(const struct policy *p, const char *model)
{
	struct str spec = str_of(model), rest = spec, provider, program = spec;

	if (!strchr(model, ':') || str_starts(spec, "role:"))
		return NULL;
	(void)str_split(&rest, ':', &provider);
	if (str_is(provider, "cli") && memchr(rest.p, ':', rest.len))
		program.len = (size_t)((const char *)memchr(rest.p, ':', rest.len) - spec.p);
	if (policy_names_hold(p->deny.models, spec))
		return "deny.models holds it";
	if (policy_names_hold(p->deny.providers, provider) ||
	    (str_is(provider, "cli") && policy_names_hold(p->deny.providers, program)))
		return "deny.providers holds it";
	if (p->allow.models && rest.len && !policy_names_hold(p->allow.models, spec))
		return "allow.models does not hold it";
	if (p->allow.providers && !policy_names_hold(p->allow.providers, provider) &&
	    !(str_is(provider, "cli") && policy_names_hold(p->allow.providers, program)))
		return "allow.providers does not hold it";
	return NULL;
}

/* True: weights are given. */
static bool
check_list(struct policy *p, const struct policy_list *list)
{
	size_t zeros = 0;
	bool weighted = false;

	for (size_t i = 0; i < list->count; i++) {
		const struct policy_candidate *c = &list->items[i];
		const char *why = refusal(p, c->model);

		if (why)
			policy_warn(p, c->place, "%s is never asked: %s", c->model, why);
		zeros += c->weight == 0;
		weighted |= c->weight >= 0;
	}
	if (zeros == list->count && zeros) {
		policy_warn(p, list->items[0].place, "all weights are 0, as if none were said");
		return false;
	}
	for (size_t i = 0; zeros && i < list->count; i++) {
		if (list->items[i].weight == 0)
			policy_warn(p, list->items[i].place,
			    "weight 0: %s is asked only behind the others", list->items[i].model);
	}
	return weighted;
}

static bool
check_lists(struct policy *p)
{
	bool weighted = check_list(p, &p->providers);

	for (size_t i = 0; i < p->alias_count; i++)
		weighted |= check_list(p, &p->aliases[i].list);
	for (size_t i = 0; i < p->role_count; i++)
		weighted |= check_list(p, &p->roles[i].list);
	for (size_t i = 0; i < p->route_count; i++)
		weighted |= check_list(p, &p->routes[i].use);
	weighted |= check_list(p, &p->local);
	weighted |= check_list(p, &p->content_filter);
	weighted |= check_list(p, &p->context_length);
	for (size_t i = 0; i < p->guard_count; i++)
		weighted |= check_list(p, &p->guards[i].use);
	for (size_t i = 0; i < p->budget_count; i++)
		weighted |= check_list(p, &p->budget_use[i]);
	return weighted;
}

/* --- rules --- */

static bool
is_never(const struct policy *p, const struct policy_route *route)
{
	struct str text;

	if (route->when == EXPR_NONE)
		return false;
	text = str_trim(str_of(p->exprs.items[route->when].text));
	return str_eq_nocase(text, "false") || str_is(text, "null");
}

static void
check_route(struct policy *p, size_t at)
{
	const struct policy_route *route = &p->routes[at];

	if (is_never(p, route)) {
		policy_warn(p, route->place, "route \"%s\" can never match: its when is never true",
		    route->name);
		return;
	}
	for (size_t i = 0; i < at; i++) {
		const struct policy_route *before = &p->routes[i];

		if (!policy_cover_route(p, before, route))
			continue;
		if (policy_cover_all(before))
			policy_warn(p, route->place,
			    "route \"%s\" can never match: route \"%s\" in line %u has no "
			    "condition, and stands before it",
			    route->name, before->name, before->place->line);
		else
			policy_warn(p, route->place,
			    "route \"%s\" can never match: what fits it fits route \"%s\" in line "
			    "%u, which stands before it",
			    route->name, before->name, before->place->line);
		return;
	}
}

static void
check_hedge(struct policy *p, const struct yaml *owner)
{
	const struct yaml *hedge = yaml_get(owner, "hedge"), *max = yaml_get(hedge, "max");

	if (max && str_is(max->text, "0") && yaml_get(hedge, "afterMs"))
		policy_warn(p, max, "hedge: max is 0, so that afterMs has no effect");
}

/* Whether weights are given anywhere that the list leads to. Names that branch without end are
 * looked at until *left is 0, and then believed to. */
static bool
is_weighted(const struct policy *p, const struct policy_list *list, size_t *left)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *model = list->items[i].model;
		const struct policy_alias *alias = policy_alias_find(p, str_of(model));
		const struct policy_role *role = NULL;

		if (*left == 0 || list->items[i].weight >= 0)
			return true;
		--*left;
		if (str_starts(str_of(model), "role:"))
			role = policy_role_find(p, str_of(model + strlen("role:")));
		if ((alias && is_weighted(p, &alias->list, left)) ||
		    (role && is_weighted(p, &role->list, left)))
			return true;
	}
	return false;
}

static void
check_sticky(
    struct policy *p, const struct yaml *owner, enum policy_strategy strategy, bool weighted)
{
	const struct yaml *sticky = yaml_get(owner, "sticky");

	if (sticky && strategy != POLICY_ORDERED)
		policy_warn(p, sticky,
		    "sticky: only strategy ordered looks at weights, and this is %s",
		    policy_strategies[strategy]);
	else if (sticky && !weighted)
		policy_warn(p, sticky, "sticky: no weights are given, so that it has no effect");
}

static void
check_route_sticky(struct policy *p, const struct policy_route *route)
{
	enum policy_strategy own = route->limits.strategy;
	size_t left = POLICY_LIST_MAX;

	check_sticky(p, route->place, own == POLICY_STRATEGY_UNSET ? p->limits.strategy : own,
	    is_weighted(p, &route->use, &left));
}

static void
check_guards(struct policy *p)
{
	for (size_t i = 0; i < p->guard_count; i++) {
		const struct policy_guard *g = &p->guards[i];

		if (pattern_search(g->pattern, STR_LIT("")))
			policy_warn(p, yaml_get(g->place, "pattern"),
			    "guard \"%s\": its pattern fits the empty text, and so any", g->name);
	}
}

int
policy_check(struct policy *p, struct err *err)
{
	const struct yaml *root = yaml_root(p->doc), *spec = yaml_get(root, "spec");
	bool weighted;

	if (policy_names_check(p, err) < 0)
		return -1;
	weighted = check_lists(p);
	for (size_t i = 0; i < p->route_count; i++) {
		check_route(p, i);
		check_hedge(p, p->routes[i].place);
		check_route_sticky(p, &p->routes[i]);
	}
	check_hedge(p, spec ? spec : root);
	/* A strategy is a route's own, too: that of the policy tells of none. */
	check_sticky(p, spec ? spec : root, POLICY_ORDERED, weighted);
	check_guards(p);
	return 0;
}
