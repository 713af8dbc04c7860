/* SPDX-License-Identifier: MIT */
/* test_answer - an answer put together from pieces, and how it is settled. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "llm/answer.h"

/* What was passed on: raw pieces as they came. */
struct sink {
	struct buf text;
	int count;
};

static void
take(void *user, const struct delta *d)
{
	struct sink *sink = user;

	sink->count++;
	buf_addf(&sink->text, "%d", d->kind);
	buf_addstr(&sink->text, d->raw.p ? d->raw : d->text);
	buf_addc(&sink->text, ';');
}

static struct json
lit(const char *s)
{
	return json_literal(s);
}

static void
escapes_are_undone_in_the_part_and_kept_in_the_delta(void **state)
{
	struct sink sink = { .text = BUF_INIT(BUF_UNLIMITED) };
	struct answer a;

	(void)state;
	answer_init(&a, take, &sink);
	assert_non_null(answer_text(&a, PART_TEXT, KEY_NONE, lit("\"a\\n\\u00e9\"")));
	assert_non_null(answer_text(&a, PART_TEXT, KEY_NONE, lit("\"b\"")));
	assert_int_equal(a.part_count, 1);
	assert_string_equal(a.parts[0].text.p, "a\n\xc3\xa9"
					       "b");
	assert_string_equal(sink.text.p, "0\"a\\n\\u00e9\";0\"b\";");
	assert_true(a.output_seen);
	answer_release(&a);
	buf_release(&sink.text);
}

static void
what_is_no_text_is_passed_over(void **state)
{
	struct sink sink = { .text = BUF_INIT(BUF_UNLIMITED) };
	struct answer a;

	(void)state;
	answer_init(&a, take, &sink);
	assert_null(answer_text(&a, PART_TEXT, KEY_NONE, JSON_ABSENT));
	assert_null(answer_text(&a, PART_TEXT, KEY_NONE, lit("null")));
	assert_null(answer_text(&a, PART_TEXT, KEY_NONE, lit("7")));
	assert_null(answer_text(&a, PART_TEXT, KEY_NONE, lit("\"\"")));
	assert_int_equal(a.part_count, 0);
	assert_int_equal(sink.count, 0);
	assert_false(a.output_seen);
	answer_release(&a);
}

static void
a_part_is_open_until_another_kind_begins_or_it_is_sealed(void **state)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct answer a;

	(void)state;
	answer_init(&a, NULL, NULL);
	(void)answer_text(&a, PART_TEXT, KEY_NONE, lit("\"a\""));
	(void)answer_text(&a, PART_REASONING, KEY_NONE, lit("\"r\""));
	(void)answer_text(&a, PART_TEXT, KEY_NONE, lit("\"b\""));
	assert_int_equal(a.part_count, 3);
	answer_seal(&a);
	(void)answer_text(&a, PART_TEXT, KEY_NONE, lit("\"c\""));
	assert_int_equal(a.part_count, 4);
	answer_content(&a, &text);
	assert_string_equal(text.p, "abc");
	buf_reset(&text);
	answer_reasoning(&a, &text);
	assert_string_equal(text.p, "r");
	answer_release(&a);
	buf_release(&text);
}

static void
parts_with_a_key_are_found_again_while_others_grow(void **state)
{
	struct answer a;

	(void)state;
	answer_init(&a, NULL, NULL);
	(void)answer_text(&a, PART_TEXT, 0, lit("\"a\""));
	(void)answer_text(&a, PART_TEXT, 1, lit("\"x\""));
	(void)answer_text(&a, PART_TEXT, 0, lit("\"b\""));
	assert_int_equal(a.part_count, 2);
	assert_string_equal(answer_find(&a, PART_TEXT, 0)->text.p, "ab");
	answer_find(&a, PART_TEXT, 0)->sealed = true;
	(void)answer_text(&a, PART_TEXT, 0, lit("\"c\""));
	assert_int_equal(a.part_count, 3);
	assert_string_equal(answer_find(&a, PART_TEXT, 0)->text.p, "c"); /* the newest */
	answer_release(&a);
}

static void
hidden_parts_are_neither_content_nor_streamed(void **state)
{
	struct sink sink = { .text = BUF_INIT(BUF_UNLIMITED) };
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct answer a;

	(void)state;
	answer_init(&a, take, &sink);
	answer_part(&a, PART_TEXT, 5)->hidden = true;
	(void)answer_text(&a, PART_TEXT, 5, lit("\"commentary\""));
	answer_content(&a, &text);
	assert_string_equal(text.p, "");
	assert_int_equal(sink.count, 0);
	assert_string_equal(a.parts[0].text.p, "commentary");
	answer_release(&a);
}

static void
a_stop_of_its_own_word_is_looked_up_and_kept(void **state)
{
	static const struct stop_row rows[] = { { "fine", STOP_END }, { NULL, STOP_NONE } };
	struct answer a;

	(void)state;
	answer_init(&a, NULL, NULL);
	answer_stop(&a, rows, lit("null"));
	answer_stop(&a, rows, lit("\"\""));
	assert_false(a.choice_done);
	answer_stop(&a, rows, lit("\"fine\""));
	assert_int_equal(a.stop, STOP_END);
	answer_stop(&a, rows, lit("\"odd\""));
	assert_int_equal(a.stop, STOP_OTHER);
	assert_string_equal(a.stop_raw.p, "odd");
	assert_true(a.choice_done);
	answer_release(&a);
}

