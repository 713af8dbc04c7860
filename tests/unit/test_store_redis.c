/* SPDX-License-Identifier: MIT */
/* test_store_redis - what a Redis store does where the server is gone, stands still or refuses. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/store.h"
#include "support/between.h"
#include "support/redis.h"
#include "support/scratch.h"
#include "sys/clock.h"

enum { WAIT_MS = 20000, SHORT_WAIT_MS = 1000 };

static const char *url;

static struct store *
try_open(const char *where, struct err *err)
{
	return store_open(&(struct store_config){ .url = where, .wait_ms = WAIT_MS }, err);
}

static struct store *
must_open_at(const char *where, int64_t wait_ms)
{
	struct err err = ERR_INIT;
	struct store *store = store_open(
	    &(struct store_config){ .url = where, .wait_ms = wait_ms }, &err);

	if (!store)
		fail_msg("%s", err.text);
	return store;
}

static struct store *
must_open_with(int64_t wait_ms)
{
	return must_open_at(url, wait_ms);
}

static struct store *
must_open(void)
{
	return must_open_at(url, WAIT_MS);
}

/* Until between_stop. */
static struct store *
must_open_between(const struct between_loss *loss)
{
	return must_open_at(between_start(loss)->url, WAIT_MS);
}

static void
expect_text(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not say \"%s\"", text, part);
}

