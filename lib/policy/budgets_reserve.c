/* SPDX-License-Identifier: MIT */
/* budgets_reserve - whether a request fits its budgets: all of them, or none is touched. */
#include <stdlib.h>

#include "base/mem.h"
#include "policy/budget_key.h"
#include "policy/budget_words.h"
#include "policy/budgets_state.h"
#include "policy/record_path.h"

static const int64_t second_us = 1000000;
/* A lease outlives its attempt by some seconds, so that few need to be renewed; of a process that
 * died, what it held is charged then. */
enum { SLACK_S = 10, LEASE_LEAST_S = 60, LEASE_MOST_S = 600 };

/* b->value and b->key by rule i; false where it goes by who is called, and that isn't known. */
static bool
set_key(struct budgets *b, size_t i, const struct budget_ask *ask)
{
	const struct budget_rule *rule = &b->rules[i];
	struct str who = STR_NONE;
	bool by_record = rule->per && *rule->per == '.';

	buf_reset(&b->value);
	buf_reset(&b->key);
	if (by_record)
		(void)record_path_text(rule->per, ask->record, &b->value); /* none is "" */
	else if (rule->per)
		who = str_is(str_of(rule->per), "provider") ? ask->provider
		      : str_is(str_of(rule->per), "model")  ? ask->model
							    : ask->key;
	buf_addstr(&b->value, who);
	buf_adds(&b->key, b->prefixes[i]);
	budget_key_value(rule, buf_str(&b->value), &b->key);
	return by_record || !rule->per || who.len;
}

/* One ask on its way through the rules. */
struct asking {
	struct budgets *b;
	const struct budget_ask *ask;
	struct budget_reply *reply;
	int64_t now_us;
	const struct budget_rule *rule; /* at hand */
	struct step step; /* of it, or of the part that holds for the value; no rule: none does */
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
		.now_us = a->now_us };
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
		a->reply->may_fit_later = s->verdict == LEDGER_FULL ||
					  s->claim.amount <= s->rule->limit - s->spent;
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

	budgets_take_error(a->b, err);
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
	bool known = set_key(a->b, i, a->ask);

	a->rule = rule;
	a->step = (struct step){ .kind = STEP_RESERVE,
		.rule = budget_part(rule, buf_str(&a->b->value)),
		.claim = { .holder = a->b->holder,
		    .amount = budgets_amount(rule, &a->ask->most),
		    .until_us = lease_end(a->ask->until_us, a->now_us),
		    .force = rule->action == BUDGET_WARN } };
	return known;
}

static void
hold_release(struct budget_hold *hold)
{
	while (hold->count)
		free(hold->items[--hold->count].key);
}

/* A place in hold for each rule that holds, and a step for each that is to be asked. */
static void
plan(struct asking *a, struct budget_hold *hold, struct steps *steps)
{
	struct budgets *b = a->b;
	struct step *step;
	size_t i, at;

	for (i = 0; i < b->count && !steps->is_vain; i++) {
		(void)turn_to(a, i); /* who isn't known falls under "" */
		if (!a->step.rule)
			continue;
		at = hold->count++;
		hold->items[at].rule = a->step.rule;
		hold->items[at].key = xmemdup(b->key.p, b->key.len);
		hold->items[at].amount = 0;
		steps->is_vain = a->step.claim.amount < 0 && a->step.rule->action == BUDGET_BLOCK;
		if (a->step.claim.amount <= 0)
			continue;
		step = budgets_steps_add(
		    steps, a->step.rule, budgets_held_at(b, hold->items[at].key, a->step.rule));
		step->kind = STEP_RESERVE;
		step->claim = a->step.claim;
	}
	if (steps->count) /* else nothing is to be told, nor asked */
		budgets_steps_add_owed(steps, b);
}

/* All rules in one step, and with it what is over elsewhere, so that what budgets hold of one
 * request never differs. */
static bool
is_granted(const struct budgets_errand *e)
{
	size_t i;

	for (i = 0; i < e->steps.count; i++)
		if (budgets_steps_refuses(&e->steps, &e->steps.items[i]))
			return false;
	return e->errand.rc == 0 && !e->steps.is_vain;
}

static bool
has_taken(const struct step *step)
{
	return step->kind == STEP_RESERVE && !step->unreadable && step->verdict == LEDGER_OK;
}

static void
take_in(struct budgets_errand *e)
{
	size_t i;

	for (i = 0; i < e->steps.count; i++) {
		const struct step *step = &e->steps.items[i];
		struct held *held = budgets_held_find(e->b, step->key);

		if (!has_taken(step))
			continue;
		held->amount += step->claim.amount; /* a ledger holds the sum already */
		held->attempts++;
		if (held->until_us < step->claim.until_us)
			held->until_us = step->claim.until_us;
	}
}

/* Nobody asks for it any more. */
static void
give_back(struct budgets_errand *e)
{
	size_t i;

	for (i = 0; i < e->steps.count; i++) {
		const struct step *step = &e->steps.items[i];
		struct held *held = budgets_held_find(e->b, step->key);

		if (!has_taken(step))
			continue;
		held->amount -= step->claim.amount;
		held->attempts--;
		budgets_owe(held, step->claim.amount, 0);
		if (!e->b->owed_since_us)
			e->b->owed_since_us = e->steps.now_us;
	}
}

