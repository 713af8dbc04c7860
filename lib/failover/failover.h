/* SPDX-License-Identifier: MIT */
/*
 * failover - requests in, responses out, by way of a program that carries one try each: the engine
 * of llm-failover.
 *
 * The program (llm-call, or any that reads requests and writes chunks and responses) runs beside us
 * and is spoken to in lines. Each try is a request of its own, with an id of our own; its chunks
 * and its response get the reader's id back. Records that are no requests pass through in their
 * place; {"type":"cancel","id"} cancels what was read before. At most `jobs` requests are in
 * flight, and little is read that can't be begun: input stops while the program or the output's
 * reader is slow.
 *
 * As text an answer is written when it is whole and stands, so that nothing is ever taken back.
 * Live, requests that do not say otherwise ask for a stream, a line marks what is void, and what
 * there is to complain of waits until nobody is in the middle of an answer.
 *
 * A try that the program has not answered in its time (walk.h) counts as one that timed out; tries
 * under way when the program ends fail as `network`, and the next one starts it anew. Where it
 * can't be started, or ends twice in a row without an answer, all that is left fails, and says so.
 */
#ifndef FAILOVER_FAILOVER_H
#define FAILOVER_FAILOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "policy/budget.h"
#include "policy/health.h"
#include "policy/router.h"

/* What it means that the store fails, or that it can't be opened. */
#define FAILOVER_ALONE                                                                             \
	"until the store can be had, what is learned of providers stays in this process "          \
	"(--no-store if that is meant)"

struct progress;

struct failover_config { /* borrowed */
	const struct policy *policy;
	struct router *router;
	struct health *health;
	struct budgets *budgets; /* NULL: none */
	bool budget_open; /* where those can't be kept, requests pass */
	struct store *store; /* that these two keep it in; NULL: none */
	const char *const *command; /* argv of the program; NULL-terminated */
	const char *const *env;
	const char *model; /* of requests that name none; NULL */
	int64_t jobs; /* requests in flight at once */
	bool ordered;
	bool dry_run; /* write the plan of each, send nothing */
	bool text; /* for people: the answers' text, or the plans', in place of records */
	bool live; /* the text goes to a terminal: it is shown as it comes, one answer at a time */
	uint64_t seed;
	char *const *operands; /* files to read; NULL-terminated; none, or "-": standard input */
	int out_fd;
	int metrics_fd; /* metric records at the end; -1: none */
	void (*complain)(const char *text); /* a line for people; NULL: nobody is told */
	struct progress *progress; /* is told how far it is; NULL: nobody watches */
};

/* As calls_run: 0, 1, 75 or 77 by what failed; 74, 128 + N; and 71, 126 or 127 where the program
 * can't be started or does not stay up, with err. */
int failover_run(const struct failover_config *config, struct err *err);

#endif
