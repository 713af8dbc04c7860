/* SPDX-License-Identifier: MIT */
/* proc - child processes in groups of their own, reaped from the event loop. */
#include "sys/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/die.h"
#include "base/mem.h"
#include "sys/keeper.h"

enum { BUCKETS = 256 };

struct proc {
	struct procs *set;
	struct proc *next; /* in its bucket */
	pid_t pid;
	size_t slot; /* at the keeper */
	proc_exited_fn *fn;
	void *user;
	uv_timer_t kill_timer;
	bool ending; /* proc_end was called: kill_timer is open */
	bool is_guest;
};

struct procs {
	uv_loop_t *loop;
	uv_signal_t child;
	struct proc *buckets[BUCKETS]; /* by pid */
	size_t running;
	int null_fd;
	struct keeper keeper; /* started before the first child */
	procs_reaped_fn *reaped;
	void *reaped_user;
};

static struct proc **
bucket_of(struct procs *ps, pid_t pid)
{
	return &ps->buckets[(unsigned)pid % BUCKETS];
}

static struct proc *
take_out(struct procs *ps, pid_t pid)
{
	struct proc **at = bucket_of(ps, pid), *p;

	while (*at && (*at)->pid != pid)
		at = &(*at)->next;
	p = *at;
	if (p) {
		*at = p->next;
		keeper_forget(&ps->keeper, p->slot);
		if (--ps->running == 0)
			uv_unref((uv_handle_t *)&ps->child);
	}
	return p;
}

static void
timer_closed(uv_handle_t *timer)
{
	free(timer->data);
}

static void
proc_free(struct proc *p)
{
	if (p->ending)
		uv_close((uv_handle_t *)&p->kill_timer, timer_closed);
	else
		free(p);
}

/* --- ends --- */

