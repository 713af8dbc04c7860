/* SPDX-License-Identifier: MIT */
/* Workflow files: what they mean, and what is said of those that mean nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "flow/workflow.h"
#include "support/scratch.h"
#include "support/top.h"
#include "sys/file.h"

static const char *const here[] = { ".", NULL };

#define HEAD "apiVersion: agentflow.io/v1\nkind: Workflow\nmetadata: {name: w}\nspec:\n"

static void
write_file(const char *path, const char *text)
{
	struct err err = ERR_INIT;
	const char *slash = strrchr(path, '/');
	char *parent = slash ? xmemdup(path, (size_t)(slash - path)) : NULL;

	if (parent)
		assert_int_equal(file_mkdirs(parent, &err), 0);
	assert_int_equal(file_replace(path, str_of(text), &err), 0);
	free(parent);
}

static struct workflow *
load(const char *text, const char *const *models, struct err *err)
{
	write_file("w.yaml", text);
	return workflow_load(
	    "w.yaml", &(struct workflow_setup){ .agent_dirs = here, .models = models }, err);
}

/* spec: the members of spec, indented by two. */
static struct workflow *
load_spec(const char *spec, const char *const *models)
{
	char *text = xasprintf(HEAD "%s", spec);
	struct err err = ERR_INIT;
	struct workflow *w = load(text, models, &err);

	if (!w)
		fail_msg("%s", err.text);
	free(text);
	return w;
}

static void
refuse_with(const char *text, const char *const *models, const char *message, enum exit_code code)
{
	struct err err = ERR_INIT;
	struct workflow *w = load(text, models, &err);

	assert_null(w);
	assert_string_equal(err.text, message);
	assert_int_equal(err.code, code);
}

static void
refuse(const char *spec, const char *message)
{
	char *text = xasprintf(HEAD "%s", spec);

	refuse_with(text, NULL, message, EXIT_CONFIG);
	free(text);
}

static const char customer_support[] =
    "apiVersion: agentflow.io/v1\n"
    "kind: Workflow\n"
    "metadata:\n"
    "  name: customer-support-pipeline\n"
    "  labels: {team: customer-success, environment: production}\n"
    "spec:\n"
    "  agents:\n"
    "    - name: ticket-classifier\n"
    "      image: agents/classifier:v1.2\n"
    "      llm: {provider: openai, model: gpt-4, temperature: 0.1}\n"
    "      resources: {memory: 512Mi, cpu: 200m, timeout: 30s}\n"
    "      retry: {maxAttempts: 3, backoff: exponential}\n"
    "    - name: response-generator\n"
    "      image: agents/responder:v1.0\n"
    "      llm: {provider: anthropic, model: claude-3-sonnet, maxTokens: 1000}\n"
    "      dependsOn: [ticket-classifier]\n"
    "      resources: {memory: 1Gi, cpu: 500m}\n"
    "    - name: quality-checker\n"
    "      image: agents/qa:v0.8\n"
    "      llm: {provider: openai, model: gpt-3.5-turbo}\n"
    "      dependsOn: [response-generator]\n"
    "  triggers:\n"
    "    - webhook: {path: /api/v1/tickets, method: POST}\n"
    "    - schedule: \"0 9 * * 1-5\"\n"
    "  config: {maxConcurrentExecutions: 10, defaultTimeout: 300s, retryPolicy: exponential}\n";

static void
make_agents(void)
{
	write_file("agents/classifier/v1.2/agent.yaml", "prompt: \"Sort: \\\\(.input.text)\"\n"
							"options: {temperature: 0.9, topP: 1}\n");
	write_file("agents/responder:v1.0/agent.yaml", "version: v1.0\nprompt: Answer\n");
	write_file("agents/qa/agent.yaml", "version: v0.8\ncommand: ./check.sh\n");
	write_file("agents/old/agent.yaml", "version: v0.1\nprompt: x\n");
	write_file("agents/mute/agent.yaml", "prompt: x\n");
}

