/* SPDX-License-Identifier: MIT */
/* ledger_text - a ledger as the text that processes hand each other through the store. */
#include <string.h>

#include "base/num.h"
#include "json/jsonw.h"
#include "json/lex.h"
#include "policy/ledger.h"

enum { LEDGER_VERSION = 1 };

/* Of a slice, or of a lease. */
enum { NUMBERS = 3 };

static void
write_row(struct jsonw *w, int64_t a, int64_t b, int64_t c)
{
	jsonw_array(w);
	jsonw_i64(w, a);
	jsonw_i64(w, b);
	jsonw_i64(w, c);
	jsonw_end(w);
}

void
ledger_write(const struct ledger *l, struct buf *out)
{
	struct jsonw w;
	size_t i;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_ki64(&w, "version", LEDGER_VERSION);
	jsonw_key(&w, "slices");
	jsonw_array(&w);
	for (i = 0; i < l->slice_count; i++)
		write_row(&w, l->slices[i].slot, l->slices[i].spent, l->slices[i].abandoned);
	jsonw_end(&w);
	jsonw_key(&w, "leases");
	jsonw_array(&w);
	for (i = 0; i < l->lease_count; i++) /* the holder's bits; the sign says nothing */
		write_row(
		    &w, (int64_t)l->leases[i].holder, l->leases[i].amount, l->leases[i].until_us);
	jsonw_end(&w);
	jsonw_ki64(&w, "warned", l->warned);
	jsonw_end(&w);
}

/* --- read, as it is written: each request reads its ledgers, and nothing is looked for --- */

static bool
take(struct str *rest, const char *text)
{
	size_t len = strlen(text);

	if (!str_starts(*rest, text))
		return false;
	rest->p += len;
	rest->len -= len;
	return true;
}

static bool
take_number(struct str *rest, int64_t *out)
{
	struct str digits = { rest->p, 0 };

	while (digits.len < rest->len &&
	       (digits.p[digits.len] == '-' || lex_is_digit(digits.p[digits.len])))
		digits.len++;
	rest->p += digits.len;
	rest->len -= digits.len;
	return num_i64(digits, out);
}

static bool
take_row(struct str *rest, int64_t n[NUMBERS])
{
	return take(rest, "[") && take_number(rest, &n[0]) && take(rest, ",") &&
	       take_number(rest, &n[1]) && take(rest, ",") && take_number(rest, &n[2]) &&
	       take(rest, "]");
}

static bool
add_slice(struct ledger *l, const int64_t n[NUMBERS])
{
	if (l->slice_count == LEDGER_SLICES || n[2] < 0 || n[1] < n[2])
		return false;
	l->slices[l->slice_count++] = (struct ledger_slice){ n[0], n[1], n[2] };
	return true;
}

static bool
add_lease(struct ledger *l, const int64_t n[NUMBERS])
{
	size_t i;

	if (l->lease_count == LEDGER_LEASES_MAX || n[0] == 0 || n[1] < 0)
		return false;
	for (i = 0; i < l->lease_count; i++)
		if (l->leases[i].holder == (uint64_t)n[0])
			return false;
	l->leases[l->lease_count++] = (struct ledger_lease){ (uint64_t)n[0], n[1], n[2] };
	return true;
}

static bool
take_rows(struct str *rest, struct ledger *l, bool (*add)(struct ledger *, const int64_t[NUMBERS]))
{
	int64_t n[NUMBERS];

	if (!take(rest, "["))
		return false;
	if (take(rest, "]"))
		return true;
	do {
		if (!take_row(rest, n) || !add(l, n))
			return false;
	} while (take(rest, ","));
	return take(rest, "]");
}

bool
ledger_read(struct ledger *l, struct str text)
{
	int64_t version, warned;

	ledger_init(l);
	if (!take(&text, "{\"version\":") || !take_number(&text, &version) ||
	    version != LEDGER_VERSION || !take(&text, ",\"slices\":") ||
	    !take_rows(&text, l, add_slice) || !take(&text, ",\"leases\":") ||
	    !take_rows(&text, l, add_lease) || !take(&text, ",\"warned\":") ||
	    !take_number(&text, &warned) || warned < 0 || warned > INT32_MAX || !take(&text, "}"))
		return false;
	l->warned = (int)warned;
	return text.len == 0;
}
