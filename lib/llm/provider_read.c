/* SPDX-License-Identifier: MIT */
/* provider_read - one map of the configuration into a provider. */
#include "llm/provider_read.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "llm/dialect.h"
#include "llm/program.h"

static const char *const members[] = { "like", "dialect", "baseUrl", "baseUrlEnv", "apiVersion",
	"key", "keyOptional", "headers", "providerOptions", "defaultModel", "models", "done",
	"think", "maxConcurrent", "rate", "project", "location", "region", "deployment", NULL };

static int
text_of(const struct provider_source *s, const char *member, const char **text)
{
	const struct yaml *v = yaml_get(s->map, member);

	*text = yaml_str(v);
	if (v && !*text)
		return yaml_error(s->doc, v, s->err, "%s must be a string", member);
	return 0;
}

/* A string, or a list of strings, as lines. */
static int
lines_of(const struct provider_source *s, const char *member, char **at)
{
	const struct yaml *v = yaml_get(s->map, member);
	struct buf lines = BUF_INIT(BUF_UNLIMITED);

	if (!v)
		return 0;
	if (v->kind != YAML_LIST) {
		const char *text;

		if (text_of(s, member, &text) < 0)
			return -1;
		xreplace(at, text);
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
read_dialect(struct provider *p, const struct provider_source *s)
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
read_base_url(struct provider *p, const struct provider_source *s)
{
	struct buf url = BUF_INIT(BUF_UNLIMITED);
	const char *text, *variable, *value;

	if (text_of(s, "baseUrl", &text) < 0 || text_of(s, "baseUrlEnv", &variable) < 0)
		return -1;
	if (text)
		xreplace(&p->base_url, text);
	if (text && yaml_get(s->map, "like") && !variable) { /* the other's is not for this one */
		free(p->base_url_env);
		p->base_url_env = NULL;
	}
	if (variable)
		xreplace(&p->base_url_env, variable);
	value = p->base_url_env ? s->env(p->base_url_env) : NULL;
	if (value && *value)
		xreplace(&p->base_url, value);
	if (!p->base_url && (p->base_url_env || p->dialect->base || p->dialect == &dialect_cli))
		return 0; /* told by the places or the program, or missed when it is called */
	if (!p->base_url)
		return yaml_error(s->doc, s->map, s->err, "provider %s has no baseUrl", p->name);
	if (strcmp(p->dialect->name, "ollama") == 0) { /* its variable has forms of its own */
		provider_ollama_url(str_of(p->base_url), &url);
		free(p->base_url);
		p->base_url = buf_take(&url);
	}
	if (text && str_starts(str_of(text), "env:") && strcmp(text, p->base_url) == 0)
		return yaml_error(s->doc, yaml_get(s->map, "baseUrl"), s->err,
		    "baseUrl is a URL; a variable that holds one is baseUrlEnv: %s",
		    text + strlen("env:"));
	if (!strchr(p->base_url, '{') && http_url_check(p->base_url, s->err) < 0) {
		err_wrap(s->err, "the base URL of provider %s", p->name);
		s->err->code = EXIT_CONFIG;
		return -1;
	}
	return 0;
}

static int
read_headers(struct provider *p, const struct provider_source *s)
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
read_options(struct provider *p, const struct provider_source *s)
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
read_places(struct provider *p, const struct provider_source *s)
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
read_version(struct provider *p, const struct provider_source *s)
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
read_choice(
    const struct provider_source *s, const char *member, const char *const words[2], bool *second)
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
read_limit(struct provider *p, const struct provider_source *s)
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
read_rate(struct provider *p, const struct provider_source *s)
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
read_program(struct provider *p, const struct provider_source *s)
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
check_members(const struct provider *p, const struct provider_source *s)
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

int
provider_read(struct provider *p, const struct provider_source *s)
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
		xreplace(&p->default_model, model);
	return 0;
}

/* All that stands in it but its name. */
static void
release(struct provider *p)
{
	free(p->like);
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
}

void
provider_copy(struct provider *p, const struct provider *from)
{
	struct provider new = { .name = p->name,
		.like = xstrdup(provider_kin(from)),
		.dialect = from->dialect,
		.base_url = xstrdup_or_null(from->base_url),
		.base_url_env = xstrdup_or_null(from->base_url_env),
		.version = xstrdup_or_null(from->version),
		.version_ref = xstrdup_or_null(from->version_ref),
		.key_ref = xstrdup_or_null(from->key_ref),
		.key_optional = from->key_optional,
		.options = xstrdup_or_null(from->options),
		.default_model = xstrdup_or_null(from->default_model),
		.done_optional = from->done_optional,
		.think_tags = from->think_tags };

	for (int i = 0; i < PLACE_COUNT; i++) {
		new.place[i] = xstrdup_or_null(from->place[i]);
		new.place_ref[i] = xstrdup_or_null(from->place_ref[i]);
	}
	for (size_t i = 0; i < from->headers.count; i++)
		http_headers_add(
		    &new.headers, from->headers.items[i].name, from->headers.items[i].value);
	release(p);
	*p = new;
}

void
provider_free(struct provider *p)
{
	release(p);
	free(p->name);
	free(p);
}
