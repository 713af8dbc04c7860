/* SPDX-License-Identifier: MIT */
/* test_target - what is known of who can be asked, and the most that asking can cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "policy/facts.h"
#include "policy/target.h"
#include "price/price.h"
#include "support/parsed.h"
#include "support/top.h"
#include "sys/file.h"

static const char rows[] =
    "{\"provider\":\"openai\",\"id\":\"gpt-4o\",\"usdPerMillion\":{\"in\":2,\"out\":10}}\n"
    "{\"provider\":\"anthropic\",\"id\":\"claude-haiku-4-5\",\"usdPerMillion\":{\"in\":1,\"out\":5,"
    "\"cacheRead\":0.1,\"cacheWrite\":1.25,\"cacheWrite1h\":2}}\n"
    "{\"provider\":\"gemini\",\"id\":\"gemini-2.5-pro\",\"usdPerMillion\":{\"in\":1,\"out\":10},"
    "\"contextTiers\":[{\"above\":999,\"usdPerMillion\":{\"in\":3,\"out\":20}}]}\n";

static const char configuration[] =
    "aliases: {house: \"lab:qwen3\", quick: \"openai:gpt-4o\"}\n"
    "providers:\n"
    "  lab: {dialect: openai-chat, baseUrl: \"http://10.0.0.5:8000/v1\", key: \"env:LAB_KEY\", "
    "defaultModel: qwen3}\n"
    "  far: {dialect: openai-chat, baseUrl: \"https://api.example.com/v1\", key: \"cmd:pass show\"}\n"
    "  v6: {dialect: openai-chat, baseUrl: \"http://user:pass@[::1]:8000/v1\"}\n"
    "  wide: {dialect: openai-chat, baseUrl: \"http://wide:8000/v1\"}\n"
    "  near: {dialect: openai-chat, baseUrl: \"http://gpu:8000/v1\"}\n"
    "  edge: {dialect: openai-chat, baseUrl: \"http://172.32.0.1/v1\"}\n"
    "  inner: {dialect: openai-chat, baseUrl: \"http://172.31.0.1/v1\"}\n";

static const char policy_text[] = "models:\n"
				  "  \"openai:*\": {quality: 0.5}\n"
				  "  openai:gpt-4o: {quality: 0.8, contextWindow: 5000}\n"
				  "  wide:x: {contextWindow: 9000000000000000000}\n"
				  "  lab:qwen3: {usdPerMillionIn: 0.5, usdPerMillionOut: 1}\n"
				  "  cli:claude: {subscription: true}\n"
				  "  \"far:*\": {cli: \"cli:claude\"}\n"
				  "routes: [{name: a, use: openai:gpt-4o}]\n";

static struct {
	char *share, *config;
	struct policy *policy;
	struct providers *providers;
	struct models *models;
	struct prices *prices;
	struct targets *targets;
} w;

static const char *
env(const char *name)
{
	return strcmp(name, "OPENAI_API_KEY") == 0 ? "sk-0123456789" : NULL;
}

static int
open_world(void **state)
{
	struct err err = ERR_INIT;
	struct targets_config config = { .env = env, .day = 20778 };
	char name[] = "/tmp/test_target.XXXXXX";
	int fd = mkstemp(name);

	(void)state;
	if (fd < 0 || file_write_all(fd, configuration, sizeof configuration - 1) < 0 || close(fd))
		return -1;
	w.share = top_file("share");
	w.config = xstrdup(name);
	w.policy = policy_parse("p.yaml", str_of(policy_text), &err);
	w.providers = providers_load(w.share, w.config, env, &err);
	w.models = models_new(w.share);
	w.prices = prices_new();
	if (!w.policy || !w.providers || prices_add(w.prices, "rows", str_of(rows), 0, &err) < 0) {
		print_error("%s\n", err.text);
		return -1;
	}
	config.policy = w.policy;
	config.providers = w.providers;
	config.models = w.models;
	config.prices = w.prices;
	w.targets = targets_new(&config);
	return 0;
}

static int
close_world(void **state)
{
	(void)state;
	(void)unlink(w.config);
	targets_free(w.targets);
	prices_free(w.prices);
	models_free(w.models);
	providers_free(w.providers);
	policy_free(w.policy);
	free(w.config);
	free(w.share);
	return 0;
}

static const struct target *
target(const char *spec)
{
	struct err err = ERR_INIT;
	const struct target *t = target_of(w.targets, str_of(spec), &err);

	if (!t)
		fail_msg("%s", err.text);
	return t;
}

static void
several_names_of_one_are_one_target(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_ptr_equal(target("openai:gpt-4o"), target("quick"));
	assert_ptr_equal(target("lab:"), target("house"));
	assert_string_equal(target("house")->spec, "lab:qwen3");
	assert_string_equal(target("cli:claude")->spec, "cli:claude");
	assert_string_equal(target("cli:claude:opus")->model, "opus");
	assert_null(target_of(w.targets, STR_LIT("nobody:x"), &err));
	assert_null(target_of(w.targets, STR_LIT("nobody:x"), &err));
	assert_ptr_equal(strstr(err.text, "unknown provider \"nobody\""), err.text);
	assert_null(target_of(w.targets, STR_LIT(""), &err));
	assert_null(target_of(w.targets, (struct str){ "openai:a\0b", 10 }, &err));
}

static void
what_the_policy_says_goes_before_what_is_known(void **state)
{
	(void)state;
	assert_true(target("openai:gpt-4o")->quality == 0.8);
	assert_int_equal(target("openai:gpt-4o")->context_window, 5000);
	assert_true(target("openai:gpt-4o-mini")->quality == 0.5);
	assert_int_equal(target("openai:gpt-4o-mini")->context_window, 128000);
	assert_true(target("gemini:gemini-2.5-pro")->quality < 0);
}

static void
keys_are_told_without_running_anything(void **state)
{
	(void)state;
	assert_true(target("openai:gpt-4o")->has_key);
	assert_null(target("openai:gpt-4o")->no_key);
	assert_int_equal(strlen(target("openai:gpt-4o")->key_name), 12);
	assert_null(strstr(target("openai:gpt-4o")->key_name, "0123456789"));
	assert_string_equal(target("gemini:gemini-2.5-pro")->no_key,
	    "no key for gemini: set GEMINI_API_KEY or GOOGLE_API_KEY");
	assert_string_equal(target("lab:qwen3")->no_key, "no key for lab: set LAB_KEY");
	assert_true(target("far:x")->has_key);
	assert_true(target("ollama:llama3.2")->has_key);
	assert_string_equal(target("ollama:llama3.2")->key_name, "");
	assert_true(target("cli:claude")->has_key);
}

static void
the_own_network_is_local_and_a_cloud_behind_it_is_not(void **state)
{
	(void)state;
	assert_true(target("ollama:llama3.2")->is_local);
	assert_false(target("ollama:gpt-oss:120b-cloud")->is_local);
	assert_false(target("ollama:glm-4.6:cloud")->is_local);
	assert_true(target("lab:qwen3")->is_local);
	assert_true(target("v6:x")->is_local);
	assert_true(target("near:x")->is_local);
	assert_true(target("inner:x")->is_local);
	assert_false(target("edge:x")->is_local);
	assert_false(target("far:x")->is_local);
	assert_false(target("cli:claude")->is_local);
}

static void
a_program_stands_for_its_makers_models(void **state)
{
	(void)state;
	assert_string_equal(target_program(w.targets, target("anthropic:claude-haiku-4-5"))->spec,
	    "cli:claude:claude-haiku-4-5");
	assert_string_equal(
	    target_program(w.targets, target("openai:gpt-4o"))->spec, "cli:codex:gpt-4o");
	assert_string_equal(target_program(w.targets, target("far:x"))->spec, "cli:claude:x");
	assert_null(target_program(w.targets, target("ollama:llama3.2")));
	assert_null(target_program(w.targets, target("cli:claude")));
}

/* What it must come to: so much for each token of the highest estimate, and this for the answer. */
struct bound {
	int64_t in_pusd, out_pusd; /* in_pusd negative: not known */
};

