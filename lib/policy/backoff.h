/* SPDX-License-Identifier: MIT */
/* backoff - how long to wait before a candidate is asked again. Pure: chance is handed in. */
#ifndef POLICY_BACKOFF_H
#define POLICY_BACKOFF_H

#include <stdint.h>

#include "policy/policy.h"
#include "sys/rand.h"

/* The most to wait before retry number n (from 1): base * factor^(n - 1), at most max. */
int64_t backoff_ceiling_ms(const struct policy_backoff *backoff, size_t n);
/* The wait itself: full jitter takes any part of the ceiling, equal the upper half, none all. */
int64_t backoff_ms(const struct policy_backoff *backoff, size_t n, struct rand *chance);

#endif
