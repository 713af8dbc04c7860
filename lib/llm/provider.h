/* SPDX-License-Identifier: MIT */
/*
 * provider - who can be called: presets, the configuration's providers, and model specs
 * ("provider:model").
 *
 * Flags over environment over ./agentflow.yaml over $XDG_CONFIG_HOME/agentflow/config.yaml over
 * share/models/providers.yaml.
 */
#ifndef LLM_PROVIDER_H
#define LLM_PROVIDER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "json/yaml.h"
#include "net/http.h"
#include "net/secret.h"

struct dialect;
struct program;

/* What some doors need to know beside a key; each may stand in a base URL as "{region}". */
enum provider_place {
	PLACE_PROJECT,
	PLACE_LOCATION,
	PLACE_REGION,
	PLACE_DEPLOYMENT,
	PLACE_COUNT,
};

struct provider {
	char *name;
	char *like; /* whose models, prices and options are its own too; NULL: nobody's */
	const struct dialect *dialect;
	struct program *program; /* where the dialect is cli: what to run; NULL elsewhere */
	char *base_url; /* as configured; provider_url puts the version prefix behind it. NULL: the
			   dialect's own, or only base_url_env can tell it, and does not */
	char *place[PLACE_COUNT]; /* by enum provider_place; NULL: not told */
	char *place_ref[PLACE_COUNT]; /* where it is told: "env:AWS_REGION", several one a line, or
					 the value itself */
	char *base_url_env; /* the variable that overrides it; NULL: none */
	char *version; /* in place of the dialect's version prefix; NULL: the dialect's */
	char *version_ref; /* where it is told, as with places; NULL: nowhere */
	char *key_ref; /* "env:OPENAI_API_KEY"; several, one a line, are tried in order; NULL: none
			  needed */
	char *key; /* resolved at first use; NULL before, and where there is none */
	bool key_optional; /* a local server: without a key no auth header is sent */
	char *refusal; /* why there is no key, once that is known: a command is run once, not for
			  each request */
	bool resolved; /* provider_key ran: key and the headers' references are settled */
	struct http_headers
	    headers; /* extra ones; values may be secret references until resolved */
	char *options; /* "providerOptions": JSON object, merged into each body before the record's
			  own; NULL: none */
	char *default_model;
	char *models; /* beginnings of its models' names, one a line, for hints; NULL: not told */
	bool done_optional; /* "done: optional": the terminal [DONE] may be missing */
	bool think_tags; /* "think: tags": reasoning may come as <think>...</think> before the text
			  */
	int64_t max_concurrent; /* 0: no limit of its own */
	double requests_per_s, tokens_per_s; /* "rate"; 0: no limit of its own */
};

struct providers; /* the set, by name */

/*
 * Read presets and configuration. env: getenv. share: the directory of share/agentflow.
 * config_path: NULL for the usual places. Errors are EXIT_CONFIG with file, line and column.
 */
struct providers *providers_load(
    const char *share, const char *config_path, env_fn *env, struct err *err);
void providers_free(struct providers *set);
/* The programs that are known ("cli:claude", ...) are read when the first is asked for, since few
 * runs need them; this reads them now, so that providers_at has them. */
int providers_load_programs(struct providers *set, struct err *err)
    __attribute__((warn_unused_result));
size_t providers_count(const struct providers *set);
const struct provider *providers_at(const struct providers *set, size_t i);
/* What is called where nobody names a model: AGENTFLOW_MODEL, else the configuration's "model", or
 * NULL. */
const char *providers_default_model(const struct providers *set);

/*
 * Resolve "provider:model", "provider:" (its default model), "cli:NAME:MODEL" or "cli:NAME" (a
 * program's own default: *model may be empty), an alias of the configuration
 * ("aliases: {fast: openai:gpt-4o-mini}"). The model part may itself hold colons
 * ("ollama:llama3.2:1b"). -1 and err with the nearest known names. *model is the rest of spec or
 * the provider's default; it lives as long as spec and the set.
 */
int providers_resolve(struct providers *set, struct str spec, struct provider **provider,
    struct str *model, struct err *err) __attribute__((warn_unused_result));

/* Whose models and prices it has: those of the one that it is like, or its own. */
const char *provider_kin(const struct provider *p);

/* The key, resolved once (and with it the headers that are references); NULL where none is needed,
 * or key_optional and there is none. -1 and err (EXIT_REFUSED) naming the variables that were
 * looked at. */
int provider_key(struct provider *p, env_fn *env, const char **key, struct err *err)
    __attribute__((warn_unused_result));

/* Where secrets come from. get: 0 and *secret, which the caller frees; -1 and err; 1: it takes
 * time, ask again later. */
struct secret_source {
	int (*get)(void *user, const char *reference, char **secret, struct err *err);
	void *user;
};
/* The same from there; 1 where it takes time. */
int provider_key_from(struct provider *p, const struct secret_source *source, const char **key,
    struct err *err) __attribute__((warn_unused_result));
/* Whether there is a key, or none is needed, as far as that can be told without running a command
 * or reading a file: of those it is taken that they have one. names: the variables that were looked
 * at are appended, "A or B". */
bool provider_has_key(const struct provider *p, env_fn *env, struct buf *names);
/* Forget the key, or why there is none: it is looked for anew. */
void provider_forget(struct provider *p);

/* Put "***" where secrets would be, without looking for them: for showing a request that is not
 * sent. */
void provider_mask(struct provider *p, env_fn *env);

extern const char *const provider_place_names[PLACE_COUNT]; /* the configuration's members */
/* Whether the base URL and what it holds in braces are known; err says which variable or member
 * would tell. */
int provider_check(const struct provider *p, struct err *err) __attribute__((warn_unused_result));
/* Whether the place is known, for dialects that need it elsewhere than in the base URL. */
int provider_need(const struct provider *p, enum provider_place place, struct err *err)
    __attribute__((warn_unused_result));

/* base_url with its places filled in, without slashes at its end, and apart from it its query:
 * appended to each. */
void provider_base(const struct provider *p, struct buf *base, struct buf *query);
/* base_url + version prefix (unless the path already ends in a version) + path, appended to out. A
 * query that base_url bears stays behind the path. */
void provider_url(const struct provider *p, const char *path, struct buf *out);

/* A base URL from the forms that OLLAMA_HOST takes: "host", "host:port", ":port", "http://...",
 * "0.0.0.0". The port is 11434 where neither it nor a scheme is given. */
void provider_ollama_url(struct str host, struct buf *out);

#endif
