/* SPDX-License-Identifier: MIT */
/* test_schemas - the published schemas accept what the programs write, and refuse what they must
 * not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "flow/workflow.h"
#include "json/ndjson.h"
#include "json/schema_file.h"
#include "json/yaml.h"
#include "support/parsed.h"
#include "support/top.h"
#include "sys/file.h"

static const char *const kinds[] = { "request", "chunk", "response", "event" };
enum { KINDS = sizeof kinds / sizeof *kinds };
static struct schema *schemas[KINDS];

static int
load_schemas(void **state)
{
	(void)state;
	for (int i = 0; i < KINDS; i++)
		schemas[i] = parsed_schema(kinds[i]);
	return 0;
}

static int
free_schemas(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < KINDS; i++)
		schema_free(schemas[i]);
	return 0;
}

static bool
fits(const char *kind, const char *record)
{
	struct json v = parsed(record);
	struct err err = ERR_INIT;
	int i;

	for (i = 0; strcmp(kinds[i], kind) != 0; i++)
		assert_true(i + 1 < KINDS);
	return schema_valid(schemas[i], v, &err);
}

static void
every_schema_of_the_tree_compiles(void **state)
{
	char *pattern = top_file("share/schemas/*.json");
	struct err err = ERR_INIT;
	struct schema *s;
	glob_t found;
	size_t i;

	(void)state;
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (i = 0; i < found.gl_pathc; i++) {
		s = schema_file_compile(found.gl_pathv[i], NULL, &err);
		if (!s)
			fail_msg("%s", err.text);
		schema_free(s);
	}
	globfree(&found);
	free(pattern);
}

/* Each line of a file that is a record of a kind we have a schema for. Returns how many. */
static size_t
check_records(const char *path)
{
	char *operands[] = { (char *)(uintptr_t)path, NULL };
	struct ndjson_reader *in = ndjson_open(operands, NDJSON_LINE_MAX);
	struct ndjson_line line;
	struct err err = ERR_INIT;
	size_t checked = 0;
	struct json v;
	int i;

	while (ndjson_next(in, &line, &err) > 0) {
		if (json_parse(line.text.p, line.text.len, &v, &err) < 0)
			continue; /* a case whose output is text */
		for (i = 0; i < KINDS; i++) {
			/* Cases cut out of events what differs from run to run. */
			if (!json_eq(json_get(v, "type"), kinds[i]) ||
			    (strcmp(kinds[i], "event") == 0 && !json_get(v, "run").kind))
				continue;
			checked++;
			if (!schema_valid(schemas[i], v, &err))
				fail_msg(
				    "%s:%llu: %s", path, (unsigned long long)line.number, err.text);
		}
	}
	ndjson_close(in);
	return checked;
}

static void
what_the_programs_write_fits_the_schemas(void **state)
{
	char *pattern = top_file("tests/cli/*/*/out");
	size_t checked = 0, i;
	glob_t found;

	(void)state;
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (i = 0; i < found.gl_pathc; i++) {
		/* Filters carry through what others wrote, odd or not. */
		if (!strstr(found.gl_pathv[i], "/cost-calc/"))
			checked += check_records(found.gl_pathv[i]);
	}
	assert_true(checked >= 20);
	globfree(&found);
	free(pattern);
}

/* A whole run: commands that succeed, are tried again, fail, and are passed over. */
static void
a_journal_fits_the_schema_of_events(void **state)
{
	static const char workflow[] =
	    "apiVersion: agentflow.io/v1\nkind: Workflow\n"
	    "metadata: {name: schemas}\nspec:\n  nodes:\n"
	    "    - {name: a, kind: command, command: [echo, '{}']}\n"
	    "    - {name: b, kind: command, command: 'exit 3',\n"
	    "       retry: {maxAttempts: 2, backoff: none}}\n"
	    "    - {name: c, kind: command, command: [cat], dependsOn: [b]}\n"
	    "    - {name: d, kind: command, command: [cat], when: 'false'}\n";
	const char *build = getenv("BUILD");
	char *dir = xstrdup("/tmp/test_schemas.XXXXXX"), *program, *path, *command, *journal;
	struct err err = ERR_INIT;
	FILE *p;

	(void)state;
	program = file_join(build ? build : "build", "bin/dag-run");
	if (!file_exists(program))
		skip();
	assert_non_null(mkdtemp(dir));
	path = file_join(dir, "w.yaml");
	journal = file_join(dir, "runs/latest/journal.ndjson");
	assert_int_equal(file_replace(path, str_of(workflow), &err), 0);
	command = xasprintf("%s -q --runs-dir %s/runs %s >/dev/null", program, dir, path);
	p = popen(command, "r");
	assert_non_null(p);
	assert_int_equal(WEXITSTATUS(pclose(p)), EXIT_NO);
	assert_true(check_records(journal) >= 12);
	free(command);
	command = xasprintf("rm -rf %s", dir);
	p = popen(command, "r");
	assert_int_equal(pclose(p), 0);
	free(command);
	free(journal);
	free(path);
	free(program);
	free(dir);
}

