/* SPDX-License-Identifier: MIT */
/* keeper - a process that stands by to end what we leave behind, however we end. */
#include "sys/keeper.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

/* More than one parent ever has at once; memory is taken by what is used of it only. */
enum { SLOTS = 1 << 16 };
enum { STEP_MS = 1000, LOOK_MS = 20 };

struct keeper_table {
	size_t used; /* no slot from here on was ever taken */
	pid_t leaders[SLOTS]; /* 0: free */
};

/* --- the process: only what is safe after a fork, since others of our threads may hold locks ---
 */

static void
close_from(int first)
{
	long last = sysconf(_SC_OPEN_MAX);

#ifdef SYS_close_range
	if (syscall(SYS_close_range, first, ~0U, 0) == 0)
		return;
#endif
	for (int fd = first; fd < last; fd++)
		(void)close(fd); /* EBADF: most were never open */
}

/* How many groups there still were to take it. One that is gone is forgotten: its number is free.
 */
static size_t
signal_all(struct keeper_table *table, int number)
{
	size_t left = 0;

	for (size_t i = 0; i < table->used; i++) {
		if (table->leaders[i] && kill(-table->leaders[i], number) < 0)
			table->leaders[i] = 0;
		left += table->leaders[i] != 0;
	}
	return left;
}

/* The end of their input may be all that they need, so that comes first. */
static void
end_all(struct keeper_table *table)
{
	static const int steps[] = { 0, SIGTERM, SIGKILL };
	const struct timespec look = { .tv_nsec = LOOK_MS * 1000000L };

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		size_t left = signal_all(table, steps[i]);

		for (int ms = 0; left && ms < STEP_MS; ms += LOOK_MS) {
			(void)nanosleep(&look, NULL); /* every signal is blocked */
			left = signal_all(table, 0);
		}
	}
}

static void
keep(struct keeper_table *table, int fd)
{
	char byte;

	(void)setsid(); /* fails for a leader; we were just forked */
	(void)!chdir("/"); /* whatever we stand on can be unmounted; where not, so be it */
	if (dup2(fd, STDIN_FILENO) < 0)
		return;
	close_from(STDIN_FILENO + 1);
#ifdef __linux__
	(void)prctl(PR_SET_NAME, "agentflow-keep"); /* who kills us by name must not mean it */
#endif
	while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
		; /* nobody writes: it ends with who holds the other end */
	end_all(table);
}

/* --- on our side --- */

static pid_t
fork_keeper(struct keeper_table *table, int fd)
{
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before); /* fails for no valid arguments */
	pid = fork();
	if (pid == 0) {
		keep(table, fd);
		_exit(0);
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

int
keeper_start(struct keeper *k, struct err *err)
{
	struct keeper_table *table = mmap(
	    NULL, sizeof *table, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uv_file fds[2];
	int rc;

	if (table == MAP_FAILED)
		return err_sys(err, errno, "cannot keep a table of processes");
	rc = uv_pipe(fds, 0, 0); /* both close on exec */
	if (rc < 0) {
		(void)munmap(table, sizeof *table); /* it is ours */
		return err_sys(err, -rc, "cannot make a pipe");
	}
	*k = (struct keeper){ .table = table, .pipe = fds[1] };
	k->pid = fork_keeper(table, fds[0]);
	rc = errno;
	(void)close(fds[0]); /* a pipe: nothing can be lost by it */
	if (k->pid < 0) {
		keeper_stop(k);
		return err_sys(err, rc, "cannot start a process");
	}
	return 0;
}

size_t
keeper_slot(struct keeper *k)
{
	struct keeper_table *table = k->table;

	while (k->hole + 1 < SLOTS && table->leaders[k->hole])
		k->hole++;
	if (k->hole >= table->used)
		table->used = k->hole + 1;
	return k->hole;
}

void
keeper_note(struct keeper *k, size_t slot, pid_t leader)
{
	k->table->leaders[slot] = leader;
}

void
keeper_forget(struct keeper *k, size_t slot)
{
	k->table->leaders[slot] = 0;
	if (slot < k->hole)
		k->hole = slot;
}

void
keeper_stop(struct keeper *k)
{
	if (!k->table)
		return;
	(void)close(k->pipe); /* a pipe: nothing can be lost by it */
	while (k->pid > 0 && waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
		;
	(void)munmap(k->table, sizeof *k->table); /* it is ours */
	k->table = NULL;
}
