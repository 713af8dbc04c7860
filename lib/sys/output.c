/* SPDX-License-Identifier: MIT */
/* output - write a descriptor from the event loop without ever blocking the loop. */
#include "sys/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/clock.h"
#include "sys/watch.h"

enum {
	BIG_BYTES = 256 * 1024, /* a write where none can block, or blocks only on a disk */
	TERMINAL_BYTES = 256, /* a terminal is ready when it has room for few */
	TURN_BYTES = 1024 * 1024, /* then others have a turn, even where the reader is fast */
	SPENT_BYTES = 64 * 1024, /* written bytes that may stay in the buffer's front */
};

struct output {
	uv_poll_t poll; /* where is_polled */
	uv_idle_t soon; /* runs while there is something to tell */
	int open_handles;
	int fd;
	bool is_polled;
	bool is_pipe; /* polled, and tells when nobody reads it any more */
	int watched; /* the events that poll waits for */
	size_t chunk; /* the most that a write takes when the descriptor is ready */
	bool asks_first; /* it blocks: look whether it is ready before each write */
	size_t high_mark;
	struct output_events on;
	void *user;
	struct buf pending;
	size_t written; /* bytes of pending that are out */
	bool is_slow, tell_drained;
	int errnum; /* what broke it; 0: nothing */
	bool tell_failed;
};

static void output_on_poll(uv_poll_t *poll, int status, int events);
static void output_on_soon(uv_idle_t *idle);

size_t
output_waiting(const struct output *out)
{
	return out->pending.len - out->written;
}

bool
output_is_slow(const struct output *out)
{
	return out->is_slow;
}

struct buf *
output_buf(struct output *out)
{
	return &out->pending;
}

static void
output_forget(struct output *out, size_t n)
{
	out->written += n;
	if (out->written == out->pending.len) {
		buf_reset(&out->pending);
		out->written = 0;
	} else if (out->written > SPENT_BYTES && out->written > out->pending.len / 2) {
		buf_cut(&out->pending, out->written);
		out->written = 0;
	}
}

static void
output_break(struct output *out, int errnum)
{
	out->errnum = errnum;
	out->tell_failed = true;
	out->is_slow = out->tell_drained = false;
	output_forget(out, output_waiting(out));
}

/* Whether a write would go through now; ms: how long to wait for that, -1 for ever. */
static bool
output_ready(const struct output *out, int ms)
{
	struct pollfd p = { .fd = out->fd, .events = POLLOUT };

	return poll(&p, 1, ms) > 0; /* in error: the write says which */
}

/* One write. False where nothing more goes now, or ever. */
static bool
output_write(struct output *out)
{
	size_t n = output_waiting(out);
	ssize_t put;

	put = write(out->fd, out->pending.p + out->written, n < out->chunk ? n : out->chunk);
	if (put >= 0) {
		output_forget(out, (size_t)put);
		return true;
	}
	if (errno == EINTR)
		return true;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		output_break(out, errno);
	return false;
}

/* ready: known to take one write. */
static void
output_push(struct output *out, bool ready)
{
	size_t before = output_waiting(out);

	while (output_waiting(out)) {
		if (out->is_polled && before - output_waiting(out) >= TURN_BYTES)
			break;
		if (out->asks_first && !ready && !output_ready(out, 0))
			break;
		ready = false;
		if (!output_write(out))
			break;
	}
	if (output_waiting(out) > out->high_mark)
		out->is_slow = true;
	if (out->is_slow && output_waiting(out) <= out->high_mark / 2) {
		out->is_slow = false;
		out->tell_drained = true;
	}
}

/* libuv makes a system call of each start and stop, also where nothing changes. */
static void
output_watch(struct output *out, int events)
{
	if (out->watched == events)
		return;
	out->watched = events;
	if (events)
		(void)uv_poll_start(
		    &out->poll, events, output_on_poll); /* fails only when closing */
	else
		(void)uv_poll_stop(&out->poll); /* never fails */
}

/* With nothing to write, a pipe still tells when its reader goes; that keeps no loop alive. */
static void
output_arm_poll(struct output *out)
{
	if (output_waiting(out))
		uv_ref((uv_handle_t *)&out->poll);
	else
		uv_unref((uv_handle_t *)&out->poll);
	if (output_waiting(out))
		output_watch(out, UV_WRITABLE);
	else
		output_watch(out, out->is_pipe && !out->errnum ? UV_DISCONNECT : 0);
}

