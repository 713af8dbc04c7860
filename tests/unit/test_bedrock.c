/* SPDX-License-Identifier: MIT */
/* test_bedrock - the bedrock-converse dialect: what its streams and bodies say. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "support/aws_event.h"
#include "support/reading.h"

#define TEXT(index, text)                                                                          \
	"contentBlockDelta {\"contentBlockIndex\":" index ",\"delta\":{\"text\":\"" text "\"}}\n"
#define DELTA(index, delta)                                                                        \
	"contentBlockDelta {\"contentBlockIndex\":" index ",\"delta\":" delta "}\n"
#define START(index, start)                                                                        \
	"contentBlockStart {\"contentBlockIndex\":" index ",\"start\":" start "}\n"
#define STOP(index) "contentBlockStop {\"contentBlockIndex\":" index "}\n"
#define BEGIN "messageStart {\"role\":\"assistant\",\"p\":\"abcd\"}\n"
#define END(reason)                                                                                \
	"messageStop {\"stopReason\":\"" reason "\"}\n"                                            \
	"metadata {\"usage\":{\"inputTokens\":5,\"outputTokens\":7,\"totalTokens\":12},\"p\":\"\"}\n"

static const size_t strides[] = { 1, 13, 65536 };
enum { STRIDES = sizeof strides / sizeof *strides };

/* Lines of "TYPE PAYLOAD", as the service frames them. */
static void
read_stream(struct reading *r, const char *lines, size_t stride)
{
	struct buf body = BUF_INIT(BUF_UNLIMITED);

	aws_put_lines(&body, str_of(lines));
	reading_of(r, &(struct exchange){ .dialect = &dialect_bedrock_converse,
			  .body = body.p,
			  .len = body.len,
			  .stream = true,
			  .stride = stride });
	buf_release(&body);
}

static void
read_body(struct reading *r, const char *body)
{
	reading_of(r, &(struct exchange){ .dialect = &dialect_bedrock_converse, .body = body });
}

static void
deltas_make_text_thoughts_and_calls(void **state)
{
	static const char lines[] = BEGIN DELTA("0", "{\"reasoningContent\":{\"text\":\"hm\"}}")
	    DELTA("0", "{\"reasoningContent\":{\"signature\":\"sig\"}}") STOP("0") TEXT("1", "Hel")
		TEXT("1", "lo") STOP("1")
		    START("2", "{\"toolUse\":{\"toolUseId\":\"t1\",\"name\":\"f\"}}")
			DELTA("2", "{\"toolUse\":{\"input\":\"{\\\"a\\\":\"}}")
			    DELTA("2", "{\"toolUse\":{\"input\":\"1}\"}}") STOP("2")
				END("tool_use");
	struct reading r;
	size_t i;

	(void)state;
	for (i = 0; i < STRIDES; i++) {
		read_stream(&r, lines, strides[i]);
		assert_int_equal(r.answer.error.kind, ERROR_NONE);
		assert_string_equal(r.deltas.p,
		    "reasoning:hm|content:Hel|content:lo|tool0(t1,f):|tool0:{\"a\":|tool0:1}|");
		assert_string_equal(r.answer.parts[0].opaque.p, "{\"signature\":\"sig\"}");
		assert_string_equal(reading_tool(&r, 0)->text.p, "{\"a\":1}");
		assert_int_equal(r.answer.stop, STOP_TOOL);
		assert_int_equal(r.answer.usage.in, 5);
		assert_int_equal(r.answer.usage.out, 7);
		reading_release(&r);
	}
}

static void
sealed_thoughts_are_kept_to_be_sent_back(void **state)
{
	struct reading r;

	(void)state;
	read_stream(&r,
	    BEGIN DELTA("0", "{\"reasoningContent\":{\"redactedContent\":\"AAAA\"}}") STOP("0")
		TEXT("1", "x") STOP("1") END("end_turn"),
	    0);
	assert_int_equal(r.answer.part_count, 2);
	assert_int_equal(r.answer.parts[0].type, PART_REASONING);
	assert_string_equal(r.answer.parts[0].opaque.p, "{\"redactedContent\":\"AAAA\"}");
	reading_release(&r);
}

