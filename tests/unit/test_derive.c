/* SPDX-License-Identifier: MIT */
/* test_derive - one attempt's request, made of the reader's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failover/derive.h"

static void
check(const char *record, struct derive d, const char *want)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	d.record = json_literal(record);
	if (!d.id.p)
		d.id = STR_LIT("\"a0.1\"");
	if (!d.model)
		d.model = "anthropic:claude";
	if (!d.provider)
		d.provider = "anthropic";
	derive_request(&d, &out);
	assert_string_equal(out.p, want);
	(void)json_literal(out.p); /* dies where it is no JSON */
	buf_release(&out);
}

static void
what_is_not_the_attempts_own_stays_byte_for_byte(void **state)
{
	(void)state;
	check("{ \"prompt\":\"\\u0068i \\/ \",\"x\":1790000000001234567 ,\"y\":1.10,\"y\":2e+0,"
	      "\"tags\":{ \"a\" : [1,2] }}",
	    (struct derive){ .timeout_ms = 0 },
	    "{ \"prompt\":\"\\u0068i \\/ \",\"x\":1790000000001234567 ,\"y\":1.10,\"y\":2e+0,"
	    "\"tags\":{ \"a\" : [1,2] },\"id\":\"a0.1\",\"model\":\"anthropic:claude\","
	    "\"options\":{}}");
}

static void
id_model_and_profile_are_replaced_in_their_place_and_route_goes(void **state)
{
	(void)state;
	check("{\"id\":7,\"route\":{\"candidates\":[]},\"model\":\"fast\",\"prompt\":\"x\","
	      "\"profile\":\"auto\"}",
	    (struct derive){ .profile = "plain" },
	    "{\"id\":\"a0.1\",\"model\":\"anthropic:claude\",\"prompt\":\"x\","
	    "\"profile\":\"plain\",\"options\":{}}");
}

static void
options_of_the_candidate_and_the_time_that_is_left_go_over_the_requests(void **state)
{
	(void)state;
	check("{\"prompt\":\"x\",\"options\":{\"temperature\":0.70,\"maxTokens\":5,"
	      "\"timeoutMs\":60000}}",
	    (struct derive){ .options = STR_LIT("{\"maxTokens\":9,\"reasoning\":\"low\"}"),
		.timeout_ms = 1500,
		.ttft_timeout_ms = 200 },
	    "{\"prompt\":\"x\",\"options\":{\"temperature\":0.70,\"maxTokens\":9,"
	    "\"timeoutMs\":1500,\"reasoning\":\"low\"},\"id\":\"a0.1\","
	    "\"model\":\"anthropic:claude\"}");
}

static void
only_a_stream_has_a_time_to_its_first_output(void **state)
{
	static const char whole[] =
	    "{\"id\":\"a0.1\",\"options\":{\"stream\":false},\"prompt\":\"x\","
	    "\"model\":\"anthropic:claude\"}";
	static const char stream[] =
	    "{\"id\":\"a0.1\",\"options\":{\"stream\":true,\"ttftTimeoutMs\":200},\"prompt\":\"x\","
	    "\"model\":\"anthropic:claude\"}";
	static const struct str yes = { "{\"stream\":true}", 15 },
				no = { "{\"stream\":false}", 16 };
	static const char asks[] = "{\"id\":1,\"options\":{\"stream\":true},\"prompt\":\"x\"}";
	static const char declines[] = "{\"id\":1,\"options\":{\"stream\":false},\"prompt\":\"x\"}";
	static const char open[] = "{\"id\":1,\"options\":{},\"prompt\":\"x\"}";

	(void)state;
	check(asks, (struct derive){ .ttft_timeout_ms = 200 }, stream);
	check(declines, (struct derive){ .ttft_timeout_ms = 200 }, whole);
	check(declines, (struct derive){ .ttft_timeout_ms = 200, .options = yes }, stream);
	check(asks, (struct derive){ .ttft_timeout_ms = 200, .options = no }, whole);
	check(open, (struct derive){ .ttft_timeout_ms = 200, .streams = true }, stream);
	check(
	    open, (struct derive){ .ttft_timeout_ms = 200, .streams = true, .options = no }, whole);
}

static void
a_stream_is_asked_for_unless_somebody_says_otherwise(void **state)
{
	(void)state;
	check("{\"prompt\":\"x\"}", (struct derive){ .streams = true },
	    "{\"prompt\":\"x\",\"id\":\"a0.1\",\"model\":\"anthropic:claude\","
	    "\"options\":{\"stream\":true}}");
	check("{\"prompt\":\"x\",\"options\":{\"topK\":1}}", (struct derive){ .streams = true },
	    "{\"prompt\":\"x\",\"options\":{\"stream\":true,\"topK\":1},\"id\":\"a0.1\","
	    "\"model\":\"anthropic:claude\"}");
	check("{\"prompt\":\"x\",\"options\":{\"topK\":1,\"stream\":false}}",
	    (struct derive){ .streams = true },
	    "{\"prompt\":\"x\",\"options\":{\"topK\":1,\"stream\":false},\"id\":\"a0.1\","
	    "\"model\":\"anthropic:claude\"}");
	check("{\"prompt\":\"x\"}",
	    (struct derive){ .streams = true, .options = STR_LIT("{\"stream\":false}") },
	    "{\"prompt\":\"x\",\"id\":\"a0.1\",\"model\":\"anthropic:claude\","
	    "\"options\":{\"stream\":false}}");
}

#define STATE(p) "\"opaque\":{\"provider\":\"" p "\",\"model\":\"m\",\"value\":\"s\"}"

