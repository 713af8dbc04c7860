/* SPDX-License-Identifier: MIT */
/* policy - a policy's life, and what is looked up in it. */
#include "policy/policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "policy/name_form.h"
#include "policy/policy_read.h"
#include "sys/file.h"
#include "sys/hash.h"

const char *const policy_modes[] = {
	[POLICY_DIRECT] = "api-direct",
	[POLICY_CLI_FIRST] = "subscription-cli-fallback",
	[POLICY_HYBRID] = "hybrid",
	NULL,
};
const char *const policy_strategies[] = {
	[POLICY_ORDERED] = "ordered",
	[POLICY_COST] = "cost-optimized",
	[POLICY_LATENCY] = "latency",
	[POLICY_QUALITY] = "quality",
	[POLICY_BALANCED] = "balanced",
	NULL,
};
const char *const policy_after_outputs[] = {
	[POLICY_FAIL] = "fail",
	[POLICY_RESTART] = "restart",
	[POLICY_CONTINUE] = "continue",
	NULL,
};
const char *const policy_when_fulls[] = {
	[POLICY_FULL_NEXT] = "next",
	[POLICY_FULL_WAIT] = "wait",
	NULL,
};
const char *const policy_jitters[] = {
	[POLICY_JITTER_FULL] = "full",
	[POLICY_JITTER_EQUAL] = "equal",
	[POLICY_JITTER_NONE] = "none",
	NULL,
};
const char *const policy_acts[] = {
	[POLICY_BLOCK] = "block",
	[POLICY_REDACT] = "redact",
	[POLICY_WARN] = "warn",
	[POLICY_ROUTE] = "route",
	NULL,
};
const char *const policy_levels[] = { "low", "medium", "high", NULL };
const char *const policy_accuracies[] = { "normal", "high", "critical", NULL };
const char *const policy_costs[] = { "minimal", "normal", "any", NULL };
const char *const policy_latencies[] = { "fast", "normal", "any", NULL };

static const char *const labels_default[] = { "public", "internal", "confidential", "secret",
	NULL };

struct policy_owned {
	void **items;
	size_t count, cap;
};

void *
policy_own(struct policy *p, void *block)
{
	struct policy_owned *o = p->owned;

	VEC_GROW(o->items, o->count, o->cap);
	return o->items[o->count++] = block;
}

void
policy_warn(struct policy *p, const struct yaml *place, const char *fmt, ...)
{
	va_list ap;

	buf_addf(&p->warnings, "%s:%u:%u: ", p->file, place->line, place->column);
	va_start(ap, fmt);
	buf_addv(&p->warnings, fmt, ap);
	va_end(ap);
	buf_addc(&p->warnings, '\n');
}

/* A policy of which nothing is said yet: all defaults. */
static struct policy *
new_policy(const char *file)
{
	struct policy *p = xcalloc(1, sizeof *p);

	*p = (struct policy){
		.file = xstrdup(file),
		.version = POLICY_VERSION,
		.limits = {
			.max_cost_pusd = -1,
			.retries = 1,
			.after_output = POLICY_FAIL,
			.when_full = POLICY_FULL_NEXT,
			.strategy = POLICY_ORDERED,
		},
		.labels = labels_default,
		.weight_cost = 0.5,
		.weight_latency = 0.25,
		.weight_quality = 0.25,
		.breaker = breaker_rule_default,
		.backoff = {
			.base_ms = 500,
			.max_ms = 30000,
			.factor = 2,
			.jitter = POLICY_JITTER_FULL,
			.budget = 0.2,
		},
		.hedge = { .percentile = 0.95 },
		.owned = xcalloc(1, sizeof *p->owned),
	};
	buf_init(&p->warnings, BUF_UNLIMITED);
	return p;
}

struct policy *
policy_none(void)
{
	return new_policy("");
}

struct policy *
policy_parse(const char *file, struct str text, struct err *err)
{
	struct policy *p = new_policy(file);
	struct hash hash = hash_sha256(text);
	struct buf digest = BUF_INIT(sizeof p->digest - 1);

	buf_adds(&digest, "sha256:");
	hash_hex(&hash, &digest);
	memcpy(p->digest, digest.p, digest.len + 1);
	buf_release(&digest);
	p->doc = yaml_parse(file, text, err);
	if (p->doc && policy_read(p, err) == 0 && policy_check(p, err) == 0 &&
	    expr_compile(&p->exprs, err) == 0)
		return p;
	policy_free(p);
	return NULL;
}

struct policy *
policy_load(const char *path, struct err *err)
{
	struct buf text = BUF_INIT(YAML_FILE_MAX);
	struct policy *p = NULL;

	if (file_read(path, &text, err) == 0)
		p = policy_parse(path, buf_str(&text), err);
	else
		err->code = EXIT_CONFIG;
	buf_release(&text);
	return p;
}

static void
release_rules(struct policy *p)
{
	for (size_t i = 0; i < p->route_count; i++) {
		policy_list_release(&p->routes[i].use);
		buf_release(&p->routes[i].options);
		pattern_free(p->routes[i].match.text);
	}
	free(p->routes);
	for (size_t i = 0; i < p->guard_count; i++) {
		policy_list_release(&p->guards[i].use);
		pattern_free(p->guards[i].pattern);
	}
	for (size_t i = 0; i < p->budget_count; i++)
		policy_list_release(&p->budget_use[i]);
}

void
policy_free(struct policy *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->alias_count; i++)
		policy_list_release(&p->aliases[i].list);
	for (size_t i = 0; i < p->role_count; i++)
		policy_list_release(&p->roles[i].list);
	release_rules(p);
	policy_list_release(&p->providers);
	policy_list_release(&p->local);
	policy_list_release(&p->content_filter);
	policy_list_release(&p->context_length);
	expr_release(&p->exprs);
	for (size_t i = 0; i < p->owned->count; i++)
		free(p->owned->items[i]);
	free(p->owned->items);
	free(p->owned);
	buf_release(&p->warnings);
	yaml_doc_free(p->doc);
	free(p->file);
	free(p);
}

/* --- looking up --- */

const struct policy_alias *
policy_alias_find(const struct policy *p, struct str name)
{
	for (size_t i = 0; i < p->alias_count; i++) {
		if (str_is(name, p->aliases[i].name))
			return &p->aliases[i];
	}
	return NULL;
}

const struct policy_role *
policy_role_find(const struct policy *p, struct str name)
{
	for (size_t i = 0; i < p->role_count; i++) {
		if (str_is(name, p->roles[i].name))
			return &p->roles[i];
	}
	return NULL;
}

bool
policy_names_hold(const char *const *names, struct str name)
{
	for (; names && *names; names++) {
		if (name_form_fits(*names, name))
			return true;
	}
	return false;
}

int
policy_label_rank(const struct policy *p, struct str label)
{
	int count = 0;

	for (; p->labels[count]; count++) {
		if (str_is(label, p->labels[count]))
			return count;
	}
	if (str_is(label, "low"))
		return 0;
	if (str_is(label, "medium"))
		return count > 1 ? 1 : 0;
	return str_is(label, "high") ? count - 1 : -1;
}
