/* SPDX-License-Identifier: MIT */
/* test_facts - what routing asks of a request, and how complex it looks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "base/mem.h"
#include "policy/facts.h"
#include "policy/policy.h"
#include "support/parsed.h"

static struct facts facts; /* from test to test, as from request to request */
static struct request request;

static struct facts *
of(const char *record)
{
	struct err err = ERR_INIT;

	request_release(&request);
	if (request_read(&request, json_literal(record), NULL, &err) < 0)
		fail_msg("%s", err.text);
	facts_start(&facts, &request);
	return &facts;
}

static int
release(void **state)
{
	(void)state;
	request_release(&request);
	facts_release(&facts);
	return 0;
}

static void
needs(const char *record, unsigned expected)
{
	unsigned got = facts_needs(of(record));

	if (got != expected)
		fail_msg("%s: needs %x, not %x", record, got, expected);
}

#define PARTS(parts) "{\"messages\":[{\"role\":\"user\",\"content\":[" parts "]}]}"

static void
tools_are_needed_where_some_are_offered_and_may_be_called(void **state)
{
	(void)state;
	needs("{\"prompt\":\"x\"}", 0);
	needs("{\"prompt\":\"x\",\"tools\":[]}", 0);
	needs("{\"prompt\":\"x\",\"tools\":[{\"name\":\"a\"}]}", NEED_TOOLS);
	needs("{\"prompt\":\"x\",\"tools\":[{\"name\":\"a\"}],\"toolChoice\":\"none\"}", 0);
	needs("{\"prompt\":\"x\",\"tools\":[{\"name\":\"a\"}],\"toolChoice\":{\"name\":\"a\"}}",
	    NEED_TOOLS);
}

static void
schemas_and_streams_are_options(void **state)
{
	(void)state;
	needs("{\"prompt\":\"x\",\"options\":{\"responseSchema\":{}}}", NEED_SCHEMA);
	needs("{\"prompt\":\"x\",\"options\":{\"stream\":true}}", NEED_STREAM);
	needs("{\"prompt\":\"x\",\"options\":{\"stream\":false,\"responseSchema\":null}}", 0);
}

static void
media_are_needed_by_kind_and_files_by_their_media_type(void **state)
{
	(void)state;
	needs(PARTS("{\"type\":\"image\",\"url\":\"https://x/a\"}"), NEED_IMAGE);
	needs(PARTS("{\"type\":\"audio\",\"fileId\":\"a\"},{\"type\":\"video\",\"fileId\":\"b\"}"),
	    NEED_AUDIO | NEED_VIDEO);
	needs(PARTS("{\"type\":\"file\",\"mediaType\":\"application/pdf\",\"data\":\"AA==\"}"),
	    NEED_PDF);
	needs(
	    PARTS("{\"type\":\"file\",\"mediaType\":\"image/png\",\"data\":\"AA==\"}"), NEED_IMAGE);
	needs(PARTS("{\"type\":\"file\",\"mediaType\":\"text/csv\",\"data\":\"AA==\"}"), 0);
	needs(PARTS("{\"type\":\"file\",\"name\":\"a.txt\",\"text\":\"words\"}"), 0);
	needs(PARTS("{\"type\":\"file\",\"url\":\"https://x/a.pdf\"}"), NEED_PDF);
	needs(PARTS("{\"type\":\"file\",\"url\":\"https://x/a.mp3\"}"), NEED_AUDIO);
	needs(PARTS("{\"type\":\"file\",\"url\":\"data:audio/wav;base64,AA==\"}"), NEED_AUDIO);
	needs(PARTS("{\"type\":\"file\",\"fileId\":\"file-1\"}"), NEED_PDF);
	needs(PARTS("{\"type\":\"file\",\"name\":\"a.csv\",\"fileId\":\"file-1\"}"), 0);
}