static void
requests_are_told_from_what_is_none(void **state)
{
	(void)state;
	assert_true(fits("request", "{\"prompt\":\"x\",\"unknown\":1}"));
	assert_true(fits("request",
	    "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"},"
	    "{\"type\":\"image\",\"url\":\"u\"}]}],\"options\":{\"reasoning\":{\"budgetTokens\":9}}}"));
	assert_false(fits("request", "{\"model\":\"m\"}"));
	assert_false(fits("request", "{\"messages\":[{\"role\":\"robot\",\"content\":\"x\"}]}"));
	assert_false(fits("request", "{\"prompt\":\"x\",\"options\":{\"maxTokens\":0}}"));
}

static void
a_failed_response_must_say_why(void **state)
{
	(void)state;
	assert_true(fits("response",
	    "{\"type\":\"response\",\"ok\":false,\"error\":{\"kind\":\"auth\",\"message\":\"m\","
	    "\"retryable\":false}}"));
	assert_false(fits("response", "{\"type\":\"response\",\"ok\":false}"));
	assert_false(fits("response",
	    "{\"type\":\"response\",\"ok\":false,\"error\":{\"kind\":\"odd\",\"message\":\"m\","
	    "\"retryable\":false}}"));
	assert_false(fits("response", "{\"type\":\"response\",\"ok\":true,\"stop\":\"stopped\"}"));
}

static void
a_chunk_is_a_delta_or_a_restart(void **state)
{
	(void)state;
	assert_true(fits(
	    "chunk", "{\"type\":\"chunk\",\"id\":\"1\",\"seq\":0,\"delta\":{\"content\":\"x\"}}"));
	assert_true(fits(
	    "chunk", "{\"type\":\"chunk\",\"id\":\"1\",\"seq\":3,\"restart\":true,\"attempt\":2}"));
	assert_false(fits("chunk", "{\"type\":\"chunk\",\"id\":\"1\",\"seq\":0,\"delta\":{}}"));
	assert_false(fits("chunk", "{\"type\":\"chunk\",\"id\":\"1\",\"seq\":0}"));
}

/* --- workflows --- */

static struct schema *workflows;

/* Whether the schema takes the file, as JSON; why it does not is in err. */
static bool
schema_takes(const char *path, struct err *err)
{
	struct yaml_doc *doc = yaml_load(path, err);
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	bool taken;

	assert_non_null(doc);
	yaml_to_json(yaml_root(doc), &text);
	taken = schema_valid(workflows, parsed_str(buf_str(&text)), err);
	buf_release(&text);
	yaml_doc_free(doc);
	return taken;
}

static bool
loader_takes(const char *path, const char *agents, struct err *err)
{
	const char *const dirs[] = { agents, NULL };
	struct workflow *w = workflow_load(
	    path, &(struct workflow_setup){ .agent_dirs = dirs }, err);
	bool taken = w != NULL;

	workflow_free(w);
	return taken;
}

static int
load_workflow_schema(void **state)
{
	(void)state;
	workflows = parsed_schema("workflow");
	return 0;
}

static int
free_workflow_schema(void **state)
{
	(void)state;
	schema_free(workflows);
	return 0;
}

static void
the_example_and_what_the_cases_run_fit_the_schema_of_workflows(void **state)
{
	static const char *const patterns[] = { "examples/*/workflow.yaml",
		"tests/cli/dag-run/*/w.yaml" };
	struct err err = ERR_INIT;
	size_t i, n = 0;
	glob_t found;
	int p;

	(void)state;
	for (p = 0; p < 2; p++) {
		char *pattern = top_file(patterns[p]),
		     *agents = top_file("examples/customer-support");

		assert_int_equal(glob(pattern, 0, NULL, &found), 0);
		for (i = 0; i < found.gl_pathc; i++) {
			if (!loader_takes(found.gl_pathv[i], agents, &err))
				continue;
			n++;
			if (!schema_takes(found.gl_pathv[i], &err))
				fail_msg("%s: %s", found.gl_pathv[i], err.text);
		}
		globfree(&found);
		free(agents);
		free(pattern);
	}
	assert_true(n >= 10);
}

#define NODE(members) "  nodes: [{name: a, kind: command, command: x, " members "}]\n"

