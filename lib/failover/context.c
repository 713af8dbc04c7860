/* SPDX-License-Identifier: MIT */
/* context - all that decisions are made from, brought together. */
#include "failover/context.h"

#include "price/price_load.h"

enum { LOOKS_ONLY = 1 /* a holder that reserves nothing */ };

int
context_supply(struct targets_config *t, const char *share, const char *config_file,
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
context_unsupply(struct targets_config *t)
{
	models_free(t->models);
	prices_free((struct prices *)t->prices); /* context_supply made them */
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
context_snapshot(const char *url, struct err *err)
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
context_open(struct context *c, const struct context_config *config, const char *file,
    struct buf *warnings, struct err *err)
{
	struct router_config router = config->router;
	const struct policy *p;

	*c = (struct context){ .policy = file ? policy_load(file, err) : policy_none() };
	if (!c->policy)
		return -1;
	p = c->policy;
	if (config->store || config->keeps)
		c->health = health_new(config->store, &p->breaker);
	if (p->budget_count && (config->store || config->keeps))
		c->budgets = budgets_new(config->store, p->budgets, p->budget_count,
		    config->holder ? config->holder : LOOKS_ONLY, config->budget_open);
	buf_addstr(warnings, buf_str(&p->warnings));
	router.targets.policy = p;
	router.targets.health = c->health;
	router.budgets = c->budgets;
	c->router = router_new(&router, warnings, err);
	return c->router ? 0 : -1;
}

void
context_close(struct context *c)
{
	router_free(c->router);
	budgets_free(c->budgets);
	health_free(c->health);
	policy_free(c->policy);
}
