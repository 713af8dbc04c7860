/* SPDX-License-Identifier: MIT */
/* weather - how providers behave over time, as data, and what it makes of one attempt. */
#include "sim/weather.h"

#include <math.h>
#include <string.h>

#include "sys/rand.h"

/* Prices as of late 2026, times as bench-report shows them for short answers. */
const struct site_fact site_facts[SITES] = {
	[SITE_A] = { "openai:gpt-4o-mini", 0.15, 0.6, 380, 0.35, 9 },
	[SITE_B] = { "gemini:gemini-2.5-flash", 0.3, 2.5, 420, 0.3, 6 },
	[SITE_C] = { "anthropic:claude-haiku-4-5", 1, 5, 520, 0.3, 10 },
	[SITE_LOCAL] = { "ollama:llama3.2", 0, 0, 900, 0.2, 45 },
};

#define FAIL(s, sh, k, after, ...)                                                                 \
	{                                                                                          \
		.site = (s), .effect = EFFECT_FAIL, .share = (sh), .kind = (k), .ms = (after),     \
		__VA_ARGS__                                                                        \
	}
/* What happens on the best of days. */
#define EVERYDAY                                                                                   \
	FAIL(SITE_A, 0.002, ERROR_SERVER, 300, .from = 0),                                         \
	    FAIL(SITE_B, 0.002, ERROR_SERVER, 300, .from = 0),                                     \
	    FAIL(SITE_C, 0.002, ERROR_OVERLOADED, 200, .from = 0)

const struct weather weathers[] = {
	{ "calm", "one attempt in 500 fails", { EVERYDAY } },
	{ "bursts", "for 10 s of each minute, four of five fail at the first",
	    { EVERYDAY, FAIL(SITE_A, 0.5, ERROR_SERVER, 400, .period_s = 60, .on_s = 10),
		FAIL(SITE_A, 0.6, ERROR_OVERLOADED, 150, .period_s = 60, .on_s = 10) } },
	{ "brown-out",
	    "for 40 % of the time the first is six times as slow, and one in seven hangs",
	    { EVERYDAY,
		{ .site = SITE_A,
		    .effect = EFFECT_SLOW,
		    .share = 1,
		    .factor = 6,
		    .from = 0.3,
		    .to = 0.7 },
		{ .site = SITE_A,
		    .effect = EFFECT_HANG,
		    .share = 0.15,
		    .from = 0.3,
		    .to = 0.7 } } },
	{ "slow tails", "one in 25 takes fifteen times as long",
	    { EVERYDAY, { .site = SITE_A, .effect = EFFECT_SLOW, .share = 0.04, .factor = 15 },
		{ .site = SITE_B, .effect = EFFECT_SLOW, .share = 0.02, .factor = 10 } } },
	{ "rate limits", "the first takes 60 requests a second of the 100",
	    { EVERYDAY, { .site = SITE_A, .effect = EFFECT_LIMIT, .factor = 60, .ms = 1000 } } },
	{ "quota wall", "from 40 % of the time on, the first's account is empty",
	    { EVERYDAY, FAIL(SITE_A, 1, ERROR_QUOTA, 120, .from = 0.4, .to = 1) } },
	{ "flapping", "of each 8 s, the first refuses connections for 3 s",
	    { EVERYDAY, FAIL(SITE_A, 1, ERROR_NETWORK, 5, .period_s = 8, .on_s = 3) } },
	{ "cuts", "one stream in twelve is cut in the middle",
	    { EVERYDAY, { .site = SITE_A, .effect = EFFECT_CUT, .share = 0.08 },
		{ .site = SITE_B, .effect = EFFECT_CUT, .share = 0.01 } } },
	{ "clouds down",
	    "for 10 % of the time every cloud fails, and the local server carries 50 a second",
	    { EVERYDAY, FAIL(SITE_A, 0.98, ERROR_OVERLOADED, 100, .from = 0.5, .to = 0.6),
		FAIL(SITE_B, 0.98, ERROR_SERVER, 300, .from = 0.5, .to = 0.6),
		FAIL(SITE_C, 1, ERROR_NETWORK, 5, .from = 0.5, .to = 0.6),
		{ .site = SITE_LOCAL, .effect = EFFECT_LIMIT, .factor = 50, .ms = 1000 } } },
	{ NULL, NULL, { { 0 } } },
};

const struct weather weather_chaos = { "chaos", "all at once",
	{ FAIL(SITE_A, 0.5, ERROR_NONE, 50, .period_s = 7, .on_s = 4), /* NONE: any kind */
	    FAIL(SITE_B, 0.3, ERROR_NONE, 20, .period_s = 5, .on_s = 3),
	    FAIL(SITE_C, 0.2, ERROR_NONE, 500, .from = 0),
	    { .site = SITE_A, .effect = EFFECT_CUT, .share = 0.3 },
	    { .site = SITE_B, .effect = EFFECT_HANG, .share = 0.1 },
	    { .site = SITE_C, .effect = EFFECT_CUT, .share = 0.5, .period_s = 4, .on_s = 2 },
	    { .site = SITE_A, .effect = EFFECT_LIMIT, .factor = 20, .ms = 2500 },
	    { .site = SITE_C, .effect = EFFECT_SLOW, .share = 0.2, .factor = 20 } } };

