/* SPDX-License-Identifier: MIT */
/* Tests for lib/base/fnv. The values are those that draft-eastlake-fnv lists. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/fnv.h"

static void
published_values_come_out(void **state)
{
	(void)state;
	assert_true(fnv_add(FNV_BASIS, STR_NONE) == UINT64_C(0xcbf29ce484222325));
	assert_true(fnv_add(FNV_BASIS, STR_LIT("a")) == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(fnv_add(FNV_BASIS, STR_LIT("foobar")) == UINT64_C(0x85944171f73967e8));
}

static void
bytes_may_come_in_pieces_and_are_not_signed(void **state)
{
	uint64_t whole = fnv_add(FNV_BASIS, STR_LIT("\xff\0\x80x"));

	(void)state;
	assert_true(fnv_add(fnv_add(FNV_BASIS, STR_LIT("\xff\0")), STR_LIT("\x80x")) == whole);
	assert_true(whole != fnv_add(FNV_BASIS, STR_LIT("\x7f\0\x80x")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_values_come_out),
		cmocka_unit_test(bytes_may_come_in_pieces_and_are_not_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
