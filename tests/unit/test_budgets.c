/* SPDX-License-Identifier: MIT */
/* Budgets over a store: all or none, closed where the store fails, never past the limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "policy/budget.h"
#include "policy/budget_key.h"
#include "policy/record_path.h"
#include "support/held.h"
#include "support/parsed.h"
#include "support/redis.h"
#include "support/scratch.h"
#include "sys/clock.h"
#include "sys/rand.h"

#define USD INT64_C(1000000000000)
#define SECOND INT64_C(1000000)

static int64_t the_time = INT64_C(1795250000) * SECOND; /* 2026-11-21T08:33:20Z */

static int64_t
told_time(void *user)
{
	(void)user;
	return the_time;
}

static struct store *
open_store(const char *url)
{
	struct store_config config = { .url = url, .now_us = told_time };
	struct err err = ERR_INIT;
	struct store *store = store_open(&config, &err);

	if (!store)
		fail_msg("%s", err.text);
	return store;
}

/* One process, and what it is told. */
struct scene {
	struct store *store;
	struct budgets *budgets;
	struct budget_reply reply;
	struct json record;
};

static void
scene_open(struct scene *s, struct store *store, const struct budget_rule *rules, size_t count)
{
	*s = (struct scene){ .store = store,
		.budgets = budgets_new(store, rules, count, 7, false),
		.reply = { .why = BUF_INIT(BUF_UNLIMITED), .warnings = BUF_INIT(BUF_UNLIMITED) },
		.record = json_literal("{\"tags\":{\"team\":\"core\"},\"meta\":{\"n\":12}}") };
}

static void
scene_close(struct scene *s)
{
	budgets_free(s->budgets);
	buf_release(&s->reply.why);
	buf_release(&s->reply.warnings);
	store_close(s->store);
}

static struct budget_ask
ask_of(const struct scene *s, int64_t pusd)
{
	return (struct budget_ask){ .record = s->record,
		.provider = STR_LIT("openai"),
		.model = STR_LIT("openai:gpt-4o"),
		.key = STR_LIT("0123"),
		.most = { .pusd = pusd, .tokens = 1000, .requests = 1 },
		.until_us = the_time + 30 * SECOND };
}

static enum budget_verdict
reserve(struct scene *s, int64_t pusd, struct budget_hold *hold)
{
	struct budget_ask ask = ask_of(s, pusd);

	buf_reset(&s->reply.why);
	buf_reset(&s->reply.warnings);
	return budgets_reserve(s->budgets, &ask, the_time, hold, &s->reply);
}

static enum budget_verdict
look(struct scene *s, int64_t pusd)
{
	struct budget_ask ask = ask_of(s, pusd);

	buf_reset(&s->reply.why);
	buf_reset(&s->reply.warnings);
	return budgets_look(s->budgets, &ask, the_time, &s->reply);
}

static void
settle(struct scene *s, struct budget_hold *hold, int64_t pusd)
{
	struct budget_amounts spent = { .pusd = pusd, .tokens = 500, .requests = 1 };

	budgets_settle(s->budgets, hold, &spent, the_time);
	assert_int_equal(hold->count, 0);
}

/* And the store is told of it now. */
static void
settle_now(struct scene *s, struct budget_hold *hold, int64_t pusd)
{
	settle(s, hold, pusd);
	budgets_renew(s->budgets, the_time);
}

static struct ledger
ledger_at(struct store *store, const char *key)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct ledger l;

	ledger_init(&l);
	if (store_get(store, str_of(key), &text, &err) > 0)
		assert_true(ledger_read(&l, buf_str(&text)));
	buf_release(&text);
	return l;
}

static const struct budget_rule team = { .name = "team",
	.per = ".tags.team",
	.limit = 50 * USD,
	.window = BUDGET_DAY,
	.soft = { 50, 80 },
	.soft_count = 2 };
