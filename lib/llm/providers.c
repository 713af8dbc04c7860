/* SPDX-License-Identifier: MIT */
/* providers - all that can be called, by name, out of presets and configuration. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "llm/config.h"
#include "llm/dialect.h"
#include "llm/program.h"
#include "llm/provider.h"

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

#define PROGRAM_PREFIX "cli:"

static const char *const members[] = { "dialect", "baseUrl", "baseUrlEnv", "apiVersion", "key",
	"keyOptional", "headers", "providerOptions", "defaultModel", "models", "done", "think",
	"maxConcurrent", "rate", "project", "location", "region", "deployment", NULL };

/* One map of the configuration on its way into a provider. */
struct source {
	const struct yaml_doc *doc;
	const struct yaml *map;
	env_fn *env;
	struct err *err;
};

static struct provider *
find(const struct providers *set, struct str name)
{
	for (size_t i = 0; i < set->count; i++)
		if (str_is(name, set->items[i]->name))
			return set->items[i];
	return NULL;
}

static void
replace(char **at, const char *value)
{
	free(*at);
	*at = xstrdup(value);
}

static int
text_of(const struct source *s, const char *member, const char **text)
{
	const struct yaml *v = yaml_get(s->map, member);

	*text = yaml_str(v);
	if (v && !*text)
		return yaml_error(s->doc, v, s->err, "%s must be a string", member);
	return 0;
}

/* A string, or a list of strings, as lines. */
static int
lines_of(const struct source *s, const char *member, char **at)
{
	const struct yaml *v = yaml_get(s->map, member);
	struct buf lines = BUF_INIT(BUF_UNLIMITED);

	if (!v)
		return 0;
	if (v->kind != YAML_LIST) {
		const char *text;

		if (text_of(s, member, &text) < 0)
			return -1;
		replace(at, text);
		return 0;
	}
	for (size_t i = 0; i < v->count; i++) {
		const char *text = yaml_str(v->items[i]);

		if (!text) {
			buf_release(&lines);
			return yaml_error(
			    s->doc, v->items[i], s->err, "%s must hold strings", member);
		}
		buf_adds(&lines, lines.len ? "\n" : "");
		buf_adds(&lines, text);
	}
	free(*at);
	*at = buf_take(&lines);
	return 0;
}

static int
read_dialect(struct provider *p, const struct source *s)
{
	bool is_program = str_starts(str_of(p->name), PROGRAM_PREFIX);
	const char *name, *near;

	if (text_of(s, "dialect", &name) < 0)
		return -1;
	if (!name && is_program)
		name = dialect_cli.name;
	if (name && is_program != (strcmp(name, dialect_cli.name) == 0))
		return yaml_error(s->doc, yaml_get(s->map, "dialect"), s->err,
		    "a provider of dialect cli, and no other, is called cli:NAME");
	if (!name && p->dialect)
		return 0;
	if (!name)
		return yaml_error(s->doc, s->map, s->err, "provider %s has no dialect", p->name);
	p->dialect = dialect_find(name);
	if (p->dialect)
		return 0;
	near = str_nearest(str_of(name), dialect_names());
	return yaml_error(s->doc, yaml_get(s->map, "dialect"), s->err,
	    near ? "unknown dialect \"%s\" (did you mean \"%s\"?)" : "unknown dialect \"%s\"", name,
	    near);
}

static int
read_base_url(struct provider *p, const struct source *s)
{
	struct buf url = BUF_INIT(BUF_UNLIMITED);
	const char *text, *variable, *value;

	if (text_of(s, "baseUrl", &text) < 0 || text_of(s, "baseUrlEnv", &variable) < 0)
		return -1;
	if (text)
		replace(&p->base_url, text);
	if (variable)
		replace(&p->base_url_env, variable);
	value = p->base_url_env ? s->env(p->base_url_env) : NULL;
	if (value && *value)
		replace(&p->base_url, value);
	if (!p->base_url && (p->base_url_env || p->dialect->base || p->dialect == &dialect_cli))
		return 0; /* told by the places or the program, or missed when it is called */
	if (!p->base_url)
		return yaml_error(s->doc, s->map, s->err, "provider %s has no baseUrl", p->name);
	if (strcmp(p->dialect->name, "ollama") == 0) { /* its variable has forms of its own */
		provider_ollama_url(str_of(p->base_url), &url);
		free(p->base_url);
		p->base_url = buf_take(&url);
	}
	if (!strchr(p->base_url, '{') && http_url_check(p->base_url, s->err) < 0) {
		err_wrap(s->err, "the base URL of provider %s", p->name);
		s->err->code = EXIT_CONFIG;
		return -1;
	}
	return 0;
}

