/* SPDX-License-Identifier: MIT */
/* fuzz_schema - two lines: any schema that compiles answers any value, and the same each time. */
#include <string.h>

#include "base/die.h"
#include "fuzz/fuzz.h"
#include "json/schema.h"

static bool
count(void *user, const struct schema_failure *failure)
{
	size_t *told = user;

	if (!failure->keyword.len || !failure->message.len || failure->schema_path.p[0] != '#')
		BUG("a failure without a place");
	return ++*told < 1000;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *newline = size ? memchr(p, '\n', size) : NULL;
	size_t len = newline ? (size_t)(newline - p) : size;
	struct err err = ERR_INIT, again = ERR_INIT;
	struct schema *s;
	struct json text, v;
	size_t told = 0;
	bool fits;

	if (!newline || json_parse(p, len, &text, &err) < 0 ||
	    json_parse(newline + 1, size - len - 1, &v, &err) < 0)
		return 0;
	s = schema_compile(text, &err);
	if (!s) {
		if (err.code != EXIT_CONFIG || !err.text[0])
			BUG("a schema was refused without a reason");
		return 0;
	}
	fits = schema_valid(s, v, &err);
	if (schema_valid(s, v, &again) != fits || (!fits && strcmp(err.text, again.text) != 0))
		BUG("two answers");
	if (schema_explain(s, v, count, &told) != fits || (told == 0) != fits)
		BUG("explained otherwise than judged");
	schema_free(s);
	return 0;
}
