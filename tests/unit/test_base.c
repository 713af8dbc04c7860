/* SPDX-License-Identifier: MIT */
/* test_base - buffers, strings, and errors on their way up. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

/* --- buf --- */

static void
an_empty_buffer_is_a_c_string(void **state)
{
	struct buf b = BUF_INIT(10);

	(void)state;
	assert_string_equal(b.p, "");
	assert_int_equal(b.len, 0);
	buf_reset(&b); /* must not write to the shared empty string */
	buf_cut(&b, 0);
	assert_string_equal(b.p, "");
	buf_release(&b);
}

static void
appends_keep_bytes_and_a_nul_behind_them(void **state)
{
	struct buf b = BUF_INIT(BUF_UNLIMITED);

	(void)state;
	buf_add(&b, "a\0b", 3);
	buf_adds(&b, "cd");
	buf_addc(&b, 'e');
	buf_addstr(&b, STR_LIT("f"));
	buf_addf(&b, "%d-%s", 7, "x");
	buf_addi(&b, INT64_MIN);
	assert_int_equal(b.len, 3 + 2 + 1 + 1 + 3 + 20);
	assert_memory_equal(b.p, "a\0bcdef7-x-9223372036854775808", b.len + 1);
	buf_release(&b);
}

static void
an_append_past_the_limit_is_dropped_whole(void **state)
{
	struct buf b = BUF_INIT(5);

	(void)state;
	buf_adds(&b, "abc");
	buf_adds(&b, "def");
	assert_true(buf_is_full(&b));
	assert_string_equal(b.p, "abc");
	buf_adds(&b, "de"); /* exactly the limit */
	assert_string_equal(b.p, "abcde");
	buf_addf(&b, "%d", 1);
	buf_addi(&b, 1);
	buf_addc(&b, 'f');
	assert_string_equal(b.p, "abcde");
	assert_true(b.cap <= b.limit + 1);
	assert_null(buf_reserve(&b, 1));
	buf_reset(&b);
	assert_false(buf_is_full(&b));
	buf_release(&b);
}

static void
cutting_takes_from_the_front_and_taking_gives_the_memory_away(void **state)
{
	struct buf b = BUF_INIT(100);
	char *p;

	(void)state;
	buf_adds(&b, "hello world");
	buf_cut(&b, 6);
	assert_string_equal(b.p, "world");
	p = buf_take(&b);
	assert_string_equal(p, "world");
	assert_int_equal(b.len, 0);
	free(p);
	p = buf_take(&b); /* of nothing: still the caller's */
	assert_string_equal(p, "");
	free(p);
}

static void
a_long_build_up_keeps_every_byte(void **state)
{
	struct buf b = BUF_INIT(BUF_UNLIMITED);
	size_t i;

	(void)state;
	for (i = 0; i < 100000; i++)
		buf_addc(&b, (char)('a' + i % 26));
	assert_int_equal(b.len, 100000);
	for (i = 0; i < b.len; i++)
		assert_int_equal(b.p[i], 'a' + i % 26);
	buf_release(&b);
}

/* --- str --- */

static void
strings_compare_by_bytes(void **state)
{
	(void)state;
	assert_true(str_eq(STR_NONE, STR_LIT("")));
	assert_false(str_eq(STR_LIT("a"), STR_LIT("ab")));
	assert_true(str_is(STR_LIT("ab"), "ab"));
	assert_true(str_starts(STR_LIT("abc"), "ab"));
	assert_true(str_starts(STR_LIT("abc"), ""));
	assert_false(str_starts(STR_LIT("a"), "ab"));
	assert_true(str_ends(STR_LIT("abc"), "bc"));
	assert_false(str_ends(STR_LIT("c"), "bc"));
	assert_true(str_has_nocase(STR_LIT("Maximum Context LENGTH is 4"), "context length"));
	assert_false(str_has_nocase(STR_LIT("contex"), "context"));
	assert_true(str_eq_nocase(STR_LIT("Retry-After"), "retry-after"));
	assert_false(str_eq_nocase(STR_LIT("Retry-Afte"), "retry-after"));
}

static void
trimming_takes_white_space_off_both_ends(void **state)
{
	(void)state;
	assert_true(str_is(str_trim(STR_LIT(" \t a b\r\n")), "a b"));
	assert_int_equal(str_trim(STR_LIT(" \n")).len, 0);
	assert_int_equal(str_trim(STR_NONE).len, 0);
}

