/* SPDX-License-Identifier: MIT */
/*
 * run - carry out a workflow: ready nodes in parallel, every step journaled before it is taken.
 *
 * One call runs the loop until all is done or it was told to stop. What happens is told as journal
 * lines, after they are durable, and as a few numbers for a status line.
 */
#ifndef FLOW_RUN_H
#define FLOW_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "base/str.h"
#include "flow/rundir.h"
#include "flow/workflow.h"
#include "json/json.h"

struct run;

struct run_config {
	uv_loop_t *loop;
	const struct workflow *workflow;
	const struct rundir *dir;
	struct json input; /* proven JSON; borrowed, as everything here */
	const char *const *env; /* the environment of children: "NAME=value" */
	const char *(*getenv)(const char *name); /* for the variables of spec.env */
	const char *const *llm_call; /* argv of the co-process that answers requests */
	int64_t max_running; /* 1 or more */
	int64_t grace_ms; /* between SIGTERM and SIGKILL */
	uint64_t seed; /* of the jitter of retries */
	bool fail_fast; /* the first failed node stops the run */
	void (*events)(void *user, struct str lines); /* committed journal lines; may be NULL */
	void *user;
};

struct run_progress {
	size_t total, waiting, running, succeeded, failed, skipped;
	int64_t elapsed_ms;
};

struct run *run_new(const struct run_config *config);
/* EXIT_OK, EXIT_NO, EXIT_RETRY, EXIT_REFUSED by how the nodes ended; 128 + signal where run_stop
 * was called; EXIT_IO and err where the journal could not be written. */
int run_execute(struct run *run, struct err *err);
void run_free(struct run *run);

/* From the loop: start nothing more, end what runs. The run finishes when all has ended. */
void run_stop(struct run *run, int signal);
/* Whether a signal was given to run_stop. */
bool run_is_stopping(const struct run *run);
struct run_progress run_progress(const struct run *run);
/* Append the names of the nodes that run, at most max of them. */
void run_print_running(const struct run *run, size_t max, struct buf *out);

#endif
