/* SPDX-License-Identifier: MIT */
/* test_price - reading price rows and finding the right one. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "price/price.h"
#include "price/price_import.h"
#include "sys/clock.h"

#define RATES "\"usdPerMillion\":{\"in\":1,\"out\":2}"

static struct prices *
prices_of(const char *text)
{
	struct prices *prices = prices_new();
	struct err err = ERR_INIT;

	if (prices_add(prices, "rows", str_of(text), 0, &err) < 0)
		fail_msg("%s", err.text);
	return prices;
}

static void
assert_refused(const char *text, const char *why)
{
	struct prices *prices = prices_new();
	struct err err = ERR_INIT;

	assert_int_equal(prices_add(prices, "rows", str_of(text), 0, &err), -1);
	assert_int_equal(err.code, EXIT_CONFIG);
	assert_string_equal(err.text, why);
	prices_free(prices);
}

/* The id of the row that is found, or what is missing. */
static const char *
find_at(const struct prices *prices, const char *provider, const char *model, const char *date)
{
	static const char *const missing[] = { "found", "no provider", "no model", "no date" };
	static char name[200]; /* ids in this file are short */
	enum price_miss miss;
	const struct price_row *row = price_find(
	    prices, str_of(provider), str_of(model), clock_date_days(date), &miss);
	struct buf out = BUF_INIT(sizeof name - 1);

	if (!row)
		return missing[miss];
	assert_int_equal(miss, PRICE_FOUND);
	price_row_name(row, &out);
	memcpy(name, out.p, out.len + 1);
	buf_release(&out);
	return name;
}

static const char *
find(const struct prices *prices, const char *provider, const char *model)
{
	return find_at(prices, provider, model, "2026-08-05");
}

static void
a_model_is_found_by_id_and_alias(void **state)
{
	struct prices *p = prices_of(
	    "{\"provider\":\"openai\",\"id\":\"gpt-4o\",\"aliases\":[\"gpt-4o-omni\"]," RATES "}\n"
	    "\n"
	    "{\"provider\":\"openai\",\"id\":\"gpt-4o-2024-05-13\"," RATES "}\n");

	(void)state;
	assert_string_equal(find(p, "openai", "gpt-4o"), "openai:gpt-4o");
	assert_string_equal(find(p, "openai", "gpt-4o-omni"), "openai:gpt-4o");
	assert_string_equal(find(p, "openai", "gpt-4o-2024-05-13"), "openai:gpt-4o-2024-05-13");
	assert_string_equal(find(p, "azure", "gpt-4o"), "no provider");
	prices_free(p);
}

static void
spellings_of_a_name_lead_to_it_and_near_misses_do_not(void **state)
{
	struct prices *p = prices_of(
	    "{\"provider\":\"gemini\",\"alsoNamed\":[\"google\"]}\n"
	    "{\"provider\":\"gemini\",\"id\":\"gemini-2.5-pro\"," RATES "}\n"
	    "{\"provider\":\"openai\",\"id\":\"gpt-4o\"," RATES "}\n"
	    "{\"provider\":\"anthropic\",\"id\":\"claude-sonnet-4-5\"," RATES "}\n");

	(void)state;
	assert_string_equal(find(p, "openai", "gpt-4o-2024-08-06"), "openai:gpt-4o");
	assert_string_equal(find(p, "openai", "openai/gpt-4o"), "openai:gpt-4o");
	assert_string_equal(find(p, "openai", "openai/gpt-4o-2024-08-06"), "openai:gpt-4o");
	assert_string_equal(find(p, "openai", "gpt-4o-latest"), "openai:gpt-4o");
	assert_string_equal(
	    find(p, "anthropic", "claude-sonnet-4-5-20250929"), "anthropic:claude-sonnet-4-5");
	assert_string_equal(find(p, "google", "models/gemini-2.5-pro"), "gemini:gemini-2.5-pro");
	assert_string_equal(find(p, "openai", "gpt-4o-mini"), "no model");
	assert_string_equal(find(p, "openai", "gpt-4"), "no model");
	assert_string_equal(find(p, "openai", "GPT-4o"), "no model");
	assert_string_equal(find(p, "openai", "gpt-4o-2024-13-99x"), "no model");
	assert_string_equal(find(p, "openai", "gpt-4o-20249901"), "no model");
	assert_string_equal(find(p, "openai", "gpt-4o-2024-01-40"), "no model");
	assert_string_equal(find(p, "openai", "gpt-4o-1234"), "no model");
	assert_string_equal(find(p, "openai", "azure/gpt-4o"), "no model");
	assert_string_equal(find(p, "openai", "-latest"), "no model");
	assert_string_equal(find(p, "openai", ""), "no model");
	prices_free(p);
}

