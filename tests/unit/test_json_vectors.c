/* SPDX-License-Identifier: MIT */
/*
 * test_json_vectors - what RFC 8259 accepts, what it refuses, and what we chose where it leaves the
 * choice: numbers of any size and unpaired surrogate escapes are accepted (nothing here converts
 * them), a byte order mark, malformed UTF-8 and nesting past JSON_DEPTH_MAX are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/mem.h"
#include "json/json.h"

struct vector {
	const char *text;
	size_t len;
};

#define V(s)                                                                                       \
	{                                                                                          \
		s, sizeof(s) - 1                                                                   \
	}
#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct vector good_structures[] = {
	V("[]"),
	V("{}"),
	V("[[]]"),
	V("[{}]"),
	V("{\"\":{}}"),
	V("[ ]"),
	V("{ }"),
	V("[\n]"),
	V(" [] "),
	V("\t[]\r\n"),
	V("[[]   ]"),
	V("[   []]"),
	V("[1\n]"),
	V(" [1]"),
	V("[1] "),
	V("[\"\"]"),
	V("[\"a\"]"),
	V("[false]"),
	V("[true]"),
	V("[null]"),
	V("[null, 1, \"1\", {}]"),
	V("[1,null,null,null,2]"),
	V("[2] "),
	V("[[[[[[[[[[]]]]]]]]]]"),
	V("[[],[],[[]]]"),
	V("{\"a\":\"b\"}"),
	V("{\"a\":\"b\",\"a\":\"b\"}"),
	V("{\"a\":\"b\",\"a\":\"c\"}"),
	V("{\"\":0}"),
	V("{\"foo\\u0000bar\": 42}"),
	V("{\"a\":[]}"),
	V("{\"a\":{\"b\":{\"c\":{}}}}"),
	V("{ \"min\": -1.0e+28, \"max\": 1.0e+28 }"),
	V("{\"x\":[{\"id\": \"xxxx\"}], \"id\": \"xx\"}"),
	V("{\"title\":\"\\u041f\\u043e\\u043b\\u0442\\u043e\\u0440\\u0430 \\u0417\" }"),
	V("{\n\"a\": \"b\"\n}"),
	V("{\"a\" :1}"),
	V("{\"a\": 1}"),
	V("{ \"a\":1 ,\"b\":2 }"),
	V("{\"a\"\n\t:\r\n1\n,\n\"b\":\n2}"),
	V("[1,2,3,[4,[5,{\"6\":[7]}]]]"),
	V("[{},{},{}]"),
	V("[\r\n\t 1\r\n\t ,\r\n\t 2\r\n\t ]"),
	V("{\"a\":null,\"b\":true,\"c\":false}"),
	V("{\"asd\":\"sdf\", \"dfg\":\"fgh\"}"),
	V("{\"asd\":\"sdf\"}"),
	V("[[1],{\"a\":[2]},\"]\"]"),
	V("[\"}\",\"]\",\"{\",\"[\"]"),
	V("{\"}\":\"{\"}"),
	V("{\",\":\":\"}"),
};

static const struct vector good_lone_values[] = {
	V("0"),
	V("-0"),
	V("42"),
	V("-0.1"),
	V("\"asd\""),
	V("\"\""),
	V("true"),
	V("false"),
	V("null"),
	V(" true "),
	V("\n1\n"),
	V("\t\"x\"\t"),
	V("1e5"),
	V(" \r\n\t null \r\n\t "),
};

static const struct vector good_numbers[] = {
	V("[123e65]"),
	V("[0e+1]"),
	V("[0e1]"),
	V("[ 4]"),
	V("[-0]"),
	V("[-0.0]"),
	V("[-123]"),
	V("[-1]"),
	V("[-0e0]"),
	V("[1E22]"),
	V("[1E-2]"),
	V("[1E+2]"),
	V("[123e45]"),
	V("[123.456e78]"),
	V("[1e-2]"),
	V("[1e+2]"),
	V("[123]"),
	V("[123.456789]"),
	V("[0]"),
	V("[0.0]"),
	V("[0.5]"),
	V("[10]"),
	V("[100]"),
	V("[1.000000000000000000000000000000000000000000000000001]"),
	V("[0e0]"),
	V("[0E0]"),
	V("[0.0e0]"),
	V("[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]"),
	V("[9007199254740993]"),
	V("[1790000000001234567]"),
	V("[1.10]"),
	V("[20e1]"),
	V("[1e00]"),
	V("[1e007]"),
	V("[0,0]"),
	V("[-9223372036854775808]"),
	V("[18446744073709551616]"),
};

static const struct vector good_strings[] = {
	V("[\"\\u0060\\u012a\\u12AB\"]"),
	V("[\"\\ud801\\udc37\"]"),
	V("[\"\\ud83d\\ude39\\ud83d\\udc8d\"]"),
	V("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"),
	V("[\"\\\\u0000\"]"),
	V("[\"\\\"\"]"),
	V("[\"a/*b*/c/*d//e\"]"),
	V("[\"\\\\a\"]"),
	V("[\"\\\\n\"]"),
	V("[\"\\u0012\"]"),
	V("[\"\\uFFFF\"]"),
	V("[\"asd\"]"),
	V("[ \"asd\"]"),
	V("[\"\\uDBFF\\uDFFF\"]"),
	V("[\"new\\u00A0line\"]"),
	V("[\"\xF4\x8F\xBF\xBF\"]"),
	V("[\"\xEF\xBF\xBF\"]"),
	V("[\"\\u0000\"]"),
	V("[\"\\u002c\"]"),
	V("[\"\xCF\x80\"]"),
	V("[\"\xF0\x9B\xBF\xBF\"]"),
	V("[\"\\uD834\\uDd1e\"]"),
	V("[\"\\u0821\"]"),
	V("[\"\\u0123\"]"),
	V("[\"\xE2\x80\xA8\"]"),
	V("[\"\xE2\x80\xA9\"]"),
	V("[\"\\u0061\\u30af\\u30EA\\u30b9\"]"),
	V("[\"new\\u000Aline\"]"),
	V("[\"\x7F\"]"),
	V("[\"a\x7F"
	  "a\"]"),
	V("[\"\\uA66D\"]"),
	V("[\"\xE2\x8D\x82\xE3\x88\xB4\xE2\x8D\x82\"]"),
	V("[\"\\u005C\"]"),
	V("[\"\\u0022\"]"),
	V("[\"\\u200B\"]"),
	V("[\"\\u2064\"]"),
	V("[\"\\uFDD0\"]"),
	V("[\"\\uFFFE\"]"),
	V("[\"\\uDBFF\\uDFFE\"]"),
	V("[\"\\uD83F\\uDFFE\"]"),
	V("[\"\xC2\x80\"]"),
	V("[\"\xDF\xBF\"]"),
	V("[\"\xE0\xA0\x80\"]"),
	V("[\"\xED\x9F\xBF\"]"),
	V("[\"\xEE\x80\x80\"]"),
	V("[\"\xF0\x90\x80\x80\"]"),
	V("[\" \"]"),
	V("[\"0123456789abcdef0123456789abcdef\"]"),
	V("[\"0123456789abcde\\n\"]"),
	V("[\"0123456789abcdef\xC3\xA9\"]"),
	V("[\"0123456789abcd\xE2\x82\xAC\"]"),
	V("\"\\uAbCd\\uEF09\""),
};

/* Where the standard leaves the choice, and we accept. */
static const struct vector chosen_good[] = {
	V("[123.456e-789]"),
	V("[0.4e00669999999999999999999999999999999999999999999999999999999999]"),
	V("[-1e+9999]"),
	V("[1.5e+9999]"),
	V("[-123123e100000]"),
	V("[123123e100000]"),
	V("[123e-10000000]"),
	V("[-123123123123123123123123123123]"),
	V("[100000000000000000000]"),
	V("[-237462374673276894279832749832423479823246327846]"),
	V("{\"\\uDFAA\":0}"),
	V("[\"\\uDADA\"]"),
	V("[\"\\uD888\\u1234\"]"),
	V("[\"\\uD800\\n\"]"),
	V("[\"\\uDd1ea\"]"),
	V("[\"\\uD800\\uD800\\n\"]"),
	V("[\"\\ud800\"]"),
	V("[\"\\ud800abc\"]"),
	V("[\"\\uDd1e\\uD834\"]"),
	V("[\"\\uDFAA\"]"),
};

