/* SPDX-License-Identifier: MIT */
/* parsed - JSON texts that a test relies on: read, or the test has failed. */
#ifndef TESTS_SUPPORT_PARSED_H
#define TESTS_SUPPORT_PARSED_H

#include "json/schema.h"

/* Lies in text. */
struct json parsed(const char *text);
struct json parsed_str(struct str text);

/* share/schemas/NAME.schema.json; schema_free. */
struct schema *parsed_schema(const char *name);

#endif
