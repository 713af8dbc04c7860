/* SPDX-License-Identifier: MIT */
/* Policy files: the examples, the manual's examples and the schema agree with the reader. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "policy/policy.h"
#include "support/parsed.h"
#include "support/top.h"
#include "sys/file.h"

static struct schema *schema;

/* The file's text, of a path in the tree. */
static struct buf
read_file(const char *path)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	char *whole = top_file(path);

	if (file_read(whole, &text, &err) < 0)
		fail_msg("%s", err.text);
	free(whole);
	return text;
}

static int
load_schema(void **state)
{
	(void)state;
	schema = parsed_schema("policy");
	return 0;
}

static int
free_schema(void **state)
{
	(void)state;
	schema_free(schema);
	return 0;
}

static bool
fits_schema(struct str text, struct err *err)
{
	struct buf json = BUF_INIT(BUF_UNLIMITED);
	struct yaml_doc *doc = yaml_parse("p", text, err);
	bool fits = false;
	struct json v;

	if (!doc)
		return false;
	yaml_to_json(yaml_root(doc), &json);
	fits = json_parse(json.p, json.len, &v, err) == 0 && schema_valid(schema, v, err);
	buf_release(&json);
	yaml_doc_free(doc);
	return fits;
}

/* Reader and schema take it, and nothing in it is doubtful. */
static void
assert_good(const char *name, struct str text)
{
	struct err err = ERR_INIT;
	struct policy *p = policy_parse(name, text, &err);

	if (!p)
		fail_msg("%s", err.text);
	if (p->warnings.len)
		fail_msg("%s", p->warnings.p);
	policy_free(p);
	if (!fits_schema(text, &err))
		fail_msg("%s: %s", name, err.text);
}

static void
the_examples_are_policies_without_a_doubt(void **state)
{
	static const char *const files[] = { "policy", "minimal", "seed", "strict" };

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct buf path = BUF_INIT(BUF_UNLIMITED), text;

		buf_addf(&path, "examples/policy/%s.yaml", files[i]);
		text = read_file(path.p);
		assert_good(path.p, buf_str(&text));
		buf_release(&text);
		buf_release(&path);
	}
}

/* A line of a literal block as it is printed: "\e" is a backslash, "\&" nothing. */
static void
add_line(struct buf *out, struct str line)
{
	for (size_t i = 0; i < line.len; i++) {
		if (line.p[i] == '\\' && i + 1 < line.len) {
			if (line.p[++i] == 'e')
				buf_addc(out, '\\');
		} else {
			buf_addc(out, line.p[i]);
		}
	}
	buf_addc(out, '\n');
}

static void
the_manuals_examples_are_policies_without_a_doubt(void **state)
{
	struct buf page = read_file("man/man5/agentflow-policy.5"), text = BUF_INIT(BUF_UNLIMITED);
	struct str rest = buf_str(&page), line;
	bool inside = false;
	size_t count = 0;

	(void)state;
	while (str_split(&rest, '\n', &line)) {
		if (str_is(line, ".Sh EXAMPLES"))
			break; /* lines for the shell: a case runs them */
		if (str_starts(line, ".Bd -literal")) {
			buf_reset(&text);
			inside = true;
		} else if (str_starts(line, ".Ed")) {
			assert_good("agentflow-policy(5)", buf_str(&text));
			inside = false;
			count++;
		} else if (inside) {
			add_line(&text, line);
		}
	}
	assert_true(count >= 8);
	buf_release(&text);
	buf_release(&page);
}

