/* SPDX-License-Identifier: MIT */
/* lanes - a queue and a pace for each provider. */
#include "call/lanes.h"

#include <stdlib.h>

#include "base/mem.h"

struct lane {
	const struct provider *provider;
	struct pace pace;
	struct lane_place *first, *last; /* who waits, in order */
};

struct lanes {
	struct lane **items;
	size_t count, cap;
	size_t turn; /* whose turn it is to be served first */
	size_t waiting;
	struct pace all;
	lane_go_fn *go;
	void *user;
	uv_timer_t *timer; /* freed by the loop */
	bool serving;
};

struct lanes *
lanes_new(uv_loop_t *loop, const struct pace_limits *over_all, lane_go_fn *go, void *user)
{
	struct lanes *lanes = xcalloc(1, sizeof *lanes);

	lanes->go = go;
	lanes->user = user;
	pace_init(&lanes->all, over_all);
	lanes->timer = xmalloc(sizeof *lanes->timer);
	(void)uv_timer_init(loop, lanes->timer); /* cannot fail */
	return lanes;
}

static void
free_timer(uv_handle_t *handle)
{
	free(handle);
}

void
lanes_free(struct lanes *lanes)
{
	uv_close((uv_handle_t *)lanes->timer, free_timer);
	for (size_t i = 0; i < lanes->count; i++)
		free(lanes->items[i]);
	free(lanes->items);
	free(lanes);
}

size_t
lanes_waiting(const struct lanes *lanes)
{
	return lanes->waiting;
}

static struct lane *
lane_of(struct lanes *lanes, const struct provider *p)
{
	struct lane *lane;

	for (size_t i = 0; i < lanes->count; i++)
		if (lanes->items[i]->provider == p)
			return lanes->items[i];
	lane = xcalloc(1, sizeof *lane);
	lane->provider = p;
	pace_init(&lane->pace,
	    &(struct pace_limits){ p->max_concurrent, p->requests_per_s, p->tokens_per_s });
	VEC_GROW(lanes->items, lanes->count, lanes->cap);
	return lanes->items[lanes->count++] = lane;
}

static void
enqueue(struct lanes *lanes, struct lane_place *place)
{
	struct lane *lane = place->lane;

	place->waiting = true;
	place->next = NULL;
	place->prev = lane->last;
	*(lane->last ? &lane->last->next : &lane->first) = place;
	lane->last = place;
	lanes->waiting++;
}

static void
dequeue(struct lanes *lanes, struct lane_place *place)
{
	struct lane *lane = place->lane;

	*(place->prev ? &place->prev->next : &lane->first) = place->next;
	*(place->next ? &place->next->prev : &lane->last) = place->prev;
	place->waiting = false;
	lanes->waiting--;
}

static int64_t
wait_us(struct lanes *lanes, struct lane *lane, int64_t now_us)
{
	int64_t own_us = pace_wait_us(&lane->pace, now_us), all_us;

	if (own_us == PACE_FULL)
		return own_us;
	all_us = pace_wait_us(&lanes->all, now_us);
	return own_us > all_us ? own_us : all_us;
}

static void
start(struct lanes *lanes, struct lane_place *place, int64_t now_us)
{
	place->started_us = now_us;
	pace_start(&place->lane->pace, place->tokens);
	pace_start(&lanes->all, place->tokens);
}

bool
lanes_enter(struct lanes *lanes, struct lane_place *place, const struct provider *provider,
    int64_t tokens, int64_t now_us)
{
	*place = (struct lane_place){ .tokens = tokens };
	if (!provider)
		return true;
	place->lane = lane_of(lanes, provider);
	if (place->lane->first || wait_us(lanes, place->lane, now_us) > 0) {
		enqueue(lanes, place);
		return false;
	}
	start(lanes, place, now_us);
	return true;
}

int64_t
lanes_leave(struct lanes *lanes, struct lane_place *place, struct pace_end *end,
    int64_t tokens_used, int64_t now_us)
{
	struct pace_end of_all;
	struct pace *pace;
	int64_t held_us;

	if (!place->lane)
		return 0;
	if (place->waiting) {
		dequeue(lanes, place);
		return 0;
	}
	pace = &place->lane->pace;
	held_us = pace->hold_us;
	end->started_us = place->started_us;
	end->tokens_more = tokens_used >= 0 ? tokens_used - place->tokens : 0;
	pace_end(pace, end, now_us);
	of_all = (struct pace_end){
		.tokens_more = end->tokens_more, .retry_after_ms = -1, .told = RATE_LIMIT_UNTOLD
	};
	pace_end(&lanes->all, &of_all, now_us);
	place->lane = NULL;
	return pace->hold_us > held_us ? (pace->hold_us - now_us) / 1000 : 0;
}

/* Let go who may in one lane; until when the next has to wait. */
static int64_t
serve_lane(struct lanes *lanes, struct lane *lane, int64_t now_us)
{
	int64_t us = PACE_FULL;

	while (lane->first && (us = wait_us(lanes, lane, now_us)) <= 0) {
		struct lane_place *place = lane->first;

		dequeue(lanes, place);
		start(lanes, place, now_us);
		lanes->go(lanes->user, place);
	}
	return lane->first ? us : PACE_FULL;
}

static void
on_timer(uv_timer_t *timer)
{
	(void)timer; /* it woke the loop, and lanes_serve is called before that sleeps again */
}

void
lanes_serve(struct lanes *lanes, int64_t now_us)
{
	int64_t us, soonest_us = PACE_FULL;

	if (!lanes->waiting || lanes->serving)
		return;
	lanes->serving = true; /* go may end a request, and so come here again */
	for (size_t i = 0; i < lanes->count; i++) {
		us = serve_lane(lanes, lanes->items[(lanes->turn + i) % lanes->count], now_us);
		if (us < soonest_us)
			soonest_us = us;
	}
	lanes->turn++;
	lanes->serving = false;
	if (soonest_us == PACE_FULL)
		(void)uv_timer_stop(lanes->timer); /* cannot fail */
	else
		(void)uv_timer_start(/* fails without a callback */
		    lanes->timer, on_timer, (uint64_t)(soonest_us / 1000) + 1, 0);
}
