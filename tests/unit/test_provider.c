/* SPDX-License-Identifier: MIT */
/* test_provider - presets, configuration, model specs, keys and URLs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "llm/dialect.h"
#include "support/top.h"
#include "sys/file.h"

static const char *const *environment; /* name, value, name, value, ..., NULL */

static const char *
env(const char *name)
{
	for (const char *const *e = environment; e && *e; e += 2)
		if (strcmp(*e, name) == 0)
			return e[1];
	return NULL;
}

static char dir[] = "/tmp/test_provider.XXXXXX";
static char *share;

static int
make_dir(void **state)
{
	(void)state;
	share = top_file("share");
	if (*share != '/') {
		char *here = getcwd(NULL, 0), *whole = file_join(here, share);

		free(here);
		free(share);
		share = whole;
	}
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int
remove_dir(void **state)
{
	(void)state;
	(void)unlink("agentflow.yaml");
	free(share);
	secret_forget_all();
	return rmdir(dir);
}

static struct providers *
load(const char *const *with, const char *config)
{
	struct err err = ERR_INIT;
	struct providers *set;

	environment = with;
	assert_int_equal(file_replace("agentflow.yaml", str_of(config), &err), 0);
	set = providers_load(share, NULL, env, &err);
	if (!set)
		fail_msg("%s", err.text);
	return set;
}

static void
expect_config_error(const char *config, const char *message)
{
	struct err err = ERR_INIT;

	environment = NULL;
	assert_int_equal(file_replace("agentflow.yaml", str_of(config), &err), 0);
	assert_null(providers_load(share, NULL, env, &err));
	assert_string_equal(err.text, message);
	assert_int_equal(err.code, EXIT_CONFIG);
}

static struct provider *
get(struct providers *set, const char *spec, const char *wanted_model)
{
	struct err err = ERR_INIT;
	struct provider *p;
	struct str model;

	if (providers_resolve(set, str_of(spec), &p, &model, &err) < 0)
		fail_msg("%s: %s", spec, err.text);
	if (wanted_model)
		assert_true(str_is(model, wanted_model));
	return p;
}

static void
expect_unknown(struct providers *set, const char *spec, const char *message)
{
	struct err err = ERR_INIT;
	struct provider *p;
	struct str model;

	assert_int_equal(providers_resolve(set, str_of(spec), &p, &model, &err), -1);
	assert_string_equal(err.text, message);
}

static void
expect_url(struct providers *set, const char *spec, const char *path, const char *url)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	provider_url(get(set, spec, NULL), path, &out);
	assert_string_equal(out.p, url);
	buf_release(&out);
}

static void
every_preset_has_a_dialect_and_a_url(void **state)
{
	struct providers *set = load(NULL, "");

	(void)state;
	assert_true(providers_count(set) >= 20);
	for (size_t i = 0; i < providers_count(set); i++) {
		const struct provider *p = providers_at(set, i);

		assert_non_null(p->dialect);
		assert_true(p->base_url || p->base_url_env || p->dialect->base);
	}
	providers_free(set);
}

static void
a_spec_is_provider_colon_model_and_the_model_may_hold_colons(void **state)
{
	struct providers *set = load(NULL, "providers: {lab: {dialect: openai-chat, baseUrl: "
					   "'http://lab:1/v1', defaultModel: qwen3}}");

	(void)state;
	assert_string_equal(get(set, "openai:gpt-4o", "gpt-4o")->name, "openai");
	assert_string_equal(get(set, "ollama:llama3.2:1b", "llama3.2:1b")->name, "ollama");
	assert_string_equal(get(set, "lab:", "qwen3")->name, "lab");
	assert_string_equal(get(set, "openai:", "gpt-4o-mini")->name, "openai");
	expect_unknown(set, "vllm:", "vllm: no model, and the provider has no defaultModel");
	providers_free(set);
}

static void
an_alias_stands_for_a_spec_and_a_circle_is_found(void **state)
{
	struct providers *set = load(
	    NULL, "aliases: {fast: mini, mini: 'openai:gpt-4o-mini', a: b, b: a}");

	(void)state;
	assert_string_equal(get(set, "fast", "gpt-4o-mini")->name, "openai");
	expect_unknown(set, "a", "alias a goes in a circle");
	providers_free(set);
}

