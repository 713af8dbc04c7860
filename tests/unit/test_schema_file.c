/* SPDX-License-Identifier: MIT */
/* test_schema_file - schemas in files: what references may lead to, and what they may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "json/schema_file.h"
#include "support/scratch.h"
#include "sys/file.h"

static void
put(const char *path, const char *text)
{
	struct err err = ERR_INIT;

	assert_int_equal(file_replace(path, str_of(text), &err), 0);
}

static int
enter(void **state)
{
	struct err err = ERR_INIT;

	if (scratch_enter(state) < 0 || file_mkdirs("in/sub", &err) < 0)
		return -1;
	put("in/a.json", "{\"$ref\":\"sub/b.json#/$defs/n\"}");
	put("in/sub/b.json", "{\"$defs\":{\"n\":{\"$ref\":\"../c%20d.yaml\"}}}");
	put("in/c d.yaml", "type: integer\nminimum: 3\n");
	put("out.json", "{\"type\":\"null\"}");
	put("in/climbs.json", "{\"$ref\":\"sub/../../out.json\"}");
	put("in/links.json", "{\"$ref\":\"link.json\"}");
	put("in/nets.json", "{\"$ref\":\"http://127.0.0.1/x.json\"}");
	put("in/lacks.json", "{\"$ref\":\"sub/b.json#/$defs/m\"}");
	put("in/broken.json", "{\"$ref\":\"bad.json\"}");
	put("in/bad.json", "{\"type\":");
	put("in/odd.json", "{\"$ref\":\"oddly.json\"}");
	put("in/oddly.json", "{\"type\":\"int\"}");
	return symlink("../out.json", "in/link.json");
}

/* want: what is wrong with 2, or how the refusal ends. */
static void
assert_read(const char *path, const char *base, const char *want)
{
	struct err err = ERR_INIT;
	struct schema *s = schema_file_compile(path, base, &err);

	if (s && schema_valid(s, json_literal("2"), &err))
		fail_msg("%s: 2 fits", path);
	if (!str_ends(str_of(err.text), want))
		fail_msg("%s: %s", path, err.text);
	assert_int_equal(err.code, s ? EXIT_NO
				   : str_ends(str_of(err.text), "directory") && !base
				       ? EXIT_IO
				       : EXIT_CONFIG);
	schema_free(s);
}

static void
references_lead_to_files_below_the_base(void **state)
{
	(void)state;
	assert_read("in/a.json", "in", "is 2, the schema wants at least 3");
	assert_read("in/a.json", ".", "is 2, the schema wants at least 3");
	assert_read("in/climbs.json", ".", "is a number, the schema wants \"null\"");
	assert_read("in/links.json", "in/..", "is a number, the schema wants \"null\"");
}

static void
nothing_leads_out_of_the_base(void **state)
{
	(void)state;
	assert_read("in/a.json", NULL,
	    "sub/b.json is another file, and no --base says that it may be read");
	assert_read("in/climbs.json", "in", "/out.json is not below in");
	assert_read("in/links.json", "in", "/link.json is not below in");
	assert_read("in/a.json", "in/sub", "/in/c d.yaml is not below in/sub");
	assert_read("in/nets.json", ".",
	    "http://127.0.0.1/x.json is not fetched: references lead to files, below --base");
	assert_read("in/a.json", "nowhere", "cannot read nowhere: No such file or directory");
}

static void
what_a_reference_leads_to_must_be_a_schema(void **state)
{
	(void)state;
	assert_read("in/lacks.json", "in", "sub/b.json has nothing at #/$defs/m");
	assert_read("in/broken.json", "in", "where a value should stand");
	assert_read("in/odd.json", "in", "schema /type: names no type");
	assert_read("in/none.json", NULL, "No such file or directory");
}

static bool
keep(void *user, const struct schema_failure *f)
{
	buf_addstr(user, f->schema_path);
	return true;
}

static void
a_failure_in_another_file_names_it(void **state)
{
	struct buf path = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct schema *s = schema_file_compile("in/a.json", "in", &err);

	(void)state;
	assert_non_null(s);
	assert_false(schema_explain(s, json_literal("1"), keep, &path));
	assert_true(str_starts(buf_str(&path), "file:///"));
	assert_true(str_ends(buf_str(&path), "/in/c%20d.yaml#/minimum"));
	schema_free(s);
	buf_release(&path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(references_lead_to_files_below_the_base),
		cmocka_unit_test(nothing_leads_out_of_the_base),
		cmocka_unit_test(what_a_reference_leads_to_must_be_a_schema),
		cmocka_unit_test(a_failure_in_another_file_names_it),
	};

	return cmocka_run_group_tests(tests, enter, scratch_leave);
}