static void
the_schema_of_workflows_is_as_strict_as_the_loader(void **state)
{
	static const struct {
		bool good;
		const char *spec;
	} cases[] = {
		{ true, NODE("timeout: 1m30s, resources: {cpu: 200m, memory: 1.5Gi}") },
		{ true, NODE("timeout: 30, resources: {cpu: 0.5, storage: 10}") },
		{ true, NODE("retry: exponential, when: true, with: {x: .input}") },
		{ true, NODE("retry: {maxAttempts: 3, backoff: none, delay: 0.5s}") },
		{ true, NODE("limits: {llmCalls: 0}") "  config: {budgetUsd: 0.5}\n" },
		{ true, NODE("description: d") "  triggers: [{webhook: {path: /x}}]\n" },
		{ true,
		    "  nodes: [{name: a, kind: start}, {name: b, kind: end, dependsOn: [a]}]\n" },
		{ true,
		    "  nodes: [{name: a, kind: prompt, prompt: x, llm: {provider: p, model: 4}}]\n" },
		{ false, "  nodes: []\n" },
		{ false, "  nodes: [{name: a, kind: comand, command: x}]\n" },
		{ false, "  nodes: [{name: a, kind: approval}]\n" },
		{ false, "  nodes: [{name: a, command: x}]\n" },
		{ false, "  nodes: [{kind: command, command: x}]\n" },
		{ false, "  nodes: [{name: a, kind: prompt, model: 'p:m'}]\n" },
		{ false,
		    "  nodes: [{name: a, kind: prompt, prompt: x, model: 'p:m', image: i}]\n" },
		{ false, "  nodes: [{name: a, kind: start, timeout: 3s}]\n" },
		{ false, "  nodes: [{name: ../x, kind: start}]\n" },
		{ false, "  nodes: [{name: x/y, kind: start}]\n" },
		{ false, NODE("comand: y") },
		{ false, NODE("timeout: soon") },
		{ false, NODE("timeout: 0") },
		{ false, NODE("timeout: 0s") },
		{ false, NODE("timeout: -1") },
		{ false, NODE("resources: {memory: lots}") },
		{ false, NODE("resources: {cpu: -1}") },
		{ false, NODE("resources: {cpu: 0m}") },
		{ false, NODE("resources: {gpu: 1}") },
		{ false, NODE("limits: {llmCalls: many}") },
		{ false, NODE("retry: {maxAttempts: 0}") },
		{ false, NODE("retry: sometimes") },
		{ false, NODE("dependsOn: b") },
		{ false, NODE("with: [x]") },
		{ false, NODE("inputSchema: 3") },
		{ false, NODE("") "  config: {budgetUsd: -1}\n" },
		{ false, NODE("") "  config: {maxConcurrentExecutions: 0}\n" },
		{ false, NODE("") "  triggers: [{webhook: {path: x}}]\n" },
		{ false, NODE("") "  triggers: [{webhook: {path: /x}, schedule: '* * * * *'}]\n" },
		{ false, NODE("") "  env: PATH\n" },
		{ false, NODE("") "  conifg: {}\n" },
	};
	char path[] = "/tmp/test_schemas_w.XXXXXX";
	struct err err = ERR_INIT;
	char *text;
	size_t i;

	(void)state;
	close(mkstemp(path));
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		text = xasprintf(
		    "apiVersion: agentflow.io/v1\nkind: Workflow\nmetadata: {name: w}\n"
		    "spec:\n%s",
		    cases[i].spec);
		assert_int_equal(file_replace(path, str_of(text), &err), 0);
		if (loader_takes(path, ".", &err) != cases[i].good)
			fail_msg("the loader: %s: %s", cases[i].spec, err.text);
		if (schema_takes(path, &err) != cases[i].good)
			fail_msg("the schema: %s: %s", cases[i].spec, err.text);
		free(text);
	}
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_schema_of_the_tree_compiles),
		cmocka_unit_test(what_the_programs_write_fits_the_schemas),
		cmocka_unit_test(a_journal_fits_the_schema_of_events),
		cmocka_unit_test(requests_are_told_from_what_is_none),
		cmocka_unit_test(a_failed_response_must_say_why),
		cmocka_unit_test(a_chunk_is_a_delta_or_a_restart),
		cmocka_unit_test_setup_teardown(
		    the_example_and_what_the_cases_run_fit_the_schema_of_workflows,
		    load_workflow_schema, free_workflow_schema),
		cmocka_unit_test_setup_teardown(the_schema_of_workflows_is_as_strict_as_the_loader,
		    load_workflow_schema, free_workflow_schema),
	};

	return cmocka_run_group_tests_name("schemas", tests, load_schemas, free_schemas);
}
