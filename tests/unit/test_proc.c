/* SPDX-License-Identifier: MIT */
/* Child processes: how they start, how they end, and that what they leave behind ends with them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/clock.h"
#include "sys/keeper.h"
#include "sys/proc.h"

static const char *const no_env[] = { "PATH=/usr/bin:/bin", NULL };
static struct proc_exit last;
static int told, turns;

static void
exited(void *user, const struct proc_exit *how)
{
	(void)user;
	last = *how;
	told++;
}

static void
reaped(void *user)
{
	(void)user;
	turns++;
}

struct fixture {
	uv_loop_t loop;
	struct procs *ps;
};

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);

	uv_loop_init(&f->loop);
	f->ps = procs_new(&f->loop);
	told = turns = 0;
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	procs_free(f->ps);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	free(f);
	return 0;
}

static struct proc *
start(struct fixture *f, const char *script, int out)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	struct err err = ERR_INIT;
	struct proc *p;

	p = proc_spawn(f->ps,
	    &(struct proc_spec){ .argv = argv, .env = no_env, .in = -1, .out = out, .err = -1 },
	    exited, NULL, &err);
	assert_non_null(p);
	return p;
}

static void
the_status_and_the_signal_of_a_child_are_told(void **state)
{
	struct fixture *f = *state;

	start(f, "exit 3", -1);
	assert_int_equal(told, 0);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(told, 1);
	assert_int_equal(last.status, 3);
	assert_int_equal(last.signal, 0);
	start(f, "kill -9 $$", -1);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(last.status, 128 + 9);
	assert_int_equal(last.signal, 9);
}

static void
many_children_are_all_reaped(void **state)
{
	struct fixture *f = *state;

	procs_on_reaped(f->ps, reaped, NULL);
	for (int i = 0; i < 50; i++)
		start(f, "exit 0", -1);
	assert_int_equal(procs_running(f->ps), 50);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(told, 50);
	assert_int_equal(procs_running(f->ps), 0);
	assert_true(turns >= 1 && turns <= 50);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), 0); /* only who stands by for our own end */
}

static void
what_cannot_be_run_is_an_error_at_once(void **state)
{
	struct fixture *f = *state;
	const char *argv[] = { "/no/such/program", NULL };
	struct proc_spec spec = { .argv = argv, .env = no_env, .in = -1, .out = -1, .err = -1 };
	struct err err = ERR_INIT;

	if (getenv(
		"VALGRIND")) /* its children share no memory: their exec's failure is told late */
		skip();
	assert_null(proc_spawn(f->ps, &spec, exited, NULL, &err));
	assert_int_equal(err.code, EXIT_NOTFOUND);
	assert_string_equal(err.text, "cannot run /no/such/program: No such file or directory");
	argv[0] = "/etc/passwd";
	assert_null(proc_spawn(f->ps, &spec, exited, NULL, &err));
	assert_int_equal(err.code, EXIT_NOEXEC);
	assert_int_equal(procs_running(f->ps), 0);
}

static void
ending_a_child_ends_its_whole_group(void **state)
{
	struct fixture *f = *state;
	struct proc *p;
	int64_t began;
	int fds[2];
	char c;

	began = clock_mono_us();
	/* Both hold the pipe; only the leader heeds SIGTERM. */
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(fcntl(fds[0], F_SETFD, FD_CLOEXEC), 0);
	p = start(f, "(trap '' TERM; echo x; sleep 60) & sleep 60", fds[1]);
	close(fds[1]);
	assert_int_equal(read(fds[0], &c, 1), 1);
	proc_end(p, 10000);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(last.signal, SIGTERM);
	while (read(fds[0], &c, 1) == 1) /* ends only when nobody holds the pipe any more */
		;
	assert_true(clock_mono_us() - began < 30 * 1000000);
	close(fds[0]);
}

static void
a_child_that_ignores_sigterm_is_killed_after_the_grace(void **state)
{
	struct fixture *f = *state;
	int64_t began = clock_mono_us();
	struct proc *p;
	int fds[2];
	char c;

	assert_int_equal(pipe(fds), 0);
	p = start(f, "trap '' TERM; echo x; while :; do sleep 1; done", fds[1]);
	assert_int_equal(read(fds[0], &c, 1), 1);
	proc_end(p, 60000);
	proc_end(p, 50);
	proc_end(p, 60000); /* a longer grace does not take back the shorter one */
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(last.signal, SIGKILL);
	assert_true(clock_mono_us() - began < 30 * 1000000);
	close(fds[0]);
	close(fds[1]);
}

static void
children_inherit_nothing_but_what_they_were_given(void **state)
{
	struct fixture *f = *state;
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	int fds[2];
	char text[256], *ours;
	ssize_t n;

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(fcntl(fds[0], F_SETFD, FD_CLOEXEC), 0);
	assert_int_equal(fcntl(fds[1], F_SETFD, FD_CLOEXEC), 0);
	sigaction(SIGPIPE, &ignore, &old);
	start(f,
	    "ls /proc/self/fd | tr '\\n' ' '; sed -n 's/^SigIgn:.*\\(.....\\)$/\\1/p' /proc/self/status; env",
	    fds[1]);
	sigaction(SIGPIPE, &old, NULL);
	close(fds[1]);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	n = read(fds[0], text, sizeof text - 1);
	assert_true(n > 0);
	text[n] = '\0';
	ours = xasprintf(" %d ", fds[0]); /* the test's own parent may have left others open */
	assert_null(strstr(text, ours));
	free(ours);
	assert_non_null(strstr(text, " 00000\n"));
	assert_non_null(strstr(text, "PATH=/usr/bin:/bin\n"));
	assert_null(strstr(text, "HOME="));
	close(fds[0]);
}

