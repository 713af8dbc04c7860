/* SPDX-License-Identifier: MIT */
/* policy_rules - what a policy forbids: names, texts (guards), spending (budgets). */
#include <ctype.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "policy/policy_read.h"

static int
read_names(struct policy *p, const struct field_map *top, const char *key, struct policy_names *out,
    struct err *err)
{
	static const char *const known[] = { "models", "providers", "tools", "labels", NULL };
	struct field_map m;

	if (field_open(&m, p->doc, field_get(top, key), key, known, err) < 0 ||
	    policy_read_strings(p, &m, "models", &out->models, err) < 0 ||
	    policy_read_strings(p, &m, "providers", &out->providers, err) < 0 ||
	    policy_read_strings(p, &m, "tools", &out->tools, err) < 0)
		return -1;
	return policy_read_strings(p, &m, "labels", &out->labels, err);
}

/* --- guards --- */

static int
read_guard(struct policy *p, const struct yaml *node, struct policy_guard *g, struct err *err)
{
	static const char *const known[] = { "name", "on", "pattern", "action", "replace", "use",
		NULL };
	static const char *const sides[] = { "input", "output", NULL };
	struct field_map m;
	unsigned on = 1U << 0; /* input */
	int act = POLICY_BLOCK;

	if (field_open(&m, p->doc, node, "guard", known, err) < 0 ||
	    field_text(&m, "name", &g->name, err) < 0 ||
	    field_words(&m, "on", sides, &on, err) < 0 ||
	    field_word(&m, "action", policy_acts, &act, err) < 0 ||
	    field_text(&m, "replace", &g->replace, err) < 0 ||
	    policy_list_read(p, &m, "use", &g->use, err) < 0)
		return -1;
	g->act = (enum policy_act)act;
	g->on_input = on & 1U << 0;
	g->on_output = on & 1U << 1;
	if (!field_get(&m, "pattern"))
		return yaml_error(p->doc, node, err, "a guard has a pattern");
	g->pattern = policy_read_pattern(&m, "pattern", &g->source, err);
	if (!g->pattern)
		return -1;
	if (act == POLICY_ROUTE && !g->use.count)
		return yaml_error(
		    p->doc, node, err, "a guard whose action is route says whom to use");
	if (act == POLICY_ROUTE && !g->on_input)
		return field_error(
		    &m, "on", err, "a guard on output cannot route: the answer is there already");
	if (act != POLICY_ROUTE && g->use.count)
		policy_warn(p, field_get(&m, "use"), "use: only action route looks at it");
	if (act != POLICY_REDACT && g->replace)
		policy_warn(p, field_get(&m, "replace"), "replace: only action redact looks at it");
	return 0;
}

static int
read_guards(struct policy *p, const struct field_map *top, struct err *err)
{
	const struct yaml *list = NULL;

	if (policy_read_items(top, "guards", &list, err) < 0)
		return -1;
	if (!list)
		return 0;
	p->guards = policy_own(p, xcalloc(list->count, sizeof *p->guards));
	for (size_t i = 0; i < list->count; i++) {
		struct policy_guard *g = &p->guards[p->guard_count++];

		g->place = list->items[i];
		if (read_guard(p, list->items[i], g, err) < 0)
			return -1;
		if (!g->name)
			g->name = policy_own(p, xasprintf("guard %zu", i + 1));
		if (!g->replace)
			g->replace = policy_own(p, xasprintf("[%s]", g->name));
		for (size_t j = 0; j < i; j++) {
			if (strcmp(p->guards[j].name, g->name) == 0)
				return yaml_error(p->doc, g->place, err,
				    "guard \"%.60s\" is there already, in line %u", g->name,
				    p->guards[j].place->line);
		}
	}
	return 0;
}

/* --- budgets --- */

static int
read_amount(const struct field_map *m, const char *key, struct budget_rule *rule, struct err *err)
{
	return rule->unit == BUDGET_USD ? field_usd(m, key, &rule->limit, err)
					: field_int(m, key, &rule->limit, err);
}

/* {core: 100, "*": 20}: a limit for each form of values. What else the rule says is not read yet.
 */
