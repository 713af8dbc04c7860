/* SPDX-License-Identifier: MIT */
/* fuzz_models - any bytes are a file of models, or an error that names its place; as a provider's
 * list they are models with names, or none; and a text of any bytes has no more pieces than bytes.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "llm/listing.h"
#include "llm/model.h"
#include "llm/model_name.h"
#include "llm/tokens.h"

static void
as_file(struct str text)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct str names[MODEL_NAMES_MAX];
	struct model_sheet *sheet = model_sheet_parse("f", text, NULL, 0, &err);
	const struct model *const *models;
	struct json v;
	size_t i, count;

	if (!sheet) {
		if (strncmp(err.text, "f:", 2) != 0 || err.code != EXIT_CONFIG)
			abort();
		return;
	}
	models = model_sheet_models(sheet, &count);
	for (i = 0; i < count; i++) {
		size_t n = model_name_all(
		    str_of(models[i]->provider), str_of(models[i]->id), names);

		buf_reset(&out);
		model_write(models[i], NULL, &out);
		if (json_parse(out.p, out.len, &v, &err) < 0)
			abort();
		if (n < 1 || n > MODEL_NAMES_MAX || !model_sheet_find(sheet, names, n))
			abort();
	}
	buf_release(&out);
	model_sheet_free(sheet);
}

static void
as_list(struct str text)
{
	struct provider p = { .name = (char *)(uintptr_t) "p",
		.dialect = &dialect_gemini,
		.base_url = (char *)(uintptr_t) "https://h" };
	struct listing list;
	struct err err = ERR_INIT;
	struct json v;
	struct wire w;
	size_t i;

	if (json_parse(text.p, text.len, &v, &err) < 0)
		return;
	listing_init(&list);
	wire_init(&w);
	if (listing_address(&list, &p, "KEY", &w, &err) < 0)
		abort();
	if (listing_read(&list, v, &err) == 0)
		for (i = 0; i < list.count; i++)
			if (!*list.items[i].id || list.items[i].context_window < 0)
				abort();
	wire_release(&w);
	listing_release(&list);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };

	as_file(text);
	as_list(text);
	if (tokens_pieces(text) < 0 || (uint64_t)tokens_pieces(text) > size)
		abort();
	return 0;
}
