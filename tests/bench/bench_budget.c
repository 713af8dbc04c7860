/* SPDX-License-Identifier: MIT */
/* bench_budget - what reserving and settling cost: bench_budget STORE. */
#include <stdio.h>
#include <time.h>

#include "base/die.h"
#include "policy/budget.h"
#include "sys/clock.h"

enum { MANY = 1000000, SOME = 10000, NEIGHBOURS = 20, IN_FLIGHT = 8 };
#define USD INT64_C(1000000000000)

static const struct budget_rule rules[] = {
	{ .name = "team",
	    .per = ".tags.team",
	    .limit = INT64_MAX,
	    .window = BUDGET_DAY,
	    .zone = "Europe/Berlin",
	    .soft = { 50, 80 },
	    .soft_count = 2 },
	{ .name = "all", .limit = INT64_MAX, .window = BUDGET_MONTH },
	{ .name = "calls",
	    .per = "provider",
	    .unit = BUDGET_REQUESTS,
	    .limit = INT64_MAX,
	    .window = BUDGET_ROLLING,
	    .rolling_us = INT64_C(3600000000) },
};

struct bench {
	struct budgets *budgets;
	struct budget_ask ask;
	struct budget_hold holds[IN_FLIGHT];
	int64_t now_us;
};

static void
reserve_and_settle(struct bench *b, int64_t i)
{
	const struct budget_amounts spent = { .pusd = USD / 2000, .tokens = 500, .requests = 1 };
	struct budget_reply reply = { .why = BUF_INIT(BUF_UNLIMITED),
		.warnings = BUF_INIT(BUF_UNLIMITED) };
	struct budget_hold hold = { 0 };

	if (budgets_reserve(b->budgets, &b->ask, b->now_us + i, &hold, &reply) != BUDGET_GRANTED)
		die(EXIT_BUG, "%s", reply.why.p);
	budgets_settle(b->budgets, &hold, &spent, b->now_us + i);
	buf_release(&reply.why);
	buf_release(&reply.warnings);
}

/* With others in flight in the same process, as under -j: what is over is told with the next. */
static void
reserve_among_others(struct bench *b, int64_t i)
{
	const struct budget_amounts spent = { .pusd = USD / 2000, .tokens = 500, .requests = 1 };
	struct budget_reply reply = { .why = BUF_INIT(BUF_UNLIMITED),
		.warnings = BUF_INIT(BUF_UNLIMITED) };
	struct budget_hold *hold = &b->holds[i % IN_FLIGHT];

	budgets_settle(b->budgets, hold, &spent, b->now_us + i);
	if (budgets_reserve(b->budgets, &b->ask, b->now_us + i, hold, &reply) != BUDGET_GRANTED)
		die(EXIT_BUG, "%s", reply.why.p);
	buf_release(&reply.why);
	buf_release(&reply.warnings);
}

static void
look(struct bench *b, int64_t i)
{
	struct budget_reply reply = { .why = BUF_INIT(BUF_UNLIMITED),
		.warnings = BUF_INIT(BUF_UNLIMITED) };

	if (budgets_look(b->budgets, &b->ask, b->now_us + i, &reply) != BUDGET_GRANTED)
		die(EXIT_BUG, "%s", reply.why.p);
	buf_release(&reply.why);
	buf_release(&reply.warnings);
}

static void
renew(struct bench *b, int64_t i)
{
	budgets_renew(b->budgets, b->now_us + i);
}

static void
row(const char *what, struct bench *b, void (*fn)(struct bench *, int64_t), int64_t times)
{
	clock_t start = clock();

	for (int64_t i = 0; i < times; i++)
		fn(b, i);
	printf("%-58s %12.3f us\n", what,
	    (double)(clock() - start) * 1e6 / CLOCKS_PER_SEC / (double)times);
}

static void
rows_of(struct store *store, size_t count, const char *words)
{
	struct bench b = { .budgets = budgets_new(store, rules, count, 7, false),
		.ask = { .record = json_literal("{\"tags\":{\"team\":\"core\"}}"),
		    .provider = STR_LIT("openai"),
		    .model = STR_LIT("openai:gpt-4o"),
		    .most = { .pusd = USD / 1000, .tokens = 1000, .requests = 1 } },
		.now_us = clock_wall_us() };
	char what[80];

	b.ask.until_us = b.now_us + INT64_C(60000000);
	(void)snprintf(what, sizeof what, "reserve and settle, %s", words); /* fits */
	row(what, &b, reserve_and_settle, count ? SOME : MANY);
	(void)snprintf(what, sizeof what, "the same among 8 in flight, %s", words);
	row(what, &b, reserve_among_others, count ? SOME : MANY);
	for (size_t i = 0; i < IN_FLIGHT; i++)
		budgets_settle(b.budgets, &b.holds[i], &(struct budget_amounts){ 0 }, b.now_us);
	(void)snprintf(what, sizeof what, "look, %s", words);
	row(what, &b, look, count ? SOME : MANY);
	(void)snprintf(what, sizeof what, "renew where nothing is due, %s", words);
	row(what, &b, renew, MANY);
	budgets_free(b.budgets);
}

/* Other processes have something in flight: longer ledgers. */
static void
crowd(struct store *store)
{
	struct budget_reply reply = { .why = BUF_INIT(BUF_UNLIMITED),
		.warnings = BUF_INIT(BUF_UNLIMITED) };
	struct budget_ask ask = { .record = json_literal("{\"tags\":{\"team\":\"core\"}}"),
		.provider = STR_LIT("openai"),
		.most = { .pusd = USD, .tokens = 1000, .requests = 1 } };
	uint64_t i;

	for (i = 1; i <= NEIGHBOURS; i++) {
		struct budgets *b = budgets_new(store, rules, 3, 100 + i, false);
		struct budget_hold hold = { 0 }; /* never settled; its keys go with the process */

		(void)budgets_reserve(b, &ask, clock_wall_us(), &hold, &reply);
		budgets_free(b);
	}
	buf_release(&reply.why);
	buf_release(&reply.warnings);
}

int
main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct store *store;

	if (argc != 2)
		die(EXIT_USAGE, "a store is wanted");
	store = store_open(&(struct store_config){ .url = argv[1] }, &err);
	if (!store)
		err_die(&err);
	rows_of(store, 0, "no budget");
	rows_of(store, 1, "1 budget");
	rows_of(store, 3, "3 budgets");
	crowd(store);
	rows_of(store, 3, "3 budgets, 20 others in flight");
	store_close(store);
	return 0;
}
