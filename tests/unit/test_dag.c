/* SPDX-License-Identifier: MIT */
/* Whole runs: nothing before its time, no more at once than allowed, every event as its schema
 * says. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "flow/run.h"
#include "flow/rundir.h"
#include "flow/workflow.h"
#include "support/parsed.h"
#include "support/scratch.h"
#include "support/top.h"
#include "sys/file.h"

#define HEAD "apiVersion: agentflow.io/v1\nkind: Workflow\nmetadata: {name: w}\nspec:\n"

extern char **environ;

/* --- running --- */

struct told {
	struct buf lines;
	uv_loop_t loop;
	int status;
	struct err err;
};

static void
keep_events(void *user, struct str lines)
{
	buf_addstr(&((struct told *)user)->lines, lines);
}

static const char *
no_env(const char *name)
{
	(void)name;
	return NULL;
}

static void
run_workflow(struct told *told, const char *spec, int64_t at_once, const char *llm)
{
	static const char *const here[] = { ".", NULL };
	const char *llm_call[] = { llm, NULL };
	char *text = xasprintf(HEAD "%s", spec);
	struct rundir rd;
	struct workflow *w;
	struct run *run;
	struct rand chance;

	*told = (struct told){ .lines = BUF_INIT(BUF_UNLIMITED), .err = ERR_INIT };
	assert_int_equal(file_replace("w.yaml", str_of(text), &told->err), 0);
	w = workflow_load("w.yaml", &(struct workflow_setup){ .agent_dirs = here }, &told->err);
	if (!w)
		fail_msg("%s", told->err.text);
	rand_seed_random(&chance);
	assert_int_equal(rundir_create(&rd, "runs", NULL, &chance, &told->err), 0);
	assert_int_equal(uv_loop_init(&told->loop), 0);
	run = run_new(&(struct run_config){
	    .loop = &told->loop,
	    .workflow = w,
	    .dir = &rd,
	    .input = json_literal("{\"n\":1}"),
	    .env = (const char *const *)environ,
	    .getenv = no_env,
	    .llm_call = llm_call,
	    .max_running = at_once,
	    .grace_ms = 100,
	    .seed = 1,
	    .events = keep_events,
	    .user = told,
	});
	told->status = run_execute(run, &told->err);
	run_free(run);
	uv_run(&told->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&told->loop), 0);
	rundir_release(&rd);
	workflow_free(w);
	free(text);
}

static size_t
count_events(const struct told *told, const char *event)
{
	struct str rest = buf_str(&told->lines), line;
	struct err err = ERR_INIT;
	struct json e;
	size_t n = 0;

	while (str_split(&rest, '\n', &line)) {
		if (line.len && json_parse(line.p, line.len, &e, &err) == 0)
			n += json_eq(json_get(e, "event"), event);
	}
	return n;
}

static void
check_events(const struct told *told)
{
	struct schema *schema = parsed_schema("event");
	struct str rest = buf_str(&told->lines), line;
	struct err err = ERR_INIT;
	struct json e;
	int64_t seq, want = 1;

	while (str_split(&rest, '\n', &line) && line.len) {
		e = parsed_str(line);
		if (!schema_valid(schema, e, &err))
			fail_msg("%s\n%.*s", err.text, (int)line.len, line.p);
		assert_true(json_i64(json_get(e, "seq"), &seq));
		assert_int_equal(seq, want++);
	}
	assert_true(want > 2);
	schema_free(schema);
}

/* --- the tests --- */

enum { RANDOM_NODES = 120, AT_ONCE = 5 };

static int
number_of(struct json name)
{
	struct buf text = BUF_INIT(64);
	int n;

	json_text(name, &text);
	n = (int)strtol(text.p + 1, NULL, 10);
	buf_release(&text);
	return n;
}

