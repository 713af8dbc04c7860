/* SPDX-License-Identifier: MIT */
/* budgets - what is in flight and what is over, told to the store: each one step there. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/money.h"
#include "policy/budget_words.h"
#include "policy/budgets_state.h"

/* What is over is told with the next reservation, which then costs no more than it does alone, or
 * after so long. Until then it stays reserved, which is the more careful of the two. */
static const int64_t owed_most_us = 200000;
static const int64_t lease_us = INT64_C(60000000), renew_below_us = INT64_C(30000000);

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
void
budgets_take_error(struct budgets *b, const struct err *err)
{
	if (!b->error_untold)
		b->error = *err;
	b->error_untold = true;
}

int64_t
budgets_amount(const struct budget_rule *rule, const struct budget_amounts *a)
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

/* --- what is held --- */

struct held *
budgets_held_find(const struct budgets *b, const char *key)
{
	size_t i;

	for (i = 0; i < b->held_count; i++)
		if (strcmp(b->held[i].key, key) == 0)
			return &b->held[i];
	return NULL;
}

struct held *
budgets_held_at(struct budgets *b, const char *key, size_t rule)
{
	struct held *h = budgets_held_find(b, key);

	if (h)
		return h;
	VEC_GROW(b->held, b->held_count, b->held_cap);
	h = &b->held[b->held_count++];
	*h = (struct held){ .key = xstrdup(key), .rule = rule, .owed.holder = b->holder };
	return h;
}

static bool
is_owed(const struct held *h)
{
	return h->owed.reserved || h->owed.spent;
}

void
budgets_told(struct budgets *b, bool ok)
{
	size_t i;

	for (i = b->held_count; i-- > 0;) {
		struct held *h = &b->held[i];

		if (h->told && ok)
			h->owed.reserved = h->owed.spent = 0;
		h->told = false;
		if (h->attempts || is_owed(h))
			continue;
		free(h->key);
		*h = b->held[--b->held_count];
	}
	if (!budgets_count_owed(b))
		b->owed_since_us = 0;
}

/* --- one step in the store --- */

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

enum store_change
budgets_step_reserve(void *user, struct str old, struct buf *fresh, int64_t *expires_us)
{
	struct step *s = user;
	struct ledger l;

	if (!step_load(s, &l, old))
		return STORE_KEEP;
	s->soft = 0;
	if (s->bill.reserved || s->bill.spent)
		ledger_settle(&l, s->rule, s->now_us, &s->bill);
	s->verdict = ledger_reserve(&l, s->rule, s->now_us, &s->claim);
	s->spent = ledger_spent(&l);
	s->reserved = ledger_reserved(&l);
	if (s->verdict == LEDGER_OK)
		s->soft = ledger_take_soft(&l, s->rule);
	else if (!s->bill.reserved && !s->bill.spent)
		return STORE_KEEP;
	return step_write(s, &l, fresh, expires_us);
}

enum store_change
budgets_step_settle(void *user, struct str old, struct buf *fresh, int64_t *expires_us)
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
	ledger_settle(&l, s->rule, s->now_us, &s->bill);
	ledger_renew(&l, s->rule, s->now_us, &s->claim);
	return step_write(s, &l, fresh, expires_us);
}

int
budgets_step(
    struct budgets *b, struct step *s, const char *key, store_update_fn *fn, struct err *err)
{
	if (!b->store)
		return err_set(err, EXIT_IO, "there is no store");
	if (store_update(b->store, str_of(key), fn, s, err) < 0)
		return -1;
	return s->unreadable ? budget_words_unreadable(key, err) : 0;
}

int
budgets_steps_begin(struct budgets *b, size_t count, struct err *err)
{
	return count > 1 && b->store ? store_begin(b->store, err) : 0;
}

int
budgets_steps_end(struct budgets *b, size_t count, struct err *err)
{
	return count > 1 && b->store ? store_commit(b->store, err) : 0;
}

void
budgets_steps_undo(struct budgets *b, size_t count)
{
	if (count > 1 && b->store)
		store_rollback(b->store);
}

/* --- what is over --- */

/* A ledger that can't be read does not stand in the way of others. */
int
budgets_settle_owed(struct budgets *b, int64_t now_us, struct err *err)
{
	size_t i;

	for (i = 0; i < b->held_count; i++) {
		struct held *h = &b->held[i];
		struct step s = { .rule = &b->rules[h->rule], .now_us = now_us, .bill = h->owed };

		if (h->told || !is_owed(h))
			continue;
		h->told = budgets_step(b, &s, h->key, budgets_step_settle, err) == 0;
		if (!h->told && !s.unreadable)
			return -1;
		if (!h->told)
			budgets_take_error(b, err);
	}
	return 0;
}

size_t
budgets_count_owed(const struct budgets *b)
{
	size_t i, count = 0;

	for (i = 0; b->owed_since_us && i < b->held_count; i++)
		count += is_owed(&b->held[i]);
	return count;
}

/* Tell the store all that is owed; what can't be told stays so. */
static void
settle_owed(struct budgets *b, int64_t now_us)
{
	struct err err = ERR_INIT;
	size_t count = budgets_count_owed(b);
	bool ok = budgets_steps_begin(b, count, &err) == 0;

	if (ok && budgets_settle_owed(b, now_us, &err) < 0) {
		budgets_steps_undo(b, count);
		ok = false;
	}
	ok = ok && budgets_steps_end(b, count, &err) == 0;
	if (!ok)
		budgets_take_error(b, &err);
	budgets_told(b, ok);
	if (b->owed_since_us)
		b->owed_since_us = now_us; /* to be tried again, not at once */
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
	bool owed = b->owed_since_us != 0;

	while (hold->count) {
		size_t rule = hold->items[--hold->count].rule;
		char *key = hold->items[hold->count].key;
		int64_t reserved = hold->items[hold->count].amount;
		int64_t came_to = budgets_amount(&b->rules[rule], spent);

		if (reserved || came_to > 0) {
			struct held *h = budgets_held_at(b, key, rule);

			if (reserved) {
				h->amount -= reserved;
				h->attempts--;
			}
			owe(&h->owed.reserved, reserved);
			owe(&h->owed.spent, came_to < 0 ? reserved : came_to);
			owed = true;
		}
		free(key);
	}
	if (!owed)
		return;
	if (!b->owed_since_us)
		b->owed_since_us = now_us;
	if (now_us < b->owed_since_us || now_us - b->owed_since_us >= owed_most_us)
		settle_owed(b, now_us);
}

/* --- what is in flight --- */

void
budgets_renew(struct budgets *b, int64_t now_us)
{
	struct err err = ERR_INIT;
	size_t i;

	if (b->owed_since_us)
		settle_owed(b, now_us);
	for (i = 0; i < b->held_count; i++) {
		struct held *h = &b->held[i];
		struct step s = { .rule = &b->rules[h->rule],
			.now_us = now_us,
			.bill = h->owed,
			.claim = { b->holder, h->amount, now_us + lease_us, true } };

		if (!h->attempts || h->until_us - now_us >= renew_below_us)
			continue;
		h->told = budgets_step(b, &s, h->key, step_renew, &err) == 0;
		if (h->told)
			h->until_us = s.claim.until_us;
		else
			budgets_take_error(b, &err);
	}
	budgets_told(b, true);
}