static void
tools_that_the_service_runs_are_parts_and_no_calls(void **state)
{
	struct reading r;

	(void)state;
	read_stream(&r,
	    BEGIN START("0",
		"{\"toolUse\":{\"toolUseId\":\"s\",\"name\":\"i\",\"type\":\"server_tool_use\"}}")
		DELTA("0", "{\"toolUse\":{\"input\":\"{\\\"x\\\"\"}}")
		    DELTA("0", "{\"toolUse\":{\"input\":\":1}\"}}") STOP("0")
			START("1", "{\"toolResult\":{\"toolUseId\":\"s\",\"type\":\"r\"}}")
			    DELTA("1", "{\"toolResult\":[{\"json\":{\"y\":2}}]}")
				DELTA("1", "{\"toolResult\":[{\"text\":\"z\"}]}") STOP("1")
				    TEXT("2", "done") STOP("2") END("end_turn"),
	    0);
	assert_int_equal(r.answer.tool_count, 0);
	assert_string_equal(r.answer.parts[0].value.p,
	    "{\"toolUse\":{\"toolUseId\":\"s\",\"name\":\"i\",\"type\":\"server_tool_use\",\"input\":{\"x\":1}}}");
	assert_string_equal(r.answer.parts[1].value.p,
	    "{\"toolResult\":{\"toolUseId\":\"s\",\"type\":\"r\",\"content\":[{\"json\":{\"y\":2}},{\"text\":\"z\"}]}}");
	assert_int_equal(r.answer.stop, STOP_END);
	reading_release(&r);
}

static void
the_schemas_tool_is_the_content(void **state)
{
	static const char whole[] =
	    "{\"output\":{\"message\":{\"content\":[{\"toolUse\":{\"toolUseId\":\"t\","
	    "\"name\":\"agentflow_json_answer\",\"input\":{\"a\":[1]}}}]}},\"stopReason\":\"tool_use\","
	    "\"usage\":{\"inputTokens\":1,\"outputTokens\":1}}";
	struct reading r;

	(void)state;
	read_stream(&r,
	    BEGIN START(
		"0", "{\"toolUse\":{\"toolUseId\":\"t\",\"name\":\"agentflow_json_answer\"}}")
		DELTA("0", "{\"toolUse\":{\"input\":\"{\\\"a\\\":\"}}")
		    DELTA("0", "{\"toolUse\":{\"input\":\"[1]}\"}}") STOP("0") END("tool_use"),
	    0);
	assert_string_equal(r.content.p, "{\"a\":[1]}");
	assert_string_equal(r.deltas.p, "content:{\"a\":|content:[1]}|");
	assert_int_equal(r.answer.stop, STOP_END);
	reading_release(&r);
	read_body(&r, whole);
	assert_string_equal(r.content.p, "{\"a\":[1]}");
	assert_int_equal(r.answer.stop, STOP_END);
	reading_release(&r);
}

static void
citations_belong_to_the_text_of_their_block(void **state)
{
	struct reading r;

	(void)state;
	read_stream(&r,
	    BEGIN TEXT("0", "So it is.") DELTA("0",
		"{\"citation\":{\"title\":\"T\",\"source\":\"https://x\",\"sourceContent\":[{\"text\":\"q\"}]}}")
		STOP("0") END("end_turn"),
	    0);
	assert_int_equal(r.answer.citation_count, 1);
	assert_string_equal(r.answer.citations[0].source.p,
	    "{\"url\":\"https://x\",\"title\":\"T\",\"text\":\"q\"}");
	assert_string_equal(r.answer.parts[0].opaque.p,
	    "{\"citations\":[{\"title\":\"T\",\"source\":\"https://x\",\"sourceContent\":[{\"text\":\"q\"}]}]}");
	reading_release(&r);
}

