/* SPDX-License-Identifier: MIT */
/* health - breakers and latencies of all targets: who may be called, and how it fared. */
#include "policy/health.h"

#include <stdlib.h>

#include "base/mem.h"
#include "policy/health_kept.h"
#include "sys/rand.h"

/* Fewer answers than these say little of how long they take. */
#define KNOWN_AT_LEAST 5.0

struct health *
health_new(struct store *store, const struct breaker_rule *rule)
{
	struct health *h = xcalloc(1, sizeof *h);
	struct rand rand;

	rand_seed_random(&rand);
	if (store) {
		store_desk_plain(&h->plain, store);
		h->desk = &h->plain;
	}
	h->rule = *rule;
	h->next_probe = rand_u64(&rand);
	h->epoch = 1;
	buf_init(&h->text, BUF_UNLIMITED);
	return h;
}

void
health_set_desk(struct health *h, struct store_desk *desk)
{
	h->desk = desk ? desk : h->plain.store ? &h->plain : NULL;
}

bool
health_was_asking(struct health *h)
{
	bool was_asking = h->is_asking;

	h->is_asking = false;
	return was_asking;
}

void
health_free(struct health *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->breaker_count; i++) {
		free(h->breakers[i]->key);
		free(h->breakers[i]);
	}
	for (size_t i = 0; i < h->latency_count; i++) {
		free(h->latencies[i]->key);
		free(h->latencies[i]);
	}
	for (size_t i = 0; i < h->count; i++)
		free(h->items[i]);
	free(h->breakers);
	free(h->latencies);
	free(h->leases);
	free(h->items);
	buf_release(&h->text);
	free(h);
}

static struct kept_breaker *
keep_breaker(struct health *h, struct str name)
{
	char *key = xasprintf(HEALTH_BREAKERS "%.*s", (int)name.len, name.p);
	struct kept_breaker *b;

	for (size_t i = 0; i < h->breaker_count; i++) {
		if (strcmp(h->breakers[i]->key, key) == 0) {
			free(key);
			return h->breakers[i];
		}
	}
	b = xcalloc(1, sizeof *b);
	b->key = key;
	VEC_GROW(h->breakers, h->breaker_count, h->breaker_cap);
	return h->breakers[h->breaker_count++] = b;
}

static struct kept_latency *
keep_latency(struct health *h, struct str name)
{
	char *key = xasprintf(HEALTH_LATENCIES "%.*s", (int)name.len, name.p);
	struct kept_latency *l;

	for (size_t i = 0; i < h->latency_count; i++) {
		if (strcmp(h->latencies[i]->key, key) == 0) {
			free(key);
			return h->latencies[i];
		}
	}
	l = xcalloc(1, sizeof *l);
	l->key = key;
	VEC_GROW(h->latencies, h->latency_count, h->latency_cap);
	return h->latencies[h->latency_count++] = l;
}

/* The provider in "openai:gpt-4o", "openai#KEYHASH" or "cli:claude:opus". */
static struct str
provider_of(struct str breaker)
{
	size_t len = str_starts(breaker, "cli:") ? 4 : 0;

	while (len < breaker.len && breaker.p[len] != ':' && breaker.p[len] != '#')
		len++;
	return (struct str){ breaker.p, len };
}

struct health_of *
health_of(struct health *h, struct str breaker, struct str model)
{
	struct str provider = provider_of(breaker);
	struct kept_breaker *b = keep_breaker(h, breaker);
	struct kept_latency *l = keep_latency(h, model);
	struct health_of *of;

	for (size_t i = 0; i < h->count; i++)
		if (h->items[i]->breaker == b && h->items[i]->latency == l)
			return h->items[i];
	of = xcalloc(1, sizeof *of);
	*of = (struct health_of){ b, NULL, l };
	if (provider.len < breaker.len)
		of->provider = keep_breaker(h, provider);
	VEC_GROW(h->items, h->count, h->cap);
	return h->items[h->count++] = of;
}

/* --- who may be called --- */

static const char *
cause_of(const struct breaker *b)
{
	if (b->state == BREAKER_CLOSED)
		return "";
	return b->by_hand ? "by hand" : b->cause;
}

/* Whom a hand took out of service is out of it with all models and keys, whatever the rule keeps
 * breakers for. */
static bool
is_opened_by_hand(const struct kept_breaker *provider, int64_t now_us)
{
	const struct breaker *b = &provider->known;

	return b->state == BREAKER_OPEN && b->by_hand && now_us < b->until_us;
}

