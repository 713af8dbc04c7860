/* SPDX-License-Identifier: MIT */
/* secret_command - run a password manager's command and read what it prints. */
#include "net/secret_command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/clock.h"

extern char **environ;

enum { LOOK_MS = 20 }; /* how often an end is looked for that no descriptor tells of */

/* A group of its own, so that all of it can be killed; signals as a fresh process has them. */
static int
spawn_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, defaults;
	int rc = posix_spawnattr_init(attr);

	if (rc)
		return rc;
	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	sigaddset(&defaults, SIGINT);
	sigaddset(&defaults, SIGTERM);
	(void)posix_spawnattr_setflags(attr, /* constants in range: these don't fail */
	    POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	(void)posix_spawnattr_setpgroup(attr, 0);
	(void)posix_spawnattr_setsigdefault(attr, &defaults);
	(void)posix_spawnattr_setsigmask(attr, &none);
	return 0;
}

/* It must not eat our input, and its words of complaint may quote what it read. */
static int
spawn_files(posix_spawn_file_actions_t *files, int out)
{
	int rc = posix_spawn_file_actions_init(files);

	if (rc)
		return rc;
	rc = posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(files, out, 1);
	if (!rc)
		rc = posix_spawn_file_actions_addopen(files, 2, "/dev/null", O_WRONLY, 0);
	if (rc)
		(void)posix_spawn_file_actions_destroy(files); /* never fails */
	return rc;
}

static int
spawn_shell(const char *command, int out, pid_t *pid)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)command, NULL }; /* not written to */
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int rc = spawn_attributes(&attr);

	if (rc)
		return rc;
	rc = spawn_files(&files, out);
	if (!rc) {
		rc = posix_spawn(pid, "/bin/sh", &files, &attr, argv, environ);
		(void)posix_spawn_file_actions_destroy(&files);
	}
	(void)posix_spawnattr_destroy(&attr);
	return rc;
}

/* Take what fd has now; false at its end or on an error. */
static bool
take_output(int fd, struct buf *out)
{
	char bytes[4096]; /* a block of any size will do */
	ssize_t n = read(fd, bytes, sizeof bytes);

	if (n > 0)
		buf_add(out, bytes, (size_t)n);
	return n > 0 || (n < 0 && errno == EINTR);
}

static int
wait_ms(int64_t deadline_us)
{
	int left = clock_left_ms(deadline_us);

	return left < 0 || left > LOOK_MS ? LOOK_MS : left;
}

/*
 * Read until the shell has ended; the end of the pipe alone says nothing, since a daemon that it
 * left behind (an agent) may hold the other end. False: the deadline passed, or out is full.
 */
static bool
wait_shell(pid_t pid, int fd, int64_t deadline_us, struct buf *out, int *status)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	pid_t ended;

	while (!buf_is_full(out)) {
		/* in this order: what a shell printed that has ended now is in the pipe now */
		ended = waitpid(pid, status, WNOHANG);
		while (p.fd >= 0 && poll(&p, 1, ended ? 0 : wait_ms(deadline_us)) > 0) {
			if (!take_output(fd, out))
				p.fd = -1;
			if (!ended || buf_is_full(out))
				break;
		}
		if (ended)
			return !buf_is_full(out);
		if (clock_left_ms(deadline_us) == 0)
			return false;
		if (p.fd < 0)
			clock_sleep_ms(1);
	}
	return false;
}

static int
shell_result(int status, struct err *err)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		return err_set(
		    err, EXIT_REFUSED, "the command was killed by signal %d", WTERMSIG(status));
	return err_set(err, EXIT_REFUSED, "the command ended with status %d", WEXITSTATUS(status));
}

int
secret_command_run(const char *command, int64_t deadline_us, struct buf *out, struct err *err)
{
	int fds[2], status = 0, rc;
	bool ended;
	pid_t pid;

	if (pipe(fds) < 0)
		return err_sys(err, errno, "cannot make a pipe");
	(void)fcntl(fds[0], F_SETFD, FD_CLOEXEC); /* a descriptor just made: does not fail */
	(void)fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	rc = spawn_shell(command, fds[1], &pid);
	(void)close(fds[1]); /* nothing was written */
	if (rc) {
		(void)close(fds[0]); /* read only */
		return err_sys(err, rc, "cannot run sh");
	}
	ended = wait_shell(pid, fds[0], deadline_us, out, &status);
	(void)close(fds[0]); /* read only */
	if (ended)
		return shell_result(status, err);
	(void)kill(-pid, SIGKILL); /* it may have ended in this moment */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return err_set(err, EXIT_REFUSED,
	    buf_is_full(out) ? "the command prints too much" : "the command did not end in time");
}
