/* SPDX-License-Identifier: MIT */
/* fuzz_ledger - what a store holds as a ledger may be anything: read, advanced, and used. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "policy/budget.h"
#include "policy/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct budget_rule rules[] = {
	{ .name = "r", .limit = 1000, .window = BUDGET_ROLLING, .rolling_us = 60000000 },
	{ .name = "m",
	    .limit = INT64_MAX,
	    .window = BUDGET_MONTH,
	    .soft = { 50 },
	    .soft_count = 1 },
};

/* What is used must never fall by reserving, and a text of ours must read back. */
static void
use(struct ledger *l, const struct budget_rule *rule)
{
	const int64_t now_us = INT64_C(1795250000000000);
	struct ledger_claim claim = { 7, 100, now_us + 1000000, false };
	struct ledger_bill bill = { 7, 100, 40 };
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct ledger again;
	int64_t before;

	ledger_advance(l, rule, now_us);
	before = ledger_used(l);
	if (ledger_reserve(l, rule, now_us, &claim) == LEDGER_OK && ledger_used(l) < before)
		abort();
	(void)ledger_take_soft(l, rule);
	ledger_settle(l, rule, now_us, &bill);
	ledger_renew(l, rule, now_us + 1, &claim);
	ledger_write(l, &text);
	if (!ledger_read(&again, buf_str(&text)) || ledger_used(&again) != ledger_used(l))
		abort();
	buf_release(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ledger l, copy;
	size_t i;

	if (!ledger_read(&l, (struct str){ (const char *)data, size }))
		return 0;
	for (i = 0; i < sizeof rules / sizeof *rules; i++) {
		copy = l;
		use(&copy, &rules[i]);
	}
	return 0;
}
