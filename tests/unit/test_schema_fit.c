/* SPDX-License-Identifier: MIT */
/* test_schema_fit - schemas as decoders take them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "llm/schema_fit.h"

#define OBJECT(properties) "{\"type\":\"object\",\"properties\":{" properties "}}"

/* want: the schema; lost: the keywords in words. */
static void
fits(const struct schema_target *target, const char *schema, const char *want, const char *lost)
{
	struct schema_fit fit;

	if (!schema_fit(&fit, json_literal(schema), target))
		fail_msg("%s: %s: %s", target->name, schema, fit.hopeless);
	if (!json_equal(json_literal(fit.text.p), json_literal(want)))
		fail_msg("%s: %s is not %s", target->name, fit.text.p, want);
	assert_string_equal(fit.lost.p, lost);
	assert_int_equal(fit.same, json_equal(json_literal(want), json_literal(schema)));
	schema_fit_release(&fit);
}

static void
hopeless(const struct schema_target *target, const char *schema, const char *why)
{
	struct schema_fit fit;

	if (schema_fit(&fit, json_literal(schema), target))
		fail_msg("%s: %s: %s", target->name, schema, fit.text.p);
	assert_string_equal(fit.hopeless, why);
	schema_fit_release(&fit);
}

static void
optional_members_are_required_and_may_be_null(void **state)
{
	struct schema_fit fit;

	(void)state;
	fits(&schema_target_openai,
	    "{\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{\"enum\":[1,2]},\"c\":{\"type\":["
	    "\"null\",\"string\"]},\"d\":{\"type\":\"integer\"}},\"required\":[\"d\"]}",
	    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":[\"string\",\"null\"]},\"b\":{"
	    "\"anyOf\":[{\"type\":\"number\",\"enum\":[1,2]},{\"type\":\"null\"}]},\"c\":{\"type\":["
	    "\"null\",\"string\"]},\"d\":{\"type\":\"integer\"}},\"required\":[\"d\",\"a\",\"b\",\"c\"],"
	    "\"additionalProperties\":false}",
	    "");
	assert_true(schema_fit(
	    &fit, json_literal(OBJECT("\"a\":{\"type\":\"string\"}")), &schema_target_openai));
	assert_true(fit.nulls);
	schema_fit_release(&fit);
}

static void
what_is_no_object_is_wrapped_where_it_must_be_one(void **state)
{
	(void)state;
	fits(&schema_target_openai,
	    "{\"anyOf\":[{\"$ref\":\"#/$defs/s\"},{\"type\":\"null\"}],\"$defs\":{\"s\":{\"type\":\"string\"}}}",
	    "{\"type\":\"object\",\"properties\":{\"answer\":{\"anyOf\":[{\"$ref\":\"#/$defs/s\"},{"
	    "\"type\":\"null\"}]}},\"required\":[\"answer\"],\"$defs\":{\"s\":{\"type\":\"string\"}},"
	    "\"additionalProperties\":false}",
	    "");
	fits(&schema_target_anthropic, "{\"type\":\"string\"}", "{\"type\":\"string\"}", "");
	hopeless(&schema_target_openai, "{\"type\":\"array\",\"items\":{\"$ref\":\"#\"}}",
	    "a $ref to the whole, which is no object");
}

static void
a_reference_becomes_what_it_refers_to(void **state)
{
	(void)state;
	fits(&schema_target_openapi,
	    "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/a\",\"description\":\"d\"}},"
	    "\"$defs\":{\"a\":{\"type\":\"string\",\"description\":\"other\"}}}",
	    OBJECT("\"a\":{\"type\":\"string\",\"description\":\"d\"}"), "");
	fits(&schema_target_openapi,
	    "{\"$ref\":\"#/$defs/n\",\"$defs\":{\"n\":{\"type\":\"object\",\"properties\":{\"n\":{"
	    "\"$ref\":\"#/$defs/n\"}}}}}",
	    OBJECT("\"n\":{}"), "$ref");
	hopeless(&schema_target_openapi, OBJECT("\"a\":{\"$ref\":\"other.json\"}"),
	    "a $ref that leads out of the schema");
	hopeless(&schema_target_anthropic,
	    OBJECT("\"a\":{\"anyOf\":[{\"$ref\":\"#\"},{\"type\":\"null\"}]}"),
	    "a schema that refers to itself");
}

