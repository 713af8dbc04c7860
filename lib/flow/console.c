/* SPDX-License-Identifier: MIT */
/* console - a run's events and status, on standard output and standard error. */
#include "flow/console.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/progress.h"
#include "flow/narrate.h"
#include "sys/clock.h"
#include "sys/output.h"

enum { TICK_MS = 100, HIGH_MARK = 1 << 20, NAMES_SHOWN = 8 };

struct console {
	struct console_config config;
	struct run *run;
	struct output *out;
	int lost; /* the errno of a write that failed */
	struct progress progress;
	uv_timer_t ticker;
};

/* Nobody reads any more: the run is not worth its cost. A full disk is no better. */
static void
failed(void *user, int errnum)
{
	struct console *c = user;

	c->lost = errnum;
	if (c->run)
		run_stop(c->run, errnum == EPIPE ? SIGPIPE : 0);
}

struct console *
console_open(const struct console_config *config)
{
	const struct output_events on = { NULL, failed };
	struct console *c = xcalloc(1, sizeof *c);

	c->config = *config;
	c->out = output_open(config->loop, STDOUT_FILENO, HIGH_MARK, &on, c);
	uv_timer_init(config->loop, &c->ticker);
	c->ticker.data = c;
	return c;
}

static void
show_status(uv_timer_t *ticker)
{
	struct console *c = ticker->data;
	struct run_progress p = run_progress(c->run);
	struct progress_count count = { .done = p.succeeded + p.failed + p.skipped,
		.failed = p.failed };
	struct buf names = BUF_INIT(BUF_UNLIMITED);

	buf_addf(&names, "%zu running: ", p.running);
	run_print_running(c->run, NAMES_SHOWN, &names);
	c->progress.note = p.running ? names.p : NULL;
	progress_update(&c->progress, count, clock_mono_us());
	c->progress.note = NULL;
	buf_release(&names);
}

void
console_watch(struct console *c, struct run *run)
{
	c->run = run;
	progress_start(&c->progress,
	    &(struct progress_config){ .what = "nodes",
		.total = run_progress(run).total,
		.fd = STDERR_FILENO,
		.no_color = c->config.no_color },
	    clock_mono_us());
	if (!c->config.quiet && c->progress.is_terminal)
		uv_timer_start(&c->ticker, show_status, TICK_MS, TICK_MS);
}

void
console_events(void *console, struct str lines)
{
	struct console *c = console;

	progress_clear(&c->progress);
	if (c->config.text)
		narrate_events(lines, output_buf(c->out));
	else
		buf_addstr(output_buf(c->out), lines);
	output_kick(c->out);
}

void
console_end_status(struct console *c)
{
	uv_timer_stop(&c->ticker);
	progress_finish(&c->progress);
}

/* A reader may take its time: a pager waits for a person. */
int
console_flush(struct console *c, int64_t deadline_us, struct err *err)
{
	if (!output_flush(c->out, deadline_us) && !c->lost)
		c->lost = errno;
	if (!c->lost || c->lost == EPIPE)
		return 0;
	return err_sys(err, c->lost, "cannot write events");
}

static void
free_console(uv_handle_t *ticker)
{
	free(ticker->data);
}

void
console_close(struct console *c)
{
	output_close(c->out);
	uv_close((uv_handle_t *)&c->ticker, free_console);
}
