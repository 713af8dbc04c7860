/* SPDX-License-Identifier: MIT */
/* calls_state - what the files of calls share. */
#ifndef CALL_CALLS_STATE_H
#define CALL_CALLS_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "call/calls.h"
#include "call/gather.h"
#include "call/slots.h"
#include "json/ndjson.h"
#include "llm/text.h"
#include "sys/input.h"
#include "sys/output.h"
#include "sys/signals.h"

struct calls {
	const struct calls_config *config;
	struct err *err;
	uv_loop_t loop;
	uv_prepare_t turn; /* before the loop sleeps: start what can be, write what there is */
	uv_timer_t ticker; /* with progress: a turn now and then, though nothing happens */
	struct signals signals;
	struct caller *caller;

	struct input *input; /* NULL: none, or it has ended */
	struct lines lines;
	struct buf block; /* the bytes read last: lines points into it until they are used up */
	int64_t block_us;
	bool block_used; /* every line in it was started */
	bool input_over;
	struct gather gather; /* lines that go together in the next call */
	bool starting; /* calls_start_lines is at work */

	struct output *output;
	bool paused; /* the output is slow */

	struct turns slots; /* of struct slot */
	struct text shown; /* of the one record's answer */
	struct lanes *lanes;
	size_t in_flight; /* started and not done */
	uint64_t done; /* records written */
	uint64_t failed, failed_retryable, failed_refused;
	bool gave_up; /* a signal came, and the reader takes nothing of what is left to say */
	int output_errno; /* what broke it, or 0 */
};

/* Of calls_answer: what a call has to say (call_events). */
enum { CALLS_OUTPUT_HIGH = 256 << 10 };
void calls_delta(void *s, struct call *call, const struct delta *delta);
void calls_restart(void *s, struct call *call);
void calls_done(void *s, struct call *call);
/* The reader is slow: hear no more for now. */
void calls_pause(struct calls *s);

/* Of calls_turn. */
void calls_turn(uv_prepare_t *turn); /* before the loop sleeps */
/* Start what the bytes at hand hold and the limits allow. */
void calls_start_lines(struct calls *s);
void calls_start_line(struct calls *s, struct str line, uint64_t number);
/* One that waited in its lane may go. */
void calls_go(void *s, struct lane_place *place);
/* It is over: the loop ends. */
void calls_stop(struct calls *s);

#endif
