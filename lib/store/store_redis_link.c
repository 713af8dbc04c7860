/* SPDX-License-Identifier: MIT */
/* store_redis_link - commands to a Redis server and its replies, with a deadline. */
#if defined(HAVE_HIREDIS)
#include "store/store_redis_link.h"

#include "base/die.h"
#include "store/store_redis_words.h"
#include "sys/clock.h"

void
store_redis_link_init(struct store_redis_link *l, int64_t wait_ms)
{
	l->stream.fd = -1;
	l->wait_ms = wait_ms;
}

void
store_redis_command(struct buf *out, const struct str *words, size_t count)
{
	size_t i;

	buf_addf(out, "*%zu\r\n", count);
	for (i = 0; i < count; i++) {
		buf_addf(out, "$%zu\r\n", words[i].len);
		buf_addstr(out, words[i]);
		buf_adds(out, "\r\n");
	}
}

void
store_redis_hang_up(struct store_redis_link *l)
{
	if (l->reader)
		redisReaderFree(l->reader);
	l->reader = NULL;
	store_redis_stream_close(&l->stream);
}

/* It can't be had: whoever asks in the next while hears the same. */
static enum store_redis_result
rest(struct store_redis_link *l, const struct err *err)
{
	store_redis_hang_up(l);
	l->rest_why = *err;
	l->rest_until_us = clock_deadline(STORE_REDIS_REST_MS);
	return STORE_REDIS_FAILED;
}

static enum store_redis_result
lose(struct store_redis_link *l, int errnum, struct err *err)
{
	if (errnum)
		(void)err_sys(err, errnum, "%s: the connection is lost", l->address.name);
	else
		(void)err_set(
		    err, EXIT_IO, "%s: the server has closed the connection", l->address.name);
	store_redis_hang_up(l);
	return STORE_REDIS_LOST;
}

/* What stands behind a moment that has passed can't be told from the next reply: the connection is
 * of no use any more. */
static enum store_redis_result
time_out(struct store_redis_link *l, struct err *err)
{
	(void)err_set(
	    err, EXIT_IO, "%s: no answer for %.1f s", l->address.name, (double)l->wait_ms / 1000);
	return rest(l, err);
}

/* What the stream says, in the link's terms. */
static enum store_redis_result
result_of(struct store_redis_link *l, enum store_redis_flow flow, struct err *err)
{
	switch (flow) {
	case STORE_REDIS_FLOWS:
		break;
	case STORE_REDIS_CUT:
		return lose(l, l->stream.errnum, err);
	case STORE_REDIS_LATE:
		return time_out(l, err);
	case STORE_REDIS_REFUSED:
		return rest(l, err);
	}
	return STORE_REDIS_OK;
}

/* Read what there is, waiting for it. */
static enum store_redis_result
feed(struct store_redis_link *l, int64_t deadline_us, struct err *err)
{
	struct str bytes;
	enum store_redis_flow flow = store_redis_stream_take(&l->stream, &bytes, deadline_us, err);

	/* What makes this fail is kept, and told with the next reply. */
	if (flow == STORE_REDIS_FLOWS)
		(void)redisReaderFeed(l->reader, bytes.p, bytes.len);
	return result_of(l, flow, err);
}

static enum store_redis_result
take_reply(struct store_redis_link *l, redisReply **reply, int64_t deadline_us, struct err *err)
{
	enum store_redis_result result;
	void *got = NULL;

	for (;;) {
		if (redisReaderGetReply(l->reader, &got) != REDIS_OK) {
			(void)err_set(err, EXIT_IO, "%s: this is no Redis server: %s",
			    l->address.name, l->reader->errstr);
			return rest(l, err);
		}
		if (got) {
			*reply = got;
			return STORE_REDIS_OK;
		}
		result = feed(l, deadline_us, err);
		if (result != STORE_REDIS_OK)
			return result;
	}
}

