/* SPDX-License-Identifier: MIT */
/* Policy files: what they mean, and what is said, with its place, of those that mean nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "policy/policy.h"
#include "sys/file.h"
#include "sys/hash.h"

static struct policy *
read_policy(const char *text)
{
	struct err err = ERR_INIT;
	struct policy *p = policy_parse("p.yaml", str_of(text), &err);

	if (!p)
		fail_msg("%s", err.text);
	return p;
}

static void
refuse(const char *text, const char *message)
{
	struct err err = ERR_INIT;
	struct policy *p = policy_parse("p.yaml", str_of(text), &err);

	if (p)
		fail_msg("taken: %s", text);
	assert_string_equal(err.text, message);
	assert_int_equal(err.code, EXIT_CONFIG);
}

static void
warn(const char *text, const char *warnings)
{
	struct policy *p = read_policy(text);

	assert_string_equal(p->warnings.p, warnings);
	policy_free(p);
}

/* --- what is read --- */

static void
what_is_not_said_has_a_default(void **state)
{
	struct policy *p = policy_none(), *q = read_policy("version: 1");

	(void)state;
	for (int i = 0; i < 2; i++) {
		const struct policy *each = i ? q : p;

		assert_int_equal(each->mode, POLICY_DIRECT);
		assert_int_equal(each->limits.strategy, POLICY_ORDERED);
		assert_int_equal(each->limits.after_output, POLICY_FAIL);
		assert_int_equal(each->limits.retries, 1);
		assert_int_equal(each->limits.max_cost_pusd, -1);
		assert_int_equal(each->limits.deadline_ms, 0);
		assert_int_equal(each->breaker.window_us, 60000000);
		assert_int_equal(each->breaker.scope, BREAKER_MODEL);
		assert_int_equal(each->backoff.base_ms, 500);
		assert_true(fabs(each->backoff.budget - 0.2) < 1e-9);
		assert_int_equal(each->hedge.max, 0);
		assert_int_equal(each->route_count, 0);
		assert_int_equal(each->providers.count, 0);
		assert_string_equal(each->labels[3], "secret");
		assert_null(each->labels[4]);
	}
	policy_free(p);
	policy_free(q);
}

static void
the_digest_is_that_of_the_bytes(void **state)
{
	struct hash hash = hash_sha256(STR_LIT("version: 1\n"));
	struct buf want = BUF_INIT(BUF_UNLIMITED);
	struct policy *p = read_policy("version: 1\n");

	(void)state;
	buf_adds(&want, "sha256:");
	hash_hex(&hash, &want);
	assert_string_equal(p->digest, want.p);
	buf_release(&want);
	policy_free(p);
}

static void
a_candidate_is_a_name_a_map_or_a_list(void **state)
{
	struct policy *p = read_policy("routes:\n"
				       "  - use: openai:gpt-4o\n"
				       "    match: {any: a}\n"
				       "  - use: {model: \"openai:\", weight: 2, profile: auto,\n"
				       "      options: {temperature: 0}}\n"
				       "    match: {any: b}\n"
				       "  - use: [fast, {model: role:r}]\n"
				       "aliases: {fast: cli:claude}\n"
				       "roles: {r: [openai:o3, fast]}\n");
	const struct policy_candidate *c = &p->routes[1].use.items[0];

	(void)state;
	assert_string_equal(p->routes[0].use.items[0].model, "openai:gpt-4o");
	assert_true(p->routes[0].use.items[0].weight < 0);
	assert_string_equal(p->routes[0].name, "route 1");
	assert_string_equal(c->model, "openai:");
	assert_true(fabs(c->weight - 2) < 1e-9);
	assert_string_equal(c->profile, "auto");
	assert_string_equal(c->options.p, "{\"temperature\":0}");
	assert_int_equal(p->routes[2].use.count, 2);
	assert_string_equal(policy_role_find(p, STR_LIT("r"))->list.items[1].model, "fast");
	assert_string_equal(
	    policy_alias_find(p, STR_LIT("fast"))->list.items[0].model, "cli:claude");
	assert_null(policy_alias_find(p, STR_LIT("r")));
	assert_null(policy_role_find(p, STR_LIT("fast")));
	policy_free(p);
}

static void
a_route_says_only_what_it_says(void **state)
{
	struct policy *p = read_policy(
	    "retries: 3\n"
	    "hedge: {afterMs: 700, max: 2}\n"
	    "routes:\n"
	    "  - {use: \"a:b\", match: {any: x}}\n"
	    "  - {use: \"a:b\", strategy: quality, retries: 0, maxCostUsd: 0, deadline: 90s,\n"
	    "     afterOutput: continue, whenFull: wait, maxLatencyMs: 5, maxTtftMs: 6, hedge: {max: 1}}\n"
	    "  - {use: \"a:b\", match: {any: y}, hedge: {afterMs: 9, afterPercentile: 90%}}\n");
	const struct policy_limits *none = &p->routes[0].limits, *all = &p->routes[1].limits;

	(void)state;
	assert_int_equal(none->retries, -1);
	assert_int_equal(none->max_cost_pusd, -1);
	assert_int_equal(none->strategy, POLICY_STRATEGY_UNSET);
	assert_int_equal(none->after_output, POLICY_AFTER_UNSET);
	assert_int_equal(none->when_full, POLICY_FULL_UNSET);
	assert_int_equal(p->routes[0].hedge.max, -1);
	assert_int_equal(all->retries, 0);
	assert_int_equal(all->max_cost_pusd, 0);
	assert_int_equal(all->deadline_ms, 90000);
	assert_int_equal(all->max_latency_ms, 5);
	assert_int_equal(all->max_ttft_ms, 6);
	assert_int_equal(all->strategy, POLICY_QUALITY);
	assert_int_equal(all->after_output, POLICY_CONTINUE);
	assert_int_equal(all->when_full, POLICY_FULL_WAIT);
	assert_int_equal(p->routes[1].hedge.after_ms, 700);
	assert_true(p->routes[1].hedge.percentile <= 0);
	assert_int_equal(p->routes[2].hedge.after_ms, 9);
	assert_true(fabs(p->routes[2].hedge.percentile - 0.9) < 1e-9);
	assert_int_equal(p->routes[2].hedge.max, 1);
	assert_int_equal(p->routes[1].hedge.max, 1);
	policy_free(p);
}

