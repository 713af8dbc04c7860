/* SPDX-License-Identifier: MIT */
/* hammer_budget - money that is reserved and settled: none is given away, whoever dies. */
#include "hammer/hammer.h"

#include <inttypes.h>

#include "base/mem.h"
#include "policy/budget.h"
#include "policy/budget_hand.h"

#define USD INT64_C(1000000000000)
#define SECOND INT64_C(1000000)

/* Each team may spend little, and a new team takes over before long: limits are always near. The
 * second budget counts the same in tokens: what is told of both is one step, and both come to the
 * same. */
static const struct budget_rule rules[] = {
	{ .name = "team",
	    .per = ".tags.team",
	    .limit = 40 * USD,
	    .window = BUDGET_ROLLING,
	    .rolling_us = INT64_MAX / 4 },
	{ .name = "all",
	    .unit = BUDGET_TOKENS,
	    .limit = INT64_MAX / 2,
	    .window = BUDGET_ROLLING,
	    .rolling_us = INT64_MAX / 4 },
};
enum { RULES = sizeof rules / sizeof *rules, IN_FLIGHT = 4, ASKS_A_TEAM = 300, RENEW_EVERY = 50 };

/* Time is what all turns together have come to, so that the dead are charged while others go on. */
enum { ALL_TURNS, ALL_ASKS };
static const int64_t start_us = INT64_C(1795000000) * SECOND, turn_us = SECOND / 50;

/* Of each worker: what came of what it settled; what may have been charged beside that by lives
 * that are over, and by this one. Teams' dollars. */
enum { SETTLED, LOST, MAY_BE_LOST, REFUSED };

struct life {
	struct budgets *budgets;
	struct budget_hold holds[IN_FLIGHT];
	int64_t most[IN_FLIGHT]; /* 0: free */
	size_t in_flight, turns;
};

static int
wake(struct hammer_worker *w, struct err *err)
{
	struct life *life = xcalloc(1, sizeof *life); /* it dies with the process */

	(void)err;
	life->budgets = budgets_new(w->store, rules, RULES, rand_u64(&w->rand) | 1, false);
	w->slot->words[LOST] += w->slot->words[MAY_BE_LOST];
	w->slot->words[MAY_BE_LOST] = 0;
	w->state = life;
	return 0;
}

static int
ask(struct hammer_worker *w, size_t i, int64_t now_us, struct err *err)
{
	struct life *life = w->state;
	struct buf record = BUF_INIT(BUF_UNLIMITED);
	struct budget_reply reply = { .why = BUF_INIT(BUF_UNLIMITED),
		.warnings = BUF_INIT(BUF_UNLIMITED) };
	int64_t most = (int64_t)rand_below(&w->rand, (uint64_t)USD) + 1;
	struct budget_ask ask = { .most = { most, most, 1 }, .until_us = now_us };
	int r;

	buf_addf(&record, "{\"tags\":{\"team\":%" PRId64 "}}",
	    w->hammer->words[ALL_ASKS]++ / ASKS_A_TEAM);
	r = json_parse(record.p, record.len, &ask.record, err);
	w->slot->words[MAY_BE_LOST] += most;
	if (r == 0 && budgets_reserve(life->budgets, &ask, now_us, &life->holds[i], &reply) ==
			  BUDGET_GRANTED) {
		life->most[i] = most;
		life->in_flight++;
	} else {
		w->slot->words[MAY_BE_LOST] -= most;
		w->slot->words[REFUSED]++;
	}
	buf_release(&reply.why);
	buf_release(&reply.warnings);
	buf_release(&record);
	return r;
}

static void
finish(struct hammer_worker *w, size_t i, int64_t now_us)
{
	struct life *life = w->state;
	int64_t cost = (int64_t)rand_below(&w->rand, (uint64_t)life->most[i] + 1);

	budgets_settle(
	    life->budgets, &life->holds[i], &(struct budget_amounts){ cost, cost, 1 }, now_us);
	life->most[i] = 0;
	life->in_flight--;
	w->slot->words[SETTLED] += cost;
	if (life->in_flight)
		return;
	budgets_renew(life->budgets, now_us);
	w->slot->words[MAY_BE_LOST] = 0; /* the store was told of all */
}

static int
turn(struct hammer_worker *w, struct err *err)
{
	int64_t now_us = start_us + w->hammer->words[ALL_TURNS]++ * turn_us;
	struct life *life = w->state;
	size_t i = rand_below(&w->rand, IN_FLIGHT);
	const struct err *trouble;

	if (++life->turns % RENEW_EVERY == 0)
		budgets_renew(life->budgets, now_us);
	if (life->most[i])
		finish(w, i, now_us);
	else if (ask(w, i, now_us, err) < 0)
		return -1;
	trouble = budgets_error(life->budgets);
	if (trouble)
		*err = *trouble;
	return trouble ? -1 : 0;
}

struct sums {
	struct buf *wrong;
	int64_t of[RULES];
	int64_t abandoned;
	size_t teams;
};

static void
add_up(void *user, const struct budget_row *row)
{
	struct sums *s = user;

	if (row->unreadable || row->reserved || row->spent > row->rule->limit)
		buf_addf(s->wrong,
		    "budget %s of %s: %" PRId64 " is spent, %" PRId64 " reserved, of %" PRId64 "\n",
		    row->rule->name, row->value.p, row->spent, row->reserved, row->rule->limit);
	s->of[row->rule - rules] += row->spent;
	s->abandoned += row->abandoned;
	s->teams++;
}

/* Every cent that was settled is there; what is there beside it, the dead had reserved. */
static int
check(const struct hammer *h, struct store *store, struct buf *wrong, struct err *err)
{
	int64_t later_us = start_us + h->words[ALL_TURNS] * turn_us + 3600 * SECOND;
	int64_t settled = 0, lost = 0, refused = 0;
	struct sums sums = { .wrong = wrong };
	size_t i;

	for (i = 0; i < RULES; i++)
		if (budget_hand_each(store, &rules[i], later_us, add_up, &sums, err) < 0)
			return -1;
	for (i = 0; i < h->workers; i++) {
		settled += h->slots[i].words[SETTLED];
		lost += h->slots[i].words[LOST] + h->slots[i].words[MAY_BE_LOST];
		refused += h->slots[i].words[REFUSED];
	}
	for (i = 0; i < RULES; i++)
		if (sums.of[i] < settled || sums.of[i] > settled + lost)
			buf_addf(wrong,
			    "budget %s: %" PRId64 " is spent, not between %" PRId64 " and %" PRId64
			    "\n",
			    rules[i].name, sums.of[i], settled, settled + lost);
	if (sums.of[0] != sums.of[1])
		buf_addf(wrong, "the budgets of one step are %" PRId64 " and %" PRId64 "\n",
		    sums.of[0], sums.of[1]);
	if (!refused || !sums.abandoned || sums.teams < 3)
		buf_adds(wrong, "nobody was refused, or nobody died with something reserved\n");
	return 0;
}

const struct hammer_job hammer_budget = {
	.name = "budget",
	.purpose = "no money is given away, and no limit passed",
	.wake = wake,
	.turn = turn,
	.check = check,
};