static void
the_customer_support_workflow_means_what_it_says(void **state)
{
	struct err err = ERR_INIT;
	struct buf notes = BUF_INIT(BUF_UNLIMITED);
	struct workflow *w;

	(void)state;
	make_agents();
	w = load(customer_support, NULL, &err);
	if (!w)
		fail_msg("%s", err.text);
	assert_string_equal(w->name, "customer-support-pipeline");
	assert_int_equal(w->count, 3);
	assert_int_equal(w->max_concurrent, 10);
	assert_string_equal(w->nodes[0].task.model, "openai:gpt-4");
	assert_string_equal(w->nodes[0].task.options.p, "{\"temperature\":0.1,\"topP\":1}");
	assert_int_equal(w->nodes[0].timeout_ms, 30000);
	assert_int_equal(w->nodes[0].retry.max_attempts, 3);
	assert_string_equal(w->nodes[1].task.model, "anthropic:claude-3-sonnet");
	assert_string_equal(w->nodes[1].task.options.p, "{\"maxTokens\":1000}");
	assert_int_equal(w->nodes[1].timeout_ms, 300000);
	assert_int_equal(w->nodes[1].retry.max_attempts, 3); /* the policy of the whole */
	assert_true(node_is_llm(&w->nodes[1]));
	assert_false(node_is_llm(&w->nodes[2]));
	assert_string_equal(w->nodes[2].agent->dir, "./agents/qa");
	assert_int_equal(w->level[2], 2);
	assert_int_equal(workflow_find(w, STR_LIT("quality-checker")), 2);
	assert_int_equal(workflow_find(w, STR_LIT("quality-checke")), SIZE_MAX);
	workflow_print_notes(w, &notes);
	assert_string_equal(notes.p, "resources.memory, resources.cpu, triggers");
	buf_release(&notes);
	workflow_free(w);
}

static void
models_are_switched_with_one_word(void **state)
{
	const char *all[] = { "ollama:llama3.2", "ticket-classifier=anthropic:", NULL };
	const char *unknown[] = { "ticket-clasifier=x:y", NULL };
	const char *command[] = { "quality-checker=x:y", NULL };
	struct err err = ERR_INIT;
	struct workflow *w;

	(void)state;
	make_agents();
	w = load(customer_support, all, &err);
	assert_non_null(w);
	assert_string_equal(w->nodes[0].task.model, "anthropic:");
	assert_string_equal(w->nodes[1].task.model, "ollama:llama3.2");
	assert_null(w->nodes[2].task.model && node_is_llm(&w->nodes[2]) ? w : NULL);
	workflow_free(w);
	refuse_with(customer_support, unknown,
	    "model ticket-clasifier=x:y: there is no node \"ticket-clasifier\" (did you mean "
	    "\"ticket-classifier\"?)",
	    EXIT_USAGE);
	refuse_with(customer_support, command,
	    "model quality-checker=x:y: node \"quality-checker\" asks no model", EXIT_USAGE);
}

static void
agents_are_looked_for_by_name_and_version(void **state)
{
	(void)state;
	make_agents();
	refuse("  agents:\n    - {name: a, image: agents/none:v1, llm: {provider: x}}\n",
	    "w.yaml:6:24: no agent \"agents/none:v1\" (looked at ./agents/none/v1, "
	    "./agents/none:v1, ./agents/none)");
	refuse("  agents:\n    - {name: a, image: agents/old:v2, llm: {provider: x}}\n",
	    "w.yaml:6:24: no agent \"agents/old:v2\" (looked at ./agents/old/v2, "
	    "./agents/old:v2, ./agents/old (another version))");
	refuse("  agents:\n    - {name: a, image: agents/mute:v2, llm: {provider: x}}\n",
	    "w.yaml:6:24: no agent \"agents/mute:v2\" (looked at ./agents/mute/v2, "
	    "./agents/mute:v2, ./agents/mute (does not say its version))");
	refuse("  agents:\n    - {name: a, image: ../x:v2}\n",
	    "w.yaml:6:24: image \"../x:v2\": its path must be plain names");
	refuse("  agents:\n    - {name: a, image: /etc}\n",
	    "w.yaml:6:24: image \"/etc\": it must be a path without a leading slash");
	refuse("  agents:\n    - {name: a, image: \"x:..\"}\n",
	    "w.yaml:6:24: image \"x:..\": the version behind the colon is missing");
	refuse("  agents:\n    - {name: a, image: agents/mute}\n",
	    "w.yaml:6:7: \"a\" names no model: give it llm: {provider: ..., model: ...}");
	write_file("agents/both/agent.yaml", "prompt: x\ncommand: y\n");
	refuse("  agents:\n    - {name: a, image: agents/both}\n",
	    "./agents/both/agent.yaml:2:10: agent has both a prompt and a command");
	write_file("agents/typo/agent.yaml", "promt: x\n");
	refuse("  agents:\n    - {name: a, image: agents/typo}\n",
	    "./agents/typo/agent.yaml:1:1: unknown member \"promt\" in agent (did you mean "
	    "\"prompt\"?)");
}