static void
days_and_hours_are_read(void **state)
{
	struct policy *p = read_policy(
	    "routes:\n"
	    "  - use: a:b\n"
	    "    match:\n"
	    "      time:\n"
	    "        - {days: mon-fri, from: \"08:00\", to: \"18:30\", zone: Europe/Berlin}\n"
	    "        - {days: \"sat, Sun\"}\n"
	    "        - {days: [fri-mon, wed], from: \"22:00\"}\n"
	    "        - {from: \"22:00\", to: \"06:00\"}\n");
	const struct policy_time *t = p->routes[0].match.times;

	(void)state;
	assert_int_equal(p->routes[0].match.time_count, 4);
	assert_int_equal(t[0].days, 0x1f);
	assert_int_equal(t[0].from, 480);
	assert_int_equal(t[0].to, 1110);
	assert_string_equal(t[0].zone, "Europe/Berlin");
	assert_int_equal(t[1].days, 0x60);
	assert_int_equal(t[1].from, 0);
	assert_int_equal(t[1].to, 0);
	assert_null(t[1].zone);
	assert_int_equal(t[2].days, 0x75);
	assert_int_equal(t[2].to, 1440);
	assert_int_equal(t[3].days, 0);
	assert_int_equal(t[3].to, 360);
	policy_free(p);
}

static void
true_is_no_condition_and_one_condition_may_stand_alone(void **state)
{
	struct policy *p = read_policy(
	    "routes:\n"
	    "  - {use: \"a:b\", conditions: {complexity: high, cost: any}}\n"
	    "  - {use: \"a:b\", when: true}\n");

	(void)state;
	assert_int_equal(p->routes[0].condition_count, 1);
	assert_int_equal(p->routes[0].conditions[0].complexity, 3);
	assert_int_equal(p->routes[0].conditions[0].cost, 3);
	assert_int_equal(p->routes[0].conditions[0].accuracy, 0);
	assert_true(p->routes[1].when == EXPR_NONE);
	assert_null(p->exprs.program);
	policy_free(p);
}

static void
a_providers_name_alone_means_its_default_model(void **state)
{
	struct policy *p = read_policy("providers: [openai, fast, anthropic:claude-haiku-4-5, "
				       "{model: gemini, weight: 2}]\n"
				       "aliases: {fast: openai:gpt-4o-mini}\n");

	(void)state;
	assert_string_equal(p->providers.items[0].model, "openai:");
	assert_string_equal(p->providers.items[1].model, "fast");
	assert_string_equal(p->providers.items[2].model, "anthropic:claude-haiku-4-5");
	assert_string_equal(p->providers.items[3].model, "gemini:");
	assert_true(p->providers.items[3].weight == 2);
	policy_free(p);
}

static void
what_a_wide_form_says_of_models_holds_for_the_narrower(void **state)
{
	struct policy *p = read_policy(
	    "models:\n"
	    "  openai:gpt-4o: {quality: 0.8}\n"
	    "  \"openai:gpt-*\": {quality: 70%, cli: cli:codex, subscription: true}\n"
	    "  \"openai:*\": {sensitivity: internal, residency: us, quality: 0.1}\n"
	    "  \"*\": {residency: [eu], contextWindow: 9}\n"
	    "  openai:gpt-5: {subscription: false}\n");
	const struct policy_model *m = policy_model_find(p, STR_LIT("openai:gpt-4o"));

	(void)state;
	assert_true(fabs(m->quality - 0.8) < 1e-9);
	assert_string_equal(m->sensitivity, "internal");
	assert_string_equal(m->residency[0], "us");
	assert_string_equal(m->cli, "cli:codex");
	assert_true(m->subscription);
	assert_int_equal(m->context_window, 9);
	assert_false(policy_model_find(p, STR_LIT("openai:gpt-5"))->subscription);
	assert_true(fabs(policy_model_find(p, STR_LIT("openai:gpt-4.1"))->quality - 0.7) < 1e-9);
	assert_true(fabs(policy_model_find(p, STR_LIT("openai:o3"))->quality - 0.1) < 1e-9);
	assert_string_equal(policy_model_find(p, STR_LIT("x:y"))->residency[0], "eu");
	policy_free(p);
}

static void
names_hold_with_stars(void **state)
{
	static const char *const names[] = { "openai:*", "*:free", "a*b*c", "exact", NULL };

	(void)state;
	assert_true(policy_names_hold(names, STR_LIT("openai:gpt-4o")));
	assert_true(policy_names_hold(names, STR_LIT("OpenAI:GPT-4o")));
	assert_true(policy_names_hold(names, STR_LIT("openai:")));
	assert_false(policy_names_hold(names, STR_LIT("openai")));
	assert_true(policy_names_hold(names, STR_LIT("openrouter:x/y:free")));
	assert_false(policy_names_hold(names, STR_LIT("openrouter:x/y:freed")));
	assert_true(policy_names_hold(names, STR_LIT("abbc")));
	assert_true(policy_names_hold(names, STR_LIT("a-c-b-bc")));
	assert_false(policy_names_hold(names, STR_LIT("acb")));
	assert_true(policy_names_hold(names, STR_LIT("exact")));
	assert_false(policy_names_hold(names, STR_LIT("exactly")));
	assert_false(policy_names_hold(names, STR_LIT("")));
	assert_false(policy_names_hold(NULL, STR_LIT("x")));
}

static void
labels_have_ranks_and_low_medium_high_are_words_for_them(void **state)
{
	struct policy *p = policy_none(), *two = read_policy("sensitivity: [open, medium, closed]");

	(void)state;
	assert_int_equal(policy_label_rank(p, STR_LIT("public")), 0);
	assert_int_equal(policy_label_rank(p, STR_LIT("secret")), 3);
	assert_int_equal(policy_label_rank(p, STR_LIT("low")), 0);
	assert_int_equal(policy_label_rank(p, STR_LIT("medium")), 1);
	assert_int_equal(policy_label_rank(p, STR_LIT("high")), 3);
	assert_int_equal(policy_label_rank(p, STR_LIT("sercet")), -1);
	assert_int_equal(policy_label_rank(two, STR_LIT("medium")), 1);
	assert_int_equal(policy_label_rank(two, STR_LIT("high")), 2);
	policy_free(p);
	policy_free(two);
}

