/* SPDX-License-Identifier: MIT */
/* test_names - members' names, looked up among many; and what asks for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/names.h"
#include "json/schema.h"
#include "llm/schema_fit.h"
#include "support/parsed.h"

enum { MANY = 20000 };

static void
names_are_found_however_they_are_spelled(void **state)
{
	struct names n = names_of(json_literal("{\"b\":1,\"\\u0061\":2,\"\":3,\"b\":4}"));

	(void)state;
	assert_int_equal(n.count, 4);
	assert_true(str_is(json_raw(names_find(&n, json_literal("\"a\""))->value), "2"));
	assert_true(str_is(json_raw(names_find(&n, json_literal("\"\\u0062\""))->value), "4"));
	assert_true(str_is(json_raw(names_find(&n, json_literal("\"\""))->value), "3"));
	assert_null(names_find(&n, json_literal("\"c\"")));
	assert_null(names_find(&n, json_literal("1")));
	names_release(&n);
	n = names_of(json_literal("[\"x\",1,null]"));
	assert_int_equal(n.count, 1);
	assert_non_null(names_find(&n, json_literal("\"x\"")));
	names_release(&n);
	n = names_of(JSON_ABSENT);
	assert_null(names_find(&n, json_literal("\"x\"")));
	names_release(&n);
}

/* {"type":"object","properties":{"p0":{...},...},"required":["p0",...]} */
static void
write_wide(struct buf *out, const char *property)
{
	int i;

	buf_adds(out, "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
	for (i = 0; i < MANY; i++)
		buf_addf(out, "%s\"p%d\":%s", i ? "," : "", i, property);
	buf_adds(out, "},\"required\":[");
	for (i = 0; i < MANY; i++)
		buf_addf(out, "%s\"p%d\"", i ? "," : "", i);
	buf_adds(out, "]}");
}

/* Minutes, where each name is looked for among all others one by one. */
static void
a_schema_of_many_members_takes_no_time_to_fit_or_check(void **state)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED), value = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct schema_fit fit;
	struct schema *schema;
	int i;

	(void)state;
	write_wide(&text, "{\"type\":\"string\"}");
	assert_true(schema_fit(&fit, parsed_str(buf_str(&text)), &schema_target_openai));
	assert_true(fit.same);
	schema_fit_release(&fit);
	buf_addc(&value, '{');
	for (i = 0; i < MANY; i++)
		buf_addf(&value, "%s\"p%d\":\"\"", i ? "," : "", i);
	buf_addc(&value, '}');
	schema = schema_compile(parsed_str(buf_str(&text)), &err);
	assert_non_null(schema);
	assert_true(schema_valid(schema, parsed_str(buf_str(&value)), &err));
	schema_free(schema);
	buf_release(&text);
	buf_release(&value);
}

static void
many_members_are_equal_in_any_order(void **state)
{
	struct buf a = BUF_INIT(BUF_UNLIMITED), b = BUF_INIT(BUF_UNLIMITED);
	int i;

	(void)state;
	for (i = 0; i < 40; i++) {
		buf_addf(&a, "%s\"p%d\":%d", i ? "," : "{", i, i);
		buf_addf(&b, "%s\"\\u0070%d\":%d", i ? "," : "{", 39 - i, 39 - i);
	}
	buf_addc(&a, '}');
	buf_addc(&b, '}');
	assert_true(json_equal(parsed_str(buf_str(&a)), parsed_str(buf_str(&b))));
	b.p[b.len - 2] = '1'; /* p0 */
	assert_false(json_equal(parsed_str(buf_str(&a)), parsed_str(buf_str(&b))));
	b.len--;
	buf_adds(&b, ",\"p0\":0}"); /* where a name stands twice, the last counts */
	assert_true(json_equal(parsed_str(buf_str(&a)), parsed_str(buf_str(&b))));
	b.len--;
	buf_adds(&b, ",\"q\":0}");
	assert_false(json_equal(parsed_str(buf_str(&a)), parsed_str(buf_str(&b))));
	assert_false(json_equal(parsed_str(buf_str(&b)), parsed_str(buf_str(&a))));
	buf_release(&a);
	buf_release(&b);
}

/* "type" takes null here, but none of the values is: an optional member could not be left out. */
static void
an_optional_member_of_few_values_can_be_left_out(void **state)
{
	static const char *const members[] = { "{\"type\":[\"string\",\"null\"],\"enum\":[\"a\"]}",
		"{\"type\":[\"string\",\"null\"],\"const\":\"a\"}", "{\"enum\":[\"a\"]}" };
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct schema_fit fit;
	struct schema *schema;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof members / sizeof *members; i++) {
		buf_reset(&text);
		buf_addf(&text, "{\"type\":\"object\",\"properties\":{\"v\":%s}}", members[i]);
		assert_true(schema_fit(&fit, parsed_str(buf_str(&text)), &schema_target_openai));
		assert_true(fit.nulls);
		schema = schema_compile(parsed_str(buf_str(&fit.text)), &err);
		assert_non_null(schema);
		assert_true(schema_valid(schema, json_literal("{\"v\":null}"), NULL));
		assert_true(schema_valid(schema, json_literal("{\"v\":\"a\"}"), NULL));
		schema_free(schema);
		schema_fit_release(&fit);
	}
	buf_release(&text);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found_however_they_are_spelled),
		cmocka_unit_test(a_schema_of_many_members_takes_no_time_to_fit_or_check),
		cmocka_unit_test(many_members_are_equal_in_any_order),
		cmocka_unit_test(an_optional_member_of_few_values_can_be_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
