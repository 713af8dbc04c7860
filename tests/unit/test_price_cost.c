/* SPDX-License-Identifier: MIT */
/* test_price_cost - what a usage costs, and what becomes of a record. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "price/cost.h"
#include "price/cost_total.h"
#include "support/parsed.h"
#include "sys/file.h"

/* Round figures: in 2, out 10, and so on, in dollars per million. */
static const char rows[] =
    "{\"provider\":\"p\",\"id\":\"plain\",\"usdPerMillion\":{\"in\":2,\"out\":10}}\n"
    "{\"provider\":\"p\",\"id\":\"full\",\"asOf\":\"2026-08-05\",\"usdPerMillion\":{\"in\":3,\"out\":15,"
    "\"cacheRead\":0.3,\"cacheWrite\":3.75,\"cacheWrite1h\":6,\"reasoning\":20}}\n"
    "{\"provider\":\"p\",\"id\":\"write\",\"usdPerMillion\":{\"in\":3,\"out\":15,\"cacheWrite\":3.75}}\n"
    "{\"provider\":\"p\",\"id\":\"above\",\"usdPerMillion\":{\"in\":1.25,\"out\":10,\"cacheRead\":0.125},"
    "\"contextTiers\":[{\"above\":200000,\"usdPerMillion\":{\"in\":2.5,\"out\":15,\"cacheRead\":0.25}}]}\n"
    "{\"provider\":\"p\",\"id\":\"from\",\"usdPerMillion\":{\"in\":2,\"out\":6},"
    "\"contextTiers\":[{\"from\":200000,\"usdPerMillion\":{\"in\":4,\"out\":12}}]}\n"
    "{\"provider\":\"p\",\"id\":\"image\",\"unpriced\":\"it is priced by the image\"}\n"
    "{\"provider\":\"p\",\"id\":\"dear\",\"usdPerMillion\":{\"in\":1000000,\"out\":1000000}}\n"
    "{\"provider\":\"home\",\"id\":\"*\",\"basis\":\"free (local)\",\"usdPerMillion\":{\"in\":0,\"out\":0}}\n";

static struct prices *prices;

static void
assert_fits(const char *name, struct str record)
{
	struct schema *schema = parsed_schema(name);
	struct err err = ERR_INIT;

	if (!schema_valid(schema, parsed_str(record), &err))
		fail_msg("%.*s: %s", (int)record.len, record.p, err.text);
	schema_free(schema);
}

static int
setup(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	prices = prices_new();
	return prices_add(prices, "rows", str_of(rows), 0, &err);
}

static int
teardown(void **state)
{
	(void)state;
	prices_free(prices);
	return 0;
}

/* --- charging --- */

static struct usage
usage(int64_t in, int64_t out)
{
	struct usage u = USAGE_UNKNOWN;

	u.in = in;
	u.out = out;
	return u;
}

static const char *
charge_at(const char *model, struct usage u, int64_t exchanges, struct charge *c)
{
	enum price_miss miss;
	const struct price_row *row = price_find(prices, STR_LIT("p"), str_of(model), 20000, &miss);

	assert_non_null(row);
	return charge_usage(row, &u, exchanges, c);
}

static int64_t
charged(const char *model, struct usage u)
{
	struct charge c;

	assert_null(charge_at(model, u, 1, &c));
	return c.pusd;
}

static void
input_and_output_have_their_rates(void **state)
{
	(void)state;
	/* 1000 * 2 + 500 * 10 = 7000 millionths of a dollar */
	assert_int_equal(charged("plain", usage(1000, 500)), INT64_C(7000) * 1000000);
	assert_int_equal(charged("plain", usage(0, 0)), 0);
	assert_int_equal(charged("plain", usage(1, 0)), 2000000);
}

static void
cached_tokens_are_part_of_the_input(void **state)
{
	struct usage u = usage(1000, 0);

	(void)state;
	u.cache_read = 400;
	u.cache_write = 300;
	u.cache_write_1h = 100;
	/* 300 * 3 + 400 * 0.3 + 200 * 3.75 + 100 * 6 = 900 + 120 + 750 + 600 */
	assert_int_equal(charged("full", u), INT64_C(2370) * 1000000);
	u.cache_write = TOKENS_UNKNOWN; /* then the one-hour ones are all there are */
	/* 500 * 3 + 400 * 0.3 + 100 * 6 = 1500 + 120 + 600 */
	assert_int_equal(charged("full", u), INT64_C(2220) * 1000000);
}

