/* SPDX-License-Identifier: MIT */
/* price_row - what one model costs, as one line of share/pricing says it. */
#include "price/price_row.h"

#include "base/buf.h"
#include "base/mem.h"
#include "sys/clock.h"

static const char *const kind_names[] = {
	[PRICE_IN] = "in",
	[PRICE_OUT] = "out",
	[PRICE_CACHE_READ] = "cacheRead",
	[PRICE_CACHE_WRITE] = "cacheWrite",
	[PRICE_CACHE_WRITE_1H] = "cacheWrite1h",
	[PRICE_REASONING] = "reasoning",
	NULL,
};

const char *
price_kind_name(enum price_kind kind)
{
	return kind_names[kind];
}

static struct price_rates
rates_unknown(void)
{
	struct price_rates rates;
	size_t i;

	for (i = 0; i < PRICE_KINDS; i++)
		rates.pusd[i] = PRICE_UNKNOWN;
	return rates;
}

static int
bad(struct err *err, const char *member, const char *what)
{
	return err_set(err, EXIT_CONFIG, "%s: %s", member, what);
}

static const char stands_twice[] = "stands there twice";

static int
unknown_member(struct err *err, struct json key, const char *const *known)
{
	struct str name = STR_NONE;
	const char *near = NULL;

	if (json_plain(key, &name))
		near = str_nearest(name, known);
	return err_set(err, EXIT_CONFIG, "unknown member %.*s%s%s%s",
	    (int)str_cut_utf8(json_raw(key), 80), key.p, near ? " (did you mean " : "",
	    near ? near : "", near ? "?)" : "");
}

/* A string without escapes, which can be pointed at where it lies. */
static int
read_text(const char *member, struct json v, struct str *out, struct err *err)
{
	if (!json_plain(v, out) || !out->len)
		return bad(err, member, "must be a non-empty string without escapes");
	return 0;
}

static int
read_date(const char *member, struct json v, int64_t *day, struct str *text, struct err *err)
{
	char date[11]; /* YYYY-MM-DD: the length is checked */

	if (!json_plain(v, text) || text->len != 10)
		return bad(err, member, "must be a date like \"2026-08-05\"");
	memcpy(date, text->p, 10);
	date[10] = '\0';
	*day = clock_date_days(date);
	if (*day < 0)
		return bad(err, member, "must be a date like \"2026-08-05\"");
	return 0;
}

static int
read_rate(const char *member, struct json v, int64_t *rate, struct err *err)
{
	if (!json_is(v, JSON_NUMBER) || !json_scaled(v, 6, rate))
		return bad(err, member, "must be a number of at most six decimal places");
	if (*rate < 0 || *rate > PRICE_RATE_MAX)
		return bad(err, member, "is out of range");
	return 0;
}

/* The kind that key names, or PRICE_KINDS. */
static enum price_kind
kind_of(struct json key)
{
	unsigned kind;

	for (kind = 0; kind < PRICE_KINDS; kind++) {
		if (json_eq(key, kind_names[kind]))
			break;
	}
	return (enum price_kind)kind;
}

static int
read_rates(struct json v, struct price_rates *rates, struct err *err)
{
	struct json_iter it = json_each(v);
	enum price_kind kind;

	*rates = rates_unknown();
	if (!json_is(v, JSON_OBJECT))
		return bad(err, "usdPerMillion", "must be an object");
	while (json_next(&it)) {
		kind = kind_of(it.key);
		if (kind == PRICE_KINDS)
			return unknown_member(err, it.key, kind_names);
		if (rates->pusd[kind] != PRICE_UNKNOWN)
			return bad(err, kind_names[kind], stands_twice);
		if (read_rate(kind_names[kind], it.value, &rates->pusd[kind], err) < 0)
			return -1;
	}
	return 0;
}

