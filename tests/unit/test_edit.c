/* SPDX-License-Identifier: MIT */
/* test_edit - splicing members, and merge patches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "json/edit.h"
#include "support/parsed.h"

/* how: '=' sets, '+' appends, '-' drops. */
struct one {
	const char *key, *how, *value;
};

static void
assert_edited(const char *text, const struct one *edits, const char *want)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct json_edit e;

	json_edit_start(&e, json_literal(text));
	for (; edits->key; edits++) {
		if (edits->how[0] == '=')
			json_edit_set(&e, edits->key, str_of(edits->value));
		else if (edits->how[0] == '+')
			json_edit_append(&e, edits->key, str_of(edits->value));
		else
			json_edit_drop(&e, edits->key);
	}
	buf_adds(&out, "before ");
	json_edit_write(&e, &out);
	assert_string_equal(out.p, want);
	(void)parsed(out.p + 7); /* one value, and whole */
	buf_release(&out);
}

#define SET(k, v)                                                                                  \
	{                                                                                          \
		k, "=", v                                                                          \
	}
#define APPEND(k, v)                                                                               \
	{                                                                                          \
		k, "+", v                                                                          \
	}
#define DROP(k)                                                                                    \
	{                                                                                          \
		k, "-", NULL                                                                       \
	}
#define ASSERT_EDITED(text, want, ...)                                                             \
	assert_edited(                                                                             \
	    text, (const struct one[]){ __VA_ARGS__, { NULL, NULL, NULL } }, "before " want)

static void
a_new_member_follows_the_last_one(void **state)
{
	(void)state;
	ASSERT_EDITED("{\"a\":1}", "{\"a\":1,\"b\":2}", SET("b", "2"));
	ASSERT_EDITED("{\"a\":1}", "{\"a\":1,\"b\":2,\"c\":3}", APPEND("b", "2"), SET("c", "3"));
	ASSERT_EDITED("{}", "{\"b\":2}", SET("b", "2"));
	ASSERT_EDITED("{ }", "{\"b\":2,\"c\":3 }", SET("b", "2"), APPEND("c", "3"));
	ASSERT_EDITED("{\"a\":[]\n}", "{\"a\":[],\"b\":2\n}", APPEND("b", "2"));
	ASSERT_EDITED("{\"a\":1}", "{\"a\":1,\"q\\\"\\n\":2}", SET("q\"\n", "2"));
}

static void
every_other_byte_stays(void **state)
{
	(void)state;
	ASSERT_EDITED(
	    "{ \"z\" : 1790000000001234567 ,\t\"a\":\"\\u00e9\\/\" , \"n\" : 1.10e+00,\"x\":{\"a\":[1 , 2]} }",
	    "{ \"z\" : 1790000000001234567 ,\t\"a\":true , \"n\" : 1.10e+00,\"x\":{\"a\":[1 , 2]},\"c\":0 }",
	    SET("a", "true"), SET("c", "0"));
	ASSERT_EDITED("{\"a\" :\n 1 ,\"b\": 2}", "{\"a\" :\n {\"x\":1} ,\"b\": []}", SET("b", "[]"),
	    SET("a", "{\"x\":1}"));
	ASSERT_EDITED("{\"a\":{\"b\":1},\"b\":2}", "{\"a\":{\"b\":1},\"b\":3}", SET("b", "3"));
}

static void
the_last_of_duplicates_is_the_one_set(void **state)
{
	(void)state;
	ASSERT_EDITED("{\"a\":1,\"b\":0,\"a\":2}", "{\"a\":1,\"b\":0,\"a\":3}", SET("a", "3"));
	ASSERT_EDITED("{\"a\":1,\"\\u0061\":2}", "{\"a\":1,\"\\u0061\":3}", SET("a", "3"));
}

static void
a_second_edit_of_a_member_wins(void **state)
{
	(void)state;
	ASSERT_EDITED("{\"a\":1}", "{\"a\":3}", SET("a", "2"), SET("a", "3"));
	ASSERT_EDITED("{}", "{\"a\":3}", SET("a", "2"), SET("a", "3"));
	ASSERT_EDITED("{}", "{\"a\":3}", APPEND("a", "2"), APPEND("a", "3"));
	ASSERT_EDITED("{\"a\":1}", "{\"a\":3}", DROP("a"), SET("a", "3"));
	ASSERT_EDITED("{\"a\":1,\"b\":2}", "{\"b\":2}", SET("a", "3"), DROP("a"));
	ASSERT_EDITED("{}", "{}", SET("a", "3"), DROP("a"));
}

