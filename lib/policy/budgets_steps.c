/* SPDX-License-Identifier: MIT */
/* budgets_steps - what several ledgers are told at once: one step in the store. */
#include <stdlib.h>

#include "base/mem.h"
#include "policy/budget_words.h"
#include "policy/budgets_state.h"

struct step *
budgets_steps_add(
    struct steps *s, struct budgets *b, const struct budget_rule *rule, const char *key)
{
	struct held *held = budgets_held_find(b, key);
	struct step *step;

	VEC_GROW(s->items, s->count, s->cap);
	step = &s->items[s->count++];
	*step = (struct step){ .rule = rule, .key = key, .held = held };
	if (held) {
		step->bill = held->owed;
		held->told = true;
	}
	return step;
}

void
budgets_steps_add_owed(struct steps *s, struct budgets *b)
{
	size_t i;

	for (i = 0; i < b->held_count; i++) {
		const struct held *h = &b->held[i];

		if (!h->told && budgets_is_owed(h))
			(void)budgets_steps_add(s, b, h->rule, h->key);
	}
}

void
budgets_steps_release(struct steps *s)
{
	free(s->items);
	free(s->ledgers);
	*s = (struct steps){ 0 };
}

bool
budgets_steps_refuses(const struct steps *s, const struct step *step)
{
	if (step->kind != STEP_RESERVE || step->rule->action == BUDGET_WARN)
		return false;
	return step->unreadable ? !s->open : step->verdict != LEDGER_OK;
}

/* True: the ledger has changed. */
static bool
reserve(struct step *step, struct ledger *l, int64_t now_us, bool in_vain)
{
	bool granted;

	ledger_advance(l, step->rule, now_us);
	step->verdict = in_vain ? ledger_look(l, step->rule, &step->claim)
				: ledger_reserve(l, step->rule, now_us, &step->claim);
	granted = step->verdict == LEDGER_OK;
	step->spent = ledger_spent(l);
	step->reserved = ledger_reserved(l) + (granted && in_vain ? step->claim.amount : 0);
	step->soft = granted && !in_vain ? ledger_take_soft(l, step->rule) : 0;
	return granted && !in_vain;
}

static void
take_step(struct steps *s, size_t i, struct store_entry *entry, bool in_vain)
{
	struct step *step = &s->items[i];
	struct ledger *l = &s->ledgers[i];
	bool changed = step->bill.reserved || step->bill.spent;

	entry->change = STORE_KEEP;
	ledger_init(l);
	step->unreadable = entry->old.p && !ledger_read(l, entry->old);
	if (step->unreadable)
		return;
	if (changed)
		ledger_settle(l, step->rule, s->now_us, &step->bill);
	if (step->kind == STEP_RESERVE) {
		changed |= reserve(step, l, s->now_us, in_vain);
	} else if (step->kind == STEP_RENEW) {
		ledger_renew(l, step->rule, s->now_us, &step->claim);
		changed = true;
	}
	if (!changed)
		return;
	entry->change = STORE_WRITE;
	buf_reset(&entry->fresh);
	ledger_write(l, &entry->fresh);
	entry->expires_us = ledger_expires_us(l, step->rule, s->now_us);
}

static void
take_steps(void *user, struct store_entry *entries, size_t count)
{
	struct steps *s = user;
	bool in_vain = s->is_vain;
	size_t i, k;

	for (i = 0; i < count; i++) {
		take_step(s, i, &entries[i], in_vain);
		if (in_vain || !budgets_steps_refuses(s, &s->items[i]))
			continue;
		in_vain = true;
		for (k = 0; k < i; k++)
			take_step(s, k, &entries[k], in_vain);
	}
}

/* A ledger that can't be read does not stand in the way of others. */
static void
pass_unreadable(struct budgets *b, const struct step *step)
{
	struct err err = ERR_INIT;

	if (step->held)
		step->held->told = false;
	if (step->kind == STEP_RESERVE)
		return; /* who asked is told */
	(void)budget_words_unreadable(step->key, &err);
	budgets_take_error(b, &err);
}

int
budgets_steps_make(struct steps *s, struct budgets *b, struct err *err)
{
	struct str *keys;
	size_t i;
	int r;

	if (!s->count)
		return 0;
	if (!b->store)
		return err_set(err, EXIT_IO, "there is no store");
	keys = xcalloc(s->count, sizeof *keys);
	s->ledgers = xreallocn(s->ledgers, s->count, sizeof *s->ledgers);
	for (i = 0; i < s->count; i++)
		keys[i] = str_of(s->items[i].key);
	r = store_update_all(b->store, keys, s->count, take_steps, s, err);
	free(keys);
	for (i = 0; r == 0 && i < s->count; i++) {
		if (s->items[i].unreadable)
			pass_unreadable(b, &s->items[i]);
		else
			budgets_know(b, s->items[i].key, &s->ledgers[i]);
	}
	return r;
}
