/* SPDX-License-Identifier: MIT */
/*
 * policy_seed - llmRouting, the form in which a workflow says whom to ask: each entry with
 * conditions becomes a route, those without are asked where none fits, then the fallbacks.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "policy/policy_read.h"

/* The strategies, also by the words that workflows use for them. */
static const struct {
	const char *word;
	enum policy_strategy strategy;
} strategy_words[] = {
	{ "ordered", POLICY_ORDERED },
	{ "cost-optimized", POLICY_COST },
	{ "latency", POLICY_LATENCY },
	{ "quality", POLICY_QUALITY },
	{ "balanced", POLICY_BALANCED },
	{ "cost", POLICY_COST },
	{ "latency-optimized", POLICY_LATENCY },
	{ "quality-optimized", POLICY_QUALITY },
};
enum { STRATEGY_WORDS = sizeof strategy_words / sizeof *strategy_words };

static int
read_strategy(struct policy *p, const struct field_map *m, struct err *err)
{
	const char *words[STRATEGY_WORDS + 1];
	int word = -1;

	for (size_t i = 0; i < STRATEGY_WORDS; i++)
		words[i] = strategy_words[i].word;
	words[STRATEGY_WORDS] = NULL;
	if (field_word(m, "strategy", words, &word, err) < 0)
		return -1;
	if (word >= 0)
		p->limits.strategy = strategy_words[word].strategy;
	return 0;
}

/* {provider, model}: both, or either. A model alone may be "provider:model" or an alias. */
static int
read_model(struct policy *p, const struct field_map *m, struct policy_list *out, struct err *err)
{
	const char *provider = NULL, *model = NULL;
	const struct yaml *place = m->map;

	if (field_text(m, "provider", &provider, err) < 0 ||
	    field_text(m, "model", &model, err) < 0)
		return -1;
	if (!provider && !model)
		return yaml_error(
		    p->doc, m->map, err, "%s is \"provider:model\" or {provider, model}", m->what);
	place = field_get(m, model ? "model" : "provider");
	if (provider && strchr(provider, ':'))
		return field_error(m, "provider", err,
		    "provider: \"%.60s\" is not a provider's name alone", provider);
	if (provider)
		model = policy_own(p, xasprintf("%s:%s", provider, model ? model : ""));
	policy_list_add(out, model, place);
	return 0;
}

static const char *const entry_members[] = { "name", "provider", "model", "conditions", "options",
	NULL };

/* Who is asked where no condition holds. */
static int
read_last(struct policy *p, const struct yaml *node, struct policy_list *last, struct err *err)
{
	struct field_map m;

	if (node->kind == YAML_STRING && node->text.len) {
		policy_list_add(last, policy_list_provider(p, node->text.p), node);
		return 0;
	}
	if (field_open(&m, p->doc, node, "an entry", entry_members, err) < 0)
		return -1;
	if (field_get(&m, "conditions"))
		return 0;
	if (read_model(p, &m, last, err) < 0)
		return -1;
	return policy_read_options(&m, &last->items[last->count - 1].options, err);
}

static bool
is_for_sensitive(const struct policy_route *route)
{
	for (size_t i = 0; i < route->condition_count; i++) {
		if (route->conditions[i].sensitivity > 1) /* medium or high */
			return true;
	}
	return false;
}

/* An entry with conditions: it is asked first, the others behind it where it fails; but what is
 * sensitive stays with who was named for it. */
