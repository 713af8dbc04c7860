/* SPDX-License-Identifier: MIT */
/* serve - libmicrohttpd on a libuv loop: exchanges, their answers and their ends. */
#include "serve/serve.h"

#ifdef HAVE_MICROHTTPD

#include <sys/resource.h>
#include <unistd.h>

#include "base/die.h"
#include "base/mem.h"
#include "serve/exchange.h"
#include "serve/listen.h"
#include "sys/clock.h"

enum { SERVE_SPARE_DESCRIPTORS = 32 }; /* for all that is no connection */

/* --- what MHD calls --- */

static enum MHD_Result
serve_queue(struct serve_exchange *x)
{
	enum MHD_Result ok = MHD_queue_response(x->conn, (unsigned)x->status, x->response);

	MHD_destroy_response(x->response); /* MHD holds its own reference */
	x->response = NULL;
	return ok;
}

/* All of the request is there, or an answer has come since. */
static enum MHD_Result
serve_advance(struct serve_exchange *x)
{
	if (x->gone)
		return MHD_NO;
	if (!x->asked && buf_is_full(&x->body)) {
		serve_reply(x, 413, NULL, STR_LIT("the request body is too large\n"));
	} else if (!x->asked) {
		x->asked = true;
		x->arrived_us = x->serve->run_us;
		x->serve->on->request(x->serve->user, x);
	}
	switch (x->answer) {
	case ANSWER_NOT:
		exchange_sleep(x);
		return MHD_YES;
	case ANSWER_REPLY:
	case ANSWER_STREAM:
		return x->response ? serve_queue(x) : MHD_YES;
	case ANSWER_RAW:
	case ANSWER_CUT:
		return MHD_NO; /* which makes MHD close its descriptor */
	}
	return MHD_NO;
}

static enum MHD_Result
serve_access(void *cls, struct MHD_Connection *conn, const char *url, const char *method,
    const char *version, const char *upload, size_t *upload_size, void **context)
{
	struct serve_exchange *x = *context;

	(void)cls;
	(void)url; /* the target is ours from serve_begin on */
	(void)version;
	if (!x->conn) {
		x->conn = conn;
		x->method = xstrdup(method);
		return MHD_YES;
	}
	if (*upload_size > 0) {
		buf_add(&x->body, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	return serve_advance(x);
}

static void *
serve_begin(void *cls, const char *target, struct MHD_Connection *conn)
{
	struct serve *s = cls;
	struct serve_exchange *x = xcalloc(1, sizeof *x);

	(void)conn;
	x->serve = s;
	x->target = xstrdup(target);
	buf_init(&x->body, s->body_max);
	buf_init(&x->out, BUF_UNLIMITED);
	x->next = s->first;
	if (x->next)
		x->next->prev = x;
	s->first = x;
	s->count++;
	return x;
}

static void
serve_completed(
    void *cls, struct MHD_Connection *conn, void **context, enum MHD_RequestTerminationCode code)
{
	struct serve_exchange *x = *context;

	(void)cls;
	(void)conn;
	*context = NULL;
	if (!x)
		return;
	x->conn = NULL;
	if (x->sock)
		return; /* it lives on */
	if (x->gone || x->cut || x->reset || x->answer == ANSWER_RAW)
		exchange_end(x, exchange_raw_end(x));
	else
		exchange_end(
		    x, code == MHD_REQUEST_TERMINATED_COMPLETED_OK ? SERVE_DONE : SERVE_GONE);
}

static size_t
serve_keep_escapes(void *cls, struct MHD_Connection *conn, char *s)
{
	(void)cls;
	(void)conn;
	return strlen(s);
}

/* --- the loop --- */

static void
serve_run(struct serve *s)
{
	s->dirty = false;
	s->run_us = clock_mono_us();
	(void)MHD_run(s->daemon); /* fails only when shut down */
}

static void
serve_polled(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	serve_run(poll->data);
}

static void
serve_timed(uv_timer_t *timer)
{
	struct serve *s = timer->data;

	s->dirty = true;
}

/* Before the loop sleeps: what was resumed is run, and MHD says when it must run again. */
static void
serve_prepared(uv_prepare_t *prepare)
{
	struct serve *s = prepare->data;
	MHD_UNSIGNED_LONG_LONG ms;

	if (s->dirty)
		serve_run(s);
	if (s->dirty)
		ms = 0;
	else if (MHD_get_timeout(s->daemon, &ms) != MHD_YES)
		return;
	(void)uv_timer_start(&s->timer, serve_timed, ms, 0);
}

static void
serve_handle_closed(uv_handle_t *handle)
{
	struct serve *s = handle->data;

	if (--s->handles > 0)
		return;
	free(s->url);
	free(s);
}

static unsigned
serve_connections_max(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > 1u << 20)
		return 1u << 20;
	if (limit.rlim_cur < 2 * SERVE_SPARE_DESCRIPTORS)
		return SERVE_SPARE_DESCRIPTORS;
	return (unsigned)limit.rlim_cur - SERVE_SPARE_DESCRIPTORS;
}

/* Turbo: sockets are closed without a shutdown before, which serve_raw's duplicates rely on. */
static struct MHD_Daemon *
serve_daemon(struct serve *s, int fd)
{
	return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO |
				    MHD_USE_SUPPRESS_DATE_NO_CLOCK,
	    0, NULL, NULL, serve_access, s, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_URI_LOG_CALLBACK, serve_begin, s, MHD_OPTION_NOTIFY_COMPLETED,
	    serve_completed, s, MHD_OPTION_UNESCAPE_CALLBACK, serve_keep_escapes, NULL,
	    MHD_OPTION_CONNECTION_LIMIT, serve_connections_max(),
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SERVE_CONNECTION_MEMORY,
	    MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)8192, MHD_OPTION_CONNECTION_TIMEOUT, 0u,
	    MHD_OPTION_END);
}

