/* SPDX-License-Identifier: MIT */
/* test_mock_limit - what an account may ask, when it has room again, and how each provider says no.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "llm/answer.h"
#include "llm/dialect.h"
#include "mock/script.h"
#include "support/parsed.h"
#include "support/scripted.h"

enum { S_US = 1000000 };

#define FORTY "ten tokens are about forty bytes of text"
#define PART "{\"type\":\"text\",\"text\":\"" FORTY "\"}"
/* Ten tokens in the form of any provider that is asked for them here. */
#define BODY                                                                                       \
	"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[" PART                     \
	"]}],\"contents\":[{\"role\":\"user\",\"parts\":[" PART "]}]}"

/* An account's requests. */
struct asker {
	struct mock_script *script;
	struct mock_request request;
	struct mock_admission admission;
	struct mock_refusal refusal;
};

static void
asker_open(struct asker *a, const char *limits, const char *path)
{
	*a = (struct asker){ .script = scripted(limits) };
	mock_request_init(&a->request);
	mock_request_path(&a->request, str_of(path), false);
	mock_request_body(&a->request, parsed(BODY));
}

static void
asker_close(struct asker *a)
{
	mock_admission_end(&a->admission);
	mock_request_release(&a->request);
	mock_script_free(a->script);
}

/* Whether one is let in; it stays until the next. */
static bool
asks(struct asker *a, const char *key, int64_t at_us)
{
	struct mock_asking asking = { &a->request, str_of(key), at_us };

	mock_admission_end(&a->admission);
	return mock_limits_admit(
	    mock_script_limits(a->script), &asking, &a->admission, &a->refusal);
}

static void
a_bucket_fills_evenly(void **state)
{
	struct asker a;

	(void)state;
	asker_open(&a, "limits: [{requests: 4/s}]", "/v1/chat/completions");
	for (int i = 0; i < 4; i++)
		assert_true(asks(&a, "k", 0));
	assert_false(asks(&a, "k", 0));
	assert_int_equal(a.refusal.lack, LACK_REQUESTS);
	assert_int_equal(a.refusal.wait_us, S_US / 4);
	assert_false(asks(&a, "k", S_US / 4 - 1000));
	assert_true(asks(&a, "k", S_US / 4));
	assert_false(asks(&a, "k", S_US / 4));
	for (int i = 0; i < 4; i++) /* an hour is no more than a bucket */
		assert_true(asks(&a, "k", 3600 * (int64_t)S_US));
	assert_false(asks(&a, "k", 3600 * (int64_t)S_US));
	asker_close(&a);
}

static void
each_key_is_an_account_of_its_own(void **state)
{
	struct asker a;

	(void)state;
	asker_open(&a, "limits: [{requests: 1/h}]", "/v1/chat/completions");
	assert_true(asks(&a, "one", 0));
	assert_false(asks(&a, "one", 0));
	assert_true(asks(&a, "two", 0));
	assert_true(asks(&a, "", 0));
	assert_false(asks(&a, "two", 0));
	asker_close(&a);
}

static void
an_answer_is_paid_for_after_it(void **state)
{
	struct asker a;

	(void)state;
	asker_open(&a, "limits: [{tokens: 100/s}]", "/v1/chat/completions");
	assert_true(asks(&a, "k", 0));
	mock_admission_settle(&a.admission, 12, 188); /* 100 above what there was */
	assert_false(asks(&a, "k", 0));
	assert_int_equal(a.refusal.lack, LACK_TOKENS);
	assert_int_equal(a.refusal.need, 10);
	assert_int_equal(a.refusal.left, 0);
	assert_int_equal(a.refusal.wait_us, S_US + S_US / 10);
	assert_true(asks(&a, "k", S_US + S_US / 10));
	asker_close(&a);
}