static void
prices_hold_from_a_day_and_to_before_a_day(void **state)
{
	struct prices *p = prices_of(
	    "{\"provider\":\"a\",\"id\":\"m\",\"validTo\":\"2026-07-30\"," RATES "}\n"
	    "{\"provider\":\"a\",\"id\":\"m\",\"validFrom\":\"2026-07-30\",\"validTo\":\"2026-09-01\"," RATES
	    "}\n");

	(void)state;
	assert_string_equal(find_at(p, "a", "m", "2026-07-29"), "a:m");
	assert_string_equal(find_at(p, "a", "m", "2026-07-30"), "a:m@2026-07-30");
	assert_string_equal(find_at(p, "a", "m", "2026-08-31"), "a:m@2026-07-30");
	assert_string_equal(find_at(p, "a", "m", "2026-09-01"), "no date");
	prices_free(p);
}

static void
the_closest_pattern_wins_and_names_go_before_patterns(void **state)
{
	struct prices *p = prices_of(
	    "{\"provider\":\"ollama\",\"id\":\"*\"," RATES "}\n"
	    "{\"provider\":\"ollama\",\"id\":\"*-cloud\",\"unpriced\":\"by plan\"}\n"
	    "{\"provider\":\"ollama\",\"id\":\"qwen*\"," RATES "}\n"
	    "{\"provider\":\"ollama\",\"id\":\"phi4\"," RATES "}\n");

	(void)state;
	assert_string_equal(find(p, "ollama", "llama3.2:1b"), "ollama:*");
	assert_string_equal(find(p, "ollama", "gpt-oss:120b-cloud"), "ollama:*-cloud");
	assert_string_equal(find(p, "ollama", "qwen3:4b"), "ollama:qwen*");
	assert_string_equal(find(p, "ollama", "phi4"), "ollama:phi4");
	assert_string_equal(find(p, "ollama", ""), "no model");
	assert_string_equal(find(p, "vllm", "x"), "no provider");
	prices_free(p);
}

static void
a_users_row_goes_before_ours_and_our_aliases_lead_to_it(void **state)
{
	struct prices *p = prices_of(
	    "{\"provider\":\"openai\",\"id\":\"gpt-4o\",\"aliases\":[\"omni\"]," RATES
	    "}\n{\"provider\":\"openai\",\"id\":\"gpt-4\"," RATES "}\n");
	struct err err = ERR_INIT;
	const struct price_row *row;
	enum price_miss miss;

	(void)state;
	assert_int_equal(prices_add(p, "mine",
			     STR_LIT("{\"provider\":\"openai\",\"id\":\"gpt-4o\","
				     "\"usdPerMillion\":{\"in\":7,\"out\":8}}\n"
				     "{\"provider\":\"lab\",\"id\":\"x\"," RATES "}"),
			     1, &err),
	    0);
	row = price_find(p, STR_LIT("openai"), STR_LIT("omni"), 20000, &miss);
	assert_non_null(row);
	assert_int_equal(row->rates.pusd[PRICE_IN], 7000000);
	assert_true(str_is(row->origin, "mine"));
	assert_string_equal(find(p, "openai", "gpt-4"), "openai:gpt-4");
	assert_string_equal(find(p, "lab", "x"), "lab:x");
	assert_true(prices_is_hidden(p, prices_at(p, 0)));
	assert_false(prices_is_hidden(p, prices_at(p, 1)));
	assert_false(prices_is_hidden(p, row));
	prices_free(p);
}