static void
what_the_cache_read_and_wrote_is_input_too(void **state)
{
	struct reading r;

	(void)state;
	read_body(&r,
	    "{\"output\":{\"message\":{\"content\":[{\"text\":\"x\"}]}},\"stopReason\":\"end_turn\","
	    "\"usage\":{\"inputTokens\":3,\"outputTokens\":2,\"totalTokens\":1715,\"cacheReadInputTokens\":1000,"
	    "\"cacheWriteInputTokens\":710,\"cacheDetails\":[{\"ttl\":\"1h\",\"inputTokens\":700},"
	    "{\"ttl\":\"5m\",\"inputTokens\":10}]}}");
	assert_int_equal(r.answer.usage.in, 1713);
	assert_int_equal(r.answer.usage.cache_read, 1000);
	assert_int_equal(r.answer.usage.cache_write, 710);
	assert_int_equal(r.answer.usage.cache_write_1h, 700);
	reading_release(&r);
}

static void
only_metadata_behind_the_stop_proves_the_end(void **state)
{
	static const char *const unproven[] = { BEGIN TEXT("0", "x") STOP("0"),
		BEGIN TEXT("0", "x") STOP("0") "messageStop {\"stopReason\":\"end_turn\"}\n",
		BEGIN TEXT("0", "x") STOP("0") "metadata {\"usage\":{}}\n" };
	struct reading r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof unproven / sizeof *unproven; i++) {
		read_stream(&r, unproven[i], 0);
		assert_int_equal(r.answer.error.kind, ERROR_TRUNCATED);
		assert_string_equal(r.content.p, "x");
		reading_release(&r);
	}
}

static void
exceptions_in_a_stream_are_errors_of_their_kind(void **state)
{
	static const struct {
		const char *line;
		enum error_kind kind;
	} exceptions[] = {
		{ "!throttlingException {\"message\":\"Too many requests\"}\n", ERROR_RATE_LIMIT },
		{ "!serviceUnavailableException {\"message\":\"no\"}\n", ERROR_OVERLOADED },
		{ "!internalServerException {\"message\":\"no\"}\n", ERROR_SERVER },
		{ "!modelStreamErrorException {\"message\":\"no\",\"originalStatusCode\":424}\n",
		    ERROR_SERVER },
		{ "!modelTimeoutException {\"message\":\"no\"}\n", ERROR_TIMEOUT },
		{ "!validationException {\"message\":\"bad\"}\n", ERROR_INVALID_REQUEST },
		{ "!validationException {\"message\":\"Input is too long for requested model.\"}\n",
		    ERROR_CONTEXT_LENGTH },
	};
	char lines[512];
	struct reading r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof exceptions / sizeof *exceptions; i++) {
		(void)snprintf(lines, sizeof lines, "%s%s%s", BEGIN TEXT("0", "Hel"),
		    exceptions[i].line, END("end_turn"));
		read_stream(&r, lines, 0);
		assert_int_equal(r.answer.error.kind, exceptions[i].kind);
		assert_string_equal(r.content.p, "Hel");
		assert_int_equal(r.answer.error.code.p[0], exceptions[i].line[1]);
		reading_release(&r);
	}
}

static void
a_broken_checksum_is_no_answer(void **state)
{
	struct buf body = BUF_INIT(BUF_UNLIMITED);
	struct reading r;

	(void)state;
	aws_put_lines(&body, STR_LIT(BEGIN TEXT("0", "Hello") STOP("0") END("end_turn")));
	body.p[body.len / 2] ^= 4;
	reading_of(&r, &(struct exchange){ .dialect = &dialect_bedrock_converse,
			   .body = body.p,
			   .len = body.len,
			   .stream = true });
	assert_int_equal(r.answer.error.kind, ERROR_PROTOCOL);
	assert_string_equal(
	    r.answer.error.message.p, "AWS event stream: a message's checksum is wrong");
	reading_release(&r);
	buf_release(&body);
}

