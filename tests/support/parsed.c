/* SPDX-License-Identifier: MIT */
/* parsed - JSON texts that a test relies on: read, or the test has failed. */
#include "support/parsed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "json/schema_file.h"
#include "support/top.h"

struct json
parsed_str(struct str text)
{
	struct err err = ERR_INIT;
	struct json v = JSON_ABSENT;

	if (json_parse(text.p, text.len, &v, &err) < 0)
		fail_msg("%s in %.*s", err.text, (int)text.len, text.p);
	return v;
}

struct json
parsed(const char *text)
{
	return parsed_str(str_of(text));
}

struct schema *
parsed_schema(const char *name)
{
	char *path = xasprintf("share/schemas/%s.schema.json", name), *whole = top_file(path);
	struct err err = ERR_INIT;
	struct schema *schema = schema_file_compile(whole, NULL, &err);

	if (!schema)
		fail_msg("%s", err.text);
	free(whole);
	free(path);
	return schema;
}