static void
a_wrong_row_is_refused_with_its_place(void **state)
{
	(void)state;
	assert_refused("\n{\"provider\":\"a\",\"id\":\"m\"}",
	    "rows:2: needs either usdPerMillion or unpriced");
	assert_refused("{\"id\":\"m\"," RATES "}", "rows:1: needs provider and id");
	assert_refused("{\"provider\":\"a\",\"id\":\"m\",\"alias\":[]," RATES "}",
	    "rows:1: unknown member \"alias\" (did you mean aliases?)");
	assert_refused("{\"provider\":\"a\",\"id\":\"m\",\"usdPerMillion\":{\"in\":1}}",
	    "rows:1: usdPerMillion: needs in and out");
	assert_refused("{\"provider\":\"a\",\"id\":\"m\",\"usdPerMillion\":{\"in\":-1,\"out\":1}}",
	    "rows:1: in: is out of range");
	assert_refused(
	    "{\"provider\":\"a\",\"id\":\"m\",\"usdPerMillion\":{\"in\":1000001,\"out\":1}}",
	    "rows:1: in: is out of range");
	assert_refused(
	    "{\"provider\":\"a\",\"id\":\"m\",\"usdPerMillion\":{\"in\":\"1\",\"out\":1}}",
	    "rows:1: in: must be a number of at most six decimal places");
	assert_refused(
	    "{\"provider\":\"a\",\"id\":\"m\",\"usdPerMillion\":{\"in\":0.1234567,\"out\":1}}",
	    "rows:1: in: must be a number of at most six decimal places");
	assert_refused("{\"provider\":\"a\",\"id\":\"m\",\"validFrom\":\"2026-8-5\"," RATES "}",
	    "rows:1: validFrom: must be a date like \"2026-08-05\"");
	assert_refused("{\"provider\":\"a\",\"id\":\"m\",\"validFrom\":\"2026-08-05\",\"validTo\":"
		       "\"2026-08-05\"," RATES "}",
	    "rows:1: validTo must lie after validFrom");
	assert_refused("{\"provider\":\"a\",\"id\":\"a*b\"," RATES "}",
	    "rows:1: a pattern has one * at its beginning or end");
	assert_refused("[]", "rows:1: a price row must be an object");
	assert_refused(
	    "{\"provider\":\"a\",\"id\":\"m\",\"aliases\":[\"a\",\"b\",\"c\",\"d\",\"e\"],"
	    "\"aliases\":[\"f\"]," RATES "}",
	    "rows:1: aliases: stands there twice");
	assert_refused("{\"provider\":\"a\",\"id\":\"m\"," RATES
		       ",\"contextTiers\":[{\"above\":1," RATES
		       "}],\"contextTiers\":[{\"above\":1," RATES "}]}",
	    "rows:1: contextTiers: stands there twice");
	assert_refused(
	    "{\"provider\":\"a\",\"id\":\"m\",\"contextTiers\":[{\"above\":1,\"above\":2," RATES
	    "}]," RATES "}",
	    "rows:1: contextTiers: a member stands there twice");
	assert_refused(
	    "{\"provider\":\"a\",\"id\":\"m\",\"usdPerMillion\":{\"in\":1,\"out\":1,\"in\":2}}",
	    "rows:1: in: stands there twice");
}

static void
a_name_means_one_model(void **state)
{
	(void)state;
	assert_refused("{\"provider\":\"a\",\"id\":\"m\"," RATES
		       "}\n{\"provider\":\"a\",\"id\":\"m\"," RATES "}",
	    "rows:2: a:m is priced twice for one day");
	assert_refused("{\"provider\":\"a\",\"id\":\"m\",\"aliases\":[\"x\"]," RATES
		       "}\n{\"provider\":\"a\",\"id\":\"n\",\"aliases\":[\"x\"]," RATES "}",
	    "rows:2: a:x already leads to m, not to n");
	assert_refused("{\"provider\":\"a\",\"id\":\"m\",\"aliases\":[\"n\"]," RATES
		       "}\n{\"provider\":\"a\",\"id\":\"n\"," RATES "}",
	    "rows:2: a:n already leads to m, not to n");
}

static void
tiers_rise_and_price_what_the_row_prices(void **state)
{
	(void)state;
	assert_refused("{\"provider\":\"a\",\"id\":\"m\"," RATES
		       ",\"contextTiers\":[{\"above\":9," RATES "},{\"from\":10," RATES "}]}",
	    "rows:1: contextTiers: must rise");
	assert_refused(
	    "{\"provider\":\"a\",\"id\":\"m\",\"usdPerMillion\":{\"in\":1,\"out\":2,\"cacheRead\":0.1},"
	    "\"contextTiers\":[{\"above\":9," RATES "}]}",
	    "rows:1: contextTiers: each must price what the row prices");
	assert_refused("{\"provider\":\"a\",\"id\":\"m\"," RATES ",\"contextTiers\":[{" RATES "}]}",
	    "rows:1: contextTiers: each must have either above or from");
	assert_refused("{\"provider\":\"a\",\"id\":\"m\"," RATES
		       ",\"contextTiers\":[{\"above\":1.5," RATES "}]}",
	    "rows:1: contextTiers: a bound must be a whole number of tokens");
}