static void
media_in_tool_results_count_too(void **state)
{
	(void)state;
	needs("{\"messages\":[{\"role\":\"tool\",\"content\":[{\"type\":\"toolResult\",\"id\":"
	      "\"1\","
	      "\"content\":[{\"type\":\"image\",\"url\":\"https://x/a\"}]}]}]}",
	    NEED_IMAGE);
	needs("{\"messages\":[{\"role\":\"tool\",\"content\":[{\"type\":\"toolResult\",\"id\":"
	      "\"1\","
	      "\"content\":[{\"kind\":\"image\"}]}]}]}",
	    0);
}

static void
the_text_is_what_users_say_in_words(void **state)
{
	struct str text;

	(void)state;
	text = facts_text(
	    of("{\"messages\":[{\"role\":\"system\",\"content\":\"S\"},"
	       "{\"role\":\"user\",\"content\":\"one\\ntwo\"},"
	       "{\"role\":\"assistant\",\"content\":\"A\"},"
	       "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"three\"},"
	       "{\"type\":\"file\",\"text\":\"F\"},"
	       "{\"type\":\"text\",\"text\":\"f\\u00fcnf\"}]}],\"prompt\":\"six\"}"));
	assert_true(str_is(text, "one\ntwo\nthree\nf\xc3\xbcnf\nsix"));
	assert_int_equal(facts_text(of("{\"prompt\":\"\"}")).len, 0);
}

static void
a_role_is_the_models_or_a_tag(void **state)
{
	(void)state;
	assert_true(str_is(facts_role(of("{\"prompt\":\"x\",\"model\":\"role:planner\","
					 "\"tags\":{\"role\":\"tester\"}}")),
	    "planner"));
	assert_true(
	    str_is(facts_role(of(
		       "{\"prompt\":\"x\",\"model\":\"a:b\",\"tags\":{\"role\":\"t\\u0065r\"}}")),
		"ter"));
	assert_int_equal(facts_role(of("{\"prompt\":\"x\",\"tags\":{\"role\":7}}")).len, 0);
	assert_int_equal(facts_role(of("{\"prompt\":\"x\"}")).len, 0);
}

static void
labels_are_tags(void **state)
{
	struct facts *f = of("{\"prompt\":\"x\",\"tags\":{\"data_sensitivity\":\"high\","
			     "\"residency\":\"eu\",\"labels\":[\"a\"]}}");

	(void)state;
	assert_true(json_eq(facts_sensitivity(f), "high"));
	assert_true(json_eq(facts_residency(f), "eu"));
	assert_int_equal(facts_labels(f).kind, JSON_ARRAY);
	f = of("{\"prompt\":\"x\",\"tags\":{\"data_sensitivity\":\"high\",\"sensitivity\":"
	       "\"public\"}}");
	assert_true(json_eq(facts_sensitivity(f), "public"));
	f = of("{\"prompt\":\"x\",\"tags\":[]}");
	assert_int_equal(facts_sensitivity(f).kind, JSON_NONE);
}

/* --- complexity --- */

static void
all_rows_together_make_100(void **state)
{
	int sum = 0;

	(void)state;
	for (int i = 0; i < COMPLEXITY_ROWS; i++) {
		const struct complexity_row *row = &complexity_rows[i];
		enum complexity_what what = (enum complexity_what)i;

		assert_true(row->what && row->counts && row->step > 0 && row->points > 0);
		assert_int_equal(complexity_points(what, 0), 0);
		assert_int_equal(complexity_points(what, row->step - 1), 0);
		assert_true(complexity_points(what, row->step) > 0);
		assert_int_equal(complexity_points(what, INT64_MAX), row->most);
		sum += row->most;
	}
	assert_int_equal(sum, 100);
}

static void
words_begin_at_their_points(void **state)
{
	(void)state;
	assert_int_equal(complexity_of(0), COMPLEXITY_LOW);
	assert_int_equal(complexity_of(19), COMPLEXITY_LOW);
	assert_int_equal(complexity_of(20), COMPLEXITY_MEDIUM);
	assert_int_equal(complexity_of(39), COMPLEXITY_MEDIUM);
	assert_int_equal(complexity_of(40), COMPLEXITY_HIGH);
	assert_int_equal(complexity_of(100), COMPLEXITY_HIGH);
}

