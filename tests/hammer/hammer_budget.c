/* SPDX-License-Identifier: MIT */
/* hammer_budget - money that is reserved and settled: none is given away, whoever dies. */
#include "hammer/hammer.h"

#include <inttypes.h>
#include <uv.h>

#include "base/die.h"
#include "base/mem.h"
#include "policy/budget.h"
#include "policy/budget_hand.h"
#include "store/store_aside.h"

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
/* One of so many that wait for the store is not wanted any more. */
enum { LEAVE_ONE_OF = 8 };

/* Time is what all turns together have come to, so that the dead are charged while others go on. */
enum { ALL_TURNS, ALL_ASKS };
static const int64_t start_us = INT64_C(1795000000) * SECOND, turn_us = SECOND / 50;

/* Of each worker: what came of what it settled; what may have been charged beside that by lives
 * that are over, and by this one. Teams' dollars. */
enum { SETTLED, LOST, MAY_BE_LOST, REFUSED };

struct life {
	struct budgets *budgets;
	struct attempt {
		struct budget_hold hold;
		struct buf record;
		int64_t most; /* 0: free */
		bool is_asking; /* the store has yet to answer */
	} attempts[IN_FLIGHT];
	size_t in_flight, turns;
	uv_loop_t loop;
	struct store_desk *desk; /* beside the loop; NULL: the store is waited for */
};

static int
wake(struct hammer_worker *w, struct err *err)
{
	struct life *life = xcalloc(1, sizeof *life); /* it dies with the process */

	(void)err;
	life->budgets = budgets_new(w->store, rules, RULES, rand_u64(&w->rand) | 1, false);
	for (size_t i = 0; i < IN_FLIGHT; i++)
		buf_init(&life->attempts[i].record, BUF_UNLIMITED);
	w->slot->words[LOST] += w->slot->words[MAY_BE_LOST];
	w->slot->words[MAY_BE_LOST] = 0;
	w->state = life;
	return 0;
}

/* The answers are asked for in turns. */
static void
ignore_news(void *user)
{
	(void)user;
}

static void
open_desk(struct hammer_worker *w)
{
	struct life *life = w->state;

	life->desk = store_aside_open(&life->loop, w->store, ignore_news, NULL);
	budgets_set_desk(life->budgets, life->desk);
}

static int
wake_aside(struct hammer_worker *w, struct err *err)
{
	struct life *life;

	if (wake(w, err) < 0)
		return -1;
	life = w->state;
	if (uv_loop_init(&life->loop) < 0)
		die(EXIT_SYSTEM, "cannot make an event loop");
	open_desk(w);
	return 0;
}

/* As a run ends, and the next begins. */
static void
change_desk(struct hammer_worker *w, int64_t now_us)
{
	struct life *life = w->state;

	store_aside_wait(life->desk);
	budgets_renew(life->budgets, now_us);
	budgets_set_desk(life->budgets, NULL);
	store_aside_close(life->desk);
	(void)uv_run(&life->loop, UV_RUN_DEFAULT); /* closes what is closing */
	open_desk(w);
}

static void
rest_aside(struct hammer_worker *w)
{
	store_aside_wait(((struct life *)w->state)->desk);
}

static void
turn_loop(struct hammer_worker *w)
{
	struct life *life = w->state;
	bool waits = false;

	for (size_t i = 0; i < IN_FLIGHT; i++)
		waits |= life->attempts[i].is_asking;
	store_aside_go(life->desk);
	waits = waits && rand_below(&w->rand, 2) == 0;
	(void)uv_run(&life->loop, waits ? UV_RUN_ONCE : UV_RUN_NOWAIT); /* says what is left */
}

static void
free_attempt(struct life *life, struct attempt *a)
{
	a->most = 0;
	a->is_asking = false;
	buf_reset(&a->record);
	life->in_flight--;
}

/* What the store says, if it has. */
static int
hear(struct hammer_worker *w, struct attempt *a, int64_t now_us, struct err *err)
{
	struct life *life = w->state;
	struct budget_reply reply = { .why = BUF_INIT(BUF_UNLIMITED),
		.warnings = BUF_INIT(BUF_UNLIMITED) };
	struct budget_ask ask = { .most = { a->most, a->most, 1 }, .until_us = now_us };
	enum budget_verdict verdict;

	if (json_parse(a->record.p, a->record.len, &ask.record, err) < 0)
		return -1;
	verdict = budgets_reserve(life->budgets, &ask, now_us, &a->hold, &reply);
	a->is_asking = verdict == BUDGET_ASKED;
	if (verdict == BUDGET_REFUSED) {
		w->slot->words[MAY_BE_LOST] -= a->most;
		w->slot->words[REFUSED]++;
		free_attempt(life, a);
	}
	buf_release(&reply.why);
	buf_release(&reply.warnings);
	return 0;
}

static int
ask(struct hammer_worker *w, struct attempt *a, int64_t now_us, struct err *err)
{
	struct life *life = w->state;

	a->most = (int64_t)rand_below(&w->rand, (uint64_t)USD) + 1;
	buf_addf(&a->record, "{\"tags\":{\"team\":%" PRId64 "}}",
	    w->hammer->words[ALL_ASKS]++ / ASKS_A_TEAM);
	w->slot->words[MAY_BE_LOST] += a->most;
	life->in_flight++;
	return hear(w, a, now_us, err);
}

static void
finish(struct hammer_worker *w, struct attempt *a, int64_t now_us)
{
	struct life *life = w->state;
	int64_t cost = a->is_asking ? 0 : (int64_t)rand_below(&w->rand, (uint64_t)a->most + 1);

	budgets_settle(life->budgets, &a->hold, &(struct budget_amounts){ cost, cost, 1 }, now_us);
	free_attempt(life, a);
	w->slot->words[SETTLED] += cost;
	if (life->in_flight)
		return;
	if (life->desk)
		change_desk(w, now_us);
	else
		budgets_renew(life->budgets, now_us);
	w->slot->words[MAY_BE_LOST] = 0; /* the store was told of all */
}

static int
turn(struct hammer_worker *w, struct err *err)
{
	int64_t now_us = start_us + w->hammer->words[ALL_TURNS]++ * turn_us;
	struct life *life = w->state;
	struct attempt *a = &life->attempts[rand_below(&w->rand, IN_FLIGHT)];
	const struct err *trouble;
	int rc = 0;

	if (++life->turns % RENEW_EVERY == 0)
		budgets_renew(life->budgets, now_us);
	if (!a->most)
		rc = ask(w, a, now_us, err);
	else if (a->is_asking && rand_below(&w->rand, LEAVE_ONE_OF))
		rc = hear(w, a, now_us, err);
	else
		finish(w, a, now_us);
	if (life->desk)
		turn_loop(w);
	trouble = budgets_error(life->budgets);
	if (rc == 0 && trouble)
		*err = *trouble;
	return trouble ? -1 : rc;
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

const struct hammer_job hammer_aside = {
	.name = "aside",
	.purpose = "the same, where a thread asks the store",
	.wake = wake_aside,
	.turn = turn,
	.rest = rest_aside,
	.check = check,
};
