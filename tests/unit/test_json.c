/* SPDX-License-Identifier: MIT */
/* test_json - reading JSON where it lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "json/json.h"
#include "support/parsed.h"

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
	struct json v = parsed(
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
	struct json v = parsed("{\"a\":1,\"\\u0061\":2}");

	(void)state;
	assert_raw(json_get(v, "a"), "2");
}

static void
walking_gives_each_member_in_order(void **state)
{
	struct json_iter it = json_each(parsed("{\"x\":[1, 2 ,\"3\"],\"y\" : -0.5e+1}"));

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
	it = json_each(parsed("\"text\""));
	assert_false(json_next(&it));
	assert_int_equal(json_count(parsed("[ ]")), 0);
	assert_int_equal(json_count(JSON_ABSENT), 0);
}

static void
text_is_unescaped(void **state)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct str plain = STR_NONE;
	char *s;

	(void)state;
	json_text(parsed("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\\ud83d\\ude00z\""), &out);
	assert_string_equal(out.p, "a\"\\/\b\f\n\r\t\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z");
	buf_reset(&out);
	json_text(parsed("\"\\ud83d \\ude00\\ud83d\\ud83d\\ude00\\udc00\""), &out);
	assert_string_equal(
	    out.p, "\xEF\xBF\xBD \xEF\xBF\xBD\xEF\xBF\xBD\xF0\x9F\x98\x80\xEF\xBF\xBD");
	buf_reset(&out);
	json_text(parsed("\"\\udc00\\udc00\\ud83d\\u0041\""), &out);
	assert_string_equal(out.p, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
				   "A");
	buf_release(&out);
	s = json_strdup(parsed("\"a\\u0041\""));
	assert_string_equal(s, "aA");
	free(s);
	assert_null(json_strdup(parsed("\"a\\u0000\"")));
	assert_null(json_strdup(parsed("1")));
	assert_null(json_strdup(JSON_ABSENT));
	assert_true(json_plain(parsed("\"ab\""), &plain));
	assert_true(str_is(plain, "ab"));
	assert_false(json_plain(parsed("\"a\\n\""), &plain));
	assert_true(json_eq(parsed("\"a\\u0041\""), "aA"));
	assert_true(json_eq(parsed("\"\""), ""));
	assert_false(json_eq(parsed("\"aA\""), "aAb"));
	assert_false(json_eq(parsed("\"a\\n\""), "a\\n"));
	assert_true(json_eq(parsed("\"a\\\\n\""), "a\\n"));
	assert_false(json_eq(parsed("12"), "12"));
	assert_false(json_eq(JSON_ABSENT, ""));
	assert_true(json_is_empty_string(parsed("\"\"")));
}

static void
an_integer_is_exact_or_refused(void **state)
{
	int64_t n = 7;

	(void)state;
	assert_true(json_i64(parsed("1790000000001234567"), &n));
	assert_true(n == 1790000000001234567);
	assert_true(json_i64(parsed("9223372036854775807"), &n) && n == INT64_MAX);
	assert_true(json_i64(parsed("-9223372036854775808"), &n) && n == INT64_MIN);
	assert_true(json_i64(parsed("-0"), &n) && n == 0);
	n = 7;
	assert_false(json_i64(parsed("9223372036854775808"), &n));
	assert_false(json_i64(parsed("-9223372036854775809"), &n));
	assert_false(json_i64(parsed("12.0"), &n));
	assert_false(json_i64(parsed("1e3"), &n));
	assert_false(json_i64(parsed("\"1\""), &n));
	assert_false(json_i64(parsed("null"), &n));
	assert_false(json_i64(JSON_ABSENT, &n));
	assert_true(n == 7);
	assert_true(json_count_of(parsed("12.0"), &n) && n == 12);
	assert_true(json_count_of(parsed("1e3"), &n) && n == 1000);
	assert_true(json_count_of(parsed("1200e-2"), &n) && n == 12);
	assert_false(json_count_of(parsed("12.5"), &n));
	assert_false(json_count_of(parsed("1e99"), &n));
	assert_false(json_count_of(parsed("1e99999999999999999999"), &n));
}

static void
a_decimal_keeps_every_digit(void **state)
{
	double d = 7;
	int64_t n;

	(void)state;
	assert_true(json_scaled(parsed("0.075"), 6, &n) && n == 75000);
	assert_true(json_scaled(parsed("1.5e-6"), 12, &n) && n == 1500000);
	assert_true(json_scaled(parsed("-1.10"), 2, &n) && n == -110);
	assert_false(json_scaled(parsed("0.0000001"), 6, &n));
	assert_false(json_scaled(parsed("\"0.1\""), 6, &n));
	assert_true(json_double(parsed("-0.5e+1"), &d));
	assert_true(d >= -5 && d <= -5);
	assert_false(json_double(parsed("1e999"), &d));
	assert_false(json_double(parsed("true"), &d));
	assert_true(d >= -5 && d <= -5);
}

static void
assert_equality(const char *a, const char *b, bool want)
{
	if (json_equal(parsed(a), parsed(b)) != want || json_equal(parsed(b), parsed(a)) != want)
		fail_msg("%s and %s should be %s", a, b, want ? "equal" : "different");
}

static void
equality_ignores_spelling(void **state)
{
	(void)state;
	assert_equality("1", "1.0", true);
	assert_equality("100", "1e2", true);
	assert_equality("100", "0.01E+4", true);
	assert_equality("-0", "0.0e5", true);
	assert_equality("120e-1", "12", true);
	assert_equality("0.00012", "12e-5", true);
	assert_equality("12.50", "125e-1", true);
	assert_equality("1e400", "10e399", true);
	assert_equality("9007199254740993", "9007199254740992", false);
	assert_equality("1", "-1", false);
	assert_equality("1", "10", false);
	assert_equality("1", "1.01", false);
	assert_equality("101", "11", false);
	assert_equality("1e99999999999999999999", "1e99999999999999999998", false);
	assert_equality("1e99999999999999999999", "1e99999999999999999999", true);
	assert_equality("0e99999999999999999999", "0", true);
	assert_equality("1", "\"1\"", false);
	assert_equality("true", "false", false);
	assert_equality("null", "null", true);
	assert_equality("\"a\\u0062\\/\"", "\"ab/\"", true);
	assert_equality("\"a\\\\u0062\"", "\"ab\"", false);
	assert_equality("[1,[2,{}]]", "[ 1.0 , [ 2 , { } ] ]", true);
	assert_equality("[1,2]", "[2,1]", false);
	assert_equality("[1,2]", "[1,2,3]", false);
	assert_equality("{\"a\":1,\"b\":2}", "{\"b\":2,\"\\u0061\":1}", true);
	assert_equality("{\"a\":1}", "{\"a\":1,\"b\":null}", false);
	assert_equality("{\"a\":1}", "{\"b\":1}", false);
	assert_equality("{\"a\":1,\"a\":2}", "{\"a\":2}", true);
	assert_equality("{\"a\":1,\"a\":2}", "{\"a\":1}", false);
}

static const char *const wanted[] = { "type", "usage.tokensIn", "usage", "a.b.c", "a.b", "usage" };
enum { WANTED = sizeof wanted / sizeof *wanted };

/* want: the raw value at each path of wanted; NULL: absent. */
static void
assert_scan(const char *text, const char *const *want)
{
	struct json_paths *paths = json_paths_new(wanted, WANTED);
	struct json root, found[WANTED];
	struct err err = ERR_INIT;
	size_t i;

	assert_int_equal(json_scan(paths, text, strlen(text), &root, found, &err), 0);
	for (i = 0; i < WANTED; i++)
		assert_raw(found[i], want[i]);
	assert_raw(root, text);
	json_paths_free(paths);
}

