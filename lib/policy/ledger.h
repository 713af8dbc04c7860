/* SPDX-License-Identifier: MIT */
/*
 * ledger - one budget's window as a value: pure, told the time, kept as text between processes.
 *
 * What was spent lies in slices of time, so that a rolling window forgets little by little and a
 * calendar window all at once. It is never forgotten early: a rolling window's slices are a little
 * longer than a sixtieth of it. What is in flight is held by leases, one a process. When a lease
 * ends its holder is dead, and what it held counts as spent (it may well have been): it is
 * "abandoned". A holder that was only asleep gets that back when it speaks again.
 *
 * Amounts are pico-USD, tokens or requests, by the rule's unit; sums that would overflow stay at
 * their end, and nothing can be reserved then. Times are wall clock microseconds.
 */
#ifndef POLICY_LEDGER_H
#define POLICY_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct budget_rule;

enum { LEDGER_SLICES = 60, LEDGER_LEASES_MAX = 256 };

struct ledger {
	struct ledger_slice {
		int64_t slot; /* rolling: time / a slice's length; calendar: the window's start */
		int64_t spent, abandoned; /* the latter is part of the former */
	} slices[LEDGER_SLICES];
	size_t slice_count;
	struct ledger_lease {
		uint64_t holder; /* a process; not 0 */
		int64_t amount, until_us;
	} leases[LEDGER_LEASES_MAX];
	size_t lease_count;
	int warned; /* the highest soft percentage that was told; 0: none */
};

void ledger_init(struct ledger *l);
void ledger_copy(struct ledger *to, const struct ledger *from);
/* A text that ledger_write wrote. Of anything else (a later version's too) false, and what l is
 * then must not be used: a ledger that can't be read must not give money away. */
bool ledger_read(struct ledger *l, struct str text);
void ledger_write(const struct ledger *l, struct buf *out);

/* Forget what the window has left behind, and charge what the dead had reserved. All that follow
 * do so themselves. */
void ledger_advance(struct ledger *l, const struct budget_rule *rule, int64_t now_us);

int64_t ledger_spent(const struct ledger *l);
int64_t ledger_abandoned(const struct ledger *l);
int64_t ledger_reserved(const struct ledger *l);
int64_t ledger_used(const struct ledger *l); /* spent + reserved */

enum ledger_verdict {
	LEDGER_OK,
	LEDGER_OVER, /* the limit would be passed */
	LEDGER_FULL, /* LEDGER_LEASES_MAX others hold something */
};
struct ledger_claim {
	uint64_t holder;
	int64_t amount, until_us; /* a lease lasts until the latest of its claims */
	bool force; /* also past the limit */
};
/* Reserve; unless LEDGER_OK, nothing has changed but the time. */
enum ledger_verdict ledger_reserve(struct ledger *l, const struct budget_rule *rule, int64_t now_us,
    const struct ledger_claim *claim);
/* Whether ledger_reserve would. */
enum ledger_verdict ledger_look(
    const struct ledger *l, const struct budget_rule *rule, const struct ledger_claim *claim);
/* The soft percentage that the use has reached since it was asked last; 0: none anew. */
int ledger_take_soft(struct ledger *l, const struct budget_rule *rule);

struct ledger_bill {
	uint64_t holder;
	int64_t reserved; /* given back */
	int64_t spent; /* may be more than was reserved */
};
void ledger_settle(struct ledger *l, const struct budget_rule *rule, int64_t now_us,
    const struct ledger_bill *bill);

/* All that the holder has in flight, and until when. */
void ledger_renew(struct ledger *l, const struct budget_rule *rule, int64_t now_us,
    const struct ledger_claim *claim);

/* By hand: nothing was spent. What is in flight stays so. */
void ledger_reset(struct ledger *l);

/* When a ledger without news is of no use any more. */
int64_t ledger_expires_us(const struct ledger *l, const struct budget_rule *rule, int64_t now_us);

#endif
