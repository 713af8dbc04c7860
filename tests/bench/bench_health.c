/* SPDX-License-Identifier: MIT */
/* bench_health - what asking and telling cost: bench_health STORE. */
#include <stdio.h>
#include <time.h>

#include "base/die.h"
#include "policy/health.h"
#include "sys/clock.h"

enum { MANY = 1000000, SOME = 2000, TARGETS = 20, FLUSHES = 200 };

struct bench {
	struct health *health;
	struct health_of *of[TARGETS];
	int64_t now_us;
};

static void
admit(struct bench *b, int64_t i)
{
	if (health_admit(b->health, b->of[i % TARGETS], b->now_us + i, 1000).verdict !=
	    BREAKER_PASS)
		die(EXIT_BUG, "a breaker is open");
}

static void
succeed(struct bench *b, int64_t i)
{
	health_report(b->health, b->of[i % TARGETS],
	    &(struct health_outcome){
		.ok = true, .total_ms = 100 + (double)(i % 977), .first_ms = 20 },
	    b->now_us + i);
}

static void
fail_one(struct bench *b, int64_t i)
{
	health_report(b->health, b->of[i % TARGETS],
	    &(struct health_outcome){ .kind = ERROR_SERVER, .total_ms = 5, .first_ms = -1 },
	    b->now_us + i);
}

static void
flush(struct bench *b, int64_t i)
{
	struct err err = ERR_INIT;

	for (int64_t t = 0; t < TARGETS; t++)
		succeed(b, t);
	if (health_flush(b->health, b->now_us + i * 250000, &err) < 0)
		err_die(&err);
}

static void
latency_of_all(struct bench *b, int64_t i)
{
	static volatile double sink;

	sink = latency_percentile(&health_latency(b->health, b->of[i % TARGETS])->total, 0.95, 1);
	(void)sink;
}

static void
row(const char *what, struct bench *b, void (*fn)(struct bench *, int64_t), int64_t times)
{
	clock_t start = clock();

	for (int64_t i = 0; i < times; i++)
		fn(b, i);
	printf("%-58s %12.3f us\n", what,
	    (double)(clock() - start) * 1e6 / CLOCKS_PER_SEC / (double)times);
	b->now_us += times;
}

static struct bench
bench_new(struct store *store)
{
	struct bench b = { .health = health_new(store, &breaker_rule_default),
		.now_us = clock_wall_us() };
	char name[16];

	for (int i = 0; i < TARGETS; i++) {
		(void)snprintf(name, sizeof name, "lab:m%d", i); /* fits */
		b.of[i] = health_of(b.health, str_of(name), str_of(name));
	}
	return b;
}

int
main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct store *store;
	struct bench b;

	if (argc != 2)
		die(EXIT_USAGE, "a store is wanted");
	store = store_open(&(struct store_config){ .url = argv[1] }, &err);
	if (!store)
		err_die(&err);
	b = bench_new(store);
	row("health_admit, closed", &b, admit, MANY);
	row("health_report, a success", &b, succeed, MANY);
	row("health_latency and a percentile", &b, latency_of_all, MANY);
	row("health_flush, 20 targets in one commit", &b, flush, FLUSHES);
	row("health_admit after it, closed", &b, admit, MANY);
	row("health_report, a failure: a commit of its own", &b, fail_one, SOME);
	health_free(b.health);
	store_close(store);
	return 0;
}
