/* SPDX-License-Identifier: MIT */
/*
 * clock - the only file that reads the clock. Everything above takes times as arguments.
 *
 * Monotonic times are microseconds since an arbitrary start; a deadline is such a time, or
 * CLOCK_NEVER.
 */
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define CLOCK_NEVER INT64_MAX

int64_t clock_mono_us(void);
int64_t clock_wall_us(void); /* since 1970-01-01T00:00:00Z */

/* A deadline ms from now; CLOCK_NEVER where ms is not positive or would overflow. */
int64_t clock_deadline(int64_t ms);

/* Milliseconds (rounded up, at least 0) until the deadline; -1 for CLOCK_NEVER, as poll(2) wants
 * it. */
int clock_left_ms(int64_t deadline_us);

void clock_sleep_ms(int64_t ms); /* whole, whatever signals come */

/* RFC 3339 UTC with microseconds: 2026-11-21T02:03:04.000005Z */
void clock_print(struct buf *out, int64_t wall_us);

/* RFC 3339, "2026-11-21T02:03:04Z", a fraction and an offset ("+01:00") allowed, to microseconds
 * since 1970; false if malformed. */
bool clock_parse(struct str text, int64_t *wall_us);

/* "2026-11-21" to days since 1970; -1 if malformed. */
int64_t clock_date_days(const char *date);

#endif
