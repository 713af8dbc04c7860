/* SPDX-License-Identifier: MIT */
/*
 * store_redis_update - values that change together: WATCH and GET in one round trip, MULTI, the
 * changes and EXEC in another, until nobody comes between.
 */
#if defined(HAVE_HIREDIS)
#include <stdlib.h>

#include "base/mem.h"
#include "store/store_redis.h"
#include "sys/clock.h"

/* Between two tries: up to so long, more after each. */
enum { PAUSE_MAX_MS = 8 };

/* What stood at a key when it was last looked at: its stamp; "": nothing. */
struct before {
	char stamp[STORE_REDIS_STAMP_LEN + 1];
};

struct update {
	struct store_redis *r;
	const struct store_change_all *all;
	struct before *before; /* one an entry */
	redisReply **replies; /* of the round trip at hand */
	int64_t now_us, deadline_us;
	/* The same in all tries: whichever came through is known. */
	char stamp[STORE_REDIS_STAMP_LEN + 1];
	bool lost; /* a connection, once: the next loss ends it */
	bool in_doubt; /* the last try was on its way then */
};

enum step { STEP_DONE, STEP_AGAIN, STEP_FAILED };

static void
free_replies(struct update *u, size_t count)
{
	while (count)
		freeReplyObject(u->replies[--count]);
}

static size_t
count_changes(const struct update *u)
{
	size_t i, count = 0;

	for (i = 0; i < u->all->count; i++)
		count += u->all->entries[i].change != STORE_KEEP;
	return count;
}

/* For messages: "KEY", "KEY and 2 more". */
static void
add_names(const struct update *u, struct buf *out)
{
	struct str key = u->all->entries[0].key;

	buf_addf(out, "\"%.*s\"", (int)(key.len > 80 ? 80 : key.len), key.p);
	if (u->all->count > 1)
		buf_addf(out, " and %zu more", u->all->count - 1);
}

static enum step
say_unknown(const struct update *u, struct err *err)
{
	struct buf names = BUF_INIT(BUF_UNLIMITED);

	add_names(u, &names);
	(void)err_set(err, EXIT_IO,
	    "%s: the connection was lost while %s was changed, and whether it was is not known",
	    u->r->link.address.name, names.p);
	buf_release(&names);
	return STEP_FAILED;
}

static enum step
say_busy(const struct update *u, struct err *err)
{
	struct buf names = BUF_INIT(BUF_UNLIMITED);

	add_names(u, &names);
	(void)err_set(err, EXIT_IO, "%s: others have changed %s for %.1f s without a pause",
	    u->r->link.address.name, names.p, (double)u->r->link.wait_ms / 1000);
	buf_release(&names);
	return STEP_FAILED;
}

/* After a lost connection: whether the changes were made, which are all or none, shows in what
 * stands there now. One that was deleted shows it only where nothing was written beside it. */
static enum step
resolve(struct update *u, const struct store_redis_value *now, struct err *err)
{
	const struct store_entry *e = u->all->entries;
	size_t i, written = 0, gone = 0;

	for (i = 0; i < u->all->count; i++)
		if (str_is(now[i].stamp, u->stamp))
			return STEP_DONE;
	if (!u->in_doubt)
		return STEP_AGAIN;
	for (i = 0; i < u->all->count; i++) {
		written += e[i].change == STORE_WRITE;
		gone += e[i].change == STORE_DELETE && !now[i].stamp.p;
	}
	if (!written && gone == count_changes(u))
		return STEP_DONE;
	u->in_doubt = false;
	for (i = 0; i < u->all->count; i++)
		if (e[i].change != STORE_KEEP && (e[i].change == STORE_WRITE || now[i].stamp.p) &&
		    str_is(now[i].stamp, u->before[i].stamp))
			return STEP_AGAIN;
	return say_unknown(u, err);
}

/* fn's word on what stands there. */
static enum step
decide(struct update *u, struct store_redis_value *now)
{
	struct store_entry *e = u->all->entries;
	size_t i;

	for (i = 0; i < u->all->count; i++) {
		(void)snprintf(u->before[i].stamp, sizeof u->before[i].stamp, "%.*s",
		    (int)now[i].stamp.len, now[i].stamp.p ? now[i].stamp.p : "");
		if (store_is_expired(now[i].expires_us, u->now_us))
			now[i] = (struct store_redis_value){ STR_NONE, STR_NONE, STORE_FOREVER };
		e[i].old = now[i].value;
		e[i].old_expires_us = now[i].expires_us;
	}
	store_decide(u->all);
	return count_changes(u) ? STEP_AGAIN : STEP_DONE;
}

static enum step
take_values(struct update *u, redisReply *const *replies, struct err *err)
{
	struct store_redis_value *now = xcalloc(u->all->count, sizeof *now);
	enum step step = STEP_AGAIN;
	size_t i;

	for (i = 0; i < u->all->count && step == STEP_AGAIN; i++)
		if (store_redis_read(u->r, u->all->entries[i].key, replies[i], &now[i], err) < 0)
			step = STEP_FAILED;
	if (step == STEP_AGAIN && u->lost)
		step = resolve(u, now, err);
	if (step == STEP_AGAIN)
		step = decide(u, now);
	free(now);
	return step;
}