static const struct budget_rule all = {
	.name = "all", .limit = 100 * USD, .window = BUDGET_MONTH, .action = BUDGET_WARN
};
static const struct budget_rule calls = { .name = "calls",
	.per = "provider",
	.unit = BUDGET_REQUESTS,
	.limit = 3,
	.window = BUDGET_ROLLING,
	.rolling_us = 3600 * SECOND,
	.action = BUDGET_ROUTE };
static const char *const team_key = "budget/team/usd-day/core";

static void
what_is_reserved_is_given_back_but_for_what_it_came_to(void **state)
{
	struct budget_hold hold = { 0 };
	struct scene s;
	struct ledger l;

	(void)state;
	scene_open(&s, open_store("memory:"), &team, 1);
	assert_int_equal(reserve(&s, 2 * USD, &hold), BUDGET_GRANTED);
	l = ledger_at(s.store, team_key);
	assert_int_equal(ledger_reserved(&l), 2 * USD);
	assert_int_equal(ledger_spent(&l), 0);
	settle_now(&s, &hold, USD / 2);
	l = ledger_at(s.store, team_key);
	assert_int_equal(ledger_reserved(&l), 0);
	assert_int_equal(l.lease_count, 0);
	assert_int_equal(ledger_spent(&l), USD / 2);
	assert_null(budgets_error(s.budgets));
	scene_close(&s);
}

static void
past_the_limit_it_is_refused_with_the_reason(void **state)
{
	struct budget_hold hold = { 0 }, other = { 0 };
	struct scene s;

	(void)state;
	scene_open(&s, open_store("memory:"), &team, 1);
	assert_int_equal(reserve(&s, 49 * USD, &hold), BUDGET_GRANTED);
	settle_now(&s, &hold, 49 * USD + USD / 2);
	assert_int_equal(reserve(&s, USD / 4, &hold), BUDGET_GRANTED);
	assert_int_equal(look(&s, USD), BUDGET_REFUSED);
	assert_false(s.reply.may_fit_later);
	assert_int_equal(look(&s, USD / 2), BUDGET_REFUSED);
	assert_true(s.reply.may_fit_later); /* once what is in flight is over */
	assert_int_equal(reserve(&s, USD / 2, &other), BUDGET_REFUSED);
	assert_int_equal(other.count, 0);
	assert_ptr_equal(s.reply.refused, &team);
	assert_string_equal(s.reply.why.p,
	    "budget team (core): $49.50 of $50 is used and $0.25 reserved, this request may take "
	    "$0.50; it begins anew at 2026-11-22T00:00:00.000000Z");
	/* Exactly the limit is within it. */
	assert_int_equal(look(&s, USD / 4), BUDGET_GRANTED);
	assert_int_equal(reserve(&s, USD / 4, &other), BUDGET_GRANTED);
	/* What costs nothing passes where all is used up. */
	settle_now(&s, &hold, USD / 4);
	settle_now(&s, &other, USD / 4);
	assert_int_equal(reserve(&s, 1, &hold), BUDGET_REFUSED);
	assert_int_equal(reserve(&s, 0, &hold), BUDGET_GRANTED);
	settle_now(&s, &hold, 0);
	scene_close(&s);
}

static void
all_or_none(void **state)
{
	struct budget_rule rules[2] = { team, calls };
	struct budget_hold hold[4] = { 0 };
	struct scene s;
	struct ledger l;
	int i;

	(void)state;
	scene_open(&s, open_store("memory:"), rules, 2);
	for (i = 0; i < 3; i++)
		assert_int_equal(reserve(&s, USD, &hold[i]), BUDGET_GRANTED);
	assert_int_equal(reserve(&s, USD, &hold[3]), BUDGET_REFUSED);
	assert_ptr_equal(s.reply.refused, &rules[1]);
	assert_string_equal(s.reply.why.p,
	    "budget calls (openai): 0 of 3 requests is used and 3 requests reserved, this request "
	    "may take 1 request");
	l = ledger_at(s.store, team_key);
	assert_int_equal(ledger_used(&l), 3 * USD);
	for (i = 0; i < 3; i++)
		settle_now(&s, &hold[i], USD);
	l = ledger_at(s.store, "budget/calls/requests-3600000000us/openai");
	assert_int_equal(ledger_spent(&l), 3);
	assert_int_equal(ledger_reserved(&l), 0);
	scene_close(&s);
}

