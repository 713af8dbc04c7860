/* SPDX-License-Identifier: MIT */
/* metrics - what failing over has been good for. */
#include "failover/metrics.h"

#include <math.h>

#include "base/die.h"
#include "base/money.h"
#include "cli/table.h"
#include "json/json.h"
#include "json/jsonw.h"

/* Each border is 5 % above the one before, from a microsecond to past a day. */
static const double step = 1.05;

static size_t
bucket_of(int64_t us)
{
	double n = us > 1 ? log((double)us) / log(step) : 0;

	return n < METRICS_BUCKETS - 1 ? (size_t)n : METRICS_BUCKETS - 1;
}

void
metrics_add(struct metrics *m, const struct walk_sums *sums)
{
	m->requests++;
	m->ok += sums->ok;
	m->attempts += (int64_t)sums->attempts;
	m->hedges += (int64_t)sums->hedges;
	m->hedge_wins += sums->hedge_won;
	m->breaker_skips += (int64_t)sums->skips;
	if (sums->attempts > 1 + sums->hedges)
		m->retries += (int64_t)(sums->attempts - 1 - sums->hedges);
	m->failed_first += sums->first_failure_us != 0;
	m->cost_unknown += !sums->cost_known;
	(void)money_add(&m->cost_pusd, sums->cost_pusd); /* past nine million dollars */
	(void)money_add(&m->lost_pusd, sums->lost_pusd);
	if (!sums->rescued || !sums->first_failure_us)
		return;
	m->rescued++;
	m->recoveries[bucket_of(sums->end_us - sums->first_failure_us)]++;
}

void
metrics_refuse(struct metrics *m)
{
	m->requests++;
	m->refused++;
}

/* The middle, by ratio, of the bucket that holds the share'th of n. */
static double
recovery_ms(const struct metrics *m, double share)
{
	double rank = share * (double)m->rescued;
	int64_t seen = 0;

	for (size_t i = 0; i < METRICS_BUCKETS; i++) {
		seen += m->recoveries[i];
		if (seen && (double)seen >= rank)
			return pow(step, (double)i + 0.5) / 1000;
	}
	return 0;
}

/* --- records --- */

static void
begin(struct jsonw *w, struct buf *out, const char *name)
{
	jsonw_start(w, out);
	jsonw_object(w);
	jsonw_kstr(w, "type", "metric");
	jsonw_kstr(w, "name", name);
	jsonw_key(w, "value");
}

static void
end(struct jsonw *w, const char *unit, int64_t n)
{
	jsonw_kstr(w, "unit", unit);
	jsonw_ki64(w, "n", n);
	jsonw_end(w);
	buf_addc(w->out, '\n');
}

static void
put_count(struct buf *out, const char *name, int64_t value, int64_t n)
{
	struct jsonw w;

	begin(&w, out, name);
	jsonw_i64(&w, value);
	end(&w, "count", n);
}

/* Of none there is no share and no mean. */
static void
put_ratio(struct buf *out, const char *name, const char *unit, int64_t value, int64_t n)
{
	struct jsonw w;

	begin(&w, out, name);
	if (n)
		jsonw_double(&w, round((double)value / (double)n * 1e6) / 1e6);
	else
		jsonw_null(&w);
	end(&w, unit, n);
}

static void
put_ms(struct buf *out, const char *name, const struct metrics *m, double share)
{
	struct jsonw w;

	begin(&w, out, name);
	if (m->rescued)
		jsonw_double(&w, round(recovery_ms(m, share) * 1000) / 1000);
	else
		jsonw_null(&w);
	end(&w, "ms", m->rescued);
}

static void
put_usd(struct buf *out, const char *name, int64_t pusd, int64_t n)
{
	struct jsonw w;

	begin(&w, out, name);
	jsonw_usd(&w, pusd);
	end(&w, "usd", n);
}

void
metrics_write(const struct metrics *m, struct buf *out)
{
	put_count(out, "failover.requests", m->requests, m->requests);
	put_ratio(out, "failover.ok", "share", m->ok, m->requests);
	put_ratio(out, "failover.rescued", "share", m->rescued, m->requests);
	put_ratio(out, "failover.rescued_of_failing", "share", m->rescued, m->failed_first);
	put_ratio(out, "failover.refused", "share", m->refused, m->requests);
	put_ratio(out, "failover.attempts", "mean", m->attempts, m->requests);
	put_count(out, "failover.retries", m->retries, m->requests);
	put_count(out, "failover.breaker_skips", m->breaker_skips, m->requests);
	put_count(out, "failover.hedges", m->hedges, m->requests);
	put_count(out, "failover.hedge_wins", m->hedge_wins, m->hedges);
	put_ms(out, "failover.recovery_p50", m, 0.5);
	put_ms(out, "failover.recovery_p95", m, 0.95);
	put_usd(out, "failover.cost", m->cost_pusd, m->requests);
	put_usd(out, "failover.cost_lost", m->lost_pusd, m->requests);
	put_count(out, "failover.cost_bounded", m->cost_unknown, m->requests);
}

/* --- for people --- */

/* Of a record of ours; what there is none of is a dash. */
static void
print_row(struct str line, struct table *t)
{
	static const char *const columns[] = { "name", "value", "unit", "n", NULL };
	struct json record, value;
	struct err err = ERR_INIT;
	struct buf *cell;

	if (json_parse(line.p, line.len, &record, &err) < 0)
		BUG("metrics: a record of ours: %s", err.text);
	for (size_t i = 0; columns[i]; i++) {
		cell = table_cell(t);
		value = json_get(record, columns[i]);
		if (value.kind == JSON_STRING)
			json_text(value, cell);
		else
			buf_addstr(cell, value.kind == JSON_NULL ? STR_LIT("-") : json_raw(value));
	}
}

void
metrics_print(const struct metrics *m, struct buf *out)
{
	static const char *const titles[] = { "METRIC", "VALUE", "UNIT", "OF", NULL };
	struct buf records = BUF_INIT(BUF_UNLIMITED);
	struct table table;
	struct str rest, line;

	table_init(&table, 4, 1);
	for (size_t i = 0; titles[i]; i++)
		buf_adds(table_cell(&table), titles[i]);
	metrics_write(m, &records);
	for (rest = buf_str(&records); str_split(&rest, '\n', &line);)
		if (line.len)
			print_row(line, &table);
	table_print(&table, out);
	table_release(&table);
	buf_release(&records);
}