static void
on_reserved(struct budgets_errand *e)
{
	if (!is_granted(e))
		return;
	take_in(e);
	if (e->is_left)
		give_back(e);
}

/* What came of it, rule by rule up to the first that refuses. */
static void
tell_outcome(struct asking *a, struct budget_hold *hold, const struct steps *steps)
{
	const struct step *step = steps->items;
	struct err err = ERR_INIT;
	bool refused;
	size_t i, held = 0;

	for (i = 0; held < hold->count && !a->reply->refused; i++) {
		(void)turn_to(a, i);
		if (!a->step.rule)
			continue;
		held++;
		if (a->step.claim.amount == 0)
			continue;
		if (a->step.claim.amount < 0) {
			refused = is_unknown_refused(a);
		} else {
			a->step = *step++;
			if (a->step.unreadable)
				(void)budget_words_unreadable(a->b->key.p, &err);
			else if (a->step.verdict == LEDGER_OK)
				hold->items[held - 1].amount = a->step.claim.amount;
			refused = a->step.unreadable ? is_closed(a, &err) : is_over(a);
		}
		if (refused)
			a->reply->refused = a->rule;
	}
}

/* The store can't be had: the first rule that may refuse does. */
static void
reserve_without_store(struct asking *a, const struct err *err)
{
	size_t i;

	budgets_take_error(a->b, err);
	for (i = 0; i < a->b->count && !a->reply->refused; i++) {
		(void)turn_to(a, i);
		if (a->step.rule && a->step.claim.amount != 0 && is_closed(a, err))
			a->reply->refused = a->rule;
	}
}

/* Where the store failed nothing is held. */
static void
take_answer(struct asking *a, struct budget_hold *hold)
{
	struct budgets_errand *e = hold->asked;

	hold->asked = NULL;
	if (e->errand.rc == 0)
		tell_outcome(a, hold, &e->steps);
	else
		reserve_without_store(a, &e->errand.err);
	if (e->errand.rc < 0 || a->reply->refused)
		hold_release(hold);
	budgets_errand_free(e);
}

static struct asking
asking_start(
    struct budgets *b, const struct budget_ask *ask, int64_t now_us, struct budget_reply *reply)
{
	reply->refused = NULL;
	reply->may_fit_later = false;
	return (struct asking){ .b = b, .ask = ask, .reply = reply, .now_us = now_us };
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

	if (!hold->asked)
		hold->count = 0;
	if (b->count == 0)
		return BUDGET_GRANTED;
	if (has_too_many_rules(b, reply))
		return BUDGET_REFUSED;
	if (!hold->asked) {
		hold->asked = budgets_errand_new(b, now_us);
		plan(&a, hold, &hold->asked->steps);
		budgets_errand_hand(hold->asked, on_reserved);
	}
	if (!hold->asked->is_done)
		return BUDGET_ASKED;
	take_answer(&a, hold);
	return reply->refused ? BUDGET_REFUSED : BUDGET_GRANTED;
}

void
budgets_leave(struct budget_hold *hold)
{
	struct budgets_errand *e = hold->asked;

	hold->asked = NULL;
	hold_release(hold);
	e->is_left = true;
	if (!e->is_done)
		return;
	if (is_granted(e))
		give_back(e);
	budgets_errand_free(e);
}

/* --- look --- */

/* 0, -1, or STORE_DESK_LATER. */
static int
read_ledger(struct budgets *b, struct ledger *l, struct err *err)
{
	const struct ledger *known = budgets_known(b, b->key.p);
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	int found;

	if (known) {
		ledger_copy(l, known);
		return 0;
	}
	ledger_init(l);
	found = b->desk->get(b->desk, buf_str(&b->key), &text, err);
	if (found == 1 && !ledger_read(l, buf_str(&text)))
		found = budget_words_unreadable(b->key.p, err);
	buf_release(&text);
	if (found < 0 || found == STORE_DESK_LATER)
		return found;
	budgets_know(b, b->key.p, l);
	return 0;
}

static int
look_in_rule(struct asking *a, struct err *err)
{
	struct step *s = &a->step;
	struct ledger l;
	int found;

	if (!a->b->desk)
		return err_set(err, EXIT_IO, "there is no store");
	found = read_ledger(a->b, &l, err);
	if (found != 0)
		return found;
	ledger_advance(&l, s->rule, a->now_us);
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
	bool is_later = false;
	size_t i;

	if (has_too_many_rules(b, reply))
		return BUDGET_REFUSED;
	for (i = 0; i < b->count && !reply->refused; i++) {
		bool refused;
		int found = 0;

		if (!turn_to(&a, i) || !a.step.rule || a.step.claim.amount == 0)
			continue;
		if (a.step.claim.amount > 0)
			found = look_in_rule(&a, &err);
		if (found == STORE_DESK_LATER) {
			is_later = b->is_asking = true; /* the others are asked for, too */
			continue;
		}
		refused = a.step.claim.amount < 0 ? is_unknown_refused(&a)
			  : found < 0             ? is_closed(&a, &err)
						  : is_over(&a);
		if (refused)
			reply->refused = a.rule;
	}
	if (reply->refused)
		return BUDGET_REFUSED;
	return is_later ? BUDGET_ASKED : BUDGET_GRANTED;
}
