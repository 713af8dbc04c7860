/* SPDX-License-Identifier: MIT */
/* trip_state - what the files of trip share. */
#ifndef FAILOVER_TRIP_STATE_H
#define FAILOVER_TRIP_STATE_H

#include "base/die.h"
#include "failover/trip.h"
#include "llm/answer.h"

/* Do what the walk says until it waits; the trip may be over then. */
void trip_go(struct trip *t);
/* The walk is over: write what came of it. */
void trip_end(struct trip *t, size_t winner);

/* No attempt is made. */
void trip_refuse(struct trip *t, enum error_kind kind, struct str message);
/* A line for the reader, and the end; an empty one is none. */
void trip_say(struct trip *t, struct str record);

/* Append text of our own as a chunk of the reader's stream; no text, no chunk. */
void trip_stream(struct trip *t, enum delta_kind kind, struct str text, struct buf *out);

#endif
