/* SPDX-License-Identifier: MIT */
/* budgets - reserve before, settle after: each one step in the store. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/money.h"
#include "policy/budget.h"
#include "policy/budget_key.h"
#include "policy/budget_words.h"

static const int64_t second_us = 1000000;
/* A lease outlives its attempt by some seconds, so that few need to be renewed; of a process that
 * died, what it held is charged then. */
enum { SLACK_S = 10, LEASE_LEAST_S = 60, LEASE_MOST_S = 600, RENEW_BELOW_S = 3 * BUDGETS_RENEW_S };

/* What this process has in one ledger. */
struct held {
	char *key;
	size_t rule;
	int64_t amount, until_us; /* in flight */
	size_t attempts;
	int64_t owed_reserved, owed_spent; /* over, and not yet told to the store */
};

struct budgets {
	struct store *store;
	const struct budget_rule *rules;
	size_t count;
	uint64_t holder;
	bool open;
	struct held *held;
	size_t held_count, held_cap;
	struct buf value, key; /* of the rule that is looked at */
	struct err error;
	bool error_untold;
};

struct budgets *
budgets_new(
    struct store *store, const struct budget_rule *rules, size_t count, uint64_t holder, bool open)
{
	struct budgets *b = xcalloc(1, sizeof *b);

	b->store = store;
	b->rules = rules;
	b->count = count;
	b->holder = holder;
	b->open = open;
	buf_init(&b->value, BUF_UNLIMITED);
	buf_init(&b->key, BUF_UNLIMITED);
	return b;
}

void
budgets_free(struct budgets *b)
{
	if (!b)
		return;
	while (b->held_count)
		free(b->held[--b->held_count].key);
	free(b->held);
	buf_release(&b->value);
	buf_release(&b->key);
	free(b);
}

const struct err *
budgets_error(struct budgets *b)
{
	if (!b->error_untold)
		return NULL;
	b->error_untold = false;
	return &b->error;
}

/* The error stays as it was first until it is told. */
static void
take_error(struct budgets *b, const struct err *err)
{
	if (!b->error_untold)
		b->error = *err;
	b->error_untold = true;
}

/* --- whose budget it is --- */

static int64_t
amount_of(const struct budget_rule *rule, const struct budget_amounts *a)
{
	switch (rule->unit) {
	case BUDGET_USD:
		return a->pusd;
	case BUDGET_TOKENS:
		return a->tokens;
	case BUDGET_REQUESTS:
		return a->requests;
	}
	return 0;
}

/* b->value and b->key by the rule; false where it goes by who is called, and that isn't known. */
static bool
set_key(struct budgets *b, const struct budget_rule *rule, const struct budget_ask *ask)
{
	struct str who = STR_NONE;
	bool by_record = rule->per && *rule->per == '.';

	buf_reset(&b->value);
	buf_reset(&b->key);
	if (by_record)
		budget_key_of_record(rule, ask->record, &b->value);
	else if (rule->per)
		who = str_is(str_of(rule->per), "provider") ? ask->provider
		      : str_is(str_of(rule->per), "model")  ? ask->model
							    : ask->key;
	buf_addstr(&b->value, who);
	budget_key_prefix(rule, &b->key);
	budget_key_value(buf_str(&b->value), &b->key);
	return by_record || !rule->per || who.len;
}

static struct held *
held_of(struct budgets *b, const char *key, size_t rule)
{
	size_t i;

	for (i = 0; i < b->held_count; i++)
		if (strcmp(b->held[i].key, key) == 0)
			return &b->held[i];
	VEC_GROW(b->held, b->held_count, b->held_cap);
	b->held[b->held_count] = (struct held){ .key = xstrdup(key), .rule = rule };
	return &b->held[b->held_count++];
}

static void
held_drop_idle(struct budgets *b, struct held *h)
{
	if (h->attempts || h->owed_reserved || h->owed_spent)
		return;
	free(h->key);
	*h = b->held[--b->held_count];
}

/* --- one step in the store --- */

