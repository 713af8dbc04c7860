/* SPDX-License-Identifier: MIT */
/* test_record_path - what a policy's path is, and what it finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/record_path.h"
#include "support/parsed.h"

static void
a_path_is_names_behind_dots(void **state)
{
	(void)state;
	assert_true(record_path_is(".id"));
	assert_true(record_path_is(".tags.team-2._x"));
	assert_false(record_path_is(""));
	assert_false(record_path_is("."));
	assert_false(record_path_is("tags.team"));
	assert_false(record_path_is(".tags."));
	assert_false(record_path_is(".tags..team"));
	assert_false(record_path_is(".tags.2nd"));
	assert_false(record_path_is(".tags[0]"));
	assert_false(record_path_is(".tags .team"));
}

static void
what_is_there_may_be_any_json(void **state)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	(void)state;
	assert_true(record_path_text(".meta.n", json_literal("{\"meta\":{\"n\":12}}"), &out));
	assert_string_equal(out.p, "12");
	buf_reset(&out);
	assert_true(record_path_text(".meta.n", json_literal("{\"meta\":{\"n\":[1]}}"), &out));
	assert_string_equal(out.p, "[1]");
	buf_reset(&out);
	assert_true(record_path_text(".a", json_literal("{\"a\":\"\\u0062\\n\"}"), &out));
	assert_string_equal(out.p, "b\n");
	buf_release(&out);
}

static void
where_there_is_nothing_nothing_is_found(void **state)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	(void)state;
	buf_adds(&out, "before");
	assert_false(record_path_text(".meta.n", json_literal("{\"meta\":{\"n\":null}}"), &out));
	assert_false(record_path_text(".meta.n", json_literal("{\"meta\":{\"n\":\"\"}}"), &out));
	assert_false(record_path_text(".meta.n", json_literal("{\"meta\":7}"), &out));
	assert_false(record_path_text(".meta.n", json_literal("[]"), &out));
	assert_string_equal(out.p, "before");
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_names_behind_dots),
		cmocka_unit_test(what_is_there_may_be_any_json),
		cmocka_unit_test(where_there_is_nothing_nothing_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