#define ASSERT_SCAN(text, ...) assert_scan(text, (const char *const[]){ __VA_ARGS__ })

static void
a_scan_finds_members_by_path(void **state)
{
	(void)state;
	ASSERT_SCAN("{\"type\":\"x\",\"usage\":{\"tokensIn\":12}}", "\"x\"", "12",
	    "{\"tokensIn\":12}", NULL, NULL, "{\"tokensIn\":12}");
	ASSERT_SCAN("{\"a\":{\"b\":{\"c\":[1,{\"type\":2}]}, \"type\":3}}", NULL, NULL, NULL,
	    "[1,{\"type\":2}]", "{\"c\":[1,{\"type\":2}]}", NULL);
	ASSERT_SCAN("{\"usage\":[{\"tokensIn\":1}],\"a\":{\"b\":5}}", NULL, NULL,
	    "[{\"tokensIn\":1}]", NULL, "5", "[{\"tokensIn\":1}]");
	ASSERT_SCAN("{\"x\":{\"usage\":1,\"type\":1},\"typ\":1,\"types\":1,\"tyqe\":1}", NULL, NULL,
	    NULL, NULL, NULL, NULL);
	ASSERT_SCAN("[{\"type\":1}]", NULL, NULL, NULL, NULL, NULL, NULL);
	ASSERT_SCAN("7", NULL, NULL, NULL, NULL, NULL, NULL);
	ASSERT_SCAN("{\"t\\u0079pe\":1,\"usage\":{\"token\\u0073In\":2}}", "1", "2",
	    "{\"token\\u0073In\":2}", NULL, NULL, "{\"token\\u0073In\":2}");
}

