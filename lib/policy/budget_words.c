/* SPDX-License-Identifier: MIT */
/* budget_words - what is told of a budget, in sentences without their full stop. */
#include "policy/budget_words.h"

#include "sys/clock.h"

enum { VALUE_SHOWN = 60 };

/* Whose it is, fit for a line of text: cut, and without control characters. */
static void
print_value(struct str value, struct buf *out)
{
	size_t n = str_cut_utf8(value, VALUE_SHOWN), i;

	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)value.p[i];

		buf_addc(out, c < ' ' || c == 127 ? '?' : value.p[i]);
	}
	if (n < value.len)
		buf_adds(out, "...");
}

static void
print_name(const struct budget_words *words, struct buf *out)
{
	buf_addf(out, "budget %s", words->rule->name);
	if (words->rule->per && words->value.len) {
		buf_adds(out, " (");
		print_value(words->value, out);
		buf_addc(out, ')');
	} else if (words->rule->per) {
		buf_addf(out, " (no %s)", words->rule->per);
	}
	buf_adds(out, ": ");
}

/* "$49.99 of $50", "12 of 5000 tokens" */
static void
print_part(const struct budget_rule *rule, int64_t amount, struct buf *out)
{
	if (rule->unit == BUDGET_USD)
		budget_print(rule, amount, out);
	else
		buf_addi(out, amount);
	buf_adds(out, " of ");
	budget_print(rule, rule->limit, out);
}

void
budget_words_over(const struct budget_words *words, enum ledger_verdict verdict, struct buf *out)
{
	const struct budget_rule *rule = words->rule;
	int64_t start, end;

	print_name(words, out);
	if (verdict == LEDGER_FULL) {
		buf_addf(
		    out, "%d processes have a part of it in flight already", LEDGER_LEASES_MAX);
		return;
	}
	print_part(rule, words->spent, out);
	buf_adds(out, " is used");
	if (words->reserved) {
		buf_adds(out, " and ");
		budget_print(rule, words->reserved, out);
		buf_adds(out, " reserved");
	}
	buf_adds(out, ", this request may take ");
	budget_print(rule, words->amount, out);
	if (rule->window == BUDGET_ROLLING)
		return;
	budget_span(rule, words->now_us, &start, &end);
	buf_adds(out, "; it begins anew at ");
	clock_print(out, end);
}

void
budget_words_soft(const struct budget_words *words, int percent, struct buf *out)
{
	print_name(words, out);
	buf_addf(out, "%d%% of ", percent);
	budget_print(words->rule, words->rule->limit, out);
	buf_adds(out, " is used or reserved");
}

void
budget_words_unknown(const struct budget_words *words, struct buf *out)
{
	const char *what = words->rule->unit == BUDGET_USD ? "price" : "size";

	print_name(words, out);
	if (words->rule->action == BUDGET_BLOCK)
		buf_addf(out, "the request's %s is not known, and this budget is strict", what);
	else
		buf_addf(out, "the request's %s is not known: nothing is reserved for it", what);
}

void
budget_words_no_ledger(const struct budget_words *words, const struct err *why, struct buf *out)
{
	print_name(words, out);
	buf_addf(out, "the ledger can't be had: %s", why->text);
	if (words->rule->action != BUDGET_WARN)
		buf_adds(out, "; --budget-open lets requests pass");
}

int
budget_words_unreadable(const char *key, struct err *err)
{
	return err_set(err, EXIT_IO,
	    "what stands at %.200s is no ledger of this version (llm-budget reset begins a new "
	    "one)",
	    key);
}
