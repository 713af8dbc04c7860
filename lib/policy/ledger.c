/* SPDX-License-Identifier: MIT */
/* ledger - one budget's window as a value: what is spent, and what is in flight. */
#include "policy/ledger.h"

#include <string.h>

#include "base/money.h"
#include "policy/budget.h"

static const int64_t day_us = INT64_C(86400) * 1000000;

/* Slots of now: the present one, and those whose slices count. Later ones than newest were written
 * by a clock that was wrong. */
struct slots {
	int64_t now, oldest, newest;
};

static int64_t
slice_us(const struct budget_rule *rule)
{
	/* One slice is always in the midst of passing: without it the others span the window. */
	return (rule->rolling_us + LEDGER_SLICES - 2) / (LEDGER_SLICES - 1);
}

static int64_t
slot_at(const struct budget_rule *rule, int64_t us)
{
	int64_t start, end;

	if (rule->window == BUDGET_ROLLING)
		return us / slice_us(rule);
	budget_span(rule, us, &start, &end);
	return start;
}

static struct slots
slots_at(const struct budget_rule *rule, int64_t now_us)
{
	struct slots s;

	if (rule->window == BUDGET_ROLLING) {
		s.now = now_us / slice_us(rule);
		s.oldest = s.now - (LEDGER_SLICES - 1);
		s.newest = s.now + (LEDGER_SLICES - 1);
	} else {
		/* A neighbour's clock may already show the next window. */
		budget_span(rule, now_us, &s.now, &s.newest);
		s.oldest = s.now;
	}
	return s;
}

static void
add_held(int64_t *sum, int64_t n)
{
	if (!money_add(sum, n))
		*sum = INT64_MAX;
}

void
ledger_init(struct ledger *l)
{
	l->slice_count = 0;
	l->lease_count = 0;
	l->warned = 0;
}

/* Of its places few are taken. */
void
ledger_copy(struct ledger *to, const struct ledger *from)
{
	to->slice_count = from->slice_count;
	to->lease_count = from->lease_count;
	to->warned = from->warned;
	memcpy(to->slices, from->slices, from->slice_count * sizeof *from->slices);
	memcpy(to->leases, from->leases, from->lease_count * sizeof *from->leases);
}

int64_t
ledger_spent(const struct ledger *l)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < l->slice_count; i++)
		add_held(&sum, l->slices[i].spent);
	return sum;
}

int64_t
ledger_abandoned(const struct ledger *l)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < l->slice_count; i++)
		add_held(&sum, l->slices[i].abandoned);
	return sum;
}

int64_t
ledger_reserved(const struct ledger *l)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < l->lease_count; i++)
		add_held(&sum, l->leases[i].amount);
	return sum;
}

int64_t
ledger_used(const struct ledger *l)
{
	int64_t sum = ledger_spent(l);

	add_held(&sum, ledger_reserved(l));
	return sum;
}

/* --- slices --- */

static struct ledger_slice *
slice_of(struct ledger *l, int64_t slot)
{
	size_t i, latest = 0;

	for (i = 0; i < l->slice_count; i++) {
		if (l->slices[i].slot == slot)
			return &l->slices[i];
		if (l->slices[i].slot > l->slices[latest].slot)
			latest = i;
	}
	/* Only clocks that disagree fill more slots than a window has: the latest goes last. */
	if (l->slice_count == LEDGER_SLICES)
		return &l->slices[latest];
	l->slices[l->slice_count] = (struct ledger_slice){ .slot = slot };
	return &l->slices[l->slice_count++];
}

static void
spend(struct ledger *l, int64_t slot, int64_t amount, int64_t abandoned)
{
	struct ledger_slice *s;

	if (amount == 0)
		return;
	s = slice_of(l, slot);
	add_held(&s->spent, amount);
	add_held(&s->abandoned, abandoned);
}

/* Whose lease had ended lives: what was charged for it is taken back, where it still counts. */
static void
take_back_abandoned(struct ledger *l, int64_t amount)
{
	size_t i;

	for (i = 0; i < l->slice_count && amount > 0; i++) {
		struct ledger_slice *s = &l->slices[i];
		int64_t part = s->abandoned < amount ? s->abandoned : amount;

		s->abandoned -= part;
		s->spent -= part;
		amount -= part;
	}
}

/* A rolling window's use sinks again: what it has fallen below will be told anew. */
static void
soft_sink(struct ledger *l, const struct budget_rule *rule)
{
	int64_t used = ledger_used(l);
	int reached = 0;
	size_t i;

	for (i = 0; i < rule->soft_count && rule->soft[i] <= l->warned; i++)
		if (budget_percent(used, rule->limit) >= rule->soft[i])
			reached = rule->soft[i];
	l->warned = reached;
}

static void
slices_advance(struct ledger *l, const struct budget_rule *rule, const struct slots *slots)
{
	size_t i, kept = 0;
	bool dropped = false;

	for (i = 0; i < l->slice_count; i++) {
		struct ledger_slice s = l->slices[i];

		if (s.slot < slots->oldest) {
			dropped = true;
			continue;
		}
		if (s.slot > slots->newest)
			s.slot = slots->now;
		l->slices[kept++] = s;
	}
	l->slice_count = kept;
	if (dropped)
		soft_sink(l, rule);
}

