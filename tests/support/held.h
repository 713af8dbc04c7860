/* SPDX-License-Identifier: MIT */
/* held - a database that another writer holds, for as long as a test wants. */
#ifndef TESTS_SUPPORT_HELD_H
#define TESTS_SUPPORT_HELD_H

struct sqlite3;

/* Whoever would write waits from here on, and whoever reads does not. Fails the test where it can't
 * be had. */
struct sqlite3 *held_take(const char *path);
void held_drop(struct sqlite3 *held);

#endif
