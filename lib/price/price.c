/* SPDX-License-Identifier: MIT */
/* price - the price rows, and the one that a provider, a model and a day ask for. */
#include "price/price.h"

#include "base/fnv.h"
#include "base/mem.h"
#include "llm/model_name.h"

/* A name of a model: its id, or an alias that leads to the id. */
struct name {
	struct str provider, name;
	struct str id;
	struct price_row *row; /* under the id: the highest layer's rows; else NULL */
	int layer;
};

/* A row whose id holds a star, at its beginning or end. */
struct pattern {
	struct price_row *row;
	struct str literal;
	bool ends; /* "*literal"; else "literal*" */
};

struct synonym {
	struct str name, provider;
};

struct prices {
	struct price_row **rows;
	size_t row_count, row_cap;
	struct name *names; /* open addressing; name_cap is a power of two */
	size_t name_count, name_cap;
	struct pattern *patterns;
	size_t pattern_count, pattern_cap;
	struct synonym *synonyms;
	size_t synonym_count, synonym_cap;
	char **texts; /* what the rows point into */
	size_t text_count, text_cap;
};

struct prices *
prices_new(void)
{
	return xcalloc(1, sizeof(struct prices));
}

void
prices_free(struct prices *prices)
{
	size_t i;

	if (!prices)
		return;
	for (i = 0; i < prices->row_count; i++) {
		price_row_release(prices->rows[i]);
		free(prices->rows[i]);
	}
	for (i = 0; i < prices->text_count; i++)
		free(prices->texts[i]);
	free(prices->rows);
	free(prices->names);
	free(prices->patterns);
	free(prices->synonyms);
	free(prices->texts);
	free(prices);
}

static char *
keep(struct prices *prices, struct str text)
{
	VEC_GROW(prices->texts, prices->text_count, prices->text_cap);
	return prices->texts[prices->text_count++] = xmemdup(text.p ? text.p : "", text.len);
}

/* --- names --- */

static size_t
hash(struct str provider, struct str name)
{
	uint64_t h = fnv_add(FNV_BASIS, provider);

	h = fnv_add(h, STR_LIT("\n")); /* no name holds one */
	h = fnv_add(h, name);
	return (size_t)(h ^ h >> 32);
}

/* The slot that holds the name, or the free one where it belongs. The table is never full. */
static struct name *
name_slot(const struct prices *prices, struct str provider, struct str name)
{
	size_t at = hash(provider, name) & (prices->name_cap - 1);

	while (prices->names[at].name.p && !(str_eq(prices->names[at].name, name) &&
					       str_eq(prices->names[at].provider, provider)))
		at = (at + 1) & (prices->name_cap - 1);
	return &prices->names[at];
}

static void
names_grow(struct prices *prices)
{
	struct name *old = prices->names;
	size_t i, old_cap = prices->name_cap;

	prices->name_cap = old_cap ? old_cap * 2 : 1024;
	prices->names = xcalloc(prices->name_cap, sizeof *prices->names);
	for (i = 0; i < old_cap; i++) {
		if (old[i].name.p)
			*name_slot(prices, old[i].provider, old[i].name) = old[i];
	}
	free(old);
}

/* The name's slot, made where it is new. */
static struct name *
name_add(struct prices *prices, struct str provider, struct str name)
{
	struct name *n;

	if (prices->name_count * 2 >= prices->name_cap)
		names_grow(prices);
	n = name_slot(prices, provider, name);
	if (!n->name.p) {
		*n = (struct name){ .provider = provider, .name = name, .layer = -1 };
		prices->name_count++;
	}
	return n;
}

static int
name_taken(const struct name *n, struct str id, struct err *err)
{
	return err_set(err, EXIT_CONFIG, "%.*s:%.*s already leads to %.*s, not to %.*s",
	    (int)n->provider.len, n->provider.p, (int)n->name.len, n->name.p, (int)n->id.len,
	    n->id.p, (int)id.len, id.p);
}

static bool
overlap(const struct price_row *a, const struct price_row *b)
{
	return a->valid_from < b->valid_to && b->valid_from < a->valid_to;
}

