/* SPDX-License-Identifier: MIT */
/* journal - append events durably, many with one fdatasync. */
#include "flow/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/clock.h"
#include "sys/file.h"

struct journal {
	int fd;
	char *path, *run;
	int64_t seq;
	off_t whole; /* the file's length after the last good commit */
	struct buf pending;
	bool committed; /* pending is what the last commit wrote */
	bool broken;
	struct jsonw w;
};

struct journal *
journal_create(const char *path, const char *run, struct err *err)
{
	struct journal *j;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);

	if (fd < 0) {
		err_sys(err, errno, "cannot create %s", path);
		return NULL;
	}
	j = xcalloc(1, sizeof *j);
	j->fd = fd;
	j->path = xstrdup(path);
	j->run = xstrdup(run);
	buf_init(&j->pending, BUF_UNLIMITED);
	return j;
}

void
journal_close(struct journal *j)
{
	if (!j)
		return;
	(void)close(j->fd); /* all that counts was synced */
	free(j->path);
	free(j->run);
	buf_release(&j->pending);
	free(j);
}

struct jsonw *
journal_event(struct journal *j, const char *event)
{
	struct buf ts = BUF_INIT(64);

	if (j->committed) {
		buf_reset(&j->pending);
		j->committed = false;
	}
	clock_print(&ts, clock_wall_us());
	jsonw_start(&j->w, &j->pending);
	jsonw_object(&j->w);
	jsonw_kstr(&j->w, "type", "event");
	jsonw_kstr(&j->w, "run", j->run);
	jsonw_ki64(&j->w, "seq", ++j->seq);
	jsonw_kstrn(&j->w, "ts", buf_str(&ts));
	jsonw_kstr(&j->w, "event", event);
	buf_release(&ts);
	return &j->w;
}

void
journal_event_end(struct journal *j)
{
	jsonw_end(&j->w);
	buf_addc(&j->pending, '\n');
}

bool
journal_has_pending(const struct journal *j)
{
	return j->pending.len > 0 && !j->committed;
}

int
journal_commit(struct journal *j, struct err *err)
{
	int saved;

	if (!journal_has_pending(j))
		return 0;
	if (j->broken)
		return err_set(err, EXIT_IO, "%s: an earlier write failed", j->path);
	if (file_write_all(j->fd, j->pending.p, j->pending.len) == 0 && fdatasync(j->fd) == 0) {
		j->whole += (off_t)j->pending.len;
		j->committed = true;
		return 0;
	}
	saved = errno;
	j->broken = true;
	/* Readers pass over a torn last line, but better that there is none. */
	if (ftruncate(j->fd, j->whole) == 0)
		(void)fdatasync(j->fd); /* the failure is told already */
	return err_sys(err, saved, "cannot write %s", j->path);
}

struct str
journal_committed(const struct journal *j)
{
	return j->committed ? buf_str(&j->pending) : STR_NONE;
}
