/* SPDX-License-Identifier: MIT */
/* test_router - who is asked, in which order, and why others are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "policy/route.h"
#include "price/price_load.h"
#include "support/parsed.h"
#include "support/top.h"
#include "sys/clock.h"
#include "sys/file.h"

/* 2026-11-21, a Saturday, 12:00 UTC. */
#define NOW_US (INT64_C(1795262400) * 1000000)
#define DAY (NOW_US / (INT64_C(86400) * 1000000))

static char *share;
static struct prices *prices;
static const char *keys; /* the variables that are set, a blank before and behind each */

static const char *
env(const char *name)
{
	char *word = xasprintf(" %s ", name);
	bool set = strstr(keys, word) != NULL;

	free(word);
	return set ? "sk-0123456789" : NULL;
}

static int
find_share(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	share = top_file("share");
	prices = price_load(share, NULL, &err);
	return prices ? 0 : -1;
}

static int
forget_share(void **state)
{
	(void)state;
	prices_free(prices);
	free(share);
	return 0;
}

/* --- a world of its own for each test --- */

struct world {
	struct policy *policy;
	struct providers *providers;
	struct models *models;
	struct store *store;
	struct health *health;
	struct budgets *budgets;
	struct router_config config;
	struct router *router;
	struct route_filter filter;
	struct buf warnings, text;
};

static void
world_open(struct world *w, const char *policy)
{
	struct err err = ERR_INIT;

	*w = (struct world){ .warnings = BUF_INIT(BUF_UNLIMITED), .text = BUF_INIT(BUF_UNLIMITED) };
	w->policy = policy ? policy_parse("p.yaml", str_of(policy), &err) : policy_none();
	if (!w->policy)
		fail_msg("%s", err.text);
	w->providers = providers_load(share, NULL, env, &err);
	assert_non_null(w->providers);
	w->models = models_new(share);
	w->store = store_open(&(struct store_config){ .url = "memory:" }, &err);
	assert_non_null(w->store);
	w->health = health_new(w->store, &w->policy->breaker);
	if (w->policy->budget_count)
		w->budgets = budgets_new(
		    w->store, w->policy->budgets, w->policy->budget_count, 1, false);
	w->config = (struct router_config){
		.targets = { .policy = w->policy,
		    .providers = w->providers,
		    .models = w->models,
		    .prices = prices,
		    .health = w->health,
		    .env = env,
		    .day = DAY },
		.budgets = w->budgets,
		.health_counts = true,
	};
	w->router = router_new(&w->config, &w->warnings, &err);
	if (!w->router)
		fail_msg("%s", err.text);
	route_init(&w->filter, w->router, NOW_US);
}

static void
world_close(struct world *w)
{
	route_release(&w->filter);
	router_free(w->router);
	budgets_free(w->budgets);
	health_free(w->health);
	store_close(w->store);
	models_free(w->models);
	providers_free(w->providers);
	policy_free(w->policy);
	buf_release(&w->warnings);
	buf_release(&w->text);
}

/* The candidates, "a b", or "! reasons" where nobody may serve it. */
static const char *
route(struct world *w, const char *request)
{
	const struct decision *d = &w->filter.decision;
	struct err err = ERR_INIT;
	enum route_outcome outcome = route_decide(&w->filter, str_of(request), &err);

	if (outcome != ROUTE_ROUTED && outcome != ROUTE_REFUSED)
		fail_msg("%s: %s", request, err.text);
	buf_reset(&w->text);
	for (size_t i = 0; i < d->count; i++)
		buf_addf(&w->text, "%s%s", i ? " " : "", d->items[i].target->spec);
	if (d->refused)
		buf_addf(&w->text, "! %s", d->reasons.p);
	return w->text.p;
}

#define ALL " OPENAI_API_KEY ANTHROPIC_API_KEY GEMINI_API_KEY "

/* --- whose list it is --- */

static void
without_a_policy_each_request_has_its_own_model(void **state)
{
	struct world w;

	(void)state;
	keys = ALL;
	world_open(&w, NULL);
	assert_string_equal(
	    route(&w, "{\"prompt\":\"x\",\"model\":\"openai:gpt-4o\"}"), "openai:gpt-4o");
	assert_string_equal(route(&w, "{\"prompt\":\"x\"}"), "! the request names no model");
	assert_string_equal(route(&w, "{\"prompt\":\"x\",\"model\":\"opnai:gpt-4o\"}"),
	    "! unknown provider \"opnai\" (did you mean \"openai\"?)");
	assert_string_equal(route(&w, "{\"prompt\":\"x\",\"model\":\"openai:a\\u0000b\"}"),
	    "! a model's name holds a NUL");
	assert_string_equal(route(&w, "{\"prompt\":\"x\",\"model\":\"role:cook\"}"),
	    "! the policy has no role \"cook\"");
	assert_null(router_policy(w.router));
	world_close(&w);
}

static void
a_route_goes_before_the_model_and_the_model_before_providers(void **state)
{
	struct world w;

	(void)state;
	keys = ALL;
	world_open(&w, "version: 1\n"
		       "providers: [anthropic:claude-haiku-4-5]\n"
		       "aliases: {fast: [openai:gpt-4o-mini, gemini:gemini-2.5-flash]}\n"
		       "roles: {planner: {model: fast, reasoning: high}}\n"
		       "routes: [{name: a, match: {tags: {team: [core]}}, use: openai:gpt-4o}]\n");
	assert_string_equal(w.warnings.p, "");
	assert_string_equal(
	    route(&w, "{\"prompt\":\"x\",\"model\":\"fast\",\"tags\":{\"team\":\"core\"}}"),
	    "openai:gpt-4o");
	assert_string_equal(w.filter.decision.rule->name, "a");
	assert_string_equal(route(&w, "{\"prompt\":\"x\",\"model\":\"fast\"}"),
	    "openai:gpt-4o-mini gemini:gemini-2.5-flash");
	assert_null(w.filter.decision.rule);
	assert_string_equal(route(&w, "{\"prompt\":\"x\",\"model\":\"openai:gpt-4o\"}"),
	    "openai:gpt-4o anthropic:claude-haiku-4-5");
	assert_string_equal(route(&w, "{\"prompt\":\"x\"}"), "anthropic:claude-haiku-4-5");
	assert_string_equal(route(&w, "{\"prompt\":\"x\",\"model\":\"role:planner\"}"),
	    "openai:gpt-4o-mini gemini:gemini-2.5-flash");
	assert_string_equal(w.filter.decision.items[0].options.p, "{\"reasoning\":\"high\"}");
	world_close(&w);
}

