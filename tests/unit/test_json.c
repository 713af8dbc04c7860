/* SPDX-License-Identifier: MIT */
/* test_json - reading JSON where it lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "json/json.h"

static struct json
parse(const char *s)
{
	struct err err = ERR_INIT;
	struct json v;

	if (json_parse(s, strlen(s), &v, &err) < 0)
		fail_msg("%s: %s", s, err.text);
	return v;
}

static void
assert_raw(struct json v, const char *want)
{
	if (!want)
		assert_int_equal(v.kind, JSON_NONE);
	else if (!str_is(json_raw(v), want))
		fail_msg("%.*s is not %s", (int)v.len, v.p, want);
}

static void
a_member_is_found_by_name(void **state)
{
	struct json v = parse(
	    " { \"a\" : 1 , \"b\":[true,{\"c\":\"}\\\"]\"}],\"\":null,\"d\":{}} ");

	(void)state;
	assert_int_equal(v.kind, JSON_OBJECT);
	assert_raw(json_get(v, "a"), "1");
	assert_raw(json_get(v, "b"), "[true,{\"c\":\"}\\\"]\"}]");
	assert_raw(json_get(v, ""), "null");
	assert_raw(json_get(v, "d"), "{}");
	assert_raw(json_get(v, "c"), NULL);
	assert_raw(json_get(json_get(v, "a"), "a"), NULL);
	assert_raw(json_get(JSON_ABSENT, "a"), NULL);
	assert_raw(json_find(v, "b.1.c"), "\"}\\\"]\"");
	assert_raw(json_find(v, "b.2"), NULL);
	assert_raw(json_find(v, "b.x"), NULL);
	assert_raw(json_find(v, "b.-1"), NULL);
}

static void
of_duplicate_members_the_last_counts(void **state)
{
	struct json v = parse("{\"a\":1,\"\\u0061\":2}");

	(void)state;
	assert_raw(json_get(v, "a"), "2");
}

static void
walking_gives_each_member_in_order(void **state)
{
	struct json_iter it = json_each(parse("{\"x\":[1, 2 ,\"3\"],\"y\" : -0.5e+1}"));

	(void)state;
	assert_true(json_next(&it));
	assert_raw(it.key, "\"x\"");
	assert_raw(it.value, "[1, 2 ,\"3\"]");
	assert_int_equal(json_count(it.value), 3);
	assert_true(json_next(&it));
	assert_raw(it.key, "\"y\"");
	assert_raw(it.value, "-0.5e+1");
	assert_false(json_next(&it));
	assert_false(json_next(&it));
	it = json_each(parse("\"text\""));
	assert_false(json_next(&it));
	assert_int_equal(json_count(parse("[ ]")), 0);
	assert_int_equal(json_count(JSON_ABSENT), 0);
}

static void
text_is_unescaped(void **state)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct str plain;
	char *s;

	(void)state;
	json_text(parse("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\\ud83d\\ude00z\""), &out);
	assert_string_equal(out.p, "a\"\\/\b\f\n\r\t\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z");
	buf_reset(&out);
	json_text(parse("\"\\ud83d \\ude00\\ud83d\\ud83d\\ude00\\udc00\""), &out);
	assert_string_equal(
	    out.p, "\xEF\xBF\xBD \xEF\xBF\xBD\xEF\xBF\xBD\xF0\x9F\x98\x80\xEF\xBF\xBD");
	buf_release(&out);
	s = json_strdup(parse("\"a\\u0041\""));
	assert_string_equal(s, "aA");
	free(s);
	assert_null(json_strdup(parse("\"a\\u0000\"")));
	assert_null(json_strdup(parse("1")));
	assert_null(json_strdup(JSON_ABSENT));
	assert_true(json_plain(parse("\"ab\""), &plain));
	assert_true(str_is(plain, "ab"));
	assert_false(json_plain(parse("\"a\\n\""), &plain));
	assert_true(json_eq(parse("\"a\\u0041\""), "aA"));
	assert_true(json_eq(parse("\"\""), ""));
	assert_false(json_eq(parse("\"aA\""), "aAb"));
	assert_false(json_eq(parse("\"a\\n\""), "a\\n"));
	assert_true(json_eq(parse("\"a\\\\n\""), "a\\n"));
	assert_false(json_eq(parse("12"), "12"));
	assert_false(json_eq(JSON_ABSENT, ""));
	assert_true(json_is_empty_string(parse("\"\"")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_member_is_found_by_name),
		cmocka_unit_test(of_duplicate_members_the_last_counts),
		cmocka_unit_test(walking_gives_each_member_in_order),
		cmocka_unit_test(text_is_unescaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
