/* SPDX-License-Identifier: MIT */
/*
 * store_redis - state in Redis, shared by many machines.
 *
 * A key stands there as "agentflow:KEY", a value as "EXPIRY STAMP VALUE". The expiry is the truth
 * to us, by our clock and to the microsecond; the server is also given a time to live, so that
 * nothing stays for ever (unless the store has a clock of its own, which the server could not
 * follow). The stamp is another for each change, and tells after a lost connection whether the
 * change was made.
 */
#include "store/store_backend.h"

#if defined(HAVE_HIREDIS)
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "store/store_redis.h"
#include "sys/clock.h"

enum {
	STAMP_LEN = 16,
	/* The server's clock runs at its own pace, and its keys go no earlier than ours. */
	LINGER_MS = 1000,
	VERSION_US = 250000,
};

static int64_t
deadline_of(const struct store_redis *r)
{
	return clock_deadline(r->link.wait_ms);
}

/* A command whose second word is a key of ours. */
static void
add_keyed(struct buf *out, struct str verb, struct str key)
{
	struct buf name = BUF_INIT(BUF_UNLIMITED);

	buf_adds(&name, STORE_REDIS_PREFIX);
	buf_addstr(&name, key);
	store_redis_command(out, (struct str[]){ verb, buf_str(&name) }, 2);
	buf_release(&name);
}

static void
make_stamp(struct store_redis *r, char stamp[STAMP_LEN + 1])
{
	(void)snprintf(stamp, STAMP_LEN + 1, "%016llx", (unsigned long long)rand_u64(&r->rand));
}

