/* SPDX-License-Identifier: MIT */
/* input - read a descriptor from the event loop, with a brake. */
#include "sys/input.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/watch.h"

enum { BLOCK_BYTES = 64 * 1024 };

struct input {
	union {
		uv_handle_t handle;
		uv_poll_t poll;
		uv_idle_t idle; /* where is_polled is false */
	} uv;
	int fd;
	input_fn *fn;
	void *user;
	bool is_polled;
	bool is_wanted; /* it is started, and not stopped */
	bool is_over; /* the end or an error was told */
	char block[BLOCK_BYTES];
};

/* trouble: the error that libuv saw on the descriptor, or 0. */
static void
input_read(struct input *in, int trouble)
{
	ssize_t n = read(in->fd, in->block, sizeof in->block);
	int errnum = n < 0 ? errno : 0;

	if (n < 0 && (errnum == EINTR || errnum == EAGAIN || errnum == EWOULDBLOCK)) {
		if (!trouble)
			return;
		errnum = trouble; /* nothing to read before it */
	}
	if (n <= 0) {
		in->is_over = true;
		input_stop(in);
		if (in->is_polled)
			watch_stop(&in->uv.poll);
	}
	in->fn(in->user, in->block, n < 0 ? -1 : (long)n, errnum);
}

static void
input_on_poll(uv_poll_t *poll, int status, int events)
{
	struct input *in = poll->data;

	(void)events;
	if (!in->is_wanted) {
		watch_stop(poll);
		return;
	}
	if (status < 0)
		input_start(in); /* libuv stops at an error, before which bytes may stand */
	input_read(in, status < 0 ? -status : 0);
}

static void
input_on_idle(uv_idle_t *idle)
{
	input_read(idle->data, 0);
}

struct input *
input_open(uv_loop_t *loop, int fd, input_fn *fn, void *user)
{
	struct input *in = xcalloc(1, sizeof *in);

	in->fd = fd;
	in->fn = fn;
	in->user = user;
	/* Where it can't be polled for another reason, read(2) will say so. */
	in->is_polled = watch_init(loop, &in->uv.poll, fd) == 0;
	if (!in->is_polled)
		(void)uv_idle_init(loop, &in->uv.idle); /* never fails */
	in->uv.handle.data = in;
	return in;
}

void
input_start(struct input *in)
{
	if (in->is_over)
		return;
	in->is_wanted = true;
	uv_ref(&in->uv.handle);
	if (in->is_polled)
		watch_start(&in->uv.poll, UV_READABLE, input_on_poll);
	else
		(void)uv_idle_start(&in->uv.idle, input_on_idle); /* fails only when closing */
}

/* Who takes a block stops until it is used up, mostly before the next is there: the poll goes on
 * until something comes in vain, and does not keep the loop alive. To end and begin it are three
 * system calls. */
void
input_stop(struct input *in)
{
	in->is_wanted = false;
	uv_unref(&in->uv.handle);
	if (!in->is_polled)
		(void)uv_idle_stop(&in->uv.idle); /* never fails */
}

static void
input_on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void
input_close(struct input *in)
{
	if (in)
		uv_close(&in->uv.handle, input_on_closed);
}
