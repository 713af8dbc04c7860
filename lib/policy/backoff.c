/* SPDX-License-Identifier: MIT */
/* backoff - exponential waits with a ceiling, spread by chance. */
#include "policy/backoff.h"

int64_t
backoff_ceiling_ms(const struct policy_backoff *backoff, size_t n)
{
	double ms = (double)backoff->base_ms, most = (double)backoff->max_ms;

	while (--n > 0 && ms < most)
		ms *= backoff->factor;
	return ms < most ? (int64_t)ms : backoff->max_ms;
}

int64_t
backoff_ms(const struct policy_backoff *backoff, size_t n, struct rand *chance)
{
	int64_t most = backoff_ceiling_ms(backoff, n), least = most;

	switch (backoff->jitter) {
	case POLICY_JITTER_FULL:
		least = 0;
		break;
	case POLICY_JITTER_EQUAL:
		least = most / 2;
		break;
	case POLICY_JITTER_NONE:
		return most;
	}
	return least + (int64_t)rand_below(chance, (uint64_t)(most - least) + 1);
}
