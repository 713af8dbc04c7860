/* SPDX-License-Identifier: MIT */
/*
 * agent - find the directory that an image names, and read its agent.yaml.
 *
 * The image PATH:VERSION is looked for below each directory of a list, as PATH/VERSION,
 * PATH:VERSION and PATH, in this order; the first that holds an agent.yaml of that version is the
 * one. The last form must say its version, so that a directory that has moved on is not taken for
 * the old one. agentflow-workflow(5) has the file's members.
 */
#ifndef FLOW_AGENT_H
#define FLOW_AGENT_H

#include "base/err.h"
#include "json/expr.h"
#include "flow/task.h"
#include "json/schema.h"

struct agent {
	char *image, *dir;
	char *absolute; /* dir, wherever one stands */
	char *program; /* its command's path, where that is relative to dir; NULL */
	struct yaml_doc *doc;
	const char *name, *version; /* NULL where agent.yaml does not say */
	struct task task;
	size_t output; /* expression; EXPR_NONE */
	struct schema *input_schema, *output_schema; /* NULL */
};

/* The directories of path ("a:b"); where that is NULL: the one that the workflow file is in, and
 * share. NULL-terminated; freed by agent_dirs_free. */
char **agent_dirs(const char *path, const char *workflow, const char *share);
void agent_dirs_free(char **dirs);

/*
 * dirs: NULL-terminated, in order of preference. Expressions are added to exprs, which must be
 * compiled before the agent is freed. NULL and err (EXIT_CONFIG): not found, naming the places
 * looked at; or found and wrong, with the place in agent.yaml.
 */
struct agent *agent_load(
    const char *image, const char *const *dirs, struct expr_list *exprs, struct err *err);
void agent_free(struct agent *a);

/* The member key of m as a JSON Schema; *out stays NULL where it is absent. */
int agent_read_schema(const struct field_map *m, const char *key, struct schema **out,
    struct err *err) __attribute__((warn_unused_result));

#endif
