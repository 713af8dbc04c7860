/* SPDX-License-Identifier: MIT */
/* test_text - an answer as people read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "llm/text.h"

static void
its_last_line_ends_once(void **state)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct text t = { 0 };

	(void)state;
	text_add(&t, STR_LIT("one\n"), &out);
	text_add(&t, STR_LIT("two"), &out);
	text_add(&t, STR_LIT(""), &out);
	text_end(&t, &out);
	text_end(&t, &out);
	assert_string_equal(out.p, "one\ntwo\n");
	buf_reset(&out);
	text_add(&t, STR_LIT("three\n"), &out);
	text_end(&t, &out);
	assert_string_equal(out.p, "three\n");
	buf_release(&out);
}

static void
of_no_words_nothing_is_shown_and_nothing_is_void(void **state)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct text t = { 0 };

	(void)state;
	text_add(&t, STR_LIT(""), &out);
	text_void(&t, &out);
	text_end(&t, &out);
	assert_string_equal(out.p, "");
	buf_release(&out);
}

static void
a_line_of_its_own_says_what_is_void_and_says_it_once(void **state)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct text t = { 0 };

	(void)state;
	text_add(&t, STR_LIT("wro"), &out);
	text_void(&t, &out);
	text_void(&t, &out);
	text_add(&t, STR_LIT("right"), &out);
	text_end(&t, &out);
	assert_string_equal(out.p, "wro\n[the answer above is void, and begins anew]\nright\n");
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_last_line_ends_once),
		cmocka_unit_test(of_no_words_nothing_is_shown_and_nothing_is_void),
		cmocka_unit_test(a_line_of_its_own_says_what_is_void_and_says_it_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
