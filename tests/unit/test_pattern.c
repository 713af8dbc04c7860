/* SPDX-License-Identifier: MIT */
/* test_pattern - the regular expressions of JSON Schema. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "json/pattern.h"

static bool
matches(const char *source, const char *text)
{
	struct err err = ERR_INIT;
	struct pattern *p = pattern_compile(str_of(source), &err);
	bool found;

	if (!p)
		fail_msg("%s", err.text);
	found = pattern_search(p, str_of(text));
	pattern_free(p);
	return found;
}

#define MATCH(source, text)                                                                        \
	if (!matches(source, text))                                                                \
	fail_msg("%s should match %s", source, text)
#define MISS(source, text)                                                                         \
	if (matches(source, text))                                                                 \
	fail_msg("%s should not match %s", source, text)

static void
a_pattern_is_found_anywhere_unless_anchored(void **state)
{
	(void)state;
	MATCH("b", "abc");
	MISS("^b", "abc");
	MATCH("^a", "abc");
	MATCH("c$", "abc");
	MISS("b$", "abc");
	MATCH("^$", "");
	MATCH("", "x");
	MISS("^abc$", "abc\n");
	MATCH("a|^b$", "b");
	MISS("^(a|b)$", "ab");
}

static void
the_place_of_the_match_that_ends_first_is_told(void **state)
{
	struct err err = ERR_INIT;
	struct pattern *p = pattern_compile(STR_LIT("[0-9.]+k? received"), &err);
	size_t at = 0;

	(void)state;
	assert_non_null(p);
	assert_true(pattern_find(p, STR_LIT("7 sent, 1.25k received, 9 received"), &at));
	assert_int_equal(at, 8);
	assert_false(pattern_find(p, STR_LIT("1.2k sent"), &at));
	pattern_free(p);
}

static void
repetitions_count(void **state)
{
	(void)state;
	MATCH("^a*$", "aaaa");
	MATCH("^a*$", "");
	MISS("^a+$", "");
	MATCH("^a+$", "aa");
	MATCH("^ab?c$", "ac");
	MISS("^ab?c$", "abbc");
	MATCH("^a{3}$", "aaa");
	MISS("^a{3}$", "aaaa");
	MATCH("^a{2,}$", "aaaaa");
	MISS("^a{2,}$", "a");
	MATCH("^a{1,3}$", "aaa");
	MISS("^a{1,3}$", "aaaa");
	MATCH("^a{0,1}$", "");
	MATCH("^a{0}$", "");
	MATCH("^(ab|c)+?$", "abcab");
	MATCH("^(a*)*$", "aaa");
	MATCH("^(a*)+b$", "aab");
	MATCH("^(a|b|cd|)e$", "cde");
	MATCH("^(a|b|cd|)e$", "e");
	MATCH("^a{,3}$", "a{,3}");
	MATCH("^{a}$", "{a}");
	MATCH("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "2026-11-21");
}

static void
sets_and_classes_hold_characters(void **state)
{
	(void)state;
	MATCH("^[a-c]$", "b");
	MISS("^[^a-c]$", "b");
	MATCH("^[-a]$", "-");
	MATCH("^[a-]$", "-");
	MATCH("^[\\]]$", "]");
	MATCH("^[\\d_]+$", "12_");
	MATCH("^\\w+$", "aZ_9");
	MISS("^\\w$", "\xC3\xA9");
	MATCH("^\\W$", "\xC3\xA9");
	MATCH("^\\s\\S$", "\xC2\xA0x");
	MATCH("^[^\\s]$", "x");
	MATCH("^[\\D]$", "x");
	MISS("^\\D$", "5");
	MISS("^.$", "\n");
	MATCH("^[^]$", "\n");
	MISS("^[]$", "x");
}

static void
characters_are_code_points(void **state)
{
	(void)state;
	MATCH("^.$", "\xF0\x9F\x90\xB2");
	MATCH("^\xF0\x9F\x90\xB2*$", "\xF0\x9F\x90\xB2\xF0\x9F\x90\xB2");
	MATCH("^\\u{1F432}$", "\xF0\x9F\x90\xB2");
	MATCH("^\\uD83D\\uDC32$", "\xF0\x9F\x90\xB2");
	MATCH("^[\xC3\xA0-\xC3\xA9]$", "\xC3\xA8");
	MATCH("^\\x41\\u0042\\cC\\t\\.\\/$", "AB\x03\t./");
}

static void
a_word_has_edges(void **state)
{
	(void)state;
	MATCH("\\bcat\\b", "a cat!");
	MISS("\\bcat\\b", "concat");
	MATCH("\\Bcat\\b", "concat");
	MATCH("^\\b", "a");
	MISS("\\b", "");
	MATCH("^\\B$", "");
}

static void
assert_refused(const char *source, const char *want)
{
	struct err err = ERR_INIT;

	if (pattern_compile(str_of(source), &err))
		fail_msg("%s is accepted", source);
	if (!strstr(err.text, want))
		fail_msg("%s is not: %s", err.text, want);
}

static void
what_cannot_be_matched_is_named(void **state)
{
	(void)state;
	assert_refused("a(?=b)", "look-around");
	assert_refused("(?<!a)b", "look-around");
	assert_refused("(a)\\1", "back references");
	assert_refused("\\p{L}", "\\p{...} is not supported");
	assert_refused("\\a", "no such escape");
	assert_refused("a\\", "a backslash at the end");
	assert_refused("(a", "( without )");
	assert_refused("a)", ") without (");
	assert_refused("[a", "[ without ]");
	assert_refused("[b-a]", "ends before it begins");
	assert_refused("a{3,2}", "ends before it begins");
	assert_refused("*a", "nothing to repeat");
	assert_refused("a**", "nothing to repeat");
	assert_refused("a{1001}", "more than 1000");
	assert_refused("((a{1000}){1000}){1000}", "too large");
	assert_refused("((((){1000}){1000}){1000}){1000}", "too large");
	assert_refused("\\u12", "escape");
	assert_refused("(?s)a", "(? is not supported");
	assert_refused("a(?i)b", "where the pattern begins, (?i)");
}

static void
one_that_says_so_is_matched_case_aside(void **state)
{
	(void)state;
	MATCH("(?i)bearer [a-f]+$", "x BeArEr DEADbeef");
	MATCH("(?i)^[A-F]$", "c");
	MISS("(?i)^[^a-f]$", "C");
	MATCH("(?i)^\\w$", "Z");
	MISS("(?i)^\\W$", "Z");
	MATCH("(?i)^[Z-a]$", "A"); /* a range over the gap between them */
	MATCH("(?i)^[Z-a]$", "z");
	MISS("(?i)^[Z-a]$", "b");
	MATCH("(?i)ÜBER", "über");
	MATCH("(?i)привет ΣΟΦΙΑ Ё", "ПРИВЕТ σοφια ё");
	MISS("(?i)^×$", "÷"); /* lie among the letters of Latin-1, and are none */
	MISS("(?i)^Ø$", "ÿ");
	MISS("(?i)a1", "A2");
	MISS("a", "A");
}

