/* SPDX-License-Identifier: MIT */
/* child - a program and its three pipes on the event loop. */
#include "sys/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/input.h"
#include "sys/output.h"

enum { STREAMS = 2 };

struct child_stream {
	struct child *child;
	struct input *input; /* NULL: it is over, or nobody listens */
	int fd;
};

struct child {
	const struct child_events *on;
	void *user;
	struct proc *proc; /* NULL: it has ended */
	struct proc_exit how;
	struct child_stream streams[STREAMS]; /* its standard output, its standard error */
	struct output *to; /* its standard input; NULL: none, or over */
	int to_fd;
	bool closing_input;
	uv_timer_t linger; /* from its end on; what frees the child is its closing */
};

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* a pipe: nothing can be lost by it */
	*fd = -1;
}

static void
drop_input(struct child *c)
{
	output_close(c->to);
	c->to = NULL;
	close_fd(&c->to_fd);
}

static void
drop_stream(struct child_stream *s)
{
	input_close(s->input);
	s->input = NULL;
	close_fd(&s->fd);
}

static void
free_child(uv_handle_t *timer)
{
	free(timer->data);
}

static void
drop_all(struct child *c)
{
	drop_input(c);
	for (int i = 0; i < STREAMS; i++)
		drop_stream(&c->streams[i]);
	uv_close((uv_handle_t *)&c->linger, free_child);
}

static void
finish_if_over(struct child *c)
{
	if (c->proc || c->streams[0].input || c->streams[1].input)
		return;
	c->on->over(c->user, &c->how);
	drop_all(c);
}

/* --- what is heard --- */

static void
on_bytes(void *user, const char *p, long n, int errnum)
{
	struct child_stream *s = user;
	struct child *c = s->child;

	(void)errnum; /* a pipe that can't be read is over */
	if (n > 0) {
		(s == &c->streams[0] ? c->on->out : c->on->err)(c->user, p, (size_t)n);
		return;
	}
	drop_stream(s);
	finish_if_over(c);
}

static void
on_linger(uv_timer_t *timer)
{
	struct child *c = timer->data;

	for (int i = 0; i < STREAMS; i++)
		drop_stream(&c->streams[i]);
	finish_if_over(c);
}

static void
on_exited(void *user, const struct proc_exit *how)
{
	struct child *c = user;

	c->proc = NULL;
	c->how = *how;
	drop_input(c);
	child_resume(c); /* what is left is little, and must not wait for a slow reader */
	(void)uv_timer_start(
	    &c->linger, on_linger, CHILD_LINGER_MS, 0); /* fails without a callback */
	finish_if_over(c);
}

/* --- its input --- */

static void
close_if_taken(struct child *c)
{
	if (c->to && c->closing_input && !output_waiting(c->to))
		drop_input(c);
}

static void
on_drained(void *user)
{
	close_if_taken(user);
}

static void
on_failed(void *user, int errnum)
{
	(void)errnum; /* it reads no more */
	drop_input(user);
}

void
child_write(struct child *c, struct str text)
{
	if (!c->to)
		return;
	buf_addstr(output_buf(c->to), text);
	output_kick(c->to);
}

void
child_close_input(struct child *c)
{
	c->closing_input = true;
	close_if_taken(c);
}

/* --- its beginning --- */

/* A pipe of which ours is the end that we keep; both close on exec. */
static int
open_pipe(int *ours, int *theirs, bool we_read, struct err *err)
{
	int fds[2];

	if (pipe(fds) < 0)
		return err_sys(err, errno, "cannot make a pipe");
	for (int i = 0; i < 2; i++)
		(void)fcntl(fds[i], F_SETFD, FD_CLOEXEC); /* fails for no open descriptor */
	*ours = fds[we_read ? 0 : 1];
	*theirs = fds[we_read ? 1 : 0];
	return 0;
}

static int
open_pipes(struct child *c, const struct child_spec *spec, struct proc_spec *proc, struct err *err)
{
	if (spec->reads && open_pipe(&c->to_fd, &proc->in, false, err) < 0)
		return -1;
	if (open_pipe(&c->streams[0].fd, &proc->out, true, err) < 0)
		return -1;
	if (c->on->err && open_pipe(&c->streams[1].fd, &proc->err, true, err) < 0)
		return -1;
	return 0;
}

static void
open_streams(struct child *c, uv_loop_t *loop)
{
	static const struct output_events on = { .drained = on_drained, .failed = on_failed };

	for (int i = 0; i < STREAMS; i++) {
		struct child_stream *s = &c->streams[i];

		s->child = c;
		if (s->fd < 0)
			continue;
		s->input = input_open(loop, s->fd, on_bytes, s);
		input_start(s->input);
	}
	if (c->to_fd >= 0) /* its high mark is 0: told when all is taken */
		c->to = output_open(loop, c->to_fd, 0, &on, c);
}

struct child *
child_start(struct procs *procs, uv_loop_t *loop, const struct child_spec *spec,
    const struct child_events *on, void *user, struct err *err)
{
	struct child *c = xcalloc(1, sizeof *c);
	struct proc_spec proc = { .argv = spec->argv,
		.env = spec->env,
		.in = -1,
		.out = -1,
		.err = -1,
		.cwd = spec->cwd,
		.is_guest = true };

	c->on = on;
	c->user = user;
	c->to_fd = c->streams[0].fd = c->streams[1].fd = -1;
	if (open_pipes(c, spec, &proc, err) == 0)
		c->proc = proc_spawn(procs, &proc, on_exited, c, err);
	close_fd(&proc.in);
	close_fd(&proc.out);
	close_fd(&proc.err);
	if (!c->proc) {
		close_fd(&c->to_fd);
		close_fd(&c->streams[0].fd);
		close_fd(&c->streams[1].fd);
		free(c);
		return NULL;
	}
	(void)uv_timer_init(loop, &c->linger); /* cannot fail */
	c->linger.data = c;
	open_streams(c, loop);
	return c;
}

/* --- its end --- */

void
child_pause(struct child *c)
{
	if (c->streams[0].input && c->proc)
		input_stop(c->streams[0].input);
}

void
child_resume(struct child *c)
{
	if (c->streams[0].input)
		input_start(c->streams[0].input);
}

void
child_end(struct child *c, int64_t grace_ms)
{
	if (!c->proc)
		return;
	proc_end(c->proc, grace_ms);
	child_resume(c);
}

void
child_abandon(struct child *c)
{
	drop_all(c);
}
