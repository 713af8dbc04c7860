/* SPDX-License-Identifier: MIT */
/* test_openai - chat completions: the requests we send, and what servers answer in their many ways.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "support/building.h"
#include "support/reading.h"

#define CHUNK(delta)                                                                               \
	"data: {\"id\":\"r1\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":" delta        \
	"}]}\n\n"
#define FINISH(reason)                                                                             \
	"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" reason "\"}]}\n\n"
#define USAGE(usage) "data: {\"choices\":[],\"usage\":{" usage "}}\n\n"
#define DONE "data: [DONE]\n\n"

static const size_t strides[] = { 1, 3, 8192 };
enum { STRIDES = sizeof strides / sizeof *strides };

static void
read_stream(struct reading *r, const char *body, size_t stride)
{
	reading_of(r,
	    &(struct exchange){
		.dialect = &dialect_openai_chat, .body = body, .stream = true, .stride = stride });
}

static void
read_body(struct reading *r, const char *body)
{
	reading_of(r, &(struct exchange){ .dialect = &dialect_openai_chat, .body = body });
}

/* Read at every stride; what came must be this each time. */
static void
expect_stream(const char *body, const char *content, const char *deltas, enum stop stop)
{
	struct reading r;
	size_t i;

	for (i = 0; i < STRIDES; i++) {
		read_stream(&r, body, strides[i]);
		assert_string_equal(r.answer.error.message.p, "");
		assert_int_equal(r.answer.error.kind, ERROR_NONE);
		assert_string_equal(r.content.p, content);
		assert_string_equal(r.deltas.p, deltas);
		assert_int_equal(r.answer.stop, stop);
		reading_release(&r);
	}
}

static void
expect_tool(
    const struct reading *r, size_t i, const char *id, const char *name, const char *arguments)
{
	const struct part *part = reading_tool(r, i);

	assert_non_null(part);
	assert_string_equal(part->id.p, id);
	assert_string_equal(part->name.p, name);
	assert_string_equal(part->text.p, arguments);
}

/* --- text --- */

static void
text_is_joined_and_passed_on_as_it_came(void **state)
{
	(void)state;
	expect_stream(CHUNK("{\"role\":\"assistant\",\"content\":\"\"}")
			  CHUNK("{\"content\":\"Hel\\u006co\"}")
			      CHUNK("{\"content\":\" w\\n\\ud83d\\ude00\"}") FINISH("stop") DONE,
	    "Hello w\n\xf0\x9f\x98\x80", "content:Hello|content: w\n\xf0\x9f\x98\x80|", STOP_END);
}

static void
keep_alive_comments_and_a_done_with_trailing_space_are_understood(void **state)
{
	(void)state;
	expect_stream(
	    ": OPENROUTER PROCESSING\n\n" CHUNK(
		"{\"content\":\"a\"}") ": OPENROUTER PROCESSING\n\n" FINISH("stop") "data: [DONE] \n\n",
	    "a", "content:a|", STOP_END);
}

static void
a_delta_that_is_null_says_nothing(void **state)
{
	(void)state;
	expect_stream(
	    "data: {\"choices\":[],\"prompt_filter_results\":[{\"prompt_index\":0}],\"model\":\"\"}\n\n" CHUNK(
		"{\"content\":\"a\",\"tool_calls\":null,\"reasoning\":null}") CHUNK("null")
		FINISH("stop") DONE,
	    "a", "content:a|", STOP_END);
}

static void
a_stream_without_done_is_truncated_unless_the_provider_is_known_for_it(void **state)
{
	static const char body[] = CHUNK("{\"content\":\"a\"}") FINISH("stop");
	struct exchange x = { .dialect = &dialect_openai_chat, .body = body, .stream = true };
	struct reading r;

	(void)state;
	reading_of(&r, &x);
	assert_int_equal(r.answer.error.kind, ERROR_TRUNCATED);
	assert_string_equal(r.content.p, "a");
	reading_release(&r);
	x.done_optional = true;
	reading_of(&r, &x);
	assert_int_equal(r.answer.error.kind, ERROR_NONE);
	assert_false(r.answer.ended);
	reading_release(&r);
	x.by_close = true; /* the connection closed: that proves nothing */
	reading_of(&r, &x);
	assert_int_equal(r.answer.error.kind, ERROR_TRUNCATED);
	reading_release(&r);
}

static void
a_stream_without_finish_reason_is_truncated_even_where_done_is_optional(void **state)
{
	struct reading r;

	(void)state;
	reading_of(&r, &(struct exchange){ .dialect = &dialect_openai_chat,
			   .body = CHUNK("{\"content\":\"a\"}"),
			   .stream = true,
			   .done_optional = true });
	assert_int_equal(r.answer.error.kind, ERROR_TRUNCATED);
	reading_release(&r);
}

