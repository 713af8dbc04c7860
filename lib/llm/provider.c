/* SPDX-License-Identifier: MIT */
/* provider - one who can be called: its URL, its key, its headers. */
#include "llm/provider.h"

#include <stdlib.h>

#include "base/mem.h"
#include "llm/dialect.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "v1", "v4", "v1beta", "v1beta2", "v1alpha". */
static bool
is_version(struct str s)
{
	size_t i = 1;

	if (s.len < 2 || s.p[0] != 'v' || !is_digit(s.p[1]))
		return false;
	while (i < s.len && is_digit(s.p[i]))
		i++;
	s = (struct str){ s.p + i, s.len - i };
	if (str_starts(s, "beta"))
		i = 4;
	else if (str_starts(s, "alpha"))
		i = 5;
	else
		return s.len == 0;
	while (i < s.len && is_digit(s.p[i]))
		i++;
	return i == s.len;
}

/* The path of a URL, without host and query, and without slashes at its end. */
static struct str
url_path(struct str url)
{
	const char *p = url.p, *end = url.p + url.len, *host;

	for (host = p; host + 2 < end; host++)
		if (host[0] == ':' && host[1] == '/' && host[2] == '/') {
			p = host + 3;
			break;
		}
	while (p < end && *p != '/')
		p++;
	return (struct str){ p, (size_t)(end - p) };
}

static bool
wants_version(const struct provider *p, struct str base, const char *version)
{
	struct str path = url_path(base), last = path;
	size_t i = path.len;

	if (!*version || (p->dialect->version_unless_path && path.len))
		return false;
	while (i > 0 && path.p[i - 1] != '/')
		i--;
	last = (struct str){ path.p + i, path.len - i };
	/* a base that ends in the very prefix ("/api") has it, version or not */
	return !is_version(last) && !str_is(last, version + 1);
}

/* --- places --- */

const char *const provider_place_names[PLACE_COUNT] = {
	[PLACE_PROJECT] = "project",
	[PLACE_LOCATION] = "location",
	[PLACE_REGION] = "region",
	[PLACE_DEPLOYMENT] = "deployment",
};

/* The variables among references, "A or B"; empty where there is none. */
static void
variables_of(const char *refs, struct buf *out)
{
	struct str rest = str_of(refs), ref;

	while (str_split(&rest, '\n', &ref)) {
		if (!str_starts(ref, "env:"))
			continue;
		buf_adds(out, out->len ? " or " : "");
		buf_add(out, ref.p + 4, ref.len - 4);
	}
}

int
provider_need(const struct provider *p, enum provider_place place, struct err *err)
{
	struct buf names = BUF_INIT(BUF_UNLIMITED);
	const char *what = provider_place_names[place];

	if (p->place[place])
		return 0;
	variables_of(p->place_ref[place], &names);
	err_set(err, EXIT_CONFIG, "%s has no %s: set %s%s\"%s\" in agentflow.yaml", p->name, what,
	    names.len ? names.p : "", names.len ? ", or " : "", what);
	buf_release(&names);
	return -1;
}

/* The place that text names up to its closing brace, or PLACE_COUNT. */
static enum provider_place
place_at(const char *text, const char *end)
{
	int i = 0;

	while (i < PLACE_COUNT &&
	       !str_is((struct str){ text, (size_t)(end - text) }, provider_place_names[i]))
		i++;
	return (enum provider_place)i;
}

/* The base URL with its places filled in; -1 where one is not known. */
static int
expand_base(const struct provider *p, struct buf *out, struct err *err)
{
	const char *text = p->base_url, *open, *close;
	enum provider_place place;

	if (!text) {
		p->dialect->base(p, out);
		return 0;
	}
	while ((open = strchr(text, '{')) && (close = strchr(open, '}'))) {
		buf_add(out, text, (size_t)(open - text));
		place = place_at(open + 1, close);
		if (place == PLACE_COUNT)
			return err_set(err, EXIT_CONFIG, "%s: its base URL holds an unknown %.*s",
			    p->name, (int)(close + 1 - open), open);
		if (provider_need(p, place, err) < 0)
			return -1;
		buf_adds(out, p->place[place]);
		text = close + 1;
	}
	buf_adds(out, text);
	return 0;
}

