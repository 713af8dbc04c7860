/* SPDX-License-Identifier: MIT */
/* test_jsonw - the JSON writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>

#include "json/jsonw.h"

static void
assert_quoted(const char *p, size_t n, const char *want)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct json v;

	jsonw_quote(&out, (struct str){ p, n });
	assert_string_equal(out.p, want);
	assert_int_equal(json_parse(out.p, out.len, &v, &err), 0);
	buf_release(&out);
}

#define ASSERT_QUOTED(s, want) assert_quoted(s, sizeof(s) - 1, want)

static void
a_string_is_quoted_and_escaped(void **state)
{
	(void)state;
	ASSERT_QUOTED("", "\"\"");
	ASSERT_QUOTED("plain", "\"plain\"");
	ASSERT_QUOTED("a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
	ASSERT_QUOTED("\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"");
	ASSERT_QUOTED("a\0b\x01\x1F\x7F", "\"a\\u0000b\\u0001\\u001f\x7F\"");
	ASSERT_QUOTED("caf\xC3\xA9 \xF0\x9F\x98\x80", "\"caf\xC3\xA9 \xF0\x9F\x98\x80\"");
	ASSERT_QUOTED(
	    "0123456789abcdef\"0123456789abcdef\n", "\"0123456789abcdef\\\"0123456789abcdef\\n\"");
}

static void
malformed_bytes_become_the_replacement_character(void **state)
{
	(void)state;
	ASSERT_QUOTED("\xFF", "\"\xEF\xBF\xBD\"");
	ASSERT_QUOTED("a\xC3", "\"a\xEF\xBF\xBD\"");
	ASSERT_QUOTED("\xC3(", "\"\xEF\xBF\xBD(\"");
	ASSERT_QUOTED("\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
	ASSERT_QUOTED("\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

static void
commas_and_colons_stand_where_they_belong(void **state)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	(void)state;
	jsonw_start(&w, &out);
	jsonw_object(&w);
	jsonw_kstr(&w, "a", "x");
	jsonw_key(&w, "b");
	jsonw_array(&w);
	jsonw_i64(&w, INT64_MIN);
	jsonw_bool(&w, true);
	jsonw_null(&w);
	jsonw_array(&w);
	jsonw_end(&w);
	jsonw_object(&w);
	jsonw_end(&w);
	jsonw_str(&w, NULL);
	jsonw_end(&w);
	jsonw_kjson(&w, "c", JSON_ABSENT);
	jsonw_kjson_opt(&w, "d", JSON_ABSENT);
	jsonw_kjson_opt(&w, "e", json_literal("1.10"));
	jsonw_kbool(&w, "f", false);
	jsonw_ki64(&w, "g\n", 0);
	jsonw_kstrn(&w, "h", STR_LIT("y\0z"));
	jsonw_key(&w, "i");
	jsonw_usd(&w, 1500000);
	jsonw_end(&w);
	assert_string_equal(out.p,
	    "{\"a\":\"x\",\"b\":[-9223372036854775808,true,null,[],{},null],\"c\":null,\"e\":1.10,"
	    "\"f\":false,\"g\\n\":0,\"h\":\"y\\u0000z\",\"i\":0.0000015}");
	buf_release(&out);
}

static void
assert_members(const char *first, const char *spliced, const char *want)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	jsonw_start(&w, &out);
	jsonw_object(&w);
	if (first)
		jsonw_kstr(&w, first, "v");
	jsonw_members(&w, spliced ? json_literal(spliced) : JSON_ABSENT);
	jsonw_kbool(&w, "z", true);
	jsonw_end(&w);
	assert_string_equal(out.p, want);
	buf_release(&out);
}

static void
members_are_spliced_in_as_they_lie(void **state)
{
	(void)state;
	assert_members(
	    "a", "{ \"b\" : 1.0, \"c\":2 }", "{\"a\":\"v\",\"b\" : 1.0, \"c\":2,\"z\":true}");
	assert_members(NULL, "{\"b\":1}", "{\"b\":1,\"z\":true}");
	assert_members("a", "{ }", "{\"a\":\"v\",\"z\":true}");
	assert_members(NULL, "{}", "{\"z\":true}");
	assert_members("a", NULL, "{\"a\":\"v\",\"z\":true}");
	assert_members("a", "[1]", "{\"a\":\"v\",\"z\":true}");
}

static void
assert_double(double d, const char *want)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	jsonw_start(&w, &out);
	jsonw_double(&w, d);
	assert_string_equal(out.p, want);
	buf_release(&out);
}

static void
a_double_is_as_short_as_reads_back_the_same(void **state)
{
	(void)state;
	assert_double(0, "0");
	assert_double(5, "5");
	assert_double(0.1, "0.1");
	assert_double(0.1 + 0.2, "0.30000000000000004");
	assert_double(-1.5e300, "-1.5e+300");
	assert_double(5e-324, "4.94065645841247e-324");
	assert_double((double)INFINITY, "null");
	assert_double((double)NAN, "null");
}

static void
a_deep_document_keeps_its_brackets(void **state)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct json v;
	struct jsonw w;
	int i;

	(void)state;
	jsonw_start(&w, &out);
	for (i = 0; i < JSONW_DEPTH_MAX / 2; i++) {
		jsonw_array(&w);
		jsonw_object(&w);
		jsonw_key(&w, "k");
	}
	jsonw_i64(&w, 1);
	for (i = 0; i < JSONW_DEPTH_MAX; i++)
		jsonw_end(&w);
	assert_int_equal(json_parse(out.p, out.len, &v, &err), 0);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_string_is_quoted_and_escaped),
		cmocka_unit_test(malformed_bytes_become_the_replacement_character),
		cmocka_unit_test(commas_and_colons_stand_where_they_belong),
		cmocka_unit_test(members_are_spliced_in_as_they_lie),
		cmocka_unit_test(a_double_is_as_short_as_reads_back_the_same),
		cmocka_unit_test(a_deep_document_keeps_its_brackets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
