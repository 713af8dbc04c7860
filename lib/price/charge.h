/* SPDX-License-Identifier: MIT */
/*
 * charge - what a usage costs at a price row. Pure integers of pico-USD.
 *
 * - Uncached input is tokensIn - cacheRead - cacheWrite; cacheWrite holds the one-hour writes.
 *   Cache counts that were not told are 0: all input is charged in full.
 * - Reasoning is part of tokensOut; it has a line of its own only where the row prices it apart.
 * - A context tier is chosen by tokensIn, cached ones included, and then holds for the whole
 *   request.
 * - A cache count whose price nobody published is charged as the next dearer thing that is known (a
 *   one-hour write as a write, a write or a read as plain input), and the item says so. It is never
 *   free.
 * - Counts that are missing, or contradict each other, make no charge but a reason.
 */
#ifndef PRICE_CHARGE_H
#define PRICE_CHARGE_H

#include <stddef.h>
#include <stdint.h>

#include "llm/llm.h"
#include "price/price_row.h"

struct charge_item {
	enum price_kind kind;
	int64_t tokens, rate_pusd, pusd;
	const char *basis; /* where the rate is not this kind's own; or NULL */
};

struct charge {
	int64_t pusd;
	const struct price_tier *tier; /* NULL: the base rates */
	struct charge_item items[PRICE_KINDS];
	size_t count;
};

/* The rate that a kind is charged at; *basis says so where it is another kind's, else NULL. */
int64_t charge_rate(const struct price_rates *rates, enum price_kind kind, const char **basis);

/*
 * NULL where charged; else why it can't be, in words. exchanges: how many requests the counts are
 * summed over (1 or more): a tier that only the sum reaches is not charged.
 */
const char *charge_usage(const struct price_row *row, const struct usage *usage, int64_t exchanges,
    struct charge *charge);

#endif
