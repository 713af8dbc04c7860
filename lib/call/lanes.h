/* SPDX-License-Identifier: MIT */
/*
 * lanes - who goes to which provider when: a queue a provider, each with its pace, and a pace over
 * all of them.
 *
 * A request enters the lane of its provider and goes at once, or waits there in order until
 * lanes_serve lets it go. Lanes are served by turns, so a slow provider holds nobody back but its
 * own. While anybody waits for a moment to come, a timer wakes the loop for it; who waits for
 * another to end is served when lanes_serve is called next.
 */
#ifndef CALL_LANES_H
#define CALL_LANES_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "call/pace.h"
#include "llm/provider.h"

struct lanes;

/* One request's place; a member of whatever the caller keeps for it. */
struct lane_place {
	struct lane *lane; /* NULL: in none */
	struct lane_place *next, *prev; /* while it waits */
	int64_t tokens, started_us;
	bool waiting;
};

/* A waiting request goes: called by lanes_serve. */
typedef void lane_go_fn(void *user, struct lane_place *place);

/* Over all providers: how many may be under way, and rates a second (0: no limit). */
struct lanes *lanes_new(
    uv_loop_t *loop, const struct pace_limits *over_all, lane_go_fn *go, void *user);
/* Nobody may be in a lane. The loop must run once more. */
void lanes_free(struct lanes *lanes);
size_t lanes_waiting(const struct lanes *lanes);

/* tokens: what it will take, as far as can be told. True: it goes now. provider may be NULL (there
 * is none to send to): it goes. */
bool lanes_enter(struct lanes *lanes, struct lane_place *place, const struct provider *provider,
    int64_t tokens, int64_t now_us);
/* It has ended, or gives up waiting (end is not looked at then). tokens_more and started_us of end
 * are filled in from tokens_used (-1: not known). For how many milliseconds its provider is sent
 * nothing on account of it; 0: it changes nothing. */
int64_t lanes_leave(struct lanes *lanes, struct lane_place *place, struct pace_end *end,
    int64_t tokens_used, int64_t now_us);
/* Let go who may. */
void lanes_serve(struct lanes *lanes, int64_t now_us);

#endif