static void
nothing_starts_before_its_time_or_past_the_cap(void **state)
{
	static bool waits_for[RANDOM_NODES][RANDOM_NODES];
	bool done[RANDOM_NODES] = { false };
	struct buf spec = BUF_INIT(BUF_UNLIMITED);
	struct str rest, line;
	struct told told;
	struct rand chance;
	struct json e;
	int running = 0, most = 0;

	(void)state;
	rand_seed(&chance, 3);
	buf_adds(&spec, "  nodes:\n");
	for (size_t i = 0; i < RANDOM_NODES; i++) {
		buf_addf(&spec,
		    "    - {name: n%zu, kind: command, command: [\"true\"], dependsOn: [", i);
		for (size_t k = 0; k < i; k++) {
			waits_for[i][k] = rand_below(&chance, 40) == 0;
			if (waits_for[i][k])
				buf_addf(&spec, "n%zu, ", k);
		}
		buf_adds(&spec, "]}\n");
	}
	run_workflow(&told, spec.p, AT_ONCE, "");
	assert_int_equal(told.status, EXIT_OK);
	check_events(&told);
	rest = buf_str(&told.lines);
	while (str_split(&rest, '\n', &line) && line.len) {
		e = parsed_str(line);
		if (json_eq(json_get(e, "event"), "node.started")) {
			int i = number_of(json_get(e, "node"));

			for (size_t k = 0; k < RANDOM_NODES; k++)
				assert_true(!waits_for[i][k] || done[k]);
			if (++running > most)
				most = running;
		} else if (json_eq(json_get(e, "event"), "node.finished")) {
			done[number_of(json_get(e, "node"))] = true;
			running--;
		}
	}
	assert_int_equal(count_events(&told, "node.finished"), RANDOM_NODES);
	assert_int_equal(most, AT_ONCE);
	buf_release(&told.lines);
	buf_release(&spec);
}

static void
every_kind_of_end_is_an_event_of_the_schema(void **state)
{
	static const char answers[] =
	    "#!/bin/sh\n"
	    "exec jq -c --unbuffered 'if .meta.node == \"refused\" then\n"
	    "  {type: \"response\", id, ok: false, error: {kind: \"auth\", message: \"no\", retryable: "
	    "false}}\n"
	    "else {type: \"chunk\", id, seq: 0, delta: {content: \"x\"}}, {type: \"response\", id, ok: "
	    "true,\n"
	    "  provider: \"p\", model: \"m\", content: \"7\", stop: \"end\", ttftMs: 1.5,\n"
	    "  usage: {tokensIn: 1, tokensOut: 1, source: \"reported\"}} end'\n";
	struct told told;

	(void)state;
	assert_int_equal(file_replace("llm", str_of(answers), &told.err), 0);
	assert_int_equal(chmod("llm", 0755), 0);
	run_workflow(&told,
	    "  nodes:\n"
	    "    - {name: s, kind: start}\n"
	    "    - {name: ok, kind: command, command: 'echo 1', dependsOn: [s]}\n"
	    "    - {name: big, kind: command, command: 'yes | head -c 70000'}\n"
	    "    - {name: bad, kind: command, command: 'exit 1', retry: {maxAttempts: 2, delay: 1ms}}\n"
	    "    - {name: after, kind: command, command: 'true', dependsOn: [bad]}\n"
	    "    - {name: guarded, kind: command, command: 'true', when: false}\n"
	    "    - {name: shot, kind: command, command: 'kill -9 $$'}\n"
	    "    - {name: slow, kind: command, command: 'sleep 60', timeout: 50ms}\n"
	    "    - {name: asked, kind: prompt, prompt: hi, model: 'p:m', output: '.output | tonumber'}\n"
	    "    - {name: refused, kind: prompt, prompt: hi, model: 'p:m'}\n",
	    4, "./llm");
	assert_int_equal(told.status, EXIT_NO);
	check_events(&told);
	assert_int_equal(count_events(&told, "node.retry"), 1);
	assert_int_equal(count_events(&told, "node.skipped"), 2);
	assert_int_equal(count_events(&told, "node.finished"), 8);
	assert_non_null(strstr(told.lines.p, "\"output\":7"));
	assert_non_null(strstr(told.lines.p, "\"outputFile\":\"nodes/big/1/output.json\""));
	buf_release(&told.lines);
}

