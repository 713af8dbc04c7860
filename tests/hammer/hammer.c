/* SPDX-License-Identifier: MIT */
/*
 * hammer - run a job in several processes that are killed and started again.
 *
 *	hammer JOB URL SECONDS SEED [WORKERS]
 *
 * One line says what was done; lines before it, and status 1, what is not as it must be.
 */
#include "hammer/hammer.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/die.h"
#include "base/num.h"
#include "sys/clock.h"

enum {
	WAIT_MS = 20000, /* of a worker for the others: never used up */
	PATIENCE_MS = 60000, /* the last turn of each is over by then, or somebody is stuck */
	KILL_MIN_US = 200,
	KILL_SPAN_US = 12000,
	CHECKS = 3,
	ALL_IN = 10, /* of so many kills one takes all at once: nobody is left who has it open */
};

static const struct hammer_job *const jobs[] = { &hammer_aside, &hammer_budget, &hammer_count,
	&hammer_probe };

struct run {
	struct hammer hammer;
	const struct hammer_job *job;
	struct rand rand;
	pid_t pids[HAMMER_WORKERS_MAX];
	_Atomic int *stop; /* shared */
	uint64_t kills;
};

static struct store *
open_store(const char *url, bool read_only, struct err *err)
{
	return store_open(
	    &(struct store_config){ .url = url, .wait_ms = WAIT_MS, .read_only = read_only }, err);
}

static int
live(struct run *r, size_t index, struct err *err)
{
	struct hammer_slot *slot = &r->hammer.slots[index];
	struct hammer_worker w = { .hammer = &r->hammer, .slot = slot, .index = index };
	int rc = 0;

	rand_seed(&w.rand, (index << 32) + slot->lives);
	w.store = open_store(r->hammer.url, false, err);
	if (!w.store || (r->job->wake && r->job->wake(&w, err) < 0))
		return -1;
	while (rc == 0 && !*r->stop) {
		slot->begun++;
		rc = r->job->turn(&w, err);
		if (rc == 0)
			slot->done++;
	}
	if (r->job->rest)
		r->job->rest(&w);
	store_close(w.store);
	return rc;
}

static void
start(struct run *r, size_t index)
{
	struct hammer_slot *slot = &r->hammer.slots[index];
	struct err err = ERR_INIT;

	slot->lives++;
	r->pids[index] = fork();
	if (r->pids[index] < 0)
		die(EXIT_SYSTEM, "cannot fork: %s", strerror(errno));
	if (r->pids[index] > 0)
		return;
	if (live(r, index, &err) < 0) {
		memcpy(slot->error, err.text, sizeof slot->error);
		_exit(1);
	}
	_exit(0);
}

/* What was cut off, by a kill or a failure, is in doubt from now on, and no longer going on. */
static void
bury(struct run *r, size_t index)
{
	struct hammer_slot *slot = &r->hammer.slots[index];

	r->pids[index] = 0;
	slot->in_doubt += slot->begun - slot->done;
	slot->begun = (uint64_t)slot->done;
}

static void
reap(struct run *r, size_t index)
{
	while (waitpid(r->pids[index], NULL, 0) < 0 && errno == EINTR)
		continue;
	bury(r, index);
}

static void
kill_some(struct run *r)
{
	bool all = rand_below(&r->rand, ALL_IN) == 0;
	size_t i, one = rand_below(&r->rand, r->hammer.workers);

	for (i = 0; i < r->hammer.workers; i++) {
		if (all || i == one)
			(void)kill(r->pids[i], SIGKILL); /* ours, and not yet waited for */
	}
	for (i = 0; i < r->hammer.workers; i++) {
		if (all || i == one) {
			reap(r, i);
			start(r, i);
			r->kills++;
		}
	}
}

static bool
gave_up(const struct run *r, struct buf *wrong)
{
	bool any = false;
	size_t i;

	for (i = 0; i < r->hammer.workers; i++) {
		if (r->hammer.slots[i].error[0]) {
			buf_addf(wrong, "worker %zu: %s\n", i, r->hammer.slots[i].error);
			any = true;
		}
	}
	return any;
}

static void
wait_us(int64_t us)
{
	struct timespec left = { us / 1000000, us % 1000000 * 1000 };

	(void)nanosleep(&left, NULL); /* a shorter one is as good */
}

