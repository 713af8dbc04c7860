/* SPDX-License-Identifier: MIT */
/*
 * price_import - price rows from LiteLLM's model_prices_and_context_window.json.
 *
 * That map gives dollars per token as binary floating point; they are rounded to whole pico-dollars
 * a token. Where its own reader guesses, this one does not: a model without a price, or with both
 * prices 0, is unpriced; a cache price that is missing or 0 beside a paid input is unknown (so that
 * cached tokens are charged as input, not given away). agentflow-pricing(5) has the rules.
 */
#ifndef PRICE_PRICE_IMPORT_H
#define PRICE_PRICE_IMPORT_H

#include <stdbool.h>

#include "base/err.h"
#include "json/json.h"
#include "price/price.h"

/* Whether v looks like such a map and not like a price row. */
bool price_import_fits(struct json v);

int price_import(struct prices *prices, const char *file, struct json map, int layer,
    struct err *err) __attribute__((warn_unused_result));

#endif
