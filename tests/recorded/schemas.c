/* SPDX-License-Identifier: MIT */
/* schemas - the schemas of the records, which what is read and lifted here must fit. */
#include <stdlib.h>

#include "base/mem.h"
#include "json/schema.h"
#include "recorded/recorded.h"
#include "sys/file.h"

static const char *const kinds[] = { "request", "response" };
static struct schema *schemas[2];

int
recorded_schemas_load(const char *dir, struct err *err)
{
	size_t i;

	for (i = 0; i < 2; i++) {
		char *name = xasprintf("%s.schema.json", kinds[i]), *path = file_join(dir, name);
		struct buf text = BUF_INIT(BUF_UNLIMITED);
		struct json v;

		if (file_read(path, &text, err) == 0 && json_parse(text.p, text.len, &v, err) == 0)
			schemas[i] = schema_compile(v, err);
		buf_release(&text);
		free(name);
		free(path);
		if (!schemas[i])
			return -1;
	}
	return 0;
}

void
recorded_schemas_free(void)
{
	schema_free(schemas[0]);
	schema_free(schemas[1]);
}

void
recorded_check_schema(const char *kind, struct json record, struct buf *why)
{
	struct err err = ERR_INIT;

	if (!schema_valid(schemas[strcmp(kind, kinds[0]) != 0], record, &err))
		buf_addf(why, "# as a %s record: %s\n", kind, err.text);
}
