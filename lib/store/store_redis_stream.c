/* SPDX-License-Identifier: MIT */
/* store_redis_stream - bytes to a Redis server and back, with deadlines. */
#if defined(HAVE_HIREDIS)
#include "store/store_redis_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/clock.h"
#include "sys/tls.h"

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

static enum store_redis_flow
cut(struct store_redis_stream *s, int errnum)
{
	s->errnum = errnum;
	return errnum == ETIMEDOUT ? STORE_REDIS_LATE : STORE_REDIS_CUT;
}

/* --- it is opened --- */

/* errno, or 0: s->fd is connected. */
static int
dial(struct store_redis_stream *s, const struct sockaddr *to, socklen_t len, int64_t deadline_us)
{
	int on = 1, errnum;
	socklen_t size = sizeof errnum;

	s->fd = socket(to->sa_family, SOCK_STREAM, 0);
	if (s->fd < 0)
		return errno;
	if (fcntl(s->fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(s->fd, F_SETFL, O_NONBLOCK) < 0)
		return errno;
	/* An answer is waited for after each burst; where this fails, it only takes longer. */
	if (to->sa_family != AF_UNIX)
		(void)setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(s->fd, to, len) == 0)
		return 0;
	if (errno != EINPROGRESS && errno != EINTR)
		return errno;
	errnum = wait_ready(s->fd, POLLOUT, deadline_us);
	if (errnum)
		return errnum;
	return getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &errnum, &size) < 0 ? errno : errnum;
}

static enum store_redis_flow
refuse(int errnum, struct err *err)
{
	(void)err_set(err, EXIT_IO, "%s", strerror(errnum));
	return STORE_REDIS_REFUSED;
}

static enum store_redis_flow
open_path(struct store_redis_stream *s, const char *path, int64_t deadline_us, struct err *err)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int errnum;

	if (strlen(path) >= sizeof name.sun_path) {
		(void)err_set(err, EXIT_CONFIG, "a socket's path has room for %zu bytes",
		    sizeof name.sun_path - 1);
		return STORE_REDIS_REFUSED;
	}
	memcpy(name.sun_path, path, strlen(path) + 1);
	errnum = dial(s, (const struct sockaddr *)&name, sizeof name, deadline_us);
	return errnum ? refuse(errnum, err) : STORE_REDIS_FLOWS;
}

static size_t
count_addresses(const struct addrinfo *a)
{
	size_t count = 0;

	for (; a; a = a->ai_next)
		count++;
	return count;
}