static void
what_is_not_known_gets_the_nearest_known_names(void **state)
{
	struct providers *set = load(NULL, "");
	struct err err = ERR_INIT;
	struct provider *p;
	struct str model;

	(void)state;
	expect_unknown(
	    set, "opnai:gpt-4o", "unknown provider \"opnai\" (did you mean \"openai\"?)");
	expect_unknown(
	    set, "gpt-4o", "model \"gpt-4o\" names no provider (did you mean \"openai:gpt-4o\"?)");
	expect_unknown(set, "claude-haiku-4-5",
	    "model \"claude-haiku-4-5\" names no provider (did you mean "
	    "\"anthropic:claude-haiku-4-5\"?)");
	expect_unknown(set, "openai/gpt-4o",
	    "model \"openai/gpt-4o\" names no provider (did you mean \"openai:gpt-4o\"?)");
	expect_unknown(set, "gpt-4o:",
	    "\"gpt-4o\" is a model's name, and no provider's (did you mean \"openai:gpt-4o\"?)");
	expect_unknown(set, "groq/qwen/qwen3-32b:",
	    "\"groq/qwen/qwen3-32b\" is a model's name, and no provider's (did you mean "
	    "\"groq:qwen/qwen3-32b\"?)");
	expect_unknown(set, "groq", "\"groq\" names a provider, but no model: groq:MODEL");
	expect_unknown(set, "",
	    "no model: name one in the record, with -m, or as \"model\" in agentflow.yaml");
	assert_int_equal(providers_resolve(set, str_of("zzzzzzzzz:x"), &p, &model, &err), -1);
	assert_true(
	    str_starts(str_of(err.text), "unknown provider \"zzzzzzzzz\"; known are openai, "));
	assert_true(str_ends(str_of(err.text), ", http"));
	providers_free(set);
}

static void
the_version_is_appended_unless_it_is_there(void **state)
{
	struct providers *set = load(NULL,
	    "providers:\n"
	    "  a: {dialect: openai-chat, baseUrl: 'http://h'}\n"
	    "  b: {dialect: openai-chat, baseUrl: 'http://h/'}\n"
	    "  c: {dialect: openai-chat, baseUrl: 'http://h/v1'}\n"
	    "  d: {dialect: openai-chat, baseUrl: 'http://h/v1/'}\n"
	    "  e: {dialect: openai-chat, baseUrl: 'http://h/openai'}\n"
	    "  f: {dialect: openai-chat, baseUrl: 'http://h/v1/chat/completions'}\n"
	    "  g: {dialect: anthropic-messages, baseUrl: 'http://h'}\n"
	    "  h: {dialect: anthropic-messages, baseUrl: 'http://h/v1/'}\n"
	    "  i: {dialect: anthropic-messages, baseUrl: 'http://h/gateway'}\n"
	    "  j: {dialect: gemini, baseUrl: 'http://h/v1beta'}\n"
	    "  k: {dialect: gemini, baseUrl: 'http://h/v1'}\n"
	    "  l: {dialect: openai-chat, baseUrl: 'http://h/api/paas/v4'}\n"
	    "  m: {dialect: openai-chat, baseUrl: 'http://h?tenant=a'}\n");

	(void)state;
	expect_url(set, "a:x", "/chat/completions", "http://h/v1/chat/completions");
	expect_url(set, "b:x", "/chat/completions", "http://h/v1/chat/completions");
	expect_url(set, "c:x", "/chat/completions", "http://h/v1/chat/completions");
	expect_url(set, "d:x", "/chat/completions", "http://h/v1/chat/completions");
	expect_url(set, "e:x", "/chat/completions", "http://h/openai/chat/completions");
	expect_url(set, "f:x", "/chat/completions", "http://h/v1/chat/completions");
	expect_url(set, "g:x", "/messages", "http://h/v1/messages");
	expect_url(set, "h:x", "/messages", "http://h/v1/messages");
	expect_url(set, "i:x", "/messages", "http://h/gateway/v1/messages");
	expect_url(set, "j:x", "/models", "http://h/v1beta/models");
	expect_url(set, "k:x", "/models?alt=sse", "http://h/v1/models?alt=sse");
	expect_url(set, "l:x", "/chat/completions", "http://h/api/paas/v4/chat/completions");
	expect_url(set, "m:x", "/chat/completions", "http://h/v1/chat/completions?tenant=a");
	expect_url(
	    set, "perplexity:x", "/chat/completions", "https://api.perplexity.ai/chat/completions");
	providers_free(set);
}

