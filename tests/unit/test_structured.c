/* SPDX-License-Identifier: MIT */
/* test_structured - what a model wrote, as the value that was asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "json/jsonw.h"
#include "llm/answer.h"
#include "llm/structured.h"

#define SCHEMA                                                                                     \
	"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{\"type\":["       \
	"\"null\",\"integer\"]},\"c\":{\"anyOf\":[{\"type\":\"object\",\"properties\":{\"d\":{"    \
	"\"type\":\"string\"}}},{\"type\":\"integer\"}]}},\"required\":[\"b\"]}"

/* want NULL: there is none that fits. */
static void
spells(bool nulls, bool wrapped, const char *text, const char *want)
{
	struct buf value = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct schema *schema = schema_compile(json_literal(SCHEMA), &err);
	struct answer a;

	answer_init(&a, NULL, NULL);
	a.nulls = nulls;
	a.wrapped = wrapped;
	if (structured_value(&a, str_of(text), schema, &value, &err) != (want != NULL))
		fail_msg("%s: %s%s", text, value.p, err.text);
	assert_string_equal(value.p, want ? want : "");
	answer_release(&a);
	schema_free(schema);
	buf_release(&value);
}

static void
nulls_that_were_asked_for_are_absent_members(void **state)
{
	(void)state;
	spells(true, false, "{\"a\":null,\"b\":null,\"c\":{\"d\":null}}", "{\"b\":null,\"c\":{}}");
	spells(true, false, "{\"a\":null,\"b\":null,\"c\":null}", "{\"b\":null}");
	spells(false, false, "{\"a\":null,\"b\":1}", NULL);
	spells(true, false, "{\"a\":null}", NULL);
	spells(true, false, "{ \"b\": 1.0 }", "{ \"b\": 1.0 }");
}

static void
a_value_is_found_in_what_stands_around_it(void **state)
{
	(void)state;
	spells(false, false, "Here [1]:\n```json\n{\"b\":1}\n```\nDone {}.", "{\"b\":1}");
	spells(
	    false, false, "See [1]: {\"b\":2,\"a\":\"}\\\"{\"} [] x", "{\"b\":2,\"a\":\"}\\\"{\"}");
	spells(false, false, "``` not closed {\"b\":3}", "{\"b\":3}");
	spells(false, false, "{\"b\":4", NULL);
	spells(false, false, "none", NULL);
}

static void
a_value_comes_out_of_its_wrapper(void **state)
{
	(void)state;
	spells(false, true, "{\"answer\":{\"b\":1}}", "{\"b\":1}");
	spells(false, true, "{\"b\":1}", "{\"b\":1}");
	spells(false, false, "{\"answer\":{\"b\":1}}", NULL);
}

static void
a_call_of_the_tool_is_text(void **state)
{
	struct json id = json_literal("\"x\""), name = json_literal("\"" STRUCTURED_TOOL "\"");
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct answer a;

	(void)state;
	answer_init(&a, NULL, NULL);
	(void)answer_text(&a, PART_TEXT, 0, json_literal("\"Hm. \""));
	(void)answer_tool(&a, 0, id, name, JSON_ABSENT);
	(void)answer_tool(&a, 0, JSON_ABSENT, JSON_ABSENT, json_literal("\"{\\\"b\\\":\""));
	(void)answer_tool(&a, 0, JSON_ABSENT, JSON_ABSENT, json_literal("\"1}\""));
	(void)answer_tool(&a, 1, json_literal("\"y\""), json_literal("\"f\""), json_literal("{}"));
	answer_end(&a);
	answer_finish(&a, false, true);
	answer_content(&a, &text);
	assert_string_equal(text.p, "Hm. {\"b\":1}");
	assert_int_equal(a.tool_count, 1);
	answer_release(&a);
	answer_init(&a, NULL, NULL);
	(void)answer_tool(&a, KEY_NONE, id, name, json_literal("{\"b\": 1}"));
	a.stop = STOP_TOOL;
	answer_end(&a);
	answer_finish(&a, false, true);
	buf_reset(&text);
	answer_content(&a, &text);
	assert_string_equal(text.p, "{\"b\": 1}");
	assert_int_equal(a.stop, STOP_END);
	answer_release(&a);
	buf_release(&text);
}

static void
nulls_in_the_arguments_of_strict_tools_are_absent_too(void **state)
{
	struct request r = { .tools = json_literal(
				 "[{\"name\":\"f\",\"strict\":true,"
				 "\"inputSchema\":" SCHEMA "},{\"name\":\"g\"}]") };
	struct answer a;

	(void)state;
	answer_init(&a, NULL, NULL);
	(void)answer_tool(
	    &a, 0, JSON_ABSENT, json_literal("\"f\""), json_literal("{\"a\":null,\"b\":null}"));
	(void)answer_tool(&a, 1, JSON_ABSENT, json_literal("\"g\""), json_literal("{\"a\":null}"));
	a.tool_nulls = true;
	structured_settle(&a, &r);
	assert_string_equal(a.parts[0].text.p, "{\"b\":null}");
	assert_string_equal(a.parts[1].text.p, "{\"a\":null}");
	answer_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nulls_that_were_asked_for_are_absent_members),
		cmocka_unit_test(a_value_is_found_in_what_stands_around_it),
		cmocka_unit_test(a_value_comes_out_of_its_wrapper),
		cmocka_unit_test(a_call_of_the_tool_is_text),
		cmocka_unit_test(nulls_in_the_arguments_of_strict_tools_are_absent_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
