/* SPDX-License-Identifier: MIT */
/* test_store_sqlite - what an SQLite store does where files are damaged, strange, locked or full.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/store.h"
#include "support/held.h"
#include "support/scratch.h"
#include "sys/clock.h"
#include "sys/file.h"

static bool is_child;

/* A child must not go on with the group's other tests. */
static void
give_up(const char *why)
{
	if (is_child) {
		(void)!write(STDERR_FILENO, why, strlen(why));
		_exit(99);
	}
	fail_msg("%s", why);
}

static struct store *
try_open(const char *url, bool read_only, struct err *err)
{
	return store_open(
	    &(struct store_config){ .url = url, .wait_ms = 200, .read_only = read_only }, err);
}

static struct store *
must_open(const char *url)
{
	struct err err = ERR_INIT;
	struct store *store = try_open(url, false, &err);

	if (!store)
		give_up(err.text);
	return store;
}

static void
put(struct store *store, const char *key, const char *value)
{
	struct err err = ERR_INIT;

	if (store_put(store, str_of(key), str_of(value), STORE_FOREVER, &err) < 0)
		give_up(err.text);
}

/* "" where there is none, "!" and the message where it fails. The caller frees. */
static char *
get(struct store *store, const char *key)
{
	struct buf got = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;

	if (store_get(store, str_of(key), &got, &err) < 0)
		buf_addf(&got, "!%s", err.text);
	return buf_take(&got);
}

static void
expect(struct store *store, const char *key, const char *value)
{
	char *got = get(store, key);

	if (strcmp(got, value) != 0)
		give_up(got);
	free(got);
}

static void
expect_text(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not say \"%s\"", text, part);
}

/* A store with rows enough for several pages. */
static void
make_store(const char *path)
{
	struct store *store = must_open(path);
	char *key;
	int i;

	for (i = 0; i < 500; i++) {
		key = xasprintf("key/%04d", i);
		put(store, key, "a value that is long enough to fill some pages with its like");
		free(key);
	}
	store_close(store);
}

static void
run_sql(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
overwrite(const char *path, off_t from, size_t count)
{
	char *rubbish = xmalloc(count);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	memset(rubbish, 0xa5, count);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, rubbish, count, from), count);
	assert_int_equal(close(fd), 0);
	free(rubbish);
}

/* What a child has inherited it can't free, and valgrind would call it lost: there it ends as
 * another program. */
static _Noreturn void
end_child(int status)
{
	char code[] = { (char)('0' + status), '\0' };

	if (getenv("VALGRIND"))
		(void)execl("/bin/sh", "sh", "-c", "exit $0", code, (char *)NULL);
	_exit(status);
}

static pid_t
start(int (*fn)(void *user), void *user)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child)
		return child;
	is_child = true;
	(void)alarm(60);
	end_child(fn(user));
}

/* Run in a process of its own; the test fails where it does not end with 0. */
static void
in_child(int (*fn)(void *user), void *user)
{
	pid_t child = start(fn, user);
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("the child ended with %d", status);
}

static void
what_is_no_database_is_refused(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	overwrite("rubbish.db", 0, 8192);
	assert_null(try_open("rubbish.db", false, &err));
	assert_int_equal(err.code, EXIT_IO);
	expect_text(err.text, "rubbish.db is damaged");
	assert_null(try_open("rubbish.db", true, &err));
	expect_text(err.text, "move it away");
}

static void
a_damaged_page_is_an_error_never_an_answer(void **state)
{
	struct err err = ERR_INIT;
	struct store *store;
	char *got;

	(void)state;
	make_store("hurt.db");
	overwrite("hurt.db", 4096, 40 * 1024);
	store = must_open("hurt.db");
	got = get(store, "key/0250");
	expect_text(got, "hurt.db is damaged");
	free(got);
	assert_int_equal(store_put(store, STR_LIT("key/0250"), STR_LIT("x"), 0, &err), -1);
	expect_text(err.text, "hurt.db is damaged");
	store_close(store);
}

