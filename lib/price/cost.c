/* SPDX-License-Identifier: MIT */
/* cost - price a stream of records: each response gets costUsd and cost, every other byte stays. */
#include "price/cost.h"

#include "base/money.h"
#include "json/edit.h"
#include "json/jsonw.h"
#include "price/cost_write.h"

enum {
	P_TYPE,
	P_ID,
	P_OK,
	P_PROVIDER,
	P_LIKE,
	P_MODEL,
	P_IN,
	P_OUT,
	P_CACHE_READ,
	P_CACHE_WRITE,
	P_CACHE_WRITE_1H,
	P_REASONING,
	P_SOURCE,
	P_EXCHANGES,
	P_COST_USD,
	P_COST,
	P_BASIS,
	P_COUNT
};

enum { NAME_MAX_SHOWN = 200 }; /* bytes */

static const char *const paths[P_COUNT] = {
	[P_TYPE] = "type",
	[P_ID] = "id",
	[P_OK] = "ok",
	[P_PROVIDER] = "provider",
	[P_LIKE] = "providerLike",
	[P_MODEL] = "model",
	[P_IN] = "usage.tokensIn",
	[P_OUT] = "usage.tokensOut",
	[P_CACHE_READ] = "usage.cacheReadTokens",
	[P_CACHE_WRITE] = "usage.cacheWriteTokens",
	[P_CACHE_WRITE_1H] = "usage.cacheWrite1hTokens",
	[P_REASONING] = "usage.reasoningTokens",
	[P_SOURCE] = "usage.source",
	[P_EXCHANGES] = "exchanges",
	[P_COST_USD] = "costUsd",
	[P_COST] = "cost",
	[P_BASIS] = "cost.basis",
};

void
cost_init(struct cost *cost, const struct prices *prices, int64_t day)
{
	*cost = (struct cost){ .paths = json_paths_new(paths, P_COUNT) };
	cost_models_init(&cost->models, prices, day);
	cost_sums_init(&cost->total);
	buf_init(&cost->usd, BUF_UNLIMITED);
	buf_init(&cost->text, BUF_UNLIMITED);
	buf_init(&cost->reason, BUF_UNLIMITED);
	buf_init(&cost->merged, BUF_UNLIMITED);
}

void
cost_release(struct cost *cost)
{
	cost_models_release(&cost->models);
	json_paths_free(cost->paths);
	buf_release(&cost->usd);
	buf_release(&cost->text);
	buf_release(&cost->reason);
	buf_release(&cost->merged);
}

/* --- reading --- */

/* A count, TOKENS_UNKNOWN where absent or null; false where it is something else. */
static bool
read_count(struct json v, int64_t *count)
{
	int64_t n;

	*count = TOKENS_UNKNOWN;
	if (!json_exists(v))
		return true;
	if (!json_count_of(v, &n) || n < 0)
		return false;
	*count = n;
	return true;
}

static bool
read_usage(const struct json *found, struct usage *u)
{
	u->estimated = json_eq(found[P_SOURCE], "estimated");
	return read_count(found[P_IN], &u->in) & read_count(found[P_OUT], &u->out) &
	       read_count(found[P_CACHE_READ], &u->cache_read) &
	       read_count(found[P_CACHE_WRITE], &u->cache_write) &
	       read_count(found[P_CACHE_WRITE_1H], &u->cache_write_1h) &
	       read_count(found[P_REASONING], &u->reasoning);
}

/* A name, cut where it is so long that it can be none. */
static void
add_name(struct buf *out, struct json name)
{
	size_t from = out->len, cut;

	json_text(name, out);
	cut = str_cut_utf8((struct str){ out->p + from, out->len - from }, NAME_MAX_SHOWN);
	if (cut == out->len - from)
		return;
	out->len = from + cut;
	buf_adds(out, "...");
}

/* Why no row was found, in the record's own names. */
static const char *
say_miss(struct cost *cost, const struct json *found, enum price_miss miss)
{
	struct buf *out = &cost->reason;

	if (!json_is(found[P_PROVIDER], JSON_STRING))
		return "the response names no provider";
	if (!json_is(found[P_MODEL], JSON_STRING))
		return "the response names no model";
	buf_reset(out);
	buf_adds(out, miss == PRICE_NO_PROVIDER ? "no prices for provider " : "no price row for ");
	add_name(out, found[P_PROVIDER]);
	if (miss != PRICE_NO_PROVIDER) {
		buf_addc(out, ':');
		add_name(out, found[P_MODEL]);
	}
	if (miss == PRICE_NO_DATE)
		buf_adds(out, " at that date");
	return out->p;
}

/* A row that says so itself costs nothing, however many tokens there were. */
static bool
is_free(const struct price_row *row)
{
	return row->basis.p && !row->rates.pusd[PRICE_IN] && !row->rates.pusd[PRICE_OUT];
}

