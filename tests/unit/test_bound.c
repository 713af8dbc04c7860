/* SPDX-License-Identifier: MIT */
/* The most that a request can cost: never less than what comes of it, whatever the price row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "llm/dialect.h"
#include "policy/target.h"
#include "price/price_load.h"
#include "support/fleet.h"
#include "support/top.h"
#include "sys/file.h"
#include "sys/rand.h"

enum { REQUESTS = 1000, TOKENS_MOST = 1200000, OUTPUT_MOST = 200000 };

static int64_t
up_to(struct rand *r, int64_t most)
{
	int64_t whole = most + 1;

	switch (rand_below(r, 4)) { /* the ends are where bounds break */
	case 0:
		return most;
	case 1:
		return most ? most - 1 : 0;
	default:
		return (int64_t)rand_below(r, (uint64_t)whole);
	}
}

/* Within the estimate and maxTokens; a cache is written only where the request asks for one. */
static struct usage
some_usage(struct rand *r, int64_t in_most, int64_t out_most, bool caches)
{
	struct usage u = USAGE_UNKNOWN;

	u.in = up_to(r, in_most);
	u.out = up_to(r, out_most);
	if (rand_below(r, 4))
		u.reasoning = up_to(r, u.out);
	if (rand_below(r, 4))
		u.cache_read = up_to(r, u.in);
	if (caches) {
		u.cache_write = up_to(r, u.in - (u.cache_read > 0 ? u.cache_read : 0));
		u.cache_write_1h = up_to(r, u.cache_write);
	}
	return u;
}

static void
look_at_row(const struct price_row *row, struct rand *r, struct facts *facts, bool caches)
{
	struct provider anyone = { .dialect = &dialect_openai_chat };
	struct target t = {
		.price = row,
		.rates = row->rates,
		.provider = &anyone,
		.model = (char[]){ "m" },
		.family = tokens_family(STR_LIT("m")),
	};
	const struct target_wish wish = { .max_tokens = up_to(r, OUTPUT_MOST) + 1 };
	int64_t out_most = wish.max_tokens, cost;
	struct target_most most;
	int64_t in_most = facts_tokens_of(facts, t.family).high;
	struct usage usage;

	most = target_most(&t, facts, &wish);
	usage = some_usage(r, in_most, out_most, caches);
	cost = target_cost_pusd(&t, &usage);
	assert_true(most.tokens >= usage.in + usage.out);
	if (most.pusd < 0) /* not known, so nobody relies on it */
		return;
	if (cost > most.pusd)
		fail_msg("%.*s %.*s: in %lld (high %lld) out %lld of %lld read %lld write %lld 1h "
			 "%lld reasoning %lld: cost %lld > most %lld",
		    (int)row->provider.len, row->provider.p, (int)row->id.len, row->id.p,
		    (long long)usage.in, (long long)in_most, (long long)usage.out,
		    (long long)out_most, (long long)usage.cache_read, (long long)usage.cache_write,
		    (long long)usage.cache_write_1h, (long long)usage.reasoning, (long long)cost,
		    (long long)most.pusd);
}

static void
what_comes_of_a_request_is_never_dearer_than_its_bound(void **state)
{
	static const char *const records[] = { "{\"prompt\":\"hi\"}",
		"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\","
		"\"cache\":\"1h\"}]}]}",
		"{\"prompt\":\"hi\",\"options\":{\"cache\":\"auto\"}}" };
	struct fleet_request requests[3];
	struct err err = ERR_INIT;
	char *share = top_file("share");
	struct prices *prices = price_load(share, NULL, &err);
	size_t i, n, known = 0;
	struct rand r;

	(void)state;
	if (!prices)
		fail_msg("%s", err.text);
	rand_seed(&r, 4);
	for (i = 0; i < 3; i++) {
		fleet_request_open(&requests[i], records[i]);
		(void)facts_tokens(&requests[i].facts);
	}
	for (n = 0; n < prices_count(prices); n++) {
		const struct price_row *row = prices_at(prices, n);

		known += row->rates.pusd[PRICE_IN] != PRICE_UNKNOWN;
		for (i = 0; i < REQUESTS; i++) {
			size_t which = rand_below(&r, 3);
			struct facts *facts = &requests[which].facts;

			facts->measure = (struct tokens_measure){
				.media = up_to(&r, rand_below(&r, 2) ? TOKENS_MOST : 5000),
			};
			look_at_row(row, &r, facts, which > 0);
		}
	}
	assert_true(known > 100);
	for (i = 0; i < 3; i++)
		fleet_request_close(&requests[i]);
	prices_free(prices);
	free(share);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_of_a_request_is_never_dearer_than_its_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
