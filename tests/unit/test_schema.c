/* SPDX-License-Identifier: MIT */
/* test_schema - JSON Schema: what is said about a value that does not fit, and about no schema. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "json/schema.h"

#define DRAFT7 "\"$schema\":\"http://json-schema.org/draft-07/schema#\","

/* want NULL: it fits; else the message. */
static void
assert_checked(const char *schema, const char *value, const char *want)
{
	struct err err = ERR_INIT;
	struct schema *s = schema_compile(json_literal(schema), &err);

	if (!s)
		fail_msg("%s: %s", schema, err.text);
	if (schema_valid(s, json_literal(value), &err) != !want)
		fail_msg("%s against %s: %s", value, schema, want ? "fits" : err.text);
	if (want)
		assert_string_equal(err.text, want);
	schema_free(s);
}

static void
a_failure_says_where_and_why(void **state)
{
	(void)state;
	assert_checked(
	    "{\"properties\":{\"usage\":{\"properties\":{\"tokensIn\":{\"type\":\"integer\"}}}}}",
	    "{\"usage\":{\"tokensIn\":\"x\"}}",
	    "/usage/tokensIn: is a string, the schema wants \"integer\"");
	assert_checked("{\"items\":{\"type\":[\"number\",\"null\"]}}", "[1,null,true]",
	    "/2: is a boolean, the schema wants [\"number\",\"null\"]");
	assert_checked(
	    "{\"properties\":{\"a/b~\":false}}", "{\"a\\/b~\":1}", "/a~1b~0: must not be there");
	assert_checked(
	    "{\"type\":\"object\"}", "[]", "value: is an array, the schema wants \"object\"");
	assert_checked(
	    "{\"required\":[\"a\",\"b\"]}", "{\"a\":1}", "value: lacks the member \"b\"");
	assert_checked("{\"additionalProperties\":false,\"properties\":{\"a\":true}}",
	    "{\"a\":1,\"b\":2}", "value: has a member that the schema does not know: \"b\"");
	assert_checked("{\"enum\":[1,\"a\"]}", "2", "value: is none of [1,\"a\"]");
	assert_checked("{\"const\":{\"a\":1}}", "{\"a\":2}", "value: is not {\"a\":1}");
	assert_checked(
	    "{\"maxLength\":2}", "\"abc\"", "value: has 3 characters, the schema wants at most 2");
	assert_checked(
	    "{\"minItems\":2}", "[1]", "value: has 1 elements, the schema wants at least 2");
	assert_checked("{\"pattern\":\"^a\"}", "\"b\"", "value: does not match \"^a\"");
	assert_checked("{\"maximum\":1.5}", "1.50000000000000000001",
	    "value: is 1.50000000000000000001, the schema wants at most 1.5");
	assert_checked("{\"uniqueItems\":true}", "[1,{\"a\":1},2,{\"a\":1.0}]",
	    "value: elements 1 and 3 are equal");
	assert_checked("{\"anyOf\":[{\"type\":\"null\"},{\"minimum\":3}]}", "2",
	    "value: fits none of the 2 schemas of anyOf");
	assert_checked(
	    "{\"oneOf\":[true,true]}", "2", "value: fits 2 of the 2 schemas of oneOf, not one");
	assert_checked("{\"not\":{}}", "2", "value: fits a schema that it must not fit");
	assert_checked("{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1}",
	    "value: has \"a\" but lacks the member \"b\"");
	assert_checked("{\"prefixItems\":[true],\"items\":false}", "[1,2]",
	    "value: has more elements than the schema knows: 2 is one too many");
	assert_checked("false", "1", "value: must not be there");
}

static void
numbers_are_held_against_limits_exactly(void **state)
{
	(void)state;
	assert_checked("{\"type\":\"integer\"}", "1.0", NULL);
	assert_checked("{\"type\":\"integer\"}", "1e400", NULL);
	assert_checked(
	    "{\"type\":\"integer\"}", "1.5", "value: is a number, the schema wants \"integer\"");
	assert_checked("{\"multipleOf\":0.01}", "19.99", NULL);
	assert_checked("{\"multipleOf\":0.01}", "0.015",
	    "value: is 0.015, the schema wants a multiple of 0.01");
	assert_checked(
	    "{\"multipleOf\":3}", "1e30", "value: is 1e30, the schema wants a multiple of 3");
	assert_checked("{\"multipleOf\":7}", "1e999999999999",
	    "value: is 1e999999999999, the schema wants a multiple of 7");
	assert_checked("{\"multipleOf\":8}", "1e300", NULL);
	assert_checked("{\"multipleOf\":1e-8}", "12391239123", NULL);
	assert_checked("{\"multipleOf\":7}", "0", NULL);
	assert_checked(
	    "{\"exclusiveMinimum\":0}", "-0.0", "value: is -0.0, the schema wants more than 0");
	assert_checked("{\"minimum\":9007199254740993}", "9007199254740992",
	    "value: is 9007199254740992, the schema wants at least 9007199254740993");
	assert_checked("{\"minimum\":-1e3}", "-999.9", NULL);
	assert_checked("{\"maximum\":-2}", "-10", NULL);
}

