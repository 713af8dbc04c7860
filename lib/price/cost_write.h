/* SPDX-License-Identifier: MIT */
/* cost_write - the members of cost, as agentflow-records(5) names them. */
#ifndef PRICE_COST_WRITE_H
#define PRICE_COST_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "json/jsonw.h"
#include "llm/llm.h"
#include "price/charge.h"
#include "price/price_row.h"

/* How one response is priced. */
struct bill {
	const struct price_row *row; /* NULL: there is none */
	struct usage usage;
	struct charge charge; /* nothing where why is set */
	const char *why; /* it can't be charged; NULL: charge.pusd is what it costs */
	bool reported; /* the provider told the cost: that one counts */
	int64_t reported_pusd; /* -1: not a number that can be held */
};

/* An item's "what". */
const char *cost_write_what(enum price_kind kind);

/* row, asOf, source and contextTierFrom, into the object that is open. tier may be NULL. */
void cost_write_row(struct jsonw *w, const struct price_row *row, const struct price_tier *tier);

/* The whole value of cost. */
void cost_write(struct jsonw *w, const struct bill *bill);

#endif
