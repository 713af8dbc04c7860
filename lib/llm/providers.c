/* SPDX-License-Identifier: MIT */
/* providers - all that can be called, by name, out of presets and configuration. */
#include <stdlib.h>

#include "base/mem.h"
#include "llm/config.h"
#include "llm/provider_read.h"

enum { ALIAS_DEPTH_MAX = 8 };

struct alias {
	char *name, *spec;
};

struct providers {
	struct provider **items;
	size_t count, cap;
	struct alias *aliases;
	size_t alias_count, alias_cap;
	char *model;
	char *share; /* where programs are still to be read from; NULL: they have been */
	env_fn *env;
};

static struct provider *
find(const struct providers *set, struct str name)
{
	for (size_t i = 0; i < set->count; i++)
		if (str_is(name, set->items[i]->name))
			return set->items[i];
	return NULL;
}

/* The one colon that a name may hold is that of "cli:". */
static bool
is_name(struct str name)
{
	if (str_starts(name, PROGRAM_PREFIX)) {
		name.p += strlen(PROGRAM_PREFIX);
		name.len -= strlen(PROGRAM_PREFIX);
	}
	return name.len && !memchr(name.p, ':', name.len);
}

/* "like": it begins as another one that is known by now. */
static int
read_like(const struct providers *set, struct provider *p, const struct provider_source *s)
{
	const struct yaml *v = yaml_get(s->map, "like");
	const char *name = yaml_str(v), *near;
	const struct provider *from = name ? find(set, str_of(name)) : NULL;
	const char **names;
	size_t i, n = 0;

	if (!v)
		return 0;
	if (!name)
		return yaml_error(s->doc, v, s->err, "like must name a provider");
	if (str_starts(str_of(name), PROGRAM_PREFIX) || str_starts(str_of(p->name), PROGRAM_PREFIX))
		return yaml_error(s->doc, v, s->err, "no provider is like a program");
	if (from && from != p && from->dialect) {
		provider_copy(p, from);
		return 0;
	}
	names = xcalloc(set->count + 1, sizeof *names);
	for (i = 0; i < set->count; i++)
		if (set->items[i] != p)
			names[n++] = set->items[i]->name;
	near = str_nearest(str_of(name), names);
	free(names);
	return yaml_error(s->doc, v, s->err,
	    near ? "like: no other provider \"%s\" is known so far (did you mean \"%s\"?)"
		 : "like: no other provider \"%s\" is known so far",
	    name, near);
}

static int
read_providers(struct providers *set, const struct yaml_doc *doc, env_fn *env, struct err *err)
{
	const struct yaml *map = yaml_get(yaml_root(doc), "providers");

	if (map && map->kind != YAML_MAP)
		return yaml_error(doc, map, err, "providers must be a map");
	for (size_t i = 0; map && i < map->count; i++) {
		struct provider_source s = { doc, map->items[i], env, err };
		struct provider *p = find(set, map->keys[i]->text);

		if (!is_name(map->keys[i]->text))
			return yaml_error(
			    doc, map->keys[i], err, "a provider's name must not hold a colon");
		if (!p) {
			VEC_GROW(set->items, set->count, set->cap);
			p = set->items[set->count++] = xcalloc(1, sizeof *p);
			p->name = xstrdup(map->keys[i]->text.p);
		}
		if ((s.map->kind == YAML_MAP && read_like(set, p, &s) < 0) ||
		    provider_read(p, &s) < 0)
			return -1;
	}
	return 0;
}

static struct alias *
find_alias(const struct providers *set, struct str name)
{
	for (size_t i = 0; i < set->alias_count; i++)
		if (str_is(name, set->aliases[i].name))
			return &set->aliases[i];
	return NULL;
}

static int
read_aliases(struct providers *set, const struct yaml_doc *doc, struct err *err)
{
	const struct yaml *map = yaml_get(yaml_root(doc), "aliases");

	if (map && map->kind != YAML_MAP)
		return yaml_error(doc, map, err, "aliases must be a map");
	for (size_t i = 0; map && i < map->count; i++) {
		struct alias *a = find_alias(set, map->keys[i]->text);
		const char *spec = yaml_str(map->items[i]);

		if (!spec)
			return yaml_error(
			    doc, map->items[i], err, "an alias must name a model (PROVIDER:MODEL)");
		if (!a) {
			VEC_GROW(set->aliases, set->alias_count, set->alias_cap);
			a = &set->aliases[set->alias_count++];
			*a = (struct alias){ xstrdup(map->keys[i]->text.p), NULL };
		}
		xreplace(&a->spec, spec);
	}
	return 0;
}

