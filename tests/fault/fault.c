/* SPDX-License-Identifier: MIT */
/*
 * fault - a preloaded library that makes system calls fail when told to.
 *
 * FAULT is a list of CALL:N:WHAT, separated by commas: the Nth CALL of the process (from 1; 0 is
 * every one) fails. CALL is read, write, fsync, fdatasync, open, malloc (calloc and realloc count
 * as one) or posix_spawn (execvpe, by which a child of vfork ends, counts as one); WHAT an errno's
 * name (ENOSPC, EIO, EINTR, ...), or "short" (read and write do one byte). N may end in "+": from
 * there on. What libraries do before main is not counted, nor does it fail: some of them do not
 * survive it; nor does libcrypto, whose allocations never do. FAULT_PROG limits it to programs
 * whose name that is, FAULT_FD reads and writes to that descriptor.
 *
 *	LD_PRELOAD=build/fault/fault.so FAULT=write:3:ENOSPC llm-call ...
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum call { READ, WRITE, FSYNC, FDATASYNC, OPEN, MALLOC, SPAWN, CALLS };
enum { NO_FAULT = -1, SHORT = -2 };

static const char *const names[CALLS] = { "read", "write", "fsync", "fdatasync", "open", "malloc",
	"posix_spawn" };
static long seen[CALLS];
static bool in_main;

static struct rule {
	long at;
	bool onward, set;
	int what;
} rules[CALLS];

/* A rule that nobody understands would be a test that tests nothing. */
static _Noreturn void
refuse(const char *rule)
{
	static const char why[] = "fault: not understood: FAULT=";

	(void)!syscall(SYS_write, STDERR_FILENO, why, sizeof why - 1);
	(void)!syscall(SYS_write, STDERR_FILENO, rule, strlen(rule));
	(void)!syscall(SYS_write, STDERR_FILENO, "\n", 1);
	_exit(70);
}

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
	refuse(s);
}

static enum call
call_named(const char *s, size_t n)
{
	unsigned c;

	for (c = 0; c < CALLS; c++) {
		if (strlen(names[c]) == n && memcmp(names[c], s, n) == 0)
			return (enum call)c;
	}
	refuse(s);
}

static void
load_rule(const char *s, size_t n)
{
	const char *end = s + n, *colon = memchr(s, ':', n);
	struct rule r = { .set = true };
	char *after;

	if (!colon)
		refuse(s);
	r.at = strtol(colon + 1, &after, 10);
	r.onward = *after == '+';
	after += r.onward;
	if (after == colon + 1 || *after != ':')
		refuse(s);
	r.what = errno_named(after + 1, (size_t)(end - after - 1));
	rules[call_named(s, (size_t)(colon - s))] = r;
}

static int only_fd = -1; /* FAULT_FD */

static void
load(void)
{
	const char *s = getenv("FAULT"), *prog = getenv("FAULT_PROG"), *fd = getenv("FAULT_FD"),
		   *comma;

	if (fd)
		only_fd = (int)strtol(fd, NULL, 10);
	if (prog && strcmp(prog, program_invocation_short_name) != 0)
		s = NULL;
	while (s && *s) {
		comma = strchr(s, ',');
		load_rule(s, comma ? (size_t)(comma - s) : strlen(s));
		s = comma ? comma + 1 : NULL;
	}
}

static int
fault(enum call c)
{
	const struct rule *r = &rules[c];
	long nth;

	if (!r->set || !in_main)
		return NO_FAULT;
	nth = __atomic_add_fetch(&seen[c], 1, __ATOMIC_RELAXED);
	if (r->at == 0 || nth == r->at || (r->onward && nth > r->at))
		return r->what;
	return NO_FAULT;
}

/* Whether the call is to fail; errno is set then. */
static bool
fails(enum call c)
{
	int what = fault(c);

	if (what > 0)
		errno = what;
	return what > 0;
}