static int
read_parts(struct policy *p, const struct field_map *m, const char *key, struct budget_rule *rule,
    struct err *err)
{
	struct field_map map;

	if (!rule->per)
		return field_error(m, key, err,
		    "%s is a map of limits by what the budget is kept per, and it has no per", key);
	if (policy_read_map(p, m, key, &map, err) < 0)
		return -1;
	if (!map.map->count)
		return field_error(m, key, err, "%s is empty", key);
	rule->parts = policy_own(p, xcalloc(map.map->count, sizeof *rule->parts));
	for (size_t i = 0; i < map.map->count; i++) {
		struct budget_rule *part = &rule->parts[rule->part_count++];

		part->unit = rule->unit;
		part->form = map.map->keys[i]->text.p;
		if (strcmp(rule->per, "model") == 0 && !strpbrk(part->form, ":*"))
			return yaml_error(m->doc, map.map->keys[i], err,
			    "%s: \"%.60s\" is no provider:model", key, part->form);
		if (!field_get(&map, part->form))
			return yaml_error(m->doc, map.map->keys[i], err,
			    "%s: \"%.60s\" has no limit", key, part->form);
		if (read_amount(&map, part->form, part, err) < 0)
			return -1;
	}
	return 0;
}

/* The parts differ in their limits alone. */
static void
fill_parts(struct budget_rule *rule)
{
	for (size_t i = 0; i < rule->part_count; i++) {
		struct budget_rule *part = &rule->parts[i];
		int64_t limit = part->limit;
		const char *form = part->form;

		*part = *rule;
		part->limit = limit;
		part->form = form;
		part->parts = NULL;
		part->part_count = 0;
	}
}

static int
read_limit(struct policy *p, const struct field_map *m, struct budget_rule *rule, struct err *err)
{
	static const char *const keys[] = {
		[BUDGET_USD] = "limitUsd",
		[BUDGET_TOKENS] = "limitTokens",
		[BUDGET_REQUESTS] = "limitRequests",
	};
	const char *said = NULL;

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		if (!field_get(m, keys[i]))
			continue;
		if (said)
			return field_error(m, keys[i], err,
			    "a budget has one limit, and this one has %s and %s", said, keys[i]);
		said = keys[i];
		rule->unit = (enum budget_unit)i;
	}
	if (said && field_get(m, said)->kind == YAML_MAP)
		return read_parts(p, m, said, rule, err);
	if (said)
		return read_amount(m, said, rule, err);
	return yaml_error(
	    m->doc, m->map, err, "a budget has a limit: limitUsd, limitTokens or limitRequests");
}

/* A calendar's word, or a duration that rolls. */
static int
read_window(const struct field_map *m, struct budget_rule *rule, struct err *err)
{
	const struct yaml *v = field_get(m, "window");
	int word = BUDGET_DAY - BUDGET_HOUR;

	if (v && (v->kind == YAML_NUMBER || (v->text.len && isdigit((unsigned char)*v->text.p)))) {
		rule->window = BUDGET_ROLLING;
		return policy_read_us(m, "window", &rule->rolling_us, err);
	}
	if (field_word(m, "window", budget_windows + BUDGET_HOUR, &word, err) < 0)
		return -1;
	rule->window = (enum budget_window)(BUDGET_HOUR + word);
	return 0;
}