static void
a_budget_has_a_limit_for_each_form_of_values(void **state)
{
	struct policy *p = read_policy(
	    "budgets:\n"
	    "  - {name: team, per: .tags.team, limitUsd: {core: 100, \"core-*\": 50, \"*\": 5, \"\": 0}, "
	    "window: week, soft: 80}\n"
	    "  - {name: rpm, per: model, limitRequests: {\"azure:*\": 600}, window: 1m}\n");
	const struct budget_rule *team = &p->budgets[0], *rpm = &p->budgets[1];

	(void)state;
	assert_true(budget_part(team, STR_LIT("core"))->limit == 100000000000000);
	assert_true(budget_part(team, STR_LIT("Core"))->limit == 100000000000000);
	assert_true(budget_part(team, STR_LIT("core-eu"))->limit == 50000000000000);
	assert_true(budget_part(team, STR_LIT("ops"))->limit == 5000000000000);
	assert_true(budget_part(team, STR_LIT(""))->limit == 0);
	assert_string_equal(budget_part(team, STR_LIT("ops"))->name, "team");
	assert_int_equal(budget_part(team, STR_LIT("ops"))->window, BUDGET_WEEK);
	assert_int_equal(budget_part(team, STR_LIT("ops"))->soft[0], 80);
	assert_int_equal(budget_part(rpm, STR_LIT("azure:gpt-4o"))->limit, 600);
	assert_null(budget_part(rpm, STR_LIT("openai:gpt-4o")));
	policy_free(p);
}

static void
budgets_are_read(void **state)
{
	struct policy *p = read_policy(
	    "budgets:\n"
	    "  - {name: a, limitUsd: 0.25}\n"
	    "  - {name: b, limitTokens: 7, window: 90s, soft: 50%, action: warn, per: key}\n"
	    "  - {name: c, limitRequests: 0, window: month, zone: Asia/Tokyo, per: .tags.a-b.c,\n"
	    "     action: route, use: [\"a:b\"], soft: [20, 30, 10]}\n");

	(void)state;
	assert_int_equal(p->budgets[0].unit, BUDGET_USD);
	assert_true(p->budgets[0].limit == 250000000000);
	assert_int_equal(p->budgets[0].window, BUDGET_DAY);
	assert_int_equal(p->budgets[0].action, BUDGET_BLOCK);
	assert_null(p->budgets[0].per);
	assert_int_equal(p->budgets[1].window, BUDGET_ROLLING);
	assert_true(p->budgets[1].rolling_us == 90000000);
	assert_int_equal(p->budgets[1].soft[0], 50);
	assert_int_equal(p->budgets[2].window, BUDGET_MONTH);
	assert_int_equal(p->budgets[2].soft_count, 3);
	assert_int_equal(p->budgets[2].soft[0], 10);
	assert_int_equal(p->budgets[2].soft[2], 30);
	assert_string_equal(p->budgets[2].zone, "Asia/Tokyo");
	assert_string_equal(p->budget_use[2].items[0].model, "a:b");
	policy_free(p);
}

static void
guards_are_read(void **state)
{
	struct policy *p = read_policy("guards:\n"
				       "  - {pattern: \"a+\"}\n"
				       "  - {name: b, on: output, pattern: x, action: redact}\n"
				       "  - {on: [output, input], pattern: x, action: redact, "
				       "replace: \"-\"}\n");

	(void)state;
	assert_string_equal(p->guards[0].name, "guard 1");
	assert_true(p->guards[0].on_input && !p->guards[0].on_output);
	assert_int_equal(p->guards[0].act, POLICY_BLOCK);
	assert_true(!p->guards[1].on_input && p->guards[1].on_output);
	assert_string_equal(p->guards[1].replace, "[b]");
	assert_true(p->guards[2].on_input && p->guards[2].on_output);
	assert_string_equal(p->guards[2].replace, "-");
	policy_free(p);
}

/* --- the other forms --- */

#define SEED                                                                                       \
	"  llmRouting:\n"                                                                          \
	"    strategy: cost\n"                                                                     \
	"    models:\n"                                                                            \
	"      - {provider: a, model: strong, conditions: [{complexity: high}]}\n"                 \
	"      - {model: \"b:home\", conditions: [{cost: any}, {data_sensitivity: high}]}\n"       \
	"      - {provider: c, options: {topK: 1}}\n"                                              \
	"      - d\n"                                                                              \
	"    fallbacks: [\"e:f\", {provider: a, model: strong}]\n"

static void
assert_seed(const char *head)
{
	char *text = xasprintf("apiVersion: agentflow.io/v1\n%s" SEED, head);
	struct policy *p = read_policy(text);

	assert_string_equal(p->name, "n");
	assert_int_equal(p->limits.strategy, POLICY_COST);
	assert_int_equal(p->route_count, 2);
	assert_string_equal(p->routes[0].name, "route 2"); /* sensitive data goes before */
	assert_int_equal(p->routes[0].use.count, 1);
	assert_string_equal(p->routes[1].name, "route 1");
	assert_int_equal(p->routes[1].limits.strategy, POLICY_ORDERED);
	assert_int_equal(p->routes[1].use.count, 4);
	assert_string_equal(p->routes[1].use.items[0].model, "a:strong");
	assert_string_equal(p->routes[1].use.items[1].model, "c:");
	assert_string_equal(p->routes[1].use.items[1].options.p, "{\"topK\":1}");
	assert_string_equal(p->routes[1].use.items[2].model, "d:");
	assert_string_equal(p->routes[1].use.items[3].model, "e:f");
	assert_int_equal(p->providers.count, 4);
	assert_string_equal(p->providers.items[3].model, "a:strong");
	policy_free(p);
	free(text);
}

static void
llm_routing_is_taken_wherever_it_stands(void **state)
{
	struct policy *p;

	(void)state;
	assert_seed("kind: Policy\nmetadata: {name: n}\nspec:\n");
	assert_seed("kind: LlmRouting\nmetadata: {name: n}\nspec:\n");
	assert_seed("kind: Workflow\nmetadata: {name: n}\nspec:\n  agents: [{name: x}]\n");
	p = read_policy("apiVersion: agentflow.io/v1\nkind: LlmRouting\nspec: {fallbacks: [a]}");
	assert_string_equal(p->providers.items[0].model, "a:");
	policy_free(p);
}

