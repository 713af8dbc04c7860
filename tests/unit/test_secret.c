/* SPDX-License-Identifier: MIT */
/* test_secret - keys are found where the reference says, and never shown. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "net/secret.h"
#include "net/secret_command.h"
#include "sys/clock.h"

static const char *
fake_env(const char *name)
{
	if (strcmp(name, "TEST_KEY") == 0)
		return " sk-0123456789abcdef\n";
	if (strcmp(name, "EMPTY_KEY") == 0)
		return "";
	return NULL;
}

static void
check_resolves(const char *reference, const char *expect)
{
	struct err err = ERR_INIT;
	char *secret = secret_resolve(reference, fake_env, &err);

	if (!secret)
		fail_msg("%s: %s", reference, err.text);
	assert_string_equal(secret, expect);
	free(secret);
}

static void
check_refuses(const char *reference, const char *message)
{
	struct err err = ERR_INIT;

	assert_null(secret_resolve(reference, fake_env, &err));
	assert_string_equal(err.text, message);
	assert_int_equal(err.code, EXIT_REFUSED);
}

static void
check_masked(const char *text, const char *expect)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	secret_mask(str_of(text), &out);
	assert_string_equal(out.p, expect);
	buf_release(&out);
}

static int
forget(void **state)
{
	(void)state;
	secret_forget_all();
	return 0;
}

static void
keys_come_from_the_environment(void **state)
{
	(void)state;
	check_resolves("env:TEST_KEY", "sk-0123456789abcdef");
	check_refuses("env:NO_SUCH_KEY", "key env:NO_SUCH_KEY: NO_SUCH_KEY is not set");
	check_refuses("env:EMPTY_KEY", "key env:EMPTY_KEY: it is empty");
	check_refuses("env:", "key env:: the variable it does not name is not set");
}

static void
keys_come_from_files(void **state)
{
	char path[] = "/tmp/test_secret.XXXXXX";
	int fd = mkstemp(path);
	char *reference = xasprintf("file:%s", path), *message;

	(void)state;
	assert_int_equal(write(fd, "  file-key-0123\r\nsecond line\n", 29), 29);
	check_resolves(reference, "file-key-0123");
	assert_int_equal(ftruncate(fd, 0), 0);
	message = xasprintf("key %s: it is empty", reference);
	check_refuses(reference, message);
	free(message);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(write(fd, "a\0bcdefghij", 11), 11);
	message = xasprintf("key %s: it holds a NUL byte", reference);
	check_refuses(reference, message);
	free(message);
	close(fd);
	unlink(path);
	free(reference);
	reference = xasprintf("file:%s/none", path);
	assert_null(secret_resolve(reference, fake_env, &(struct err)ERR_INIT));
	free(reference);
}

static void
keys_come_from_commands(void **state)
{
	(void)state;
	check_resolves("cmd:echo command-key-1; echo more", "command-key-1");
	check_resolves("cmd:printf command-key-2", "command-key-2");
	check_resolves("cmd:cat; echo command-key-3", "command-key-3"); /* it has no input */
	check_refuses("cmd:echo leaked-word; echo leaked-word >&2; exit 3",
	    "key cmd:echo leaked-word; echo leaked-word >&2; exit 3: "
	    "the command ended with status 3");
	check_refuses("cmd:kill -9 $$", "key cmd:kill -9 $$: the command was killed by signal 9");
	check_refuses("cmd:true", "key cmd:true: it is empty");
	check_refuses("cmd:no-such-command-at-all",
	    "key cmd:no-such-command-at-all: the command ended with status 127");
	check_refuses("cmd:head -c 100000 /dev/zero",
	    "key cmd:head -c 100000 /dev/zero: the command prints too much");
}

static void
a_command_that_leaves_a_daemon_behind_is_not_waited_for(void **state)
{
	int64_t before = clock_mono_us();

	(void)state;
	check_resolves("cmd:echo command-key-4; sleep 12 &", "command-key-4");
	assert_true(clock_mono_us() - before < 9 * 1000000);
}

