/* SPDX-License-Identifier: MIT */
/* rate_limit - a provider's limits, out of its response head. */
#include "llm/rate_limit.h"

#include "base/num.h"
#include "sys/clock.h"

enum kind { REQUESTS, TOKENS };

/* Header names that tell what is left and when that is over; the limit itself tells nothing where
 * it is not positive (Azure sends -1 and 0 for models it does not meter). */
static const struct row {
	enum kind kind;
	const char *limit, *left, *reset;
	int64_t period_ms; /* where no header tells the reset */
} rows[] = {
	{ REQUESTS, "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests",
	    "x-ratelimit-reset-requests", 0 },
	{ TOKENS, "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens",
	    "x-ratelimit-reset-tokens", 0 },
	{ REQUESTS, "anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-remaining",
	    "anthropic-ratelimit-requests-reset", 0 },
	{ TOKENS, "anthropic-ratelimit-input-tokens-limit",
	    "anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset",
	    0 },
	{ TOKENS, "anthropic-ratelimit-output-tokens-limit",
	    "anthropic-ratelimit-output-tokens-remaining",
	    "anthropic-ratelimit-output-tokens-reset", 0 },
	{ TOKENS, "anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining",
	    "anthropic-ratelimit-tokens-reset", 0 },
	{ REQUESTS, "x-ratelimit-limit-req-minute", "x-ratelimit-remaining-req-minute", NULL,
	    60 * 1000 },
	{ TOKENS, "x-ratelimit-limit-tokens-minute", "x-ratelimit-remaining-tokens-minute", NULL,
	    60 * 1000 },
	{ REQUESTS, "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", 0 },
};

/* "20ms", "6m0s", "1.5", "2026-08-02T17:44:02Z", or seconds or milliseconds since 1970: from now
 * on in milliseconds, -1 where it is none of these. */
static int64_t
reset_ms(struct str text, int64_t now_wall_us)
{
	enum { EPOCH_S = 1000000000 };
	int64_t at_us, ms;

	text = str_trim(text);
	if (clock_parse(text, &at_us))
		ms = (at_us - now_wall_us) / 1000;
	else if (!num_duration_ms(text, &ms))
		return -1;
	else if (ms / 1000 >= (int64_t)EPOCH_S * 1000) /* milliseconds since 1970 */
		ms = ms / 1000 - now_wall_us / 1000;
	else if (ms / 1000 >= EPOCH_S)
		ms -= now_wall_us / 1000;
	return ms > 0 ? ms : 0;
}

static int64_t
count_of(const struct http_headers *headers, const char *name)
{
	int64_t n;

	return num_i64(str_trim(str_of(http_headers_get(headers, name))), &n) ? n : -1;
}

struct rate_limit
rate_limit_read(const struct http_headers *headers, int64_t now_wall_us)
{
	struct rate_limit told = RATE_LIMIT_UNTOLD;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *row = &rows[i];
		int64_t left = count_of(headers, row->left);
		int64_t *known = row->kind == TOKENS ? &told.tokens_left : &told.requests_left;
		int64_t *reset = row->kind == TOKENS ? &told.tokens_reset_ms
						     : &told.requests_reset_ms;

		if (left < 0 || count_of(headers, row->limit) <= 0 ||
		    (*known >= 0 && *known <= left))
			continue;
		*known = left;
		*reset = row->reset
			     ? reset_ms(str_of(http_headers_get(headers, row->reset)), now_wall_us)
			     : row->period_ms;
	}
	return told;
}

int64_t
rate_limit_wait_ms(const struct rate_limit *limit)
{
	int64_t ms = 0;

	if (limit->requests_left == 0 && limit->requests_reset_ms > ms)
		ms = limit->requests_reset_ms;
	if (limit->tokens_left == 0 && limit->tokens_reset_ms > ms)
		ms = limit->tokens_reset_ms;
	return ms;
}