static void
what_is_sensitive_goes_before_and_stays(void **state)
{
	static const char *const order[] = { "own", "b", "d", "a", "c" };
	struct policy *p = read_policy(
	    "routes: [{name: own, use: \"x:y\", match: {any: z}}]\n"
	    "llmRouting:\n"
	    "  providers:\n"
	    "    - {name: a, provider: a, conditions: {complexity: high}}\n"
	    "    - {name: b, provider: b, conditions: [{data_sensitivity: high}]}\n"
	    "    - {name: c, provider: c, conditions: {data_sensitivity: low}}\n"
	    "    - {name: d, provider: d, conditions: {data_sensitivity: medium, cost: any}}\n"
	    "    - e\n");

	(void)state;
	assert_int_equal(p->route_count, 5);
	for (size_t i = 0; i < 5; i++) {
		bool alone = i < 3;

		assert_string_equal(p->routes[i].name, order[i]);
		assert_int_equal(p->routes[i].use.count, alone ? 1 : 2);
	}
	policy_free(p);
}

static void
a_resource_has_all_that_the_plain_form_has(void **state)
{
	struct policy *p = read_policy(
	    "apiVersion: agentflow.io/v1\nkind: Policy\nmetadata: {name: outer}\n"
	    "spec: {name: inner, retries: 4, routes: [{use: \"a:b\", match: {any: x}}],\n"
	    "  llmRouting: {routes: [{model: \"c:d\", conditions: {cost: any}}]}}");

	(void)state;
	assert_string_equal(p->name, "inner");
	assert_int_equal(p->limits.retries, 4);
	assert_int_equal(p->route_count, 2);
	assert_string_equal(p->routes[1].name, "route 2");
	policy_free(p);
}

static void
forms_that_are_none_are_told(void **state)
{
	(void)state;
	refuse("", "p.yaml:1:1: the policy is empty");
	refuse("[1]", "p.yaml:1:1: a policy is a map, and this is a list");
	refuse("kind: Policy\nspec: {}", "p.yaml:1:1: this form of a policy begins with "
					 "apiVersion: agentflow.io/v1 and kind: Policy");
	refuse("apiVersion: agentflow.io/v1\nkind: Plicy\nspec: {}",
	    "p.yaml:2:7: unknown kind \"Plicy\" (did you mean \"Policy\"?)");
	refuse("apiVersion: agentflow.io/v1\nkind: Policy",
	    "p.yaml:1:1: a policy of this form has a spec");
	refuse("apiVersion: agentflow.io/v1\nkind: Workflow\nspec: {agents: []}",
	    "p.yaml:3:7: spec has no llmRouting");
	refuse("llmRouting: {models: [], routes: []}",
	    "p.yaml:1:34: llmRouting has models and routes: one list is enough");
	refuse("llmRouting: {fallbacks: [{}]}",
	    "p.yaml:1:26: a fallback is \"provider:model\" or {provider, model}");
	refuse("llmRouting: {models: [{conditions: {cost: any}}]}",
	    "p.yaml:1:23: an entry is \"provider:model\" or {provider, model}");
	refuse("llmRouting: {strategy: cheep}",
	    "p.yaml:1:24: unknown strategy \"cheep\" (\"ordered\" is one)");
	refuse("llmRouting: {models: [{provider: \"a:b\"}]}",
	    "p.yaml:1:34: provider: \"a:b\" is not a provider's name alone");
}

/* --- errors --- */

static void
what_is_not_known_is_told_with_the_nearest(void **state)
{
	(void)state;
	refuse("route: []",
	    "p.yaml:1:1: unknown member \"route\" in policy (did you mean \"routes\"?)");
	refuse("routes:\n  - {use: \"a:b\", whem: .x}",
	    "p.yaml:2:18: unknown member \"whem\" in route (did you mean \"when\"?)");
	refuse("breaker: {allowedFails: 3}",
	    "p.yaml:1:11: unknown member \"allowedFails\" in breaker; known are window, minRequests, "
	    "errorRatio, consecutive, cooldown, maxCooldown, halfOpenProbes, key");
	refuse("strategy: qualty",
	    "p.yaml:1:11: unknown strategy \"qualty\" (did you mean \"quality\"?)");
	refuse("mode: hybird", "p.yaml:1:7: unknown mode \"hybird\" (did you mean \"hybrid\"?)");
	refuse("breaker: {key: modle}",
	    "p.yaml:1:16: unknown key \"modle\" (did you mean \"model\"?)");
	refuse("routes: [{use: \"a:b\", match: {needs: [tools, imge]}}]",
	    "p.yaml:1:46: unknown needs \"imge\" (did you mean \"image\"?)");
	refuse("routes: [{use: \"a:b\", match: {needs: telepathy}}]",
	    "p.yaml:1:38: unknown needs \"telepathy\" (\"tools\" is one)");
	refuse("routes: [{use: {model: \"a:b\", options: {temprature: 1}}}]",
	    "p.yaml:1:41: unknown member \"temprature\" in options (did you mean \"temperature\"?)");
	refuse("routes: [{use: \"a:b\", conditions: {complexity: hihg}}]",
	    "p.yaml:1:48: unknown complexity \"hihg\" (did you mean \"high\"?)");
	refuse("models: {\"a:*\": {sensitivity: sercet}}",
	    "p.yaml:1:31: unknown sensitivity \"sercet\" (did you mean \"secret\"?)");
	refuse("routes: [{use: \"a:b\", match: {time: {zone: Europe/Berlinn}}}]",
	    "p.yaml:1:44: zone: \"Europe/Berlinn\" is no time zone in /usr/share/zoneinfo "
	    "(Europe/Berlin, UTC)");
	refuse("budgets: [{name: a, limitUsd: 1, per: provder}]",
	    "p.yaml:1:39: unknown per \"provder\" (did you mean \"provider\"?)");
	refuse("sticky: meta.session",
	    "p.yaml:1:9: sticky: \"meta.session\" is no path into the request (.tags.team)");
	refuse("routes: [{use: \"a:b\", sticky: .}]",
	    "p.yaml:1:31: sticky: \".\" is no path into the request (.tags.team)");
	refuse("budgets: [{name: a, limitUsd: 1, per: openai:gpt-4o}]",
	    "p.yaml:1:39: per: \"openai:gpt-4o\" is neither provider, model or key nor a path into the "
	    "request (.tags.team)");
	refuse("version: 2", "p.yaml:1:10: version 2 is newer than what this program reads (1)");
	refuse("version: 0", "p.yaml:1:10: version begins with 1");
}

