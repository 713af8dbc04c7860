/* SPDX-License-Identifier: MIT */
/*
 * test_schema_suite - the JSON Schema organisation's test suite, drafts 7 and 2020-12.
 *
 * It lies in $AGENTFLOW_SPECS/json-schema-test-suite (else ../shared/specs beside the tree). What
 * we do not support is listed below by name, with the reason, and counted; a listed case that
 * passes is a failure too, so that the list stays true.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "json/json.h"
#include "json/schema.h"
#include "sys/file.h"

#define METASCHEMA "the drafts' own schemas are no documents that can be referred to"
#define VOCABULARY "a metaschema of one's own is not read"
#define PROPERTY "\\p{...} in a pattern"
#define CONTENT "contentEncoding and contentMediaType are annotations"

/* file: how its path ends. group NULL: every group of the file, passing or not. */
static const struct unsupported {
	const char *file, *group, *reason;
} unsupported[] = {
	{ "ref.json", "remote ref, containing refs itself", METASCHEMA },
	{ "defs.json", "validate definition against metaschema", METASCHEMA },
	{ "definitions.json", "validate definition against metaschema", METASCHEMA },
	{ "vocabulary.json",
	    "schema that uses custom metaschema with with no validation vocabulary", VOCABULARY },
	{ "format-assertion.json",
	    "schema that uses custom metaschema with format-assertion: false", VOCABULARY },
	{ "format-assertion.json", "schema that uses custom metaschema with format-assertion: true",
	    VOCABULARY },
	{ "pattern.json", "pattern with Unicode property escape requires unicode mode", PROPERTY },
	{ "ecmascript-regex.json", "patterns always use unicode semantics with pattern", PROPERTY },
	{ "ecmascript-regex.json", "pattern with non-ASCII digits", PROPERTY },
	{ "ecmascript-regex.json", "patterns always use unicode semantics with patternProperties",
	    PROPERTY },
	{ "ecmascript-regex.json", "patternProperties with non-ASCII digits", PROPERTY },
	{ "draft7/optional/content.json",
	    "validation of string-encoded content based on media type", CONTENT },
	{ "draft7/optional/content.json", "validation of binary string-encoding", CONTENT },
	{ "draft7/optional/content.json", "validation of binary-encoded media type documents",
	    CONTENT },
};
enum { UNSUPPORTED = sizeof unsupported / sizeof *unsupported };

struct tally {
	size_t passed, failed, skipped;
};

/* One of the suite's directories, or NULL. */
static char *
suite_dir(const char *which)
{
	char *suite = file_join("json-schema-test-suite", which);
	const char *specs = getenv("AGENTFLOW_SPECS"), *top = getenv("top");
	char *dir = file_join(top ? top : ".", "../shared/specs"), *path;

	path = file_join(specs && *specs ? specs : dir, suite);
	free(suite);
	free(dir);
	if (file_exists(path))
		return path;
	free(path);
	return NULL;
}

static char *
text_of(struct json group, const char *key)
{
	char *s = json_strdup(json_get(group, key));

	assert_non_null(s);
	return s;
}

static const struct unsupported *
find_unsupported(const char *file, const char *group)
{
	const struct unsupported *u;

	for (u = unsupported; u < unsupported + UNSUPPORTED; u++) {
		if (str_ends(str_of(file), u->file) && (!u->group || strcmp(u->group, group) == 0))
			return u;
	}
	return NULL;
}

/* The documents that the suite wants to be found at an address. */
static int
load(void *user, const char *uri, struct buf *text, struct err *err)
{
	static const char server[] = "http://localhost:1234/";
	char *path;
	int rc;

	if (strncmp(uri, server, strlen(server)) != 0)
		return err_set(err, EXIT_CONFIG, "%s is nowhere", uri);
	path = file_join(user, uri + strlen(server));
	rc = file_read(path, text, err);
	free(path);
	return rc;
}

