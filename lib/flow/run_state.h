/* SPDX-License-Identifier: MIT */
/*
 * run_state - what the files run*.c share: the state of a run and of each of its nodes.
 *
 * run.c decides what comes next; run_command.c and run_llm.c carry one attempt each and end it by
 * run_attempt_done; run_data.c makes what nodes and expressions see; run_event.c writes the
 * journal.
 */
#ifndef FLOW_RUN_STATE_H
#define FLOW_RUN_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "json/coproc.h"
#include "flow/journal.h"
#include "flow/run.h"
#include "flow/rundir.h"
#include "sys/proc.h"
#include "sys/rand.h"

enum run_status {
	RUN_WAITING, /* for nodes, or for its turn */
	RUN_STARTING, /* its start is in the journal, and not yet durable */
	RUN_RUNNING,
	RUN_BACKOFF, /* an attempt failed; the next one waits */
	RUN_SUCCEEDED,
	RUN_FAILED,
	RUN_SKIPPED,
};

/* How an attempt ended. kind NULL: well. Texts are borrowed from the caller of run_attempt_done. */
struct run_failure {
	const char *kind;
	const char *message;
	bool retryable; /* another attempt is worth its while, if the node has one left */
	bool temporary, refused; /* for the run's exit status: 75, 77 */
	int64_t retry_after_ms;
	struct json error; /* a response's own error, told in place of the above; else JSON_NONE */
};

/* What is told of an attempt beside how it ended; members that don't apply are JSON_NONE or -1. */
struct run_facts {
	struct json response; /* the response record */
	int64_t chunks;
	const struct proc_exit *how; /* of a command; NULL */
};

struct run_node {
	enum run_status status;
	size_t waits; /* for how many nodes still */
	size_t blocked_by; /* the index, plus one, of a node whose failure keeps it from running */
	int64_t attempt, started_us;
	struct buf input; /* what with: or the default gave; kept for retries */
	struct buf output; /* JSON; empty: null */
	struct buf response; /* of a node that asks a model: the whole record */
	struct rundir_attempt files; /* of the attempt that runs */
	struct proc *proc;
	int64_t chunks;
	bool timed_out;
	uv_timer_t timer; /* the attempt's time, or the time until the next */
	bool has_timer;
	struct run *run;
};

struct run {
	struct run_config config;
	const struct workflow *w;
	struct run_node *nodes;
	struct journal *journal;
	uv_prepare_t turns;
	struct procs *procs;
	struct coproc *llm; /* NULL until a node asks a model */
	int llm_log;
	struct rand chance;
	struct buf env_json; /* what expressions see of the environment */
	size_t *queue; /* a ring of nodes whose turn has come, each at most once */
	size_t queue_head, queue_len;
	size_t *starting, starting_count;
	size_t *marks, *ancestors, stamp; /* for graph_ancestors */
	size_t running, succeeded, failed, skipped, backing_off;
	size_t failed_temporary, failed_refused;
	int64_t began_us;
	int stop_signal;
	bool stopping;
	bool broken; /* err holds why: the run directory can't be written */
	struct err err;
};

#define RUN_OUTPUT_MAX ((size_t)64 << 20)
#define RUN_INLINE_MAX ((size_t)64 << 10) /* larger values are kept beside the journal */

/* --- run.c --- */

/* An attempt of node i is over. output: JSON, its default value (p NULL: null). */
void run_attempt_done(struct run *run, size_t i, struct str output,
    const struct run_failure *failure, const struct run_facts *facts);
/* The time of i's timer: fn is called once, ms from now. */
void run_set_timer(struct run *run, size_t i, int64_t ms, uv_timer_cb fn);
/* The run directory cannot be written: everything ends. */
void run_break(struct run *run, const struct err *err);

/* --- run_command.c, run_llm.c --- */

/* Start an attempt, whose files are open. What goes wrong is told by run_attempt_done. */
void run_command_start(struct run *run, size_t i);
/* request: the line of run_llm_request. */
void run_llm_start(struct run *run, size_t i, struct str request);
/* The request of node i's attempt, as its line. */
int run_llm_request(struct run *run, size_t i, struct buf *out, struct err *err)
    __attribute__((warn_unused_result));

/* --- run_data.c --- */

void run_data_env(struct run *run);
/* i's input into nodes[i].input. -1 and err where with: fails or the schema does not fit. */
int run_data_input(struct run *run, size_t i, struct err *err) __attribute__((warn_unused_result));
/* 1 and 0: whether i's guard lets it run; -1. */
int run_data_guard(struct run *run, size_t i, struct err *err) __attribute__((warn_unused_result));
/* output: of the agent, of the node, and the schemas, over the value in *output, which is replaced.
 */
int run_data_shape(struct run *run, size_t i, struct json response, struct buf *output,
    struct err *err) __attribute__((warn_unused_result));
/* One of i's expressions over what its templates see; appended to out. */
int run_data_eval(struct run *run, size_t i, size_t expression, struct buf *out, struct err *err)
    __attribute__((warn_unused_result));
/* The workflow's own output. */
int run_data_result(struct run *run, struct buf *out, struct err *err)
    __attribute__((warn_unused_result));

/* --- run_event.c --- */

void run_event_run_started(struct run *run);
void run_event_run_finished(struct run *run, struct str output, const struct err *failure);
void run_event_ready(struct run *run, size_t i);
void run_event_started(struct run *run, size_t i);
void run_event_output(struct run *run, size_t i);
void run_event_retry(
    struct run *run, size_t i, int64_t delay_ms, const struct run_failure *failure);
void run_event_finished(
    struct run *run, size_t i, const struct run_failure *failure, const struct run_facts *facts);
/* reason: "when", "dependency", "stopped". */
void run_event_skipped(struct run *run, size_t i, const char *reason);

#endif
