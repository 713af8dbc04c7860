/* SPDX-License-Identifier: MIT */
/* store_sqlite_open - an SQLite database found or made, and held to be one of ours. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif

#include "base/mem.h"
#include "store/store_holder.h"
#include "store/store_sqlite.h"
#include "sys/clock.h"
#include "sys/file.h"

enum { LOOK_EVERY_US = 100 * 1000 };
enum {
	FORMAT = 1,
	APPLICATION = 0x41466c77, /* "AFlw" */
	YIELDS = 4, /* a write is over in some 20 us: so often the processor is just given away */
	/* Then it is tried again this often: among eight that write without a pause nobody waits
	 * for more than 0.2 s so, where sleeps that grow to 10 ms make one wait for over a second.
	 */
	SLEEP_MS = 1,
};

static const char schema[] =
    "CREATE TABLE state (key BLOB PRIMARY KEY, value BLOB NOT NULL, expires INTEGER NOT NULL) "
    "WITHOUT ROWID;"
    "CREATE INDEX state_expires ON state (expires) WHERE expires > 0;";

static int
fail_busy(struct store_sqlite *s, struct err *err)
{
	struct buf who = BUF_INIT(BUF_UNLIMITED);

	store_holder_name(s->path, &who);
	(void)err_set(err, EXIT_IO, "%s: waited %.1f s for %s, which is writing it", s->path,
	    (double)s->wait_ms / 1000, who.p);
	buf_release(&who);
	return -1;
}

/* errno, where it belongs to this failure: SQLite keeps that of one long ago as well. */
static int
errno_of(const struct store_sqlite *s, int code)
{
	bool is_system = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;

	return is_system && s->db ? sqlite3_system_errno(s->db) : 0;
}

int
store_sqlite_fail(struct store_sqlite *s, int code, struct err *err)
{
	const char *what = s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(code);
	int errnum = errno_of(s, code);

	if (errnum == ENOSPC || errnum == EDQUOT)
		code = SQLITE_FULL; /* also where it is the memory shared by all that can't grow */
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return fail_busy(s, err);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return err_set(err, EXIT_IO,
		    "%s is damaged (%s): move it away with its -wal and -shm files, and a new one is "
		    "made, without what was learnt and counted in it",
		    s->path, what);
	case SQLITE_FULL:
		return err_set(err, EXIT_IO, "%s: no room is left to write it", s->path);
	case SQLITE_READONLY:
		return err_set(err, EXIT_IO, "%s can't be written", s->path);
	case SQLITE_NOMEM:
		return err_set(err, EXIT_SYSTEM, "%s: out of memory", s->path);
	case SQLITE_CANTOPEN:
		what = "it can't be opened";
		break;
	default:
		break;
	}
	return errnum ? err_sys(err, errnum, "%s: %s", s->path, what)
		      : err_set(err, EXIT_IO, "%s: %s", s->path, what);
}

/* Called by SQLite while another process is in the way; 0 gives up. */
static int
wait_for_others(void *user, int times)
{
	struct store_sqlite *s = user;

	if (times == 0)
		s->deadline_us = clock_deadline(s->wait_ms);
	if (clock_left_ms(s->deadline_us) == 0)
		return 0;
	if (times < YIELDS)
		(void)sched_yield(); /* cannot fail on Linux; elsewhere we just go on */
	else
		clock_sleep_ms(SLEEP_MS);
	return 1;
}

/* The first column of the first row, if any, as a number. */
static int
query(struct store_sqlite *s, const char *text, int64_t *out, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(s->db, text, -1, &statement, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*out = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement); /* repeats what step said */
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return store_sqlite_fail(s, code, err);
	return 0;
}

