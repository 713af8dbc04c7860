/* SPDX-License-Identifier: MIT */
/*
 * route_diff - what another policy would change: each request is routed by both, and those that
 * fare otherwise are told.
 *
 * A route is another one where its rule, its candidates (model, options, profile) or their order
 * is, or where only one of the two serves the request. Reasons may differ.
 */
#ifndef POLICY_ROUTE_DIFF_H
#define POLICY_ROUTE_DIFF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "policy/route.h"

struct route_diff {
	struct route_filter before, after;
	uint64_t requests, changed;
};

void route_diff_init(
    struct route_diff *d, struct router *before, struct router *after, int64_t now_us);
void route_diff_release(struct route_diff *d);

/* ROUTE_ROUTED: it changes, and {"type":"routeChange",...} was appended (text: a line for people);
 * ROUTE_OTHER: it does not, or is no request; ROUTE_BAD, ROUTE_MALFORMED and err. */
enum route_outcome route_diff_line(
    struct route_diff *d, struct str line, bool text, struct buf *out, struct err *err);
/* Both without the last newline.
 * {"type":"routeChanges","requests":N,"changed":N}, or a line for people. */
void route_diff_end(const struct route_diff *d, bool text, struct buf *out);

#endif
