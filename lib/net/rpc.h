/* SPDX-License-Identifier: MIT */
/*
 * rpc - one side of a JSON-RPC 2.0 conversation, a message a line.
 *
 * Bytes in, bytes out: it has no descriptor, no loop and no clock. Whoever has them feeds what
 * comes (rpc_feed), sends what is put into the buffer that it gave, and says what time it is
 * (rpc_expire).
 * Both sides may ask. What is no message of the protocol is passed over, as is an answer to a
 * question that nobody asked: programs print notes where they should not.
 *
 *	rpc = rpc_new(&handler, user, &out, 64 << 20);
 *	rpc_ask(rpc, "initialize", params, deadline_us, on_initialized, user);
 *	write(fd, out.p, out.len); buf_reset(&out);
 *	... rpc_feed(rpc, bytes, n);		// calls on_initialized
 */
#ifndef NET_RPC_H
#define NET_RPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "json/json.h"

/* The protocol's own error codes. */
enum {
	RPC_PARSE_ERROR = -32700,
	RPC_INVALID_REQUEST = -32600,
	RPC_METHOD_NOT_FOUND = -32601,
	RPC_INVALID_PARAMS = -32602,
	RPC_INTERNAL_ERROR = -32603,
};

struct rpc;

/* What the other side starts. All values live until the function returns. */
struct rpc_handler {
	/* To be answered by rpc_result or rpc_refuse, now or (id copied) later. */
	void (*asked)(void *user, struct json id, struct str method, struct json params);
	void (*told)(void *user, struct str method, struct json params);
};

struct rpc_reply {
	enum { RPC_RESULT, RPC_ERROR, RPC_EXPIRED } how;
	struct json value; /* the result, or the error object; else JSON_NONE */
};
/* None of the callbacks may free the rpc; all may ask, tell and answer. */
typedef void rpc_reply_fn(void *user, const struct rpc_reply *reply);

/* out: where to put what is to be sent; its owner empties it. A line may hold line_max bytes. */
struct rpc *rpc_new(const struct rpc_handler *on, void *user, struct buf *out, size_t line_max);
/* No callback is called. NULL is allowed. */
void rpc_free(struct rpc *r);

/* params: one JSON object or array. fn is called once, unless the rpc is freed before. */
void rpc_ask(struct rpc *r, const char *method, struct str params, int64_t deadline_us,
    rpc_reply_fn *fn, void *user);
void rpc_tell(struct rpc *r, const char *method, struct str params);
void rpc_result(struct rpc *r, struct json id, struct str result);
void rpc_refuse(struct rpc *r, struct json id, int code, const char *message);

/* False: a line passed the limit. The conversation can go on, but something was lost. */
bool rpc_feed(struct rpc *r, const char *p, size_t n);
/* When the first question's time is over; CLOCK_NEVER where none waits. */
int64_t rpc_deadline(const struct rpc *r);
/* Those whose time is over are told so; an answer that comes later is passed over. */
void rpc_expire(struct rpc *r, int64_t now_us);

#endif
