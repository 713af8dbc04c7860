/* SPDX-License-Identifier: MIT */
/*
 * condition - whether a route's rule fits a request, and why not. Pure: the time of day is handed
 * in.
 */
#ifndef POLICY_CONDITION_H
#define POLICY_CONDITION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "policy/facts.h"
#include "policy/policy.h"

/*
 * The time that a route's expression may compute. It is told by the request alone, so that what
 * came before, or what else the machine has to do, decides nothing; and it is short, since one
 * without end takes it for every request.
 */
enum { CONDITION_WHEN_MS = 100, CONDITION_WHEN_MS_A_KIB = 1, CONDITION_WHEN_MS_MAX = 5000 };

enum condition_verdict {
	CONDITION_AGAINST,
	CONDITION_FITS,
	CONDITION_LATE, /* its expression had no result in its time; it does not fit */
};
/* Whether the route fits. why: where not NULL, the reason either way is appended, a sentence
 * without its full stop ("tags.team is \"ops\", not core or infra"). An expression that fails does
 * not fit, and says so in why. now_us: wall clock. */
enum condition_verdict condition_fits(const struct policy *p, const struct policy_route *route,
    struct facts *facts, int64_t now_us, struct buf *why);

/* Whether the window holds that moment. */
bool condition_time_fits(const struct policy_time *t, int64_t now_us);
/* "it is Sat 11:00 in Europe/Berlin, not Mon-Fri 08:00-18:00" */
void condition_time_tell(const struct policy_time *t, int64_t now_us, bool fits, struct buf *out);

#endif
