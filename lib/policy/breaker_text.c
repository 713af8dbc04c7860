/* SPDX-License-Identifier: MIT */
/* breaker_text - a breaker as the text that processes hand each other through the store. */
#include "policy/breaker.h"

#include <string.h>

#include "json/json.h"
#include "json/jsonw.h"

/* A form that is not this one is not guessed at. */
enum { BREAKER_VERSION = 1 };

/* Times and counts past these were not written by us; below them no sum of two overflows. */
#define TIME_MAX (INT64_MAX / 4)
#define COUNT_MAX (INT64_MAX / 64)

static int64_t
capped(int64_t n, int64_t max)
{
	return n < max ? n : max;
}

static void
write_buckets(const struct breaker *b, struct jsonw *w)
{
	jsonw_key(w, "n");
	jsonw_array(w);
	for (size_t i = 0; i < BREAKER_BUCKETS; i++) {
		const struct breaker_bucket *bucket = &b->buckets[i];

		if (!bucket->ok && !bucket->failed)
			continue;
		jsonw_i64(w, bucket->slot);
		jsonw_i64(w, capped(bucket->ok, COUNT_MAX));
		jsonw_i64(w, capped(bucket->failed, COUNT_MAX));
	}
	jsonw_end(w);
}

static void
write_probes(const struct breaker *b, struct jsonw *w)
{
	jsonw_key(w, "p");
	jsonw_array(w);
	for (size_t i = 0; i < BREAKER_PROBES_MAX; i++) {
		const struct breaker_probe *probe = &b->probes[i];

		if (!probe->holder)
			continue;
		jsonw_i64(w, (int64_t)probe->holder);
		jsonw_i64(w, probe->from_us);
		jsonw_i64(w, probe->until_us);
	}
	jsonw_end(w);
}

static void
write_time(struct jsonw *w, const char *key, int64_t at_us)
{
	if (at_us)
		jsonw_ki64(w, key, at_us);
}

void
breaker_write(const struct breaker *b, struct buf *out)
{
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_ki64(&w, "v", BREAKER_VERSION);
	jsonw_kstr(&w, "state", breaker_state_name(b->state));
	write_time(&w, "until", b->until_us);
	write_time(&w, "cooldown", b->cooldown_us);
	write_time(&w, "opened", b->opened_us);
	write_time(&w, "changed", b->changed_us);
	write_time(&w, "row", capped(b->consecutive, COUNT_MAX));
	if (b->by_hand)
		jsonw_kbool(&w, "hand", true);
	if (b->cause[0])
		jsonw_kstr(&w, "cause", b->cause);
	if (b->bucket_us) {
		jsonw_ki64(&w, "width", b->bucket_us);
		write_buckets(b, &w);
	}
	if (b->state == BREAKER_HALF_OPEN)
		write_probes(b, &w);
	jsonw_end(&w);
}

/* Absent is 0. */
static bool
read_number(struct json object, const char *key, int64_t max, int64_t *n)
{
	struct json v = json_get(object, key);

	*n = 0;
	return v.kind == JSON_NONE || (json_i64(v, n) && *n >= 0 && *n <= max);
}

static bool
read_state(struct breaker *b, struct json v)
{
	static const enum breaker_state states[] = { BREAKER_CLOSED, BREAKER_OPEN,
		BREAKER_HALF_OPEN };

	for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
		if (json_eq(v, breaker_state_name(states[i]))) {
			b->state = states[i];
			return true;
		}
	}
	return false;
}

static bool
read_cause(struct breaker *b, struct json v)
{
	struct str text;

	if (v.kind == JSON_NONE)
		return true;
	if (!json_plain(v, &text) || text.len >= sizeof b->cause)
		return false;
	memcpy(b->cause, text.p, text.len);
	return true;
}

/* An open one's end: by hand only, or a time that is one. */
static bool
read_until(struct breaker *b, struct json object)
{
	if (!read_number(object, "until", INT64_MAX, &b->until_us))
		return false;
	if (b->until_us == BREAKER_BY_HAND_ONLY)
		return b->by_hand && b->state == BREAKER_OPEN;
	return b->until_us <= TIME_MAX;
}

/* Three numbers each. */
static bool
next_three(struct json_iter *it, int64_t n[3])
{
	for (size_t i = 0; i < 3; i++)
		if (!json_next(it) || !json_i64(it->value, &n[i]))
			return false;
	return true;
}

static bool
read_buckets(struct breaker *b, struct json v)
{
	struct json_iter it = json_each(v);
	size_t count = json_count(v) / 3;
	int64_t n[3];

	if (v.kind != JSON_NONE &&
	    (v.kind != JSON_ARRAY || json_count(v) % 3 || count > BREAKER_BUCKETS || !b->bucket_us))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct breaker_bucket *bucket;

		if (!next_three(&it, n) || n[0] < 0 || n[0] > TIME_MAX || n[1] < 0 ||
		    n[1] > COUNT_MAX || n[2] < 0 || n[2] > COUNT_MAX || (!n[1] && !n[2]))
			return false;
		bucket = &b->buckets[n[0] % BREAKER_BUCKETS];
		if (bucket->ok || bucket->failed)
			return false;
		*bucket = (struct breaker_bucket){ n[0], n[1], n[2] };
	}
	return true;
}

static bool
read_probes(struct breaker *b, struct json v)
{
	struct json_iter it = json_each(v);
	size_t count = json_count(v) / 3;
	int64_t n[3];

	if (v.kind == JSON_NONE)
		return true;
	if (v.kind != JSON_ARRAY || json_count(v) % 3 || count > BREAKER_PROBES_MAX ||
	    b->state != BREAKER_HALF_OPEN)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!next_three(&it, n) || !n[0] || n[1] < 0 || n[1] > TIME_MAX || n[2] < 0 ||
		    n[2] > TIME_MAX)
			return false;
		b->probes[i] = (struct breaker_probe){ (uint64_t)n[0], n[1], n[2] };
	}
	return true;
}

static bool
read_all(struct breaker *b, struct json v)
{
	struct json hand = json_get(v, "hand");
	int64_t version;

	b->by_hand = json_is_true(hand);
	return v.kind == JSON_OBJECT && json_i64(json_get(v, "v"), &version) &&
	       version == BREAKER_VERSION && read_state(b, json_get(v, "state")) &&
	       (hand.kind == JSON_NONE || (b->by_hand && b->state == BREAKER_OPEN)) &&
	       read_until(b, v) && read_number(v, "cooldown", TIME_MAX, &b->cooldown_us) &&
	       read_number(v, "opened", TIME_MAX, &b->opened_us) &&
	       read_number(v, "changed", TIME_MAX, &b->changed_us) &&
	       read_number(v, "row", COUNT_MAX, &b->consecutive) &&
	       read_number(v, "width", TIME_MAX, &b->bucket_us) &&
	       read_cause(b, json_get(v, "cause")) && read_buckets(b, json_get(v, "n")) &&
	       read_probes(b, json_get(v, "p"));
}

bool
breaker_read(struct breaker *b, struct str text)
{
	struct json v;
	struct err err = ERR_INIT;

	breaker_init(b);
	if (json_parse(text.p, text.len, &v, &err) == 0 && read_all(b, v))
		return true;
	breaker_init(b);
	return false;
}