static void
options_of_a_route_a_candidate_and_an_alias_come_together(void **state)
{
	struct world w;
	const struct choice *c;

	(void)state;
	keys = ALL;
	world_open(&w,
	    "version: 1\n"
	    "aliases:\n"
	    "  strong: [{model: openai:gpt-4o, options: {temperature: 1, seed: 3}, profile: auto}]\n"
	    "routes:\n"
	    "  - name: a\n"
	    "    use: [{model: strong, options: {temperature: 0.5}}]\n"
	    "    options: {temperature: 0, topP: 0.9, maxTokens: 10}\n");
	assert_string_equal(route(&w, "{\"prompt\":\"x\"}"), "openai:gpt-4o");
	c = &w.filter.decision.items[0];
	assert_string_equal(
	    c->options.p, "{\"topP\":0.9,\"maxTokens\":10,\"seed\":3,\"temperature\":0.5}");
	assert_string_equal(c->profile, "auto");
	assert_string_equal(c->reason, "first in rule \"a\"");
	world_close(&w);
}

static void
modes_put_programs_before_or_in_place_of_models(void **state)
{
	struct world w;

	(void)state;
	keys = " OPENAI_API_KEY ";
	world_open(&w, "version: 1\nmode: subscription-cli-fallback\n"
		       "routes: [{name: a, use: [openai:gpt-4o, cli:gemini]}]\n");
	assert_string_equal(
	    route(&w, "{\"prompt\":\"x\"}"), "cli:codex:gpt-4o openai:gpt-4o cli:gemini");
	world_close(&w);
	world_open(&w,
	    "version: 1\nmode: hybrid\n"
	    "models: {\"groq:*\": {cli: \"cli:claude:opus\"}}\n"
	    "routes: [{name: a, use: [openai:gpt-4o, anthropic:claude-haiku-4-5, groq:x]}]\n");
	assert_string_equal(route(&w, "{\"prompt\":\"x\"}"),
	    "openai:gpt-4o cli:claude:claude-haiku-4-5 cli:claude:opus");
	assert_string_equal(
	    route(&w, "{\"prompt\":\"x\",\"tools\":[{\"name\":\"t\",\"inputSchema\":{}}]}"),
	    "openai:gpt-4o");
	world_close(&w);
}

/* --- who can serve --- */

static void
each_reason_is_told(void **state)
{
	struct world w;

	(void)state;
	keys = " OPENAI_API_KEY ";
	world_open(&w,
	    "version: 1\n"
	    "deny: {models: [\"openai:o1*\"], providers: [groq]}\n"
	    "allow: {providers: [openai, anthropic, ollama, cli]}\n"
	    "routes:\n"
	    "  - name: a\n"
	    "    use: [openai:o1, groq:x, mistral:y, anthropic:claude-haiku-4-5, opnai:z]\n");
	assert_non_null(strstr(w.warnings.p, "p.yaml:6:"));
	assert_non_null(strstr(w.warnings.p, "unknown provider \"opnai\""));
	assert_non_null(strstr(w.warnings.p, "none of its candidates can ever serve"));
	assert_string_equal(route(&w, "{\"prompt\":\"x\"}"),
	    "! openai:o1: the policy denies this model\n"
	    "groq:x: the policy denies groq\n"
	    "mistral:y: mistral is not among the providers that the policy allows\n"
	    "anthropic:claude-haiku-4-5: no key for anthropic: set ANTHROPIC_API_KEY\n"
	    "opnai:z: unknown provider \"opnai\" (did you mean \"openai\"?)");
	world_close(&w);
}

static void
a_short_text_is_not_counted_and_a_long_one_is(void **state)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct world w;

	(void)state;
	keys = ALL;
	world_open(&w, "version: 1\n"
		       "models: {openai:gpt-4o: {contextWindow: 10000}}\n"
		       "routes: [{name: a, use: [openai:gpt-4o, openai:gpt-4o-mini]}]\n");
	assert_string_equal(route(&w, "{\"prompt\":\"x\"}"), "openai:gpt-4o openai:gpt-4o-mini");
	assert_false(w.filter.facts.has_tokens);
	assert_string_equal(route(&w, "{\"prompt\":\"x\",\"options\":{\"maxTokens\":10000}}"),
	    "openai:gpt-4o-mini");
	buf_adds(&text, "{\"prompt\":\"");
	for (int i = 0; i < 12000; i++)
		buf_adds(&text, "word ");
	buf_adds(&text, "\"}");
	assert_string_equal(route(&w, text.p), "openai:gpt-4o-mini");
	assert_non_null(
	    strstr(w.filter.decision.reasons.p, "its window is 10000 tokens, and it may be"));
	assert_string_equal(
	    route(&w, "{\"prompt\":\"x\",\"options\":{\"maxTokens\":9223372036854775807}}"),
	    "! openai:gpt-4o: writes at most 16384 tokens, and 1099511627776 are asked for\n"
	    "openai:gpt-4o-mini: writes at most 16384 tokens, and 1099511627776 are asked for");
	buf_release(&text);
	world_close(&w);
}