static void
all_of_several_becomes_one(void **state)
{
	(void)state;
	fits(&schema_target_openai,
	    "{\"allOf\":[{\"$ref\":\"#/$defs/a\"},{\"properties\":{\"b\":{\"type\":\"null\"}},\"required\":["
	    "\"b\",\"a\"]}],\"$defs\":{\"a\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":"
	    "\"integer\"}},\"required\":[\"a\"]}}}",
	    "{\"type\":\"object\",\"properties\":{\"answer\":{\"type\":\"object\",\"properties\":{\"a\":{"
	    "\"type\":\"integer\"},\"b\":{\"type\":\"null\"}},\"required\":[\"a\",\"b\"],"
	    "\"additionalProperties\":false}},\"required\":[\"answer\"],\"additionalProperties\":false,"
	    "\"$defs\":{\"a\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},"
	    "\"required\":[\"a\"],\"additionalProperties\":false}}}",
	    "");
	hopeless(&schema_target_openai,
	    OBJECT("\"a\":{\"allOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}"),
	    "schemas that can't be made one");
}

static void
what_a_decoder_does_not_know_is_said_in_words(void **state)
{
	(void)state;
	fits(&schema_target_openai,
	    OBJECT("\"a\":{\"type\":\"null\",\"not\":{},\"uniqueItems\":true,\"x-y\":1,"
		   "\"examples\":[1]}"),
	    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"null\",\"description\":\"(not: {}, "
	    "uniqueItems: true)\"}},\"required\":[\"a\"],\"additionalProperties\":false}",
	    "not, uniqueItems");
	fits(&schema_target_llamacpp, "{\"anyOf\":[{\"pattern\":\"a\"},{\"pattern\":\"^a$\"}]}",
	    "{\"anyOf\":[{\"description\":\"(pattern: \\\"a\\\")\"},{\"pattern\":\"^a$\"}]}",
	    "pattern");
	fits(&schema_target_gemini, "{\"type\":\"string\",\"format\":\"uri\",\"const\":\"x\"}",
	    "{\"type\":\"string\",\"enum\":[\"x\"],\"description\":\"(format: \\\"uri\\\")\"}",
	    "format");
	fits(&schema_target_openapi, "{\"type\":\"integer\",\"enum\":[1,2]}",
	    "{\"type\":\"integer\",\"description\":\"(enum: [1,2])\"}", "enum");
	fits(&schema_target_anthropic,
	    "{\"type\":\"array\",\"items\":{\"type\":\"null\"},\"minItems\":2}",
	    "{\"type\":\"array\",\"items\":{\"type\":\"null\"},\"description\":\"(minItems: 2)\"}",
	    "minItems");
}

static void
null_is_a_flag_where_it_is_no_type(void **state)
{
	(void)state;
	fits(&schema_target_openapi, OBJECT("\"a\":{\"type\":[\"string\",\"null\"]}"),
	    OBJECT("\"a\":{\"type\":\"string\",\"nullable\":true}"), "");
	fits(&schema_target_openapi,
	    OBJECT("\"a\":{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"array\",\"items\":{\"type\":"
		   "\"string\"}}],\"description\":\"d\"}"),
	    OBJECT(
		"\"a\":{\"description\":\"d\",\"type\":\"array\",\"items\":{\"type\":\"string\"},"
		"\"nullable\":true}"),
	    "");
	hopeless(&schema_target_openapi, "{\"type\":[\"string\",\"integer\",\"null\"]}",
	    "a value of several types");
}

static void
what_a_closed_object_can_not_say_is_hopeless(void **state)
{
	(void)state;
	hopeless(
	    &schema_target_openai, "{\"type\":\"object\"}", "an object with members of any name");
	hopeless(&schema_target_anthropic, OBJECT("\"a\":{}"), "a value of any kind");
	hopeless(
	    &schema_target_anthropic, OBJECT("\"a\":{\"type\":\"array\"}"), "a list of anything");
	hopeless(&schema_target_openai,
	    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"null\"}},\"required\":[\"b\"]}",
	    "a required member that is not described");
	fits(&schema_target_gemini, "{\"type\":\"object\"}", "{\"type\":\"object\"}", "");
}

static void
a_tool_without_arguments_is_an_empty_object(void **state)
{
	struct schema_fit fit;

	(void)state;
	assert_true(schema_fit_tool(&fit, JSON_ABSENT, &schema_target_openai));
	assert_string_equal(fit.text.p,
	    "{\"type\":\"object\",\"properties\":{},\"required\":[],\"additionalProperties\":false}");
	schema_fit_release(&fit);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(optional_members_are_required_and_may_be_null),
		cmocka_unit_test(what_is_no_object_is_wrapped_where_it_must_be_one),
		cmocka_unit_test(a_reference_becomes_what_it_refers_to),
		cmocka_unit_test(all_of_several_becomes_one),
		cmocka_unit_test(what_a_decoder_does_not_know_is_said_in_words),
		cmocka_unit_test(null_is_a_flag_where_it_is_no_type),
		cmocka_unit_test(what_a_closed_object_can_not_say_is_hopeless),
		cmocka_unit_test(a_tool_without_arguments_is_an_empty_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