static const char *
charge_bill(struct cost *cost, const struct json *found, enum price_miss miss, struct bill *bill)
{
	struct usage *u = &bill->usage;
	int64_t exchanges;

	bill->charge = (struct charge){ 0 };
	if (!read_usage(found, u))
		return "usage holds what is no count";
	if (!read_count(found[P_EXCHANGES], &exchanges))
		return "exchanges is no count";
	if (bill->row && is_free(bill->row))
		return NULL;
	if (json_is(found[P_OK], JSON_FALSE) && u->in == TOKENS_UNKNOWN && u->out == TOKENS_UNKNOWN)
		return "it failed before any usage was reported";
	if (!bill->row)
		return say_miss(cost, found, miss);
	if (bill->row->unpriced.p) {
		buf_reset(&cost->reason);
		buf_addstr(&cost->reason, bill->row->unpriced);
		return cost->reason.p;
	}
	return charge_usage(bill->row, u, exchanges, &bill->charge);
}

/* What the provider itself says it costs, rounded to what can be held. */
static void
read_reported(const struct json *found, struct bill *bill)
{
	double usd;

	bill->reported = json_eq(found[P_BASIS], "reported") &&
			 json_is(found[P_COST_USD], JSON_NUMBER);
	bill->reported_pusd = -1;
	if (!bill->reported || json_scaled(found[P_COST_USD], MONEY_SCALE, &bill->reported_pusd))
		return;
	if (json_double(found[P_COST_USD], &usd) && usd >= 0 && usd < 1e6)
		bill->reported_pusd = (int64_t)(usd * 1e12 + 0.5);
}

/* --- writing --- */

/* Set a member whose value now is known: absent ones need not be looked for again. */
static void
set(struct json_edit *e, const char *key, struct json old, struct buf *value)
{
	if (json_is(old, JSON_NONE))
		json_edit_append(e, key, buf_str(value));
	else
		json_edit_set(e, key, buf_str(value));
}

/* The cost member's value, into cost->text: by its form where only the numbers differ. */
static void
write_cost(struct cost *cost, struct cost_model *model, const struct bill *bill)
{
	struct jsonw w;

	buf_reset(&cost->text);
	if (!bill->reported && !bill->why && bill->charge.count) {
		cost_form_write(cost_model_form(model, bill->charge.tier), &bill->charge,
		    bill->usage.estimated, &cost->text);
		return;
	}
	jsonw_start(&w, &cost->text);
	cost_write(&w, bill);
}

static void
splice(struct cost *cost, struct json record, const struct json *found, const struct bill *bill,
    struct buf *out)
{
	struct json_edit e;

	json_edit_start(&e, record);
	if (bill->reported) { /* the provider's own members of cost stay */
		buf_reset(&cost->merged);
		json_merge_patch(found[P_COST],
		    (struct json){ cost->text.p, cost->text.len, JSON_OBJECT }, &cost->merged);
		set(&e, "cost", found[P_COST], &cost->merged);
	} else {
		buf_reset(&cost->usd);
		if (bill->why)
			buf_adds(&cost->usd, "null");
		else
			money_print(&cost->usd, bill->charge.pusd);
		set(&e, "costUsd", found[P_COST_USD], &cost->usd);
		set(&e, "cost", found[P_COST], &cost->text);
	}
	json_edit_write(&e, out);
}

enum cost_kind
cost_record(struct cost *cost, struct str line, struct buf *out, struct err *err)
{
	struct json found[P_COUNT], record;
	struct cost_model *model;
	struct bill bill;
	const int64_t *pusd = NULL;

	if (json_scan(cost->paths, line.p, line.len, &record, found, err) < 0)
		return COST_BAD;
	if (!json_is(record, JSON_OBJECT)) {
		(void)err_set(err, EXIT_NO, "not a JSON object");
		return COST_BAD;
	}
	if (!json_eq(found[P_TYPE], "response")) {
		buf_addstr(out, line);
		return COST_OTHER;
	}
	cost->id = found[P_ID];
	model = cost_model_of(&cost->models, found[P_PROVIDER], found[P_MODEL], found[P_LIKE]);
	bill.row = model->row;
	bill.why = charge_bill(cost, found, model->miss, &bill);
	read_reported(found, &bill);
	write_cost(cost, model, &bill);
	splice(cost, record, found, &bill, out);
	if (bill.reported && bill.reported_pusd >= 0)
		pusd = &bill.reported_pusd;
	else if (!bill.reported && !bill.why)
		pusd = &bill.charge.pusd;
	cost_sums_add(&model->sums, &bill.usage, pusd, bill.reported);
	cost_sums_add(&cost->total, &bill.usage, pusd, bill.reported);
	return pusd ? COST_PRICED : COST_UNKNOWN;
}