static const struct vector bad_structures[] = {
	V(""),
	V(" "),
	V("\n"),
	V("["),
	V("]"),
	V("{"),
	V("}"),
	V("[["),
	V("]]"),
	V("[}"),
	V("{]"),
	V("[1}"),
	V("{\"a\":1]"),
	V("[1 true]"),
	V("[\"\": 1]"),
	V("[\"\"],"),
	V("[,1]"),
	V("[1,,2]"),
	V("[\"x\",,]"),
	V("[\"x\"]]"),
	V("[\"\",]"),
	V("[\"x\""),
	V("[x"),
	V("[3[4]]"),
	V("[1:2]"),
	V("[,]"),
	V("[-]"),
	V("[   , \"\"]"),
	V("[\"a\",\n4\n,1,"),
	V("[1,]"),
	V("[1,\n1\n,1"),
	V("[\"\va\"\\f]"),
	V("[*]"),
	V("[\"\""),
	V("[1,"),
	V("[{}"),
	V("[1]x"),
	V("[1]]"),
	V("[][]"),
	V("[]{}"),
	V("[1] 2"),
	V("{}}"),
	V("{}#"),
	V("{} {}"),
	V("1 2"),
	V("1,"),
	V(","),
	V("[\"x\", truth]"),
	V("{[: \"x\"}"),
	V("{\"x\", null}"),
	V("{\"x\"::\"b\"}"),
	V("{\"a\":\"a\" 123}"),
	V("{key: 'value'}"),
	V("{\"a\" b}"),
	V("{:\"b\"}"),
	V("{\"a\" \"b\"}"),
	V("{\"a\":"),
	V("{\"a\""),
	V("{1:1}"),
	V("{9999E9999:1}"),
	V("{null:null,null:null}"),
	V("{\"id\":0,,,,,}"),
	V("{'a':0}"),
	V("{\"id\":0,}"),
	V("{\"a\":\"b\"}/**/"),
	V("{\"a\":\"b\"}/**//"),
	V("{\"a\":\"b\"}//"),
	V("{\"a\":\"b\"}/"),
	V("{\"a\":\"b\",,\"c\":\"d\"}"),
	V("{a: \"b\"}"),
	V("{\"a\":\"a"),
	V("{ \"foo\" : \"bar\", \"a\" }"),
	V("{\"a\":\"b\"}#"),
	V("{\"a\":1,2}"),
	V("{\"a\",\"b\"}"),
	V("{,}"),
	V("{,\"a\":1}"),
	V("{\"a\":}"),
	V("{\"a\":,}"),
	V("{\"a\":1 \"b\":2}"),
	V("{\"a\":1;\"b\":2}"),
	V("{\"a\"=1}"),
	V("{true:1}"),
	V("{[]:1}"),
	V("{{}:1}"),
	V("{\"a\":1,,}"),
	V("{\"a\" 1}"),
	V("{\"a\":1:2}"),
	V("{\"\""),
	V("{\"\":"),
	V("<.>"),
	V("[<null>]"),
	V("[1]x"),
	V("[\x0C]"),
	V("[\v]"),
	V("[\\u000A\"\"]"),
	V("[\"asd]"),
	V("[\xE2\x81\xA0]"),
	V("\xE2\x81\xA0"),
	V("\xEF\xBB\xBF"),
	V("[\xC3\xA5]"),
	V("\xC3\xA5"),
	V("[\xA0]"),
	V("[1\xC2\xA0]"),
	V("\xC2\xA0[]"),
	V("[]\xC2\xA0"),
	V("*"),
	V("{\"a\":/*comment*/\"b\"}"),
	V("{\"a\": true} \"x\""),
	V("['"),
	V("[,"),
	V("[{"),
	V("[\"a"),
	V("[\"a\""),
	V("{,"),
	V("{["),
	V("{\"a"),
	V("{'a'"),
	V("[\"\\{[\"\\{[\"\\{[\"\\{"),
	V("\xE9"),
	V("2@"),
	V("{}}"),
	V("{\"\":"),
	V("{\"a\":/"),
	V("[False]"),
	V("[True]"),
	V("[nul]"),
	V("[tru]"),
	V("[fals]"),
	V("[nulll]"),
	V("[truee]"),
	V("[falsee]"),
	V("nul"),
	V("tru"),
	V("fals"),
	V("n"),
	V("t"),
	V("f"),
	V("TRUE"),
	V("Null"),
	V("[nullnull]"),
	V("[truefalse]"),
	V("[undefined]"),
	V("\0"),
	V("[\0]"),
	V("[]\0"),
	V("\0[]"),
	V("[1,\0"
	  "2]"),
	V("{\"a\"\0:1}"),
	V("123\0"),
	V("[\x1F]"),
	V("[\x7F]"),
	V("// c\n[]"),
	V("/**/[]"),
	V("#\n[]"),
	V("[1 2]"),
	V("[1\n2]"),
	V("[\"a\" \"b\"]"),
	V("[[] []]"),
	V("[{}{}]"),
	V("[true,]"),
	V("[]]"),
	V("[)"),
	V("()"),
	V("[1;2]"),
	V("`a`"),
	V("a"),
	V("[a]"),
	V("[\"a\"b]"),
	V("{\"a\":b}"),
	V("{\"a\":tru}"),
	V("\x08"),
	V("[\x08]"),
};