static void
splitting_gives_every_part_the_empty_ones_too(void **state)
{
	static const char *const parts[] = { "", "a", "", "b", "" };
	struct str rest = STR_LIT(",a,,b,"), part;
	size_t n = 0;

	(void)state;
	while (str_split(&rest, ',', &part)) {
		assert_in_range(n, 0, 4);
		assert_true(str_is(part, parts[n++]));
	}
	assert_int_equal(n, 5);
}

static void
a_cut_never_ends_inside_a_character(void **state)
{
	struct str s = STR_LIT("a\xc3\xa9\xf0\x9f\x98\x80z"); /* a, 2 bytes, 4 bytes, z */
	static const size_t ends[] = { 0, 1, 1, 3, 3, 3, 3, 7, 8, 8 };
	size_t max;

	(void)state;
	for (max = 0; max < sizeof ends / sizeof *ends; max++)
		assert_int_equal(str_cut_utf8(s, max), ends[max]);
}

static void
utf8_is_what_rfc_3629_says(void **state)
{
	static const char *const good[] = { "", "a", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf",
		"\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf" };
	static const char *const bad[] = { "\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf",
		"\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
		"\xc3", "\xe2\x82", "a\xf0\x9f\x98" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(str_is_utf8(str_of(good[i])));
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(str_is_utf8(str_of(bad[i])));
}

static void
the_nearest_name_is_near_or_none(void **state)
{
	static const char *const names[] = { "dependsOn", "timeout", "retry", NULL };

	(void)state;
	assert_string_equal(str_nearest(STR_LIT("dependson"), names), "dependsOn");
	assert_string_equal(str_nearest(STR_LIT("timeotu"), names), "timeout"); /* swapped */
	assert_string_equal(str_nearest(STR_LIT("rety"), names), "retry");
	assert_null(str_nearest(STR_LIT("colour"), names));
}

/* --- err --- */

static void
an_error_carries_its_words_and_its_code(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(err_set(&err, EXIT_CONFIG, "bad %s", "thing"), -1);
	assert_int_equal(err.code, EXIT_CONFIG);
	assert_string_equal(err.text, "bad thing");
	assert_int_equal(err_wrap(&err, "policy line %d", 3), -1);
	assert_string_equal(err.text, "policy line 3: bad thing");
	assert_int_equal(err.code, EXIT_CONFIG);
	assert_int_equal(err_sys(&err, ENOENT, "cannot open %s", "x"), -1);
	assert_int_equal(err.code, EXIT_IO);
	assert_string_equal(err.text, "cannot open x: No such file or directory");
}

static void
a_long_error_is_cut_between_characters(void **state)
{
	struct buf long_text = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	int i;

	(void)state;
	for (i = 0; i < 400; i++)
		buf_adds(&long_text, "\xc3\xa9");
	err_set(&err, EXIT_NO, "x%s", long_text.p);
	assert_true(strlen(err.text) < ERR_TEXT_MAX);
	assert_true(str_is_utf8(str_of(err.text)));
	assert_true(str_ends(str_of(err.text), "..."));
	err_wrap(&err, "%s", long_text.p);
	assert_true(strlen(err.text) < ERR_TEXT_MAX);
	assert_true(str_is_utf8(str_of(err.text)));
	buf_release(&long_text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_buffer_is_a_c_string),
		cmocka_unit_test(appends_keep_bytes_and_a_nul_behind_them),
		cmocka_unit_test(an_append_past_the_limit_is_dropped_whole),
		cmocka_unit_test(cutting_takes_from_the_front_and_taking_gives_the_memory_away),
		cmocka_unit_test(a_long_build_up_keeps_every_byte),
		cmocka_unit_test(strings_compare_by_bytes),
		cmocka_unit_test(trimming_takes_white_space_off_both_ends),
		cmocka_unit_test(splitting_gives_every_part_the_empty_ones_too),
		cmocka_unit_test(a_cut_never_ends_inside_a_character),
		cmocka_unit_test(utf8_is_what_rfc_3629_says),
		cmocka_unit_test(the_nearest_name_is_near_or_none),
		cmocka_unit_test(an_error_carries_its_words_and_its_code),
		cmocka_unit_test(a_long_error_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