/* A value has the limit of the part that it fits, and a ledger of its own all the same; who fits
 * none is not limited, and nothing is kept of it. */
static void
each_value_has_the_limit_of_its_part(void **state)
{
	struct budget_rule parts[2] = { team, team }, rules[2] = { team, calls };
	struct budget_hold hold = { 0 }, other = { 0 };
	struct json core;
	struct scene s;
	struct ledger l;

	(void)state;
	parts[0].form = "core";
	parts[0].limit = 2 * USD;
	parts[1].form = "*";
	parts[1].limit = USD;
	rules[0].parts = parts;
	rules[0].part_count = 2;
	scene_open(&s, open_store("memory:"), rules, 2);
	assert_int_equal(reserve(&s, 2 * USD, &hold), BUDGET_GRANTED);
	assert_int_equal(reserve(&s, 1, &other), BUDGET_REFUSED);
	assert_ptr_equal(s.reply.refused, &rules[0]); /* whose list is asked then */
	assert_non_null(
	    strstr(s.reply.why.p, "budget team (core): $0 of $2 is used and $2 reserved"));
	settle_now(&s, &hold, 2 * USD);
	l = ledger_at(s.store, team_key);
	assert_int_equal(ledger_spent(&l), 2 * USD);
	assert_int_equal(look(&s, 1), BUDGET_REFUSED);
	assert_ptr_equal(s.reply.refused, &rules[0]);
	/* nor is there another for who writes himself otherwise */
	core = s.record;
	s.record = json_literal("{\"tags\":{\"team\":\"CorE\"}}");
	assert_int_equal(look(&s, 1), BUDGET_REFUSED);
	assert_ptr_equal(s.reply.refused, &rules[0]);
	s.record = core;
	/* core is limited no more */
	parts[0].form = "ops";
	parts[1].form = "ops-*";
	assert_int_equal(look(&s, 9 * USD), BUDGET_GRANTED);
	assert_int_equal(reserve(&s, 9 * USD, &hold), BUDGET_GRANTED);
	assert_int_equal(hold.count, 1);
	assert_ptr_equal(hold.items[0].rule, &rules[1]);
	settle_now(&s, &hold, 9 * USD);
	l = ledger_at(s.store, team_key);
	assert_int_equal(ledger_spent(&l), 2 * USD);
	scene_close(&s);
}

static void
who_only_warns_lets_pass_and_counts(void **state)
{
	struct budget_hold hold = { 0 };
	struct scene s;
	struct ledger l;

	(void)state;
	scene_open(&s, open_store("memory:"), &all, 1);
	assert_int_equal(reserve(&s, 99 * USD, &hold), BUDGET_GRANTED);
	assert_string_equal(s.reply.warnings.p, "");
	settle_now(&s, &hold, 99 * USD);
	assert_int_equal(look(&s, 2 * USD), BUDGET_GRANTED);
	assert_int_equal(reserve(&s, 2 * USD, &hold), BUDGET_GRANTED);
	assert_string_equal(s.reply.warnings.p,
	    "budget all: $99 of $100 is used, this request may take $2; it begins anew at "
	    "2026-12-01T00:00:00.000000Z\n");
	settle_now(&s, &hold, 2 * USD);
	l = ledger_at(s.store, "budget/all/usd-month/");
	assert_int_equal(ledger_spent(&l), 101 * USD);
	scene_close(&s);
}

