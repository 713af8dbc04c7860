/* SPDX-License-Identifier: MIT */
/* policy_list - lists of candidates: a model's name, a map, or a list of these. */
#include <stdlib.h>

#include "base/mem.h"
#include "policy/policy_read.h"

void
policy_list_release(struct policy_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		buf_release(&list->items[i].options);
	free(list->items);
	*list = (struct policy_list){ 0 };
}

struct policy_candidate *
policy_list_add(struct policy_list *list, const char *model, const struct yaml *place)
{
	struct policy_candidate *c = &list->items[list->count++];

	*c = (struct policy_candidate){ .model = model, .weight = -1, .place = place };
	buf_init(&c->options, BUF_UNLIMITED);
	return c;
}

const char *
policy_list_provider(struct policy *p, const char *name)
{
	if (!strchr(name, ':') && !policy_alias_find(p, str_of(name)))
		name = policy_own(p, xasprintf("%s:", name));
	return name;
}

static int
read_map(const struct field_map *m, struct policy_candidate *c, struct err *err)
{
	if (field_text(m, "model", &c->model, err) < 0 ||
	    field_double(m, "weight", &c->weight, err) < 0 ||
	    policy_read_options(m, &c->options, err) < 0 ||
	    field_text(m, "profile", &c->profile, err) < 0)
		return -1;
	if (!c->model)
		return yaml_error(m->doc, m->map, err, "a candidate has a model");
	c->place = field_get(m, "model");
	return 0;
}

static int
read_candidate(struct policy *p, const struct yaml *node, const char *key, struct policy_list *out,
    struct err *err)
{
	static const char *const known[] = { "model", "weight", "options", "profile", NULL };
	struct policy_candidate *c;
	struct field_map m;

	if (node->kind == YAML_MAP) {
		c = policy_list_add(out, NULL, node);
		if (field_open(&m, p->doc, node, "candidate", known, err) < 0)
			return -1;
		return read_map(&m, c, err);
	}
	if (node->kind != YAML_STRING)
		return yaml_error(p->doc, node, err,
		    "%s: a candidate is a model's name or a map, and this is %s", key,
		    field_kind_name(node->kind));
	if (node->text.len == 0)
		return yaml_error(p->doc, node, err, "%s: a model's name is empty", key);
	policy_list_add(out, node->text.p, node);
	return 0;
}

int
policy_list_read(struct policy *p, const struct field_map *m, const char *key,
    struct policy_list *out, struct err *err)
{
	const struct yaml *v = field_get(m, key);
	const struct yaml *list = NULL;

	if (!v)
		return 0;
	if (v->kind != YAML_LIST) {
		out->items = xcalloc(1, sizeof *out->items);
		return read_candidate(p, v, key, out, err);
	}
	if (policy_read_items(m, key, &list, err) < 0)
		return -1;
	if (list->count == 0)
		return field_error(m, key, err, "%s is empty", key);
	out->items = xcalloc(list->count, sizeof *out->items);
	for (size_t i = 0; i < list->count; i++) {
		if (read_candidate(p, list->items[i], key, out, err) < 0)
			return -1;
	}
	return 0;
}