static void
every_error_has_its_place(void **state)
{
	(void)state;
	refuse_with("", NULL, "w.yaml:1:1: a workflow is a map, and this is null", EXIT_CONFIG);
	refuse_with("kind: Workflow\n", NULL,
	    "w.yaml:1:1: a workflow begins with apiVersion: agentflow.io/v1 and kind: Workflow",
	    EXIT_CONFIG);
	refuse_with("apiVersion: agentflow.io/v2\nkind: Workflow\n", NULL,
	    "w.yaml:1:13: unknown apiVersion \"agentflow.io/v2\" (did you mean "
	    "\"agentflow.io/v1\"?)",
	    EXIT_CONFIG);
	refuse(
	    "  nodes: []\n", "w.yaml:5:3: the workflow has no nodes: spec needs agents or nodes");
	refuse("  nodes:\n    - {name: a, kind: command, comand: x}\n",
	    "w.yaml:6:32: unknown member \"comand\" in command (did you mean \"command\"?)");
	refuse("  nodes:\n    - {name: a, kind: comand, command: x}\n",
	    "w.yaml:6:23: unknown kind \"comand\" (did you mean \"command\"?)");
	refuse("  nodes:\n    - {name: a, kind: approval}\n",
	    "w.yaml:6:23: this version does not run nodes of kind approval: it runs agent, prompt, "
	    "command, start and end");
	refuse("  nodes:\n    - {name: a, command: x}\n",
	    "w.yaml:6:7: a node needs a kind: agent, prompt, command, start or end");
	refuse("  nodes:\n    - {kind: command, command: x}\n", "w.yaml:6:7: node has no name");
	refuse("  nodes:\n    - {name: a, kind: prompt, model: x}\n",
	    "w.yaml:6:7: node \"a\" has no prompt");
	refuse("  nodes:\n    - {name: a, kind: command, command: x}\n"
	       "    - {name: b, kind: start}\n    - {name: a, kind: start}\n",
	    "w.yaml:8:7: the name \"a\" is taken by the node at line 6");
	refuse("  nodes:\n    - {name: build, kind: command, command: x}\n"
	       "    - {name: b, kind: start, dependsOn: [biuld]}\n",
	    "w.yaml:7:42: \"b\" depends on \"biuld\", which is no node (did you mean \"build\"?)");
	refuse("  nodes:\n    - {name: a, kind: start, dependsOn: [c]}\n"
	       "    - {name: b, kind: start, dependsOn: [a]}\n"
	       "    - {name: c, kind: start, dependsOn: [b]}\n",
	    "w.yaml:6:7: the nodes wait for each other: a -> c -> b -> a");
	refuse("  nodes:\n    - {name: a, kind: start, dependsOn: [a]}\n",
	    "w.yaml:6:7: the nodes wait for each other: a -> a");
}

