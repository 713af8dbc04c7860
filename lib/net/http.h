/* SPDX-License-Identifier: MIT */
/*
 * http - many HTTP exchanges on one event loop: libcurl's multi interface driven by libuv.
 *
 * Connections are kept and used again, one exchange at a time on each; HTTP/2 is taken where TLS
 * offers it. Redirects are not followed: a 3xx is a head like any other. libcurl itself reads
 * http_proxy, https_proxy and no_proxy; CA files come by http_config.
 *
 * Each exchange has four deadlines, each with its own end. It ends exactly once, by its done
 * callback, which no function of this header calls from inside (http_free excepted). All of them
 * but http_free may be called from inside callbacks.
 *
 *	struct http *http = http_new(loop, &(struct http_config){ .at_once = 256 });
 *	x = http_start(http, &request, &on, user);
 *	uv_run(loop, UV_RUN_DEFAULT);
 *	http_free(http);
 *	uv_run(loop, UV_RUN_DEFAULT);		// libuv closes handles from the loop
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct http;
struct http_exchange;

/* A list of header fields in the order given; names compare without case. Values have no CR or LF.
 */
struct http_headers {
	struct http_field {
		char *name, *value;
	} * items;
	size_t count, cap;
};

void http_headers_add(struct http_headers *h, const char *name, const char *value); /* copies */
/* As add, in place of a field of that name that is there. */
void http_headers_set(struct http_headers *h, const char *name, const char *value);
const char *http_headers_get(const struct http_headers *h, const char *name); /* the first; NULL */
void http_headers_release(struct http_headers *h);
/* Whether a field of that name carries a secret and must be masked: authorization, x-api-key,
 * cookie, ... */
bool http_field_is_secret(const char *name);

struct http_config {
	long at_once; /* exchanges that there will be: so many idle connections are kept; 0: some */
	const char *user_agent; /* NULL: none is sent */
	const char *ca_file, *ca_dir; /* trusted certificates; NULL: libcurl's own default */
	void (*log)(const char *line); /* told what libcurl does, secrets masked; NULL: nobody is */
};

struct http_request {
	const char *method;
	const char *url;
	const struct http_headers *headers; /* NULL: none. All here is copied by http_start, */
	struct str body; /* except this, which is borrowed until done */
	bool direct; /* past any proxy: the server is this machine's own */
	int64_t connect_ms; /* 0: 30 s */
	int64_t first_ms; /* from connected to http_saw_output; 0: none */
	int64_t idle_ms; /* longest silence between bytes once output was seen; 0: none */
	int64_t deadline_us; /* of the whole, on clock_mono_us; 0: none */
};

enum http_end {
	HTTP_DONE, /* the transport proved the end: Content-Length, last chunk, END_STREAM, or close
		      where HTTP says so */
	HTTP_CUT, /* the connection ended inside the body */
	HTTP_DNS,
	HTTP_CONNECT, /* refused, unreachable */
	HTTP_TLS,
	HTTP_RESET, /* ended before a response head came */
	HTTP_PROTOCOL, /* what came is not HTTP, or its encoding is broken */
	HTTP_CONNECT_TIMEOUT,
	HTTP_FIRST_TIMEOUT,
	HTTP_IDLE_TIMEOUT,
	HTTP_TIMEOUT, /* deadline_us passed */
	HTTP_CANCELLED, /* http_cancel, or a callback refused to go on */
	HTTP_BAD_REQUEST, /* ours: URL malformed, scheme unknown */
};

struct http_result {
	enum http_end end;
	int status; /* 0 where no head came */
	bool length_proven; /* HTTP_DONE by Content-Length, last chunk or END_STREAM, not by close
			       alone */
	const char *message; /* one line for people; lives until done returns */
	/* clock_mono_us when the connection stood and the request went out; when http_start was
	 * called, where it came to no connection. */
	int64_t sent_us;
	int64_t end_us;
	uint64_t body_bytes;
	bool reused; /* it went over a connection that stood already */
};

struct http_handler {
	/* The final response head (1xx and redirects are not shown). */
	void (*head)(void *user, int status, const struct http_headers *headers);
	/* Body bytes, decompressed. Return false to cancel. */
	bool (*data)(void *user, const char *p, size_t n);
	/* Once, last. The exchange is gone after. */
	void (*done)(void *user, const struct http_result *result);
};

struct http *http_new(uv_loop_t *loop, const struct http_config *config);
/* Cancels what is in flight: each gets its done, which must not start another. Not from inside a
 * callback of its own. The loop must be run once more for libuv's handles to go. NULL is allowed.
 */
void http_free(struct http *http);

struct http_exchange *http_start(struct http *http, const struct http_request *request,
    const struct http_handler *on, void *user);
/* Nothing but done follows, from the loop. */
void http_cancel(struct http_exchange *x);
/* Output came: the first-output deadline is met, the idle one begins. */
void http_saw_output(struct http_exchange *x);
/* Stop and go on reading the socket: the peer's window fills; what was read already waits inside
 * libcurl. Neither the first-output nor the idle deadline runs meanwhile. Data comes from the loop,
 * never from inside http_resume. */
void http_pause(struct http_exchange *x);
void http_resume(struct http_exchange *x);
size_t http_in_flight(const struct http *http);

/* "cut" for HTTP_CUT, ...: for logs (the words of error.kind are llm/'s). */
const char *http_end_name(enum http_end end);

/* Whether url is absolute http(s) with a host; err says what is wrong. */
int http_url_check(const char *url, struct err *err);

#endif