static void
reasoning_is_part_of_the_output_and_apart_only_where_priced_so(void **state)
{
	struct usage u = usage(0, 100);

	(void)state;
	u.reasoning = 40; /* 60 * 15 + 40 * 20 = 900 + 800 */
	assert_int_equal(charged("full", u), INT64_C(1700) * 1000000);
	assert_int_equal(charged("plain", u), INT64_C(1000) * 1000000);
}

static void
an_unknown_cache_price_is_never_free(void **state)
{
	struct usage u = usage(1000, 0);
	struct charge c;

	(void)state;
	u.cache_read = 600;
	assert_int_equal(charged("plain", u), INT64_C(2000) * 1000000);
	assert_null(charge_at("plain", u, 1, &c));
	assert_int_equal(c.items[1].kind, PRICE_CACHE_READ);
	assert_string_equal(c.items[1].basis, "input rate (no cache price known)");
	assert_null(c.items[0].basis);
	u = usage(1000, 0);
	u.cache_write = u.cache_write_1h = 1000;
	assert_int_equal(charged("write", u), INT64_C(3750) * 1000000);
	assert_null(charge_at("write", u, 1, &c));
	assert_string_equal(c.items[1].basis, "cache write rate (no 1h price known)");
}

static void
a_context_tier_holds_for_the_whole_request(void **state)
{
	struct usage u = usage(200000, 10);

	(void)state;
	/* at the bound: 200000 * 1.25 + 10 * 10 */
	assert_int_equal(charged("above", u), INT64_C(250100) * 1000000);
	u.in = 200001;
	/* 200001 * 2.5 + 10 * 15 = 500002.5 + 150 */
	assert_int_equal(charged("above", u), INT64_C(500152500000));
	u.cache_read = 200000; /* the cached ones count for the bound, and are dearer too */
	/* 1 * 2.5 + 200000 * 0.25 + 150 */
	assert_int_equal(charged("above", u), INT64_C(50152500000));
	u = usage(199999, 0);
	assert_int_equal(charged("from", u), INT64_C(399998) * 1000000);
	u.in = 200000;
	assert_int_equal(charged("from", u), INT64_C(800000) * 1000000);
}

static void
a_tier_that_only_the_sum_of_exchanges_reaches_is_not_charged(void **state)
{
	struct charge c;

	(void)state;
	assert_null(charge_at("above", usage(200000, 1), 2, &c));
	assert_string_equal(charge_at("above", usage(200001, 1), 2, &c),
	    "usage is summed over several exchanges: which context tier each had is unknown");
}

static void
what_is_unknown_or_contradicts_itself_is_not_charged(void **state)
{
	struct usage u = usage(10, 10);
	struct charge c;

	(void)state;
	assert_string_equal(charge_at("full", usage(-1, -1), 1, &c), "no usage was reported");
	assert_string_equal(charge_at("full", usage(-1, 5), 1, &c), "usage has no tokensIn");
	assert_string_equal(charge_at("full", usage(5, -1), 1, &c), "usage has no tokensOut");
	u.cache_read = 6;
	u.cache_write = 5;
	assert_string_equal(charge_at("full", u, 1, &c),
	    "usage contradicts itself: more cached tokens than tokensIn");
	u.cache_read = u.cache_write = INT64_MAX;
	assert_non_null(charge_at("full", u, 1, &c));
	u = usage(10, 10);
	u.cache_write = 1;
	u.cache_write_1h = 2;
	assert_non_null(charge_at("full", u, 1, &c));
	u = usage(10, 10);
	u.reasoning = 11;
	assert_non_null(charge_at("full", u, 1, &c));
	assert_string_equal(
	    charge_at("dear", usage(INT64_MAX, 0), 1, &c), "the sum is larger than can be held");
	assert_string_equal(charge_at("dear", usage(9000000, 9000000), 1, &c),
	    "the sum is larger than can be held");
}

/* --- records --- */

static void
assert_cost(const char *line, enum cost_kind kind, const char *want)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct cost cost;

	cost_init(&cost, prices, 20000);
	assert_int_equal(cost_record(&cost, str_of(line), &out, &err), kind);
	assert_string_equal(out.p, want);
	if (kind != COST_OTHER && strstr(want, "\"source\":"))
		assert_fits("response", buf_str(&out));
	buf_reset(&out); /* a second pass changes nothing */
	assert_int_equal(cost_record(&cost, str_of(want), &out, &err), kind);
	assert_string_equal(out.p, want);
	cost_release(&cost);
	buf_release(&out);
}

