/* SPDX-License-Identifier: MIT */
/* retry_budget - a bucket that requests fill, and a small one that time fills. */
#include "policy/retry_budget.h"

#include <stdlib.h>

#include "base/mem.h"

struct retry_budget {
	double ratio;
	double earned, few;
	int64_t at_us; /* when few was filled up last; 0: never */
};

struct retry_budget *
retry_budget_new(double ratio)
{
	struct retry_budget *r = xmalloc(sizeof *r);

	*r = (struct retry_budget){ .ratio = ratio, .few = RETRY_BUDGET_FEW };
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
	if (r->earned > RETRY_BUDGET_MOST)
		r->earned = RETRY_BUDGET_MOST;
}

bool
retry_budget_take(struct retry_budget *r, int64_t now_us)
{
	if (r->ratio < 0)
		return true;
	if (r->at_us && now_us > r->at_us)
		r->few += (double)(now_us - r->at_us) / 1e6 * RETRY_BUDGET_PER_S;
	if (r->few > RETRY_BUDGET_FEW)
		r->few = RETRY_BUDGET_FEW;
	r->at_us = now_us;
	if (r->earned >= 1)
		r->earned -= 1;
	else if (r->few >= 1)
		r->few -= 1;
	else
		return false;
	return true;
}