static int
read_rule(struct policy *p, const struct yaml *node, struct err *err)
{
	const struct policy_list *last = &p->providers;
	struct policy_route *route;
	bool alone;
	struct field_map m;

	if (!yaml_get(node, "conditions") || yaml_get(node, "conditions")->kind == YAML_NULL)
		return 0;
	route = policy_route_add(p, node);
	route->limits.strategy = POLICY_ORDERED;
	route->use.items = xcalloc(last->count + 1, sizeof *route->use.items);
	if (field_open(&m, p->doc, node, "an entry", entry_members, err) < 0 ||
	    field_text(&m, "name", &route->name, err) < 0 ||
	    read_model(p, &m, &route->use, err) < 0 ||
	    policy_read_options(&m, &route->use.items[0].options, err) < 0 ||
	    policy_route_read_conditions(p, &m, route, err) < 0)
		return -1;
	alone = is_for_sensitive(route);
	for (size_t i = 0; !alone && i < last->count; i++) {
		const struct policy_candidate *c = &last->items[i];

		if (strcmp(c->model, route->use.items[0].model) != 0)
			buf_addstr(&policy_list_add(&route->use, c->model, c->place)->options,
			    buf_str(&c->options));
	}
	return policy_route_name(p, route, err);
}

static int
read_fallback(struct policy *p, const struct yaml *node, struct policy_list *out, struct err *err)
{
	static const char *const known[] = { "provider", "model", NULL };
	struct field_map m;

	if (node->kind == YAML_STRING && node->text.len) {
		policy_list_add(out, policy_list_provider(p, node->text.p), node);
		return 0;
	}
	if (node->kind != YAML_MAP)
		return yaml_error(
		    p->doc, node, err, "a fallback is \"provider:model\" or {provider, model}");
	if (field_open(&m, p->doc, node, "a fallback", known, err) < 0)
		return -1;
	return read_model(p, &m, out, err);
}

/* Entries are not said to be in order, so data that is sensitive must not go to one that fits it
 * for another reason: those for it come first, else all stay as they stand. */
static void
put_sensitive_first(struct policy_route *routes, size_t count)
{
	for (size_t i = 0, front = 0; i < count; i++) {
		struct policy_route route = routes[i];

		if (!is_for_sensitive(&route))
			continue;
		memmove(&routes[front + 1], &routes[front], (i - front) * sizeof *routes);
		routes[front++] = route;
	}
}

/* The entries under whichever of their names; they are one list. */
static int
find_entries(const struct field_map *m, const struct yaml **out, struct err *err)
{
	static const char *const names[] = { "providers", "models", "routes" };
	const char *said = NULL;

	*out = NULL;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (!field_get(m, names[i]))
			continue;
		if (said)
			return field_error(m, names[i], err,
			    "llmRouting has %s and %s: one list is enough", said, names[i]);
		said = names[i];
		if (policy_read_items(m, said, out, err) < 0)
			return -1;
	}
	return 0;
}

int
policy_seed_read(struct policy *p, const struct yaml *routing, struct err *err)
{
	static const char *const known[] = { "strategy", "fallbacks", "providers", "models",
		"routes", NULL };
	const struct yaml *entries, *fallbacks = NULL;
	struct policy_list *last = &p->providers;
	size_t own = p->route_count; /* of the policy's routes */
	struct field_map m;

	if (field_open(&m, p->doc, routing, "llmRouting", known, err) < 0 ||
	    read_strategy(p, &m, err) < 0 || find_entries(&m, &entries, err) < 0 ||
	    policy_read_items(&m, "fallbacks", &fallbacks, err) < 0)
		return -1;
	if (!m.map)
		return 0;
	p->routes = xreallocn(
	    p->routes, p->route_count + (entries ? entries->count : 0) + 1, sizeof *p->routes);
	last->items = xreallocn(last->items,
	    last->count + (entries ? entries->count : 0) + (fallbacks ? fallbacks->count : 0) + 1,
	    sizeof *last->items);
	for (size_t i = 0; entries && i < entries->count; i++) {
		if (read_last(p, entries->items[i], last, err) < 0)
			return -1;
	}
	for (size_t i = 0; fallbacks && i < fallbacks->count; i++) {
		if (read_fallback(p, fallbacks->items[i], last, err) < 0)
			return -1;
	}
	for (size_t i = 0; entries && i < entries->count; i++) {
		if (read_rule(p, entries->items[i], err) < 0)
			return -1;
	}
	put_sensitive_first(p->routes + own, p->route_count - own);
	return 0;
}