static void
a_value_of_the_wrong_kind_is_told(void **state)
{
	(void)state;
	refuse("routes: {}", "p.yaml:1:9: routes is a map, not a list");
	refuse("routes: [x]", "p.yaml:1:10: route is a text, not a map");
	refuse("aliases: [x]", "p.yaml:1:10: aliases is a list, not a map");
	refuse("aliases: {x: 3}",
	    "p.yaml:1:14: x: a candidate is a model's name or a map, and this is a number");
	refuse("retries: -1", "p.yaml:1:10: retries: \"-1\" is not a whole number of 0 or more");
	refuse("retries: 1000", "p.yaml:1:10: retries: at most 100");
	refuse("maxCostUsd: -1", "p.yaml:1:13: maxCostUsd: \"-1\" is not an amount of dollars");
	refuse("maxLatencyMs: 2s",
	    "p.yaml:1:15: maxLatencyMs: \"2s\" is not a whole number of milliseconds");
	refuse("deadline: 0", "p.yaml:1:11: deadline: \"0\" is not a duration (250ms, 30s, 5m)");
	refuse("deadline: 9999d", "p.yaml:1:11: deadline is longer than a year");
	refuse("routes: [{use: [{model: \"a:b\", weight: -1}]}]",
	    "p.yaml:1:40: weight: \"-1\" is not a number of 0 or more");
	refuse(
	    "backoff: {budget: 120%}", "p.yaml:1:19: budget: \"120%\" is not a share (0.2, 20%)");
	refuse("hedge: {afterPercentile: 101}",
	    "p.yaml:1:26: afterPercentile: \"101\" is not a percentage from 0 to 100");
	refuse("models: {\"a:b\": {subscription: 1}}",
	    "p.yaml:1:32: subscription: \"1\" is not true or false");
	refuse("models: {\"a:b\": {quality: 80}}",
	    "p.yaml:1:27: quality: \"80\" is not a share (0.2, 20%)");
	refuse(
	    "deny: {tools: {a: b}}", "p.yaml:1:15: tools is a map, not a text or a list of texts");
	refuse("routes: [{use: \"a:b\", when: [1]}]",
	    "p.yaml:1:29: when is a list, not an expression");
}

static void
values_that_make_no_sense_are_told(void **state)
{
	(void)state;
	refuse("breaker: {errorRatio: 0}",
	    "p.yaml:1:23: errorRatio: 0 would open at the first success; the least is above 0");
	refuse("breaker: {halfOpenProbes: 17}", "p.yaml:1:27: halfOpenProbes: at most 16");
	refuse("breaker: {minRequests: 0}", "p.yaml:1:24: minRequests must be 1 or more");
	refuse("breaker: {cooldown: 5m, maxCooldown: 1m}",
	    "p.yaml:1:38: maxCooldown is shorter than cooldown");
	refuse("backoff: {base: 5s, max: 1s}", "p.yaml:1:26: max is shorter than base");
	refuse("backoff: {factor: 0.5}", "p.yaml:1:19: factor lies between 1 and 100");
	refuse(
	    "hedge: {afterPercentile: 100}", "p.yaml:1:26: afterPercentile lies between 0 and 100");
	refuse("hedge: {max: 9}", "p.yaml:1:14: max: at most 8");
	refuse("weights: {cost: 0}", "p.yaml:1:10: weights are all 0");
	refuse("models: {gpt-4o: {}}",
	    "p.yaml:1:10: models: \"gpt-4o\" is no provider:model (nor \"provider:*\")");
	refuse("models: {\"a:b\": {usdPerMillionIn: 1}}",
	    "p.yaml:1:17: usdPerMillionIn and usdPerMillionOut stand together");
	refuse("models: {\"a:b\": {cli: claude}}",
	    "p.yaml:1:23: cli: \"claude\" names no program (cli:claude)");
	refuse("sensitivity: [a, b, a]", "p.yaml:1:21: sensitivity has \"a\" twice");
	refuse("sensitivity: []", "p.yaml:1:14: sensitivity is empty");
	refuse("providers: []", "p.yaml:1:12: providers is empty");
}

static void
routes_that_cannot_be_are_told(void **state)
{
	(void)state;
	refuse("routes:\n  - {name: x}", "p.yaml:2:5: a route says whom to use");
	refuse("routes:\n  - {use: []}", "p.yaml:2:11: use is empty");
	refuse("routes:\n  - {use: [{weight: 1}]}", "p.yaml:2:12: a candidate has a model");
	refuse("routes:\n  - {name: x, use: \"a:b\", when: .a}\n  - {name: x, use: \"a:b\"}",
	    "p.yaml:3:5: route \"x\" is there already, in line 2");
	refuse("routes:\n  - {use: \"a:b\", match: {text: \"(a\"}}",
	    "p.yaml:2:32: text: the pattern (a: ( without )");
	refuse("routes:\n  - {use: \"a:b\", match: {}}", "p.yaml:2:25: match says nothing");
	refuse("routes:\n  - {use: \"a:b\", match: {any: []}}", "p.yaml:2:31: any is empty");
	refuse("routes:\n  - {use: \"a:b\", match: {tags: {t: []}}}",
	    "p.yaml:2:33: tags: t has no value (\"*\" is any)");
	refuse("routes:\n  - {use: \"a:b\", match: {tags: {t: [a, \"*\"]}}}",
	    "p.yaml:2:36: tags: t: \"*\" is any, and stands alone");
	refuse("routes:\n  - {use: \"a:b\", match: {time: {days: mo}}}",
	    "p.yaml:2:39: days: \"mo\" is not days of the week (mon-fri, sat)");
	refuse("routes:\n  - {use: \"a:b\", match: {time: {days: [mon, x]}}}",
	    "p.yaml:2:45: days: not days of the week (mon-fri, sat)");
	refuse("routes:\n  - {use: \"a:b\", match: {time: {from: \"25:00\"}}}",
	    "p.yaml:2:39: from: \"25:00\" is no time of day (\"08:00\")");
	refuse("routes:\n  - {use: \"a:b\", match: {time: {from: \"08:00\", to: \"08:00\"}}}",
	    "p.yaml:2:32: time: from and to are the same: no moment lies between");
	refuse("routes:\n  - {use: \"a:b\", conditions: [{}]}",
	    "p.yaml:2:31: a condition says something (complexity: high)");
	refuse("routes:\n  - {use: \"a:b\", when: \" \"}", "p.yaml:2:24: when is empty");
}

