/* SPDX-License-Identifier: MIT */
/*
 * price_row - what one model costs, as one line of share/pricing says it (agentflow-pricing(5)).
 *
 * Rates are integers of pico-USD a token, so $1 per million tokens is 1,000,000 and six decimal
 * places of a price per million are held exactly. A rate that nobody has published is
 * PRICE_UNKNOWN, never 0.
 */
#ifndef PRICE_PRICE_ROW_H
#define PRICE_PRICE_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "json/json.h"

enum price_kind {
	PRICE_IN,
	PRICE_OUT,
	PRICE_CACHE_READ,
	PRICE_CACHE_WRITE, /* kept for five minutes, or the only kind that there is */
	PRICE_CACHE_WRITE_1H,
	PRICE_REASONING, /* only where it differs from PRICE_OUT */
	PRICE_KINDS
};

#define PRICE_UNKNOWN (-1)

/* A million dollars per million tokens: past it a price is a mistake. */
#define PRICE_RATE_MAX ((int64_t)1000000 * 1000000)

struct price_rates {
	int64_t pusd[PRICE_KINDS]; /* a token */
};

struct price_tier {
	int64_t from; /* the least tokensIn at which the whole request is charged so */
	struct price_rates rates;
};

struct price_row {
	struct str provider, id;
	struct str *aliases; /* other names of the same model */
	size_t alias_count;
	struct str basis; /* what cost.basis says; p NULL: "computed" */
	struct str unpriced; /* why this model has no price per token; p NULL: it has one */
	struct price_rates rates;
	struct price_tier *tiers; /* by rising from */
	size_t tier_count;
	int64_t valid_from, valid_to; /* days since 1970; the row holds from <= day < to */
	struct str from_text, as_of_text; /* p NULL: not told */
	int64_t as_of; /* day; -1: not told */
	struct str origin; /* the file it was read from, where that is the user's; p NULL */
	struct json text; /* the row as it lies in its file */
	int layer; /* higher layers hide lower ones, model by model */
	struct price_row *other; /* the same model at other dates */
};

/* The member's name in usdPerMillion: "in", "cacheRead", ... */
const char *price_kind_name(enum price_kind kind);

/*
 * Read a row from a proven JSON object, whose text must outlive it. Every member is known, every
 * number is exact, tiers rise and price what the row prices; otherwise -1 and err.
 */
int price_row_read(struct json text, struct price_row *row, struct err *err)
    __attribute__((warn_unused_result));
void price_row_release(struct price_row *row);

/* The rates for a request of that many input tokens. *tier is the tier that they belong to, or
 * NULL. */
const struct price_rates *price_row_rates(
    const struct price_row *row, int64_t tokens_in, const struct price_tier **tier);

/* Append what cost.row says: "openai:gpt-4o", with "@2026-07-30" where the row begins on a date. */
struct buf;
void price_row_name(const struct price_row *row, struct buf *out);

#endif
