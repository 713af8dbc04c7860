/* SPDX-License-Identifier: MIT */
/* exchange - one request as its handler sees it, and the ways to answer it. */
#include "serve/serve.h"

#ifdef HAVE_MICROHTTPD

#include <fcntl.h>

#include "base/die.h"
#include "base/mem.h"
#include "serve/exchange.h"

static void
exchange_watch_freed(uv_handle_t *handle)
{
	free(handle->data);
}

void
exchange_watch_stop(struct serve_exchange *x)
{
	if (!x->watch)
		return;
	x->watch->x = NULL;
	uv_close((uv_handle_t *)&x->watch->poll, exchange_watch_freed);
	x->watch = NULL;
}

void
exchange_wake(struct serve_exchange *x)
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
exchange_client_left(uv_poll_t *poll, int status, int events)
{
	struct serve_watch *watch = poll->data;
	struct serve_exchange *x = watch->x;

	(void)status;
	(void)events; /* whatever it is: it is no good news */
	if (!x)
		return;
	exchange_watch_stop(x);
	x->gone = true;
	exchange_wake(x);
}

void
exchange_sleep(struct serve_exchange *x)
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
	(void)uv_poll_start(&x->watch->poll, UV_DISCONNECT, exchange_client_left);
}

void
exchange_end(struct serve_exchange *x, enum serve_end end)
{
	struct serve *s = x->serve;

	exchange_watch_stop(x);
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

static ssize_t
exchange_read(void *cls, uint64_t pos, char *p, size_t max)
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
		exchange_sleep(x);
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

static void
exchange_answer(struct serve_exchange *x, enum serve_answer answer)
{
	if (x->answer != ANSWER_NOT)
		BUG("a request is answered twice");
	x->answer = answer;
	exchange_wake(x);
}

static void
exchange_fields(struct MHD_Response *response, const struct serve_field *fields)
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
	exchange_fields(x->response, fields);
	exchange_answer(x, ANSWER_REPLY);
}

void
serve_start(struct serve_exchange *x, int status, const struct serve_field *fields)
{
	x->status = status;
	x->response = MHD_create_response_from_callback(
	    MHD_SIZE_UNKNOWN, SERVE_CONNECTION_MEMORY, exchange_read, x, NULL);
	if (!x->response)
		die(EXIT_SYSTEM, "out of memory");
	exchange_fields(x->response, fields);
	exchange_answer(x, ANSWER_STREAM);
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
	exchange_wake(x);
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
		exchange_wake(x);
}

void
serve_cut(struct serve_exchange *x)
{
	x->cut = true;
	if (x->sock)
		rawsock_finish(x->sock);
	else if (x->answer == ANSWER_NOT)
		exchange_answer(x, ANSWER_CUT);
	else
		exchange_wake(x);
}

static void
exchange_raw_drained(void *user)
{
	struct serve_exchange *x = user;

	if (!x->slow)
		return;
	x->slow = false;
	if (x->serve->on->drained)
		x->serve->on->drained(x->serve->user, x);
}

enum serve_end
exchange_raw_end(const struct serve_exchange *x)
{
	return x->gone ? SERVE_GONE : x->reset || x->cut ? SERVE_CUT : SERVE_DONE;
}

static void
exchange_raw_closed(void *user, bool by_peer)
{
	struct serve_exchange *x = user;

	x->sock = NULL;
	x->gone = by_peer;
	if (!x->conn) /* else MHD has yet to let go of it: serve_completed */
		exchange_end(x, exchange_raw_end(x));
}

/* MHD will close its descriptor; ours, a duplicate, keeps the connection. */
void
serve_raw(struct serve_exchange *x)
{
	static const struct rawsock_events on = { exchange_raw_drained, exchange_raw_closed };
	const union MHD_ConnectionInfo *info;
	int fd;

	info = MHD_get_connection_info(x->conn, MHD_CONNECTION_INFO_CONNECTION_FD);
	fd = info ? fcntl(info->connect_fd, F_DUPFD_CLOEXEC, 0) : -1;
	exchange_watch_stop(x);
	if (fd >= 0)
		x->sock = rawsock_open(x->serve->loop, fd, &on, x);
	else
		x->gone = true;
	exchange_answer(x, ANSWER_RAW);
}

void
serve_reset(struct serve_exchange *x)
{
	x->reset = true;
	if (x->sock)
		rawsock_reset(x->sock); /* may free x */
}

#endif