static void
soft_percentages_are_told_once(void **state)
{
	struct budget_hold hold = { 0 }, more = { 0 };
	struct scene s;

	(void)state;
	scene_open(&s, open_store("memory:"), &team, 1);
	assert_int_equal(reserve(&s, 25 * USD, &hold), BUDGET_GRANTED);
	assert_string_equal(
	    s.reply.warnings.p, "budget team (core): 50% of $50 is used or reserved\n");
	assert_int_equal(reserve(&s, USD, &more), BUDGET_GRANTED);
	assert_string_equal(s.reply.warnings.p, "");
	settle_now(&s, &more, 0);
	settle_now(&s, &hold, 0);
	assert_int_equal(reserve(&s, 45 * USD, &hold), BUDGET_GRANTED);
	assert_string_equal(
	    s.reply.warnings.p, "budget team (core): 80% of $50 is used or reserved\n");
	settle_now(&s, &hold, 0);
	scene_close(&s);
}

static void
a_price_that_is_not_known_is_refused_by_a_strict_budget(void **state)
{
	struct budget_hold hold = { 0 };
	struct scene s;
	struct ledger l;

	(void)state;
	scene_open(&s, open_store("memory:"), &team, 1);
	assert_int_equal(reserve(&s, -1, &hold), BUDGET_REFUSED);
	assert_int_equal(look(&s, -1), BUDGET_REFUSED);
	assert_string_equal(s.reply.why.p,
	    "budget team (core): the request's price is not known, and this budget is strict");
	scene_close(&s);

	scene_open(&s, open_store("memory:"), &all, 1);
	assert_int_equal(reserve(&s, -1, &hold), BUDGET_GRANTED);
	assert_string_equal(s.reply.warnings.p,
	    "budget all: the request's price is not known: nothing is reserved for it\n");
	settle_now(&s, &hold, USD); /* it was told by the provider, say */
	l = ledger_at(s.store, "budget/all/usd-month/");
	assert_int_equal(ledger_spent(&l), USD);
	scene_close(&s);
}

static void
what_it_came_to_is_not_known_so_all_that_was_reserved_is_charged(void **state)
{
	struct budget_hold hold = { 0 };
	struct scene s;
	struct ledger l;

	(void)state;
	scene_open(&s, open_store("memory:"), &team, 1);
	assert_int_equal(reserve(&s, 3 * USD, &hold), BUDGET_GRANTED);
	settle_now(&s, &hold, -1);
	l = ledger_at(s.store, team_key);
	assert_int_equal(ledger_spent(&l), 3 * USD);
	scene_close(&s);
}

static void
without_a_store_budgets_are_closed_unless_they_are_open(void **state)
{
	struct budget_rule rules[2] = { all, team };
	struct budget_hold hold = { 0 };
	struct scene s;

	(void)state;
	scene_open(&s, NULL, rules, 2);
	assert_int_equal(reserve(&s, USD, &hold), BUDGET_REFUSED);
	assert_ptr_equal(s.reply.refused, &rules[1]);
	assert_string_equal(s.reply.why.p,
	    "budget team (core): the ledger can't be had: there is no store; --budget-open lets "
	    "requests pass");
	assert_string_equal(
	    s.reply.warnings.p, "budget all: the ledger can't be had: there is no store\n");
	assert_string_equal(budgets_error(s.budgets)->text, "there is no store");
	assert_null(budgets_error(s.budgets));
	assert_int_equal(look(&s, USD), BUDGET_REFUSED);
	assert_int_equal(reserve(&s, 0, &hold), BUDGET_GRANTED); /* free, so nothing to ask */
	assert_int_equal(hold.count, 2);
	settle_now(&s, &hold, 0);
	scene_close(&s);

	scene_open(&s, NULL, rules, 2);
	budgets_free(s.budgets);
	s.budgets = budgets_new(NULL, rules, 2, 7, true);
	assert_int_equal(reserve(&s, USD, &hold), BUDGET_GRANTED);
	assert_int_equal(hold.count, 0);
	settle_now(&s, &hold, USD);
	assert_int_equal(look(&s, USD), BUDGET_GRANTED);
	assert_non_null(budgets_error(s.budgets));
	scene_close(&s);
}

