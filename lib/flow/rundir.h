/* SPDX-License-Identifier: MIT */
/*
 * rundir - a run's directory:
 * runs/ID/{workflow.yaml,input.json,journal.ndjson,nodes/NAME/ATTEMPT/{in.ndjson,out.ndjson,err.log}}
 * with runs/latest a link to the newest.
 */
#ifndef FLOW_RUNDIR_H
#define FLOW_RUNDIR_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "sys/rand.h"

struct rundir {
	char *id;
	char *path; /* RUNS/ID */
	char *absolute; /* the same, wherever one stands */
	int nodes_fd; /* the directory nodes */
};

/*
 * Make the directory, fill it with the two files and turn RUNS/latest to it. id: NULL for a new
 * one, which sorts by time: 20261121T020304Z-7f3a9c. -1 and err: EXIT_CONFIG where id is no name or
 * taken, EXIT_IO. rd is to be released in any case.
 */
int rundir_create(struct rundir *rd, const char *runs, const char *id, struct rand *chance,
    struct err *err) __attribute__((warn_unused_result));
void rundir_release(struct rundir *rd);

/* Write a file of that name into it, durably. */
int rundir_put(const struct rundir *rd, const char *name, struct str text, struct err *err)
    __attribute__((warn_unused_result));
/* Keep what is run on what: the texts of the workflow file and the input. Then turn RUNS/latest to
 * it.
 */
int rundir_fill(const struct rundir *rd, const char *runs, struct str workflow, struct str input,
    struct err *err) __attribute__((warn_unused_result));
/* Turn RUNS/latest to it, in one step. */
int rundir_set_latest(const struct rundir *rd, const char *runs, struct err *err)
    __attribute__((warn_unused_result));

/* The files of one attempt, open for writing; out can be read, too. Close-on-exec. */
struct rundir_attempt {
	int in, out, err;
};
/* in holds the line input (its newline is added) and stands at its start. -1 and err (EXIT_IO). */
int rundir_open_attempt(const struct rundir *rd, const char *node, int64_t attempt,
    struct str input, struct rundir_attempt *files, struct err *err)
    __attribute__((warn_unused_result));
void rundir_close_attempt(struct rundir_attempt *files);

#endif