/* "above" N holds from N + 1 on (most providers), "from" N from N on (xAI). */
static int
read_tier(struct json v, struct price_tier *tier, struct err *err)
{
	static const char *const known[] = { "above", "from", "usdPerMillion", NULL };
	struct json above = json_get(v, "above"), from = json_get(v, "from");
	struct json_iter it = json_each(v);

	if (!json_is(v, JSON_OBJECT) || json_exists(above) == json_exists(from))
		return bad(err, "contextTiers", "each must have either above or from");
	while (json_next(&it)) {
		if (!json_eq(it.key, known[0]) && !json_eq(it.key, known[1]) &&
		    !json_eq(it.key, known[2]))
			return unknown_member(err, it.key, known);
	}
	if (json_count(v) > 2)
		return bad(err, "contextTiers", "a member stands there twice");
	if (!json_i64(json_exists(above) ? above : from, &tier->from) || tier->from < 1 ||
	    tier->from > PRICE_RATE_MAX)
		return bad(err, "contextTiers", "a bound must be a whole number of tokens");
	if (json_exists(above))
		tier->from++;
	return read_rates(json_get(v, "usdPerMillion"), &tier->rates, err);
}

static int
read_tiers(struct json v, struct price_row *row, struct err *err)
{
	struct json_iter it = json_each(v);

	if (!json_is(v, JSON_ARRAY))
		return bad(err, "contextTiers", "must be an array");
	row->tiers = xcalloc(json_count(v) + 1, sizeof *row->tiers);
	while (json_next(&it)) {
		if (read_tier(it.value, &row->tiers[row->tier_count++], err) < 0)
			return -1;
	}
	return 0;
}

static int
read_aliases(struct json v, struct price_row *row, struct err *err)
{
	struct json_iter it = json_each(v);

	if (!json_is(v, JSON_ARRAY))
		return bad(err, "aliases", "must be an array of names");
	row->aliases = xcalloc(json_count(v) + 1, sizeof *row->aliases);
	while (json_next(&it)) {
		if (read_text("aliases", it.value, &row->aliases[row->alias_count++], err) < 0)
			return -1;
	}
	return 0;
}

/* What a rate table must hold to be charged by: no tier may leave a price to be guessed. */
static int
check_rates(const struct price_row *row, struct err *err)
{
	size_t i, kind;
	int64_t before = 0;

	if (row->rates.pusd[PRICE_IN] < 0 || row->rates.pusd[PRICE_OUT] < 0)
		return bad(err, "usdPerMillion", "needs in and out");
	for (i = 0; i < row->tier_count; before = row->tiers[i++].from) {
		if (row->tiers[i].from <= before)
			return bad(err, "contextTiers", "must rise");
		for (kind = 0; kind < PRICE_KINDS; kind++) {
			if ((row->rates.pusd[kind] < 0) != (row->tiers[i].rates.pusd[kind] < 0))
				return bad(
				    err, "contextTiers", "each must price what the row prices");
		}
	}
	return 0;
}

static int
check_row(const struct price_row *row, bool priced, struct err *err)
{
	if (!row->provider.p || !row->id.p)
		return err_set(err, EXIT_CONFIG, "needs provider and id");
	if (priced == (row->unpriced.p != NULL))
		return err_set(err, EXIT_CONFIG, "needs either usdPerMillion or unpriced");
	if (row->valid_from >= row->valid_to)
		return err_set(err, EXIT_CONFIG, "validTo must lie after validFrom");
	return priced ? check_rates(row, err) : 0;
}

/* The text for people that a row may carry; nothing here reads it. */
static int
check_remark(const char *member, struct json v, struct err *err)
{
	struct json_iter it = json_each(v);

	if (json_is(v, JSON_STRING))
		return 0;
	if (!json_is(v, JSON_ARRAY) || !json_count(v))
		return bad(err, member, "must be text");
	while (json_next(&it)) {
		if (!json_is(it.value, JSON_STRING))
			return bad(err, member, "must be text");
	}
	return 0;
}

