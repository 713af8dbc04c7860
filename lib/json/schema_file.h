/* SPDX-License-Identifier: MIT */
/*
 * schema_file - a JSON Schema in a file, with what it refers to in others.
 *
 * A "$ref" may lead to files below one directory and to nothing else: no symbolic link and no ".."
 * leads out of it, and the network is never asked. Files may be JSON, or YAML by their name (.yaml,
 * .yml).
 */
#ifndef JSON_SCHEMA_FILE_H
#define JSON_SCHEMA_FILE_H

#include "base/err.h"
#include "json/schema.h"

/* base: the directory that references stay below; NULL: they stay within the document. The schema
 * itself may lie anywhere. NULL and err on failure. */
struct schema *schema_file_compile(const char *path, const char *base, struct err *err);

#endif
