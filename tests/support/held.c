/* SPDX-License-Identifier: MIT */
/* held - a database that another writer holds, for as long as a test wants. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <sqlite3.h>

#include "support/held.h"

struct sqlite3 *
held_take(const char *path)
{
	sqlite3 *held;

	assert_int_equal(sqlite3_open(path, &held), SQLITE_OK);
	assert_int_equal(sqlite3_exec(held, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	return held;
}

void
held_drop(struct sqlite3 *held)
{
	assert_int_equal(sqlite3_exec(held, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(held), SQLITE_OK);
}
