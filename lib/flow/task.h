/* SPDX-License-Identifier: MIT */
/*
 * task - what a node does when its turn comes: ask a model, or run a command.
 *
 * An agent directory holds one, and so does a node of kind prompt or command: the members are the
 * same.
 */
#ifndef FLOW_TASK_H
#define FLOW_TASK_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "json/expr.h"
#include "json/field.h"

/* The members that task_read looks at, for lists of known names. */
#define TASK_PROMPT_MEMBERS                                                                        \
	"prompt", "system", "model", "llm", "options", "tools", "toolChoice", "responseSchema"
#define TASK_COMMAND_MEMBERS "command"

struct task {
	const char **command; /* argv, NULL-terminated; NULL: ask a model */
	size_t prompt, system; /* templates; EXPR_NONE */
	char *model; /* "provider:model", "provider:", an alias; NULL: none named */
	struct buf options; /* a JSON object */
	struct buf tools, tool_choice; /* JSON, or empty */
};

void task_init(struct task *t);
void task_release(struct task *t);

/* Everything of a task that stands in m. Its texts and places are the document's. */
int task_read(struct task *t, const struct field_map *m, struct expr_list *exprs, struct err *err)
    __attribute__((warn_unused_result));

/* t->options, and what patch (a JSON object) says over it. */
void task_patch_options(struct task *t, struct str patch);

#endif
