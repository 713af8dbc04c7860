/* SPDX-License-Identifier: MIT */
/*
 * console - what a run shows while it goes on: its events on standard output, as records or in
 * words, and a status line where standard error is a terminal.
 */
#ifndef FLOW_CONSOLE_H
#define FLOW_CONSOLE_H

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "base/str.h"
#include "flow/run.h"

struct console;

struct console_config {
	uv_loop_t *loop;
	bool text; /* events in words */
	bool quiet; /* no status line */
	const char *no_color; /* NO_COLOR's value */
};

/* SIGPIPE must be ignored: a reader that goes away stops the run. */
struct console *console_open(const struct console_config *config);
/* Show how far run is, until console_end_status; stop it when nobody reads any more. */
void console_watch(struct console *c, struct run *run);
/* As run_config.events, with the console as its user. */
void console_events(void *console, struct str lines);
/* The status line goes, and does not come again. */
void console_end_status(struct console *c);
/* Write what waits, until the deadline. -1 and err (EXIT_IO) where events were lost, and somebody
 * still reads. */
int console_flush(struct console *c, int64_t deadline_us, struct err *err)
    __attribute__((warn_unused_result));
/* Frees, once the loop has run. */
void console_close(struct console *c);

#endif