static const struct vector bad_numbers[] = {
	V("[-01]"),
	V("[-2.]"),
	V("[.-1]"),
	V("[.2e-3]"),
	V("[0.1.2]"),
	V("[0.3e+]"),
	V("[0.3e]"),
	V("[0.e1]"),
	V("[0E+]"),
	V("[0E]"),
	V("[0e+]"),
	V("[0e]"),
	V("[1.0e+]"),
	V("[1.0e-]"),
	V("[1.0e]"),
	V("[1 000.0]"),
	V("[1eE2]"),
	V("[+1]"),
	V("[++1234]"),
	V("[+Inf]"),
	V("[Inf]"),
	V("[Infinity]"),
	V("[-Infinity]"),
	V("[NaN]"),
	V("[-NaN]"),
	V("[nan]"),
	V("[0x1]"),
	V("[0x42]"),
	V("[0b1]"),
	V("[0o7]"),
	V("[1+2]"),
	V("[1-2]"),
	V("[- 1]"),
	V("[-012]"),
	V("[-1x]"),
	V("[1ea]"),
	V("[1e\xE5]"),
	V("[1.]"),
	V("[.123]"),
	V("[-.5]"),
	V("[01]"),
	V("[00]"),
	V("[-00]"),
	V("[012]"),
	V("[1.2a-3]"),
	V("[1.8011670033376514H-308]"),
	V("[2.e3]"),
	V("[2.e-3]"),
	V("[2.e+3]"),
	V("[9.e+]"),
	V("[1e]"),
	V("[1e+]"),
	V("[1e-]"),
	V("[1e1.5]"),
	V("[1e1e1]"),
	V("[1.1.1]"),
	V("[--1]"),
	V("[-a]"),
	V("[-foo]"),
	V("[1a]"),
	V("[123\xE5]"),
	V("[\xEF\xBC\x91]"),
	V("[0e\xEF\xBC\x91]"),
	V("[1_000]"),
	V("[1,000.5,]"),
	V("[1\xC2\xA0]"),
	V("-"),
	V("+"),
	V("."),
	V("1."),
	V("1e"),
	V("-e1"),
	V("0x"),
	V("0123"),
	V("1..2"),
	V("1.e1"),
	V(".1"),
	V("-.1"),
	V("1f"),
	V("1L"),
	V("0.0.0"),
	V("e5"),
	V("E5"),
	V("[1E]"),
	V("-x"),
	V("--0"),
};