static void
the_stop_is_tool_exactly_where_calls_were_made_and_it_ended_well(void **state)
{
	static const struct {
		enum stop stop, with_calls, without;
	} rows[] = {
		{ STOP_NONE, STOP_TOOL, STOP_OTHER },
		{ STOP_END, STOP_TOOL, STOP_END },
		{ STOP_STOP, STOP_TOOL, STOP_STOP },
		{ STOP_TOOL, STOP_TOOL, STOP_END },
		{ STOP_LENGTH, STOP_LENGTH, STOP_LENGTH },
		{ STOP_FILTER, STOP_FILTER, STOP_FILTER },
		{ STOP_PAUSE, STOP_PAUSE, STOP_PAUSE },
	};
	struct answer a;
	size_t i;

	(void)state;
	for (i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
		answer_init(&a, NULL, NULL);
		if (i % 2)
			(void)answer_tool(&a, 0, lit("\"c\""), lit("\"f\""), JSON_ABSENT);
		a.stop = rows[i / 2].stop;
		answer_end(&a);
		answer_finish(&a, false, true);
		assert_int_equal(a.stop, i % 2 ? rows[i / 2].with_calls : rows[i / 2].without);
		assert_int_equal(a.error.kind, ERROR_NONE);
		answer_release(&a);
	}
}

static void
counts_that_are_told_replace_and_unknown_ones_stay_unknown(void **state)
{
	int64_t n = TOKENS_UNKNOWN;

	(void)state;
	usage_set(&n, JSON_ABSENT);
	usage_set(&n, lit("null"));
	usage_set(&n, lit("\"5\""));
	usage_set(&n, lit("-1"));
	usage_set(&n, lit("1.5"));
	assert_int_equal(n, TOKENS_UNKNOWN);
	usage_set(&n, lit("7"));
	usage_set(&n, lit("null"));
	usage_set(&n, lit("-1"));
	usage_set(&n, lit("-2"));
	assert_int_equal(n, 7);
	usage_set(&n, lit("0"));
	assert_int_equal(n, 0);
	n = TOKENS_UNKNOWN;
	usage_add(&n, 3);
	usage_add(&n, 4);
	assert_int_equal(n, 7);
	n = INT64_MAX;
	usage_add(&n, 1);
	assert_int_equal(n, INT64_MAX);
}

static void
parts_of_a_count_that_pass_the_whole_were_left_out_of_it(void **state)
{
	struct usage u = { .in = 31, .out = 35, .cache_read = 161, .reasoning = 267 };

	(void)state;
	usage_settle(&u);
	assert_int_equal(u.in, 192);
	assert_int_equal(u.out, 302);
	usage_settle(&u);
	assert_int_equal(u.in, 192);
	u = (struct usage)USAGE_UNKNOWN;
	u.cache_read = 5;
	usage_settle(&u);
	assert_int_equal(u.in, TOKENS_UNKNOWN);
}

static void
a_call_needs_a_name(void **state)
{
	struct answer a;

	(void)state;
	answer_init(&a, NULL, NULL);
	(void)answer_tool(&a, 0, lit("\"c1\""), JSON_ABSENT, lit("\"{}\""));
	answer_end(&a);
	answer_finish(&a, false, true);
	assert_int_equal(a.error.kind, ERROR_PROTOCOL);
	assert_string_equal(a.error.message.p, "tool call c1 has no name");
	answer_release(&a);
}

static void
no_arguments_in_any_spelling_are_the_empty_object(void **state)
{
	static const char *const spellings[] = { "\"\"", "\" \\n\"", "\"null\"", "null", "{}" };
	struct answer a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof spellings / sizeof *spellings; i++) {
		answer_init(&a, NULL, NULL);
		(void)answer_tool(&a, 0, lit("\"c\""), lit("\"f\""), lit(spellings[i]));
		answer_end(&a);
		answer_finish(&a, false, true);
		assert_string_equal(a.parts[0].text.p, "{}");
		assert_int_equal(a.error.kind, ERROR_NONE);
		answer_release(&a);
	}
}

static void
too_many_parts_are_a_failure_and_not_memory(void **state)
{
	struct answer a;
	int i;

	(void)state;
	answer_init(&a, NULL, NULL);
	for (i = 0; i < ANSWER_PARTS_MAX + 10; i++) {
		(void)answer_text(&a, PART_TEXT, KEY_NONE, lit("\"x\""));
		answer_seal(&a);
	}
	assert_int_equal(a.part_count, ANSWER_PARTS_MAX);
	answer_end(&a);
	answer_finish(&a, false, true);
	assert_int_equal(a.error.kind, ERROR_PROTOCOL);
	answer_release(&a);
}

