/* SPDX-License-Identifier: MIT */
/* test_record - chunks and responses, member by member. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "llm/dialect.h"
#include "llm/record.h"
#include "net/secret.h"
#include "support/parsed.h"

static struct response_facts
facts_of(const char *id)
{
	return (struct response_facts){
		.id = str_of(id),
		.provider = "openai",
		.requested_model = STR_LIT("gpt"),
		.requested = STR_LIT("openai:gpt"),
		.total_us = -1,
		.ttft_us = -1,
		.queue_us = -1,
	};
}

static void
expect_response(const struct answer *a, const struct response_facts *facts, const char *record)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	record_response(&out, a, facts);
	(void)parsed_str(buf_str(&out)); /* one value, and whole */
	assert_null(memchr(out.p, '\n', out.len));
	assert_string_equal(out.p, record);
	buf_release(&out);
}

static void
expect_chunk(const struct delta *delta, const char *record)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	record_chunk(&out, STR_LIT("\"q\""), 3, delta);
	assert_string_equal(out.p, record);
	buf_release(&out);
}

static void
a_chunk_is_spliced_or_escaped(void **state)
{
	(void)state;
	expect_chunk(&(struct delta){ .kind = DELTA_CONTENT, .raw = STR_LIT("\"a\\u00e9\"") },
	    "{\"type\":\"chunk\",\"id\":\"q\",\"seq\":3,\"delta\":{\"content\":\"a\\u00e9\"}}");
	expect_chunk(&(struct delta){ .kind = DELTA_REASONING, .text = STR_LIT("a\n\"b\"") },
	    "{\"type\":\"chunk\",\"id\":\"q\",\"seq\":3,\"delta\":{\"reasoning\":\"a\\n\\\"b\\\"\"}"
	    "}");
	expect_chunk(&(struct delta){ .kind = DELTA_TOOL_CALL,
			 .tool_index = 1,
			 .id = STR_LIT("c1"),
			 .name = STR_LIT("f") },
	    "{\"type\":\"chunk\",\"id\":\"q\",\"seq\":3,\"delta\":{\"toolCall\":{\"index\":1,"
	    "\"id\":\"c1\",\"name\":\"f\"}}}");
	expect_chunk(&(struct delta){ .kind = DELTA_TOOL_CALL, .raw = STR_LIT("\"{\\\"a\\\":\"") },
	    "{\"type\":\"chunk\",\"id\":\"q\",\"seq\":3,\"delta\":{\"toolCall\":{\"index\":0,"
	    "\"arguments\":\"{\\\"a\\\":\"}}}");
}

static void
what_is_unknown_is_absent(void **state)
{
	struct response_facts facts = facts_of("7");
	struct answer a;

	(void)state;
	answer_init(&a, NULL, NULL);
	answer_end(&a);
	answer_finish(&a, false, true);
	expect_response(&a, &facts,
	    "{\"type\":\"response\",\"id\":7,\"ok\":true,\"provider\":\"openai\",\"model\":\"gpt\","
	    "\"requestedModel\":\"openai:gpt\",\"content\":\"\",\"stop\":\"other\"}");
	answer_release(&a);
}