static void
a_ledger_that_cannot_be_read_gives_no_money_away(void **state)
{
	struct store *store = open_store("memory:");
	struct budget_hold hold = { 0 };
	struct err err = ERR_INIT;
	struct scene s;

	(void)state;
	assert_int_equal(
	    store_put(store, str_of(team_key), STR_LIT("{\"version\":9}"), STORE_FOREVER, &err), 0);
	scene_open(&s, store, &team, 1);
	assert_int_equal(reserve(&s, USD, &hold), BUDGET_REFUSED);
	assert_string_equal(s.reply.why.p,
	    "budget team (core): the ledger can't be had: what stands at budget/team/usd-day/core "
	    "is no ledger of this version (llm-budget reset begins a new one); --budget-open lets "
	    "requests pass");
	assert_int_equal(look(&s, USD), BUDGET_REFUSED);
	scene_close(&s);
}

static void
values_never_meet_whatever_they_hold(void **state)
{
	static const char *const values[] = { "", "a", "a/b", "a%2Fb", "a b", "a\\u0000b",
		"a\\u0000", "..", "\\\"", "\xc3\xa9", "#", "a#b", NULL };
	struct buf keys[32], shown = BUF_INIT(BUF_UNLIMITED), json = BUF_INIT(BUF_UNLIMITED);
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct json record;
	size_t i, j, n = 0;

	(void)state;
	for (i = 0; i < 15; i++) {
		buf_reset(&json);
		buf_reset(&text);
		buf_reset(&shown);
		buf_adds(&json, "{\"tags\":{\"team\":\"");
		if (values[n])
			buf_adds(&json, values[n]);
		else /* long ones, that differ in their last byte */
			for (j = 0; j < 1000 + i; j++)
				buf_addc(&json, 'x');
		buf_adds(&json, "\"}}");
		record = parsed_str(buf_str(&json));
		(void)record_path_text(team.per, record, &text);
		buf_init(&keys[i], BUF_UNLIMITED);
		budget_key_value(&team, buf_str(&text), &keys[i]);
		budget_key_read_value(buf_str(&keys[i]), &shown);
		if (values[n])
			assert_true(str_eq(buf_str(&shown), buf_str(&text)));
		else
			assert_non_null(strstr(shown.p, "xx..."));
		assert_true(keys[i].len < 1000);
		n += values[n] != NULL;
	}
	for (n = i, i = 0; i < n; i++) {
		for (j = 0; j < i; j++)
			assert_false(str_eq(buf_str(&keys[i]), buf_str(&keys[j])));
	}
	for (i = 0; i < n; i++)
		buf_release(&keys[i]);
	buf_release(&shown);
	buf_release(&json);
	buf_release(&text);
}

static void
budgets_that_differ_in_kind_never_meet(void **state)
{
	struct budget_rule rules[] = { team, team, team, team, team, team };
	struct buf a = BUF_INIT(BUF_UNLIMITED), b = BUF_INIT(BUF_UNLIMITED);
	size_t i, j;

	(void)state;
	rules[1].unit = BUDGET_TOKENS;
	rules[2].window = BUDGET_MONTH;
	rules[3].zone = "Europe/Berlin";
	rules[4].window = BUDGET_ROLLING;
	rules[4].rolling_us = SECOND;
	rules[5].name = "te/am";
	for (i = 0; i < 6; i++)
		for (j = 0; j < i; j++) {
			buf_reset(&a);
			buf_reset(&b);
			budget_key_prefix(&rules[i], &a);
			budget_key_prefix(&rules[j], &b);
			assert_string_not_equal(a.p, b.p);
		}
	buf_release(&a);
	buf_release(&b);
}

