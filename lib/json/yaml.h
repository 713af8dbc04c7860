/* SPDX-License-Identifier: MIT */
/*
 * yaml - YAML 1.1 files as a tree in which every node knows its line and column.
 *
 * Scalars follow the YAML 1.2 core schema (true/false/null, decimal numbers; "yes", "on" and 0777
 * are strings), so a file reads as its JSON twin would. Anchors and aliases work within a ceiling
 * (no billion laughs), << merge keys too. Duplicate keys, tabs, more than one document and a tree
 * past YAML_NODES_MAX are errors. Every error reads "FILE:LINE:COLUMN: what".
 */
#ifndef JSON_YAML_H
#define JSON_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "json/json.h"

enum { YAML_NODES_MAX = 1000000 };

enum yaml_kind { YAML_NULL, YAML_BOOL, YAML_NUMBER, YAML_STRING, YAML_LIST, YAML_MAP };

struct yaml {
	enum yaml_kind kind;
	unsigned line, column; /* from 1 */
	struct str text; /* a scalar's text, NUL-terminated */
	struct yaml **items; /* elements, or a map's values in file order */
	struct yaml **keys; /* a map's keys, each YAML_STRING kind */
	size_t count;
};

#define YAML_FILE_MAX ((size_t)64 << 20)

struct yaml_doc; /* owns the nodes */

/* file is the name for messages. NULL and err (EXIT_CONFIG) on failure; an empty file is a
 * YAML_NULL root. */
struct yaml_doc *yaml_parse(const char *file, struct str text, struct err *err);
struct yaml_doc *yaml_load(const char *path, struct err *err); /* "-" is stdin */
void yaml_doc_free(struct yaml_doc *doc); /* not yaml_free: libyaml has one of its own */
const struct yaml *yaml_root(const struct yaml_doc *doc);

/* The value of a map's key, or NULL; also where node is NULL or no map. */
const struct yaml *yaml_get(const struct yaml *node, const char *key);
/* A scalar's text, or NULL where node is NULL, no scalar, or null. Lives as long as the document.
 */
const char *yaml_str(const struct yaml *node);

/* err_set(err, EXIT_CONFIG, "FILE:LINE:COLUMN: ..."); node gives the place. Returns -1. */
int yaml_error(const struct yaml_doc *doc, const struct yaml *node, struct err *err,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * Every key of map is in known (NULL-terminated), or an error at the first that is not, with the
 * nearest known name: "w.yaml:7:5: unknown member \"dependson\" (did you mean \"dependsOn\"?)".
 * what names the map.
 */
int yaml_known(const struct yaml_doc *doc, const struct yaml *map, const char *what,
    const char *const *known, struct err *err);

/* Append the node as JSON. */
void yaml_to_json(const struct yaml *node, struct buf *out);

#endif