/* Each makes one more turn in its last life, and ends by itself. */
static void
let_finish(struct run *r, struct buf *wrong)
{
	int64_t deadline_us = clock_deadline(PATIENCE_MS);
	uint64_t before[HAMMER_WORKERS_MAX];
	pid_t ended;
	size_t i;

	for (i = 0; i < r->hammer.workers; i++)
		before[i] = r->hammer.slots[i].done;
	for (i = 0; i < r->hammer.workers; i++) {
		while (r->hammer.slots[i].done == before[i] && !r->hammer.slots[i].error[0] &&
		       clock_left_ms(deadline_us) > 0)
			clock_sleep_ms(1);
		if (r->hammer.slots[i].done == before[i])
			buf_addf(wrong, "worker %zu is stuck\n", i);
	}
	*r->stop = 1;
	for (i = 0; i < r->hammer.workers; i++) {
		while ((ended = waitpid(r->pids[i], NULL, WNOHANG)) == 0 &&
		       clock_left_ms(deadline_us) > 0)
			clock_sleep_ms(1);
		if (ended != 0) {
			bury(r, i);
		} else {
			(void)kill(r->pids[i], SIGKILL); /* ours, and not yet waited for */
			reap(r, i);
			buf_addf(wrong, "worker %zu does not end\n", i);
		}
	}
}

static bool
check_file(const char *path, struct buf *wrong)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *rows = NULL;
	bool known;

	if (strstr(path, "://"))
		return true;
	known = sqlite3_open(path, &db) == SQLITE_OK &&
		sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &rows, NULL) == SQLITE_OK &&
		sqlite3_step(rows) == SQLITE_ROW;
	if (!known)
		buf_addf(wrong, "%s: %s\n", path, sqlite3_errmsg(db));
	else if (strcmp((const char *)sqlite3_column_text(rows, 0), "ok") != 0)
		buf_addf(wrong, "%s: %s\n", path, sqlite3_column_text(rows, 0));
	(void)sqlite3_finalize(rows); /* whatever failed has been told */
	(void)sqlite3_close(db);
	return known;
}

static bool
check_content(struct run *r, struct buf *wrong)
{
	struct err err = ERR_INIT;
	struct store *store = open_store(r->hammer.url, true, &err);
	bool known = store && r->job->check(&r->hammer, store, wrong, &err) == 0;

	if (!known)
		buf_addf(wrong, "%s\n", err.text);
	store_close(store);
	return known;
}

/* Where faults are injected we meet them too, but not each time. */
static void
check(struct run *r, struct buf *wrong)
{
	size_t before = wrong->len;
	int times;

	for (times = 0; times < CHECKS; times++) {
		buf_truncate(wrong, before);
		if (check_file(r->hammer.url, wrong) && check_content(r, wrong))
			break;
	}
}

static void *
share(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die(EXIT_SYSTEM, "no shared memory: %s", strerror(errno));
	return p;
}

static void
run(struct run *r, int64_t seconds, struct buf *wrong)
{
	int64_t end_us = clock_deadline(seconds * 1000);
	size_t i;

	for (i = 0; i < r->hammer.workers; i++)
		start(r, i);
	while (clock_left_ms(end_us) > 0 && !gave_up(r, wrong)) {
		wait_us(KILL_MIN_US + (int64_t)rand_below(&r->rand, KILL_SPAN_US));
		kill_some(r);
	}
	let_finish(r, wrong);
	if (!wrong->len)
		(void)gave_up(r, wrong); /* it says what is wrong */
	check(r, wrong);
}

static const struct hammer_job *
find_job(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof jobs / sizeof *jobs; i++) {
		if (strcmp(jobs[i]->name, name) == 0)
			return jobs[i];
	}
	die(EXIT_USAGE, "no job is called %s", name);
}

static int64_t
number(const char *text, int64_t max)
{
	int64_t n;

	if (!num_i64(str_of(text), &n) || n < 0 || n > max)
		die(EXIT_USAGE, "%s is no number from 0 to %lld", text, (long long)max);
	return n;
}

int
main(int argc, char **argv)
{
	struct buf wrong = BUF_INIT(BUF_UNLIMITED);
	uint64_t turns = 0, in_doubt = 0;
	enum exit_code code;
	struct run r = { .hammer.workers = 4 };
	size_t i;

	die_init(argv[0]);
	if (argc < 5)
		die(EXIT_USAGE, "hammer JOB URL SECONDS SEED [WORKERS]");
	r.job = find_job(argv[1]);
	r.hammer.url = argv[2];
	rand_seed(&r.rand, (uint64_t)number(argv[4], INT64_MAX));
	if (argc > 5)
		r.hammer.workers = (size_t)number(argv[5], HAMMER_WORKERS_MAX);
	r.hammer.slots = share(HAMMER_WORKERS_MAX * sizeof *r.hammer.slots);
	r.hammer.words = share(HAMMER_WORDS * sizeof *r.hammer.words);
	r.stop = share(sizeof *r.stop);
	run(&r, number(argv[3], 3600), &wrong);
	for (i = 0; i < r.hammer.workers; i++) {
		turns += r.hammer.slots[i].done;
		in_doubt += r.hammer.slots[i].in_doubt;
	}
	(void)printf("%s%s: %" PRIu64 " turns, %" PRIu64 " kills, %" PRIu64 " in doubt\n", wrong.p,
	    r.job->name, turns, r.kills, in_doubt);
	code = wrong.len ? EXIT_NO : EXIT_OK;
	buf_release(&wrong);
	return code;
}