#define HEAD "{\"type\":\"response\",\"ok\":true,\"provider\":\"p\","

static void
a_response_gets_its_cost_behind_its_last_member(void **state)
{
	(void)state;
	assert_cost(HEAD "\"model\":\"plain\",\"usage\":{\"tokensIn\":1000,\"tokensOut\":500}}",
	    COST_PRICED,
	    HEAD
	    "\"model\":\"plain\",\"usage\":{\"tokensIn\":1000,\"tokensOut\":500},\"costUsd\":0.007,"
	    "\"cost\":{\"basis\":\"computed\",\"row\":\"p:plain\",\"items\":["
	    "{\"what\":\"input\",\"tokens\":1000,\"usdPerMillion\":2,\"usd\":0.002},"
	    "{\"what\":\"output\",\"tokens\":500,\"usdPerMillion\":10,\"usd\":0.005}]}}");
}

static void
every_item_and_tier_is_named(void **state)
{
	(void)state;
	assert_cost(HEAD
	    "\"model\":\"full\",\"usage\":{\"tokensIn\":1000,\"tokensOut\":100,"
	    "\"cacheReadTokens\":400,\"cacheWriteTokens\":300,\"cacheWrite1hTokens\":100,"
	    "\"reasoningTokens\":40,\"source\":\"estimated\"}}",
	    COST_PRICED,
	    HEAD
	    "\"model\":\"full\",\"usage\":{\"tokensIn\":1000,\"tokensOut\":100,"
	    "\"cacheReadTokens\":400,\"cacheWriteTokens\":300,\"cacheWrite1hTokens\":100,"
	    "\"reasoningTokens\":40,\"source\":\"estimated\"},\"costUsd\":0.00407,"
	    "\"cost\":{\"basis\":\"estimated\",\"row\":\"p:full\",\"asOf\":\"2026-08-05\",\"items\":["
	    "{\"what\":\"input\",\"tokens\":300,\"usdPerMillion\":3,\"usd\":0.0009},"
	    "{\"what\":\"cacheRead\",\"tokens\":400,\"usdPerMillion\":0.3,\"usd\":0.00012},"
	    "{\"what\":\"cacheWrite\",\"tokens\":200,\"usdPerMillion\":3.75,\"usd\":0.00075},"
	    "{\"what\":\"cacheWrite1h\",\"tokens\":100,\"usdPerMillion\":6,\"usd\":0.0006},"
	    "{\"what\":\"output\",\"tokens\":60,\"usdPerMillion\":15,\"usd\":0.0009},"
	    "{\"what\":\"reasoning\",\"tokens\":40,\"usdPerMillion\":20,\"usd\":0.0008}]}}");
	assert_cost(HEAD
	    "\"model\":\"from\",\"usage\":{\"tokensIn\":200000,\"tokensOut\":0,\"cacheReadTokens\":1,\"source\":\"reported\"}}",
	    COST_PRICED,
	    HEAD
	    "\"model\":\"from\",\"usage\":{\"tokensIn\":200000,\"tokensOut\":0,\"cacheReadTokens\":1,\"source\":\"reported\"},"
	    "\"costUsd\":0.8,\"cost\":{\"basis\":\"computed\",\"row\":\"p:from\",\"contextTierFrom\":200000,"
	    "\"items\":[{\"what\":\"input\",\"tokens\":199999,\"usdPerMillion\":4,\"usd\":0.799996},"
	    "{\"what\":\"cacheRead\",\"tokens\":1,\"usdPerMillion\":4,\"usd\":0.000004,"
	    "\"basis\":\"input rate (no cache price known)\"},"
	    "{\"what\":\"output\",\"tokens\":0,\"usdPerMillion\":12,\"usd\":0}]}}");
}

