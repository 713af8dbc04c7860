/* SPDX-License-Identifier: MIT */
/* store_redis - what the operations on Redis have in common. Private to this room. */
#ifndef STORE_STORE_REDIS_H
#define STORE_STORE_REDIS_H

#include "store/store_backend.h"
#include "store/store_redis_link.h"
#include "sys/rand.h"

#define STORE_REDIS_PREFIX "agentflow:" /* of every key */

#define STORE_REDIS_RECEIPT "receipt/" /* of each store's own key, which no scan tells */

enum { STORE_REDIS_STAMP_LEN = 16 };

struct store_redis {
	struct store_redis_link link;
	struct rand rand;
	bool own_clock;
	char receipt[sizeof STORE_REDIS_RECEIPT + STORE_REDIS_STAMP_LEN]; /* its key */
	bool watches; /* the server watches keys of an update that came to nothing */
};

/* What stands at a key; borrowed from the reply. */
struct store_redis_value {
	struct str stamp, value;
	int64_t expires_us;
};

/* 1, or 0 where there is none; -1 and err. key: which it is, for that. */
int store_redis_read(struct store_redis *r, struct str key, const redisReply *reply,
    struct store_redis_value *v, struct err *err);

/* Append a command whose second word is a key of ours. */
void store_redis_add_keyed(struct buf *out, struct str verb, struct str key);
/* Append what makes it stand there. */
void store_redis_add_write(const struct store_redis *r, const struct store_item *item,
    const char *stamp, int64_t now_us, struct buf *out);
void store_redis_make_stamp(struct store_redis *r, char stamp[STORE_REDIS_STAMP_LEN + 1]);

/* -1 and err where the server refuses. The reply stays, but the connection may be given up. */
int store_redis_check(struct store_redis *r, const redisReply *reply, struct err *err);

/* One command that may as well be made twice: after a lost connection it is, once. The caller frees
 * *reply. */
int store_redis_ask_twice(
    struct store_redis *r, const struct buf *command, redisReply **reply, struct err *err);

/* Each is in a file of its own. As of store_ops. */
int store_redis_scan(
    void *at, struct str prefix, int64_t now_us, store_scan_fn *fn, void *user, struct err *err);
int store_redis_update(
    void *at, const struct store_change_all *all, int64_t now_us, struct err *err);

#endif
