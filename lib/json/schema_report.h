/* SPDX-License-Identifier: MIT */
/* schema_report - what is said of values held against a schema, as records and for people. */
#ifndef JSON_SCHEMA_REPORT_H
#define JSON_SCHEMA_REPORT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "json/schema.h"

/* No more failures of one value are listed: "more" says that there are. */
enum { SCHEMA_REPORT_MAX = 100 };

/* Where a value came from. */
struct schema_origin {
	const char *file; /* NULL: standard input */
	uint64_t line;
};

/*
 * {"valid":...,"line":N,"errors":[{instancePath,keyword,schemaPath,message}]} for a line of text,
 * appended to out without a newline. A line that is no JSON is an error of the keyword "json".
 * Returns whether it is valid.
 */
bool schema_report_record(
    const struct schema *s, struct str text, const struct schema_origin *from, struct buf *out);
/* The same for a line that can't be had at all. */
void schema_report_lost(const char *why, const struct schema_origin *from, struct buf *out);

/* The failures as lines for people, "FILE:LINE: PATH: MESSAGE"; nothing where it is
 * valid. most: no more of them. */
bool schema_report_text(const struct schema *s, struct str text, const struct schema_origin *from,
    size_t most, struct buf *out);

#endif
