/* SPDX-License-Identifier: MIT */
/*
 * failover - requests in, responses out, by way of a program that carries one try each: the engine
 * of llm-failover.
 *
 * The program (llm-call, or any that reads requests and writes chunks and responses) runs beside us
 * and is spoken to in lines. Each try is a request of its own, with an id of our own; its chunks
 * and its response get the reader's id back. Records that are no requests pass through.
 */
#ifndef FAILOVER_FAILOVER_H
#define FAILOVER_FAILOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "policy/budget.h"
#include "policy/health.h"
#include "policy/router.h"

struct failover_config { /* borrowed */
	const struct policy *policy;
	struct router *router;
	struct health *health;
	struct budgets *budgets; /* NULL: none */
	const char *const *command; /* argv of the program; NULL-terminated */
	const char *const *env;
	int64_t jobs; /* requests in flight at once */
	bool ordered;
	bool dry_run; /* write the plan of each, send nothing */
	uint64_t seed;
	int in_fd, out_fd;
	int metrics_fd; /* metric records at the end; -1: none */
	void (*complain)(const char *text); /* a line for people; NULL: nobody is told */
};

/* As calls_run: 0, 1, 75 or 77 by what failed; 74, 128 + N. */
int failover_run(const struct failover_config *config, struct err *err);

#endif
