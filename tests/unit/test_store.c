/* SPDX-License-Identifier: MIT */
/* test_store - what every store keeps: the same tests over memory, SQLite and Redis. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "store/store.h"
#include "support/certificate.h"
#include "support/redis.h"
#include "support/scratch.h"

static char *url; /* of the group that runs */
static struct store *store;
static int64_t clock_us;

static int64_t
read_clock(void *user)
{
	(void)user;
	return clock_us;
}

static struct store *
open_store(void)
{
	struct err err = ERR_INIT;
	struct store *opened = store_open(
	    &(struct store_config){ .url = url, .now_us = read_clock, .wait_ms = 20000 }, &err);

	if (!opened)
		fail_msg("%s", err.text);
	return opened;
}

static bool
delete_each(void *user, struct str key, struct str value)
{
	struct buf *keys = user;

	(void)value;
	buf_addstr(keys, key);
	buf_addc(keys, '\n');
	return true;
}

/* An empty store, and the clock at its start. */
static int
enter(void **state)
{
	struct buf keys = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct str rest, key;

	(void)state;
	clock_us = 1000000000;
	store = open_store();
	if (store_scan(store, STR_LIT(""), delete_each, &keys, &err) < 0)
		fail_msg("%s", err.text);
	for (rest = buf_str(&keys); str_split(&rest, '\n', &key);) {
		if (key.len && store_delete(store, key, &err) < 0)
			fail_msg("%s", err.text);
	}
	buf_release(&keys);
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	store_close(store);
	store = NULL;
	return 0;
}

/* fail_msg has the words where a step goes wrong. */
static void
put_until(const char *key, const char *value, int64_t expires_us)
{
	struct err err = ERR_INIT;

	if (store_put(store, str_of(key), str_of(value), expires_us, &err) < 0)
		fail_msg("%s", err.text);
}

static void
put(const char *key, const char *value)
{
	put_until(key, value, STORE_FOREVER);
}

static void
expect_in(struct store *where, struct str key, const char *value)
{
	struct buf got = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	int rc = store_get(where, key, &got, &err);

	if (rc < 0)
		fail_msg("%s", err.text);
	assert_int_equal(rc, value != NULL);
	if (value)
		assert_string_equal(got.p, value);
	buf_release(&got);
}

static void
expect(const char *key, const char *value)
{
	expect_in(store, str_of(key), value);
}

/* The keys and values of a scan: "a=1 b=2 ". */
struct listing {
	struct buf text;
	int most;
};

static bool
list_one(void *user, struct str key, struct str value)
{
	struct listing *l = user;

	buf_addstr(&l->text, key);
	buf_addc(&l->text, '=');
	buf_addstr(&l->text, value);
	buf_addc(&l->text, ' ');
	return --l->most != 0;
}

