/* SPDX-License-Identifier: MIT */
/* test_mend - halves of surrogate pairs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "json/mend.h"

static void
assert_mended(const char *text, const char *want)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	mend_surrogates(str_of(text), &out);
	assert_string_equal(out.p, want);
	buf_release(&out);
}

static void
half_a_pair_becomes_the_replacement_character(void **state)
{
	(void)state;
	assert_mended("\"\\ud800\"", "\"\\ufffd\"");
	assert_mended("[\"a\\uDFFFb\",\"\\uD83D\"]", "[\"a\\ufffdb\",\"\\ufffd\"]");
	assert_mended("\"\\ud800\\ud83d\\ude00\"", "\"\\ufffd\\ud83d\\ude00\"");
	assert_mended("\"\\ude00\\ud83d\"", "\"\\ufffd\\ufffd\"");
	assert_mended("\"\\ud83d\\n\"", "\"\\ufffd\\n\"");
}

static void
everything_else_stays_as_it_is(void **state)
{
	(void)state;
	assert_mended("", "");
	assert_mended("{\"\\u0061\": 1.10, \"b\\\\ud800\":\"\\ud83d\\uDE00\\\\\"}",
	    "{\"\\u0061\": 1.10, \"b\\\\ud800\":\"\\ud83d\\uDE00\\\\\"}");
	mend_surrogates(STR_NONE, &(struct buf)BUF_INIT(BUF_UNLIMITED));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_a_pair_becomes_the_replacement_character),
		cmocka_unit_test(everything_else_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
