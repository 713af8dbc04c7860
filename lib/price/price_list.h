/* SPDX-License-Identifier: MIT */
/* price_list - the price rows themselves, for people and programs to look at. */
#ifndef PRICE_PRICE_LIST_H
#define PRICE_PRICE_LIST_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "price/price.h"

/* The rows that hold on that day, one a line as they lie in their files. */
void price_list_rows(const struct prices *prices, int64_t day, struct buf *out);

/* The same as a table, in dollars per million tokens. */
void price_list_table(const struct prices *prices, int64_t day, struct buf *out);

/* The row that "provider:model" is charged by, as it lies; -1 and err (EXIT_NO) where none is. */
int price_list_explain(const struct prices *prices, struct str model, int64_t day, struct buf *out,
    struct err *err) __attribute__((warn_unused_result));

#endif
