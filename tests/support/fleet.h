/* SPDX-License-Identifier: MIT */
/*
 * fleet - all that a walk stands on, on a clock of the test's own: a policy, the targets that it
 * names among the presets, their health in a store of this process.
 *
 * What models cost and read is what the policy's `models` says.
 */
#ifndef TESTS_SUPPORT_FLEET_H
#define TESTS_SUPPORT_FLEET_H

#include "policy/walk.h"

struct fleet {
	int64_t now_us;
	struct policy *policy;
	struct providers *providers;
	struct models *models;
	struct store *store;
	struct health *health;
	struct router *router;
	struct targets *targets;
	struct retry_budget *retries;
	struct crowd *crowd;
	struct budgets *budgets; /* NULL where the policy has none */
	struct rand rand;
	struct walk_world world;
};

#define FLEET_START_US ((int64_t)1795000000 * 1000000)

/* What does not fit together ends the program. now_us is FLEET_START_US. f must stay where it is.
 */
void fleet_open(struct fleet *f, const char *policy, uint64_t seed);
void fleet_close(struct fleet *f);
const struct target *fleet_target(struct fleet *f, const char *spec);

/* A decision of these candidates in this order ("openai:a anthropic:b"), without a rule. */
void fleet_decide(struct fleet *f, const char *specs, struct decision *d);

/* A request whose record is json, and its facts. */
struct fleet_request {
	struct request request;
	struct facts facts;
};
void fleet_request_open(struct fleet_request *r, const char *json);
void fleet_request_close(struct fleet_request *r);

#endif
