/* SPDX-License-Identifier: MIT */
/* test_request - what a request record may be, and what is said of one that is none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "llm/request.h"

static struct request
read_ok(const char *text)
{
	struct err err = ERR_INIT;
	struct request r;

	if (request_read(&r, json_literal(text), NULL, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return r;
}

static void
expect_error(const char *text, const char *message)
{
	struct err err = ERR_INIT;
	struct request r;

	assert_int_equal(request_read(&r, json_literal(text), NULL, &err), -1);
	assert_string_equal(err.text, message);
	assert_int_equal(err.code, EXIT_NO);
}

static void
a_request_has_messages_or_a_prompt_or_says_so(void **state)
{
	(void)state;
	assert_true(request_is(json_literal("{\"prompt\":\"x\"}")));
	assert_true(request_is(json_literal("{\"messages\":[]}")));
	assert_true(request_is(json_literal("{\"type\":\"request\"}")));
	assert_false(request_is(json_literal("{\"type\":\"response\",\"prompt\":\"x\"}")));
	assert_false(request_is(json_literal("{\"content\":\"x\"}")));
	assert_false(request_is(json_literal("[]")));
}

static void
members_are_found_wherever_they_stand(void **state)
{
	struct request r = read_ok(
	    "{\"meta\":{\"k\":1.10},\"prompt\":\"hi\",\"id\":7,\"model\":\"ollama:llama3.2:1b\","
	    "\"tags\":[\"a\"],\"options\":{\"seed\":-3,\"maxTokens\":12,\"temperature\":0.50,"
	    "\"stream\":true,\"reasoning\":{\"budgetTokens\":2048},\"stop\":\"END\","
	    "\"parallelTools\":false,\"cache\":\"off\",\"timeoutMs\":1500}}");

	(void)state;
	assert_true(str_is(r.model, "ollama:llama3.2:1b"));
	assert_true(str_is(json_raw(r.id), "7"));
	assert_true(str_is(json_raw(r.meta), "{\"k\":1.10}"));
	assert_true(str_is(json_raw(r.tags), "[\"a\"]"));
	assert_int_equal(r.options.seed, -3);
	assert_int_equal(r.options.max_tokens, 12);
	assert_int_equal(r.options.top_k, OPTION_UNSET);
	assert_true(str_is(json_raw(r.options.temperature), "0.50"));
	assert_false(json_exists(r.options.top_p));
	assert_true(r.options.stream);
	assert_int_equal(r.options.reasoning, REASONING_BUDGET);
	assert_int_equal(r.options.reasoning_budget, 2048);
	assert_int_equal(r.options.parallel_tools, PARALLEL_OFF);
	assert_true(r.options.cache_off);
	assert_int_equal(r.options.timeout_ms, 1500);
	request_release(&r);
}

static void
a_model_spelled_with_escapes_is_understood(void **state)
{
	struct request r = read_ok("{\"prompt\":\"x\",\"model\":\"openrouter:meta\\/llama\"}");

	(void)state;
	assert_true(str_is(r.model, "openrouter:meta/llama"));
	request_release(&r);
}

static void
the_command_line_fills_in_what_a_record_leaves_open(void **state)
{
	struct request_defaults defaults = {
		.model = STR_LIT("openai:gpt-4o"),
		.system = STR_LIT("Be brief."),
		.options = json_literal("{\"maxTokens\":5,\"stream\":true,\"temperature\":1}"),
	};
	struct err err = ERR_INIT;
	struct request r;

	(void)state;
	assert_int_equal(
	    request_read(&r,
		json_literal(
		    "{\"prompt\":\"x\",\"options\":{\"maxTokens\":9,\"temperature\":null}}"),
		&defaults, &err),
	    0);
	assert_true(str_is(r.model, "openai:gpt-4o"));
	assert_int_equal(r.options.max_tokens, 9);
	assert_true(r.options.stream);
	assert_true(json_exists(r.options.temperature)); /* null is as absent */
	request_release(&r);
}

static void
turns_come_in_order_the_system_text_first_and_the_prompt_last(void **state)
{
	struct request_defaults defaults = { .system = STR_LIT("S"), .options = JSON_ABSENT };
	struct err err = ERR_INIT;
	struct request_turns t;
	struct request r;

	(void)state;
	assert_int_equal(
	    request_read(&r,
		json_literal("{\"prompt\":\"last\",\"messages\":[{\"role\":\"user\",\"content\":"
			     "\"a\"},{\"role\":\"assistant\",\"content\":null}]}"),
		&defaults, &err),
	    0);
	t = request_turns(&r);
	assert_true(request_next_turn(&t));
	assert_int_equal(t.role, ROLE_SYSTEM);
	assert_true(str_is(t.text, "S"));
	assert_false(json_exists(t.content));
	assert_true(request_next_turn(&t));
	assert_int_equal(t.role, ROLE_USER);
	assert_true(json_eq(t.content, "a"));
	assert_true(json_exists(t.message));
	assert_true(request_next_turn(&t));
	assert_int_equal(t.role, ROLE_ASSISTANT);
	assert_false(json_exists(t.content));
	assert_true(request_next_turn(&t));
	assert_int_equal(t.role, ROLE_USER);
	assert_true(json_eq(t.content, "last"));
	assert_false(request_next_turn(&t));
	assert_false(request_next_turn(&t));
}

