/* SPDX-License-Identifier: MIT */
/* store_redis_link - commands to a Redis server and its replies, with a deadline. */
#if defined(HAVE_HIREDIS)
#include "store/store_redis_link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "sys/clock.h"

enum { READ_BLOCK = 16 * 1024 };

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
	if (l->context)
		redisFree(l->context);
	l->context = NULL;
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

/* errno, or 0 where the socket is ready; ETIMEDOUT. */
static int
wait_ready(int fd, short events, int64_t deadline_us)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do
		n = poll(&p, 1, clock_left_ms(deadline_us));
	while (n < 0 && errno == EINTR);
	return n < 0 ? errno : n == 0 ? ETIMEDOUT : 0;
}

static enum store_redis_result
stop(struct store_redis_link *l, int errnum, struct err *err)
{
	return errnum == ETIMEDOUT ? time_out(l, err) : lose(l, errnum, err);
}

static enum store_redis_result
send_all(struct store_redis_link *l, struct str bytes, int64_t deadline_us, struct err *err)
{
	int fd = l->context->fd, errnum;
	ssize_t n;

	while (bytes.len) {
		n = send(fd, bytes.p, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0) {
			bytes.p += n;
			bytes.len -= (size_t)n;
			continue;
		}
		errnum = errno;
		if (errnum == EAGAIN || errnum == EWOULDBLOCK)
			errnum = wait_ready(fd, POLLOUT, deadline_us);
		if (errnum && errnum != EINTR)
			return stop(l, errnum, err);
	}
	return STORE_REDIS_OK;
}

/* Read what there is, waiting for it. */
static enum store_redis_result
feed(struct store_redis_link *l, int64_t deadline_us, struct err *err)
{
	char block[READ_BLOCK];
	ssize_t n = recv(l->context->fd, block, sizeof block, MSG_DONTWAIT);
	int errnum = n < 0 ? errno : 0;

	if (n > 0) {
		/* What makes this fail is kept, and told with the next reply. */
		(void)redisReaderFeed(l->context->reader, block, (size_t)n);
		return STORE_REDIS_OK;
	}
	if (n == 0)
		return lose(l, 0, err);
	if (errnum == EAGAIN || errnum == EWOULDBLOCK)
		errnum = wait_ready(l->context->fd, POLLIN, deadline_us);
	return errnum && errnum != EINTR ? stop(l, errnum, err) : STORE_REDIS_OK;
}

static enum store_redis_result
take_reply(struct store_redis_link *l, redisReply **reply, int64_t deadline_us, struct err *err)
{
	enum store_redis_result result;
	void *got = NULL;

	for (;;) {
		if (redisReaderGetReply(l->context->reader, &got) != REDIS_OK) {
			(void)err_set(err, EXIT_IO, "%s: this is no Redis server: %s",
			    l->address.name, l->context->reader->errstr);
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
	enum store_redis_result result = send_all(l, buf_str(commands), deadline_us, err);
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

/* The server's words are its own, but for the first they may repeat what it was sent. */
static enum store_redis_result
refuse(struct store_redis_link *l, const redisReply *reply, struct err *err)
{
	struct str text = { reply->str, reply->len }, code;

	(void)str_split(&text, ' ', &code);
	if (str_is(code, "NOAUTH") || str_is(code, "WRONGPASS"))
		(void)err_set(err, EXIT_CONFIG, "%s: %s (%.*s)", l->address.name,
		    l->address.password ? "the password is not the server's"
					: "a password is wanted",
		    (int)code.len, code.p);
	else
		(void)err_set(err, EXIT_IO, "%s: the server refuses: %.*s", l->address.name,
		    (int)code.len, code.p);
	return rest(l, err);
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
	size_t i, count = 0;

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
	if (result == STORE_REDIS_OK) {
		for (i = 0; i < count; i++) {
			if (replies[i]->type == REDIS_REPLY_ERROR && result == STORE_REDIS_OK)
				result = refuse(l, replies[i], err);
			freeReplyObject(replies[i]);
		}
	}
	buf_wipe(&commands);
	buf_release(&database);
	return result;
}

static enum store_redis_result
connect_to(struct store_redis_link *l, int64_t deadline_us, struct err *err)
{
	int left_ms = clock_left_ms(deadline_us);
	struct timeval timeout = { left_ms / 1000, left_ms % 1000 * 1000 };

	if (clock_mono_us() < l->rest_until_us) {
		*err = l->rest_why;
		return STORE_REDIS_FAILED;
	}
	if (left_ms == 0)
		timeout.tv_usec = 1000; /* 0 would be without end */
	l->context = l->address.path
			 ? redisConnectUnixWithTimeout(l->address.path, timeout)
			 : redisConnectWithTimeout(l->address.host, l->address.port, timeout);
	if (!l->context || l->context->err) {
		(void)err_set(err, EXIT_IO, "%s can't be reached: %s", l->address.name,
		    l->context ? l->context->errstr : "out of memory");
		return rest(l, err);
	}
	(void)fcntl(l->context->fd, F_SETFD, FD_CLOEXEC); /* cannot fail on an open descriptor */
	return introduce(l, deadline_us, err);
}

enum store_redis_result
store_redis_ask(struct store_redis_link *l, const struct buf *commands, redisReply **replies,
    size_t count, int64_t deadline_us, struct err *err)
{
	enum store_redis_result result = STORE_REDIS_OK;

	if (!l->context)
		result = connect_to(l, deadline_us, err);
	if (result != STORE_REDIS_OK)
		return result;
	return exchange(l, commands, replies, count, deadline_us, err);
}
#endif
