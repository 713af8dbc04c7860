/* SPDX-License-Identifier: MIT */
/* mock - a weather as a script of llm-mock: a rule for each spell, and one for each site behind it.
 */
#include "sim/mock.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/die.h"

enum { WORDS = 10 }; /* of a chunk: the clock of a busy machine does not do for single tokens */

static const int lengths[] = { 50, 70, 90, 110, 130, 150 }; /* tokens: 40 to 159, in the mean */

static void
print_provider(enum site site)
{
	const char *spec = site_facts[site].spec;

	printf("  - provider: %.*s\n", (int)strcspn(spec, ":"), spec);
}

static void
print_when(const struct spell *p, const char *stream)
{
	printf("    when: {share: %g", p->share);
	if (p->period_s > 0)
		printf(", during: \"0s-%gs/%gs\"", p->on_s, p->period_s);
	printf("%s}\n", stream);
}

/* An answer of so many tokens, so many times as slow. */
static void
print_answer(enum site site, int tokens, double factor)
{
	const struct site_fact *f = &site_facts[site];

	printf("    text: \"word \"\n    repeat: %d\n    chunkWords: %d\n", tokens, WORDS);
	printf("    ttft: %.0fms\n    ttftP99: %.0fms\n    perTokenDelay: %.0fms\n",
	    f->first_ms * factor, f->first_ms * factor * exp(2.326 * f->spread),
	    f->token_ms * factor * WORDS);
}

/* Each length as often as the others: a sixth of all, a fifth of the rest, ... */
static void
print_site(enum site site)
{
	for (size_t left = sizeof lengths / sizeof *lengths; left > 0; left--) {
		print_provider(site);
		printf("    when: {share: %g}\n", 1 / (double)left);
		print_answer(site, lengths[left - 1], 1);
	}
}

static void
print_failure(const struct spell *p)
{
	static const struct {
		enum error_kind kind;
		int status;
	} statuses[] = { { ERROR_SERVER, 500 }, { ERROR_OVERLOADED, 503 }, { ERROR_QUOTA, 402 } };

	print_provider(p->site);
	print_when(p, "");
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
print_cut(const struct spell *p)
{
	print_provider(p->site);
	print_when(p, ", stream: true");
	print_answer(p->site, 100, 1);
	printf("    fault: cut@1200\n");
	print_provider(p->site);
	print_when(p, ", stream: false");
	print_answer(p->site, 50, 1);
	printf("    fault: cut@200\n");
}

static void
print_spell(const struct spell *p)
{
	if (p->to > 0 || p->effect == EFFECT_LIMIT || p->effect == EFFECT_HANG)
		die(EXIT_USAGE, "llm-mock has no such weather");
	if (p->effect == EFFECT_FAIL) {
		print_failure(p);
	} else if (p->effect == EFFECT_CUT) {
		print_cut(p);
	} else {
		print_provider(p->site);
		print_when(p, "");
		print_answer(p->site, 100, p->factor);
	}
}

void
mock_print(const struct weather *weather)
{
	printf("answers:\n");
	for (size_t i = 0; i < WEATHER_SPELLS && weather->spells[i].effect != EFFECT_NONE; i++)
		print_spell(&weather->spells[i]);
	for (int site = SITE_A; site < SITES; site++)
		print_site((enum site)site);
}