static void
an_expression_that_does_not_compile_has_its_place(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_null(policy_parse("p.yaml",
	    STR_LIT("routes:\n  - {use: \"a:b\", when: .a}\n  - use: a:c\n    when: .b |\n"),
	    &err));
	assert_memory_equal(err.text, "p.yaml:4:11: when: ", 19);
}

static void
what_is_no_jq_is_told_in_words(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	refuse("routes:\n  - use: a:c\n    when: tags.team == \"x\"",
	    "p.yaml:3:11: when: tags/0 is not defined (a member is written with a dot before it: "
	    ".tags)");
	refuse("routes:\n  - use: a:c\n    when: .tags.my-team == \"x\"",
	    "p.yaml:3:11: when: team/0 is not defined (a name with a dash is written "
	    ".tags[\"a-b\"])");
	assert_null(policy_parse(
	    "p.yaml", STR_LIT("routes:\n  - use: a:c\n    when: .tags.team == 'x'\n"), &err));
	assert_true(str_ends(str_of(err.text), " (a text stands in double quotes)"));
}

static void
names_that_lead_nowhere_are_told_with_the_nearest(void **state)
{
	(void)state;
	refuse("aliases: {fast: \"a:b\"}\nroutes:\n  - use: [fsat]",
	    "p.yaml:3:11: unknown alias \"fsat\" (did you mean \"fast\"?)");
	refuse("routes:\n  - use: gpt-4o",
	    "p.yaml:2:10: \"gpt-4o\" is neither an alias of this policy nor provider:model");
	refuse("routes:\n  - use: openai/gpt-4o",
	    "p.yaml:2:10: \"openai/gpt-4o\" is neither an alias of this policy nor provider:model (a "
	    "colon stands behind the provider, and no slash)");
	refuse("roles: {planner: \"a:b\"}\nfallback: {local: role:planer}",
	    "p.yaml:2:19: unknown role \"planer\" (did you mean \"role:planner\"?)");
	refuse("roles: {planner: \"a:b\"}\nfallback: {local: planner}",
	    "p.yaml:2:19: \"planner\" is a role: it is asked for as \"role:planner\"");
	refuse("fallback: {contextLength: [{model: role:x}]}", "p.yaml:1:36: unknown role \"x\"");
	refuse("models: {\"a:b\": {bigger: big}}",
	    "p.yaml:1:26: \"big\" is neither an alias of this policy nor provider:model");
	refuse("aliases: {\"a:b\": \"c:d\"}",
	    "p.yaml:1:11: aliases: \"a:b\" has a colon, and would be taken for provider:model");
	refuse("aliases: {a: \"b:c\", a: \"b:d\"}",
	    "p.yaml:1:21: \"a\" stands twice (first in line 1)");
	refuse("aliases: {a: }", "p.yaml:1:11: alias a is empty");
	refuse("roles: {a: {reasoning: low}}", "p.yaml:1:9: role a has no model");
}

static void
a_circle_of_names_is_told_whole(void **state)
{
	(void)state;
	refuse("aliases:\n  fast: strong\n  strong: [\"a:b\", fast]\n",
	    "p.yaml:2:3: names in a circle: fast -> strong -> fast");
	refuse("aliases: {one: one}", "p.yaml:1:11: names in a circle: one -> one");
	refuse("aliases: {x: role:p, y: x}\nroles: {p: [\"a:b\", y]}",
	    "p.yaml:1:11: names in a circle: x -> role:p -> y -> x");
}

static void
guards_that_cannot_be_are_told(void **state)
{
	(void)state;
	refuse("guards: [{name: a}]", "p.yaml:1:10: a guard has a pattern");
	refuse("guards: [{pattern: \"[\"}]", "p.yaml:1:20: pattern: the pattern [: [ without ]");
	refuse("guards: [{pattern: x, action: route}]",
	    "p.yaml:1:10: a guard whose action is route says whom to use");
	refuse("guards: [{pattern: x, on: output, action: route, use: \"a:b\"}]",
	    "p.yaml:1:27: a guard on output cannot route: the answer is there already");
	refuse("guards: [{pattern: x, on: []}]", "p.yaml:1:27: on is empty");
	refuse("guards: [{pattern: x, on: [input, otput]}]",
	    "p.yaml:1:35: unknown on \"otput\" (did you mean \"output\"?)");
	refuse("guards:\n  - {name: a, pattern: x}\n  - {name: a, pattern: y}",
	    "p.yaml:3:5: guard \"a\" is there already, in line 2");
}

