/* SPDX-License-Identifier: MIT */
/* openai_usage - token counts in OpenAI's formats, wherever a server puts them. */
#include "base/money.h"
#include "llm/openai.h"

/* The first of the paths that holds a count. */
static int64_t
count_at(struct json usage, const char *const *paths)
{
	int64_t n = TOKENS_UNKNOWN;

	for (; *paths && n == TOKENS_UNKNOWN; paths++)
		usage_set(&n, json_find(usage, *paths));
	return n;
}

/*
 * What the total holds beyond prompt and completion was left out of one of them: xAI's reasoning,
 * Mistral's audio, the thoughts that Gemini's compatible API does not count anywhere else.
 */
static void
add_left_out(struct usage *u, struct json usage)
{
	static const char *const audio_paths[] = { "prompt_tokens_details.audio_tokens",
		"prompt_token_details.audio_tokens", "prompt_audio_tokens", "audio_prompt_tokens",
		NULL };
	int64_t total = TOKENS_UNKNOWN, extra, audio = count_at(usage, audio_paths);
	bool detailed = json_exists(json_get(usage, "completion_tokens_details")) ||
			json_exists(json_get(usage, "prompt_tokens_details")) ||
			json_exists(json_get(usage, "output_tokens_details"));

	usage_set(&total, json_get(usage, "total_tokens"));
	if (total == TOKENS_UNKNOWN || u->in == TOKENS_UNKNOWN || u->out == TOKENS_UNKNOWN)
		return;
	if (__builtin_sub_overflow(total, u->in, &extra) ||
	    __builtin_sub_overflow(extra, u->out, &extra) || extra <= 0)
		return;
	if (extra == u->reasoning)
		usage_add(&u->out, extra);
	else if (extra == audio)
		usage_add(&u->in, extra);
	else if (!detailed)
		usage_add(&u->out, extra);
}

/* What the provider says it costs. A plain 0 from one that counts in ticks means that it was not
 * worked out (Grok on Azure), not that it was free. */
static void
read_cost(struct answer *a, struct json usage)
{
	struct json cost = json_get(usage, "cost");
	int64_t pusd, ticks;
	double usd;

	if (cost.kind == JSON_OBJECT)
		cost = json_get(cost, "total_cost");
	if (json_i64(json_get(usage, "cost_in_usd_ticks"), &ticks) && ticks > 0 &&
	    !__builtin_mul_overflow(ticks, 100, &pusd)) /* a tick is 10^-10 USD */
		a->cost_pusd = pusd;
	else if (json_scaled(cost, MONEY_SCALE, &pusd) && pusd >= 0)
		a->cost_pusd = pusd;
	else if (json_double(cost, &usd) && usd >= 0 && usd < 1e6)
		a->cost_pusd = (int64_t)(usd * 1e12 + 0.5); /* more places than we keep */
}

void
openai_usage(struct answer *a, struct json usage)
{
	static const char *const in[] = { "prompt_tokens", "input_tokens", NULL };
	static const char *const out[] = { "completion_tokens", "output_tokens", NULL };
	static const char *const cache_read[] = { "prompt_tokens_details.cached_tokens",
		"input_tokens_details.cached_tokens", "prompt_token_details.cached_tokens",
		"prompt_cache_hit_tokens", "num_cached_tokens", "cached_tokens",
		"cache_read_input_tokens", NULL };
	static const char *const cache_write[] = { "prompt_tokens_details.cache_write_tokens",
		"input_tokens_details.cache_write_tokens", "cache_creation_input_tokens", NULL };
	static const char *const reasoning[] = { "completion_tokens_details.reasoning_tokens",
		"output_tokens_details.reasoning_tokens", "reasoning_tokens", NULL };
	struct usage u = USAGE_UNKNOWN;

	if (usage.kind != JSON_OBJECT)
		return;
	u.in = count_at(usage, in);
	u.out = count_at(usage, out);
	u.cache_read = count_at(usage, cache_read);
	u.cache_write = count_at(usage, cache_write);
	u.reasoning = count_at(usage, reasoning);
	if (u.in == TOKENS_UNKNOWN && u.out == TOKENS_UNKNOWN)
		return;
	add_left_out(&u, usage);
	a->usage = u; /* counts are cumulative: the last word replaces what was said before */
	read_cost(a, usage);
}
