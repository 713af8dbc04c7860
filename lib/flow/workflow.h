/* SPDX-License-Identifier: MIT */
/*
 * workflow - a workflow file, read and proven to make sense before anything runs.
 *
 * Every member is known, every name resolved, every agent found, every expression compiled, and
 * what depends on what is free of cycles. Errors are EXIT_CONFIG and begin with FILE:LINE:COLUMN.
 * agentflow-workflow(5) is the prose.
 *
 *	w = workflow_load("triage.yaml", &(struct workflow_setup){ .agent_dirs = dirs }, &err);
 *	for (i = 0; i < w->count; i++)
 *		use(&w->nodes[w->order[i]]);
 */
#ifndef FLOW_WORKFLOW_H
#define FLOW_WORKFLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "json/expr.h"
#include "flow/graph.h"
#include "flow/node.h"
#include "json/schema.h"

struct workflow_setup {
	const char *const *agent_dirs; /* NULL-terminated; searched in order */
	const char *const *models; /* NULL-terminated, or NULL: "MODEL" for every node that asks a
				      model, "NODE=MODEL" for one; later ones win */
	bool routed; /* a policy beside the file says who is asked: nodes need not name a model */
};

struct workflow {
	char *file; /* its path, for messages */
	struct buf text; /* the file, as it was read */
	struct yaml_doc *doc;
	const char *name; /* metadata.name; the document's */
	struct node *nodes; /* agents first, then nodes, as they stand in the file */
	size_t count;
	struct graph graph; /* by index in nodes */
	size_t *order, *level; /* graph_order */
	size_t *by_name; /* indexes, sorted by name */
	struct agent **agents; /* each image once */
	size_t agent_count, agent_cap;
	struct expr_list exprs;
	int64_t max_concurrent; /* 0: not said */
	struct schema *input_schema, *output_schema; /* of the whole; NULL */
	size_t output; /* expression; EXPR_NONE */
	const struct yaml *env; /* names of the variables that expressions may see, or NULL */
	bool routes; /* spec.llmRouting: the file is a policy, too (policy.h) */
	unsigned notes; /* enum node_note: what is asked for and not enforced */
};

struct workflow *workflow_load(
    const char *path, const struct workflow_setup *setup, struct err *err);
void workflow_free(struct workflow *w);

/* The index of the node of that name; SIZE_MAX where there is none. */
size_t workflow_find(const struct workflow *w, struct str name);

/* Append the names of what is asked for and not enforced: "resources.memory, triggers". */
void workflow_print_notes(const struct workflow *w, struct buf *out);

#endif
