/* SPDX-License-Identifier: MIT */
/* breaker - a circuit breaker as a value: when it opens, whom it lets try, when it closes. */
#include "policy/breaker.h"

#include <string.h>

#define SECOND_US INT64_C(1000000)

#define DAY_US (86400 * SECOND_US)
#define LEASE_MAX_US DAY_US
#define QUOTA_AWAY_MAX_US (31 * DAY_US)
#define ROWS_BY_CHANCE 0.001 /* in a window */

const struct breaker_rule breaker_rule_default = {
	.window_us = 60 * SECOND_US,
	.min_requests = 10,
	.error_ratio = 0.5,
	.consecutive = 5,
	.cooldown_us = 30 * SECOND_US,
	.max_cooldown_us = 600 * SECOND_US,
	.half_open_probes = 1,
	.scope = BREAKER_MODEL,
};

const char *
breaker_state_name(enum breaker_state state)
{
	static const char *const names[] = { "closed", "open", "half-open" };

	return names[state];
}

void
breaker_init(struct breaker *b)
{
	*b = (struct breaker){ .state = BREAKER_CLOSED };
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* How far ahead of ours another's clock may be before we hold that one of them was set anew. */
static int64_t
slack_us(const struct breaker_rule *rule)
{
	return rule->max_cooldown_us + rule->window_us;
}

static bool
is_far_ahead(const struct breaker_rule *rule, int64_t at_us, int64_t now_us)
{
	return at_us - now_us > slack_us(rule);
}

/* --- the sliding window --- */

static int64_t
bucket_width(const struct breaker_rule *rule)
{
	int64_t width = rule->window_us / BREAKER_BUCKETS;

	return width > 0 ? width : 1;
}

/* The slot, in buckets of the rule's width, of what was counted in buckets of another. */
static int64_t
slot_of(const struct breaker *b, const struct breaker_bucket *bucket, int64_t width, int64_t now)
{
	int64_t at_us, slot = bucket->slot;

	if (b->bucket_us != width)
		slot = __builtin_mul_overflow(slot, b->bucket_us, &at_us) ? now : at_us / width;
	return least(slot, now);
}

/* What of it lies within the window, each at its slot as it is seen from now. */
static void
slide(const struct breaker *b, int64_t width, int64_t now_us,
    struct breaker_bucket fresh[BREAKER_BUCKETS])
{
	int64_t now = now_us / width;

	memset(fresh, 0, BREAKER_BUCKETS * sizeof *fresh);
	for (size_t i = 0; i < BREAKER_BUCKETS; i++) {
		const struct breaker_bucket *old = &b->buckets[i];
		int64_t slot = slot_of(b, old, width, now);
		struct breaker_bucket *to = &fresh[slot % BREAKER_BUCKETS];

		if (slot <= now - BREAKER_BUCKETS || (!old->ok && !old->failed))
			continue;
		to->slot = slot;
		to->ok += old->ok;
		to->failed += old->failed;
	}
}

static void
sum(const struct breaker_bucket buckets[BREAKER_BUCKETS], int64_t *ok, int64_t *failed)
{
	*ok = *failed = 0;
	for (size_t i = 0; i < BREAKER_BUCKETS; i++) {
		*ok += buckets[i].ok;
		*failed += buckets[i].failed;
	}
}

void
breaker_counts(const struct breaker *b, const struct breaker_rule *rule, int64_t now_us,
    int64_t *ok, int64_t *failed)
{
	struct breaker_bucket fresh[BREAKER_BUCKETS];

	slide(b, bucket_width(rule), now_us, fresh);
	sum(fresh, ok, failed);
}

static void
count(struct breaker *b, const struct breaker_rule *rule, const struct breaker_report *report,
    int64_t now_us)
{
	int64_t width = bucket_width(rule), now = now_us / width;
	struct breaker_bucket *bucket = &b->buckets[now % BREAKER_BUCKETS];

	/* Most often the bucket is today's, and all are in order. */
	if (b->bucket_us != width || bucket->slot != now) {
		struct breaker_bucket fresh[BREAKER_BUCKETS];

		slide(b, width, now_us, fresh);
		memcpy(b->buckets, fresh, sizeof fresh);
		b->bucket_us = width;
		bucket->slot = now;
	}
	bucket->ok += report->ok;
	bucket->failed += report->failed;
	if (report->ok)
		b->consecutive = 0;
	b->consecutive += report->failed;
}

/* --- opening and closing --- */

static void
forget_counts(struct breaker *b)
{
	memset(b->buckets, 0, sizeof b->buckets);
	b->consecutive = 0;
}

static void
move(struct breaker *b, enum breaker_state state, int64_t now_us)
{
	b->state = state;
	b->changed_us = now_us;
	memset(b->probes, 0, sizeof b->probes);
}

static void
open_for(struct breaker *b, int64_t duration_us, const char *cause, int64_t now_us)
{
	size_t len = cause ? strlen(cause) : 0;

	move(b, BREAKER_OPEN, now_us);
	b->opened_us = now_us;
	b->until_us = now_us + duration_us;
	len = str_cut_utf8((struct str){ cause, len }, sizeof b->cause - 1);
	memset(b->cause, 0, sizeof b->cause);
	if (len)
		memcpy(b->cause, cause, len);
}

/* Twice the last cooldown, unless it has stood closed for a whole window since. */
static void
open_again(struct breaker *b, const struct breaker_rule *rule, const char *cause, int64_t now_us)
{
	int64_t closed_us = now_us - b->changed_us;
	bool is_relapse =
	    b->cooldown_us > 0 &&
	    (b->state == BREAKER_HALF_OPEN ||
		(closed_us < rule->window_us && !is_far_ahead(rule, b->changed_us, now_us)));

	b->cooldown_us = is_relapse ? least(b->cooldown_us, rule->max_cooldown_us) * 2
				    : rule->cooldown_us;
	b->cooldown_us = least(b->cooldown_us, rule->max_cooldown_us);
	open_for(b, b->cooldown_us, cause, now_us);
}

static bool
is_cause(const char *cause, const char *kind)
{
	return cause && strcmp(cause, kind) == 0;
}

/* Whether every other request would fail alike. */
static bool
is_shut_out(const struct breaker_report *report)
{
	return report->failed &&
	       (is_cause(report->cause, "quota") || is_cause(report->cause, "auth") ||
		   is_cause(report->cause, "permission"));
}

/* Where many are asked, each row of failures comes up by chance now and then: 200 a second, of
 * which one in five fails, see five in a row every 20 seconds. So a row also has to be one that, at
 * the share of failures before it, chance would bring less than once in a thousand windows. */
static bool
is_long_row(const struct breaker *b, const struct breaker_rule *rule, int64_t ok, int64_t failed)
{
	int64_t before = failed - b->consecutive;
	double share, expected = (double)(ok + failed);

	if (rule->consecutive <= 0 || b->consecutive < rule->consecutive)
		return false;
	if (before <= 0)
		return true;
	share = (double)before / (double)(ok + before);
	for (int64_t i = 0; i < b->consecutive && expected >= ROWS_BY_CHANCE && share < 1; i++)
		expected *= share;
	return expected < ROWS_BY_CHANCE;
}

static bool
is_too_bad(const struct breaker *b, const struct breaker_rule *rule)
{
	int64_t ok, failed;

	sum(b->buckets, &ok, &failed);
	if (is_long_row(b, rule, ok, failed))
		return true;
	return failed > 0 && ok + failed >= rule->min_requests &&
	       (double)failed >= rule->error_ratio * (double)(ok + failed);
}

/* As the provider told it to: no guess of ours is doubled by it. */
static void
stay_away(struct breaker *b, const struct breaker_rule *rule, const struct breaker_report *report,
    int64_t now_us)
{
	int64_t most = is_cause(report->cause, "quota") ? QUOTA_AWAY_MAX_US : rule->max_cooldown_us;
	int64_t away_us = least(report->away_us, most);

	if (b->state != BREAKER_OPEN || b->until_us < now_us + away_us ||
	    is_far_ahead(rule, b->opened_us, now_us))
		open_for(b, away_us, report->cause, now_us);
}

/* Give the lease back; whether it was still held. */
static bool
end_probe(struct breaker *b, uint64_t holder)
{
	for (size_t i = 0; holder && i < BREAKER_PROBES_MAX; i++) {
		if (b->probes[i].holder == holder) {
			b->probes[i] = (struct breaker_probe){ 0 };
			return true;
		}
	}
	return false;
}

static void
close_well(struct breaker *b, int64_t now_us)
{
	move(b, BREAKER_CLOSED, now_us);
	b->until_us = 0;
	memset(b->cause, 0, sizeof b->cause);
	forget_counts(b);
}

void
breaker_take_report(struct breaker *b, const struct breaker_rule *rule,
    const struct breaker_report *report, int64_t now_us)
{
	bool was_probe = end_probe(b, report->probe);

	if (!report->ok && !report->failed)
		return;
	count(b, rule, report, now_us);
	if (b->state == BREAKER_OPEN && b->by_hand)
		return;
	if (report->failed && report->away_us > 0)
		stay_away(b, rule, report, now_us);
	else if (b->state == BREAKER_HALF_OPEN && was_probe && report->failed)
		open_again(b, rule, report->cause, now_us);
	else if (b->state == BREAKER_HALF_OPEN && was_probe)
		close_well(b, now_us);
	else if (b->state == BREAKER_CLOSED && report->failed &&
		 (is_shut_out(report) || is_too_bad(b, rule)))
		open_again(b, rule, report->cause, now_us);
}

void
breaker_open(struct breaker *b, int64_t now_us, int64_t for_us)
{
	open_for(b, 0, NULL, now_us);
	b->by_hand = true;
	if (for_us <= 0 || __builtin_add_overflow(now_us, for_us, &b->until_us))
		b->until_us = BREAKER_BY_HAND_ONLY;
}

void
breaker_close(struct breaker *b, int64_t now_us)
{
	breaker_init(b);
	b->changed_us = now_us;
}

/* --- who may pass --- */

/* Whether its time is over; else *until_us. */
static bool
is_cool(const struct breaker *b, const struct breaker_rule *rule, int64_t now_us, int64_t *until_us)
{
	*until_us = b->until_us;
	if (b->until_us == BREAKER_BY_HAND_ONLY)
		return false;
	if (!b->by_hand) /* whatever wrote it, we would not have opened it for longer */
		*until_us = least(b->until_us, b->opened_us + QUOTA_AWAY_MAX_US);
	return now_us >= *until_us || is_far_ahead(rule, b->opened_us, now_us);
}

static bool
is_held(const struct breaker_probe *probe, const struct breaker_rule *rule, int64_t now_us)
{
	return probe->holder && now_us < least(probe->until_us, probe->from_us + LEASE_MAX_US) &&
	       !is_far_ahead(rule, probe->from_us, now_us);
}

static size_t
probes_allowed(const struct breaker_rule *rule)
{
	if (rule->half_open_probes < 1)
		return 1;
	return (size_t)least(rule->half_open_probes, BREAKER_PROBES_MAX);
}

/* A lease that is free, or NULL and when the first of them will be. */
static struct breaker_probe *
find_free(struct breaker *b, const struct breaker_rule *rule, int64_t now_us, int64_t *until_us)
{
	struct breaker_probe *free_one = NULL;
	size_t held = 0;

	*until_us = INT64_MAX;
	for (size_t i = 0; i < BREAKER_PROBES_MAX; i++) {
		if (is_held(&b->probes[i], rule, now_us)) {
			held++;
			*until_us = least(*until_us, b->probes[i].until_us);
		} else if (!free_one) {
			free_one = &b->probes[i];
		}
	}
	return held < probes_allowed(rule) ? free_one : NULL;
}

static enum breaker_verdict
admit_probe(struct breaker *b, const struct breaker_rule *rule, int64_t now_us,
    const struct breaker_probe *want, int64_t *until_us)
{
	struct breaker_probe *lease = find_free(b, rule, now_us, until_us);

	if (!lease)
		return BREAKER_REFUSED;
	*until_us = now_us;
	if (want->holder)
		*lease = *want;
	return BREAKER_PROBE;
}

enum breaker_verdict
breaker_admit(struct breaker *b, const struct breaker_rule *rule, int64_t now_us, uint64_t holder,
    int64_t lease_us, int64_t *until_us, bool *changed)
{
	struct breaker_probe want = { holder, now_us,
		now_us + least(lease_us > 0 ? lease_us : rule->max_cooldown_us, LEASE_MAX_US) };
	enum breaker_verdict verdict;

	*changed = false;
	*until_us = now_us;
	if (b->state == BREAKER_CLOSED)
		return BREAKER_PASS;
	if (b->state == BREAKER_OPEN) {
		if (!is_cool(b, rule, now_us, until_us))
			return BREAKER_REFUSED;
		*until_us = now_us;
		if (!holder)
			return BREAKER_PROBE;
		move(b, BREAKER_HALF_OPEN, now_us);
		b->by_hand = false;
	}
	verdict = admit_probe(b, rule, now_us, &want, until_us);
	*changed = verdict == BREAKER_PROBE && holder;
	return verdict;
}

bool
breaker_renew(struct breaker *b, const struct breaker_rule *rule, int64_t now_us, uint64_t holder,
    int64_t until_us)
{
	for (size_t i = 0; i < BREAKER_PROBES_MAX; i++) {
		if (b->probes[i].holder == holder && is_held(&b->probes[i], rule, now_us)) {
			b->probes[i].until_us = until_us;
			return true;
		}
	}
	return false;
}
