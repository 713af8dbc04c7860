/* SPDX-License-Identifier: MIT */
/* The journal: whole lines, in order, and none that was not committed; the run's directory. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "flow/journal.h"
#include "flow/rundir.h"
#include "support/parsed.h"
#include "sys/file.h"

static char dir[] = "/tmp/test_journal.XXXXXX";

static int
setup(void **state)
{
	(void)state;
	return mkdtemp(dir) ? chdir(dir) : -1;
}

static int
teardown(void **state)
{
	const char *names[] = { "journal", "full", "runs/latest", "runs/one/nodes/a/1/in.ndjson",
		"runs/one/nodes/a/1/out.ndjson", "runs/one/nodes/a/1/err.log", "runs/one/nodes/a/1",
		"runs/one/nodes/a", "runs/one/nodes", "runs/one", "runs", dir };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		(void)remove(names[i]);
	return access(dir, F_OK) == 0 ? -1 : 0;
}

static void
put(struct journal *j, const char *event, const char *node)
{
	struct jsonw *w = journal_event(j, event);

	jsonw_kstr(w, "node", node);
	journal_event_end(j);
}

static void
events_are_lines_in_order_once_they_are_committed(void **state)
{
	struct err err = ERR_INIT;
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct journal *j = journal_create("journal", "r-1", &err);
	struct json e;
	struct str rest, line;
	int64_t seq;

	(void)state;
	assert_non_null(j);
	assert_false(journal_has_pending(j));
	put(j, "node.ready", "a \"b\"\n");
	assert_true(journal_has_pending(j));
	assert_int_equal(file_read("journal", &text, &err), 0);
	assert_int_equal(text.len, 0);
	put(j, "node.started", "a");
	assert_int_equal(journal_commit(j, &err), 0);
	assert_false(journal_has_pending(j));
	assert_int_equal(file_read("journal", &text, &err), 0);
	assert_true(str_eq(buf_str(&text), journal_committed(j)));
	put(j, "run.finished", "b");
	assert_int_equal(journal_committed(j).len, 0);
	assert_int_equal(journal_commit(j, &err), 0);
	journal_close(j);

	buf_reset(&text);
	assert_int_equal(file_read("journal", &text, &err), 0);
	rest = buf_str(&text);
	for (int64_t want = 1; want <= 3; want++) {
		assert_true(str_split(&rest, '\n', &line));
		e = parsed_str(line);
		assert_true(json_eq(json_get(e, "type"), "event"));
		assert_true(json_eq(json_get(e, "run"), "r-1"));
		assert_true(json_i64(json_get(e, "seq"), &seq));
		assert_int_equal(seq, want);
		assert_int_equal(
		    json_get(e, "ts").len, sizeof "\"2026-11-21T02:03:04.000005Z\"" - 1);
	}
	assert_int_equal(rest.len, 0);
	buf_release(&text);
}

static void
a_journal_is_never_written_over(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_null(journal_create("journal", "r-2", &err));
	assert_int_equal(err.code, EXIT_IO);
	assert_string_equal(err.text, "cannot create journal: File exists");
}

/* A limit on the file's size stands in for a full disk: the write is short, then fails. */
static void
a_write_that_fails_leaves_whole_lines(void **state)
{
	struct rlimit old, small = { 400, 400 };
	struct err err = ERR_INIT;
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct journal *j = journal_create("full", "r-3", &err);
	size_t whole;

	(void)state;
	assert_non_null(j);
	put(j, "node.ready", "a");
	assert_int_equal(journal_commit(j, &err), 0);
	whole = journal_committed(j).len;
	assert_true(whole > 100 && whole < 250);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int i = 0; i < 5; i++)
		put(j, "node.started", "b");
	assert_int_equal(journal_commit(j, &err), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(err.code, EXIT_IO);
	assert_string_equal(err.text, "cannot write full: File too large");
	put(j, "node.started", "c");
	assert_int_equal(journal_commit(j, &err), -1); /* and does not go on behind the gap */
	journal_close(j);
	assert_int_equal(file_read("full", &text, &err), 0);
	assert_int_equal(text.len, whole);
	assert_int_equal(text.p[text.len - 1], '\n');
	buf_release(&text);
}

static void
a_run_has_a_directory_of_its_own(void **state)
{
	struct rundir rd, again;
	struct rundir_attempt files;
	struct err err = ERR_INIT;
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct rand chance;
	char link[16] = "";

	(void)state;
	rand_seed(&chance, 1);
	assert_int_equal(rundir_create(&rd, "runs", "one", &chance, &err), 0);
	assert_string_equal(rd.path, "runs/one");
	assert_int_equal(rd.absolute[0], '/');
	assert_int_equal(rundir_set_latest(&rd, "runs", &err), 0);
	assert_int_equal(rundir_set_latest(&rd, "runs", &err), 0);
	assert_int_equal(readlink("runs/latest", link, sizeof link - 1), 3);
	assert_string_equal(link, "one");
	assert_int_equal(rundir_open_attempt(&rd, "a", 1, STR_LIT("{}"), &files, &err), 0);
	assert_int_equal(lseek(files.in, 0, SEEK_CUR), 0);
	rundir_close_attempt(&files);
	assert_int_equal(file_read("runs/one/nodes/a/1/in.ndjson", &text, &err), 0);
	assert_string_equal(text.p, "{}\n");
	assert_true(file_exists("runs/one/nodes/a/1/out.ndjson"));
	assert_true(file_exists("runs/one/nodes/a/1/err.log"));

	assert_int_equal(rundir_create(&again, "runs", "one", &chance, &err), -1);
	assert_int_equal(err.code, EXIT_CONFIG);
	rundir_release(&again);
	assert_int_equal(rundir_create(&again, "runs", "../one", &chance, &err), -1);
	assert_int_equal(err.code, EXIT_USAGE);
	rundir_release(&again);
	assert_int_equal(rundir_create(&again, "runs", "latest", &chance, &err), -1);
	rundir_release(&again);
	rundir_release(&rd);
	buf_release(&text);
}

static void
names_of_runs_are_made_of_the_time_and_differ(void **state)
{
	struct rundir a, b;
	struct err err = ERR_INIT;
	struct rand chance, same;
	char *nodes;

	(void)state;
	rand_seed(&chance, 1);
	rand_seed(&same, 1); /* the same chance in the same second: the second one must go on */
	assert_int_equal(rundir_create(&a, "runs", NULL, &chance, &err), 0);
	assert_int_equal(rundir_create(&b, "runs", NULL, &same, &err), 0);
	assert_int_equal(strlen(a.id), sizeof "20261121T020304Z-7f3a9c" - 1);
	assert_int_equal(a.id[8], 'T');
	assert_true(strcmp(a.id, b.id) != 0);
	for (struct rundir *rd = &a; rd; rd = rd == &a ? &b : NULL) {
		nodes = file_join(rd->path, "nodes");
		assert_int_equal(rmdir(nodes), 0);
		assert_int_equal(rmdir(rd->path), 0);
		free(nodes);
		rundir_release(rd);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_lines_in_order_once_they_are_committed),
		cmocka_unit_test(a_journal_is_never_written_over),
		cmocka_unit_test(a_write_that_fails_leaves_whole_lines),
		cmocka_unit_test(a_run_has_a_directory_of_its_own),
		cmocka_unit_test(names_of_runs_are_made_of_the_time_and_differ),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
