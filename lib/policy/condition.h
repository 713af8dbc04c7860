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

/* Whether the route fits. why: where not NULL, the reason either way is appended, a sentence
 * without its full stop ("tags.team is \"ops\", not core or infra"). An expression that fails does
 * not fit, and says so in why. now_us: wall clock. */
bool condition_fits(const struct policy *p, const struct policy_route *route, struct facts *facts,
    int64_t now_us, struct buf *why);

/* Whether the window holds that moment. */
bool condition_time_fits(const struct policy_time *t, int64_t now_us);
/* "it is Sat 11:00 in Europe/Berlin, not Mon-Fri 08:00-18:00" */
void condition_time_tell(const struct policy_time *t, int64_t now_us, bool fits, struct buf *out);

#endif
