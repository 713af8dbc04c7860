/* SPDX-License-Identifier: MIT */
/* health_list - breakers and latencies as the store holds them: listed, opened, closed, forgotten.
 */
#include "policy/health_list.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "sys/clock.h"

#define SECOND_US INT64_C(1000000)

/* Fewer answers than this (they fade) say nothing of how long answers take. */
#define AT_LEAST 0.5

static int
compare_rows(const void *a, const void *b)
{
	return strcmp(((const struct health_row *)a)->name, ((const struct health_row *)b)->name);
}

/* The row of that name among the first count, which are sorted, or a new one behind all. */
static struct health_row *
find_row(struct health_list *list, size_t count, struct str name)
{
	struct health_row row = { .name = xmemdup(name.p, name.len) }, *found = NULL;

	if (count)
		found = bsearch(&row, list->rows, count, sizeof row, compare_rows);
	if (found) {
		free(row.name);
		return found;
	}
	breaker_init(&row.breaker);
	latency_init(&row.latency);
	VEC_GROW(list->rows, list->count, list->cap);
	list->rows[list->count] = row;
	return &list->rows[list->count++];
}

struct health_scan {
	struct health_list *list;
	size_t breakers; /* how many rows came of breakers: those are in order */
};

static struct str
name_in(struct str key, const char *prefix)
{
	size_t n = strlen(prefix);

	return (struct str){ key.p + n, key.len - n };
}

static bool
add_breaker(void *user, struct str key, struct str value)
{
	struct health_scan *scan = user;
	struct health_row *row = find_row(scan->list, 0, name_in(key, HEALTH_BREAKERS));

	row->has_breaker = true;
	(void)breaker_read(&row->breaker, value); /* not ours: a closed one, as for who asks it */
	scan->breakers = scan->list->count;
	return true;
}

static bool
add_latency(void *user, struct str key, struct str value)
{
	struct health_scan *scan = user;
	struct health_row *row = find_row(
	    scan->list, scan->breakers, name_in(key, HEALTH_LATENCIES));

	row->has_latency = latency_read(&row->latency, value);
	return true;
}

int
health_list_read(struct health_list *list, struct store *store, struct err *err)
{
	struct health_scan scan = { .list = list };

	if (store_scan(store, STR_LIT(HEALTH_BREAKERS), add_breaker, &scan, err) < 0 ||
	    store_scan(store, STR_LIT(HEALTH_LATENCIES), add_latency, &scan, err) < 0)
		return -1;
	if (list->count)
		qsort(list->rows, list->count, sizeof *list->rows, compare_rows);
	return 0;
}

void
health_list_release(struct health_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->rows[i].name);
	free(list->rows);
	*list = (struct health_list){ 0 };
}

/* --- what is shown --- */

/* What is read off a row, by records and tables alike. */
struct health_view {
	enum breaker_state state;
	int64_t until_us; /* 0: no time is set */
	const char *cause; /* "": none */
	int64_t window_us, ok, failed;
	double p50_ms, p95_ms, first_p50_ms, first_p95_ms, ok_rate; /* negative: not known */
};

/* The rule that it was counted by, as far as that shows. */
static struct breaker_rule
rule_of(const struct breaker *b, const struct breaker_rule *rule)
{
	struct breaker_rule own = breaker_rule_default;

	if (rule)
		return *rule;
	if (b->bucket_us)
		own.window_us = b->bucket_us * BREAKER_BUCKETS;
	return own;
}

static void
view_breaker(
    struct health_view *v, const struct breaker *b, const struct breaker_rule *rule, int64_t now_us)
{
	struct breaker looked = *b;
	struct breaker_rule own = rule_of(b, rule);
	int64_t until_us;
	bool changed;