struct step {
	const struct budget_rule *rule;
	int64_t now_us;
	struct ledger_claim claim;
	struct ledger_bill bill;
	/* What came of it. */
	bool unreadable;
	enum ledger_verdict verdict;
	int64_t spent, reserved; /* before, or after where it was granted */
	int soft;
};

static bool
step_load(struct step *s, struct ledger *l, struct str old)
{
	ledger_init(l);
	s->unreadable = old.p && !ledger_read(l, old);
	return !s->unreadable;
}

static enum store_change
step_write(const struct step *s, const struct ledger *l, struct buf *fresh, int64_t *expires_us)
{
	ledger_write(l, fresh);
	*expires_us = ledger_expires_us(l, s->rule, s->now_us);
	return STORE_WRITE;
}

static enum store_change
step_reserve(void *user, struct str old, struct buf *fresh, int64_t *expires_us)
{
	struct step *s = user;
	struct ledger l;

	if (!step_load(s, &l, old))
		return STORE_KEEP;
	s->soft = 0;
	s->verdict = ledger_reserve(&l, s->rule, s->now_us, &s->claim);
	s->spent = ledger_spent(&l);
	s->reserved = ledger_reserved(&l);
	if (s->verdict != LEDGER_OK)
		return STORE_KEEP;
	s->soft = ledger_take_soft(&l, s->rule);
	return step_write(s, &l, fresh, expires_us);
}

static enum store_change
step_settle(void *user, struct str old, struct buf *fresh, int64_t *expires_us)
{
	struct step *s = user;
	struct ledger l;

	if (!step_load(s, &l, old))
		return STORE_KEEP;
	ledger_settle(&l, s->rule, s->now_us, &s->bill);
	return step_write(s, &l, fresh, expires_us);
}

static enum store_change
step_renew(void *user, struct str old, struct buf *fresh, int64_t *expires_us)
{
	struct step *s = user;
	struct ledger l;

	if (!step_load(s, &l, old))
		return STORE_KEEP;
	ledger_renew(&l, s->rule, s->now_us, &s->claim);
	return step_write(s, &l, fresh, expires_us);
}

/* -1: the store failed, or what it holds is no ledger (s->unreadable). */
static int
step_do(struct budgets *b, struct step *s, const char *key, store_update_fn *fn, struct err *err)
{
	if (!b->store)
		return err_set(err, EXIT_IO, "there is no store");
	if (store_update(b->store, str_of(key), fn, s, err) < 0)
		return -1;
	return s->unreadable ? budget_words_unreadable(key, err) : 0;
}

/* Several steps are one; begin and end are to be given the same count. */
static int
steps_begin(struct budgets *b, size_t count, struct err *err)
{
	return count > 1 && b->store ? store_begin(b->store, err) : 0;
}

static int
steps_end(struct budgets *b, size_t count, bool ok, struct err *err)
{
	if (count < 2 || !b->store)
		return ok ? 0 : -1;
	if (ok)
		return store_commit(b->store, err);
	store_rollback(b->store);
	return -1;
}

/* --- settle --- */

/* Tell the store what is owed; what can't be told stays owed. */
static void
settle_owed(struct budgets *b, struct held *const *list, size_t count, int64_t now_us)
{
	struct err err = ERR_INIT;
	bool ok = steps_begin(b, count, &err) == 0;
	size_t i;

	for (i = 0; ok && i < count; i++) {
		struct step s = { .rule = &b->rules[list[i]->rule],
			.now_us = now_us,
			.bill = { b->holder, list[i]->owed_reserved, list[i]->owed_spent } };

		ok = step_do(b, &s, list[i]->key, step_settle, &err) == 0;
		if (!ok)
			(void)steps_end(b, count, false, &err); /* err is why already */
	}
	if (!ok || steps_end(b, count, true, &err) < 0) {
		take_error(b, &err);
		return;
	}
	for (i = 0; i < count; i++)
		list[i]->owed_reserved = list[i]->owed_spent = 0;
}

static void
owe(int64_t *sum, int64_t n)
{
	if (!money_add(sum, n))
		*sum = INT64_MAX;
}