static void
budgets_that_cannot_be_are_told(void **state)
{
	(void)state;
	refuse("budgets: [{name: a}]",
	    "p.yaml:1:11: a budget has a limit: limitUsd, limitTokens or limitRequests");
	refuse("budgets: [{name: a, limitUsd: 1, limitTokens: 2}]",
	    "p.yaml:1:47: a budget has one limit, and this one has limitUsd and limitTokens");
	refuse("budgets: [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]",
	    "p.yaml:1:10: budgets: at most 16");
	refuse("budgets: [{limitUsd: 1}]", "p.yaml:1:11: a budget has a name");
	refuse("budgets: [{name: a, limitUsd: -1}]",
	    "p.yaml:1:31: limitUsd: \"-1\" is not an amount of dollars");
	refuse("budgets: [{name: a, limitUsd: {core: 1}}]",
	    "p.yaml:1:31: limitUsd is a map of limits by what the budget is kept per, and it has no "
	    "per");
	refuse("budgets: [{name: a, per: .tags.team, limitUsd: {}}]",
	    "p.yaml:1:48: limitUsd is empty");
	refuse("budgets: [{name: a, per: .tags.team, limitUsd: {core: }}]",
	    "p.yaml:1:49: limitUsd: \"core\" has no limit");
	refuse("budgets: [{name: a, per: .tags.team, limitTokens: {core: 1.5}}]",
	    "p.yaml:1:58: core: \"1.5\" is not a whole number of 0 or more");
	refuse("budgets: [{name: a, per: model, limitRequests: {gpt-4o: 60}}]",
	    "p.yaml:1:49: limitRequests: \"gpt-4o\" is no provider:model");
	refuse("budgets: [{name: a, limitTokens: 1.5}]",
	    "p.yaml:1:34: limitTokens: \"1.5\" is not a whole number of 0 or more");
	refuse("budgets: [{name: a, limitUsd: 1, soft: [50, 101]}]",
	    "p.yaml:1:45: soft: not a whole percentage from 1 to 100");
	refuse("budgets: [{name: a, limitUsd: 1, soft: [1, 2, 3, 4, 5, 6, 7, 8, 9]}]",
	    "p.yaml:1:40: soft has more than 8 percentages");
	refuse("budgets: [{name: a, limitUsd: 1, window: dya}]",
	    "p.yaml:1:42: unknown window \"dya\" (did you mean \"day\"?)");
	refuse("budgets: [{name: a, limitUsd: 1, window: 5x}]",
	    "p.yaml:1:42: window: \"5x\" is not a duration (250ms, 30s, 5m)");
	refuse("budgets: [{name: a, limitUsd: 1, action: route}]",
	    "p.yaml:1:11: a budget whose action is route says whom to use");
	refuse("budgets: [{name: a, limitUsd: 1, per: \".tags[0]\"}]",
	    "p.yaml:1:39: per: \".tags[0]\" is no path into the request (.tags.team)");
	refuse("budgets:\n  - {name: a, limitUsd: 1}\n  - {name: a, limitUsd: 1}",
	    "p.yaml:3:5: budget \"a\" is there already, in line 2");
}

static void
a_clock_in_an_expression_is_refused(void **state)
{
	static const char *const fine[] = { ".now == 1", ".tags.now|not", "$__loc__.line > 0",
		".a == \"now\" # now", "{now: .a}", "\"a\\\"now\"" };

	(void)state;
	refuse("routes:\n  - {use: \"a:b\", when: .x < now}",
	    "p.yaml:2:24: when: now is of the clock, and not of the request: match.time tells the "
	    "time");
	refuse("routes:\n  - {use: \"a:b\", when: .x|localtime}",
	    "p.yaml:2:24: when: localtime is of the clock, and not of the request: match.time tells "
	    "the time");
	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
		struct buf text = BUF_INIT(BUF_UNLIMITED);
		struct err err = ERR_INIT;
		struct policy *p;

		buf_addf(&text, "routes:\n  - use: a:b\n    when: |-\n      %s\n", fine[i]);
		p = policy_parse("p.yaml", buf_str(&text), &err);
		if (!p)
			fail_msg("%s: %s", fine[i], err.text);
		policy_free(p);
		buf_release(&text);
	}
}

/* --- warnings --- */

static void
an_assignment_that_is_no_comparison_is_doubtful(void **state)
{
	(void)state;
	warn("routes:\n  - {use: \"a:b\", when: .tags.team = \"x\"}",
	    "p.yaml:2:24: when: = sets a member, and what is set is true; == compares\n");
	warn("routes:\n  - {use: \"a:b\", when: .a |= 1}",
	    "p.yaml:2:24: when: = sets a member, and what is set is true; == compares\n");
	warn(
	    "routes:\n  - {use: \"a:b\", when: .a == 1 and .b != 2 and .c <= 3 and .d >= 4 and .e == \"=\"}",
	    "");
}

static void
a_weight_of_0_is_doubtful(void **state)
{
	(void)state;
	warn("aliases: {a: [{model: \"x:y\", weight: 0}, \"x:z\"]}",
	    "p.yaml:1:23: weight 0: x:y is asked only behind the others\n");
	warn("aliases: {a: [{model: \"x:y\", weight: 0}, {model: \"x:z\", weight: 0}]}",
	    "p.yaml:1:23: all weights are 0, as if none were said\n");
}

static void
a_rule_that_can_never_match_is_doubtful(void **state)
{
	(void)state;
	warn("routes:\n  - use: a:b\n  - {name: x, use: \"a:c\", match: {any: y}}\n"
	     "  - {name: z, use: \"a:d\"}",
	    "p.yaml:3:5: route \"x\" can never match: route \"route 1\" in line 2 has no "
	    "condition, and stands before it\n"
	    "p.yaml:4:5: route \"z\" can never match: route \"route 1\" in line 2 has no "
	    "condition, and stands before it\n");
	warn("routes:\n  - {use: \"a:b\", when: .a}\n"
	     "  - {name: x, use: \"a:c\", when: .a, match: {any: y}}\n  - {use: \"a:d\"}",
	    "p.yaml:3:5: route \"x\" can never match: what fits it fits route \"route 1\" in line "
	    "2, which stands before it\n");
	warn("routes:\n  - {use: \"a:b\", when: false}\n  - {use: \"a:b\", when: \"false\"}\n"
	     "  - use: a:b\n",
	    "p.yaml:2:5: route \"route 1\" can never match: its when is never true\n"
	    "p.yaml:3:5: route \"route 2\" can never match: its when is never true\n");
}

/* Whether of two routes with these conditions the second is said never to match. */
static bool
covers(const char *first, const char *second)
{
	char *text = xasprintf(
	    "routes:\n  - {use: \"a:b\", %s}\n  - {use: \"a:c\", %s}\n", first, second);
	struct policy *p = read_policy(text);
	bool said = p->warnings.len > 0;

	policy_free(p);
	free(text);
	return said;
}