static void
data_goes_only_where_it_may(void **state)
{
	struct world w;

	(void)state;
	keys = ALL;
	world_open(&w,
	    "version: 1\n"
	    "models:\n"
	    "  \"openai:*\": {residency: [us, eu], sensitivity: internal}\n"
	    "  \"anthropic:*\": {residency: [us]}\n"
	    "routes: [{name: a, use: [openai:gpt-4o, anthropic:claude-haiku-4-5, ollama:llama3.2]}]\n");
	assert_string_equal(
	    route(&w, "{\"prompt\":\"x\",\"tags\":{\"residency\":\"eu\"}}"), "openai:gpt-4o");
	assert_string_equal(
	    route(&w, "{\"prompt\":\"x\",\"tags\":{\"residency\":\"local\"}}"), "ollama:llama3.2");
	assert_string_equal(
	    route(&w, "{\"prompt\":\"x\",\"tags\":{\"residency\":[\"local\",\"eu\"]}}"),
	    "openai:gpt-4o ollama:llama3.2");
	assert_string_equal(route(&w, "{\"prompt\":\"x\",\"tags\":{\"sensitivity\":\"secret\"}}"),
	    "anthropic:claude-haiku-4-5 ollama:llama3.2");
	assert_string_equal(route(&w, "{\"prompt\":\"x\",\"tags\":{\"sensitivity\":\"mine\"}}"),
	    "anthropic:claude-haiku-4-5 ollama:llama3.2");
	assert_string_equal(route(&w, "{\"prompt\":\"x\",\"tags\":{\"residency\":[]}}"),
	    "! openai:gpt-4o: data would go where tags.residency does not allow\n"
	    "anthropic:claude-haiku-4-5: data would go where tags.residency does not allow\n"
	    "ollama:llama3.2: it is not said where data goes, and tags.residency asks for it");
	world_close(&w);
}

static void
an_expression_without_end_is_told_to_each_request_and_once_with_its_place(void **state)
{
	struct buf told = BUF_INIT(BUF_UNLIMITED);
	struct world w;

	(void)state;
	keys = ALL;
	world_open(&w, "version: 1\nroutes:\n"
		       "  - {name: a, when: 'last(repeat(1))', use: openai:gpt-4o}\n"
		       "  - {name: b, use: ollama:llama3.2}\n");
	for (int i = 0; i < 2; i++) {
		assert_string_equal(route(&w, "{\"prompt\":\"x\"}"), "ollama:llama3.2");
		assert_string_equal(w.filter.decision.warnings.p,
		    "route \"a\" was passed over: its expression had no result in its time\n");
		buf_addstr(&told, buf_str(router_complaints(w.filter.router)));
	}
	assert_non_null(strstr(told.p, ":3:5: route \"a\": when had no result in its time, and the "
				       "route was passed over: last(repeat(1))\n"));
	assert_null(memchr(told.p, '\n', told.len - 1));
	buf_release(&told);
	world_close(&w);
}

static void
who_may_cost_too_much_or_nobody_knows_what_is_left(void **state)
{
	struct world w;

	(void)state;
	keys = ALL;
	world_open(&w,
	    "version: 1\nmaxCostUsd: 0.01\n"
	    "routes: [{name: a, use: [openai:gpt-4o, openai:gpt-4o-mini, openai:nothing-known, "
	    "ollama:llama3.2]}]\n");
	assert_string_equal(route(&w, "{\"prompt\":\"x\",\"options\":{\"maxTokens\":2000}}"),
	    "openai:gpt-4o-mini ollama:llama3.2");
	assert_non_null(strstr(w.filter.decision.reasons.p, "openai:gpt-4o: may cost $0.02"));
	assert_non_null(strstr(w.filter.decision.reasons.p,
	    "openai:nothing-known: its price is not known, and maxCostUsd is set"));
	/* what providerOptions ask for counts, and what nobody can reckon with is left */
	assert_string_equal(route(&w, "{\"prompt\":\"x\",\"options\":{\"maxTokens\":2000},"
				      "\"providerOptions\":{\"openai\":{\"n\":9}}}"),
	    "ollama:llama3.2");
	assert_non_null(
	    strstr(w.filter.decision.reasons.p, "openai:gpt-4o-mini: may cost $0.0108"));
	assert_string_equal(
	    route(&w, "{\"prompt\":\"x\",\"options\":{\"maxTokens\":20},"
		      "\"providerOptions\":{\"openai\":{\"service_tier\":\"priority\"}}}"),
	    "ollama:llama3.2");
	assert_non_null(strstr(w.filter.decision.reasons.p,
	    "openai:gpt-4o-mini: what it costs with providerOptions' service_tier is not known, "
	    "and maxCostUsd is set"));
	world_close(&w);
}

static void
an_open_breaker_and_a_slow_half_are_seen(void **state)
{
	struct health_outcome bad = { .kind = ERROR_SERVER, .total_ms = -1, .first_ms = -1 };
	struct health_outcome slow = { .ok = true, .total_ms = 9000, .first_ms = -1 };
	struct world w;

	(void)state;
	keys = ALL;
	world_open(&w, "version: 1\nmaxLatencyMs: 5000\n"
		       "fallback: {local: ollama:llama3.2}\n"
		       "routes: [{name: a, use: [openai:gpt-4o, openai:gpt-4o-mini]}]\n");
	for (int i = 0; i < 10; i++)
		health_report(w.health,
		    health_of(w.health, STR_LIT("openai:gpt-4o"), STR_LIT("openai:gpt-4o")), &bad,
		    NOW_US);
	assert_string_equal(route(&w, "{\"prompt\":\"x\"}"), "openai:gpt-4o-mini");
	assert_string_equal(w.filter.decision.reasons.p,
	    "openai:gpt-4o: its breaker is open (server) for 30 s more");
	for (int i = 0; i < 10; i++)
		health_report(w.health,
		    health_of(
			w.health, STR_LIT("openai:gpt-4o-mini"), STR_LIT("openai:gpt-4o-mini")),
		    &slow, NOW_US);
	assert_string_equal(route(&w, "{\"prompt\":\"x\"}"), "ollama:llama3.2");
	assert_non_null(strstr(w.filter.decision.reasons.p, "more than 5000"));
	assert_string_equal(w.filter.decision.items[0].reason, "first in fallback.local");
	world_close(&w);
}

