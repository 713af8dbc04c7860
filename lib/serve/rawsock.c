/* SPDX-License-Identifier: MIT */
/* rawsock - a socket outside HTTP: exact writes, and the two ways to close. */
#include "serve/rawsock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/die.h"
#include "base/mem.h"

enum rawsock_ending { ENDING_NOT, ENDING_FIN, ENDING_RST };

enum { RAWSOCK_LINGER_MS = 10000 }; /* that a peer is given to take what comes before a RST */

struct rawsock {
	uv_poll_t poll;
	uv_timer_t linger;
	int open_handles;
	int lingered_ms;
	int fd;
	struct buf waiting;
	enum rawsock_ending ending;
	const struct rawsock_events *on; /* NULL once closed was called, or is not wanted */
	void *user;
};

static void
rawsock_freed(uv_handle_t *handle)
{
	struct rawsock *r = handle->data;

	if (--r->open_handles > 0)
		return;
	(void)close(r->fd); /* nothing is left to be told */
	buf_release(&r->waiting);
	free(r);
}

static void
rawsock_close(struct rawsock *r, bool by_peer)
{
	const struct rawsock_events *on = r->on;
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	if (uv_is_closing((uv_handle_t *)&r->poll))
		return;
	/* With a linger time of 0 close(2) sends RST instead of FIN. */
	if (r->ending == ENDING_RST && !by_peer)
		(void)setsockopt(r->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	uv_close((uv_handle_t *)&r->poll, rawsock_freed);
	uv_close((uv_handle_t *)&r->linger, rawsock_freed);
	r->on = NULL;
	if (on)
		on->closed(r->user, by_peer);
}

/* Whether the kernel still holds bytes that the peer has not acknowledged: a RST would drop them.
 */
static bool
rawsock_is_underway(const struct rawsock *r)
{
	int n = 0;

#ifdef TIOCOUTQ
	if (ioctl(r->fd, TIOCOUTQ, &n) < 0)
		return false;
#endif
	return n > 0;
}

static void
rawsock_lingered(uv_timer_t *timer)
{
	struct rawsock *r = timer->data;

	if (rawsock_is_underway(r) && ++r->lingered_ms < RAWSOCK_LINGER_MS)
		return;
	rawsock_close(r, false);
}

/* All is handed to the kernel: close, but let a RST wait for what is on its way. */
static void
rawsock_settle(struct rawsock *r)
{
	if (r->ending == ENDING_RST && rawsock_is_underway(r))
		(void)uv_timer_start(&r->linger, rawsock_lingered, 1, 1);
	else
		rawsock_close(r, false);
}

static void rawsock_watch(struct rawsock *r);

/* Send what waits; false where the connection is gone (and closed). */
static bool
rawsock_push(struct rawsock *r)
{
	ssize_t n;

	while (r->waiting.len > 0) {
		n = send(r->fd, r->waiting.p, r->waiting.len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return true;
		if (n < 0) {
			rawsock_close(r, true);
			return false;
		}
		buf_cut(&r->waiting, (size_t)n);
	}
	return true;
}

/* Read and forget; false where the peer has left (and the socket is closed). */
static bool
rawsock_swallow(struct rawsock *r)
{
	char sink[4096]; /* what comes is thrown away, whatever its size */
	ssize_t n;

	do
		n = recv(r->fd, sink, sizeof sink, 0);
	while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return true;
	rawsock_close(r, true);
	return false;
}

static void
rawsock_polled(uv_poll_t *poll, int status, int events)
{
	struct rawsock *r = poll->data;
	bool had = r->waiting.len > 0;

	if (status < 0) {
		rawsock_close(r, true);
		return;
	}
	if ((events & (UV_READABLE | UV_DISCONNECT)) && !rawsock_swallow(r))
		return;
	if (!rawsock_push(r))
		return;
	if (r->waiting.len == 0 && r->ending != ENDING_NOT &&
	    !uv_is_active((uv_handle_t *)&r->linger)) {
		rawsock_watch(r);
		rawsock_settle(r);
		return;
	}
	rawsock_watch(r);
	if (had && r->waiting.len == 0 && r->on)
		r->on->drained(r->user);
}

static void
rawsock_watch(struct rawsock *r)
{
	int events = UV_READABLE | UV_DISCONNECT | (r->waiting.len > 0 ? UV_WRITABLE : 0);

	if (uv_poll_start(&r->poll, events, rawsock_polled) < 0)
		BUG("a socket cannot be polled");
}

struct rawsock *
rawsock_open(uv_loop_t *loop, int fd, const struct rawsock_events *on, void *user)
{
	struct rawsock *r = xcalloc(1, sizeof *r);
	int one = 1;

	r->fd = fd;
	r->on = on;
	r->user = user;
	r->poll.data = r;
	buf_init(&r->waiting, BUF_UNLIMITED);
	/* Each send is to leave as a segment of its own; where the kernel refuses, it's only
	 * slower. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (uv_poll_init(loop, &r->poll, fd) < 0)
		die(EXIT_SYSTEM, "the event loop takes no more descriptors");
	(void)uv_timer_init(loop, &r->linger); /* can't fail */
	r->linger.data = r;
	r->open_handles = 2;
	rawsock_watch(r);
	return r;
}

void
rawsock_write(struct rawsock *r, struct str bytes)
{
	ssize_t n = 0;

	if (r->ending != ENDING_NOT || uv_is_closing((uv_handle_t *)&r->poll))
		return;
	if (r->waiting.len == 0)
		n = send(r->fd, bytes.p, bytes.len, MSG_NOSIGNAL);
	if (n < 0)
		n = 0; /* a peer that left is met by the poll: closed is never called from here */
	if ((size_t)n == bytes.len)
		return;
	buf_add(&r->waiting, bytes.p + n, bytes.len - (size_t)n);
	rawsock_watch(r);
}

size_t
rawsock_waiting(const struct rawsock *r)
{
	return r->waiting.len;
}

static void
rawsock_end(struct rawsock *r, enum rawsock_ending ending)
{
	if (r->ending != ENDING_NOT || uv_is_closing((uv_handle_t *)&r->poll))
		return;
	r->ending = ending;
	if (r->waiting.len == 0)
		rawsock_settle(r);
}

void
rawsock_finish(struct rawsock *r)
{
	rawsock_end(r, ENDING_FIN);
}

void
rawsock_reset(struct rawsock *r)
{
	rawsock_end(r, ENDING_RST);
}

void
rawsock_drop(struct rawsock *r)
{
	r->on = NULL;
	rawsock_close(r, false);
}
