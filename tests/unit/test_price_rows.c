/* SPDX-License-Identifier: MIT */
/* test_price_rows - share/pricing: every row loads, says where it is from, and the known are there.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "json/schema.h"
#include "price/price.h"
#include "price/price_load.h"
#include "support/parsed.h"
#include "support/top.h"
#include "sys/clock.h"
#include "sys/file.h"

static struct prices *prices;
static char *share;

static int
setup(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	share = top_file("share");
	prices = price_load(share, NULL, &err);
	if (!prices)
		print_error("%s\n", err.text);
	return prices ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	prices_free(prices);
	free(share);
	return 0;
}

static void
every_row_has_a_date_and_sources(void **state)
{
	const struct price_row *row;
	size_t i;

	(void)state;
	assert_true(prices_count(prices) > 300);
	for (i = 0; i < prices_count(prices); i++) {
		row = prices_at(prices, i);
		if (row->as_of < 0 || !json_count(json_get(row->text, "sources")))
			fail_msg("%.*s", (int)row->text.len, row->text.p);
	}
}

static void
every_row_fits_the_schema(void **state)
{
	struct schema *schema = parsed_schema("pricing");
	struct err err = ERR_INIT;
	struct json v;
	size_t i;

	(void)state;
	for (i = 0; i < prices_count(prices); i++) {
		v = prices_at(prices, i)->text;
		if (!schema_valid(schema, v, &err))
			fail_msg("%.*s: %s", (int)v.len, v.p, err.text);
	}
	assert_false(schema_valid(schema, json_literal("{\"provider\":\"a\",\"id\":\"m\"}"), &err));
	schema_free(schema);
}

static void
no_paid_row_gives_cached_tokens_away(void **state)
{
	const struct price_row *row;
	size_t i, kind;

	(void)state;
	for (i = 0; i < prices_count(prices); i++) {
		row = prices_at(prices, i);
		for (kind = 0; row->rates.pusd[PRICE_IN] > 0 && kind < PRICE_KINDS; kind++) {
			if (kind != PRICE_OUT && row->rates.pusd[kind] == 0)
				fail_msg("%.*s", (int)row->text.len, row->text.p);
		}
		if (!row->unpriced.p && !row->rates.pusd[PRICE_IN] && !row->basis.p)
			fail_msg("%.*s: free without saying why", (int)row->id.len, row->id.p);
	}
}

/* Reading from a cache is never dearer than reading, and a longer request never cheaper. */
static void
rates_stand_in_a_sensible_order(void **state)
{
	const struct price_row *row;
	size_t i;

	(void)state;
	for (i = 0; i < prices_count(prices); i++) {
		row = prices_at(prices, i);
		if (row->rates.pusd[PRICE_CACHE_READ] > row->rates.pusd[PRICE_IN] ||
		    (row->tier_count &&
			row->tiers[0].rates.pusd[PRICE_IN] < row->rates.pusd[PRICE_IN]))
			fail_msg("%.*s", (int)row->text.len, row->text.p);
	}
}