/* What sends a backtracking matcher off for ages. */
static void
a_nasty_pattern_takes_linear_time(void **state)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	int i;

	(void)state;
	for (i = 0; i < 20000; i++)
		buf_addc(&text, 'a');
	buf_addc(&text, '!');
	MISS("^(a+)+$", text.p);
	MISS("^(a|aa|a?)*$", text.p);
	buf_release(&text);
}

/* "[0,3)[5,7)" */
static char *
cover(const char *source, const char *text)
{
	struct err err = ERR_INIT;
	struct pattern *p = pattern_compile(str_of(source), &err);
	struct pattern_spans spans = { 0 };
	struct buf out = BUF_INIT(4096);

	if (!p)
		fail_msg("%s", err.text);
	if (!pattern_cover(p, str_of(text), &spans))
		assert_int_equal(spans.count, 0);
	for (size_t i = 0; i < spans.count; i++)
		buf_addf(&out, "[%zu,%zu)", spans.items[i].start, spans.items[i].end);
	pattern_spans_release(&spans);
	pattern_free(p);
	return buf_take(&out);
}

#define COVER(source, text, expected)                                                              \
	do {                                                                                       \
		char *got = cover(source, text);                                                   \
		assert_string_equal(got, expected);                                                \
		free(got);                                                                         \
	} while (0)

