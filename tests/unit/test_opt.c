/* SPDX-License-Identifier: MIT */
/* test_opt - one table parses the command line, prints the help and makes the completions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/exit.h"
#include "cli/opt.h"

static bool raw;
static const char *file, *color;
static int64_t jobs, timeout_ms, size;
static double heat;
static struct opt_list stops;

static const struct opt opts[] = {
	{ 'j', "jobs", "N", OPT_INT, &jobs, "requests in flight at once" },
	{ 'f', "file", "FILE", OPT_STR, &file, "read records from FILE" },
	{ 0, NULL, NULL, OPT_HEADING, NULL, "Rarely needed:" },
	{ 0, "raw", NULL, OPT_FLAG, &raw,
	    "keep the provider's body in the response, whatever it is" },
	{ 0, "stop", "TEXT", OPT_LIST, &stops, "a stop sequence" },
	{ 0, "timeout", "TIME", OPT_MS, &timeout_ms, "give up after TIME" },
	{ 0, "size", "SIZE", OPT_SIZE, &size, "how much" },
	{ 0, "heat", "T", OPT_NUM, &heat, "sampling temperature" },
	{ 0, "color", "auto|never", OPT_CHOICE, &color, "when to color" },
	{ 0, NULL, NULL, OPT_FLAG, NULL, NULL },
};
static const struct opt_spec spec = {
	.synopsis = "[options] [file ...]",
	.purpose = "try the options",
	.opts = opts,
};

static int
parse(const char *const *words)
{
	int argc = 0;

	while (words[argc])
		argc++;
	return opt_parse(&spec, argc, (char **)(uintptr_t)words);
}

/* Parse in a child, since help and misuse end the process; what it printed on fd, and its status.
 */
static int
parse_in_child(const char *const *words, int fd, struct buf *out)
{
	int ends[2], status;
	char block[512];
	ssize_t n;
	pid_t pid;

	buf_reset(out);
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(ends[1], fd);
		close(ends[0]);
		close(ends[1]);
		parse(words);
		_exit(200); /* parsed: nothing ended it */
	}
	close(ends[1]);
	while ((n = read(ends[0], block, sizeof block)) > 0)
		buf_add(out, block, (size_t)n);
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
every_kind_of_option_is_read(void **state)
{
	const char *const words[] = { "/x/prog", "-j4", "--file=a", "--raw", "--stop", "x",
		"--stop", "y", "--timeout", "1m30s", "--size", "2Ki", "--heat", "0.5", "--color",
		"never", "operand", "--raw", NULL };

	(void)state;
	assert_int_equal(parse(words), 16);
	assert_int_equal(jobs, 4);
	assert_string_equal(file, "a");
	assert_true(raw);
	assert_int_equal(stops.count, 2);
	assert_string_equal(stops.items[1], "y");
	assert_null(stops.items[2]);
	assert_int_equal(timeout_ms, 90000);
	assert_int_equal(size, 2048);
	assert_true(heat > 0.49 && heat < 0.51);
	assert_string_equal(color, "never");
	opt_list_release(&stops);
}

static void
help_is_made_from_the_table(void **state)
{
	const char *const words[] = { "prog", "--help", NULL };
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	(void)state;
	assert_int_equal(parse_in_child(words, STDOUT_FILENO, &out), 0);
	assert_string_equal(out.p,
	    "usage: prog [options] [file ...]\n"
	    "prog: try the options\n"
	    "\n"
	    "  -j, --jobs N              requests in flight at once\n"
	    "  -f, --file FILE           read records from FILE\n"
	    "\n"
	    "Rarely needed:\n"
	    "      --raw                 keep the provider's body in the response, whatever\n"
	    "                            it is\n"
	    "      --stop TEXT           a stop sequence\n"
	    "      --timeout TIME        give up after TIME\n"
	    "      --size SIZE           how much\n"
	    "      --heat T              sampling temperature\n"
	    "      --color auto|never    when to color\n"
	    "\n"
	    "      --log text|json       the form of messages on standard error\n"
	    "  -h, --help                print this help\n"
	    "  -V, --version             print the version\n"
	    "      --completion bash|zsh|fish\n"
	    "                            print a completion script\n");
	buf_release(&out);
}

static void
misuse_names_the_word_and_ends_with_2(void **state)
{
	static const struct {
		const char *words[5];
		const char *message;
	} cases[] = {
		{ { "prog", "--colr", "x" },
		    "prog: unknown option --colr (did you mean --color?) (prog --help tells more)\n" },
		{ { "prog", "-z" }, "prog: unknown option -z (prog --help tells more)\n" },
		{ { "prog", "-j", "x" },
		    "prog: --jobs x: not a whole number, 0 or more (prog --help tells more)\n" },
		{ { "prog", "--timeout=5x" },
		    "prog: --timeout 5x: not a time such as 30s, 2m or 250ms (prog --help tells more)\n" },
		{ { "prog", "--raw=1" },
		    "prog: option --raw takes no argument (prog --help tells more)\n" },
		{ { "prog", "--file" },
		    "prog: option --file needs an argument (prog --help tells more)\n" },
		{ { "prog", "--color", "red" },
		    "prog: --color red: not auto|never (prog --help tells more)\n" },
		{ { "prog", "--log", "xml" },
		    "prog: --log xml: not text or json (prog --help tells more)\n" },
		{ { "prog", "--log", "json", "--file" },
		    "{\"type\":\"log\",\"level\":\"warning\",\"prog\":\"prog\",\"message\":"
		    "\"option --file needs an argument (prog --help tells more)\"}\n" },
		{ { "prog", "--completion", "tcsh" },
		    "prog: --completion tcsh: not bash, zsh or fish (prog --help tells more)\n" },
	};
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(parse_in_child(cases[i].words, STDERR_FILENO, &out), EXIT_USAGE);
		assert_string_equal(out.p, cases[i].message);
	}
	buf_release(&out);
}

static void
completions_hold_every_option(void **state)
{
	static const char *const shells[] = { "bash", "zsh", "fish", NULL };
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	int i;

	(void)state;
	for (i = 0; shells[i]; i++) {
		const char *const words[] = { "prog", "--completion", shells[i], NULL };

		assert_int_equal(parse_in_child(words, STDOUT_FILENO, &out), 0);
		assert_non_null(strstr(out.p, "jobs"));
		assert_non_null(strstr(out.p, "auto never"));
		assert_non_null(strstr(out.p, "help"));
	}
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_option_is_read),
		cmocka_unit_test(help_is_made_from_the_table),
		cmocka_unit_test(misuse_names_the_word_and_ends_with_2),
		cmocka_unit_test(completions_hold_every_option),
	};

	return cmocka_run_group_tests_name("opt", tests, NULL, NULL);
}
