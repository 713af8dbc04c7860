/* SPDX-License-Identifier: MIT */
/*
 * http_url - the scheme, host and port of a URL. libcurl reads them its own way when it connects;
 * here no program that never does needs to carry it.
 */
#include "net/http_url.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/num.h"
#include "net/http.h"

enum { PORT_MAX = 65535, SHOWN_MAX = 100 };

struct place {
	struct str host; /* in its brackets, where it has some */
	int64_t port;
};

static struct str
without_user(struct str s)
{
	size_t at = s.len;

	while (at > 0 && s.p[at - 1] != '@') /* the last one: a password may hold others */
		at--;
	return (struct str){ s.p + at, s.len - at };
}

/* As much of a URL as may be shown: no user, no password, no query. */
static struct str
url_shown(const char *url)
{
	struct str s = without_user((struct str){ url, strcspn(url, "?#") });

	if (s.len > SHOWN_MAX)
		s.len = str_cut_utf8(s, SHOWN_MAX);
	return s;
}

static size_t
host_len(struct str s)
{
	const char *end = memchr(s.p, s.p[0] == '[' ? ']' : ':', s.len);

	if (!end)
		return s.len;
	return (size_t)(end - s.p) + (s.p[0] == '[');
}

static bool
is_host(struct str s)
{
	if (s.p[0] == '[')
		return s.len > 2 && s.p[s.len - 1] == ']' &&
		       strspn(s.p + 1, "0123456789abcdefABCDEF:.") == s.len - 2;
	for (size_t i = 0; i < s.len; i++)
		if (strchr("#?!@{}[]\\$'\"^`*<>=;,+&()", s.p[i]))
			return false;
	return true;
}

static bool
has_blanks(const char *url)
{
	while (*url && (unsigned char)*url > ' ' && *url != 0x7F)
		url++;
	return *url;
}

/* What is wrong with the URL; NULL and its place where nothing is. */
static const char *
read_place(const char *url, struct place *at)
{
	bool is_secure = strncasecmp(url, "https://", 8) == 0;
	struct str rest;
	size_t n;

	if (!is_secure && strncasecmp(url, "http://", 7) != 0)
		return "it does not begin with http:// or https://";
	if (has_blanks(url))
		return "it holds white space or a control character";
	rest.p = url + (is_secure ? 8 : 7);
	rest.len = strcspn(rest.p, "/?#");
	rest = without_user(rest);
	n = rest.len ? host_len(rest) : 0;
	if (!n)
		return "it names no host";
	at->host = (struct str){ rest.p, n };
	if (!is_host(at->host) || (n < rest.len && rest.p[n] != ':'))
		return "its host's name is none";
	at->port = is_secure ? 443 : 80;
	rest = (struct str){ rest.p + n + 1, rest.len > n ? rest.len - n - 1 : 0 };
	if (rest.len && (!num_i64(rest, &at->port) || at->port < 0 || at->port > PORT_MAX))
		return "its port is no number up to 65535";
	return NULL;
}

int
http_url_check(const char *url, struct err *err)
{
	struct str shown = url_shown(url);
	struct place at;
	const char *why = read_place(url, &at);

	if (!why)
		return 0;
	return err_set(err, EXIT_CONFIG, "URL \"%.*s\": %s", (int)shown.len, shown.p, why);
}

char *
http_url_peer(const char *url)
{
	struct place at;

	if (read_place(url, &at))
		return xstrdup("?");
	return xasprintf("%.*s:%lld", (int)at.host.len, at.host.p, (long long)at.port);
}
