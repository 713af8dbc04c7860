/* SPDX-License-Identifier: MIT */
/* pace - how fast a provider is sent to. */
#include "call/pace.h"

/* --- buckets --- */

static void
bucket_init(struct bucket *b, double per_s, double burst)
{
	*b = (struct bucket){ .per_s = per_s, .burst = burst > 1 ? burst : 1 };
	b->level = b->burst;
}

static void
bucket_fill(struct bucket *b, int64_t now_us)
{
	if (b->at_us && now_us > b->at_us) /* a wall clock may have been set back */
		b->level += b->per_s * (double)(now_us - b->at_us) / 1e6;
	if (b->level > b->burst)
		b->level = b->burst;
	b->at_us = now_us;
}

/* Until level is at least need. */
static int64_t
bucket_wait_us(struct bucket *b, double need, int64_t now_us)
{
	if (b->per_s <= 0)
		return 0;
	bucket_fill(b, now_us);
	if (b->level >= need)
		return 0;
	return (int64_t)((need - b->level) / b->per_s * 1e6) + 1;
}

/* --- pace --- */

void
pace_init(struct pace *p, const struct pace_limits *limits)
{
	*p = (struct pace){ .max = limits->max };
	bucket_init(&p->requests, limits->requests_per_s, limits->requests_per_s / 100);
	bucket_init(&p->tokens, limits->tokens_per_s, limits->tokens_per_s);
}

int64_t
pace_wait_us(struct pace *p, int64_t now_us)
{
	int64_t wait_us, tokens_us;

	if (p->max && p->in_flight >= p->max)
		return PACE_FULL;
	if (p->window > 0 && (double)p->in_flight + 1 > p->window && p->in_flight > 0)
		return PACE_FULL;
	if (p->hold_us > now_us)
		return p->hold_us - now_us;
	wait_us = bucket_wait_us(&p->requests, 1, now_us);
	tokens_us = bucket_wait_us(&p->tokens, 0, now_us);
	return wait_us > tokens_us ? wait_us : tokens_us;
}

void
pace_start(struct pace *p, int64_t tokens)
{
	p->in_flight++;
	p->requests.level -= 1;
	p->tokens.level -= (double)tokens;
}

void
pace_undo(struct pace *p, int64_t tokens)
{
	p->in_flight--;
	p->requests.level += 1;
	p->tokens.level += (double)tokens;
}

/* Those that were under way when the window was narrowed say nothing new by failing too. */
static void
narrow(struct pace *p, int64_t started_us, int64_t now_us)
{
	double open = p->window > 0 ? p->window : (double)p->in_flight + 1;

	if (p->narrowed_us && started_us <= p->narrowed_us)
		return;
	p->window = open / 2 > 1 ? open / 2 : 1;
	p->narrowed_us = now_us;
}

static void
hold(struct pace *p, int64_t ms, int64_t now_us)
{
	int64_t until_us = now_us + ms * 1000;

	if (ms > 0 && ms <= PACE_HOLD_MAX_MS && until_us > p->hold_us)
		p->hold_us = until_us;
}

void
pace_end(struct pace *p, const struct pace_end *end, int64_t now_us)
{
	p->in_flight--;
	p->tokens.level -= (double)end->tokens_more;
	if (end->limited) {
		narrow(p, end->started_us, now_us);
		hold(p, end->retry_after_ms >= 0 ? end->retry_after_ms : PACE_HOLD_MS, now_us);
	} else if (p->window > 0) {
		p->window += 1 / p->window;
	}
	hold(p, rate_limit_wait_ms(&end->told), now_us);
}
