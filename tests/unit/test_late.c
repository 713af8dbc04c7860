/* SPDX-License-Identifier: MIT */
/* test_late - what becomes of requests while the store has yet to answer. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/fleet.h"
#include "support/late.h"

#define SECOND INT64_C(1000000)
#define MS INT64_C(1000)

static const char policy[] =
    "version: 1\n"
    "breaker: {consecutive: 1, cooldown: 30s}\n"
    "backoff: {base: 100ms, jitter: none}\n"
    "budgets: [{name: all, limitUsd: 0.0015, window: day}]\n"
    "models:\n  \"*\": {usdPerMillionIn: 1, usdPerMillionOut: 10, contextWindow: 8000}\n";

static const char request_text[] =
    "{\"prompt\":\"why is the sky blue\",\"options\":{\"maxTokens\":100}}";

/* One process, and two requests of it. */
struct scene {
	struct fleet fleet;
	struct late late;
	struct fleet_request request[2];
	struct decision decision[2];
	struct walk *walk[2];
	struct walk_step step;
};

static int
enter(void **state)
{
	static struct scene s;

	s = (struct scene){ .walk = { NULL } };
	fleet_open(&s.fleet, policy, 1);
	late_open(&s.late, s.fleet.store);
	health_set_desk(s.fleet.health, &s.late.desk);
	budgets_set_desk(s.fleet.budgets, &s.late.desk);
	for (size_t i = 0; i < 2; i++) {
		fleet_request_open(&s.request[i], request_text);
		fleet_decide(&s.fleet, "openai:one", &s.decision[i]);
	}
	*state = &s;
	return 0;
}

static int
leave(void **state)
{
	struct scene *s = *state;

	for (size_t i = 0; i < 2; i++)
		walk_free(s->walk[i]);
	late_answer(&s->late);
	for (size_t i = 0; i < 2; i++) {
		decision_release(&s->decision[i]);
		fleet_request_close(&s->request[i]);
	}
	late_close(&s->late);
	fleet_close(&s->fleet);
	return 0;
}

static enum walk_do
next(struct scene *s, size_t i)
{
	if (!s->walk[i])
		s->walk[i] = walk_new(
		    &s->fleet.world, &s->decision[i], &s->request[i].facts, s->fleet.now_us);
	return walk_next(s->walk[i], s->fleet.now_us, &s->step);
}

/* It waits for the store, and for nothing else. */
static void
assert_asking(struct scene *s, size_t i)
{
	assert_int_equal(next(s, i), WALK_WAIT);
	assert_true(walk_is_asking(s->walk[i]));
}

/* It has heard of breakers, and waits for its budget. */
static void
go_to_budget(struct scene *s, size_t i)
{
	assert_asking(s, i);
	assert_string_equal(s->late.asked.p, "breaker/openai\nbreaker/openai:one\n");
	assert_null(s->late.first);
	late_answer(&s->late);
	assert_asking(s, i);
	assert_non_null(s->late.first);
}

/* What one of the budget's ledger says, as another process sees it. */
static struct ledger
ledger_of(struct scene *s)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct ledger l;

	ledger_init(&l);
	if (store_get(s->fleet.store, STR_LIT("budget/all/usd-day/"), &text, &err) > 0)
		assert_true(ledger_read(&l, buf_str(&text)));
	buf_release(&text);
	return l;
}

static void
answer(struct scene *s, size_t i, enum error_kind kind)
{
	walk_answer(s->walk[i], 0,
	    &(struct walk_answer){ .ok = kind == ERROR_NONE,
		.kind = kind,
		.total_ms = 100,
		.first_ms = -1,
		.usage = { .in = 10, .out = 10 },
		.cost_pusd = -1 },
	    s->fleet.now_us);
}

static void
renew(struct scene *s)
{
	struct err err = ERR_INIT;

	budgets_renew(s->fleet.budgets, s->fleet.now_us);
	assert_int_equal(health_flush(s->fleet.health, s->fleet.now_us, &err), 0);
}