static void
a_single_body_is_read_although_a_stream_was_asked_for(void **state)
{
	static const char body[] =
	    "\n\n   {\"id\":\"r1\",\"model\":\"m\",\"choices\":[{\"message\":{\"content\":\"whole\"},"
	    "\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}";
	struct reading r;
	size_t i;

	(void)state;
	for (i = 0; i < STRIDES; i++) {
		reading_of(&r, &(struct exchange){ .dialect = &dialect_openai_chat,
				   .body = body,
				   .stream = true,
				   .content_type = "application/json",
				   .stride = strides[i] });
		assert_int_equal(r.answer.error.kind, ERROR_NONE);
		assert_string_equal(r.content.p, "whole");
		assert_string_equal(r.deltas.p, "content:whole|");
		assert_int_equal(r.answer.stop, STOP_LENGTH);
		assert_int_equal(r.answer.usage.out, 2);
		reading_release(&r);
	}
}

static void
a_stream_is_read_although_one_body_was_asked_for(void **state)
{
	struct reading r;

	(void)state;
	read_body(&r, CHUNK("{\"content\":\"a\"}") FINISH("stop") DONE);
	assert_int_equal(r.answer.error.kind, ERROR_NONE);
	assert_string_equal(r.content.p, "a");
	reading_release(&r);
}

static void
only_the_first_of_several_choices_is_carried(void **state)
{
	static const char body[] =
	    "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"B\"}}]}\n\n"
	    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}},{\"index\":1,\"delta\":{\"content\":\"B\"}}]}\n\n"
	    "data: {\"choices\":[{\"index\":1,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n" FINISH(
		"stop") DONE;
	struct reading r;

	(void)state;
	read_stream(&r, body, 3);
	assert_string_equal(r.content.p, "a");
	assert_int_equal(r.answer.stop, STOP_END);
	assert_string_equal(r.answer.warnings.p,
	    "{\"option\":\"providerOptions.n\",\"message\":\"only the first choice is carried\"}");
	reading_release(&r);
	read_body(&r,
	    "{\"choices\":[{\"message\":{\"content\":\"a\"}},{\"message\":{\"content\":\"b\"}}]}");
	assert_string_equal(r.content.p, "a");
	reading_release(&r);
}

static void
a_refusal_is_visible_text_with_a_stop_of_its_own(void **state)
{
	(void)state;
	expect_stream(CHUNK("{\"refusal\":\"I can't.\"}") FINISH("stop") DONE, "I can't.",
	    "content:I can't.|", STOP_REFUSAL);
}

static void
content_in_pieces_keeps_thinking_text_and_references_apart(void **state)
{
	static const char body[] = CHUNK(
	    "{\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"hm\"}]}]}")
	    CHUNK(
		"{\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"m\"}],\"closed\":true},"
		"{\"type\":\"text\",\"text\":\"4\"}]}")
		CHUNK("{\"content\":[{\"type\":\"reference\",\"reference_ids\":[1]}]}")
		    CHUNK("{\"content\":\"2\"}") FINISH("stop") DONE;
	struct reading r;
	size_t i;

	(void)state;
	for (i = 0; i < STRIDES; i++) {
		read_stream(&r, body, strides[i]);
		assert_string_equal(r.content.p, "42");
		assert_string_equal(r.reasoning.p, "hmm");
		assert_int_equal(r.answer.part_count, 4);
		assert_string_equal(r.answer.parts[0].opaque.p, "{\"field\":\"thinking\"}");
		assert_int_equal(r.answer.parts[2].type, PART_PROVIDER);
		assert_string_equal(
		    r.answer.parts[2].value.p, "{\"type\":\"reference\",\"reference_ids\":[1]}");
		reading_release(&r);
	}
}

/* --- reasoning --- */

static void
reasoning_remembers_the_member_it_came_in(void **state)
{
	struct reading r;

	(void)state;
	read_stream(&r,
	    CHUNK("{\"reasoning_content\":\"a\"}") CHUNK("{\"reasoning_content\":\"b\"}")
		CHUNK("{\"content\":\"c\"}") FINISH("stop") DONE,
	    1);
	assert_string_equal(r.reasoning.p, "ab");
	assert_string_equal(r.content.p, "c");
	assert_string_equal(r.deltas.p, "reasoning:a|reasoning:b|content:c|");
	assert_string_equal(r.answer.parts[0].opaque.p, "{\"field\":\"reasoning_content\"}");
	reading_release(&r);
	read_body(&r,
	    "{\"choices\":[{\"message\":{\"reasoning\":\"a\",\"reasoning_content\":\"a\",\"content\":\"c\"}}]}");
	assert_string_equal(r.reasoning.p, "a");
	reading_release(&r);
}

