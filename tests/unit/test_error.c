/* SPDX-License-Identifier: MIT */
/* test_error - what providers' errors mean, in the shapes and words that they come in. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "llm/answer.h"
#include "llm/error.h"

static void
read_error(struct answer *a, int status, const char *body)
{
	struct err err = ERR_INIT;
	struct json v;

	answer_init(a, NULL, NULL);
	if (json_parse(body, strlen(body), &v, &err) == 0)
		answer_error_json(a, status, v);
	else
		answer_error_text(a, status, str_of(body));
}

struct row {
	int status;
	const char *body;
	enum error_kind kind;
};

static void
expect_kinds(const struct row *rows, size_t n)
{
	struct answer a;
	size_t i;

	for (i = 0; i < n; i++) {
		read_error(&a, rows[i].status, rows[i].body);
		if (a.error.kind != rows[i].kind)
			print_error("%d %s\n", rows[i].status, rows[i].body);
		assert_string_equal(error_kind_name(a.error.kind), error_kind_name(rows[i].kind));
		answer_release(&a);
	}
}

#define EXPECT_KINDS(rows) expect_kinds(rows, sizeof rows / sizeof *rows)
#define OPENAI(message, type, code)                                                                \
	"{\"error\":{\"message\":\"" message "\",\"type\":\"" type                                 \
	"\",\"param\":null,\"code\":" code "}}"
#define ANTHROPIC(type, message)                                                                   \
	"{\"type\":\"error\",\"error\":{\"type\":\"" type "\",\"message\":\"" message              \
	"\"},\"request_id\":\"req_1\"}"
#define GOOGLE(code, status, message, details)                                                     \
	"{\"error\":{\"code\":" code ",\"message\":\"" message "\",\"status\":\"" status           \
	"\",\"details\":[" details "]}}"

static void
a_quota_is_told_from_a_rate_limit(void **state)
{
	static const struct row rows[] = {
		{ 429,
		    "{\"error\":\"you've reached your hourly usage limit, please wait or upgrade to continue\"}",
		    ERROR_QUOTA },
		{ 429,
		    "{\"error\":\"you (me) have reached your session usage limit, upgrade for higher limits\"}",
		    ERROR_QUOTA },
		{ 429,
		    OPENAI("You exceeded your current quota, please check your plan",
			"insufficient_quota", "\"insufficient_quota\""),
		    ERROR_QUOTA },
		{ 429,
		    OPENAI(
			"Rate limit reached for gpt-4o in organization org-x on requests per min (RPM): Limit 3. Please try again in 20s.",
			"requests", "\"rate_limit_exceeded\""),
		    ERROR_RATE_LIMIT },
		{ 429,
		    OPENAI(
			"Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Requested 50000.",
			"tokens", "\"rate_limit_exceeded\""),
		    ERROR_QUOTA },
		{ 413,
		    OPENAI(
			"Request too large for model `x` in organization on tokens per minute (TPM)",
			"tokens", "\"rate_limit_exceeded\""),
		    ERROR_QUOTA },
		{ 429,
		    "{\"message\":\"Service tier capacity exceeded for this model.\",\"type\":\"service_tier_capacity_exceeded\"}",
		    ERROR_OVERLOADED },
		{ 429,
		    ANTHROPIC("rate_limit_error",
			"This request would exceed your organization's rate limit"),
		    ERROR_RATE_LIMIT },
		{ 429,
		    "{\"error\":{\"type\":\"rate_limit_error\",\"message\":\"x\",\"details\":{\"error_code\":\"enforced_spend_limit_reached\"}}}",
		    ERROR_QUOTA },
		{ 400,
		    ANTHROPIC("invalid_request_error",
			"Your credit balance is too low to access the Anthropic API."),
		    ERROR_QUOTA },
		{ 402,
		    "{\"error\":{\"message\":\"Insufficient Balance\",\"type\":\"unknown_error\",\"code\":\"invalid_request_error\"}}",
		    ERROR_QUOTA },
		{ 402, "{\"error\":\"payment required\"}", ERROR_QUOTA },
		{ 429,
		    GOOGLE("429", "RESOURCE_EXHAUSTED", "You exceeded your current quota",
			"{\"@type\":\"QuotaFailure\",\"violations\":[{\"quotaId\":\"GenerateRequestsPerMinutePerProjectPerModel-FreeTier\"}]}"),
		    ERROR_RATE_LIMIT },
		{ 429,
		    GOOGLE("429", "RESOURCE_EXHAUSTED", "You exceeded your current quota",
			"{\"@type\":\"QuotaFailure\",\"violations\":[{\"quotaId\":\"GenerateRequestsPerDayPerProjectPerModel-FreeTier\"}]}"),
		    ERROR_QUOTA },
		{ 429, "slow down", ERROR_RATE_LIMIT },
		{ 429, "{}", ERROR_RATE_LIMIT },
	};

	(void)state;
	EXPECT_KINDS(rows);
}

static void
a_context_that_is_too_long_is_known_by_many_words(void **state)
{
	static const struct row rows[] = {
		{ 400, OPENAI("x", "invalid_request_error", "\"context_length_exceeded\""),
		    ERROR_CONTEXT_LENGTH },
		{ 400,
		    OPENAI("This model's maximum context length is 8192 tokens.",
			"invalid_request_error", "null"),
		    ERROR_CONTEXT_LENGTH },
		{ 400,
		    ANTHROPIC("invalid_request_error",
			"prompt is too long: 210000 tokens > 200000 maximum"),
		    ERROR_CONTEXT_LENGTH },
		{ 400,
		    GOOGLE("400", "INVALID_ARGUMENT",
			"The input token count (1200000) exceeds the maximum number of tokens allowed (1048575).",
			""),
		    ERROR_CONTEXT_LENGTH },
		{ 400,
		    "{\"error\":{\"code\":400,\"message\":\"the request exceeds the available context size\",\"type\":\"exceed_context_size_error\",\"n_ctx\":4096}}",
		    ERROR_CONTEXT_LENGTH },
		{ 413, "{\"error\":\"prompt is too long\"}", ERROR_CONTEXT_LENGTH },
		{ 400,
		    "{\"error\":{\"message\":\"Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192\",\"type\":\"invalid_request_error\"}}",
		    ERROR_CONTEXT_LENGTH },
		{ 0, "{\"error\":{\"message\":\"maximum context length is 5\"}}",
		    ERROR_CONTEXT_LENGTH },
		{ 400,
		    OPENAI("string too long. Expected a string with maximum length 10485760",
			"invalid_request_error", "\"string_above_max_length\""),
		    ERROR_INVALID_REQUEST },
		{ 413, "<html><title>413 Request Entity Too Large</title></html>",
		    ERROR_INVALID_REQUEST },
		{ 413, ANTHROPIC("request_too_large", "Request exceeds the maximum size"),
		    ERROR_INVALID_REQUEST },
	};

	(void)state;
	EXPECT_KINDS(rows);
}

static void
keys_rights_regions_and_models_are_told_apart(void **state)
{
	static const struct row rows[] = {
		{ 401,
		    OPENAI("Incorrect API key provided: sk-***", "invalid_request_error",
			"\"invalid_api_key\""),
		    ERROR_AUTH },
		{ 401, "", ERROR_AUTH },
		{ 400,
		    GOOGLE("400", "INVALID_ARGUMENT",
			"API key not valid. Please pass a valid API key.",
			"{\"reason\":\"API_KEY_INVALID\"}"),
		    ERROR_AUTH },
		{ 403,
		    GOOGLE("403", "PERMISSION_DENIED", "Method doesn't allow unregistered callers",
			""),
		    ERROR_AUTH },
		{ 403,
		    ANTHROPIC("permission_error",
			"Your API key does not have permission to use the resource"),
		    ERROR_PERMISSION },
		{ 403, "{\"message\":\"The security token included in the request is invalid.\"}",
		    ERROR_AUTH },
		{ 403,
		    OPENAI("Country, region, or territory not supported", "request_forbidden",
			"\"unsupported_country_region_territory\""),
		    ERROR_REGION },
		{ 400,
		    GOOGLE("400", "FAILED_PRECONDITION",
			"User location is not supported for the API use.", ""),
		    ERROR_REGION },
		{ 404,
		    OPENAI("The model `x` does not exist", "invalid_request_error",
			"\"model_not_found\""),
		    ERROR_NOT_FOUND },
		{ 404, ANTHROPIC("not_found_error", "model: x"), ERROR_NOT_FOUND },
		{ 400, "{\"message\":\"The provided model identifier is invalid.\"}",
		    ERROR_NOT_FOUND },
		{ 400, "{\"error\":{\"message\":\"x is not a valid model ID\",\"code\":400}}",
		    ERROR_NOT_FOUND },
		{ 410, "{\"error\":{\"message\":\"retired\"}}", ERROR_NOT_FOUND },
	};

	(void)state;
	EXPECT_KINDS(rows);
}

static void
filters_faults_and_troubles_of_the_server_have_their_kinds(void **state)
{
	static const struct row rows[] = {
		{ 400,
		    "{\"error\":{\"message\":\"The response was filtered due to the prompt triggering Azure OpenAI's content management policy\",\"code\":\"content_filter\",\"innererror\":{\"code\":\"ResponsibleAIPolicyViolation\"}}}",
		    ERROR_CONTENT_FILTER },
		{ 400, OPENAI("Invalid value", "invalid_request_error", "\"invalid_value\""),
		    ERROR_INVALID_REQUEST },
		{ 422, "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"field required\"}]}",
		    ERROR_INVALID_REQUEST },
		{ 400, OPENAI("you wrote: error 429, too many", "invalid_request_error", "null"),
		    ERROR_INVALID_REQUEST },
		{ 500, "{\"error\":{\"message\":\"boom\",\"type\":\"server_error\"}}",
		    ERROR_SERVER },
		{ 502, "<html><body>Bad Gateway</body></html>", ERROR_SERVER },
		{ 503, OPENAI("The server is overloaded or not ready yet", "server_error", "null"),
		    ERROR_OVERLOADED },
		{ 503,
		    "{\"error\":{\"code\":503,\"message\":\"Loading model\",\"type\":\"unavailable_error\"}}",
		    ERROR_OVERLOADED },
		{ 529, ANTHROPIC("overloaded_error", "Overloaded"), ERROR_OVERLOADED },
		{ 0, ANTHROPIC("overloaded_error", "Overloaded"), ERROR_OVERLOADED },
		{ 0, ANTHROPIC("api_error", "Internal server error"), ERROR_SERVER },
		{ 0, ANTHROPIC("invalid_request_error", "x"), ERROR_INVALID_REQUEST },
		{ 429, "{\"error\":\"maximum context length of your tier\"}", ERROR_RATE_LIMIT },
		{ 403, "{\"error\":\"no rate limit is set for you\"}", ERROR_PERMISSION },
		{ 504, "", ERROR_TIMEOUT },
		{ 408, "", ERROR_TIMEOUT },
		{ 302, "", ERROR_INVALID_REQUEST },
		{ 400,
		    "{\"error\":{\"message\":\"Tool call validation failed\",\"type\":\"invalid_request_error\",\"code\":\"tool_use_failed\"}}",
		    ERROR_PROTOCOL },
		{ 400,
		    "{\"error\":{\"message\":\"Provider returned error\",\"code\":400,\"metadata\":{\"raw\":\"{\\\"error\\\":{\\\"message\\\":\\\"prompt is too long\\\"}}\"}}}",
		    ERROR_CONTEXT_LENGTH },
	};

	(void)state;
	EXPECT_KINDS(rows);
}

static void
every_shape_gives_its_message(void **state)
{
	static const struct {
		const char *body, *message;
	} rows[] = {
		{ "{\"error\":{\"message\":\"a \\\"b\\\"\"}}", "a \"b\"" },
		{ "{\"error\":\"a\"}", "a" },
		{ "[{\"error\":{\"message\":\"a\"}}]", "a" },
		{ "{\"errors\":[{\"message\":\"a\"},{\"message\":\"b\"}]}", "a" },
		{ "{\"errors\":[\"a\"]}", "a" },
		{ "{\"detail\":\"a\"}", "a" },
		{ "{\"detail\":{\"message\":\"a\"}}", "a" },
		{ "{\"message\":\"a\"}", "a" },
		{ "{\"msg\":\"a\"}", "a" },
		{ "{\"error\":\"invalid_request\",\"error_description\":\"a\"}", "a" },
		{ "{\"code\":\"x\",\"error\":\"a\"}", "a" },
		{ "{\"error\":{\"message\":\"Provider returned error\",\"metadata\":{\"raw\":\"a\"}}}",
		    "Provider returned error: a" },
		{ "{\"a\":\n  1}", "{\"a\": 1}" },
	};
	struct answer a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		read_error(&a, 400, rows[i].body);
		assert_string_equal(a.error.message.p, rows[i].message);
		assert_int_equal(a.error.status, 400);
		answer_release(&a);
	}
}

static void
bodies_that_are_no_json_are_shown_folded_and_cut(void **state)
{
	struct buf html = BUF_INIT(BUF_UNLIMITED);
	struct answer a;

	(void)state;
	read_error(&a, 502, "<html>\r\n  <body>\t\nBad Gateway</body>\n</html>\n");
	assert_string_equal(
	    a.error.message.p, "HTTP 502: <html> <body> Bad Gateway</body> </html>");
	answer_release(&a);
	read_error(&a, 500, "  ");
	assert_string_equal(a.error.message.p, "HTTP 500: empty body");
	answer_release(&a);
	read_error(&a, 200, "<html>hello");
	assert_int_equal(a.error.kind, ERROR_PROTOCOL);
	assert_string_equal(a.error.message.p, "the body is not a JSON object: <html>hello");
	answer_release(&a);
	while (html.len < 1000)
		buf_adds(&html, "\xc3\xa9");
	buf_addc(&html, 'x');
	read_error(&a, 500, html.p + 1); /* cuts fall inside characters otherwise */
	assert_int_equal(a.error.message.len, strlen("HTTP 500: ") + 199);
	answer_release(&a);
	buf_release(&html);
}

