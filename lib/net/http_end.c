/* SPDX-License-Identifier: MIT */
/* http_end - what libcurl's result means, and how people are told. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/http_exchange.h"
#include "net/http_url.h"
#include "net/secret.h"

const char *
http_end_name(enum http_end end)
{
	static const char *const names[] = {
		[HTTP_DONE] = "done",
		[HTTP_CUT] = "cut",
		[HTTP_DNS] = "dns",
		[HTTP_CONNECT] = "connect",
		[HTTP_TLS] = "tls",
		[HTTP_RESET] = "reset",
		[HTTP_PROTOCOL] = "protocol",
		[HTTP_CONNECT_TIMEOUT] = "connect_timeout",
		[HTTP_FIRST_TIMEOUT] = "first_timeout",
		[HTTP_IDLE_TIMEOUT] = "idle_timeout",
		[HTTP_TIMEOUT] = "timeout",
		[HTTP_CANCELLED] = "cancelled",
		[HTTP_BAD_REQUEST] = "bad_request",
	};

	return names[end];
}

/* The connection ended too early: what that is depends on how far the exchange had come. */
static enum http_end
end_of_connection(const struct http_exchange *x)
{
	if (x->head_over)
		return HTTP_CUT;
	return x->sent_us ? HTTP_RESET : HTTP_CONNECT;
}

/* CURLE_TOO_LARGE, named by libcurl since 8.6; before, a head line past its limit is
 * CURLE_OUT_OF_MEMORY. */
enum { CODE_TOO_LARGE = 100 };

/* Codes that mean one thing wherever they come. */
static const struct {
	int code;
	enum http_end end;
} plain_codes[] = {
	{ CURLE_OK, HTTP_DONE },
	{ CURLE_COULDNT_RESOLVE_HOST, HTTP_DNS },
	{ CURLE_COULDNT_RESOLVE_PROXY, HTTP_DNS },
	{ CURLE_COULDNT_CONNECT, HTTP_CONNECT },
	{ CURLE_PROXY, HTTP_CONNECT },
	{ CURLE_INTERFACE_FAILED, HTTP_CONNECT },
	{ CURLE_SSL_CONNECT_ERROR, HTTP_TLS },
	{ CURLE_PEER_FAILED_VERIFICATION, HTTP_TLS },
	{ CURLE_SSL_CERTPROBLEM, HTTP_TLS },
	{ CURLE_SSL_CIPHER, HTTP_TLS },
	{ CURLE_SSL_CACERT_BADFILE, HTTP_TLS },
	{ CURLE_SSL_CRL_BADFILE, HTTP_TLS },
	{ CURLE_SSL_ISSUER_ERROR, HTTP_TLS },
	{ CURLE_SSL_ENGINE_NOTFOUND, HTTP_TLS },
	{ CURLE_SSL_ENGINE_SETFAILED, HTTP_TLS },
	{ CURLE_SSL_ENGINE_INITFAILED, HTTP_TLS },
	{ CURLE_SSL_PINNEDPUBKEYNOTMATCH, HTTP_TLS },
	{ CURLE_SSL_INVALIDCERTSTATUS, HTTP_TLS },
	{ CURLE_SSL_CLIENTCERT, HTTP_TLS },
	{ CURLE_USE_SSL_FAILED, HTTP_TLS },
	{ CURLE_URL_MALFORMAT, HTTP_BAD_REQUEST },
	{ CURLE_FAILED_INIT, HTTP_BAD_REQUEST },
	{ CURLE_NOT_BUILT_IN, HTTP_BAD_REQUEST },
	{ CURLE_WEIRD_SERVER_REPLY, HTTP_PROTOCOL },
	{ CURLE_BAD_CONTENT_ENCODING, HTTP_PROTOCOL },
	{ CURLE_OUT_OF_MEMORY, HTTP_PROTOCOL },
	{ CODE_TOO_LARGE, HTTP_PROTOCOL },
};

