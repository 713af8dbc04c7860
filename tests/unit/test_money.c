/* SPDX-License-Identifier: MIT */
/* test_money - dollars as integers: exact in, exact out, and no silent overflow. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/money.h"

static const struct {
	int64_t pusd;
	const char *text;
} pairs[] = {
	{ 0, "0" },
	{ 1, "0.000000000001" },
	{ 1500000, "0.0000015" },
	{ 10, "0.00000000001" },
	{ 100000000000, "0.1" },
	{ 999999999999, "0.999999999999" },
	{ 1000000000000, "1" },
	{ 1000000000001, "1.000000000001" },
	{ 10000000000000, "10" },
	{ 123450000000000, "123.45" },
	{ -7250000000, "-0.00725" },
	{ INT64_MAX, "9223372.036854775807" },
	{ INT64_MIN, "-9223372.036854775808" },
};

static void
amounts_print_exactly_and_read_back(void **state)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	int64_t back;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		buf_reset(&out);
		money_print(&out, pairs[i].pusd);
		assert_string_equal(out.p, pairs[i].text);
		assert_true(money_parse(buf_str(&out), &back));
		assert_int_equal(back, pairs[i].pusd);
	}
	buf_release(&out);
}

static void
the_text_fits_the_room_that_it_asks_for(void **state)
{
	char room[MONEY_TEXT_MAX + 1];

	(void)state;
	memset(room, '#', sizeof room);
	money_write(room, INT64_MIN);
	assert_int_equal(room[MONEY_TEXT_MAX], '#');
}

static void
what_is_finer_than_a_pico_dollar_is_refused(void **state)
{
	int64_t pusd = 42;

	(void)state;
	assert_false(money_parse(STR_LIT("0.0000000000001"), &pusd));
	assert_false(money_parse(STR_LIT("9223372.036854775808"), &pusd));
	assert_false(money_parse(STR_LIT(""), &pusd));
	assert_false(money_parse(STR_LIT("$5"), &pusd));
	assert_false(money_parse(STR_LIT("5 "), &pusd));
	assert_true(money_parse(STR_LIT("0.10000000000000000"), &pusd)); /* zeros say nothing */
	assert_int_equal(pusd, 100000000000);
	assert_true(money_parse(STR_LIT("25e-8"), &pusd));
	assert_int_equal(pusd, 250000);
}

static void
sums_and_products_say_when_they_overflow(void **state)
{
	int64_t sum = INT64_MAX - 5, product = 7;

	(void)state;
	assert_true(money_add(&sum, 5));
	assert_int_equal(sum, INT64_MAX);
	assert_false(money_add(&sum, 1));
	assert_int_equal(sum, INT64_MAX);
	assert_true(money_charge(3, 1500000, &product));
	assert_int_equal(product, 4500000);
	assert_false(money_charge(INT64_MAX, 2, &product));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(amounts_print_exactly_and_read_back),
		cmocka_unit_test(the_text_fits_the_room_that_it_asks_for),
		cmocka_unit_test(what_is_finer_than_a_pico_dollar_is_refused),
		cmocka_unit_test(sums_and_products_say_when_they_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
