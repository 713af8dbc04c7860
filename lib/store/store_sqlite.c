/* SPDX-License-Identifier: MIT */
/* store_sqlite - state in an SQLite database in WAL mode, shared by the processes of a machine. */
#include "store/store_sqlite.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/store_backend.h"

enum { SWEEP_EVERY = 64 };

enum statement {
	GET,
	PUT,
	CHANGE,
	DELETE,
	SCAN,
	SWEEP,
	BEGIN,
	COMMIT,
	ROLLBACK,
	VERSION,
	STATEMENTS
};

static const char *const texts[STATEMENTS] = {
	[GET] = "SELECT value, expires FROM state WHERE key = ?1",
	[PUT] =
	    "INSERT INTO state (key, value, expires) VALUES (?1, ?2, ?3) "
	    "ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires",
	/* Naming `expires` would write its index anew: another page of each change. */
	[CHANGE] = "UPDATE state SET value = ?2 WHERE key = ?1",
	[DELETE] = "DELETE FROM state WHERE key = ?1",
	[SCAN] = "SELECT key, value, expires FROM state WHERE key >= ?1 ORDER BY key",
	[SWEEP] = "DELETE FROM state WHERE key IN "
		  "(SELECT key FROM state WHERE expires > 0 AND expires <= ?1 LIMIT 16)",
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[VERSION] = "PRAGMA data_version",
};

struct database {
	struct store_sqlite s;
	sqlite3_stmt *statements[STATEMENTS]; /* prepared when first wanted */
	/* The head of the WAL's index, which all processes share; NULL where it can't be had. */
	const volatile uint32_t *index;
	unsigned writes;
	uint64_t version; /* rises when others have written, or when that can't be known */
	uint64_t seen; /* what the index, or SQLite, said when that was looked at last */
};

static int
prepare(struct database *d, enum statement which, struct err *err)
{
	int code;

	if (d->statements[which])
		return 0;
	code = sqlite3_prepare_v3(
	    d->s.db, texts[which], -1, SQLITE_PREPARE_PERSISTENT, &d->statements[which], NULL);
	return code == SQLITE_OK ? 0 : store_sqlite_fail(&d->s, code, err);
}

static void
bind(struct database *d, enum statement which, int at, struct str bytes)
{
	/* The bytes outlive the statement's run. Only a bug of ours or memory make it fail; then
	 * the parameter is NULL, which no key or value may be, and the step fails. */
	(void)sqlite3_bind_blob64(
	    d->statements[which], at, bytes.p ? bytes.p : "", bytes.len, SQLITE_STATIC);
}

static struct str
column(sqlite3_stmt *row, int at)
{
	const void *p = sqlite3_column_blob(row, at);

	return (struct str){ p ? p : "", (size_t)sqlite3_column_bytes(row, at) };
}

/* To the end, of a statement that has no rows. */
static int
run(struct database *d, enum statement which, struct err *err)
{
	int code = sqlite3_step(d->statements[which]);

	if (code == SQLITE_DONE) {
		(void)sqlite3_reset(d->statements[which]); /* it was well */
		return 0;
	}
	(void)store_sqlite_fail(&d->s, code, err);
	(void)sqlite3_reset(d->statements[which]); /* repeats what step said */
	return -1;
}

static void
forget_statements(struct database *d)
{
	int i;

	for (i = 0; i < STATEMENTS; i++) {
		(void)sqlite3_finalize(d->statements[i]); /* repeats what step said */
		d->statements[i] = NULL;
	}
}

/* SQLite sees to it that the log of a file that has come in its place is left alone. */
static void
disconnect(struct database *d)
{
	forget_statements(d);
	(void)sqlite3_close(d->s.db); /* no statement is left that could keep it open */
	d->s.db = NULL;
	d->index = NULL;
	d->version++;
}

static const volatile uint32_t *find_index(sqlite3 *db);
static void note_others(struct database *d);
static void note_own(struct database *d);

/* Before anything is read or begun: one that was still may have been woken, and the file may have
 * been taken away or replaced. */
