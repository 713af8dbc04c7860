/* SPDX-License-Identifier: MIT */
/* test_model_rows - share/models: every model fits the schema, and none contradicts the tables of
 * the dialects, which hold for models that nobody knows. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "json/schema.h"
#include "llm/anthropic_models.h"
#include "llm/gemini.h"
#include "llm/model.h"
#include "llm/openai.h"
#include "price/price.h"
#include "price/price_load.h"
#include "support/parsed.h"
#include "support/top.h"
#include "sys/file.h"

static struct models *models;
static char *share;

static int
setup(void **state)
{
	(void)state;
	share = top_file("share");
	models = models_new(share);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	models_free(models);
	free(share);
	return 0;
}

static const struct model *const *
all_of(const char *provider, size_t *count)
{
	struct err err = ERR_INIT;
	const struct model *const *list = models_of(models, str_of(provider), count, &err);

	if (!list || !*count)
		fail_msg("%s: %s", provider, err.text);
	return list;
}

static void
check_model(const struct model *m, const char *provider, const struct schema *schema)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;

	model_write(m, NULL, &out);
	if (!schema_valid(schema, parsed_str(buf_str(&out)), &err))
		fail_msg("%s: %s", m->id, err.text);
	if (strcmp(m->provider, provider) != 0 || !m->as_of)
		fail_msg("%s: %s", m->id, m->provider);
	if ((m->reasoning & MODEL_REASONS_NOT) && m->reasoning != MODEL_REASONS_NOT)
		fail_msg("%s reasons and does not", m->id);
	if (m->max_input > m->context_window)
		fail_msg("%s: maxInput is past the window", m->id);
	buf_release(&out);
}

/* No name leads to two models, and each leads to its own. */
static void
check_names(const struct model *m, const char *provider)
{
	struct err err = ERR_INIT;
	size_t i;

	if (model_find(models, str_of(provider), str_of(m->id), &err) != m)
		fail_msg("%s: %s stands twice", provider, m->id);
	for (i = 0; m->aliases[i]; i++)
		if (!strchr(m->aliases[i], '*') &&
		    model_find(models, str_of(provider), str_of(m->aliases[i]), &err) != m)
			fail_msg("%s: %s stands twice", provider, m->aliases[i]);
}

static void
every_model_fits_the_schema_and_has_names_of_its_own(void **state)
{
	struct schema *schema = parsed_schema("model");
	struct err err = ERR_INIT;
	char **providers;
	size_t i, j, count;

	(void)state;
	providers = models_providers(models, &err);
	assert_non_null(providers);
	for (i = 0; providers[i]; i++) {
		const struct model *const *list = all_of(providers[i], &count);

		for (j = 0; j < count; j++) {
			check_model(list[j], providers[i], schema);
			check_names(list[j], providers[i]);
		}
	}
	assert_true(i > 15);
	models_names_free(providers);
	schema_free(schema);
}

static void
every_replacement_is_a_model_that_goes_on(void **state)
{
	struct err err = ERR_INIT;
	char **providers = models_providers(models, &err);
	const struct model *next;
	size_t i, j, count;

	(void)state;
	for (i = 0; providers[i]; i++) {
		const struct model *const *list = all_of(providers[i], &count);

		for (j = 0; j < count; j++) {
			if (!list[j]->replacement)
				continue;
			next = model_find(
			    models, str_of(providers[i]), str_of(list[j]->replacement), &err);
			if (!next || next->deprecated)
				fail_msg("%s: %s", list[j]->id, list[j]->replacement);
		}
	}
	models_names_free(providers);
}

static void
agree(const struct model *m, bool ours, bool data, const char *what)
{
	if (ours != data)
		fail_msg("%s: %s: the dialect says %s, share/models %s", m->id, what,
		    ours ? "yes" : "no", data ? "yes" : "no");
}

