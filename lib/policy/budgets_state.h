/* SPDX-License-Identifier: MIT */
/* budgets_state - what the files of budgets share: what is held, what is known, and what the store
 * is told at once. */
#ifndef POLICY_BUDGETS_STATE_H
#define POLICY_BUDGETS_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "policy/budget.h"
#include "policy/ledger.h"
#include "store/store.h"

/* What this process has in one ledger. */
struct held {
	char *key;
	const struct budget_rule *rule; /* or a part of one */
	int64_t amount, until_us; /* in flight */
	size_t attempts;
	size_t under_way; /* steps that the store has yet to answer */
	struct ledger_bill owed; /* over, and not yet told to the store */
};

struct budgets {
	struct store_desk plain, *desk; /* NULL: there is no store */
	const struct budget_rule *rules;
	size_t count;
	char **prefixes; /* of each rule's keys */
	uint64_t holder;
	bool open;
	struct held *held;
	size_t held_count, held_cap;
	int64_t owed_since_us; /* 0: nothing is owed */
	struct known **known; /* budgets_known.c */
	size_t known_count, known_cap, known_next;
	uint64_t version; /* of the store, when it was looked at last */
	bool is_asking; /* a ledger was looked at that the store has yet to tell */
	bool is_billing; /* what was owed is under way: the rest waits, so that it is told as one */
	bool is_telling; /* what is owed is under way, or renewed */
	struct buf value, key; /* of the rule that is looked at */
	struct err error;
	bool error_untold;
};

/* NULL: nothing is held there. */
struct held *budgets_held_find(const struct budgets *b, const char *key);
/* What is held there, also if that is nothing. It moves with the next that is added. */
struct held *budgets_held_at(struct budgets *b, const char *key, const struct budget_rule *rule);
bool budgets_is_owed(const struct held *h);
/* Over, and to be told. */
void budgets_owe(struct held *h, int64_t reserved, int64_t spent);
/* What was asked for, or has been answered, is not wanted any more. */
void budgets_leave(struct budget_hold *hold);
/* Where nothing is any more, nothing is kept. */
void budgets_clear(struct budgets *b);
void budgets_take_error(struct budgets *b, const struct err *err);

/* A ledger as the store holds it; NULL: that is not known here, or others have written since. It
 * stays until the next that becomes known. */
const struct ledger *budgets_known(struct budgets *b, const char *key);
void budgets_know(struct budgets *b, const char *key, const struct ledger *l);
void budgets_known_release(struct budgets *b);

int64_t budgets_amount(const struct budget_rule *rule, const struct budget_amounts *a);

/* One ledger's part in what the store is told: what is owed is settled, then the claim is reserved
 * or renewed. */
struct step {
	enum step_kind { STEP_SETTLE, STEP_RESERVE, STEP_RENEW } kind;
	const struct budget_rule *rule;
	const char *key; /* of what is held */
	struct ledger_bill bill;
	struct ledger_claim claim;
	/* What came of it. */
	bool unreadable;
	enum ledger_verdict verdict;
	int64_t spent, reserved; /* before, or after where it was granted */
	int soft;
};

/* All of them are one step in the store. Where one claim is refused none is granted; what is owed
 * is settled all the same. */
struct steps {
	struct step *items; /* keys differ */
	struct ledger *ledgers; /* of each, as the store holds it then; unless unreadable */
	size_t count, cap;
	int64_t now_us;
	bool has_bills; /* what is owed is settled */
	bool is_vain; /* it is known already that it will be refused */
	bool open; /* a ledger that can't be read refuses nothing */
};

/* Its kind and claim are the caller's. */
struct step *budgets_steps_add(struct steps *s, const struct budget_rule *rule, struct held *held);
/* All that is owed, there and elsewhere, is settled with it; unless some of it is under way. */
void budgets_steps_add_owed(struct steps *s, struct budgets *b);
bool budgets_steps_refuses(const struct steps *s, const struct step *step);

/* Steps on their way to the store. */
struct budgets_errand {
	struct store_errand errand;
	struct budgets *b;
	struct steps steps;
	struct str *keys;
	void (*done)(struct budgets_errand *e);
	bool is_done;
	bool is_left; /* nobody asks for it any more: it is freed when it is done */
};
struct budgets_errand *budgets_errand_new(struct budgets *b, int64_t now_us);
/* done may be called before this returns; where there are no steps, it is. */
void budgets_errand_hand(struct budgets_errand *e, void (*done)(struct budgets_errand *e));
void budgets_errand_free(struct budgets_errand *e);

#endif