static void
reasoning_details_are_joined_as_they_stream_and_read_once(void **state)
{
	static const char body[] = CHUNK(
	    "{\"reasoning\":\"We\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"We\",\"index\":0,\"format\":null}]}")
	    CHUNK(
		"{\"reasoning\":\" \\\"need\\\"\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\" \\\"need\\\"\",\"index\":0,\"format\":null}]}")
		CHUNK(
		    "{\"reasoning\":null,\"reasoning_details\":[{\"type\":\"reasoning.text\",\"signature\":\"sig\",\"index\":0,\"format\":null}]}")
		    CHUNK(
			"{\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":\"xyz\",\"index\":1}]}")
			CHUNK("{\"content\":\"ok\"}") FINISH("stop") DONE;
	struct reading r;
	size_t i;

	(void)state;
	for (i = 0; i < STRIDES; i++) {
		read_stream(&r, body, strides[i]);
		assert_string_equal(r.reasoning.p, "We \"need\"");
		assert_string_equal(r.answer.parts[0].opaque.p,
		    "{\"reasoning_details\":["
		    "{\"type\":\"reasoning.text\",\"index\":0,\"format\":null,\"text\":\"We \\\"need\\\"\",\"signature\":\"sig\"},"
		    "{\"type\":\"reasoning.encrypted\",\"data\":\"xyz\",\"index\":1}]}");
		reading_release(&r);
	}
}

static void
details_of_one_thought_do_not_run_into_the_next(void **state)
{
	struct reading r;

	(void)state;
	read_stream(&r,
	    CHUNK(
		"{\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"a\",\"index\":0}]}")
		CHUNK("{\"content\":\"x\"}") CHUNK(
		    "{\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"b\",\"index\":0}]}")
		    FINISH("stop") DONE,
	    3);
	assert_int_equal(r.answer.part_count, 3);
	assert_string_equal(r.answer.parts[2].opaque.p,
	    "{\"reasoning_details\":[{\"type\":\"reasoning.text\",\"index\":0,\"text\":\"b\"}]}");
	reading_release(&r);
}

static void
reasoning_that_comes_in_details_only_is_visible_too(void **state)
{
	struct reading r;

	(void)state;
	read_body(&r,
	    "{\"choices\":[{\"finish_reason\":\"\",\"message\":{\"reasoning_details\":[{\"text\":\"hm\",\"type\":\"reasoning.text\","
	    "\"signature\":\"s\"},{\"type\":\"reasoning.summary\",\"summary\":\"m\"}],\"content\":\"ok\"}}]}");
	assert_string_equal(r.reasoning.p, "hmm");
	assert_string_equal(r.answer.parts[0].opaque.p,
	    "{\"reasoning_details\":[{\"type\":\"reasoning.text\",\"signature\":\"s\",\"text\":\"hm\"},"
	    "{\"type\":\"reasoning.summary\",\"summary\":\"m\"}]}");
	reading_release(&r);
}

static void
sealed_reasoning_without_text_is_kept_before_the_calls(void **state)
{
	struct reading r;

	(void)state;
	read_stream(&r,
	    CHUNK("{\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":\"x\"}]}") CHUNK(
		"{\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}")
		FINISH("tool_calls") DONE,
	    3);
	assert_int_equal(r.answer.parts[0].type, PART_REASONING);
	assert_string_equal(r.answer.parts[0].opaque.p,
	    "{\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":\"x\"}]}");
	assert_int_equal(r.answer.parts[1].type, PART_TOOL_CALL);
	assert_string_equal(r.reasoning.p, "");
	reading_release(&r);
}

/* --- tool calls --- */

static void
parallel_tool_calls_are_assembled_by_index(void **state)
{
	static const char body[] = CHUNK(
	    "{\"content\":null,\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"add\",\"arguments\":\"\"}}]}")
	    CHUNK("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\\\":\"}}]}") CHUNK(
		"{\"tool_calls\":[{\"index\":1,\"id\":\"c2\",\"type\":\"function\",\"function\":{\"name\":\"mul\",\"arguments\":\"{\"}}]}")
		CHUNK(
		    "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"1}\"}},{\"index\":1,\"function\":{\"arguments\":\"}\"}}]}")
		    FINISH("stop") DONE;
	struct reading r;
	size_t i;

	(void)state;
	for (i = 0; i < STRIDES; i++) {
		read_stream(&r, body, strides[i]);
		assert_int_equal(r.answer.error.kind, ERROR_NONE);
		expect_tool(&r, 0, "c1", "add", "{\"a\":1}");
		expect_tool(&r, 1, "c2", "mul", "{}");
		assert_int_equal(r.answer.stop, STOP_TOOL); /* whatever the reason says */
		assert_string_equal(
		    r.deltas.p, "tool0(c1,add):|tool0:{\"a\":|tool1(c2,mul):{|tool0:1}|tool1:}|");
		reading_release(&r);
	}
}

static void
an_id_that_is_repeated_and_a_name_that_comes_late_make_one_call(void **state)
{
	struct reading r;

	(void)state;
	read_stream(&r,
	    CHUNK(
		"{\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"function\":{\"arguments\":\"{\\\"a\\\"\"}}]}")
		CHUNK(
		    "{\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"function\":{\"name\":\"f\",\"arguments\":\":\"}}]}")
		    CHUNK(
			"{\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"function\":{\"name\":\"f\",\"arguments\":\"1}\"}}]}")
			FINISH("tool_calls") DONE,
	    8192);
	assert_int_equal(r.answer.tool_count, 1);
	expect_tool(&r, 0, "c1", "f", "{\"a\":1}");
	assert_string_equal(r.deltas.p, "tool0(c1,f):{\"a\":|tool0:1}|");
	reading_release(&r);
}