/* --- leases --- */

static struct ledger_lease *
lease_of(struct ledger *l, uint64_t holder)
{
	size_t i;

	for (i = 0; i < l->lease_count; i++)
		if (l->leases[i].holder == holder)
			return &l->leases[i];
	return NULL;
}

static void
lease_drop(struct ledger *l, struct ledger_lease *lease)
{
	*lease = l->leases[--l->lease_count];
}

void
ledger_advance(struct ledger *l, const struct budget_rule *rule, int64_t now_us)
{
	struct slots slots = slots_at(rule, now_us);
	size_t i = 0;

	while (i < l->lease_count) {
		struct ledger_lease dead = l->leases[i];

		if (dead.until_us > now_us) {
			i++;
			continue;
		}
		lease_drop(l, &l->leases[i]);
		spend(l, slot_at(rule, dead.until_us), dead.amount, dead.amount);
	}
	slices_advance(l, rule, &slots);
}

/* --- what is asked of it --- */

enum ledger_verdict
ledger_look(
    const struct ledger *l, const struct budget_rule *rule, const struct ledger_claim *claim)
{
	int64_t sum = ledger_used(l);
	size_t i;

	if (claim->amount == 0)
		return LEDGER_OK; /* takes nothing from what is used up, either */
	if (!money_add(&sum, claim->amount) || (sum > rule->limit && !claim->force))
		return LEDGER_OVER;
	if (l->lease_count < LEDGER_LEASES_MAX)
		return LEDGER_OK;
	for (i = 0; i < l->lease_count; i++)
		if (l->leases[i].holder == claim->holder)
			return LEDGER_OK;
	return LEDGER_FULL;
}

enum ledger_verdict
ledger_reserve(struct ledger *l, const struct budget_rule *rule, int64_t now_us,
    const struct ledger_claim *claim)
{
	enum ledger_verdict verdict;
	struct ledger_lease *lease;

	ledger_advance(l, rule, now_us);
	verdict = ledger_look(l, rule, claim);
	if (verdict != LEDGER_OK || claim->amount == 0)
		return verdict;
	lease = lease_of(l, claim->holder);
	if (!lease) {
		lease = &l->leases[l->lease_count++];
		*lease = (struct ledger_lease){ .holder = claim->holder };
	}
	lease->amount += claim->amount; /* ledger_look has added it to a larger sum */
	if (lease->until_us < claim->until_us)
		lease->until_us = claim->until_us;
	return LEDGER_OK;
}

int
ledger_take_soft(struct ledger *l, const struct budget_rule *rule)
{
	int64_t percent = budget_percent(ledger_used(l), rule->limit);
	int reached = l->warned;
	size_t i;

	for (i = 0; i < rule->soft_count; i++)
		if (rule->soft[i] > reached && percent >= rule->soft[i])
			reached = rule->soft[i];
	if (reached == l->warned)
		return 0;
	l->warned = reached;
	return reached;
}

void
ledger_settle(struct ledger *l, const struct budget_rule *rule, int64_t now_us,
    const struct ledger_bill *bill)
{
	struct ledger_lease *lease;
	int64_t given;

	ledger_advance(l, rule, now_us);
	lease = lease_of(l, bill->holder);
	given = !lease ? 0 : lease->amount < bill->reserved ? lease->amount : bill->reserved;
	if (lease) {
		lease->amount -= given;
		if (lease->amount == 0)
			lease_drop(l, lease);
	}
	take_back_abandoned(l, bill->reserved - given);
	spend(l, slot_at(rule, now_us), bill->spent, 0);
}

void
ledger_renew(struct ledger *l, const struct budget_rule *rule, int64_t now_us,
    const struct ledger_claim *claim)
{
	struct ledger_lease *lease;
	int64_t had;

	ledger_advance(l, rule, now_us);
	lease = lease_of(l, claim->holder);
	had = lease ? lease->amount : 0;
	if (claim->amount > had)
		take_back_abandoned(l, claim->amount - had);
	if (!lease && l->lease_count < LEDGER_LEASES_MAX)
		lease = &l->leases[l->lease_count++];
	if (lease)
		*lease = (struct ledger_lease){ claim->holder, claim->amount, claim->until_us };
	else
		spend(l, slot_at(rule, now_us), claim->amount, claim->amount);
}

void
ledger_reset(struct ledger *l)
{
	l->slice_count = 0;
	l->warned = 0;
}

int64_t
ledger_expires_us(const struct ledger *l, const struct budget_rule *rule, int64_t now_us)
{
	int64_t start, end, latest;
	size_t i;

	budget_span(rule, now_us, &start, &end);
	latest = rule->window == BUDGET_ROLLING ? now_us + rule->rolling_us : end;
	for (i = 0; i < l->lease_count; i++)
		if (l->leases[i].until_us > latest)
			latest = l->leases[i].until_us;
	/* Clocks disagree, and a hand looks tomorrow. A whole day: the store's index of what
	 * expires need not be written with every step. */
	return (latest / day_us + 3) * day_us;
}
