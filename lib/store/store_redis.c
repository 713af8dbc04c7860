/* SPDX-License-Identifier: MIT */
/*
 * store_redis - state in Redis, shared by many machines.
 *
 * A key stands there as "agentflow:KEY", a value as "EXPIRY STAMP VALUE". The expiry is the truth
 * to us, by our clock and to the microsecond; the server is also given a time to live, so that
 * nothing stays for ever (unless the store has a clock of its own, which the server could not
 * follow). The stamp is another for each change, and stands in a receipt as well, which tells after
 * a lost connection whether the change was made.
 */
#include "store/store_backend.h"

#if defined(HAVE_HIREDIS)
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "store/store_redis.h"
#include "store/store_redis_words.h"
#include "sys/clock.h"

enum {
	/* The server's clock runs at its own pace, and its keys go no earlier than ours. */
	LINGER_MS = 1000,
	VERSION_US = 250000,
};

static int64_t
deadline_of(const struct store_redis *r)
{
	return clock_deadline(r->link.wait_ms);
}

void
store_redis_add_keyed(struct buf *out, struct str verb, struct str key)
{
	struct buf name = BUF_INIT(BUF_UNLIMITED);

	buf_adds(&name, STORE_REDIS_PREFIX);
	buf_addstr(&name, key);
	store_redis_command(out, (struct str[]){ verb, buf_str(&name) }, 2);
	buf_release(&name);
}

void
store_redis_make_stamp(struct store_redis *r, char stamp[STORE_REDIS_STAMP_LEN + 1])
{
	(void)snprintf(
	    stamp, STORE_REDIS_STAMP_LEN + 1, "%016llx", (unsigned long long)rand_u64(&r->rand));
}

void
store_redis_add_write(const struct store_redis *r, const struct store_item *item, const char *stamp,
    int64_t now_us, struct buf *out)
{
	struct buf key = BUF_INIT(BUF_UNLIMITED), value = BUF_INIT(BUF_UNLIMITED),
		   ttl = BUF_INIT(BUF_UNLIMITED);
	bool expires = item->expires_us != STORE_FOREVER && !r->own_clock;

	if (!item->value.p) {
		store_redis_add_keyed(out, STR_LIT("DEL"), item->key);
		return;
	}
	buf_adds(&key, STORE_REDIS_PREFIX);
	buf_addstr(&key, item->key);
	buf_addi(&value, item->expires_us);
	buf_addf(&value, " %s ", stamp);
	buf_addstr(&value, item->value);
	buf_addi(
	    &ttl, (item->expires_us > now_us ? (item->expires_us - now_us) / 1000 : 0) + LINGER_MS);
	store_redis_command(out,
	    (struct str[]){
		STR_LIT("SET"), buf_str(&key), buf_str(&value), STR_LIT("PX"), buf_str(&ttl) },
	    expires ? 5 : 3);
	buf_release(&key);
	buf_release(&value);
	buf_release(&ttl);
}

int
store_redis_read(struct store_redis *r, struct str key, const redisReply *reply,
    struct store_redis_value *s, struct err *err)
{
	struct str expires;

	*s = (struct store_redis_value){ STR_NONE, STR_NONE, STORE_FOREVER };
	if (reply->type == REDIS_REPLY_NIL)
		return 0;
	if (reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "WRONGTYPE", 9) != 0)
		return store_redis_check(r, reply, err);
	if (reply->type == REDIS_REPLY_STRING) {
		s->value = (struct str){ reply->str, reply->len };
		if (str_split(&s->value, ' ', &expires) && num_i64(expires, &s->expires_us) &&
		    str_split(&s->value, ' ', &s->stamp) && s->stamp.len == STORE_REDIS_STAMP_LEN &&
		    s->value.p)
			return 1;
	}
	return err_set(err, EXIT_IO,
	    "%s: what stands at \"" STORE_REDIS_PREFIX
	    "%.*s\" was written by no store of ours: delete it there",
	    r->link.address.name, (int)(key.len > 80 ? 80 : key.len), key.p);
}