static void
calls_without_index_are_told_apart_by_id_and_name(void **state)
{
	struct reading r;

	(void)state;
	read_stream(&r,
	    CHUNK(
		"{\"tool_calls\":[{\"id\":\"\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}")
		CHUNK("{\"tool_calls\":[{\"function\":{\"name\":\"g\",\"arguments\":\"{\"}}]}")
		    CHUNK("{\"tool_calls\":[{\"function\":{\"arguments\":\"}\"}}]}") CHUNK(
			"{\"tool_calls\":[{\"id\":\"c9\",\"function\":{\"name\":\"h\",\"arguments\":\"\"}}]}")
			FINISH("tool_calls") DONE,
	    8192);
	assert_int_equal(r.answer.tool_count, 3);
	expect_tool(&r, 0, "call_0", "f", "{}");
	expect_tool(&r, 1, "call_1", "g", "{}");
	expect_tool(&r, 2, "c9", "h", "{}"); /* no arguments are the empty object */
	reading_release(&r);
}

static void
whole_calls_that_all_bear_index_0_are_several_calls(void **state)
{
	struct reading r;

	(void)state;
	read_stream(&r,
	    CHUNK(
		"{\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},"
		"{\"index\":0,\"id\":\"c2\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]}")
		FINISH("tool_calls") DONE,
	    8192);
	assert_int_equal(r.answer.tool_count, 2);
	expect_tool(&r, 1, "c2", "g", "{}");
	reading_release(&r);
}

static void
arguments_given_as_an_object_are_taken_whole(void **state)
{
	struct reading r;

	(void)state;
	read_stream(&r,
	    CHUNK(
		"{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":{\"a\": 1}}}]}")
		FINISH("tool_calls") DONE,
	    1);
	expect_tool(&r, 0, "c", "f", "{\"a\": 1}");
	assert_string_equal(r.deltas.p, "tool0(c,f):{\"a\": 1}|");
	reading_release(&r);
}

static void
arguments_that_are_no_object_fail_unless_the_token_limit_cut_them(void **state)
{
	struct reading r;

	(void)state;
	read_stream(&r,
	    CHUNK(
		"{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\"}}]}")
		FINISH("tool_calls") DONE,
	    8192);
	assert_int_equal(r.answer.error.kind, ERROR_PROTOCOL);
	assert_string_equal(
	    r.answer.error.message.p, "the arguments of tool call f are not a JSON object");
	reading_release(&r);
	read_stream(&r,
	    CHUNK(
		"{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\"}}]}")
		FINISH("length") DONE,
	    8192);
	assert_int_equal(r.answer.error.kind, ERROR_NONE);
	assert_int_equal(r.answer.stop, STOP_LENGTH);
	assert_true(reading_tool(&r, 0)->malformed);
	reading_release(&r);
}

static void
the_legacy_function_call_is_a_call_and_its_empty_form_is_none(void **state)
{
	struct reading r;

	(void)state;
	read_stream(&r,
	    CHUNK("{\"function_call\":{\"name\":\"f\",\"arguments\":\"\"}}")
		CHUNK("{\"function_call\":{\"arguments\":\"{}\"}}") FINISH("function_call") DONE,
	    1);
	expect_tool(&r, 0, "call_0", "f", "{}");
	assert_int_equal(r.answer.stop, STOP_TOOL);
	reading_release(&r);
	read_body(&r,
	    "{\"choices\":[{\"message\":{\"content\":\"x\",\"function_call\":{\"name\":\"\",\"arguments\":\"\"},\"refusal\":\"\","
	    "\"audio\":{\"id\":\"\",\"data\":\"\",\"transcript\":\"\",\"expires_at\":0}},\"finish_reason\":\"\"}]}");
	assert_int_equal(r.answer.part_count, 1);
	assert_int_equal(r.answer.stop, STOP_OTHER); /* it ended, and nothing says how */
	assert_int_equal(r.answer.error.kind, ERROR_NONE);
	reading_release(&r);
}

static void
a_custom_tool_gets_its_text_as_it_is(void **state)
{
	struct reading r;

	(void)state;
	read_body(&r,
	    "{\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"c\",\"type\":\"custom\",\"custom\":{\"name\":\"sh\",\"input\":\"ls -l\"}}]},"
	    "\"finish_reason\":\"tool_calls\"}]}");
	expect_tool(&r, 0, "c", "sh", "ls -l");
	assert_true(reading_tool(&r, 0)->custom_tool);
	assert_int_equal(r.answer.error.kind, ERROR_NONE);
	reading_release(&r);
}

static void
a_thought_signature_stays_with_its_call(void **state)
{
	struct reading r;

	(void)state;
	read_body(&r,
	    "{\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"},"
	    "\"extra_content\":{\"google\":{\"thought_signature\":\"s\"}}}]}}]}");
	assert_string_equal(reading_tool(&r, 0)->opaque.p,
	    "{\"extra_content\":{\"google\":{\"thought_signature\":\"s\"}}}");
	reading_release(&r);
}

