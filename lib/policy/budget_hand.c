/* SPDX-License-Identifier: MIT */
/* budget_hand - budgets looked at and set right by hand. */
#include "policy/budget_hand.h"

#include <stdlib.h>

#include "base/mem.h"
#include "policy/budget_key.h"
#include "policy/budget_words.h"
#include "sys/clock.h"

/* --- looking --- */

struct look {
	const struct budget_rule *rule;
	size_t prefix; /* bytes of a key before its value */
	int64_t now_us;
	budget_row_fn *fn;
	void *user;
	struct buf value;
	size_t count;
	bool *seen; /* by part: its value has a ledger */
};

static void
tell(struct look *look, const struct budget_rule *rule, struct ledger *l)
{
	struct budget_row row = { .rule = rule, .value = buf_str(&look->value) };

	look->count++;
	budget_span(rule, look->now_us, &row.start_us, &row.end_us);
	if (l) {
		ledger_advance(l, rule, look->now_us);
		row.spent = ledger_spent(l);
		row.reserved = ledger_reserved(l);
		row.abandoned = ledger_abandoned(l);
	}
	row.unreadable = !l;
	look->fn(look->user, &row);
}

static bool
see(void *user, struct str key, struct str value)
{
	struct look *look = user;
	const struct budget_rule *rule;
	struct ledger l;

	buf_reset(&look->value);
	budget_key_read_value(
	    (struct str){ key.p + look->prefix, key.len - look->prefix }, &look->value);
	rule = budget_part(look->rule, buf_str(&look->value));
	if (!rule) /* of a policy before this one */
		return true;
	if (look->rule->part_count)
		look->seen[rule - look->rule->parts] = true;
	tell(look, rule, ledger_read(&l, value) ? &l : NULL);
	return true;
}

/* Ledgers that nobody has used yet. */
static void
see_unused(struct look *look)
{
	struct ledger l;

	buf_reset(&look->value);
	ledger_init(&l);
	if (!look->count && !look->rule->per)
		tell(look, look->rule, &l);
	for (size_t i = 0; i < look->rule->part_count; i++) {
		const struct budget_rule *part = &look->rule->parts[i];

		if (look->seen[i] || strchr(part->form, '*'))
			continue;
		buf_reset(&look->value);
		buf_adds(&look->value, part->form);
		ledger_init(&l);
		tell(look, part, &l);
	}
}

int
budget_hand_each(struct store *store, const struct budget_rule *rule, int64_t now_us,
    budget_row_fn *fn, void *user, struct err *err)
{
	struct look look = { .rule = rule,
		.now_us = now_us,
		.fn = fn,
		.user = user,
		.value = BUF_INIT(BUF_UNLIMITED),
		.seen = xcalloc(rule->part_count + 1, sizeof *look.seen) };
	struct buf prefix = BUF_INIT(BUF_UNLIMITED);
	int r;

	budget_key_prefix(rule, &prefix);
	look.prefix = prefix.len;
	r = store_scan(store, buf_str(&prefix), see, &look, err);
	if (r == 0)
		see_unused(&look);
	free(look.seen);
	buf_release(&look.value);
	buf_release(&prefix);
	return r;
}

void
budget_hand_shown(const struct budget_rule *rule, struct str value, struct buf *out)
{
	struct buf key = BUF_INIT(BUF_UNLIMITED);

	budget_key_value(rule, value, &key);
	budget_key_read_value(buf_str(&key), out);
	buf_release(&key);
}

int64_t
budget_row_left(const struct budget_row *row)
{
	int64_t left = row->rule->limit - row->spent; /* neither is negative */

	return left < row->reserved ? 0 : left - row->reserved;
}

static void
write_amount(struct jsonw *w, const struct budget_row *row, const char *key, int64_t amount)
{
	jsonw_key(w, key);
	if (row->unreadable)
		jsonw_null(w);
	else if (row->rule->unit == BUDGET_USD)
		jsonw_usd(w, amount);
	else
		jsonw_i64(w, amount);
}

static void
write_time(struct jsonw *w, const char *key, int64_t us)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	clock_print(&text, us);
	jsonw_kstrn(w, key, buf_str(&text));
	buf_release(&text);
}

