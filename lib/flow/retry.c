/* SPDX-License-Identifier: MIT */
/* retry - backoff and its reading. */
#include "flow/retry.h"

enum { ATTEMPTS_DEFAULT = 3, ATTEMPTS_MAX = 1000 };

static const char *const backoffs[] = { "exponential", "linear", "constant", "none", NULL };

static int
read_map(const struct field_map *m, struct retry *r, struct err *err)
{
	int backoff = (int)r->backoff;

	if (field_int(m, "maxAttempts", &r->max_attempts, err) < 0 ||
	    field_word(m, "backoff", backoffs, &backoff, err) < 0 ||
	    field_ms(m, "delay", &r->delay_ms, err) < 0 ||
	    field_ms(m, "maxDelay", &r->max_delay_ms, err) < 0)
		return -1;
	r->backoff = (enum backoff)backoff;
	if (r->max_attempts < 1 || r->max_attempts > ATTEMPTS_MAX)
		return field_error(
		    m, "maxAttempts", err, "maxAttempts must lie between 1 and %d", ATTEMPTS_MAX);
	return 0;
}

int
retry_read(const struct field_map *m, const char *key, struct retry *r, struct err *err)
{
	static const char *const known[] = { "maxAttempts", "backoff", "delay", "maxDelay", NULL };
	const struct yaml *v = field_get(m, key);
	struct field_map own;
	int backoff = (int)r->backoff;

	if (!v)
		return 0;
	if (r->max_attempts == 1)
		r->max_attempts = ATTEMPTS_DEFAULT;
	if (v->kind != YAML_MAP) {
		if (field_word(m, key, backoffs, &backoff, err) < 0)
			return -1;
		r->backoff = (enum backoff)backoff;
		return 0;
	}
	if (field_open(&own, m->doc, v, key, known, err) < 0)
		return -1;
	return read_map(&own, r, err);
}

static int64_t
backoff_ms(const struct retry *r, int64_t attempt)
{
	int64_t ms = r->delay_ms;

	switch (r->backoff) {
	case BACKOFF_NONE:
		return 0;
	case BACKOFF_CONSTANT:
		break;
	case BACKOFF_LINEAR:
		ms = attempt < r->max_delay_ms / r->delay_ms ? attempt * r->delay_ms
							     : r->max_delay_ms;
		break;
	case BACKOFF_EXPONENTIAL:
		while (--attempt > 0 && ms < r->max_delay_ms)
			ms = ms > r->max_delay_ms / 2 ? r->max_delay_ms : ms * 2;
		break;
	}
	return ms < r->max_delay_ms ? ms : r->max_delay_ms;
}

int64_t
retry_delay_ms(const struct retry *r, int64_t attempt, int64_t after_ms, struct rand *chance)
{
	int64_t ms = backoff_ms(r, attempt);

	ms -= (int64_t)rand_below(chance, (uint64_t)ms / 2 + 1);
	return ms > after_ms ? ms : after_ms;
}