/* Have the loop call us for what is left to write or to tell. */
static void
output_arm(struct output *out)
{
	if (out->is_polled)
		output_arm_poll(out);
	if (out->tell_drained || out->tell_failed || (!out->is_polled && output_waiting(out)))
		(void)uv_idle_start(&out->soon, output_on_soon); /* fails only when closing */
	else
		(void)uv_idle_stop(&out->soon); /* never fails */
}

/* The user may close us from either callback, so it is called last, and only one a turn. */
static void
output_tell(struct output *out)
{
	if (out->tell_failed) {
		out->tell_failed = false;
		output_arm(out);
		if (out->on.failed)
			out->on.failed(out->user, out->errnum);
	} else if (out->tell_drained) {
		out->tell_drained = false;
		output_arm(out);
		if (out->on.drained)
			out->on.drained(out->user);
	}
}

static void
output_on_poll(uv_poll_t *poll, int status, int events)
{
	struct output *out = poll->data;

	(void)events;
	if (status < 0)
		out->watched = 0; /* libuv has stopped */
	/* In error: the write says which; without one, only its reader can be lost. */
	if (status < 0 && !output_waiting(out) && !out->errnum)
		output_break(out, EPIPE);
	else
		output_push(out, true);
	output_arm(out);
	output_tell(out);
}

static void
output_on_soon(uv_idle_t *idle)
{
	struct output *out = idle->data;

	if (!out->is_polled)
		output_push(out, true);
	output_arm(out);
	output_tell(out);
}

/* What it is, and how much a write may take without blocking, once poll has said that it is ready.
 */
static void
output_measure(struct output *out)
{
	int flags = fcntl(out->fd, F_GETFL);
	struct stat st;

	if (fstat(out->fd, &st) < 0)
		st.st_mode = 0;
	out->is_pipe = out->is_polled && S_ISFIFO(st.st_mode);
	out->chunk = BIG_BYTES;
	if (!out->is_polled || flags < 0 || flags & O_NONBLOCK)
		return;
	out->asks_first = true;
	out->chunk = S_ISCHR(st.st_mode) ? TERMINAL_BYTES : PIPE_BUF;
}

struct output *
output_open(uv_loop_t *loop, int fd, size_t high_mark, const struct output_events *on, void *user)
{
	struct output *out = xcalloc(1, sizeof *out);

	out->fd = fd;
	out->high_mark = high_mark;
	out->on = *on;
	out->user = user;
	buf_init(&out->pending, BUF_UNLIMITED); /* the caller heeds output_is_slow */
	/* Where it can't be polled for another reason, write(2) will say so. */
	out->is_polled = watch_init(loop, &out->poll, fd) == 0;
	(void)uv_idle_init(loop, &out->soon); /* never fails */
	out->open_handles = out->is_polled ? 2 : 1;
	out->poll.data = out->soon.data = out;
	output_measure(out);
	output_arm(out);
	return out;
}

void
output_kick(struct output *out)
{
	if (out->errnum)
		output_forget(out, output_waiting(out));
	else
		output_push(out, false);
	output_arm(out);
}

bool
output_flush(struct output *out, int64_t deadline_us)
{
	while (!out->errnum && output_waiting(out)) {
		if (out->is_polled && !output_ready(out, clock_left_ms(deadline_us))) {
			if (clock_left_ms(deadline_us) != 0)
				continue; /* a signal came */
			errno = ETIMEDOUT;
			return false;
		}
		(void)output_write(out); /* errnum tells */
	}
	out->tell_failed = out->tell_drained = out->is_slow = false;
	output_arm(out);
	errno = out->errnum;
	return out->errnum == 0;
}

static void
output_on_closed(uv_handle_t *handle)
{
	struct output *out = handle->data;

	if (--out->open_handles)
		return;
	buf_release(&out->pending);
	free(out);
}

void
output_close(struct output *out)
{
	if (!out)
		return;
	uv_close((uv_handle_t *)&out->soon, output_on_closed);
	if (out->is_polled)
		uv_close((uv_handle_t *)&out->poll, output_on_closed);
}
