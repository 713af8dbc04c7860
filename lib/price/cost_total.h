/* SPDX-License-Identifier: MIT */
/* cost_total - what a run came to, per model and overall: as a record, or as a table for people. */
#ifndef PRICE_COST_TOTAL_H
#define PRICE_COST_TOTAL_H

#include "base/buf.h"
#include "price/cost.h"

/*
 * Append
 * {"type":"total","responses":...,"unpriced":...,"costUsd":...,"usage":{...},"models":[...]}.
 * costUsd is the sum of the costs that are known, null where none is or the sum can't be held;
 * unpriced says how many are missing from it. No newline.
 */
void cost_total_record(const struct cost *cost, struct buf *out);

/* The same as lines of text. */
void cost_total_table(const struct cost *cost, struct buf *out);

#endif