static void
only_what_is_proven_is_said_never_to_match(void **state)
{
	(void)state;
	assert_true(covers("match: {any: [a, b]}", "match: {any: b, text: x}"));
	assert_false(covers("match: {any: [a, b]}", "match: {any: [b, c]}"));
	assert_false(covers("match: {any: a}", "match: {text: a}"));
	assert_true(covers("match: {text: a}", "match: {text: a, role: r}"));
	assert_false(covers("match: {text: a, role: r}", "match: {text: a}"));
	assert_true(covers("match: {tags: {t: \"*\"}}", "match: {tags: {t: x, u: y}}"));
	assert_false(covers("match: {tags: {t: x}}", "match: {tags: {t: [x, y]}}"));
	assert_false(covers("match: {tags: {t: x}}", "match: {tags: {u: x}}"));
	assert_true(covers("match: {needs: image}", "match: {needs: [tools, image]}"));
	assert_false(covers("match: {needs: [tools, image]}", "match: {needs: image}"));
	assert_true(covers("match: {time: {days: mon}}", "match: {time: {days: mon, zone: UTC}}"));
	assert_false(covers("match: {time: {days: mon}}", "match: {any: x}"));
	assert_false(covers("match: {time: {days: mon}}", "match: {time: {days: [mon, tue]}}"));
	assert_true(covers("conditions: {complexity: high}",
	    "conditions: {complexity: high, accuracy: critical}"));
	assert_false(covers("conditions: {complexity: high}",
	    "conditions: [{complexity: high}, {accuracy: critical}]"));
	assert_false(covers("conditions: {complexity: high}", "when: .a"));
	assert_false(covers("when: .a", "when: .b"));
	assert_false(covers("when: .a", "match: {any: a}"));
	assert_true(covers("match: {role: [r, s]}", "match: {role: s}"));
}

static void
what_has_no_effect_is_doubtful(void **state)
{
	(void)state;
	warn("sticky: .tags.user\nroutes: [{use: [\"a:b\", \"a:c\"]}]",
	    "p.yaml:1:9: sticky: no weights are given, so that it has no effect\n");
	warn("aliases: {x: [{model: \"a:b\", weight: 1}, \"a:c\"]}\n"
	     "routes:\n"
	     "  - {use: x, sticky: .tags.user, when: .a}\n"
	     "  - {use: x, sticky: .tags.user, strategy: quality, when: .b}\n"
	     "  - {use: [\"a:b\", \"a:c\"], sticky: .tags.user}",
	    "p.yaml:4:22: sticky: only strategy ordered looks at weights, and this is quality\n"
	    "p.yaml:5:35: sticky: no weights are given, so that it has no effect\n");
	warn("hedge: {afterMs: 5, max: 0}",
	    "p.yaml:1:26: hedge: max is 0, so that afterMs has no effect\n");
	warn("budgets: [{name: a, limitUsd: 1, soft: [80, 50], window: 1h, zone: UTC}]",
	    "p.yaml:1:40: soft: the percentages do not rise\n"
	    "p.yaml:1:68: zone: a window that rolls has none\n");
	warn("budgets: [{name: a, limitUsd: 1, use: \"a:b\"}]",
	    "p.yaml:1:39: use: only action route looks at it\n");
	warn("guards: [{name: g, pattern: \"x*\", replace: y, use: \"a:b\"}]",
	    "p.yaml:1:52: use: only action route looks at it\n"
	    "p.yaml:1:44: replace: only action redact looks at it\n"
	    "p.yaml:1:29: guard \"g\": its pattern fits the empty text, and so any\n");
	warn(
	    "deny: {models: \"a:*\", providers: b}\nallow: {providers: [a, b, cli], models: \"*:m\"}\n"
	    "providers: [\"a:m\", b, c, \"cli:x:m\", \"b:n\"]\n",
	    "p.yaml:3:13: a:m is never asked: deny.models holds it\n"
	    "p.yaml:3:20: b: is never asked: deny.providers holds it\n"
	    "p.yaml:3:23: c: is never asked: allow.providers does not hold it\n"
	    "p.yaml:3:37: b:n is never asked: deny.providers holds it\n");
}

static void
a_file_that_is_not_there_is_told(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_null(policy_load("/dev/null/p.yaml", &err));
	assert_string_equal(err.text, "cannot open /dev/null/p.yaml: Not a directory");
	assert_int_equal(err.code, EXIT_CONFIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_said_has_a_default),
		cmocka_unit_test(the_digest_is_that_of_the_bytes),
		cmocka_unit_test(a_candidate_is_a_name_a_map_or_a_list),
		cmocka_unit_test(a_route_says_only_what_it_says),
		cmocka_unit_test(days_and_hours_are_read),
		cmocka_unit_test(true_is_no_condition_and_one_condition_may_stand_alone),
		cmocka_unit_test(a_providers_name_alone_means_its_default_model),
		cmocka_unit_test(what_a_wide_form_says_of_models_holds_for_the_narrower),
		cmocka_unit_test(names_hold_with_stars),
		cmocka_unit_test(labels_have_ranks_and_low_medium_high_are_words_for_them),
		cmocka_unit_test(budgets_are_read),
		cmocka_unit_test(a_budget_has_a_limit_for_each_form_of_values),
		cmocka_unit_test(guards_are_read),
		cmocka_unit_test(llm_routing_is_taken_wherever_it_stands),
		cmocka_unit_test(what_is_sensitive_goes_before_and_stays),
		cmocka_unit_test(a_resource_has_all_that_the_plain_form_has),
		cmocka_unit_test(forms_that_are_none_are_told),
		cmocka_unit_test(what_is_not_known_is_told_with_the_nearest),
		cmocka_unit_test(a_value_of_the_wrong_kind_is_told),
		cmocka_unit_test(values_that_make_no_sense_are_told),
		cmocka_unit_test(routes_that_cannot_be_are_told),
		cmocka_unit_test(an_expression_that_does_not_compile_has_its_place),
		cmocka_unit_test(what_is_no_jq_is_told_in_words),
		cmocka_unit_test(names_that_lead_nowhere_are_told_with_the_nearest),
		cmocka_unit_test(a_circle_of_names_is_told_whole),
		cmocka_unit_test(guards_that_cannot_be_are_told),
		cmocka_unit_test(budgets_that_cannot_be_are_told),
		cmocka_unit_test(a_weight_of_0_is_doubtful),
		cmocka_unit_test(a_rule_that_can_never_match_is_doubtful),
		cmocka_unit_test(a_clock_in_an_expression_is_refused),
		cmocka_unit_test(an_assignment_that_is_no_comparison_is_doubtful),
		cmocka_unit_test(only_what_is_proven_is_said_never_to_match),
		cmocka_unit_test(what_has_no_effect_is_doubtful),
		cmocka_unit_test(a_file_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
