/* SPDX-License-Identifier: MIT */
/* test_model_list - models filtered, providers' own lists read, tokens estimated. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "llm/count.h"
#include "llm/listing.h"
#include "llm/model_filter.h"
#include "llm/tokens.h"
#include "support/parsed.h"

/* --- filters --- */

static const char *const nothing[] = { NULL };
static const char *const other_names[] = { "rose", NULL };
static const struct model rose = { .provider = "garden",
	.id = "rose-1",
	.aliases = other_names,
	.efforts = nothing,
	.refuses = nothing,
	.kind = "chat",
	.context_window = 200000,
	.max_input = 150000,
	.input = MODEL_TEXT | MODEL_IMAGE,
	.output = MODEL_TEXT,
	.reasoning = MODEL_EFFORT,
	.tools = MODEL_YES,
	.schema = MODEL_SCHEMA_TOOL,
	.deprecation_date = "2026-05-01" };

static bool
passes(const char *words, int64_t min_context, const char *pattern, const char *today)
{
	const char *patterns[] = { pattern, NULL };
	struct model_filter f = { .min_context = min_context,
		.patterns = patterns,
		.deprecated = today != NULL,
		.today = today };
	struct err err = ERR_INIT;

	if (words)
		assert_int_equal(model_filter_need(&f, words, &err), 0);
	return model_filter_fits(&f, &rose);
}

static void
a_filter_wants_all_that_it_names(void **state)
{
	(void)state;
	assert_true(passes(NULL, 0, NULL, NULL));
	assert_true(passes("tools, vision,schema,reasoning", 0, NULL, NULL));
	assert_false(passes("tools,pdf", 0, NULL, NULL));
	assert_false(passes("prefill", 0, NULL, NULL));
	assert_false(passes("cache", 0, NULL, NULL));
	assert_false(passes("image-out", 0, NULL, NULL));
	assert_true(passes(NULL, 150000, NULL, NULL));
	assert_false(passes(NULL, 150001, NULL, NULL));
	assert_true(passes(NULL, 0, "rose-*", NULL));
	assert_true(passes(NULL, 0, "rose", NULL));
	assert_true(passes(NULL, 0, "garden:ros?", NULL));
	assert_false(passes(NULL, 0, "fern", NULL));
	assert_false(passes(NULL, 0, NULL, "2026-04-30"));
	assert_true(passes(NULL, 0, NULL, "2026-05-01"));
}

static void
an_unknown_word_gets_the_nearest(void **state)
{
	struct model_filter f = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(model_filter_need(&f, "tools,visoin", &err), -1);
	assert_string_equal(err.text, "unknown word \"visoin\" (did you mean \"vision\"?)");
}

/* --- lists --- */

static struct provider
at(const struct dialect *d, const char *base_url)
{
	return (struct provider){ .name = (char *)(uintptr_t) "p",
		.dialect = d,
		.base_url = (char *)(uintptr_t)base_url };
}

static void
assert_address(struct listing *list, const struct provider *p, const char *url)
{
	struct err err = ERR_INIT;
	struct wire w;

	wire_init(&w);
	assert_int_equal(listing_address(list, p, "KEY", &w, &err), 0);
	assert_string_equal(w.url.p, url);
	assert_true(w.headers.count > 0);
	wire_release(&w);
}

static int
add_page(struct listing *list, const char *body)
{
	struct err err = ERR_INIT;

	return listing_read(list, parsed(body), &err);
}

