/* SPDX-License-Identifier: MIT */
/*
 * fault - a preloaded library that makes system calls fail when told to.
 *
 * FAULT is a list of CALL:N:WHAT, separated by commas: the Nth CALL of the process (from 1; 0:
 *every one) fails. CALL is read, write, fsync, fdatasync, open, malloc or posix_spawn; WHAT an
 *errno's name (ENOSPC, EIO, EINTR, EAGAIN, EMFILE, ENOMEM), or "short" (read and write do one
 *byte). N may end in "+": from there on. FAULT_PROG limits it to programs whose name that is.
 *
 *	LD_PRELOAD=build/fault/fault.so FAULT=write:3:ENOSPC llm-call ...
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum call { READ, WRITE, FSYNC, FDATASYNC, OPEN, MALLOC, SPAWN, CALLS };
enum { NO_FAULT = -1, SHORT = -2 };

static const char *const names[CALLS] = { "read", "write", "fsync", "fdatasync", "open", "malloc",
	"posix_spawn" };
static long seen[CALLS];
static int loaded; /* 0: not yet; 1: now; 2: done */

static struct rule {
	long at;
	bool onward, set;
	int what;
} rules[CALLS];

static int
errno_named(const char *s, size_t n)
{
	static const struct {
		const char *name;
		int value;
	} table[] = { { "ENOSPC", ENOSPC }, { "EIO", EIO }, { "EINTR", EINTR },
		{ "EAGAIN", EAGAIN }, { "EMFILE", EMFILE }, { "ENOMEM", ENOMEM },
		{ "EPIPE", EPIPE }, { "short", SHORT } };
	size_t i;

	for (i = 0; i < sizeof table / sizeof *table; i++) {
		if (strlen(table[i].name) == n && memcmp(table[i].name, s, n) == 0)
			return table[i].value;
	}
	return EIO;
}

static void
load_rule(const char *s, size_t n)
{
	const char *end = s + n, *colon = memchr(s, ':', n);
	struct rule r = { .set = true };
	char *after;
	int c;

	for (c = 0; colon && c < CALLS; c++) {
		if (strlen(names[c]) != (size_t)(colon - s) ||
		    memcmp(names[c], s, (size_t)(colon - s)))
			continue;
		r.at = strtol(colon + 1, &after, 10);
		r.onward = *after == '+';
		colon = memchr(after, ':', (size_t)(end - after));
		r.what = colon ? errno_named(colon + 1, (size_t)(end - colon - 1)) : EIO;
		rules[c] = r;
		return;
	}
}

static void
load(void)
{
	const char *s = getenv("FAULT"), *prog = getenv("FAULT_PROG"), *comma;

	loaded = 1;
	if (prog && strcmp(prog, program_invocation_short_name) != 0)
		s = NULL;
	while (s && *s) {
		comma = strchr(s, ',');
		load_rule(s, comma ? (size_t)(comma - s) : strlen(s));
		s = comma ? comma + 1 : NULL;
	}
	loaded = 2;
}

static int
fault(enum call c)
{
	const struct rule *r = &rules[c];

	if (!loaded)
		load();
	if (loaded != 2 || !r->set)
		return NO_FAULT;
	seen[c]++;
	if (r->at == 0 || seen[c] == r->at || (r->onward && seen[c] > r->at))
		return r->what;
	return NO_FAULT;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static ssize_t
faulty_io(enum call c, int fd, void *p, size_t n)
{
	int what = fault(c);

	if (what == SHORT && n > 1)
		n = 1;
	else if (what > 0) {
		errno = what;
		return -1;
	}
	return c == READ ? REAL(read)(fd, p, n) : REAL(write)(fd, p, n);
}

ssize_t
read(int fd, void *p, size_t n)
{
	return faulty_io(READ, fd, p, n);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	return faulty_io(WRITE, fd, (void *)p, n);
}

int
fsync(int fd)
{
	int what = fault(FSYNC);

	if (what > 0) {
		errno = what;
		return -1;
	}
	return REAL(fsync)(fd);
}

int
fdatasync(int fd)
{
	int what = fault(FDATASYNC);

	if (what > 0) {
		errno = what;
		return -1;
	}
	return REAL(fdatasync)(fd);
}

int
open(const char *path, int flags, ...)
{
	int what = fault(OPEN), mode;
	va_list ap;

	va_start(ap, flags);
	mode = va_arg(ap, int);
	va_end(ap);
	if (what > 0) {
		errno = what;
		return -1;
	}
	return REAL(open)(path, flags, mode);
}

extern void *__libc_malloc(size_t n);

void *
malloc(size_t n)
{
	return fault(MALLOC) > 0 ? NULL : __libc_malloc(n);
}

int
posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
    const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
	int what = fault(SPAWN);

	return what > 0 ? what : REAL(posix_spawn)(pid, path, actions, attr, argv, envp);
}

int
posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
    const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
	int what = fault(SPAWN);

	return what > 0 ? what : REAL(posix_spawnp)(pid, file, actions, attr, argv, envp);
}
