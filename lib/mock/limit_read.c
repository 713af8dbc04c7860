/* SPDX-License-Identifier: MIT */
/* limit_read - limits out of YAML, every wrong member with its place. */
#include "mock/limit_read.h"

#include "base/mem.h"
#include "base/num.h"
#include "mock/script_read.h"

#define NO_QUOTA                                                                                   \
	{                                                                                          \
		.requests = -1, .tokens = -1, .pusd = -1                                           \
	}

static bool
rate_parse(struct str text, struct mock_rate *rate)
{
	int64_t ms;

	if (!num_per(text, &rate->count, &ms) || !rate->count || ms > INT64_MAX / 1000000)
		return false;
	rate->period_us = ms * 1000;
	return true;
}

static int
read_rates(
    const struct yaml_doc *doc, const struct yaml *map, struct mock_limit *limit, struct err *err)
{
	static const char *const names[METERS] = { "requests", "tokens", "inputTokens",
		"outputTokens" };

	for (int m = 0; m < METERS; m++) {
		const struct yaml *node = yaml_get(map, names[m]);

		if (node &&
		    (!yaml_str(node) || !rate_parse(str_of(yaml_str(node)), &limit->rates[m])))
			return yaml_error(doc, node, err, "%s: not a rate (60/s, 500/m)", names[m]);
	}
	return 0;
}

/* Dollars, with so many places behind the point. */
static int
read_usd(const struct yaml_doc *doc, const struct yaml *map, const char *key, int places,
    int64_t *out, struct err *err)
{
	const struct yaml *node = yaml_get(map, key);

	if (node &&
	    (!yaml_str(node) || !num_scaled(str_of(yaml_str(node)), places, out) || *out < 0))
		return yaml_error(doc, node, err, "%s: not an amount of dollars", key);
	return 0;
}

static int
read_quota(
    const struct yaml_doc *doc, const struct yaml *map, struct mock_quota *q, struct err *err)
{
	static const char *const members[] = { "requests", "tokens", "usd", "usdPerMillionIn",
		"usdPerMillionOut", NULL };

	if (!map)
		return 0;
	if (yaml_known(doc, map, "quota", members, err) < 0 ||
	    mock_yaml_count(doc, map, "requests", &q->requests, err) < 0 ||
	    mock_yaml_count(doc, map, "tokens", &q->tokens, err) < 0 ||
	    read_usd(doc, map, "usd", 12, &q->pusd, err) < 0 ||
	    read_usd(doc, map, "usdPerMillionIn", 6, &q->in_pusd, err) < 0 ||
	    read_usd(doc, map, "usdPerMillionOut", 6, &q->out_pusd, err) < 0)
		return -1;
	if (q->requests < 0 && q->tokens < 0 && q->pusd < 0)
		return yaml_error(doc, map, err, "quota: neither requests, tokens nor usd");
	if (q->pusd >= 0 && !yaml_get(map, "usdPerMillionIn") && !yaml_get(map, "usdPerMillionOut"))
		return yaml_error(doc, map, err,
		    "quota: nothing costs anything without usdPerMillionIn or usdPerMillionOut");
	return 0;
}

/* retryAfter: a length of time, or false. */
static int
read_retry_after(
    const struct yaml_doc *doc, const struct yaml *map, struct mock_limit *limit, struct err *err)
{
	const struct yaml *node = yaml_get(map, "retryAfter");
	int64_t us = 0;

	if (!node)
		return 0;
	limit->retry_after = TELL_TIME;
	if (node->kind == YAML_BOOL && str_is(node->text, "false")) {
		limit->retry_after = TELL_NOTHING;
		return 0;
	}
	if (mock_yaml_us(doc, map, "retryAfter", &us, err) < 0)
		return -1;
	limit->retry_after_ms = us / 1000;
	return 0;
}

static bool
limits_nothing(const struct mock_limit *l)
{
	for (int m = 0; m < METERS; m++)
		if (l->rates[m].period_us)
			return false;
	return l->concurrent < 0 && l->quota.requests < 0 && l->quota.tokens < 0 &&
	       l->quota.pusd < 0;
}

static int
read_limit(
    const struct yaml_doc *doc, const struct yaml *map, struct mock_limit *limit, struct err *err)
{
	static const char *const members[] = { "provider", "model", "requests", "tokens",
		"inputTokens", "outputTokens", "concurrent", "quota", "during", "retryAfter",
		"delay", NULL };

	if (yaml_known(doc, map, "a limit", members, err) < 0 ||
	    mock_yaml_text(doc, map, "provider", &limit->provider, err) < 0 ||
	    mock_yaml_text(doc, map, "model", &limit->model, err) < 0 ||
	    read_rates(doc, map, limit, err) < 0 ||
	    mock_yaml_count(doc, map, "concurrent", &limit->concurrent, err) < 0 ||
	    read_quota(doc, yaml_get(map, "quota"), &limit->quota, err) < 0 ||
	    mock_yaml_span(doc, map, "during", &limit->during, err) < 0 ||
	    read_retry_after(doc, map, limit, err) < 0 ||
	    mock_yaml_us(doc, map, "delay", &limit->delay_us, err) < 0)
		return -1;
	if (limits_nothing(limit))
		return yaml_error(doc, map, err,
		    "a limit of nothing: it has neither requests, tokens, inputTokens, "
		    "outputTokens, concurrent nor quota");
	return 0;
}

int
mock_limits_read(const struct yaml_doc *doc, const struct yaml *list, struct mock_limits *limits,
    struct err *err)
{
	if (list && list->kind != YAML_LIST)
		return yaml_error(doc, list, err, "limits: not a list");
	for (size_t i = 0; list && i < list->count; i++) {
		struct mock_limit *limit;

		VEC_GROW(limits->items, limits->count, limits->cap);
		limit = &limits->items[limits->count++];
		*limit = (struct mock_limit){ .concurrent = -1, .quota = NO_QUOTA };
		if (read_limit(doc, list->items[i], limit, err) < 0)
			return -1;
	}
	return 0;
}