void
budgets_settle(
    struct budgets *b, struct budget_hold *hold, const struct budget_amounts *spent, int64_t now_us)
{
	struct held *owed[BUDGET_HOLDS_MAX];
	size_t i, count = 0;

	for (i = 0; i < hold->count; i++) {
		int64_t came_to = amount_of(&b->rules[hold->items[i].rule], spent);

		if (hold->items[i].amount == 0 && came_to <= 0)
			continue;
		/* May move the list: pointers into it are taken below. */
		(void)held_of(b, hold->items[i].key, hold->items[i].rule);
	}
	for (i = 0; i < hold->count; i++) {
		int64_t reserved = hold->items[i].amount;
		int64_t came_to = amount_of(&b->rules[hold->items[i].rule], spent);
		struct held *h;

		if (reserved == 0 && came_to <= 0)
			continue;
		h = held_of(b, hold->items[i].key, hold->items[i].rule);
		if (reserved) {
			h->amount -= reserved;
			h->attempts--;
		}
		owe(&h->owed_reserved, reserved);
		owe(&h->owed_spent, came_to < 0 ? reserved : came_to);
		owed[count++] = h;
	}
	settle_owed(b, owed, count, now_us);
	for (i = 0; i < hold->count; i++)
		free(hold->items[i].key);
	hold->count = 0;
	for (i = b->held_count; i-- > 0;)
		held_drop_idle(b, &b->held[i]);
}

/* --- reserve --- */

/* One ask on its way through the rules. */
struct asking {
	struct budgets *b;
	const struct budget_ask *ask;
	struct budget_reply *reply;
	struct step step; /* of the rule at hand */
};

static int64_t
lease_end(int64_t until_us, int64_t now_us)
{
	int64_t least = now_us + LEASE_LEAST_S * second_us;
	int64_t most = now_us + LEASE_MOST_S * second_us;

	if (until_us > most - SLACK_S * second_us)
		return most;
	until_us += SLACK_S * second_us;
	return until_us < least ? least : until_us;
}

static struct budget_words
words_of(const struct asking *a)
{
	return (struct budget_words){ .rule = a->step.rule,
		.value = buf_str(&a->b->value),
		.spent = a->step.spent,
		.reserved = a->step.reserved,
		.amount = a->step.claim.amount,
		.now_us = a->step.now_us };
}

static void
end_warning(struct asking *a)
{
	buf_addc(&a->reply->warnings, '\n');
}

/* What the ledger said. True: it stands against the request. */
static bool
is_over(struct asking *a)
{
	const struct step *s = &a->step;
	struct budget_words words = words_of(a);

	if (s->verdict != LEDGER_OK && s->rule->action != BUDGET_WARN) {
		budget_words_over(&words, s->verdict, &a->reply->why);
		return true;
	}
	if (s->verdict != LEDGER_OK || s->spent > s->rule->limit - s->reserved) {
		if (s->verdict == LEDGER_OK)
			words.reserved -= words.amount; /* as it was before */
		budget_words_over(&words, s->verdict, &a->reply->warnings);
		end_warning(a);
	} else if (s->soft) {
		budget_words_soft(&words, s->soft, &a->reply->warnings);
		end_warning(a);
	}
	return false;
}

/* There is no ledger: closed, unless all is open or the rule never refuses. */
static bool
is_closed(struct asking *a, const struct err *err)
{
	struct budget_words words = words_of(a);

	take_error(a->b, err);
	if (a->b->open)
		return false;
	if (a->step.rule->action == BUDGET_WARN) {
		budget_words_no_ledger(&words, err, &a->reply->warnings);
		end_warning(a);
		return false;
	}
	budget_words_no_ledger(&words, err, &a->reply->why);
	return true;
}

static bool
is_unknown_refused(struct asking *a)
{
	struct budget_words words = words_of(a);

	if (a->step.rule->action == BUDGET_BLOCK) {
		budget_words_unknown(&words, &a->reply->why);
		return true;
	}
	budget_words_unknown(&words, &a->reply->warnings);
	end_warning(a);
	return false;
}

