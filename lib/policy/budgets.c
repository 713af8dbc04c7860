/* SPDX-License-Identifier: MIT */
/* budgets - what is in flight and what is over, and when the store is told of it. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/money.h"
#include "policy/budget_key.h"
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

	if (store) {
		store_desk_plain(&b->plain, store);
		b->desk = &b->plain;
	}
	b->rules = rules;
	b->count = count;
	b->holder = holder;
	b->open = open;
	b->prefixes = xcalloc(count + 1, sizeof *b->prefixes);
	for (size_t i = 0; i < count; i++) {
		struct buf prefix = BUF_INIT(BUF_UNLIMITED);

		budget_key_prefix(&rules[i], &prefix);
		b->prefixes[i] = buf_take(&prefix);
	}
	buf_init(&b->value, BUF_UNLIMITED);
	buf_init(&b->key, BUF_UNLIMITED);
	return b;
}

void
budgets_set_desk(struct budgets *b, struct store_desk *desk)
{
	b->desk = desk ? desk : b->plain.store ? &b->plain : NULL;
}

bool
budgets_was_asking(struct budgets *b)
{
	bool was_asking = b->is_asking;

	b->is_asking = false;
	return was_asking;
}

void
budgets_free(struct budgets *b)
{
	if (!b)
		return;
	while (b->held_count)
		free(b->held[--b->held_count].key);
	free(b->held);
	while (b->count)
		free(b->prefixes[--b->count]);
	free(b->prefixes);
	budgets_known_release(b);
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
budgets_held_at(struct budgets *b, const char *key, const struct budget_rule *rule)
{
	struct held *h = budgets_held_find(b, key);

	if (h)
		return h;
	VEC_GROW(b->held, b->held_count, b->held_cap);
	h = &b->held[b->held_count++];
	*h = (struct held){ .key = xstrdup(key), .rule = rule, .owed.holder = b->holder };
	return h;
}

bool
budgets_is_owed(const struct held *h)
{
	return h->owed.reserved || h->owed.spent;
}

void
budgets_clear(struct budgets *b)
{
	bool owed = false;
	size_t i;

	for (i = b->held_count; i-- > 0;) {
		struct held *h = &b->held[i];

		owed |= budgets_is_owed(h);
		if (h->attempts || h->under_way || budgets_is_owed(h))
			continue;
		free(h->key);
		*h = b->held[--b->held_count];
	}
	if (!owed)
		b->owed_since_us = 0;
}

/* --- what is over --- */

/* What could not be told stays owed, to be tried again, not at once. */
static void
on_told(struct budgets_errand *e)
{
	struct budgets *b = e->b;
	bool ok = e->errand.rc == 0;
	size_t i;

	b->is_telling = false;
	if (!ok)
		budgets_take_error(b, &e->errand.err);
	for (i = 0; ok && i < e->steps.count; i++) {
		const struct step *step = &e->steps.items[i];

		if (step->kind == STEP_RENEW && !step->unreadable)
			budgets_held_find(b, step->key)->until_us = step->claim.until_us;
	}
	if (b->owed_since_us)
		b->owed_since_us = e->steps.now_us;
	e->is_left = true;
}

static void
settle_owed(struct budgets *b, int64_t now_us)
{
	struct budgets_errand *e;

	if (b->is_telling)
		return;
	e = budgets_errand_new(b, now_us);
	budgets_steps_add_owed(&e->steps, b);
	b->is_telling = true;
	budgets_errand_hand(e, on_told);
}

void
budgets_owe(struct held *h, int64_t reserved, int64_t spent)
{
	if (!money_add(&h->owed.reserved, reserved))
		h->owed.reserved = INT64_MAX;
	if (!money_add(&h->owed.spent, spent))
		h->owed.spent = INT64_MAX;
}

void
budgets_settle(
    struct budgets *b, struct budget_hold *hold, const struct budget_amounts *spent, int64_t now_us)
{
	bool owed = b->owed_since_us != 0;

	if (hold->asked)
		budgets_leave(hold);
	while (hold->count) {
		const struct budget_rule *rule = hold->items[--hold->count].rule;
		char *key = hold->items[hold->count].key;
		int64_t reserved = hold->items[hold->count].amount;
		int64_t came_to = budgets_amount(rule, spent);

		if (reserved || came_to > 0) {
			struct held *h = budgets_held_at(b, key, rule);

			if (reserved) {
				h->amount -= reserved;
				h->attempts--;
			}
			budgets_owe(h, reserved, came_to < 0 ? reserved : came_to);
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

/* A renewal names all that is in flight. While a reservation is under way that is not known, but
 * it renews the lease itself. */
void
budgets_renew(struct budgets *b, int64_t now_us)
{
	struct budgets_errand *e;
	struct step *step;
	size_t i;

	if (b->is_telling)
		return;
	e = budgets_errand_new(b, now_us);
	for (i = 0; i < b->held_count; i++) {
		struct held *h = &b->held[i];

		if (!h->attempts || h->under_way || h->until_us - now_us >= renew_below_us)
			continue;
		step = budgets_steps_add(&e->steps, h->rule, h);
		step->kind = STEP_RENEW;
		step->claim = (struct ledger_claim){ b->holder, h->amount, now_us + lease_us,
			true };
	}
	budgets_steps_add_owed(&e->steps, b);
	b->is_telling = true;
	budgets_errand_hand(e, on_told);
}