static void
a_command_that_does_not_end_is_killed_with_its_group(void **state)
{
	struct buf out = BUF_INIT(4096);
	struct err err = ERR_INIT;
	long pid;
	int tries;

	(void)state;
	/* The pipeline's sleep is the shell's child: both are to go. */
	assert_int_equal(
	    secret_command_run("sleep 1000 & echo $!; wait", clock_deadline(300), &out, &err), -1);
	assert_string_equal(err.text, "the command did not end in time");
	pid = strtol(out.p, NULL, 10);
	assert_true(pid > 1);
	for (tries = 0; tries < 1000 && kill((pid_t)pid, 0) == 0; tries++) {
		char stat[64];
		FILE *f;
		int c = 0, state_letter = 0;

		(void)snprintf(stat, sizeof stat, "/proc/%ld/stat", pid);
		f = fopen(stat, "r");
		while (f && (c = getc(f)) != EOF && c != ')')
			;
		if (f && getc(f) == ' ')
			state_letter = getc(f);
		if (f)
			fclose(f);
		if (state_letter == 'Z')
			break; /* dead, and nobody's to bury here */
		clock_sleep_ms(5);
	}
	assert_true(tries < 1000);
	buf_release(&out);
}

static void
a_literal_is_itself(void **state)
{
	(void)state;
	check_resolves("sk-literal-key", "sk-literal-key");
	check_refuses("", "key in the configuration: it is empty");
}

static void
what_was_resolved_is_masked(void **state)
{
	(void)state;
	check_masked("key sk-0123456789abcdef!", "key sk-0123456789abcdef!");
	check_resolves("env:TEST_KEY", "sk-0123456789abcdef");
	check_masked("key sk-0123456789abcdef!", "key ***cdef!");
	check_masked("sk-0123456789abcdefsk-0123456789abcdef", "***cdef***cdef");
	check_masked("sk-0123456789abcdesk-0123456789abcdef", "sk-0123456789abcde***cdef");
	check_masked("sk-0123456789abcde", "sk-0123456789abcde");
	check_masked("", "");
	secret_forget_all();
	check_masked("key sk-0123456789abcdef!", "key sk-0123456789abcdef!");
}

static void
short_secrets_show_nothing_and_shorter_ones_are_no_secrets(void **state)
{
	(void)state;
	secret_remember("12345678");
	secret_remember("123456789012");
	secret_remember("abcdefg");
	secret_remember("");
	check_masked("x12345678y", "x***y");
	check_masked("x123456789012y", "x***y");
	check_masked("abcdefg", "abcdefg");
}

static void
of_secrets_at_one_place_the_longest_goes(void **state)
{
	(void)state;
	secret_remember("project-key");
	secret_remember("project-key-of-another");
	secret_remember("another-project-key");
	check_masked("project-key project-key-of-another", "*** ***ther");
	check_masked("another-project-key-of-another", "***-key-of-another");
	check_masked("my project-key-of-anothe", "my ***-of-anothe");
}

static void
secrets_are_masked_as_json_and_urls_spell_them(void **state)
{
	(void)state;
	secret_remember("pass\"wo\\rd/+ 12");
	check_masked("{\"k\":\"pass\\\"wo\\\\rd/+ 12\"}", "{\"k\":\"***+ 12\"}");
	check_masked("?key=pass%22wo%5Crd%2F%2B%2012&x", "?key=***2012&x");
}

/* The same answer as the plainest search there is, over texts made to nearly match. */
static void
check_masked_json(const char *text, const char *expect)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	secret_mask_json(str_of(text), SECRET_MASK_MIN, &out);
	assert_string_equal(out.p, expect);
	buf_release(&out);
}

