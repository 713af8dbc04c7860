/* SPDX-License-Identifier: MIT */
/*
 * proc - child processes: start them, learn how they ended, end them.
 *
 * Every child leads a process group of its own, so that what it starts ends with it; and all end
 * with us, also where we are killed (keeper.h). Starting takes the same time however large we are.
 * One struct procs a program reaps all children, and keeps the loop alive while there are any;
 * exits are told from the loop, never inside proc_spawn.
 *
 *	procs = procs_new(loop);
 *	p = proc_spawn(procs, &(struct proc_spec){ .argv = argv, ... }, exited, user, &err);
 *	proc_end(p, grace_ms);			// SIGTERM to the group, SIGKILL after grace_ms
 */
#ifndef SYS_PROC_H
#define SYS_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "base/err.h"

struct procs;
struct proc;

struct proc_spec {
	const char *const *argv; /* argv[0] is looked for on PATH */
	const char *const *env; /* the whole environment: "NAME=value", NULL-terminated */
	int in, out, err; /* the child's 0, 1 and 2; -1: /dev/null */
	const char *cwd; /* where it runs; NULL: where we do */
	/* A guest is given a session of its own, so that it finds no terminal to ask at, and
	 * whatever outlives it in its group is killed. */
	bool is_guest;
};

struct proc_exit {
	int status; /* exit status; 128 + signal where one ended it */
	int signal; /* 0: it exited */
	int64_t user_us, system_us; /* processor time, its own reaped children included */
};

/* Once a child; p is gone after. */
typedef void proc_exited_fn(void *user, const struct proc_exit *how);
/* After all exits that one turn of the loop saw were told. */
typedef void procs_reaped_fn(void *user);

struct procs *procs_new(uv_loop_t *loop);
void procs_on_reaped(struct procs *ps, procs_reaped_fn *fn, void *user);
size_t procs_running(const struct procs *ps);
/* SIGKILL to every group still there, for when there is no time for more. */
void procs_kill(struct procs *ps);
/* SIGKILL to every group still there, reap, free. No exit is told. The loop must run once more for
 * its handles to close. */
void procs_free(struct procs *ps);

/*
 * NULL and err where the program cannot be started: EXIT_NOTFOUND, EXIT_NOEXEC, or EXIT_SYSTEM
 * where the system has no process to give.
 */
struct proc *proc_spawn(struct procs *ps, const struct proc_spec *spec, proc_exited_fn *fn,
    void *user, struct err *err);
/* SIGTERM to the group now, SIGKILL grace_ms later if its leader is still there; what outlives the
 * leader is killed with it. A second call with a shorter grace moves the end forward. */
void proc_end(struct proc *p, int64_t grace_ms);

/* environ with additions ("NAME=value", NULL-terminated) in front and without what they replace. An
 * array of borrowed pointers, NULL-terminated; the caller frees the array. */
const char **proc_env(const char *const *base, const char *const *additions);

#endif
