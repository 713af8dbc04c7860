/* SPDX-License-Identifier: MIT */
/* test_ollama - Ollama's own API: requests, lines, durations. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "support/building.h"
#include "support/reading.h"

#define LINE(message)                                                                              \
	"{\"model\":\"llama3\",\"message\":{\"role\":\"assistant\"," message "},\"done\":false}\n"
#define LAST                                                                                                                  \
	"{\"model\":\"llama3\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done_reason\":\"stop\",\"done\":true," \
	"\"load_duration\":39831125,\"prompt_eval_count\":25,\"prompt_eval_duration\":18000000,\"eval_count\":9,"             \
	"\"eval_duration\":100000000}\n"

static const size_t strides[] = { 1, 3, 8192 };
enum { STRIDES = sizeof strides / sizeof *strides };

static void
read_lines(struct reading *r, const char *body, size_t stride)
{
	reading_of(
	    r, &(struct exchange){
		   .dialect = &dialect_ollama, .body = body, .stream = true, .stride = stride });
}

static void
lines_make_text_thoughts_and_counts(void **state)
{
	static const char body[] = LINE("\"content\":\"\",\"thinking\":\"h\\nm\"")
	    LINE("\"content\":\"Hel\"") LINE("\"content\":\"lo\"") LAST;
	struct reading r;
	size_t i;

	(void)state;
	for (i = 0; i < STRIDES; i++) {
		read_lines(&r, body, strides[i]);
		assert_int_equal(r.answer.error.kind, ERROR_NONE);
		assert_string_equal(r.content.p, "Hello");
		assert_string_equal(r.reasoning.p, "h\nm");
		assert_string_equal(r.deltas.p, "reasoning:h\nm|content:Hel|content:lo|");
		assert_int_equal(r.answer.stop, STOP_END);
		assert_int_equal(r.answer.usage.in, 25);
		assert_int_equal(r.answer.usage.out, 9);
		assert_int_equal(r.answer.usage.cache_read, -1);
		assert_string_equal(r.answer.model.p, "llama3");
		assert_string_equal(r.answer.perf.p,
		    "\"loadMs\":39.831125,\"promptEvalMs\":18,\"evalMs\":100,\"tokensPerSecond\":90");
		reading_release(&r);
	}
}

static void
a_last_line_without_newline_and_one_body_are_read_alike(void **state)
{
	struct reading r;

	(void)state;
	read_lines(&r, "{\"message\":{\"content\":\"a\"},\"done\":true}", 3);
	assert_int_equal(r.answer.error.kind, ERROR_NONE);
	assert_int_equal(r.answer.stop, STOP_END);
	assert_int_equal(r.answer.usage.in, -1); /* not told: not 0 */
	assert_string_equal(r.answer.perf.p, "");
	reading_release(&r);
	reading_of(&r,
	    &(struct exchange){ .dialect = &dialect_ollama,
		.body =
		    "{\"message\":{\"content\":\"a\"},\"done\":true,\"done_reason\":\"length\"}" });
	assert_int_equal(r.answer.error.kind, ERROR_NONE);
	assert_int_equal(r.answer.stop, STOP_LENGTH);
	assert_string_equal(r.content.p, "a");
	reading_release(&r);
}

static void
lines_are_lines_whatever_their_type_says(void **state)
{
	static const char *const types[] = { "application/json", "text/event-stream",
		"text/plain" };
	struct reading r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof types / sizeof *types; i++) {
		reading_of(&r, &(struct exchange){ .dialect = &dialect_ollama,
				   .body = LINE("\"content\":\"a\"") LAST,
				   .stream = true,
				   .content_type = types[i] });
		assert_int_equal(r.answer.error.kind, ERROR_NONE);
		assert_string_equal(r.content.p, "a");
		reading_release(&r);
	}
}

static void
lines_that_end_before_done_are_truncated(void **state)
{
	struct reading r;

	(void)state;
	read_lines(&r, LINE("\"content\":\"a\""), 1);
	assert_int_equal(r.answer.error.kind, ERROR_TRUNCATED);
	assert_string_equal(r.content.p, "a");
	reading_release(&r);
	read_lines(&r, LINE("\"content\":\"a\"") "{\"model\":\"llama3\",\"mess", 8192);
	assert_int_equal(r.answer.error.kind, ERROR_TRUNCATED);
	reading_release(&r);
}

