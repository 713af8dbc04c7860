/* SPDX-License-Identifier: MIT */
/* model_table - models as a table, for people. */
#include "llm/model_table.h"

void
model_table_init(struct table *t, bool live)
{
	static const char *const heads[] = { "MODEL", "READS", "REASONS", "CONTEXT", "OUTPUT",
		"TOOLS", "SCHEMA", "UNTIL", "LIVE" };
	size_t i;

	table_init(t, sizeof heads / sizeof *heads - !live, 3);
	for (i = 0; i < t->columns; i++)
		buf_adds(table_cell(t), heads[i]);
}

static void
cell(struct table *t, const char *text)
{
	buf_adds(table_cell(t), text ? text : "-");
}

/* 128000 as 128k, 1048576 as 1049k: what people compare. */
static void
cell_tokens(struct table *t, int64_t n)
{
	struct buf *to = table_cell(t);

	if (!n)
		buf_addc(to, '-');
	else if (n < 10000)
		buf_addi(to, n);
	else
		buf_addf(to, "%lldk", (long long)(n + 500) / 1000);
}

static void
cell_words(struct table *t, unsigned bits, const char *const *words)
{
	struct buf *to = table_cell(t);
	size_t i, n = 0;

	for (i = 0; words[i]; i++)
		if (bits & 1U << i)
			buf_addf(to, "%s%s", n++ ? "," : "", words[i]);
	if (!n)
		buf_addc(to, '-');
}

void
model_table_add(struct table *t, const struct model *m, const char *live)
{
	static const char *const facts[] = { "-", "no", "yes" };
	static const char *const schemas[] = { "-", "no", "tool", "native" };
	const char *until = m->deprecation_date;

	buf_addf(table_cell(t), "%s:%s", m->provider, m->id);
	cell_words(t, m->input, model_media);
	cell_words(t, m->reasoning, model_reasonings);
	cell_tokens(t, m->context_window);
	cell_tokens(t, m->max_output);
	cell(t, facts[m->tools]);
	cell(t, schemas[m->schema]);
	cell(t, until ? until : m->deprecated ? "deprecated" : NULL);
	if (live)
		cell(t, live);
}
