/* SPDX-License-Identifier: MIT */
/*
 * trip - one line of input on its way to what is written for it: a request with its facts, the
 * decision who may serve it, its walk and its attempts; or a record that only passes.
 */
#ifndef FAILOVER_TRIP_H
#define FAILOVER_TRIP_H

#include "failover/attempts.h"
#include "failover/failover_state.h"
#include "failover/relay.h"
#include "llm/text.h"

struct trip {
	struct turn turn; /* the first member */
	struct failover *f;
	char *line;
	struct json record; /* what attempts are made of: the line, or what guards left of it */
	struct buf redacted; /* holds it then */
	struct buf id; /* raw JSON; empty: none */
	bool is_request; /* the members below are set */
	struct request request; /* as it was read */
	struct facts facts;
	struct decision decision;
	bool is_deciding; /* by what the store has yet to tell */
	struct walk *walk; /* NULL: not begun, or over */
	uv_timer_t timer; /* until the walk wants to be asked */
	bool has_timer;
	struct attempt **tries; /* by the walk's count; NULL where one was never sent */
	size_t try_count, try_cap;
	int64_t seq; /* of the reader's next chunk */
	bool keeps_said; /* it may have to be gone on from */
	bool has_call; /* a tool call was streamed, and is not void */
	struct buf said, thought; /* what the reader has been streamed, and is not void */
	struct text shown; /* of that, live: as text */
	struct usage spent; /* by attempts that said part of it */
	struct buf warnings; /* a sentence a line */
	enum error_kind broken; /* it was ended for another reason than the walk's; why */
	struct buf why;
};

/* Begin with a line, which is copied. What comes of it at once is written; else the trip goes on
 * until it is over, and is freed by the sweep of turns. */
void trip_begin(struct failover *f, struct str line, const char *file, uint64_t number);
/* A line that can't be had. */
void trip_begin_overlong(struct failover *f, const char *file, uint64_t number);
void trip_cancel(struct trip *t);
/* The store has answered: whoever waits for that goes on. */
void trip_hear(struct trip *t);
/* Somebody's attempt is over: whoever waits for its place goes on. */
void trip_make_room(struct trip *t);
/* For so long the program was not heard: that is not its attempts' fault. */
void trip_postpone(struct trip *t, int64_t us);

/* What the program says. */
void trip_chunk(struct attempt *a, const struct relayed *r);
void trip_response(struct attempt *a, const struct relayed *r);
/* The program ended before it answered. */
void trip_lose(struct attempt *a, const char *why);

/* For turns_sweep. */
void trip_release(struct turn *turn);

#endif
