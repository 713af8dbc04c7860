/* SPDX-License-Identifier: MIT */
/* The user's jq expressions: compiled together, fenced in, and blamed one by one. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "json/jqprog.h"
#include "sys/file.h"

#ifdef __SANITIZE_ADDRESS__
#define LEAKS_ARE_SOUGHT true
#else
#define LEAKS_ARE_SOUGHT false
#endif

static const char *
run_on(const char *expression, const char *input)
{
	static struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	size_t bad = 99;
	struct jqprog *p = jqprog_compile(&expression, 1, &bad, &err);

	buf_release(&out);
	if (!p)
		buf_addf(&out, "%zu: %s", bad, err.text);
	else if (jqprog_run(p, 0, json_literal(input), &out, &err) < 0)
		buf_addf(&out, "failed: %s", err.text);
	jqprog_free(p);
	return out.p;
}

static void
the_first_result_is_given_and_none_is_nothing(void **state)
{
	(void)state;
	assert_string_equal(run_on(".a, .b", "{\"a\":[1,\"x\"],\"b\":2}"), "[1,\"x\"]");
	assert_string_equal(run_on("empty", "1"), "");
	assert_string_equal(run_on("1e1000, 0", "1"), "1.7976931348623157e+308");
	assert_string_equal(run_on("nan", "1"), "null");
}

static void
an_error_raised_says_what_was_raised(void **state)
{
	(void)state;
	assert_string_equal(run_on("error(\"no\")", "1"), "failed: no");
	assert_string_equal(run_on("error({a: 1})", "1"), "failed: {\"a\":1}");
	assert_string_equal(run_on(".a", "[]"), "failed: Cannot index array with string \"a\"");
	assert_string_equal(run_on("try error(\"x\") catch .", "1"), "\"x\"");
}

static void
a_loop_without_end_is_halted_and_the_program_can_run_again(void **state)
{
	const char *loop = "if . == 1 then last(repeat(.)) else . end";
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	size_t bad = 99;
	struct jqprog *p = jqprog_compile(&loop, 1, &bad, &err);

	(void)state;
	assert_non_null(p);
	assert_int_equal(jqprog_run(p, 0, json_literal("1"), &out, &err), -1);
	assert_string_equal(err.text, "no result after 5 s");
	assert_int_equal(jqprog_run(p, 0, json_literal("2"), &out, &err), 0);
	assert_string_equal(out.p, "2");
	buf_release(&out);
	jqprog_free(p);
}

/* What libjq held is lost, which a leak checker would not like. */
/* To jq it is one step. */
static void
a_search_that_tries_too_long_is_given_up(void **state)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	(void)state;
	buf_addc(&text, '"');
	for (int i = 0; i < 400; i++)
		buf_addc(&text, 'a');
	buf_adds(&text, "cb\"");
	assert_string_equal(run_on("test(\"a*a*a*b\")", "\"aaab\""), "true");
	assert_non_null(strstr(run_on("test(\"a*a*a*b\")", text.p), "retry-limit"));
	buf_release(&text);
}

static void
where_libjq_gives_up_the_program_goes_on(void **state)
{
	const char *list[] = { "0 | strftime([])", ".a" };
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	size_t bad = 99;
	struct jqprog *p = jqprog_compile(list, 2, &bad, &err);

	(void)state;
	if (LEAKS_ARE_SOUGHT || getenv("VALGRIND")) {
		jqprog_free(p);
		skip();
	}
	assert_non_null(p);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(jqprog_run(p, 0, json_literal("{}"), &out, &err), -1);
		assert_int_equal(jqprog_run(p, 1, json_literal("{\"a\":1}"), &out, &err), 0);
	}
	assert_string_equal(out.p, "11");
	buf_release(&out);
	jqprog_free(p);
}

static void
a_result_too_deep_for_jq_to_print_is_an_error(void **state)
{
	(void)state;
	assert_string_equal(
	    run_on("reduce range(200) as $i (0; [.]) | tojson | length", "1"), "401");
	assert_string_equal(run_on("reduce range(300) as $i (0; [.])", "1"),
	    "failed: the result is nested too deeply");
}

static void
a_syntax_error_is_one_short_line_with_the_expressions_index(void **state)
{
	const char *list[] = { ".a", ".b", ".c | foo", ".d" };
	struct err err = ERR_INIT;
	size_t bad = 99;

	(void)state;
	assert_null(jqprog_compile(list, 4, &bad, &err));
	assert_int_equal(bad, 2);
	assert_int_equal(err.code, EXIT_CONFIG);
	assert_string_equal(err.text, "foo/0 is not defined");
	assert_string_equal(run_on(".a |", "1"), "0: syntax error, unexpected ')'");
	assert_string_equal(run_on("  ", "1"), "0: the expression is empty");
	assert_string_equal(run_on("\"a", "1"), "0: a string has no closing quote");
	assert_string_equal(run_on("\"a\\(.x\"", "1"), "0: a string has no closing quote");
	assert_string_equal(run_on("\"a\\(.x", "1"), "0: \\( has no closing parenthesis");
	assert_string_equal(run_on("[1", "1"), "0: [ is never closed");
	assert_string_equal(run_on("[1)", "1"), "0: ) closes nothing");
}

