/* SPDX-License-Identifier: MIT */
/*
 * store_redis_link - commands to a Redis server and its replies, with a deadline. Private to this
 * room.
 *
 * hiredis reads replies, and that is all: it would write to a lost connection without shielding the
 * program from SIGPIPE, knows timeouts but no deadlines, and before its version 1 no TLS.
 */
#ifndef STORE_STORE_REDIS_LINK_H
#define STORE_STORE_REDIS_LINK_H

#include <hiredis/hiredis.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "store/store_redis_address.h"
#include "store/store_redis_stream.h"

/* After it could not be reached it is left alone for so long: who asks is told the same at once. */
enum { STORE_REDIS_REST_MS = 1000 };

struct store_redis_link {
	struct store_redis_address address;
	int64_t wait_ms;
	struct store_redis_stream stream;
	redisReader *reader; /* NULL: not connected */
	int64_t rest_until_us;
	struct err rest_why;
};

enum store_redis_result {
	STORE_REDIS_OK,
	STORE_REDIS_LOST, /* the connection broke: a new one may do; err says so */
	STORE_REDIS_FAILED, /* err is set */
};

/* Not connected yet; address is to be read. */
void store_redis_link_init(struct store_redis_link *l, int64_t wait_ms);

/* Append a command to be sent. */
void store_redis_command(struct buf *out, const struct str *words, size_t count);

/* Send commands, connecting first where that is wanted, and take as many replies, which the caller
 * frees; of a failure none is there. */
enum store_redis_result store_redis_ask(struct store_redis_link *l, const struct buf *commands,
    redisReply **replies, size_t count, int64_t deadline_us, struct err *err);

void store_redis_hang_up(struct store_redis_link *l);

#endif
