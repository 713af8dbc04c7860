/* SPDX-License-Identifier: MIT */
/* route_test - a policy's own tests. */
#include "policy/route_test.h"

#include <stdlib.h>

#include "base/mem.h"
#include "policy/route.h"
#include "sys/clock.h"

enum { ANSWERS = 100 /* as many as a case's health tells of */ };
#define DAY_US (INT64_C(86400) * 1000000)

void
route_test_init(
    struct route_test *t, const struct router_config *config, struct router *router, int64_t now_us)
{
	*t = (struct route_test){ .config = config, .router = router, .now_us = now_us };
}

/* --- what a case says --- */

struct test_case {
	struct json name, request, expect, at, health;
};

/* The members of obj by their names; one that is not known is an error: nobody wants to find out
 * later that what was misspelled was never looked at. */
static int
members(struct json obj, const char *what, const char *const *names, struct json *found,
    struct err *err)
{
	struct json_iter it = json_each(obj);
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	const char *near;
	size_t i;

	if (!json_is(obj, JSON_OBJECT))
		return err_set(err, EXIT_NO, "%s: must be an object", what);
	for (i = 0; names[i]; i++)
		found[i] = JSON_ABSENT;
	while (json_next(&it)) {
		for (i = 0; names[i] && !json_eq(it.key, names[i]); i++)
			;
		if (names[i]) {
			found[i] = it.value;
			continue;
		}
		json_text(it.key, &text);
		near = str_nearest(buf_str(&text), names);
		(void)err_set(err, EXIT_NO, "%s: unknown member \"%.60s\"%s%s%s", what, text.p,
		    near ? " (did you mean \"" : "", near ? near : "", near ? "\"?)" : "");
		buf_release(&text);
		return -1;
	}
	return 0;
}

static int
read_case(struct json v, struct test_case *c, struct err *err)
{
	static const char *const names[] = { "name", "request", "expect", "at", "health", NULL };
	struct json found[5];

	if (members(v, "a case", names, found, err) < 0)
		return -1;
	*c = (struct test_case){ found[0], found[1], found[2], found[3], found[4] };
	if (!json_is(c->request, JSON_OBJECT))
		return err_set(err, EXIT_NO, "request: must be an object");
	if (!json_is(c->expect, JSON_OBJECT) || !json_count(c->expect))
		return err_set(err, EXIT_NO, "expect: must be an object that expects something");
	return 0;
}

/* --- the weather that it wants --- */

static int
put(struct store *store, const char *prefix, struct json name, struct str value, struct err *err)
{
	struct buf key = BUF_INIT(BUF_UNLIMITED);
	int r;

	buf_adds(&key, prefix);
	json_text(name, &key);
	r = store_put(store, buf_str(&key), value, STORE_FOREVER, err);
	buf_release(&key);
	return r;
}

/* {"breaker":"open","ms":900,"ttftMs":200,"okRate":0.9} of the target. */
static int
put_health(struct store *store, struct json target, struct json v, int64_t now_us, struct err *err)
{
	static const char *const names[] = { "breaker", "ms", "ttftMs", "okRate", NULL };
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	double ms = -1, first_ms = -1, rate = 1;
	struct breaker b;
	struct latency l;
	struct json m[4];
	int r;

	if (members(v, "health", names, m, err) < 0)
		return -1;
	if ((json_exists(m[0]) && !json_eq(m[0], "open") && !json_eq(m[0], "closed")) ||
	    (json_exists(m[1]) && !json_double(m[1], &ms)) ||
	    (json_exists(m[2]) && !json_double(m[2], &first_ms)) ||
	    (json_exists(m[3]) && (!json_double(m[3], &rate) || rate < 0 || rate > 1)))
		return err_set(err, EXIT_NO,
		    "health: breaker is \"open\" or \"closed\", ms and ttftMs are numbers, okRate is "
		    "from 0 to 1");
	breaker_init(&b);
	if (json_eq(m[0], "open"))
		breaker_open(&b, now_us, 0);
	breaker_write(&b, &text);
	r = put(store, HEALTH_BREAKERS, target, buf_str(&text), err);
	latency_init(&l);
	for (int i = 0; i < ANSWERS && (ms >= 0 || first_ms >= 0 || rate < 1); i++)
		latency_add(&l, now_us, i < rate * ANSWERS, ms, first_ms);
	buf_reset(&text);
	latency_write(&l, &text);
	if (r == 0)
		r = put(store, HEALTH_LATENCIES, target, buf_str(&text), err);
	buf_release(&text);
	return r;
}

static int
fill_store(struct store *store, struct json health, int64_t now_us, struct err *err)
{
	struct json_iter it = json_each(health);

	if (!json_is(health, JSON_OBJECT))
		return err_set(err, EXIT_NO, "health: must be an object");
	while (json_next(&it))
		if (put_health(store, it.key, it.value, now_us, err) < 0)
			return -1;
	return 0;
}

/* --- what is expected --- */

static void
differ(struct buf *out, const char *what, struct json want, const char *got)
{
	buf_addf(out, "#   %s: expected ", what);
	buf_addstr(out, json_raw(want));
	buf_addf(out, ", got %s\n", got);
}

static void
write_models(const struct decision *d, struct buf *out)
{
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_array(&w);
	for (size_t i = 0; i < d->count; i++)
		jsonw_str(&w, d->items[i].target->spec);
	jsonw_end(&w);
}

static void
write_name(const char *name, struct buf *out)
{
	struct jsonw w;

	buf_reset(out);
	jsonw_start(&w, out);
	jsonw_str(&w, name);
}

