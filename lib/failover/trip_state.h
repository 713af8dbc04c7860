/* SPDX-License-Identifier: MIT */
/* trip_state - what the files of trip share. */
#ifndef FAILOVER_TRIP_STATE_H
#define FAILOVER_TRIP_STATE_H

#include "base/die.h"
#include "failover/trip.h"
#include "llm/answer.h"

/* Do what the walk says until it waits; the trip may be over then. */
void trip_go(struct trip *t);
/* Decide who may serve it, and go, unless that is to be done anew when there is news. */
void trip_decide(struct trip *t);
/* The walk is over: write what came of it. */
void trip_end(struct trip *t, size_t winner);

/* No attempt is made. */
void trip_refuse(struct trip *t, enum error_kind kind, struct str message);
/* A line for the reader, and the end; an empty one is none. */
void trip_say(struct trip *t, struct str record);

/*
 * What the reader has of an answer before it is whole: chunks or, live, words. Text of our own (no
 * text, nothing); what the program said; that all of it is void.
 */
void trip_stream(struct trip *t, enum delta_kind kind, struct str text, struct buf *out);
void trip_stream_chunk(struct trip *t, const struct relayed *r, struct buf *out);
void trip_stream_void(struct trip *t, int64_t attempt, struct buf *out);

/* For people: the words of the response that they have not been shown, and why there are no more.
 */
void trip_put_text(struct trip *t, struct json response, const struct attempt *a, struct buf *out);

#endif