static void
times_have_three_places_at_most(void **state)
{
	static const struct {
		int64_t us;
		const char *ms;
	} cases[] = {
		{ 0, "0" },
		{ 5, "0.005" },
		{ 1000, "1" },
		{ 1500, "1.5" },
		{ 123450, "123.45" },
		{ 9007199254740993, "9007199254740.993" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct response_facts facts = facts_of("1");
		struct buf out = BUF_INIT(BUF_UNLIMITED), wanted = BUF_INIT(BUF_UNLIMITED);
		struct answer a;

		facts.total_us = cases[i].us;
		answer_init(&a, NULL, NULL);
		answer_end(&a);
		answer_finish(&a, false, true);
		record_response(&out, &a, &facts);
		buf_addf(&wanted, "\"ms\":%s}", cases[i].ms);
		assert_non_null(strstr(out.p, wanted.p));
		answer_release(&a);
		buf_release(&out);
		buf_release(&wanted);
	}
}

static void
a_turn_keeps_its_parts_and_their_opaque_state(void **state)
{
	struct response_facts facts = facts_of("\"x\"");
	struct answer a;
	struct part *part;

	(void)state;
	answer_init(&a, NULL, NULL);
	part = answer_text(&a, PART_REASONING, KEY_NONE, json_literal("\"hm\""));
	part_opaque(part, json_literal("\"sig\""));
	answer_text(&a, PART_TEXT, KEY_NONE, json_literal("\"one \""));
	answer_tool(&a, KEY_NONE, json_literal("\"c1\""), json_literal("\"f\""),
	    json_literal("{\n  \"a b\": [1, 2]\n}"));
	answer_provider_block(&a, KEY_NONE, json_literal("{\"k\":\n1}"));
	answer_text(&a, PART_TEXT, KEY_NONE, json_literal("\"two\""));
	answer_model(&a, json_literal("\"gpt-2\""));
	a.usage.in = 5;
	a.usage.out = 2;
	a.cost_pusd = 1500000;
	answer_end(&a);
	answer_finish(&a, false, true);
	expect_response(&a, &facts,
	    "{\"type\":\"response\",\"id\":\"x\",\"ok\":true,\"provider\":\"openai\","
	    "\"model\":\"gpt-2\",\"requestedModel\":\"openai:gpt\",\"content\":\"one two\","
	    "\"reasoning\":\"hm\",\"toolCalls\":[{\"id\":\"c1\",\"name\":\"f\","
	    "\"arguments\":{\"a b\":[1,2]}}],\"parts\":[{\"type\":\"reasoning\",\"text\":\"hm\","
	    "\"opaque\":{\"provider\":\"openai\",\"model\":\"gpt\",\"value\":\"sig\"}},"
	    "{\"type\":\"text\",\"text\":\"one \"},{\"type\":\"toolCall\",\"id\":\"c1\","
	    "\"name\":\"f\",\"arguments\":{\"a b\":[1,2]}},{\"type\":\"provider\","
	    "\"provider\":\"openai\",\"value\":{\"k\":1}},{\"type\":\"text\",\"text\":\"two\"}],"
	    "\"stop\":\"tool\",\"usage\":{\"tokensIn\":5,\"tokensOut\":2,"
	    "\"source\":\"reported\"},\"costUsd\":0.0000015,\"cost\":{\"basis\":\"reported\"}}");
	answer_release(&a);
}

static void
arguments_that_the_limit_cut_are_kept_as_text(void **state)
{
	static const struct stop_row rows[] = { { "length", STOP_LENGTH }, { NULL, 0 } };
	struct response_facts facts = facts_of("1");
	struct answer a;

	(void)state;
	answer_init(&a, NULL, NULL);
	answer_tool(
	    &a, 0, json_literal("\"c\""), json_literal("\"f\""), json_literal("\"{\\\"a\""));
	answer_stop(&a, rows, json_literal("\"length\""));
	answer_end(&a);
	answer_finish(&a, false, true);
	expect_response(&a, &facts,
	    "{\"type\":\"response\",\"id\":1,\"ok\":true,\"provider\":\"openai\",\"model\":\"gpt\","
	    "\"requestedModel\":\"openai:gpt\",\"content\":\"\",\"toolCalls\":[{\"id\":\"c\","
	    "\"name\":\"f\",\"input\":\"{\\\"a\"}],\"parts\":[{\"type\":\"toolCall\",\"id\":\"c\","
	    "\"name\":\"f\",\"input\":\"{\\\"a\"}],\"stop\":\"length\",\"stopRaw\":\"length\"}");
	answer_release(&a);
}

static void
an_error_is_told_without_the_secret(void **state)
{
	struct response_facts facts = facts_of("1");
	struct answer a;

	(void)state;
	secret_remember("sk-0123456789abcdef");
	answer_init(&a, NULL, NULL);
	answer_text(&a, PART_TEXT, KEY_NONE, json_literal("\"so far\""));
	answer_fail(&a, ERROR_RATE_LIMIT, "no more for sk-0123456789abcdef");
	a.error.status = 429;
	a.error.retry_after_ms = 1500;
	answer_finish(&a, false, false);
	facts.raw = STR_LIT("{\"key\":\n\"sk-0123456789abcdef\"}");
	facts.tags = json_literal("{\"n\":1.10}");
	facts.trace_id = "t";
	facts.span_id = "s";
	expect_response(&a, &facts,
	    "{\"type\":\"response\",\"id\":1,\"ok\":false,\"provider\":\"openai\",\"model\":\"gpt\","
	    "\"requestedModel\":\"openai:gpt\",\"content\":\"so far\",\"parts\":[{\"type\":"
	    "\"text\",\"text\":\"so far\"}],\"error\":{\"kind\":\"rate_limit\",\"message\":"
	    "\"no more for ***cdef\",\"status\":429,\"retryable\":true,\"retryAfterMs\":1500},"
	    "\"raw\":{\"key\":\"***cdef\"},\"tags\":{\"n\":1.10},\"traceId\":\"t\","
	    "\"spanId\":\"s\"}");
	answer_release(&a);
	secret_forget_all();
}

static void
what_a_provider_says_is_told_without_the_secret(void **state)
{
	struct response_facts facts = facts_of("1");
	struct answer a;

	(void)state;
	secret_remember("sk-0123456789abcdef");
	answer_init(&a, NULL, NULL);
	answer_text(&a, PART_TEXT, KEY_NONE, json_literal("\"it is \\\"sk-0123456789abcdef\\\"\""));
	answer_fail(&a, ERROR_AUTH, "no");
	buf_adds(&a.error.request_id, "sk-0123456789abcdef");
	answer_finish(&a, false, false);
	expect_response(&a, &facts,
	    "{\"type\":\"response\",\"id\":1,\"ok\":false,\"provider\":\"openai\",\"model\":\"gpt\","
	    "\"requestedModel\":\"openai:gpt\",\"content\":\"it is \\\"***cdef\\\"\",\"parts\":["
	    "{\"type\":\"text\",\"text\":\"it is \\\"***cdef\\\"\"}],\"error\":{\"kind\":\"auth\","
	    "\"message\":\"no\",\"retryable\":false,\"requestId\":\"***cdef\"}}");
	expect_chunk(
	    &(struct delta){ .kind = DELTA_CONTENT, .raw = STR_LIT("\"sk-0123456789abcdef\"") },
	    "{\"type\":\"chunk\",\"id\":\"q\",\"seq\":3,\"delta\":{\"content\":\"***cdef\"}}");
	answer_release(&a);
	secret_forget_all();
}

static void
what_several_exchanges_came_to_is_one_response(void **state)
{
	struct response_facts facts = facts_of("1");
	struct answer a;

	(void)state;
	answer_init(&a, NULL, NULL);
	facts.object = STR_LIT("{\n \"a\": \"x  y\"\n}");
	facts.exchanges = 2;
	answer_carry(&a, "container", json_literal("\"c1\""));
	answer_carry(&a, "b", json_literal("[1]"));
	buf_adds(&a.stop_details, "{\"type\":\"refusal\"}");
	a.ended = true;
	answer_finish(&a, false, true);
	expect_response(&a, &facts,
	    "{\"type\":\"response\",\"id\":1,\"ok\":true,\"provider\":\"openai\",\"model\":\"gpt\","
	    "\"requestedModel\":\"openai:gpt\",\"content\":\"\",\"object\":{\"a\":\"x  y\"},"
	    "\"stop\":\"other\",\"stopDetails\":{\"type\":\"refusal\"},\"exchanges\":2,"
	    "\"providerOptions\":{\"openai\":{\"container\":\"c1\",\"b\":[1]}}}");
	answer_release(&a);
}

static void
compacting_touches_no_string(void **state)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	(void)state;
	record_compact(&out, STR_LIT("{ \"a \\\" b\" :\t[ 1 ,\r\n \"\\\\\" , \" \" ] }"));
	assert_string_equal(out.p, "{\"a \\\" b\":[1,\"\\\\\",\" \"]}");
	buf_release(&out);
}