static int
look_again(struct database *d, struct err *err)
{
	bool absent;
	int rc;

	if (d->s.db && !sqlite3_get_autocommit(d->s.db))
		return 0; /* within a transaction it is the same to its end */
	if (store_sqlite_is_as_it_was(&d->s))
		return 0;
	disconnect(d);
	rc = store_sqlite_connect(&d->s, &absent, err);
	if (rc == 0 && absent)
		rc = err_set(err, EXIT_IO, "%s has been taken away", d->s.path);
	if (rc < 0)
		disconnect(d);
	else
		d->index = find_index(d->s.db);
	return rc;
}

static int
check_still(struct database *d, struct err *err)
{
	if (!d->s.still || store_sqlite_is_as_it_was(&d->s))
		return 0;
	return err_set(err, EXIT_IO, "%s was written while it was read", d->s.path);
}

static int
sqlite_get(void *at, struct str key, int64_t now_us, struct buf *value, int64_t *expires_us,
    struct err *err)
{
	struct database *d = at;
	sqlite3_stmt *row;
	int code, rc = 0;

	if (look_again(d, err) < 0 || prepare(d, GET, err) < 0)
		return -1;
	row = d->statements[GET];
	bind(d, GET, 1, key);
	code = sqlite3_step(row);
	if (code == SQLITE_ROW && !store_is_expired(sqlite3_column_int64(row, 1), now_us)) {
		buf_addstr(value, column(row, 0));
		*expires_us = sqlite3_column_int64(row, 1);
		rc = 1;
	} else if (code != SQLITE_ROW && code != SQLITE_DONE) {
		rc = store_sqlite_fail(&d->s, code, err);
	}
	(void)sqlite3_reset(row); /* repeats what step said */
	return rc < 0 || check_still(d, err) < 0 ? -1 : rc;
}

/* What has expired is taken out a few at a time; the first write of a process does it too, since
 * many make no more than a few. */
static int
sweep(struct database *d, int64_t now_us, struct err *err)
{
	if (d->writes++ % SWEEP_EVERY)
		return 0;
	if (prepare(d, SWEEP, err) < 0)
		return -1;
	(void)sqlite3_bind_int64(d->statements[SWEEP], 1, now_us); /* as in bind */
	return run(d, SWEEP, err);
}

static int
sqlite_write(void *at, const struct store_item *item, int64_t now_us, struct err *err)
{
	struct database *d = at;
	enum statement which = !item->value.p ? DELETE : item->keeps_expiry ? CHANGE : PUT;

	if (look_again(d, err) < 0 || sweep(d, now_us, err) < 0 || prepare(d, which, err) < 0)
		return -1;
	bind(d, which, 1, item->key);
	if (which != DELETE)
		bind(d, which, 2, item->value);
	if (which == PUT)
		(void)sqlite3_bind_int64(
		    d->statements[which], 3, item->expires_us); /* as in bind */
	return run(d, which, err);
}

static int
sqlite_scan(
    void *at, struct str prefix, int64_t now_us, store_scan_fn *fn, void *user, struct err *err)
{
	struct database *d = at;
	sqlite3_stmt *row;
	struct str key;
	int code, rc = 0;

	if (look_again(d, err) < 0 || prepare(d, SCAN, err) < 0)
		return -1;
	row = d->statements[SCAN];
	bind(d, SCAN, 1, prefix);
	while ((code = sqlite3_step(row)) == SQLITE_ROW) {
		key = column(row, 0);
		if (key.len < prefix.len ||
		    (prefix.len && memcmp(key.p, prefix.p, prefix.len) != 0))
			break;
		if (!store_is_expired(sqlite3_column_int64(row, 2), now_us) &&
		    !fn(user, key, column(row, 1)))
			break;
	}
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		rc = store_sqlite_fail(&d->s, code, err);
	(void)sqlite3_reset(row); /* repeats what step said */
	return rc < 0 || check_still(d, err) < 0 ? -1 : rc;
}

static int
sqlite_begin(void *at, struct err *err)
{
	struct database *d = at;

	if (look_again(d, err) < 0 || prepare(d, BEGIN, err) < 0 || run(d, BEGIN, err) < 0)
		return -1;
	note_others(d);
	return 0;
}

static void
sqlite_rollback(void *at)
{
	struct database *d = at;
	struct err ignored = ERR_INIT;

	/* Some failures have rolled back already. What else could fail here leaves a transaction
	 * that is never committed, which is what was asked for. */
	if (d->s.db && !sqlite3_get_autocommit(d->s.db) && prepare(d, ROLLBACK, &ignored) == 0)
		(void)run(d, ROLLBACK, &ignored);
}