static void
denied_tools_labels_and_guards_refuse_the_request(void **state)
{
	struct world w;

	(void)state;
	keys = ALL;
	world_open(&w,
	    "version: 1\n"
	    "deny: {tools: [shell], labels: [pii]}\n"
	    "fallback: {local: ollama:llama3.2}\n"
	    "guards:\n"
	    "  - {name: dumps, on: input, pattern: PRIVATE KEY, action: block}\n"
	    "  - {name: cards, on: input, pattern: '\\d{16}', action: route, use: ollama:llama3.2}\n"
	    "routes: [{name: a, use: openai:gpt-4o}]\n");
	assert_string_equal(
	    route(&w, "{\"prompt\":\"x\",\"tools\":[{\"name\":\"shell\",\"inputSchema\":{}}]}"),
	    "! tool \"shell\" is denied");
	assert_string_equal(route(&w, "{\"prompt\":\"x\",\"tags\":{\"labels\":[\"a\",\"pii\"]}}"),
	    "! label \"pii\" is denied");
	assert_string_equal(
	    route(&w, "{\"prompt\":\"-- PRIVATE KEY --\"}"), "! guard \"dumps\" blocks it");
	assert_string_equal(route(&w, "{\"prompt\":\"4111111111111111\"}"), "ollama:llama3.2");
	assert_string_equal(route(&w, "{\"prompt\":\"x\"}"), "openai:gpt-4o");
	world_close(&w);
}

static int
read_back(struct world *w, const char *record, struct decision *d, struct err *err)
{
	struct request request;
	struct json v = parsed(record);
	int r;

	assert_int_equal(request_read(&request, v, NULL, err), 0);
	r = router_read_route(w->router, &request, json_get(v, "route"), d, err);
	request_release(&request);
	return r;
}

static void
a_label_that_cannot_be_told_is_not_let_by(void **state)
{
	static const char *const labels[] = { "5", "true", "{\"pii\":true}", "[[\"pii\"]]",
		"[\"a\",null]" };
	struct world w;

	(void)state;
	keys = ALL;
	world_open(
	    &w, "version: 1\ndeny: {labels: [pii]}\nroutes: [{name: a, use: openai:gpt-4o}]\n");
	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
		char *record = xasprintf("{\"prompt\":\"x\",\"tags\":{\"labels\":%s}}", labels[i]);

		assert_string_equal(
		    route(&w, record), "! tags.labels is neither a text nor a list of texts");
		free(record);
	}
	assert_string_equal(route(&w, "{\"prompt\":\"x\",\"tags\":{\"labels\":\"PII\"}}"),
	    "! label \"PII\" is denied");
	assert_string_equal(
	    route(&w, "{\"prompt\":\"x\",\"tags\":{\"labels\":null}}"), "openai:gpt-4o");
	assert_string_equal(
	    route(&w, "{\"prompt\":\"x\",\"tags\":{\"labels\":[]}}"), "openai:gpt-4o");
	world_close(&w);
}

#define OWN(options) "{\"prompt\":\"x\",\"providerOptions\":{" options "}}"

static void
provider_options_bring_no_model_and_no_tools_past_the_policy(void **state)
{
	struct decision d = { 0 };
	struct err err = ERR_INIT;
	struct world w;

	(void)state;
	keys = ALL;
	world_open(&w, "version: 1\ndeny: {tools: [shell], models: [openai:o1]}\n"
		       "routes: [{name: a, use: [openai:gpt-4o, ollama:llama3.2]}]\n");
	assert_string_equal(route(&w, OWN("\"openai\":{\"model\":\"o1\"}")), "ollama:llama3.2");
	assert_string_equal(
	    route(&w, OWN("\"openai-chat\":{\"models\":[\"o1\"]}")), "ollama:llama3.2");
	assert_string_equal(route(&w, OWN("\"openai\":{\"model\":\"gpt-4\\u006f\"}")),
	    "openai:gpt-4o ollama:llama3.2");
	assert_string_equal(
	    route(&w, OWN("\"openai\":{\"n\":2,\"model\":null}")), "openai:gpt-4o ollama:llama3.2");
	assert_string_equal(route(&w, OWN("\"openai\":{\"tools+\":[{}]}")),
	    "! providerOptions bring tools, which the policy cannot tell by name as it can those "
	    "in tools");
	assert_int_equal(read_back(&w,
			     "{\"prompt\":\"x\",\"providerOptions\":{\"openai\":{"
			     "\"model\":\"o1\"}},\"route\":{\"candidates\":[{\"model\":"
			     "\"openai:gpt-4o\"}]}}",
			     &d, &err),
	    0);
	assert_int_equal(d.count, 0);
	decision_release(&d);
	world_close(&w);
	world_open(&w, "version: 1\nroutes: [{name: a, use: [openai:gpt-4o]}]\n");
	assert_string_equal(route(&w, OWN("\"openai\":{\"tools\":[{}]}")), "openai:gpt-4o");
	world_close(&w);
}

static void
a_conversation_with_calls_stays_with_those_who_know_them(void **state)
{
	struct world w;

	(void)state;
	keys = ALL;
	world_open(&w, "version: 1\nroutes: [{name: a, use: [openai:o1-mini, openai:gpt-4o]}]\n");
	assert_string_equal(route(&w, "{\"prompt\":\"x\"}"), "openai:o1-mini openai:gpt-4o");
	assert_string_equal(
	    route(&w,
		"{\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\","
		"\"content\":[{\"type\":\"toolCall\",\"id\":\"1\",\"name\":\"a\",\"arguments\":"
		"{}}]},{\"role\":\"tool\",\"content\":[{\"type\":\"toolResult\",\"id\":\"1\","
		"\"content\":\"r\"}]}]}"),
	    "openai:gpt-4o");
	assert_string_equal(w.filter.decision.reasons.p,
	    "openai:o1-mini: knows no calls of tools, and the conversation holds some");
	assert_string_equal(route(&w, "{\"prompt\":\"x\"}"), "openai:o1-mini openai:gpt-4o");
	world_close(&w);
}