static void
add_write(struct buf *out, const struct store_redis *r, const struct store_item *item,
    const char *stamp, int64_t now_us)
{
	struct buf key = BUF_INIT(BUF_UNLIMITED), value = BUF_INIT(BUF_UNLIMITED),
		   ttl = BUF_INIT(BUF_UNLIMITED);
	bool expires = item->expires_us != STORE_FOREVER && !r->own_clock;

	if (!item->value.p) {
		add_keyed(out, STR_LIT("DEL"), item->key);
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
store_redis_read(const struct store_redis *r, struct str key, const redisReply *reply,
    struct store_redis_value *s, struct err *err)
{
	struct str expires;

	*s = (struct store_redis_value){ STR_NONE, STR_NONE, STORE_FOREVER };
	if (reply->type == REDIS_REPLY_NIL)
		return 0;
	if (reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "WRONGTYPE", 9) != 0)
		return err_set(err, EXIT_IO, "%s: %s", r->link.address.name, reply->str);
	if (reply->type == REDIS_REPLY_STRING) {
		s->value = (struct str){ reply->str, reply->len };
		if (str_split(&s->value, ' ', &expires) && num_i64(expires, &s->expires_us) &&
		    str_split(&s->value, ' ', &s->stamp) && s->stamp.len == STAMP_LEN && s->value.p)
			return 1;
	}
	return err_set(err, EXIT_IO,
	    "%s: what stands at \"" STORE_REDIS_PREFIX
	    "%.*s\" was written by no store of ours: delete it there",
	    r->link.address.name, (int)(key.len > 80 ? 80 : key.len), key.p);
}

int
store_redis_check(const struct store_redis *r, const redisReply *reply, struct err *err)
{
	if (reply->type != REDIS_REPLY_ERROR)
		return 0;
	return err_set(err, EXIT_IO, "%s: %s", r->link.address.name, reply->str);
}

static void
free_replies(redisReply **replies, size_t count)
{
	while (count)
		freeReplyObject(replies[--count]);
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

	add_keyed(&command, STR_LIT("GET"), key);
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
	char stamp[STAMP_LEN + 1];
	redisReply *reply;
	int rc;

	make_stamp(r, stamp);
	add_write(&command, r, item, stamp, now_us);
	rc = store_redis_ask_twice(r, &command, &reply, err);
	buf_release(&command);
	if (rc < 0)
		return -1;
	rc = store_redis_check(r, reply, err);
	freeReplyObject(reply);
	return rc;
}

/* --- an update: WATCH and GET, then MULTI, the change and EXEC, until nobody comes between --- */

struct update {
	struct store_redis *r;
	struct store_item item; /* what is to be written */
	store_update_fn *fn;
	void *user;
	int64_t now_us, deadline_us;
	char stamp[STAMP_LEN + 1]; /* the same in all attempts: whichever came through is known */
	char before[STAMP_LEN + 1]; /* what stood there when the last attempt was made; "": none */
	struct buf fresh;
	bool lost; /* a connection, once: the next loss ends it */
	bool in_doubt; /* the last attempt was on its way then */
};

enum step { STEP_DONE, STEP_AGAIN, STEP_FAILED };

static enum step
say_unknown(const struct update *u, struct err *err)
{
	(void)err_set(err, EXIT_IO,
	    "%s: the connection was lost while \"%.*s\" was changed, and whether it was is not known",
	    u->r->link.address.name, (int)(u->item.key.len > 80 ? 80 : u->item.key.len),
	    u->item.key.p);
	return STEP_FAILED;
}

/* After a lost connection: whether the change was made shows in what stands there now. */
static enum step
resolve(struct update *u, struct str stamp, struct err *err)
{
	bool deleted = !u->item.value.p && !stamp.p;

	if (str_is(stamp, u->stamp) || deleted)
		return STEP_DONE;
	if (u->in_doubt && !str_is(stamp, u->before))
		return say_unknown(u, err);
	u->in_doubt = false;
	return STEP_AGAIN;
}

static enum step
decide(struct update *u, const redisReply *reply, struct err *err)
{
	struct store_redis_value s;
	int rc = store_redis_read(u->r, u->item.key, reply, &s, err);
	enum step step;

	if (rc < 0)
		return STEP_FAILED;
	if (u->in_doubt) {
		step = resolve(u, s.stamp, err);
		if (step != STEP_AGAIN)
			return step;
	}
	(void)snprintf(
	    u->before, sizeof u->before, "%.*s", (int)s.stamp.len, s.stamp.p ? s.stamp.p : "");
	if (rc > 0 && store_is_expired(s.expires_us, u->now_us))
		s = (struct store_redis_value){ STR_NONE, STR_NONE, STORE_FOREVER };
	buf_reset(&u->fresh);
	u->item.expires_us = s.expires_us;
	switch (u->fn(u->user, s.value, &u->fresh, &u->item.expires_us)) {
	case STORE_KEEP:
		return STEP_DONE;
	case STORE_WRITE:
		u->item.value = buf_str(&u->fresh);
		break;
	case STORE_DELETE:
		u->item.value = STR_NONE;
		break;
	}
	return STEP_AGAIN;
}

/* DONE: nothing is to be changed, or has been already. AGAIN: u->item is to be written. */
static enum step
look(struct update *u, struct err *err)
{
	struct buf commands = BUF_INIT(BUF_UNLIMITED);
	redisReply *replies[2];
	enum store_redis_result result;
	enum step step;

	add_keyed(&commands, STR_LIT("WATCH"), u->item.key);
	add_keyed(&commands, STR_LIT("GET"), u->item.key);
	result = store_redis_ask(&u->r->link, &commands, replies, 2, u->deadline_us, err);
	if (result == STORE_REDIS_LOST && !u->lost) {
		u->lost = true;
		result = store_redis_ask(&u->r->link, &commands, replies, 2, u->deadline_us, err);
	}
	buf_release(&commands);
	if (result != STORE_REDIS_OK)
		return u->in_doubt ? say_unknown(u, err) : STEP_FAILED;
	step = store_redis_check(u->r, replies[0], err) < 0 ? STEP_FAILED
							    : decide(u, replies[1], err);
	free_replies(replies, 2);
	return step;
}

/* AGAIN: another was quicker, or the connection was lost. */
static enum step
attempt(struct update *u, struct err *err)
{
	struct buf commands = BUF_INIT(BUF_UNLIMITED);
	redisReply *replies[3], *made;
	enum store_redis_result result;
	enum step step = STEP_DONE;

	store_redis_command(&commands, &STR_LIT("MULTI"), 1);
	add_write(&commands, u->r, &u->item, u->stamp, u->now_us);
	store_redis_command(&commands, &STR_LIT("EXEC"), 1);
	result = store_redis_ask(&u->r->link, &commands, replies, 3, u->deadline_us, err);
	buf_release(&commands);
	if (result == STORE_REDIS_FAILED || (result == STORE_REDIS_LOST && u->lost))
		return say_unknown(u, err);
	if (result == STORE_REDIS_LOST) {
		u->lost = u->in_doubt = true;
		return STEP_AGAIN;
	}
	made = replies[2];
	if (made->type == REDIS_REPLY_NIL)
		step = STEP_AGAIN;
	else if (store_redis_check(u->r, replies[1], err) < 0 ||
		 store_redis_check(u->r, made, err) < 0 ||
		 (made->elements && store_redis_check(u->r, made->element[0], err) < 0))
		step = STEP_FAILED;
	free_replies(replies, 3);
	return step;
}

static enum step
update_all(struct update *u, struct err *err)
{
	enum step step;
	int64_t tries;

	for (tries = 1;; tries++) {
		step = look(u, err);
		if (step != STEP_AGAIN)
			return step;
		step = attempt(u, err);
		if (step != STEP_AGAIN)
			return step;
		if (clock_left_ms(u->deadline_us) == 0)
			break;
		if (!u->in_doubt)
			clock_sleep_ms(
			    (int64_t)rand_below(&u->r->rand, (uint64_t)(tries < 8 ? tries : 8)));
	}
	if (u->in_doubt)
		return say_unknown(u, err);
	(void)err_set(err, EXIT_IO, "%s: others have changed \"%.*s\" for %.1f s without a pause",
	    u->r->link.address.name, (int)(u->item.key.len > 80 ? 80 : u->item.key.len),
	    u->item.key.p, (double)u->r->link.wait_ms / 1000);
	return STEP_FAILED;
}

static int
redis_update(
    void *at, struct str key, int64_t now_us, store_update_fn *fn, void *user, struct err *err)
{
	struct store_redis *r = at;
	struct update u = { .r = r,
		.item.key = key,
		.fn = fn,
		.user = user,
		.now_us = now_us,
		.deadline_us = deadline_of(r) };
	enum step step;

	buf_init(&u.fresh, BUF_UNLIMITED);
	make_stamp(r, u.stamp);
	step = update_all(&u, err);
	buf_release(&u.fresh);
	return step == STEP_DONE ? 0 : -1;
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
		.update = redis_update,
		.version = redis_version,
		.set_wait = redis_set_wait,
	};
	struct store_redis *r = xcalloc(1, sizeof *r);
	struct buf nothing = BUF_INIT(BUF_UNLIMITED);

	r->link.wait_ms = config->wait_ms;
	r->own_clock = config->now_us != NULL;
	rand_seed_random(&r->rand);
	if (store_redis_address_read(&r->link.address, config->url, err) < 0 ||
	    store_redis_ask(&r->link, &nothing, NULL, 0, deadline_of(r), err) != STORE_REDIS_OK) {
		redis_close(r);
		return -1;
	}
	*place = (struct store_place){ &ops, r, xstrdup(r->link.address.name) };
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
