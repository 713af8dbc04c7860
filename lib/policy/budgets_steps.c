/* SPDX-License-Identifier: MIT */
/* budgets_steps - what several ledgers are told at once: one step in the store. */
#include <stdlib.h>

#include "base/mem.h"
#include "policy/budget_words.h"
#include "policy/budgets_state.h"

struct step *
budgets_steps_add(struct steps *s, const struct budget_rule *rule, struct held *held)
{
	struct step *step;

	VEC_GROW(s->items, s->count, s->cap);
	step = &s->items[s->count++];
	*step = (struct step){ .rule = rule, .key = held->key };
	held->under_way++;
	return step;
}

static struct step *
find_step(const struct steps *s, const char *key)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->items[i].key == key) /* of the same that is held */
			return &s->items[i];
	return NULL;
}

void
budgets_steps_add_owed(struct steps *s, struct budgets *b)
{
	size_t i;

	if (b->is_billing)
		return;
	for (i = 0; i < b->held_count; i++) {
		struct held *h = &b->held[i];
		struct step *step;

		if (!budgets_is_owed(h))
			continue;
		step = find_step(s, h->key);
		if (!step)
			step = budgets_steps_add(s, h->rule, h);
		step->bill = h->owed;
		s->has_bills = b->is_billing = true;
	}
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

/* --- on their way --- */

struct budgets_errand *
budgets_errand_new(struct budgets *b, int64_t now_us)
{
	struct budgets_errand *e = xcalloc(1, sizeof *e);

	e->b = b;
	e->steps.now_us = now_us;
	e->steps.open = b->open;
	return e;
}

void
budgets_errand_free(struct budgets_errand *e)
{
	free(e->steps.items);
	free(e->steps.ledgers);
	free(e->keys);
	free(e);
}

/* What the step settled is owed no more. A ledger that can't be read does not stand in the way of
 * others. */
static void
end_step(struct budgets *b, const struct step *step, bool ok)
{
	struct held *held = budgets_held_find(b, step->key);
	struct err err = ERR_INIT;

	held->under_way--;
	if (ok && !step->unreadable) {
		held->owed.reserved -= step->bill.reserved;
		held->owed.spent -= step->bill.spent;
	}
	if (!ok || !step->unreadable || step->kind == STEP_RESERVE)
		return; /* who asked is told */
	(void)budget_words_unreadable(step->key, &err);
	budgets_take_error(b, &err);
}

static void
on_done(struct store_errand *errand)
{
	struct budgets_errand *e = errand->user;
	struct budgets *b = e->b;
	size_t i;

	e->is_done = true;
	if (e->steps.has_bills)
		b->is_billing = false;
	for (i = 0; i < e->steps.count; i++) {
		end_step(b, &e->steps.items[i], errand->rc == 0);
		if (errand->rc == 0 && !e->steps.items[i].unreadable)
			budgets_know(b, e->steps.items[i].key, &e->steps.ledgers[i]);
	}
	e->done(e);
	if (e->is_left)
		budgets_errand_free(e);
	budgets_clear(b);
}

static void
take_errand(void *user, struct store_entry *entries, size_t count)
{
	struct budgets_errand *e = user;

	take_steps(&e->steps, entries, count);
}

void
budgets_errand_hand(struct budgets_errand *e, void (*done)(struct budgets_errand *e))
{
	size_t i;

	e->keys = xcalloc(e->steps.count, sizeof *e->keys);
	e->steps.ledgers = xreallocn(NULL, e->steps.count, sizeof *e->steps.ledgers);
	for (i = 0; i < e->steps.count; i++)
		e->keys[i] = str_of(e->steps.items[i].key);
	e->done = done;
	e->errand = (struct store_errand){
		.keys = e->keys,
		.count = e->steps.count,
		.fn = take_errand,
		.user = e,
		.done = on_done,
	};
	if (e->b->desk && e->steps.count) {
		e->b->desk->hand(e->b->desk, &e->errand);
		return;
	}
	if (e->steps.count)
		e->errand.rc = err_set(&e->errand.err, EXIT_IO, "there is no store");
	on_done(&e->errand);
}