static void
what_one_refuses_the_other_refuses(void **state)
{
	static const char *const wrong[] = { "", "[]", "routs: []", "version: 2", "version: 0",
		"strategy: best", "mode: x", "retries: -1", "retries: 101", "maxCostUsd: -1",
		"maxLatencyMs: 0", "afterOutput: maybe", "whenFull: queue", "providers: []",
		"aliases: {\"a:b\": \"c:d\"}", "aliases: {a: []}", "aliases: {a: {weight: 1}}",
		"aliases: {a: {model: \"b:c\", weight: -1}}",
		"aliases: {a: {model: \"b:c\", options: {temp: 1}}}", "roles: {a: {mode: hybrid}}",
		"roles: {a: {model: \"b:c\", reasoning: hard}}", "models: {gpt: {}}",
		"models: {\"a:b\": {quality: 2}}", "models: {\"a:b\": {cli: claude}}",
		"models: {\"a:b\": {usdPerMillionIn: 1}}", "routes: {}", "routes: [{when: .a}]",
		"routes: [{use: \"a:b\", match: {}}]", "routes: [{use: \"a:b\", match: {any: []}}]",
		"routes: [{use: \"a:b\", match: {needs: sound}}]",
		"routes: [{use: \"a:b\", match: {tags: {t: []}}}]",
		"routes: [{use: \"a:b\", match: {time: {days: mo}}}]",
		"routes: [{use: \"a:b\", match: {time: {from: \"8:00\"}}}]",
		"routes: [{use: \"a:b\", match: {time: {to: \"24:01\"}}}]",
		"routes: [{use: \"a:b\", conditions: [{}]}]",
		"routes: [{use: \"a:b\", conditions: {cost: high}}]", "hedge: {max: 9}",
		"hedge: {afterPercentile: 100}", "breaker: {errorRatio: 2}",
		"breaker: {halfOpenProbes: 17}", "backoff: {factor: 0}", "backoff: {jitter: some}",
		"deny: {model: a}", "guards: [{}]", "guards: [{pattern: x, action: route}]",
		"guards: [{pattern: x, on: both}]", "guards: [{pattern: x, on: []}]",
		"budgets: [{name: a}]", "budgets: [{limitUsd: 1}]",
		"budgets: [{name: a, limitUsd: 1, limitTokens: 1}]",
		"budgets: [{name: a, limitUsd: 1, window: year}]",
		"budgets: [{name: a, limitUsd: 1, per: tags}]",
		"budgets: [{name: a, limitUsd: 1, soft: 101}]",
		"budgets: [{name: a, limitUsd: 1, action: route}]", "kind: Policy\nspec: {}",
		"apiVersion: agentflow.io/v1\nkind: Policy",
		"apiVersion: agentflow.io/v1\nkind: Policy\nspec: {routs: []}",
		"apiVersion: agentflow.io/v1\nkind: Workflow\nspec: {nodes: []}",
		"apiVersion: agentflow.io/v1\nkind: LlmRouting\nspec: {fallback: a}",
		"llmRouting: {strategy: any}", "llmRouting: {fallbacks: [{}]}",
		"llmRouting: {models: [{conditions: {cost: any}}]}" };
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct policy *p = policy_parse("p", str_of(wrong[i]), &err);

		if (p)
			fail_msg("the reader takes %s", wrong[i]);
		if (fits_schema(str_of(wrong[i]), &err))
			fail_msg("the schema takes %s", wrong[i]);
	}
}

static void
what_one_takes_the_other_takes(void **state)
{
	static const char *const right[] = { "version: 1", "retries: 0\nmaxCostUsd: \"0.5\"",
		"deadline: 30", "deadline: 1m30s", "providers: openai",
		"aliases: {a: {model: \"b:c\"}}",
		"roles: {a: \"b:c\", d: [\"b:c\", {model: \"e:f\"}], g: {model: [\"h:i\"]}}",
		"models: {\"*\": {quality: 50%, residency: eu}, \"a:b\": {}}",
		"sensitivity: [a, b]", "routes: [{use: \"a:b\", when: true}]", "routes: []",
		"routes: [{use: \"a:b\", match: {needs: pdf, role: [a, b], tags: {t: 3, u: true}}}]",
		"routes: [{use: \"a:b\", match: {time: [{days: [mon, \"sat,sun\"]}, {days: fri-mon}]}}]",
		"routes: [{use: \"a:b\", match: {time: {from: \"22:00\", to: \"24:00\"}}}]",
		"hedge: {}", "hedge: {afterMs: 1, afterPercentile: 9}",
		"hedge: {afterPercentile: 99%, max: 8}", "breaker: {errorRatio: 30%}",
		"backoff: {budget: 0.1}", "deny: {models: \"a:*\", tools: []}",
		"guards: [{pattern: x, on: output}]",
		"budgets: [{name: a, limitTokens: 0, window: 90}]",
		"budgets: [{name: a, limitUsd: \"1.5\", soft: [], per: ._x.y-z}]",
		"apiVersion: agentflow.io/v1\nkind: Policy\nspec: {version: 1}",
		"apiVersion: agentflow.io/v1\nkind: LlmRouting\nspec: {fallbacks: [a]}",
		"apiVersion: agentflow.io/v1\nkind: Workflow\nmetadata: {name: w}\n"
		"spec: {agents: [{name: x}], llmRouting: {strategy: quality-optimized}}",
		"llmRouting: {routes: [a, {provider: b}, {model: \"c:d\", name: x}]}" };
	(void)state;
	for (size_t i = 0; i < sizeof right / sizeof *right; i++)
		assert_good(right[i], str_of(right[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_are_policies_without_a_doubt),
		cmocka_unit_test(the_manuals_examples_are_policies_without_a_doubt),
		cmocka_unit_test(what_one_refuses_the_other_refuses),
		cmocka_unit_test(what_one_takes_the_other_takes),
	};

	return cmocka_run_group_tests(tests, load_schema, free_schema);
}