static void
a_scan_too_takes_the_last_of_duplicates(void **state)
{
	(void)state;
	ASSERT_SCAN("{\"type\":1,\"type\":2,\"usage\":{\"tokensIn\":1,\"tokensIn\":3}}", "2", "3",
	    "{\"tokensIn\":1,\"tokensIn\":3}", NULL, NULL, "{\"tokensIn\":1,\"tokensIn\":3}");
	ASSERT_SCAN(
	    "{\"usage\":{\"tokensIn\":1},\"usage\":null}", NULL, NULL, "null", NULL, NULL, "null");
	ASSERT_SCAN(
	    "{\"a\":{\"b\":{\"c\":1}},\"a\":{\"b\":{}}}", NULL, NULL, NULL, NULL, "{}", NULL);
	ASSERT_SCAN("{\"a\":{\"b\":{\"c\":1}},\"a\":{}}", NULL, NULL, NULL, NULL, NULL, NULL);
}

static void
a_scan_refuses_what_parse_refuses(void **state)
{
	struct json_paths *paths = json_paths_new(wanted, WANTED);
	struct json root, found[WANTED];
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(json_scan(paths, "{\"type\":01}", 11, &root, found, &err), -1);
	assert_string_equal(err.text, "invalid JSON at byte 10: a digit behind a leading zero");
	json_paths_free(paths);
	json_paths_free(NULL);
}

static void
a_place_in_a_text_is_one_in_what_spells_it(void **state)
{
	struct json v = parsed("\"ab\\n\\u00e9\\ud83d\\ude00\\ud83dz\xc3\xbc!\"");
	struct json_place at = json_place_start(v);
	static const struct {
		size_t text, raw;
	} places[] = { { 0, 0 }, { 1, 1 }, { 2, 2 }, { 3, 4 }, { 5, 10 }, { 9, 22 }, { 12, 28 },
		{ 13, 29 }, { 15, 31 }, { 16, 32 } };

	(void)state;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		json_place_go(&at, places[i].text);
		assert_int_equal(at.text, places[i].text);
		assert_int_equal(at.p - v.p - 1, places[i].raw);
	}
	assert_ptr_equal(at.p, at.end);
}

static void
a_literal_is_a_value(void **state)
{
	(void)state;
	assert_raw(json_get(json_literal("{\"a\":[1]}"), "a"), "[1]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_member_is_found_by_name),
		cmocka_unit_test(of_duplicate_members_the_last_counts),
		cmocka_unit_test(walking_gives_each_member_in_order),
		cmocka_unit_test(text_is_unescaped),
		cmocka_unit_test(an_integer_is_exact_or_refused),
		cmocka_unit_test(a_decimal_keeps_every_digit),
		cmocka_unit_test(equality_ignores_spelling),
		cmocka_unit_test(a_scan_finds_members_by_path),
		cmocka_unit_test(a_scan_too_takes_the_last_of_duplicates),
		cmocka_unit_test(a_scan_refuses_what_parse_refuses),
		cmocka_unit_test(a_place_in_a_text_is_one_in_what_spells_it),
		cmocka_unit_test(a_literal_is_a_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
