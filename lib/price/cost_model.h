/* SPDX-License-Identifier: MIT */
/*
 * cost_model - the pairs of provider and model that a run has seen: the price row that each leads
 * to, looked up once, and what has been spent on it.
 *
 * Memory is bounded: pairs past COST_MODELS_MAX, and those whose names are longer than
 * COST_NAMES_MAX, are looked up anew each time and share one sum.
 */
#ifndef PRICE_COST_MODEL_H
#define PRICE_COST_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "json/json.h"
#include "llm/llm.h"
#include "price/cost_form.h"
#include "price/price.h"

enum { COST_MODELS_MAX = 1000, COST_NAMES_MAX = 1024 /* bytes of provider and model */ };

struct cost_sums {
	int64_t responses;
	int64_t unpriced; /* of which costUsd is null */
	int64_t reported; /* of which the provider told the cost itself */
	struct usage usage; /* sums of the counts that were told; TOKENS_UNKNOWN: none was */
	int64_t pusd;
	bool overflow; /* pusd does not hold the sum any more */
};

struct cost_model {
	struct str provider, model; /* raw JSON, owned; empty where the record names none */
	const struct price_row *row; /* NULL: miss says why */
	enum price_miss miss;
	struct cost_sums sums;
	struct cost_form *forms; /* of the row's costs, one a tier that was met */
	size_t form_count, form_cap;
};

struct cost_models {
	const struct prices *prices;
	int64_t day;
	struct cost_model **items; /* in order of appearance */
	size_t count, cap;
	unsigned *slots; /* open addressing over items; 0: free, else index + 1 */
	struct cost_model others; /* of those without an entry the last; its sums are of all */
	struct cost_model *last;
	struct buf text; /* a call's */
};

void cost_models_init(struct cost_models *models, const struct prices *prices, int64_t day);
void cost_models_release(struct cost_models *models);

/* The pair's entry, made where it is new. It lives as long as models, others until the next call.
 * like: whose row is looked for where the provider has none of that model; it is the same for all
 * records of a provider, so the first's holds. */
struct cost_model *cost_model_of(
    struct cost_models *models, struct json provider, struct json model, struct json like);

/* The form of the costs at that tier of the entry's row; made at its first use. */
const struct cost_form *cost_model_form(struct cost_model *model, const struct price_tier *tier);

void cost_sums_init(struct cost_sums *sums);
/* Count one response; pusd NULL: its cost is unknown. */
void cost_sums_add(
    struct cost_sums *sums, const struct usage *usage, const int64_t *pusd, bool reported);

#endif