/* --- stops --- */

static void
finish_reasons_have_their_meaning_and_unknown_ones_are_kept(void **state)
{
	static const struct {
		const char *raw;
		enum stop stop;
	} rows[] = {
		{ "stop", STOP_END },
		{ "eos", STOP_END },
		{ "end_turn", STOP_END },
		{ "length", STOP_LENGTH },
		{ "model_length", STOP_LENGTH },
		{ "tool_calls", STOP_END }, /* but none were made */
		{ "content_filter", STOP_FILTER },
		{ "a_new_one", STOP_OTHER },
	};
	struct buf body = BUF_INIT(BUF_UNLIMITED);
	struct reading r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		buf_reset(&body);
		buf_addf(&body,
		    "{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"%s\"}]}",
		    rows[i].raw);
		read_body(&r, body.p);
		assert_int_equal(r.answer.stop, rows[i].stop);
		assert_string_equal(r.answer.stop_raw.p, rows[i].raw);
		assert_int_equal(r.answer.error.kind, ERROR_NONE);
		reading_release(&r);
	}
	buf_release(&body);
}

static void
a_stop_string_that_the_server_names_is_a_stop(void **state)
{
	struct reading r;

	(void)state;
	read_body(&r,
	    "{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\",\"stop_reason\":\"END\"}]}");
	assert_int_equal(r.answer.stop, STOP_STOP);
	reading_release(&r);
	read_body(&r,
	    "{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\",\"stop_reason\":128009}]}");
	assert_int_equal(r.answer.stop, STOP_END);
	reading_release(&r);
}

static void
an_error_for_a_finish_reason_is_a_failure(void **state)
{
	struct reading r;

	(void)state;
	read_stream(&r, CHUNK("{\"content\":\"a\"}") FINISH("error") DONE, 3);
	assert_int_equal(r.answer.error.kind, ERROR_SERVER);
	assert_int_equal(r.answer.stop, STOP_ERROR);
	reading_release(&r);
	read_stream(
	    &r, CHUNK("{\"content\":\"a\"}") FINISH("insufficient_system_resource") DONE, 3);
	assert_int_equal(r.answer.error.kind, ERROR_OVERLOADED);
	reading_release(&r);
}

/* --- usage --- */

struct usage_row {
	const char *said;
	struct usage meant;
	int64_t cost_pusd;
};

static void
expect_usage(const struct usage_row *row)
{
	struct buf body = BUF_INIT(BUF_UNLIMITED);
	const struct usage *u;
	struct reading r;

	buf_addf(&body,
	    CHUNK("{\"content\":\"a\"}") FINISH("stop") "data: {\"choices\":[],%s}\n\n" DONE,
	    row->said);
	read_stream(&r, body.p, 8192);
	u = &r.answer.usage;
	assert_int_equal(u->in, row->meant.in);
	assert_int_equal(u->out, row->meant.out);
	assert_int_equal(u->cache_read, row->meant.cache_read);
	assert_int_equal(u->cache_write, row->meant.cache_write);
	assert_int_equal(u->cache_write_1h, -1);
	assert_int_equal(u->reasoning, row->meant.reasoning);
	assert_int_equal(r.answer.cost_pusd, row->cost_pusd);
	reading_release(&r);
	buf_release(&body);
}

