/* SPDX-License-Identifier: MIT */
/* anthropic-models - what differs between the families of models behind the Messages API. */
#include "llm/anthropic_models.h"

#include <stddef.h>

#define NEWEST                                                                                     \
	(FAMILY_JSON_SCHEMA | FAMILY_ADAPTIVE | FAMILY_XHIGH | FAMILY_THINKS_UNASKED |             \
	    FAMILY_THINKS_HIDDEN | FAMILY_NO_SAMPLING | FAMILY_NO_PREFILL)

/* The first prefix that fits counts: longer ones stand before shorter ones. */
static const struct anthropic_family families[] = {
	{ "claude-3-haiku", 4096, 0 },
	{ "claude-3-opus", 4096, 0 },
	{ "claude-3-sonnet", 4096, 0 },
	{ "claude-3-5", 8192, 0 },
	{ "claude-3-7", 64000, FAMILY_BUDGET },
	{ "claude-opus-4-1", 32000, FAMILY_BUDGET | FAMILY_JSON_SCHEMA | FAMILY_ONE_SAMPLER },
	{ "claude-opus-4-5", 64000, FAMILY_BUDGET | FAMILY_JSON_SCHEMA | FAMILY_ONE_SAMPLER },
	{ "claude-opus-4-6", 128000,
	    FAMILY_BUDGET | FAMILY_ADAPTIVE | FAMILY_JSON_SCHEMA | FAMILY_ONE_SAMPLER |
		FAMILY_NO_PREFILL },
	{ "claude-opus-4-7", 128000, NEWEST & ~(unsigned)FAMILY_THINKS_UNASKED },
	{ "claude-opus-4-8", 128000, NEWEST & ~(unsigned)FAMILY_THINKS_UNASKED },
	{ "claude-opus-4", 32000, FAMILY_BUDGET },
	{ "claude-4-opus", 32000, FAMILY_BUDGET },
	{ "claude-sonnet-4-5", 64000, FAMILY_BUDGET | FAMILY_JSON_SCHEMA | FAMILY_ONE_SAMPLER },
	{ "claude-sonnet-4-6", 64000,
	    FAMILY_BUDGET | FAMILY_ADAPTIVE | FAMILY_JSON_SCHEMA | FAMILY_ONE_SAMPLER |
		FAMILY_NO_PREFILL },
	{ "claude-sonnet-4", 64000, FAMILY_BUDGET },
	{ "claude-4-sonnet", 64000, FAMILY_BUDGET },
	{ "claude-haiku-4-5", 64000, FAMILY_BUDGET | FAMILY_JSON_SCHEMA | FAMILY_ONE_SAMPLER },
	{ "claude-2", 4096, 0 },
	{ "claude-instant", 4096, 0 },
	{ "claude-", 128000, NEWEST },
};

/* Other makers' models behind the same API. */
static const struct anthropic_family foreign = { "", 8192, FAMILY_BUDGET };

/* Whether the model's name begins so; gateways write 4.5 for 4-5. */
static bool
begins(struct str model, const char *prefix)
{
	size_t i;

	for (i = 0; prefix[i]; i++) {
		if (i == model.len ||
		    (model.p[i] != prefix[i] && !(model.p[i] == '.' && prefix[i] == '-')))
			return false;
	}
	return true;
}

const struct anthropic_family *
anthropic_family(struct str model)
{
	size_t i;

	/* A gateway's or a region's prefix ("us.anthropic.claude-...", "anthropic/claude-..."). */
	while (model.len && !str_starts(model, "claude-")) {
		model.p++;
		model.len--;
	}
	for (i = 0; i < sizeof families / sizeof *families; i++) {
		if (begins(model, families[i].prefix))
			return &families[i];
	}
	return &foreign;
}

static const struct {
	int64_t budget;
	const char *effort;
} levels[] = {
	[REASONING_MINIMAL] = { 1024, "low" },
	[REASONING_LOW] = { 2048, "low" },
	[REASONING_MEDIUM] = { 8192, "medium" },
	[REASONING_HIGH] = { 16384, "high" },
	[REASONING_XHIGH] = { 32000, "xhigh" },
};

