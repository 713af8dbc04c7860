/* SPDX-License-Identifier: MIT */
/* test_profile_number - numbers that jq would round, past it and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/json.h"
#include "llm/profile_number.h"

static void
what_is_hidden_is_shown_again(void **state)
{
	static const char *const rows[] = {
		"12345678901234567890",
		"[1,-1234567890123456,0.1234567890123456e-7,\"1234567890123456\",\"a\\\"\",true]",
		"{\"1234567890123456\":1234567890123456}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf hidden = BUF_INIT(BUF_UNLIMITED), shown = BUF_INIT(BUF_UNLIMITED);
		struct err err = ERR_INIT;
		struct json v;

		assert_true(profile_number_hide(str_of(rows[i]), &hidden));
		assert_int_equal(json_parse(hidden.p, hidden.len, &v, &err), 0);
		profile_number_show(buf_str(&hidden), &shown);
		assert_string_equal(shown.p, rows[i]);
		buf_release(&hidden);
		buf_release(&shown);
	}
}

static void
exact_numbers_and_marks_in_use_are_left_alone(void **state)
{
	static const char *const rows[] = { "[1,1.10,123456789012345]", "\"1234567890123456\"",
		"[1234567890123456,\"\xef\xa3\xb1\"]", "[1234567890123456,\"\\uF8f1\"]" };
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_false(profile_number_hide(str_of(rows[i]), &out));
	assert_int_equal(out.len, 0);
	buf_release(&out);
}

static void
a_text_of_json_in_a_text_has_its_numbers_too(void **state)
{
	static const char *const rows[][2] = {
		{ "\"{\\\"id\\\":\\\"\xef\xa3\xb1"
		  "12\xef\xa3\xb1\\\"}\"",
		    "\"{\\\"id\\\":12}\"" },
		{ "\"id \xef\xa3\xb1"
		  "12\xef\xa3\xb1\"",
		    "\"id 12\"" },
		{ "\"\xef\xa3\xb1"
		  "12\xef\xa3\xb1 is it\"",
		    "\"12 is it\"" },
		{ "\"\\\"\\\\\\\"\xef\xa3\xb1"
		  "12\xef\xa3\xb1\\\\\\\"\\\"\"",
		    "\"\\\"12\\\"\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf out = BUF_INIT(BUF_UNLIMITED);

		profile_number_show(str_of(rows[i][0]), &out);
		assert_string_equal(out.p, rows[i][1]);
		buf_release(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_hidden_is_shown_again),
		cmocka_unit_test(exact_numbers_and_marks_in_use_are_left_alone),
		cmocka_unit_test(a_text_of_json_in_a_text_has_its_numbers_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
