/* SPDX-License-Identifier: MIT */
/* node - one node of a workflow: what it waits for, what it does, and within which bounds. */
#ifndef FLOW_NODE_H
#define FLOW_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "flow/agent.h"
#include "json/expr.h"
#include "flow/retry.h"
#include "flow/task.h"
#include "json/schema.h"
#include "json/yaml.h"

enum node_kind { NODE_AGENT, NODE_PROMPT, NODE_COMMAND, NODE_START, NODE_END };
const char *node_kind_name(enum node_kind kind);

/* What a file may ask for and this version checks but does not enforce: bits of node_read's notes.
 */
enum node_note {
	NOTE_MEMORY = 1,
	NOTE_CPU = 2,
	NOTE_STORAGE = 4,
	NOTE_LIMITS = 8,
	NOTE_TRIGGERS = 16,
	NOTE_BUDGET = 32,
};

struct node {
	const char *name; /* the document's, as place and needs */
	enum node_kind kind;
	const struct yaml *place;
	const struct yaml *needs; /* dependsOn: a list of texts, or NULL */
	const char *image; /* NODE_AGENT */
	const struct agent *agent; /* NODE_AGENT: what image was resolved to; the workflow's */
	struct task task; /* its own; for an agent: the agent's with the node's llm over it */
	size_t with, when, output; /* expressions; EXPR_NONE */
	struct schema *input_schema, *output_schema; /* NULL */
	int64_t timeout_ms; /* of one attempt */
	struct retry retry;
};

/* What the nodes of one workflow are read with. */
struct node_reader {
	const struct yaml_doc *doc;
	struct expr_list *exprs;
	struct retry retry; /* what holds where a node says nothing */
	int64_t timeout_ms;
	unsigned notes; /* bits of enum node_note are set here */
};

/* Whether the node asks a model. */
bool node_is_llm(const struct node *n);

/* Read one element of agents (where kind may be absent) or nodes. n is to be released in any case.
 */
int node_read(struct node *n, struct node_reader *r, const struct yaml *place, bool in_agents,
    struct err *err) __attribute__((warn_unused_result));
void node_release(struct node *n);

/* Take from the resolved agent what the node does. */
void node_set_agent(struct node *n, const struct agent *agent);

#endif
