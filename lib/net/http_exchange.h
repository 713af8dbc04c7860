/* SPDX-License-Identifier: MIT */
/* http_exchange - what the files of http share: the client, one exchange, and how its end is told.
 */
#ifndef NET_HTTP_EXCHANGE_H
#define NET_HTTP_EXCHANGE_H

#include <curl/curl.h>
#include <uv.h>

#include "net/http.h"

struct http {
	uv_loop_t *loop;
	CURLM *multi;
	uv_timer_t curl_timer; /* libcurl's own */
	uv_timer_t deadline; /* the earliest of the exchanges' */
	uv_idle_t soon; /* runs while some exchange is on the ready list */
	int open_handles; /* of these three */
	int64_t deadline_us; /* when deadline fires; CLOCK_NEVER: it is stopped */
	struct http_socket **sockets; /* by their descriptors; http_loop.c */
	size_t socket_count, socket_cap;
	struct http_exchange *live; /* all in flight, newest first */
	struct http_exchange *ready, **ready_end; /* for whom the loop has something to do */
	size_t in_flight;
	size_t turn_bytes; /* of bodies, since libcurl was last called; see http_exchange.c */
	CURL **spare; /* handles to use again: they keep their buffers */
	size_t spare_count, spare_cap;
	char *user_agent, *ca_file, *ca_dir;
	bool closing;
	void (*log)(const char *line);
};

struct http_exchange {
	struct http *http;
	struct http_exchange *next, *prev; /* in live */
	struct http_exchange *next_ready;
	bool is_ready, is_added, is_cancelled;
	bool is_paused, is_held, wants_resume; /* is_held: libcurl keeps bytes that we refused */
	bool saw_output;
	bool is_chunked; /* by the response head */
	bool head_open; /* its status line came, the blank line did not */
	bool head_over; /* the final head was handed out; fields that come now are trailers */
	bool broken_head; /* it is too long */
	enum http_end end; /* set where we ended it, else HTTP_DONE */
	CURL *easy;
	char *url;
	struct curl_slist *fields;
	struct http_handler on;
	void *user;
	struct http_headers head; /* of the response, as it comes */
	size_t head_bytes;
	int status;
	int64_t start_us, sent_us; /* sent_us 0: there is no connection yet */
	int64_t first_us; /* since when the first output is waited for: sent, and pauses on top */
	int64_t quiet_us; /* since when silence counts: last byte, or resumed */
	int64_t paused_us; /* when it was paused */
	int64_t first_ms, idle_ms, deadline_us;
	uint64_t body_bytes;
	char trouble[CURL_ERROR_SIZE]; /* libcurl's own words */
};

/* Let libcurl's sockets and timer drive it from the loop. */
void http_loop_start(struct http *h);
void http_loop_release(struct http *h); /* after libcurl's multi */
/* What easy opens and closes is told to the loop: each handle, each time. */
void http_loop_watch(struct http *h, CURL *easy);

/* http.c: add, end or resume the exchanges that wait for it (http_exchange_wake). */
void http_serve_ready(struct http *h);
void http_send_ready(struct http *h); /* http_loop.c: and have libcurl act on it */

/* Look after x from the loop: add it, end it or resume it. */
void http_exchange_wake(struct http_exchange *x);

/* What libcurl's loop says must be CURLM_OK: want of memory ends the program, all else is a bug. */
void http_demand(CURLMcode rc);
/* Finish the exchanges whose transfers libcurl has ended. */
void http_reap(struct http *h);

/* Make the handle ready to be added to the multi. */
void http_exchange_setup(struct http_exchange *x, const struct http_request *request);

/* Free all but the handle. */
void http_exchange_free(struct http_exchange *x);

/* When its next deadline is, and the end that it would bring. */
int64_t http_exchange_due(const struct http_exchange *x, int64_t now_us, enum http_end *end);

/* The end that libcurl's code means for this exchange. */
enum http_end http_end_of(const struct http_exchange *x, CURLcode code);

/* One line about it: "host:port: why". The caller frees. */
char *http_end_message(const struct http_exchange *x, enum http_end end, CURLcode code);

/* Whether the transport proved that the body is whole. */
bool http_end_is_proven(const struct http_exchange *x);

#endif
