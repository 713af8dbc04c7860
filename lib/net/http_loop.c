/* SPDX-License-Identifier: MIT */
/* http_loop - libcurl's sockets and timer on libuv's loop. */
#include <stdlib.h>
#include <unistd.h>

#include "base/die.h"
#include "base/mem.h"
#include "net/http_exchange.h"

/*
 * A socket that libcurl wants to know about. It asks anew for each exchange, and lets go of it
 * after each: with libuv that were six system calls. So the poll of a connection that stands goes
 * on until something comes that nobody waits for, without keeping the loop alive. It ends with the
 * socket, whose closing goes by way of us; that of sockets that are not connected yet, and of those
 * by which libcurl's own threads wake it, does not (seen with 7.88.1).
 */
struct http_socket {
	uv_poll_t poll;
	struct http *http;
	curl_socket_t fd;
	int events; /* that are polled for; 0: none */
	bool is_wanted;
	bool is_ours; /* to close */
};

void
http_demand(CURLMcode rc)
{
	if (rc == CURLM_OUT_OF_MEMORY)
		die(EXIT_SYSTEM, "out of memory");
	if (rc)
		BUG("http: libcurl: %s", curl_multi_strerror(rc));
}

static void
loop_act(struct http *h, curl_socket_t fd, int events)
{
	int running;

	h->turn_bytes = 0;
	http_demand(curl_multi_socket_action(h->multi, fd, events, &running));
	http_reap(h);
}

/* For what is new libcurl wants to be called at once: not by way of another turn of the loop. */
void
http_send_ready(struct http *h)
{
	http_serve_ready(h);
	if (uv_timer_get_due_in(&h->curl_timer) > 0)
		return;
	(void)uv_timer_stop(&h->curl_timer); /* never fails */
	loop_act(h, CURL_SOCKET_TIMEOUT, 0);
}

static void
socket_on_event(uv_poll_t *poll, int status, int events)
{
	struct http_socket *w = poll->data;
	struct http *h = w->http;
	int flags = 0;

	if (!w->is_wanted) {
		(void)uv_poll_stop(poll); /* never fails */
		w->events = 0;
		return;
	}
	if (status < 0) {
		/* libuv stops watching a socket in error. There may be bytes before the error, so
		 * libcurl is to find it by reading on, not to be told of it. */
		events = w->events;
		(void)uv_poll_start(poll, events, socket_on_event); /* as below */
	}
	if (events & UV_READABLE)
		flags |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		flags |= CURL_CSELECT_OUT;
	loop_act(h, w->fd, flags);
	if (h->ready) /* what a done callback started is sent before the next socket's turn */
		http_send_ready(h);
}

static void
socket_free(uv_handle_t *handle)
{
	free(handle->data);
}

static struct http_socket *
socket_at(const struct http *h, curl_socket_t fd)
{
	return (size_t)fd < h->socket_count ? h->sockets[fd] : NULL;
}

static struct http_socket *
socket_new(struct http *h, curl_socket_t fd)
{
	struct http_socket *w = xcalloc(1, sizeof *w);
	int rc = uv_poll_init_socket(h->loop, &w->poll, fd);

	if (rc)
		die(EXIT_SYSTEM, "cannot watch a socket: %s", uv_strerror(rc));
	w->poll.data = w;
	w->http = h;
	w->fd = fd;
	while (h->socket_count <= (size_t)fd) {
		VEC_GROW(h->sockets, h->socket_count, h->socket_cap);
		h->sockets[h->socket_count++] = NULL;
	}
	return h->sockets[fd] = w;
}

static void
socket_drop(struct http_socket *w)
{
	w->http->sockets[w->fd] = NULL;
	uv_close((uv_handle_t *)&w->poll, socket_free);
}

/* libcurl has opened one for a connection. */
static int
on_opened(void *user, curl_socket_t fd, curlsocktype purpose)
{
	struct http_socket *stale = socket_at(user, fd);

	(void)purpose;
	if (stale) /* it was closed all the same */
		socket_drop(stale);
	socket_new(user, fd)->is_ours = true;
	return CURL_SOCKOPT_OK;
}

/* It would close it. */
static int
on_close(void *user, curl_socket_t fd)
{
	struct http_socket *w = socket_at(user, fd);

	if (w)
		socket_drop(w);
	return close(fd);
}

void
http_loop_watch(struct http *h, CURL *easy)
{
	/* Options that every libcurl has: they don't fail. */
	(void)curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_opened);
	(void)curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, h);
	(void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	(void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, h);
}

static void
socket_want(struct http_socket *w, int events)
{
	w->is_wanted = true;
	uv_ref((uv_handle_t *)&w->poll);
	if (w->events == events)
		return;
	w->events = events;
	(void)uv_poll_start(&w->poll, events, socket_on_event); /* fails only when closing */
}

static void
socket_let_go(struct http_socket *w)
{
	w->is_wanted = false;
	uv_unref((uv_handle_t *)&w->poll);
	if (!w->is_ours || w->events & UV_WRITABLE) /* it waits to be connected */
		socket_drop(w);
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *of_socket)
{
	struct http *h = user;
	struct http_socket *w = socket_at(h, fd);
	int events = 0;

	(void)easy;
	(void)of_socket;
	if (what == CURL_POLL_REMOVE) {
		if (w)
			socket_let_go(w);
		return 0;
	}
	if (what & CURL_POLL_IN)
		events |= UV_READABLE;
	if (what & CURL_POLL_OUT)
		events |= UV_WRITABLE;
	socket_want(w ? w : socket_new(h, fd), events);
	return 0;
}

static void
on_timer(uv_timer_t *timer)
{
	loop_act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int
on_timeout(CURLM *multi, long ms, void *user)
{
	struct http *h = user;

	(void)multi;
	if (ms < 0 || h->closing) {
		(void)uv_timer_stop(&h->curl_timer); /* never fails */
		return 0;
	}
	uv_update_time(h->loop);
	(void)uv_timer_start(&h->curl_timer, on_timer, (uint64_t)ms, 0);
	return 0;
}

void
http_loop_start(struct http *h)
{
	(void)uv_timer_init(h->loop, &h->curl_timer); /* never fails */
	h->curl_timer.data = h;
	/* Options that every libcurl has: they don't fail. */
	(void)curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	(void)curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	(void)curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
	(void)curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
}

void
http_loop_release(struct http *h)
{
	for (size_t fd = 0; fd < h->socket_count; fd++)
		if (h->sockets[fd])
			socket_drop(h->sockets[fd]);
	free(h->sockets);
}