static void
old_rows_are_counted_among_those_that_hold(void **state)
{
	struct prices *p = prices_of(
	    "{\"provider\":\"a\",\"id\":\"m\",\"asOf\":\"2026-01-01\"," RATES "}\n"
	    "{\"provider\":\"a\",\"id\":\"n\",\"asOf\":\"2026-08-01\"," RATES "}\n"
	    "{\"provider\":\"a\",\"id\":\"o\"," RATES "}\n"
	    "{\"provider\":\"a\",\"id\":\"p\",\"asOf\":\"2026-01-01\",\"validTo\":\"2026-02-01\"," RATES
	    "}\n");
	size_t total;

	(void)state;
	assert_int_equal(prices_stale(p, clock_date_days("2026-08-05"), 90, &total), 1);
	assert_int_equal(total, 2);
	assert_int_equal(prices_stale(p, clock_date_days("2026-10-30"), 90, &total), 1);
	assert_int_equal(prices_stale(p, clock_date_days("2026-10-31"), 90, &total), 2);
	prices_free(p);
}

static void
litellms_map_is_imported_without_its_guesses(void **state)
{
	static const char map[] =
	    "{\"sample_spec\":{\"litellm_provider\":\"x\"},"
	    "\"gpt-4o\":{\"litellm_provider\":\"openai\",\"input_cost_per_token\":2.5e-06,"
	    "\"output_cost_per_token\":1e-05,\"cache_read_input_token_cost\":0},"
	    "\"xai/grok\":{\"litellm_provider\":\"xai\",\"input_cost_per_token\":6.000000000000001e-07,"
	    "\"output_cost_per_token\":2e-06,\"cache_read_input_token_cost\":1e-07,"
	    "\"input_cost_per_token_above_128k_tokens\":4e-06},"
	    "\"deepseek-chat\":{\"litellm_provider\":\"deepseek\",\"input_cost_per_token\":9e-06,"
	    "\"output_cost_per_token\":9e-06},"
	    "\"deepseek/deepseek-chat\":{\"litellm_provider\":\"deepseek\",\"input_cost_per_token\":1e-06,"
	    "\"output_cost_per_token\":1e-06},"
	    "\"free\":{\"litellm_provider\":\"openai\",\"input_cost_per_token\":0,\"output_cost_per_token\":0},"
	    "\"dall-e\":{\"litellm_provider\":\"openai\",\"input_cost_per_pixel\":1e-08}}";
	struct prices *p = prices_new();
	struct err err = ERR_INIT;
	const struct price_row *row;
	enum price_miss miss;

	(void)state;
	assert_true(price_import_fits(json_literal(map)));
	assert_false(price_import_fits(json_literal("{\"provider\":\"a\",\"id\":\"m\"}")));
	assert_int_equal(price_import(p, "map", json_literal(map), 1, &err), 0);
	assert_int_equal(prices_count(p), 5);
	row = price_find(p, STR_LIT("openai"), STR_LIT("gpt-4o"), 20000, &miss);
	assert_int_equal(row->rates.pusd[PRICE_IN], 2500000);
	assert_int_equal(row->rates.pusd[PRICE_OUT], 10000000);
	assert_int_equal(row->rates.pusd[PRICE_CACHE_READ], PRICE_UNKNOWN); /* not free */
	row = price_find(p, STR_LIT("xai"), STR_LIT("grok"), 20000, &miss);
	assert_int_equal(row->rates.pusd[PRICE_IN], 600000); /* rounded to a whole pico-dollar */
	assert_int_equal(row->tiers[0].from, 128000);
	assert_int_equal(row->tiers[0].rates.pusd[PRICE_IN], 4000000);
	assert_int_equal(row->tiers[0].rates.pusd[PRICE_OUT], 2000000); /* the base's */
	row = price_find(p, STR_LIT("deepseek"), STR_LIT("deepseek-chat"), 20000, &miss);
	assert_int_equal(row->rates.pusd[PRICE_IN], 1000000);
	row = price_find(p, STR_LIT("openai"), STR_LIT("free"), 20000, &miss);
	assert_non_null(row->unpriced.p);
	row = price_find(p, STR_LIT("openai"), STR_LIT("dall-e"), 20000, &miss);
	assert_non_null(row->unpriced.p);
	prices_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_model_is_found_by_id_and_alias),
		cmocka_unit_test(spellings_of_a_name_lead_to_it_and_near_misses_do_not),
		cmocka_unit_test(prices_hold_from_a_day_and_to_before_a_day),
		cmocka_unit_test(the_closest_pattern_wins_and_names_go_before_patterns),
		cmocka_unit_test(a_users_row_goes_before_ours_and_our_aliases_lead_to_it),
		cmocka_unit_test(a_wrong_row_is_refused_with_its_place),
		cmocka_unit_test(a_name_means_one_model),
		cmocka_unit_test(tiers_rise_and_price_what_the_row_prices),
		cmocka_unit_test(old_rows_are_counted_among_those_that_hold),
		cmocka_unit_test(litellms_map_is_imported_without_its_guesses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
