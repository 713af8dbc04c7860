/* SPDX-License-Identifier: MIT */
/* test_azure - chat completions at Azure: where a request goes, with which key, and what the filter
 * says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/talk.h"

#define HI "'messages':[{'role':'user','content':'hi'}]"

static int
begin(void **state)
{
	return talk_begin(state, &dialect_azure_openai, "azure");
}

static void
a_deployment_is_called_by_the_urls_path_or_by_the_body(void **state)
{
	static const struct {
		const char *base, *version, *deployment, *url, *model;
	} rows[] = {
		{ "https://r.openai.azure.com/", NULL, NULL,
		    "https://r.openai.azure.com/openai/v1/chat/completions", "'gpt-5'" },
		{ "https://r.openai.azure.com", "preview", "mine",
		    "https://r.openai.azure.com/openai/v1/chat/completions?api-version=preview",
		    "'mine'" },
		{ "https://r.openai.azure.com/openai/v1/", "2024-10-21", NULL,
		    "https://r.openai.azure.com/openai/v1/chat/completions", "'gpt-5'" },
		{ "https://r.openai.azure.com", "2024-10-21", NULL,
		    "https://r.openai.azure.com/openai/deployments/gpt-5/chat/completions"
		    "?api-version=2024-10-21",
		    "'gpt-5'" },
		{ "https://gw.example/openai", "2024-10-21", "my 5",
		    "https://gw.example/openai/deployments/my%205/chat/completions"
		    "?api-version=2024-10-21",
		    "'my 5'" },
		{ "https://r.openai.azure.com/openai/deployments/d?api-version=v", "2024-10-21",
		    NULL,
		    "https://r.openai.azure.com/openai/deployments/d/chat/completions"
		    "?api-version=v",
		    "'gpt-5'" },
		{ "https://r.services.ai.azure.com/models", "2024-05-01-preview", NULL,
		    "https://r.services.ai.azure.com/models/chat/completions"
		    "?api-version=2024-05-01-preview",
		    "'gpt-5'" },
		{ "https://gw.example/openai/deployments/d/chat/completions", "2024-10-21", NULL,
		    "https://gw.example/openai/deployments/d/chat/completions"
		    "?api-version=2024-10-21",
		    "'gpt-5'" },
	};
	struct talk *t = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		t->base = rows[i].base;
		t->version = rows[i].version;
		t->place[PLACE_DEPLOYMENT] = rows[i].deployment;
		assert_true(talk_build(t, "{'model':'gpt-5'," HI ",'options':{'maxTokens':9}}"));
		assert_string_equal(t->wire.url.p, rows[i].url);
		talk_body_is(t, "model", rows[i].model);
		talk_body_is(t, "max_completion_tokens", "9"); /* by the model's own name */
	}
}

static void
a_key_and_a_token_have_a_header_each(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t, "{'model':'gpt-4o'," HI "}"));
	assert_string_equal(http_headers_get(&t->wire.headers, "api-key"), "KEY");
	assert_null(http_headers_get(&t->wire.headers, "authorization"));
	t->key = "eyJ0eXAi.eyJhdWQi.c2ln";
	assert_true(talk_build(t, "{'model':'gpt-4o'," HI "}"));
	assert_null(http_headers_get(&t->wire.headers, "api-key"));
	assert_string_equal(
	    http_headers_get(&t->wire.headers, "authorization"), "Bearer eyJ0eXAi.eyJhdWQi.c2ln");
	t->key = NULL;
	assert_true(talk_build(t, "{'model':'gpt-4o'," HI "}"));
	assert_null(http_headers_get(&t->wire.headers, "api-key"));
}

static void
responses_at_azure_take_its_key(void **state)
{
	struct talk *t = *state;

	t->dialect = &dialect_openai_responses;
	t->base = "https://r.openai.azure.com";
	t->version = "/openai/v1";
	assert_true(talk_build(t, "{'model':'gpt-5'," HI "}"));
	assert_string_equal(t->wire.url.p, "https://r.openai.azure.com/openai/v1/responses");
	assert_string_equal(http_headers_get(&t->wire.headers, "api-key"), "KEY");
	talk_body_is(t, "include", "['reasoning.encrypted_content']");
}

static void
the_filters_own_chunks_are_no_answer(void **state)
{
	static const char *const events[] = {
		"{'id':'','model':'','object':'','choices':[],'prompt_filter_results':[{"
		"'prompt_index':0,'content_filter_results':{'hate':{'filtered':false}}}]}",
		"{'id':'c','model':'gpt-4o-1','choices':[{'index':0,'delta':{'content':'so'},"
		"'finish_reason':null,'content_filter_results':{}}]}",
		"{'id':'','model':'','choices':[{'index':0,'delta':null,'finish_reason':null,"
		"'content_filter_offsets':{'check_offset':1}}]}",
		"{'id':'c','model':'gpt-4o-1','choices':[{'index':0,'delta':{},"
		"'finish_reason':'content_filter'}]}",
		NULL
	};
	struct talk *t = *state;

	talk_read(t, events, true);
	talk_content_is(t, "so");
	assert_string_equal(t->answer.model.p, "gpt-4o-1");
	assert_string_equal(t->answer.response_id.p, "c");
	assert_int_equal(t->answer.stop, STOP_FILTER);
	assert_int_equal(t->answer.part_count, 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, talk_end)
	const struct CMUnitTest tests[] = {
		TEST(a_deployment_is_called_by_the_urls_path_or_by_the_body),
		TEST(a_key_and_a_token_have_a_header_each),
		TEST(responses_at_azure_take_its_key),
		TEST(the_filters_own_chunks_are_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