struct health_pass
health_look(struct health *h, struct health_of *of, int64_t now_us)
{
	struct breaker *b = &of->breaker->known;
	struct health_pass pass = { 0 };
	bool changed;

	if (of->provider)
		pass.is_asked = !health_read_breaker(h, of->provider, now_us);
	if (of->provider && is_opened_by_hand(of->provider, now_us)) {
		pass.verdict = BREAKER_REFUSED;
		pass.until_us = of->provider->known.until_us;
		pass.cause = cause_of(&of->provider->known);
		return pass;
	}
	pass.is_asked |= !health_read_breaker(h, of->breaker, now_us);
	pass.verdict = breaker_admit(b, &h->rule, now_us, 0, 0, &pass.until_us, &changed);
	pass.cause = cause_of(b);
	return pass;
}

/* --- leases --- */

/* Where the store has no say, it is taken here. */
static void
ask_lease(struct health *h, struct kept_breaker *b, int64_t lease_us)
{
	struct lease_ask ask = { .lease_us = lease_us };

	if (++h->next_probe == 0)
		h->next_probe = 1;
	ask.holder = h->next_probe;
	b->ask = ask;
	b->lease = LEASE_ASKED;
	if (lease_us <= 0 || lease_us > HEALTH_LEASE_US)
		ask.lease_us = HEALTH_LEASE_US;
	if (!health_ask_lease(h, b, &ask))
		b->lease = LEASE_FAILED;
}

void
health_take_lease(struct health *h, struct kept_breaker *b, const struct lease_ask *answer)
{
	int64_t whole_us = b->ask.lease_us;

	b->lease = answer ? LEASE_TAKEN : LEASE_FAILED;
	if (!answer)
		return;
	b->ask = *answer;
	if (answer->verdict != BREAKER_PROBE)
		return;
	if (whole_us <= 0)
		whole_us = h->rule.max_cooldown_us;
	VEC_GROW(h->leases, h->lease_count, h->lease_cap);
	h->leases[h->lease_count++] = (struct kept_lease){ b, answer->holder,
		h->now_us + answer->lease_us, h->now_us + whole_us };
}

static void
drop_lease(struct health *h, uint64_t holder)
{
	for (size_t i = 0; holder && i < h->lease_count; i++) {
		if (h->leases[i].holder == holder) {
			h->leases[i] = h->leases[--h->lease_count];
			return;
		}
	}
}

void
health_drop_unused(struct health *h)
{
	for (size_t i = 0; i < h->breaker_count; i++) {
		struct kept_breaker *b = h->breakers[i];
		struct breaker_report report = { .probe = b->ask.holder };

		if (b->lease != LEASE_TAKEN)
			continue;
		b->lease = LEASE_NONE;
		drop_lease(h, report.probe);
		if (b->ask.verdict == BREAKER_PROBE && !health_tell(h, b, &report))
			breaker_take_report(&b->known, &h->rule, &report, h->now_us);
	}
}

/* The answer to b->ask. */
static void
use_lease(struct health *h, struct kept_breaker *b, struct health_pass *pass)
{
	bool changed;

	if (b->lease == LEASE_FAILED)
		b->ask.verdict = breaker_admit(&b->known, &h->rule, h->now_us, b->ask.holder,
		    b->ask.lease_us, &b->ask.until_us, &changed);
	b->lease = LEASE_NONE;
	pass->verdict = b->ask.verdict;
	pass->until_us = b->ask.until_us;
	pass->cause = cause_of(&b->known);
	pass->probe = b->ask.verdict == BREAKER_PROBE ? b->ask.holder : 0;
}

struct health_pass
health_admit(struct health *h, struct health_of *of, int64_t now_us, int64_t lease_us)
{
	struct health_pass pass = health_look(h, of, now_us);
	struct kept_breaker *b = of->breaker;

	if (pass.is_asked)
		return pass;
	if (pass.verdict == BREAKER_PROBE && b->lease == LEASE_NONE)
		ask_lease(h, b, lease_us);
	if (pass.verdict == BREAKER_PASS ||
	    (of->provider && is_opened_by_hand(of->provider, now_us)))
		return pass;
	/* That one was taken shows in what is known, too: it is ours. */
	if (b->lease == LEASE_TAKEN || b->lease == LEASE_FAILED)
		use_lease(h, b, &pass);
	else
		pass.is_asked = b->lease == LEASE_ASKED && pass.verdict == BREAKER_PROBE;
	return pass;
}

void
health_say(const struct health_pass *pass, int64_t now_us, struct buf *why)
{
	buf_adds(why, "its breaker is open");
	if (pass->cause && *pass->cause)
		buf_addf(why, " (%s)", pass->cause);
	if (pass->until_us != BREAKER_BY_HAND_ONLY)
		buf_addf(why, " for %lld s more",
		    (long long)((pass->until_us - now_us + 999999) / 1000000));
}