static void
ollamas_host_takes_its_forms(void **state)
{
	static const char *const forms[][2] = {
		{ "box", "http://box:11434" },
		{ "box:80", "http://box:80" },
		{ ":8080", "http://127.0.0.1:8080" },
		{ "0.0.0.0", "http://127.0.0.1:11434" },
		{ "0.0.0.0:99", "http://127.0.0.1:99" },
		{ "[::]:99", "http://[::1]:99" },
		{ "http://box:1/", "http://box:1/" },
		{ "https://box", "https://box" },
		{ " box ", "http://box:11434" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		const char *const with[] = { "OLLAMA_HOST", forms[i][0], NULL };
		struct providers *set = load(with, "");

		assert_string_equal(get(set, "ollama:x", NULL)->base_url, forms[i][1]);
		providers_free(set);
	}
}

static void
the_environment_beats_the_file_and_the_file_the_presets(void **state)
{
	static const char config[] =
	    "model: openai:m\nproviders: {openai: {baseUrl: 'http://f/v1', "
	    "headers: {X-A: b}, maxConcurrent: 3, done: optional}}";
	static const char *const with[] = { "OPENAI_BASE_URL", "http://e/v1", "AGENTFLOW_MODEL",
		"openai:e", NULL };
	struct providers *set = load(NULL, config);
	struct provider *p = get(set, "openai:x", NULL);

	(void)state;
	assert_string_equal(p->base_url, "http://f/v1");
	assert_string_equal(p->key_ref, "env:OPENAI_API_KEY");
	assert_string_equal(http_headers_get(&p->headers, "x-a"), "b");
	assert_int_equal(p->max_concurrent, 3);
	assert_true(p->done_optional);
	assert_string_equal(providers_default_model(set), "openai:m");
	providers_free(set);

	set = load(with, config);
	assert_string_equal(get(set, "openai:x", NULL)->base_url, "http://e/v1");
	assert_string_equal(providers_default_model(set), "openai:e");
	providers_free(set);
}

static void
a_missing_key_names_the_variables_looked_at(void **state)
{
	struct providers *set = load(NULL, "");
	struct err err = ERR_INIT;
	const char *key;

	(void)state;
	assert_int_equal(provider_key(get(set, "gemini:x", NULL), env, &key, &err), -1);
	assert_string_equal(err.text, "no key for gemini: set GEMINI_API_KEY or GOOGLE_API_KEY");
	assert_int_equal(err.code, EXIT_REFUSED);
	assert_int_equal(provider_key(get(set, "ollama:x", NULL), env, &key, &err), 0);
	assert_null(key);
	providers_free(set);
}

static void
the_first_reference_that_holds_a_key_gives_it(void **state)
{
	static const char *const with[] = { "GEMINI_API_KEY", "", "GOOGLE_API_KEY", "AIza-second",
		"LAB_TOKEN", "tok-123456", NULL };
	struct providers *set = load(with,
	    "providers: {lab: {dialect: openai-chat, baseUrl: 'http://h', headers: {X-Lab: "
	    "'env:LAB_TOKEN', X-Plain: plain}}}");
	struct provider *lab = get(set, "lab:x", NULL);
	struct err err = ERR_INIT;
	const char *key;

	(void)state;
	assert_int_equal(provider_key(get(set, "gemini:x", NULL), env, &key, &err), 0);
	assert_string_equal(key, "AIza-second");
	assert_int_equal(provider_key(lab, env, &key, &err), 0);
	assert_null(key);
	assert_string_equal(http_headers_get(&lab->headers, "X-Lab"), "tok-123456");
	providers_free(set);
}

static void
a_masked_provider_holds_no_secret(void **state)
{
	static const char *const with[] = { "OPENAI_API_KEY", "sk-secret-secret", "LAB_TOKEN",
		"tok-123456", NULL };
	struct providers *set = load(with,
	    "providers: {openai: {headers: {X-Lab: 'env:LAB_TOKEN', Authorization: literal}}}");
	struct provider *p = get(set, "openai:x", NULL), *ollama = get(set, "ollama:x", NULL);

	(void)state;
	provider_mask(p, env);
	assert_string_equal(p->key, "***");
	assert_string_equal(http_headers_get(&p->headers, "X-Lab"), "***");
	assert_string_equal(http_headers_get(&p->headers, "Authorization"), "***");
	provider_mask(ollama, env);
	assert_null(ollama->key); /* optional, and there is none */
	providers_free(set);
}

static void
a_provider_that_is_like_another_begins_as_that_one(void **state)
{
	static const char config[] =
	    "providers:\n"
	    "  openai: {headers: {X-A: b}, maxConcurrent: 3, providerOptions: {a: 1}}\n"
	    "  b: {like: openai, key: 'env:B_KEY'}\n"
	    "  c: {like: b, baseUrl: 'http://c/v1', rate: 1/s}\n"
	    "  eu: {like: azure, baseUrl: 'https://eu.example', apiVersion: '2024-10-21'}\n";
	static const char *const with[] = { "AZURE_OPENAI_ENDPOINT", "https://us.example", NULL };
	struct providers *set = load(with, config);
	struct provider *openai = get(set, "openai:x", NULL), *b = get(set, "b:x", NULL),
			*c = get(set, "c:x", NULL), *eu = get(set, "eu:x", NULL);

	(void)state;
	assert_null(openai->like);
	assert_string_equal(provider_kin(openai), "openai");
	assert_string_equal(b->like, "openai");
	assert_ptr_equal(b->dialect, openai->dialect);
	assert_string_equal(b->base_url, openai->base_url);
	assert_string_equal(b->key_ref, "env:B_KEY");
	assert_string_equal(http_headers_get(&b->headers, "x-a"), "b");
	assert_string_equal(b->options, openai->options);
	assert_string_equal(b->default_model, openai->default_model);
	assert_int_equal(b->max_concurrent, 0);
	assert_string_equal(provider_kin(c), "openai");
	assert_string_equal(c->name, "c");
	assert_string_equal(c->base_url, "http://c/v1");
	assert_string_equal(c->key_ref, "env:B_KEY");
	assert_int_equal(c->requests_per_s, 1);
	assert_ptr_equal(eu->dialect, get(set, "azure:x", NULL)->dialect);
	assert_string_equal(eu->base_url, "https://eu.example");
	assert_string_equal(get(set, "azure:x", NULL)->base_url, "https://us.example");
	assert_string_equal(eu->version, "2024-10-21");
	providers_free(set);
}

static void
a_wrong_configuration_says_where(void **state)
{
	(void)state;
	expect_config_error("provider: {}",
	    "agentflow.yaml:1:1: unknown member \"provider\" in the configuration (did you mean \"providers\"?)");
	expect_config_error("providers: {x: {baseUrl: 'http://h'}}",
	    "agentflow.yaml:1:16: provider x has no dialect");
	expect_config_error("providers: {x: {dialect: openai-chat}}",
	    "agentflow.yaml:1:16: provider x has no baseUrl");
	expect_config_error("providers: {x: {dialect: openai-chat, baseUrl: \"env:X_URL\"}}",
	    "agentflow.yaml:1:48: baseUrl is a URL; a variable that holds one is baseUrlEnv: X_URL");
	expect_config_error("providers: {x: {dialect: opnai-chat}}",
	    "agentflow.yaml:1:26: unknown dialect \"opnai-chat\" (did you mean \"openai-chat\"?)");
	expect_config_error("providers: {openai: {maxConcurrent: 0}}",
	    "agentflow.yaml:1:37: maxConcurrent must be a positive integer");
	expect_config_error("providers: {b: {like: opnai}}",
	    "agentflow.yaml:1:23: like: no other provider \"opnai\" is known so far (did you mean \"openai\"?)");
	expect_config_error("providers: {openai: {like: openai}}",
	    "agentflow.yaml:1:28: like: no other provider \"openai\" is known so far");
	expect_config_error("providers: {b: {like: 'cli:claude'}}",
	    "agentflow.yaml:1:23: no provider is like a program");
	expect_config_error(
	    "providers: {b: {like: [a]}}", "agentflow.yaml:1:23: like must name a provider");
	expect_config_error("providers: {openai: {done: maybe}}",
	    "agentflow.yaml:1:28: done must be required or optional");
	expect_config_error(
	    "providers: {openai: {key: {a: b}}}", "agentflow.yaml:1:27: key must be a string");
	expect_config_error("aliases: {a: [1]}",
	    "agentflow.yaml:1:14: an alias must name a model (PROVIDER:MODEL)");
	expect_config_error("[]", "agentflow.yaml:1:1: a configuration is a map");
	expect_config_error("providers: {openai: {baseUrl: 'ftp://h'}}",
	    "the base URL of provider openai: URL \"ftp://h\": it does not begin with http:// or https://");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_preset_has_a_dialect_and_a_url),
		cmocka_unit_test(a_spec_is_provider_colon_model_and_the_model_may_hold_colons),
		cmocka_unit_test(an_alias_stands_for_a_spec_and_a_circle_is_found),
		cmocka_unit_test(what_is_not_known_gets_the_nearest_known_names),
		cmocka_unit_test(the_version_is_appended_unless_it_is_there),
		cmocka_unit_test(ollamas_host_takes_its_forms),
		cmocka_unit_test(the_environment_beats_the_file_and_the_file_the_presets),
		cmocka_unit_test(a_missing_key_names_the_variables_looked_at),
		cmocka_unit_test(the_first_reference_that_holds_a_key_gives_it),
		cmocka_unit_test(a_masked_provider_holds_no_secret),
		cmocka_unit_test(a_provider_that_is_like_another_begins_as_that_one),
		cmocka_unit_test(a_wrong_configuration_says_where),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
