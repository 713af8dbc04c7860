/* SPDX-License-Identifier: MIT */
/*
 * store_redis_stream - bytes to a Redis server and back, with deadlines: over TCP, over a socket of
 * this machine, or over TLS. Private to this room.
 *
 * No SIGPIPE is raised. (A host's name is looked up by the system, which takes its own time.)
 */
#ifndef STORE_STORE_REDIS_STREAM_H
#define STORE_STORE_REDIS_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "store/store_redis_address.h"

struct tls;

enum { STORE_REDIS_BLOCK = 16 * 1024 };

struct store_redis_stream {
	const char *name; /* the server's, for messages; borrowed of its address */
	int fd; /* negative: it is closed */
	struct tls *tls; /* NULL: there is none */
	int errnum; /* where it is cut; 0: by the server */
	char block[STORE_REDIS_BLOCK];
};

enum store_redis_flow {
	STORE_REDIS_FLOWS,
	STORE_REDIS_CUT, /* errnum says why */
	STORE_REDIS_LATE, /* the deadline has passed */
	STORE_REDIS_REFUSED, /* err is set */
};

/* s, as it was closed; it is to be closed again in any case. */
enum store_redis_flow store_redis_stream_open(struct store_redis_stream *s,
    const struct store_redis_address *address, int64_t deadline_us, struct err *err);
enum store_redis_flow store_redis_stream_send(
    struct store_redis_stream *s, struct str bytes, int64_t deadline_us, struct err *err);
/* What there is, waiting for it: at least one byte. They stay until the next is taken. */
enum store_redis_flow store_redis_stream_take(
    struct store_redis_stream *s, struct str *bytes, int64_t deadline_us, struct err *err);
void store_redis_stream_close(struct store_redis_stream *s);

#endif
