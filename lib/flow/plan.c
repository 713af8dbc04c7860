/* SPDX-License-Identifier: MIT */
/* plan - what a run of a workflow would do, as records or as a table. */
#include "flow/plan.h"

#include "cli/table.h"
#include "json/jsonw.h"

static void
put_command(const struct node *n, struct jsonw *w)
{
	if (!n->task.command)
		return;
	jsonw_key(w, "command");
	jsonw_array(w);
	for (const char *const *word = n->task.command; *word; word++)
		jsonw_str(w, *word);
	jsonw_end(w);
}

static void
put_needs(const struct workflow *w, size_t i, struct jsonw *out)
{
	const struct graph *g = &w->graph;

	jsonw_key(out, "dependsOn");
	jsonw_array(out);
	for (size_t k = g->before_at[i]; k < g->before_at[i + 1]; k++)
		jsonw_str(out, w->nodes[g->before[k]].name);
	jsonw_end(out);
}

static void
put_node(const struct workflow *w, size_t i, struct buf *out)
{
	const struct node *n = &w->nodes[i];
	struct jsonw j;

	jsonw_start(&j, out);
	jsonw_object(&j);
	jsonw_kstr(&j, "type", "plan");
	jsonw_kstr(&j, "node", n->name);
	jsonw_kstr(&j, "kind", node_kind_name(n->kind));
	jsonw_ki64(&j, "level", (int64_t)w->level[i]);
	put_needs(w, i, &j);
	if (n->agent) {
		jsonw_kstr(&j, "agent", n->agent->image);
		jsonw_kstr(&j, "directory", n->agent->dir);
	}
	if (node_is_llm(n)) {
		jsonw_kstr(&j, "model", n->task.model);
		jsonw_key(&j, "options");
		jsonw_raw(&j, buf_str(&n->task.options));
	}
	put_command(n, &j);
	jsonw_kbool(&j, "guarded", n->when != EXPR_NONE);
	jsonw_ki64(&j, "timeoutMs", n->timeout_ms);
	jsonw_ki64(&j, "maxAttempts", n->retry.max_attempts);
	jsonw_end(&j);
	buf_addc(out, '\n');
}

void
plan_print(const struct workflow *w, struct buf *out)
{
	for (size_t k = 0; k < w->count; k++)
		put_node(w, w->order[k], out);
}

/* What the node does, in a few words: its model, or its command. */
static void
put_work(const struct node *n, struct buf *out)
{
	const char *const *word = n->task.command;

	if (node_is_llm(n))
		buf_adds(out, n->task.model);
	else if (word)
		for (buf_adds(out, *word++); *word; word++)
			buf_addf(out, " %s", *word);
	else
		buf_addc(out, '-');
}

static void
put_row(const struct workflow *w, size_t i, struct table *t)
{
	const struct graph *g = &w->graph;
	const struct node *n = &w->nodes[i];
	struct buf *cell;

	buf_adds(table_cell(t), n->name);
	buf_adds(table_cell(t), node_kind_name(n->kind));
	put_work(n, table_cell(t));
	cell = table_cell(t);
	for (size_t k = g->before_at[i]; k < g->before_at[i + 1]; k++)
		buf_addf(cell, "%s%s", k > g->before_at[i] ? " " : "", w->nodes[g->before[k]].name);
	if (graph_waits_for(g, i) == 0)
		buf_addc(cell, '-');
	buf_addi(table_cell(t), (int64_t)w->level[i]);
	buf_addi(table_cell(t), n->retry.max_attempts);
	buf_addf(table_cell(t), "%.3gs", (double)n->timeout_ms / 1000);
}

void
plan_print_table(const struct workflow *w, struct buf *out)
{
	static const char *const heads[] = { "NODE", "KIND", "DOES", "AFTER", "LEVEL", "ATTEMPTS",
		"TIMEOUT" };
	enum { COLUMNS = sizeof heads / sizeof *heads, LEFT = 4 };
	struct table t;

	table_init(&t, COLUMNS, LEFT);
	for (size_t i = 0; i < COLUMNS; i++)
		buf_adds(table_cell(&t), heads[i]);
	for (size_t k = 0; k < w->count; k++)
		put_row(w, w->order[k], &t);
	table_print(&t, out);
	table_release(&t);
}
