/* SPDX-License-Identifier: MIT */
/* config - the files that say who can be called. */
#include "llm/config.h"

#include <stdlib.h>

#include "base/mem.h"
#include "sys/file.h"

static const char *const sections[] = { "providers", "aliases", "model", NULL };

static int
check_sections(const struct yaml_doc *doc, struct err *err)
{
	const struct yaml *root = yaml_root(doc);

	if (root->kind == YAML_NULL)
		return 0;
	if (root->kind != YAML_MAP)
		return yaml_error(doc, root, err, "a configuration is a map");
	return yaml_known(doc, root, "the configuration", sections, err);
}

static struct yaml_doc *
load_doc(const char *path, struct err *err)
{
	struct yaml_doc *doc = yaml_load(path, err);

	if (!doc) {
		err->code = EXIT_CONFIG; /* also where the file can't be read */
	} else if (check_sections(doc, err) < 0) {
		yaml_doc_free(doc);
		doc = NULL;
	}
	return doc;
}

static int
load(struct config *c, const char *path, struct err *err)
{
	struct yaml_doc *doc = load_doc(path, err);

	if (!doc)
		return -1;
	c->docs[c->count++] = doc;
	return 0;
}

struct yaml_doc *
config_programs(const char *share, struct err *err)
{
	char *path = file_join(share, "models/programs.yaml");
	struct yaml_doc *doc = load_doc(path, err);

	free(path);
	return doc;
}

static int
load_if_there(struct config *c, const char *path, struct err *err)
{
	return file_exists(path) ? load(c, path, err) : 0;
}

char *
config_user_path(const char *name, env_fn *env)
{
	const char *dir = env("XDG_CONFIG_HOME");
	char *own = file_join("agentflow", name), *path = NULL, *config;

	if (dir && *dir == '/') {
		path = file_join(dir, own);
	} else if ((dir = env("HOME")) != NULL && *dir) {
		config = file_join(dir, ".config");
		path = file_join(config, own);
		free(config);
	}
	free(own);
	return path;
}

static int
load_presets(struct config *c, const char *share, struct err *err)
{
	char *path = file_join(share, "models/providers.yaml");
	int rc = load(c, path, err);

	free(path);
	if (rc < 0 && !c->count)
		err_wrap(err, "the presets (is AGENTFLOW_SHARE right?)");
	return rc;
}

int
config_load(struct config *c, const char *share, const char *path, env_fn *env, struct err *err)
{
	char *user = NULL;
	int rc;

	*c = (struct config){ .count = 0 };
	rc = load_presets(c, share, err);
	if (rc == 0 && path) {
		rc = load(c, path, err);
	} else if (rc == 0) {
		user = config_user_path("config.yaml", env);
		if (user)
			rc = load_if_there(c, user, err);
		if (rc == 0)
			rc = load_if_there(c, "agentflow.yaml", err);
	}
	free(user);
	if (rc < 0)
		config_release(c);
	return rc;
}

void
config_release(struct config *c)
{
	while (c->count)
		yaml_doc_free(c->docs[--c->count]);
}
