/* SPDX-License-Identifier: MIT */
/* fuzz_schema_fit - two lines: any schema fits every target or says why not; what an answer's text
 * spells is found in it, fits, and is found again. */
#include <string.h>

#include "base/die.h"
#include "fuzz/fuzz.h"
#include "llm/answer.h"
#include "llm/schema_fit.h"
#include "llm/structured.h"

static void
fit(struct json schema, const struct schema_target *target, bool tool)
{
	struct schema_fit fit, again;
	struct err err = ERR_INIT;
	struct json v;
	bool fits = (tool ? schema_fit_tool : schema_fit)(&fit, schema, target);

	if (fits == (fit.hopeless != NULL))
		BUG("neither fits nor is hopeless");
	if (fits && json_parse(fit.text.p, fit.text.len, &v, &err) < 0)
		BUG("fits, and is no JSON: %s", err.text);
	if (fits && !fit.wrapped) { /* what was lost once is not lost again */
		if (schema_fit(&again, v, target) && again.lost.len)
			BUG("%s: %s is taken, and %s of it is not", target->name, fit.text.p,
			    again.lost.p);
		schema_fit_release(&again);
	}
	schema_fit_release(&fit);
}

static void
read_value(struct json schema_text, struct str text)
{
	struct answer a;
	struct buf value = BUF_INIT(BUF_UNLIMITED), same = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct schema *schema = schema_compile(schema_text, &err);

	answer_init(&a, NULL, NULL);
	a.nulls = a.wrapped = true;
	if (schema && structured_value(&a, text, schema, &value, &err)) {
		a.wrapped = false;
		if (!structured_value(&a, buf_str(&value), schema, &same, &err) ||
		    !str_eq(buf_str(&value), buf_str(&same)))
			BUG("what was found is not found again: %s", value.p);
	}
	schema_free(schema);
	answer_release(&a);
	buf_release(&value);
	buf_release(&same);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *newline = size ? memchr(p, '\n', size) : NULL;
	size_t len = newline ? (size_t)(newline - p) : size;
	const struct schema_target *const *t;
	struct err err = ERR_INIT;
	struct json schema;

	if (json_parse(p, len, &schema, &err) < 0 || !json_is(schema, JSON_OBJECT))
		return 0;
	for (t = schema_targets(); *t; t++) {
		fit(schema, *t, false);
		fit(schema, *t, true);
	}
	fit(schema, &schema_target_tool, false);
	if (newline)
		read_value(schema, (struct str){ newline + 1, size - len - 1 });
	return 0;
}
