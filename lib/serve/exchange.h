/* SPDX-License-Identifier: MIT */
/*
 * exchange - what the server's two halves share: serve.c runs libmicrohttpd on the loop, exchange.c
 * makes answers. Nobody else includes this.
 */
#ifndef SERVE_EXCHANGE_H
#define SERVE_EXCHANGE_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "serve/rawsock.h"
#include "serve/serve.h"

enum {
	SERVE_SLOW_AT = 256 << 10, /* bytes that wait before serve_is_slow */
	SERVE_CONNECTION_MEMORY = 64 << 10, /* request head, and one chunk of an answer */
};

struct serve {
	uv_loop_t *loop;
	struct MHD_Daemon *daemon;
	uv_poll_t poll; /* on the daemon's epoll descriptor */
	uv_prepare_t prepare;
	uv_timer_t timer;
	unsigned handles; /* open ones of the three above */
	int64_t run_us; /* when the daemon ran last */
	bool dirty; /* a connection was resumed: the daemon must run before the loop sleeps */
	char *url;
	size_t body_max;
	const struct serve_handler *on;
	void *user;
	struct serve_exchange *first; /* all of them */
	size_t count;
};

enum serve_answer { ANSWER_NOT, ANSWER_REPLY, ANSWER_STREAM, ANSWER_RAW, ANSWER_CUT };

/* Watches for the client's leaving while MHD doesn't look (the connection is suspended). */
struct serve_watch {
	uv_poll_t poll;
	struct serve_exchange *x; /* NULL once the exchange is over */
};

struct serve_exchange {
	struct serve *serve;
	struct serve_exchange *prev, *next;
	struct MHD_Connection *conn; /* NULL once MHD has let go of it */
	struct serve_watch *watch;
	struct rawsock *sock;
	char *method, *target;
	struct buf body;
	int64_t arrived_us;
	void *data;
	enum serve_answer answer;
	int status;
	struct MHD_Response *response; /* made, not queued yet */
	struct buf out; /* of a stream: from out_at on not yet taken */
	size_t out_at;
	bool asked; /* the handler has seen it */
	bool suspended, slow;
	bool finished, cut, reset, gone;
};

/* Wait for an answer, or for more of it, watching for the client's leaving. */
void exchange_sleep(struct serve_exchange *x);
void exchange_wake(struct serve_exchange *x);
/* It is over: tells the handler, and frees. */
void exchange_end(struct serve_exchange *x, enum serve_end end);
/* How a raw connection ended. */
enum serve_end exchange_raw_end(const struct serve_exchange *x);
void exchange_watch_stop(struct serve_exchange *x);

#endif
