/* SPDX-License-Identifier: MIT */
/* policy_route - a policy's routes: when, whom, and with what limits. */
#include <stdlib.h>

#include "base/mem.h"
#include "policy/policy_read.h"

/* --- conditions --- */

static int
read_level(
    const struct field_map *m, const char *key, const char *const *words, int *out, struct err *err)
{
	int word = -1;

	if (field_word(m, key, words, &word, err) < 0)
		return -1;
	*out = word + 1;
	return 0;
}

static int
read_condition(const struct yaml_doc *doc, const struct yaml *node, struct policy_condition *c,
    struct err *err)
{
	static const char *const known[] = { "complexity", "accuracy", "data_sensitivity", "cost",
		"latency", NULL };
	struct field_map m;

	if (field_open(&m, doc, node, "condition", known, err) < 0)
		return -1;
	if (!m.map || m.map->count == 0)
		return yaml_error(doc, node, err, "a condition says something (complexity: high)");
	if (read_level(&m, "complexity", policy_levels, &c->complexity, err) < 0 ||
	    read_level(&m, "accuracy", policy_accuracies, &c->accuracy, err) < 0 ||
	    read_level(&m, "data_sensitivity", policy_levels, &c->sensitivity, err) < 0 ||
	    read_level(&m, "cost", policy_costs, &c->cost, err) < 0)
		return -1;
	return read_level(&m, "latency", policy_latencies, &c->latency, err);
}

int
policy_route_read_conditions(
    struct policy *p, const struct field_map *m, struct policy_route *route, struct err *err)
{
	const struct yaml *v = field_get(m, "conditions");

	if (!v)
		return 0;
	if (v->kind == YAML_MAP) {
		route->conditions = policy_own(p, xcalloc(1, sizeof *route->conditions));
		route->condition_count = 1;
		return read_condition(p->doc, v, route->conditions, err);
	}
	if (policy_read_items(m, "conditions", &v, err) < 0)
		return -1;
	if (v->count == 0)
		return field_error(m, "conditions", err, "conditions is empty");
	route->conditions = policy_own(p, xcalloc(v->count, sizeof *route->conditions));
	for (size_t i = 0; i < v->count; i++) {
		route->condition_count++;
		if (read_condition(p->doc, v->items[i], &route->conditions[i], err) < 0)
			return -1;
	}
	return 0;
}

/* --- routes --- */

static int
read_route(struct policy *p, const struct yaml *node, struct policy_route *route, struct err *err)
{
	static const char *const known[] = { "name", "when", "match", "conditions", "use",
		"options", "strategy", "maxLatencyMs", "maxTtftMs", "deadline", "maxCostUsd",
		"retries", "afterOutput", "whenFull", "sticky", "hedge", NULL };
	struct field_map m;

	if (field_open(&m, p->doc, node, "route", known, err) < 0 ||
	    field_text(&m, "name", &route->name, err) < 0 ||
	    policy_when_read(p, &m, route, err) < 0 ||
	    policy_match_read(p, &m, &route->match, err) < 0 ||
	    policy_route_read_conditions(p, &m, route, err) < 0 ||
	    policy_list_read(p, &m, "use", &route->use, err) < 0 ||
	    policy_read_options(&m, &route->options, err) < 0 ||
	    policy_read_limits(&m, &route->limits, err) < 0)
		return -1;
	if (!route->use.count)
		return yaml_error(p->doc, node, err, "a route says whom to use");
	if (field_get(&m, "hedge")) { /* what it leaves unsaid is the policy's */
		route->hedge = p->hedge;
		return policy_read_hedge(&m, &route->hedge, err);
	}
	return 0;
}

struct policy_route *
policy_route_add(struct policy *p, const struct yaml *place)
{
	struct policy_route *route = &p->routes[p->route_count++];

	*route = (struct policy_route){
		.when = EXPR_NONE,
		.limits = {
			.max_cost_pusd = -1,
			.retries = -1,
			.after_output = POLICY_AFTER_UNSET,
			.when_full = POLICY_FULL_UNSET,
			.strategy = POLICY_STRATEGY_UNSET,
		},
		.hedge = { .max = -1 },
		.place = place,
	};
	buf_init(&route->options, BUF_UNLIMITED);
	return route;
}

int
policy_route_name(struct policy *p, struct policy_route *route, struct err *err)
{
	size_t index = (size_t)(route - p->routes);

	if (!route->name)
		route->name = policy_own(p, xasprintf("route %zu", index + 1));
	for (size_t i = 0; i < index; i++) {
		if (strcmp(p->routes[i].name, route->name) == 0)
			return yaml_error(p->doc, route->place, err,
			    "route \"%.60s\" is there already, in line %u", route->name,
			    p->routes[i].place->line);
	}
	return 0;
}

int
policy_route_read(struct policy *p, const struct field_map *top, struct err *err)
{
	const struct yaml *list = NULL;

	if (policy_read_items(top, "routes", &list, err) < 0)
		return -1;
	if (!list)
		return 0;
	p->routes = xcalloc(list->count, sizeof *p->routes);
	for (size_t i = 0; i < list->count; i++) {
		struct policy_route *route = policy_route_add(p, list->items[i]);

		if (read_route(p, list->items[i], route, err) < 0 ||
		    policy_route_name(p, route, err) < 0)
			return -1;
	}
	return 0;
}