static int
add_id(struct prices *prices, struct price_row *row, struct err *err)
{
	struct name *n = name_add(prices, row->provider, row->id);
	struct price_row *other;

	if (n->layer == row->layer && !str_eq(n->id, row->id))
		return name_taken(n, row->id, err);
	if (n->layer < row->layer || !str_eq(n->id, row->id))
		n->row = NULL;
	for (other = n->row; other; other = other->other) {
		if (overlap(row, other))
			return err_set(err, EXIT_CONFIG, "%.*s:%.*s is priced twice for one day",
			    (int)row->provider.len, row->provider.p, (int)row->id.len, row->id.p);
	}
	n->id = row->id;
	n->layer = row->layer;
	row->other = n->row;
	n->row = row;
	return 0;
}

static int
add_alias(struct prices *prices, const struct price_row *row, struct str alias, struct err *err)
{
	struct name *n = name_add(prices, row->provider, alias);

	if (n->layer == row->layer && !str_eq(n->id, row->id))
		return name_taken(n, row->id, err);
	if (n->layer < row->layer) {
		n->id = row->id;
		n->layer = row->layer;
		n->row = NULL;
	}
	return 0;
}

static int
add_pattern(struct prices *prices, struct price_row *row, struct err *err)
{
	bool ends = row->id.p[0] == '*';
	struct pattern p = { row, row->id, ends };

	p.literal.p += ends;
	p.literal.len--;
	if ((!ends && row->id.p[row->id.len - 1] != '*') ||
	    (p.literal.len && memchr(p.literal.p, '*', p.literal.len)))
		return err_set(err, EXIT_CONFIG, "a pattern has one * at its beginning or end");
	VEC_GROW(prices->patterns, prices->pattern_count, prices->pattern_cap);
	prices->patterns[prices->pattern_count++] = p;
	return 0;
}

static int
add_row(struct prices *prices, struct price_row *row, struct err *err)
{
	size_t i;

	if (memchr(row->id.p, '*', row->id.len))
		return add_pattern(prices, row, err);
	if (add_id(prices, row, err) < 0)
		return -1;
	for (i = 0; i < row->alias_count; i++) {
		if (add_alias(prices, row, row->aliases[i], err) < 0)
			return -1;
	}
	return 0;
}

/* --- lines --- */

/* {"provider":"gemini","alsoNamed":["google"]} */
static int
add_synonyms(struct prices *prices, struct json line, struct json names, struct err *err)
{
	struct json_iter it = json_each(names);
	struct synonym s;

	if (!json_plain(json_get(line, "provider"), &s.provider) || json_count(line) != 2)
		return err_set(err, EXIT_CONFIG, "alsoNamed stands beside provider alone");
	while (json_next(&it)) {
		if (!json_plain(it.value, &s.name))
			return err_set(err, EXIT_CONFIG, "alsoNamed must be an array of names");
		VEC_GROW(prices->synonyms, prices->synonym_count, prices->synonym_cap);
		prices->synonyms[prices->synonym_count++] = s;
	}
	return 0;
}

static int
add_line(struct prices *prices, struct str line, struct str origin, int layer, struct err *err)
{
	struct price_row row, *kept;
	struct json v, names;

	if (json_parse(line.p, line.len, &v, err) < 0) {
		err->code = EXIT_CONFIG;
		return -1;
	}
	names = json_get(v, "alsoNamed");
	if (json_exists(names))
		return add_synonyms(prices, v, names, err);
	if (price_row_read(v, &row, err) < 0) {
		price_row_release(&row);
		return -1;
	}
	kept = xmalloc(sizeof *kept);
	*kept = row;
	kept->layer = layer;
	if (layer > 0)
		kept->origin = origin;
	VEC_GROW(prices->rows, prices->row_count, prices->row_cap);
	prices->rows[prices->row_count++] = kept;
	return add_row(prices, kept, err);
}

int
prices_add(struct prices *prices, const char *file, struct str text, int layer, struct err *err)
{
	struct str rest = { keep(prices, text), text.len }, line;
	struct str origin = str_of(keep(prices, str_of(file)));
	unsigned long number = 0;

	while (str_split(&rest, '\n', &line)) {
		number++;
		if (!str_trim(line).len)
			continue;
		if (add_line(prices, line, origin, layer, err) < 0)
			return err_wrap(err, "%s:%lu", file, number);
	}
	return 0;
}

