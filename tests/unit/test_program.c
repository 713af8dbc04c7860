/* SPDX-License-Identifier: MIT */
/* test_program - command line programs as data: what is run, and what their output comes to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/buf.h"
#include "json/schema.h"
#include "json/yaml.h"
#include "llm/program.h"
#include "llm/provider.h"
#include "support/parsed.h"
#include "support/top.h"
#include "sys/file.h"

static const char *
no_environment(const char *name)
{
	(void)name;
	return NULL;
}

static struct program *
program_of(const char *yaml)
{
	struct err err = ERR_INIT;
	struct yaml_doc *doc = yaml_parse("test", str_of(yaml), &err);
	struct program *p = NULL;

	if (!doc || program_read(&p, doc, yaml_root(doc), &err) < 0)
		fail_msg("%s", err.text);
	yaml_doc_free(doc);
	return p;
}

/* What output comes to, fed in pieces of that many bytes. */
static void
read_output(struct program *p, const char *output, size_t piece, struct answer *a)
{
	struct program_reader *r;
	struct program_end end = { .prompt_tokens = 3 };
	size_t len = strlen(output);

	answer_init(a, NULL, NULL);
	r = program_reader_new(p, a);
	for (size_t at = 0; at < len; at += piece)
		assert_true(
		    program_reader_feed(r, output + at, len - at < piece ? len - at : piece));
	program_reader_end(r, &end);
	program_reader_free(r);
}

static void
expect_content(const struct answer *a, const char *expected)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	answer_content(a, &text);
	assert_string_equal(text.p, expected);
	buf_release(&text);
}

static void
the_known_programs_fit_the_schema_of_their_form(void **state)
{
	char *programs = top_file("share/models/programs.yaml");
	struct schema *schema = parsed_schema("program");
	struct buf json = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct yaml_doc *doc;
	struct json_iter it;
	struct json all;

	(void)state;
	doc = yaml_load(programs, &err);
	assert_non_null(doc);
	yaml_to_json(yaml_get(yaml_root(doc), "providers"), &json);
	all = parsed_str(buf_str(&json));
	assert_int_equal(json_count(all), 10);
	it = json_each(all);
	while (json_next(&it))
		if (!schema_valid(schema, it.value, &err))
			fail_msg("%.*s: %s", (int)it.key.len, it.key.p, err.text);
	yaml_doc_free(doc);
	schema_free(schema);
	buf_release(&json);
	free(programs);
}

static void
a_program_is_found_with_and_without_a_model(void **state)
{
	static const char *const specs[][3] = { { "cli:claude", "cli:claude", "" },
		{ "cli:claude:", "cli:claude", "" }, { "cli:pi:a/b:high", "cli:pi", "a/b:high" } };
	char *share = top_file("share");
	struct err err = ERR_INIT;
	struct providers *set = providers_load(share, "/dev/null", no_environment, &err);
	struct provider *p;
	struct str model;

	(void)state;
	assert_non_null(set);
	for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
		assert_int_equal(providers_resolve(set, str_of(specs[i][0]), &p, &model, &err), 0);
		assert_string_equal(p->name, specs[i][1]);
		assert_true(str_is(model, specs[i][2]));
		assert_non_null(p->program);
	}
	assert_int_equal(providers_resolve(set, STR_LIT("cli:claud"), &p, &model, &err), -1);
	assert_non_null(strstr(err.text, "did you mean \"cli:claude\"?"));
	assert_int_equal(providers_resolve(set, STR_LIT("cli:"), &p, &model, &err), -1);
	providers_free(set);
	free(share);
}