static void
leases_are_renewed_and_the_dead_are_charged(void **state)
{
	int64_t before = the_time;
	struct budget_hold hold = { 0 };
	struct scene s, dead;
	struct ledger l;

	(void)state;
	scene_open(&s, open_store("memory:"), &team, 1);
	scene_open(&dead, NULL, &team, 1);
	budgets_free(dead.budgets);
	dead.budgets = budgets_new(s.store, &team, 1, 8, false);
	assert_int_equal(reserve(&dead, 10 * USD, &hold), BUDGET_GRANTED);
	for (size_t i = 0; i < hold.count; i++)
		free(hold.items[i].key); /* nobody settles it */
	assert_int_equal(reserve(&s, USD, &hold), BUDGET_GRANTED);
	for (int i = 0; i < 100; i++) {
		the_time += 10 * SECOND;
		budgets_renew(s.budgets, the_time);
		l = ledger_at(s.store, team_key);
		ledger_advance(&l, &team, the_time + 20 * SECOND);
		assert_true(ledger_reserved(&l) >= USD); /* ours lives on */
	}
	settle_now(&s, &hold, USD / 2);
	l = ledger_at(s.store, team_key);
	assert_int_equal(ledger_spent(&l), 10 * USD + USD / 2);
	assert_int_equal(ledger_abandoned(&l), 10 * USD);
	assert_int_equal(l.lease_count, 0);
	assert_null(budgets_error(s.budgets));
	scene_close(&dead);
	scene_close(&s);
	the_time = before;
}

/* --- one database, two processes' worth of budgets --- */

static int64_t
in_flight(bool taken[2][8], int64_t most[2][8])
{
	int64_t sum = 0;

	for (size_t i = 0; i < 16; i++)
		sum += taken[i / 8][i % 8] ? most[i / 8][i % 8] : 0;
	return sum;
}

/* Whatever order the steps come in, used never passes the limit, and what is settled is there. */
static void
two_interleave(const char *url, uint64_t seed)
{
	struct budget_rule rules[2] = { team, calls };
	struct budget_hold holds[2][8] = { { { .count = 0 } } };
	bool taken[2][8] = { { false } };
	int64_t most[2][8], spent = 0, refused = 0;
	struct scene s[2];
	struct rand r;
	struct ledger l;
	int i, n;

	rules[1].limit = 400;
	rand_seed(&r, seed);
	for (i = 0; i < 2; i++) {
		scene_open(&s[i], open_store(url), rules, 2);
		budgets_free(s[i].budgets);
		s[i].budgets = budgets_new(s[i].store, rules, 2, 100 + (uint64_t)i, false);
	}
	for (n = 0; n < 2000; n++) {
		size_t who = rand_below(&r, 2), slot = rand_below(&r, 8);

		if (taken[who][slot]) {
			int64_t cost = (int64_t)rand_below(&r, (uint64_t)most[who][slot] + 1);

			settle_now(&s[who], &holds[who][slot], cost);
			spent += cost;
			taken[who][slot] = false;
		} else {
			most[who][slot] = (int64_t)rand_below(&r, 2 * USD) + 1;
			taken[who][slot] = reserve(&s[who], most[who][slot], &holds[who][slot]) ==
					   BUDGET_GRANTED;
			refused += !taken[who][slot];
		}
		l = ledger_at(s[0].store, team_key);
		assert_true(ledger_used(&l) <= team.limit);
		assert_true(ledger_spent(&l) <= spent);
		assert_true(ledger_used(&l) >= spent + in_flight(taken, most));
		assert_true(l.lease_count <= 2);
		if (rand_below(&r, 10))
			continue;
		budgets_renew(s[0].budgets, the_time);
		budgets_renew(s[1].budgets, the_time);
		l = ledger_at(s[0].store, team_key);
		assert_int_equal(ledger_spent(&l), spent);
		assert_int_equal(ledger_reserved(&l), in_flight(taken, most));
	}
	assert_true(refused > 100);
	for (i = 0; i < 16; i++)
		if (taken[i / 8][i % 8])
			settle_now(&s[i / 8], &holds[i / 8][i % 8], 0);
	l = ledger_at(s[0].store, team_key);
	assert_int_equal(ledger_spent(&l), spent);
	assert_int_equal(l.lease_count, 0);
	assert_null(budgets_error(s[0].budgets));
	assert_null(budgets_error(s[1].budgets));
	for (i = 0; i < 2; i++)
		scene_close(&s[i]);
}

static void
two_budgets_over_one_database_never_pass_the_limit(void **state)
{
	(void)state;
	two_interleave("two.db", 1);
}