/* Turn to rule i. False: it goes by who is called, and that isn't known. */
static bool
turn_to(struct asking *a, size_t i)
{
	const struct budget_rule *rule = &a->b->rules[i];

	a->step = (struct step){ .rule = rule,
		.now_us = a->step.now_us,
		.claim = { .holder = a->b->holder,
		    .amount = amount_of(rule, &a->ask->most),
		    .until_us = a->step.claim.until_us,
		    .force = rule->action == BUDGET_WARN } };
	return set_key(a->b, rule, a->ask);
}

/* Reserve in the rule at hand: *granted is how much. -1: the store failed, nothing else. */
static int
reserve_in_rule(struct asking *a, int64_t *granted, struct err *err)
{
	struct step *s = &a->step;
	bool refused;

	*granted = 0;
	if (s->claim.amount == 0)
		return 0;
	if (s->claim.amount < 0) {
		refused = is_unknown_refused(a);
	} else if (step_do(a->b, s, a->b->key.p, step_reserve, err) < 0) {
		if (!s->unreadable)
			return -1;
		refused = is_closed(a, err);
	} else {
		*granted = s->verdict == LEDGER_OK ? s->claim.amount : 0;
		refused = is_over(a);
	}
	if (refused)
		a->reply->refused = s->rule;
	return 0;
}

static void
hold_release(struct budget_hold *hold)
{
	while (hold->count)
		free(hold->items[--hold->count].key);
}

static int
give_back(struct budgets *b, struct budget_hold *hold, int64_t now_us, struct err *err)
{
	size_t i;

	for (i = 0; i < hold->count; i++) {
		struct step s = { .rule = &b->rules[hold->items[i].rule],
			.now_us = now_us,
			.bill = { b->holder, hold->items[i].amount, 0 } };

		if (s.bill.reserved && step_do(b, &s, hold->items[i].key, step_settle, err) < 0)
			return -1;
	}
	return 0;
}

/* All rules in one step: -1 where the store failed, and nothing is held then. */
static int
reserve_in_all(struct asking *a, struct budget_hold *hold, struct err *err)
{
	struct budgets *b = a->b;
	size_t i, steps = 0;
	int64_t granted;
	bool ok;

	for (i = 0; i < b->count; i++)
		steps += amount_of(&b->rules[i], &a->ask->most) > 0;
	ok = steps_begin(b, steps, err) == 0;
	if (!ok)
		return -1;
	for (i = 0; ok && i < b->count && !a->reply->refused; i++) {
		(void)turn_to(a, i); /* who isn't known falls under "" */
		ok = reserve_in_rule(a, &granted, err) == 0;
		if (!ok || a->reply->refused)
			break;
		hold->items[hold->count].rule = i;
		hold->items[hold->count].key = xmemdup(b->key.p, b->key.len);
		hold->items[hold->count++].amount = granted;
	}
	if (ok && a->reply->refused)
		ok = give_back(b, hold, a->step.now_us, err) == 0;
	return steps_end(b, steps, ok, err);
}

/* The store can't be had: the first rule that may refuse does. */
static void
reserve_without_store(struct asking *a, const struct err *err)
{
	size_t i;

	a->reply->refused = NULL;
	take_error(a->b, err);
	for (i = 0; i < a->b->count && !a->reply->refused; i++) {
		(void)turn_to(a, i);
		if (a->step.claim.amount != 0 && is_closed(a, err))
			a->reply->refused = a->step.rule;
	}
}

static struct asking
asking_start(
    struct budgets *b, const struct budget_ask *ask, int64_t now_us, struct budget_reply *reply)
{
	struct asking a = { .b = b, .ask = ask, .reply = reply };

	reply->refused = NULL;
	a.step.now_us = now_us;
	a.step.claim.until_us = lease_end(ask->until_us, now_us);
	return a;
}

static bool
has_too_many_rules(const struct budgets *b, struct budget_reply *reply)
{
	if (b->count <= BUDGET_HOLDS_MAX)
		return false;
	reply->refused = &b->rules[BUDGET_HOLDS_MAX];
	buf_addf(&reply->why, "more than %d budgets hold for one request", BUDGET_HOLDS_MAX);
	return true;
}

