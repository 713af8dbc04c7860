/* SPDX-License-Identifier: MIT */
/*
 * config - the files that say who can be called: agentflow.yaml(5).
 *
 * The presets of share/models/providers.yaml (and programs.yaml) have the same form and are the
 * weakest of them; then come $XDG_CONFIG_HOME/agentflow/config.yaml (or ~/.config/...) and
 * ./agentflow.yaml, or, instead of these two, the one file that the user named.
 */
#ifndef LLM_CONFIG_H
#define LLM_CONFIG_H

#include <stddef.h>

#include "base/err.h"
#include "json/yaml.h"
#include "net/secret.h"

enum { CONFIG_FILES_MAX = 3 };

struct config {
	struct yaml_doc *docs[CONFIG_FILES_MAX]; /* weakest first */
	size_t count;
};

/* path: the file that the user named, or NULL. A file of the usual places may be missing; the
 * presets and a named file may not. -1: err is EXIT_CONFIG, and nothing needs to be released. */
int config_load(struct config *c, const char *share, const char *path, env_fn *env, struct err *err)
    __attribute__((warn_unused_result));
void config_release(struct config *c);

/* The presets of command line programs, which few runs need: they stand apart. NULL and err where
 * they can't be had. */
struct yaml_doc *config_programs(const char *share, struct err *err);

/* A file or directory of the user's own, below $XDG_CONFIG_HOME/agentflow or its like; NULL without
 * a home. The caller frees. */
char *config_user_path(const char *name, env_fn *env);

#endif
