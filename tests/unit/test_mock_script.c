/* SPDX-License-Identifier: MIT */
/* test_mock_script - rules choose answers, and their schema agrees with the reader on what a script
 * is. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "json/schema.h"
#include "json/yaml.h"
#include "mock/render.h"
#include "mock/script.h"
#include "support/parsed.h"
#include "support/scripted.h"
#include "sys/file.h"

/* The answer that a script gives to an OpenAI request so long after the start. */
static struct mock_answer *
answer_at(struct mock_script *s, const char *body, const struct mock_moment *moment)
{
	struct mock_answer *answer;
	struct mock_request r;

	mock_request_init(&r);
	mock_request_path(&r, STR_LIT("/v1/chat/completions"), false);
	mock_request_body(&r, parsed(body));
	answer = mock_script_answer(s, &r, moment);
	mock_request_release(&r);
	return answer;
}

/* Its text. */
static const char *
answer_to(struct mock_script *s, const char *body)
{
	return answer_at(s, body, &(struct mock_moment){ 0 })->text;
}

static void
the_first_rule_that_fits_answers(void **state)
{
	struct mock_script *s = scripted("answers:\n"
					 "  - {provider: anthropic, text: other provider}\n"
					 "  - {model: a*, when: {contains: hi}, text: greeted}\n"
					 "  - {model: a*, text: by model}\n"
					 "  - {text: anyone}\n");

	(void)state;
	assert_string_equal(
	    answer_to(
		s, "{\"model\":\"ab\",\"messages\":[{\"role\":\"user\",\"content\":\"oh hi\"}]}"),
	    "greeted");
	assert_string_equal(
	    answer_to(
		s, "{\"model\":\"ab\",\"messages\":[{\"role\":\"user\",\"content\":\"oh\"}]}"),
	    "by model");
	assert_string_equal(answer_to(s, "{\"model\":\"b\",\"messages\":[]}"), "anyone");
	mock_script_free(s);
}

static void
a_sequence_ends_in_its_last_answer(void **state)
{
	struct mock_script *s = scripted(
	    "answers: [{times: 3, sequence: [{text: a}, {text: b}]}, {text: c}]");
	static const char *const expect[] = { "a", "b", "b", "c", "c" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof expect / sizeof *expect; i++)
		assert_string_equal(answer_to(s, "{\"model\":\"m\",\"messages\":[]}"), expect[i]);
	mock_script_free(s);
}

static void
the_last_user_text_is_what_conditions_see(void **state)
{
	struct mock_script *s = scripted(
	    "answers:\n"
	    "  - {when: {matches: '^two$', toolResult: true}, text: both}\n"
	    "  - {when: {matches: '^two$'}, text: matched}\n"
	    "  - {text: no}\n");

	(void)state;
	assert_string_equal(
	    answer_to(s, "{\"messages\":[{\"role\":\"user\",\"content\":\"one\"},"
			 "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"two\"}]},"
			 "{\"role\":\"assistant\",\"content\":\"three\"}]}"),
	    "matched");
	assert_string_equal(
	    answer_to(s,
		"{\"messages\":[{\"role\":\"user\",\"content\":\"two\"},"
		"{\"role\":\"assistant\",\"tool_calls\":[]},{\"role\":\"tool\",\"content\":\"x\"}]}"),
	    "both");
	mock_script_free(s);
}

static void
words_are_cut_before_their_spaces(void **state)
{
	struct str rest = STR_LIT("  one two\n\nthree   four"), chunk;
	struct buf out = BUF_INIT(256);

	(void)state;
	while (mock_next_words(&rest, 2, &chunk)) {
		buf_addstr(&out, chunk);
		buf_addc(&out, '|');
	}
	assert_string_equal(out.p, "  one two|\n\nthree   four|");
	buf_release(&out);
}

/* --- the schema --- */

