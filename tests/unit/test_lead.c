/* SPDX-License-Identifier: MIT */
/* test_lead - what stands before an answer's text, cut at every place. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "json/jsonw.h"
#include "llm/answer.h"

struct row {
	const char *prefix; /* NULL: none is expected */
	bool tags;
	const char *text; /* as it comes */
	const char *content, *reasoning, *opaque; /* opaque NULL: no reasoning part */
};

static void
take(void *user, const struct delta *d)
{
	struct buf *to = user;

	json_text((struct json){ d->raw.p, d->raw.len, JSON_STRING }, &to[d->kind]);
}

static void
feed(struct answer *a, const char *p, size_t len, size_t stride)
{
	for (size_t n; len; p += n, len -= n) {
		struct buf hold = BUF_INIT(BUF_UNLIMITED);

		n = len < stride ? len : stride;
		(void)answer_text(
		    a, PART_TEXT, KEY_NONE, jsonw_quoted(&hold, (struct str){ p, n }));
		buf_release(&hold);
	}
}

static void
expect_row(const struct row *row, size_t stride)
{
	struct buf streamed[2] = { BUF_INIT(BUF_UNLIMITED), BUF_INIT(BUF_UNLIMITED) };
	struct buf content = BUF_INIT(BUF_UNLIMITED), reasoning = BUF_INIT(BUF_UNLIMITED);
	struct part *thought;
	struct answer a;

	answer_init(&a, take, streamed);
	if (row->prefix)
		lead_skip(&a.lead, str_of(row->prefix));
	if (row->tags)
		lead_think(&a.lead);
	feed(&a, row->text, strlen(row->text), stride);
	a.ended = true;
	answer_finish(&a, false, true);
	answer_content(&a, &content);
	answer_reasoning(&a, &reasoning);
	assert_string_equal(content.p, row->content);
	assert_string_equal(reasoning.p, row->reasoning);
	assert_string_equal(streamed[DELTA_CONTENT].p, content.p);
	assert_string_equal(streamed[DELTA_REASONING].p, reasoning.p);
	thought = answer_find(&a, PART_REASONING, KEY_NONE);
	assert_string_equal(thought ? thought->opaque.p : "", row->opaque ? row->opaque : "");
	answer_release(&a);
	buf_release(&streamed[0]);
	buf_release(&streamed[1]);
	buf_release(&content);
	buf_release(&reasoning);
}

#define TAGS(open, close) "{\"field\":\"think\",\"open\":\"" open "\",\"close\":\"" close "\"}"

static void
only_the_first_block_is_reasoning_wherever_it_is_cut(void **state)
{
	static const struct row rows[] = {
		{ NULL, true, "<think>hm</think>yes", "yes", "hm", TAGS("<think>", "</think>") },
		{ NULL, true, "\n<think>\nhm </x> \n\n</think>\n\nyes <think>no</think>",
		    "yes <think>no</think>", "hm </x>",
		    TAGS("\\n<think>\\n", " \\n\\n</think>\\n\\n") },
		{ NULL, true, "<think>\n\n</think>\n\nyes", "yes", "",
		    TAGS("<think>\\n\\n", "</think>\\n\\n") },
		{ NULL, true, "<thin", "<thin", "", NULL },
		{ NULL, true, " <thinking>x", " <thinking>x", "", NULL },
		{ NULL, true, "plain <think>x</think>", "plain <think>x</think>", "", NULL },
		{ NULL, true, "<think>cut </thi", "", "cut </thi", TAGS("<think>", "") },
		{ NULL, true, "<think>a</thin</think>", "", "a</thin",
		    TAGS("<think>", "</think>") },
		{ NULL, true, "", "", "", NULL },
		{ NULL, false, "<think>x</think>y", "<think>x</think>y", "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (size_t stride = 1; stride < 40; stride++)
			expect_row(&rows[i], stride);
	}
}

static void
a_prefix_that_is_said_again_is_left_out(void **state)
{
	static const struct row rows[] = {
		{ "The answer", false, "The answer is 4", " is 4", "", NULL },
		{ "The answer", false, "The question", "The question", "", NULL },
		{ "The answer", false, "The", "The", "", NULL },
		{ "The answer", false, "The answer", "", "", NULL },
		{ "a", true, "a<think>b</think>c", "c", "b", TAGS("<think>", "</think>") },
		{ "", false, "x", "x", "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (size_t stride = 1; stride < 20; stride++)
			expect_row(&rows[i], stride);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_first_block_is_reasoning_wherever_it_is_cut),
		cmocka_unit_test(a_prefix_that_is_said_again_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
