/* SPDX-License-Identifier: MIT */
/* test_yaml - YAML reads as its JSON twin would, and every error names its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/yaml.h"

static void
expect_json(const char *text, const char *json)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct yaml_doc *doc = yaml_parse("f", str_of(text), &err);

	assert_string_equal(err.text, "");
	assert_non_null(doc);
	yaml_to_json(yaml_root(doc), &out);
	assert_string_equal(out.p, json);
	buf_release(&out);
	yaml_doc_free(doc);
}

static void
expect_error(const char *text, const char *message)
{
	struct err err = ERR_INIT;

	assert_null(yaml_parse("f", str_of(text), &err));
	assert_string_equal(err.text, message);
	assert_int_equal(err.code, EXIT_CONFIG);
}

static void
scalars_follow_the_core_schema(void **state)
{
	(void)state;
	expect_json("[1, -2.5, 1e3, 0777, 0x1f, .5, yes, on, True, null, ~, '1', \"a\\nb\"]",
	    "[1,-2.5,1e3,\"0777\",\"0x1f\",\".5\",\"yes\",\"on\",true,null,null,\"1\",\"a\\nb\"]");
}

static void
numbers_keep_their_spelling(void **state)
{
	(void)state;
	expect_json("{a: 1.10, b: 1790000000001234567}", "{\"a\":1.10,\"b\":1790000000001234567}");
}

static void
an_explicit_string_tag_makes_a_string(void **state)
{
	(void)state;
	expect_json("!!str 12", "\"12\"");
	expect_error("a: !python/object x", "f:1:4: tag !python/object is not understood");
}

static void
an_empty_file_is_null(void **state)
{
	(void)state;
	expect_json("", "null");
	expect_json("# only a comment\n", "null");
}

static void
block_scalars_and_quoted_keys_are_read(void **state)
{
	(void)state;
	expect_json("\"a b\": |\n  one\n  two\nc: >-\n  x\n  y\n",
	    "{\"a b\":\"one\\ntwo\\n\",\"c\":\"x y\"}");
}

static void
aliases_and_merge_keys_stand_for_their_anchors(void **state)
{
	(void)state;
	expect_json("base: &b {x: 1, y: 2}\nuse: {<<: *b, y: 3}\n",
	    "{\"base\":{\"x\":1,\"y\":2},\"use\":{\"y\":3,\"x\":1}}");
	expect_json("[&a {x: 1}, &b {x: 2, z: 3}, {<<: [*a, *b]}]",
	    "[{\"x\":1},{\"x\":2,\"z\":3},{\"x\":1,\"z\":3}]");
	expect_error("a: *nowhere", "f:1:4: alias *nowhere has no anchor before it");
	expect_error("a: {<<: 3}", "f:1:9: << takes a map or a list of maps");
}

static void
aliases_cannot_blow_up_memory(void **state)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	int i, j;

	(void)state;
	buf_adds(&text, "k0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (i = 1; i < 12; i++) {
		buf_addf(&text, "k%d: &a%d [", i, i);
		for (j = 0; j < 10; j++)
			buf_addf(&text, "%s*a%d", j ? "," : "", i - 1);
		buf_adds(&text, "]\n");
	}
	assert_null(yaml_parse("f", buf_str(&text), &err));
	assert_non_null(strstr(err.text, "more than 1000000 nodes"));
	buf_release(&text);
}

static void
errors_name_line_and_column(void **state)
{
	(void)state;
	expect_error("a: 1\nb: 2\na: 3\n", "f:3:1: \"a\" stands twice (first in line 1)");
	expect_error("a: 1\n---\nb: 2\n", "f:2:1: a second document begins here; one is expected");
	expect_error("a: 1\nb: \"\xff\"\n", "f:2:5: invalid leading UTF-8 octet");
	expect_error("{[a]: 1}", "f:1:2: a key must be a plain word or a string");
	expect_error("a: {b: [1,2}\n",
	    "f:1:12: did not find expected ',' or ']' while parsing a flow sequence");
}

static void
deep_nesting_is_refused(void **state)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	int i;

	(void)state;
	for (i = 0; i < 100000; i++)
		buf_addc(&text, '[');
	expect_error(text.p, "f:1:129: nested deeper than 128");
	buf_release(&text);
}

static void
unknown_members_get_the_nearest_known_name(void **state)
{
	static const char *const known[] = { "dependsOn", "name", NULL };
	struct err err = ERR_INIT;
	struct yaml_doc *doc = yaml_parse("w.yaml", str_of("name: x\ndependson: [a]\n"), &err);

	(void)state;
	assert_non_null(doc);
	assert_int_equal(yaml_known(doc, yaml_root(doc), "a node", known, &err), -1);
	assert_string_equal(err.text,
	    "w.yaml:2:1: unknown member \"dependson\" in a node (did you mean \"dependsOn\"?)");
	yaml_doc_free(doc);
}

static void
getters_take_what_is_absent(void **state)
{
	struct err err = ERR_INIT;
	struct yaml_doc *doc = yaml_parse("f", str_of("a: {b: c, n: ~}"), &err);
	const struct yaml *a = yaml_get(yaml_root(doc), "a");

	(void)state;
	assert_string_equal(yaml_str(yaml_get(a, "b")), "c");
	assert_null(yaml_str(yaml_get(a, "n")));
	assert_null(yaml_str(yaml_get(yaml_get(a, "no"), "thing")));
	assert_null(yaml_str(a));
	yaml_doc_free(doc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars_follow_the_core_schema),
		cmocka_unit_test(numbers_keep_their_spelling),
		cmocka_unit_test(an_explicit_string_tag_makes_a_string),
		cmocka_unit_test(an_empty_file_is_null),
		cmocka_unit_test(block_scalars_and_quoted_keys_are_read),
		cmocka_unit_test(aliases_and_merge_keys_stand_for_their_anchors),
		cmocka_unit_test(aliases_cannot_blow_up_memory),
		cmocka_unit_test(errors_name_line_and_column),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(unknown_members_get_the_nearest_known_name),
		cmocka_unit_test(getters_take_what_is_absent),
	};

	return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