/* The level whose budget is nearest below. */
static enum reasoning_level
level_of_budget(int64_t budget)
{
	enum reasoning_level level = REASONING_XHIGH;

	while (level > REASONING_LOW && levels[level].budget > budget)
		level--;
	return level;
}

static struct anthropic_thinking
with_budget(const struct anthropic_family *family, int64_t budget, struct answer *warnings)
{
	struct anthropic_thinking t = { .mode = THINKING_BUDGET, .budget = budget };

	if (t.budget < 1024) {
		if (warnings)
			answer_warn(warnings, "options.reasoning", "the least budget is 1024");
		t.budget = 1024;
	}
	if (t.budget >= family->max_tokens)
		t.budget = family->max_tokens - 1024;
	return t;
}

struct anthropic_thinking
anthropic_thinking(const struct anthropic_family *family, const struct request_options *options,
    struct answer *warnings)
{
	struct anthropic_thinking t = { .mode = THINKING_UNSET };
	enum reasoning_level level = options->reasoning;

	if (level == REASONING_UNSET)
		return t;
	if (level == REASONING_OFF) {
		if (family->flags & FAMILY_THINKS_UNASKED)
			t.mode = THINKING_OFF;
		return t;
	}
	if (level == REASONING_BUDGET && (family->flags & FAMILY_BUDGET))
		return with_budget(family, options->reasoning_budget, warnings);
	if (level == REASONING_BUDGET && (family->flags & FAMILY_ADAPTIVE)) {
		level = level_of_budget(options->reasoning_budget);
		if (warnings)
			answer_warn(warnings, "options.reasoning",
			    "this model takes no budget: effort %s is sent", levels[level].effort);
	}
	if (family->flags & FAMILY_ADAPTIVE) {
		t.mode = THINKING_ADAPTIVE;
		t.effort = levels[level].effort;
		if (level == REASONING_XHIGH && !(family->flags & FAMILY_XHIGH))
			t.effort = "max";
	} else if (family->flags & FAMILY_BUDGET) {
		return with_budget(family, levels[level].budget, warnings);
	} else if (warnings) {
		answer_warn(warnings, "options.reasoning", "this model does not think");
	}
	return t;
}

int64_t
anthropic_limit(
    const struct anthropic_family *family, int64_t asked, const struct anthropic_thinking *t)
{
	int64_t room = asked;

	if (asked == OPTION_UNSET)
		return family->max_tokens;
	if (t->mode == THINKING_BUDGET)
		room += t->budget;
	return room > family->max_tokens && asked <= family->max_tokens ? family->max_tokens : room;
}

struct anthropic_sampling
anthropic_sampling(const struct anthropic_family *family, bool thinking,
    const struct request_options *options, struct answer *warnings)
{
	struct anthropic_sampling s = { options->temperature, options->top_p, options->top_k };
	double t = 0;

	if ((family->flags & FAMILY_NO_SAMPLING) || thinking) {
		const char *why = thinking ? "not taken while the model thinks"
					   : "this model takes none";

		if (json_exists(s.temperature) &&
		    !(json_double(s.temperature, &t) && t >= 1 && t <= 1))
			answer_warn(warnings, "options.temperature", "%s", why);
		if (json_exists(s.top_p))
			answer_warn(warnings, "options.topP", "%s", why);
		if (s.top_k != OPTION_UNSET)
			answer_warn(warnings, "options.topK", "%s", why);
		return (struct anthropic_sampling){ JSON_ABSENT, JSON_ABSENT, OPTION_UNSET };
	}
	if (json_exists(s.temperature) && json_double(s.temperature, &t) && t > 1) {
		answer_warn(
		    warnings, "options.temperature", "the API's range ends at 1: 1 is sent");
		s.temperature = json_literal("1");
	}
	if (json_exists(s.top_p) && json_exists(s.temperature) &&
	    (family->flags & FAMILY_ONE_SAMPLER)) {
		answer_warn(
		    warnings, "options.topP", "this model takes it or temperature, not both");
		s.top_p = JSON_ABSENT;
	}
	return s;
}
