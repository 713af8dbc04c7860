/* SPDX-License-Identifier: MIT */
/*
 * weather - how providers behave over time, as data, and what it makes of one attempt.
 *
 * An attempt's fate depends on the seed, the request, the provider, how many attempts that request
 * made there before, and the time: whoever asks in the same way gets the same answer. Only limits
 * of rate depend on what others sent.
 */
#ifndef TESTS_SIM_WEATHER_H
#define TESTS_SIM_WEATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "llm/llm.h"

enum site { SITE_A, SITE_B, SITE_C, SITE_LOCAL, SITES };
enum { SITE_CLOUDS = SITE_LOCAL };

struct site_fact {
	const char *spec;
	double usd_in, usd_out; /* per million tokens */
	double first_ms,
	    spread; /* of a stream's first output: median, and sigma of its logarithm */
	double token_ms; /* for each token that follows */
};
extern const struct site_fact site_facts[SITES];

enum effect {
	EFFECT_NONE,
	EFFECT_FAIL, /* a share of attempts fails with kind, after ms */
	EFFECT_SLOW, /* all times of a share of attempts are so many times as long */
	EFFECT_HANG, /* a share of attempts never says anything */
	EFFECT_CUT, /* a share of streams is cut in the middle */
	EFFECT_LIMIT, /* so many requests a second; the others get a rate_limit and a retry-after */
};

struct spell {
	enum site site;
	enum effect effect;
	double share;
	double factor; /* EFFECT_SLOW; EFFECT_LIMIT: a second */
	enum error_kind kind; /* EFFECT_FAIL */
	double ms; /* until it fails; EFFECT_LIMIT: what retry-after asks for */
	double from, to; /* of the whole time; both 0: always */
	double period_s, on_s; /* within it, on for on_s of each period; period 0: all of it */
};

enum { WEATHER_SPELLS = 8, WEATHER_LIMIT_MS = 60 /* that a refusal for a rate takes */ };
struct weather {
	const char *name;
	const char *what; /* for the manual */
	struct spell spells[WEATHER_SPELLS]; /* to the first EFFECT_NONE */
};
extern const struct weather weathers[]; /* to the first without a name */
extern const struct weather weather_chaos; /* of everything, for tests of what never happens */

struct sky {
	const struct weather *weather;
	uint64_t seed;
	int64_t start_us, length_us;
	double tokens[SITES]; /* what its rate allows now */
	int64_t filled_us[SITES];
};

struct fate {
	bool ok;
	enum error_kind kind;
	int64_t first_us, end_us; /* after it was sent; first -1: no output; INT64_MAX: never */
	int64_t retry_after_ms;
	int64_t whole_us; /* when its answer would be whole */
	int64_t tokens_out; /* of a whole answer */
	bool is_billed; /* for what it did until it ended */
};

void sky_start(
    struct sky *s, const struct weather *weather, uint64_t seed, int64_t now_us, int64_t length_us);
/* take: it is really sent, and counts where a rate is limited. */
struct fate sky_fate(
    struct sky *s, uint64_t request, enum site site, unsigned nth, int64_t now_us, bool take);

#endif
