/* SPDX-License-Identifier: MIT */
/* cost_write - the members of cost, as agentflow-records(5) names them. */
#include "price/cost_write.h"

#include "base/buf.h"

const char *
cost_write_what(enum price_kind kind)
{
	static const char *const what[] = {
		[PRICE_IN] = "input",
		[PRICE_OUT] = "output",
		[PRICE_CACHE_READ] = "cacheRead",
		[PRICE_CACHE_WRITE] = "cacheWrite",
		[PRICE_CACHE_WRITE_1H] = "cacheWrite1h",
		[PRICE_REASONING] = "reasoning",
	};

	return what[kind];
}

static void
write_usd(struct jsonw *w, const char *key, int64_t pusd)
{
	jsonw_key(w, key);
	jsonw_usd(w, pusd);
}

static void
write_item(struct jsonw *w, const struct charge_item *item)
{
	jsonw_object(w);
	jsonw_kstr(w, "what", cost_write_what(item->kind));
	jsonw_ki64(w, "tokens", item->tokens);
	write_usd(w, "usdPerMillion", item->rate_pusd * 1000000); /* PRICE_RATE_MAX: fits */
	write_usd(w, "usd", item->pusd);
	if (item->basis)
		jsonw_kstr(w, "basis", item->basis);
	jsonw_end(w);
}

void
cost_write_row(struct jsonw *w, const struct price_row *row, const struct price_tier *tier)
{
	struct buf name = BUF_INIT(BUF_UNLIMITED);

	price_row_name(row, &name);
	jsonw_kstrn(w, "row", buf_str(&name));
	buf_release(&name);
	if (row->as_of_text.p)
		jsonw_kstrn(w, "asOf", row->as_of_text);
	if (row->origin.p)
		jsonw_kstrn(w, "source", row->origin);
	if (tier)
		jsonw_ki64(w, "contextTierFrom", tier->from);
}

static void
write_basis(struct jsonw *w, const struct bill *bill)
{
	if (bill->reported)
		jsonw_kstr(w, "basis", "reported");
	else if (bill->why)
		jsonw_kstr(w, "basis", "unknown");
	else if (bill->row->basis.p)
		jsonw_kstrn(w, "basis", bill->row->basis);
	else
		jsonw_kstr(w, "basis", bill->usage.estimated ? "estimated" : "computed");
}

void
cost_write(struct jsonw *w, const struct bill *bill)
{
	size_t i;

	jsonw_object(w);
	write_basis(w, bill);
	if (bill->reported && !bill->why && bill->reported_pusd >= 0) {
		write_usd(w, "computedUsd", bill->charge.pusd);
		write_usd(w, "differenceUsd", bill->reported_pusd - bill->charge.pusd);
	}
	if (bill->row)
		cost_write_row(w, bill->row, bill->charge.tier);
	if (bill->why)
		jsonw_kstr(w, "reason", bill->why);
	if (!bill->why && bill->charge.count) {
		jsonw_key(w, "items");
		jsonw_array(w);
		for (i = 0; i < bill->charge.count; i++)
			write_item(w, &bill->charge.items[i]);
		jsonw_end(w);
	}
	jsonw_end(w);
}