static void
models_of_another_kind_are_never_asked(void **state)
{
	struct world w;

	(void)state;
	keys = ALL;
	world_open(&w, "version: 1\nroutes:\n  - {name: a, use: [openai:text-embedding-3-large, "
		       "openai:gpt-image-1, groq:whisper-large-v3, openai:gpt-4o]}\n");
	assert_string_equal(route(&w, "{\"prompt\":\"x\"}"), "openai:gpt-4o");
	assert_non_null(strstr(w.filter.decision.reasons.p,
	    "openai:text-embedding-3-large: its kind is embedding, and it answers no requests"));
	assert_non_null(strstr(w.warnings.p,
	    "p.yaml:3:21: openai:text-embedding-3-large is never asked: its kind is embedding"));
	assert_non_null(strstr(w.warnings.p, "its kind is image"));
	assert_non_null(strstr(w.warnings.p, "its kind is transcription"));
	world_close(&w);
}

static void
some_read_less_than_their_window(void **state)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct world w;

	(void)state;
	keys = ALL;
	world_open(&w, "version: 1\nroutes: [{name: a, use: [openai:gpt-5.4-mini]}]\n");
	buf_adds(&text, "{\"prompt\":\"");
	for (int i = 0; i < 280000; i++)
		buf_adds(&text, "word ");
	buf_adds(&text, "\"}");
	assert_non_null(strstr(route(&w, text.p), "reads at most 272000 tokens, and it may be 3"));
	buf_release(&text);
	world_close(&w);
}

/* --- strategies and weights --- */

static void
the_cheapest_by_its_upper_bound_goes_first(void **state)
{
	struct world w;

	(void)state;
	keys = ALL;
	world_open(&w,
	    "version: 1\nstrategy: cost-optimized\n"
	    "routes: [{name: a, use: [openai:gpt-4o, openai:unheard-of, openai:gpt-4o-mini, "
	    "ollama:llama3.2]}]\n");
	assert_string_equal(route(&w, "{\"prompt\":\"x\",\"options\":{\"maxTokens\":100}}"),
	    "ollama:llama3.2 openai:gpt-4o-mini openai:gpt-4o openai:unheard-of");
	assert_string_equal(w.filter.decision.items[0].reason, "cheapest: $0 at most");
	assert_string_equal(w.filter.decision.items[3].reason, "its price is not known");
	world_close(&w);
}

static void
weights_split_requests_and_each_stays(void **state)
{
	const char *policy =
	    "version: 1\nroutes:\n"
	    "  - name: a\n"
	    "    use: [{model: openai:gpt-4o, weight: 80}, {model: "
	    "openai:gpt-4o-mini, weight: 20}, {model: ollama:llama3.2, weight: 0}]\n";
	struct world w, again;
	int first = 0;

	(void)state;
	keys = ALL;
	world_open(&w, policy);
	world_open(&again, policy);
	for (int i = 0; i < 2000; i++) {
		char *request = xasprintf("{\"id\":\"r%d\",\"prompt\":\"x\"}", i);
		const char *got = route(&w, request);

		assert_string_equal(got, route(&again, request));
		free(request);
		request = xasprintf("{\"id\":\"\\u0072%d\",\"prompt\":\"y\"}", i);
		assert_string_equal(got, route(&again, request));
		assert_non_null(strstr(got, " ollama:llama3.2"));
		first += strncmp(got, "openai:gpt-4o ", 14) == 0;
		free(request);
	}
	assert_in_range(first, 1540, 1660);
	world_close(&w);
	world_close(&again);
}

static void
what_is_sticky_stays_whatever_its_id(void **state)
{
	struct world w;
	int first = 0;

	(void)state;
	keys = ALL;
	world_open(&w,
	    "sticky: .meta.session\nroutes:\n"
	    "  - {name: a, use: [{model: openai:gpt-4o, weight: 3}, openai:gpt-4o-mini]}\n");
	for (int i = 0; i < 1000; i++) {
		char *request = xasprintf(
		    "{\"id\":\"r%d\",\"prompt\":\"x\",\"meta\":{\"session\":\"s%d\"}}", i, i / 2);
		static char before[64];
		const char *got = route(&w, request);

		if (i % 2)
			assert_string_equal(got, before);
		else
			first += str_starts(str_of(got), "openai:gpt-4o ");
		(void)snprintf(before, sizeof before, "%s", got);
		free(request);
	}
	assert_in_range(first, 345, 405); /* of 500 sessions */
	world_close(&w);
}

static void
what_has_nothing_to_be_sticky_by_is_drawn_by_its_id(void **state)
{
	static const char *const none[] = { "", ",\"meta\":{}", ",\"meta\":{\"session\":null}",
		",\"meta\":{\"session\":\"\"}", ",\"meta\":7" };
	static const char use[] =
	    "routes: [{name: a, use: [{model: openai:gpt-4o, weight: 1}, openai:gpt-4o-mini]";
	char *plain = xasprintf("%s}]\n", use);
	char *sticky = xasprintf("%s, sticky: .meta.session}]\n", use);
	struct world w, without;

	(void)state;
	keys = ALL;
	world_open(&w, sticky);
	world_open(&without, plain);
	for (int i = 0; i < 100; i++) {
		char *request = xasprintf("{\"id\":\"r%d\",\"prompt\":\"x\"%s}", i,
		    none[(size_t)i % (sizeof none / sizeof *none)]);

		assert_string_equal(route(&w, request), route(&without, request));
		free(request);
	}
	world_close(&w);
	world_close(&without);
	free(plain);
	free(sticky);
}

