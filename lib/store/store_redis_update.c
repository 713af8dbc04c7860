/* SPDX-License-Identifier: MIT */
/*
 * store_redis_update - values that change together: WATCH and GET in one round trip, MULTI, the
 * changes and EXEC in another, until nobody comes between.
 *
 * With the changes goes a receipt, a key of this store alone that holds their stamp. Where the
 * answer to EXEC is lost it tells whether they were made, whatever others have made of them since.
 */
#if defined(HAVE_HIREDIS)
#include <stdlib.h>

#include "base/mem.h"
#include "store/store_redis.h"
#include "sys/clock.h"

/* Between two tries: up to so long, more after each. */
enum { PAUSE_MAX_MS = 8 };
/* Beside those of the values: to UNWATCH and of the receipt, or to MULTI, the receipt and EXEC. */
enum { REPLIES_MORE = 3 };
/* It is wanted for as long as may be waited, and clocks differ. */
#define RECEIPT_US (INT64_C(60) * 1000000)

struct update {
	struct store_redis *r;
	const struct store_change_all *all;
	redisReply **replies; /* of the round trip at hand */
	int64_t now_us, deadline_us;
	/* The same in all tries: whichever came through is known. */
	char stamp[STORE_REDIS_STAMP_LEN + 1];
	bool in_doubt; /* a connection was lost with a try on its way */
};

enum step { STEP_DONE, STEP_AGAIN, STEP_FAILED };

static void
free_replies(struct update *u, size_t count)
{
	while (count)
		freeReplyObject(u->replies[--count]);
}

static bool
changes_any(const struct update *u)
{
	size_t i;

	for (i = 0; i < u->all->count; i++)
		if (u->all->entries[i].change != STORE_KEEP)
			return true;
	return false;
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

static struct str
receipt_of(const struct store_redis *r)
{
	return (struct str){ r->receipt, strlen(r->receipt) };
}

/* After a lost connection: whether the changes were made, which are all or none. Were they still on
 * their way, they would come to nothing once something else is made of what we watch. */
static enum step
take_receipt(struct update *u, const redisReply *reply, struct err *err)
{
	struct store_redis_value receipt;

	if (store_redis_read(u->r, receipt_of(u->r), reply, &receipt, err) < 0)
		return STEP_FAILED;
	return str_is(receipt.stamp, u->stamp) ? STEP_DONE : STEP_AGAIN;
}

/* fn's word on what stands there. */
static enum step
decide(struct update *u, struct store_redis_value *now)
{
	struct store_entry *e = u->all->entries;
	size_t i;

	for (i = 0; i < u->all->count; i++) {
		if (store_is_expired(now[i].expires_us, u->now_us))
			now[i] = (struct store_redis_value){ STR_NONE, STR_NONE, STORE_FOREVER };
		e[i].old = now[i].value;
		e[i].old_expires_us = now[i].expires_us;
	}
	store_decide(u->all);
	return changes_any(u) ? STEP_AGAIN : STEP_DONE;
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
	if (u->in_doubt) {
		store_redis_add_keyed(out, STR_LIT("GET"), receipt_of(u->r));
		count++;
	}
	return count;
}

/* DONE: nothing is to be changed, or has been already. AGAIN: the changes are to be written. */
static enum step
look(struct update *u, struct err *err)
{
	struct buf commands = BUF_INIT(BUF_UNLIMITED);
	size_t i, count = add_look(u, &commands);
	size_t watched = count - u->all->count - u->in_doubt;
	enum store_redis_result result = store_redis_ask(
	    &u->r->link, &commands, u->replies, count, u->deadline_us, err);
	enum step step = STEP_AGAIN;

	if (result == STORE_REDIS_LOST)
		result = store_redis_ask(
		    &u->r->link, &commands, u->replies, count, u->deadline_us, err);
	buf_release(&commands);
	if (result != STORE_REDIS_OK)
		return u->in_doubt ? say_unknown(u, err) : STEP_FAILED;
	u->r->watches = true;
	for (i = 0; i < watched && step == STEP_AGAIN; i++)
		if (store_redis_check(u->r, u->replies[i], err) < 0)
			step = STEP_FAILED;
	if (step == STEP_AGAIN && u->in_doubt)
		step = take_receipt(u, u->replies[count - 1], err);
	if (step == STEP_AGAIN)
		step = take_values(u, u->replies + watched, err);
	free_replies(u, count);
	return step;
}

/* What the server says to MULTI, to each change, to the receipt and to EXEC. AGAIN: another was
 * quicker. */
static enum step
take_verdict(const struct update *u, size_t count, struct err *err)
{
	const redisReply *made = u->replies[count - 1];
	size_t i;

	if (made->type == REDIS_REPLY_NIL)
		return STEP_AGAIN;
	for (i = 0; i < count; i++)
		if (store_redis_check(u->r, u->replies[i], err) < 0)
			return STEP_FAILED;
	for (i = 0; i < made->elements; i++)
		if (store_redis_check(u->r, made->element[i], err) < 0)
			return STEP_FAILED;
	return STEP_DONE;
}

static size_t
add_changes(const struct update *u, struct buf *out)
{
	struct store_item item = { .key = receipt_of(u->r),
		.value = STR_LIT(""),
		.expires_us = u->now_us + u->r->link.wait_ms * 1000 + RECEIPT_US };
	size_t i, count = 3; /* MULTI, the receipt, EXEC */

	store_redis_command(out, &STR_LIT("MULTI"), 1);
	store_redis_add_write(u->r, &item, u->stamp, u->now_us, out);
	for (i = 0; i < u->all->count; i++) {
		item = store_item_of(&u->all->entries[i]);
		if (u->all->entries[i].change == STORE_KEEP)
			continue;
		store_redis_add_write(u->r, &item, u->stamp, u->now_us, out);
		count++;
	}
	store_redis_command(out, &STR_LIT("EXEC"), 1);
	return count;
}

/* AGAIN: another was quicker, or the connection was lost. */
static enum step
attempt(struct update *u, struct err *err)
{
	struct buf commands = BUF_INIT(BUF_UNLIMITED);
	size_t count = add_changes(u, &commands);
	enum store_redis_result result;
	enum step step;

	result = store_redis_ask(&u->r->link, &commands, u->replies, count, u->deadline_us, err);
	buf_release(&commands);
	if (result == STORE_REDIS_FAILED)
		return say_unknown(u, err);
	if (result == STORE_REDIS_LOST) {
		u->in_doubt = true;
		return STEP_AGAIN;
	}
	u->r->watches = false;
	step = take_verdict(u, count, err);
	free_replies(u, count);
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

	u.replies = xcalloc(2 * all->count + REPLIES_MORE, sizeof *u.replies);
	store_redis_make_stamp(r, u.stamp);
	step = try_all(&u, err);
	free(u.replies);
	return step == STEP_DONE ? 0 : -1;
}
#endif
