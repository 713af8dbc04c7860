/* SPDX-License-Identifier: MIT */
/* mock - a weather as a script of llm-mock: a rule for each spell, and one for each site behind it.
 */
#include "sim/mock.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WORDS = 10 }; /* of a chunk: the clock of a busy machine does not do for single tokens */

static const int lengths[] = { 45, 55, 65, 75, 85, 95, 105, 115, 125, 135, 145,
	155 }; /* tokens: 40 to 159, in the mean */

static void
print_provider(enum site site)
{
	const char *spec = site_facts[site].spec;

	printf("  - provider: %.*s\n", (int)strcspn(spec, ":"), spec);
}

/* Of the weather's whole length, or of each of its periods. */
static void
print_during(const struct spell *p, double length_s)
{
	if (p->period_s > 0)
		printf(", during: \"0s-%gs/%gs\"", p->on_s, p->period_s);
	else if (p->to > 0)
		printf(", during: \"%gs-%gs\"", p->from * length_s, p->to * length_s);
}

static void
print_when(const struct spell *p, double share, double length_s, const char *stream)
{
	printf("    when: {share: %g", share);
	print_during(p, length_s);
	printf("%s}\n", stream);
}

/* An answer of so many tokens, so many times as slow. The last of its chunks ends it, so that those
 * before wait for its tokens, too. */
static void
print_answer(enum site site, int tokens, double factor)
{
	const struct site_fact *f = &site_facts[site];
	int pauses = (tokens - 1) / WORDS;

	printf("    text: \"word \"\n    repeat: %d\n    chunkWords: %d\n", tokens, WORDS);
	printf("    ttft: %.0fms\n    ttftP99: %.0fms\n    perTokenDelay: %.0fms\n",
	    f->first_ms * factor, f->first_ms * factor * exp(2.326 * f->spread),
	    f->token_ms * factor * tokens / pauses);
}

/* Each length as often as the others: of a spell's share a sixth, a fifth of what is left of it,
 * ... */
static void
print_lengths(const struct spell *p, double length_s)
{
	size_t count = sizeof lengths / sizeof *lengths;

	for (size_t i = 0; i < count; i++) {
		double each = p->share / (double)count;

		print_provider(p->site);
		print_when(p, each / (1 - each * (double)i), length_s, "");
		print_answer(p->site, lengths[i], p->factor);
	}
}

static void
print_failure(const struct spell *p, double length_s)
{
	static const struct {
		enum error_kind kind;
		int status;
	} statuses[] = { { ERROR_SERVER, 500 }, { ERROR_OVERLOADED, 503 } };

	if (p->kind == ERROR_QUOTA)
		return; /* a limit: print_limit */
	print_provider(p->site);
	print_when(p, p->share, length_s, "");
	if (p->kind == ERROR_NETWORK) {
		printf("    text: word\n    fault: reset@head\n");
		return;
	}
	printf("    fault: delay@%.0fms\n", p->ms);
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		if (statuses[i].kind == p->kind)
			printf("    error: {status: %d}\n", statuses[i].status);
}

/* In the middle of what is sent, about. */
static void
print_cut(const struct spell *p, double length_s)
{
	print_provider(p->site);
	print_when(p, p->share, length_s, ", stream: true");
	print_answer(p->site, 100, 1);
	printf("    fault: cut@1200\n");
	print_provider(p->site);
	print_when(p, p->share, length_s, ", stream: false");
	print_answer(p->site, 50, 1);
	printf("    fault: cut@200\n");
}

static void
print_hang(const struct spell *p, double length_s)
{
	print_provider(p->site);
	print_when(p, p->share, length_s, "");
	printf("    text: word\n    fault: stall@head\n");
}

static void
print_spell(const struct spell *p, double length_s)
{
	switch (p->effect) {
	case EFFECT_FAIL:
		print_failure(p, length_s);
		break;
	case EFFECT_HANG:
		print_hang(p, length_s);
		break;
	case EFFECT_CUT:
		print_cut(p, length_s);
		break;
	case EFFECT_SLOW: /* behind all others: who is slow may also hang */
	case EFFECT_LIMIT:
	case EFFECT_NONE:
		break;
	}
}

static void
print_limit(const struct spell *p, double length_s, bool *any)
{
	const char *spec = site_facts[p->site].spec;
	int name = (int)strcspn(spec, ":");
	bool is_quota = p->effect == EFFECT_FAIL && p->kind == ERROR_QUOTA;

	if (p->effect != EFFECT_LIMIT && !is_quota)
		return;
	if (!*any)
		printf("limits:\n");
	*any = true;
	if (p->effect == EFFECT_LIMIT)
		printf("  - {provider: %.*s, requests: %.0f/s, retryAfter: %.0fms, delay: %dms",
		    name, spec, p->factor, p->ms, WEATHER_LIMIT_MS);
	else
		printf(
		    "  - {provider: %.*s, quota: {requests: 0}, delay: %.0fms", name, spec, p->ms);
	print_during(p, length_s);
	printf("}\n");
}

void
mock_print(const struct weather *weather, double length_s)
{
	size_t count = 0;
	bool any = false;

	while (count < WEATHER_SPELLS && weather->spells[count].effect != EFFECT_NONE)
		count++;
	for (size_t i = 0; i < count; i++)
		print_limit(&weather->spells[i], length_s, &any);
	printf("answers:\n");
	for (size_t i = 0; i < count; i++)
		print_spell(&weather->spells[i], length_s);
	for (size_t i = 0; i < count; i++)
		if (weather->spells[i].effect == EFFECT_SLOW)
			print_lengths(&weather->spells[i], length_s);
	for (int site = SITE_A; site < SITES; site++)
		print_lengths(
		    &(struct spell){ .site = (enum site)site, .share = 1, .factor = 1 }, length_s);
}