static void
masked_json_is_json(void **state)
{
	(void)state;
	secret_remember("123456789");
	check_masked_json(
	    "{\"n\":123456789,\"s\":\"123456789\"}", "{\"n\":123456789,\"s\":\"***\"}");
	secret_remember("sk/0123456789\"abc");
	check_masked_json("[\"a\\\"sk\\/0123456789\\\"abc\\n\"]", "[\"a\\\"***\\\"abc\\n\"]");
	check_masked_json("[\"\\u00e9\",\"sk/0123456789\\\"abc\"]", "[\"\\u00e9\",\"***\\\"abc\"]");
	secret_remember("\\backslash\\");
	check_masked_json("[\"\\\\backslash\\n\"]", "[\"\\\\backslash\\n\"]");
	check_masked_json("[\"\\\\backslash\\\\\"]", "[\"***\"]");
	check_masked_json("", "");
}

static void
a_tail_begins_with_a_whole_character(void **state)
{
	(void)state;
	secret_remember("sk-0123456789\xC3\xA9"
			"abc");
	check_masked("sk-0123456789\xC3\xA9"
		     "abc.",
	    "***.");
}

static void
in_an_answer_only_long_secrets_are_masked(void **state)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	(void)state;
	secret_remember("lm-studio");
	secret_remember("sk-0123456789abcdef");
	assert_false(secret_occurs(STR_LIT("lm-studio"), SECRET_ANSWER_MIN));
	assert_true(secret_occurs(STR_LIT("lm-studio"), SECRET_MASK_MIN));
	secret_mask_answer(STR_LIT("lm-studio sk-0123456789abcdef"), &out);
	assert_string_equal(out.p, "lm-studio ***cdef");
	buf_release(&out);
}

static void
masking_finds_what_a_plain_search_finds(void **state)
{
	static const char secret[] = "abababcabab";
	struct buf text = BUF_INIT(BUF_UNLIMITED), plain = BUF_INIT(BUF_UNLIMITED);
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	uint32_t seed = 1;
	int i, round;

	(void)state;
	secret_remember(secret);
	for (round = 0; round < 2000; round++) {
		const char *p, *at;

		buf_reset(&text);
		buf_reset(&plain);
		buf_reset(&out);
		for (i = 0; i < 60; i++) {
			seed = seed * 1664525 + 1013904223;
			if (seed >> 28 == 0)
				buf_adds(&text, secret);
			else
				buf_addc(&text, "abc"[(seed >> 16) % 3]);
		}
		for (p = text.p; (at = strstr(p, secret)); p = at + strlen(secret)) {
			buf_add(&plain, p, (size_t)(at - p));
			buf_adds(&plain, "***");
		}
		buf_adds(&plain, p);
		secret_mask(buf_str(&text), &out);
		assert_string_equal(out.p, plain.p);
	}
	buf_release(&text);
	buf_release(&plain);
	buf_release(&out);
}

static void
long_secrets_are_masked(void **state)
{
	char *secret = xmalloc(2001), *text;
	size_t i;

	(void)state;
	for (i = 0; i < 2000; i++)
		secret[i] = (char)('a' + i * i % 23);
	secret[2000] = '\0';
	secret_remember(secret);
	text = xasprintf("aaaa%.1999s-%s-", secret, secret);
	{
		char *expect = xasprintf("aaaa%.1999s-***%s-", secret, secret + 1996);

		check_masked(text, expect);
		free(expect);
	}
	free(text);
	free(secret);
}

#define FRESH(f) cmocka_unit_test_setup_teardown(f, forget, forget)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(keys_come_from_the_environment),
		FRESH(keys_come_from_files),
		FRESH(keys_come_from_commands),
		FRESH(a_command_that_leaves_a_daemon_behind_is_not_waited_for),
		FRESH(a_command_that_does_not_end_is_killed_with_its_group),
		FRESH(a_literal_is_itself),
		FRESH(what_was_resolved_is_masked),
		FRESH(short_secrets_show_nothing_and_shorter_ones_are_no_secrets),
		FRESH(of_secrets_at_one_place_the_longest_goes),
		FRESH(secrets_are_masked_as_json_and_urls_spell_them),
		FRESH(masked_json_is_json),
		FRESH(a_tail_begins_with_a_whole_character),
		FRESH(in_an_answer_only_long_secrets_are_masked),
		FRESH(masking_finds_what_a_plain_search_finds),
		FRESH(long_secrets_are_masked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
