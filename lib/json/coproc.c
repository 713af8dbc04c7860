/* SPDX-License-Identifier: MIT */
/* coproc - a filter that runs beside us, restarted when it dies. */
#include "json/coproc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "json/ndjson.h"
#include "sys/input.h"
#include "sys/output.h"

enum { HIGH_MARK = 1 << 20, LINGER_MS = 2000, FRUITLESS_MAX = 2 };

struct coproc {
	uv_loop_t *loop;
	struct procs *procs;
	struct coproc_config config;
	struct proc *proc; /* NULL: it is not running */
	int in_fd, out_fd; /* our ends of its stdin and stdout; -1 */
	struct output *in;
	struct input *out;
	struct lines lines;
	uv_timer_t *linger; /* runs while it is dead and its stdout still open */
	struct proc_exit how;
	int fruitless; /* how often it was started since it last answered */
	bool paused;
};

struct coproc *
coproc_new(uv_loop_t *loop, struct procs *procs, const struct coproc_config *config)
{
	struct coproc *c = xcalloc(1, sizeof *c);

	c->loop = loop;
	c->procs = procs;
	c->config = *config;
	c->in_fd = c->out_fd = -1;
	c->linger = xcalloc(1, sizeof *c->linger);
	uv_timer_init(loop, c->linger);
	c->linger->data = c;
	return c;
}

static void
close_pipes(struct coproc *c)
{
	if (c->in)
		output_close(c->in);
	if (c->out)
		input_close(c->out);
	if (c->in_fd >= 0)
		(void)close(c->in_fd); /* a pipe: nothing is lost that was not lost before */
	if (c->out_fd >= 0)
		(void)close(c->out_fd);
	c->in = NULL;
	c->out = NULL;
	c->in_fd = c->out_fd = -1;
	lines_release(&c->lines);
}

static void
free_timer(uv_handle_t *timer)
{
	free(timer);
}

void
coproc_free(struct coproc *c)
{
	if (!c)
		return;
	close_pipes(c);
	uv_close((uv_handle_t *)c->linger, free_timer);
	free(c);
}

/* --- its end --- */

static void
say_end(const struct coproc *c, struct buf *why)
{
	if (c->how.signal)
		buf_addf(why, "%s was killed by signal %d", c->config.argv[0], c->how.signal);
	else
		buf_addf(why, "%s ended with status %d", c->config.argv[0], c->how.status);
}

static void
finish(struct coproc *c)
{
	struct buf why = BUF_INIT(256);

	uv_timer_stop(c->linger);
	close_pipes(c);
	say_end(c, &why);
	c->config.down(c->config.user, why.p);
	buf_release(&why);
}

/* Dead, but somebody still holds its stdout: what it said is in the pipe, and no more will come. */
static void
lingered(uv_timer_t *timer)
{
	struct coproc *c = timer->data;

	if (c->paused)
		uv_timer_start(timer, lingered, LINGER_MS, 0);
	else
		finish(c);
}

static void
exited(void *user, const struct proc_exit *how)
{
	struct coproc *c = user;

	c->how = *how;
	c->proc = NULL;
	if (c->out)
		uv_timer_start(c->linger, lingered, LINGER_MS, 0);
	else
		finish(c);
}

static void
closed_its_stdout(struct coproc *c)
{
	input_close(c->out);
	c->out = NULL;
	if (c->proc)
		proc_end(c->proc, LINGER_MS); /* one that does not answer is of no use */
	else
		finish(c);
}

/* --- what it says --- */

static void
got_lines(struct coproc *c, enum lines_status (*next)(struct lines *, struct str *))
{
	enum lines_status status;
	struct str line;

	while (c->out && (status = next(&c->lines, &line)) != LINES_MORE) {
		if (status != LINES_LINE)
			continue;
		c->fruitless = 0;
		c->config.line(c->config.user, line);
	}
}

static void
got_bytes(void *user, const char *p, long n, int errnum)
{
	struct coproc *c = user;

	(void)errnum; /* an unreadable pipe is as good as closed */
	if (n > 0) {
		lines_push(&c->lines, p, (size_t)n);
		got_lines(c, lines_next);
		return;
	}
	got_lines(c, lines_end);
	closed_its_stdout(c);
}