static const struct vector bad_strings[] = {
	V("[\"\\uD800\\u\"]"),
	V("[\"\\uD800\\u1\"]"),
	V("[\"\\uD800\\u1x\"]"),
	V("[\xC3\xA9]"),
	V("[\"\\x00\"]"),
	V("[\"\\\\\\\"]"),
	V("[\"\\\t\"]"),
	V("[\"\\\xF0\x9F\x8C\x80\"]"),
	V("[\"\\\"]"),
	V("[\"\\u00A\"]"),
	V("[\"\\uD834\\uDd\"]"),
	V("[\"\\uD800\\uD800\\x\"]"),
	V("[\"\\a\"]"),
	V("[\"\\uqqqq\"]"),
	V("[\"\\\xE5\"]"),
	V("[\\u0020\"asd\"]"),
	V("[\\n]"),
	V("\""),
	V("['single quote']"),
	V("abc"),
	V("[\"\\"),
	V("[\"a\0"
	  "a\"]"),
	V("[\"new\nline\"]"),
	V("[\"\t\"]"),
	V("\"\\UA66D\""),
	V("\"\"x"),
	V("[\"\\u\"]"),
	V("[\"\\u0\"]"),
	V("[\"\\u00\"]"),
	V("[\"\\u000\"]"),
	V("[\"\\u000g\"]"),
	V("[\"\\u00 0\"]"),
	V("[\"\\u+123\"]"),
	V("[\"\\u-123\"]"),
	V("[\"\\u 123\"]"),
	V("[\"\\0\"]"),
	V("[\"\\1\"]"),
	V("[\"\\v\"]"),
	V("[\"\\'\"]"),
	V("[\"\\ \"]"),
	V("[\"\\e\"]"),
	V("[\"\\N\"]"),
	V("[\"\\U00000041\"]"),
	V("[\"\x01\"]"),
	V("[\"\x1F\"]"),
	V("[\"\r\"]"),
	V("[\"\x0B\"]"),
	V("[\"\x08\"]"),
	V("[\"0123456789abcdef\x1F\"]"),
	V("[\"0123456789abcdef\n0123456789abcdef\"]"),
	V("\"a"),
	V("\"a\\"),
	V("\"a\\\""),
	V("\"\\u"),
	V("\"\\u12"),
	V("\"\\u1234"),
	V("'a'"),
	V("\"a\" \"b\""),
	V("\"a\"\"b\""),
	V("\\u0061"),
	V("\"0123456789abcdef0123456789abcdef"),
	V("[\"\0\"]"),
};

