/* SPDX-License-Identifier: MIT */
/* price_load - price rows from files: the only place of this room that reads any. */
#ifndef PRICE_PRICE_LOAD_H
#define PRICE_PRICE_LOAD_H

#include "base/err.h"
#include "price/price.h"

/*
 * The rows in every *.ndjson of share/pricing, by name, and before them those of the user's files
 * (a NULL-terminated list, or NULL), of which the last goes first. A file has rows one a line as in
 * share/pricing, or is one JSON object in the form of LiteLLM's map (price_import.h); "-" is stdin.
 * NULL and err (EXIT_CONFIG for what is wrong in them, EXIT_IO for what can't be read).
 */
struct prices *price_load(const char *share, const char *const *files, struct err *err)
    __attribute__((warn_unused_result));

#endif
