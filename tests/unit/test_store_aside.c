/* SPDX-License-Identifier: MIT */
/* test_store_aside - a loop goes on while a thread asks the store for it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "store/store_aside.h"
#include "support/between.h"
#include "support/held.h"
#include "support/redis.h"
#include "support/scratch.h"

enum { MANY = 100 };

/* A loop with a desk, which turns until it has what a test waits for. */
struct scene {
	uv_loop_t loop;
	uv_prepare_t prepare;
	uv_timer_t tick;
	struct store *store;
	struct store_desk *desk;
	unsigned ticks, news, done;
	unsigned drop_at; /* the tick at which the database is let go of; 0: none */
	struct sqlite3 *held;
	bool closed;
};

struct addition { /* an errand that adds to a count */
	struct store_errand errand;
	struct scene *s;
	struct str key;
	int64_t by, sum;
	unsigned place; /* in the order of their ends, from 1 */
};

static void
on_prepare(uv_prepare_t *prepare)
{
	store_aside_go(((struct scene *)prepare->data)->desk);
}

static void
on_tick(uv_timer_t *timer)
{
	struct scene *s = timer->data;

	if (++s->ticks == s->drop_at)
		held_drop(s->held);
}

static void
on_news(void *user)
{
	((struct scene *)user)->news++;
}

static void
add(void *user, struct store_entry *e, size_t count)
{
	struct addition *a = user;
	int64_t sum = 0;

	assert_int_equal(count, 1);
	assert_true(!e->old.p || num_i64(e->old, &sum));
	a->sum = sum + a->by;
	e->change = STORE_WRITE;
	buf_addi(&e->fresh, a->sum);
}

static void
on_done(struct store_errand *e)
{
	struct addition *a = e->user;

	a->place = ++a->s->done;
}

static void
hand(struct scene *s, struct addition *a, const char *key, int64_t by)
{
	*a = (struct addition){ .s = s, .key = str_of(key), .by = by };
	a->errand = (struct store_errand){
		.keys = &a->key, .count = 1, .fn = add, .user = a, .done = on_done
	};
	s->desk->hand(s->desk, &a->errand);
}

static void
scene_open(struct scene *s, const char *url)
{
	struct err err = ERR_INIT;

	*s = (struct scene){ .store = store_open(&(struct store_config){ .url = url }, &err) };
	if (!s->store)
		fail_msg("%s", err.text);
	assert_int_equal(uv_loop_init(&s->loop), 0);
	s->desk = store_aside_open(&s->loop, s->store, on_news, s);
	(void)uv_prepare_init(&s->loop, &s->prepare);
	(void)uv_timer_init(&s->loop, &s->tick);
	s->prepare.data = s->tick.data = s;
	(void)uv_prepare_start(&s->prepare, on_prepare);
	(void)uv_timer_start(&s->tick, on_tick, 1, 1);
}

static void
turn_until(struct scene *s, const unsigned *what, unsigned is)
{
	while (*what < is)
		(void)uv_run(&s->loop, UV_RUN_ONCE);
}

static void
scene_close(struct scene *s)
{
	store_aside_wait(s->desk);
	store_aside_close(s->desk);
	uv_close((uv_handle_t *)&s->prepare, NULL);
	uv_close((uv_handle_t *)&s->tick, NULL);
	(void)uv_run(&s->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&s->loop), 0);
	store_close(s->store);
}

static int64_t
count_at(struct scene *s, const char *key)
{
	struct buf value = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	int64_t count = 0;
	int rc;

	while ((rc = s->desk->get(s->desk, str_of(key), &value, &err)) == STORE_DESK_LATER)
		(void)uv_run(&s->loop, UV_RUN_ONCE);
	if (rc == 1)
		assert_true(num_i64(buf_str(&value), &count));
	buf_release(&value);
	return count;
}