static void
a_long_message_is_cut_at_a_characters_border(void **state)
{
	struct buf body = BUF_INIT(BUF_UNLIMITED);
	struct answer a;

	(void)state;
	buf_adds(&body, "{\"error\":\"x");
	while (body.len < 2000)
		buf_adds(&body, "\xe2\x82\xac");
	buf_adds(&body, "\"}");
	read_error(&a, 400, body.p);
	assert_int_equal(a.error.message.len, 499); /* 1 + 166 * 3 */
	answer_release(&a);
	buf_release(&body);
}

static void
how_long_to_wait_is_read_from_the_body(void **state)
{
	static const struct {
		const char *body;
		int64_t ms;
	} rows[] = {
		{ OPENAI("Rate limit reached. Please try again in 634ms. Visit", "tokens",
		      "\"rate_limit_exceeded\""),
		    634 },
		{ OPENAI("Please try again in 6m0s.", "requests", "\"rate_limit_exceeded\""),
		    360000 },
		{ OPENAI("Please try again in 1.5s.", "requests", "\"rate_limit_exceeded\""),
		    1500 },
		{ "{\"error\":{\"message\":\"Please retry after 20 seconds.\"}}", 20000 },
		{ GOOGLE("429", "RESOURCE_EXHAUSTED", "Please retry in 46.2s.",
		      "{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"46s\"}"),
		    46000 },
		{ "{\"error\":{\"message\":\"try again in a while\"}}", -1 },
	};
	struct answer a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		read_error(&a, 429, rows[i].body);
		assert_int_equal(a.error.retry_after_ms, rows[i].ms);
		answer_release(&a);
	}
}