static void
a_developer_s_turn_is_the_system_s(void **state)
{
	struct request_defaults defaults = { .options = JSON_ABSENT };
	struct err err = ERR_INIT;
	struct request_turns t;
	struct request r;

	(void)state;
	assert_int_equal(
	    request_read(&r,
		json_literal("{\"messages\":[{\"role\":\"developer\",\"content\":\"D\"}]}"),
		&defaults, &err),
	    0);
	t = request_turns(&r);
	assert_true(request_next_turn(&t));
	assert_int_equal(t.role, ROLE_SYSTEM);
	assert_true(json_eq(t.content, "D"));
	assert_false(request_next_turn(&t));
}

static void
parts_are_walked_and_a_string_is_one_text_part(void **state)
{
	struct request_parts p = request_parts(json_literal("\"hi\""));

	(void)state;
	assert_true(request_next_part(&p));
	assert_int_equal(p.type, PART_TEXT);
	assert_true(json_eq(p.text, "hi"));
	assert_false(json_exists(p.part));
	assert_false(request_next_part(&p));

	p = request_parts(json_literal("[{\"type\":\"reasoning\",\"text\":\"hm\"},"
				       "{\"type\":\"image\",\"url\":\"http://x/\"},"
				       "{\"type\":\"provider\",\"provider\":\"p\",\"value\":{}}]"));
	assert_true(request_next_part(&p));
	assert_int_equal(p.type, PART_REASONING);
	assert_true(json_eq(p.text, "hm"));
	assert_true(request_next_part(&p));
	assert_int_equal(p.type, PART_IMAGE);
	assert_false(json_exists(p.text));
	assert_true(request_next_part(&p));
	assert_int_equal(p.type, PART_PROVIDER);
	assert_false(request_next_part(&p));
}

static void
opaque_state_goes_to_its_own_provider_and_model_only(void **state)
{
	struct json part = json_literal("{\"type\":\"text\",\"text\":\"\",\"opaque\":{\"provider\":"
					"\"gemini\",\"model\":\"g-3\",\"value\":\"sig\"}}");

	(void)state;
	assert_true(json_eq(request_opaque(part, "gemini", "g-3"), "sig"));
	assert_false(json_exists(request_opaque(part, "gemini", "g-2")));
	assert_false(json_exists(request_opaque(part, "vertex", "g-3")));
	assert_false(json_exists(request_opaque(json_literal("{}"), "gemini", "g-3")));
	part = json_literal("{\"opaque\":{\"provider\":\"x\",\"value\":1}}");
	assert_true(json_exists(request_opaque(part, "x", "any model where none is named")));
}

static void
tool_choice_is_a_word_or_a_name(void **state)
{
	(void)state;
	assert_int_equal(
	    read_ok("{\"prompt\":\"x\",\"toolChoice\":\"required\"}").tool_choice, TOOLS_REQUIRED);
	assert_int_equal(read_ok("{\"prompt\":\"x\"}").tool_choice, TOOLS_UNSET);
	assert_true(
	    json_eq(read_ok("{\"prompt\":\"x\",\"toolChoice\":{\"name\":\"f\"}}").tool_name, "f"));
	expect_error("{\"prompt\":\"x\",\"toolChoice\":\"requird\"}",
	    "toolChoice: unknown word \"requird\" (did you mean \"required\"?)");
}

