/* SPDX-License-Identifier: MIT */
/* rundir - make a run's directory and the files of its attempts. */
#include "flow/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "json/field.h"
#include "sys/clock.h"
#include "sys/file.h"

enum { ID_TRIES = 16 };

/* 20261121T020304Z-7f3a9c of 2026-11-21T02:03:04.000005Z. */
static char *
new_id(struct rand *chance)
{
	struct buf ts = BUF_INIT(64), id = BUF_INIT(64);

	clock_print(&ts, clock_wall_us());
	for (size_t i = 0; i < ts.len && ts.p[i] != '.'; i++) {
		if (ts.p[i] != '-' && ts.p[i] != ':')
			buf_addc(&id, ts.p[i]);
	}
	buf_addf(&id, "Z-%06x", (unsigned)rand_below(chance, 1U << 24));
	buf_release(&ts);
	return buf_take(&id);
}

/* 1: made; 0: there already; -1: err. */
static int
make_run(struct rundir *rd, const char *runs, struct err *err)
{
	free(rd->path);
	rd->path = file_join(runs, rd->id);
	if (mkdir(rd->path, 0777) == 0)
		return 1;
	if (errno == EEXIST)
		return 0;
	return err_sys(err, errno, "cannot make directory %s", rd->path);
}

static int
make_new(struct rundir *rd, const char *runs, struct rand *chance, struct err *err)
{
	int made = 0;

	for (int i = 0; made == 0 && i < ID_TRIES; i++) {
		free(rd->id);
		rd->id = new_id(chance);
		made = make_run(rd, runs, err);
	}
	if (made == 0)
		err_set(err, EXIT_IO, "%s: no free name for a run", runs);
	return made == 1 ? 0 : -1;
}

static int
make_named(struct rundir *rd, const char *runs, const char *id, struct err *err)
{
	const char *fault = field_name_fault(id);
	int made;

	if (fault)
		return err_set(err, EXIT_USAGE, "the run's id \"%.60s\" %s", id, fault);
	if (strcmp(id, "latest") == 0)
		return err_set(err, EXIT_USAGE, "the run's id may not be \"latest\"");
	rd->id = xstrdup(id);
	made = make_run(rd, runs, err);
	if (made == 0)
		err_set(err, EXIT_CONFIG, "there is a run %s already", rd->path);
	return made == 1 ? 0 : -1;
}

int
rundir_create(
    struct rundir *rd, const char *runs, const char *id, struct rand *chance, struct err *err)
{
	char *nodes;
	int rc;

	*rd = (struct rundir){ .nodes_fd = -1 };
	if (file_mkdirs(runs, err) < 0)
		return -1;
	rc = id ? make_named(rd, runs, id, err) : make_new(rd, runs, chance, err);
	if (rc < 0)
		return -1;
	nodes = file_join(rd->path, "nodes");
	if (mkdir(nodes, 0777) == 0)
		rd->nodes_fd = open(nodes, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (rd->nodes_fd < 0)
		rc = err_sys(err, errno, "cannot make directory %s", nodes);
	free(nodes);
	rd->absolute = realpath(rd->path, NULL);
	if (rc == 0 && !rd->absolute)
		rc = err_sys(err, errno, "cannot resolve %s", rd->path);
	return rc == 0 ? file_sync_dir(runs, err) : -1;
}

void
rundir_release(struct rundir *rd)
{
	if (rd->nodes_fd >= 0)
		(void)close(rd->nodes_fd); /* read only */
	free(rd->id);
	free(rd->path);
	free(rd->absolute);
	*rd = (struct rundir){ .nodes_fd = -1 };
}

int
rundir_put(const struct rundir *rd, const char *name, struct str text, struct err *err)
{
	char *path = file_join(rd->path, name);
	int rc = file_replace(path, text, err);

	free(path);
	return rc;
}

int
rundir_set_latest(const struct rundir *rd, const char *runs, struct err *err)
{
	char *temporary = xasprintf("%s/.latest.%ld", runs, (long)getpid());
	char *latest = file_join(runs, "latest");
	int rc = 0;

	(void)unlink(temporary); /* ENOENT, unless a run of our number died here */
	if (symlink(rd->id, temporary) < 0 || rename(temporary, latest) < 0) {
		rc = err_sys(err, errno, "cannot turn %s to %s", latest, rd->id);
		(void)unlink(temporary);
	}
	free(latest);
	free(temporary);
	return rc;
}

int
rundir_fill(const struct rundir *rd, const char *runs, struct str workflow, struct str input,
    struct err *err)
{
	if (rundir_put(rd, "workflow.yaml", workflow, err) < 0 ||
	    rundir_put(rd, "input.json", input, err) < 0)
		return -1;
	return rundir_set_latest(rd, runs, err);
}

static int
make_below(int fd, const char *path, struct err *err)
{
	if (mkdirat(fd, path, 0777) == 0 || errno == EEXIST)
		return 0;
	return err_sys(err, errno, "cannot make directory nodes/%s", path);
}

static int
open_below(int dir, const char *attempt, const char *name, struct err *err)
{
	char *path = xasprintf("%s/%s", attempt, name);
	int fd = openat(dir, path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		(void)err_sys(err, errno, "cannot create nodes/%s", path);
	free(path);
	return fd;
}

/* stdin is at the start of the file that was written. */
static int
fill_input(int fd, struct str input, struct err *err)
{
	if (file_write_all(fd, input.p, input.len) < 0 || file_write_all(fd, "\n", 1) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, errno, "cannot write a node's input");
	return 0;
}

int
rundir_open_attempt(const struct rundir *rd, const char *node, int64_t attempt, struct str input,
    struct rundir_attempt *files, struct err *err)
{
	char *path = xasprintf("%s/%lld", node, (long long)attempt);
	int rc = -1;

	*files = (struct rundir_attempt){ -1, -1, -1 };
	if (attempt > 1 || make_below(rd->nodes_fd, node, err) == 0) {
		if (make_below(rd->nodes_fd, path, err) == 0 &&
		    (files->in = open_below(rd->nodes_fd, path, "in.ndjson", err)) >= 0 &&
		    (files->out = open_below(rd->nodes_fd, path, "out.ndjson", err)) >= 0 &&
		    (files->err = open_below(rd->nodes_fd, path, "err.log", err)) >= 0)
			rc = fill_input(files->in, input, err);
	}
	free(path);
	if (rc < 0)
		rundir_close_attempt(files);
	return rc;
}

void
rundir_close_attempt(struct rundir_attempt *files)
{
	const int fds[] = { files->in, files->out, files->err };

	for (int i = 0; i < 3; i++) {
		if (fds[i] >= 0)
			(void)close(fds[i]); /* what must last is synced before */
	}
	*files = (struct rundir_attempt){ -1, -1, -1 };
}
