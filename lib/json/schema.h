/* SPDX-License-Identifier: MIT */
/*
 * schema - JSON Schema (2020-12, and draft 7 where "$schema" says so): does a value fit, and where
 * does it not.
 *
 * Numbers are compared exactly; format and content* are annotations; \p{...}, look-around and back
 * references in patterns are refused (pattern.h). Of duplicate members each must fit.
 */
#ifndef JSON_SCHEMA_H
#define JSON_SCHEMA_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "json/json.h"

struct schema;

/* text is copied. -> NULL and err where it is no schema. References reach within the document only.
 */
struct schema *schema_compile(struct json text, struct err *err);
void schema_free(struct schema *s);

/*
 * Whether v fits. Where it does not, the first failure is described in err:
 * "/usage/tokensIn: is a string, the schema wants \"integer\"".
 */
bool schema_valid(const struct schema *s, struct json v, struct err *err);

#endif