	v->state = b->state;
	/* Its time is over, and who asks next is let try: that nobody asked yet is no matter. */
	if (b->state == BREAKER_OPEN &&
	    breaker_admit(&looked, &own, now_us, 0, 0, &until_us, &changed) == BREAKER_PROBE)
		v->state = BREAKER_HALF_OPEN;
	if (v->state == BREAKER_OPEN && b->until_us != BREAKER_BY_HAND_ONLY)
		v->until_us = b->until_us;
	if (v->state != BREAKER_CLOSED)
		v->cause = b->by_hand ? "by hand" : b->cause;
	v->window_us = own.window_us;
	breaker_counts(b, &own, now_us, &v->ok, &v->failed);
}

static struct health_view
view_of(const struct health_row *row, const struct breaker_rule *rule, int64_t now_us)
{
	struct health_view v = { .cause = "", .ok_rate = -1 };
	struct latency faded = row->latency;
	double ended;

	view_breaker(&v, &row->breaker, rule, now_us);
	latency_fade(&faded, now_us);
	v.p50_ms = latency_percentile(&faded.total, 0.5, AT_LEAST);
	v.p95_ms = latency_percentile(&faded.total, 0.95, AT_LEAST);
	v.first_p50_ms = latency_percentile(&faded.first, 0.5, AT_LEAST);
	v.first_p95_ms = latency_percentile(&faded.first, 0.95, AT_LEAST);
	ended = faded.ok + faded.failed;
	if (ended >= AT_LEAST)
		v.ok_rate = faded.ok / ended;
	return v;
}

static void
write_ms(struct jsonw *w, const char *key, double ms)
{
	if (ms >= 0)
		jsonw_ki64(w, key, llround(ms));
}

static void
write_time(struct jsonw *w, const char *key, int64_t at_us)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	if (at_us > 0) {
		clock_print(&text, at_us);
		jsonw_kstrn(w, key, buf_str(&text));
	}
	buf_release(&text);
}

static void
write_breaker(const struct breaker *b, const struct health_view *v, struct jsonw *w)
{
	jsonw_kstr(w, "state", breaker_state_name(v->state));
	if (v->state != BREAKER_CLOSED) {
		write_time(w, "opened", b->opened_us);
		write_time(w, "until", v->until_us);
		if (v->cause[0])
			jsonw_kstr(w, "cause", v->cause);
	}
	jsonw_ki64(w, "windowMs", v->window_us / 1000);
	jsonw_ki64(w, "ok", v->ok);
	jsonw_ki64(w, "failed", v->failed);
	jsonw_ki64(w, "consecutive", b->consecutive);
}

void
health_row_write(
    const struct health_row *row, const struct breaker_rule *rule, int64_t now_us, struct jsonw *w)
{
	struct health_view v = view_of(row, rule, now_us);

	jsonw_object(w);
	jsonw_kstr(w, "type", "breaker");
	jsonw_kstr(w, "name", row->name);
	if (row->has_breaker)
		write_breaker(&row->breaker, &v, w);
	write_ms(w, "p50Ms", v.p50_ms);
	write_ms(w, "p95Ms", v.p95_ms);
	write_ms(w, "ttftP50Ms", v.first_p50_ms);
	write_ms(w, "ttftP95Ms", v.first_p95_ms);
	if (v.ok_rate >= 0) {
		jsonw_key(w, "okRate");
		jsonw_double(w, round(v.ok_rate * 1000) / 1000);
	}
	jsonw_end(w);
}

void
health_table_init(struct table *t)
{
	static const char *const heads[] = { "NAME", "STATE", "CAUSE", "FOR", "OK", "FAILED", "P50",
		"P95", "TTFT P50", "TTFT P95", "OK RATE" };

	table_init(t, sizeof heads / sizeof *heads, 3);
	for (size_t i = 0; i < t->columns; i++)
		buf_adds(table_cell(t), heads[i]);
}

/* 950 ms, 12.5 s: what people compare. */
static void
cell_ms(struct table *t, double ms)
{
	struct buf *to = table_cell(t);

	if (ms < 0)
		buf_addc(to, '-');
	else if (ms < 1000)
		buf_addf(to, "%.0f ms", ms);
	else
		buf_addf(to, "%.1f s", ms / 1000);
}

