/* SPDX-License-Identifier: MIT */
/*
 * tzif - a compiled time zone (RFC 9636) as a list of spans of one offset each.
 *
 * What the file says by rule (the POSIX TZ text at its end) is written out up to TZIF_LAST_YEAR, so
 * that a look-up is one binary search. Nothing of the process (TZ, tzset) is touched.
 */
#ifndef SYS_TZIF_H
#define SYS_TZIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum { TZIF_LAST_YEAR = 2200 };

struct tzif {
	struct tzif_span {
		int64_t from_s; /* since 1970, UTC; of the first: INT64_MIN */
		int64_t offset_s; /* to be added to UTC */
	} * spans; /* by time, rising; at least one where it was read */
	size_t count, cap;
};

/* False where the bytes are no such file (or one of version 1, which no system has written since
 * 2006); z is to be released either way. z must have been zero. */
bool tzif_read(struct tzif *z, struct str bytes);
void tzif_release(struct tzif *z);

/* The span that holds a moment. */
size_t tzif_at(const struct tzif *z, int64_t utc_s);

#endif
