/* SPDX-License-Identifier: MIT */
/*
 * coproc - a filter that runs beside us: lines in, lines out, for as long as it is needed.
 *
 * It is started by the first line sent, and again by the first line after its death; one that died
 * twice in a row without an answer is not started a third time. Lines that it was
 * sent and had not answered are the owner's to fail.
 *
 * Backpressure goes both ways: while coproc_is_slow, what it is sent waits here; while it is
 * paused, what it says waits in its pipe, and so, soon, does it.
 *
 *	if (coproc_send(c, line, &err) < 0) ...		// one line, at once
 *
 *	out = coproc_begin(c, &err);			// or many: written where they
 *	... append a line to out ...			// are sent from, and handed over
 *							// by fewer system calls
 *	coproc_commit(c);
 *	... before the loop sleeps: coproc_kick(c);
 */
#ifndef JSON_COPROC_H
#define JSON_COPROC_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "sys/proc.h"

struct coproc;

struct coproc_config {
	const char *const *argv; /* borrowed, as env */
	const char *const *env;
	int log_fd; /* its stderr */
	/* A line it wrote, without its end; lives until the function returns. */
	void (*line)(void *user, struct str line);
	/* It ended; why is a sentence. What it has not answered by now it never will. Not called
	 * for coproc_free. */
	void (*down)(void *user, const char *why);
	void (*drained)(void *user); /* it was slow, and is not any more; NULL */
	void *user;
};

struct coproc *coproc_new(uv_loop_t *loop, struct procs *procs, const struct coproc_config *config);
/* Queue one line. -1 and err where it is not running and cannot be started. */
int coproc_send(struct coproc *c, struct str line, struct err *err)
    __attribute__((warn_unused_result));
/* The same in pieces. NULL as -1; else the line is ended by coproc_commit, before anything else is
 * asked of c, and is sent by coproc_kick. */
struct buf *coproc_begin(struct coproc *c, struct err *err);
void coproc_commit(struct coproc *c);
void coproc_kick(struct coproc *c);
/* It reads more slowly than it is sent to. */
bool coproc_is_slow(const struct coproc *c);
/* Read none of what it says. */
void coproc_pause(struct coproc *c);
void coproc_resume(struct coproc *c);
/* Whether a process is there, or something that one has said. */
bool coproc_is_up(const struct coproc *c);
/* End its input: what it was not yet given it never gets; lines still come, then down. */
void coproc_shut(struct coproc *c);
/* SIGTERM, and SIGKILL after the grace; lines still come, then down. */
void coproc_end(struct coproc *c, int64_t grace_ms);
/* Frees. Where it is still up, its group is killed when the procs are freed. */
void coproc_free(struct coproc *c);

#endif