static void
an_alias_is_drawn_as_a_whole(void **state)
{
	struct world w;
	int first = 0;

	(void)state;
	keys = ALL;
	world_open(&w,
	    "version: 1\n"
	    "aliases: {pair: [openai:gpt-4o, openai:gpt-4o-mini]}\n"
	    "routes:\n"
	    "  - name: a\n"
	    "    use: [{model: pair, weight: 1}, {model: gemini:gemini-2.5-flash, weight: 1}]\n");
	for (int i = 0; i < 1000; i++) {
		char *request = xasprintf("{\"id\":%d,\"prompt\":\"x\"}", i);
		const char *got = route(&w, request);

		assert_non_null(strstr(got, "openai:gpt-4o openai:gpt-4o-mini"));
		first += strncmp(got, "openai", 6) == 0;
		free(request);
	}
	assert_in_range(first, 440, 560);
	world_close(&w);
}

/* --- budgets --- */

static void
a_spent_budget_refuses_or_sends_elsewhere(void **state)
{
	const struct budget_amounts all = { .pusd = -1, .tokens = -1, .requests = 2 };
	struct budget_ask ask = { .provider = STR_LIT("openai"),
		.model = STR_LIT("openai:gpt-4o"),
		.most = all,
		.until_us = NOW_US + 1000000 };
	struct budget_hold hold = { .count = 0 };
	struct budget_reply reply = { .why = BUF_INIT(BUF_UNLIMITED),
		.warnings = BUF_INIT(BUF_UNLIMITED) };
	static const char *const actions[] = { "block", "route, use: ollama:llama3.2" };
	static const char *const want[] = { "! openai:gpt-4o: budget few", "ollama:llama3.2" };

	(void)state;
	keys = ALL;
	for (int i = 0; i < 2; i++) {
		char *policy = xasprintf(
		    "version: 1\n"
		    "budgets: [{name: few, per: provider, limitRequests: 2, window: day, action: %s}]\n"
		    "routes: [{name: a, use: openai:gpt-4o}]\n",
		    actions[i]);
		struct world w;

		world_open(&w, policy);
		assert_string_equal(route(&w, "{\"prompt\":\"x\"}"), "openai:gpt-4o");
		ask.record = parsed("{}");
		assert_int_equal(
		    budgets_reserve(w.budgets, &ask, NOW_US, &hold, &reply), BUDGET_GRANTED);
		assert_int_equal(
		    strncmp(route(&w, "{\"prompt\":\"x\"}"), want[i], strlen(want[i])), 0);
		assert_int_equal(w.filter.decision.refused, i ? ERROR_NONE : ERROR_BUDGET);
		budgets_settle(w.budgets, &hold, &all, NOW_US);
		world_close(&w);
		free(policy);
	}
	buf_release(&reply.why);
	buf_release(&reply.warnings);
}

static void
what_stands_further_out_holds(void **state)
{
	const struct decision *d;
	struct world w;

	(void)state;
	keys = ALL;
	world_open(&w,
	    "version: 1\n"
	    "maxCostUsd: 5\ndeadline: 60s\nretries: 2\n"
	    "aliases: {a: [{model: openai:gpt-4o, profile: inner, options: {seed: 1}}]}\n"
	    "roles: {builder: {model: openai:gpt-4o, mode: subscription-cli-fallback}}\n"
	    "routes:\n"
	    "  - {name: dear, match: {tags: {x: [dear]}}, use: [{model: a, profile: outer}], "
	    "maxCostUsd: 0.00001, maxLatencyMs: 7}\n"
	    "  - {name: rest, match: {tags: {x: [a]}}, use: [{model: a, profile: outer}]}\n");
	d = &w.filter.decision;
	assert_string_equal(
	    route(&w, "{\"prompt\":\"x\",\"tags\":{\"x\":\"a\"}}"), "openai:gpt-4o");
	assert_string_equal(d->items[0].profile, "outer");
	assert_int_equal(d->limits.deadline_ms, 60000);
	assert_int_equal(d->limits.retries, 2);
	assert_true(d->limits.max_cost_pusd == INT64_C(5000000000000));
	(void)route(
	    &w, "{\"prompt\":\"x\",\"tags\":{\"x\":\"a\"},\"options\":{\"timeoutMs\":500}}");
	assert_int_equal(d->limits.deadline_ms, 500);
	(void)route(
	    &w, "{\"prompt\":\"x\",\"tags\":{\"x\":\"a\"},\"options\":{\"timeoutMs\":500000}}");
	assert_int_equal(d->limits.deadline_ms, 60000);
	assert_non_null(strstr(
	    route(&w, "{\"prompt\":\"x\",\"tags\":{\"x\":\"dear\"}}"), "more than $0.00001"));
	assert_int_equal(d->limits.max_latency_ms, 7);
	assert_string_equal(route(&w, "{\"prompt\":\"x\",\"model\":\"role:builder\","
				      "\"options\":{\"maxTokens\":5}}"),
	    "openai:gpt-4o");
	assert_non_null(strstr(d->reasons.p, "cli:codex:gpt-4o: its price is not known"));
	world_close(&w);
}

static void
who_fails_stands_last_where_health_only_orders(void **state)
{
	struct health_outcome bad = { .kind = ERROR_SERVER, .total_ms = -1, .first_ms = -1 };
	struct router_config config;
	struct err err = ERR_INIT;
	struct world w;

	(void)state;
	keys = ALL;
	world_open(
	    &w, "version: 1\nroutes: [{name: a, use: [openai:gpt-4o, openai:gpt-4o-mini]}]\n");
	config = w.config;
	config.health_counts = false;
	router_free(w.router);
	w.router = w.filter.router = router_new(&config, NULL, &err);
	for (int i = 0; i < 10; i++)
		health_report(w.health,
		    health_of(w.health, STR_LIT("openai:gpt-4o"), STR_LIT("openai:gpt-4o")), &bad,
		    NOW_US);
	assert_string_equal(route(&w, "{\"prompt\":\"x\"}"), "openai:gpt-4o-mini openai:gpt-4o");
	assert_string_equal(w.filter.decision.items[1].reason, "its breaker is open");
	world_close(&w);
}