static void
each_api_has_its_list(void **state)
{
	static const struct {
		const struct dialect *dialect;
		const char *base_url, *url;
	} lists[] = {
		{ &dialect_openai_chat, "https://h/openai/v1", "https://h/openai/v1/models" },
		{ &dialect_openai_responses, "https://h/v1", "https://h/v1/models" },
		{ &dialect_anthropic_messages, "https://h", "https://h/v1/models?limit=1000" },
		{ &dialect_gemini, "https://h", "https://h/v1beta/models?pageSize=1000" },
		{ &dialect_ollama, "http://h", "http://h/api/tags" },
		{ &dialect_cohere_v2, "https://h", "https://h/v1/models?page_size=1000" },
		{ &dialect_bedrock_converse, "https://bedrock-runtime.eu-west-1.amazonaws.com",
		    "https://bedrock.eu-west-1.amazonaws.com/foundation-models" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct provider p = at(lists[i].dialect, lists[i].base_url);
		struct listing list;

		listing_init(&list);
		assert_address(&list, &p, lists[i].url);
		listing_release(&list);
	}
}

static void
pages_are_read_to_the_last_and_no_page_twice(void **state)
{
	struct provider p = at(&dialect_gemini, "https://h");
	struct listing list;

	(void)state;
	listing_init(&list);
	assert_address(&list, &p, "https://h/v1beta/models?pageSize=1000");
	assert_int_equal(
	    add_page(&list, "{\"models\":[{\"name\":\"models/a\",\"displayName\":\"A\","
			    "\"inputTokenLimit\":10,\"outputTokenLimit\":5}],"
			    "\"nextPageToken\":\"x y\"}"),
	    0);
	assert_true(list.more);
	assert_string_equal(list.items[0].id, "a");
	assert_string_equal(list.items[0].name, "A");
	assert_int_equal(list.items[0].context_window, 10);
	assert_int_equal(list.items[0].max_output, 5);
	assert_address(&list, &p, "https://h/v1beta/models?pageSize=1000&pageToken=x%20y");
	assert_int_equal(add_page(&list, "{\"models\":[],\"nextPageToken\":\"x y\"}"), 0);
	assert_false(list.more); /* it leads to itself */
	listing_release(&list);
}

static void
lists_come_in_several_shapes(void **state)
{
	struct provider p = at(&dialect_openai_chat, "https://h/v1");
	struct listing list;

	(void)state;
	listing_init(&list);
	assert_address(&list, &p, "https://h/v1/models");
	assert_int_equal(
	    add_page(&list, "[{\"id\":\"a\",\"context_length\":8},{\"id\":\"\"},{},7]"), 0);
	assert_int_equal(
	    add_page(&list, "{\"data\":[{\"id\":\"b\",\"context_length\":\"8\"}]}"), 0);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[0].context_window, 8);
	assert_int_equal(list.items[1].context_window, 0);
	assert_int_equal(add_page(&list, "{\"data\":null}"), -1);
	assert_int_equal(add_page(&list, "null"), -1);
	assert_false(list.more);
	listing_release(&list);
}

/* --- tokens --- */

static void
text_is_cut_into_pieces(void **state)
{
	static const struct {
		const char *text;
		int pieces;
	} texts[] = { { "", 0 }, { "a", 1 }, { "hello world", 2 }, { "countTokens", 2 },
		{ "HTTP", 1 }, { "internationalisation", 3 }, { "1234567", 3 }, { "{\"a\":1}", 5 },
		{ "a\n\n    b", 4 }, { "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97", 3 },
		{ "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82", 3 }, { "\xe6\xbc", 1 } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof texts / sizeof *texts; i++)
		if (tokens_pieces(str_of(texts[i].text)) != texts[i].pieces)
			fail_msg(
			    "%s: %d", texts[i].text, (int)tokens_pieces(str_of(texts[i].text)));
}

static void
the_first_family_that_fits_counts(void **state)
{
	(void)state;
	assert_ptr_equal(tokens_family(STR_LIT("openai/gpt-oss-20b")), &tokens_families[0]);
	assert_ptr_equal(tokens_family(STR_LIT("gpt-4o")), &tokens_families[1]);
	assert_string_equal(tokens_family(STR_LIT("us.anthropic.Claude-3"))->names[0], "claude");
	assert_null(tokens_family(STR_LIT("my-own"))->names[0]);
	assert_null(tokens_family(STR_LIT(""))->names[0]);
}

static void
who_counts_is_known(void **state)
{
	struct provider p = at(&dialect_openai_chat, "https://h/v1");

	(void)state;
	assert_false(count_can(&p)); /* another server of that format */
	p.name = (char *)(uintptr_t) "openai";
	assert_true(count_can(&p));
	p.dialect = &dialect_ollama;
	assert_false(count_can(&p));
	p.dialect = NULL; /* a program */
	assert_false(count_can(&p));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_filter_wants_all_that_it_names),
		cmocka_unit_test(an_unknown_word_gets_the_nearest),
		cmocka_unit_test(each_api_has_its_list),
		cmocka_unit_test(pages_are_read_to_the_last_and_no_page_twice),
		cmocka_unit_test(lists_come_in_several_shapes),
		cmocka_unit_test(text_is_cut_into_pieces),
		cmocka_unit_test(the_first_family_that_fits_counts),
		cmocka_unit_test(who_counts_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