static enum store_redis_result
exchange(struct store_redis_link *l, const struct buf *commands, redisReply **replies, size_t count,
    int64_t deadline_us, struct err *err)
{
	enum store_redis_result result = result_of(
	    l, store_redis_stream_send(&l->stream, buf_str(commands), deadline_us, err), err);
	size_t i;

	for (i = 0; result == STORE_REDIS_OK && i < count; i++)
		result = take_reply(l, &replies[i], deadline_us, err);
	if (result == STORE_REDIS_OK)
		return result;
	/* The last one was not had. */
	for (; i > 1; i--)
		freeReplyObject(replies[i - 2]);
	return result;
}

/* What it says may repeat what it was sent. */
static enum store_redis_result
refuse(struct store_redis_link *l, const redisReply *reply, struct err *err)
{
	(void)store_redis_words(
	    &l->address, (struct str){ reply->str, reply->len }, l->address.password != NULL, err);
	return rest(l, err);
}

/* The first answer did not come, or is none: the other side may be meant for the other kind. */
static enum store_redis_result
doubt(struct store_redis_link *l, enum store_redis_result result, struct err *err)
{
	struct err why = *err;
	const char *advice = "";

	if (l->address.tls && !l->address.cert)
		advice = " (where it wants a certificate of ours: ?cert=FILE&key=FILE)";
	else if (l->address.host && !l->address.tls)
		advice = " (where it speaks TLS, the URL is rediss://)";
	(void)err_set(err, why.code, "%s%s", why.text, advice);
	l->rest_why = *err;
	return result;
}

static enum store_redis_result
take_welcome(struct store_redis_link *l, redisReply **replies, size_t count, struct err *err)
{
	enum store_redis_result result = STORE_REDIS_OK;
	size_t i;

	for (i = 0; i < count; i++) {
		if (replies[i]->type == REDIS_REPLY_ERROR && result == STORE_REDIS_OK)
			result = refuse(l, replies[i], err);
		freeReplyObject(replies[i]);
	}
	return result;
}

/* Say who we are and which database is meant. */
static enum store_redis_result
introduce(struct store_redis_link *l, int64_t deadline_us, struct err *err)
{
	const struct store_redis_address *a = &l->address;
	struct buf commands = BUF_INIT(BUF_UNLIMITED), database = BUF_INIT(BUF_UNLIMITED);
	struct str auth[] = { STR_LIT("AUTH"), str_of(a->user), str_of(a->password) };
	redisReply *replies[3];
	enum store_redis_result result;
	size_t count = 0;

	if (a->password) {
		auth[a->user ? 0 : 1] = STR_LIT("AUTH");
		store_redis_command(&commands, auth + !a->user, a->user ? 3 : 2);
		count++;
	}
	if (a->database) {
		buf_addi(&database, a->database);
		store_redis_command(
		    &commands, (struct str[]){ STR_LIT("SELECT"), buf_str(&database) }, 2);
		count++;
	}
	store_redis_command(&commands, &STR_LIT("PING"), 1);
	count++;
	result = exchange(l, &commands, replies, count, deadline_us, err);
	if (result != STORE_REDIS_OK)
		result = doubt(l, result, err);
	else
		result = take_welcome(l, replies, count, err);
	buf_wipe(&commands);
	buf_release(&database);
	return result;
}

static enum store_redis_result
connect_to(struct store_redis_link *l, int64_t deadline_us, struct err *err)
{
	enum store_redis_result result;

	if (clock_mono_us() < l->rest_until_us) {
		*err = l->rest_why;
		return STORE_REDIS_FAILED;
	}
	result = result_of(
	    l, store_redis_stream_open(&l->stream, &l->address, deadline_us, err), err);
	if (result != STORE_REDIS_OK)
		return result;
	l->reader = redisReaderCreate();
	if (!l->reader)
		die(EXIT_SYSTEM, "out of memory");
	return introduce(l, deadline_us, err);
}

enum store_redis_result
store_redis_ask(struct store_redis_link *l, const struct buf *commands, redisReply **replies,
    size_t count, int64_t deadline_us, struct err *err)
{
	enum store_redis_result result = STORE_REDIS_OK;

	if (!l->reader)
		result = connect_to(l, deadline_us, err);
	if (result != STORE_REDIS_OK)
		return result;
	return exchange(l, commands, replies, count, deadline_us, err);
}
#endif
