/* SPDX-License-Identifier: MIT */
/* failover_state - what the files of the engine share: nobody else looks inside. */
#ifndef FAILOVER_FAILOVER_STATE_H
#define FAILOVER_FAILOVER_STATE_H

#include <uv.h>

#include "failover/attempts.h"
#include "failover/failover.h"
#include "failover/intake.h"
#include "failover/metrics.h"
#include "json/coproc.h"
#include "policy/walk.h"
#include "store/store_aside.h"
#include "sys/proc.h"
#include "sys/rand.h"
#include "sys/signals.h"
#include "sys/turns.h"

struct failover {
	const struct failover_config *config;
	struct err *err;
	uv_loop_t loop;
	uv_prepare_t prepare; /* before the loop sleeps: start what can be, write what there is */
	uv_timer_t pulse; /* tells the store, and renews what is reserved, while there is work */
	struct signals signals;
	struct intake intake;

	struct output *output;
	bool paused; /* the output is slow */
	int64_t paused_us; /* since when */
	bool leaving; /* all is written: the program is given time to end */
	bool gave_up; /* after a signal, for want of a reader */
	int output_errno; /* what broke it, or 0 */
	struct turns turns; /* of struct trip */
	size_t in_flight; /* trips begun and not over */

	struct procs *procs;
	struct coproc *child;
	bool ending; /* it was told to end */
	struct err broken; /* the program can't be had: code 0: it can */
	struct attempts attempts;
	struct json_paths *paths;

	struct store_desk *desk; /* where the store is asked; NULL: there is none */
	struct walk_world world;
	struct rand rand;
	bool holds_output; /* a guard looks at answers: chunks wait for the whole */
	int64_t wall_us, mono_us; /* a moment by both clocks */
	uint64_t made_ids;
	uint64_t over; /* lines that have come to their end */
	uint64_t failed, failed_retryable, failed_refused;
	struct metrics metrics;
	bool told_health, told_budgets, told_garbage; /* to people, once */
	struct buf complaints; /* live: those to be told, NUL behind each */
};

/* The time as walks know it: wall clock, that does not jump while any is under way. */
int64_t failover_now(const struct failover *f);
/* A response with that error was written. */
void failover_count(struct failover *f, enum error_kind kind);

/* Of failover_people. */
void failover_complain(struct failover *f, const char *text);
/* Tell what waits, if nobody is in the middle of an answer; or the rest of it, at the end. */
void failover_tell(struct failover *f);
void failover_tell_rest(struct failover *f);
/* Tell how far it is. */
void failover_show(struct failover *f);

/* Of failover_turn. */
enum { FAILOVER_OUTPUT_HIGH = 256 << 10 };
void failover_turn(uv_prepare_t *prepare); /* before the loop sleeps */
/* Both clocks at one moment, where nobody is on the way. */
void failover_set_time(struct failover *f);
/* Something was appended to the output: where the reader is slow, hear no more for now. */
void failover_hold_back(struct failover *f);
void failover_drained(void *f); /* the reader has caught up */
/* It is over: the loop ends. */
void failover_stop(struct failover *f);

/* Of failover_child. */
void failover_line(void *f, struct str line);
void failover_down(void *f, const char *why);

/* Of failover_pulse. */
void failover_pulse(uv_timer_t *timer);
void failover_tell_store(struct failover *f);
void failover_news(void *f); /* the store has answered */

#endif