static void
nobody_is_sent_before_the_store_has_answered(void **state)
{
	struct scene *s = *state;
	struct ledger l;

	go_to_budget(s, 0);
	assert_asking(s, 0); /* however often it is asked */
	assert_ptr_equal(s->late.first->next, NULL);
	late_answer(&s->late);
	assert_int_equal(next(s, 0), WALK_SEND);
	assert_false(walk_is_asking(s->walk[0]));
	l = ledger_of(s);
	assert_true(ledger_reserved(&l) > 0);
	assert_int_equal(next(s, 0), WALK_WAIT);
	answer(s, 0, ERROR_NONE);
	assert_int_equal(next(s, 0), WALK_END);
	renew(s);
	late_answer(&s->late);
	l = ledger_of(s);
	assert_int_equal(ledger_reserved(&l), 0);
	assert_true(ledger_spent(&l) > 0);
}

static void
who_is_cancelled_before_the_answer_leaves_nothing_reserved(void **state)
{
	struct scene *s = *state;
	struct ledger l;

	go_to_budget(s, 0);
	walk_cancel(s->walk[0], s->fleet.now_us);
	assert_int_equal(next(s, 0), WALK_END);
	late_answer(&s->late);
	l = ledger_of(s);
	assert_true(ledger_reserved(&l) > 0); /* it was on its way */
	renew(s);
	late_answer(&s->late);
	l = ledger_of(s);
	assert_int_equal(ledger_used(&l), 0);
}

static void
who_is_cancelled_behind_the_answer_leaves_nothing_reserved(void **state)
{
	struct scene *s = *state;
	struct ledger l;

	go_to_budget(s, 0);
	late_answer(&s->late);
	walk_cancel(s->walk[0], s->fleet.now_us);
	renew(s);
	late_answer(&s->late);
	l = ledger_of(s);
	assert_int_equal(ledger_used(&l), 0);
}

static void
its_deadline_does_not_wait_for_the_store(void **state)
{
	struct scene *s = *state;
	struct buf why = BUF_INIT(BUF_UNLIMITED);

	go_to_budget(s, 0);
	s->fleet.now_us = s->step.until_us;
	assert_true(s->fleet.now_us < FLEET_START_US + 3600 * SECOND);
	assert_int_equal(next(s, 0), WALK_END);
	assert_int_equal(walk_error(s->walk[0], &why), ERROR_TIMEOUT);
	buf_release(&why);
}

static void
of_two_that_ask_at_once_the_limit_lets_one_pass(void **state)
{
	struct scene *s = *state;

	go_to_budget(s, 0);
	assert_asking(s, 1);
	late_answer(&s->late);
	assert_int_equal(next(s, 0), WALK_SEND);
	assert_int_equal(next(s, 1), WALK_WAIT); /* for what the first will not spend */
	assert_false(walk_is_asking(s->walk[1]));
}

/* A place is taken before the store is asked, and given back by who does not go. */
static void
who_asks_has_his_place(void **state)
{
	struct scene *s = *state;
	struct provider *p = s->decision[0].items[0].target->provider;

	p->max_concurrent = 1;
	go_to_budget(s, 0);
	assert_int_equal(next(s, 1), WALK_WAIT);
	assert_true(walk_awaits_room(s->walk[1]));
	assert_false(walk_is_asking(s->walk[1]));
	walk_cancel(s->walk[0], s->fleet.now_us);
	assert_true(crowd_has_left(s->fleet.crowd));
	late_answer(&s->late);
	renew(s); /* what was reserved for the first */
	late_answer(&s->late);
	assert_asking(s, 1);
	assert_false(walk_awaits_room(s->walk[1]));
	late_answer(&s->late);
	assert_int_equal(next(s, 1), WALK_SEND);
	assert_true(crowd_wait_us(s->fleet.crowd, p, s->fleet.now_us) == CROWD_FULL);
	answer(s, 1, ERROR_NONE);
	assert_int_equal(crowd_wait_us(s->fleet.crowd, p, s->fleet.now_us), 0);
}