static void
names_must_be_fit_for_directories(void **state)
{
	(void)state;
	refuse("  nodes:\n    - {name: ../x, kind: start}\n",
	    "w.yaml:6:14: the name \"../x\" begins with a dot or a dash: it names a directory");
	refuse("  nodes:\n    - {name: x/y, kind: start}\n",
	    "w.yaml:6:14: the name \"x/y\" holds a \"/\" or \"=\": it names a directory");
	refuse("  nodes:\n    - {name: \"\", kind: start}\n", "w.yaml:6:14: name is empty");
	refuse("  nodes:\n    - {name: \"a\\tb\", kind: start}\n",
	    "w.yaml:6:14: the name \"a\tb\" holds a control character: it names a directory");
	assert_null(field_name_fault("Größe 7"));
	assert_non_null(field_name_fault("."));
	assert_non_null(field_name_fault(""));
}

static void
values_must_be_of_their_type(void **state)
{
#define NODE(member) "  nodes:\n    - {name: a, kind: command, command: x, " member "}\n"
	(void)state;
	refuse(NODE("timeout: soon"),
	    "w.yaml:6:53: timeout: \"soon\" is not a duration (250ms, 30s, 5m)");
	refuse(
	    NODE("timeout: 0"), "w.yaml:6:53: timeout: \"0\" is not a duration (250ms, 30s, 5m)");
	refuse(NODE("resources: {memory: lots}"),
	    "w.yaml:6:64: memory: \"lots\" is not a size (512Mi, 1Gi)");
	refuse(NODE("resources: {cpu: -1}"),
	    "w.yaml:6:61: cpu: \"-1\" is not a number of processors (200m, 2)");
	refuse(NODE("resources: {timeout: 1s}, timeout: 2s"),
	    "w.yaml:6:79: timeout is given twice: here and in resources");
	refuse(NODE("limits: {llmCalls: many}"),
	    "w.yaml:6:63: llmCalls: \"many\" is not a whole number of 0 or more");
	refuse(NODE("retry: {maxAttempts: 0}"),
	    "w.yaml:6:65: maxAttempts must lie between 1 and 1000");
	refuse(NODE("retry: {backoff: exponental}"),
	    "w.yaml:6:61: unknown backoff \"exponental\" (did you mean \"exponential\"?)");
	refuse(NODE("dependsOn: b"), "w.yaml:6:55: dependsOn: \"b\" is not a list");
	refuse(NODE("dependsOn: [[b]]"), "w.yaml:6:56: dependsOn[0] is not a text");
	refuse(NODE("inputSchema: 7"), "w.yaml:6:57: inputSchema: \"7\" is not a map");
	refuse(
	    NODE("with: [1]"), "w.yaml:6:50: with is a list, not a jq expression or a map of them");
#define ALONE "  nodes: [{name: a, kind: start}]\n"
	refuse(ALONE "  triggers: [{schedule: daily}]\n",
	    "w.yaml:6:25: schedule: \"daily\" is not five cron fields (minute hour day month "
	    "weekday)");
	refuse(ALONE "  triggers: [{webhook: {path: x}}]\n",
	    "w.yaml:6:31: a webhook's path begins with a slash");
	refuse(ALONE "  triggers: [{}]\n",
	    "w.yaml:6:14: a trigger is one of webhook, schedule and file");
	refuse(ALONE "  config: {maxConcurrentExecutions: 0}\n",
	    "w.yaml:6:37: maxConcurrentExecutions must be 1 or more");
	refuse(ALONE "  config: {budgetUsd: free}\n",
	    "w.yaml:6:23: budgetUsd: \"free\" is not an amount of dollars");
	refuse(ALONE "  llmRouting: {fallbacks: [{}]}\n",
	    "w.yaml:6:28: a fallback is \"provider:model\" or {provider, model}");
}

static void
an_expression_that_does_not_compile_has_its_place(void **state)
{
	(void)state;
	refuse("  nodes:\n    - {name: a, kind: command, command: x, when: '.a |'}\n",
	    "w.yaml:6:50: when: syntax error, unexpected ')'");
	refuse("  nodes:\n    - {name: a-b, kind: command, command: x}\n"
	       "    - {name: c, kind: command, command: x, output: '.nodes.a-b.output'}\n",
	    "w.yaml:7:52: output: b/0 is not defined (a name with a dash is written "
	    ".nodes[\"a-b\"])");
	refuse("  nodes:\n    - {name: a, kind: prompt, model: x, prompt: 'Hi \\(.name'}\n",
	    "w.yaml:6:49: prompt: \\( has no closing parenthesis");
}

