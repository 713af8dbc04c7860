/* SPDX-License-Identifier: MIT */
/* serve - libmicrohttpd on a libuv loop: exchanges, their answers and their ends. */
#include "serve/serve.h"

#ifdef HAVE_MICROHTTPD

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/die.h"
#include "base/mem.h"
#include "serve/listen.h"
#include "serve/rawsock.h"
#include "sys/clock.h"

enum {
	SERVE_SLOW_AT = 256 << 10, /* bytes that wait before serve_is_slow */
	SERVE_CONNECTION_MEMORY = 64 << 10, /* request head, and one chunk of an answer */
	SERVE_SPARE_DESCRIPTORS = 32, /* for all that is no connection */
};

struct serve {
	uv_loop_t *loop;
	struct MHD_Daemon *daemon;
	uv_poll_t poll; /* on the daemon's epoll descriptor */
	uv_prepare_t prepare;
	uv_timer_t timer;
	unsigned handles; /* open ones of the three above */
	int64_t run_us; /* when the daemon ran last */
	bool dirty; /* a connection was resumed: the daemon must run before the loop sleeps */
	char *url;
	size_t body_max;
	const struct serve_handler *on;
	void *user;
	struct serve_exchange *first; /* all of them */
	size_t count;
};

enum serve_answer { ANSWER_NOT, ANSWER_REPLY, ANSWER_STREAM, ANSWER_RAW, ANSWER_CUT };

/* Watches for the client's leaving while MHD doesn't look (the connection is suspended). */
struct serve_watch {
	uv_poll_t poll;
	struct serve_exchange *x; /* NULL once the exchange is over */
};

struct serve_exchange {
	struct serve *serve;
	struct serve_exchange *prev, *next;
	struct MHD_Connection *conn; /* NULL once MHD has let go of it */
	struct serve_watch *watch;
	struct rawsock *sock;
	char *method, *target;
	struct buf body;
	int64_t arrived_us;
	void *data;
	enum serve_answer answer;
	int status;
	struct MHD_Response *response; /* made, not queued yet */
	struct buf out; /* of a stream: from out_at on not yet taken */
	size_t out_at;
	bool asked; /* the handler has seen it */
	bool suspended, slow;
	bool finished, cut, reset, gone;
};

static void
serve_watch_freed(uv_handle_t *handle)
{
	free(handle->data);
}

static void
serve_watch_stop(struct serve_exchange *x)
{
	if (!x->watch)
		return;
	x->watch->x = NULL;
	uv_close((uv_handle_t *)&x->watch->poll, serve_watch_freed);
	x->watch = NULL;
}

static void
serve_wake(struct serve_exchange *x)
{
	if (!x->suspended)
		return;
	x->suspended = false;
	x->serve->dirty = true;
	MHD_resume_connection(x->conn);
}

/* The client has closed its side. That it could still listen is not worth keeping an upstream
 * running for. */
static void
serve_client_left(uv_poll_t *poll, int status, int events)
{
	struct serve_watch *watch = poll->data;
	struct serve_exchange *x = watch->x;

	(void)status;
	(void)events; /* whatever it is: it is no good news */
	if (!x)
		return;
	serve_watch_stop(x);
	x->gone = true;
	serve_wake(x);
}

static void
serve_sleep(struct serve_exchange *x)
{
	const union MHD_ConnectionInfo *info;

	MHD_suspend_connection(x->conn);
	x->suspended = true;
	if (x->watch)
		return;
	info = MHD_get_connection_info(x->conn, MHD_CONNECTION_INFO_CONNECTION_FD);
	x->watch = xcalloc(1, sizeof *x->watch);
	x->watch->x = x;
	x->watch->poll.data = x->watch;
	if (!info || uv_poll_init(x->serve->loop, &x->watch->poll, info->connect_fd) < 0) {
		free(x->watch); /* unwatched: its leaving shows when we write */
		x->watch = NULL;
		return;
	}
	(void)uv_poll_start(&x->watch->poll, UV_DISCONNECT, serve_client_left);
}

static void
serve_exchange_free(struct serve_exchange *x, enum serve_end end)
{
	struct serve *s = x->serve;

	serve_watch_stop(x);
	if (x->prev)
		x->prev->next = x->next;
	else
		s->first = x->next;
	if (x->next)
		x->next->prev = x->prev;
	s->count--;
	if (x->asked)
		s->on->done(s->user, x, end);
	if (x->response)
		MHD_destroy_response(x->response);
	buf_release(&x->body);
	buf_release(&x->out);
	free(x->method);
	free(x->target);
	free(x);
}

/* --- raw connections --- */

static void
serve_raw_drained(void *user)
{
	struct serve_exchange *x = user;

	if (!x->slow)
		return;
	x->slow = false;
	if (x->serve->on->drained)
		x->serve->on->drained(x->serve->user, x);
}

static enum serve_end
serve_raw_end(const struct serve_exchange *x)
{
	return x->gone ? SERVE_GONE : x->reset || x->cut ? SERVE_CUT : SERVE_DONE;
}

static void
serve_raw_closed(void *user, bool by_peer)
{
	struct serve_exchange *x = user;

	x->sock = NULL;
	x->gone = by_peer;
	if (!x->conn) /* else MHD has yet to let go of it: serve_completed */
		serve_exchange_free(x, serve_raw_end(x));
}

/* --- what MHD calls --- */