enum http_end
http_end_of(const struct http_exchange *x, CURLcode code)
{
	size_t i;

	if (x->end != HTTP_DONE)
		return x->end;
	if (x->is_cancelled)
		return HTTP_CANCELLED;
	if (x->broken_head)
		return HTTP_PROTOCOL;
	if (code == CURLE_OK && !x->head_over)
		return HTTP_RESET; /* a connection that ends inside the head is fine with libcurl */
	for (i = 0; i < sizeof plain_codes / sizeof *plain_codes; i++) {
		if (plain_codes[i].code == (int)code)
			return plain_codes[i].end;
	}
	/* Of libcurl's timeouts only that of connecting is set. */
	if (code == CURLE_OPERATION_TIMEDOUT && !x->sent_us)
		return HTTP_CONNECT_TIMEOUT;
	/* "HTTP/0.9" is what garbage is taken for; before it was sent, the URL's scheme is meant.
	 */
	if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_BAD_FUNCTION_ARGUMENT)
		return x->sent_us ? HTTP_PROTOCOL : HTTP_BAD_REQUEST;
	/* The text is the only mark of a broken chunk. */
	if (code == CURLE_RECV_ERROR && strstr(x->trouble, "chunk"))
		return HTTP_PROTOCOL;
	return end_of_connection(x);
}

bool
http_end_is_proven(const struct http_exchange *x)
{
	curl_off_t length = -1;
	long version = 0;

	/* A failing getinfo leaves the values that prove nothing. */
	(void)curl_easy_getinfo(x->easy, CURLINFO_HTTP_VERSION, &version);
	(void)curl_easy_getinfo(x->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	return version >= CURL_HTTP_VERSION_2_0 || x->is_chunked || length >= 0 ||
	       x->status == 204 || x->status == 304;
}

/* What the system said of the connection, else libcurl. */
static const char *
connect_trouble(const struct http_exchange *x, CURLcode code)
{
	long number = 0;

	if (curl_easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &number) == CURLE_OK && number &&
	    code == CURLE_COULDNT_CONNECT)
		return strerror((int)number);
	return *x->trouble ? x->trouble : curl_easy_strerror(code);
}

static char *
end_text(const struct http_exchange *x, enum http_end end, CURLcode code)
{
	const char *trouble = *x->trouble ? x->trouble : curl_easy_strerror(code);

	switch (end) {
	case HTTP_DONE:
		return xstrdup("done");
	case HTTP_CUT:
		return xasprintf("the connection ended inside the response, after %llu bytes of it",
		    (unsigned long long)x->body_bytes);
	case HTTP_DNS:
		return xasprintf("no such %s, or no name server answers",
		    code == CURLE_COULDNT_RESOLVE_PROXY ? "proxy" : "host");
	case HTTP_CONNECT:
		return xstrdup(connect_trouble(x, code));
	case HTTP_TLS:
		return xasprintf("TLS: %s", trouble);
	case HTTP_RESET:
		return xstrdup("the connection ended before a response came");
	case HTTP_PROTOCOL:
		if (x->broken_head || code == CURLE_OUT_OF_MEMORY || (int)code == CODE_TOO_LARGE)
			return xstrdup("the response head is too long");
		return xasprintf("not HTTP as it should be: %s", trouble);
	case HTTP_CONNECT_TIMEOUT:
		return xstrdup("no connection in time");
	case HTTP_FIRST_TIMEOUT:
		return xasprintf("no output in %lld ms", (long long)x->first_ms);
	case HTTP_IDLE_TIMEOUT:
		return xasprintf("silent for %lld ms", (long long)x->idle_ms);
	case HTTP_TIMEOUT:
		return xstrdup(
		    x->sent_us ? "not done in time" : "not done in time: no connection yet");
	case HTTP_CANCELLED:
		return xstrdup("cancelled");
	case HTTP_BAD_REQUEST:
		return xstrdup(trouble);
	}
	return xstrdup(trouble);
}

char *
http_end_message(const struct http_exchange *x, enum http_end end, CURLcode code)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	char *peer, *why, *p;

	if (end == HTTP_DONE)
		return xstrdup("done");
	peer = http_url_peer(x->url);
	why = end_text(x, end, code);
	buf_addf(&out, "%s: ", peer);
	secret_mask(str_of(why), &out);
	for (p = out.p; *p; p++) {
		if (*p == '\n' || *p == '\r')
			*p = ' ';
	}
	free(peer);
	free(why);
	return buf_take(&out);
}
