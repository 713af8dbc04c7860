/* SPDX-License-Identifier: MIT */
/* plan - what would be tried for a request, in which order and within which bounds: nothing is sent
 * and nothing is taken. */
#ifndef FAILOVER_PLAN_H
#define FAILOVER_PLAN_H

#include "base/buf.h"

struct trip;

/* {"type":"plan",...} or, with config.text, lines for people (without the last newline). Of a
 * request that is decided. */
void plan_write(struct trip *t, struct buf *out);

#endif