static void
whole_calls_with_object_arguments_get_ids_where_they_have_none(void **state)
{
	static const char body[] = LINE(
	    "\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{\"a\":1}}},"
	    "{\"function\":{\"name\":\"f\",\"arguments\":{}}}]")
	    LINE(
		"\"content\":\"\",\"tool_calls\":[{\"id\":\"call_x\",\"function\":{\"index\":0,\"name\":\"g\",\"arguments\":{\"b\":2}}}]")
		LAST;
	struct reading r;
	size_t i;

	(void)state;
	for (i = 0; i < STRIDES; i++) {
		read_lines(&r, body, strides[i]);
		assert_int_equal(r.answer.tool_count, 3);
		assert_string_equal(r.deltas.p,
		    "tool0(call_0,f):{\"a\":1}|tool1(call_1,f):{}|tool2(call_x,g):{\"b\":2}|");
		assert_int_equal(r.answer.stop, STOP_TOOL);
		assert_string_equal(reading_tool(&r, 2)->id.p, "call_x");
		reading_release(&r);
	}
}

static void
an_error_comes_as_text_before_or_amid_the_lines(void **state)
{
	struct reading r;

	(void)state;
	reading_of(&r, &(struct exchange){ .dialect = &dialect_ollama,
			   .status = 404,
			   .body = "{\"error\":\"model 'x' not found\"}" });
	assert_int_equal(r.answer.error.kind, ERROR_NOT_FOUND);
	assert_string_equal(r.answer.error.message.p, "model 'x' not found");
	reading_release(&r);
	read_lines(&r,
	    LINE(
		"\"content\":\"a\"") "{\"error\":\"an error was encountered while running the model\"}\n",
	    3);
	assert_int_equal(r.answer.error.kind, ERROR_SERVER);
	assert_string_equal(r.content.p, "a");
	reading_release(&r);
}

/* --- requests --- */

static void
expect_built(const char *record, const char *body, const char *warnings)
{
	struct building b;

	building_of(&b, &(struct order){ .dialect = &dialect_ollama,
			    .base_url = "http://localhost:11434",
			    .record = record });
	assert_string_equal(b.err.text, "");
	assert_int_equal(b.rc, 0);
	assert_string_equal(b.wire.url.p, "http://localhost:11434/api/chat");
	assert_string_equal(b.wire.body.p, body);
	assert_string_equal(b.answer.warnings.p, warnings);
	building_release(&b);
}

static void
options_are_nested_and_stream_is_always_said(void **state)
{
	(void)state;
	expect_built(
	    "{\"prompt\":\"x\",\"options\":{\"maxTokens\":9,\"temperature\":0.5,\"topK\":4,\"stop\":\"a\",\"seed\":1}}",
	    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
	    "\"options\":{\"num_predict\":9,\"temperature\":0.5,\"top_k\":4,\"seed\":1,\"stop\":[\"a\"]},\"stream\":false}",
	    "");
	expect_built(
	    "{\"prompt\":\"x\",\"options\":{\"stream\":true,\"reasoning\":\"off\",\"responseSchema\":{\"type\":\"object\"}},"
	    "\"providerOptions\":{\"ollama\":{\"options\":{\"num_ctx\":8192}}}}",
	    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"format\":{\"type\":\"object\"},"
	    "\"think\":false,\"options\":{\"num_ctx\":8192},\"stream\":true}",
	    "");
}

static void
images_are_bare_base64_beside_the_text(void **state)
{
	struct building b;

	(void)state;
	expect_built(
	    "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
	    "{\"type\":\"image\",\"mediaType\":\"image/png\",\"data\":\"aGk=\"},{\"type\":\"text\",\"text\":\"b\"}]}]}",
	    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"ab\",\"images\":[\"aGk=\"]}],\"options\":{},\"stream\":false}",
	    "");
	building_of(&b,
	    &(struct order){ .dialect = &dialect_ollama,
		.base_url = "http://x",
		.record =
		    "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"mediaType\":\"image/png\",\"url\":\"http://y\"}]}]}" });
	assert_int_equal(b.rc, -1);
	assert_string_equal(b.err.text, "Ollama takes images as data only");
	building_release(&b);
}