/* Malformed UTF-8 and what looks like another encoding. */
static const struct vector bad_bytes[] = {
	V("[\"\xFF\"]"),
	V("[\"\x81\"]"),
	V("[\"\x80\"]"),
	V("[\"\xBF\"]"),
	V("[\"\xC0\xAF\"]"),
	V("[\"\xC0\x80\"]"),
	V("[\"\xC1\xBF\"]"),
	V("[\"\xC3\"]"),
	V("[\"\xC3("),
	V("[\"\xC3(\"]"),
	V("[\"\xE0\x80\x80\"]"),
	V("[\"\xE0\x9F\xBF\"]"),
	V("[\"\xE0\xFF\"]"),
	V("[\"\xE2\x82\"]"),
	V("[\"\xE2\x28\xA1\"]"),
	V("[\"\xE2\x82\x28\"]"),
	V("[\"\xED\xA0\x80\"]"),
	V("[\"\xED\xBF\xBF\"]"),
	V("[\"\xED\xA0\x81\xED\xB0\x80\"]"),
	V("[\"\xF0\x80\x80\x80\"]"),
	V("[\"\xF0\x8F\xBF\xBF\"]"),
	V("[\"\xF0\x9F\x98\"]"),
	V("[\"\xF0\x28\x8C\xBC\"]"),
	V("[\"\xF0\x90\x28\xBC\"]"),
	V("[\"\xF0\x28\x8C\x28\"]"),
	V("[\"\xF4\x90\x80\x80\"]"),
	V("[\"\xF4\xBF\xBF\xBF\"]"),
	V("[\"\xF5\x80\x80\x80\"]"),
	V("[\"\xF8\x88\x80\x80\x80\"]"),
	V("[\"\xFC\x83\xBF\xBF\xBF\xBF\"]"),
	V("[\"\xFE\"]"),
	V("[\"\xFC\x80\x80\x80\x80\xAF\"]"),
	V("[\"\xE6\x97\xA5\xD1\x88\xFA\"]"),
	V("{\"\xFF\":1}"),
	V("{\"\xB9\":\"0\"}"),
	V("[\"0123456789abcdef\xC3\"]"),
	V("[\"0123456789abcdef0123456789abc\xE2\x82\"]"),
	V("\"\xC3"),
	V("\"\xE2\x82"),
	V("\"\xF0\x9F\x98"),
	V("\xEF\xBB\xBF{}"),
	V("\xEF\xBB\xBF[]"),
	V("\xFF\xFE[\0\"\0\xE9\0\"\0]\0"),
	V("\0[\0\"\0\xE9\0\"\0]"),
	V("[\0\"\0\xE9\0\"\0]\0"),
	V("\xFE\xFF\0[\0]"),
	V("\xFF\xFE[\0]\0"),
};

