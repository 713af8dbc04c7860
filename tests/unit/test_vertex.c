/* SPDX-License-Identifier: MIT */
/* test_vertex - Gemini's and Anthropic's formats at Vertex AI's doors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/talk.h"

#define HELLO(model) "{'model':'" model "','prompt':'hi'}"
#define STREAMED(model) "{'model':'" model "','prompt':'hi','options':{'stream':true}}"
#define GLOBAL "https://aiplatform.googleapis.com"

static int
begin(void **state, const struct dialect *dialect)
{
	struct talk *t;

	(void)talk_begin(state, dialect, "vertex");
	t = *state;
	t->base = NULL;
	t->key = "ya29.token";
	t->place[PLACE_PROJECT] = "my-project";
	return 0;
}

static int
begin_gemini(void **state)
{
	return begin(state, &dialect_vertex_gemini);
}

static int
begin_anthropic(void **state)
{
	return begin(state, &dialect_vertex_anthropic);
}

static void
the_host_follows_the_location(void **state)
{
	static const struct {
		const char *location, *url;
	} rows[] = {
		{ NULL, GLOBAL "/v1beta1/projects/my-project/locations/global" },
		{ "global", GLOBAL "/v1beta1/projects/my-project/locations/global" },
		{ "us-central1",
		    "https://us-central1-aiplatform.googleapis.com/v1beta1/projects/my-project/"
		    "locations/us-central1" },
		{ "eu", "https://aiplatform.eu.rep.googleapis.com/v1beta1/projects/my-project/"
			"locations/eu" },
	};
	struct talk *t = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		t->place[PLACE_LOCATION] = rows[i].location;
		assert_true(talk_build(t, HELLO("gemini-2.5-flash")));
		assert_true(str_starts(buf_str(&t->wire.url), rows[i].url));
		assert_true(str_ends(buf_str(&t->wire.url),
		    "/publishers/google/models/gemini-2.5-flash:generateContent"));
	}
	assert_true(talk_build(t, STREAMED("gemini-2.5-flash")));
	assert_true(str_ends(buf_str(&t->wire.url), ":streamGenerateContent?alt=sse"));
	assert_int_equal(t->wire.framing, FRAME_SSE);
	assert_string_equal(
	    http_headers_get(&t->wire.headers, "authorization"), "Bearer ya29.token");
}

static void
a_base_url_goes_over_it(void **state)
{
	struct talk *t = *state;

	t->base = "http://127.0.0.1:8080/v1";
	assert_true(talk_build(t, HELLO("endpoints/42")));
	assert_string_equal(t->wire.url.p,
	    "http://127.0.0.1:8080/v1/projects/my-project/locations/global/"
	    "endpoints/42:generateContent");
	assert_false(talk_build(t, HELLO("../../x")));
}

static void
without_a_project_only_an_api_key_will_do(void **state)
{
	struct talk *t = *state;

	t->place[PLACE_PROJECT] = NULL;
	assert_false(talk_build(t, HELLO("gemini-2.5-flash")));
	assert_non_null(strstr(t->err.text, "vertex has no project"));
	t->key = "AIzaSyExpressExpressExpress";
	assert_true(talk_build(t, HELLO("gemini-2.5-flash")));
	assert_string_equal(t->wire.url.p,
	    GLOBAL "/v1beta1/publishers/google/models/gemini-2.5-flash:generateContent");
	assert_string_equal(
	    http_headers_get(&t->wire.headers, "x-goog-api-key"), "AIzaSyExpressExpressExpress");
	assert_null(http_headers_get(&t->wire.headers, "authorization"));
}

#define LOOP(model)                                                                                \
	"{'model':'" model "','messages':[{'role':'user','content':'go'},"                         \
	"{'role':'assistant','content':[{'type':'toolCall','id':'call_7','name':'f',"              \
	"'arguments':{}}]},{'role':'tool','content':[{'type':'toolResult','id':'call_7',"          \
	"'content':'one'}]}]}"

static void
ids_of_calls_go_to_models_that_know_them(void **state)
{
	struct talk *t = *state;

	assert_true(talk_build(t, LOOP("gemini-2.5-flash")));
	talk_body_is(t, "contents.1.parts.0.functionCall", "{'name':'f','args':{}}");
	talk_body_is(
	    t, "contents.2.parts.0.functionResponse", "{'name':'f','response':{'output':'one'}}");
	assert_true(talk_build(t, LOOP("gemini-3-flash-preview")));
	talk_body_is(t, "contents.1.parts.0.functionCall.id", "'call_7'");
	talk_body_is(t, "contents.2.parts.0.functionResponse.id", "'call_7'");
}

static void
finish_reasons_are_numbered_as_vertex_does(void **state)
{
	static const char *const blocked[] = {
		"{'candidates':[{'content':{'parts':[{'text':'x'}]},'finishReason':10}]}", NULL
	};
	struct talk *t = *state;

	talk_read(t, blocked, true);
	assert_string_equal(t->answer.stop_raw.p, "MODEL_ARMOR");
	assert_int_equal(t->answer.stop, STOP_FILTER);
}

static void
arguments_that_come_in_pieces_are_put_together(void **state)
{
	static const char *const events[] = {
		"{'candidates':[{'content':{'parts':[{'functionCall':{'name':'f',"
		"'willContinue':true}}]}}]}",
		"{'candidates':[{'content':{'parts':[{'functionCall':{'partialArgs':["
		"{'jsonPath':'$.city','stringValue':'Par','willContinue':true}],"
		"'willContinue':true}}]}}]}",
		"{'candidates':[{'content':{'parts':[{'functionCall':{'partialArgs':["
		"{'jsonPath':'$.city','stringValue':'is'},{'jsonPath':'$.n','numberValue':2}],"
		"'willContinue':true}}]}}]}",
		"{'candidates':[{'content':{'parts':[{'functionCall':{}}]},"
		"'finishReason':'STOP'}]}",
		NULL
	};
	struct talk *t = *state;

	talk_read(t, events, true);
	assert_int_equal(t->answer.error.kind, ERROR_NONE);
	assert_int_equal(t->answer.part_count, 1);
	talk_json_is(&t->answer.parts[0].text, "{'city':'Paris','n':2}");
	talk_read(t, (const char *const[]){ events[0], events[1], NULL }, true);
	assert_int_not_equal(t->answer.error.kind, ERROR_NONE);
}

static void
claude_is_sent_to_its_own_door(void **state)
{
	struct talk *t = *state;

	assert_false(talk_build(t, HELLO("claude-sonnet-4-5@20250929")));
	assert_non_null(strstr(t->err.text, "vertex-anthropic:claude-sonnet-4-5@20250929"));
}

static void
the_version_stands_in_the_body_and_the_model_in_the_url(void **state)
{
	struct talk *t = *state;

	t->place[PLACE_LOCATION] = "us-east5";
	assert_true(talk_build(t, HELLO("claude-3-7-sonnet@20250219")));
	assert_string_equal(t->wire.url.p,
	    "https://us-east5-aiplatform.googleapis.com/v1/projects/my-project/locations/us-east5/"
	    "publishers/anthropic/models/claude-3-7-sonnet@20250219:rawPredict");
	talk_body_is(t, "",
	    "{'anthropic_version':'vertex-2023-10-16','max_tokens':64000,"
	    "'messages':[{'role':'user','content':[{'type':'text','text':'hi'}]}]}");
	assert_null(http_headers_get(&t->wire.headers, "anthropic-version"));
	assert_null(http_headers_get(&t->wire.headers, "x-api-key"));
	assert_true(talk_build(t, STREAMED("claude-3-7-sonnet@20250219")));
	assert_true(str_ends(buf_str(&t->wire.url), ":streamRawPredict"));
	talk_body_is(t, "stream", "true");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_gemini, talk_end)
	const struct CMUnitTest tests[] = {
		TEST(the_host_follows_the_location),
		TEST(a_base_url_goes_over_it),
		TEST(without_a_project_only_an_api_key_will_do),
		TEST(ids_of_calls_go_to_models_that_know_them),
		TEST(finish_reasons_are_numbered_as_vertex_does),
		TEST(arguments_that_come_in_pieces_are_put_together),
		TEST(claude_is_sent_to_its_own_door),
		cmocka_unit_test_setup_teardown(
		    the_version_stands_in_the_body_and_the_model_in_the_url, begin_anthropic,
		    talk_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