static void
code(const char *text, int64_t expected)
{
	int64_t lines, keywords;

	complexity_read(str_of(text), &lines, &keywords);
	if (lines != expected)
		fail_msg("%s: %d lines of code, not %d", text, (int)lines, (int)expected);
}

static void
lines_of_code_stand_between_fences_or_look_so(void **state)
{
	(void)state;
	code("", 0);
	code("Why is the sky blue?", 0);
	code("see\n```c\nint\tx\n\ny\n```\nand so on", 2);
	code("~~~\na\n~~~\nb", 1);
	code("```\nnever closed\nb", 2);
	code("int x = 1;\nif (x) {\n  return x;\n}\n", 4);
	code("def f(x):\n    import os", 2);
	code("import duties rose this year.\nclass is over!\nreturn to sender?", 0);
	code("diff --git a/x b/x\n@@ -1 +1 @@\n$ make check", 3);
}

static void
keywords(const char *text, int64_t expected)
{
	int64_t lines, count;

	complexity_read(str_of(text), &lines, &count);
	if (count != expected)
		fail_msg("%s: %d keywords, not %d", text, (int)count, (int)expected);
}

static void
keywords_begin_words_and_count_once(void **state)
{
	(void)state;
	keywords("", 0);
	keywords("Prove it. PROVE it. Proven?", 1);
	keywords("improve the approved", 0);
	keywords("Think step by step: analyse, refactor and debug the trade-off", 5);
	keywords("debu", 0);
	keywords("\xc3\xbc"
		 "debug",
	    0);
	keywords("(debug)", 1);
}

static void
keywords_stand_by_their_letters_and_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; complexity_keywords[i]; i++) {
		const char *word = complexity_keywords[i];

		assert_in_range(word[0], 'a', 'z');
		if (i > 0)
			assert_true(complexity_keywords[i - 1][0] <= word[0]);
		keywords(word, 1);
	}
}

static void
a_request_is_as_complex_as_its_points_say(void **state)
{
	struct facts *f = of("{\"prompt\":\"Why is the sky blue?\"}");

	(void)state;
	assert_int_equal(facts_complexity(f), COMPLEXITY_LOW);
	assert_int_equal(f->complexity_points, 0);
	f = of("{\"prompt\":\"Prove by induction, step by step, that this algorithm ends\"}");
	assert_int_equal(facts_complexity(f), COMPLEXITY_MEDIUM);
	assert_int_equal(f->complexity_points, 20);
	f = of("{\"prompt\":\"Prove by induction, step by step, that this algorithm ends\","
	       "\"options\":{\"reasoning\":\"high\"}}");
	assert_int_equal(facts_complexity(f), COMPLEXITY_HIGH);
	assert_int_equal(f->complexity_points, 40);
}

static int
reasoning(const char *value)
{
	char *record = xasprintf("{\"prompt\":\"x\",\"options\":{\"reasoning\":%s}}", value);
	int points;

	(void)facts_complexity(of(record));
	points = facts.complexity_points;
	request_release(&request);
	request = (struct request){ 0 };
	free(record);
	return points;
}

static void
reasoning_that_is_asked_for_counts(void **state)
{
	(void)state;
	assert_int_equal(reasoning("\"low\""), 0);
	assert_int_equal(reasoning("\"medium\""), 10);
	assert_int_equal(reasoning("\"high\""), 20);
	assert_int_equal(reasoning("\"xhigh\""), 20);
	assert_int_equal(reasoning("{\"budgetTokens\":4095}"), 0);
	assert_int_equal(reasoning("{\"budgetTokens\":4096}"), 10);
	assert_int_equal(reasoning("{\"budgetTokens\":16384}"), 20);
}

static const char full[] =
    "{\"model\":\"role:builder\",\"facts\":1,\"messages\":[{\"role\":\"system\",\"content\":\"S\"},"
    "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"debug this;\"},"
    "{\"type\":\"image\",\"url\":\"https://x/a\"}]},{\"role\":\"assistant\",\"content\":\"ok\"},"
    "{\"role\":\"user\",\"content\":\"go on\"}],\"tools\":[{\"name\":\"a\"},{\"name\":\"b\"}],"
    "\"options\":{\"stream\":true,\"responseSchema\":{\"type\":\"object\"}},\"n\":1.10}";