static void
expect(struct store *store, const char *key, const char *value)
{
	struct buf got = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;

	if (store_get(store, str_of(key), &got, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(got.p, value);
	buf_release(&got);
}

static void
put(struct store *store, const char *key, const char *value)
{
	struct err err = ERR_INIT;

	if (store_put(store, str_of(key), str_of(value), STORE_FOREVER, &err) < 0)
		fail_msg("%s", err.text);
}

static int
enter(void **state)
{
	(void)state;
	url = redis_start(NULL);
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	redis_resume();
	redis_stop();
	return 0;
}

static void
a_lost_connection_is_made_anew(void **state)
{
	struct store *store;
	struct err err = ERR_INIT;
	int64_t sum = 0;

	(void)state;
	if (!url)
		skip();
	store = must_open();
	put(store, "a", "1");
	redis_stop();
	url = redis_start(NULL);
	expect(store, "a", ""); /* it keeps nothing */
	redis_stop();
	url = redis_start(NULL);
	put(store, "a", "2");
	expect(store, "a", "2");
	redis_stop();
	url = redis_start(NULL);
	if (store_add(store, STR_LIT("n"), 1, STORE_FOREVER, &sum, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(sum, 1);
	expect(store, "n", "1");
	store_close(store);
}

static void
a_server_that_is_gone_is_told_at_once_and_found_again(void **state)
{
	struct buf got = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct store *store;
	int64_t start_us;

	(void)state;
	if (!url)
		skip();
	store = must_open_with(SHORT_WAIT_MS);
	redis_stop();
	start_us = clock_mono_us();
	assert_int_equal(store_get(store, STR_LIT("a"), &got, &err), -1);
	assert_int_equal(err.code, EXIT_IO);
	expect_text(err.text, "/redis.sock can't be reached: ");
	assert_int_equal(store_add(store, STR_LIT("a"), 1, 0, NULL, &err), -1);
	assert_int_equal(store_scan(store, STR_LIT("a"), NULL, NULL, &err), -1);
	assert_in_range(clock_mono_us() - start_us, 0, SHORT_WAIT_MS * 1000);
	url = redis_start(NULL);
	clock_sleep_ms(1100); /* it is left alone for a second */
	put(store, "a", "1");
	expect(store, "a", "1");
	store_close(store);
	buf_release(&got);
}

static void
a_server_that_stands_still_is_not_waited_for_for_ever(void **state)
{
	struct buf got = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct store *store;
	int64_t start_us;

	(void)state;
	if (!url)
		skip();
	store = must_open_with(SHORT_WAIT_MS);
	put(store, "a", "1");
	redis_pause();
	start_us = clock_mono_us();
	assert_int_equal(store_get(store, STR_LIT("a"), &got, &err), -1);
	expect_text(err.text, "no answer for 1.0 s");
	assert_in_range((clock_mono_us() - start_us) / 1000, SHORT_WAIT_MS - 10, WAIT_MS);
	start_us = clock_mono_us();
	assert_int_equal(store_get(store, STR_LIT("a"), &got, &err), -1);
	assert_in_range((clock_mono_us() - start_us) / 1000, 0, SHORT_WAIT_MS - 10);
	assert_null(
	    store_open(&(struct store_config){ .url = url, .wait_ms = SHORT_WAIT_MS }, &err));
	expect_text(err.text, "no answer");
	redis_resume();
	clock_sleep_ms(1100);
	expect(store, "a", "1");
	store_close(store);
	buf_release(&got);
}

static enum store_change
stop_midway(void *user, struct str old, struct buf *fresh, int64_t *expires_us)
{
	(void)old;
	(void)expires_us;
	buf_adds(fresh, "new");
	if ((*(int *)user)++ == 0)
		redis_pause();
	return STORE_WRITE;
}

static void
a_change_whose_end_is_not_seen_is_not_called_made(void **state)
{
	struct err err = ERR_INIT;
	struct store *store;
	int calls = 0;

	(void)state;
	if (!url)
		skip();
	store = must_open_with(SHORT_WAIT_MS);
	put(store, "a", "old");
	assert_int_equal(store_update(store, STR_LIT("a"), stop_midway, &calls, &err), -1);
	expect_text(err.text, "whether it was is not known");
	assert_int_equal(calls, 1);
	redis_resume();
	store_close(store);
}

/* What another process does while an update is made. */
static enum store_change
be_overtaken(void *user, struct str old, struct buf *fresh, int64_t *expires_us)
{
	int *calls = user;
	struct store *other;

	(void)expires_us;
	if ((*calls)++ < 2) {
		other = must_open();
		put(other, "a", *calls == 1 ? "first" : "second");
		store_close(other);
	}
	buf_addstr(fresh, old);
	buf_adds(fresh, " and ours");
	return STORE_WRITE;
}

static void
an_update_that_was_overtaken_is_made_anew(void **state)
{
	struct err err = ERR_INIT;
	struct store *store;
	int calls = 0;

	(void)state;
	if (!url)
		skip();
	store = must_open();
	put(store, "a", "old");
	if (store_update(store, STR_LIT("a"), be_overtaken, &calls, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(calls, 3);
	expect(store, "a", "second and ours");
	store_close(store);
}

static enum store_change
restart_server(void *user, struct str old, struct buf *fresh, int64_t *expires_us)
{
	(void)old;
	(void)expires_us;
	if ((*(int *)user)++ == 0) {
		redis_stop();
		url = redis_start(NULL);
	}
	buf_adds(fresh, "new");
	return STORE_WRITE;
}

static void
an_update_outlives_a_server_that_is_started_again(void **state)
{
	struct err err = ERR_INIT;
	struct store *store;
	int calls = 0;

	(void)state;
	if (!url)
		skip();
	store = must_open();
	if (store_update(store, STR_LIT("a"), restart_server, &calls, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(calls, 2);
	expect(store, "a", "new");
	/* What stood there, and whatever was made of it, is gone with the server. */
	calls = 0;
	if (store_update(store, STR_LIT("a"), restart_server, &calls, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(calls, 2);
	expect(store, "a", "new");
	store_close(store);
}

/* --- where the answer to the first EXEC is lost on its way --- */

static enum store_change
append(void *user, struct str old, struct buf *fresh, int64_t *expires_us)
{
	(void)expires_us;
	(*(int *)user)++;
	buf_addstr(fresh, old);
	buf_adds(fresh, "+1");
	return STORE_WRITE;
}

static void
a_change_whose_answer_is_lost_is_made_once(void **state)
{
	struct err err = ERR_INIT;
	struct store *store, *direct;
	int calls = 0;

	(void)state;
	if (!url)
		skip();
	direct = must_open();
	put(direct, "a", "0");
	/* What EXEC answers to one change and its receipt. */
	store = must_open_between(&(struct between_loss){ .answer = "\r\n*2\r\n" });
	if (store_update(store, STR_LIT("a"), append, &calls, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(calls, 1);
	expect(direct, "a", "0+1");
	if (store_update(store, STR_LIT("a"), append, &calls, &err) < 0)
		fail_msg("%s", err.text);
	expect(direct, "a", "0+1+1");
	store_close(store);
	store_close(direct);
	between_stop();
}

/* One is written, one taken away, one left. */
static void
move(void *user, struct store_entry *e, size_t count)
{
	assert_int_equal(count, 3);
	(*(int *)user)++;
	e[0].change = STORE_WRITE;
	buf_addstr(&e[0].fresh, e[0].old);
	buf_addstr(&e[0].fresh, e[1].old);
	e[1].change = STORE_DELETE;
}

static void
changes_whose_answer_is_lost_are_made_once(void **state)
{
	const struct str keys[] = { STR_LIT("a"), STR_LIT("b"), STR_LIT("c") };
	struct err err = ERR_INIT;
	struct store *store, *direct;
	int calls = 0;

	(void)state;
	if (!url)
		skip();
	direct = must_open();
	put(direct, "a", "1");
	put(direct, "b", "+2");
	put(direct, "c", "3");
	store = must_open_between(&(struct between_loss){ .answer = "\r\n*3\r\n" });
	if (store_update_all(store, keys, 3, move, &calls, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(calls, 1);
	expect(direct, "a", "1+2");
	expect(direct, "b", "");
	expect(direct, "c", "3");
	store_close(store);
	store_close(direct);
	between_stop();
}

static void
a_change_whose_answer_is_lost_is_made_once_whatever_others_made_of_it(void **state)
{
	static const char *const meanwhile[] = { "SET agentflow:a \"0 0123456789abcdef other\"\r\n",
		"DEL agentflow:a\r\n" };
	static const char *const after[] = { "other", "" };
	struct err err = ERR_INIT;
	struct store *store, *direct;
	size_t i;

	(void)state;
	if (!url)
		skip();
	direct = must_open();
	for (i = 0; i < 2; i++) {
		int calls = 0;

		put(direct, "a", "0");
		store = must_open_between(
		    &(struct between_loss){ .answer = "\r\n*2\r\n", .meanwhile = meanwhile[i] });
		if (store_update(store, STR_LIT("a"), append, &calls, &err) < 0)
			fail_msg("%s", err.text);
		assert_int_equal(calls, 1);
		expect(direct, "a", after[i]);
		store_close(store);
		between_stop();
	}
	store_close(direct);
}

static void
changes_that_never_arrived_are_made_anew(void **state)
{
	const struct str keys[] = { STR_LIT("a"), STR_LIT("b"), STR_LIT("c") };
	struct err err = ERR_INIT;
	struct store *store, *direct;
	int calls = 0;

	(void)state;
	if (!url)
		skip();
	direct = must_open();
	put(direct, "b", "+2");
	store = must_open_between(&(struct between_loss){ .question = "EXEC" });
	if (store_update_all(store, keys, 3, move, &calls, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(calls, 2);
	expect(direct, "a", "+2");
	expect(direct, "b", "");
	store_close(store);
	store_close(direct);
	between_stop();
}

static void
a_password_opens_and_is_never_shown(void **state)
{
	struct err err = ERR_INIT;
	struct store *store;
	char *wrong, *none, *at;

	(void)state;
	redis_stop();
	url = redis_start("sesame%2Fopen");
	if (!url)
		skip();
	/* The URL says "/" where the server's own word has it spelt out. */
	store = try_open(url, &err);
	assert_null(store);
	redis_stop();
	url = redis_start("sesame-open");
	store = must_open();
	put(store, "a", "1");
	assert_null(strstr(store_name(store), "sesame"));
	store_close(store);
	at = strchr(url, '@');
	wrong = xasprintf("redis+unix://:sesame-shut%s", at);
	none = xasprintf("redis+unix://%s", at + 1);
	assert_null(try_open(wrong, &err));
	assert_int_equal(err.code, EXIT_CONFIG);
	expect_text(err.text, "the password is not the server's");
	assert_null(strstr(err.text, "sesame"));
	assert_null(try_open(none, &err));
	assert_int_equal(err.code, EXIT_CONFIG);
	expect_text(err.text, "a password is wanted");
	free(wrong);
	free(none);
}

/* A command that no store sends. */
static void
say(const char *words)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = url + strlen("redis+unix://");
	char answer[64];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(strlen(path) < sizeof address.sun_path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(write(fd, words, strlen(words)), strlen(words));
	assert_true(read(fd, answer, sizeof answer) > 0);
	(void)close(fd);
}

/* What a store may do, in the words of agentflow(7). */
#define ACL "~agentflow:* +ping +select +get +mget +set +del +scan +watch +unwatch +multi +exec"

static bool
see_any(void *user, struct str key, struct str value)
{
	(void)user;
	(void)key;
	(void)value;
	return true;
}

static void
what_others_wrote_is_named_and_who_is_to_take_it_away(void **state)
{
	struct buf got = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct store *store;

	(void)state;
	if (!url)
		skip();
	store = must_open();
	say("RPUSH agentflow:breaker/list x\r\n");
	assert_int_equal(store_get(store, STR_LIT("breaker/list"), &got, &err), -1);
	expect_text(err.text,
	    "what stands at \"agentflow:breaker/list\" was written by no store of "
	    "ours: delete it there");
	say("SET agentflow:breaker/text rubbish\r\n");
	assert_int_equal(store_scan(store, STR_LIT("breaker/"), see_any, NULL, &err), -1);
	expect_text(err.text, "what stands at \"agentflow:breaker/text\" was written by no store");
	put(store, "a", "1");
	expect(store, "a", "1");
	store_close(store);
	buf_release(&got);
}

static struct store *
open_as(const char *credential, struct err *err)
{
	char *as = xasprintf("redis+unix://%s@%s", credential, url + strlen("redis+unix://"));
	struct store *store = try_open(as, err);

	free(as);
	return store;
}

static void
a_user_of_the_servers_opens_it_and_may_do_what_the_manual_says(void **state)
{
	const struct str keys[] = { STR_LIT("a"), STR_LIT("b"), STR_LIT("c") };
	struct err err = ERR_INIT;
	struct store *store;
	int calls = 0;

	(void)state;
	if (!url)
		skip();
	say("ACL SETUSER agent on >sesame " ACL "\r\n");
	store = open_as("agent:sesame", &err);
	if (!store)
		fail_msg("%s", err.text);
	put(store, "a", "1");
	put(store, "b", "2");
	if (store_update_all(store, keys, 3, move, &calls, &err) < 0 ||
	    store_scan(store, STR_LIT(""), see_any, NULL, &err) < 0 ||
	    store_delete(store, STR_LIT("a"), &err) < 0)
		fail_msg("%s", err.text);
	store_close(store);
	assert_null(open_as("agent:open", &err));
	assert_int_equal(err.code, EXIT_CONFIG);
	expect_text(err.text, "the user or the password is not the server's (WRONGPASS)");
	assert_null(strstr(err.text, "open:"));
	say("ACL SETUSER agent -set\r\n");
	store = open_as("agent:sesame", &err);
	assert_non_null(store);
	assert_int_equal(store_put(store, STR_LIT("a"), STR_LIT("1"), 0, &err), -1);
	assert_int_equal(err.code, EXIT_CONFIG);
	expect_text(err.text, "this user may not do that: agentflow(7) says what its ACL must");
	assert_int_equal(store_update_all(store, keys, 3, move, &calls, &err), -1);
	expect_text(err.text, "this user may not do that");
	say("ACL SETUSER agent +set resetkeys ~other:*\r\n");
	assert_int_equal(store_put(store, STR_LIT("a"), STR_LIT("1"), 0, &err), -1);
	expect_text(err.text, "this user may not do that");
	store_close(store);
}

static void
a_password_that_nobody_wants_is_told(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	if (!url)
		skip();
	assert_null(open_as(":sesame", &err));
	assert_int_equal(err.code, EXIT_CONFIG);
	expect_text(err.text, "it wants no password: leave it out of the URL");
	assert_null(strstr(err.text, "sesame"));
}

/* Of several changes none is made where the server takes one of them not. */
static void
a_server_that_takes_no_writes_says_why(void **state)
{
	const struct str keys[] = { STR_LIT("a"), STR_LIT("b"), STR_LIT("c") };
	struct err err = ERR_INIT;
	struct store *store;
	int calls = 0;

	(void)state;
	if (!url)
		skip();
	store = must_open();
	put(store, "a", "1");
	put(store, "b", "2");
	say("CONFIG SET maxmemory 1\r\n");
	assert_int_equal(store_update_all(store, keys, 3, move, &calls, &err), -1);
	assert_int_equal(err.code, EXIT_IO);
	expect_text(err.text, "its memory is full (maxmemory): give it more (OOM)");
	say("CONFIG SET maxmemory 0\r\n");
	expect(store, "a", "1");
	expect(store, "b", "2");
	say("REPLICAOF 127.0.0.1 1\r\n");
	assert_int_equal(store_put(store, STR_LIT("a"), STR_LIT("3"), 0, &err), -1);
	expect_text(err.text, "it is a replica, and takes no writes: name the primary (READONLY)");
	assert_int_equal(store_update_all(store, keys, 3, move, &calls, &err), -1);
	expect_text(err.text, "it is a replica");
	say("REPLICAOF NO ONE\r\n");
	if (store_update_all(store, keys, 3, move, &calls, &err) < 0)
		fail_msg("%s", err.text);
	expect(store, "a", "12");
	say("CONFIG SET min-replicas-to-write 1\r\n");
	assert_int_equal(store_put(store, STR_LIT("a"), STR_LIT("3"), 0, &err), -1);
	expect_text(err.text, "it has too few replicas to take writes");
	store_close(store);
}

static void
a_cluster_is_told_to_be_none_of_ours(void **state)
{
	struct err err = ERR_INIT;
	struct store *store;
	char *second;

	(void)state;
	redis_stop();
	url = redis_start_cluster();
	if (!url)
		skip();
	store = must_open();
	assert_int_equal(store_put(store, STR_LIT("a"), STR_LIT("1"), 0, &err), -1);
	assert_int_equal(err.code, EXIT_CONFIG);
	expect_text(err.text, "it is part of a Redis Cluster");
	store_close(store);
	second = xasprintf("%s?db=1", url);
	assert_null(try_open(second, &err));
	expect_text(err.text, "it is part of a Redis Cluster");
	free(second);
}

static void
databases_are_apart(void **state)
{
	struct err err = ERR_INIT;
	struct store *store, *other;
	char *second;

	(void)state;
	if (!url)
		skip();
	second = xasprintf("%s?db=2", url);
	store = must_open();
	other = try_open(second, &err);
	assert_non_null(other);
	put(store, "a", "1");
	expect(other, "a", "");
	store_close(store);
	store_close(other);
	free(second);
	second = xasprintf("%s?db=99", url);
	assert_null(try_open(second, &err));
	expect_text(err.text, "it has no database of that number");
	free(second);
}

static void
what_expires_goes_by_itself(void **state)
{
	struct err err = ERR_INIT;
	struct store *store, *later;

	(void)state;
	if (!url)
		skip();
	store = must_open();
	assert_int_equal(
	    store_put(store, STR_LIT("a"), STR_LIT("1"), clock_wall_us() + 50000, &err), 0);
	expect(store, "a", "1");
	clock_sleep_ms(60);
	expect(store, "a", "");
	clock_sleep_ms(1100);
	later = must_open();
	expect(later, "a", "");
	store_close(later);
	store_close(store);
}

static void
an_url_that_is_not_understood_is_told_without_its_password(void **state)
{
	static const char *const bad[] = { "redis://:sesame@host:port", "redis://:sesame@host/db",
		"redis://:sesame@[::1", "redis://:sesame@h:70000/1", "redis+unix://:sesame@sock",
		"redis+unix://:sesame@/sock?db=x", "redis+unix://:sesame@/sock?sesame",
		"redis://:sesame@h?cacert=x", "redis://sesame@h", "redis://sesame:@h",
		"rediss://:sesame@h:x", "rediss://:sesame@h?", "rediss://:sesame@h/1?db=2",
		"rediss://:sesame@h?cacert",
		"rediss://:sesame@h?cacert=", "rediss://:sesame@h?cacert=a&cacert=b",
		"rediss://:sesame@h?key=k", "rediss://:sesame@h?insecure=true",
		"rediss://:sesame@h/?sesame=x" };
	struct err err = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_null(try_open(bad[i], &err));
		assert_int_equal(err.code, EXIT_CONFIG);
		assert_null(strstr(err.text, "sesame"));
	}
}

static void
what_cannot_be_reached_is_named_without_its_password(void **state)
{
	static const char *const urls[][2] = {
		{ "redis://me:sesame@127.0.0.1:1/3", "redis://127.0.0.1:1/3 can't be reached" },
		{ "redis://:sesame@[::1]:1", "redis://[::1]:1/0 can't be reached" },
		{ "redis+unix://:sesame@/nowhere/sock?db=3",
		    "redis+unix:///nowhere/sock can't be reached" },
	};
	struct err err = ERR_INIT;
	size_t i;

	(void)state;
#if !defined(HAVE_HIREDIS)
	assert_null(try_open(urls[0][0], &err));
	expect_text(err.text, "Redis is not built in: install hiredis");
	skip();
#endif
	for (i = 0; i < sizeof urls / sizeof *urls; i++) {
		assert_null(try_open(urls[i][0], &err));
		assert_int_equal(err.code, EXIT_IO);
		expect_text(err.text, urls[i][1]);
		assert_null(strstr(err.text, "sesame"));
	}
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVER(a_lost_connection_is_made_anew),
		WITH_SERVER(a_server_that_is_gone_is_told_at_once_and_found_again),
		WITH_SERVER(a_server_that_stands_still_is_not_waited_for_for_ever),
		WITH_SERVER(a_change_whose_end_is_not_seen_is_not_called_made),
		WITH_SERVER(an_update_that_was_overtaken_is_made_anew),
		WITH_SERVER(an_update_outlives_a_server_that_is_started_again),
		WITH_SERVER(a_change_whose_answer_is_lost_is_made_once),
		WITH_SERVER(changes_whose_answer_is_lost_are_made_once),
		WITH_SERVER(a_change_whose_answer_is_lost_is_made_once_whatever_others_made_of_it),
		WITH_SERVER(changes_that_never_arrived_are_made_anew),
		WITH_SERVER(a_password_opens_and_is_never_shown),
		WITH_SERVER(what_others_wrote_is_named_and_who_is_to_take_it_away),
		WITH_SERVER(a_user_of_the_servers_opens_it_and_may_do_what_the_manual_says),
		WITH_SERVER(a_password_that_nobody_wants_is_told),
		WITH_SERVER(a_server_that_takes_no_writes_says_why),
		WITH_SERVER(a_cluster_is_told_to_be_none_of_ours),
		WITH_SERVER(databases_are_apart),
		WITH_SERVER(what_expires_goes_by_itself),
		cmocka_unit_test(an_url_that_is_not_understood_is_told_without_its_password),
		cmocka_unit_test(what_cannot_be_reached_is_named_without_its_password),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