static void
references_lead_through_the_document(void **state)
{
	static const char tree[] =
	    "{\"$ref\":\"#/$defs/node\",\"$defs\":{\"node\":{\"type\":\"object\","
	    "\"properties\":{\"next\":{\"$ref\":\"#/$defs/node\"}}}}}";
	static const char any[] =
	    "{\"anyOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}";

	(void)state;
	assert_checked(tree, "{\"next\":{\"next\":{}}}", NULL);
	assert_checked(tree, "{\"next\":{\"next\":7}}",
	    "/next/next: is a number, the schema wants \"object\"");
	assert_checked("{\"$ref\":\"#\"}", "1", "value: the schema refers to itself without end");
	assert_checked(any, "1", "value: fits none of the 3 schemas of anyOf");
	assert_checked(
	    "{" DRAFT7
	    "\"$ref\":\"#/definitions/a\",\"type\":\"null\",\"definitions\":{\"a\":{\"const\":1}}}",
	    "1", NULL);
	assert_checked("{\"$ref\":\"#/$defs/a\",\"type\":\"null\",\"$defs\":{\"a\":{\"const\":1}}}",
	    "1", "value: is a number, the schema wants \"null\"");
	assert_checked("{\"$ref\":\"#a\",\"$defs\":{\"x\":{\"$anchor\":\"a\",\"const\":1}}}", "2",
	    "value: is not 1");
	assert_checked(
	    "{\"$ref\":\"#/x/1/~1%25\",\"x\":[0,{\"/%\":{\"const\":1}}]}", "2", "value: is not 1");
}

static void
a_deep_value_is_held_against_a_recursive_schema(void **state)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	int i;

	(void)state;
	for (i = 0; i < JSON_DEPTH_MAX; i++)
		buf_addc(&text, '[');
	for (i = 0; i < JSON_DEPTH_MAX; i++)
		buf_addc(&text, ']');
	assert_checked(
	    "{\"anyOf\":[{\"type\":\"array\",\"items\":{\"$ref\":\"#\"}},{\"type\":\"null\"}]}",
	    text.p, NULL);
	buf_release(&text);
}

static void
each_duplicate_must_fit(void **state)
{
	(void)state;
	assert_checked(
	    "{\"properties\":{\"a\":{\"const\":1}}}", "{\"a\":1,\"a\":2}", "/a: is not 1");
	assert_checked(
	    "{\"properties\":{\"a\":{\"const\":1}}}", "{\"a\":2,\"a\":1}", "/a: is not 1");
}

static void
assert_refused(const char *schema, const char *want)
{
	struct err err = ERR_INIT;

	if (schema_compile(json_literal(schema), &err))
		fail_msg("%s is accepted", schema);
	assert_string_equal(err.text, want);
	assert_int_equal(err.code, EXIT_CONFIG);
}

static void
what_is_no_schema_is_refused_with_its_place(void **state)
{
	(void)state;
	assert_refused("1", "schema: is no schema: an object or a boolean");
	assert_refused("{\"properties\":{\"a\":{\"type\":\"int\"}}}",
	    "schema /properties/a/type: names no type");
	assert_refused("{\"items\":{\"minLength\":-1}}", "schema /items/minLength: is no count");
	assert_refused("{\"allOf\":[true,{\"required\":\"a\"}]}",
	    "schema /allOf/1/required: is no array of strings");
	assert_refused("{\"properties\":[]}", "schema /properties: is no object");
	assert_refused("{\"multipleOf\":0}",
	    "schema /multipleOf: is no number above zero of at most 18 digits");
	assert_refused(
	    "{\"$ref\":\"#/$defs/a\"}", "schema: #/$defs/a leads nowhere within the document");
	assert_refused("{\"$ref\":\"http://example.com/x\"}",
	    "schema: http://example.com/x leads nowhere within the document");
	assert_refused("{\"properties\":{\"a\":{\"pattern\":\"(?=a)\"}}}",
	    "schema /properties/a/pattern: the pattern (?=a): look-around, (?= (?! (?<= (?<!, is not supported");
	assert_refused("{\"uniqueItems\":1}", "schema /uniqueItems: is no boolean");
	assert_refused("{\"$id\":1}", "schema: $id is no string");
}

