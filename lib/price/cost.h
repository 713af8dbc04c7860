/* SPDX-License-Identifier: MIT */
/*
 * cost - price a stream of records: each response gets costUsd and cost, every other byte stays.
 *
 *	struct cost cost;
 *	cost_init(&cost, prices, day);
 *	switch (cost_record(&cost, line, out, &err)) ...
 *
 * A cost that the provider reported is kept (cost.basis "reported"), and what the price rows say is
 * put beside it with the difference. A response that was priced by an earlier run is priced anew.
 */
#ifndef PRICE_COST_H
#define PRICE_COST_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "json/json.h"
#include "price/charge.h"
#include "price/cost_model.h"
#include "price/price.h"

struct cost {
	struct cost_models models;
	struct cost_sums total;
	struct json_paths *paths;
	struct json id; /* of the response priced last; lives as long as its line */
	struct buf usd, text, reason, merged; /* a record's */
};

enum cost_kind {
	COST_BAD, /* no JSON object: err says what is wrong with it; nothing was appended */
	COST_OTHER, /* no response: appended as it is */
	COST_PRICED, /* appended with a number in costUsd */
	COST_UNKNOWN, /* appended with costUsd null, and the reason in cost */
};

void cost_init(struct cost *cost, const struct prices *prices, int64_t day);
void cost_release(struct cost *cost);

/* Append the record to out, priced where it is a response. No newline. */
enum cost_kind cost_record(struct cost *cost, struct str line, struct buf *out, struct err *err);

#endif