static void
an_answer_is_finished_once(void **state)
{
	struct answer a;

	(void)state;
	answer_init(&a, NULL, NULL);
	answer_finish(&a, false, true);
	assert_int_equal(a.error.kind, ERROR_TRUNCATED);
	answer_end(&a);
	answer_finish(&a, false, true);
	assert_int_equal(a.error.kind, ERROR_TRUNCATED);
	answer_release(&a);
}

static void
warnings_are_objects_that_can_be_spliced(void **state)
{
	struct answer a;

	(void)state;
	answer_init(&a, NULL, NULL);
	answer_warn(&a, "options.seed", "no \"%s\"", "seed");
	answer_warn(&a, "x", "y");
	assert_string_equal(a.warnings.p,
	    "{\"option\":\"options.seed\",\"message\":\"no \\\"seed\\\"\"},{\"option\":\"x\",\"message\":\"y\"}");
	answer_release(&a);
}

static void
what_was_expected_is_compared_with_what_came(void **state)
{
	static const struct {
		const char *asked, *answered;
		int64_t sent, read;
		const char *warning;
	} rows[] = {
		{ "qwen3-8b", "qwen/qwen3-8b", 0, 0, "" },
		{ "Qwen3-8B", "qwen3-8b", 0, 0, "" },
		{ "qwen3-8b", "llama-3.2-1b", 0, 0,
		    "{\"option\":\"model\",\"message\":\"qwen3-8b was asked for, and llama-3.2-1b answered\"}" },
		{ "", "llama", 0, 0, "" },
		{ "", "", 4000, 2000, "" },
		{ "", "", 4000, TOKENS_UNKNOWN, "" },
		{ "", "", 4002, 2000,
		    "{\"option\":\"messages\",\"message\":\"at least 4002 tokens were sent, as estimated, and "
		    "2000 were read: the server may have cut the prompt to the size of its context\"}" },
	};
	struct answer a;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		answer_init(&a, NULL, NULL);
		buf_adds(&a.asked_model, rows[i].asked);
		buf_adds(&a.model, rows[i].answered);
		a.sent_tokens = rows[i].sent;
		a.usage.in = rows[i].read;
		a.ended = true;
		answer_finish(&a, false, true);
		assert_string_equal(a.warnings.p, rows[i].warning);
		answer_release(&a);
	}
}

static void
what_the_builder_told_stays_when_an_answer_is_read_anew(void **state)
{
	struct answer a;

	(void)state;
	answer_init(&a, NULL, NULL);
	buf_adds(&a.asked_model, "m");
	a.sent_tokens = 7;
	a.nulls = a.wrapped = a.tool_nulls = true;
	answer_response_id(&a, json_literal("\"r\""));
	(void)answer_text(&a, PART_TEXT, KEY_NONE, json_literal("\"t\""));
	answer_warn(&a, "x", "y");
	answer_reread(&a);
	assert_int_equal(a.part_count, 0);
	assert_int_equal(a.response_id.len, 0);
	assert_true(a.warnings.len);
	assert_string_equal(a.asked_model.p, "m");
	assert_int_equal(a.sent_tokens, 7);
	assert_true(a.nulls && a.wrapped && a.tool_nulls);
	answer_release(&a);
}

static void
a_call_may_have_any_number(void **state)
{
	static const int64_t keys[] = { INT64_MAX, INT64_MIN, INT64_MAX - 1, 0 };
	struct answer a;
	size_t i;

	(void)state;
	answer_init(&a, NULL, NULL);
	for (i = 0; i < sizeof keys / sizeof *keys; i++)
		(void)answer_tool(
		    &a, keys[i], JSON_ABSENT, json_literal("\"f\""), json_literal("{}"));
	assert_int_equal(a.tool_count, i);
	answer_release(&a);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_expected_is_compared_with_what_came),
		cmocka_unit_test(escapes_are_undone_in_the_part_and_kept_in_the_delta),
		cmocka_unit_test(what_is_no_text_is_passed_over),
		cmocka_unit_test(a_part_is_open_until_another_kind_begins_or_it_is_sealed),
		cmocka_unit_test(parts_with_a_key_are_found_again_while_others_grow),
		cmocka_unit_test(hidden_parts_are_neither_content_nor_streamed),
		cmocka_unit_test(a_stop_of_its_own_word_is_looked_up_and_kept),
		cmocka_unit_test(the_stop_is_tool_exactly_where_calls_were_made_and_it_ended_well),
		cmocka_unit_test(counts_that_are_told_replace_and_unknown_ones_stay_unknown),
		cmocka_unit_test(parts_of_a_count_that_pass_the_whole_were_left_out_of_it),
		cmocka_unit_test(a_call_needs_a_name),
		cmocka_unit_test(no_arguments_in_any_spelling_are_the_empty_object),
		cmocka_unit_test(too_many_parts_are_a_failure_and_not_memory),
		cmocka_unit_test(an_answer_is_finished_once),
		cmocka_unit_test(warnings_are_objects_that_can_be_spliced),
		cmocka_unit_test(what_the_builder_told_stays_when_an_answer_is_read_anew),
		cmocka_unit_test(a_call_may_have_any_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