/* What is told of every failure, a line each. */
static bool
tell(void *user, const struct schema_failure *f)
{
	struct buf *told = user;

	buf_addf(told, "%s %s %s: %s\n", f->instance_path.p, f->keyword.p, f->schema_path.p,
	    f->message.p);
	return true;
}

static void
assert_explained(const char *schema, const char *value, const char *want)
{
	struct buf told = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct schema *s = schema_compile(json_literal(schema), &err);

	assert_non_null(s);
	assert_int_equal(schema_explain(s, json_literal(value), tell, &told), !*want);
	assert_string_equal(told.p, want);
	buf_release(&told);
	schema_free(s);
}

static void
every_failure_is_told_with_its_place_in_both(void **state)
{
	(void)state;
	assert_explained(
	    "{\"required\":[\"a\",\"b\",\"c\"],\"properties\":{\"a\":{\"type\":\"string\","
	    "\"minLength\":3},\"x/y\":{\"items\":{\"enum\":[1]}}}}",
	    "{\"a\":\"s\",\"x/y\":[1,2,3]}",
	    " required #/required: lacks the member \"b\"\n"
	    " required #/required: lacks the member \"c\"\n"
	    "/a minLength #/properties/a/minLength: has 1 characters, the schema wants at least "
	    "3\n"
	    "/x~1y/1 enum #/properties/x~1y/items/enum: is none of [1]\n"
	    "/x~1y/2 enum #/properties/x~1y/items/enum: is none of [1]\n");
	assert_explained("{\"properties\":{\"a\":false},\"additionalProperties\":false}",
	    "{\"a\":1,\"b\":2,\"c\":3}",
	    "/a false schema #/properties/a: must not be there\n"
	    " additionalProperties #/additionalProperties: has a member that the schema does not "
	    "know: \"b\"\n"
	    " additionalProperties #/additionalProperties: has a member that the schema does not "
	    "know: \"c\"\n");
	assert_explained("{\"type\":\"object\"}", "{}", "");
}

static void
what_each_alternative_misses_is_told_behind_the_whole(void **state)
{
	(void)state;
	assert_explained(
	    "{\"anyOf\":[{\"type\":\"null\"},{\"$ref\":\"#/$defs/n\"}],\"$defs\":{\"n\":"
	    "{\"minimum\":3}}}",
	    "2",
	    " anyOf #/anyOf: fits none of the 2 schemas of anyOf\n"
	    " type #/anyOf/0/type: is a number, the schema wants \"null\"\n"
	    " minimum #/$defs/n/minimum: is 2, the schema wants at least 3\n");
	assert_explained("{\"oneOf\":[true,{\"minimum\":1}]}", "2",
	    " oneOf #/oneOf: fits 2 of the 2 schemas of oneOf, not one\n");
	assert_explained("{\"not\":{\"type\":\"number\"}}", "2",
	    " not #/not: fits a schema that it must not fit\n");
}

static void
what_failed_is_not_told_again_as_unevaluated(void **state)
{
	(void)state;
	assert_explained(
	    "{\"allOf\":[{\"properties\":{\"a\":{\"type\":\"null\"}}}],\"properties\":{"
	    "\"b\":{\"minimum\":2}},\"unevaluatedProperties\":false}",
	    "{\"a\":1,\"b\":1,\"c\":1}",
	    "/b minimum #/properties/b/minimum: is 1, the schema wants at least 2\n"
	    "/a type #/allOf/0/properties/a/type: is a number, the schema wants \"null\"\n"
	    " unevaluatedProperties #/unevaluatedProperties: has a member that the schema does not "
	    "know: \"c\"\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_says_where_and_why),
		cmocka_unit_test(numbers_are_held_against_limits_exactly),
		cmocka_unit_test(references_lead_through_the_document),
		cmocka_unit_test(a_deep_value_is_held_against_a_recursive_schema),
		cmocka_unit_test(each_duplicate_must_fit),
		cmocka_unit_test(every_failure_is_told_with_its_place_in_both),
		cmocka_unit_test(what_each_alternative_misses_is_told_behind_the_whole),
		cmocka_unit_test(what_failed_is_not_told_again_as_unevaluated),
		cmocka_unit_test(what_is_no_schema_is_refused_with_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