static bool
accepts(const char *text, size_t len)
{
	char *copy = xmemdup(text, len); /* its own bytes: a sanitizer sees a read past the end */
	char *exact = xreallocn(copy, len ? len : 1, 1);
	struct err err = ERR_INIT;
	struct json v;
	bool ok = json_parse(exact, len, &v, &err) == 0;

	free(exact);
	return ok;
}

static void
check_all(const struct vector *list, size_t count, bool want)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (accepts(list[i].text, list[i].len) != want)
			fail_msg("%zu: %s is %s", i, list[i].text, want ? "refused" : "accepted");
	}
}

static void
what_the_standard_accepts_is_accepted(void **state)
{
	(void)state;
	check_all(good_structures, COUNT(good_structures), true);
	check_all(good_lone_values, COUNT(good_lone_values), true);
	check_all(good_numbers, COUNT(good_numbers), true);
	check_all(good_strings, COUNT(good_strings), true);
}

static void
huge_numbers_and_unpaired_surrogate_escapes_are_accepted(void **state)
{
	(void)state;
	check_all(chosen_good, COUNT(chosen_good), true);
}

static void
broken_structures_are_refused(void **state)
{
	(void)state;
	check_all(bad_structures, COUNT(bad_structures), false);
}

static void
numbers_of_other_languages_are_refused(void **state)
{
	(void)state;
	check_all(bad_numbers, COUNT(bad_numbers), false);
}

static void
broken_strings_are_refused(void **state)
{
	(void)state;
	check_all(bad_strings, COUNT(bad_strings), false);
}

static void
malformed_utf8_and_other_encodings_are_refused(void **state)
{
	(void)state;
	check_all(bad_bytes, COUNT(bad_bytes), false);
}

/* Every text, cut anywhere, is answered without a read
 * past its end: accepts hands over exact copies, and a sanitizer watches. */
static void
cut_texts_are_never_read_past_their_end(void **state)
{
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(good_structures); i++) {
		for (n = 0; n < good_structures[i].len; n++)
			(void)accepts(good_structures[i].text, n);
	}
	for (i = 0; i < COUNT(good_strings); i++) {
		for (n = 0; n < good_strings[i].len; n++)
			assert_false(accepts(good_strings[i].text, n));
	}
}

/* A string of plain bytes but for odd, which stands behind pad of them. */
static bool
accepts_at(size_t pad, const char *odd)
{
	struct buf b = BUF_INIT(BUF_UNLIMITED);
	bool ok;

	buf_addc(&b, '"');
	while (b.len <= pad)
		buf_addc(&b, 'a');
	buf_adds(&b, odd);
	while (b.len <= pad + 100)
		buf_addc(&b, 'b');
	buf_addc(&b, '"');
	ok = accepts(b.p, b.len);
	buf_release(&b);
	return ok;
}

static void
what_is_odd_in_a_string_is_seen_wherever_it_stands(void **state)
{
	static const char *const good[] = { "\\n", "\\\\", "\\\"", "\\u00e9", "\xC3\xA9",
		"\xF0\x9F\x98\x80", "\\\\\\\"\\n\xE2\x82\xAC\\t" };
	static const char *const bad[] = { "\n", "\x1F", "\\x", "\\u12g4", "\xC3", "\xE2\x82",
		"\xED\xA0\x80", "\\n\x01", "\"", "\\\\\"", "\xC3\xA9\x80" };
	size_t pad, i;

	(void)state;
	for (pad = 0; pad < 200; pad++) {
		for (i = 0; i < COUNT(good); i++)
			assert_true(accepts_at(pad, good[i]));
		for (i = 0; i < COUNT(bad); i++)
			assert_false(accepts_at(pad, bad[i]));
	}
}

static char *
nested(size_t depth, const char *open, const char *close)
{
	struct buf b = BUF_INIT(BUF_UNLIMITED);
	size_t i;

	for (i = 0; i < depth; i++)
		buf_adds(&b, open);
	buf_adds(&b, "0");
	for (i = 0; close && i < depth; i++)
		buf_adds(&b, close);
	return buf_take(&b);
}