static void
what_is_larger_than_the_bucket_never_fits(void **state)
{
	struct asker a;

	(void)state;
	asker_open(&a, "limits: [{inputTokens: 9/s}]", "/v1/chat/completions");
	assert_false(asks(&a, "k", 0));
	assert_int_equal(a.refusal.lack, LACK_INPUT);
	assert_int_equal(a.refusal.wait_us, -1);
	asker_close(&a);
}

static void
so_many_at_once_and_no_more(void **state)
{
	struct asker a;
	struct mock_admission other = { 0 };
	struct mock_asking asking = { .key = STR_LIT("k") };

	(void)state;
	asker_open(&a, "limits: [{concurrent: 2}]", "/v1/chat/completions");
	asking.request = &a.request;
	assert_true(mock_limits_admit(mock_script_limits(a.script), &asking, &other, &a.refusal));
	assert_true(asks(&a, "k", 0));
	assert_true(asks(&a, "k", 0)); /* the one before has ended */
	{
		struct mock_admission third = { 0 };

		assert_false(
		    mock_limits_admit(mock_script_limits(a.script), &asking, &third, &a.refusal));
		assert_int_equal(a.refusal.lack, LACK_CONCURRENT);
		mock_admission_end(&third); /* it was not in: nothing is given back */
	}
	mock_admission_end(&other);
	assert_true(mock_limits_admit(mock_script_limits(a.script), &asking, &other, &a.refusal));
	mock_admission_end(&other);
	asker_close(&a);
}

static void
a_quota_is_used_up_for_good(void **state)
{
	static const char *const limits[] = { "limits: [{quota: {requests: 2}}]",
		"limits: [{quota: {tokens: 200}}]",
		"limits: [{quota: {usd: 0.0002, usdPerMillionIn: 1, usdPerMillionOut: 1}}]" };

	(void)state;
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		struct asker a;

		asker_open(&a, limits[i], "/v1/chat/completions");
		for (int n = 0; n < 2; n++) {
			assert_true(asks(&a, "k", 0));
			mock_admission_settle(&a.admission, 10, 90);
		}
		assert_false(asks(&a, "k", 86400 * (int64_t)S_US));
		assert_int_equal(a.refusal.lack, LACK_QUOTA);
		assert_int_equal(a.refusal.wait_us, -1);
		asker_close(&a);
	}
}

static void
all_limits_that_apply_must_have_room_and_a_refusal_takes_nothing(void **state)
{
	struct asker a;

	(void)state;
	asker_open(&a,
	    "limits: [{provider: anthropic, concurrent: 0}, {model: x*, concurrent: 0}, {requests: 3/h}, "
	    "{requests: 1/s}, {concurrent: 0, during: 10s-20s}]",
	    "/v1/chat/completions");
	assert_true(asks(&a, "k", 0));
	for (int i = 0; i < 5; i++)
		assert_false(asks(&a, "k", S_US / 2)); /* the second's, not the hour's */
	assert_true(asks(&a, "k", S_US));
	assert_true(asks(&a, "k", 2 * S_US));
	assert_false(asks(&a, "k", 3 * S_US));
	assert_ptr_equal(a.refusal.limit, &mock_script_limits(a.script)->items[2]);
	assert_false(asks(&a, "k", 10 * S_US));
	asker_close(&a);
}

/* --- what clients make of it --- */

static struct http_headers
headers_of(const struct mock_reply *reply)
{
	struct http_headers headers = { 0 };

	for (size_t i = 0; i < reply->field_count; i++)
		http_headers_add(&headers, reply->fields[i].name, reply->fields[i].value);
	return headers;
}

static const char anthropic[] = "/v1/messages";
static const char azure[] = "/openai/deployments/m/chat/completions";
static const char bedrock[] = "/model/m/converse";
static const char cohere[] = "/v2/chat";
static const char gemini[] = "/v1beta/models/m:generateContent";
static const char ollama[] = "/api/chat";
static const char openai[] = "/v1/chat/completions";
static const char vertex[] =
    "/v1/projects/p/locations/l/publishers/google/models/m:generateContent";