/* --- how it fared --- */

/* Keep it until the store can be told. A lease that can't be given back there runs out. */
static void
gather(struct health *h, struct kept_breaker *b, const struct breaker_report *report)
{
	breaker_take_report(&b->known, &h->rule, report, h->now_us);
	if (!h->desk)
		return;
	b->gathered.ok += report->ok;
	b->gathered.failed += report->failed;
	if (report->failed)
		b->gathered.cause = report->cause;
}

bool
health_blames(enum error_kind kind)
{
	switch (kind) {
	case ERROR_RATE_LIMIT:
	case ERROR_OVERLOADED:
	case ERROR_SERVER:
	case ERROR_TIMEOUT:
	case ERROR_NETWORK:
	case ERROR_TRUNCATED:
	case ERROR_PROTOCOL:
	case ERROR_QUOTA:
	case ERROR_AUTH:
	case ERROR_PERMISSION:
	case ERROR_REGION:
	case ERROR_NOT_FOUND:
		return true;
	case ERROR_NONE:
	case ERROR_INVALID_REQUEST:
	case ERROR_CONTEXT_LENGTH:
	case ERROR_CONTENT_FILTER:
	case ERROR_CANCELLED:
	case ERROR_BUDGET:
	case ERROR_POLICY:
	case ERROR_UNSUPPORTED:
	case ERROR_INVALID_INPUT:
		break;
	}
	return false;
}

/* While others are answered, a caller gave it less time than half of its answers take, or their
 * first output: that says nothing of the target, and is no reason to keep others away from it. */
static bool
was_impatient(const struct health *h, const struct health_of *of,
    const struct health_outcome *outcome, int64_t now_us)
{
	const struct latency *known = &of->latency->known;
	double usual_ms = -1;
	int64_t ok, failed;

	if (outcome->kind != ERROR_TIMEOUT || outcome->total_ms < 0)
		return false;
	breaker_counts(&of->breaker->known, &h->rule, now_us, &ok, &failed);
	if (!ok)
		return false;
	if (outcome->first_ms < 0)
		usual_ms = latency_percentile(&known->first, 0.5, KNOWN_AT_LEAST);
	if (usual_ms < 0)
		usual_ms = latency_percentile(&known->total, 0.5, KNOWN_AT_LEAST);
	return outcome->total_ms < usual_ms;
}

static bool
is_blamed(const struct health *h, const struct health_of *of, const struct health_outcome *outcome,
    int64_t now_us)
{
	return !outcome->ok && health_blames(outcome->kind) && !outcome->is_awaited &&
	       !was_impatient(h, of, outcome, now_us);
}

static void
add_to(struct latency *l, const struct latency *known, const struct health_outcome *outcome,
    int64_t now_us)
{
	if (!outcome->ok && outcome->kind == ERROR_CANCELLED)
		latency_add_cancelled(l, known, now_us, outcome->total_ms, outcome->first_ms);
	else
		latency_add(l, now_us, outcome->ok, outcome->total_ms, outcome->first_ms);
}

static void
add_latency(struct health *h, struct kept_latency *l, const struct health_outcome *outcome)
{
	if (h->desk) {
		add_to(&l->gathered, &l->known, outcome, h->now_us);
		l->has_gathered = true;
	}
	add_to(&l->known, &l->known, outcome, h->now_us);
}

void
health_report(
    struct health *h, struct health_of *of, const struct health_outcome *outcome, int64_t now_us)
{
	struct breaker_report report = { .probe = outcome->probe };
	bool blamed = is_blamed(h, of, outcome, now_us);
	bool was_timed = outcome->total_ms >= 0 || outcome->first_ms >= 0;

	h->now_us = now_us;
	drop_lease(h, outcome->probe);
	if (outcome->ok || blamed || (outcome->kind == ERROR_CANCELLED && was_timed))
		add_latency(h, of->latency, outcome);
	/* A model that is gone says nothing of its provider's others. */
	if (outcome->kind == ERROR_NOT_FOUND && h->rule.scope != BREAKER_MODEL)
		blamed = false;
	report.ok = outcome->ok;
	if (blamed) {
		report.failed = 1;
		report.away_us = outcome->away_us;
		report.cause = error_kind_name(outcome->kind);
	}
	if (!report.ok && !report.failed && !report.probe)
		return;
	if ((!report.failed && !report.probe) || !health_tell(h, of->breaker, &report))
		gather(h, of->breaker, &report);
}

const struct latency *
health_latency(struct health *h, struct health_of *of)
{
	health_read_latency(h, of->latency);
	latency_fade(&of->latency->known, h->now_us);
	return &of->latency->known;
}