static void
another_programs_database_is_left_alone(void **state)
{
	struct err err = ERR_INIT;
	sqlite3 *db;

	(void)state;
	run_sql("theirs.db", "CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
	assert_null(try_open("theirs.db", false, &err));
	assert_int_equal(err.code, EXIT_CONFIG);
	expect_text(err.text, "another program's database");
	run_sql("numbered.db", "CREATE TABLE state (x); PRAGMA user_version = 1");
	assert_null(try_open("numbered.db", false, &err));
	assert_null(try_open("numbered.db", true, &err));
	assert_int_equal(err.code, EXIT_CONFIG);
	assert_int_equal(sqlite3_open("theirs.db", &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "INSERT INTO theirs VALUES (2)", NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
	assert_false(file_exists("theirs.db-wal"));
}

static void
a_newer_format_is_refused(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	make_store("newer.db");
	run_sql("newer.db", "PRAGMA user_version = 2");
	assert_null(try_open("newer.db", false, &err));
	assert_int_equal(err.code, EXIT_CONFIG);
	expect_text(err.text, "newer AgentFlow (format 2; this one knows 1)");
	assert_null(try_open("newer.db", true, &err));
	assert_int_equal(err.code, EXIT_CONFIG);
}

/* Hold the database for writing until the pipe is closed. */
static pid_t
start_writer(const char *path, int *hold)
{
	int told[2], held[2];
	pid_t child;
	char byte;

	assert_int_equal(pipe(told), 0);
	assert_int_equal(pipe(held), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		sqlite3 *db;

		(void)close(held[1]);
		if (sqlite3_open(path, &db) != SQLITE_OK ||
		    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
			_exit(1);
		end_child(write(told[1], "", 1) != 1 || read(held[0], &byte, 1) < 0);
	}
	assert_int_equal(read(told[0], &byte, 1), 1);
	(void)close(told[0]);
	(void)close(told[1]);
	(void)close(held[0]);
	*hold = held[1];
	return child;
}

/* As the system has it: under valgrind another one. */
static const char *
our_name(void)
{
	static char name[64];
	FILE *f = fopen("/proc/self/comm", "r");

	assert_non_null(f);
	assert_non_null(fgets(name, sizeof name, f));
	(void)fclose(f);
	name[strcspn(name, "\n")] = '\0';
	return name;
}

static void
a_wait_for_another_writer_ends_and_names_it(void **state)
{
	struct store *store;
	struct err err = ERR_INIT;
	int64_t start_us, took_ms;
	int hold, status;
	pid_t writer;
	char *who;

	(void)state;
	make_store("busy.db");
	writer = start_writer("busy.db", &hold);
	store = must_open("busy.db");
	start_us = clock_mono_us();
	assert_int_equal(store_put(store, STR_LIT("a"), STR_LIT("1"), 0, &err), -1);
	took_ms = (clock_mono_us() - start_us) / 1000;
	assert_int_equal(err.code, EXIT_IO);
	expect_text(err.text, "busy.db: waited 0.2 s for ");
	if (file_exists("/proc/locks")) {
		who = xasprintf("%s (process %ld), which is writing it", our_name(), (long)writer);
		expect_text(err.text, who);
		free(who);
	}
	assert_in_range(took_ms, 190, 20000);
	expect(store, "a", ""); /* who only reads waits for nobody */
	assert_int_equal(store_add(store, STR_LIT("n"), 1, 0, NULL, &err), -1);
	(void)close(hold);
	assert_int_equal(waitpid(writer, &status, 0), writer);
	store_close(store);
}

/* Who carries streams must not stand still again and again for a store that is in trouble. */
static void
a_store_waited_for_in_vain_is_left_alone_and_had_again_by_itself(void **state)
{
	struct store *store;
	struct err err = ERR_INIT;
	int64_t start_us, spent_us = 0, tried_us;
	int hold, status;
	pid_t writer;

	(void)state;
	make_store("rest.db");
	writer = start_writer("rest.db", &hold);
	store = must_open("rest.db");
	assert_int_equal(store_put(store, STR_LIT("a"), STR_LIT("1"), 0, &err), -1);
	for (start_us = clock_mono_us(); clock_mono_us() - start_us < 2500000; clock_sleep_ms(5)) {
		tried_us = clock_mono_us();
		assert_int_equal(store_put(store, STR_LIT("a"), STR_LIT("1"), 0, &err), -1);
		expect_text(err.text, "rest.db: waited 0.");
		tried_us = clock_mono_us() - tried_us;
		spent_us += tried_us;
		expect(store, "key/0000",
		    "a value that is long enough to fill some pages with its like");
	}
	assert_in_range(spent_us, 1, 1500000);
	(void)close(hold);
	assert_int_equal(waitpid(writer, &status, 0), writer);
	for (start_us = clock_mono_us(); store_put(store, STR_LIT("a"), STR_LIT("1"), 0, &err) < 0;
	     clock_sleep_ms(5))
		assert_in_range(clock_mono_us() - start_us, 0, 30000000);
	expect(store, "a", "1");
	store_close(store);
}

static void
remove_all(const char *path)
{
	char *name;
	size_t i;

	for (i = 0; i < 3; i++) {
		name = xasprintf("%s%s", path, (const char *[]){ "", "-wal", "-shm" }[i]);
		(void)unlink(name);
		free(name);
	}
}

/* Else two processes would keep two stores of one name, and each its own budgets. */
enum { LOOKED_MS = 120 }; /* by then it was looked at whether the file is still there */

static void
a_file_that_was_taken_away_is_made_anew_and_shared_again(void **state)
{
	struct store *old, *fresh;

	(void)state;
	make_store("gone.db");
	old = must_open("gone.db");
	put(old, "a", "1");
	remove_all("gone.db");
	clock_sleep_ms(LOOKED_MS);
	fresh = must_open("gone.db");
	put(fresh, "b", "2");
	put(old, "c", "3");
	expect(old, "b", "2");
	expect(fresh, "c", "3");
	expect(fresh, "a", "");
	store_close(old);
	put(fresh, "d", "4");
	store_close(fresh);
	fresh = must_open("gone.db");
	expect(fresh, "c", "3");
	expect(fresh, "d", "4");
	store_close(fresh);
}

static void
a_file_that_was_replaced_is_taken_up(void **state)
{
	struct store *store;
	struct err err = ERR_INIT;

	(void)state;
	make_store("one.db");
	make_store("two.db");
	store = must_open("one.db");
	put(store, "a", "1");
	run_sql("two.db", "CREATE TABLE strange (x); PRAGMA application_id = 7");
	remove_all("one.db");
	assert_int_equal(rename("two.db", "one.db"), 0);
	clock_sleep_ms(LOOKED_MS);
	assert_int_equal(store_put(store, STR_LIT("a"), STR_LIT("2"), 0, &err), -1);
	expect_text(err.text, "another program's database");
	assert_int_equal(store_put(store, STR_LIT("a"), STR_LIT("2"), 0, &err), -1);
	make_store("two.db");
	remove_all("one.db");
	assert_int_equal(rename("two.db", "one.db"), 0);
	clock_sleep_ms(LOOKED_MS);
	put(store, "a", "2");
	expect(store, "a", "2");
	store_close(store);
}

static int
write_past_the_limit(void *user)
{
	struct rlimit limit = { 128 * 1024, 128 * 1024 };
	struct err err = ERR_INIT;
	struct store *store = must_open("limit.db");
	char *large = xcalloc(1, 1024 * 1024);

	(void)user;
	if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR || setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return 1;
	if (store_put(store, STR_LIT("large"), (struct str){ large, 1024 * 1024 }, 0, &err) == 0)
		return 2;
	if (err.code != EXIT_IO || !strstr(err.text, "limit.db"))
		return 3;
	free(large);
	put(store, "small", "1");
	expect(store, "small", "1");
	expect(store, "large", "");
	store_close(store);
	return 0;
}

static void
a_write_that_fails_leaves_the_store_usable(void **state)
{
	(void)state;
	in_child(write_past_the_limit, NULL);
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		fail_msg("%s: %s", path, strerror(errno));
	return st.st_mode & 07777;
}

static void
what_it_makes_is_its_owners_alone(void **state)
{
	struct store *store;
	mode_t old = umask(0);

	(void)state;
	store = must_open("deep/er/state.db");
	put(store, "a", "1");
	assert_int_equal(mode_of("deep"), 0700);
	assert_int_equal(mode_of("deep/er"), 0700);
	assert_int_equal(mode_of("deep/er/state.db"), 0600);
	assert_int_equal(mode_of("deep/er/state.db-wal"), 0600);
	assert_int_equal(mode_of("deep/er/state.db-shm"), 0600);
	store_close(store);
	(void)umask(old);
}

static void
what_is_not_there_is_empty_to_who_only_reads(void **state)
{
	struct err err = ERR_INIT;
	struct store *store = try_open("nowhere/state.db", true, &err);

	(void)state;
	assert_non_null(store);
	assert_string_equal(store_name(store), "nowhere/state.db");
	expect(store, "a", "");
	assert_int_equal(store_put(store, STR_LIT("a"), STR_LIT("1"), 0, &err), -1);
	store_close(store);
	assert_false(file_exists("nowhere"));
	overwrite("empty.db", 0, 0);
	store = try_open("empty.db", true, &err);
	assert_non_null(store);
	expect(store, "a", "");
	store_close(store);
}

/* As nobody, to whom a file's mode means something. */
static bool
become_nobody(void)
{
	return geteuid() != 0 || (setgid(65534) == 0 && setuid(65534) == 0);
}

static int
read_where_nothing_can_be_written(void *user)
{
	struct err err = ERR_INIT;
	struct store *store;
	char *got;
	int bad;

	(void)user;
	if (!become_nobody())
		return 9;
	if (try_open("closed/state.db", false, &err) || err.code != EXIT_IO)
		return 1;
	store = try_open("closed/state.db", true, &err);
	if (!store)
		return 2;
	got = get(store, "key/0001");
	bad = strncmp(got, "a value", 7) != 0;
	free(got);
	store_close(store);
	return bad ? 3 : 0;
}

static void
reading_works_where_nothing_can_be_written(void **state)
{
	struct store *store;

	(void)state;
	assert_int_equal(chmod(".", 0755), 0);
	assert_int_equal(mkdir("closed", 0700), 0);
	make_store("closed/state.db");
	assert_int_equal(chmod("closed/state.db", 0444), 0);
	assert_int_equal(chmod("closed", 0555), 0);
	in_child(read_where_nothing_can_be_written, NULL);
	/* The same while somebody who may has it open. */
	assert_int_equal(chmod("closed", 0755), 0);
	store = must_open("closed/state.db");
	put(store, "other", "1");
	in_child(read_where_nothing_can_be_written, NULL);
	store_close(store);
}

/* Two pipes' ends of a child that reads when it is told to. */
struct reader_pipes {
	int go[2], done[2];
};

static int
read_before_and_after(void *user)
{
	struct reader_pipes *pipes = user;
	struct err err = ERR_INIT;
	struct store *store;
	char byte;

	if (!become_nobody())
		return 9;
	store = try_open("closed2/state.db", true, &err);
	if (!store)
		return 1;
	expect(store, "moving", "");
	if (write(pipes->done[1], "", 1) != 1 || read(pipes->go[0], &byte, 1) != 1)
		return 2;
	expect(store, "moving", "2");
	store_close(store);
	return 0;
}

static void
what_changes_under_a_reader_without_rights_is_seen(void **state)
{
	struct reader_pipes pipes;
	struct store *store;
	int status;
	pid_t child;
	char byte;

	(void)state;
	assert_int_equal(pipe(pipes.go) | pipe(pipes.done), 0);
	assert_int_equal(mkdir("closed2", 0755), 0);
	make_store("closed2/state.db");
	assert_int_equal(chmod("closed2/state.db", 0644), 0);
	child = start(read_before_and_after, &pipes);
	(void)close(pipes.done[1]);
	assert_int_equal(read(pipes.done[0], &byte, 1), 1);
	store = must_open("closed2/state.db");
	put(store, "moving", "1");
	store_close(store);
	store = must_open("closed2/state.db");
	put(store, "moving", "2");
	assert_int_equal(write(pipes.go[1], "", 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	store_close(store);
}

static int
put_from_elsewhere(void *user)
{
	struct store *store = must_open(user);

	put(store, "from", "elsewhere");
	store_close(store);
	return 0;
}

static void
the_version_tells_that_another_has_written(void **state)
{
	static char path[] = "version.db";
	struct store *store = must_open(path), *other = must_open(path);
	uint64_t before = store_version(store);
	int i;

	(void)state;
	assert_true(store_version(store) == before);
	expect(store, "a", "");
	assert_true(store_version(store) == before);
	for (i = 0; i < 3000; i++) { /* over several turns of the log */
		put(other, "a", i % 2 ? "1" : "2");
		assert_true(store_version(store) != before);
		before = store_version(store);
	}
	in_child(put_from_elsewhere, path);
	assert_true(store_version(store) != before);
	expect(store, "a", "1");
	store_close(other);
	store_close(store);
}

static void
the_version_leaves_out_what_was_written_here(void **state)
{
	struct store *store = must_open("version-own.db"), *other = must_open("version-own.db");
	uint64_t before;
	struct err err = ERR_INIT;
	int i;

	(void)state;
	put(store, "a", "0");
	before = store_version(store);
	for (i = 0; i < 3000; i++) { /* over several turns of the log */
		assert_int_equal(store_add(store, STR_LIT("n"), 1, 0, NULL, &err), 0);
		assert_true(store_version(store) == before);
	}
	/* Others are seen also where their change lies just before ours. */
	put(other, "a", "1");
	assert_int_equal(store_add(store, STR_LIT("n"), 1, 0, NULL, &err), 0);
	assert_true(store_version(store) != before);
	before = store_version(store);
	held_drop(held_take("version-own.db")); /* who writes nothing changes nothing */
	assert_true(store_version(store) == before);
	store_close(other);
	store_close(store);
}

struct expiring {
	const char *value;
	int64_t expires_us;
};

static enum store_change
write_expiring(void *user, struct str old, struct buf *fresh, int64_t *expires_us)
{
	const struct expiring *e = user;

	(void)old;
	buf_adds(fresh, e->value);
	*expires_us = e->expires_us;
	return STORE_WRITE;
}

/* The pages that it adds to the log. */
static int64_t
pages_of_change(struct store *store, const char *log, const char *value, int64_t expires_us)
{
	enum { FRAME_BYTES = 24 + 4096 };
	struct expiring e = { value, expires_us };
	struct err err = ERR_INIT;
	struct stat before, after;

	assert_int_equal(stat(log, &before), 0);
	assert_int_equal(store_update(store, STR_LIT("a"), write_expiring, &e, &err), 0);
	assert_int_equal(stat(log, &after), 0);
	return (after.st_size - before.st_size) / FRAME_BYTES;
}

static void
a_change_that_expires_as_before_writes_a_page_less(void **state)
{
	struct store *store = must_open("pages.db");
	int64_t soon_us = clock_wall_us() + 1000, later_us = soon_us + INT64_C(3600000000);

	(void)state;
	put(store, "a", "0");
	assert_int_equal(pages_of_change(store, "pages.db-wal", "1", soon_us), 2);
	assert_int_equal(pages_of_change(store, "pages.db-wal", "2", later_us), 2);
	assert_int_equal(pages_of_change(store, "pages.db-wal", "3", later_us), 1);
	clock_sleep_ms(2);
	expect(store, "a", "3");
	store_close(store);
}

static int
count_from_the_beginning(void *user)
{
	struct err err = ERR_INIT;
	struct store *store;

	clock_sleep_ms((clock_wall_us() / 1000 / 50 + 2) * 50 - clock_wall_us() / 1000);
	store = store_open(&(struct store_config){ .url = user, .wait_ms = 20000 }, &err);
	if (!store || store_add(store, STR_LIT("n"), 1, 0, NULL, &err) < 0)
		give_up(err.text);
	store_close(store);
	return 0;
}

static void
of_many_that_come_first_one_makes_it(void **state)
{
	enum { MANY = 12 };
	static char path[] = "fresh/by/many.db";
	pid_t children[MANY];
	struct store *store;
	int i, status;

	(void)state;
	for (i = 0; i < MANY; i++)
		children[i] = start(count_from_the_beginning, path);
	for (i = 0; i < MANY; i++) {
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	store = must_open(path);
	expect(store, "n", "12");
	store_close(store);
}

static void
a_path_is_a_file_whatever_its_letters(void **state)
{
	static const char *const paths[] = { ":memory:", "file:x?mode=memory", "a?b#c%41.db",
		"caf\xc3\xa9.db", "sqlite:plain.db", "sqlite://two.db" };
	struct store *store;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof paths / sizeof *paths; i++) {
		store = must_open(paths[i]);
		put(store, "a", "1");
		store_close(store);
		store = must_open(paths[i]);
		expect(store, "a", "1");
		store_close(store);
	}
	assert_true(file_exists(":memory:"));
	assert_true(file_exists("file:x?mode=memory"));
	assert_true(file_exists("a?b#c%41.db"));
	assert_true(file_exists("plain.db"));
	assert_true(file_exists("two.db"));
}

static void
an_url_that_is_none_is_told_without_its_password(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_null(try_open("postgres://me:sesame@host/db", false, &err));
	assert_int_equal(err.code, EXIT_CONFIG);
	expect_text(err.text, "\"postgres:\" is not known");
	assert_null(strstr(err.text, "sesame"));
	assert_null(try_open("", false, &err));
	assert_int_equal(err.code, EXIT_CONFIG);
	assert_null(try_open("sqlite:", false, &err));
	assert_int_equal(err.code, EXIT_CONFIG);
	overwrite("file", 0, 1);
	assert_null(try_open("file/state.db", false, &err));
	assert_int_equal(err.code, EXIT_IO);
	assert_null(try_open(".", false, &err));
	assert_int_equal(err.code, EXIT_IO);
}

static const char *environment[4]; /* AGENTFLOW_STORE, AGENTFLOW_STATE, XDG_STATE_HOME, HOME */

static const char *
get_environment(const char *name)
{
	static const char *const names[] = { "AGENTFLOW_STORE", "AGENTFLOW_STATE", "XDG_STATE_HOME",
		"HOME" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(name, names[i]) == 0)
			return environment[i];
	}
	fail_msg("%s is asked for", name);
	return NULL;
}

static void
it_lies_where_the_environment_says(void **state)
{
	static const char *const values[] = { "redis://h/1", "/state", "/xdg", "/home/me" };
	static const char *const want[] = { "redis://h/1", "/state/store.db",
		"/xdg/agentflow/store.db", "/home/me/.local/state/agentflow/store.db" };
	char *url;
	int i;

	(void)state;
	assert_null(store_default_url(get_environment));
	for (i = 3; i >= 0; i--) {
		environment[i] = "";
		if (i < 3) {
			url = store_default_url(get_environment);
			assert_string_equal(url, want[i + 1]);
			free(url);
		}
		environment[i] = values[i];
		url = store_default_url(get_environment);
		assert_string_equal(url, want[i]);
		free(url);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_database_is_refused),
		cmocka_unit_test(a_damaged_page_is_an_error_never_an_answer),
		cmocka_unit_test(another_programs_database_is_left_alone),
		cmocka_unit_test(a_newer_format_is_refused),
		cmocka_unit_test(a_wait_for_another_writer_ends_and_names_it),
		cmocka_unit_test(a_store_waited_for_in_vain_is_left_alone_and_had_again_by_itself),
		cmocka_unit_test(a_file_that_was_taken_away_is_made_anew_and_shared_again),
		cmocka_unit_test(a_file_that_was_replaced_is_taken_up),
		cmocka_unit_test(a_write_that_fails_leaves_the_store_usable),
		cmocka_unit_test(what_it_makes_is_its_owners_alone),
		cmocka_unit_test(what_is_not_there_is_empty_to_who_only_reads),
		cmocka_unit_test(reading_works_where_nothing_can_be_written),
		cmocka_unit_test(what_changes_under_a_reader_without_rights_is_seen),
		cmocka_unit_test(the_version_tells_that_another_has_written),
		cmocka_unit_test(the_version_leaves_out_what_was_written_here),
		cmocka_unit_test(a_change_that_expires_as_before_writes_a_page_less),
		cmocka_unit_test(of_many_that_come_first_one_makes_it),
		cmocka_unit_test(a_path_is_a_file_whatever_its_letters),
		cmocka_unit_test(an_url_that_is_none_is_told_without_its_password),
		cmocka_unit_test(it_lies_where_the_environment_says),
	};

	(void)alarm(250);
	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