static int
read_headers(struct provider *p, const struct source *s)
{
	const struct yaml *v = yaml_get(s->map, "headers");

	if (v && v->kind != YAML_MAP)
		return yaml_error(s->doc, v, s->err, "headers must be a map");
	for (size_t i = 0; v && i < v->count; i++) {
		const char *value = yaml_str(v->items[i]);

		if (!value || strpbrk(value, "\r\n"))
			return yaml_error(
			    s->doc, v->items[i], s->err, "a header's value must be one line");
		http_headers_set(&p->headers, v->keys[i]->text.p, value);
	}
	return 0;
}

static int
read_options(struct provider *p, const struct source *s)
{
	const struct yaml *v = yaml_get(s->map, "providerOptions");
	struct buf json = BUF_INIT(BUF_UNLIMITED);

	if (!v)
		return 0;
	if (v->kind != YAML_MAP)
		return yaml_error(s->doc, v, s->err, "providerOptions must be a map");
	yaml_to_json(v, &json);
	free(p->options);
	p->options = buf_take(&json);
	return 0;
}

/* What references say now, one a line: the first variable that is set, or a value; or NULL. */
static char *
first_told(const char *refs, env_fn *env)
{
	struct str rest = str_of(refs), ref;
	char *told = NULL;

	while (!told && str_split(&rest, '\n', &ref)) {
		char *text = xmemdup(ref.p, ref.len);
		const char *value = str_starts(ref, "env:") ? env(text + 4) : text;

		if (value && *value)
			told = xstrdup(value);
		free(text);
	}
	return told;
}

static int
read_places(struct provider *p, const struct source *s)
{
	for (int i = 0; i < PLACE_COUNT; i++) {
		if (lines_of(s, provider_place_names[i], &p->place_ref[i]) < 0)
			return -1;
		free(p->place[i]);
		p->place[i] = first_told(p->place_ref[i], s->env);
	}
	return 0;
}

/* Empty is a version too: none is put into the URL. */
static int
read_version(struct provider *p, const struct source *s)
{
	const char *refs;

	if (lines_of(s, "apiVersion", &p->version_ref) < 0)
		return -1;
	refs = p->version_ref;
	free(p->version);
	p->version = !refs ? NULL : *refs ? first_told(refs, s->env) : xstrdup("");
	return 0;
}

/* A choice of two words. */
static int
read_choice(const struct source *s, const char *member, const char *const words[2], bool *second)
{
	const struct yaml *v = yaml_get(s->map, member);
	const char *text = yaml_str(v);

	if (!v)
		return 0;
	if (!text || (strcmp(text, words[0]) != 0 && strcmp(text, words[1]) != 0))
		return yaml_error(
		    s->doc, v, s->err, "%s must be %s or %s", member, words[0], words[1]);
	*second = strcmp(text, words[1]) == 0;
	return 0;
}

static int
read_limit(struct provider *p, const struct source *s)
{
	const struct yaml *v = yaml_get(s->map, "maxConcurrent");

	if (!v)
		return 0;
	if (v->kind != YAML_NUMBER || !num_i64(v->text, &p->max_concurrent) ||
	    p->max_concurrent < 1)
		return yaml_error(s->doc, v, s->err, "maxConcurrent must be a positive integer");
	return 0;
}

/* A rate ("10/s"), or {requests, tokens}. */
static int
read_rate(struct provider *p, const struct source *s)
{
	static const char *const names[] = { "requests", "tokens", NULL };
	double *const rates[] = { &p->requests_per_s, &p->tokens_per_s };
	const struct yaml *v = yaml_get(s->map, "rate");
	bool is_map = v && v->kind == YAML_MAP;

	if (is_map && yaml_known(s->doc, v, "rate", names, s->err) < 0)
		return -1;
	for (size_t i = 0; v && i < 2; i++) {
		const struct yaml *of = is_map ? yaml_get(v, names[i]) : i == 0 ? v : NULL;

		if (of && (of->kind == YAML_MAP || of->kind == YAML_LIST ||
			      !num_rate(of->text, rates[i]) || *rates[i] <= 0))
			return yaml_error(
			    s->doc, of, s->err, "a rate is a number and a period: 10/s, 600/m");
	}
	return 0;
}

/* A program signs in by itself, where it gets no key. */
static int
read_program(struct provider *p, const struct source *s)
{
	if (p->dialect != &dialect_cli)
		return 0;
	p->key_optional = true;
	if (program_read(&p->program, s->doc, s->map, s->err) < 0)
		return -1;
	return program_check(p->program, s->doc, s->map, s->err);
}

/* The members of the map are those of a provider; a program has some more. */
static int
check_members(const struct provider *p, const struct source *s)
{
	size_t own = sizeof members / sizeof *members - 1, n = 0;
	const char **known;
	int rc;

	if (!str_starts(str_of(p->name), PROGRAM_PREFIX))
		return yaml_known(s->doc, s->map, "the provider", members, s->err);
	while (program_members[n])
		n++;
	known = xcalloc(own + n + 1, sizeof *known);
	memcpy(known, members, own * sizeof *known);
	memcpy(known + own, program_members, n * sizeof *known);
	rc = yaml_known(s->doc, s->map, "the provider", known, s->err);
	free(known);
	return rc;
}

