/* SPDX-License-Identifier: MIT */
/* policy_names - every name in a policy leads to a model, and none in a circle. */
#include <stdlib.h>

#include "base/mem.h"
#include "policy/policy_read.h"

/* Aliases, then roles, as one row of nodes. */
struct names {
	struct policy *p;
	const char **all; /* what a name may be: aliases, and roles as "role:NAME" */
	size_t count;
};

static const struct policy_list *
list_at(const struct policy *p, size_t i)
{
	return i < p->alias_count ? &p->aliases[i].list : &p->roles[i - p->alias_count].list;
}

static const struct yaml *
place_at(const struct policy *p, size_t i)
{
	return i < p->alias_count ? p->aliases[i].place : p->roles[i - p->alias_count].place;
}

/* The node that a candidate's name stands for; n->count where it is a model. */
static size_t
node_of(const struct names *n, const char *model)
{
	size_t i = 0;

	while (i < n->count && strcmp(n->all[i], model) != 0)
		i++;
	return i;
}

static int
check_name(const struct names *n, const char *model, const struct yaml *place, struct err *err)
{
	bool is_role = str_starts(str_of(model), "role:");
	const char *nearest;

	if ((strchr(model, ':') && !is_role) || node_of(n, model) < n->count)
		return 0;
	nearest = str_nearest(str_of(model), n->all);
	if (policy_role_find(n->p, str_of(model)))
		return yaml_error(n->p->doc, place, err,
		    "\"%.60s\" is a role: it is asked for as \"role:%.60s\"", model, model);
	if (nearest)
		return yaml_error(n->p->doc, place, err,
		    "unknown %s \"%.60s\" (did you mean \"%s\"?)", is_role ? "role" : "alias",
		    is_role ? model + strlen("role:") : model, nearest);
	if (is_role)
		return yaml_error(n->p->doc, place, err, "unknown role \"%.60s\"", model + 5);
	return yaml_error(n->p->doc, place, err,
	    "\"%.60s\" is neither an alias of this policy nor provider:model%s", model,
	    strchr(model, '/') ? " (a colon stands behind the provider, and no slash)" : "");
}

static int
check_list(const struct names *n, const struct policy_list *list, struct err *err)
{
	for (size_t i = 0; i < list->count; i++) {
		if (check_name(n, list->items[i].model, list->items[i].place, err) < 0)
			return -1;
	}
	return 0;
}

static int
check_lists(const struct names *n, struct err *err)
{
	const struct policy *p = n->p;
	const struct policy_list *const alone[] = { &p->providers, &p->local, &p->content_filter,
		&p->context_length };

	for (size_t i = 0; i < n->count; i++) {
		if (check_list(n, list_at(p, i), err) < 0)
			return -1;
	}
	for (size_t i = 0; i < sizeof alone / sizeof *alone; i++) {
		if (check_list(n, alone[i], err) < 0)
			return -1;
	}
	for (size_t i = 0; i < p->route_count; i++) {
		if (check_list(n, &p->routes[i].use, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < p->guard_count; i++) {
		if (check_list(n, &p->guards[i].use, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < p->budget_count; i++) {
		if (check_list(n, &p->budget_use[i], err) < 0)
			return -1;
	}
	for (size_t i = 0; i < p->model_count; i++) {
		const struct policy_model *m = &p->models[i];

		if (m->bigger && check_name(n, m->bigger, m->bigger_place, err) < 0)
			return -1;
	}
	return 0;
}

/* --- circles --- */

/* A walk down from one name: each node of the path, and which of its candidates is looked at. */
struct walk {
	struct step {
		size_t node, next;
	} * path;
	size_t depth;
	enum { UNSEEN, ON_PATH, DONE } * state;
};

static int
tell_circle(const struct names *n, const struct walk *w, size_t again, struct err *err)
{
	struct buf text = BUF_INIT(ERR_TEXT_MAX);
	size_t from = 0;

	while (w->path[from].node != again)
		from++;
	for (size_t i = from; i < w->depth; i++)
		buf_addf(&text, "%s -> ", n->all[w->path[i].node]);
	(void)yaml_error(n->p->doc, place_at(n->p, again), err, "names in a circle: %s%s", text.p,
	    n->all[again]);
	buf_release(&text);
	return -1;
}

static int
walk_from(const struct names *n, struct walk *w, size_t start, struct err *err)
{
	w->depth = 0;
	w->path[w->depth++] = (struct step){ start, 0 };
	w->state[start] = ON_PATH;
	while (w->depth) {
		struct step *top = &w->path[w->depth - 1];
		const struct policy_list *list = list_at(n->p, top->node);
		size_t node;

		if (top->next == list->count) {
			w->state[top->node] = DONE;
			w->depth--;
			continue;
		}
		node = node_of(n, list->items[top->next++].model);
		if (node == n->count || w->state[node] == DONE)
			continue;
		if (w->state[node] == ON_PATH)
			return tell_circle(n, w, node, err);
		w->path[w->depth++] = (struct step){ node, 0 };
		w->state[node] = ON_PATH;
	}
	return 0;
}

static int
check_circles(const struct names *n, struct err *err)
{
	struct walk w = {
		.path = xcalloc(n->count + 1, sizeof *w.path),
		.state = xcalloc(n->count + 1, sizeof *w.state),
	};
	int result = 0;

	for (size_t i = 0; i < n->count && result == 0; i++) {
		if (w.state[i] == UNSEEN)
			result = walk_from(n, &w, i, err);
	}
	free(w.path);
	free(w.state);
	return result;
}

int
policy_names_check(struct policy *p, struct err *err)
{
	struct names n = { p, xcalloc(p->alias_count + p->role_count + 1, sizeof *n.all), 0 };
	int result;

	for (size_t i = 0; i < p->alias_count; i++)
		n.all[n.count++] = p->aliases[i].name;
	for (size_t i = 0; i < p->role_count; i++)
		n.all[n.count++] = policy_own(p, xasprintf("role:%s", p->roles[i].name));
	result = check_lists(&n, err) < 0 ? -1 : check_circles(&n, err);
	free(n.all);
	return result;
}