/* How many of n bytes the call is to do; -1 where it fails. */
static ssize_t
allowed(enum call c, int fd, size_t n)
{
	int what;

	if (only_fd >= 0 && fd != only_fd)
		return (ssize_t)n;
	what = fault(c);
	if (what > 0) {
		errno = what;
		return -1;
	}
	return what == SHORT && n > 1 ? 1 : (ssize_t)n;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

typedef int main_fn(int argc, char **argv, char **env);
static main_fn *real_main;

static int
begin_main(int argc, char **argv, char **env)
{
	load();
	in_main = true;
	return real_main(argc, argv, env);
}

/* What _start calls: with main, to be run when all libraries are set up. */
int
__libc_start_main(main_fn *program, int argc, char **argv, void (*init)(void), void (*fini)(void),
    void (*rtld_fini)(void), void *stack_end)
{
	int (*start)(main_fn *, int, char **, void (*)(void), void (*)(void), void (*)(void),
	    void *) = (__typeof__(start))dlsym(RTLD_NEXT, "__libc_start_main");

	real_main = program;
	return start(begin_main, argc, argv, init, fini, rtld_fini, stack_end);
}

ssize_t
read(int fd, void *p, size_t n)
{
	ssize_t take = allowed(READ, fd, n);

	return take < 0 ? -1 : REAL(read)(fd, p, (size_t)take);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	ssize_t put = allowed(WRITE, fd, n);

	return put < 0 ? -1 : REAL(write)(fd, p, (size_t)put);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	ssize_t put = allowed(WRITE, fd, n);

	return put < 0 ? -1 : REAL(pwrite)(fd, p, (size_t)put, at);
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	ssize_t put = allowed(WRITE, fd, n);

	return put < 0 ? -1 : REAL(pwrite64)(fd, p, (size_t)put, at);
}

ssize_t
writev(int fd, const struct iovec *parts, int count)
{
	ssize_t put = allowed(WRITE, fd, SSIZE_MAX);

	if (put < 0)
		return -1;
	if (put == 1 && count && parts[0].iov_len)
		return REAL(write)(fd, parts[0].iov_base, 1);
	return REAL(writev)(fd, parts, count);
}

int
fsync(int fd)
{
	return fails(FSYNC) ? -1 : REAL(fsync)(fd);
}

int
fdatasync(int fd)
{
	return fails(FDATASYNC) ? -1 : REAL(fdatasync)(fd);
}

/* open and its twin of large files, which is what our programs call. */
#define OPEN_AS(name)                                                                              \
	int name(const char *path, int flags, ...)                                                 \
	{                                                                                          \
		mode_t mode = 0;                                                                   \
		va_list ap;                                                                        \
                                                                                                   \
		if (flags & (O_CREAT | O_TMPFILE)) {                                               \
			va_start(ap, flags);                                                       \
			mode = va_arg(ap, mode_t);                                                 \
			va_end(ap);                                                                \
		}                                                                                  \
		return fails(OPEN) ? -1 : REAL(name)(path, flags, mode);                           \
	}
OPEN_AS(open)
OPEN_AS(open64)

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t count, size_t n);
extern void *__libc_realloc(void *p, size_t n);

/* It makes its own state at its first use, and uses what it has not got. */
static bool
is_of_libcrypto(const void *caller)
{
	Dl_info at;

	return dladdr(caller, &at) && strstr(at.dli_fname, "/libcrypto.");
}

/* ENOMEM whatever the rule says: no other error is expected of them. */
static bool
is_refused(const void *caller)
{
	if (!rules[MALLOC].set || is_of_libcrypto(caller) || !fails(MALLOC))
		return false;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t n)
{
	return is_refused(__builtin_return_address(0)) ? NULL : __libc_malloc(n);
}

void *
calloc(size_t count, size_t n)
{
	return is_refused(__builtin_return_address(0)) ? NULL : __libc_calloc(count, n);
}

void *
realloc(void *p, size_t n)
{
	return is_refused(__builtin_return_address(0)) ? NULL : __libc_realloc(p, n);
}

int
posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
    const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
	int what = fault(SPAWN);

	return what > 0 ? what : REAL(posix_spawn)(pid, path, actions, attr, argv, envp);
}

int
execvpe(const char *file, char *const argv[], char *const envp[])
{
	int what = fault(SPAWN);

	if (what > 0) {
		errno = what;
		return -1;
	}
	return REAL(execvpe)(file, argv, envp);
}
