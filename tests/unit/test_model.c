/* SPDX-License-Identifier: MIT */
/* test_model - models' files, and finding a model by any of its names. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "llm/model.h"
#include "llm/model_name.h"

static const char plants[] =
    "provider: garden\n"
    "asOf: 2026-08-01\n"
    "sources: [a walk]\n"
    "defaults: {tools: true, input: [text, image]}\n"
    "models:\n"
    "  - {id: rose-1, name: Rose One, aliases: [rose], contextWindow: 1000}\n"
    "  - {id: rose-1-2026-01-02, contextWindow: 2000, tools: false}\n"
    "  - {id: fern, aliases: [\"fern-*\"], reasoning: [effort, budget],\n"
    "     efforts: [low, high], refuses: [temperature]}\n"
    "  - {id: moss, deprecationDate: 2026-05-01, replacement: fern}\n";

/* One a line, as the files are. */
static const char trees[] = "provider: garden\n"
			    "models:\n"
			    "  - {id: rose-1, name: Rose One, aliases: [rose, old/rose]}\n"
			    "  - {id: rose-1-2026-01-02}\n"
			    "  - {\"id\":\"fern\"}\n"
			    "  - {id: moss, replacement: fern}\n";

static struct model_sheet *
parsed(const char *text)
{
	struct err err = ERR_INIT;
	struct model_sheet *sheet = model_sheet_parse("g.yaml", str_of(text), NULL, 0, &err);

	if (!sheet)
		fail_msg("%s", err.text);
	return sheet;
}

static const struct model *
found(const struct model_sheet *sheet, const char *name)
{
	struct str names[MODEL_NAMES_MAX];
	size_t n = model_name_all(STR_LIT("garden"), str_of(name), names);

	return model_sheet_find(sheet, names, n);
}

static void
assert_id(const struct model_sheet *sheet, const char *name, const char *id)
{
	const struct model *m = found(sheet, name);

	if (!id) {
		assert_null(m);
		return;
	}
	if (!m)
		fail_msg("%s is not found", name);
	assert_string_equal(m->id, id);
}

static void
a_model_has_what_its_line_and_the_defaults_say(void **state)
{
	struct model_sheet *sheet = parsed(plants);
	const struct model *m = found(sheet, "rose-1");

	(void)state;
	assert_string_equal(m->provider, "garden");
	assert_string_equal(m->as_of, "2026-08-01");
	assert_string_equal(m->name, "Rose One");
	assert_string_equal(m->kind, "chat");
	assert_int_equal(m->context_window, 1000);
	assert_int_equal(m->max_output, 0);
	assert_int_equal(m->tools, MODEL_YES);
	assert_int_equal(m->prefill, MODEL_UNKNOWN);
	assert_int_equal(m->input, MODEL_TEXT | MODEL_IMAGE);
	assert_int_equal(m->output, MODEL_TEXT);
	assert_int_equal(m->reasoning, 0);
	assert_null(m->refuses[0]);
	m = found(sheet, "fern");
	assert_int_equal(m->reasoning, MODEL_EFFORT | MODEL_BUDGET);
	assert_string_equal(m->efforts[1], "high");
	assert_null(m->efforts[2]);
	assert_string_equal(m->refuses[0], "temperature");
	model_sheet_free(sheet);
}

static void
the_fullest_name_is_the_one_that_counts(void **state)
{
	struct model_sheet *sheet = parsed(plants);

	(void)state;
	assert_id(sheet, "rose-1", "rose-1");
	assert_id(sheet, "rose", "rose-1");
	assert_id(sheet, "rose-1-2026-01-02", "rose-1-2026-01-02");
	assert_id(sheet, "rose-1-2026-03-04", "rose-1");
	assert_id(sheet, "rose-1-latest", "rose-1");
	assert_id(sheet, "garden/rose-1:free", "rose-1");
	assert_id(sheet, "us.garden.rose-1-20260304-v1:0", "rose-1");
	assert_id(sheet, "ft:rose-1-2026-01-02:me::x", "rose-1-2026-01-02");
	assert_id(sheet, "moss@20260101", "moss");
	assert_id(sheet, "fern-tree", "fern");
	assert_id(sheet, "rose-10", NULL);
	assert_id(sheet, "ros", NULL);
	model_sheet_free(sheet);
}