static void
a_lease_is_not_renewed_past_what_is_on_its_way(void **state)
{
	struct scene *s = *state;
	struct budget_hold hold = { 0 };
	struct budget_reply reply = { .why = BUF_INIT(BUF_UNLIMITED),
		.warnings = BUF_INIT(BUF_UNLIMITED) };
	struct budget_ask ask = { .record = s->request[1].request.record,
		.most = { .pusd = 1000, .requests = 1 } };
	struct ledger l;
	int64_t one;

	go_to_budget(s, 0);
	late_answer(&s->late);
	assert_int_equal(next(s, 0), WALK_SEND);
	l = ledger_of(s);
	one = ledger_reserved(&l);
	s->fleet.now_us += 590 * SECOND; /* the first's lease is to be renewed */
	assert_int_equal(
	    budgets_reserve(s->fleet.budgets, &ask, s->fleet.now_us, &hold, &reply), BUDGET_ASKED);
	renew(s);
	late_answer(&s->late);
	l = ledger_of(s);
	assert_int_equal(ledger_reserved(&l), one + 1000);
	budgets_settle(s->fleet.budgets, &hold, &(struct budget_amounts){ 0 }, s->fleet.now_us);
	buf_release(&reply.why);
	buf_release(&reply.warnings);
}

static void
a_failure_is_told_and_known_at_once(void **state)
{
	struct scene *s = *state;

	go_to_budget(s, 0);
	late_answer(&s->late);
	assert_int_equal(next(s, 0), WALK_SEND);
	answer(s, 0, ERROR_QUOTA);
	assert_non_null(s->late.first);
	assert_int_equal(next(s, 1), WALK_END); /* its breaker is open here, and soon there */
	late_answer(&s->late);
}

/* Its breaker has opened, is known to have cooled down, and wants a probe. */
static void
fail_and_cool(struct scene *s, const struct target *t)
{
	health_report(s->fleet.health, t->health,
	    &(struct health_outcome){ .kind = ERROR_SERVER, .total_ms = 5, .first_ms = -1 },
	    s->fleet.now_us);
	late_answer(&s->late);
	s->fleet.now_us += 31 * SECOND;
	(void)health_admit(s->fleet.health, t->health, s->fleet.now_us, SECOND);
	late_answer(&s->late);
}

/* Both wait for the lease; one has it. */
static void
one_probe_is_let_pass_whoever_else_waits_for_it(void **state)
{
	struct scene *s = *state;
	const struct target *t = fleet_target(&s->fleet, "openai:one");
	struct health_pass pass;

	fail_and_cool(s, t);
	for (int i = 0; i < 2; i++) {
		pass = health_admit(s->fleet.health, t->health, s->fleet.now_us, SECOND);
		assert_true(pass.is_asked);
	}
	assert_ptr_equal(s->late.first->next, NULL);
	late_answer(&s->late);
	pass = health_admit(s->fleet.health, t->health, s->fleet.now_us, SECOND);
	assert_int_equal(pass.verdict, BREAKER_PROBE);
	assert_true(pass.probe != 0);
	pass = health_admit(s->fleet.health, t->health, s->fleet.now_us, SECOND);
	assert_int_equal(pass.verdict, BREAKER_REFUSED);
}

static void
a_probe_that_nobody_comes_for_is_given_back(void **state)
{
	struct scene *s = *state;
	const struct target *t = fleet_target(&s->fleet, "openai:one");
	struct health_pass pass;

	fail_and_cool(s, t);
	(void)health_admit(s->fleet.health, t->health, s->fleet.now_us, SECOND);
	late_answer(&s->late);
	renew(s);
	late_answer(&s->late);
	pass = health_look(s->fleet.health, t->health, s->fleet.now_us);
	assert_int_equal(pass.verdict, BREAKER_PROBE); /* which may be taken */
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCENE(nobody_is_sent_before_the_store_has_answered),
		WITH_SCENE(who_is_cancelled_before_the_answer_leaves_nothing_reserved),
		WITH_SCENE(who_is_cancelled_behind_the_answer_leaves_nothing_reserved),
		WITH_SCENE(its_deadline_does_not_wait_for_the_store),
		WITH_SCENE(of_two_that_ask_at_once_the_limit_lets_one_pass),
		WITH_SCENE(who_asks_has_his_place),
		WITH_SCENE(a_lease_is_not_renewed_past_what_is_on_its_way),
		WITH_SCENE(a_failure_is_told_and_known_at_once),
		WITH_SCENE(one_probe_is_let_pass_whoever_else_waits_for_it),
		WITH_SCENE(a_probe_that_nobody_comes_for_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