static ssize_t
serve_read(void *cls, uint64_t pos, char *p, size_t max)
{
	struct serve_exchange *x = cls;
	size_t n = x->out.len - x->out_at;

	(void)pos;
	if (x->gone)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (n == 0 && x->cut)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (n == 0 && x->finished)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (n == 0) {
		serve_sleep(x);
		return 0;
	}
	if (n > max)
		n = max;
	memcpy(p, x->out.p + x->out_at, n);
	x->out_at += n;
	if (x->out_at == x->out.len) {
		buf_reset(&x->out);
		x->out_at = 0;
	}
	if (x->slow && x->out.len - x->out_at <= SERVE_SLOW_AT / 2) {
		x->slow = false;
		if (x->serve->on->drained)
			x->serve->on->drained(x->serve->user, x);
	}
	return (ssize_t)n;
}

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
		serve_sleep(x);
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
		serve_exchange_free(x, serve_raw_end(x));
	else
		serve_exchange_free(
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
			serve_exchange_free(x, SERVE_GONE);
			continue;
		}
		serve_watch_stop(x);
		serve_wake(x); /* MHD does not stop while a connection is suspended */
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

/* --- the request --- */

const char *
serve_method(const struct serve_exchange *x)
{
	return x->method;
}

struct str
serve_path(const struct serve_exchange *x)
{
	return (struct str){ x->target, strcspn(x->target, "?") };
}

struct str
serve_query(const struct serve_exchange *x)
{
	const char *mark = strchr(x->target, '?');

	return str_of(mark ? mark + 1 : "");
}

const char *
serve_header(const struct serve_exchange *x, const char *name)
{
	return x->conn ? MHD_lookup_connection_value(x->conn, MHD_HEADER_KIND, name) : NULL;
}

struct str
serve_body(const struct serve_exchange *x)
{
	return buf_str(&x->body);
}

int64_t
serve_arrived_us(const struct serve_exchange *x)
{
	return x->arrived_us;
}

void
serve_set_data(struct serve_exchange *x, void *data)
{
	x->data = data;
}

void *
serve_data(const struct serve_exchange *x)
{
	return x->data;
}

/* --- the answer --- */

static void
serve_answer(struct serve_exchange *x, enum serve_answer answer)
{
	if (x->answer != ANSWER_NOT)
		BUG("a request is answered twice");
	x->answer = answer;
	serve_wake(x);
}

static void
serve_fields(struct MHD_Response *response, const struct serve_field *fields)
{
	for (; fields && fields->name; fields++)
		/* A name or value that HTTP can't carry is left out. */
		(void)MHD_add_response_header(response, fields->name, fields->value);
}

void
serve_reply(struct serve_exchange *x, int status, const struct serve_field *fields, struct str body)
{
	void *copy = xmemdup(body.p ? body.p : "", body.len);

	x->status = status;
	x->response = MHD_create_response_from_buffer(body.len, copy, MHD_RESPMEM_MUST_FREE);
	if (!x->response)
		die(EXIT_SYSTEM, "out of memory");
	serve_fields(x->response, fields);
	serve_answer(x, ANSWER_REPLY);
}

void
serve_start(struct serve_exchange *x, int status, const struct serve_field *fields)
{
	x->status = status;
	x->response = MHD_create_response_from_callback(
	    MHD_SIZE_UNKNOWN, SERVE_CONNECTION_MEMORY, serve_read, x, NULL);
	if (!x->response)
		die(EXIT_SYSTEM, "out of memory");
	serve_fields(x->response, fields);
	serve_answer(x, ANSWER_STREAM);
}

void
serve_write(struct serve_exchange *x, struct str bytes)
{
	if (x->finished || x->cut || x->reset || x->gone || bytes.len == 0)
		return;
	if (x->sock) {
		rawsock_write(x->sock, bytes);
		x->slow = rawsock_waiting(x->sock) > SERVE_SLOW_AT;
		return;
	}
	buf_addstr(&x->out, bytes);
	x->slow = x->out.len - x->out_at > SERVE_SLOW_AT;
	serve_wake(x);
}

bool
serve_is_slow(const struct serve_exchange *x)
{
	return x->slow;
}

void
serve_finish(struct serve_exchange *x)
{
	x->finished = true;
	if (x->sock)
		rawsock_finish(x->sock); /* may free x */
	else
		serve_wake(x);
}

void
serve_cut(struct serve_exchange *x)
{
	x->cut = true;
	if (x->sock)
		rawsock_finish(x->sock);
	else if (x->answer == ANSWER_NOT)
		serve_answer(x, ANSWER_CUT);
	else
		serve_wake(x);
}

/* MHD will close its descriptor; ours, a duplicate, keeps the connection. */
void
serve_raw(struct serve_exchange *x)
{
	static const struct rawsock_events on = { serve_raw_drained, serve_raw_closed };
	const union MHD_ConnectionInfo *info;
	int fd;

	info = MHD_get_connection_info(x->conn, MHD_CONNECTION_INFO_CONNECTION_FD);
	fd = info ? fcntl(info->connect_fd, F_DUPFD_CLOEXEC, 0) : -1;
	serve_watch_stop(x);
	if (fd >= 0)
		x->sock = rawsock_open(x->serve->loop, fd, &on, x);
	else
		x->gone = true;
	serve_answer(x, ANSWER_RAW);
}

void
serve_reset(struct serve_exchange *x)
{
	x->reset = true;
	if (x->sock)
		rawsock_reset(x->sock); /* may free x */
}

#endif
