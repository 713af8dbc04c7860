/* SPDX-License-Identifier: MIT */
/* latency - a histogram of times that fades, and the shares that are read off it. */
#include "policy/latency.h"

#include <math.h>

#include "json/json.h"
#include "json/jsonw.h"

enum { LATENCY_VERSION = 1 };

/* Bucket i holds RATIO^i to RATIO^(i+1) milliseconds: 96 of them reach from 1 ms to 671 s. */
#define RATIO 1.15
/* Wherever in its bucket a time lay, a guess between these shares of it is within 10 %: the widest
 * way, 0.68 of a bucket, is a factor of 1.15^0.68 = 1.0998. */
#define GUESS_LOW 0.32
#define GUESS_HIGH 0.68
/* Fading by less than a thousandth is put off. */
#define FADE_STEP_US INT64_C(500000)
/* In the text, a count is so many thousandths. */
#define COUNT_UNIT 1000.0
#define COUNT_MAX 1e12
#define TIME_MAX (INT64_MAX / 4)

void
latency_init(struct latency *l)
{
	*l = (struct latency){ 0 };
}

static double
faded(int64_t elapsed_us)
{
	return exp2(-(double)elapsed_us / (double)LATENCY_HALF_LIFE_US);
}

static void
scale(struct latency *l, double by)
{
	l->ok *= by;
	l->failed *= by;
	l->total.total *= by;
	l->first.total *= by;
	for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
		l->total.counts[i] *= by;
		l->first.counts[i] *= by;
	}
}

/* How long ago the counts were right; what is far ahead is of a clock that was set back since. */
static int64_t
age_us(const struct latency *l, int64_t now_us)
{
	return l->at_us < now_us ? now_us - l->at_us : 0;
}

void
latency_fade(struct latency *l, int64_t now_us)
{
	int64_t age = age_us(l, now_us);

	if (age >= FADE_STEP_US) {
		if (l->at_us)
			scale(l, faded(age));
		l->at_us = now_us;
	} else if (l->at_us - now_us > LATENCY_HALF_LIFE_US) {
		l->at_us = now_us;
	}
}

static size_t
bucket_of(double ms)
{
	double at = ms > 1 ? log(ms) / log(RATIO) : 0;

	return at < LATENCY_BUCKETS - 1 ? (size_t)at : LATENCY_BUCKETS - 1;
}

static void
histogram_add(struct latency_histogram *h, double ms)
{
	h->counts[bucket_of(ms)] += 1;
	h->total += 1;
}

/* It would have taken longer than that: one answer, shared out among those of its like that did (B.
 * Efron, The two sample problem with censored data, 1967). */
static void
histogram_add_longer(struct latency_histogram *h, const struct latency_histogram *like, double ms)
{
	size_t from = bucket_of(ms);
	double longer = 0, share;

	for (size_t i = from; i < LATENCY_BUCKETS; i++)
		longer += like->counts[i];
	if (longer <= 0) {
		histogram_add(h, ms);
		return;
	}
	share = 1 / longer;
	for (size_t i = from; i < LATENCY_BUCKETS; i++)
		h->counts[i] += like->counts[i] * share;
	h->total += 1;
}

void
latency_add(struct latency *l, int64_t now_us, bool ok, double total_ms, double first_ms)
{
	latency_fade(l, now_us);
	if (!ok) {
		l->failed += 1;
		return;
	}
	l->ok += 1;
	if (total_ms >= 0)
		histogram_add(&l->total, total_ms);
	if (first_ms >= 0)
		histogram_add(&l->first, first_ms);
}

void
latency_add_cancelled(
    struct latency *l, const struct latency *like, int64_t now_us, double total_ms, double first_ms)
{
	latency_fade(l, now_us);
	if (total_ms >= 0)
		histogram_add_longer(&l->total, &like->total, total_ms);
	if (first_ms >= 0)
		histogram_add_longer(&l->first, &like->first, first_ms);
}

static void
histogram_merge(struct latency_histogram *h, const struct latency_histogram *other, double share)
{
	for (size_t i = 0; i < LATENCY_BUCKETS; i++)
		h->counts[i] += other->counts[i] * share;
	h->total += other->total * share;
}

