/* SPDX-License-Identifier: MIT */
/* secret_fetch - secrets from commands and token servers, without stopping the loop. */
#include "net/secret_fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/google_token.h"
#include "sys/clock.h"
#include "sys/input.h"

enum {
	COMMAND_MS = 10 * 1000,
	COMMAND_GRACE_MS = 100,
	METADATA_MS = 3 * 1000, /* it is next door, or there is none */
	TOKEN_MS = 10 * 1000,
};
#define OUTPUT_MAX ((size_t)64 << 10)

extern char **environ;

struct secret_fetch {
	const struct secret_tools *tools;
	secret_fetched_fn *fn;
	void *user;
	char *reference;
	struct buf out; /* what was printed, or answered */

	struct proc *proc; /* a command's */
	int fd; /* what it prints to; -1: closed */
	struct input *input; /* NULL: its end was seen */
	uv_timer_t *timer; /* freed by the loop */
	bool late;

	struct google_request request;
	int status; /* of the response's head */
};

static void
free_timer(uv_handle_t *handle)
{
	free(handle);
}

static void
close_pipe(struct secret_fetch *f)
{
	input_close(f->input);
	f->input = NULL;
	if (f->fd >= 0)
		(void)close(f->fd); /* read only */
	f->fd = -1;
}

void
secret_fetch_free(struct secret_fetch *f)
{
	if (!f)
		return;
	close_pipe(f);
	if (f->timer)
		uv_close((uv_handle_t *)f->timer, free_timer);
	google_request_release(&f->request);
	buf_wipe(&f->out);
	free(f->reference);
	free(f);
}

/* text: NULL where it failed, as err says. */
static void
finish(struct secret_fetch *f, const struct buf *text, int64_t lifetime_ms, struct err *err)
{
	char *secret = NULL;

	if (text)
		secret = secret_take(f->reference, buf_str(text), err);
	else
		(void)err_wrap(err, "key %s", f->reference);
	err->code = secret ? err->code : EXIT_REFUSED;
	f->fn(f->user, secret, lifetime_ms, err);
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
	secret_fetch_free(f);
}

/* --- commands --- */

static void
on_output(void *user, const char *p, long n, int errnum)
{
	struct secret_fetch *f = user;

	(void)errnum; /* a pipe that breaks has ended */
	if (n > 0)
		buf_add(&f->out, p, (size_t)n);
	if (buf_is_full(&f->out))
		proc_end(f->proc, COMMAND_GRACE_MS);
	if (n <= 0 || buf_is_full(&f->out)) {
		input_close(f->input);
		f->input = NULL;
	}
}

/* What it printed last is in the pipe now; its end may never come, since a daemon that it left
 * behind (an agent) may hold the other one. */
