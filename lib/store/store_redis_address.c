/* SPDX-License-Identifier: MIT */
/* store_redis_address - redis://[[USER]:PASSWORD@]HOST[:PORT][/DB],
 * rediss://[...@]HOST[:PORT][/DB][?cacert=FILE&...], redis+unix://[...@]/PATH[?db=DB] */
#include "store/store_redis_address.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "json/uri.h"

enum { PORT = 6379, PORT_MAX = 65535, DATABASE_MAX = 1000000 };

static char *
decoded(struct str text)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	uri_decode(text, &out);
	return buf_take(&out);
}

/* Take "USER:PASSWORD@" off the front. What stands behind the last "@" is no secret. */
static void
take_credential(struct store_redis_address *a, struct str *rest, const char *end)
{
	const char *at = end;
	struct str credential, user;

	while (at > rest->p && at[-1] != '@')
		at--;
	if (at == rest->p)
		return;
	credential = (struct str){ rest->p, (size_t)(at - 1 - rest->p) };
	rest->len -= (size_t)(at - rest->p);
	rest->p = at;
	(void)str_split(&credential, ':', &user); /* an empty one has neither */
	if (user.len)
		a->user = decoded(user);
	if (credential.len)
		a->password = decoded(credential);
}

static bool
read_number(struct str text, int max, int *out)
{
	int64_t n;

	if (!num_i64(text, &n) || n < 0 || n > max)
		return false;
	*out = (int)n;
	return true;
}

static const char *
find(struct str text, const char *any)
{
	size_t i;

	for (i = 0; i < text.len && !strchr(any, text.p[i]); i++)
		continue;
	return text.p + i;
}

/* "HOST", "HOST:PORT", "[V6]:PORT" */
static bool
read_host(struct store_redis_address *a, struct str text)
{
	bool bracketed = text.len && text.p[0] == '[';
	const char *end = text.p + text.len, *close = bracketed ? find(text, "]") : text.p, *colon;
	struct str host;

	if (bracketed && close == end)
		return false;
	colon = find((struct str){ close, (size_t)(end - close) }, ":");
	host = (struct str){ text.p, (size_t)(colon - text.p) };
	if (bracketed)
		host = (struct str){ text.p + 1, (size_t)(close - text.p - 1) };
	a->host = decoded(host.len ? host : STR_LIT("127.0.0.1"));
	a->port = PORT;
	return colon == end || read_number((struct str){ colon + 1, (size_t)(end - colon - 1) },
				   PORT_MAX, &a->port);
}

static bool
read_database(struct store_redis_address *a, struct str text)
{
	return read_number(text, DATABASE_MAX, &a->database);
}

/* Of redis+unix the number is in the query, as its path has no end; all else is for TLS. */
static bool
read_member(struct store_redis_address *a, struct str name, struct str value)
{
	const struct {
		const char *name;
		char **to;
	} files[] = {
		{ "cacert", &a->cacert },
		{ "cacertdir", &a->cacertdir },
		{ "cert", &a->cert },
		{ "key", &a->key },
		{ "sni", &a->sni },
	};
	size_t i;

	if (a->path)
		return str_is(name, "db") && read_database(a, value);
	for (i = 0; a->tls && value.len && i < sizeof files / sizeof *files; i++) {
		if (!str_is(name, files[i].name) || *files[i].to)
			continue;
		*files[i].to = decoded(value);
		return true;
	}
	return false;
}

/* "?NAME=VALUE&...", or nothing */
static bool
read_query(struct store_redis_address *a, struct str query)
{
	struct str member, name;

	if (!query.len)
		return true;
	query = (struct str){ query.p + 1, query.len - 1 };
	while (str_split(&query, '&', &member))
		if (!str_split(&member, '=', &name) || !read_member(a, name, member))
			return false;
	return !a->key || a->cert;
}

/* Take what stands before any of these bytes off the front. */
static struct str
take_before(struct str *rest, const char *any)
{
	const char *end = find(*rest, any);
	struct str taken = { rest->p, (size_t)(end - rest->p) };

	rest->p = end;
	rest->len -= taken.len;
	return taken;
}

static bool
read_network(struct store_redis_address *a, struct str rest)
{
	struct str host, database;

	take_credential(a, &rest, find(rest, "/?"));
	host = take_before(&rest, "/?");
	database = take_before(&rest, "?");
	if (!read_host(a, host) ||
	    (database.len > 1 &&
		!read_database(a, (struct str){ database.p + 1, database.len - 1 })))
		return false;
	a->name = xasprintf(strchr(a->host, ':') ? "redis%s://[%s]:%d/%d" : "redis%s://%s:%d/%d",
	    a->tls ? "s" : "", a->host, a->port, a->database);
	return read_query(a, rest);
}

static bool
read_socket(struct store_redis_address *a, struct str rest)
{
	struct str path;

	take_credential(a, &rest, find(rest, "/?"));
	path = take_before(&rest, "?");
	if (!path.len || path.p[0] != '/')
		return false;
	a->path = decoded(path);
	a->name = xasprintf("redis+unix://%s", a->path);
	return read_query(a, rest);
}

int
store_redis_address_read(struct store_redis_address *a, const char *url, struct err *err)
{
	struct str rest = str_of(url), scheme;
	bool well;

	*a = (struct store_redis_address){ 0 };
	(void)str_split(&rest, ':', &scheme);
	rest = (struct str){ rest.p + 2, rest.len - 2 }; /* store.c has seen the "//" */
	a->tls = str_is(scheme, "rediss");
	well = str_is(scheme, "redis+unix") ? read_socket(a, rest) : read_network(a, rest);
	if (well && a->user && !a->password)
		return err_set(err, EXIT_CONFIG,
		    "the store's URL names a user and no password: USER:PASSWORD@, or :PASSWORD@");
	if (well)
		return 0;
	return err_set(err, EXIT_CONFIG,
	    "the store's URL is not understood: %s (special characters in its parts are "
	    "percent-encoded)",
	    a->tls ? "rediss://[[USER]:PASSWORD@]HOST[:PORT][/DB][?cacert=FILE&cacertdir=DIR&"
		     "cert=FILE&key=FILE&sni=NAME]"
	    : str_is(scheme, "redis") ? "redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]"
				      : "redis+unix://[[USER]:PASSWORD@]/PATH[?db=DB]");
}

void
store_redis_address_release(struct store_redis_address *a)
{
	free(a->host);
	free(a->path);
	free(a->cacert);
	free(a->cacertdir);
	free(a->cert);
	free(a->key);
	free(a->sni);
	free(a->user);
	if (a->password)
		explicit_bzero(a->password, strlen(a->password));
	free(a->password);
	free(a->name);
	*a = (struct store_redis_address){ 0 };
}