static void
assert_most(const char *spec, const char *record, int64_t max_tokens, struct bound want)
{
	struct facts facts = { 0 };
	struct request request;
	struct err err = ERR_INIT;
	const struct target_wish wish = { .max_tokens = max_tokens };
	struct target_most most;
	int64_t in;

	assert_int_equal(request_read(&request, parsed(record), NULL, &err), 0);
	facts_start(&facts, &request);
	most = target_most(target(spec), &facts, &wish);
	in = tokens_estimate(&request, str_of(target(spec)->model)).high;
	if (want.in_pusd < 0)
		assert_int_equal(most.pusd, -1);
	else
		assert_int_equal(most.pusd, in * want.in_pusd + want.out_pusd);
	assert_int_equal(most.tokens, in + (max_tokens ? max_tokens : target(spec)->max_output));
	facts_release(&facts);
	request_release(&request);
}

#define SHORT "{\"prompt\":\"x\"}"
#define DOLLAR 1000000 /* a million tokens, in pico-dollars a token */

static void
the_most_is_a_bound(void **state)
{
	char *text = xasprintf("{\"prompt\":\"%01000d %01000d %01000d\"}", 0, 0, 0);

	(void)state;
	assert_most("openai:gpt-4o", SHORT, 100, (struct bound){ 2 * DOLLAR, 100 * 10 * DOLLAR });
	/* without maxTokens: the most that the model writes */
	assert_most(
	    "openai:gpt-4o", SHORT, 0, (struct bound){ 2 * DOLLAR, INT64_C(16384) * 10 * DOLLAR });
	/* a cache that may be written, at the dearest that it is written for */
	assert_most(
	    "anthropic:claude-haiku-4-5", SHORT, 10, (struct bound){ 1 * DOLLAR, 10 * 5 * DOLLAR });
	assert_most("anthropic:claude-haiku-4-5",
	    "{\"prompt\":\"x\",\"options\":{\"cache\":\"auto\"}}", 10,
	    (struct bound){ 2 * DOLLAR, 10 * 5 * DOLLAR });
	/* a tier that the estimate reaches */
	assert_most(
	    "gemini:gemini-2.5-pro", text, 10, (struct bound){ 3 * DOLLAR, 10 * 20 * DOLLAR });
	/* the policy's own price, a subscription, a server of one's own, and nothing known */
	assert_most("lab:qwen3", SHORT, 10, (struct bound){ DOLLAR / 2, 10 * DOLLAR });
	assert_most("cli:claude", SHORT, 10, (struct bound){ 0, 0 });
	assert_most("near:x", SHORT, 10, (struct bound){ 0, 0 });
	assert_most("far:x", SHORT, 10, (struct bound){ -1, 0 });
	free(text);
}