#define THREE "{ \"a\" : 1 , \"b\" : 2 ,\t\"c\" : 3 }"

static void
a_dropped_member_takes_one_comma_along(void **state)
{
	(void)state;
	ASSERT_EDITED(THREE, "{ \"b\" : 2 ,\t\"c\" : 3 }", DROP("a"));
	ASSERT_EDITED(THREE, "{ \"a\" : 1 , \"c\" : 3 }", DROP("b"));
	ASSERT_EDITED(THREE, "{ \"a\" : 1 , \"b\" : 2 }", DROP("c"));
	ASSERT_EDITED(THREE, "{ \"c\" : 3 }", DROP("a"), DROP("b"));
	ASSERT_EDITED(THREE, "{ \"a\" : 1 }", DROP("c"), DROP("b"));
	ASSERT_EDITED(THREE, "{ \"b\" : 2 }", DROP("c"), DROP("a"));
	ASSERT_EDITED(THREE, THREE, DROP("x"));
	ASSERT_EDITED("{\"a\":1}", "{}", DROP("a"));
	ASSERT_EDITED("{\"a\":1,\"b\":2}", "{\"c\":3}", DROP("a"), DROP("b"), SET("c", "3"));
	ASSERT_EDITED(
	    "{\"a\":1,\"b\":2}", "{\"b\":5,\"c\":3}", DROP("a"), SET("b", "5"), SET("c", "3"));
}

static void
a_dropped_member_does_not_uncover_an_earlier_one(void **state)
{
	(void)state;
	ASSERT_EDITED("{\"a\":1,\"b\":0,\"a\":2}", "{\"b\":0}", DROP("a"));
	ASSERT_EDITED("{\"a\":1,\"\\u0061\":2}", "{}", DROP("a"));
}

static void
assert_merged(const char *target, const char *patch, const char *want)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	json_merge_patch(json_literal(target), json_literal(patch), &out);
	assert_string_equal(out.p, want);
	buf_release(&out);
}

static void
merge_patches_follow_the_table_of_rfc_7396(void **state)
{
	(void)state;
	assert_merged("{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}");
	assert_merged("{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}");
	assert_merged("{\"a\":\"b\"}", "{\"a\":null}", "{}");
	assert_merged("{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}");
	assert_merged("{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}");
	assert_merged("{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}");
	assert_merged(
	    "{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}");
	assert_merged("{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}");
	assert_merged("[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]");
	assert_merged("{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]");
	assert_merged("{\"a\":\"foo\"}", "null", "null");
	assert_merged("{\"a\":\"foo\"}", "\"bar\"", "\"bar\"");
	assert_merged("{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}");
	assert_merged("[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}");
	assert_merged("{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}");
}

static void
a_merge_leaves_what_the_patch_does_not_name(void **state)
{
	(void)state;
	assert_merged("{\"z\" : 1.10,\"a\":{\"x\": 1790000000001234567}, \"m\":\"\\u00e9\"}",
	    "{\"a\":{\"y\":[null]}}",
	    "{\"z\" : 1.10,\"a\":{\"x\": 1790000000001234567,\"y\":[null]},\"m\":\"\\u00e9\"}");
	assert_merged("{\"a\":1,\"a\":2}", "{\"\\u0061\":3,\"a\":4}", "{\"a\":4}");
	assert_merged("{\"a\":1,\"a\":2}", "{\"a\":null}", "{}");
	assert_merged("{}", "{\"a\":1,\"a\":2}", "{\"a\":2}");
	assert_merged("{\"a\":null}", "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_member_follows_the_last_one),
		cmocka_unit_test(every_other_byte_stays),
		cmocka_unit_test(the_last_of_duplicates_is_the_one_set),
		cmocka_unit_test(a_second_edit_of_a_member_wins),
		cmocka_unit_test(a_dropped_member_takes_one_comma_along),
		cmocka_unit_test(a_dropped_member_does_not_uncover_an_earlier_one),
		cmocka_unit_test(merge_patches_follow_the_table_of_rfc_7396),
		cmocka_unit_test(a_merge_leaves_what_the_patch_does_not_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