/* A region and a location become part of a host's name: nothing in them may end it. */
static int
check_host_places(const struct provider *p, struct err *err)
{
	static const enum provider_place places[] = { PLACE_LOCATION, PLACE_REGION };
	static const char label[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	size_t i;

	for (i = 0; i < sizeof places / sizeof *places; i++) {
		const char *place = p->place[places[i]];

		if (place && place[strspn(place, label)])
			return err_set(err, EXIT_CONFIG,
			    "%s: its %s can be no part of a host's name", p->name,
			    provider_place_names[places[i]]);
	}
	return 0;
}

int
provider_check(const struct provider *p, struct err *err)
{
	struct buf base = BUF_INIT(BUF_UNLIMITED);
	int r;

	if (!p->base_url && !p->dialect->base)
		return err_set(
		    err, EXIT_CONFIG, "%s has no base URL: set %s", p->name, p->base_url_env);
	r = check_host_places(p, err);
	if (r == 0)
		r = expand_base(p, &base, err);
	if (r == 0)
		r = http_url_check(base.p, err);
	buf_release(&base);
	return r;
}

void
provider_base(const struct provider *p, struct buf *base, struct buf *query)
{
	struct buf whole = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct str rest, path;

	if (expand_base(p, &whole, &err) < 0) /* provider_check has said so */
		buf_reset(&whole);
	rest = buf_str(&whole);
	if (!str_split(&rest, '?', &path))
		path = STR_NONE;
	while (path.len && path.p[path.len - 1] == '/')
		path.len--;
	buf_addstr(base, path);
	buf_addstr(query, rest);
	buf_release(&whole);
}

void
provider_url(const struct provider *p, const char *path, struct buf *out)
{
	const char *version = p->version ? p->version : p->dialect->version;
	struct buf base = BUF_INIT(BUF_UNLIMITED), query = BUF_INIT(BUF_UNLIMITED);

	provider_base(p, &base, &query);
	buf_addstr(out, buf_str(&base));
	if (version && wants_version(p, buf_str(&base), version))
		buf_adds(out, version);
	if (!str_ends(buf_str(&base), path)) /* somebody gave the whole endpoint as the base */
		buf_adds(out, path);
	if (query.len) {
		buf_addc(out, strchr(path, '?') ? '&' : '?');
		buf_addstr(out, buf_str(&query));
	}
	buf_release(&base);
	buf_release(&query);
}

static bool
has_port(struct str authority)
{
	size_t i = authority.len;

	while (i > 0 && is_digit(authority.p[i - 1]))
		i--;
	return i > 0 && i < authority.len && authority.p[i - 1] == ':';
}

void
provider_ollama_url(struct str host, struct buf *out)
{
	struct str authority, scheme = STR_LIT("http://");
	bool told = false;
	size_t n = 0;

	host = str_trim(host);
	if (str_starts(host, "http://") || str_starts(host, "https://")) {
		scheme.len = str_starts(host, "https") ? 8 : 7;
		scheme.p = host.p;
		host = (struct str){ host.p + scheme.len, host.len - scheme.len };
		told = true;
	}
	while (n < host.len && host.p[n] != '/')
		n++;
	authority = (struct str){ host.p, n };
	buf_addstr(out, scheme);
	/* what a server listens on ("any address") is not what a client can call */
	if (str_starts(authority, "0.0.0.0") && (n == 7 || authority.p[7] == ':')) {
		buf_adds(out, "127.0.0.1");
		authority = (struct str){ authority.p + 7, n - 7 };
	} else if (str_starts(authority, "[::]")) {
		buf_adds(out, "[::1]");
		authority = (struct str){ authority.p + 4, n - 4 };
	} else if (!n || authority.p[0] == ':') {
		buf_adds(out, "127.0.0.1");
	}
	buf_addstr(out, authority);
	if (!told && !has_port(authority))
		buf_adds(out, ":11434");
	buf_add(out, host.p + n, host.len - n);
}

/* --- secrets --- */

static bool
is_reference(const char *s)
{
	struct str v = str_of(s);

	return str_starts(v, "env:") || str_starts(v, "file:") || secret_takes_time(s);
}

static void
remember(struct str secret)
{
	char *text = xmemdup(secret.p, secret.len);

	secret_remember(text);
	free(text);
}

/* "http://user:PASSWORD@host/path?key=SECRET": some servers want it there. */
static void
remember_url(const char *url)
{
	struct str rest = str_of(url), field, name, host;
	const char *colon, *at;

	if (!url)
		return;
	(void)str_split(&rest, '?', &host);
	while (str_split(&rest, '&', &field)) {
		char *key;

		if (!str_split(&field, '=', &name) || !field.p)
			continue;
		key = xmemdup(name.p, name.len);
		if (http_field_is_secret(key))
			remember(field);
		free(key);
	}
	at = host.len ? memchr(host.p, '@', host.len) : NULL;
	colon = at ? strstr(host.p, "://") : NULL;
	colon = colon && colon < at ? memchr(colon + 3, ':', (size_t)(at - colon - 3)) : NULL;
	if (colon)
		remember((struct str){ colon + 1, (size_t)(at - colon - 1) });
}

static int
resolve_headers(struct provider *p, const struct secret_source *source, struct err *err)
{
	for (size_t i = 0; i < p->headers.count; i++) {
		struct http_field *field = &p->headers.items[i];
		char *value = NULL;
		int r;

		if (!is_reference(field->value)) {
			if (http_field_is_secret(field->name))
				secret_remember(field->value);
			continue;
		}
		r = source->get(source->user, field->value, &value, err);
		if (r > 0)
			return r;
		if (r < 0)
			return err_wrap(err, "%s: header %s", p->name, field->name);
		free(field->value);
		field->value = value;
	}
	return 0;
}

/* "no key for gemini: set GEMINI_API_KEY or GOOGLE_API_KEY", and what was wrong with the references
 * that are no variables. */
static int
no_key(const struct provider *p, const struct buf *tried, struct err *err)
{
	struct buf names = BUF_INIT(BUF_UNLIMITED);

	variables_of(p->key_ref, &names);
	err_set(err, EXIT_REFUSED, "no key for %s: %s%s%s%s", p->name, names.len ? "set " : "",
	    names.p, names.len && tried->len ? "; " : "", tried->p);
	buf_release(&names);
	return -1;
}

static int
resolve_key(struct provider *p, const struct secret_source *source, struct err *err)
{
	struct str rest = str_of(p->key_ref), ref;
	struct buf tried = BUF_INIT(BUF_UNLIMITED);
	int r = 0;

	while (r <= 0 && !p->key && str_split(&rest, '\n', &ref)) {
		char *reference = xmemdup(ref.p, ref.len);

		r = source->get(source->user, reference, &p->key, err);
		if (r < 0 && !str_starts(ref, "env:"))
			buf_addf(&tried, "%s%s", tried.len ? "; " : "", err->text);
		free(reference);
	}
	if (r <= 0)
		r = p->key || p->key_optional || !p->key_ref ? 0 : no_key(p, &tried, err);
	buf_release(&tried);
	return r;
}

const char *
provider_kin(const struct provider *p)
{
	return p->like ? p->like : p->name;
}

int
provider_key_from(
    struct provider *p, const struct secret_source *source, const char **key, struct err *err)
{
	int r = 0;

	*key = NULL;
	if (p->refusal)
		return err_set(err, EXIT_REFUSED, "%s", p->refusal);
	if (!p->resolved)
		r = resolve_key(p, source, err);
	if (!p->resolved && r == 0)
		r = resolve_headers(p, source, err);
	if (r < 0)
		p->refusal = xstrdup(err->text);
	if (r != 0)
		return r;
	if (!p->resolved)
		remember_url(p->base_url);
	p->resolved = true;
	*key = p->key;
	return 0;
}

static int
resolve_now(void *user, const char *reference, char **secret, struct err *err)
{
	env_fn **env = user;

	*secret = secret_resolve(reference, *env, err);
	return *secret ? 0 : -1;
}

int
provider_key(struct provider *p, env_fn *env, const char **key, struct err *err)
{
	return provider_key_from(
	    p, &(struct secret_source){ .get = resolve_now, .user = &env }, key, err);
}

void
provider_forget(struct provider *p)
{
	if (p->key)
		explicit_bzero(p->key, strlen(p->key));
	free(p->key);
	free(p->refusal);
	p->key = p->refusal = NULL;
	p->resolved = false;
}

bool
provider_has_key(const struct provider *p, env_fn *env, struct buf *names)
{
	struct str rest = str_of(p->key_ref), ref;
	bool has = p->key || p->key_optional || !p->key_ref;

	while (!has && str_split(&rest, '\n', &ref)) {
		char *reference = xmemdup(ref.p, ref.len);
		const char *value = str_starts(ref, "env:") ? env(reference + 4) : reference;

		has = value && *value;
		free(reference);
	}
	if (!has)
		variables_of(p->key_ref, names);
	return has && !p->refusal;
}

/* Whether a key would be sent: of an optional one only its variables are looked at. */
static bool
may_have_key(const struct provider *p, env_fn *env)
{
	struct str rest = str_of(p->key_ref), ref;

	while (str_split(&rest, '\n', &ref)) {
		char *reference = xmemdup(ref.p, ref.len);
		const char *value = str_starts(ref, "env:") ? env(reference + 4) : reference;
		bool there = !p->key_optional || (value && *value);

		free(reference);
		if (there)
			return true;
	}
	return false;
}

void
provider_mask(struct provider *p, env_fn *env)
{
	if (p->resolved)
		return;
	p->resolved = true;
	remember_url(p->base_url);
	if (may_have_key(p, env))
		p->key = xstrdup("***");
	for (size_t i = 0; i < p->headers.count; i++) {
		struct http_field *field = &p->headers.items[i];

		if (is_reference(field->value) || http_field_is_secret(field->name)) {
			xreplace(&field->value, "***");
		}
	}
}