/* What lets more be written than the request's own options say: tokens of output at most, of all
 * answers; negative: it costs what is not known, for that member. */
struct said {
	const char *spec, *options, *provider_options;
	int64_t out;
	const char *unpriced;
};

static void
what_a_provider_is_told_in_its_own_words_is_in_the_bound(void **state)
{
	static const struct said cases[] = {
		{ "openai:gpt-4o", "{\"maxTokens\":9}", "{}", 9, NULL },
		{ "openai:gpt-4o", "{\"maxTokens\":9}", "{\"max_tokens\":70}", 70, NULL },
		{ "openai:gpt-4o", "{\"maxTokens\":9}", "{\"max_completion_tokens\":80}", 80,
		    NULL },
		{ "openai:gpt-4o", "{\"maxTokens\":90}", "{\"max_completion_tokens\":8}", 90,
		    NULL },
		{ "openai:gpt-4o", "{}", "{\"max_completion_tokens\":8}", 8, NULL },
		{ "openai:gpt-4o", "{\"maxTokens\":9}", "{\"max_tokens\":null}", 16384, NULL },
		{ "openai:gpt-4o", "{\"maxTokens\":9}", "{\"max_tokens\":-1}", 16384, NULL },
		{ "openai:gpt-4o", "{\"maxTokens\":9}", "{\"n\":4}", 36, NULL },
		{ "openai:gpt-4o", "{\"maxTokens\":9}", "{\"n\":2,\"best_of\":5}", 45, NULL },
		{ "openai:gpt-4o", "{\"maxTokens\":9}", "{\"n\":\"4\"}", 9, "n" },
		{ "openai:gpt-4o", "{\"maxTokens\":9}", "{\"service_tier\":\"flex\"}", 9, NULL },
		{ "openai:gpt-4o", "{\"maxTokens\":9}", "{\"service_tier\":\"priority\"}", 9,
		    "service_tier" },
		{ "openai:gpt-4o", "{\"maxTokens\":9}", "{\"web_search_options\":{}}", 9,
		    "web_search_options" },
		{ "openai:gpt-4o", "{\"maxTokens\":9}", "{\"modalities\":[\"text\"]}", 9, NULL },
		{ "openai:gpt-4o", "{\"maxTokens\":9}", "{\"modalities\":[\"text\",\"audio\"]}", 9,
		    "modalities" },
		{ "openai:gpt-4o", "{\"maxTokens\":9}",
		    "{\"tools+\":[{\"type\":\"function\",\"function\":{\"name\":\"a\"}}]}", 9,
		    NULL },
		{ "openai:gpt-4o", "{\"maxTokens\":9}", "{\"tools+\":[{\"type\":\"web_search\"}]}",
		    9, "tools+" },
		{ "openai-responses:gpt-4o", "{\"maxTokens\":9}", "{\"max_output_tokens\":5}", 5,
		    NULL },
		{ "openai-responses:gpt-4o", "{}", "{\"previous_response_id\":\"r\"}", 16384,
		    "previous_response_id" },
		{ "anthropic:claude-haiku-4-5", "{\"maxTokens\":9}", "{\"max_tokens\":5}", 5,
		    NULL },
		{ "anthropic:claude-haiku-4-5", "{\"maxTokens\":9}", "{\"speed\":\"fast\"}", 9,
		    "speed" },
		{ "anthropic:claude-haiku-4-5", "{\"maxTokens\":9}",
		    "{\"tools+\":[{\"name\":\"a\",\"input_schema\":{}}]}", 9, NULL },
		{ "anthropic:claude-haiku-4-5", "{\"maxTokens\":9}",
		    "{\"tools+\":[{\"type\":\"web_search_20250305\",\"name\":\"a\"}]}", 9,
		    "tools+" },
		/* what is thought comes on top of what was asked for, and is sent so */
		{ "anthropic:claude-haiku-4-5", "{\"maxTokens\":9,\"reasoning\":\"low\"}", "{}",
		    2057, NULL },
		{ "anthropic:claude-haiku-4-5",
		    "{\"maxTokens\":9,\"reasoning\":{\"budgetTokens\":5000}}", "{}", 5009, NULL },
		{ "bedrock:us.anthropic.claude-haiku-4-5-20251001-v1:0",
		    "{\"maxTokens\":9,\"reasoning\":\"low\"}", "{}", 2057, NULL },
		{ "bedrock:us.anthropic.claude-haiku-4-5-20251001-v1:0", "{\"maxTokens\":9}",
		    "{\"serviceTier\":{\"type\":\"priority\"}}", 9, "serviceTier.type" },
		{ "bedrock:us.amazon.nova-pro-v1:0", "{\"maxTokens\":9}",
		    "{\"toolConfig\":{\"tools+\":[{\"toolSpec\":{\"name\":\"a\"}}]}}", 9, NULL },
		{ "bedrock:us.amazon.nova-pro-v1:0", "{\"maxTokens\":9}",
		    "{\"toolConfig\":{\"tools+\":[{\"systemTool\":{\"name\":\"nova_grounding\"}}]}}",
		    9, "toolConfig.tools+" },
		{ "openai:gpt-4o", "{\"maxTokens\":9}",
		    "{\"data_sources\":[{\"type\":\"azure_search\"}]}", 9, "data_sources" },
		/* more than anybody can ask for in earnest comes to no less for that */
		{ "openai:gpt-4o", "{\"maxTokens\":9223372036854775807}", "{\"n\":1e18}",
		    TARGET_TOKENS_MAX << 16, NULL },
		{ "openai:gpt-4o", "{\"maxTokens\":9}", "{\"n\":1e300}", 9, "n" },
		{ "openai:gpt-4o", "{\"maxTokens\":9}", "{\"n\":-1}", 9, NULL },
		{ "openai:gpt-4o", "{\"maxTokens\":9}", "{\"max_tokens\":1e300}", 16384, NULL },
		{ "wide:x", "{}", "{\"n\":1e18}", TARGET_TOKENS_MAX << 16, NULL },
		{ "anthropic:claude-haiku-4-5",
		    "{\"maxTokens\":9223372036854775807,\"reasoning\":{\"budgetTokens\":"
		    "9223372036854775807}}",
		    "{}", TARGET_TOKENS_MAX, NULL },
		{ "gemini:gemini-2.5-pro", "{\"maxTokens\":9}",
		    "{\"generationConfig\":{\"maxOutputTokens\":70,\"candidateCount\":2}}", 140,
		    NULL },
		{ "gemini:gemini-2.5-pro", "{\"maxTokens\":9}",
		    "{\"generation_config\":{\"candidate_count\":3}}", 27, NULL },
		{ "gemini:gemini-2.5-pro", "{\"maxTokens\":9}",
		    "{\"tools\":[{\"googleSearch\":{}}]}", 9, "tools" },
		{ "gemini:gemini-2.5-pro", "{\"maxTokens\":9}",
		    "{\"tools\":[{\"functionDeclarations\":[{\"name\":\"a\"}]}]}", 9, NULL },
		{ "gemini:gemini-2.5-pro", "{\"maxTokens\":9}",
		    "{\"tools\":[{\"functionDeclarations\":[],\"googleSearch\":{}}]}", 9, "tools" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct said *c = &cases[i];
		const struct target *t = target(c->spec);
		char *record = xasprintf(
		    "{\"prompt\":\"x\",\"options\":%s,\"providerOptions\":{\"%s\":%s}}", c->options,
		    t->provider->name, c->provider_options);
		struct facts facts = { 0 };
		struct request request;
		struct err err = ERR_INIT;
		struct target_wish wish;
		struct target_most most;

		assert_int_equal(request_read(&request, parsed(record), NULL, &err), 0);
		facts_start(&facts, &request);
		wish = target_wish_over((struct target_wish){ 0 }, &request);
		most = target_most(t, &facts, &wish);
		if (most.tokens - target_tokens(t, &facts) != c->out)
			fail_msg("%s %s: %lld", c->options, c->provider_options,
			    (long long)(most.tokens - target_tokens(t, &facts)));
		if (c->unpriced) {
			assert_non_null(most.unpriced);
			assert_string_equal(most.unpriced, c->unpriced);
			assert_int_equal(most.pusd, -1);
		} else {
			assert_null(most.unpriced);
		}
		facts_release(&facts);
		request_release(&request);
		free(record);
	}
}

static void
a_candidates_own_options_go_over_the_requests(void **state)
{
	struct err err = ERR_INIT;
	struct target_wish wish;
	struct request request;

	(void)state;
	assert_int_equal(request_read(&request,
			     parsed("{\"prompt\":\"x\",\"options\":{\"maxTokens\":9,\"reasoning\":"
				    "{\"budgetTokens\":7}}}"),
			     NULL, &err),
	    0);
	wish = target_wish_over(target_wish(JSON_ABSENT), &request);
	assert_int_equal(wish.max_tokens, 9);
	assert_int_equal(wish.reasoning, REASONING_BUDGET);
	assert_int_equal(wish.reasoning_budget, 7);
	wish = target_wish_over(
	    target_wish(parsed("{\"maxTokens\":5,\"reasoning\":\"high\"}")), &request);
	assert_int_equal(wish.max_tokens, 5);
	assert_int_equal(wish.reasoning, REASONING_HIGH);
	request_release(&request);
}

static void
a_usage_costs_what_the_row_says(void **state)
{
	struct usage u = USAGE_UNKNOWN;

	(void)state;
	assert_int_equal(target_cost_pusd(target("openai:gpt-4o"), &u), -1);
	u.in = 1000;
	u.out = 10;
	assert_int_equal(
	    target_cost_pusd(target("openai:gpt-4o"), &u), 1000 * 2000000 + 10 * 10000000);
	assert_int_equal(target_cost_pusd(target("lab:qwen3"), &u), 1000 * 500000 + 10 * 1000000);
	assert_int_equal(target_cost_pusd(target("gemini:gemini-2.5-pro"), &u),
	    INT64_C(1000) * 3000000 + 10 * 20000000);
	assert_int_equal(target_cost_pusd(target("cli:claude"), &u), 0);
	assert_int_equal(target_cost_pusd(target("far:x"), &u), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(several_names_of_one_are_one_target),
		cmocka_unit_test(what_the_policy_says_goes_before_what_is_known),
		cmocka_unit_test(keys_are_told_without_running_anything),
		cmocka_unit_test(the_own_network_is_local_and_a_cloud_behind_it_is_not),
		cmocka_unit_test(a_program_stands_for_its_makers_models),
		cmocka_unit_test(the_most_is_a_bound),
		cmocka_unit_test(what_a_provider_is_told_in_its_own_words_is_in_the_bound),
		cmocka_unit_test(a_candidates_own_options_go_over_the_requests),
		cmocka_unit_test(a_usage_costs_what_the_row_says),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