static void
what_is_wrong_is_named_by_its_place(void **state)
{
	static const struct {
		const char *record, *message;
	} cases[] = {
		{ "[]", "not a JSON object" },
		{ "[\"prompt\",1]", "not a JSON object" },
		{ "{\"type\":\"response\",\"prompt\":\"x\"}", "type: not a request" },
		{ "{\"type\":\"request\"}", "messages: is missing, and there is no prompt" },
		{ "{\"messages\":[]}", "messages: is empty, and there is no prompt" },
		{ "{\"prompt\":5}", "prompt: must be a string" },
		{ "{\"prompt\":\"x\",\"id\":[]}", "id: must be a string or a number" },
		{ "{\"prompt\":\"x\",\"model\":1}", "model: must be a string" },
		{ "{\"messages\":\"x\"}", "messages: must be a list" },
		{ "{\"messages\":[1]}",
		    "messages[0]: must be a message: an object with role and content" },
		{ "{\"messages\":[{\"content\":\"x\"}]}", "messages[0].role: is missing" },
		{ "{\"messages\":[{\"role\":\"asistant\",\"content\":\"x\"}]}",
		    "messages[0].role: unknown word \"asistant\" (did you mean \"assistant\"?)" },
		{ "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"user\"}]}",
		    "messages[1].content: must be a string or a list of parts" },
		{ "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}]}",
		    "messages[0].content[0].text: is missing" },
		{ "{\"messages\":[{\"role\":\"user\",\"content\":[\"x\"]}]}",
		    "messages[0].content[0]: must be a part: an object with a type" },
		{ "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"img\"}]}]}",
		    "messages[0].content[0].type: unknown word \"img\" (did you mean \"image\"?)" },
		{ "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\"}]}]}",
		    "messages[0].content[0]: wants one of data, url, fileId, text" },
		{ "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"data\":"
		  "\"AA==\"}]}]}",
		    "messages[0].content[0].mediaType: is missing: data needs it" },
		{ "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"toolCall\",\"id\":"
		  "\"1\",\"name\":\"f\"}]}]}",
		    "messages[0].content[0].type: toolCall belongs in an assistant's message" },
		{ "{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"toolCall\","
		  "\"id\":\"1\",\"name\":\"f\",\"arguments\":\"{}\"}]}]}",
		    "messages[0].content[0].arguments: must be an object" },
		{ "{\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}",
		    "messages[0].content: must be a list of toolResult parts" },
		{ "{\"messages\":[{\"role\":\"tool\",\"content\":[{\"type\":\"text\",\"text\":"
		  "\"x\"}]}]}",
		    "messages[0].content[0].type: a message of role tool holds toolResult parts "
		    "only" },
		{ "{\"prompt\":\"x\",\"tools\":[{}]}", "tools[0].name: is missing" },
		{ "{\"prompt\":\"x\",\"tools\":[{\"name\":\"\"}]}", "tools[0].name: is empty" },
		{ "{\"prompt\":\"x\",\"tools\":[{\"name\":\"f\",\"inputSchema\":[]}]}",
		    "tools[0].inputSchema: must be an object" },
		{ "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\","
		  "\"cache\":\"5m\"}]}]}",
		    "messages[0].content[0].cache: must be true, false or \"1h\"" },
		{ "{\"messages\":[{\"role\":\"user\",\"content\":\"x\",\"cache\":1}]}",
		    "messages[0].cache: must be true, false or \"1h\"" },
		{ "{\"prompt\":\"x\",\"tools\":[{\"name\":\"f\"},{\"name\":\"g\",\"cache\":{}}]}",
		    "tools[1].cache: must be true, false or \"1h\"" },
		{ "{\"prompt\":\"x\",\"options\":[]}", "options: must be an object" },
		{ "{\"prompt\":\"x\",\"options\":{\"maxTokens\":0}}",
		    "options.maxTokens: must be at least 1" },
		{ "{\"prompt\":\"x\",\"options\":{\"maxTokens\":1.5}}",
		    "options.maxTokens: must be an integer" },
		{ "{\"prompt\":\"x\",\"options\":{\"temperature\":2.1}}",
		    "options.temperature: must be from 0 to 2" },
		{ "{\"prompt\":\"x\",\"options\":{\"topP\":-1}}",
		    "options.topP: must be from 0 to 1" },
		{ "{\"prompt\":\"x\",\"options\":{\"stop\":[1]}}",
		    "options.stop: must hold strings only" },
		{ "{\"prompt\":\"x\",\"options\":{\"stream\":1}}",
		    "options.stream: must be true or false" },
		{ "{\"prompt\":\"x\",\"options\":{\"reasoning\":\"lo\"}}",
		    "options.reasoning: unknown word \"lo\" (did you mean \"low\"?)" },
		{ "{\"prompt\":\"x\",\"options\":{\"reasoning\":{}}}",
		    "options.reasoning: budgetTokens must be a count" },
		{ "{\"prompt\":\"x\",\"options\":{\"responseSchema\":true}}",
		    "options.responseSchema: must be an object" },
		{ "{\"prompt\":\"x\",\"options\":{\"cache\":true}}",
		    "options.cache: must be \"auto\" or \"off\"" },
		{ "{\"prompt\":\"x\",\"providerOptions\":{\"openai\":1}}",
		    "providerOptions: must hold an object for each provider's name" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect_error(cases[i].record, cases[i].message);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_has_messages_or_a_prompt_or_says_so),
		cmocka_unit_test(members_are_found_wherever_they_stand),
		cmocka_unit_test(a_model_spelled_with_escapes_is_understood),
		cmocka_unit_test(the_command_line_fills_in_what_a_record_leaves_open),
		cmocka_unit_test(turns_come_in_order_the_system_text_first_and_the_prompt_last),
		cmocka_unit_test(a_developer_s_turn_is_the_system_s),
		cmocka_unit_test(parts_are_walked_and_a_string_is_one_text_part),
		cmocka_unit_test(opaque_state_goes_to_its_own_provider_and_model_only),
		cmocka_unit_test(tool_choice_is_a_word_or_a_name),
		cmocka_unit_test(what_is_wrong_is_named_by_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