/* All that the name stands for, one after the other; each has its part of the time. */
static enum store_redis_flow
open_host(struct store_redis_stream *s, const struct store_redis_address *address,
    int64_t deadline_us, struct err *err)
{
	struct addrinfo wanted = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	struct addrinfo *found = NULL, *a;
	char *port = xasprintf("%d", address->port);
	int rc = getaddrinfo(address->host, port, &wanted, &found), errnum = 0;
	size_t left = count_addresses(found);

	free(port);
	if (rc != 0) {
		(void)err_set(
		    err, EXIT_IO, "%s", rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
		return STORE_REDIS_REFUSED;
	}
	for (a = found; a; a = a->ai_next, left--) {
		store_redis_stream_close(s);
		errnum = dial(s, a->ai_addr, a->ai_addrlen,
		    clock_deadline(clock_left_ms(deadline_us) / (int64_t)left));
		if (!errnum)
			break;
	}
	freeaddrinfo(found);
	return errnum ? refuse(errnum, err) : STORE_REDIS_FLOWS;
}

/* What is to be done about it, as the URL has it. */
static const char *
remedy(enum tls_trouble trouble)
{
	switch (trouble) {
	case TLS_UNTRUSTED:
		return ": name its CA's certificate (?cacert=FILE)";
	case TLS_OTHER_HOST:
		return ": name the host that it is for (?sni=NAME, where it is reached by another)";
	case TLS_PLAIN:
		return ": without it, the URL is redis://";
	case TLS_WANTS_OURS:
		return " (?cert=FILE&key=FILE)";
	case TLS_OUT_OF_DATE:
	case TLS_TROUBLE:
		break;
	}
	return "";
}

static enum store_redis_flow
explain(const struct store_redis_stream *s, struct err *err)
{
	struct err why = *err;

	(void)err_set(err, why.code, "%s: %s%s", s->name, why.text, remedy(tls_trouble(s->tls)));
	return STORE_REDIS_REFUSED;
}

/* FLOWS: it is done, or to be tried again, for the socket is ready. */
static enum store_redis_flow
wait_for(struct store_redis_stream *s, enum tls_state state, int64_t deadline_us, struct err *err)
{
	int errnum = 0;

	switch (state) {
	case TLS_DONE:
		break;
	case TLS_WANTS_READ:
	case TLS_WANTS_WRITE:
		errnum = wait_ready(s->fd, state == TLS_WANTS_READ ? POLLIN : POLLOUT, deadline_us);
		break;
	case TLS_CLOSED:
		return cut(s, 0);
	case TLS_LOST:
		return cut(s, errno);
	case TLS_FAILED:
		return explain(s, err);
	}
	return errnum ? cut(s, errnum) : STORE_REDIS_FLOWS;
}

static enum store_redis_flow
shake(struct store_redis_stream *s, int64_t deadline_us, struct err *err)
{
	enum store_redis_flow flow;
	enum tls_state state;

	do {
		state = tls_shake(s->tls, err);
		flow = wait_for(s, state, deadline_us, err);
	} while (flow == STORE_REDIS_FLOWS && state != TLS_DONE);
	if (flow != STORE_REDIS_LATE && flow != STORE_REDIS_CUT)
		return flow;
	(void)err_set(err, EXIT_IO, "%s: %s: without it, the URL is redis://", s->name,
	    flow == STORE_REDIS_LATE ? "it does not answer to TLS"
				     : "it closes the connection at the first words of TLS");
	return STORE_REDIS_REFUSED;
}

static enum store_redis_flow
secure(struct store_redis_stream *s, const struct store_redis_address *a, int64_t deadline_us,
    struct err *err)
{
	s->tls = tls_new(s->fd,
	    &(struct tls_config){ .host = a->sni ? a->sni : a->host,
		.ca_file = a->cacert,
		.ca_dir = a->cacertdir,
		.cert_file = a->cert,
		.key_file = a->key },
	    err);
	if (s->tls)
		return shake(s, deadline_us, err);
	(void)err_wrap(err, "%s", s->name);
	return STORE_REDIS_REFUSED;
}

enum store_redis_flow
store_redis_stream_open(struct store_redis_stream *s, const struct store_redis_address *address,
    int64_t deadline_us, struct err *err)
{
	enum store_redis_flow flow = address->path ? open_path(s, address->path, deadline_us, err)
						   : open_host(s, address, deadline_us, err);

	s->name = address->name;
	if (flow == STORE_REDIS_REFUSED)
		(void)err_wrap(err, "%s can't be reached", s->name);
	else if (address->tls)
		flow = secure(s, address, deadline_us, err);
	return flow;
}

void
store_redis_stream_close(struct store_redis_stream *s)
{
	tls_free(s->tls);
	s->tls = NULL;
	if (s->fd >= 0)
		(void)close(s->fd); /* what was sent and not answered is in doubt in any case */
	s->fd = -1;
}

/* --- it flows --- */

static enum store_redis_flow
send_some(struct store_redis_stream *s, struct str *bytes, int64_t deadline_us, struct err *err)
{
	enum tls_state state;
	size_t sent = 0;
	ssize_t n;

	if (s->tls) {
		state = tls_write(s->tls, bytes->p, bytes->len, &sent, err);
	} else {
		n = send(s->fd, bytes->p, bytes->len, MSG_NOSIGNAL | MSG_DONTWAIT);
		sent = n > 0 ? (size_t)n : 0;
		state = n >= 0                                    ? TLS_DONE
			: errno == EAGAIN || errno == EWOULDBLOCK ? TLS_WANTS_WRITE
			: errno == EINTR                          ? TLS_DONE
								  : TLS_LOST;
	}
	if (state == TLS_DONE) {
		bytes->p += sent;
		bytes->len -= sent;
	}
	return wait_for(s, state, deadline_us, err);
}

enum store_redis_flow
store_redis_stream_send(
    struct store_redis_stream *s, struct str bytes, int64_t deadline_us, struct err *err)
{
	enum store_redis_flow flow = STORE_REDIS_FLOWS;

	while (bytes.len && flow == STORE_REDIS_FLOWS)
		flow = send_some(s, &bytes, deadline_us, err);
	return flow;
}

static enum tls_state
receive(struct store_redis_stream *s, size_t *n)
{
	ssize_t got = recv(s->fd, s->block, sizeof s->block, MSG_DONTWAIT);

	*n = got > 0 ? (size_t)got : 0;
	if (got == 0)
		return TLS_CLOSED;
	if (got > 0 || errno == EINTR)
		return TLS_DONE;
	return errno == EAGAIN || errno == EWOULDBLOCK ? TLS_WANTS_READ : TLS_LOST;
}

enum store_redis_flow
store_redis_stream_take(
    struct store_redis_stream *s, struct str *bytes, int64_t deadline_us, struct err *err)
{
	enum store_redis_flow flow = STORE_REDIS_FLOWS;
	enum tls_state state;
	size_t n = 0;

	while (!n && flow == STORE_REDIS_FLOWS) {
		state = s->tls ? tls_read(s->tls, s->block, sizeof s->block, &n, err)
			       : receive(s, &n);
		if (state != TLS_DONE) {
			n = 0;
			flow = wait_for(s, state, deadline_us, err);
		}
	}
	*bytes = (struct str){ s->block, n };
	return flow;
}
#endif