static void
lines_of_text_are_cut_alike_at_any_split(void **state)
{
	static const char output[] =
	    "Banner v1\n\n  first \n\nsecond\nTokens: 1,234 in, 2.5k out, $0.5 all\n\n";
	struct program *p = program_of(
	    "{argv: [x, '{prompt}'], output: {drop: ['^Banner', '^Tokens:'], find: {tokensIn: "
	    "'[0-9,]+ in', tokensOut: '[0-9.]+k? out', costUsd: '\\$'}}}");

	(void)state;
	for (size_t piece = 1; piece < sizeof output; piece++) {
		struct answer a;

		read_output(p, output, piece, &a);
		assert_int_equal(a.error.kind, ERROR_NONE);
		expect_content(&a, "  first \n\nsecond");
		assert_int_equal(a.usage.in, 1234);
		assert_int_equal(a.usage.out, 2500);
		assert_int_equal(a.cost_pusd, 500000000000);
		answer_release(&a);
	}
	program_free(p);
}

static void
counts_are_made_whole_and_added_up_where_the_form_says_so(void **state)
{
	struct program *p = program_of(
	    "{argv: [x, '{prompt}'], output: {format: jsonl, sum: true, inputLacksCache: true, "
	    "outputLacksReasoning: true, rules: [{when: {t: [a, b]}, delta: .x, tokensIn: .i, "
	    "tokensOut: .o, cacheReadTokens: .c, reasoningTokens: .r}, {when: {t: b}, ends: "
	    "true}]}}");
	struct answer a;

	(void)state;
	read_output(p,
	    "{\"t\":\"a\",\"x\":\"he\",\"i\":10,\"o\":1,\"c\":5,\"r\":2}\nnoise\n"
	    "{\"t\":\"b\",\"x\":\"y\",\"i\":20,\"o\":3,\"c\":0,\"r\":0}\n",
	    7, &a);
	assert_int_equal(a.error.kind, ERROR_NONE);
	expect_content(&a, "hey");
	assert_int_equal(a.usage.in, 35);
	assert_int_equal(a.usage.out, 6);
	assert_int_equal(a.usage.cache_read, 5);
	assert_false(a.usage.estimated);
	answer_release(&a);
	program_free(p);
}

static void
the_last_whole_text_is_the_answer_and_what_was_said_before_is_not(void **state)
{
	struct program *p = program_of(
	    "{argv: [x, '{prompt}'], output: {format: json, rules: [{when: {}, ends: "
	    "true, delta: .said, content: .result}]}}");
	struct answer a;

	(void)state;
	read_output(p, "{\"said\":\"Let me see.\",\"result\":\"42\"}", 5, &a);
	expect_content(&a, "42");
	assert_int_equal(a.part_count, 2);
	assert_true(a.parts[0].hidden);
	answer_release(&a);
	read_output(p, "{\"said\":\"Let me see.\",\"result\":", 5, &a);
	assert_int_equal(a.error.kind, ERROR_TRUNCATED);
	answer_release(&a);
	program_free(p);
}

static void
the_end_of_a_long_complaint_is_kept(void **state)
{
	struct program *p = program_of("{argv: [x, '{prompt}']}");
	struct program_end end = { .status = 3 };
	struct program_reader *r;
	struct answer a;

	(void)state;
	answer_init(&a, NULL, NULL);
	r = program_reader_new(p, &a);
	for (int i = 0; i < 20000; i++)
		program_reader_complain(r, "a long story\n", 13);
	program_reader_complain(r, "the point of it", 15);
	program_reader_end(r, &end);
	assert_true(str_ends(buf_str(&a.error.message), "the point of it"));
	assert_non_null(strstr(a.error.message.p, "exit status 3"));
	assert_true(a.error.message.len < 1000);
	program_reader_free(r);
	answer_release(&a);
	program_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_known_programs_fit_the_schema_of_their_form),
		cmocka_unit_test(a_program_is_found_with_and_without_a_model),
		cmocka_unit_test(lines_of_text_are_cut_alike_at_any_split),
		cmocka_unit_test(counts_are_made_whole_and_added_up_where_the_form_says_so),
		cmocka_unit_test(the_last_whole_text_is_the_answer_and_what_was_said_before_is_not),
		cmocka_unit_test(the_end_of_a_long_complaint_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