void
latency_merge(struct latency *l, const struct latency *other, int64_t now_us)
{
	double share = faded(age_us(other, now_us));

	latency_fade(l, now_us);
	l->ok += other->ok * share;
	l->failed += other->failed * share;
	histogram_merge(&l->total, &other->total, share);
	histogram_merge(&l->first, &other->first, share);
}

double
latency_percentile(const struct latency_histogram *h, double share, double at_least)
{
	double left = fmin(fmax(share, 0), 1) * h->total;
	size_t i, last = 0;

	if (h->total <= 0 || h->total < at_least)
		return -1;
	for (i = 0; i < LATENCY_BUCKETS; i++) {
		if (h->counts[i] <= 0)
			continue;
		last = i;
		if (left <= h->counts[i])
			break;
		left -= h->counts[i];
	}
	left = i < LATENCY_BUCKETS ? left / h->counts[last] : 1;
	return pow(RATIO, (double)last + GUESS_LOW + (GUESS_HIGH - GUESS_LOW) * left);
}

double
latency_ok_rate(const struct latency *l, int64_t now_us, double prior)
{
	double share = faded(age_us(l, now_us));

	return (l->ok * share + 2 * prior) / ((l->ok + l->failed) * share + 2);
}

/* --- as text --- */

static void
write_count(struct jsonw *w, const char *key, double n)
{
	jsonw_ki64(w, key, (int64_t)llround(fmin(n, COUNT_MAX) * COUNT_UNIT));
}

/* Bucket and count by turns; what has faded away is left out. */
static void
write_histogram(struct jsonw *w, const char *key, const struct latency_histogram *h)
{
	jsonw_key(w, key);
	jsonw_array(w);
	for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
		int64_t n = (int64_t)llround(fmin(h->counts[i], COUNT_MAX) * COUNT_UNIT);

		if (n > 0) {
			jsonw_i64(w, (int64_t)i);
			jsonw_i64(w, n);
		}
	}
	jsonw_end(w);
}

void
latency_write(const struct latency *l, struct buf *out)
{
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_ki64(&w, "v", LATENCY_VERSION);
	jsonw_ki64(&w, "at", l->at_us);
	write_count(&w, "ok", l->ok);
	write_count(&w, "failed", l->failed);
	write_histogram(&w, "total", &l->total);
	write_histogram(&w, "first", &l->first);
	jsonw_end(&w);
}

static bool
read_count(struct json v, double *n)
{
	int64_t thousandths;

	if (!json_i64(v, &thousandths) || thousandths < 0 ||
	    (double)thousandths > COUNT_MAX * COUNT_UNIT)
		return false;
	*n = (double)thousandths / COUNT_UNIT;
	return true;
}

static bool
read_histogram(struct json v, struct latency_histogram *h)
{
	struct json_iter it = json_each(v);
	int64_t i, after = 0;

	if (v.kind != JSON_ARRAY)
		return false;
	while (json_next(&it)) {
		if (!json_i64(it.value, &i) || i < after || i >= LATENCY_BUCKETS ||
		    !json_next(&it) || !read_count(it.value, &h->counts[i]))
			return false;
		h->total += h->counts[i];
		after = i + 1;
	}
	return true;
}

static bool
read_all(struct latency *l, struct json v)
{
	int64_t version;

	return v.kind == JSON_OBJECT && json_i64(json_get(v, "v"), &version) &&
	       version == LATENCY_VERSION && json_i64(json_get(v, "at"), &l->at_us) &&
	       l->at_us >= 0 && l->at_us <= TIME_MAX && read_count(json_get(v, "ok"), &l->ok) &&
	       read_count(json_get(v, "failed"), &l->failed) &&
	       read_histogram(json_get(v, "total"), &l->total) &&
	       read_histogram(json_get(v, "first"), &l->first);
}

bool
latency_read(struct latency *l, struct str text)
{
	struct json v;
	struct err err = ERR_INIT;

	latency_init(l);
	if (json_parse(text.p, text.len, &v, &err) == 0 && read_all(l, v))
		return true;
	latency_init(l);
	return false;
}