static void
citations_count_characters_of_the_content(void **state)
{
	struct answer a;
	struct response_facts facts = facts_of("1");
	struct part *thought, *first, *second;

	(void)state;
	answer_init(&a, NULL, NULL);
	thought = answer_text(&a, PART_REASONING, KEY_NONE, json_literal("\"hm\""));
	answer_cite(&a, thought, &(struct cited){ .url = json_literal("\"u:0\""), .end = 1 });
	first = answer_text(&a, PART_TEXT, KEY_NONE, json_literal("\"\\u00e9t\\u00e9 \""));
	answer_cite(
	    &a, first, &(struct cited){ .document = json_literal("\"d\""), .unit = CITED_PART });
	answer_seal(&a);
	second = answer_text(&a, PART_TEXT, KEY_NONE, json_literal("\"caf\\u00e9\""));
	answer_cite(&a, second,
	    &(struct cited){ .text = json_literal("\"w\""),
		.start = 2,
		.end = 5,
		.unit = CITED_BYTES,
		.value = json_literal("{\n\"k\": 1}") });
	for (int i = 0; i < 2; i++) /* told twice, kept once */
		answer_cite(&a, NULL,
		    &(struct cited){ .title = json_literal("\"t\""), .start = 4, .end = 8 });
	answer_cite(&a, NULL, &(struct cited){ .title = json_literal("\"far\""), .end = 9 });
	answer_cite(&a, NULL, &(struct cited){ .url = json_literal("\"\""), .end = 1 });
	a.ended = true;
	answer_finish(&a, false, true);
	expect_response(&a, &facts,
	    "{\"type\":\"response\",\"id\":1,\"ok\":true,\"provider\":\"openai\",\"model\":\"gpt\","
	    "\"requestedModel\":\"openai:gpt\",\"content\":\"été café\",\"reasoning\":\"hm\","
	    "\"citations\":[{\"url\":\"u:0\"},{\"documentId\":\"d\",\"start\":0,\"end\":4},"
	    "{\"text\":\"w\",\"start\":6,\"end\":8,\"value\":{\"k\":1}},"
	    "{\"title\":\"t\",\"start\":4,\"end\":8},{\"title\":\"far\"}],"
	    "\"parts\":[{\"type\":\"reasoning\",\"text\":\"hm\"},{\"type\":\"text\",\"text\":\"été \"},"
	    "{\"type\":\"text\",\"text\":\"café\"}],\"stop\":\"other\"}");
	answer_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chunk_is_spliced_or_escaped),
		cmocka_unit_test(what_is_unknown_is_absent),
		cmocka_unit_test(citations_count_characters_of_the_content),
		cmocka_unit_test(times_have_three_places_at_most),
		cmocka_unit_test(a_turn_keeps_its_parts_and_their_opaque_state),
		cmocka_unit_test(arguments_that_the_limit_cut_are_kept_as_text),
		cmocka_unit_test(an_error_is_told_without_the_secret),
		cmocka_unit_test(what_a_provider_says_is_told_without_the_secret),
		cmocka_unit_test(what_several_exchanges_came_to_is_one_response),
		cmocka_unit_test(compacting_touches_no_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
