/* SPDX-License-Identifier: MIT */
/* desk - all that decisions are made from, brought together. */
#include "failover/desk.h"

#include "price/price_load.h"

enum { HOLDER = 1 /* who only looks reserves nothing under its name */ };

int
desk_supply(struct targets_config *t, const char *share, const char *config_file,
    const char *const *price_files, struct err *err)
{
	t->providers = providers_load(share, config_file, t->env, err);
	if (!t->providers)
		return -1;
	t->prices = price_load(share, price_files, err);
	if (!t->prices)
		return -1;
	t->models = models_new(share);
	return 0;
}

void
desk_unsupply(struct targets_config *t)
{
	models_free(t->models);
	prices_free((struct prices *)t->prices); /* desk_supply made them */
	providers_free(t->providers);
}

/* --- the store --- */

struct copy {
	struct store *to;
	struct err *err;
	bool failed;
};

static bool
copy_entry(void *user, struct str key, struct str value)
{
	struct copy *c = user;

	c->failed = store_put(c->to, key, value, STORE_FOREVER, c->err) < 0;
	return !c->failed;
}

struct store *
desk_snapshot(const char *url, struct err *err)
{
	static const char *const prefixes[] = { HEALTH_BREAKERS, HEALTH_LATENCIES, "budget/" };
	struct store *from = store_open(
	    &(struct store_config){ .url = url, .read_only = true }, err);
	struct copy c = { .err = err };
	size_t i;

	if (!from)
		return NULL;
	c.to = store_open(&(struct store_config){ .url = "memory:" }, err);
	for (i = 0; c.to && !c.failed && i < sizeof prefixes / sizeof *prefixes; i++)
		if (store_scan(from, str_of(prefixes[i]), copy_entry, &c, err) < 0)
			c.failed = true;
	store_close(from);
	if (!c.failed)
		return c.to;
	store_close(c.to);
	return NULL;
}

/* --- a policy's own --- */

int
desk_open(struct desk *d, const struct router_config *base, struct store *store, const char *file,
    struct buf *warnings, struct err *err)
{
	struct router_config config = *base;

	*d = (struct desk){ .policy = file ? policy_load(file, err) : policy_none() };
	if (!d->policy)
		return -1;
	if (store)
		d->health = health_new(store, &d->policy->breaker);
	if (store && d->policy->budget_count)
		d->budgets = budgets_new(
		    store, d->policy->budgets, d->policy->budget_count, HOLDER, false);
	buf_addstr(warnings, buf_str(&d->policy->warnings));
	config.targets.policy = d->policy;
	config.targets.health = d->health;
	config.budgets = d->budgets;
	d->router = router_new(&config, warnings, err);
	return d->router ? 0 : -1;
}

void
desk_close(struct desk *d)
{
	router_free(d->router);
	budgets_free(d->budgets);
	health_free(d->health);
	policy_free(d->policy);
}