static void
what_is_allowed_is_all_that_is(void **state)
{
	struct world w;

	(void)state;
	keys = ALL;
	world_open(&w,
	    "version: 1\n"
	    "allow: {providers: [cli, ollama], labels: [plain], tools: [look], models: [\"cli:*\"]}\n"
	    "routes: [{name: a, use: [cli:claude, openai:gpt-4o, ollama:llama3.2]}]\n");
	assert_string_equal(
	    route(&w, "{\"prompt\":\"x\",\"tags\":{\"labels\":\"plain\"}}"), "cli:claude");
	assert_string_equal(w.filter.decision.reasons.p,
	    "openai:gpt-4o: not among the models that the policy allows\n"
	    "ollama:llama3.2: not among the models that the policy allows");
	assert_string_equal(
	    route(&w, "{\"prompt\":\"x\",\"tags\":{\"labels\":[\"plain\",\"odd\"]}}"),
	    "! label \"odd\" is not among those that are allowed");
	assert_string_equal(
	    route(&w, "{\"prompt\":\"x\",\"tools\":[{\"name\":\"leap\",\"inputSchema\":{}}]}"),
	    "! tool \"leap\" is not among those that are allowed");
	world_close(&w);
	world_open(&w, "version: 1\ndeny: {providers: [cli]}\n"
		       "routes: [{name: a, use: [cli:claude, openai:gpt-4o]}]\n");
	assert_string_equal(route(&w, "{\"prompt\":\"x\"}"), "openai:gpt-4o");
	world_close(&w);
}

static void
a_budget_that_sends_to_whom_it_refuses_ends(void **state)
{
	struct world w;

	(void)state;
	keys = ALL;
	world_open(&w,
	    "version: 1\n"
	    "budgets: [{name: none, limitTokens: 1, window: day, action: route, use: openai:gpt-4o-mini}]\n"
	    "routes: [{name: a, use: [openai:gpt-4o, ollama:llama3.2]}]\n");
	(void)route(&w, "{\"prompt\":\"x\"}");
	assert_int_equal(w.filter.decision.refused, ERROR_BUDGET);
	assert_int_equal(w.filter.decision.count, 0);
	world_close(&w);
}

/* --- routes that were written before --- */

static void
a_route_reads_back_as_it_was_written(void **state)
{
	struct buf line = BUF_INIT(BUF_UNLIMITED);
	struct decision d = { 0 };
	struct err err = ERR_INIT;
	struct world w;

	(void)state;
	keys = ALL;
	world_open(&w,
	    "version: 1\nname: house\n"
	    "routes:\n"
	    "  - name: a \"b\"\n"
	    "    use: [{model: openai:gpt-4o, options: {temperature: 0}, profile: auto}, "
	    "openai:gpt-4o-mini]\n"
	    "    retries: 4\n");
	assert_int_equal(
	    route_record(&w.filter, STR_LIT("{\"id\":1.10,\"prompt\":\"\\u0041\"}"), &line, &err),
	    ROUTE_ROUTED);
	assert_ptr_equal(strstr(line.p, "{\"id\":1.10,\"prompt\":\"\\u0041\",\"route\":{"), line.p);
	assert_int_equal(read_back(&w, line.p, &d, &err), 0);
	assert_int_equal(d.count, 2);
	assert_string_equal(d.items[0].target->spec, "openai:gpt-4o");
	assert_string_equal(d.items[0].options.p, "{\"temperature\":0}");
	assert_string_equal(d.items[0].profile, "auto");
	assert_string_equal(d.items[1].reason, "second in rule \"a \"b\"\"");
	assert_string_equal(d.rule->name, "a \"b\"");
	assert_int_equal(d.limits.retries, 4);
	decision_release(&d);
	buf_release(&line);
	world_close(&w);
}

static void
a_route_of_another_is_not_trusted(void **state)
{
	static const char *const malformed[][2] = {
		{ "5", "route: must be an object with candidates" },
		{ "{}", "route.candidates: must be a list" },
		{ "{\"candidates\":[5]}", "route.candidates[0]: must be an object with model" },
		{ "{\"candidates\":[{}]}", "route.candidates[0].model: must be a string" },
		{ "{\"candidates\":[{\"model\":\"openai:gpt-4o\"},{\"model\":\"x:y\",\"options\":1}]}",
		    "route.candidates[1].options: must be an object" },
	};
	struct decision d = { 0 };
	struct world w;

	(void)state;
	keys = ALL;
	world_open(&w, "version: 1\ndeny: {models: [\"openai:*\"]}\n"
		       "models: {\"anthropic:*\": {sensitivity: internal}}\n"
		       "routes: [{name: a, use: ollama:llama3.2}]\n");
	for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
		char *record = xasprintf("{\"prompt\":\"x\",\"route\":%s}", malformed[i][0]);
		struct err err = ERR_INIT;

		assert_int_equal(read_back(&w, record, &d, &err), -1);
		assert_string_equal(err.text, malformed[i][1]);
		free(record);
	}
	{
		struct err err = ERR_INIT;

		assert_int_equal(
		    read_back(&w,
			"{\"prompt\":\"x\",\"tags\":{\"sensitivity\":\"secret\"},\"route\":{"
			"\"candidates\":[{\"model\":\"openai:gpt-4o\"},{\"model\":\"nobody:x\"},"
			"{\"model\":\"anthropic:claude-haiku-4-5\"},{\"model\":\"ollama:llama3.2\"}]}}",
			&d, &err),
		    0);
		assert_int_equal(d.count, 1);
		assert_string_equal(d.items[0].target->spec, "ollama:llama3.2");
		assert_non_null(strstr(d.reasons.p, "openai:gpt-4o: the policy denies this model"));
		assert_non_null(
		    strstr(d.reasons.p, "anthropic:claude-haiku-4-5: may see internal at most"));
	}
	decision_release(&d);
	world_close(&w);
}