/* --- finding --- */

static struct str
provider_of(const struct prices *prices, struct str provider)
{
	size_t i;

	for (i = 0; i < prices->synonym_count; i++) {
		if (str_eq(prices->synonyms[i].name, provider))
			return prices->synonyms[i].provider;
	}
	return provider;
}

/* The rows of a name, through an alias where it is one; NULL where it names nothing. */
static const struct price_row *
rows_of(const struct prices *prices, struct str provider, struct str name)
{
	const struct name *n;

	if (!prices->name_cap || !name.len)
		return NULL;
	n = name_slot(prices, provider, name);
	if (n->name.p && !n->row)
		n = name_slot(prices, provider, n->id);
	return n->row;
}

static const struct price_row *
rows_by_spelling(const struct prices *prices, struct str provider, struct str name)
{
	const struct price_row *rows = rows_of(prices, provider, name);

	if (!rows)
		rows = rows_of(prices, provider, model_name_undated(name));
	if (!rows)
		rows = rows_of(prices, provider, model_name_unlatest(name));
	return rows;
}

static bool
pattern_fits(const struct pattern *p, struct str name)
{
	size_t at = p->ends ? name.len - p->literal.len : 0;

	return name.len >= p->literal.len && memcmp(name.p + at, p->literal.p, p->literal.len) == 0;
}

/* The highest layer's pattern with the most letters. */
static const struct price_row *
row_by_pattern(const struct prices *prices, struct str provider, struct str name)
{
	const struct pattern *best = NULL, *p;
	size_t i;

	for (i = 0; i < prices->pattern_count; i++) {
		p = &prices->patterns[i];
		if (!str_eq(p->row->provider, provider) || !pattern_fits(p, name))
			continue;
		if (!best || p->row->layer > best->row->layer ||
		    (p->row->layer == best->row->layer && p->literal.len > best->literal.len))
			best = p;
	}
	return best ? best->row : NULL;
}

static bool
has_provider(const struct prices *prices, struct str provider)
{
	size_t i;

	for (i = 0; i < prices->row_count; i++) {
		if (str_eq(prices->rows[i]->provider, provider))
			return true;
	}
	return false;
}

const struct price_row *
price_find(const struct prices *prices, struct str provider, struct str model, int64_t day,
    enum price_miss *miss)
{
	const struct price_row *rows;

	provider = provider_of(prices, provider);
	rows = rows_by_spelling(prices, provider, model);
	if (!rows)
		rows = rows_by_spelling(prices, provider, model_name_unprefixed(provider, model));
	if (!rows && model.len)
		rows = row_by_pattern(prices, provider, model);
	if (!rows) {
		*miss = has_provider(prices, provider) ? PRICE_NO_MODEL : PRICE_NO_PROVIDER;
		return NULL;
	}
	for (; rows; rows = rows->other) {
		if (rows->valid_from <= day && day < rows->valid_to) {
			*miss = PRICE_FOUND;
			return rows;
		}
	}
	*miss = PRICE_NO_DATE;
	return NULL;
}

/* --- the whole --- */

size_t
prices_count(const struct prices *prices)
{
	return prices->row_count;
}

const struct price_row *
prices_at(const struct prices *prices, size_t i)
{
	return prices->rows[i];
}

bool
prices_is_hidden(const struct prices *prices, const struct price_row *row)
{
	return !memchr(row->id.p, '*', row->id.len) &&
	       name_slot(prices, row->provider, row->id)->layer > row->layer;
}

size_t
prices_stale(const struct prices *prices, int64_t day, int64_t days, size_t *total)
{
	const struct price_row *row;
	size_t i, stale = 0;

	*total = 0;
	for (i = 0; i < prices->row_count; i++) {
		row = prices->rows[i];
		if (row->valid_from > day || day >= row->valid_to || row->as_of < 0 ||
		    prices_is_hidden(prices, row))
			continue;
		++*total;
		stale += day - row->as_of > days;
	}
	return stale;
}
