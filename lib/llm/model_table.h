/* SPDX-License-Identifier: MIT */
/* model_table - models as a table, for people. */
#ifndef LLM_MODEL_TABLE_H
#define LLM_MODEL_TABLE_H

#include "cli/table.h"
#include "llm/model.h"

void model_table_init(struct table *t, bool live); /* with its heads */
/* live: what the provider's own list says of it; NULL where it was not asked. */
void model_table_add(struct table *t, const struct model *m, const char *live);

#endif