static void
the_code_is_the_most_telling_name_and_the_request_id_is_kept(void **state)
{
	struct answer a;

	(void)state;
	read_error(&a, 400, OPENAI("x", "invalid_request_error", "\"invalid_value\""));
	assert_string_equal(a.error.code.p, "invalid_value");
	answer_release(&a);
	read_error(&a, 529, ANTHROPIC("overloaded_error", "Overloaded"));
	assert_string_equal(a.error.code.p, "overloaded_error");
	assert_string_equal(a.error.request_id.p, "req_1");
	answer_release(&a);
	read_error(&a, 400, GOOGLE("400", "INVALID_ARGUMENT", "x", ""));
	assert_string_equal(a.error.code.p, "INVALID_ARGUMENT");
	answer_release(&a);
	read_error(&a, 0, "{\"error\":{\"code\":502,\"message\":\"x\"}}");
	assert_string_equal(a.error.code.p, "502");
	assert_int_equal(a.error.status, 502);
	answer_release(&a);
}

static void
the_first_error_stays(void **state)
{
	struct answer a;
	struct json v = json_literal("{\"error\":\"second\"}");

	(void)state;
	read_error(&a, 529, "{\"error\":\"first\"}");
	answer_error_json(&a, 400, v);
	answer_error_text(&a, 400, STR_LIT("third"));
	answer_fail(&a, ERROR_NETWORK, "fourth");
	assert_string_equal(a.error.message.p, "first");
	assert_int_equal(a.error.kind, ERROR_OVERLOADED);
	answer_release(&a);
}

static void
every_rule_names_a_kind_and_has_something_to_match(void **state)
{
	const struct error_rule *rule;

	(void)state;
	for (rule = error_rules; rule->kind != ERROR_NONE; rule++) {
		assert_non_null(error_kind_name(rule->kind));
		assert_true(rule->by == ERROR_BY_STATUS ? !rule->word && rule->high >= rule->low
							: rule->word && *rule->word);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quota_is_told_from_a_rate_limit),
		cmocka_unit_test(a_context_that_is_too_long_is_known_by_many_words),
		cmocka_unit_test(keys_rights_regions_and_models_are_told_apart),
		cmocka_unit_test(filters_faults_and_troubles_of_the_server_have_their_kinds),
		cmocka_unit_test(every_shape_gives_its_message),
		cmocka_unit_test(bodies_that_are_no_json_are_shown_folded_and_cut),
		cmocka_unit_test(a_long_message_is_cut_at_a_characters_border),
		cmocka_unit_test(how_long_to_wait_is_read_from_the_body),
		cmocka_unit_test(the_code_is_the_most_telling_name_and_the_request_id_is_kept),
		cmocka_unit_test(the_first_error_stays),
		cmocka_unit_test(every_rule_names_a_kind_and_has_something_to_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