enum member {
	M_PROVIDER,
	M_ID,
	M_ALIASES,
	M_RATES,
	M_TIERS,
	M_BASIS,
	M_UNPRICED,
	M_FROM,
	M_TO,
	M_AS_OF,
	M_SOURCES,
	M_DISAGREEMENT,
	M_NOTE,
	M_COUNT
};

static const char *const members[] = {
	[M_PROVIDER] = "provider",
	[M_ID] = "id",
	[M_ALIASES] = "aliases",
	[M_RATES] = "usdPerMillion",
	[M_TIERS] = "contextTiers",
	[M_BASIS] = "basis",
	[M_UNPRICED] = "unpriced",
	[M_FROM] = "validFrom",
	[M_TO] = "validTo",
	[M_AS_OF] = "asOf",
	[M_SOURCES] = "sources",
	[M_DISAGREEMENT] = "disagreement",
	[M_NOTE] = "note",
	[M_COUNT] = NULL,
};

static int
read_member(enum member m, struct json v, struct price_row *row, struct err *err)
{
	struct str ignored;

	switch (m) {
	case M_PROVIDER:
		return read_text("provider", v, &row->provider, err);
	case M_ID:
		return read_text("id", v, &row->id, err);
	case M_ALIASES:
		return read_aliases(v, row, err);
	case M_RATES:
		return read_rates(v, &row->rates, err);
	case M_TIERS:
		return read_tiers(v, row, err);
	case M_BASIS:
		return read_text("basis", v, &row->basis, err);
	case M_UNPRICED:
		return read_text("unpriced", v, &row->unpriced, err);
	case M_FROM:
		return read_date("validFrom", v, &row->valid_from, &row->from_text, err);
	case M_TO:
		return read_date("validTo", v, &row->valid_to, &ignored, err);
	case M_AS_OF:
		return read_date("asOf", v, &row->as_of, &row->as_of_text, err);
	case M_SOURCES:
	case M_DISAGREEMENT:
	case M_NOTE:
		return check_remark(members[m], v, err);
	case M_COUNT:
		break;
	}
	return 0;
}

int
price_row_read(struct json text, struct price_row *row, struct err *err)
{
	struct json_iter it = json_each(text);
	unsigned m, seen = 0;

	*row = (struct price_row){
		.rates = rates_unknown(),
		.valid_from = INT64_MIN,
		.valid_to = INT64_MAX,
		.as_of = -1,
		.text = text,
	};
	if (!json_is(text, JSON_OBJECT))
		return err_set(err, EXIT_CONFIG, "a price row must be an object");
	while (json_next(&it)) {
		for (m = 0; m < M_COUNT && !json_eq(it.key, members[m]); m++)
			;
		if (m == M_COUNT)
			return unknown_member(err, it.key, members);
		if (seen & 1u << m)
			return bad(err, members[m], stands_twice);
		seen |= 1u << m;
		if (read_member((enum member)m, it.value, row, err) < 0)
			return -1;
	}
	return check_row(row, seen & 1u << M_RATES, err);
}

void
price_row_release(struct price_row *row)
{
	free(row->aliases);
	free(row->tiers);
	row->aliases = NULL;
	row->tiers = NULL;
}

const struct price_rates *
price_row_rates(const struct price_row *row, int64_t tokens_in, const struct price_tier **tier)
{
	size_t i = row->tier_count;

	while (i > 0) {
		if (tokens_in >= row->tiers[--i].from) {
			*tier = &row->tiers[i];
			return &row->tiers[i].rates;
		}
	}
	*tier = NULL;
	return &row->rates;
}

void
price_row_name(const struct price_row *row, struct buf *out)
{
	buf_addstr(out, row->provider);
	buf_addc(out, ':');
	buf_addstr(out, row->id);
	if (row->from_text.p) {
		buf_addc(out, '@');
		buf_addstr(out, row->from_text);
	}
}
