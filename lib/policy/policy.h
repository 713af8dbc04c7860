/* SPDX-License-Identifier: MIT */
/*
 * policy - the policy file, read and proven to make sense before a request is routed by it.
 *
 * agentflow-policy(5) is the prose and share/schemas/policy.schema.json the form. Every member is
 * known, every name resolved, every expression and pattern compiled. Errors are EXIT_CONFIG and
 * begin with FILE:LINE:COLUMN; what is only doubtful (a rule that can never match, a weight of 0)
 * is a warning, of the same form. All texts are borrowed from the document, which the policy owns.
 *
 *	policy = policy_load("policy.yaml", &err);
 *	... policy->routes[i].use.items[j].model ...
 *	policy_free(policy);
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "json/expr.h"
#include "json/pattern.h"
#include "json/yaml.h"
#include "policy/breaker.h"
#include "policy/budget.h"

enum { POLICY_VERSION = 1 }; /* of the form that we read */

enum policy_mode {
	POLICY_DIRECT, /* "api-direct": over HTTP, programs only where they are named */
	POLICY_CLI_FIRST, /* "subscription-cli-fallback": the program first, the API behind it */
	POLICY_HYBRID, /* the API where a model is named and a key is usable, else the program */
	POLICY_MODE_UNSET,
};
enum policy_strategy {
	POLICY_ORDERED, /* as they stand; by weight where weights are given */
	POLICY_COST, /* "cost-optimized" */
	POLICY_LATENCY,
	POLICY_QUALITY,
	POLICY_BALANCED,
	POLICY_STRATEGY_UNSET,
};
enum policy_after_output { POLICY_FAIL, POLICY_RESTART, POLICY_CONTINUE, POLICY_AFTER_UNSET };
enum policy_when_full { POLICY_FULL_NEXT, POLICY_FULL_WAIT, POLICY_FULL_UNSET };
enum policy_jitter { POLICY_JITTER_FULL, POLICY_JITTER_EQUAL, POLICY_JITTER_NONE };
enum policy_act { POLICY_BLOCK, POLICY_REDACT, POLICY_WARN, POLICY_ROUTE };
/* The words by their enum, NULL-terminated. */
extern const char *const policy_modes[], *const policy_strategies[], *const policy_after_outputs[],
									 *const policy_jitters[],
									     *const policy_acts[];
extern const char *const policy_when_fulls[];

/* Who may be asked, as the file names it. */
struct policy_candidate {
	const char *model; /* "provider:model", "provider:", "cli:NAME", an alias, "role:NAME" */
	double weight; /* negative: not said */
	struct buf options; /* JSON object: over the request's own; empty: none */
	const char *profile; /* prompt profile, "auto"; NULL: as the request says */
	const struct yaml *place;
};
struct policy_list {
	struct policy_candidate *items;
	size_t count;
};

struct policy_alias {
	const char *name;
	struct policy_list list;
	const struct yaml *place;
};

struct policy_role {
	const char *name; /* planner, builder, reviewer, ...: any name */
	struct policy_list list; /* its model, or several */
	const char *reasoning; /* a word of the contract; NULL */
	enum policy_mode mode;
	const struct yaml *place;
};

/* A label's rank: the words of `sensitivity` in the file, lowest first. Default: public, internal,
 * confidential, secret; "low", "medium", "high" are the first, second and last. */

/* What is said of models, beside what is known of them. */
struct policy_model {
	const char *name; /* "openai:gpt-4o", "ollama:*", "*" */
	double quality; /* 0..1; negative: not said */
	const char *const *residency; /* where data goes: "eu", "us", "local"; NULL: not said */
	const char *sensitivity; /* the highest label that it may see; NULL: any */
	const char *cli; /* the program that stands for it: "cli:claude"; NULL */
	double usd_per_million_in,
	    usd_per_million_out; /* in place of the price row; negative: not */
	int64_t context_window; /* 0: not said */
	const char *bigger; /* who is asked where a text is too long for it; NULL */
	bool subscription; /* costs nothing a call */
	const struct yaml *place, *bigger_place;
};

/* A window of the week; minutes of the day, `to` before `from` passes midnight. */
struct policy_time {
	unsigned days; /* bit 0: Monday; 0: all */
	int from, to; /* minutes; both 0: the whole day */
	const char *zone; /* IANA; NULL: UTC */
};

struct policy_match { /* all that is said must fit; `any` and `text` are looked for in the user's
			 text */
	struct pattern *text;
	const char *text_source;
	const char *const *any; /* words, case aside: one is enough; NULL */
	const char *const *roles; /* the request's model is role:NAME, or tags.role */
	struct policy_tag {
		const char *name; /* of tags */
		const char *const *values; /* one is enough; "*": it is there */
	} * tags;
	size_t tag_count;
	struct policy_time *times;
	size_t time_count;
	const char *const *capabilities; /* the request needs: "tools", "image", "schema", ... */
};

