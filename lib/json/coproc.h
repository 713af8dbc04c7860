/* SPDX-License-Identifier: MIT */
/*
 * coproc - a filter that runs beside us: lines in, lines out, for as long as it is needed.
 *
 * It is started by the first line sent, and again by the first line after its death; one that died
 * twice in a row without an answer is not started a third time. Lines that it was
 * sent and had not answered are the owner's to fail.
 */
#ifndef JSON_COPROC_H
#define JSON_COPROC_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

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
	void *user;
};

struct coproc *coproc_new(uv_loop_t *loop, struct procs *procs, const struct coproc_config *config);
/* Queue one line. -1 and err where it is not running and cannot be started. */
int coproc_send(struct coproc *c, struct str line, struct err *err)
    __attribute__((warn_unused_result));
/* SIGTERM, and SIGKILL after the grace; lines still come, then down. */
void coproc_end(struct coproc *c, int64_t grace_ms);
/* Frees. Where it is still up, its group is killed when the procs are freed. */
void coproc_free(struct coproc *c);

#endif
