/* SPDX-License-Identifier: MIT */
/*
 * die - the two ends that no caller can do anything about, and the name that messages begin with.
 *
 * Only cmd/ and the out-of-memory path print. Messages are "prog: what: why", one line; with
 * die_log_json(true) they are NDJSON records {"ts"?,"level","prog","message"} instead.
 */
#ifndef BASE_DIE_H
#define BASE_DIE_H

#include <stdbool.h>

#include "base/err.h"

/* The program's name, for messages; argv0's last component. Call it first in main. */
void die_init(const char *argv0);
const char *die_prog(void);

/* From now on write messages as NDJSON (--log json). */
void die_log_json(bool on);

/* One line on stderr. A failure to write it is ignored: there is nowhere left to say so. */
void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same with a line as it is: for who tells lines to a function. */
void warn_line(const char *line);

_Noreturn void die(enum exit_code code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Print err's text and leave with its code (EXIT_NO where none was set). */
_Noreturn void err_die(const struct err *err);

/* An invariant of ours is broken: say where, and abort with EXIT_BUG. */
#define BUG(...) die(EXIT_BUG, "bug: " __VA_ARGS__)

#endif