static void
all_that_matches_cover_is_told_in_spans(void **state)
{
	(void)state;
	COVER("b+", "abbab", "[1,3)[4,5)");
	COVER("sk-[a-z]{2,}", "a sk-abc, sk-a, ssk-xyz.", "[2,8)[17,23)");
	COVER("x", "", "");
	COVER("x", "abc", "");
	COVER("aba", "ababa aba", "[0,5)[6,9)"); /* one overlaps the other */
	COVER("a|b", "ab-b", "[0,2)[3,4)"); /* they touch */
	COVER("a|b.*c", "babxc a", "[0,5)[6,7)"); /* a later one that began before */
	COVER("a*", "baab", "[1,3)"); /* empty ones are none */
	COVER("^a|a$", "a.a.a", "[0,1)[4,5)");
	COVER("\\bcat\\b", "cat concat cat", "[0,3)[11,14)");
	COVER("\xc3\xbc.", "f\xc3\xbcr", "[1,4)");
	COVER("[^a-z ]+", "f\xc3\xbcr 1", "[1,3)[5,6)");
}

/* Whether source matches text from one place to the other, by what pattern_search says of the whole
 * text: anchors and edges see what stands around. */
static bool
matches_between(const char *source, const char *text, int from, int to)
{
	struct buf whole = BUF_INIT(256);
	bool found;

	buf_addf(&whole, "^[\\s\\S]{%d}(%s)[\\s\\S]{%d}$", from, source, (int)strlen(text) - to);
	found = matches(whole.p, text);
	buf_release(&whole);
	return found;
}

static void
spans_are_what_trying_each_part_of_a_text_finds(void **state)
{
	static const char *const sources[] = { "ab", "a+b?", "(ab|ba)+", "a.b", "b{2}", "aab|b",
		"a|ab*a", "^a", "b$", "\\ba", "a\\b", "(a|b)(a| )" };
	static const char letters[] = "ab ";
	enum { LEN = 4, TEXTS = 3 * 3 * 3 * 3 };
	struct pattern_spans spans = { 0 };
	struct err err = ERR_INIT;
	char text[LEN + 1] = "";

	(void)state;
	for (size_t s = 0; s < sizeof sources / sizeof *sources; s++) {
		struct pattern *p = pattern_compile(str_of(sources[s]), &err);

		for (int n = 0; n < TEXTS; n++) {
			char expected[LEN + 1] = "....", got[LEN + 1] = "....";

			for (int i = 0, k = n; i < LEN; i++, k /= 3)
				text[i] = letters[k % 3];
			for (int from = 0; from < LEN; from++)
				for (int to = from + 1; to <= LEN; to++)
					if (matches_between(sources[s], text, from, to))
						memset(expected + from, 'x', (size_t)(to - from));
			(void)pattern_cover(p, str_of(text), &spans);
			for (size_t i = 0; i < spans.count; i++)
				memset(got + spans.items[i].start, 'x',
				    spans.items[i].end - spans.items[i].start);
			assert_string_equal(got, expected);
		}
		pattern_free(p);
	}
	pattern_spans_release(&spans);
}

static void
covering_a_long_text_takes_linear_time(void **state)
{
	enum { LONG = 200000 };
	struct err err = ERR_INIT;
	struct pattern *p = pattern_compile(STR_LIT("a|a.*b"), &err); /* each a looks for a b */
	struct pattern_spans spans = { 0 };
	struct buf text = BUF_INIT(LONG);

	(void)state;
	for (int i = 0; i < LONG; i++)
		buf_addc(&text, i % 2 ? ' ' : 'a');
	assert_true(pattern_cover(p, buf_str(&text), &spans));
	assert_int_equal(spans.count, LONG / 2);
	pattern_spans_release(&spans);
	buf_release(&text);
	pattern_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_is_found_anywhere_unless_anchored),
		cmocka_unit_test(the_place_of_the_match_that_ends_first_is_told),
		cmocka_unit_test(all_that_matches_cover_is_told_in_spans),
		cmocka_unit_test(spans_are_what_trying_each_part_of_a_text_finds),
		cmocka_unit_test(covering_a_long_text_takes_linear_time),
		cmocka_unit_test(repetitions_count),
		cmocka_unit_test(sets_and_classes_hold_characters),
		cmocka_unit_test(characters_are_code_points),
		cmocka_unit_test(a_word_has_edges),
		cmocka_unit_test(what_cannot_be_matched_is_named),
		cmocka_unit_test(one_that_says_so_is_matched_case_aside),
		cmocka_unit_test(a_nasty_pattern_takes_linear_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
