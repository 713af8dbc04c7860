/* SPDX-License-Identifier: MIT */
/*
 * bench_store - what the shared state costs, beside SQLite doing the same statements:
 *
 *	bench_store URL		a store
 *	bench_store --bare PATH	the statements alone
 *
 * Prints "WHAT PER-SECOND" lines, each the best of ROUNDS.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/die.h"
#include "base/num.h"
#include "store/store.h"
#include "sys/clock.h"

enum { ROUNDS = 3, ROUND_MS = 400, KEYS = 100, BATCH = 100, KEY_MAX = 32 };

static struct store *store;
static struct err err;
static unsigned turns;

static struct str
next_key(char key[KEY_MAX])
{
	return (struct str){ key,
		(size_t)snprintf(key, KEY_MAX, "bench/provider:model-%u", turns++ % KEYS) };
}

static void
must(int rc)
{
	if (rc < 0)
		err_die(&err);
}

static enum store_change
count(void *user, struct str old, struct buf *fresh, int64_t *expires_us)
{
	int64_t n = 0;

	(void)user;
	(void)expires_us;
	(void)num_i64(old, &n); /* 0 where there is none */
	buf_addi(fresh, n + 1);
	return STORE_WRITE;
}

static int
update(void)
{
	char key[KEY_MAX];

	must(store_update(store, next_key(key), count, NULL, &err));
	return 1;
}

static void
count_each(void *user, struct store_entry *entries, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		entries[i].change = count(
		    user, entries[i].old, &entries[i].fresh, &entries[i].expires_us);
}

static int
update_many(void)
{
	char text[BATCH][KEY_MAX];
	struct str keys[BATCH];
	int i;

	for (i = 0; i < BATCH; i++)
		keys[i] = next_key(text[i]);
	must(store_update_all(store, keys, BATCH, count_each, NULL, &err));
	return BATCH;
}

static int
get(void)
{
	static struct buf value = BUF_INIT(BUF_UNLIMITED);
	char key[KEY_MAX];

	buf_reset(&value);
	must(store_get(store, next_key(key), &value, &err));
	return 1;
}

static int
ask_version(void)
{
	static volatile uint64_t seen;
	int i;

	for (i = 0; i < BATCH; i++)
		seen = store_version(store);
	(void)seen;
	return BATCH;
}

static const char *url;

static int
reopen(void)
{
	struct store *other = store_open(&(struct store_config){ .url = url }, &err);

	if (!other)
		err_die(&err);
	store_close(other);
	return 1;
}

static sqlite3 *db;
static sqlite3_stmt *begin, *commit, *select_one, *upsert;

static void
step(sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);

	if (code != SQLITE_DONE && code != SQLITE_ROW)
		die(EXIT_IO, "%s", sqlite3_errmsg(db));
}

static int64_t
bare_select(struct str key)
{
	int64_t n;

	(void)sqlite3_bind_blob(select_one, 1, key.p, (int)key.len, SQLITE_STATIC);
	step(select_one);
	n = sqlite3_column_int64(select_one, 0);
	(void)sqlite3_reset(select_one);
	return n;
}

static int
bare_change(void)
{
	char key[KEY_MAX], text[NUM_TEXT_MAX];
	struct str name = next_key(key);
	int64_t n = bare_select(name);

	(void)sqlite3_bind_blob(upsert, 1, name.p, (int)name.len, SQLITE_STATIC);
	(void)sqlite3_bind_blob(
	    upsert, 2, text, (int)(num_write(text, n + 1) - text), SQLITE_STATIC);
	step(upsert);
	(void)sqlite3_reset(upsert);
	return 1;
}

static int
bare_update(void)
{
	step(begin);
	(void)sqlite3_reset(begin);
	(void)bare_change();
	step(commit);
	(void)sqlite3_reset(commit);
	return 1;
}

static int
bare_update_many(void)
{
	int i;

	step(begin);
	(void)sqlite3_reset(begin);
	for (i = 0; i < BATCH; i++)
		(void)bare_change();
	step(commit);
	(void)sqlite3_reset(commit);
	return BATCH;
}

static int
bare_get(void)
{
	char key[KEY_MAX];

	(void)bare_select(next_key(key));
	return 1;
}

static void
prepare(const char *text, sqlite3_stmt **statement)
{
	if (sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) !=
	    SQLITE_OK)
		die(EXIT_IO, "%s", sqlite3_errmsg(db));
}

static void
open_bare(const char *path)
{
	static const char set_up[] =
	    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
	    "CREATE TABLE state (key BLOB PRIMARY KEY, value BLOB NOT NULL, expires INTEGER NOT NULL) "
	    "WITHOUT ROWID;";

	if (sqlite3_open_v2(path, &db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
		NULL) != SQLITE_OK ||
	    sqlite3_exec(db, set_up, NULL, NULL, NULL) != SQLITE_OK)
		die(EXIT_IO, "%s: %s", path, sqlite3_errmsg(db));
	prepare("BEGIN IMMEDIATE", &begin);
	prepare("COMMIT", &commit);
	prepare("SELECT value, expires FROM state WHERE key = ?1", &select_one);
	prepare(
	    "INSERT INTO state (key, value, expires) VALUES (?1, ?2, 0) "
	    "ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires",
	    &upsert);
}

/* A server's work is waited for; our own is counted in what it takes of the CPU. */
static int64_t
now_us(void)
{
	if (url && strncmp(url, "redis", 5) == 0)
		return clock_mono_us();
	return (int64_t)clock() * 1000000 / CLOCKS_PER_SEC;
}

static void
measure(const char *what, int (*fn)(void))
{
	double best = 0, rate;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		int64_t start_us = now_us(), took_us, done = 0;

		do {
			done += fn();
			took_us = now_us() - start_us;
		} while (took_us < ROUND_MS * 1000);
		rate = (double)done * 1e6 / (double)took_us;
		if (rate > best)
			best = rate;
	}
	(void)printf("%s %.0f\n", what, best);
}

int
main(int argc, char **argv)
{
	die_init(argv[0]);
	if (argc == 3 && strcmp(argv[1], "--bare") == 0) {
		open_bare(argv[2]);
		measure("update", bare_update);
		measure("batched", bare_update_many);
		measure("get", bare_get);
		return 0;
	}
	if (argc != 2)
		die(EXIT_USAGE, "bench_store URL, or --bare PATH");
	url = argv[1];
	store = store_open(&(struct store_config){ .url = url }, &err);
	if (!store)
		err_die(&err);
	measure("update", update);
	measure("batched", update_many);
	measure("get", get);
	measure("version", ask_version);
	measure("open-beside", reopen);
	store_close(store);
	measure("open-alone", reopen);
	return 0;
}