/* The group's schema, with the draft that its directory stands for where it names none. */
static struct schema *
compile(struct json schema, bool is_draft7, struct err *err)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	char *remotes = suite_dir("remotes");
	struct schema_source source = { .uri = "", .load = load, .user = remotes };
	struct schema *compiled;
	struct json v;

	if (is_draft7 && json_is(schema, JSON_OBJECT) &&
	    !json_exists(json_get(schema, "$schema"))) {
		buf_adds(&text, "{\"$schema\":\"http://json-schema.org/draft-07/schema#\"");
		buf_adds(&text, json_count(schema) ? "," : "");
		buf_add(&text, schema.p + 1, schema.len - 1);
	} else {
		buf_addstr(&text, json_raw(schema));
	}
	assert_int_equal(json_parse(text.p, text.len, &v, err), 0);
	compiled = schema_compile_from(v, remotes ? &source : NULL, err);
	buf_release(&text);
	free(remotes);
	return compiled;
}

static void
count_group(struct tally *tally, const char *file, const char *name, size_t count, size_t failed)
{
	const struct unsupported *u = find_unsupported(file, name);

	tally->passed += count - failed;
	if (!u) {
		tally->failed += failed;
	} else if (failed) {
		print_message(
		    "# skip %s: %s: %zu of %zu tests: %s\n", file, name, failed, count, u->reason);
		tally->skipped += failed;
	} else if (u->group) {
		print_error("%s: %s: passes, though listed as not supported\n", file, name);
		tally->failed++;
	}
}

static void
run_group(const char *file, struct json group, bool is_draft7, struct tally *tally)
{
	char *name = text_of(group, "description");
	struct err err = ERR_INIT, why = ERR_INIT;
	struct schema *s = compile(json_get(group, "schema"), is_draft7, &err);
	struct json_iter it = json_each(json_get(group, "tests"));
	size_t failed = 0, count = 0;

	for (; json_next(&it); count++) {
		bool want = json_is_true(json_get(it.value, "valid"));
		bool fits = s && schema_valid(s, json_get(it.value, "data"), &why);
		char *test = text_of(it.value, "description");

		failed += !s || fits != want;
		if ((!s || fits != want) && !find_unsupported(file, name))
			print_error("%s: %s: %s: %s\n", file, name, test, s ? why.text : err.text);
		free(test);
	}
	count_group(tally, file, name, count, failed);
	schema_free(s);
	free(name);
}

/* file: within the suite. */
static void
run_file(const char *suite, const char *file, bool is_draft7, struct tally *tally)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	char *path = file_join(suite, file);
	struct err err = ERR_INIT;
	struct json_iter it;
	struct json v;

	assert_int_equal(file_read(path, &text, &err), 0);
	assert_int_equal(json_parse(text.p, text.len, &v, &err), 0);
	for (it = json_each(v); json_next(&it);)
		run_group(file, it.value, is_draft7, tally);
	buf_release(&text);
	free(path);
}

static void
run_dir(const char *draft, bool is_draft7)
{
	struct tally tally = { 0, 0, 0 };
	char *suite = suite_dir("tests"), *dir, *file;
	struct dirent *entry;
	DIR *d;

	if (!suite) {
		print_message(
		    "# skip: no json-schema-test-suite in $AGENTFLOW_SPECS or ../shared/specs\n");
		skip();
	}
	dir = file_join(suite, draft);
	d = opendir(dir);
	assert_non_null(d);
	while ((entry = readdir(d))) {
		if (!str_ends(str_of(entry->d_name), ".json"))
			continue;
		file = file_join(draft, entry->d_name);
		run_file(suite, file, is_draft7, &tally);
		free(file);
	}
	(void)closedir(d); /* was only read */
	print_message("# %s: %zu passed, %zu failed, %zu not supported\n", draft, tally.passed,
	    tally.failed, tally.skipped);
	free(dir);
	free(suite);
	assert_true(tally.passed > 0);
	assert_int_equal(tally.failed, 0);
}

static void
draft_2020_12_is_followed(void **state)
{
	(void)state;
	run_dir("draft2020-12", false);
}

static void
draft_2020_12_optional_parts_are_followed(void **state)
{
	(void)state;
	run_dir("draft2020-12/optional", false);
}

static void
draft_7_is_followed(void **state)
{
	(void)state;
	run_dir("draft7", true);
}

static void
draft_7_optional_parts_are_followed(void **state)
{
	(void)state;
	run_dir("draft7/optional", true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(draft_2020_12_is_followed),
		cmocka_unit_test(draft_2020_12_optional_parts_are_followed),
		cmocka_unit_test(draft_7_is_followed),
		cmocka_unit_test(draft_7_optional_parts_are_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