/* How long it is still open. */
static void
cell_left(struct table *t, const struct health_view *v, int64_t now_us)
{
	int64_t s = (v->until_us - now_us + SECOND_US - 1) / SECOND_US;
	struct buf *to = table_cell(t);

	if (!v->until_us)
		buf_addc(to, '-');
	else if (s < 120)
		buf_addf(to, "%lld s", (long long)s);
	else if (s < 7200)
		buf_addf(to, "%lld min", (long long)(s + 59) / 60);
	else
		buf_addf(to, "%lld h", (long long)(s + 3599) / 3600);
}

static void
cell_count(struct table *t, bool known, int64_t n)
{
	struct buf *to = table_cell(t);

	if (known)
		buf_addi(to, n);
	else
		buf_addc(to, '-');
}

void
health_table_add(
    struct table *t, const struct health_row *row, const struct breaker_rule *rule, int64_t now_us)
{
	struct health_view v = view_of(row, rule, now_us);
	struct buf *to;

	buf_adds(table_cell(t), row->name);
	buf_adds(table_cell(t), row->has_breaker ? breaker_state_name(v.state) : "-");
	buf_adds(table_cell(t), v.cause[0] ? v.cause : "-");
	cell_left(t, &v, now_us);
	cell_count(t, row->has_breaker, v.ok);
	cell_count(t, row->has_breaker, v.failed);
	cell_ms(t, v.p50_ms);
	cell_ms(t, v.p95_ms);
	cell_ms(t, v.first_p50_ms);
	cell_ms(t, v.first_p95_ms);
	to = table_cell(t);
	if (v.ok_rate < 0)
		buf_addc(to, '-');
	else
		buf_addf(to, "%.1f %%", v.ok_rate * 100);
}

/* --- by hand --- */

struct by_hand {
	int64_t now_us, for_us;
	bool open;
};

static enum store_change
set_by_hand(void *user, struct str old, struct buf *fresh, int64_t *expires_us)
{
	const struct by_hand *hand = user;
	struct breaker b;

	(void)breaker_read(&b, old); /* none, or not ours: a closed one */
	if (hand->open)
		breaker_open(&b, hand->now_us, hand->for_us);
	else
		breaker_close(&b, hand->now_us);
	breaker_write(&b, fresh);
	*expires_us = health_breaker_expiry(&b, hand->now_us);
	return STORE_WRITE;
}

static int
change(struct store *store, const char *prefix, struct str name, store_update_fn *fn, void *user,
    struct err *err)
{
	struct buf key = BUF_INIT(BUF_UNLIMITED);
	int r;

	buf_adds(&key, prefix);
	buf_addstr(&key, name);
	r = store_update(store, buf_str(&key), fn, user, err);
	buf_release(&key);
	return r;
}

int
health_open(struct store *store, struct str name, int64_t now_us, int64_t for_us, struct err *err)
{
	struct by_hand hand = { now_us, for_us, true };

	return change(store, HEALTH_BREAKERS, name, set_by_hand, &hand, err);
}

int
health_close(struct store *store, struct str name, int64_t now_us, struct err *err)
{
	struct by_hand hand = { .now_us = now_us };

	return change(store, HEALTH_BREAKERS, name, set_by_hand, &hand, err);
}

static enum store_change
forget_breaker(void *user, struct str old, struct buf *fresh, int64_t *expires_us)
{
	struct breaker b;

	(void)user;
	(void)fresh;
	(void)expires_us;
	return breaker_read(&b, old) && b.by_hand ? STORE_KEEP : STORE_DELETE;
}

static enum store_change
forget_latency(void *user, struct str old, struct buf *fresh, int64_t *expires_us)
{
	(void)user;
	(void)old;
	(void)fresh;
	(void)expires_us;
	return STORE_DELETE;
}

int
health_reset(struct store *store, struct str name, struct err *err)
{
	if (change(store, HEALTH_LATENCIES, name, forget_latency, NULL, err) < 0)
		return -1;
	return change(store, HEALTH_BREAKERS, name, forget_breaker, NULL, err);
}