void
sky_start(
    struct sky *s, const struct weather *weather, uint64_t seed, int64_t now_us, int64_t length_us)
{
	*s = (struct sky){
		.weather = weather, .seed = seed, .start_us = now_us, .length_us = length_us
	};
	for (size_t i = 0; i < SITES; i++)
		s->filled_us[i] = now_us;
}

static bool
is_on(const struct sky *s, const struct spell *p, int64_t now_us)
{
	double at_s = (double)(now_us - s->start_us) / 1e6;
	double part = (double)(now_us - s->start_us) / (double)s->length_us;

	if (p->to > 0 && (part < p->from || part >= p->to))
		return false;
	return p->period_s <= 0 || fmod(at_s, p->period_s) < p->on_s;
}

static double
normal(struct rand *r)
{
	double u = 1 - rand_unit(r), v = rand_unit(r);

	return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
}

static void
fill(struct sky *s, const struct spell *p, int64_t now_us)
{
	double elapsed_s = (double)(now_us - s->filled_us[p->site]) / 1e6;
	double *tokens = &s->tokens[p->site];

	*tokens += elapsed_s * p->factor;
	if (*tokens > p->factor)
		*tokens = p->factor; /* a second's worth */
	s->filled_us[p->site] = now_us;
}

static void
fail(struct fate *f, enum error_kind kind, double ms, bool is_billed)
{
	f->ok = false;
	f->kind = kind;
	f->first_us = -1;
	f->end_us = (int64_t)(ms * 1000);
	f->is_billed = is_billed;
}

/* A spell that is on meets an attempt that is still well. */
static void
meet(struct sky *s, const struct spell *p, struct fate *f, struct rand *r, int64_t now_us)
{
	bool hit = rand_unit(r) < p->share;
	double where = rand_unit(r);
	enum error_kind any = (enum error_kind)(1 + rand_below(r, ERROR_INVALID_INPUT));

	if (!f->ok || !is_on(s, p, now_us) || (!hit && p->effect != EFFECT_LIMIT))
		return;
	switch (p->effect) {
	case EFFECT_NONE:
		return;
	case EFFECT_FAIL:
		fail(f, p->kind == ERROR_NONE ? any : p->kind, p->ms * (0.5 + where), false);
		return;
	case EFFECT_SLOW:
		f->first_us = (int64_t)((double)f->first_us * p->factor);
		f->end_us = f->whole_us = (int64_t)((double)f->end_us * p->factor);
		return;
	case EFFECT_HANG:
		fail(f, ERROR_TIMEOUT, 0, true);
		f->end_us = INT64_MAX;
		return;
	case EFFECT_CUT:
		f->ok = false;
		f->kind = ERROR_TRUNCATED;
		f->end_us = f->first_us + (int64_t)((double)(f->end_us - f->first_us) * where);
		return;
	case EFFECT_LIMIT:
		fill(s, p, now_us);
		if (s->tokens[p->site] >= 1)
			return;
		fail(f, ERROR_RATE_LIMIT, WEATHER_LIMIT_MS, false);
		f->retry_after_ms = (int64_t)p->ms;
		return;
	}
}

static void
seed_for(struct rand *r, const struct sky *s, uint64_t request, enum site site, unsigned nth)
{
	rand_seed(r, s->seed);
	rand_seed(r, rand_u64(r) ^ request);
	rand_seed(r, rand_u64(r) ^ ((uint64_t)site << 32 | nth));
}

struct fate
sky_fate(struct sky *s, uint64_t request, enum site site, unsigned nth, int64_t now_us, bool take)
{
	const struct site_fact *fact = &site_facts[site];
	struct fate f = { .ok = true, .is_billed = true };
	struct rand r;

	seed_for(&r, s, request, SITES, 0); /* how long the answer is, whoever gives it */
	f.tokens_out = 40 + (int64_t)rand_below(&r, 120);
	seed_for(&r, s, request, site, nth);
	f.first_us = (int64_t)(fact->first_ms * exp(fact->spread * normal(&r)) * 1000);
	f.end_us = f.whole_us = f.first_us + (int64_t)(fact->token_ms * 1000) * f.tokens_out;
	for (const struct spell *p = s->weather->spells;
	     p < s->weather->spells + WEATHER_SPELLS && p->effect != EFFECT_NONE; p++)
		if (p->site == site)
			meet(s, p, &f, &r, now_us);
	if (take && f.kind != ERROR_RATE_LIMIT && s->tokens[site] >= 1)
		s->tokens[site] -= 1;
	return f;
}