static void
facts_are_written_with_the_points_of_each_row(void **state)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED), expected = BUF_INIT(BUF_UNLIMITED);
	struct facts *f = of(full);
	struct jsonw w;

	(void)state;
	jsonw_start(&w, &out);
	facts_write(f, &w);
	buf_addf(&expected,
	    "{\"tokens\":%d,\"turns\":3,\"tools\":2,\"codeLines\":1,\"keywords\":1,\"media\":1,"
	    "\"needs\":[\"tools\",\"schema\",\"image\",\"stream\"],\"complexity\":\"medium\","
	    "\"complexityPoints\":20,\"complexityWhy\":[{\"what\":\"tokens\",\"value\":%d,"
	    "\"points\":1},{\"what\":\"turns\",\"value\":3,\"points\":1},{\"what\":\"tools\","
	    "\"value\":2,\"points\":4},{\"what\":\"keywords\",\"value\":1,\"points\":7},{\"what\":"
	    "\"media\",\"value\":1,\"points\":3},{\"what\":\"schema\",\"value\":1,\"points\":4}],"
	    "\"stream\":true,\"role\":\"builder\"}",
	    (int)facts_tokens(f)->in, (int)facts_tokens(f)->in);
	assert_string_equal(out.p, expected.p);
	buf_release(&out);
	buf_release(&expected);
}

static void
expressions_see_the_record_with_its_facts(void **state)
{
	struct facts *f = of(full);
	struct json record = facts_record(f);

	(void)state;
	(void)parsed_str(json_raw(record)); /* one value, and whole */
	assert_true(json_eq(json_find(record, "facts.role"), "builder"));
	assert_true(json_eq(json_find(record, "facts.needs.2"), "image"));
	assert_true(str_is(json_raw(json_get(record, "n")), "1.10"));
	assert_ptr_equal(facts_record(f).p, record.p);
	record = facts_record(of("{\"prompt\":\"x\"}"));
	assert_true(json_eq(json_find(record, "facts.complexity"), "low"));
}

static void
what_one_request_was_is_forgotten_by_the_next(void **state)
{
	struct facts *f = of(full);

	(void)state;
	(void)facts_record(f);
	f = of("{\"prompt\":\"hello\"}");
	assert_int_equal(facts_needs(f), 0);
	assert_true(str_is(facts_text(f), "hello"));
	assert_int_equal(facts_complexity(f), COMPLEXITY_LOW);
	assert_int_equal(f->complexity_points, 0);
	assert_int_equal(f->counts[COMPLEXITY_TURNS], 1);
	assert_int_equal(f->counts[COMPLEXITY_TOOLS], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tools_are_needed_where_some_are_offered_and_may_be_called),
		cmocka_unit_test(schemas_and_streams_are_options),
		cmocka_unit_test(media_are_needed_by_kind_and_files_by_their_media_type),
		cmocka_unit_test(media_in_tool_results_count_too),
		cmocka_unit_test(the_text_is_what_users_say_in_words),
		cmocka_unit_test(a_role_is_the_models_or_a_tag),
		cmocka_unit_test(labels_are_tags),
		cmocka_unit_test(all_rows_together_make_100),
		cmocka_unit_test(words_begin_at_their_points),
		cmocka_unit_test(lines_of_code_stand_between_fences_or_look_so),
		cmocka_unit_test(keywords_begin_words_and_count_once),
		cmocka_unit_test(keywords_stand_by_their_letters_and_are_found),
		cmocka_unit_test(a_request_is_as_complex_as_its_points_say),
		cmocka_unit_test(reasoning_that_is_asked_for_counts),
		cmocka_unit_test(facts_are_written_with_the_points_of_each_row),
		cmocka_unit_test(expressions_see_the_record_with_its_facts),
		cmocka_unit_test(what_one_request_was_is_forgotten_by_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