static int64_t
timeval_us(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

static void
proc_tell(struct proc *p, int status, const struct rusage *used)
{
	struct proc_exit how = {
		.user_us = timeval_us(used->ru_utime),
		.system_us = timeval_us(used->ru_stime),
	};

	if (WIFSIGNALED(status)) {
		how.signal = WTERMSIG(status);
		how.status = EXIT_SIGNAL + how.signal;
	} else {
		how.status = WEXITSTATUS(status);
	}
	p->fn(p->user, &how);
	proc_free(p);
}

/*
 * One signal may stand for many exits, so all are looked for. The child is first only looked at: as
 * long as its leader is a zombie, the group's number cannot be anybody else's, and can be killed.
 */
static void
reap(uv_signal_t *handle, int signum)
{
	struct procs *ps = handle->data;
	siginfo_t seen;
	struct rusage used;
	struct proc *p;
	int status;

	(void)signum;
	for (;;) {
		seen.si_pid = 0;
		if (waitid(P_ALL, 0, &seen, WEXITED | WNOHANG | WNOWAIT) < 0 && errno != EINTR)
			break;
		if (seen.si_pid == 0)
			break;
		p = take_out(ps, seen.si_pid);
		if (p && (p->ending || p->is_guest))
			(void)kill(-p->pid, SIGKILL); /* ESRCH: nobody was left */
		while (wait4(seen.si_pid, &status, 0, &used) < 0 && errno == EINTR)
			;
		if (p)
			proc_tell(p, status, &used);
	}
	if (ps->reaped)
		ps->reaped(ps->reaped_user);
}

static void
kill_now(uv_timer_t *timer)
{
	struct proc *p = timer->data;

	(void)kill(-p->pid, SIGKILL); /* ESRCH: it ended, and will be reaped */
}

void
proc_end(struct proc *p, int64_t grace_ms)
{
	uint64_t grace = grace_ms > 0 ? (uint64_t)grace_ms : 0;

	if (!p->ending) {
		p->ending = true;
		uv_timer_init(p->set->loop, &p->kill_timer);
		p->kill_timer.data = p;
		(void)kill(-p->pid, SIGTERM);
	} else if (uv_timer_get_due_in(&p->kill_timer) <= grace) {
		return;
	}
	uv_update_time(p->set->loop); /* the loop's own may lag by as long as a turn takes */
	uv_timer_start(&p->kill_timer, kill_now, grace, 0);
}

/* --- starts --- */

static enum exit_code
exec_failure(int errnum)
{
	if (errnum == ENOENT || errnum == ENOTDIR)
		return EXIT_NOTFOUND;
	if (errnum == EAGAIN || errnum == ENOMEM || errnum == EMFILE || errnum == ENFILE)
		return EXIT_SYSTEM;
	return EXIT_NOEXEC;
}

/* Its 0, 1 and 2. What already is the right one must stay open as well. */
static int
set_fds(const struct proc_spec *spec, int null_fd)
{
	const int fds[] = { spec->in, spec->out, spec->err };

	for (int i = 0; i < 3; i++) {
		int fd = fds[i] < 0 ? null_fd : fds[i];

		if ((fd == i ? fcntl(i, F_SETFD, 0) : dup2(fd, i)) < 0)
			return -1;
	}
	return 0;
}

/* No signal is blocked, and those that we catch or ignore are as they were born. */
static void
reset_signals(void)
{
	static const int ours[] = { SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD };
	const struct sigaction by_default = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		(void)sigaction(ours[i], &by_default, NULL); /* fails for no such signal */
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * The child. Until it is another program it runs in our memory, while we are suspended: it calls
 * what is safe in a signal handler, and leaves nothing behind but its note and *failed.
 */
static _Noreturn void __attribute__((noinline))
become(struct procs *ps, const struct proc_spec *spec, size_t slot, volatile int *failed)
{
	if (spec->is_guest)
		(void)setsid(); /* neither fails for a new process */
	else
		(void)setpgid(0, 0);
	keeper_note(&ps->keeper, slot, getpid());
	if (set_fds(spec, ps->null_fd) == 0 && (!spec->cwd || chdir(spec->cwd) == 0)) {
		reset_signals();
		/* the casts: exec reads the lists, for all that its prototype says */
		(void)execvpe(spec->argv[0], (char *const *)(uintptr_t)spec->argv,
		    (char *const *)(uintptr_t)spec->env);
	}
	*failed = errno;
	_exit(EXIT_NOTFOUND);
}

/* 0, or an errno. vfork: fork takes the longer the more memory we have, posix_spawn has no place
 * for the child's note. */
static int
spawn(struct procs *ps, const struct proc_spec *spec, size_t slot, pid_t *pid)
{
	volatile int failed = 0;
	sigset_t all, before;

	sigfillset(&all); /* a handler of ours must not run in the child */
	(void)pthread_sigmask(SIG_SETMASK, &all, &before); /* fails for no valid arguments */
	*pid = vfork();
	if (*pid == 0)
		become(ps, spec, slot, &failed);
	if (*pid < 0)
		failed = errno;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (*pid > 0 && failed) {
		keeper_forget(&ps->keeper, slot);
		while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	return failed;
}

struct proc *
proc_spawn(
    struct procs *ps, const struct proc_spec *spec, proc_exited_fn *fn, void *user, struct err *err)
{
	struct proc *p;
	size_t slot;
	pid_t pid;
	int rc;

	if (!ps->keeper.table && keeper_start(&ps->keeper, err) < 0) {
		err->code = EXIT_SYSTEM;
		return NULL;
	}
	slot = keeper_slot(&ps->keeper);
	rc = spawn(ps, spec, slot, &pid);
	if (rc) {
		err_sys(err, rc, "cannot run %s", spec->argv[0]);
		err->code = exec_failure(rc);
		return NULL;
	}
	p = xcalloc(1, sizeof *p);
	*p = (struct proc){
		.set = ps,
		.next = *bucket_of(ps, pid),
		.pid = pid,
		.slot = slot,
		.fn = fn,
		.user = user,
		.is_guest = spec->is_guest,
	};
	*bucket_of(ps, pid) = p;
	keeper_note(&ps->keeper, slot, pid); /* where vfork is fork, it may not yet have run */
	if (ps->running++ == 0)
		uv_ref((uv_handle_t *)&ps->child);
	return p;
}

/* --- the set --- */

struct procs *
procs_new(uv_loop_t *loop)
{
	struct procs *ps = xcalloc(1, sizeof *ps);

	ps->loop = loop;
	ps->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (ps->null_fd < 0)
		die(EXIT_SYSTEM, "cannot open /dev/null");
	uv_signal_init(loop, &ps->child);
	ps->child.data = ps;
	uv_signal_start(&ps->child, reap, SIGCHLD);
	uv_unref((uv_handle_t *)&ps->child);
	return ps;
}

void
procs_on_reaped(struct procs *ps, procs_reaped_fn *fn, void *user)
{
	ps->reaped = fn;
	ps->reaped_user = user;
}

size_t
procs_running(const struct procs *ps)
{
	return ps->running;
}

static void
set_closed(uv_handle_t *handle)
{
	struct procs *ps = handle->data;

	(void)close(ps->null_fd);
	free(ps);
}

void
procs_kill(struct procs *ps)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct proc *p = ps->buckets[i]; p; p = p->next)
			(void)kill(-p->pid, SIGKILL); /* ESRCH: it ended */
}

void
procs_free(struct procs *ps)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		while (ps->buckets[i]) {
			struct proc *p = take_out(ps, ps->buckets[i]->pid);

			(void)kill(-p->pid, SIGKILL);
			while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
				;
			proc_free(p);
		}
	}
	keeper_stop(&ps->keeper);
	uv_close((uv_handle_t *)&ps->child, set_closed);
}

/* Whether entry sets the variable that one of additions sets. */
static bool
is_replaced(const char *entry, const char *const *additions)
{
	size_t name = strcspn(entry, "=");

	for (; *additions; additions++) {
		if (strncmp(entry, *additions, name) == 0 && (*additions)[name] == '=')
			return true;
	}
	return false;
}

const char **
proc_env(const char *const *base, const char *const *additions)
{
	const char **env = NULL;
	size_t count = 0, cap = 0;

	for (const char *const *at = additions; *at; at++) {
		VEC_GROW(env, count, cap);
		env[count++] = *at;
	}
	for (; *base; base++) {
		if (is_replaced(*base, additions))
			continue;
		VEC_GROW(env, count, cap);
		env[count++] = *base;
	}
	VEC_GROW(env, count, cap);
	env[count] = NULL;
	return env;
}
