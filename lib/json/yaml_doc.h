/* SPDX-License-Identifier: MIT */
/* yaml_doc - a document's memory, as its loader sees it: not for other rooms. */
#ifndef JSON_YAML_DOC_H
#define JSON_YAML_DOC_H

#include <stddef.h>

#include "json/yaml.h"

struct yaml_block; /* memory that is freed with the document */

struct yaml_doc {
	const char *file;
	struct yaml *root;
	struct yaml_block *blocks;
};

/* An empty document of that file. */
struct yaml_doc *yaml_doc_new(const char *file);
/* n bytes, or a copy of n bytes and a NUL, that live as long as the document. */
void *yaml_doc_alloc(struct yaml_doc *doc, size_t n);
char *yaml_doc_text(struct yaml_doc *doc, const char *p, size_t n);

/* The kind of an unquoted scalar, by the core schema narrowed to JSON's own spellings of numbers.
 */
enum yaml_kind yaml_scalar_kind(struct str s);

#endif