static bool
same_models(const struct decision *d, struct json want)
{
	struct json_iter it = json_each(want);
	size_t i = 0;

	for (; json_next(&it); i++)
		if (i >= d->count || !json_eq(it.value, d->items[i].target->spec))
			return false;
	return json_is(want, JSON_ARRAY) && i == d->count;
}

static bool
same_name(struct json want, const char *name)
{
	return name ? json_eq(want, name) : json_is(want, JSON_NULL);
}

/* Append what differs; nothing where all is as expected. */
static int
compare(const struct decision *d, struct json expect, struct buf *out, struct err *err)
{
	static const char *const names[] = { "candidates", "first", "rule", "error", NULL };
	const char *first = d->count ? d->items[0].target->spec : NULL;
	const char *rule = d->rule ? d->rule->name : NULL, *error = error_kind_name(d->refused);
	struct buf got = BUF_INIT(BUF_UNLIMITED);
	struct json m[4];

	if (members(expect, "expect", names, m, err) < 0)
		return -1;
	if (!json_is(m[0], JSON_NONE) && !same_models(d, m[0])) {
		write_models(d, &got);
		differ(out, "candidates", m[0], got.p);
	}
	if (!json_is(m[1], JSON_NONE) && !same_name(m[1], first)) {
		write_name(first, &got);
		differ(out, "first", m[1], got.p);
	}
	if (!json_is(m[2], JSON_NONE) && !same_name(m[2], rule)) {
		write_name(rule, &got);
		differ(out, "rule", m[2], got.p);
	}
	if (!json_is(m[3], JSON_NONE) ? !same_name(m[3], error) : error != NULL) {
		write_name(error, &got);
		differ(out, "error", json_is(m[3], JSON_NONE) ? json_literal("null") : m[3], got.p);
		buf_adds(out, "#   ");
		for (size_t i = 0; i < d->reasons.len; i++)
			if (d->reasons.p[i] == '\n')
				buf_adds(out, "\n#   ");
			else
				buf_addc(out, d->reasons.p[i]);
		buf_adds(out, d->reasons.len ? "\n" : "nobody refused it\n");
	}
	buf_release(&got);
	return 0;
}

/* --- running --- */

static int
decide(struct router *router, const struct test_case *c, int64_t now_us, struct buf *out,
    struct err *err)
{
	struct route_filter f;
	enum route_outcome outcome;
	int r = -1;

	route_init(&f, router, now_us);
	outcome = route_decide(&f, json_raw(c->request), err);
	if (outcome == ROUTE_ROUTED || outcome == ROUTE_REFUSED)
		r = compare(&f.decision, c->expect, out, err);
	else if (outcome == ROUTE_OTHER)
		r = err_set(err, EXIT_NO, "request: has neither messages nor prompt");
	else
		r = err_wrap(err, "request");
	route_release(&f);
	return r;
}

/* In a world of its own. */
static int
decide_apart(const struct route_test *t, const struct test_case *c, int64_t now_us, struct buf *out,
    struct err *err)
{
	struct router_config config = *t->config;
	struct store *store = store_open(&(struct store_config){ .url = "memory:" }, err);
	struct router *router = NULL;
	int r = store ? 0 : -1;

	if (r == 0 && json_exists(c->health))
		r = fill_store(store, c->health, now_us, err);
	config.targets.day = now_us / DAY_US;
	config.targets.health = health_new(store, &config.targets.policy->breaker);
	if (r == 0)
		router = router_new(&config, NULL, err);
	r = router ? decide(router, c, now_us, out, err) : -1;
	router_free(router);
	health_free(config.targets.health);
	store_close(store);
	return r;
}

static int
run(const struct route_test *t, struct json v, struct test_case *c, struct buf *out,
    struct err *err)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	int64_t now_us = t->now_us;
	bool is_time;

	c->name = json_get(v, "name"); /* told also of a case that is not understood */
	if (read_case(v, c, err) < 0)
		return -1;
	json_text(c->at, &text);
	is_time = !json_exists(c->at) || clock_parse(buf_str(&text), &now_us);
	buf_release(&text);
	if (!is_time)
		return err_set(err, EXIT_NO, "at: must be a time like \"2026-11-21T09:30:00Z\"");
	if (json_exists(c->at) || json_exists(c->health))
		return decide_apart(t, c, now_us, out, err);
	return decide(t->router, c, now_us, out, err);
}

/* Its name, or the rule that is expected: on one line, whatever is in it. */
static void
put_name(struct json name, struct buf *out)
{
	size_t from;

	if (!json_is(name, JSON_STRING))
		return;
	buf_adds(out, " - ");
	from = out->len;
	json_text(name, out);
	for (size_t i = from; i < out->len; i++)
		if ((unsigned char)out->p[i] < ' ')
			out->p[i] = '?';
}

bool
route_test_line(struct route_test *t, struct str line, struct buf *out)
{
	struct buf differs = BUF_INIT(BUF_UNLIMITED);
	struct test_case c = { .name = JSON_ABSENT };
	struct err err = ERR_INIT;
	struct json v;
	bool ok;

	t->count++;
	if (json_parse(line.p, line.len, &v, &err) < 0 || run(t, v, &c, &differs, &err) < 0)
		buf_addf(&differs, "#   malformed: %s\n", err.text);
	ok = differs.len == 0;
	t->failed += !ok;
	buf_addf(out, "%s %zu", ok ? "ok" : "not ok", t->count);
	put_name(c.name, out);
	buf_addc(out, '\n');
	buf_addstr(out, buf_str(&differs));
	buf_truncate(out, out->len - 1);
	buf_release(&differs);
	return ok;
}

void
route_test_end(const struct route_test *t, struct buf *out)
{
	buf_addf(out, "1..%zu", t->count);
}