static int
sqlite_commit(void *at, struct err *err)
{
	if (prepare(at, COMMIT, err) == 0 && run(at, COMMIT, err) == 0) {
		note_own(at);
		return 0;
	}
	sqlite_rollback(at);
	return -1;
}

/*
 * Every commit is counted in the head of the WAL's index, and beside the count stand salts that
 * begin anew with the WAL (sqlite.org/walformat.html, section 2.1): memory shared by all who have
 * the database open. To look there costs nothing; PRAGMA data_version says the same for the price
 * of a small read. A look in the middle of a change sees a number that is neither the old nor the
 * new, which does no harm.
 */
enum { INDEX_CHANGES = 2, INDEX_SALT = 8 };

static const volatile uint32_t *
find_index(sqlite3 *db)
{
	enum { REGION_BYTES = 32768 };
	sqlite3_file *file = NULL;
	void volatile *region = NULL;

	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
	    !file || !file->pMethods || file->pMethods->iVersion < 2)
		return NULL;
	if (file->pMethods->xShmMap(file, 0, REGION_BYTES, 0, &region) != SQLITE_OK)
		return NULL;
	return region;
}

/* Who cannot look reads again, and is told then what is wrong. */
static uint64_t
look(struct database *d)
{
	struct err ignored = ERR_INIT;
	uint64_t seen = d->seen + 1;

	if (d->index)
		return (uint64_t)(d->index[INDEX_SALT] ^ d->index[INDEX_SALT + 1] * 31) << 32 |
		       d->index[INDEX_CHANGES];
	if (prepare(d, VERSION, &ignored) < 0)
		return seen;
	if (sqlite3_step(d->statements[VERSION]) == SQLITE_ROW)
		seen = (uint64_t)sqlite3_column_int64(d->statements[VERSION], 0);
	(void)sqlite3_reset(d->statements[VERSION]); /* repeats what step said */
	return seen;
}

static void
note_others(struct database *d)
{
	uint64_t seen = look(d);

	d->version += seen != d->seen;
	d->seen = seen;
}

/* From its beginning to its end nobody else could write: a count that is one higher is ours. (What
 * PRAGMA data_version says, a change of our own leaves as it is.) */
static void
note_own(struct database *d)
{
	if (d->index && d->index[INDEX_CHANGES] == (uint32_t)d->seen + 1)
		d->seen = look(d);
}

static uint64_t
sqlite_version(void *at)
{
	struct database *d = at;

	if (!d->s.db || (d->s.still && !store_sqlite_is_as_it_was(&d->s)))
		return ++d->version;
	note_others(d);
	return d->version;
}

static void
database_free(struct database *d)
{
	disconnect(d);
	free(d->s.path);
	free(d);
}

static void
sqlite_set_wait(void *at, int64_t wait_ms)
{
	struct database *d = at;

	d->s.wait_ms = wait_ms;
}

static void
sqlite_close(void *at)
{
	database_free(at);
}

static const struct store_ops ops = {
	.close = sqlite_close,
	.get = sqlite_get,
	.write = sqlite_write,
	.scan = sqlite_scan,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.version = sqlite_version,
	.set_wait = sqlite_set_wait,
};

int
store_sqlite_open(
    const char *path, const struct store_config *config, struct store_place *place, struct err *err)
{
	struct database *d;
	bool absent;

	if (!*path)
		return err_set(err, EXIT_CONFIG, "the store has no path");
	d = xcalloc(1, sizeof *d);
	/* ":memory:" and "file:..." mean something to SQLite, "./:memory:" does not. */
	d->s.path = strchr(path, ':') && *path != '/' ? xasprintf("./%s", path) : xstrdup(path);
	d->s.wait_ms = config->wait_ms;
	d->s.read_only = config->read_only;
	if (store_sqlite_connect(&d->s, &absent, err) < 0) {
		database_free(d);
		return -1;
	}
	if (absent) {
		database_free(d);
		(void)store_memory_open(place); /* it is always there */
		xreplace(&place->name, path);
		return 0;
	}
	d->index = find_index(d->s.db);
	*place = (struct store_place){ &ops, d, xstrdup(path), false };
	return 0;
}
