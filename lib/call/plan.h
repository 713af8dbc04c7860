/* SPDX-License-Identifier: MIT */
/*
 * plan - a program's plan on the ground: the directory that it may litter, the files that it wants
 * to find, its words and its environment.
 *
 *	scratch = plan_scratch(base, &err);		// a name, to build the plan with
 *	plan_lay(&plan, json, scratch, environ, &err)	// make the directory, write the files
 *	... run plan.argv in plan.cwd with plan.env ...
 *	plan_clear(&plan);				// remove the directory
 */
#ifndef CALL_PLAN_H
#define CALL_PLAN_H

#include "base/buf.h"
#include "base/err.h"
#include "json/json.h"

#define PLAN_REPORT_MAX ((size_t)16 << 20)

struct plan {
	char *scratch; /* a directory of this run's own */
	char *cwd;
	char **argv; /* NULL-terminated */
	char **additions; /* "NAME=value" */
	const char **env; /* the whole environment, borrowed from additions and the base */
	struct buf input; /* for its standard input */
	char *report; /* a file that it was told to write; NULL */
};

/* The name of a directory that nobody else has; it is not made. The caller frees. */
char *plan_scratch(const char *base);

/* Borrows json and environment; the environment must outlive the plan. On -1 nothing is left. */
int plan_lay(struct plan *plan, struct json json, const char *scratch,
    const char *const *environment, struct err *err) __attribute__((warn_unused_result));
void plan_read_report(const struct plan *plan, struct buf *out); /* nothing where there is none */
void plan_clear(struct plan *plan);

#endif