void
budget_row_write(const struct budget_row *row, struct jsonw *w)
{
	const struct budget_rule *rule = row->rule;

	jsonw_object(w);
	jsonw_kstr(w, "type", "budget");
	jsonw_kstr(w, "name", rule->name);
	if (rule->per) {
		jsonw_kstr(w, "per", rule->per);
		jsonw_kstrn(w, "value", row->value);
	}
	jsonw_kstr(w, "unit", budget_units[rule->unit]);
	jsonw_kstr(w, "action", budget_actions[rule->action]);
	jsonw_key(w, "limit");
	if (rule->unit == BUDGET_USD)
		jsonw_usd(w, rule->limit);
	else
		jsonw_i64(w, rule->limit);
	write_amount(w, row, "spent", row->spent);
	write_amount(w, row, "reserved", row->reserved);
	write_amount(w, row, "abandoned", row->abandoned);
	write_amount(w, row, "left", budget_row_left(row));
	jsonw_key(w, "percent");
	if (row->unreadable)
		jsonw_null(w);
	else
		jsonw_i64(w, budget_percent(row->spent, rule->limit));
	jsonw_kstr(w, "window", budget_windows[rule->window]);
	write_time(w, "windowStart", row->start_us);
	write_time(w, "windowEnd", row->end_us);
	jsonw_end(w);
}

/* --- setting right --- */

enum { SHOWN = 60 }; /* bytes of a value in a message */

struct hand {
	const struct budget_rule *rule;
	int64_t now_us, amount;
	bool unreadable, found;
};

static enum store_change
spend(void *user, struct str old, struct buf *fresh, int64_t *expires_us)
{
	struct hand *h = user;
	struct ledger_bill bill = { .spent = h->amount };
	struct ledger l;

	ledger_init(&l);
	h->unreadable = old.p && !ledger_read(&l, old);
	if (h->unreadable)
		return STORE_KEEP;
	ledger_settle(&l, h->rule, h->now_us, &bill);
	ledger_write(&l, fresh);
	*expires_us = ledger_expires_us(&l, h->rule, h->now_us);
	return STORE_WRITE;
}

static char *
key_of(const struct budget_rule *rule, struct str value)
{
	struct buf key = BUF_INIT(BUF_UNLIMITED);

	budget_key_prefix(rule, &key);
	budget_key_value(rule, value, &key);
	return buf_take(&key);
}

int
budget_hand_spend(struct store *store, const struct budget_rule *rule, struct str value,
    int64_t amount, int64_t now_us, struct err *err)
{
	struct hand h = { .rule = budget_part(rule, value), .now_us = now_us, .amount = amount };
	char *key;
	int r;

	if (!h.rule)
		return err_set(err, EXIT_NO, "budget %s: nothing limits \"%.*s\"", rule->name,
		    value.len < SHOWN ? (int)value.len : SHOWN, value.p);
	key = key_of(rule, value);
	r = store_update(store, str_of(key), spend, &h, err);

	if (r == 0 && h.unreadable)
		r = budget_words_unreadable(key, err);
	free(key);
	return r;
}

static enum store_change
reset(void *user, struct str old, struct buf *fresh, int64_t *expires_us)
{
	struct hand *h = user;
	struct ledger l;

	h->found = old.p != NULL;
	if (!h->found || !ledger_read(&l, old))
		return h->found ? STORE_DELETE : STORE_KEEP;
	/* The dead are charged first: what they held is forgotten, too. */
	ledger_advance(&l, h->rule, h->now_us);
	ledger_reset(&l);
	ledger_write(&l, fresh);
	*expires_us = ledger_expires_us(&l, h->rule, h->now_us);
	return STORE_WRITE;
}

struct keys {
	char **items;
	size_t count, cap;
};

static bool
collect(void *user, struct str key, struct str value)
{
	struct keys *keys = user;

	(void)value;
	VEC_GROW(keys->items, keys->count, keys->cap);
	keys->items[keys->count++] = xmemdup(key.p, key.len);
	return true;
}

int
budget_hand_reset(struct store *store, const struct budget_rule *rule, struct str value,
    int64_t now_us, size_t *count, struct err *err)
{
	struct hand h = { .rule = rule, .now_us = now_us };
	struct buf prefix = BUF_INIT(BUF_UNLIMITED);
	struct keys keys = { .count = 0 };
	size_t i;
	int r = 0;

	*count = 0;
	budget_key_prefix(rule, &prefix);
	if (value.p) {
		budget_key_value(rule, value, &prefix);
		(void)collect(&keys, buf_str(&prefix), value);
	} else {
		r = store_scan(store, buf_str(&prefix), collect, &keys, err);
	}
	for (i = 0; r == 0 && i < keys.count; i++) {
		r = store_update(store, str_of(keys.items[i]), reset, &h, err);
		*count += r == 0 && h.found;
	}
	while (keys.count)
		free(keys.items[--keys.count]);
	free(keys.items);
	buf_release(&prefix);
	return r;
}