static const struct {
	const char *text;
	bool good;
} scripts[] = {
	{ "", true },
	{ "defaults: {ttft: 100ms, perTokenDelay: 0.5, tokensPerSecond: 50, chunkWords: 3}", true },
	{ "models: [a, b]\nanswers: []", true },
	{ "answers: [{provider: o, model: m, when: {contains: a, matches: b, tool: c, toolResult: true, stream: "
	  "false, call: 2}, times: 1, text: x}]",
	    true },
	{ "answers: [{sequence: [{text: a}, {error: {status: 529, retryAfter: 2s, midStream: true}}]}]",
	    true },
	{ "answers: [{echo: true, repeat: 3, reasoning: r, object: [1], stop: end, returnModel: z, headers: {a: b}}]",
	    true },
	{ "answers: [{toolCalls: [{id: i, name: n, arguments: {a: 1}}], tokens: {in: 1, out: 2, cacheRead: 0, "
	  "cacheWrite: 0, reasoning: 1}, fault: [cut@5, stall]}]",
	    true },
	{ "limits: [{provider: o*, model: m, requests: 60/s, tokens: 1000/m, inputTokens: 5/30s, outputTokens: 9/h, "
	  "concurrent: 0, during: 1s-2s/10s, retryAfter: false, delay: 60ms}]",
	    true },
	{ "limits: [{quota: {requests: 0, tokens: 5, usd: 0.5, usdPerMillionIn: 0.15, usdPerMillionOut: 0}, retryAfter: 1s}]",
	    true },
	{ "limits: {}", false },
	{ "limits: [{provider: o}]", false },
	{ "limits: [{requests: 60}]", false },
	{ "limits: [{requests: 0/s}]", false },
	{ "limits: [{requests: 1/week}]", false },
	{ "limits: [{concurrent: -1}]", false },
	{ "limits: [{quota: {}}]", false },
	{ "limits: [{quota: {usd: 1}}]", false },
	{ "limits: [{quota: {usd: -1, usdPerMillionIn: 1}}]", false },
	{ "limits: [{requests: 1/s, retryAfter: true}]", false },
	{ "limits: [{requests: 1/s, retryAfter: soon}]", false },
	{ "limits: [{request: 1/s}]", false },
	{ "answer: []", false },
	{ "answers: {}", false },
	{ "answers: [{txt: a}]", false },
	{ "answers: [{text: [a]}]", false },
	{ "answers: [{repeat: -1}]", false },
	{ "answers: [{when: {contain: a}}]", false },
	{ "answers: [{sequence: []}]", false },
	{ "answers: [{sequence: [{model: a}]}]", false },
	{ "answers: [{toolCalls: [{arguments: {}}]}]", false },
	{ "answers: [{toolCalls: [{name: n, arguments: 5}]}]", false },
	{ "answers: [{tokens: {input: 5}}]", false },
	{ "answers: [{error: {status: 200}}]", false },
	{ "answers: [{echo: maybe}]", false },
	{ "answers: [{chunkWords: 0}]", false },
	{ "answers: [{tokensPerSecond: 0}]", false },
	{ "defaults: {model: x}", false },
};

static void
the_schema_and_the_reader_agree(void **state)
{
	struct schema *schema = parsed_schema("mock-script");
	struct buf json = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof scripts / sizeof *scripts; i++) {
		struct yaml_doc *doc = yaml_parse("s", str_of(scripts[i].text), &err);
		struct mock_script *s = mock_script_parse("s", str_of(scripts[i].text), &err);
		struct err why = ERR_INIT;

		assert_non_null(doc);
		buf_reset(&json);
		yaml_to_json(yaml_root(doc), &json);
		if ((s != NULL) != scripts[i].good)
			fail_msg("reader: %s: %s", scripts[i].text, err.text);
		if (schema_valid(schema, parsed_str(buf_str(&json)), &why) != scripts[i].good)
			fail_msg("schema: %s: %s", scripts[i].text, why.text);
		yaml_doc_free(doc);
		mock_script_free(s);
	}
	schema_free(schema);
	buf_release(&json);
}

static void
a_rule_may_hold_for_a_while_only(void **state)
{
	static const char body[] = "{\"model\":\"m\",\"messages\":[]}";
	struct mock_script *s = scripted("answers:\n- {when: {during: 1s-2s/10s}, text: storm}\n"
					 "- text: calm\n");
	static const struct {
		int64_t at_ms;
		const char *text;
	} cases[] = { { 0, "calm" }, { 999, "calm" }, { 1000, "storm" }, { 1999, "storm" },
		{ 2000, "calm" }, { 11500, "storm" }, { 12000, "calm" } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(
		    answer_at(s, body, &(struct mock_moment){ cases[i].at_ms * 1000, NULL })->text,
		    cases[i].text);
	mock_script_free(s);
}

static void
a_rule_may_hold_for_a_share_and_a_time_may_spread(void **state)
{
	static const char body[] = "{\"model\":\"m\",\"messages\":[]}";
	struct mock_script *s = scripted("answers:\n- {when: {share: 0.25}, text: unlucky}\n"
					 "- {text: lucky, ttft: 100ms, ttftP99: 1s}\n");
	int unlucky = 0, late = 0, above = 0, n = 10000;
	struct mock_answer *answer;
	struct rand chance;

	(void)state;
	rand_seed(&chance, 7);
	for (int i = 0; i < n; i++) {
		answer = answer_at(s, body, &(struct mock_moment){ 0, &chance });
		unlucky += strcmp(answer->text, "unlucky") == 0;
		above += strcmp(answer->text, "lucky") == 0 && answer->ttft_us > 100000;
		late += strcmp(answer->text, "lucky") == 0 && answer->ttft_us > 1000000;
	}
	assert_in_range(unlucky, n / 4 - 150, n / 4 + 150);
	assert_in_range(above, (n - unlucky) / 2 - 150, (n - unlucky) / 2 + 150);
	assert_in_range(late, 40, 120);
	mock_script_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_may_hold_for_a_while_only),
		cmocka_unit_test(a_rule_may_hold_for_a_share_and_a_time_may_spread),
		cmocka_unit_test(the_first_rule_that_fits_answers),
		cmocka_unit_test(a_sequence_ends_in_its_last_answer),
		cmocka_unit_test(the_last_user_text_is_what_conditions_see),
		cmocka_unit_test(words_are_cut_before_their_spaces),
		cmocka_unit_test(the_schema_and_the_reader_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
