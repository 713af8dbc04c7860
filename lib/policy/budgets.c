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

	b->store = store;
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
budgets_told(struct budgets *b, bool ok)
{
	bool owed = false;
	size_t i;

	for (i = b->held_count; i-- > 0;) {
		struct held *h = &b->held[i];

		if (h->told && ok)
			h->owed.reserved = h->owed.spent = 0;
		h->told = false;
		owed |= budgets_is_owed(h);
		if (h->attempts || budgets_is_owed(h))
			continue;
		free(h->key);
		*h = b->held[--b->held_count];
	}
	if (!owed)
		b->owed_since_us = 0;
}

/* --- what is over --- */

/* Tell the store; what can't be told stays owed, to be tried again, not at once. */
static void
tell(struct budgets *b, struct steps *s)
{
	struct err err = ERR_INIT;
	bool ok = budgets_steps_make(s, b, &err) == 0;
	size_t i;

	if (!ok)
		budgets_take_error(b, &err);
	for (i = 0; ok && i < s->count; i++)
		if (s->items[i].kind == STEP_RENEW && !s->items[i].unreadable)
			s->items[i].held->until_us = s->items[i].claim.until_us;
	budgets_told(b, ok);
	if (b->owed_since_us)
		b->owed_since_us = s->now_us;
}

static void
settle_owed(struct budgets *b, int64_t now_us)
{
	struct steps s = { .now_us = now_us };

	budgets_steps_add_owed(&s, b);
	tell(b, &s);
	budgets_steps_release(&s);
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
	struct steps s = { .now_us = now_us };
	struct step *step;
	size_t i;

	for (i = 0; i < b->held_count; i++) {
		const struct held *h = &b->held[i];

		if (!h->attempts || h->until_us - now_us >= renew_below_us)
			continue;
		step = budgets_steps_add(&s, b, h->rule, h->key);
		step->kind = STEP_RENEW;
		step->claim = (struct ledger_claim){ b->holder, h->amount, now_us + lease_us,
			true };
	}
	budgets_steps_add_owed(&s, b);
	tell(b, &s);
	budgets_steps_release(&s);
}