static void
every_other_byte_stays(void **state)
{
	(void)state;
	assert_cost(
	    "{ \"type\" : \"response\",\"id\":1790000000001234567 , \"x\":1.10,\"y\":-0.0E+1,"
	    "\"s\":\"\\u00e9\\/\\ud83d\\ude00\",\"provider\":\"home\",\"model\":\"m\" , \"z\":{ \"costUsd\" :9} \t}",
	    COST_PRICED,
	    "{ \"type\" : \"response\",\"id\":1790000000001234567 , \"x\":1.10,\"y\":-0.0E+1,"
	    "\"s\":\"\\u00e9\\/\\ud83d\\ude00\",\"provider\":\"home\",\"model\":\"m\" , \"z\":{ \"costUsd\" :9},"
	    "\"costUsd\":0,\"cost\":{\"basis\":\"free (local)\",\"row\":\"home:*\"} \t}");
	assert_cost(" {\"type\":\"chunk\", \"costUsd\":\"x\"}", COST_OTHER,
	    " {\"type\":\"chunk\", \"costUsd\":\"x\"}");
	assert_cost("{\"type\":[\"response\"]}", COST_OTHER, "{\"type\":[\"response\"]}");
}

static void
an_unknown_cost_is_null_and_says_why(void **state)
{
	static const struct {
		const char *members, *cost;
	} cases[] = {
		{ "\"provider\":\"p\",\"model\":\"plain-2\",\"usage\":{\"tokensIn\":1,\"tokensOut\":1}",
		    "\"reason\":\"no price row for p:plain-2\"" },
		{ "\"provider\":\"q\",\"model\":\"m\",\"usage\":{\"tokensIn\":1,\"tokensOut\":1}",
		    "\"reason\":\"no prices for provider q\"" },
		{ "\"model\":\"m\",\"usage\":{\"tokensIn\":1,\"tokensOut\":1}",
		    "\"reason\":\"the response names no provider\"" },
		{ "\"provider\":\"p\",\"model\":null,\"usage\":{\"tokensIn\":1,\"tokensOut\":1}",
		    "\"reason\":\"the response names no model\"" },
		{ "\"provider\":\"p\",\"model\":\"image\",\"usage\":{\"tokensIn\":1,\"tokensOut\":1}",
		    "\"row\":\"p:image\",\"reason\":\"it is priced by the image\"" },
		{ "\"provider\":\"p\",\"model\":\"plain\",\"usage\":{\"tokensIn\":\"1\",\"tokensOut\":1}",
		    "\"row\":\"p:plain\",\"reason\":\"usage holds what is no count\"" },
		{ "\"provider\":\"p\",\"model\":\"plain\",\"usage\":{\"tokensIn\":-1,\"tokensOut\":1}",
		    "\"row\":\"p:plain\",\"reason\":\"usage holds what is no count\"" },
		{ "\"provider\":\"p\",\"model\":\"plain\",\"exchanges\":1.5,\"usage\":{\"tokensIn\":1,\"tokensOut\":1}",
		    "\"row\":\"p:plain\",\"reason\":\"exchanges is no count\"" },
		{ "\"provider\":\"p\",\"model\":\"plain\",\"usage\":null",
		    "\"row\":\"p:plain\",\"reason\":\"no usage was reported\"" },
		{ "\"ok\":false,\"provider\":\"p\",\"model\":\"plain\"",
		    "\"row\":\"p:plain\",\"reason\":\"it failed before any usage was reported\"" },
	};
	struct buf line = BUF_INIT(BUF_UNLIMITED), want = BUF_INIT(BUF_UNLIMITED);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&line);
		buf_reset(&want);
		buf_addf(&line, "{\"type\":\"response\",%s}", cases[i].members);
		buf_addf(&want,
		    "{\"type\":\"response\",%s,\"costUsd\":null,\"cost\":{\"basis\":\"unknown\",%s}}",
		    cases[i].members, cases[i].cost);
		assert_cost(line.p, COST_UNKNOWN, want.p);
	}
	buf_release(&line);
	buf_release(&want);
}

static void
a_failed_response_with_usage_is_priced(void **state)
{
	(void)state;
	assert_cost("{\"type\":\"response\",\"ok\":false,\"provider\":\"p\",\"model\":\"plain\","
		    "\"usage\":{\"tokensIn\":1,\"tokensOut\":0}}",
	    COST_PRICED,
	    "{\"type\":\"response\",\"ok\":false,\"provider\":\"p\",\"model\":\"plain\","
	    "\"usage\":{\"tokensIn\":1,\"tokensOut\":0},\"costUsd\":0.000002,"
	    "\"cost\":{\"basis\":\"computed\",\"row\":\"p:plain\",\"items\":["
	    "{\"what\":\"input\",\"tokens\":1,\"usdPerMillion\":2,\"usd\":0.000002},"
	    "{\"what\":\"output\",\"tokens\":0,\"usdPerMillion\":10,\"usd\":0}]}}");
}