/* A condition of the seed form: all members that are said hold. */
struct policy_condition {
	int complexity, accuracy, sensitivity, cost,
	    latency; /* 0: not said; else 1 + the word's index */
};
/* Words of each, NULL-terminated: complexity low|medium|high; accuracy normal|high|critical;
 * data_sensitivity low|medium|high; cost minimal|normal|any; latency fast|normal|any. */
extern const char *const policy_levels[], *const policy_accuracies[], *const policy_costs[],
									  *const policy_latencies[];

/* What a request may take; what a route does not say holds for all. */
struct policy_limits {
	int64_t max_latency_ms, max_ttft_ms; /* of one attempt; 0: none */
	int64_t deadline_ms; /* of all attempts; 0: the request's timeoutMs, else 10 min */
	int64_t max_cost_pusd; /* of all attempts; negative: none */
	int64_t retries; /* of one candidate, beside its first attempt; negative: not said (1) */
	enum policy_after_output after_output;
	enum policy_when_full when_full; /* what is done where a candidate's provider is sent as
					    much as its configuration allows */
	enum policy_strategy strategy;
	const char *sticky; /* a path into the request: what is there draws among weights, and not
			       the request's id; NULL */
};

struct policy_hedge {
	double percentile; /* 0..1 of the candidate's own latencies, where enough are known */
	int64_t after_ms; /* else after so long; 0 of both: not by that */
	int64_t max; /* attempts beside the first; 0: no hedge */
};

struct policy_backoff {
	int64_t base_ms, max_ms; /* 500, 30 000 */
	double factor; /* 2 */
	enum policy_jitter jitter; /* full (M. Brooker, Exponential Backoff And Jitter, 2015) */
	double budget; /* retries a request, over time, at most (0.2); negative: no limit */
	int64_t max_wait_ms; /* of all waits of a request; 0: the deadline only */
};

struct policy_route {
	const char *name; /* or "route 3" */
	size_t when; /* expression; EXPR_NONE */
	struct policy_match match;
	struct policy_condition *conditions; /* one is enough; count 0: none asked */
	size_t condition_count;
	struct policy_list use;
	struct buf options; /* JSON: over the request's own, under the candidate's */
	struct policy_limits limits;
	struct policy_hedge hedge; /* max -1: not said */
	const struct yaml *place;
};

/* Names: "openai:*" forms, NULL-terminated; NULL: nothing said. */
struct policy_names {
	const char *const *models, *const *providers, *const *tools, *const *labels;
};

struct policy_guard {
	const char *name;
	bool on_input, on_output;
	struct pattern *pattern;
	const char *source;
	enum policy_act act;
	const char *replace; /* of redact; default "[NAME]" */
	struct policy_list use; /* of route */
	const struct yaml *place;
};

struct policy {
	struct yaml_doc *doc;
	char *file;
	char digest[72]; /* "sha256:...", of the file's bytes; "" where there is none */
	const char *name; /* or NULL */
	int64_t version;
	enum policy_mode mode;
	struct policy_limits limits; /* all is said here: defaults are filled in */
	struct policy_list
	    providers; /* who is asked where no route fits, behind the request's own model */
	struct policy_alias *aliases;
	size_t alias_count;
	struct policy_role *roles;
	size_t role_count;
	struct policy_model *models;
	size_t model_count;
	const char *const *labels; /* sensitivity labels, lowest first */
	struct policy_route *routes;
	size_t route_count;
	double weight_cost, weight_latency, weight_quality; /* of balanced */
	struct breaker_rule breaker;
	struct policy_backoff backoff;
	struct policy_hedge hedge;
	struct policy_list local, content_filter, context_length; /* fallback: */
	struct policy_names deny, allow;
	struct policy_guard *guards;
	size_t guard_count;
	struct budget_rule *budgets;
	struct policy_list *budget_use; /* for each budget, of action route */
	size_t budget_count;
	struct expr_list exprs;
	struct buf
	    warnings; /* "FILE:LINE:COLUMN: ..." one a line: what is doubtful in the file itself */
	struct policy_owned *owned; /* lists and texts that the reader made */
};

/* "-" is stdin. */
struct policy *policy_load(const char *path, struct err *err);
struct policy *policy_parse(const char *file, struct str text, struct err *err);
/* No file: one candidate, the request's own model, with all defaults. */
struct policy *policy_none(void);
void policy_free(struct policy *p);

const struct policy_alias *policy_alias_find(const struct policy *p, struct str name);
const struct policy_role *policy_role_find(const struct policy *p, struct str name);
/* What the file says of a model, the most specific name first; NULL. */
const struct policy_model *policy_model_find(const struct policy *p, struct str spec);
/* Whether a name fits one of a list's ("openai:*", "*:free", exact), case aside. NULL list: false.
 */
bool policy_names_hold(const char *const *names, struct str name);
/* The rank of a sensitivity label: its place in p->labels; -1: unknown. */
int policy_label_rank(const struct policy *p, struct str label);

#endif
