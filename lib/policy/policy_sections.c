/* SPDX-License-Identifier: MIT */
/* policy_sections - what a policy says of models: names for them, and facts. */
#include "base/mem.h"
#include "llm/request.h"
#include "policy/policy_read.h"

static int
check_name(const struct field_map *m, size_t i, struct err *err)
{
	const struct yaml *key = m->map->keys[i];

	if (key->text.len == 0)
		return yaml_error(m->doc, key, err, "%s: a name is empty", m->what);
	if (strchr(key->text.p, ':'))
		return yaml_error(m->doc, key, err,
		    "%s: \"%.60s\" has a colon, and would be taken for provider:model", m->what,
		    key->text.p);
	return 0;
}

static int
read_aliases(struct policy *p, const struct field_map *top, struct err *err)
{
	struct field_map m;

	if (policy_read_map(p, top, "aliases", &m, err) < 0)
		return -1;
	if (!m.map)
		return 0;
	p->aliases = policy_own(p, xcalloc(m.map->count, sizeof *p->aliases));
	for (size_t i = 0; i < m.map->count; i++) {
		struct policy_alias *a = &p->aliases[p->alias_count++];

		a->name = m.map->keys[i]->text.p;
		a->place = m.map->keys[i];
		if (check_name(&m, i, err) < 0 ||
		    policy_list_read(p, &m, a->name, &a->list, err) < 0)
			return -1;
		if (!a->list.count)
			return yaml_error(p->doc, a->place, err, "alias %s is empty", a->name);
	}
	return 0;
}

/* A role is a model's name, a list of candidates, or a map that says more. */
static int
read_role(
    struct policy *p, const struct field_map *roles, struct policy_role *role, struct err *err)
{
	static const char *const known[] = { "model", "reasoning", "mode", NULL };
	const struct yaml *v = field_get(roles, role->name);
	int reasoning = -1, mode = POLICY_MODE_UNSET;
	struct field_map m;

	if (v && v->kind != YAML_MAP)
		return policy_list_read(p, roles, role->name, &role->list, err);
	if (field_open(&m, p->doc, v, "role", known, err) < 0 ||
	    policy_list_read(p, &m, "model", &role->list, err) < 0 ||
	    field_word(&m, "reasoning", request_levels + REASONING_OFF, &reasoning, err) < 0 ||
	    field_word(&m, "mode", policy_modes, &mode, err) < 0)
		return -1;
	if (reasoning >= 0)
		role->reasoning = request_levels[REASONING_OFF + reasoning];
	role->mode = (enum policy_mode)mode;
	return 0;
}

static int
read_roles(struct policy *p, const struct field_map *top, struct err *err)
{
	struct field_map m;

	if (policy_read_map(p, top, "roles", &m, err) < 0)
		return -1;
	if (!m.map)
		return 0;
	p->roles = policy_own(p, xcalloc(m.map->count, sizeof *p->roles));
	for (size_t i = 0; i < m.map->count; i++) {
		struct policy_role *role = &p->roles[p->role_count++];

		role->name = m.map->keys[i]->text.p;
		role->place = m.map->keys[i];
		role->mode = POLICY_MODE_UNSET;
		if (check_name(&m, i, err) < 0 || read_role(p, &m, role, err) < 0)
			return -1;
		if (!role->list.count)
			return yaml_error(
			    p->doc, role->place, err, "role %s has no model", role->name);
	}
	return 0;
}

/* --- what is left --- */

static int
read_labels(struct policy *p, const struct field_map *top, struct err *err)
{
	const struct yaml *list = NULL;

	if (field_texts(top, "sensitivity", &list, err) < 0 ||
	    policy_read_strings(p, top, "sensitivity", &p->labels, err) < 0)
		return -1;
	if (!list)
		return 0;
	if (list->count == 0)
		return field_error(top, "sensitivity", err, "sensitivity is empty");
	for (size_t i = 0; i < list->count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (str_eq(list->items[i]->text, list->items[j]->text))
				return yaml_error(p->doc, list->items[i], err,
				    "sensitivity has \"%.60s\" twice", p->labels[i]);
		}
	}
	return 0;
}

/* "openai" is who is asked by its default model; "openai:gpt-4o" is as it stands. */
static int
read_providers(struct policy *p, const struct field_map *top, struct err *err)
{
	if (policy_list_read(p, top, "providers", &p->providers, err) < 0)
		return -1;
	for (size_t i = 0; i < p->providers.count; i++)
		p->providers.items[i].model = policy_list_provider(p, p->providers.items[i].model);
	return 0;
}

static int
read_weights(struct policy *p, const struct field_map *top, struct err *err)
{
	static const char *const known[] = { "cost", "latency", "quality", NULL };
	const struct yaml *v = field_get(top, "weights");
	struct field_map m;

	if (!v)
		return 0;
	p->weight_cost = p->weight_latency = p->weight_quality = 0;
	if (field_open(&m, p->doc, v, "weights", known, err) < 0 ||
	    field_double(&m, "cost", &p->weight_cost, err) < 0 ||
	    field_double(&m, "latency", &p->weight_latency, err) < 0 ||
	    field_double(&m, "quality", &p->weight_quality, err) < 0)
		return -1;
	if (p->weight_cost + p->weight_latency + p->weight_quality <= 0)
		return field_error(top, "weights", err, "weights are all 0");
	return 0;
}

static int
read_fallback(struct policy *p, const struct field_map *top, struct err *err)
{
	static const char *const known[] = { "local", "contentFilter", "contextLength", NULL };
	struct field_map m;

	if (field_open(&m, p->doc, field_get(top, "fallback"), "fallback", known, err) < 0 ||
	    policy_list_read(p, &m, "local", &p->local, err) < 0 ||
	    policy_list_read(p, &m, "contentFilter", &p->content_filter, err) < 0)
		return -1;
	return policy_list_read(p, &m, "contextLength", &p->context_length, err);
}

int
policy_sections_read(struct policy *p, const struct field_map *top, struct err *err)
{
	if (read_aliases(p, top, err) < 0 || read_providers(p, top, err) < 0 ||
	    read_roles(p, top, err) < 0 || read_labels(p, top, err) < 0 ||
	    policy_models_read(p, top, err) < 0 || read_weights(p, top, err) < 0)
		return -1;
	return read_fallback(p, top, err);
}