static void
a_reported_cost_is_kept_and_the_difference_shown(void **state)
{
	(void)state;
	assert_cost(HEAD
	    "\"model\":\"plain\",\"costUsd\":0.0000030,\"usage\":{\"tokensIn\":1,\"tokensOut\":0,\"source\":\"reported\"},"
	    "\"cost\":{\"basis\":\"reported\",\"upstreamUsd\":1.0}}",
	    COST_PRICED,
	    HEAD
	    "\"model\":\"plain\",\"costUsd\":0.0000030,\"usage\":{\"tokensIn\":1,\"tokensOut\":0,\"source\":\"reported\"},"
	    "\"cost\":{\"basis\":\"reported\",\"upstreamUsd\":1.0,\"computedUsd\":0.000002,"
	    "\"differenceUsd\":0.000001,\"row\":\"p:plain\",\"items\":["
	    "{\"what\":\"input\",\"tokens\":1,\"usdPerMillion\":2,\"usd\":0.000002},"
	    "{\"what\":\"output\",\"tokens\":0,\"usdPerMillion\":10,\"usd\":0}]}}");
	assert_cost(HEAD "\"model\":\"new\",\"costUsd\":0.5,\"cost\":{\"basis\":\"reported\"},"
			 "\"usage\":{\"tokensIn\":1,\"tokensOut\":0,\"source\":\"reported\"}}",
	    COST_PRICED,
	    HEAD
	    "\"model\":\"new\",\"costUsd\":0.5,\"cost\":{\"basis\":\"reported\","
	    "\"reason\":\"no price row for p:new\"},\"usage\":{\"tokensIn\":1,\"tokensOut\":0,\"source\":\"reported\"}}");
}

static void
what_is_no_json_object_is_left_to_the_caller(void **state)
{
	static const char *const lines[] = { "{\"type\":\"response\"", "[{\"type\":\"response\"}]",
		"\"response\"", "7", "null" };
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct cost cost;
	size_t i;

	(void)state;
	cost_init(&cost, prices, 20000);
	for (i = 0; i < sizeof lines / sizeof *lines; i++) {
		assert_int_equal(cost_record(&cost, str_of(lines[i]), &out, &err), COST_BAD);
		assert_int_equal(out.len, 0);
		assert_true(err.text[0] != '\0');
		err.text[0] = '\0';
	}
	cost_release(&cost);
	buf_release(&out);
}

/* --- totals --- */

static void
add(struct cost *cost, const char *line)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;

	assert_int_not_equal(cost_record(cost, str_of(line), &out, &err), COST_BAD);
	buf_release(&out);
}

static void
totals_are_kept_per_model_and_say_what_is_missing(void **state)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct cost cost;

	(void)state;
	cost_init(&cost, prices, 20000);
	cost_total_record(&cost, &out);
	assert_string_equal(out.p,
	    "{\"type\":\"total\",\"responses\":0,\"unpriced\":0,\"costUsd\":0,\"usage\":{},\"models\":[]}");
	buf_reset(&out);
	add(&cost, HEAD "\"model\":\"plain\",\"usage\":{\"tokensIn\":1,\"tokensOut\":1}}");
	add(&cost, HEAD "\"model\":\"new\",\"usage\":{\"tokensIn\":5,\"tokensOut\":1}}");
	add(&cost, HEAD
	    "\"model\":\"plain\",\"usage\":{\"tokensIn\":1,\"tokensOut\":1,\"cacheReadTokens\":1}}");
	add(&cost, "{\"type\":\"chunk\"}");
	cost_total_record(&cost, &out);
	assert_string_equal(out.p,
	    "{\"type\":\"total\",\"responses\":3,\"unpriced\":1,\"costUsd\":0.000024,"
	    "\"usage\":{\"tokensIn\":7,\"tokensOut\":3,\"cacheReadTokens\":1},\"models\":["
	    "{\"provider\":\"p\",\"model\":\"plain\",\"row\":\"p:plain\",\"responses\":2,\"unpriced\":0,"
	    "\"costUsd\":0.000024,\"usage\":{\"tokensIn\":2,\"tokensOut\":2,\"cacheReadTokens\":1}},"
	    "{\"provider\":\"p\",\"model\":\"new\",\"responses\":1,\"unpriced\":1,"
	    "\"costUsd\":null,\"usage\":{\"tokensIn\":5,\"tokensOut\":1}}]}");
	cost_release(&cost);
	buf_release(&out);
}

