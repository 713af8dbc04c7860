/* SPDX-License-Identifier: MIT */
/* tree - directories with all that is in them. */
#include "sys/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 128 };

static bool remove_entry(int dir, const char *name, dev_t device, int depth);

static bool
is_self(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* All that is in the directory, whose descriptor this closes. */
static bool
empty(int fd, dev_t device, int depth)
{
	DIR *d = fdopendir(fd);
	struct dirent *entry;
	bool ok = true;

	if (!d) {
		(void)close(fd); /* nothing was written to it */
		return false;
	}
	while ((entry = readdir(d)) != NULL) {
		if (!is_self(entry->d_name))
			ok &= remove_entry(dirfd(d), entry->d_name, device, depth);
	}
	(void)closedir(d); /* nothing was written to it */
	return ok;
}

/* A directory may be closed to its owner, or to changes, as caches of downloads are. It is opened
 * up by its descriptor: whoever still runs may have put a link in its place by now. */
static int
open_own(int dir, const char *name, mode_t mode)
{
	char self[32]; /* "/proc/self/fd/" and a number */
	int fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), opened;

	if (fd < 0)
		return -1;
	if ((mode & S_IRWXU) != S_IRWXU) {
		(void)snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
		(void)chmod(self, S_IRWXU); /* what stays closed can't be emptied, which tells */
	}
	opened = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)close(fd); /* nothing was written to it */
	return opened;
}

static bool
remove_entry(int dir, const char *name, dev_t device, int depth)
{
	struct stat st;
	int fd;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return true;
	if (errno != EISDIR && errno != EPERM) /* what POSIX and what Linux say of a directory */
		return false;
	if (unlinkat(dir, name, AT_REMOVEDIR) == 0)
		return true;
	if (depth == DEPTH_MAX || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISDIR(st.st_mode) || (depth > 0 && st.st_dev != device))
		return false;
	fd = open_own(dir, name, st.st_mode);
	if (fd < 0 || !empty(fd, st.st_dev, depth + 1))
		return false;
	return unlinkat(dir, name, AT_REMOVEDIR) == 0;
}

bool
tree_remove(const char *path)
{
	return remove_entry(AT_FDCWD, path, 0, 0);
}
