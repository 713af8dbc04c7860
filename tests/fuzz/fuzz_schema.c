/* SPDX-License-Identifier: MIT */
/* fuzz_schema - two lines: any schema that compiles answers any value, and the same each time. */
#include <string.h>

#include "base/die.h"
#include "fuzz/fuzz.h"
#include "json/schema.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *newline = size ? memchr(p, '\n', size) : NULL;
	size_t len = newline ? (size_t)(newline - p) : size;
	struct err err = ERR_INIT, again = ERR_INIT;
	struct schema *s;
	struct json text, v;
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
	schema_free(s);
	return 0;
}
