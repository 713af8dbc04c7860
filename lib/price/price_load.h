/* SPDX-License-Identifier: MIT */
/* price_load - price rows from files: the only place of this room that reads any. */
#ifndef PRICE_PRICE_LOAD_H
#define PRICE_PRICE_LOAD_H

#include "base/err.h"
#include "price/price.h"

/* Add every *.ndjson of a directory, by name, as layer 0. None there is an error (EXIT_CONFIG). */
int price_load_dir(struct prices *prices, const char *dir, struct err *err)
    __attribute__((warn_unused_result));

/*
 * Add a user's file as the given layer: rows one a line as in share/pricing, or one JSON object in
 * the form of LiteLLM's model_prices_and_context_window.json (price_import.h). "-" is stdin.
 */
int price_load_file(struct prices *prices, const char *path, int layer, struct err *err)
    __attribute__((warn_unused_result));

#endif
