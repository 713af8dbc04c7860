/* SPDX-License-Identifier: MIT */
/* render_admission - what each provider's answers tell of what is left of an account's limits. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "mock/limit.h"
#include "mock/render.h"
#include "sys/clock.h"

enum { S_US = 1000 * 1000 };

struct gauge { /* of what is limited more than once, the one that is used up the most */
	const struct mock_limit *limit;
	int64_t count, left, full_us;
};

static bool
gauge_read(const struct mock_admission *a, enum mock_meter meter, struct gauge *g)
{
	*g = (struct gauge){ 0 };
	for (size_t i = 0; i < a->count; i++) {
		const struct mock_rate *rate = &a->stays[i].limit->rates[meter];
		double level = a->stays[i].account->level[meter];
		int64_t left = mock_account_left(a->stays[i].account, meter);

		if (!rate->period_us || (g->limit && g->left <= left))
			continue;
		g->limit = a->stays[i].limit;
		g->count = rate->count;
		g->left = left;
		g->full_us = (int64_t)(((double)rate->count - level) / (double)rate->count *
				       (double)rate->period_us);
	}
	return g->limit != NULL;
}

/* Takes name. */
static void
put_count(struct mock_reply *r, char *name, int64_t count)
{
	mock_reply_fieldf(r, name, "%lld", (long long)count);
	free(name);
}

static void
tell_openai(const struct gauge *g, const char *what, bool is_azure, struct mock_reply *r)
{
	char *name = xasprintf("x-ratelimit-reset-%s", what);
	struct buf reset = BUF_INIT(BUF_UNLIMITED);

	put_count(r, xasprintf("x-ratelimit-limit-%s", what), g->count);
	put_count(r, xasprintf("x-ratelimit-remaining-%s", what), g->left);
	if (is_azure)
		buf_addf(&reset, "%lld", (long long)(g->full_us / S_US + (g->full_us % S_US > 0)));
	else
		mock_write_go_time(&reset, g->full_us);
	mock_reply_field(r, name, reset.p);
	free(name);
	buf_release(&reset);
}

static void
tell_anthropic(const struct gauge *g, const char *what, int64_t wall_us, struct mock_reply *r)
{
	char *name = xasprintf("anthropic-ratelimit-%s-reset", what);
	int64_t full_us = wall_us + g->full_us + S_US - 1;
	struct buf at = BUF_INIT(BUF_UNLIMITED);

	put_count(r, xasprintf("anthropic-ratelimit-%s-limit", what), g->count);
	put_count(r, xasprintf("anthropic-ratelimit-%s-remaining", what), g->left);
	clock_print(&at, full_us - full_us % S_US);
	/* it tells whole seconds */
	mock_reply_fieldf(r, name, "%.*sZ", (int)strcspn(at.p, "."), at.p);
	free(name);
	buf_release(&at);
}

static void
tell_cohere(const struct mock_admission *a, const struct gauge *g, struct mock_reply *r)
{
	if (g->limit)
		mock_reply_fieldf(r, "x-trial-endpoint-call-limit", "%lld", (long long)g->count);
	for (size_t i = 0; i < a->count; i++)
		if (a->stays[i].limit->quota.requests >= 0)
			mock_reply_fieldf(r, "x-endpoint-monthly-call-limit", "%lld",
			    (long long)a->stays[i].limit->quota.requests);
}

void
mock_admission_tell(const struct mock_admission *a, const struct mock_request *request,
    int64_t wall_us, struct mock_reply *r)
{
	static const char *const openai_meters[METERS] = { "requests", "tokens", NULL, NULL };
	static const char *const anthropic_meters[METERS] = { "requests", "tokens", "input-tokens",
		"output-tokens" };
	bool is_azure = request->deployment || request->versioned;

	for (int m = 0; m < METERS; m++) {
		struct gauge g;
		bool is_limited = gauge_read(a, (enum mock_meter)m, &g);

		if (request->family == FAMILY_COHERE && m == METER_REQUESTS)
			tell_cohere(a, &g, r);
		if (!is_limited || request->vertex)
			continue;
		if (request->family == FAMILY_OPENAI && openai_meters[m])
			tell_openai(&g, openai_meters[m], is_azure, r);
		if (request->family == FAMILY_ANTHROPIC)
			tell_anthropic(&g, anthropic_meters[m], wall_us, r);
	}
}