static int
run(struct store_sqlite *s, const char *text, struct err *err)
{
	int code = sqlite3_exec(s->db, text, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : store_sqlite_fail(s, code, err);
}

/* Going over to WAL wants the database for itself, and SQLite does not wait for that. */
static int
set_wal(struct store_sqlite *s, struct err *err)
{
	int64_t deadline_us = clock_deadline(s->wait_ms);
	sqlite3_stmt *statement = NULL;
	bool is_wal = false;
	int code;

	for (;;) {
		code = sqlite3_prepare_v2(s->db, "PRAGMA journal_mode = WAL", -1, &statement, NULL);
		if (code == SQLITE_OK)
			code = sqlite3_step(statement);
		if (code == SQLITE_ROW)
			is_wal = strcmp((const char *)sqlite3_column_text(statement, 0), "wal") ==
				 0;
		(void)sqlite3_finalize(statement); /* repeats what step said */
		if ((code & 0xff) != SQLITE_BUSY || clock_left_ms(deadline_us) == 0)
			break;
		clock_sleep_ms(SLEEP_MS);
	}
	if (code != SQLITE_ROW)
		return store_sqlite_fail(s, code, err);
	if (is_wal)
		return 0;
	return err_set(err, EXIT_CONFIG,
	    "%s: its file system has no memory shared between processes: keep it on a local disk, or in "
	    "Redis",
	    s->path);
}

static int
refuse_foreign(const struct store_sqlite *s, struct err *err)
{
	return err_set(
	    err, EXIT_CONFIG, "%s is another program's database, no store of ours", s->path);
}

/* Whether there is nothing in it yet; -1 where it is another's. Another process may be making it
 * just now, in one step: who sees its tables sees its owner after that. */
static int
is_fresh(struct store_sqlite *s, struct err *err)
{
	int64_t version = 0, tables = 0, application = 0;

	if (query(s, "SELECT count(*) FROM sqlite_master", &tables, err) < 0 ||
	    query(s, "PRAGMA user_version", &version, err) < 0 ||
	    query(s, "PRAGMA application_id", &application, err) < 0)
		return -1;
	if (application == APPLICATION)
		return 0;
	return tables || version || application ? refuse_foreign(s, err) : 1;
}

/* Under the lock: of those that come at the same time one makes it. */
static int
make_format(struct store_sqlite *s, struct err *err)
{
	char *text;
	int rc;

	if (run(s, "BEGIN IMMEDIATE", err) < 0)
		return -1;
	rc = is_fresh(s, err);
	if (rc > 0) {
		text = xasprintf("%s PRAGMA application_id = %d; PRAGMA user_version = %d;", schema,
		    APPLICATION, FORMAT);
		rc = run(s, text, err);
		free(text);
	}
	if (rc == 0 && run(s, "COMMIT", err) == 0)
		return 0;
	(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL); /* the first failure is told */
	return -1;
}

static int
check_format(struct store_sqlite *s, struct err *err)
{
	int64_t version = 0;

	if (query(s, "PRAGMA user_version", &version, err) < 0)
		return -1;
	if (version <= FORMAT)
		return 0;
	return err_set(err, EXIT_CONFIG,
	    "%s was written by a newer AgentFlow (format %lld; this one knows %d)", s->path,
	    (long long)version, FORMAT);
}

/* synchronous NORMAL: after a crash of the machine the last changes may be missing, none is half
 * there. */
static int
set_up(struct store_sqlite *s, struct err *err)
{
	int fresh = is_fresh(s, err);

	if (fresh < 0 || set_wal(s, err) < 0 || (fresh && make_format(s, err) < 0))
		return -1;
	if (check_format(s, err) < 0)
		return -1;
	return run(s, "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 4194304;", err);
}

/* File systems of networks, on which locks and shared memory do not reach the other machines. */
static int
refuse_remote(const char *path, struct err *err)
{
#ifdef __linux__
	static const struct {
		unsigned magic;
		const char *name;
	} remote[] = {
		{ 0x6969, "NFS" },
		{ 0xff534d42, "CIFS" },
		{ 0xfe534d42, "SMB" },
		{ 0x517b, "SMB" },
		{ 0x5346414f, "AFS" },
		{ 0x00c36400, "Ceph" },
	};
	struct statfs fs;
	size_t i;

	if (statfs(path, &fs) < 0)
		return 0; /* opening it will say why */
	for (i = 0; i < sizeof remote / sizeof *remote; i++) {
		if ((unsigned)fs.f_type == remote[i].magic)
			return err_set(err, EXIT_CONFIG,
			    "%s is on a network file system (%s), where processes can't share a database: "
			    "keep it on a local disk, or in Redis",
			    path, remote[i].name);
	}
#else
	(void)path;
	(void)err;
#endif
	return 0;
}

/* SQLite would make it readable to all. Once it is there, a descriptor of ours must not be closed:
 * that would drop the locks of other stores in this process. */
static int
make_file(const char *path, struct err *err)
{
	int fd;

	if (file_exists(path))
		return 0;
	if (file_mkdirs_private(path, err) < 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno != EEXIST)
		return err_sys(err, errno, "cannot create %s", path);
	if (fd >= 0)
		(void)close(fd); /* nothing was written */
	return 0;
}

static int
open_file(struct store_sqlite *s, const char *name, int flags, struct err *err)
{
	int code = sqlite3_open_v2(name, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);

	if (code != SQLITE_OK)
		return store_sqlite_fail(s, code, err);
	(void)sqlite3_extended_result_codes(s->db, 1);
	(void)sqlite3_busy_handler(s->db, wait_for_others, s);
	return 0;
}

static bool
has_log(const struct store_sqlite *s)
{
	char *log = xasprintf("%s-wal", s->path);
	struct stat st;
	bool has = stat(log, &st) == 0 && st.st_size > 0;

	free(log);
	return has;
}

/* The log is made with the first look into the database, and stays while anybody has it open. */
static void
note_log(struct store_sqlite *s)
{
	char *log = xasprintf("%s-wal", s->path);

	if (stat(log, &s->as_it_was) < 0)
		s->as_it_was.st_ino = 0; /* who only reads may have none */
	free(log);
}

/*
 * What is written where nobody finds it any more would be lost, and budgets would be kept twice. To
 * look costs as much as to read, so it is done ten times a second.
 */
static bool
has_moved(struct store_sqlite *s)
{
	int64_t now_us = clock_mono_us();
	struct stat is;
	int moved = 0;
	bool other;
	char *log;

	if (now_us - s->looked_us < LOOK_EVERY_US)
		return false;
	s->looked_us = now_us;
	(void)sqlite3_file_control(
	    s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved); /* 0: it has not */
	if (moved || !s->as_it_was.st_ino)
		return moved;
	log = xasprintf("%s-wal", s->path);
	other = stat(log, &is) < 0 || is.st_ino != s->as_it_was.st_ino;
	free(log);
	return other;
}

bool
store_sqlite_is_as_it_was(struct store_sqlite *s)
{
	const struct stat *was = &s->as_it_was;
	struct stat is;

	if (!s->db)
		return false;
	if (!s->still)
		return !has_moved(s);
	return stat(s->path, &is) == 0 && is.st_dev == was->st_dev && is.st_ino == was->st_ino &&
	       is.st_size == was->st_size && is.st_mtim.tv_sec == was->st_mtim.tv_sec &&
	       is.st_mtim.tv_nsec == was->st_mtim.tv_nsec && !has_log(s);
}

/* SQLite wants to make a log beside it to read at all, unless it is told that nobody writes. */
static int
open_still(struct store_sqlite *s, struct err *err)
{
	struct buf name = BUF_INIT(BUF_UNLIMITED);
	int rc;

	(void)sqlite3_close(s->db); /* it has no statements */
	s->db = NULL;
	if (stat(s->path, &s->as_it_was) < 0)
		return err_sys(err, errno, "cannot open %s", s->path);
	s->still = true;
	buf_adds(&name, "file:");
	buf_addurl(&name, str_of(s->path), "/");
	buf_adds(&name, "?immutable=1");
	rc = open_file(s, name.p, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
	buf_release(&name);
	return rc;
}

static int
connect_reader(struct store_sqlite *s, bool *absent, struct err *err)
{
	int fresh, code;

	if (open_file(s, s->path, SQLITE_OPEN_READONLY, err) < 0)
		return -1;
	fresh = is_fresh(s, err);
	code = sqlite3_errcode(s->db) & 0xff;
	if (fresh < 0 && (code == SQLITE_READONLY || code == SQLITE_CANTOPEN) && !has_log(s)) {
		if (open_still(s, err) < 0)
			return -1;
		fresh = is_fresh(s, err);
	}
	if (!s->still)
		note_log(s);
	*absent = fresh > 0;
	return fresh < 0 ? -1 : check_format(s, err);
}

int
store_sqlite_connect(struct store_sqlite *s, bool *absent, struct err *err)
{
	s->still = false;
	*absent = s->read_only && access(s->path, F_OK) < 0 && errno == ENOENT;
	if (*absent)
		return 0;
	if ((!s->read_only && make_file(s->path, err) < 0) || refuse_remote(s->path, err) < 0)
		return -1;
	if (s->read_only)
		return connect_reader(s, absent, err);
	if (open_file(s, s->path, SQLITE_OPEN_READWRITE, err) < 0)
		return -1;
	if (sqlite3_db_readonly(s->db, "main") == 1) /* SQLite's own way out */
		return err_sys(err, EACCES, "cannot write %s", s->path);
	if (set_up(s, err) < 0)
		return -1;
	note_log(s);
	return 0;
}
