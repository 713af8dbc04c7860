/* SPDX-License-Identifier: MIT */
/* test_recorded - every recorded exchange of every chat API, read and built again. */
#include <stdio.h>
#include <stdlib.h>

#include "base/die.h"
#include "recorded/recorded.h"
#include "support/top.h"
#include "sys/file.h"

static int tests, failures, skips;

/* One TAP line. why: reasons, a comment line each. */
static void
report(const char *id, const char *what, const char *skip, struct buf *why)
{
	bool ok = !why->len;

	/* A skip whose case passes is stale: it says so. */
	if (skip && ok) {
		buf_addf(why, "# it passes, though skipped: %s\n", skip);
		ok = false;
		skip = NULL;
	}
	if (skip)
		printf("ok %d - %s %s # skip %s\n", ++tests, id, what, skip);
	else
		printf("%s %d - %s %s\n%s", ok ? "ok" : "not ok", ++tests, id, what, why->p);
	skips += skip != NULL;
	failures += !ok && !skip;
	buf_reset(why);
}

static void
run_case(const char *root, const char *id)
{
	struct buf why = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct recorded c;

	if (!recorded_load(&c, root, id, &err)) {
		buf_addf(&why, "# %s\n", err.text);
		report(id, "loads", NULL, &why);
	} else {
		if (c.response.len) {
			recorded_check_response(&c, &why);
			recorded_check_cuts(&c, &why);
			report(id, "response", recorded_exception(id, "response"), &why);
		}
		if (c.request.len) {
			recorded_check_request(&c, &why);
			report(id, "request", recorded_exception(id, "request"), &why);
		}
	}
	recorded_release(&c);
	buf_release(&why);
}

static void
load(struct err *err)
{
	char *dir = top_file("tests/recorded"), *schemas = top_file("share/schemas"),
	     *skip = top_file("tests/recorded/skip.tsv");

	if (recorded_jq_load(dir, err) < 0 || recorded_exceptions_load(skip, err) < 0 ||
	    recorded_schemas_load(schemas, err) < 0)
		err_die(err);
	free(dir);
	free(schemas);
	free(skip);
}

int
main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : NULL; /* part of a case's name */
	char *root = recorded_root(), **list;
	struct err err = ERR_INIT;
	size_t i, count;

	die_init(argv[0]);
	if (!root) {
		printf(
		    "ok 1 - recorded traffic # skip no fixtures (set AGENTFLOW_FIXTURES)\n1..1\n");
		return 0;
	}
	load(&err);
	list = recorded_list(root, &count);
	for (i = 0; i < count; i++) {
		if (!only || strstr(list[i], only))
			run_case(root, list[i]);
	}
	if (!only && recorded_exceptions_unused())
		failures++;
	printf("1..%d\n# %d checks, %d failed, %d skipped\n", tests, tests, failures, skips);
	recorded_list_free(list);
	recorded_jq_free();
	recorded_schemas_free();
	free(root);
	return failures ? 1 : 0;
}
