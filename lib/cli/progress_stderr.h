/* SPDX-License-Identifier: MIT */
/*
 * progress_stderr - how far a program is, for whoever looks at its standard error.
 *
 * There is one for the process, since what is told to people goes through functions that know of
 * nothing but the line. It is shown where standard output is a file: what goes to a terminal would
 * be torn by it, and what goes to a pipe may well end there.
 *
 *	if (progress_stderr_is_seen())
 *		config.progress = progress_stderr_start("requests", total, getenv("NO_COLOR"));
 *	config.complain = progress_stderr_complain;
 *	...
 *	progress_stderr_end();
 */
#ifndef CLI_PROGRESS_STDERR_H
#define CLI_PROGRESS_STDERR_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/progress.h"

bool progress_stderr_is_seen(void);
/* total: 0 where it is not known; no_color: the value of NO_COLOR. */
struct progress *progress_stderr_start(const char *what, uint64_t total, const char *no_color);
/* A line for people, as warn_line; what is shown makes room. */
void progress_stderr_complain(const char *text);
/* What is shown goes; also where nothing was started. */
void progress_stderr_end(void);

#endif