/* A chain that fails at its head is skipped to its end: by a loop, not by recursion. */
static void
a_long_chain_is_skipped_without_end_of_stack(void **state)
{
	enum { N = 20000 };
	struct buf spec = BUF_INIT(BUF_UNLIMITED);
	struct told told;

	(void)state;
	buf_adds(&spec, "  nodes:\n    - {name: n0, kind: command, command: 'exit 9'}\n");
	for (int i = 1; i < N; i++)
		buf_addf(&spec, "    - {name: n%d, kind: start, dependsOn: [n%d]}\n", i, i - 1);
	run_workflow(&told, spec.p, 1, "");
	assert_int_equal(told.status, EXIT_NO);
	assert_int_equal(count_events(&told, "node.skipped"), N - 1);
	buf_release(&told.lines);
	buf_release(&spec);
}

static void
delays_grow_as_told_and_stay_within_their_bounds(void **state)
{
	struct retry r = { .max_attempts = 9, .delay_ms = 100, .max_delay_ms = 1000 };
	const int64_t whole[][4] = {
		[BACKOFF_EXPONENTIAL] = { 100, 200, 400, 1000 },
		[BACKOFF_LINEAR] = { 100, 200, 300, 1000 },
		[BACKOFF_CONSTANT] = { 100, 100, 100, 100 },
		[BACKOFF_NONE] = { 0, 0, 0, 0 },
	};
	const int64_t attempts[] = { 1, 2, 3, 900 };
	struct rand chance, same;
	int64_t ms;

	(void)state;
	rand_seed(&chance, 5);
	rand_seed(&same, 5);
	for (int backoff = BACKOFF_EXPONENTIAL; backoff <= BACKOFF_NONE; backoff++) {
		r.backoff = (enum backoff)backoff;
		for (int i = 0; i < 4; i++) {
			ms = retry_delay_ms(&r, attempts[i], 0, &chance);
			assert_true(ms <= whole[backoff][i] && 2 * ms >= whole[backoff][i]);
			assert_int_equal(retry_delay_ms(&r, attempts[i], 0, &same), ms);
		}
	}
	assert_int_equal(retry_delay_ms(&r, 1, 5000, &chance), 5000);
	r = (struct retry){
		.backoff = BACKOFF_LINEAR, .delay_ms = INT64_MAX / 2, .max_delay_ms = INT64_MAX
	};
	assert_true(retry_delay_ms(&r, 900, 0, &chance) > 0);
	r.backoff = BACKOFF_EXPONENTIAL;
	assert_true(retry_delay_ms(&r, 900, 0, &chance) > 0);
}

/* Every workflow and agent file of the tree that loads fits its schema. */
static void
check_files(const char *pattern, const char *schema_name, size_t at_least)
{
	char *path = top_file(pattern);
	struct schema *schema = parsed_schema(schema_name);
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct yaml_doc *doc;
	struct json v;
	glob_t files;

	assert_int_equal(glob(path, 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= at_least);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		doc = yaml_load(files.gl_pathv[i], &err);
		if (!doc)
			fail_msg("%s", err.text);
		buf_reset(&text);
		yaml_to_json(yaml_root(doc), &text);
		v = parsed_str(buf_str(&text));
		if (json_exists(json_find(v, "spec.nodes")) ||
		    !json_eq(json_get(v, "kind"), "Workflow") ||
		    json_exists(json_find(v, "spec.agents"))) {
			if (!schema_valid(schema, v, &err))
				fail_msg("%s: %s", files.gl_pathv[i], err.text);
		}
		yaml_doc_free(doc);
	}
	globfree(&files);
	schema_free(schema);
	buf_release(&text);
	free(path);
}

static void
the_files_of_this_tree_fit_their_schemas(void **state)
{
	(void)state;
	check_files("tests/cli/dag-run/*/w.yaml", "workflow", 20);
	check_files("examples/*/workflow.yaml", "workflow", 1);
	check_files("examples/*/agents/*/*/agent.yaml", "agent", 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_starts_before_its_time_or_past_the_cap),
		cmocka_unit_test(every_kind_of_end_is_an_event_of_the_schema),
		cmocka_unit_test(a_long_chain_is_skipped_without_end_of_stack),
		cmocka_unit_test(delays_grow_as_told_and_stay_within_their_bounds),
		cmocka_unit_test(the_files_of_this_tree_fit_their_schemas),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
