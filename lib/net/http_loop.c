/* SPDX-License-Identifier: MIT */
/* http_loop - libcurl's sockets and timer on libuv's loop. */
#include <stdlib.h>

#include "base/die.h"
#include "base/mem.h"
#include "net/http_exchange.h"

struct watched { /* a socket that libcurl wants to know about */
	uv_poll_t poll;
	struct http *http;
	curl_socket_t fd;
	int events;
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
watched_on_event(uv_poll_t *poll, int status, int events)
{
	struct watched *w = poll->data;
	struct http *h = w->http;
	int flags = 0;

	if (status < 0) {
		/* libuv stops watching a socket in error. There may be bytes before the error, so
		 * libcurl is to find it by reading on, not to be told of it. */
		events = w->events;
		(void)uv_poll_start(poll, events, watched_on_event); /* as below */
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
watched_free(uv_handle_t *handle)
{
	free(handle->data);
}

static struct watched *
watched_new(struct http *h, curl_socket_t fd)
{
	struct watched *w = xcalloc(1, sizeof *w);
	int rc = uv_poll_init_socket(h->loop, &w->poll, fd);

	if (rc)
		die(EXIT_SYSTEM, "cannot watch a socket: %s", uv_strerror(rc));
	w->poll.data = w;
	w->http = h;
	w->fd = fd;
	return w;
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *of_socket)
{
	struct http *h = user;
	struct watched *w = of_socket;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w) {
			(void)curl_multi_assign(h->multi, fd, NULL); /* it is there */
			uv_close((uv_handle_t *)&w->poll, watched_free);
		}
		return 0;
	}
	if (!w) {
		w = watched_new(h, fd);
		(void)curl_multi_assign(h->multi, fd, w); /* it is there */
	}
	if (what & CURL_POLL_IN)
		events |= UV_READABLE;
	if (what & CURL_POLL_OUT)
		events |= UV_WRITABLE;
	if (w->events == events && uv_is_active((uv_handle_t *)&w->poll))
		return 0; /* libuv would make system calls of it all the same */
	w->events = events;
	(void)uv_poll_start(&w->poll, events, watched_on_event); /* fails only when closing */
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