static void
another_providers_state_and_blocks_are_left_out(void **state)
{
	(void)state;
	check(
	    "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},"
	    "{\"role\":\"assistant\",\"content\":["
	    "{\"type\":\"reasoning\",\"text\":\"r\"," STATE(
		"openai") "},"
			  "{\"type\":\"provider\",\"provider\":\"openai\",\"value\":{}},"
			  "{\"type\":\"text\",\"text\":\"t\"," STATE(
			      "anthropic") "},"
					   "{\"type\":\"toolCall\"," STATE(
					       "openai") ",\"id\":\"c\",\"name\":\"n\"}]},"
							 "{\"role\":\"assistant\",\"content\":["
							 "{\"type\":\"provider\",\"provider\":\"openai\",\"value\":{}}]}]}",
	    (struct derive){ .profile = NULL },
	    "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},"
	    "{\"role\":\"assistant\",\"content\":["
	    "{\"type\":\"reasoning\",\"text\":\"r\"},"
	    "{\"type\":\"text\",\"text\":\"t\"," STATE(
		"anthropic") "},"
			     "{\"type\":\"toolCall\",\"id\":\"c\",\"name\":\"n\"}]}],\"id\":\"a0.1\","
			     "\"model\":\"anthropic:claude\",\"options\":{}}");
}

static void
what_a_tool_said_is_looked_into_where_it_is_parts(void **state)
{
	(void)state;
	check(
	    "{\"messages\":[{\"role\":\"tool\",\"content\":[{\"type\":\"toolResult\",\"id\":\"c\","
	    "\"content\":[{\"type\":\"text\",\"text\":\"seen\",\"opaque\":{\"provider\":\"openai\"}},"
	    "{\"type\":\"provider\",\"provider\":\"openai\",\"value\":{}}]},"
	    "{\"type\":\"toolResult\",\"id\":\"d\",\"content\":[7,{\"opaque\":1}]}]}]}",
	    (struct derive){ 0 },
	    "{\"messages\":[{\"role\":\"tool\",\"content\":[{\"type\":\"toolResult\",\"id\":\"c\","
	    "\"content\":[{\"type\":\"text\",\"text\":\"seen\"}]},"
	    "{\"type\":\"toolResult\",\"id\":\"d\",\"content\":[7,{\"opaque\":1}]}]}],"
	    "\"id\":\"a0.1\",\"model\":\"anthropic:claude\",\"options\":{}}");
}

static void
its_own_state_leaves_the_messages_as_they_are(void **state)
{
	(void)state;
	check("{\"messages\":[{\"role\":\"assistant\", \"content\":["
	      "{\"type\":\"provider\",\"provider\":\"anthropic\",\"value\":{}}, "
	      "{\"type\":\"text\",\"text\":\"t\"," STATE("anthropic") "}]}]}",
	    (struct derive){ .profile = NULL },
	    "{\"messages\":[{\"role\":\"assistant\", \"content\":["
	    "{\"type\":\"provider\",\"provider\":\"anthropic\",\"value\":{}}, "
	    "{\"type\":\"text\",\"text\":\"t\"," STATE(
		"anthropic") "}]}],\"id\":\"a0.1\","
			     "\"model\":\"anthropic:claude\",\"options\":{}}");
}

static void
a_continuation_ends_with_what_was_said_and_no_white_space(void **state)
{
	(void)state;
	check("{\"prompt\":\"q\\u0021\"}",
	    (struct derive){
		.is_continuation = true, .said = STR_LIT("one two \n"), .takes_prefill = true },
	    "{\"id\":\"a0.1\",\"model\":\"anthropic:claude\",\"options\":{},\"messages\":["
	    "{\"role\":\"user\",\"content\":\"q\\u0021\"},"
	    "{\"role\":\"assistant\",\"content\":\"one two\"}]}");
}

static void
a_model_that_takes_no_prefill_is_told_to_go_on(void **state)
{
	(void)state;
	check("{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}",
	    (struct derive){ .is_continuation = true, .said = STR_LIT("one") },
	    "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},"
	    "{\"role\":\"assistant\",\"content\":\"one\"},{\"role\":\"user\",\"content\":"
	    "\"Your answer was cut off. Go on exactly where it stopped: repeat nothing of it, and "
	    "say nothing before it.\"}],\"id\":\"a0.1\",\"model\":\"anthropic:claude\","
	    "\"options\":{}}");
}

static void
a_continuation_goes_on_behind_the_requests_own_prefill(void **state)
{
	(void)state;
	check("{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},"
	      "{\"role\":\"assistant\",\"content\":\"{\\n\"}]}",
	    (struct derive){
		.is_continuation = true, .said = STR_LIT("\"a\":"), .takes_prefill = true },
	    "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},"
	    "{\"role\":\"assistant\",\"content\":\"{\\n\\\"a\\\":\"}],\"id\":\"a0.1\","
	    "\"model\":\"anthropic:claude\",\"options\":{}}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_stream_has_a_time_to_its_first_output),
		cmocka_unit_test(what_is_not_the_attempts_own_stays_byte_for_byte),
		cmocka_unit_test(id_model_and_profile_are_replaced_in_their_place_and_route_goes),
		cmocka_unit_test(
		    options_of_the_candidate_and_the_time_that_is_left_go_over_the_requests),
		cmocka_unit_test(a_stream_is_asked_for_unless_somebody_says_otherwise),
		cmocka_unit_test(another_providers_state_and_blocks_are_left_out),
		cmocka_unit_test(what_a_tool_said_is_looked_into_where_it_is_parts),
		cmocka_unit_test(its_own_state_leaves_the_messages_as_they_are),
		cmocka_unit_test(a_continuation_ends_with_what_was_said_and_no_white_space),
		cmocka_unit_test(a_model_that_takes_no_prefill_is_told_to_go_on),
		cmocka_unit_test(a_continuation_goes_on_behind_the_requests_own_prefill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
