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

/*
 * The same for a document that lies at a URI, where references may lead to others: load appends the
 * JSON of the one at uri (absolute where the first one's is; without a fragment), or says in err
 * why it is not to be had.
 */
struct schema_source {
	const char *uri;
	int (*load)(void *user, const char *uri, struct buf *text, struct err *err);
	void *user;
};
struct schema *schema_compile_from(
    struct json text, const struct schema_source *source, struct err *err);
void schema_free(struct schema *s);

/*
 * Whether v fits. Where it does not, the first failure is described in err:
 * "/usage/tokensIn: is a string, the schema wants \"integer\"".
 */
bool schema_valid(const struct schema *s, struct json v, struct err *err);

/* One way in which a value does not fit; all of it is borrowed for the time of the telling. */
struct schema_failure {
	struct str instance_path; /* JSON pointer: "" is the whole */
	struct str keyword; /* "type"; "false schema" */
	struct str schema_path; /* "#/properties/a/type"; the file's URI before it, where another */
	struct str message;
	struct json value; /* what stands at instance_path */
};
typedef bool schema_failure_fn(
    void *user, const struct schema_failure *failure); /* false: enough */

/* Whether v fits; where it does not, every failure is told. Where none of anyOf's or oneOf's
 * schemas fits, that is told first and then what each of them misses. */
bool schema_explain(const struct schema *s, struct json v, schema_failure_fn *tell, void *user);

#endif