static void
expect_scan(struct str prefix, int most, const char *want)
{
	struct listing l = { BUF_INIT(BUF_UNLIMITED), most };
	struct err err = ERR_INIT;

	if (store_scan(store, prefix, list_one, &l, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(l.text.p, want);
	buf_release(&l.text);
}

static void
what_is_put_is_got(void **state)
{
	(void)state;
	expect("a", NULL);
	put("a", "1");
	expect("a", "1");
	put("a", "longer than it was");
	expect("a", "longer than it was");
	put("a", "");
	expect("a", "");
	expect("A", NULL);
	expect("", NULL);
}

static void
get_appends_to_what_is_there(void **state)
{
	struct buf got = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;

	(void)state;
	put("a", "1");
	buf_adds(&got, "so: ");
	assert_int_equal(store_get(store, STR_LIT("a"), &got, &err), 1);
	assert_string_equal(got.p, "so: 1");
	assert_int_equal(store_get(store, STR_LIT("b"), &got, &err), 0);
	assert_string_equal(got.p, "so: 1");
	buf_release(&got);
}

static void
keys_and_values_may_be_any_bytes(void **state)
{
	const struct str key = STR_LIT("k\0 \xff\"*?[a]\\\n"), value = STR_LIT("\0v\r\n\xfe");
	struct buf got = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(store_put(store, key, value, STORE_FOREVER, &err), 0);
	assert_int_equal(store_get(store, key, &got, &err), 1);
	assert_true(str_eq(buf_str(&got), value));
	assert_int_equal(store_get(store, STR_LIT("k"), &got, &err), 0);
	assert_int_equal(store_delete(store, key, &err), 0);
	assert_int_equal(store_get(store, key, &got, &err), 0);
	buf_release(&got);
}

static void
a_large_value_comes_back_whole(void **state)
{
	enum { LARGE = 3 * 1000 * 1000 };
	char *large = xmalloc(LARGE);
	struct buf got = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	int i;

	(void)state;
	for (i = 0; i < LARGE; i++)
		large[i] = (char)(i * 7 + i / 251);
	assert_int_equal(
	    store_put(store, STR_LIT("large"), (struct str){ large, LARGE }, STORE_FOREVER, &err),
	    0);
	assert_int_equal(store_get(store, STR_LIT("large"), &got, &err), 1);
	assert_true(str_eq(buf_str(&got), (struct str){ large, LARGE }));
	assert_int_equal(store_delete(store, STR_LIT("large"), &err), 0);
	buf_release(&got);
	free(large);
}

static void
what_is_deleted_is_gone(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	put("a", "1");
	assert_int_equal(store_delete(store, STR_LIT("a"), &err), 0);
	expect("a", NULL);
	assert_int_equal(store_delete(store, STR_LIT("a"), &err), 0);
}

static void
what_has_expired_is_absent_at_once(void **state)
{
	(void)state;
	put_until("a", "1", clock_us + 10);
	put_until("b", "2", clock_us + 20);
	clock_us += 9;
	expect("a", "1");
	clock_us += 1;
	expect("a", NULL);
	expect_scan(STR_LIT(""), 0, "b=2 ");
	put("a", "again");
	clock_us += 1000000;
	expect("a", "again");
	expect("b", NULL);
}

static void
a_put_forgets_the_old_expiry(void **state)
{
	(void)state;
	put_until("a", "1", clock_us + 10);
	put("a", "2");
	clock_us += 100;
	expect("a", "2");
	put_until("a", "3", clock_us + 10);
	clock_us += 10;
	expect("a", NULL);
}

static void
a_scan_is_in_order_and_keeps_to_its_prefix(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	put("b/2", "2");
	put("b/1", "1");
	put("b", "0");
	put("a", "x");
	put("c", "y");
	put("b*", "star");
	put("b/\x7f", "3");
	expect_scan(STR_LIT("b/"), 0, "b/1=1 b/2=2 b/\x7f=3 ");
	expect_scan(STR_LIT("b"), 0, "b=0 b*=star b/1=1 b/2=2 b/\x7f=3 ");
	expect_scan(STR_LIT("b*"), 0, "b*=star ");
	expect_scan(STR_LIT("?"), 0, "");
	expect_scan(STR_LIT(""), 2, "a=x b=0 ");
	expect_scan(STR_LIT("z"), 0, "");
	/* A byte above ASCII comes last, and nothing comes after 0xff. */
	put("\xff\xff", "last");
	expect_scan(STR_LIT("c"), 0, "c=y ");
	expect_scan(STR_LIT("\xff"), 0, "\xff\xff=last ");
	assert_int_equal(store_delete(store, STR_LIT("\xff\xff"), &err), 0);
}

static void
put_v(void *user, struct store_entry *entries, size_t count)
{
	size_t i;

	(void)user;
	for (i = 0; i < count; i++) {
		entries[i].change = STORE_WRITE;
		buf_adds(&entries[i].fresh, "v");
	}
}

static void
a_scan_of_many_finds_each_once(void **state)
{
	enum { MANY = 2500 };
	static char text[MANY][32];
	static struct str keys[MANY];
	struct listing l = { BUF_INIT(BUF_UNLIMITED), 0 };
	struct buf want = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	int i;

	(void)state;
	for (i = 0; i < MANY; i++) {
		keys[i] = (struct str){ text[i],
			(size_t)snprintf(text[i], sizeof text[i], "many/%06d", (i * 7919) % MANY) };
		buf_addf(&want, "many/%06d=v ", i);
	}
	assert_int_equal(store_update_all(store, keys, MANY, put_v, NULL, &err), 0);
	assert_int_equal(store_scan(store, STR_LIT("many/"), list_one, &l, &err), 0);
	assert_string_equal(l.text.p, want.p);
	buf_release(&l.text);
	buf_release(&want);
}

/* An update that does as it is told, and says what it saw. */
struct order {
	enum store_change change;
	const char *fresh;
	int64_t expires_us; /* 0: as it was */
	char seen[64];
	int64_t seen_expires_us;
};

static enum store_change
obey(void *user, struct str old, struct buf *fresh, int64_t *expires_us)
{
	struct order *o = user;

	(void)snprintf(o->seen, sizeof o->seen, "%s", old.p ? old.p : "(none)");
	o->seen_expires_us = *expires_us;
	if (o->fresh)
		buf_adds(fresh, o->fresh);
	if (o->expires_us)
		*expires_us = o->expires_us;
	return o->change;
}

static void
an_update_writes_keeps_and_deletes(void **state)
{
	struct order o = { STORE_KEEP, "nothing", 0, "", -1 };
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(store_update(store, STR_LIT("a"), obey, &o, &err), 0);
	assert_string_equal(o.seen, "(none)");
	assert_int_equal(o.seen_expires_us, STORE_FOREVER);
	expect("a", NULL);
	o = (struct order){ STORE_WRITE, "1", clock_us + 50, "", -1 };
	assert_int_equal(store_update(store, STR_LIT("a"), obey, &o, &err), 0);
	expect("a", "1");
	o = (struct order){ STORE_WRITE, "2", 0, "", -1 };
	assert_int_equal(store_update(store, STR_LIT("a"), obey, &o, &err), 0);
	assert_string_equal(o.seen, "1");
	assert_int_equal(o.seen_expires_us, clock_us + 50);
	clock_us += 50;
	expect("a", NULL);
	assert_int_equal(store_update(store, STR_LIT("a"), obey, &o, &err), 0);
	assert_string_equal(o.seen, "(none)");
	assert_int_equal(o.seen_expires_us, STORE_FOREVER);
	expect("a", "2");
	o = (struct order){ STORE_DELETE, "3", 0, "", -1 };
	assert_int_equal(store_update(store, STR_LIT("a"), obey, &o, &err), 0);
	assert_string_equal(o.seen, "2");
	expect("a", NULL);
}

static void
a_count_adds_up_and_expires_as_the_first_said(void **state)
{
	struct err err = ERR_INIT;
	int64_t sum = 0;

	(void)state;
	assert_int_equal(store_add(store, STR_LIT("n"), 5, clock_us + 100, &sum, &err), 0);
	assert_int_equal(sum, 5);
	assert_int_equal(store_add(store, STR_LIT("n"), -7, clock_us + 999, &sum, &err), 0);
	assert_int_equal(sum, -2);
	assert_int_equal(store_add(store, STR_LIT("n"), 1, 0, NULL, &err), 0);
	expect("n", "-1");
	clock_us += 100;
	assert_int_equal(store_add(store, STR_LIT("n"), 3, 0, &sum, &err), 0);
	assert_int_equal(sum, 3);
}

static void
what_is_no_count_is_not_added_to(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	put("n", "many");
	assert_int_equal(store_add(store, STR_LIT("n"), 1, 0, NULL, &err), -1);
	assert_int_equal(err.code, EXIT_IO);
	expect("n", "many");
	put("n", "9223372036854775807");
	assert_int_equal(store_add(store, STR_LIT("n"), 1, 0, NULL, &err), -1);
	expect("n", "9223372036854775807");
}

/* "KEY=OLD@EXPIRY " of each; then each does as its order says, in the order of keys. */
struct orders {
	const struct order *items;
	char seen[256];
	int calls;
};

static void
obey_all(void *user, struct store_entry *entries, size_t count)
{
	struct orders *o = user;
	size_t i, len = 0;

	o->calls++;
	for (i = 0; i < count; i++) {
		assert_int_equal(entries[i].change, STORE_KEEP);
		assert_int_equal(entries[i].fresh.len, 0);
		len += (size_t)snprintf(o->seen + len, sizeof o->seen - len, "%.*s=%.*s@%lld ",
		    (int)entries[i].key.len, entries[i].key.p, (int)entries[i].old.len,
		    entries[i].old.p ? entries[i].old.p : "",
		    (long long)(entries[i].expires_us ? entries[i].expires_us - clock_us : 0));
		entries[i].change = o->items[i].change;
		if (o->items[i].fresh)
			buf_adds(&entries[i].fresh, o->items[i].fresh);
		if (o->items[i].expires_us)
			entries[i].expires_us = o->items[i].expires_us;
	}
}

static void
several_values_change_as_one(void **state)
{
	const struct str keys[] = { STR_LIT("a"), STR_LIT("b"), STR_LIT("gone"), STR_LIT("kept"),
		STR_LIT("empty") };
	const struct order items[] = { { STORE_WRITE, "2", 0, "", 0 },
		{ STORE_WRITE, "3", clock_us + 70, "", 0 }, { STORE_DELETE, "no", 0, "", 0 },
		{ STORE_KEEP, "no", 1, "", 0 }, { STORE_WRITE, NULL, 0, "", 0 } };
	struct orders o = { .items = items };
	struct err err = ERR_INIT;

	(void)state;
	put_until("a", "1", clock_us + 50);
	put("gone", "1");
	put("kept", "as it was");
	put("empty", "");
	assert_int_equal(store_update_all(store, keys, 5, obey_all, &o, &err), 0);
	assert_string_equal(o.seen, "a=1@50 b=@0 gone=1@0 kept=as it was@0 empty=@0 ");
	assert_int_equal(o.calls, 1);
	expect_scan(STR_LIT(""), 0, "a=2 b=3 empty= kept=as it was ");
	clock_us += 50; /* a kept its own */
	expect_scan(STR_LIT(""), 0, "b=3 empty= kept=as it was ");
	clock_us += 20;
	expect_scan(STR_LIT(""), 0, "empty= kept=as it was ");
}

static void
an_update_that_keeps_all_changes_nothing(void **state)
{
	const struct str keys[] = { STR_LIT("a"), STR_LIT("b") };
	const struct order items[2] = { { STORE_KEEP, "no", 0, "", 0 } };
	struct orders o = { .items = items };
	struct err err = ERR_INIT;

	(void)state;
	put("a", "1");
	assert_int_equal(store_update_all(store, keys, 2, obey_all, &o, &err), 0);
	assert_int_equal(store_update_all(store, keys, 0, obey_all, &o, &err), 0);
	expect_scan(STR_LIT(""), 0, "a=1 ");
}

static bool
is_redis(void)
{
	return str_starts(str_of(url), "redis");
}

static void
it_outlives_who_wrote_it_and_another_sees_it(void **state)
{
	struct store *other;

	(void)state;
	if (strcmp(url, "memory:") == 0)
		skip();
	other = open_store();
	put("a", "1");
	expect_in(other, STR_LIT("a"), "1");
	put("a", "2");
	expect_in(other, STR_LIT("a"), "2");
	store_close(other);
	leave(NULL);
	store = open_store();
	expect("a", "2");
}

static void
reading_only_refuses_every_change(void **state)
{
	struct store_config config = { .url = url, .now_us = read_clock, .read_only = true };
	struct err err = ERR_INIT;
	struct store *reader;
	struct order o = { STORE_KEEP, NULL, 0, "", 0 };

	(void)state;
	put("a", "1");
	reader = store_open(&config, &err);
	if (!reader)
		fail_msg("%s", err.text);
	if (strcmp(url, "memory:") != 0)
		expect_in(reader, STR_LIT("a"), "1");
	assert_int_equal(store_put(reader, STR_LIT("a"), STR_LIT("2"), 0, &err), -1);
	assert_int_equal(err.code, EXIT_IO);
	assert_int_equal(store_delete(reader, STR_LIT("a"), &err), -1);
	assert_int_equal(store_add(reader, STR_LIT("n"), 1, 0, NULL, &err), -1);
	assert_int_equal(store_update(reader, STR_LIT("a"), obey, &o, &err), -1);
	assert_string_equal(o.seen, "");
	store_close(reader);
	expect("a", "1");
}

static void
what_has_expired_is_swept(void **state)
{
	char key[32];
	int i;

	(void)state;
	for (i = 0; i < 50; i++) {
		(void)snprintf(key, sizeof key, "old/%d", i);
		put_until(key, "v", clock_us + 10);
	}
	clock_us += 10;
	for (i = 0; i < 1000; i++)
		put("new", "v");
	/* With the clock turned back, what was only hidden would be there again. */
	clock_us -= 10;
	if (!is_redis()) /* it sweeps by its own clock */
		expect_scan(STR_LIT("old/"), 0, "");
}

static void
there_is_no_server(void **state)
{
	(void)state;
	skip();
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, enter, leave)

static int
run_over(const char *name, const char *where)
{
	static const struct CMUnitTest tests[] = {
		EACH(what_is_put_is_got),
		EACH(get_appends_to_what_is_there),
		EACH(keys_and_values_may_be_any_bytes),
		EACH(a_large_value_comes_back_whole),
		EACH(what_is_deleted_is_gone),
		EACH(what_has_expired_is_absent_at_once),
		EACH(a_put_forgets_the_old_expiry),
		EACH(a_scan_is_in_order_and_keeps_to_its_prefix),
		EACH(a_scan_of_many_finds_each_once),
		EACH(an_update_writes_keeps_and_deletes),
		EACH(a_count_adds_up_and_expires_as_the_first_said),
		EACH(what_is_no_count_is_not_added_to),
		EACH(several_values_change_as_one),
		EACH(an_update_that_keeps_all_changes_nothing),
		EACH(it_outlives_who_wrote_it_and_another_sees_it),
		EACH(reading_only_refuses_every_change),
		EACH(what_has_expired_is_swept),
	};
	static const struct CMUnitTest none[] = { cmocka_unit_test(there_is_no_server) };
	int failed;

	if (!where)
		return cmocka_run_group_tests_name(name, none, NULL, NULL);
	url = xstrdup(where);
	failed = cmocka_run_group_tests_name(name, tests, NULL, NULL);
	free(url);
	return failed;
}

static int
run_over_tls(void)
{
	struct redis_tls tls = { .cert = "server.pem", .key = "server.key", .ca = "ca.pem" };
	char *where = NULL;
	int failed;

	certificate_make(&(struct certificate){ .name = "ca" });
	certificate_make(
	    &(struct certificate){ .name = "server", .issuer = "ca", .hosts = "IP:127.0.0.1" });
	if (redis_start_tls(&tls))
		where = xasprintf("rediss://127.0.0.1:%d?cacert=ca.pem", tls.tls_port);
	failed = run_over("redis over TLS", where);
	redis_stop();
	free(where);
	return failed;
}

int
main(void)
{
	int failed;

	if (scratch_enter(NULL) < 0)
		return 1;
	failed = run_over("memory", "memory:") + run_over("sqlite", "state/of/ours.db");
	failed += run_over("redis", redis_start(NULL));
	redis_stop();
	failed += run_over_tls();
	return failed + (scratch_leave(NULL) < 0);
}
