/* SPDX-License-Identifier: MIT */
/* price_list - the price rows themselves, for people and programs to look at. */
#include "price/price_list.h"

#include "base/money.h"
#include "cli/table.h"

static bool
holds(const struct prices *prices, const struct price_row *row, int64_t day)
{
	return row->valid_from <= day && day < row->valid_to && !prices_is_hidden(prices, row);
}

void
price_list_rows(const struct prices *prices, int64_t day, struct buf *out)
{
	const struct price_row *row;
	size_t i;

	for (i = 0; i < prices_count(prices); i++) {
		row = prices_at(prices, i);
		if (!holds(prices, row, day))
			continue;
		buf_addstr(out, json_raw(row->text));
		buf_addc(out, '\n');
	}
}

static void
cell_rate(struct table *t, const struct price_rates *rates, enum price_kind kind)
{
	struct buf *cell = table_cell(t);

	if (rates->pusd[kind] == PRICE_UNKNOWN)
		buf_addc(cell, '-');
	else
		money_print(cell, rates->pusd[kind] * 1000000); /* PRICE_RATE_MAX: fits */
}

static void
cells_rates(struct table *t, const struct price_rates *rates)
{
	static const enum price_kind kinds[] = { PRICE_IN, PRICE_OUT, PRICE_CACHE_READ,
		PRICE_CACHE_WRITE, PRICE_CACHE_WRITE_1H };
	size_t i;

	for (i = 0; i < sizeof kinds / sizeof *kinds; i++)
		cell_rate(t, rates, kinds[i]);
}

static void
lines_row(struct table *t, const struct price_row *row)
{
	size_t i;

	price_row_name(row, table_cell(t));
	cells_rates(t, &row->rates);
	buf_addstr(table_cell(t), row->as_of_text.p ? row->as_of_text : STR_LIT("-"));
	for (i = 0; i < row->tier_count; i++) {
		buf_addf(table_cell(t), "  from %lld tokens in", (long long)row->tiers[i].from);
		cells_rates(t, &row->tiers[i].rates);
		(void)table_cell(t);
	}
}

void
price_list_table(const struct prices *prices, int64_t day, struct buf *out)
{
	static const char *const heads[] = { "MODEL", "IN", "OUT", "CACHE READ", "CACHE WRITE",
		"WRITE 1H", "AS OF" };
	const struct price_row *row;
	struct table t;
	size_t i;

	table_init(&t, sizeof heads / sizeof *heads, 1);
	for (i = 0; i < t.columns; i++)
		buf_adds(table_cell(&t), heads[i]);
	for (i = 0; i < prices_count(prices); i++) {
		row = prices_at(prices, i);
		if (holds(prices, row, day))
			lines_row(&t, row);
	}
	table_print(&t, out);
	table_release(&t);
}

int
price_list_explain(
    const struct prices *prices, struct str model, int64_t day, struct buf *out, struct err *err)
{
	struct str rest = model, provider;
	const struct price_row *row;
	enum price_miss miss;

	(void)str_split(&rest, ':', &provider); /* a string has a first part */
	if (!rest.p || !rest.len || !provider.len)
		return err_set(
		    err, EXIT_USAGE, "%.*s: must be provider:model", (int)model.len, model.p);
	row = price_find(prices, provider, rest, day, &miss);
	if (!row && miss == PRICE_NO_PROVIDER)
		return err_set(
		    err, EXIT_NO, "no prices for provider %.*s", (int)provider.len, provider.p);
	if (!row)
		return err_set(err, EXIT_NO, "no price row for %.*s%s", (int)model.len, model.p,
		    miss == PRICE_NO_DATE ? " at that date" : "");
	buf_addstr(out, json_raw(row->text));
	buf_addc(out, '\n');
	return 0;
}