static int
read_doc(struct providers *set, const struct yaml_doc *doc, env_fn *env, struct err *err)
{
	const struct yaml *v = yaml_get(yaml_root(doc), "model");

	if (read_providers(set, doc, env, err) < 0 || read_aliases(set, doc, err) < 0)
		return -1;
	if (v && !yaml_str(v))
		return yaml_error(doc, v, err, "model must be a string");
	if (v)
		xreplace(&set->model, yaml_str(v));
	return 0;
}

/* Whether a file says anything of a program: then what is known of them goes before it. */
static bool
names_programs(const struct config *config)
{
	for (size_t i = 0; i < config->count; i++) {
		const struct yaml *map = yaml_get(yaml_root(config->docs[i]), "providers");

		for (size_t k = 0; map && map->kind == YAML_MAP && k < map->count; k++)
			if (str_starts(map->keys[k]->text, PROGRAM_PREFIX))
				return true;
	}
	return false;
}

int
providers_load_programs(struct providers *set, struct err *err)
{
	struct yaml_doc *doc;
	int rc;

	if (!set->share)
		return 0;
	doc = config_programs(set->share, err);
	if (!doc)
		return -1;
	free(set->share);
	set->share = NULL;
	rc = read_doc(set, doc, set->env, err);
	yaml_doc_free(doc);
	return rc;
}

struct providers *
providers_load(const char *share, const char *config_path, env_fn *env, struct err *err)
{
	struct providers *set;
	struct config config;
	const char *model;
	int rc = 0;

	if (config_load(&config, share, config_path, env, err) < 0)
		return NULL;
	set = xcalloc(1, sizeof *set);
	set->share = xstrdup(share);
	set->env = env;
	if (names_programs(&config))
		rc = providers_load_programs(set, err);
	for (size_t i = 0; rc == 0 && i < config.count; i++)
		rc = read_doc(set, config.docs[i], env, err);
	config_release(&config);
	if (rc < 0) {
		providers_free(set);
		return NULL;
	}
	model = env("AGENTFLOW_MODEL");
	if (model && *model)
		xreplace(&set->model, model);
	return set;
}

void
providers_free(struct providers *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->count; i++)
		provider_free(set->items[i]);
	for (size_t i = 0; i < set->alias_count; i++) {
		free(set->aliases[i].name);
		free(set->aliases[i].spec);
	}
	free(set->items);
	free(set->aliases);
	free(set->model);
	free(set->share);
	free(set);
}

size_t
providers_count(const struct providers *set)
{
	return set->count;
}

const struct provider *
providers_at(const struct providers *set, size_t i)
{
	return set->items[i];
}

const char *
providers_default_model(const struct providers *set)
{
	return set->model;
}

/* --- resolving --- */

/* Who serves models whose names begin like this one; NULL: nobody is known to. */
static const struct provider *
guess(const struct providers *set, struct str model)
{
	for (size_t i = 0; i < set->count; i++) {
		struct str rest = str_of(set->items[i]->models), prefix;

		while (str_split(&rest, '\n', &prefix))
			if (prefix.len && prefix.len <= model.len &&
			    memcmp(prefix.p, model.p, prefix.len) == 0)
				return set->items[i];
	}
	return NULL;
}

/* Append the spec that a model's name without a provider is likely meant to be: as others write it,
 * PROVIDER/MODEL, or by how it begins. False: nothing is likely. */
static bool
guess_spec(const struct providers *set, struct str name, struct buf *out)
{
	struct str rest = name, before;
	const struct provider *p;

	if (memchr(name.p, '/', name.len) && str_split(&rest, '/', &before) && find(set, before) &&
	    rest.len) {
		buf_addstr(out, before);
	} else {
		rest = name;
		p = guess(set, name);
		if (!p)
			return false;
		buf_adds(out, p->name);
	}
	buf_addc(out, ':');
	buf_addstr(out, rest);
	return true;
}

