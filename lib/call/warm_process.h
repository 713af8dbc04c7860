/* SPDX-License-Identifier: MIT */
/*
 * warm_process - one program that stays: its pipes, the talk with it, its directory, its deadlines.
 *
 * It serves one call at a time. What it keeps from one call to the next is only itself: each call's
 * words are in a conversation of their own, and what it complained of during one is not told of
 * another.
 */
#ifndef CALL_WARM_PROCESS_H
#define CALL_WARM_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "call/call_state.h"
#include "call/plan.h"
#include "call/talk.h"
#include "llm/program.h"
#include "sys/child.h"

struct warm_process {
	struct warm_process *next;
	struct caller *caller;
	const struct program *program;
	struct buf key; /* of the plans that it can serve */
	struct buf text; /* the plan that it was started by, without its prompt; raw JSON */
	struct plan plan;
	struct child *child; /* NULL: it is over */
	struct talk *talk;
	struct call *call; /* the one that is served; NULL: none */
	struct program_reader *judge; /* of its answer */
	struct program_end end;
	struct buf complaint; /* what it wrote on standard error during the call, its end */
	uv_timer_t timer; /* to the next deadline */
	int64_t total_us, quiet_us; /* deadlines of the call; CLOCK_NEVER */
	bool ending; /* it serves no more */
};

/* Start one for plans like this, which names scratch as its directory. NULL and err where it can't
 * be. key and plan are copied. */
struct warm_process *warm_process_start(struct caller *caller, const struct program *program,
    struct str key, struct json plan, const char *scratch, struct err *err);

/* Whether it can take a call now. */
bool warm_process_is_free(const struct warm_process *p);
/* Let it serve the call, whose plan this is; it ends by call_carried. */
void warm_process_serve(struct warm_process *p, struct call *c, struct json plan);
/* The call that it serves has failed so: ask it to stop, and end it. */
void warm_process_stop(struct warm_process *p, enum error_kind kind, const char *message);
/* Let it go: end of input, SIGTERM, and SIGKILL later. */
void warm_process_end(struct warm_process *p);

/* There is no time for more: its call gets no answer, and it is its procs' to kill. */
void warm_process_abandon(struct warm_process *p);

/* It is gone: called from the loop, once; to be taken off every list and freed. */
void warm_process_over(struct warm_process *p);
void warm_process_free(struct warm_process *p);

#endif
