/* SPDX-License-Identifier: MIT */
/* file - whole files: read, replaced atomically, appended to durably. */
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { READ_BLOCK = 64 * 1024, COUNTED_MAX = 256 << 20 };

static int
read_fd(int fd, const char *name, struct buf *out, struct err *err)
{
	size_t room;
	ssize_t n;

	for (;;) {
		room = out->limit - out->len;
		if (room > READ_BLOCK)
			room = READ_BLOCK;
		if (!room || !buf_reserve(out, room)) {
			char beyond; /* at the limit: only the end of the file is welcome */

			n = read(fd, &beyond, 1);
			if (n > 0)
				return err_set(
				    err, EXIT_IO, "%s: larger than %zu bytes", name, out->limit);
		} else {
			n = read(fd, out->p + out->len, room);
		}
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return err_sys(err, errno, "cannot read %s", name);
		if (n > 0) {
			out->len += (size_t)n;
			out->p[out->len] = '\0';
		}
	}
}

int
file_read(const char *path, struct buf *out, struct err *err)
{
	int fd, rc;

	if (strcmp(path, "-") == 0)
		return read_fd(STDIN_FILENO, "standard input", out, err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", path);
	rc = read_fd(fd, path, out, err);
	(void)close(fd); /* read only: nothing to lose */
	return rc;
}

int
file_read_regular(const char *path, struct buf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), rc;
	struct stat st;

	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		rc = err_set(err, EXIT_IO, "%s is no regular file", path);
	else
		rc = read_fd(fd, path, out, err);
	(void)close(fd); /* read only: nothing to lose */
	return rc;
}

/* -1 where input is the file that out describes, and err says so. */
static int
check_input(const struct stat *out, const char *input, struct err *err)
{
	bool is_stdin = strcmp(input, "-") == 0;
	struct stat in;

	if ((is_stdin ? fstat(STDIN_FILENO, &in) : stat(input, &in)) < 0)
		return 0; /* reading it will say so */
	if (in.st_dev != out->st_dev || in.st_ino != out->st_ino)
		return 0;
	return err_set(
	    err, EXIT_USAGE, "%s is both read and written", is_stdin ? "standard input" : input);
}

/* What is open may be written from the beginning; -1 where it is an input, and stays as it is. */
static int
empty_output(int fd, const char *path, char *const *inputs, struct err *err)
{
	struct stat out;

	if (fstat(fd, &out) < 0 || !S_ISREG(out.st_mode))
		return 0;
	if (inputs && !*inputs && check_input(&out, "-", err) < 0)
		return -1;
	for (; inputs && *inputs; inputs++) {
		if (check_input(&out, *inputs, err) < 0)
			return -1;
	}
	if (fd != STDOUT_FILENO && ftruncate(fd, 0) < 0)
		return err_sys(err, errno, "cannot write %s", path);
	return 0;
}

int
file_create(const char *path, char *const *inputs, struct err *err)
{
	int fd = STDOUT_FILENO;

	if (path && strcmp(path, "-") != 0)
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", path);
	if (empty_output(fd, path, inputs, err) == 0)
		return fd;
	if (fd != STDOUT_FILENO)
		(void)close(fd); /* nothing was written */
	return -1;
}

int
file_write_all(int fd, const char *p, size_t n)
{
	ssize_t done;

	while (n) {
		done = write(fd, p, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

static char *
dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	return xmemdup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* Write, sync and rename; errno says what failed. fd is closed in any case. */
static int
replace_with(int fd, const char *temporary, const char *path, struct str text)
{
	int saved;

	if (file_write_all(fd, text.p, text.len) < 0 || fsync(fd) < 0) {
		saved = errno;
		(void)close(fd); /* the first failure is the one to report */
		errno = saved;
		return -1;
	}
	if (close(fd) < 0)
		return -1;
	return rename(temporary, path);
}

int
file_replace(const char *path, struct str text, struct err *err)
{
	char *temporary = xasprintf("%s.%ld.tmp", path, (long)getpid());
	char *dir = dir_of(path);
	int rc = -1, fd;

	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0) {
		(void)err_sys(err, errno, "cannot create %s", temporary);
	} else if (replace_with(fd, temporary, path, text) < 0) {
		(void)err_sys(err, errno, "cannot write %s", path);
		(void)unlink(temporary); /* what cannot be removed is only a leftover */
	} else {
		rc = file_sync_dir(dir, err);
	}
	free(dir);
	free(temporary);
	return rc;
}

static int
make_dir(const char *path, mode_t mode, struct err *err)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return 0;
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return err_sys(err, errno, "cannot make directory %s", path);
}

/* All but what follows the last slash. */
static int
make_parents(const char *path, mode_t mode, struct err *err)
{
	char *copy = xstrdup(path), *at;
	int rc = 0;

	for (at = copy + 1; rc == 0 && *copy && (at = strchr(at, '/')); at++) {
		*at = '\0';
		rc = make_dir(copy, mode, err);
		*at = '/';
	}
	free(copy);
	return rc;
}

int
file_mkdirs(const char *path, struct err *err)
{
	return make_parents(path, 0777, err) < 0 ? -1 : make_dir(path, 0777, err);
}

int
file_mkdirs_private(const char *path, struct err *err)
{
	return make_parents(path, 0700, err);
}

int
file_sync_dir(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (fd < 0)
		return err_sys(err, errno, "cannot open directory %s", path);
	/* Some file systems cannot sync a directory; what they can't do is not our failure. */
	if (fsync(fd) < 0 && errno != EINVAL && errno != ENOTSUP)
		rc = err_sys(err, errno, "cannot sync directory %s", path);
	(void)close(fd); /* read only */
	return rc;
}

void
file_hold_standard(void)
{
	/* the wrong way round, so that input can't be read nor output be written */
	static const int flags[3] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", flags[fd]) != fd)
			return; /* no /dev/null, no descriptors: later opens will tell */
}

bool
file_is_regular(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

uint64_t
file_lines_ahead(int fd)
{
	char block[READ_BLOCK];
	off_t at = lseek(fd, 0, SEEK_CUR);
	bool is_open = false; /* the last line has no end yet */
	struct stat st;
	uint64_t lines = 0;
	ssize_t n;

	if (at < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size - at > COUNTED_MAX)
		return 0;
	while ((n = pread(fd, block, sizeof block, at)) > 0) {
		for (const char *p = block; (p = memchr(p, '\n', (size_t)(block + n - p))); p++)
			lines++;
		is_open = block[n - 1] != '\n';
		at += n;
	}
	return n < 0 ? 0 : lines + is_open;
}

bool
file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

char *
file_join(const char *a, const char *b)
{
	size_t n = strlen(a);

	if (!n || b[0] == '/')
		return xstrdup(b);
	return xasprintf(a[n - 1] == '/' ? "%s%s" : "%s/%s", a, b);
}
