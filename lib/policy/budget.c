/* SPDX-License-Identifier: MIT */
/* budget - the words and windows of a budget's rule. */
#include "policy/budget.h"

#include <limits.h>

#include "base/money.h"
#include "policy/name_form.h"
#include "sys/zone.h"

const char *const budget_units[] = { "usd", "tokens", "requests", NULL };
const char *const budget_windows[] = { "rolling", "hour", "day", "week", "month", NULL };
const char *const budget_actions[] = { "block", "warn", "route", NULL };

const struct budget_rule *
budget_part(const struct budget_rule *rule, struct str value)
{
	const struct budget_rule *best = NULL;

	if (!rule->part_count)
		return rule;
	for (size_t i = 0; i < rule->part_count; i++) {
		const struct budget_rule *part = &rule->parts[i];

		if (name_form_fits(part->form, value) &&
		    (!best || name_form_said(part->form) > name_form_said(best->form)))
			best = part;
	}
	return best;
}

void
budget_span(const struct budget_rule *rule, int64_t now_us, int64_t *start_us, int64_t *end_us)
{
	switch (rule->window) {
	case BUDGET_ROLLING:
		*start_us = now_us - rule->rolling_us;
		*end_us = now_us;
		break;
	case BUDGET_HOUR:
		zone_span(rule->zone, ZONE_HOUR, now_us, start_us, end_us);
		break;
	case BUDGET_DAY:
		zone_span(rule->zone, ZONE_DAY, now_us, start_us, end_us);
		break;
	case BUDGET_WEEK:
		zone_span(rule->zone, ZONE_WEEK, now_us, start_us, end_us);
		break;
	case BUDGET_MONTH:
		zone_span(rule->zone, ZONE_MONTH, now_us, start_us, end_us);
		break;
	}
}

int
budget_percent(int64_t used, int64_t limit)
{
	int64_t percent, rest;

	if (limit <= 0)
		return 100;
	percent = used / limit;
	if (percent > INT_MAX / 100 - 1)
		return INT_MAX;
	/* The rest is less than limit: rounding may make it look like all of it. */
	used %= limit;
	rest = limit <= INT64_MAX / 100 ? used * 100 / limit : used / (limit / 100);
	return (int)(percent * 100 + (rest < 99 ? rest : 99));
}

void
budget_print(const struct budget_rule *rule, int64_t amount, struct buf *out)
{
	size_t start = out->len;
	const char *dot;

	if (rule->unit != BUDGET_USD) {
		buf_addi(out, amount);
		buf_adds(out, rule->unit == BUDGET_TOKENS ? " token" : " request");
		if (amount != 1)
			buf_addc(out, 's');
		return;
	}
	buf_addc(out, '$');
	money_print(out, amount);
	/* $50 and $0.015 are as they are; $49.9 is no price. */
	dot = memchr(out->p + start, '.', out->len - start);
	if (dot && dot + 2 == out->p + out->len)
		buf_addc(out, '0');
}