static void
freeing_the_set_kills_what_still_runs(void **state)
{
	int fds[2];
	char c;

	assert_int_equal(pipe(fds), 0);
	start(*state, "echo x; sleep 60", fds[1]);
	assert_int_equal(read(fds[0], &c, 1), 1);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(told, 0); /* teardown frees, and must not wait a minute */
}

/* A parent that starts two families, one of them deaf to SIGTERM, and is killed when all hold out.
 */
static pid_t
start_parent(int out)
{
	struct fixture *f;
	void *state;
	char heard[4];
	int ready[2];
	pid_t pid = fork();

	if (pid)
		return pid;
	assert_int_equal(pipe(ready), 0);
	setup(&state);
	f = state;
	assert_int_equal(dup2(ready[1], 9), 9);
	start(f, "sleep 60 & echo x >&9; exec 9>&-; wait", out);
	start(f, "trap '' TERM; (sleep 60 & echo x >&9; wait) & echo x >&9; exec 9>&-; wait", out);
	for (int n = 0; n < 6; n++) /* three lines */
		assert_int_equal(read(ready[0], heard, 1), 1);
	(void)kill(getpid(), SIGKILL);
	_exit(1); /* never */
}

static void
children_end_with_a_parent_that_is_killed(void **state)
{
	int64_t began = clock_mono_us();
	int fds[2], status;
	pid_t parent;
	char c;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	parent = start_parent(fds[1]);
	close(fds[1]);
	assert_int_equal(waitpid(parent, &status, 0), parent);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(read(fds[0], &c, 1), 0); /* when nobody holds the pipe any more */
	assert_true(clock_mono_us() - began < 30 * 1000000);
	close(fds[0]);
}

/* Whoever reads what we write would wait for it otherwise. */
static void
who_stands_by_holds_nothing_of_ours_open(void **state)
{
	struct fixture *f = *state;
	int fds[2];
	char c;

	assert_int_equal(pipe(fds), 0);
	start(f, "exit 0", -1);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	close(fds[1]);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), 0); /* it is there */
	assert_int_equal(read(fds[0], &c, 1), 0);
	close(fds[0]);
}

static void
who_stands_by_may_be_killed_and_nobody_minds(void **state)
{
	struct err err = ERR_INIT;
	struct keeper k;

	(void)state;
	for (int reaped = 0; reaped < 2; reaped++) {
		assert_int_equal(keeper_start(&k, &err), 0);
		assert_int_equal(kill(k.pid, SIGKILL), 0);
		if (reaped)
			assert_int_equal(waitpid(k.pid, NULL, 0), k.pid);
		keeper_note(&k, keeper_slot(&k), getpid());
		keeper_stop(&k);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* none is left */
	}
}

/* More than it has slots for: those have the last one in turn. */
static void
whoever_comes_when_all_slots_are_taken_finds_one(void **state)
{
	struct err err = ERR_INIT;
	size_t i, at = 0;
	struct keeper k;

	(void)state;
	assert_int_equal(keeper_start(&k, &err), 0);
	assert_int_equal(kill(k.pid, SIGKILL), 0); /* it would end groups that are none of ours */
	for (i = 0; i < 70000; i++) {
		at = keeper_slot(&k);
		keeper_note(&k, at, 1 << 30);
	}
	assert_true(at < 70000 - 1);
	assert_int_equal(keeper_slot(&k), at);
	keeper_forget(&k, 5);
	assert_int_equal(keeper_slot(&k), 5);
	keeper_stop(&k);
}

static void
additions_replace_what_the_environment_holds(void **state)
{
	const char *base[] = { "A=1", "AB=2", "C=3", NULL }, *more[] = { "AB=9", "D=", NULL };
	const char **env = proc_env(base, more);

	(void)state;
	assert_string_equal(env[0], "AB=9");
	assert_string_equal(env[1], "D=");
	assert_string_equal(env[2], "A=1");
	assert_string_equal(env[3], "C=3");
	assert_null(env[4]);
	free(env);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    the_status_and_the_signal_of_a_child_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(many_children_are_all_reaped, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    what_cannot_be_run_is_an_error_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    ending_a_child_ends_its_whole_group, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_child_that_ignores_sigterm_is_killed_after_the_grace, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    children_inherit_nothing_but_what_they_were_given, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    freeing_the_set_kills_what_still_runs, setup, teardown),
		cmocka_unit_test(children_end_with_a_parent_that_is_killed),
		cmocka_unit_test_setup_teardown(
		    who_stands_by_holds_nothing_of_ours_open, setup, teardown),
		cmocka_unit_test(who_stands_by_may_be_killed_and_nobody_minds),
		cmocka_unit_test(whoever_comes_when_all_slots_are_taken_finds_one),
		cmocka_unit_test(additions_replace_what_the_environment_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