static void
two_budgets_over_one_redis_never_pass_the_limit(void **state)
{
	const char *url = redis_start(NULL);

	(void)state;
	if (!url) {
		print_message("skipped: there is no redis-server\n");
		return;
	}
	two_interleave(url, 2);
	redis_stop();
}

static void
what_is_over_is_told_with_the_next_step(void **state)
{
	struct budget_hold hold[3] = { 0 };
	struct scene s;
	struct ledger l;
	int i;

	(void)state;
	scene_open(&s, open_store("memory:"), &team, 1);
	for (i = 0; i < 2; i++)
		assert_int_equal(reserve(&s, 20 * USD, &hold[i]), BUDGET_GRANTED);
	settle(&s, &hold[0], 5 * USD);
	l = ledger_at(s.store, team_key);
	assert_int_equal(ledger_reserved(&l), 40 * USD); /* still: the other is in flight */
	/* What it gives back is there for the next. */
	assert_int_equal(reserve(&s, 25 * USD, &hold[2]), BUDGET_GRANTED);
	l = ledger_at(s.store, team_key);
	assert_int_equal(ledger_reserved(&l), 45 * USD);
	assert_int_equal(ledger_spent(&l), 5 * USD);
	settle(&s, &hold[2], USD);
	assert_int_equal(reserve(&s, 45 * USD, &hold[2]), BUDGET_REFUSED);
	l = ledger_at(s.store, team_key); /* told all the same */
	assert_int_equal(ledger_spent(&l), 6 * USD);
	assert_int_equal(reserve(&s, 24 * USD, &hold[0]), BUDGET_GRANTED);
	settle(&s, &hold[0], USD);
	the_time += SECOND / 2;
	budgets_renew(s.budgets, the_time);
	l = ledger_at(s.store, team_key);
	assert_int_equal(ledger_spent(&l), 7 * USD);
	settle_now(&s, &hold[1], USD);
	l = ledger_at(s.store, team_key);
	assert_int_equal(ledger_used(&l), 8 * USD);
	scene_close(&s);
}

/* What could not be told while another writer held the database is told with the next step. */
/* A look asks the store no more than it must. */
static void
a_look_sees_what_was_reserved_here_and_elsewhere(void **state)
{
	struct budget_hold hold = { 0 }, others = { 0 };
	struct scene s, other;
	int i;

	(void)state;
	scene_open(&s, open_store("look.db"), &team, 1);
	scene_open(&other, open_store("look.db"), &team, 1);
	for (i = 0; i < 3; i++) {
		assert_int_equal(look(&s, 50 * USD), BUDGET_GRANTED);
		assert_int_equal(reserve(&s, 20 * USD, &hold), BUDGET_GRANTED);
		assert_int_equal(look(&s, 31 * USD), BUDGET_REFUSED);
		assert_int_equal(look(&s, 30 * USD), BUDGET_GRANTED);
		assert_int_equal(reserve(&other, 20 * USD, &others), BUDGET_GRANTED);
		assert_int_equal(look(&s, 30 * USD), BUDGET_REFUSED);
		assert_int_equal(look(&s, 10 * USD), BUDGET_GRANTED);
		settle_now(&other, &others, 0);
		assert_int_equal(look(&s, 30 * USD), BUDGET_GRANTED);
		settle_now(&s, &hold, 0);
	}
	the_time += INT64_C(86400) * SECOND; /* what is known fades as it does in the store */
	assert_int_equal(look(&s, 50 * USD), BUDGET_GRANTED);
	the_time -= INT64_C(86400) * SECOND;
	scene_close(&other);
	scene_close(&s);
}

