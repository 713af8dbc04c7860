/* SPDX-License-Identifier: MIT */
/*
 * zone - local time in any IANA zone: what day and minute a moment is there, and where its hour,
 * day, week or month begins and ends, on days of 23 and 25 hours too.
 *
 * Zones are read from the system's database (tzdata) at their first use and kept as long as the
 * process lives. NULL and "UTC" need no database. Threads must not share a first use.
 */
#ifndef SYS_ZONE_H
#define SYS_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

bool zone_known(const char *name);
/* The same with the reason: there is no such zone, or no database. EXIT_CONFIG. */
int zone_check(const char *name, struct err *err) __attribute__((warn_unused_result));

struct zone_time {
	int64_t day; /* the date there, as days since 1970-01-01 */
	int weekday; /* 0: Monday */
	int minute; /* of the day, by the clock on the wall there */
};
/* An unknown zone is taken for UTC: ask zone_known when the name is read. */
void zone_local(const char *name, int64_t wall_us, struct zone_time *out);

enum zone_unit { ZONE_HOUR, ZONE_DAY, ZONE_WEEK, ZONE_MONTH }; /* weeks begin on Monday */

/* *start_us <= wall_us < *end_us */
void zone_span(
    const char *name, enum zone_unit unit, int64_t wall_us, int64_t *start_us, int64_t *end_us);

#endif
