/* SPDX-License-Identifier: MIT */
/* charge - what a usage costs at a price row. */
#include "price/charge.h"

#include "base/money.h"

int64_t
charge_rate(const struct price_rates *rates, enum price_kind kind, const char **basis)
{
	*basis = NULL;
	if (rates->pusd[kind] != PRICE_UNKNOWN)
		return rates->pusd[kind];
	if (kind == PRICE_REASONING)
		return rates->pusd[PRICE_OUT];
	if (kind == PRICE_CACHE_WRITE_1H && rates->pusd[PRICE_CACHE_WRITE] != PRICE_UNKNOWN) {
		*basis = "cache write rate (no 1h price known)";
		return rates->pusd[PRICE_CACHE_WRITE];
	}
	*basis = "input rate (no cache price known)";
	return rates->pusd[PRICE_IN];
}

static bool
add_item(struct charge *c, const struct price_rates *rates, enum price_kind kind, int64_t tokens)
{
	struct charge_item *item = &c->items[c->count++];

	item->kind = kind;
	item->tokens = tokens;
	item->rate_pusd = charge_rate(rates, kind, &item->basis);
	return money_charge(tokens, item->rate_pusd, &item->pusd) &&
	       money_add(&c->pusd, item->pusd);
}

/* The counts with what was not told settled. */
struct counts {
	int64_t in, out, read, write, write_1h, reasoning;
};

static int64_t
known(int64_t count)
{
	return count == TOKENS_UNKNOWN ? 0 : count;
}

static const char *
settle(const struct usage *u, struct counts *n)
{
	int64_t cached;

	if (u->in == TOKENS_UNKNOWN && u->out == TOKENS_UNKNOWN)
		return "no usage was reported";
	if (u->in == TOKENS_UNKNOWN)
		return "usage has no tokensIn";
	if (u->out == TOKENS_UNKNOWN)
		return "usage has no tokensOut";
	*n = (struct counts){ u->in, u->out, known(u->cache_read), known(u->cache_write),
		known(u->cache_write_1h), known(u->reasoning) };
	if (u->cache_write == TOKENS_UNKNOWN)
		n->write = n->write_1h;
	if (__builtin_add_overflow(n->read, n->write, &cached) || cached > n->in)
		return "usage contradicts itself: more cached tokens than tokensIn";
	if (n->write_1h > n->write)
		return "usage contradicts itself: cacheWrite1hTokens exceeds cacheWriteTokens";
	if (n->reasoning > n->out)
		return "usage contradicts itself: reasoningTokens exceeds tokensOut";
	return NULL;
}

/* Every line of the bill; false where 64 bits don't hold it. */
static bool
add_items(struct charge *c, const struct price_rates *rates, const struct counts *n)
{
	int64_t apart = rates->pusd[PRICE_REASONING] == PRICE_UNKNOWN ? 0 : n->reasoning;

	return add_item(c, rates, PRICE_IN, n->in - n->read - n->write) &&
	       (!n->read || add_item(c, rates, PRICE_CACHE_READ, n->read)) &&
	       (n->write == n->write_1h ||
		   add_item(c, rates, PRICE_CACHE_WRITE, n->write - n->write_1h)) &&
	       (!n->write_1h || add_item(c, rates, PRICE_CACHE_WRITE_1H, n->write_1h)) &&
	       add_item(c, rates, PRICE_OUT, n->out - apart) &&
	       (!apart || add_item(c, rates, PRICE_REASONING, apart));
}

const char *
charge_usage(const struct price_row *row, const struct usage *usage, int64_t exchanges,
    struct charge *charge)
{
	const struct price_rates *rates;
	const char *why;
	struct counts n;

	*charge = (struct charge){ 0 };
	why = settle(usage, &n);
	if (why)
		return why;
	rates = price_row_rates(row, n.in, &charge->tier);
	if (charge->tier && exchanges > 1)
		return "usage is summed over several exchanges: which context tier each had is "
		       "unknown";
	if (!add_items(charge, rates, &n))
		return "the sum is larger than can be held";
	return NULL;
}
