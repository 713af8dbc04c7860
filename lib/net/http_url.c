/* SPDX-License-Identifier: MIT */
/* http_url - what libcurl's parser says of a URL. */
#include "net/http_url.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/mem.h"
#include "net/http.h"

/* As much of a URL as may be shown: no user, no password, no query. */
static struct str
url_shown(const char *url)
{
	struct str s = { url, strcspn(url, "?#") };
	const char *at = memchr(url, '@', s.len);

	if (at)
		s = (struct str){ at + 1, s.len - (size_t)(at + 1 - url) };
	if (s.len > 100)
		s.len = str_cut_utf8(s, 100);
	return s;
}

int
http_url_check(const char *url, struct err *err)
{
	struct str shown = url_shown(url);
	const char *host = strstr(url, "://"), *why = NULL;
	char *scheme = NULL;
	CURLU *u = curl_url();
	CURLUcode rc, got = CURLUE_OK;

	if (!u)
		die(EXIT_SYSTEM, "out of memory");
	rc = curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME);
	if (!rc)
		got = curl_url_get(u, CURLUPART_SCHEME, &scheme, 0);
	if (rc == CURLUE_OUT_OF_MEMORY || got == CURLUE_OUT_OF_MEMORY)
		die(EXIT_SYSTEM, "out of memory");
	if (rc == CURLUE_BAD_SCHEME || !host)
		why = "it does not begin with http:// or https://";
	else if (host[3] == '/') /* libcurl would take what follows for the host */
		why = "it names no host";
	else if (rc)
		why = curl_url_strerror(rc);
	else if (got || (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
		why = "it does not begin with http:// or https://";
	curl_free(scheme);
	curl_url_cleanup(u);
	if (!why)
		return 0;
	return err_set(err, EXIT_CONFIG, "URL \"%.*s\": %s", (int)shown.len, shown.p, why);
}

char *
http_url_peer(const char *url)
{
	char *host = NULL, *port = NULL, *peer;
	CURLU *u = curl_url();

	if (u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK)
		peer = xasprintf("%s:%s", host, port);
	else
		peer = xstrdup("?");
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(u);
	return peer;
}