#define RATE "limits: [{requests: 2/m}]"
#define TOKENS "limits: [{tokens: 20/m}]"
#define FULL "limits: [{concurrent: 0}]"
#define EMPTY "limits: [{quota: {requests: 2}}]"
#define LARGE "limits: [{inputTokens: 5/m}]"

static void
a_refusal_means_to_clients_what_it_is(void **state)
{
	static const struct {
		const char *path, *limits;
		int status;
		enum error_kind kind;
		int64_t wait_ms; /* that it tells */
	} cases[] = {
		{ openai, RATE, 429, ERROR_RATE_LIMIT, 30000 },
		{ openai, TOKENS, 429, ERROR_RATE_LIMIT, 30000 },
		{ openai, LARGE, 429, ERROR_QUOTA, -1 },
		{ openai, FULL, 429, ERROR_RATE_LIMIT, -1 },
		{ openai, EMPTY, 429, ERROR_QUOTA, -1 },
		{ azure, RATE, 429, ERROR_RATE_LIMIT, 30000 },
		{ azure, TOKENS, 429, ERROR_RATE_LIMIT, 30000 },
		{ azure, EMPTY, 429, ERROR_QUOTA, -1 },
		{ anthropic, RATE, 429, ERROR_RATE_LIMIT, 30000 },
		{ anthropic, TOKENS, 429, ERROR_RATE_LIMIT, 30000 },
		{ anthropic, FULL, 429, ERROR_RATE_LIMIT, -1 },
		{ anthropic, EMPTY, 400, ERROR_QUOTA, -1 },
		{ gemini, RATE, 429, ERROR_RATE_LIMIT, 30000 },
		{ gemini, TOKENS, 429, ERROR_RATE_LIMIT, 30000 },
		{ gemini, FULL, 429, ERROR_RATE_LIMIT, -1 },
		{ gemini, EMPTY, 429, ERROR_QUOTA, -1 },
		{ vertex, RATE, 429, ERROR_RATE_LIMIT, -1 },
		{ vertex, EMPTY, 403, ERROR_PERMISSION, -1 },
		{ ollama, RATE, 429, ERROR_RATE_LIMIT, -1 },
		{ ollama, FULL, 503, ERROR_OVERLOADED, -1 },
		{ ollama, EMPTY, 429, ERROR_QUOTA, -1 },
		{ bedrock, RATE, 429, ERROR_RATE_LIMIT, -1 },
		{ bedrock, TOKENS, 429, ERROR_RATE_LIMIT, -1 },
		{ bedrock, FULL, 429, ERROR_RATE_LIMIT, -1 },
		{ bedrock, EMPTY, 429, ERROR_QUOTA, -1 },
		{ cohere, RATE, 429, ERROR_RATE_LIMIT, -1 },
		{ cohere, TOKENS, 429, ERROR_RATE_LIMIT, -1 },
		{ cohere, EMPTY, 429, ERROR_QUOTA, -1 },
		{ cohere, "limits: [{quota: {tokens: 20}}]", 402, ERROR_QUOTA, -1 },
		{ openai, "limits: [{requests: 2/m, retryAfter: false}]", 429, ERROR_RATE_LIMIT,
		    -1 },
		{ gemini, "limits: [{requests: 2/m, retryAfter: 1.5s}]", 429, ERROR_RATE_LIMIT,
		    1500 },
		{ ollama, "limits: [{requests: 2/m, retryAfter: 1h}]", 429, ERROR_RATE_LIMIT,
		    3600000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct asker a;
		struct mock_reply reply;
		struct answer answer;
		struct http_headers headers;
		int64_t wait_ms;

		asker_open(&a, cases[i].limits, cases[i].path);
		for (int n = 0; n < 2; n++)
			(void)asks(&a, "k", 0);
		assert_false(asks(&a, "k", 0));
		mock_refusal_render(&a.refusal, &a.request, 1, &reply);
		headers = headers_of(&reply);
		answer_init(&answer, NULL, NULL);
		answer_error_json(&answer, reply.status, parsed_str(buf_str(&reply.body.bytes)));
		wait_ms = retry_after_ms(&headers, 0);
		if (wait_ms < 0)
			wait_ms = answer.error.retry_after_ms;
		if (reply.status != cases[i].status || answer.error.kind != cases[i].kind ||
		    wait_ms != cases[i].wait_ms)
			fail_msg("%s, %s: %d, %s, %lld ms: %s", cases[i].path, cases[i].limits,
			    reply.status, error_kind_name(answer.error.kind), (long long)wait_ms,
			    reply.body.bytes.p);
		http_headers_release(&headers);
		answer_release(&answer);
		mock_reply_release(&reply);
		asker_close(&a);
	}
}

static void
what_is_left_is_told_as_the_provider_tells_it(void **state)
{
	static const struct {
		const char *path, *name, *value;
	} cases[] = {
		{ openai, "x-ratelimit-limit-requests", "4" },
		{ openai, "x-ratelimit-remaining-requests", "3" },
		{ openai, "x-ratelimit-reset-requests", "15s" },
		{ openai, "x-ratelimit-remaining-tokens", "940" },
		{ openai, "x-ratelimit-reset-tokens", "3m36s" },
		{ openai, "x-ratelimit-remaining-input-tokens", NULL },
		{ azure, "x-ratelimit-reset-requests", "15" },
		{ azure, "x-ratelimit-reset-tokens", "216" },
		{ anthropic, "anthropic-ratelimit-requests-limit", "4" },
		{ anthropic, "anthropic-ratelimit-requests-remaining", "3" },
		{ anthropic, "anthropic-ratelimit-requests-reset", "1970-01-01T00:00:16Z" },
		{ anthropic, "anthropic-ratelimit-input-tokens-remaining", "90" },
		{ anthropic, "anthropic-ratelimit-tokens-remaining", "940" },
		{ cohere, "x-trial-endpoint-call-limit", "4" },
		{ cohere, "x-endpoint-monthly-call-limit", "1000" },
		{ gemini, "x-ratelimit-limit-requests", NULL },
		{ vertex, "x-ratelimit-limit-requests", NULL },
		{ ollama, "x-ratelimit-limit-requests", NULL },
		{ bedrock, "x-ratelimit-limit-requests", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct asker a;
		struct mock_reply reply;
		struct http_headers headers;
		const char *value;

		asker_open(&a,
		    "limits: [{requests: 4/m}, {requests: 100/m, inputTokens: 100/m}, "
		    "{tokens: 1000/h, quota: {requests: 1000}}]",
		    cases[i].path);
		assert_true(asks(&a, "k", 0));
		mock_admission_settle(&a.admission, 10, 50);
		mock_reply_init(&reply, 200);
		mock_admission_tell(&a.admission, &a.request, S_US / 2, &reply);
		headers = headers_of(&reply);
		value = http_headers_get(&headers, cases[i].name);
		if (!value != !cases[i].value || (value && strcmp(value, cases[i].value) != 0))
			fail_msg("%s: %s is %s", cases[i].path, cases[i].name, value);
		http_headers_release(&headers);
		mock_reply_release(&reply);
		asker_close(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_fills_evenly),
		cmocka_unit_test(each_key_is_an_account_of_its_own),
		cmocka_unit_test(an_answer_is_paid_for_after_it),
		cmocka_unit_test(what_is_larger_than_the_bucket_never_fits),
		cmocka_unit_test(so_many_at_once_and_no_more),
		cmocka_unit_test(a_quota_is_used_up_for_good),
		cmocka_unit_test(all_limits_that_apply_must_have_room_and_a_refusal_takes_nothing),
		cmocka_unit_test(a_refusal_means_to_clients_what_it_is),
		cmocka_unit_test(what_is_left_is_told_as_the_provider_tells_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
