/* SPDX-License-Identifier: MIT */
/* retry - how often a node is tried, and how long to wait in between. Pure: chance is handed in. */
#ifndef FLOW_RETRY_H
#define FLOW_RETRY_H

#include <stdint.h>

#include "base/err.h"
#include "json/field.h"
#include "sys/rand.h"

enum backoff { BACKOFF_EXPONENTIAL, BACKOFF_LINEAR, BACKOFF_CONSTANT, BACKOFF_NONE };

struct retry {
	int64_t max_attempts; /* 1: no retry */
	enum backoff backoff;
	int64_t delay_ms; /* before the second attempt */
	int64_t max_delay_ms;
};

#define RETRY_NEVER ((struct retry){ .max_attempts = 1, .delay_ms = 1000, .max_delay_ms = 60000 })

/* The member key of m: a map {maxAttempts, backoff, delay, maxDelay}, or a backoff's name alone.
 * What it leaves open stays as it is in *r, but for maxAttempts: 3 where *r had 1. */
int retry_read(const struct field_map *m, const char *key, struct retry *r, struct err *err)
    __attribute__((warn_unused_result));

/*
 * Milliseconds to wait after failed attempt number attempt (from 1): the backoff's figure, between
 * half and all of it by chance so that many nodes don't come back at once, but never less than
 * after_ms (what a provider asked for; 0 if nothing).
 */
int64_t retry_delay_ms(
    const struct retry *r, int64_t attempt, int64_t after_ms, struct rand *chance);

#endif