static void
assert_nested(size_t depth, const char *open, const char *close, bool want)
{
	char *s = nested(depth, open, close);

	assert_int_equal(accepts(s, strlen(s)), want);
	free(s);
}

static void
nesting_ends_at_the_limit(void **state)
{
	(void)state;
	assert_nested(JSON_DEPTH_MAX, "[", "]", true);
	assert_nested(JSON_DEPTH_MAX + 1, "[", "]", false);
	assert_nested(JSON_DEPTH_MAX, "{\"a\":", "}", true);
	assert_nested(JSON_DEPTH_MAX + 1, "{\"a\":", "}", false);
	assert_nested(JSON_DEPTH_MAX / 2, "[{\"a\":", "}]", true);
	assert_nested(JSON_DEPTH_MAX / 2 + 1, "[{\"a\":", "}]", false);
	assert_nested(100000, "[", NULL, false);
	assert_nested(100000, "[", "]", false);
	assert_nested(100000, "[{\"\":", NULL, false);
	assert_nested(100000, "{\"a\":", NULL, false);
}

static void
assert_error(const char *text, size_t len, const char *want)
{
	struct err err = ERR_INIT;
	struct json v;

	assert_int_equal(json_parse(text, len, &v, &err), -1);
	assert_string_equal(err.text, want);
	assert_int_equal(err.code, EXIT_NO);
}

#define ASSERT_ERROR(text, want) assert_error(text, sizeof(text) - 1, want)

static void
an_error_names_the_byte_and_the_reason(void **state)
{
	(void)state;
	ASSERT_ERROR("", "invalid JSON at byte 1: the text ends where a value should stand");
	ASSERT_ERROR("[1,", "invalid JSON at byte 4: the text ends where a value should stand");
	ASSERT_ERROR("[1", "invalid JSON at byte 3: the text ends inside an object or array");
	ASSERT_ERROR("{\"a\":01}", "invalid JSON at byte 7: a digit behind a leading zero");
	ASSERT_ERROR("[1 2]", "invalid JSON at byte 4: a comma or ']' should stand here");
	ASSERT_ERROR("{\"a\":1]", "invalid JSON at byte 7: a comma or '}' should stand here");
	ASSERT_ERROR(
	    "{a:1}", "invalid JSON at byte 2: a member's name, in quotes, should stand here");
	ASSERT_ERROR(
	    "{\"a\":1,}", "invalid JSON at byte 8: a member's name, in quotes, should stand here");
	ASSERT_ERROR("{\"a\" 1}", "invalid JSON at byte 6: a colon should stand behind the name");
	ASSERT_ERROR("[\"a\xFF\"]", "invalid JSON at byte 4: malformed UTF-8");
	ASSERT_ERROR("[\"\\x\"]", "invalid JSON at byte 3: no such escape");
	ASSERT_ERROR("[\"\\u12G4\"]", "invalid JSON at byte 7: \\u needs four hexadecimal digits");
	ASSERT_ERROR("[\"a\nb\"]", "invalid JSON at byte 4: a control character inside a string");
	ASSERT_ERROR("\"abc", "invalid JSON at byte 5: the text ends inside a string");
	ASSERT_ERROR("[nul]", "invalid JSON at byte 2: not a value");
	ASSERT_ERROR("[1.]", "invalid JSON at byte 4: a decimal point without a digit behind it");
	ASSERT_ERROR("[1e+]", "invalid JSON at byte 5: an exponent without a digit");
	ASSERT_ERROR("[-]", "invalid JSON at byte 3: a minus sign without a digit behind it");
	ASSERT_ERROR("{} x", "invalid JSON at byte 4: the value is over, but the text goes on");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_standard_accepts_is_accepted),
		cmocka_unit_test(huge_numbers_and_unpaired_surrogate_escapes_are_accepted),
		cmocka_unit_test(broken_structures_are_refused),
		cmocka_unit_test(numbers_of_other_languages_are_refused),
		cmocka_unit_test(broken_strings_are_refused),
		cmocka_unit_test(malformed_utf8_and_other_encodings_are_refused),
		cmocka_unit_test(cut_texts_are_never_read_past_their_end),
		cmocka_unit_test(what_is_odd_in_a_string_is_seen_wherever_it_stands),
		cmocka_unit_test(nesting_ends_at_the_limit),
		cmocka_unit_test(an_error_names_the_byte_and_the_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