static bool
lists(const char *const *list, const char *word)
{
	for (; *list; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

static void
claude_is_the_same_in_tables_and_data(void **state)
{
	size_t i, count;
	const struct model *const *list = all_of("anthropic", &count);

	(void)state;
	for (i = 0; i < count; i++) {
		const struct model *m = list[i];
		const struct anthropic_family *f = anthropic_family(str_of(m->id));

		if (m->max_output && f->max_tokens != m->max_output)
			fail_msg("%s writes %d", m->id, (int)f->max_tokens);
		if (m->reasoning) {
			agree(m, f->flags & FAMILY_BUDGET, m->reasoning & MODEL_BUDGET, "budget");
			/* an effort beside a budget (Opus 4.5) is not yet adaptive */
			if (!(m->reasoning & MODEL_BUDGET) || (f->flags & FAMILY_ADAPTIVE))
				agree(m, f->flags & FAMILY_ADAPTIVE, m->reasoning & MODEL_EFFORT,
				    "effort");
			agree(m, f->flags & FAMILY_XHIGH, lists(m->efforts, "xhigh"), "xhigh");
		}
		if (m->schema)
			agree(m, f->flags & FAMILY_JSON_SCHEMA, m->schema == MODEL_SCHEMA_NATIVE,
			    "schema");
		if (m->max_output)
			agree(m, f->flags & FAMILY_NO_SAMPLING, lists(m->refuses, "temperature"),
			    "temperature refused");
	}
}

static void
gemini_is_the_same_in_tables_and_data(void **state)
{
	size_t i, count;
	const struct model *const *list = all_of("gemini", &count);

	(void)state;
	for (i = 0; i < count; i++) {
		const struct model *m = list[i];
		const struct gemini_family *f = gemini_family(str_of(m->id));

		if (!m->reasoning || strcmp(m->kind, "chat") != 0 || (m->output & MODEL_IMAGE))
			continue;
		agree(m, f->thinks == THINKS_BUDGET, m->reasoning & MODEL_BUDGET, "budget");
		agree(m, f->thinks == THINKS_LEVEL, m->reasoning & MODEL_LEVEL, "level");
		if (f->thinks == THINKS_LEVEL)
			agree(m, !f->pro, lists(m->efforts, "minimal"), "minimal");
	}
}

static void
openai_is_the_same_in_tables_and_data(void **state)
{
	size_t i, count;
	const struct model *const *list = all_of("openai", &count);

	(void)state;
	for (i = 0; i < count; i++) {
		const struct model *m = list[i];
		bool reasons = openai_model_reasons(str_of(m->id));

		if (!m->reasoning)
			continue;
		agree(m, reasons, m->reasoning != MODEL_REASONS_NOT, "reasons");
		agree(m, reasons, lists(m->refuses, "temperature"), "temperature refused");
		agree(m, reasons && !openai_model_can_stop(str_of(m->id)),
		    lists(m->refuses, "stop"), "stop refused");
	}
}

/* Who has a price has a spec: what is called is priced, and what is priced is checked. */
static void
every_priced_model_of_the_makers_is_known(void **state)
{
	static const char *const makers[] = { "openai", "anthropic", "gemini", "mistral",
		"deepseek", "xai" };
	struct err err = ERR_INIT;
	struct prices *prices = price_load(share, NULL, &err);
	const struct price_row *row;
	size_t i, j;

	(void)state;
	assert_non_null(prices);
	for (i = 0; i < prices_count(prices); i++) {
		row = prices_at(prices, i);
		for (j = 0; j < sizeof makers / sizeof *makers; j++)
			if (str_is(row->provider, makers[j]) &&
			    !model_find(models, row->provider, row->id, &err))
				fail_msg(
				    "%s: no model %.*s", makers[j], (int)row->id.len, row->id.p);
	}
	prices_free(prices);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_model_fits_the_schema_and_has_names_of_its_own),
		cmocka_unit_test(every_replacement_is_a_model_that_goes_on),
		cmocka_unit_test(claude_is_the_same_in_tables_and_data),
		cmocka_unit_test(gemini_is_the_same_in_tables_and_data),
		cmocka_unit_test(openai_is_the_same_in_tables_and_data),
		cmocka_unit_test(every_priced_model_of_the_makers_is_known),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