int
store_redis_check(struct store_redis *r, const redisReply *reply, struct err *err)
{
	const struct str refusal = { reply->str, reply->len };

	if (reply->type != REDIS_REPLY_ERROR)
		return 0;
	if (store_redis_words_leave(refusal))
		store_redis_hang_up(&r->link);
	return store_redis_words(&r->link.address, refusal, false, err);
}

int
store_redis_ask_twice(
    struct store_redis *r, const struct buf *command, redisReply **reply, struct err *err)
{
	int64_t deadline_us = deadline_of(r);
	enum store_redis_result result = store_redis_ask(
	    &r->link, command, reply, 1, deadline_us, err);

	if (result == STORE_REDIS_LOST)
		result = store_redis_ask(&r->link, command, reply, 1, deadline_us, err);
	return result == STORE_REDIS_OK ? 0 : -1;
}

static int
redis_get(void *at, struct str key, int64_t now_us, struct buf *value, int64_t *expires_us,
    struct err *err)
{
	struct store_redis *r = at;
	struct buf command = BUF_INIT(BUF_UNLIMITED);
	redisReply *reply;
	struct store_redis_value s;
	int rc;

	store_redis_add_keyed(&command, STR_LIT("GET"), key);
	rc = store_redis_ask_twice(r, &command, &reply, err);
	buf_release(&command);
	if (rc < 0)
		return -1;
	rc = store_redis_read(r, key, reply, &s, err);
	if (rc > 0 && store_is_expired(s.expires_us, now_us))
		rc = 0;
	if (rc > 0) {
		buf_addstr(value, s.value);
		*expires_us = s.expires_us;
	}
	freeReplyObject(reply);
	return rc;
}

static int
redis_write(void *at, const struct store_item *item, int64_t now_us, struct err *err)
{
	struct store_redis *r = at;
	struct buf command = BUF_INIT(BUF_UNLIMITED);
	char stamp[STORE_REDIS_STAMP_LEN + 1];
	redisReply *reply;
	int rc;

	store_redis_make_stamp(r, stamp);
	store_redis_add_write(r, item, stamp, now_us, &command);
	rc = store_redis_ask_twice(r, &command, &reply, err);
	buf_release(&command);
	if (rc < 0)
		return -1;
	rc = store_redis_check(r, reply, err);
	freeReplyObject(reply);
	return rc;
}

static uint64_t
redis_version(void *at)
{
	(void)at;
	return (uint64_t)(clock_mono_us() / VERSION_US);
}

static void
redis_set_wait(void *at, int64_t wait_ms)
{
	struct store_redis *r = at;

	r->link.wait_ms = wait_ms;
}

static void
redis_close(void *at)
{
	struct store_redis *r = at;

	store_redis_hang_up(&r->link);
	store_redis_address_release(&r->link.address);
	free(r);
}

int
store_redis_open(const struct store_config *config, struct store_place *place, struct err *err)
{
	static const struct store_ops ops = {
		.close = redis_close,
		.get = redis_get,
		.write = redis_write,
		.scan = store_redis_scan,
		.update = store_redis_update,
		.version = redis_version,
		.set_wait = redis_set_wait,
	};
	struct store_redis *r = xcalloc(1, sizeof *r);
	struct buf nothing = BUF_INIT(BUF_UNLIMITED);
	char id[STORE_REDIS_STAMP_LEN + 1];

	store_redis_link_init(&r->link, config->wait_ms);
	r->own_clock = config->now_us != NULL;
	rand_seed_random(&r->rand);
	store_redis_make_stamp(r, id);
	(void)snprintf(r->receipt, sizeof r->receipt, STORE_REDIS_RECEIPT "%s", id); /* it fits */
	if (store_redis_address_read(&r->link.address, config->url, err) < 0 ||
	    store_redis_ask(&r->link, &nothing, NULL, 0, deadline_of(r), err) != STORE_REDIS_OK) {
		redis_close(r);
		return -1;
	}
	*place = (struct store_place){ &ops, r, xstrdup(r->link.address.name), true };
	return 0;
}

#else

int
store_redis_open(const struct store_config *config, struct store_place *place, struct err *err)
{
	(void)config;
	(void)place;
	return err_set(err, EXIT_CONFIG,
	    "Redis is not built in: install hiredis (libhiredis-dev, hiredis-devel) and make again");
}

#endif
