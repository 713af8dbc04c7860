/* SPDX-License-Identifier: MIT */
/* store_sqlite - what opening a database and using it have in common. Private to this room. */
#ifndef STORE_STORE_SQLITE_H
#define STORE_STORE_SQLITE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"

struct store_sqlite {
	sqlite3 *db; /* NULL: it could not be had when it was last looked for */
	char *path;
	bool read_only;
	int64_t wait_ms, deadline_us; /* of the wait that is going on */
	/* Nothing can be written where it lies, and nobody has it open: it is read without locks or
	 * a log, for as long as it stays as it was. */
	bool still;
	int64_t looked_us; /* when it was looked at last whether the file is still there */
	struct stat as_it_was; /* the file, where it is still; else its log */
};

/* -1 and err: what SQLite's code means to people. */
int store_sqlite_fail(struct store_sqlite *s, int code, struct err *err);

/* Open s->path, with directories and file made, and its format checked; s->db may be set where this
 * fails. *absent: it is to be read only, and there is nothing yet. */
int store_sqlite_connect(struct store_sqlite *s, bool *absent, struct err *err)
    __attribute__((warn_unused_result));

/* False where it was read as still, and somebody has written it since; where another file or none
 * is in its place; and where it could not be had. */
bool store_sqlite_is_as_it_was(struct store_sqlite *s);

#endif