static void
of_many_teams_each_is_looked_at_in_its_own_ledger(void **state)
{
	enum { TEAMS = 100 };
	struct buf record = BUF_INIT(BUF_UNLIMITED);
	struct budget_hold holds[TEAMS] = { 0 };
	struct scene s;
	int i;

	(void)state;
	scene_open(&s, open_store("teams.db"), &team, 1);
	for (i = 0; i < 2 * TEAMS; i++) {
		buf_reset(&record);
		buf_addf(&record, "{\"tags\":{\"team\":\"t%d\"}}", i % TEAMS);
		s.record = json_literal(record.p);
		if (i < TEAMS)
			assert_int_equal(
			    reserve(&s, (i + 1) % 50 * USD, &holds[i]), BUDGET_GRANTED);
		assert_int_equal(look(&s, (50 - (i + 1) % 50) * USD), BUDGET_GRANTED);
		assert_int_equal(look(&s, (50 - (i + 1) % 50) * USD + 1), BUDGET_REFUSED);
	}
	for (i = 0; i < TEAMS; i++)
		settle(&s, &holds[i], 0);
	buf_release(&record);
	scene_close(&s);
}

static void
a_settlement_that_failed_is_made_good(void **state)
{
	struct store_config config = { .url = "held.db", .now_us = told_time, .wait_ms = 1 };
	struct budget_hold hold = { 0 }, next = { 0 };
	struct err err = ERR_INIT;
	struct sqlite3 *held;
	struct store *other;
	struct scene s;
	struct ledger l;

	(void)state;
	scene_open(&s, store_open(&config, &err), &team, 1);
	assert_non_null(s.store);
	other = open_store(config.url);
	assert_int_equal(reserve(&s, 5 * USD, &hold), BUDGET_GRANTED);
	assert_int_equal(reserve(&s, 2 * USD, &next), BUDGET_GRANTED);
	held = held_take(config.url);
	settle(&s, &hold, 4 * USD);
	budgets_renew(s.budgets, the_time);
	assert_non_null(budgets_error(s.budgets));
	assert_int_equal(reserve(&s, USD, &hold), BUDGET_REFUSED);
	assert_true(str_ends(buf_str(&s.reply.why), "--budget-open lets requests pass"));
	held_drop(held);
	l = ledger_at(other, team_key);
	assert_int_equal(ledger_used(&l), 7 * USD);
	clock_sleep_ms(20); /* a store in trouble is left alone, by a clock of its own */
	budgets_renew(s.budgets, the_time);
	l = ledger_at(other, team_key);
	assert_int_equal(ledger_spent(&l), 4 * USD);
	assert_int_equal(ledger_reserved(&l), 2 * USD);
	settle_now(&s, &next, USD);
	l = ledger_at(other, team_key);
	assert_int_equal(ledger_spent(&l), 5 * USD);
	assert_int_equal(l.lease_count, 0);
	store_close(other);
	scene_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_reserved_is_given_back_but_for_what_it_came_to),
		cmocka_unit_test(past_the_limit_it_is_refused_with_the_reason),
		cmocka_unit_test(all_or_none),
		cmocka_unit_test(each_value_has_the_limit_of_its_part),
		cmocka_unit_test(who_only_warns_lets_pass_and_counts),
		cmocka_unit_test(soft_percentages_are_told_once),
		cmocka_unit_test(a_price_that_is_not_known_is_refused_by_a_strict_budget),
		cmocka_unit_test(what_it_came_to_is_not_known_so_all_that_was_reserved_is_charged),
		cmocka_unit_test(without_a_store_budgets_are_closed_unless_they_are_open),
		cmocka_unit_test(a_ledger_that_cannot_be_read_gives_no_money_away),
		cmocka_unit_test(values_never_meet_whatever_they_hold),
		cmocka_unit_test(budgets_that_differ_in_kind_never_meet),
		cmocka_unit_test(leases_are_renewed_and_the_dead_are_charged),
		cmocka_unit_test(two_budgets_over_one_database_never_pass_the_limit),
		cmocka_unit_test(two_budgets_over_one_redis_never_pass_the_limit),
		cmocka_unit_test(what_is_over_is_told_with_the_next_step),
		cmocka_unit_test(a_look_sees_what_was_reserved_here_and_elsewhere),
		cmocka_unit_test(of_many_teams_each_is_looked_at_in_its_own_ledger),
		cmocka_unit_test(a_settlement_that_failed_is_made_good),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
