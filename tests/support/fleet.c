/* SPDX-License-Identifier: MIT */
/* fleet - all that a walk stands on, on a clock of the test's own. */
#include "support/fleet.h"

#include <stdlib.h>

#include "base/die.h"
#include "base/mem.h"
#include "support/top.h"
#include "sys/file.h"

static const char *
any_key(const char *name)
{
	return str_ends(str_of(name), "_API_KEY") ? "key-of-the-test" : NULL;
}

static int64_t
fleet_now(void *user)
{
	return ((const struct fleet *)user)->now_us;
}

static struct targets_config
targets_of(const struct fleet *f)
{
	return (struct targets_config){
		.policy = f->policy,
		.providers = f->providers,
		.models = f->models,
		.health = f->health,
		.env = any_key,
		.day = FLEET_START_US / 1000000 / 86400,
	};
}

static void
open_router(struct fleet *f, uint64_t seed)
{
	struct router_config config = {
		.targets = targets_of(f), .budgets = f->budgets, .seed = seed
	};
	struct buf warnings = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;

	f->router = router_new(&config, &warnings, &err);
	buf_release(&warnings);
	if (!f->router)
		err_die(&err);
	f->targets = router_targets(f->router);
}

void
fleet_open(struct fleet *f, const char *policy, uint64_t seed)
{
	char *share = top_file("share");
	struct err err = ERR_INIT;

	*f = (struct fleet){ .now_us = FLEET_START_US };
	rand_seed(&f->rand, seed);
	f->policy = policy_parse("policy.yaml", str_of(policy), &err);
	f->providers = f->policy ? providers_load(share, NULL, any_key, &err) : NULL;
	if (f->providers)
		f->store = store_open(
		    &(struct store_config){ .url = "memory:", .now_us = fleet_now, .user = f },
		    &err);
	if (!f->store)
		err_die(&err);
	f->models = models_new(share);
	free(share);
	f->health = health_new(f->store, &f->policy->breaker);
	if (f->policy->budget_count)
		f->budgets = budgets_new(
		    f->store, f->policy->budgets, f->policy->budget_count, 1, false);
	f->retries = retry_budget_new(f->policy->backoff.budget);
	f->crowd = crowd_new();
	open_router(f, seed);
	f->world = (struct walk_world){
		.policy = f->policy,
		.router = f->router,
		.health = f->health,
		.budgets = f->budgets,
		.retries = f->retries,
		.crowd = f->crowd,
		.rand = &f->rand,
	};
}

void
fleet_close(struct fleet *f)
{
	retry_budget_free(f->retries);
	crowd_free(f->crowd);
	router_free(f->router);
	if (f->budgets)
		budgets_free(f->budgets);
	health_free(f->health);
	models_free(f->models);
	store_close(f->store);
	providers_free(f->providers);
	policy_free(f->policy);
}

const struct target *
fleet_target(struct fleet *f, const char *spec)
{
	struct err err = ERR_INIT;
	const struct target *t = target_of(f->targets, str_of(spec), &err);

	if (!t)
		err_die(&err);
	return t;
}

void
fleet_decide(struct fleet *f, const char *specs, struct decision *d)
{
	struct str rest = str_of(specs), spec;

	*d = (struct decision){ .limits = f->policy->limits, .hedge = f->policy->hedge };
	while (str_split(&rest, ' ', &spec)) {
		char *name = xmemdup(spec.p, spec.len);

		VEC_GROW(d->items, d->count, d->cap);
		d->items[d->count++] = (struct choice){ .target = fleet_target(f, name) };
		free(name);
	}
}

void
fleet_request_open(struct fleet_request *r, const char *json)
{
	struct err err = ERR_INIT;
	struct json record;

	*r = (struct fleet_request){ 0 };
	if (json_parse(json, strlen(json), &record, &err) < 0 ||
	    request_read(&r->request, record, NULL, &err) < 0)
		err_die(&err);
	facts_start(&r->facts, &r->request);
}

void
fleet_request_close(struct fleet_request *r)
{
	facts_release(&r->facts);
	request_release(&r->request);
}