struct serve *
serve_open(uv_loop_t *loop, const struct serve_config *config, const struct serve_handler *on,
    void *user, struct err *err)
{
	struct serve *s = xcalloc(1, sizeof *s);
	const union MHD_DaemonInfo *info;
	int fd = listen_open(config->address, config->port, &s->url, err);

	if (fd < 0) {
		free(s);
		return NULL;
	}
	s->loop = loop;
	s->on = on;
	s->user = user;
	s->body_max = config->body_max;
	s->daemon = serve_daemon(s, fd);
	info = s->daemon ? MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (!info) {
		(void)err_set(err, EXIT_SYSTEM, "%s: the HTTP server does not start", s->url);
		if (s->daemon)
			MHD_stop_daemon(s->daemon);
		else
			(void)close(fd); /* it never carried anything */
		free(s->url);
		free(s);
		return NULL;
	}
	s->handles = 3;
	s->poll.data = s->prepare.data = s->timer.data = s;
	if (uv_poll_init(loop, &s->poll, info->epoll_fd) < 0)
		die(EXIT_SYSTEM, "the event loop takes no more descriptors");
	(void)uv_prepare_init(loop, &s->prepare); /* these three can't fail */
	(void)uv_timer_init(loop, &s->timer);
	(void)uv_prepare_start(&s->prepare, serve_prepared);
	if (uv_poll_start(&s->poll, UV_READABLE, serve_polled) < 0)
		BUG("the server's descriptor cannot be polled");
	serve_run(s); /* puts the listening socket into its epoll set */
	return s;
}

void
serve_close(struct serve *s)
{
	struct serve_exchange *x, *next;

	for (x = s->first; x; x = next) {
		next = x->next;
		x->gone = true;
		if (x->sock) {
			rawsock_drop(x->sock);
			x->sock = NULL;
			exchange_end(x, SERVE_GONE);
			continue;
		}
		exchange_watch_stop(x);
		exchange_wake(x); /* MHD does not stop while a connection is suspended */
	}
	uv_close((uv_handle_t *)&s->poll, serve_handle_closed);
	uv_close((uv_handle_t *)&s->prepare, serve_handle_closed);
	uv_close((uv_handle_t *)&s->timer, serve_handle_closed);
	MHD_stop_daemon(s->daemon);
}

const char *
serve_url(const struct serve *s)
{
	return s->url;
}

size_t
serve_in_flight(const struct serve *s)
{
	return s->count;
}

#endif
