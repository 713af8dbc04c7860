/* SPDX-License-Identifier: MIT */
/* cost_total - what a run came to, per model and overall: as a record, or as a table for people. */
#include "price/cost_total.h"

#include "base/money.h"
#include "cli/table.h"
#include "json/jsonw.h"

/* Whether pusd is a sum of something. */
static bool
is_known(const struct cost_sums *s)
{
	return !s->overflow && (s->unpriced < s->responses || !s->responses);
}

static void
write_count(struct jsonw *w, const char *key, int64_t count)
{
	if (count != TOKENS_UNKNOWN)
		jsonw_ki64(w, key, count);
}

static void
write_sums(struct jsonw *w, const struct cost_sums *s)
{
	jsonw_ki64(w, "responses", s->responses);
	jsonw_ki64(w, "unpriced", s->unpriced);
	if (s->reported)
		jsonw_ki64(w, "reported", s->reported);
	jsonw_key(w, "costUsd");
	if (is_known(s))
		jsonw_usd(w, s->pusd);
	else
		jsonw_null(w);
	jsonw_key(w, "usage");
	jsonw_object(w);
	write_count(w, "tokensIn", s->usage.in);
	write_count(w, "tokensOut", s->usage.out);
	write_count(w, "cacheReadTokens", s->usage.cache_read);
	write_count(w, "cacheWriteTokens", s->usage.cache_write);
	write_count(w, "cacheWrite1hTokens", s->usage.cache_write_1h);
	write_count(w, "reasoningTokens", s->usage.reasoning);
	jsonw_end(w);
}

/* The sums of one pair; names NULL: those of the pairs that have no entry of their own. */
static void
write_model(struct jsonw *w, const struct cost_model *m, bool named)
{
	struct buf row = BUF_INIT(BUF_UNLIMITED);

	jsonw_object(w);
	if (named && m->provider.len) {
		jsonw_key(w, "provider");
		jsonw_raw(w, m->provider);
	}
	if (named && m->model.len) {
		jsonw_key(w, "model");
		jsonw_raw(w, m->model);
	}
	if (named && m->row) {
		price_row_name(m->row, &row);
		jsonw_kstrn(w, "row", buf_str(&row));
	}
	if (!named)
		jsonw_kbool(w, "others", true);
	write_sums(w, &m->sums);
	jsonw_end(w);
	buf_release(&row);
}

void
cost_total_record(const struct cost *cost, struct buf *out)
{
	struct jsonw w;
	size_t i;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "total");
	write_sums(&w, &cost->total);
	jsonw_key(&w, "models");
	jsonw_array(&w);
	for (i = 0; i < cost->models.count; i++)
		write_model(&w, cost->models.items[i], true);
	if (cost->models.others.sums.responses)
		write_model(&w, &cost->models.others, false);
	jsonw_end(&w);
	jsonw_end(&w);
}

/* --- the table --- */

static void
cell_count(struct table *t, int64_t count)
{
	struct buf *cell = table_cell(t);

	if (count == TOKENS_UNKNOWN)
		buf_addc(cell, '-');
	else
		buf_addi(cell, count);
}

/* A raw JSON string's text; "-" where there is none. */
static void
add_name(struct buf *cell, struct str raw)
{
	size_t before = cell->len;

	if (raw.len && raw.p[0] == '"')
		json_text((struct json){ raw.p, raw.len, JSON_STRING }, cell);
	if (cell->len == before)
		buf_addc(cell, '-');
}

static void
cells_sums(struct table *t, const struct cost_sums *s)
{
	cell_count(t, s->responses);
	cell_count(t, s->unpriced);
	cell_count(t, s->usage.in);
	cell_count(t, s->usage.cache_read);
	cell_count(t, s->usage.out);
	if (is_known(s))
		money_print(table_cell(t), s->pusd);
	else
		buf_adds(table_cell(t), "unknown");
}

void
cost_total_table(const struct cost *cost, struct buf *out)
{
	static const char *const heads[] = { "MODEL", "RESPONSES", "UNPRICED", "TOKENS IN",
		"CACHED", "TOKENS OUT", "COST USD" };
	const struct cost_model *m;
	struct table t;
	struct buf *cell;
	size_t i;

	table_init(&t, sizeof heads / sizeof *heads, 1);
	for (i = 0; i < t.columns; i++)
		buf_adds(table_cell(&t), heads[i]);
	for (i = 0; i < cost->models.count; i++) {
		m = cost->models.items[i];
		cell = table_cell(&t);
		add_name(cell, m->provider);
		buf_addc(cell, ':');
		add_name(cell, m->model);
		cells_sums(&t, &m->sums);
	}
	if (cost->models.others.sums.responses) {
		buf_adds(table_cell(&t), "(other models)");
		cells_sums(&t, &cost->models.others.sums);
	}
	buf_adds(table_cell(&t), "total");
	cells_sums(&t, &cost->total);
	table_print(&t, out);
	table_release(&t);
}
