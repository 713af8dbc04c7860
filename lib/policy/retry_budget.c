/* SPDX-License-Identifier: MIT */
/* retry_budget - a bucket that requests fill, and a small one that time fills. */
#include "policy/retry_budget.h"

#include <stdlib.h>

#include "base/mem.h"

/* In millionths of a retry, so that sums are exact. */
#define RETRY INT64_C(1000000)

struct retry_budget {
	int64_t ratio; /* negative: no limit */
	int64_t earned, few;
	int64_t at_us; /* when few was filled up last; 0: never */
};

struct retry_budget *
retry_budget_new(double ratio)
{
	struct retry_budget *r = xmalloc(sizeof *r);

	*r = (struct retry_budget){
		.ratio = (int64_t)(ratio * (double)RETRY),
		.few = RETRY_BUDGET_FEW * RETRY,
	};
	return r;
}

void
retry_budget_free(struct retry_budget *r)
{
	free(r);
}

void
retry_budget_earn(struct retry_budget *r)
{
	r->earned += r->ratio;
	if (r->earned > RETRY_BUDGET_MOST * RETRY)
		r->earned = RETRY_BUDGET_MOST * RETRY;
}

/* One a second: a millionth each microsecond. */
static void
refill(struct retry_budget *r, int64_t now_us)
{
	int64_t room = RETRY_BUDGET_FEW * RETRY - r->few;
	int64_t elapsed_us = r->at_us && now_us > r->at_us ? now_us - r->at_us : 0;

	r->few += elapsed_us < room ? elapsed_us : room;
	r->at_us = now_us;
}

bool
retry_budget_take(struct retry_budget *r, int64_t now_us)
{
	if (r->ratio < 0)
		return true;
	refill(r, now_us);
	if (r->earned >= RETRY)
		r->earned -= RETRY;
	else if (r->few >= RETRY)
		r->few -= RETRY;
	else
		return false;
	return true;
}
