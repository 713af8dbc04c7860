/* SPDX-License-Identifier: MIT */
/*
 * route_test - a policy's own tests: requests, and the routes that they are expected to take.
 *
 *	{"name":"tickets stay cheap","request":{...},
 *	 "expect":{"rule":"rest","first":"openai:gpt-4o"}}
 *
 * A case may say when it is ("at") and how targets fare ("health"); policy-test.schema.json is the
 * form. Keys are best taken as set (any_key), so that a test says the same wherever it runs.
 */
#ifndef POLICY_ROUTE_TEST_H
#define POLICY_ROUTE_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "policy/router.h"

struct route_test {
	const struct router_config *config; /* health and budgets aside; with the policy */
	struct router *router; /* by the same: for cases that say nothing of health and time */
	int64_t now_us; /* where a case does not say when it is */
	size_t count, failed;
};

/* Both are borrowed. */
void route_test_init(struct route_test *t, const struct router_config *config,
    struct router *router, int64_t now_us);

/* One case: "ok 1 - NAME", or "not ok 1 - NAME" and lines "#   ..." of what differs, are appended.
 * A case that is malformed fails. Without the last newline, as the plan. */
bool route_test_line(struct route_test *t, struct str line, struct buf *out);
/* The plan, "1..N", at the end. */
void route_test_end(const struct route_test *t, struct buf *out);

#endif
