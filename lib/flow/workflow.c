/* SPDX-License-Identifier: MIT */
/* workflow - the whole file: its nodes by name, their order, their agents and models. */
#include "flow/workflow.h"

#include <stdlib.h>

#include "base/mem.h"
#include "flow/workflow_spec.h"
#include "sys/file.h"

void
workflow_free(struct workflow *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->count; i++)
		node_release(&w->nodes[i]);
	for (size_t i = 0; i < w->agent_count; i++)
		agent_free(w->agents[i]);
	free(w->nodes);
	free(w->agents);
	free(w->order);
	free(w->level);
	free(w->by_name);
	graph_release(&w->graph);
	expr_release(&w->exprs);
	schema_free(w->input_schema);
	schema_free(w->output_schema);
	yaml_doc_free(w->doc);
	buf_release(&w->text);
	free(w->file);
	free(w);
}

void
workflow_print_notes(const struct workflow *w, struct buf *out)
{
	static const char *const names[] = { "resources.memory", "resources.cpu",
		"resources.storage", "limits", "triggers", "budgetUsd" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (w->notes & 1U << i)
			buf_addf(out, "%s%s", out->len ? ", " : "", names[i]);
	}
}

/* --- names --- */

struct named {
	const char *name;
	size_t index;
};

static int
compare_named(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->index > y->index) - (x->index < y->index);
}

static int
index_names(struct workflow *w, struct err *err)
{
	struct named *list = xcalloc(w->count + 1, sizeof *list);
	size_t twice = SIZE_MAX, first = 0;

	for (size_t i = 0; i < w->count; i++)
		list[i] = (struct named){ w->nodes[i].name, i };
	qsort(list, w->count, sizeof *list, compare_named);
	w->by_name = xcalloc(w->count + 1, sizeof *w->by_name);
	for (size_t i = 0; i < w->count; i++) {
		w->by_name[i] = list[i].index;
		if (i && strcmp(list[i].name, list[i - 1].name) == 0 && list[i].index < twice) {
			twice = list[i].index;
			first = list[i - 1].index;
		}
	}
	free(list);
	if (twice == SIZE_MAX)
		return 0;
	return yaml_error(w->doc, w->nodes[twice].place, err,
	    "the name \"%s\" is taken by the node at line %u", w->nodes[twice].name,
	    w->nodes[first].place->line);
}

size_t
workflow_find(const struct workflow *w, struct str name)
{
	size_t lo = 0, hi = w->count;

	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2, i = w->by_name[middle];
		struct str have = str_of(w->nodes[i].name);
		size_t n = have.len < name.len ? have.len : name.len;
		int order = memcmp(have.p, name.p, n);

		if (order == 0)
			order = (have.len > name.len) - (have.len < name.len);
		if (order == 0)
			return i;
		if (order < 0)
			lo = middle + 1;
		else
			hi = middle;
	}
	return SIZE_MAX;
}

static const char *
nearest_name(const struct workflow *w, struct str word)
{
	const char **names = xcalloc(w->count + 1, sizeof *names), *nearest;

	for (size_t i = 0; i < w->count; i++)
		names[i] = w->nodes[i].name;
	nearest = str_nearest(word, names);
	free(names);
	return nearest;
}

/* --- who waits for whom --- */

static int
unknown_need(
    const struct workflow *w, const struct node *n, const struct yaml *need, struct err *err)
{
	const char *nearest = nearest_name(w, need->text);

	if (nearest)
		return yaml_error(w->doc, need, err,
		    "\"%s\" depends on \"%.60s\", which is no node (did you mean \"%s\"?)", n->name,
		    need->text.p, nearest);
	return yaml_error(w->doc, need, err, "\"%s\" depends on \"%.60s\", which is no node",
	    n->name, need->text.p);
}

/* A node that is named twice by another is waited for once: counting it twice would wait forever.
 */
static int
add_needs(struct workflow *w, size_t i, size_t *seen, struct err *err)
{
	const struct node *n = &w->nodes[i];

	for (size_t k = 0; n->needs && k < n->needs->count; k++) {
		const struct yaml *need = n->needs->items[k];
		size_t first = workflow_find(w, need->text);

		if (first == SIZE_MAX)
			return unknown_need(w, n, need, err);
		if (seen[first] == i + 1)
			continue;
		seen[first] = i + 1;
		graph_edge(&w->graph, first, i);
	}
	return 0;
}

static int
cycle_error(const struct workflow *w, struct err *err)
{
	struct buf path = BUF_INIT(BUF_UNLIMITED);
	size_t len = 0, *cycle = graph_cycle(&w->graph, &len);
	const struct node *first = &w->nodes[cycle[0]];

	for (size_t i = 0; i < len; i++)
		buf_addf(&path, "%s -> ", w->nodes[cycle[i]].name);
	yaml_error(
	    w->doc, first->place, err, "the nodes wait for each other: %s%s", path.p, first->name);
	buf_release(&path);
	free(cycle);
	return -1;
}

