/* SPDX-License-Identifier: MIT */
/* store_holder - who keeps an SQLite file from being written: what Linux tells of locks. */
#include "store/store_holder.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "sys/file.h"

/*
 * In WAL mode who writes holds a lock on byte 120 of the -shm file (sqlite.org/walformat.html,
 * section 2.3). Asking by fcntl would need a descriptor of our own, and closing that would drop
 * this process's locks; so the kernel's list is read.
 */
#define WRITE_LOCK "120"

enum { LOCKS_MAX = 1024 * 1024, NAME_MAX_BYTES = 64 };

/* "1: POSIX  ADVISORY  WRITE 4711 fe:01:1234 120 120": the process, or 0 where it is another lock.
 */
static int64_t
holder_of(struct str line, ino_t inode)
{
	struct str words[8] = { STR_NONE }, word, part;
	int64_t number, pid;
	size_t n = 0;

	while (n < sizeof words / sizeof *words && str_split(&line, ' ', &word)) {
		if (word.len)
			words[n++] = word;
	}
	if (n < 8 || !str_is(words[3], "WRITE") || !str_is(words[6], WRITE_LOCK))
		return 0;
	while (str_split(&words[5], ':', &part))
		continue;
	if (!num_i64(part, &number) || (ino_t)number != inode || !num_i64(words[4], &pid))
		return 0;
	return pid;
}

static int64_t
find_holder(const char *path)
{
	struct buf locks = BUF_INIT(LOCKS_MAX);
	char *shared = xasprintf("%s-shm", path);
	struct err ignored = ERR_INIT;
	int64_t pid = 0;
	struct str rest, line;
	struct stat st;

	if (stat(shared, &st) == 0 && file_read("/proc/locks", &locks, &ignored) == 0) {
		rest = buf_str(&locks);
		while (pid <= 0 && str_split(&rest, '\n', &line))
			pid = holder_of(line, st.st_ino);
	}
	free(shared);
	buf_release(&locks);
	return pid;
}

void
store_holder_name(const char *path, struct buf *out)
{
	int64_t pid = find_holder(path);
	struct buf name = BUF_INIT(NAME_MAX_BYTES);
	struct err ignored = ERR_INIT;
	char *comm;

	if (pid <= 0) {
		buf_adds(out, "another process");
		return;
	}
	comm = xasprintf("/proc/%lld/comm", (long long)pid);
	if (file_read(comm, &name, &ignored) == 0 && str_trim(buf_str(&name)).len) {
		buf_addstr(out, str_trim(buf_str(&name)));
		buf_addf(out, " (process %lld)", (long long)pid);
	} else {
		buf_addf(out, "process %lld", (long long)pid);
	}
	free(comm);
	buf_release(&name);
}
