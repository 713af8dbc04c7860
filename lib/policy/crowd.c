/* SPDX-License-Identifier: MIT */
/* crowd - how many attempts are at each provider. */
#include "policy/crowd.h"

#include <stdlib.h>

#include "base/mem.h"
#include "call/pace.h"

struct place {
	const struct provider *provider;
	struct pace pace;
};

struct crowd {
	struct place *items; /* of those that have limits */
	size_t count, cap;
	bool has_left;
};

struct crowd *
crowd_new(void)
{
	return xcalloc(1, sizeof(struct crowd));
}

void
crowd_free(struct crowd *c)
{
	if (!c)
		return;
	free(c->items);
	free(c);
}

/* NULL: it takes as many as come. */
static struct pace *
pace_of(struct crowd *c, const struct provider *p)
{
	const struct pace_limits limits = { p->max_concurrent, p->requests_per_s, p->tokens_per_s };
	struct place *place;

	if (!limits.max && limits.requests_per_s <= 0 && limits.tokens_per_s <= 0)
		return NULL;
	for (size_t i = 0; i < c->count; i++)
		if (c->items[i].provider == p)
			return &c->items[i].pace;
	VEC_GROW(c->items, c->count, c->cap);
	place = &c->items[c->count++];
	place->provider = p;
	pace_init(&place->pace, &limits);
	return &place->pace;
}

int64_t
crowd_wait_us(struct crowd *c, const struct provider *p, int64_t now_us)
{
	static const int64_t patience_us = INT64_C(1000) * CROWD_PATIENCE_MS;
	struct pace *pace = pace_of(c, p);
	int64_t us = pace ? pace_wait_us(pace, now_us) : 0;

	if (us == PACE_FULL)
		return CROWD_FULL;
	return us > patience_us ? us - patience_us : 0;
}

void
crowd_enter(struct crowd *c, const struct provider *p, int64_t tokens)
{
	struct pace *pace = pace_of(c, p);

	if (pace)
		pace_start(pace, tokens);
}

void
crowd_leave(struct crowd *c, const struct provider *p, int64_t tokens_more, int64_t now_us)
{
	const struct pace_end end = {
		.tokens_more = tokens_more, .retry_after_ms = -1, .told = RATE_LIMIT_UNTOLD
	};
	struct pace *pace = pace_of(c, p);

	if (!pace)
		return;
	pace_end(pace, &end, now_us);
	c->has_left = true;
}

void
crowd_undo(struct crowd *c, const struct provider *p, int64_t tokens)
{
	struct pace *pace = pace_of(c, p);

	if (!pace)
		return;
	pace_undo(pace, tokens);
	c->has_left = true;
}

bool
crowd_has_left(struct crowd *c)
{
	bool left = c->has_left;

	c->has_left = false;
	return left;
}