/* Keys that are still watched for nothing would make others' changes look as if they came between.
 */
static size_t
add_look(const struct update *u, struct buf *out)
{
	size_t i, count = 0;

	if (u->r->watches) {
		store_redis_command(out, &STR_LIT("UNWATCH"), 1);
		count++;
	}
	for (i = 0; i < u->all->count; i++, count++)
		store_redis_add_keyed(out, STR_LIT("WATCH"), u->all->entries[i].key);
	for (i = 0; i < u->all->count; i++, count++)
		store_redis_add_keyed(out, STR_LIT("GET"), u->all->entries[i].key);
	return count;
}

/* DONE: nothing is to be changed, or has been already. AGAIN: the changes are to be written. */
static enum step
look(struct update *u, struct err *err)
{
	struct buf commands = BUF_INIT(BUF_UNLIMITED);
	size_t i, count = add_look(u, &commands), watched = count - u->all->count;
	enum store_redis_result result = store_redis_ask(
	    &u->r->link, &commands, u->replies, count, u->deadline_us, err);
	enum step step = STEP_AGAIN;

	if (result == STORE_REDIS_LOST && !u->lost) {
		u->lost = true;
		result = store_redis_ask(
		    &u->r->link, &commands, u->replies, count, u->deadline_us, err);
	}
	buf_release(&commands);
	if (result != STORE_REDIS_OK)
		return u->in_doubt ? say_unknown(u, err) : STEP_FAILED;
	u->r->watches = true;
	for (i = 0; i < watched && step == STEP_AGAIN; i++)
		if (store_redis_check(u->r, u->replies[i], err) < 0)
			step = STEP_FAILED;
	if (step == STEP_AGAIN)
		step = take_values(u, u->replies + watched, err);
	free_replies(u, count);
	return step;
}

/* What the server says to MULTI, to each change and to EXEC. AGAIN: another was quicker. */
static enum step
take_verdict(const struct update *u, size_t changes, struct err *err)
{
	const redisReply *made = u->replies[changes + 1];
	size_t i;

	if (made->type == REDIS_REPLY_NIL)
		return STEP_AGAIN;
	for (i = 0; i < changes + 2; i++)
		if (store_redis_check(u->r, u->replies[i], err) < 0)
			return STEP_FAILED;
	for (i = 0; i < made->elements; i++)
		if (store_redis_check(u->r, made->element[i], err) < 0)
			return STEP_FAILED;
	return STEP_DONE;
}

/* AGAIN: another was quicker, or the connection was lost. */
static enum step
attempt(struct update *u, struct err *err)
{
	struct buf commands = BUF_INIT(BUF_UNLIMITED);
	size_t i, changes = count_changes(u);
	enum store_redis_result result;
	struct store_item item;
	enum step step;

	store_redis_command(&commands, &STR_LIT("MULTI"), 1);
	for (i = 0; i < u->all->count; i++) {
		item = store_item_of(&u->all->entries[i]);
		if (u->all->entries[i].change != STORE_KEEP)
			store_redis_add_write(u->r, &item, u->stamp, u->now_us, &commands);
	}
	store_redis_command(&commands, &STR_LIT("EXEC"), 1);
	result = store_redis_ask(
	    &u->r->link, &commands, u->replies, changes + 2, u->deadline_us, err);
	buf_release(&commands);
	if (result == STORE_REDIS_FAILED || (result == STORE_REDIS_LOST && u->lost))
		return say_unknown(u, err);
	if (result == STORE_REDIS_LOST) {
		u->lost = u->in_doubt = true;
		return STEP_AGAIN;
	}
	u->r->watches = false;
	step = take_verdict(u, changes, err);
	free_replies(u, changes + 2);
	return step;
}

static enum step
try_all(struct update *u, struct err *err)
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
			return u->in_doubt ? say_unknown(u, err) : say_busy(u, err);
		if (!u->in_doubt)
			clock_sleep_ms((int64_t)rand_below(
			    &u->r->rand, (uint64_t)(tries < PAUSE_MAX_MS ? tries : PAUSE_MAX_MS)));
	}
}

int
store_redis_update(void *at, const struct store_change_all *all, int64_t now_us, struct err *err)
{
	struct store_redis *r = at;
	struct update u = {
		.r = r, .all = all, .now_us = now_us, .deadline_us = clock_deadline(r->link.wait_ms)
	};
	enum step step;

	u.before = xcalloc(all->count, sizeof *u.before);
	u.replies = xcalloc(2 * all->count + 2, sizeof *u.replies);
	store_redis_make_stamp(r, u.stamp);
	step = try_all(&u, err);
	free(u.before);
	free(u.replies);
	return step == STEP_DONE ? 0 : -1;
}
#endif
