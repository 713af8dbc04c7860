/* SPDX-License-Identifier: MIT */
/* budget_key - where a budget's ledgers lie in the store. */
#include "policy/budget_key.h"

#include "json/uri.h"
#include "policy/budget.h"
#include "policy/name_form.h"
#include "sys/hash.h"

/* Bytes of a long value that are kept, and digits of its hash that are shown. */
enum { SHOWN = 200, SHOWN_HASH = 8 };

void
budget_key_prefix(const struct budget_rule *rule, struct buf *out)
{
	buf_adds(out, "budget/");
	buf_addurl(out, str_of(rule->name), "");
	buf_addf(out, "/%s-", budget_units[rule->unit]);
	if (rule->window == BUDGET_ROLLING) {
		buf_addi(out, rule->rolling_us);
		buf_adds(out, "us");
	} else {
		buf_adds(out, budget_windows[rule->window]);
	}
	if (rule->window != BUDGET_ROLLING && rule->zone) {
		buf_addc(out, '@');
		buf_addurl(out, str_of(rule->zone), "");
	}
	buf_addc(out, '/');
}

/* '#' is always encoded within a value, so a hash is never taken for one. */
static void
put_value(struct str value, struct buf *out)
{
	struct hash h;

	if (value.len <= BUDGET_KEY_VALUE_MAX) {
		buf_addurl(out, value, "");
		return;
	}
	h = hash_sha256(value);
	buf_addurl(out, (struct str){ value.p, str_cut_utf8(value, SHOWN) }, "");
	buf_addc(out, '#');
	hash_hex(&h, out);
}

void
budget_key_value(const struct budget_rule *rule, struct str value, struct buf *out)
{
	struct buf folded = BUF_INIT(BUF_UNLIMITED);

	if (!rule->part_count) {
		put_value(value, out);
		return;
	}
	name_form_fold(value, &folded);
	put_value(buf_str(&folded), out);
	buf_release(&folded);
}

void
budget_key_read_value(struct str s, struct buf *out)
{
	struct str kept;

	if (!str_split(&s, '#', &kept))
		return;
	uri_decode(kept, out);
	if (!s.len)
		return;
	buf_adds(out, "...");
	buf_add(out, s.p, s.len < SHOWN_HASH ? s.len : SHOWN_HASH);
}