static const struct {
	const char *provider, *model, *date;
	int64_t in, out, cache_read; /* pico-dollars a token */
} known[] = {
	{ "openai", "gpt-4", "2026-08-05", 30000000, 60000000, -1 },
	{ "openai", "gpt-3.5-turbo", "2026-08-05", 500000, 1500000, -1 },
	{ "openai", "gpt-3.5-turbo-1106", "2026-08-05", 1000000, 2000000, -1 },
	{ "openai", "gpt-4o-2024-11-20", "2026-08-05", 2500000, 10000000, 1250000 },
	{ "openai", "gpt-4o-2024-05-13", "2026-08-05", 5000000, 15000000, -1 },
	{ "openai", "gpt-4o-mini", "2026-08-05", 150000, 600000, 75000 },
	{ "openai", "gpt-5-2025-08-07", "2026-08-05", 1250000, 10000000, 125000 },
	{ "openai", "gpt-5.6-terra", "2026-07-29", 2500000, 15000000, 250000 },
	{ "openai", "gpt-5.6-terra", "2026-07-30", 2000000, 12000000, 200000 },
	{ "anthropic", "claude-3-sonnet", "2026-08-05", 3000000, 15000000, 300000 },
	{ "anthropic", "claude-3-5-sonnet-latest", "2026-08-05", 3000000, 15000000, 300000 },
	{ "anthropic", "claude-3-7-sonnet-20250219", "2026-08-05", 3000000, 15000000, 300000 },
	{ "anthropic", "claude-opus-4-20250514", "2026-08-05", 15000000, 75000000, 1500000 },
	{ "anthropic", "claude-haiku-4-5-20251001", "2026-08-05", 1000000, 5000000, 100000 },
	{ "anthropic", "claude-sonnet-5", "2026-08-31", 2000000, 10000000, 200000 },
	{ "anthropic", "claude-sonnet-5", "2026-09-01", 3000000, 15000000, 300000 },
	{ "gemini", "models/gemini-1.5-flash-002", "2026-08-05", 75000, 300000, -1 },
	{ "google", "gemini-2.0-flash-001", "2026-08-05", 100000, 400000, 25000 },
	{ "gemini", "gemini-2.5-flash", "2026-08-05", 300000, 2500000, 30000 },
	{ "xai", "grok-4-0709", "2026-08-05", 3000000, 15000000, 750000 },
	{ "mistral", "mistral-large-latest", "2026-08-05", 500000, 1500000, 50000 },
	{ "deepseek", "deepseek-chat", "2024-12-01", 140000, 280000, -1 },
	{ "deepseek", "deepseek-v4-pro", "2026-08-05", 435000, 870000, 3625 },
	{ "groq", "llama-3.3-70b-versatile", "2026-08-05", 590000, 790000, -1 },
	{ "groq", "openai/gpt-oss-120b", "2026-08-05", 150000, 600000, 75000 },
	{ "openrouter", "anthropic/claude-sonnet-4.5", "2026-08-05", 3000000, 15000000, 300000 },
	{ "ollama", "llama3.2:1b", "2026-08-05", 0, 0, -1 },
	{ "vllm", "anything", "2026-08-05", 0, 0, -1 },
};

static void
well_known_models_have_their_published_prices(void **state)
{
	const struct price_row *row;
	enum price_miss miss;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof known / sizeof *known; i++) {
		row = price_find(prices, str_of(known[i].provider), str_of(known[i].model),
		    clock_date_days(known[i].date), &miss);
		if (!row)
			fail_msg("%s:%s is not there", known[i].provider, known[i].model);
		if (row->rates.pusd[PRICE_IN] != known[i].in ||
		    row->rates.pusd[PRICE_OUT] != known[i].out ||
		    row->rates.pusd[PRICE_CACHE_READ] != known[i].cache_read)
			fail_msg("%s:%s has other prices", known[i].provider, known[i].model);
	}
}

static void
every_name_leads_to_its_own_row_on_each_of_its_days(void **state)
{
	const struct price_row *row;
	enum price_miss miss;
	int64_t day;
	size_t i, a;

	(void)state;
	for (i = 0; i < prices_count(prices); i++) {
		row = prices_at(prices, i);
		day = row->valid_from > 0 ? row->valid_from : row->valid_to - 1;
		if (memchr(row->id.p, '*', row->id.len))
			continue;
		assert_ptr_equal(price_find(prices, row->provider, row->id, day, &miss), row);
		for (a = 0; a < row->alias_count; a++)
			assert_ptr_equal(
			    price_find(prices, row->provider, row->aliases[a], day, &miss), row);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_has_a_date_and_sources),
		cmocka_unit_test(every_row_fits_the_schema),
		cmocka_unit_test(no_paid_row_gives_cached_tokens_away),
		cmocka_unit_test(rates_stand_in_a_sensible_order),
		cmocka_unit_test(well_known_models_have_their_published_prices),
		cmocka_unit_test(every_name_leads_to_its_own_row_on_each_of_its_days),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