static void
guardrails_and_filters_end_well_and_say_so(void **state)
{
	static const struct {
		const char *lines;
		enum stop stop;
	} ends[] = {
		{ BEGIN TEXT("0", "x") END("guardrail_intervened"), STOP_FILTER },
		{ BEGIN TEXT("0", "x") END("content_filtered"), STOP_FILTER },
		{ BEGIN TEXT("0", "x") END("max_tokens"), STOP_LENGTH },
		{ BEGIN TEXT("0", "x") END("stop_sequence"), STOP_STOP },
		{ BEGIN TEXT("0", "x") END("model_context_window_exceeded"), STOP_LENGTH },
		{ BEGIN TEXT("0", "x") END("something_new"), STOP_OTHER },
	};
	struct reading r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof ends / sizeof *ends; i++) {
		read_stream(&r, ends[i].lines, 0);
		assert_int_equal(r.answer.error.kind, ERROR_NONE);
		assert_int_equal(r.answer.stop, ends[i].stop);
		reading_release(&r);
	}
	read_stream(&r, BEGIN TEXT("0", "x") END("malformed_tool_use"), 0);
	assert_int_equal(r.answer.error.kind, ERROR_SERVER);
	reading_release(&r);
}

static void
a_200_without_output_is_an_error(void **state)
{
	static const struct {
		const char *body;
		enum error_kind kind;
	} bodies[] = {
		{ "{}", ERROR_PROTOCOL },
		{ "{\"usage\":{\"inputTokens\":1}}", ERROR_PROTOCOL },
		{ "{\"Output\":{\"__type\":\"com.amazon.coral.service#UnknownOperationException\"},\"Version\":\"1.0\"}",
		    ERROR_NOT_FOUND },
		{ "{\"message\":\"Too many requests, please wait\",\"__type\":\"x#ThrottlingException\"}",
		    ERROR_RATE_LIMIT },
	};
	struct reading r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		read_body(&r, bodies[i].body);
		assert_int_equal(r.answer.error.kind, bodies[i].kind);
		reading_release(&r);
	}
}

static void
an_errors_type_stands_in_a_header_field(void **state)
{
	static const struct {
		int status;
		const char *type, *body;
		enum error_kind kind;
	} errors[] = {
		{ 403, "ExpiredTokenException:http://internal.amazon.com/", "{\"message\":\"no\"}",
		    ERROR_AUTH },
		{ 403, "AccessDeniedException", "{\"message\":\"no\"}", ERROR_PERMISSION },
		{ 429, "ModelNotReadyException", "{\"message\":\"no\"}", ERROR_OVERLOADED },
		{ 429, "ThrottlingException",
		    "{\"message\":\"Too many tokens per day, please wait before trying again.\"}",
		    ERROR_QUOTA },
		{ 424, "ModelErrorException", "{\"message\":\"no\"}", ERROR_SERVER },
		{ 400, "ServiceQuotaExceededException", "{\"message\":\"no\"}", ERROR_QUOTA },
		{ 400, "ValidationException",
		    "{\"message\":\"The provided model identifier is invalid.\"}",
		    ERROR_NOT_FOUND },
		{ 503, "ServiceUnavailableException", "{\"message\":\"no\"}", ERROR_OVERLOADED },
	};
	struct reading r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof errors / sizeof *errors; i++) {
		const char *const headers[] = { "x-amzn-ErrorType", errors[i].type,
			"x-amzn-RequestId", "req-1", NULL };

		reading_of(&r, &(struct exchange){ .dialect = &dialect_bedrock_converse,
				   .status = errors[i].status,
				   .headers = headers,
				   .body = errors[i].body });
		assert_int_equal(r.answer.error.kind, errors[i].kind);
		assert_string_equal(r.answer.error.request_id.p, "req-1");
		assert_null(strchr(r.answer.error.code.p, ':'));
		reading_release(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deltas_make_text_thoughts_and_calls),
		cmocka_unit_test(sealed_thoughts_are_kept_to_be_sent_back),
		cmocka_unit_test(tools_that_the_service_runs_are_parts_and_no_calls),
		cmocka_unit_test(the_schemas_tool_is_the_content),
		cmocka_unit_test(citations_belong_to_the_text_of_their_block),
		cmocka_unit_test(what_the_cache_read_and_wrote_is_input_too),
		cmocka_unit_test(only_metadata_behind_the_stop_proves_the_end),
		cmocka_unit_test(exceptions_in_a_stream_are_errors_of_their_kind),
		cmocka_unit_test(a_broken_checksum_is_no_answer),
		cmocka_unit_test(guardrails_and_filters_end_well_and_say_so),
		cmocka_unit_test(a_200_without_output_is_an_error),
		cmocka_unit_test(an_errors_type_stands_in_a_header_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