static void
usage_is_found_wherever_a_server_puts_it(void **state)
{
	static const struct usage_row rows[] = {
		{ "\"usage\":null", { -1, -1, -1, -1, -1, -1, false }, -1 },
		{ "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":15,"
		  "\"prompt_tokens_details\":{\"cached_tokens\":4,\"cache_write_tokens\":3},"
		  "\"completion_tokens_details\":{\"reasoning_tokens\":2}}",
		    { 10, 5, 4, 3, -1, 2, false }, -1 },
		{ "\"x_groq\":{\"id\":\"r\",\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}",
		    { 1, 2, -1, -1, -1, -1, false }, -1 },
		{ "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"prompt_cache_hit_tokens\":8,\"prompt_cache_miss_tokens\":2}",
		    { 10, 5, 8, -1, -1, -1, false }, -1 },
		{ "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"num_cached_tokens\":7}",
		    { 10, 5, 7, -1, -1, -1, false }, -1 },
		{ "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"prompt_token_details\":{\"cached_tokens\":6}}",
		    { 10, 5, 6, -1, -1, -1, false }, -1 },
		{ "\"usage\":{\"prompt_tokens\":10.0,\"completion_tokens\":5,\"cached_tokens\":1}",
		    { 10, 5, 1, -1, -1, -1, false }, -1 },
		/* Reasoning outside the completion, by the total. */
		{ "\"usage\":{\"prompt_tokens\":213,\"completion_tokens\":2,\"total_tokens\":471,"
		  "\"prompt_tokens_details\":{\"cached_tokens\":192},\"completion_tokens_details\":{\"reasoning_tokens\":256},"
		  "\"cost_in_usd_ticks\":3950400}",
		    { 213, 258, 192, -1, -1, 256, false }, 395040000 },
		{ "\"usage\":{\"prompt_tokens\":361,\"completion_tokens\":126,\"total_tokens\":580,"
		  "\"completion_tokens_details\":{\"reasoning_tokens\":93},\"cost_in_usd_ticks\":0}",
		    { 361, 219, -1, -1, -1, 93, false }, -1 },
		/* Reasoning outside the completion, and the total does not say so. */
		{ "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":35,\"total_tokens\":44,"
		  "\"completion_tokens_details\":{\"reasoning_tokens\":267},\"cost\":0.003642}",
		    { 9, 302, -1, -1, -1, 267, false }, 3642000000 },
		/* Cached tokens outside the prompt. */
		{ "\"usage\":{\"prompt_tokens\":31,\"completion_tokens\":9,\"total_tokens\":40,\"prompt_tokens_details\":{\"cached_tokens\":161}}",
		    { 192, 9, 161, -1, -1, -1, false }, -1 },
		/* Audio outside the prompt. */
		{ "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":90,\"prompt_tokens_details\":{\"audio_tokens\":75}}",
		    { 85, 5, -1, -1, -1, -1, false }, -1 },
		/* Thoughts that only the total counts. */
		{ "\"usage\":{\"prompt_tokens\":35,\"completion_tokens\":12,\"total_tokens\":109}",
		    { 35, 74, -1, -1, -1, -1, false }, -1 },
		/* Unknown stays unknown. */
		{ "\"usage\":{\"prompt_tokens\":-1,\"completion_tokens\":5}",
		    { -1, 5, -1, -1, -1, -1, false }, -1 },
		{ "\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":5,\"cost\":{\"request_cost\":0.005,\"total_cost\":0.00501}}",
		    { 8, 5, -1, -1, -1, -1, false }, 5010000000 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		expect_usage(&rows[i]);
}

static void
usage_on_every_chunk_is_replaced_not_added(void **state)
{
	struct reading r;

	(void)state;
	read_stream(&r,
	    "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":1}}\n\n"
	    "data: {\"choices\":[{\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":2}}\n\n" DONE,
	    3);
	assert_int_equal(r.answer.usage.in, 8);
	assert_int_equal(r.answer.usage.out, 2);
	reading_release(&r);
}

/* --- other things that come --- */

static void
the_model_and_id_that_are_named_first_stay(void **state)
{
	struct reading r;

	(void)state;
	read_stream(&r,
	    "data: {\"id\":\"\",\"model\":\"\",\"choices\":[]}\n\n" CHUNK("{\"content\":\"a\"}")
		FINISH("stop") DONE,
	    1);
	assert_string_equal(r.answer.model.p, "m-1");
	assert_string_equal(r.answer.response_id.p, "r1");
	reading_release(&r);
}

static void
sound_is_a_part_and_its_transcript_the_text(void **state)
{
	struct reading r;

	(void)state;
	read_stream(&r,
	    CHUNK("{\"audio\":{\"id\":\"au1\",\"transcript\":\"Hi\"}}")
		CHUNK("{\"audio\":{\"data\":\"UklG\"}}")
		    CHUNK("{\"audio\":{\"transcript\":\" you\",\"data\":\"Rg==\"}}")
			CHUNK("{\"audio\":{\"id\":\"au1\",\"expires_at\":1}}") FINISH("stop") DONE,
	    8192);
	assert_string_equal(r.content.p, "Hi you");
	assert_int_equal(r.answer.parts[1].type, PART_AUDIO);
	assert_string_equal(r.answer.parts[1].text.p, "UklGRg==");
	assert_string_equal(r.answer.parts[1].opaque.p, "{\"audio\":{\"id\":\"au1\"}}");
	reading_release(&r);
}

static void
pictures_and_files_that_were_read_are_parts_and_sources_citations(void **state)
{
	struct reading r;

	(void)state;
	read_body(&r,
	    "{\"citations\":[\"http://a\"],\"choices\":[{\"message\":{\"content\":\"x\",\"annotations\":["
	    "{\"type\":\"file\",\"file\":{\"hash\":\"h\"}}],"
	    "\"images\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,aGk=\"}}]},\"finish_reason\":\"stop\"}]}");
	assert_int_equal(r.answer.part_count, 3);
	assert_int_equal(r.answer.parts[1].type, PART_IMAGE);
	assert_string_equal(r.answer.parts[1].media_type.p, "image/png");
	assert_string_equal(r.answer.parts[1].text.p, "aGk=");
	assert_string_equal(r.answer.parts[2].value.p,
	    "{\"annotations\":[{\"type\":\"file\",\"file\":{\"hash\":\"h\"}}]}");
	assert_int_equal(r.answer.citation_count, 1);
	assert_string_equal(r.answer.citations[0].source.p, "{\"url\":\"http://a\"}");
	reading_release(&r);
}

