/* SPDX-License-Identifier: MIT */
/* test_turns - one output for many who answer at the same time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "sys/output.h"
#include "sys/turns.h"

struct scene {
	uv_loop_t loop;
	int fds[2];
	struct turns turns;
	struct turn a, b, c;
};

static unsigned released;

static void
release(struct turn *turn)
{
	(void)turn;
	released++;
}

static void
open_scene(struct scene *s, bool ordered, bool alone)
{
	*s = (struct scene){ .turns = { .ordered = ordered, .alone = alone } };
	released = 0;
	assert_int_equal(uv_loop_init(&s->loop), 0);
	assert_int_equal(pipe(s->fds), 0);
	s->turns.output = output_open(
	    &s->loop, s->fds[1], 1024, &(struct output_events){ 0 }, NULL);
	turns_add(&s->turns, &s->a);
	turns_add(&s->turns, &s->b);
	turns_add(&s->turns, &s->c);
}

static void
close_scene(struct scene *s)
{
	output_close(s->turns.output);
	(void)uv_run(&s->loop, UV_RUN_DEFAULT); /* closes what is closing */
	assert_int_equal(uv_loop_close(&s->loop), 0);
	(void)close(s->fds[0]); /* nothing was written that matters */
	(void)close(s->fds[1]);
}

static void
say(struct scene *s, struct turn *turn, const char *words)
{
	buf_adds(turns_out(&s->turns, turn), words);
}

/* What stands there after the sweep. */
static void
hears(struct scene *s, const char *want)
{
	struct buf *out = output_buf(s->turns.output);

	turns_sweep(&s->turns, release);
	assert_string_equal(out->p, want);
}

static void
each_says_what_it_has_when_it_has_it(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, false, false);
	say(&s, &s.b, "b1 ");
	say(&s, &s.a, "a1 ");
	turns_done(&s.turns, &s.b);
	hears(&s, "b1 a1 ");
	assert_int_equal(released, 1);
	assert_null(turns_speaker(&s.turns));
	close_scene(&s);
}

static void
in_order_the_second_waits_for_the_first_and_is_heard_as_it_speaks_then(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, true, false);
	say(&s, &s.b, "b1 ");
	say(&s, &s.c, "c1 ");
	turns_done(&s.turns, &s.c);
	hears(&s, "");
	say(&s, &s.a, "a1 ");
	turns_done(&s.turns, &s.a);
	hears(&s, "a1 b1 ");
	say(&s, &s.b, "b2 ");
	turns_done(&s.turns, &s.b);
	hears(&s, "a1 b1 b2 c1 ");
	assert_int_equal(released, 3);
	close_scene(&s);
}

static void
alone_who_begins_first_is_heard_to_its_end(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, false, true);
	hears(&s, "");
	assert_null(turns_speaker(&s.turns));
	say(&s, &s.b, "b1 ");
	hears(&s, "b1 ");
	assert_ptr_equal(turns_speaker(&s.turns), &s.b);
	say(&s, &s.a, "a1 ");
	say(&s, &s.c, "c1 ");
	turns_done(&s.turns, &s.c);
	say(&s, &s.b, "b2 ");
	hears(&s, "b1 b2 ");
	turns_done(&s.turns, &s.b);
	hears(&s, "b1 b2 c1 a1 "); /* who is done is not kept waiting by one who is not */
	assert_ptr_equal(turns_speaker(&s.turns), &s.a);
	say(&s, &s.a, "a2 ");
	turns_done(&s.turns, &s.a);
	hears(&s, "b1 b2 c1 a1 a2 ");
	assert_int_equal(released, 3);
	assert_int_equal(s.turns.count, 0);
	close_scene(&s);
}

static void
alone_who_is_done_and_says_nothing_waits_for_nobody(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, false, true);
	say(&s, &s.a, "a1 ");
	hears(&s, "a1 ");
	turns_done(&s.turns, &s.b);
	hears(&s, "a1 ");
	assert_int_equal(released, 1);
	turns_done(&s.turns, &s.a);
	turns_done(&s.turns, &s.c);
	hears(&s, "a1 ");
	assert_int_equal(released, 3);
	close_scene(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_says_what_it_has_when_it_has_it),
		cmocka_unit_test(
		    in_order_the_second_waits_for_the_first_and_is_heard_as_it_speaks_then),
		cmocka_unit_test(alone_who_begins_first_is_heard_to_its_end),
		cmocka_unit_test(alone_who_is_done_and_says_nothing_waits_for_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