static int
compare_ints(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static int
read_soft(struct policy *p, const struct field_map *m, struct budget_rule *rule, struct err *err)
{
	const struct yaml *v = field_get(m, "soft");
	struct yaml *const one[] = { (struct yaml *)v }, *const *items = one;
	size_t count = 1;
	bool rising = true;

	if (!v)
		return 0;
	if (v->kind == YAML_LIST) {
		items = v->items;
		count = v->count;
	}
	if (count > BUDGET_SOFT_MAX)
		return field_error(
		    m, "soft", err, "soft has more than %d percentages", BUDGET_SOFT_MAX);
	for (size_t i = 0; i < count; i++) {
		struct str s = items[i]->text;
		int64_t n = 0;

		if (str_ends(s, "%"))
			s.len--;
		if (!num_i64(s, &n) || n < 1 || n > 100)
			return yaml_error(
			    m->doc, items[i], err, "soft: not a whole percentage from 1 to 100");
		rising = rising && (i == 0 || n > rule->soft[i - 1]);
		rule->soft[rule->soft_count++] = (int)n;
	}
	if (!rising) {
		policy_warn(p, v, "soft: the percentages do not rise");
		qsort(rule->soft, rule->soft_count, sizeof *rule->soft, compare_ints);
	}
	return 0;
}

/* Whose: a word, or a path into the record. */
static int
read_per(const struct field_map *m, struct budget_rule *rule, struct err *err)
{
	static const char *const words[] = { "provider", "model", "key", NULL };
	int word;

	if (field_text(m, "per", &rule->per, err) < 0)
		return -1;
	if (!rule->per)
		return 0;
	if (str_nearest(str_of(rule->per), words))
		return field_word(m, "per", words, &word, err);
	if (rule->per[0] == '.')
		return policy_read_path(m, "per", &rule->per, err);
	return field_error(m, "per", err,
	    "per: \"%.60s\" is neither provider, model or key nor a path into the request "
	    "(.tags.team)",
	    rule->per);
}

static int
read_budget(struct policy *p, const struct yaml *node, struct budget_rule *rule,
    struct policy_list *use, struct err *err)
{
	static const char *const known[] = { "name", "per", "limitUsd", "limitTokens",
		"limitRequests", "window", "zone", "soft", "action", "use", NULL };
	int action = BUDGET_BLOCK;
	struct field_map m;

	if (field_open(&m, p->doc, node, "budget", known, err) < 0 ||
	    field_text(&m, "name", &rule->name, err) < 0 || read_per(&m, rule, err) < 0 ||
	    read_limit(p, &m, rule, err) < 0 || read_window(&m, rule, err) < 0 ||
	    policy_read_zone(&m, &rule->zone, err) < 0 || read_soft(p, &m, rule, err) < 0 ||
	    field_word(&m, "action", budget_actions, &action, err) < 0 ||
	    policy_list_read(p, &m, "use", use, err) < 0)
		return -1;
	rule->action = (enum budget_action)action;
	if (!rule->name)
		return yaml_error(p->doc, node, err, "a budget has a name");
	if (action == BUDGET_ROUTE && !use->count)
		return yaml_error(
		    p->doc, node, err, "a budget whose action is route says whom to use");
	if (action != BUDGET_ROUTE && use->count)
		policy_warn(p, field_get(&m, "use"), "use: only action route looks at it");
	if (rule->zone && rule->window == BUDGET_ROLLING)
		policy_warn(p, field_get(&m, "zone"), "zone: a window that rolls has none");
	fill_parts(rule);
	return 0;
}

static int
read_budgets(struct policy *p, const struct field_map *top, struct err *err)
{
	const struct yaml *list = NULL;

	if (policy_read_items(top, "budgets", &list, err) < 0)
		return -1;
	if (!list)
		return 0;
	if (list->count > BUDGET_HOLDS_MAX)
		return field_error(top, "budgets", err, "budgets: at most %d", BUDGET_HOLDS_MAX);
	p->budgets = policy_own(p, xcalloc(list->count, sizeof *p->budgets));
	p->budget_use = policy_own(p, xcalloc(list->count, sizeof *p->budget_use));
	for (size_t i = 0; i < list->count; i++) {
		p->budget_count++;
		if (read_budget(p, list->items[i], &p->budgets[i], &p->budget_use[i], err) < 0)
			return -1;
		for (size_t j = 0; j < i; j++) {
			if (strcmp(p->budgets[j].name, p->budgets[i].name) == 0)
				return yaml_error(p->doc, list->items[i], err,
				    "budget \"%.60s\" is there already, in line %u",
				    p->budgets[i].name, list->items[j]->line);
		}
	}
	return 0;
}

int
policy_rules_read(struct policy *p, const struct field_map *top, struct err *err)
{
	if (read_names(p, top, "deny", &p->deny, err) < 0 ||
	    read_names(p, top, "allow", &p->allow, err) < 0 || read_guards(p, top, err) < 0)
		return -1;
	return read_budgets(p, top, err);
}