static void
results_name_their_tool_and_thoughts_go_back(void **state)
{
	(void)state;
	expect_built(
	    "{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"reasoning\",\"text\":\"hm\",\"opaque\":{\"provider\":\"test\","
	    "\"model\":\"m\",\"value\":{\"field\":\"thinking\"}}},{\"type\":\"toolCall\",\"id\":\"c\",\"name\":\"f\",\"arguments\":{\"a\": 1}}]},"
	    "{\"role\":\"tool\",\"content\":[{\"type\":\"toolResult\",\"id\":\"c\",\"content\":[1]}]}]}",
	    "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"hm\",\"tool_calls\":["
	    "{\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":{\"a\": 1}}}]},"
	    "{\"role\":\"tool\",\"content\":\"[1]\",\"tool_name\":\"f\",\"tool_call_id\":\"c\"}],\"options\":{},\"stream\":false}",
	    "");
}

static void
the_text_for_a_custom_tool_goes_back_as_an_object(void **state)
{
	(void)state;
	expect_built(
	    "{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"toolCall\",\"id\":\"c\",\"name\":\"f\",\"input\":\"x\"}]}]}",
	    "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":["
	    "{\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":{\"input\":\"x\"}}}]}],\"options\":{},\"stream\":false}",
	    "");
}

static void
blocks_of_providers_are_warned_of(void **state)
{
	(void)state;
	expect_built(
	    "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
	    "{\"type\":\"provider\",\"provider\":\"anthropic\",\"value\":{\"type\":\"y\"}},"
	    "{\"type\":\"provider\",\"provider\":\"ollama\",\"value\":{\"type\":\"y\"}}]}]}",
	    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"options\":{},\"stream\":false}",
	    "{\"option\":\"messages\",\"message\":\"a part of another provider's own is left out\"},"
	    "{\"option\":\"messages\",\"message\":\"a provider part cannot be carried\"}");
}

static void
a_choice_of_tool_cannot_be_carried_but_none_can(void **state)
{
	(void)state;
	expect_built("{\"prompt\":\"x\",\"tools\":[{\"name\":\"f\"}],\"toolChoice\":\"required\"}",
	    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],"
	    "\"options\":{},\"stream\":false}",
	    "{\"option\":\"toolChoice\",\"message\":\"Ollama lets the model choose\"}");
	expect_built("{\"prompt\":\"x\",\"tools\":[{\"name\":\"f\"}],\"toolChoice\":\"none\"}",
	    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"options\":{},\"stream\":false}",
	    "");
}

static void
what_the_api_lacks_is_warned_of_once(void **state)
{
	(void)state;
	expect_built(
	    "{\"prompt\":\"x\",\"tools\":[{\"name\":\"f\",\"strict\":true},{\"name\":\"g\",\"strict\":true}],\"options\":{\"cache\":\"off\"}}",
	    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}},"
	    "{\"type\":\"function\",\"function\":{\"name\":\"g\"}}],\"options\":{},\"stream\":false}",
	    "{\"option\":\"tools\",\"message\":\"Ollama does not know \\\"strict\\\"\"},"
	    "{\"option\":\"options.cache\",\"message\":\"Ollama caches by itself\"}");
	expect_built(
	    "{\"prompt\":\"x\",\"tools\":[{\"name\":\"f\",\"strict\":false}],\"options\":{\"cache\":\"auto\"}}",
	    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],"
	    "\"options\":{},\"stream\":false}",
	    "");
}

static void
parts_that_have_no_place_are_warned_of(void **state)
{
	(void)state;
	expect_built(
	    "{\"messages\":[{\"role\":\"system\",\"content\":[{\"type\":\"text\",\"text\":\"s\"},"
	    "{\"type\":\"image\",\"mediaType\":\"image/png\",\"data\":\"aGk=\"}]},"
	    "{\"role\":\"assistant\",\"content\":[{\"type\":\"toolCall\",\"id\":\"c\",\"name\":\"f\"}]},"
	    "{\"role\":\"tool\",\"content\":[{\"type\":\"toolResult\",\"id\":\"c\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
	    "{\"type\":\"file\",\"text\":\"b\"},{\"type\":\"image\",\"mediaType\":\"image/png\",\"data\":\"aGk=\"},"
	    "{\"type\":\"image\",\"url\":\"http://x\"},{\"type\":\"audio\",\"url\":\"http://y\"}]}]}]}",
	    "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":["
	    "{\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":{}}}]},"
	    "{\"role\":\"tool\",\"content\":\"ab\",\"images\":[\"aGk=\"],\"tool_name\":\"f\",\"tool_call_id\":\"c\"}],\"options\":{},\"stream\":false}",
	    "{\"option\":\"messages\",\"message\":\"an image in a turn of role system cannot be carried\"},"
	    "{\"option\":\"messages\",\"message\":\"a tool result's image part cannot be carried\"},"
	    "{\"option\":\"messages\",\"message\":\"a tool result's audio part cannot be carried\"}");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_make_text_thoughts_and_counts),
		cmocka_unit_test(a_last_line_without_newline_and_one_body_are_read_alike),
		cmocka_unit_test(lines_are_lines_whatever_their_type_says),
		cmocka_unit_test(lines_that_end_before_done_are_truncated),
		cmocka_unit_test(whole_calls_with_object_arguments_get_ids_where_they_have_none),
		cmocka_unit_test(an_error_comes_as_text_before_or_amid_the_lines),
		cmocka_unit_test(options_are_nested_and_stream_is_always_said),
		cmocka_unit_test(images_are_bare_base64_beside_the_text),
		cmocka_unit_test(results_name_their_tool_and_thoughts_go_back),
		cmocka_unit_test(the_text_for_a_custom_tool_goes_back_as_an_object),
		cmocka_unit_test(blocks_of_providers_are_warned_of),
		cmocka_unit_test(parts_that_have_no_place_are_warned_of),
		cmocka_unit_test(a_choice_of_tool_cannot_be_carried_but_none_can),
		cmocka_unit_test(what_the_api_lacks_is_warned_of_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