static void
sources_are_told_once_however_often_they_come(void **state)
{
	struct reading r;

	(void)state;
	read_body(&r,
	    "{\"citations\":[\"http://a\"],\"search_results\":[{\"url\":\"http://a\",\"title\":\"A\",\"snippet\":\"s\"}],"
	    "\"choices\":[{\"message\":{\"content\":\"x\",\"annotations\":["
	    "{\"type\":\"url_citation\",\"url_citation\":{\"url\":\"http://b\",\"start_index\":0,\"end_index\":1}},"
	    "{\"type\":\"url_citation\",\"url_citation\":{\"url\":\"http://b\",\"start_index\":0,\"end_index\":1}},"
	    "{\"type\":\"file_citation\",\"file_id\":\"f\",\"filename\":\"n\",\"index\":3}]},"
	    "\"finish_reason\":\"stop\"}]}");
	assert_int_equal(r.answer.citation_count, 3);
	assert_string_equal(r.answer.citations[0].source.p, "{\"url\":\"http://b\"}");
	assert_int_equal(r.answer.citations[0].end, 1);
	assert_string_equal(
	    r.answer.citations[1].source.p, "{\"title\":\"n\",\"documentId\":\"f\"}");
	assert_string_equal(r.answer.citations[2].source.p,
	    "{\"url\":\"http://a\",\"title\":\"A\",\"text\":\"s\"}");
	reading_release(&r);
}

static void
mistrals_references_are_of_the_words_before_them(void **state)
{
	struct reading r;
	int64_t start, end;

	(void)state;
	read_body(&r,
	    "{\"choices\":[{\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"One.\"},"
	    "{\"type\":\"reference\",\"reference_ids\":[0]},{\"type\":\"text\",\"text\":\" Two.\"},"
	    "{\"type\":\"tool_reference\",\"tool\":\"web_search\",\"title\":\"T\",\"url\":\"http://t\"}]},"
	    "\"finish_reason\":\"stop\"}]}");
	assert_string_equal(r.content.p, "One. Two.");
	assert_int_equal(r.answer.citation_count, 2);
	assert_string_equal(
	    r.answer.citations[0].value.p, "{\"type\":\"reference\",\"reference_ids\":[0]}");
	assert_string_equal(
	    r.answer.citations[1].source.p, "{\"url\":\"http://t\",\"title\":\"T\"}");
	assert_true(answer_citation_span(
	    &r.answer, &r.answer.citations[1], buf_str(&r.content), &start, &end));
	assert_int_equal(start, 4);
	assert_int_equal(end, 9);
	reading_release(&r);
}

static void
what_was_written_in_place_of_a_call_is_kept(void **state)
{
	struct reading r;

	(void)state;
	reading_of(&r,
	    &(struct exchange){ .dialect = &dialect_openai_chat,
		.status = 400,
		.body =
		    "{\"error\":{\"code\":\"tool_use_failed\",\"failed_generation\":\"<function=f>\","
		    "\"message\":\"no call\",\"type\":\"invalid_request_error\"}}" });
	assert_int_equal(r.answer.error.kind, ERROR_PROTOCOL);
	assert_string_equal(r.content.p, "<function=f>");
	reading_release(&r);
	read_stream(&r,
	    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"maybe\"}}]}\n\n"
	    "event: error\ndata: {\"error\":{\"message\":\"no call\",\"failed_generation\":\"maybe\"}}\n\n",
	    3);
	assert_string_equal(r.content.p, "maybe");
	assert_int_not_equal(r.answer.error.kind, ERROR_NONE);
	reading_release(&r);
}

static void
cached_tokens_are_told_in_the_head_or_in_the_body(void **state)
{
	static const char *const headers[] = { "fireworks-cached-prompt-tokens", "12", NULL };
	struct reading r;

	(void)state;
	reading_of(&r,
	    &(struct exchange){ .dialect = &dialect_openai_chat,
		.headers = headers,
		.body =
		    "{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}],"
		    "\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":1}}" });
	assert_int_equal(r.answer.usage.cache_read, 12);
	reading_release(&r);
	reading_of(&r,
	    &(struct exchange){ .dialect = &dialect_openai_chat,
		.headers = headers,
		.body =
		    "{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}],"
		    "\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":1,"
		    "\"prompt_tokens_details\":{\"cached_tokens\":0}}}" });
	assert_int_equal(r.answer.usage.cache_read, 0);
	reading_release(&r);
}

/* --- errors inside 200 --- */