static int
connect(struct workflow *w, struct err *err)
{
	size_t *seen = xcalloc(w->count + 1, sizeof *seen);
	int rc = 0;

	graph_init(&w->graph, w->count);
	for (size_t i = 0; rc == 0 && i < w->count; i++)
		rc = add_needs(w, i, seen, err);
	free(seen);
	if (rc < 0)
		return -1;
	graph_seal(&w->graph);
	w->order = xcalloc(w->count + 1, sizeof *w->order);
	w->level = xcalloc(w->count + 1, sizeof *w->level);
	if (!graph_order(&w->graph, w->order, w->level))
		return cycle_error(w, err);
	return 0;
}

/* --- agents and models --- */

static const struct agent *
find_agent(const struct workflow *w, const char *image)
{
	for (size_t i = 0; i < w->agent_count; i++) {
		if (strcmp(w->agents[i]->image, image) == 0)
			return w->agents[i];
	}
	return NULL;
}

/* err as it is where it speaks of agent.yaml, with the image's place in our file where there is
 * none. */
static int
agent_error(const struct workflow *w, const struct node *n, struct err *err)
{
	struct err why = *err;

	if (!str_starts(str_of(why.text), "no agent ") && !str_starts(str_of(why.text), "image "))
		return -1;
	return yaml_error(w->doc, yaml_get(n->place, "image"), err, "%s", why.text);
}

static int
resolve_agents(struct workflow *w, const char *const *dirs, struct err *err)
{
	static const char *const nowhere[] = { NULL };

	for (size_t i = 0; i < w->count; i++) {
		struct node *n = &w->nodes[i];
		const struct agent *known;
		struct agent *agent;

		if (n->kind != NODE_AGENT)
			continue;
		known = find_agent(w, n->image);
		if (!known) {
			agent = agent_load(n->image, dirs ? dirs : nowhere, &w->exprs, err);
			if (!agent)
				return agent_error(w, n, err);
			VEC_GROW(w->agents, w->agent_count, w->agent_cap);
			w->agents[w->agent_count++] = agent;
			known = agent;
		}
		node_set_agent(n, known);
	}
	return 0;
}

static void
set_model(struct node *n, const char *model)
{
	if (!node_is_llm(n))
		return;
	xreplace(&n->task.model, model);
}

/* "MODEL" or "NODE=MODEL". */
static int
override_model(struct workflow *w, const char *spec, struct err *err)
{
	const char *equals = strchr(spec, '='), *nearest;
	struct str name = { spec, equals ? (size_t)(equals - spec) : 0 };
	size_t i;

	if (!*spec || (equals && !equals[1]))
		return err_set(err, EXIT_USAGE, "model \"%s\" names no model", spec);
	if (!equals) {
		for (i = 0; i < w->count; i++)
			set_model(&w->nodes[i], spec);
		return 0;
	}
	i = workflow_find(w, name);
	if (i != SIZE_MAX && node_is_llm(&w->nodes[i])) {
		set_model(&w->nodes[i], equals + 1);
		return 0;
	}
	if (i != SIZE_MAX)
		return err_set(
		    err, EXIT_USAGE, "model %s: node \"%s\" asks no model", spec, w->nodes[i].name);
	nearest = nearest_name(w, name);
	return err_set(err, EXIT_USAGE, "model %s: there is no node \"%.*s\"%s%s%s", spec,
	    (int)name.len, name.p, nearest ? " (did you mean \"" : "", nearest ? nearest : "",
	    nearest ? "\"?)" : "");
}

static int
set_models(struct workflow *w, const struct workflow_setup *setup, struct err *err)
{
	for (const char *const *models = setup->models; models && *models; models++) {
		if (override_model(w, *models, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < w->count; i++) {
		const struct node *n = &w->nodes[i];

		if (node_is_llm(n) && !n->task.model && !w->routes && !setup->routed)
			return yaml_error(w->doc, n->place, err,
			    "\"%s\" names no model: give it llm: {provider: ..., model: ...}",
			    n->name);
	}
	return 0;
}

/* The text is kept: standard input cannot be read twice, and a file may change meanwhile. */
static int
read_text(struct workflow *w, const char *path, struct err *err)
{
	buf_init(&w->text, YAML_FILE_MAX);
	if (file_read(path, &w->text, err) == 0)
		w->doc = yaml_parse(path, buf_str(&w->text), err);
	else
		err->code = EXIT_CONFIG;
	return w->doc ? 0 : -1;
}

struct workflow *
workflow_load(const char *path, const struct workflow_setup *setup, struct err *err)
{
	struct workflow *w = xcalloc(1, sizeof *w);

	w->output = EXPR_NONE;
	w->file = xstrdup(path);
	if (read_text(w, path, err) == 0 && workflow_spec_read(w, err) == 0 &&
	    index_names(w, err) == 0 && connect(w, err) == 0 &&
	    resolve_agents(w, setup->agent_dirs, err) == 0 && set_models(w, setup, err) == 0 &&
	    expr_compile(&w->exprs, err) == 0)
		return w;
	workflow_free(w);
	return NULL;
}