static int
unknown_provider(const struct providers *set, struct str name, struct err *err)
{
	const char **names = xcalloc(set->count + set->alias_count + 1, sizeof *names);
	struct buf list = BUF_INIT(BUF_UNLIMITED), likely = BUF_INIT(BUF_UNLIMITED);
	const char *near;
	size_t n = 0;

	for (size_t i = 0; i < set->count; i++) {
		names[n++] = set->items[i]->name;
		buf_addf(&list, "%s%s", i ? ", " : "", set->items[i]->name);
	}
	for (size_t i = 0; i < set->alias_count; i++)
		names[n++] = set->aliases[i].name;
	near = str_nearest(name, names);
	if (guess_spec(set, name, &likely))
		err_set(err, EXIT_NO,
		    "\"%.*s\" is a model's name, and no provider's (did you mean \"%s\"?)",
		    (int)name.len, name.p, likely.p);
	else if (near)
		err_set(err, EXIT_NO, "unknown provider \"%.*s\" (did you mean \"%s\"?)",
		    (int)name.len, name.p, near);
	else
		err_set(err, EXIT_NO, "unknown provider \"%.*s\"; known are %s", (int)name.len,
		    name.p, list.p);
	free(names);
	buf_release(&likely);
	buf_release(&list);
	return -1;
}

static int
no_provider(const struct providers *set, struct str spec, struct err *err)
{
	struct buf likely = BUF_INIT(BUF_UNLIMITED);

	if (!spec.len)
		return err_set(err, EXIT_NO,
		    "no model: name one in the record, with -m, or as \"model\" in agentflow.yaml");
	if (guess_spec(set, spec, &likely)) {
		err_set(err, EXIT_NO, "model \"%.*s\" names no provider (did you mean \"%s\"?)",
		    (int)spec.len, spec.p, likely.p);
		buf_release(&likely);
		return -1;
	}
	if (find(set, spec))
		return err_set(err, EXIT_NO, "\"%.*s\" names a provider, but no model: %.*s:MODEL",
		    (int)spec.len, spec.p, (int)spec.len, spec.p);
	return unknown_provider(set, spec, err);
}

/* "cli:NAME" or "cli:NAME:MODEL", which may go without a model: the program has one of its own. */
static int
resolve_program(struct providers *set, struct str spec, struct provider **provider,
    struct str *model, struct err *err)
{
	const char *colon = memchr(
	    spec.p + strlen(PROGRAM_PREFIX), ':', spec.len - strlen(PROGRAM_PREFIX));
	struct str name = { spec.p, colon ? (size_t)(colon - spec.p) : spec.len };

	if (providers_load_programs(set, err) < 0)
		return -1;
	*provider = find(set, name);
	if (!*provider)
		return unknown_provider(set, name, err);
	*model = colon ? (struct str){ colon + 1, spec.len - name.len - 1 } : STR_LIT("");
	if (!model->len && (*provider)->default_model)
		*model = str_of((*provider)->default_model);
	return 0;
}

int
providers_resolve(struct providers *set, struct str spec, struct provider **provider,
    struct str *model, struct err *err)
{
	const struct alias *a;
	struct str name;

	for (int depth = 0; (a = find_alias(set, spec)) != NULL; depth++) {
		if (depth == ALIAS_DEPTH_MAX)
			return err_set(err, EXIT_CONFIG, "alias %s goes in a circle", a->name);
		spec = str_of(a->spec);
	}
	if (str_starts(spec, PROGRAM_PREFIX))
		return resolve_program(set, spec, provider, model, err);
	name = spec;
	if (!spec.len || !memchr(spec.p, ':', spec.len))
		return no_provider(set, spec, err);
	name.len = (size_t)((const char *)memchr(spec.p, ':', spec.len) - spec.p);
	*provider = find(set, name);
	if (!*provider)
		return unknown_provider(set, name, err);
	*model = (struct str){ spec.p + name.len + 1, spec.len - name.len - 1 };
	if (!model->len && (*provider)->default_model)
		*model = str_of((*provider)->default_model);
	if (!model->len)
		return err_set(err, EXIT_NO, "%s: no model, and the provider has no defaultModel",
		    (*provider)->name);
	return 0;
}