/* --- its start --- */

static void
drained(void *user)
{
	struct coproc *c = user;

	if (c->config.drained)
		c->config.drained(c->config.user);
}

static int
start_with(struct coproc *c, uv_file theirs_in, uv_file theirs_out, struct err *err)
{
	/* Of EPIPE its exit tells more. */
	static const struct output_events on = { drained, NULL };
	struct proc_spec spec = {
		.argv = c->config.argv,
		.env = c->config.env,
		.in = theirs_in,
		.out = theirs_out,
		.err = c->config.log_fd,
	};

	c->proc = proc_spawn(c->procs, &spec, exited, c, err);
	if (!c->proc)
		return -1;
	c->fruitless++;
	lines_init(&c->lines, NDJSON_LINE_MAX);
	c->in = output_open(c->loop, c->in_fd, HIGH_MARK, &on, c);
	c->out = input_open(c->loop, c->out_fd, got_bytes, c);
	if (!c->paused)
		input_start(c->out);
	return 0;
}

static int
dies_again(const struct coproc *c, struct err *err)
{
	struct buf why = BUF_INIT(256);

	say_end(c, &why);
	(void)err_set(err, EXIT_SYSTEM,
	    "%s, and so it did before: it answers nothing (it may have said why on standard error)",
	    why.p);
	buf_release(&why);
	return -1;
}

static int
start(struct coproc *c, struct err *err)
{
	uv_file in[2], out[2];
	int rc;

	if (c->fruitless == FRUITLESS_MAX)
		return dies_again(c, err);
	/* Our ends do not block: then a write takes what there is room for, and not a page. */
	rc = uv_pipe(in, 0, UV_NONBLOCK_PIPE);
	if (rc < 0)
		return err_sys(err, -rc, "cannot make a pipe");
	rc = uv_pipe(out, UV_NONBLOCK_PIPE, 0);
	if (rc < 0) {
		(void)close(in[0]);
		(void)close(in[1]);
		return err_sys(err, -rc, "cannot make a pipe");
	}
	c->in_fd = in[1];
	c->out_fd = out[0];
	rc = start_with(c, in[0], out[1], err);
	(void)close(in[0]); /* the child has its own */
	(void)close(out[1]);
	if (rc < 0)
		close_pipes(c);
	return rc;
}

bool
coproc_is_up(const struct coproc *c)
{
	return c->proc || c->out;
}

struct buf *
coproc_begin(struct coproc *c, struct err *err)
{
	if (!coproc_is_up(c) && start(c, err) < 0)
		return NULL;
	if (!c->proc || !c->in) {
		(void)err_set(err, EXIT_SYSTEM, "%s has just ended", c->config.argv[0]);
		return NULL;
	}
	return output_buf(c->in);
}

void
coproc_commit(struct coproc *c)
{
	buf_addc(output_buf(c->in), '\n');
}

void
coproc_kick(struct coproc *c)
{
	if (c->in)
		output_kick(c->in);
}

int
coproc_send(struct coproc *c, struct str line, struct err *err)
{
	struct buf *out = coproc_begin(c, err);

	if (!out)
		return -1;
	buf_addstr(out, line);
	coproc_commit(c);
	coproc_kick(c);
	return 0;
}

bool
coproc_is_slow(const struct coproc *c)
{
	return c->in && output_is_slow(c->in);
}

void
coproc_pause(struct coproc *c)
{
	c->paused = true;
	if (c->out)
		input_stop(c->out);
}

void
coproc_resume(struct coproc *c)
{
	c->paused = false;
	if (c->out)
		input_start(c->out);
}

void
coproc_shut(struct coproc *c)
{
	if (!c->in)
		return;
	output_close(c->in);
	c->in = NULL;
	(void)close(c->in_fd); /* a pipe: nothing is lost that was not lost before */
	c->in_fd = -1;
}

void
coproc_end(struct coproc *c, int64_t grace_ms)
{
	if (c->proc)
		proc_end(c->proc, grace_ms);
}