enum budget_verdict
budgets_reserve(struct budgets *b, const struct budget_ask *ask, int64_t now_us,
    struct budget_hold *hold, struct budget_reply *reply)
{
	struct asking a = asking_start(b, ask, now_us, reply);
	struct err err = ERR_INIT;
	size_t i;

	hold->count = 0;
	if (b->count == 0)
		return BUDGET_GRANTED;
	if (has_too_many_rules(b, reply))
		return BUDGET_REFUSED;
	if (reserve_in_all(&a, hold, &err) < 0) {
		hold_release(hold);
		reserve_without_store(&a, &err);
	}
	if (reply->refused) {
		hold_release(hold);
		return BUDGET_REFUSED;
	}
	for (i = 0; i < hold->count; i++) {
		struct held *h;

		if (!hold->items[i].amount)
			continue;
		h = held_of(b, hold->items[i].key, hold->items[i].rule);
		h->amount += hold->items[i].amount; /* a ledger holds the sum already */
		h->attempts++;
		if (h->until_us < a.step.claim.until_us)
			h->until_us = a.step.claim.until_us;
	}
	return BUDGET_GRANTED;
}

/* --- look --- */

static int
look_in_rule(struct asking *a, struct err *err)
{
	struct step *s = &a->step;
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct ledger l;
	int found;

	if (!a->b->store)
		return err_set(err, EXIT_IO, "there is no store");
	found = store_get(a->b->store, buf_str(&a->b->key), &text, err);
	ledger_init(&l);
	if (found > 0 && !ledger_read(&l, buf_str(&text)))
		found = budget_words_unreadable(a->b->key.p, err);
	buf_release(&text);
	if (found < 0)
		return -1;
	ledger_advance(&l, s->rule, s->now_us);
	s->verdict = ledger_look(&l, s->rule, &s->claim);
	s->spent = ledger_spent(&l);
	s->reserved = ledger_reserved(&l);
	if (s->verdict == LEDGER_OK)
		s->reserved += s->claim.amount; /* as is_over has it after a grant */
	return 0;
}

enum budget_verdict
budgets_look(
    struct budgets *b, const struct budget_ask *ask, int64_t now_us, struct budget_reply *reply)
{
	struct asking a = asking_start(b, ask, now_us, reply);
	struct err err = ERR_INIT;
	size_t i;

	if (has_too_many_rules(b, reply))
		return BUDGET_REFUSED;
	for (i = 0; i < b->count && !reply->refused; i++) {
		bool refused;

		if (!turn_to(&a, i) || a.step.claim.amount == 0)
			continue;
		if (a.step.claim.amount < 0)
			refused = is_unknown_refused(&a);
		else if (look_in_rule(&a, &err) < 0)
			refused = is_closed(&a, &err);
		else
			refused = is_over(&a);
		if (refused)
			reply->refused = a.step.rule;
	}
	return reply->refused ? BUDGET_REFUSED : BUDGET_GRANTED;
}

/* --- renew --- */

void
budgets_renew(struct budgets *b, int64_t now_us)
{
	struct err err = ERR_INIT;
	size_t i;

	for (i = b->held_count; i-- > 0;) {
		struct held *h = &b->held[i];
		struct step s = { .rule = &b->rules[h->rule],
			.now_us = now_us,
			.claim = { .holder = b->holder,
			    .amount = h->amount,
			    .until_us = now_us + LEASE_LEAST_S * second_us } };

		if (h->owed_reserved || h->owed_spent)
			settle_owed(b, (struct held *const[]){ h }, 1, now_us);
		if (h->owed_reserved || h->owed_spent)
			continue; /* the store fails: what is owed is part of the lease */
		if (!h->attempts) {
			held_drop_idle(b, h);
			continue;
		}
		if (h->until_us - now_us >= RENEW_BELOW_S * second_us)
			continue;
		if (step_do(b, &s, h->key, step_renew, &err) < 0)
			take_error(b, &err);
		else
			h->until_us = s.claim.until_us;
	}
}