static void
errors_inside_a_stream_that_began_well_are_errors(void **state)
{
	static const struct {
		const char *event;
		enum error_kind kind;
		const char *message, *code;
	} rows[] = {
		{ "data: {\"error\":{\"code\":502,\"message\":\"Provider disconnected\"},\"choices\":[{\"delta\":{},\"finish_reason\":\"error\"}]}\n\n",
		    ERROR_SERVER, "Provider disconnected", "502" },
		{ "data: {\"code\":\"The service is busy\",\"error\":\"try later\"}\n\n",
		    ERROR_SERVER, "try later", "The service is busy" },
		{ "event: error\ndata: {\"message\":\"slow down\",\"code\":\"slow_down\"}\n\n",
		    ERROR_OVERLOADED, "slow down", "slow_down" },
		{ "data: {\"object\":\"error\",\"message\":\"This model's maximum context length is 5\",\"code\":400}\n\n",
		    ERROR_CONTEXT_LENGTH, "This model's maximum context length is 5", "400" },
		{ "data: {\"error\":{\"type\":\"insufficient_quota\",\"message\":\"no money\"}}\n\n",
		    ERROR_QUOTA, "no money", "insufficient_quota" },
	};
	struct buf body = BUF_INIT(BUF_UNLIMITED);
	struct reading r;
	size_t i;

	(void)state;
	for (i = 0; i < 3 * sizeof rows / sizeof *rows; i++) {
		buf_reset(&body);
		buf_addf(&body, "%s%s%s", CHUNK("{\"content\":\"a\"}"), rows[i / 3].event, DONE);
		read_stream(&r, body.p, strides[i % 3]);
		assert_int_equal(r.answer.error.kind, rows[i / 3].kind);
		assert_string_equal(r.answer.error.message.p, rows[i / 3].message);
		assert_string_equal(r.answer.error.code.p, rows[i / 3].code);
		assert_string_equal(r.content.p, "a");
		reading_release(&r);
	}
	buf_release(&body);
}

static void
a_body_of_status_200_without_choices_is_no_answer(void **state)
{
	struct reading r;

	(void)state;
	read_body(&r, "{\"error\":\"out of luck\"}");
	assert_int_equal(r.answer.error.kind, ERROR_SERVER);
	assert_string_equal(r.answer.error.message.p, "out of luck");
	reading_release(&r);
	read_body(&r, "{\"choices\":[]}");
	assert_int_equal(r.answer.error.kind, ERROR_PROTOCOL);
	reading_release(&r);
	read_body(&r, "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"field required\"}]}");
	assert_string_equal(r.answer.error.message.p, "field required");
	reading_release(&r);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_joined_and_passed_on_as_it_came),
		cmocka_unit_test(keep_alive_comments_and_a_done_with_trailing_space_are_understood),
		cmocka_unit_test(a_delta_that_is_null_says_nothing),
		cmocka_unit_test(
		    a_stream_without_done_is_truncated_unless_the_provider_is_known_for_it),
		cmocka_unit_test(
		    a_stream_without_finish_reason_is_truncated_even_where_done_is_optional),
		cmocka_unit_test(a_single_body_is_read_although_a_stream_was_asked_for),
		cmocka_unit_test(a_stream_is_read_although_one_body_was_asked_for),
		cmocka_unit_test(only_the_first_of_several_choices_is_carried),
		cmocka_unit_test(a_refusal_is_visible_text_with_a_stop_of_its_own),
		cmocka_unit_test(content_in_pieces_keeps_thinking_text_and_references_apart),
		cmocka_unit_test(reasoning_remembers_the_member_it_came_in),
		cmocka_unit_test(reasoning_details_are_joined_as_they_stream_and_read_once),
		cmocka_unit_test(details_of_one_thought_do_not_run_into_the_next),
		cmocka_unit_test(reasoning_that_comes_in_details_only_is_visible_too),
		cmocka_unit_test(sealed_reasoning_without_text_is_kept_before_the_calls),
		cmocka_unit_test(parallel_tool_calls_are_assembled_by_index),
		cmocka_unit_test(an_id_that_is_repeated_and_a_name_that_comes_late_make_one_call),
		cmocka_unit_test(calls_without_index_are_told_apart_by_id_and_name),
		cmocka_unit_test(whole_calls_that_all_bear_index_0_are_several_calls),
		cmocka_unit_test(arguments_given_as_an_object_are_taken_whole),
		cmocka_unit_test(arguments_that_are_no_object_fail_unless_the_token_limit_cut_them),
		cmocka_unit_test(the_legacy_function_call_is_a_call_and_its_empty_form_is_none),
		cmocka_unit_test(a_custom_tool_gets_its_text_as_it_is),
		cmocka_unit_test(a_thought_signature_stays_with_its_call),
		cmocka_unit_test(finish_reasons_have_their_meaning_and_unknown_ones_are_kept),
		cmocka_unit_test(a_stop_string_that_the_server_names_is_a_stop),
		cmocka_unit_test(an_error_for_a_finish_reason_is_a_failure),
		cmocka_unit_test(usage_is_found_wherever_a_server_puts_it),
		cmocka_unit_test(usage_on_every_chunk_is_replaced_not_added),
		cmocka_unit_test(the_model_and_id_that_are_named_first_stay),
		cmocka_unit_test(sound_is_a_part_and_its_transcript_the_text),
		cmocka_unit_test(pictures_and_files_that_were_read_are_parts_and_sources_citations),
		cmocka_unit_test(sources_are_told_once_however_often_they_come),
		cmocka_unit_test(mistrals_references_are_of_the_words_before_them),
		cmocka_unit_test(what_was_written_in_place_of_a_call_is_kept),
		cmocka_unit_test(cached_tokens_are_told_in_the_head_or_in_the_body),
		cmocka_unit_test(errors_inside_a_stream_that_began_well_are_errors),
		cmocka_unit_test(a_body_of_status_200_without_choices_is_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