static int
read_provider(struct provider *p, const struct source *s)
{
	static const char *const flags[2] = { "false", "true" };
	static const char *const dones[2] = { "required", "optional" };
	static const char *const thinks[2] = { "field", "tags" };
	const char *model;

	if (s->map->kind != YAML_MAP)
		return yaml_error(s->doc, s->map, s->err, "provider %s must be a map", p->name);
	if (check_members(p, s) < 0 || read_dialect(p, s) < 0 || read_program(p, s) < 0 ||
	    read_base_url(p, s) < 0 || read_headers(p, s) < 0 || read_options(p, s) < 0 ||
	    read_places(p, s) < 0 || lines_of(s, "key", &p->key_ref) < 0 ||
	    lines_of(s, "models", &p->models) < 0 ||
	    read_choice(s, "keyOptional", flags, &p->key_optional) < 0 ||
	    read_choice(s, "done", dones, &p->done_optional) < 0 ||
	    read_choice(s, "think", thinks, &p->think_tags) < 0 || read_limit(p, s) < 0 ||
	    read_rate(p, s) < 0 || read_version(p, s) < 0 || text_of(s, "defaultModel", &model) < 0)
		return -1;
	if (model)
		replace(&p->default_model, model);
	return 0;
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

static int
read_providers(struct providers *set, const struct yaml_doc *doc, env_fn *env, struct err *err)
{
	const struct yaml *map = yaml_get(yaml_root(doc), "providers");

	if (map && map->kind != YAML_MAP)
		return yaml_error(doc, map, err, "providers must be a map");
	for (size_t i = 0; map && i < map->count; i++) {
		struct source s = { doc, map->items[i], env, err };
		struct provider *p = find(set, map->keys[i]->text);

		if (!is_name(map->keys[i]->text))
			return yaml_error(
			    doc, map->keys[i], err, "a provider's name must not hold a colon");
		if (!p) {
			VEC_GROW(set->items, set->count, set->cap);
			p = set->items[set->count++] = xcalloc(1, sizeof *p);
			p->name = xstrdup(map->keys[i]->text.p);
		}
		if (read_provider(p, &s) < 0)
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
		replace(&a->spec, spec);
	}
	return 0;
}

static int
read_doc(struct providers *set, const struct yaml_doc *doc, env_fn *env, struct err *err)
{
	struct source top = { doc, yaml_root(doc), env, err };
	const char *model;

	if (read_providers(set, doc, env, err) < 0 || read_aliases(set, doc, err) < 0 ||
	    text_of(&top, "model", &model) < 0)
		return -1;
	if (model)
		replace(&set->model, model);
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
		replace(&set->model, model);
	return set;
}

static void
provider_free(struct provider *p)
{
	free(p->name);
	free(p->base_url);
	free(p->base_url_env);
	for (int i = 0; i < PLACE_COUNT; i++) {
		free(p->place[i]);
		free(p->place_ref[i]);
	}
	free(p->version);
	free(p->version_ref);
	free(p->key_ref);
	free(p->key);
	free(p->refusal);
	http_headers_release(&p->headers);
	free(p->default_model);
	free(p->options);
	free(p->models);
	program_free(p->program);
	free(p);
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

static int
unknown_provider(const struct providers *set, struct str name, struct err *err)
{
	const char **names = xcalloc(set->count + set->alias_count + 1, sizeof *names);
	struct buf list = BUF_INIT(BUF_UNLIMITED);
	const char *near;
	size_t n = 0;

	for (size_t i = 0; i < set->count; i++) {
		names[n++] = set->items[i]->name;
		buf_addf(&list, "%s%s", i ? ", " : "", set->items[i]->name);
	}
	for (size_t i = 0; i < set->alias_count; i++)
		names[n++] = set->aliases[i].name;
	near = str_nearest(name, names);
	if (near)
		err_set(err, EXIT_NO, "unknown provider \"%.*s\" (did you mean \"%s\"?)",
		    (int)name.len, name.p, near);
	else
		err_set(err, EXIT_NO, "unknown provider \"%.*s\"; known are %s", (int)name.len,
		    name.p, list.p);
	free(names);
	buf_release(&list);
	return -1;
}

static int
no_provider(const struct providers *set, struct str spec, struct err *err)
{
	const struct provider *p = guess(set, spec);

	if (!spec.len)
		return err_set(err, EXIT_NO,
		    "no model: name one in the record, with -m, or as \"model\" in agentflow.yaml");
	if (p)
		return err_set(err, EXIT_NO,
		    "model \"%.*s\" names no provider (did you mean \"%s:%.*s\"?)", (int)spec.len,
		    spec.p, p->name, (int)spec.len, spec.p);
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