static void
further_lists_have_no_candidate_twice(void **state)
{
	struct decision *d;
	struct world w;

	(void)state;
	keys = ALL;
	world_open(&w, "version: 1\n"
		       "models: {openai:gpt-4o: {bigger: gemini:gemini-2.5-pro}}\n"
		       "fallback: {local: ollama:llama3.2, contextLength: [gemini:gemini-2.5-pro, "
		       "gemini:gemini-2.5-flash], contentFilter: openai:gpt-4o}\n"
		       "routes: [{name: a, use: openai:gpt-4o}]\n");
	(void)route(&w, "{\"prompt\":\"x\"}");
	d = &w.filter.decision;
	assert_int_equal(
	    router_more(w.router, ROUTER_CONTENT_FILTER, &w.filter.facts, NOW_US, d), 0);
	assert_int_equal(
	    router_more(w.router, ROUTER_CONTEXT_LENGTH, &w.filter.facts, NOW_US, d), 2);
	assert_string_equal(d->items[1].target->spec, "gemini:gemini-2.5-pro");
	assert_string_equal(d->items[1].reason, "bigger than who was asked");
	assert_string_equal(d->items[2].target->spec, "gemini:gemini-2.5-flash");
	assert_int_equal(router_more(w.router, ROUTER_LOCAL, &w.filter.facts, NOW_US, d), 1);
	assert_int_equal(router_more(w.router, ROUTER_LOCAL, &w.filter.facts, NOW_US, d), 0);
	world_close(&w);
}

static void
what_a_guard_sends_elsewhere_goes_nowhere_else(void **state)
{
	struct decision d = { 0 };
	struct err err = ERR_INIT;
	struct world w;

	(void)state;
	keys = ALL;
	world_open(&w,
	    "version: 1\n"
	    "providers: [openai, anthropic]\n"
	    "guards: [{name: cards, on: input, pattern: '4[0-9]{3}', action: route, use: "
	    "[ollama:llama3.2]}]\n"
	    "fallback: {local: openai:gpt-4o-mini, contextLength: gemini:gemini-2.5-pro}\n");
	assert_string_equal(
	    route(&w, "{\"model\":\"openai:gpt-4o\",\"prompt\":\"4111\"}"), "ollama:llama3.2");
	for (enum router_list list = ROUTER_LOCAL; list <= ROUTER_CONTEXT_LENGTH; list++)
		assert_int_equal(
		    router_more(w.router, list, &w.filter.facts, NOW_US, &w.filter.decision), 0);
	/* nor does a route that was written before let it out */
	assert_int_equal(read_back(&w,
			     "{\"prompt\":\"4111\",\"route\":{\"candidates\":[{\"model\":"
			     "\"openai:gpt-4o\"}]}}",
			     &d, &err),
	    0);
	assert_int_equal(d.count, 1);
	assert_string_equal(d.items[0].target->spec, "ollama:llama3.2");
	decision_release(&d);
	world_close(&w);
}

static void
made_up_models_do_not_fill_memory(void **state)
{
	struct world w;
	const char *got = "";

	(void)state;
	keys = ALL;
	world_open(&w, NULL);
	for (int i = 0; i < TARGETS_MAX + 10; i++) {
		char *request = xasprintf("{\"prompt\":\"x\",\"model\":\"openai:m%d\"}", i);

		got = route(&w, request);
		free(request);
	}
	assert_string_equal(got, "! more than 16383 models were named");
	assert_string_equal(route(&w, "{\"prompt\":\"x\",\"model\":\"openai:m5\"}"), "openai:m5");
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_policy_each_request_has_its_own_model),
		cmocka_unit_test(a_route_goes_before_the_model_and_the_model_before_providers),
		cmocka_unit_test(options_of_a_route_a_candidate_and_an_alias_come_together),
		cmocka_unit_test(modes_put_programs_before_or_in_place_of_models),
		cmocka_unit_test(each_reason_is_told),
		cmocka_unit_test(a_short_text_is_not_counted_and_a_long_one_is),
		cmocka_unit_test(some_read_less_than_their_window),
		cmocka_unit_test(data_goes_only_where_it_may),
		cmocka_unit_test(
		    an_expression_without_end_is_told_to_each_request_and_once_with_its_place),
		cmocka_unit_test(who_may_cost_too_much_or_nobody_knows_what_is_left),
		cmocka_unit_test(an_open_breaker_and_a_slow_half_are_seen),
		cmocka_unit_test(denied_tools_labels_and_guards_refuse_the_request),
		cmocka_unit_test(a_label_that_cannot_be_told_is_not_let_by),
		cmocka_unit_test(a_conversation_with_calls_stays_with_those_who_know_them),
		cmocka_unit_test(models_of_another_kind_are_never_asked),
		cmocka_unit_test(provider_options_bring_no_model_and_no_tools_past_the_policy),
		cmocka_unit_test(the_cheapest_by_its_upper_bound_goes_first),
		cmocka_unit_test(weights_split_requests_and_each_stays),
		cmocka_unit_test(what_is_sticky_stays_whatever_its_id),
		cmocka_unit_test(what_has_nothing_to_be_sticky_by_is_drawn_by_its_id),
		cmocka_unit_test(an_alias_is_drawn_as_a_whole),
		cmocka_unit_test(a_spent_budget_refuses_or_sends_elsewhere),
		cmocka_unit_test(what_stands_further_out_holds),
		cmocka_unit_test(who_fails_stands_last_where_health_only_orders),
		cmocka_unit_test(what_is_allowed_is_all_that_is),
		cmocka_unit_test(a_budget_that_sends_to_whom_it_refuses_ends),
		cmocka_unit_test(a_route_reads_back_as_it_was_written),
		cmocka_unit_test(a_route_of_another_is_not_trusted),
		cmocka_unit_test(further_lists_have_no_candidate_twice),
		cmocka_unit_test(what_a_guard_sends_elsewhere_goes_nowhere_else),
		cmocka_unit_test(made_up_models_do_not_fill_memory),
	};

	return cmocka_run_group_tests(tests, find_share, forget_share);
}