static void
what_is_run_is_what_was_written(void **state)
{
	struct err err = ERR_INIT;
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct workflow *w = load_spec(
	    "  config: {retryPolicy: {maxAttempts: 5, backoff: linear, delay: 10ms}}\n"
	    "  nodes:\n"
	    "    - {name: s, kind: start}\n"
	    "    - {name: a, kind: command, command: 'x | y', dependsOn: [s, s]}\n"
	    "    - {name: b, kind: command, command: [x, '1', 2], with: {n: '.input.n + 1', l: [1, "
	    "'.input']}, retry: {maxAttempts: 2}}\n"
	    "    - {name: p, kind: prompt, prompt: hi, llm: {provider: openai}, retry: none}\n",
	    NULL);

	(void)state;
	assert_int_equal(graph_waits_for(&w->graph, 1), 1);
	assert_string_equal(w->nodes[1].task.command[0], "/bin/sh");
	assert_string_equal(w->nodes[1].task.command[2], "x | y");
	assert_int_equal(w->nodes[1].retry.max_attempts, 5);
	assert_string_equal(w->nodes[2].task.command[2], "2");
	assert_null(w->nodes[2].task.command[3]);
	assert_int_equal(w->nodes[2].retry.max_attempts, 2);
	assert_int_equal(w->nodes[2].retry.backoff, BACKOFF_LINEAR);
	assert_int_equal(w->nodes[2].retry.delay_ms, 10);
	assert_string_equal(w->nodes[3].task.model, "openai:");
	assert_int_equal(w->nodes[3].retry.backoff, BACKOFF_NONE);
	assert_int_equal(expr_run(&w->exprs, w->nodes[2].with,
			     json_literal("{\"input\":{\"n\":1}}"), &out, &err),
	    0);
	assert_string_equal(out.p, "{\"n\":2,\"l\":[1,{\"n\":1}]}");
	buf_release(&out);
	workflow_free(w);
}

static void
a_long_chain_is_read_in_no_time(void **state)
{
	enum { N = 20000 };
	struct buf spec = BUF_INIT(BUF_UNLIMITED);
	struct workflow *w;

	(void)state;
	buf_adds(&spec, "  nodes:\n    - {name: n0, kind: start}\n");
	for (int i = 1; i < N; i++)
		buf_addf(&spec, "    - {name: n%d, kind: start, dependsOn: [n%d]}\n", i, i - 1);
	w = load_spec(spec.p, NULL);
	assert_int_equal(w->count, N);
	assert_int_equal(w->level[N - 1], N - 1);
	workflow_free(w);
	buf_release(&spec);
}

static void
what_a_policy_says_as_a_workflow_would_stands_in_one(void **state)
{
	char *path = top_file("examples/policy/seed.yaml"), *text;
	struct buf seed = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct workflow *w;

	(void)state;
	assert_int_equal(file_read(path, &seed, &err), 0);
	text = xasprintf(
	    "  nodes: [{name: a, kind: prompt, prompt: x}]\n%s", strstr(seed.p, "  llmRouting:"));
	w = load_spec(text, NULL);
	assert_true(w->routes);
	workflow_free(w);
	free(text);
	buf_release(&seed);
	free(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_customer_support_workflow_means_what_it_says),
		cmocka_unit_test(models_are_switched_with_one_word),
		cmocka_unit_test(agents_are_looked_for_by_name_and_version),
		cmocka_unit_test(every_error_has_its_place),
		cmocka_unit_test(names_must_be_fit_for_directories),
		cmocka_unit_test(values_must_be_of_their_type),
		cmocka_unit_test(an_expression_that_does_not_compile_has_its_place),
		cmocka_unit_test(what_is_run_is_what_was_written),
		cmocka_unit_test(what_a_policy_says_as_a_workflow_would_stands_in_one),
		cmocka_unit_test(a_long_chain_is_read_in_no_time),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