static void
no_expression_breaks_out_of_its_place(void **state)
{
	(void)state;
	assert_string_equal(run_on("1), (2", "1"), "0: ) closes nothing");
	assert_string_equal(run_on("1) ; def x: (2", "1"), "0: ) closes nothing");
	assert_string_equal(run_on("\")\"", "1"), "\")\"");
	assert_string_equal(run_on("1 # )", "1"), "1");
	assert_string_equal(run_on("\"\\(\"(\" + \")\")\"", "1"), "\"()\"");
	assert_string_equal(run_on("def f: . + 1; f", "1"), "2");
}

static void
nothing_outside_is_reached(void **state)
{
	char home[] = "/tmp/test_jqprog.XXXXXX", *path;
	struct err err = ERR_INIT;

	(void)state;
	assert_string_equal(run_on("$ENV, 1", "1"), "{}");
	assert_string_equal(run_on("env", "1"), "{}");
	assert_string_equal(run_on("input", "1"), "");
	assert_string_equal(run_on("[inputs]", "1"), "[]");
	assert_string_equal(run_on("halt_error", "1"), "failed: halt has no place here");
	assert_string_equal(run_on("\"os\" | modulemeta", "1"), "failed: no modules here");
	assert_string_equal(
	    run_on("import \"a\" as a; 1", "1"), "0: syntax error, unexpected import");

	assert_non_null(mkdtemp(home));
	path = file_join(home, ".jq");
	assert_int_equal(file_replace(path, STR_LIT("def theirs: 42;"), &err), 0);
	setenv("HOME", home, 1);
	assert_string_equal(run_on("theirs", "1"), "0: theirs/0 is not defined");
	assert_string_equal(getenv("HOME"), home);
	unlink(path);
	rmdir(home);
	free(path);
}

static void
a_thousand_expressions_each_answer_for_themselves(void **state)
{
	enum { N = 1000 };
	char **list = xcalloc(N, sizeof *list);
	struct buf out = BUF_INIT(64);
	struct err err = ERR_INIT;
	struct jqprog *p;
	size_t bad;

	(void)state;
	for (int i = 0; i < N; i++)
		list[i] = xasprintf(". + %d", i);
	p = jqprog_compile((const char *const *)list, N, &bad, &err);
	assert_non_null(p);
	for (int i = 0; i < N; i += 37) {
		char *want = xasprintf("%d", 5 + i);

		buf_reset(&out);
		assert_int_equal(jqprog_run(p, (size_t)i, json_literal("5"), &out, &err), 0);
		assert_string_equal(out.p, want);
		free(want);
	}
	jqprog_free(p);
	buf_release(&out);
	for (int i = 0; i < N; i++)
		free(list[i]);
	free(list);
}

static void
truth_is_jqs(void **state)
{
	(void)state;
	assert_true(jqprog_truth(STR_LIT("0")));
	assert_true(jqprog_truth(STR_LIT("\"\"")));
	assert_false(jqprog_truth(STR_LIT("null")));
	assert_false(jqprog_truth(STR_LIT("false")));
	assert_false(jqprog_truth(STR_NONE));
}

static const char *
fill(const char *text, const char *input)
{
	struct buf expression = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	static char message[ERR_TEXT_MAX];
	const char *result = message;

	if (jqprog_template(str_of(text), &expression, &err) < 0)
		memcpy(message, err.text, sizeof message);
	else
		result = run_on(expression.p, input);
	buf_release(&expression);
	return result;
}

static void
a_template_is_text_with_values_in_it(void **state)
{
	(void)state;
	assert_string_equal(fill("", "1"), "\"\"");
	assert_string_equal(fill("a \"b\"\\n\tc\n", "1"), "\"a \\\"b\\\"\\\\n\\tc\\n\"");
	assert_string_equal(fill("Hi \\(.n), \\(.a)!", "{\"n\":\"Zoë\",\"a\":[1,\")\"]}"),
	    "\"Hi Zoë, [1,\\\")\\\"]!\"");
	assert_string_equal(
	    fill("\\(\"(\" + (.n | tostring) + \")\" # why )\n)", "{\"n\":1}"), "\"(1)\"");
	assert_string_equal(fill("\\\\(.n)", "{\"n\":1}"), "\"\\\\(.n)\"");
	assert_string_equal(fill("C:\\dir\\", "1"), "\"C:\\\\dir\\\\\"");
	assert_string_equal(fill("a \\(.n", "1"), "\\( has no closing parenthesis");
	assert_string_equal(fill("a \\(.n])", "1"), "] closes nothing");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_result_is_given_and_none_is_nothing),
		cmocka_unit_test(an_error_raised_says_what_was_raised),
		cmocka_unit_test(a_loop_without_end_is_halted_and_the_program_can_run_again),
		cmocka_unit_test(a_search_that_tries_too_long_is_given_up),
		cmocka_unit_test(where_libjq_gives_up_the_program_goes_on),
		cmocka_unit_test(a_result_too_deep_for_jq_to_print_is_an_error),
		cmocka_unit_test(a_syntax_error_is_one_short_line_with_the_expressions_index),
		cmocka_unit_test(no_expression_breaks_out_of_its_place),
		cmocka_unit_test(nothing_outside_is_reached),
		cmocka_unit_test(a_thousand_expressions_each_answer_for_themselves),
		cmocka_unit_test(truth_is_jqs),
		cmocka_unit_test(a_template_is_text_with_values_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
