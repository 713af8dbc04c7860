/* SPDX-License-Identifier: MIT */
/* store_redis_address - redis://[[USER]:PASSWORD@]HOST[:PORT][/DB],
 * redis+unix://[...@]/PATH[?db=DB] */
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
read_network(struct store_redis_address *a, struct str rest)
{
	const char *slash = find(rest, "/");
	struct str host, database;

	take_credential(a, &rest, slash);
	host = (struct str){ rest.p, (size_t)(slash - rest.p) };
	database = (struct str){ slash, (size_t)(rest.p + rest.len - slash) };
	if (!read_host(a, host) ||
	    (database.len > 1 && !read_number((struct str){ database.p + 1, database.len - 1 },
				     DATABASE_MAX, &a->database)))
		return false;
	a->name = xasprintf(strchr(a->host, ':') ? "redis://[%s]:%d/%d" : "redis://%s:%d/%d",
	    a->host, a->port, a->database);
	return true;
}

static bool
read_socket(struct store_redis_address *a, struct str rest)
{
	const char *slash = find(rest, "/"), *query;
	struct str path;

	take_credential(a, &rest, slash);
	query = find(rest, "?");
	path = (struct str){ rest.p, (size_t)(query - rest.p) };
	rest = (struct str){ query, rest.len - path.len };
	if (!path.len || path.p[0] != '/')
		return false;
	a->path = decoded(path);
	a->name = xasprintf("redis+unix://%s", a->path);
	if (!rest.len)
		return true;
	return str_starts(rest, "?db=") &&
	       read_number((struct str){ rest.p + 4, rest.len - 4 }, DATABASE_MAX, &a->database);
}

int
store_redis_address_read(struct store_redis_address *a, const char *url, struct err *err)
{
	struct str rest = str_of(url), scheme;
	bool well;

	*a = (struct store_redis_address){ 0 };
	(void)str_split(&rest, ':', &scheme);
	rest = (struct str){ rest.p + 2, rest.len - 2 }; /* store.c has seen the "//" */
	if (str_is(scheme, "rediss"))
		return err_set(err, EXIT_CONFIG,
		    "Redis over TLS (rediss:) is not built in: let a tunnel (stunnel) carry redis:");
	well = str_is(scheme, "redis") ? read_network(a, rest) : read_socket(a, rest);
	if (well)
		return 0;
	return err_set(err, EXIT_CONFIG,
	    "the store's URL is not understood: redis://[[USER]:PASSWORD@]HOST[:PORT][/DB] or "
	    "redis+unix://[[USER]:PASSWORD@]/PATH[?db=DB]");
}

void
store_redis_address_release(struct store_redis_address *a)
{
	free(a->host);
	free(a->path);
	free(a->user);
	if (a->password)
		explicit_bzero(a->password, strlen(a->password));
	free(a->password);
	free(a->name);
	*a = (struct store_redis_address){ 0 };
}