static void
a_total_past_64_bits_is_unknown_not_wrong(void **state)
{
	static const char line[] = HEAD
	    "\"model\":\"dear\",\"usage\":{\"tokensIn\":9000000,\"tokensOut\":0}}";
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct cost cost;

	(void)state;
	cost_init(&cost, prices, 20000);
	add(&cost, line);
	assert_int_equal(cost.total.pusd, INT64_C(9000000) * 1000000000000);
	add(&cost, line);
	assert_true(cost.total.overflow);
	cost_total_record(&cost, &out);
	assert_non_null(strstr(out.p, "\"responses\":2,\"unpriced\":0,\"costUsd\":null"));
	cost_release(&cost);
	buf_release(&out);
}

static void
endless_model_names_share_one_sum(void **state)
{
	struct buf line = BUF_INIT(BUF_UNLIMITED), out = BUF_INIT(BUF_UNLIMITED);
	struct cost cost;
	int i;

	(void)state;
	cost_init(&cost, prices, 20000);
	for (i = 0; i < COST_MODELS_MAX + 50; i++) {
		buf_reset(&line);
		buf_addf(&line,
		    "{\"type\":\"response\",\"provider\":\"%s\",\"model\":\"m%d\","
		    "\"usage\":{\"tokensIn\":1,\"tokensOut\":1}}",
		    i % 2 ? "home" : "q", i);
		add(&cost, line.p);
	}
	add(&cost, HEAD "\"model\":\"plain\",\"usage\":{\"tokensIn\":1,\"tokensOut\":0}}");
	assert_int_equal(cost.models.count, COST_MODELS_MAX);
	assert_int_equal(cost.models.others.sums.responses, 51);
	assert_int_equal(cost.models.others.sums.unpriced, 25);
	assert_int_equal(cost.models.others.sums.pusd, 2000000);
	assert_int_equal(cost.total.responses, COST_MODELS_MAX + 51);
	cost_total_record(&cost, &out);
	assert_non_null(strstr(out.p, "{\"others\":true,\"responses\":51,"));
	assert_fits("total", buf_str(&out));
	cost_release(&cost);
	buf_release(&line);
	buf_release(&out);
}

static void
a_huge_model_name_is_neither_kept_nor_told_whole(void **state)
{
	struct buf line = BUF_INIT(BUF_UNLIMITED), out = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct cost cost;
	int i;

	(void)state;
	cost_init(&cost, prices, 20000);
	buf_adds(&line, HEAD "\"model\":\"");
	for (i = 0; i < 100000; i++)
		buf_adds(&line, "\xC3\xA9");
	buf_adds(&line, "\"}");
	assert_int_equal(cost_record(&cost, buf_str(&line), &out, &err), COST_UNKNOWN);
	assert_int_equal(cost.models.count, 0);
	assert_int_equal(cost.models.others.sums.responses, 1);
	assert_true(out.len < line.len + 400);
	assert_non_null(strstr(out.p, "\xA9...\"}}"));
	cost_release(&cost);
	buf_release(&line);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(input_and_output_have_their_rates),
		cmocka_unit_test(cached_tokens_are_part_of_the_input),
		cmocka_unit_test(reasoning_is_part_of_the_output_and_apart_only_where_priced_so),
		cmocka_unit_test(an_unknown_cache_price_is_never_free),
		cmocka_unit_test(a_context_tier_holds_for_the_whole_request),
		cmocka_unit_test(a_tier_that_only_the_sum_of_exchanges_reaches_is_not_charged),
		cmocka_unit_test(what_is_unknown_or_contradicts_itself_is_not_charged),
		cmocka_unit_test(a_response_gets_its_cost_behind_its_last_member),
		cmocka_unit_test(every_item_and_tier_is_named),
		cmocka_unit_test(every_other_byte_stays),
		cmocka_unit_test(an_unknown_cost_is_null_and_says_why),
		cmocka_unit_test(a_failed_response_with_usage_is_priced),
		cmocka_unit_test(a_reported_cost_is_kept_and_the_difference_shown),
		cmocka_unit_test(what_is_no_json_object_is_left_to_the_caller),
		cmocka_unit_test(totals_are_kept_per_model_and_say_what_is_missing),
		cmocka_unit_test(a_total_past_64_bits_is_unknown_not_wrong),
		cmocka_unit_test(endless_model_names_share_one_sum),
		cmocka_unit_test(a_huge_model_name_is_neither_kept_nor_told_whole),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
