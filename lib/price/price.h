/* SPDX-License-Identifier: MIT */
/*
 * price - the price rows, and the one that a provider, a model and a day ask for.
 *
 * A model is found by its id or one of its aliases. Where neither fits, three spellings of the same
 * name are tried, each of which must name a row exactly: without the provider's own prefix
 * ("openai/gpt-4o" at openai, "models/gemini-2.5-pro"), without a snapshot's date
 * ("gpt-4o-2024-08-06", "claude-sonnet-4-5-20250929"), and without "-latest". Last come the
 * provider's patterns ("*", "*-cloud"). A model that is merely similar is never taken.
 *
 *	struct prices *prices = prices_new();
 *	if (prices_add(prices, "openai.ndjson", text, 0, &err) < 0)
 *		...
 *	row = price_find(prices, STR_LIT("openai"), STR_LIT("gpt-4o"), day, &why);
 *
 * A row added with a higher layer hides all rows of that model in lower layers; the aliases of the
 * lower ones go on leading to it.
 */
#ifndef PRICE_PRICE_H
#define PRICE_PRICE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "price/price_row.h"

struct prices;

struct prices *prices_new(void);
void prices_free(struct prices *prices);

/*
 * Add the rows of a text, one a line. A line with provider and alsoNamed, and no id, gives the
 * provider further names. file is for messages; with a layer above 0 it is the origin that costs
 * name. -1 and err (EXIT_CONFIG, "FILE:LINE: ...") where a line is wrong or a name is taken twice.
 * Text and file are copied.
 */
int prices_add(struct prices *prices, const char *file, struct str text, int layer, struct err *err)
    __attribute__((warn_unused_result));

enum price_miss {
	PRICE_FOUND,
	PRICE_NO_PROVIDER, /* no row of that provider at all */
	PRICE_NO_MODEL,
	PRICE_NO_DATE, /* the model is known, but not at that day */
};

/* The row, or NULL and *miss says why. The row lives as long as prices. */
const struct price_row *price_find(const struct prices *prices, struct str provider,
    struct str model, int64_t day, enum price_miss *miss);

size_t prices_count(const struct prices *prices);
/* In the order of reading. Rows that a higher layer hides are there too (prices_is_hidden). */
const struct price_row *prices_at(const struct prices *prices, size_t i);
bool prices_is_hidden(const struct prices *prices, const struct price_row *row);

/* How many rows that hold on that day were checked longer than days before it. */
size_t prices_stale(const struct prices *prices, int64_t day, int64_t days, size_t *total);

#endif