static void
drain(struct secret_fetch *f)
{
	struct pollfd p = { .fd = f->fd, .events = POLLIN };
	char bytes[4096]; /* a block of any size will do */
	ssize_t n = 1;

	while (f->input && n > 0 && !buf_is_full(&f->out) && poll(&p, 1, 0) > 0) {
		n = read(f->fd, bytes, sizeof bytes);
		if (n > 0)
			buf_add(&f->out, bytes, (size_t)n);
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
}

static void
on_exit_told(void *user, const struct proc_exit *how)
{
	struct secret_fetch *f = user;
	struct err err = ERR_INIT;
	bool ok = false;

	drain(f);
	if (buf_is_full(&f->out))
		err_set(&err, EXIT_REFUSED, "the command prints too much");
	else if (f->late)
		err_set(&err, EXIT_REFUSED, "the command did not end in time");
	else if (how->signal)
		err_set(&err, EXIT_REFUSED, "the command was killed by signal %d", how->signal);
	else if (how->status)
		err_set(&err, EXIT_REFUSED, "the command ended with status %d", how->status);
	else
		ok = true;
	finish(f, ok ? &f->out : NULL, -1, &err);
}

static void
on_late(uv_timer_t *timer)
{
	struct secret_fetch *f = timer->data;

	f->late = true;
	proc_end(f->proc, COMMAND_GRACE_MS);
}

static int
start_command(struct secret_fetch *f, const char *command, struct err *err)
{
	const char *argv[] = { "/bin/sh", "-c", command, NULL };
	struct proc_spec spec = {
		.argv = argv, .env = (const char *const *)environ, .in = -1, .err = -1
	};
	int fds[2];

	if (pipe(fds) < 0)
		return err_sys(err, errno, "cannot make a pipe");
	(void)fcntl(fds[0], F_SETFD, FD_CLOEXEC); /* a descriptor just made: does not fail */
	(void)fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	spec.out = fds[1];
	f->fd = fds[0];
	f->proc = proc_spawn(f->tools->procs(f->tools->user), &spec, on_exit_told, f, err);
	(void)close(fds[1]); /* nothing was written */
	if (!f->proc)
		return -1;
	f->input = input_open(f->tools->loop, f->fd, on_output, f);
	input_start(f->input);
	f->timer = xmalloc(sizeof *f->timer);
	(void)uv_timer_init(f->tools->loop, f->timer); /* cannot fail */
	f->timer->data = f;
	(void)uv_timer_start(f->timer, on_late, COMMAND_MS, 0); /* fails without a callback */
	return 0;
}

/* --- token servers --- */

static void
on_head(void *user, int status, const struct http_headers *headers)
{
	struct secret_fetch *f = user;

	(void)headers;
	f->status = status;
}

static bool
on_data(void *user, const char *p, size_t n)
{
	struct secret_fetch *f = user;

	buf_add(&f->out, p, n);
	return !buf_is_full(&f->out);
}

static void
on_done(void *user, const struct http_result *result)
{
	struct secret_fetch *f = user;
	struct buf token = BUF_INIT(OUTPUT_MAX);
	struct err err = ERR_INIT;
	int64_t lifetime_ms = -1;
	bool ok = false;

	if (buf_is_full(&f->out))
		err_set(&err, EXIT_REFUSED, "the token server says too much");
	else if (result->end != HTTP_DONE)
		err_set(&err, EXIT_REFUSED, "%s",
		    result->message ? result->message : http_end_name(result->end));
	else
		ok = google_token_read(f->status, buf_str(&f->out), &token, &lifetime_ms, &err) ==
		     0;
	finish(f, ok ? &token : NULL, lifetime_ms, &err);
	buf_wipe(&token);
}

static void
ask(struct secret_fetch *f, int64_t timeout_ms)
{
	static const struct http_handler handler = {
		.head = on_head,
		.data = on_data,
		.done = on_done,
	};
	struct http_request request = {
		.method = f->request.method,
		.url = f->request.url.p,
		.headers = &f->request.headers,
		.body = buf_str(&f->request.body),
		.direct = f->request.direct,
		.connect_ms = timeout_ms,
		.deadline_us = clock_deadline(timeout_ms),
	};

	(void)http_start(f->tools->http(f->tools->user), &request, &handler, f); /* told by done */
}

static int
start_metadata(struct secret_fetch *f, const char *account, struct err *err)
{
	(void)err; /* nothing can be wrong */
	google_token_metadata(account, f->tools->env, &f->request);
	ask(f, METADATA_MS);
	return 0;
}

static int
start_file(struct secret_fetch *f, const char *path, struct err *err)
{
	if (google_token_file(path, f->tools->env, clock_wall_us(), &f->request, err) < 0)
		return -1;
	ask(f, TOKEN_MS);
	return 0;
}

/* --- all --- */

static const struct scheme {
	const char *name;
	int (*start)(struct secret_fetch *f, const char *rest, struct err *err);
} schemes[] = {
	{ "cmd:", start_command },
	{ "metadata:", start_metadata },
	{ "adc:", start_file },
	{ NULL, NULL },
};

static const struct scheme *
scheme_of(const char *reference)
{
	const struct scheme *s = schemes;

	while (s->name && !str_starts(str_of(reference), s->name))
		s++;
	return s->name ? s : NULL;
}

struct secret_fetch *
secret_fetch_start(const struct secret_tools *tools, const char *reference, secret_fetched_fn *fn,
    void *user, struct err *err)
{
	const struct scheme *scheme = scheme_of(reference);
	struct secret_fetch *f = xcalloc(1, sizeof *f);

	*f = (struct secret_fetch){ .tools = tools,
		.fn = fn,
		.user = user,
		.reference = xstrdup(reference),
		.out = BUF_INIT(OUTPUT_MAX),
		.fd = -1 };
	google_request_init(&f->request);
	if (scheme->start(f, reference + strlen(scheme->name), err) == 0)
		return f;
	(void)err_wrap(err, "key %s", reference);
	err->code = EXIT_REFUSED;
	secret_fetch_free(f);
	return NULL;
}