static void
what_is_near_and_free_is_done_at_once(void **state)
{
	struct addition a;
	struct scene s;

	(void)state;
	scene_open(&s, "memory:");
	hand(&s, &a, "n", 5);
	assert_int_equal(a.place, 1);
	assert_int_equal(a.errand.rc, 0);
	assert_int_equal(count_at(&s, "n"), 5);
	scene_close(&s);
}

static void
who_holds_the_database_does_not_hold_the_loop(void **state)
{
	struct addition a, b;
	struct scene s;

	scene_open(&s, *state);
	s.held = held_take(*state);
	hand(&s, &a, "n", 5);
	hand(&s, &b, "n", 3);
	assert_int_equal(s.done, 0);
	s.drop_at = 20;
	turn_until(&s, &s.done, 2);
	assert_true(s.ticks >= 20);
	assert_int_equal(a.place, 1);
	assert_int_equal(a.sum, 5);
	assert_int_equal(b.sum, 8);
	assert_int_equal(s.news, 1);
	scene_close(&s);
}

static void
at_the_end_all_that_was_handed_in_is_done(void **state)
{
	struct addition a, b;
	struct scene s;

	scene_open(&s, *state);
	s.held = held_take(*state);
	hand(&s, &a, "n", 5);
	store_aside_go(s.desk);
	hand(&s, &b, "n", 3);
	held_drop(s.held);
	store_aside_wait(s.desk);
	assert_int_equal(s.done, 2);
	assert_int_equal(s.news, 0);
	assert_int_equal(count_at(&s, "n"), 8);
	scene_close(&s);
}

static void
what_fails_is_told_to_each(void **state)
{
	struct err err = ERR_INIT;
	struct addition a, b;
	struct scene s;

	scene_open(&s, *state);
	store_close(s.store);
	s.store = s.desk->store = store_open(
	    &(struct store_config){ .url = *state, .wait_ms = 20 }, &err);
	s.held = held_take(*state);
	hand(&s, &a, "n", 5);
	hand(&s, &b, "m", 3);
	turn_until(&s, &s.done, 2);
	assert_int_equal(a.errand.rc, -1);
	assert_int_equal(b.errand.rc, -1);
	assert_non_null(strstr(b.errand.err.text, "waited"));
	held_drop(s.held);
	scene_close(&s);
}

static void
what_is_far_is_told_later_and_many_take_no_more_time_than_one(void **state)
{
	const char *url = redis_start(NULL);
	const struct between *between;
	struct buf value = BUF_INIT(BUF_UNLIMITED);
	struct addition a[MANY];
	struct err err = ERR_INIT;
	unsigned trips;
	struct scene s;

	(void)state;
	if (!url)
		skip();
	between = between_start(NULL);
	scene_open(&s, between->url);
	(void)uv_timer_stop(&s.tick); /* nothing but the answers turns the loop */
	assert_int_equal(s.desk->get(s.desk, STR_LIT("n"), &value, &err), STORE_DESK_LATER);
	turn_until(&s, &s.news, 1);
	assert_int_equal(count_at(&s, "n"), 0);
	trips = *between->trips;
	for (int i = 0; i < MANY; i++)
		hand(&s, &a[i], "n", 1);
	turn_until(&s, &s.done, MANY);
	assert_int_equal(*between->trips - trips, 2);
	assert_int_equal(a[MANY - 1].sum, MANY);
	assert_int_equal(count_at(&s, "n"), MANY); /* what was changed is known, too */
	buf_release(&value);
	scene_close(&s);
	between_stop();
	redis_stop();
}

static int
enter(void **state)
{
	static unsigned number;
	char *name = xasprintf("aside%u.db", number++);

	*state = name;
	return 0;
}

static int
leave(void **state)
{
	free(*state);
	return 0;
}

#define WITH_FILE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILE(what_is_near_and_free_is_done_at_once),
		WITH_FILE(who_holds_the_database_does_not_hold_the_loop),
		WITH_FILE(at_the_end_all_that_was_handed_in_is_done),
		WITH_FILE(what_fails_is_told_to_each),
		WITH_FILE(what_is_far_is_told_later_and_many_take_no_more_time_than_one),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
