/* SPDX-License-Identifier: MIT */
/* policy_resilience - when a policy lets go of who fails, and how long it waits. */
#include "policy/policy_read.h"

static int
at_least_one(const struct field_map *m, const char *key, int64_t n, struct err *err)
{
	return n >= 1 ? 0 : field_error(m, key, err, "%s must be 1 or more", key);
}

static int
read_breaker(struct policy *p, const struct field_map *top, struct err *err)
{
	static const char *const known[] = { "window", "minRequests", "errorRatio", "consecutive",
		"cooldown", "maxCooldown", "halfOpenProbes", "key", NULL };
	static const char *const scopes[] = {
		[BREAKER_PROVIDER] = "provider",
		[BREAKER_MODEL] = "model",
		[BREAKER_KEY] = "key",
		NULL,
	};
	struct breaker_rule *b = &p->breaker;
	struct field_map m;
	int scope = (int)b->scope;

	if (field_open(&m, p->doc, field_get(top, "breaker"), "breaker", known, err) < 0 ||
	    policy_read_us(&m, "window", &b->window_us, err) < 0 ||
	    field_int(&m, "minRequests", &b->min_requests, err) < 0 ||
	    at_least_one(&m, "minRequests", b->min_requests, err) < 0 ||
	    field_share(&m, "errorRatio", &b->error_ratio, err) < 0 ||
	    field_int(&m, "consecutive", &b->consecutive, err) < 0 ||
	    policy_read_us(&m, "cooldown", &b->cooldown_us, err) < 0 ||
	    policy_read_us(&m, "maxCooldown", &b->max_cooldown_us, err) < 0 ||
	    field_int(&m, "halfOpenProbes", &b->half_open_probes, err) < 0 ||
	    at_least_one(&m, "halfOpenProbes", b->half_open_probes, err) < 0 ||
	    field_word(&m, "key", scopes, &scope, err) < 0)
		return -1;
	b->scope = (enum breaker_scope)scope;
	if (b->error_ratio <= 0)
		return field_error(&m, "errorRatio", err,
		    "errorRatio: 0 would open at the first success; the least is above 0");
	if (b->half_open_probes > BREAKER_PROBES_MAX)
		return field_error(
		    &m, "halfOpenProbes", err, "halfOpenProbes: at most %d", BREAKER_PROBES_MAX);
	if (b->cooldown_us > b->max_cooldown_us && field_get(&m, "maxCooldown"))
		return field_error(&m, "maxCooldown", err, "maxCooldown is shorter than cooldown");
	if (b->cooldown_us > b->max_cooldown_us)
		b->max_cooldown_us = b->cooldown_us;
	return 0;
}

static int
read_backoff(struct policy *p, const struct field_map *top, struct err *err)
{
	static const char *const known[] = { "base", "factor", "max", "jitter", "budget", "maxWait",
		NULL };
	struct policy_backoff *b = &p->backoff;
	struct field_map m;
	int jitter = (int)b->jitter;

	if (field_open(&m, p->doc, field_get(top, "backoff"), "backoff", known, err) < 0 ||
	    policy_read_ms(&m, "base", &b->base_ms, err) < 0 ||
	    field_double(&m, "factor", &b->factor, err) < 0 ||
	    policy_read_ms(&m, "max", &b->max_ms, err) < 0 ||
	    field_word(&m, "jitter", policy_jitters, &jitter, err) < 0 ||
	    field_share(&m, "budget", &b->budget, err) < 0 ||
	    policy_read_ms(&m, "maxWait", &b->max_wait_ms, err) < 0)
		return -1;
	b->jitter = (enum policy_jitter)jitter;
	if (b->factor < 1 || b->factor > 100)
		return field_error(&m, "factor", err, "factor lies between 1 and 100");
	if (b->base_ms > b->max_ms && field_get(&m, "max"))
		return field_error(&m, "max", err, "max is shorter than base");
	if (b->base_ms > b->max_ms)
		b->max_ms = b->base_ms;
	return 0;
}

int
policy_resilience_read(struct policy *p, const struct field_map *top, struct err *err)
{
	return read_breaker(p, top, err) < 0 ? -1 : read_backoff(p, top, err);
}
