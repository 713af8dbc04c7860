/* SPDX-License-Identifier: MIT */
/*
 * serve - an HTTP/1.1 server on an event loop: libmicrohttpd driven by libuv.
 *
 * A request is shown to its handler when all of it is there. The handler answers at once or later,
 * whole (serve_reply) or as it comes (serve_start, serve_write, serve_finish). An exchange ends
 * exactly once, by its done callback, after which it is gone: also where the client leaves first,
 * which is noticed while an answer is being waited for.
 *
 *	struct serve *s = serve_open(loop, &config, &handler, user, &err);
 *	printf("%s\n", serve_url(s));
 *	uv_run(loop, UV_RUN_DEFAULT);
 *	serve_close(s);
 *
 * Built without libmicrohttpd, serve_open says so and fails (EXIT_CONFIG).
 */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct serve;
struct serve_exchange;

struct serve_config {
	const char *address; /* numeric, IPv4 or IPv6 */
	uint16_t port; /* 0: a free one */
	size_t body_max; /* a larger request body is answered with 413 */
};

enum serve_end {
	SERVE_DONE, /* all of the answer was handed to the network */
	SERVE_GONE, /* the client left first, or the server was closed */
	SERVE_CUT, /* we ended it before its end, as asked (serve_cut, serve_reset) */
};

struct serve_handler {
	void (*request)(void *user, struct serve_exchange *x);
	void (*drained)(void *user, struct serve_exchange *x); /* serve_is_slow is over; or NULL */
	void (*done)(void *user, struct serve_exchange *x, enum serve_end end);
};

/* A header field of an answer; a list ends with a NULL name. Framing fields are not to be named. */
struct serve_field {
	const char *name, *value;
};

struct serve *serve_open(uv_loop_t *loop, const struct serve_config *config,
    const struct serve_handler *on, void *user, struct err *err);
const char *serve_url(const struct serve *s); /* http://127.0.0.1:8080 */
size_t serve_in_flight(const struct serve *s);
/* Cuts what is in flight (each gets its done), stops listening and frees. The loop must turn once
 * more. */
void serve_close(struct serve *s);

/* Whether address is loopback's (127/8, ::1); false for what is no numeric address. */
bool serve_is_loopback(const char *address);
/* "ADDR:PORT", "[ADDR]:PORT", "localhost:PORT", ":PORT" or "PORT" taken apart: a numeric address,
 * which is the caller's to free. */
int serve_parse_listen(const char *text, char **address, uint16_t *port, struct err *err);

/* --- the request; it lives until done returns, its header until the answer is begun --- */

const char *serve_method(const struct serve_exchange *x);
struct str serve_path(const struct serve_exchange *x); /* as sent: escapes kept, without query */
struct str serve_query(const struct serve_exchange *x); /* what stands after '?', as sent */
/* The value of a query parameter, unescaped onto out; false where it is absent. */
bool serve_query_get(const struct serve_exchange *x, const char *name, struct buf *out);
const char *serve_header(const struct serve_exchange *x, const char *name); /* NULL where absent */
struct str serve_body(const struct serve_exchange *x);
/* When it came, on clock_mono_us: as the server began to look at what had arrived. */
int64_t serve_arrived_us(const struct serve_exchange *x);
void serve_unescape(struct str s, struct buf *out); /* %41 -> A; malformed ones stay */

void serve_set_data(struct serve_exchange *x, void *data);
void *serve_data(const struct serve_exchange *x);

/* --- the answer: one of serve_reply, serve_start, serve_raw, or serve_cut; then no more than it
 * allows --- */

void serve_reply(struct serve_exchange *x, int status, const struct serve_field *fields,
    struct str body); /* copies all */

/* Begin an answer of unknown length: chunks, or the connection's end for an HTTP/1.0 client. */
void serve_start(struct serve_exchange *x, int status, const struct serve_field *fields);
void serve_write(struct serve_exchange *x, struct str bytes); /* copies */
bool serve_is_slow(const struct serve_exchange *x); /* much waits: stop until drained */
void serve_finish(struct serve_exchange *x);
/* End the connection where it stands: no last chunk, or no answer at all. */
void serve_cut(struct serve_exchange *x);

/*
 * Take the connection out of HTTP's hands: what serve_write is given is sent as it is, each a send
 * of its own as long as the peer keeps up; serve_finish closes after it, serve_reset sends RST.
 */
void serve_raw(struct serve_exchange *x);
void serve_reset(struct serve_exchange *x);

#endif
