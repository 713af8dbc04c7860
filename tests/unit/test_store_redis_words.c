/* SPDX-License-Identifier: MIT */
/* test_store_redis_words - what a Redis server refuses is told in words, and never a password. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/store_redis_words.h"

static char name[] = "redis://h:6379/0", user[] = "agent";

/* As servers of several ages say it. */
static const struct {
	const char *refusal;
	enum exit_code code;
	const char *text;
} cases[] = {
	{ "NOAUTH Authentication required.", EXIT_CONFIG, "a password is wanted (NOAUTH)" },
	{ "WRONGPASS invalid username-password pair or user is disabled.", EXIT_CONFIG,
	    "the password is not the server's (WRONGPASS)" },
	{ "ERR invalid password", EXIT_CONFIG, "the password is not the server's (ERR)" },
	{ "ERR Client sent AUTH, but no password is set", EXIT_CONFIG,
	    "it wants no password: leave it out of the URL (ERR)" },
	{ "NOPERM this user has no permissions to run the 'watch' command", EXIT_CONFIG,
	    "this user may not do that: agentflow(7) says what its ACL must allow (NOPERM)" },
	{ "DENIED Redis is running in protected mode because protected mode is enabled",
	    EXIT_CONFIG,
	    "it is in protected mode: from elsewhere it is to be had with a password only (DENIED)" },
	{ "MOVED 3999 127.0.0.1:6381", EXIT_CONFIG,
	    "it is part of a Redis Cluster, where what changes together may lie on several servers: "
	    "name a server without cluster mode (MOVED)" },
	{ "LOADING Redis is loading the dataset in memory", EXIT_IO,
	    "it has just been started and reads its data: it is to be had soon (LOADING)" },
	{ "READONLY You can't write against a read only replica.", EXIT_IO,
	    "it is a replica, and takes no writes: name the primary (READONLY)" },
	{ "OOM command not allowed when used memory > 'maxmemory'.", EXIT_IO,
	    "its memory is full (maxmemory): give it more (OOM)" },
	{ "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to",
	    EXIT_IO,
	    "it can't save its data to disk, and takes no writes until it can: its log says why "
	    "(MISCONF)" },
	{ "ERR max number of clients reached", EXIT_IO,
	    "it has as many clients as it takes (maxclients) (ERR)" },
	{ "ERR unknown command 'WATCH'", EXIT_IO,
	    "the server refuses: ERR unknown command 'WATCH'" },
	{ "", EXIT_IO, "the server refuses: " },
};

static void
refusals_are_told_in_words_with_their_code_behind(void **state)
{
	const struct store_redis_address address = { .name = name };
	struct err err = ERR_INIT;
	char want[ERR_TEXT_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(
		    store_redis_words(&address, str_of(cases[i].refusal), false, &err), -1);
		(void)snprintf(want, sizeof want, "%s: %s", name, cases[i].text);
		assert_string_equal(err.text, want);
		assert_int_equal(err.code, cases[i].code);
	}
}

static void
who_has_a_user_may_have_the_wrong_one(void **state)
{
	const struct store_redis_address address = { .name = name, .user = user };
	struct err err = ERR_INIT;

	(void)state;
	(void)store_redis_words(&address, STR_LIT("WRONGPASS invalid"), true, &err);
	assert_string_equal(
	    err.text, "redis://h:6379/0: the user or the password is not the server's (WRONGPASS)");
}

static void
what_may_repeat_a_password_is_not_told(void **state)
{
	const struct store_redis_address address = { .name = name };
	struct err err = ERR_INIT;

	(void)state;
	(void)store_redis_words(&address,
	    STR_LIT("ERR unknown command 'AUTH', with args beginning with: 'sesame'"), true, &err);
	assert_string_equal(err.text, "redis://h:6379/0: the server refuses: ERR");
}

static void
a_replica_is_left_for_who_may_be_there_by_then(void **state)
{
	(void)state;
	assert_true(store_redis_words_leave(STR_LIT("READONLY You can't")));
	assert_false(store_redis_words_leave(STR_LIT("OOM command")));
	assert_false(store_redis_words_leave(STR_LIT("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals_are_told_in_words_with_their_code_behind),
		cmocka_unit_test(who_has_a_user_may_have_the_wrong_one),
		cmocka_unit_test(what_may_repeat_a_password_is_not_told),
		cmocka_unit_test(a_replica_is_left_for_who_may_be_there_by_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