static void
a_sifted_sheet_finds_what_the_whole_one_does(void **state)
{
	static const char *const asked[] = { "rose", "rose-1-2026-01-02", "garden/rose-1", "moss",
		"nothing" };
	struct model_sheet *whole = parsed(plants), *few;
	struct str names[MODEL_NAMES_MAX];
	struct err err = ERR_INIT;
	const struct model *a, *b;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof asked / sizeof *asked; i++) {
		n = model_name_all(STR_LIT("garden"), str_of(asked[i]), names);
		few = model_sheet_parse("g.yaml", str_of(plants), names, n, &err);
		assert_non_null(few);
		a = model_sheet_find(whole, names, n);
		b = model_sheet_find(few, names, n);
		assert_true(!a == !b);
		if (a)
			assert_string_equal(a->id, b->id);
		model_sheet_free(few);
	}
	model_sheet_free(whole);
}

static void
a_sifted_sheet_leaves_out_those_whose_words_only_hold_the_name(void **state)
{
	static const struct {
		const char *name;
		size_t models;
	} asked[] = { { "o", 0 }, { "rose-1", 1 }, { "rose", 1 }, { "moss", 1 }, { "fern", 2 } };
	struct model_sheet *few;
	struct err err = ERR_INIT;
	size_t i, count;

	(void)state;
	for (i = 0; i < sizeof asked / sizeof *asked; i++) {
		struct str name = str_of(asked[i].name);

		few = model_sheet_parse("g.yaml", str_of(trees), &name, 1, &err);
		assert_non_null(few);
		(void)model_sheet_models(few, &count);
		assert_int_equal(count, asked[i].models);
		model_sheet_free(few);
	}
}

static void
a_model_is_gone_from_its_day_on(void **state)
{
	struct model_sheet *sheet = parsed(plants);

	(void)state;
	assert_false(model_is_gone(found(sheet, "moss"), "2026-04-30"));
	assert_true(model_is_gone(found(sheet, "moss"), "2026-05-01"));
	assert_false(model_is_gone(found(sheet, "fern"), "2099-01-01"));
	model_sheet_free(sheet);
}

static void
what_is_wrong_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text, *message;
	} wrong[] = {
		{ "- a\n", "g.yaml:1:1: the file must be a map" },
		{ "models: []\n", "g.yaml:1:1: provider must be told" },
		{ "provider: x\nmodel: []\n",
		    "g.yaml:2:1: unknown member \"model\" in a file of models (did you mean "
		    "\"models\"?)" },
		{ "provider: x\nasOf: May\n", "g.yaml:2:7: asOf must be a date (YYYY-MM-DD)" },
		{ "provider: x\nmodels: {}\n", "g.yaml:2:9: models must be a list" },
		{ "provider: x\nmodels:\n  - a\n", "g.yaml:3:5: a model must be a map" },
		{ "provider: x\nmodels:\n  - {name: a}\n", "g.yaml:3:5: a model has no id" },
		{ "provider: x\nmodels:\n  - {id: a, tool: true}\n",
		    "g.yaml:3:13: unknown member \"tool\" (did you mean \"tools\"?)" },
		{ "provider: x\nmodels:\n  - {id: a, tools: maybe}\n",
		    "g.yaml:3:20: tools must be true or false" },
		{ "provider: x\nmodels:\n  - {id: a, contextWindow: 1e9}\n",
		    "g.yaml:3:28: contextWindow must be a whole number above 0" },
		{ "provider: x\nmodels:\n  - {id: a, contextWindow: 0}\n",
		    "g.yaml:3:28: contextWindow must be a whole number above 0" },
		{ "provider: x\nmodels:\n  - {id: a, input: [text, images]}\n",
		    "g.yaml:3:27: input: unknown word \"images\" (did you mean \"image\"?)" },
		{ "provider: x\nmodels:\n  - {id: a, schema: nativ}\n",
		    "g.yaml:3:21: schema: unknown word \"nativ\" (did you mean \"native\"?)" },
		{ "provider: x\nmodels:\n  - {id: a, aliases: b}\n",
		    "g.yaml:3:22: aliases must be a list" },
	};
	struct err err = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_null(model_sheet_parse("g.yaml", str_of(wrong[i].text), NULL, 0, &err));
		assert_string_equal(err.text, wrong[i].message);
		assert_int_equal(err.code, EXIT_CONFIG);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_model_has_what_its_line_and_the_defaults_say),
		cmocka_unit_test(the_fullest_name_is_the_one_that_counts),
		cmocka_unit_test(a_sifted_sheet_finds_what_the_whole_one_does),
		cmocka_unit_test(a_sifted_sheet_leaves_out_those_whose_words_only_hold_the_name),
		cmocka_unit_test(a_model_is_gone_from_its_day_on),
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
