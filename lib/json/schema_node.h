/* SPDX-License-Identifier: MIT */
/*
 * schema_node - a compiled schema: what schema.c makes and schema_check.c walks. Private to
 * schema*.c.
 *
 * A node stands for each schema object or boolean that something refers to; its rules are the
 * keywords it holds, in the order in which they are to be looked at. Values are borrowed from the
 * schema's own copy of its text.
 */
#ifndef JSON_SCHEMA_NODE_H
#define JSON_SCHEMA_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "json/json.h"
#include "json/pattern.h"

/* In the order of evaluation: cheap ones first, those that look at what others left, last. */
enum schema_keyword {
	SCHEMA_TYPE,
	SCHEMA_ENUM,
	SCHEMA_CONST,
	SCHEMA_MULTIPLE_OF,
	SCHEMA_MAXIMUM,
	SCHEMA_EXCLUSIVE_MAXIMUM,
	SCHEMA_MINIMUM,
	SCHEMA_EXCLUSIVE_MINIMUM,
	SCHEMA_MAX_LENGTH,
	SCHEMA_MIN_LENGTH,
	SCHEMA_PATTERN,
	SCHEMA_MAX_ITEMS,
	SCHEMA_MIN_ITEMS,
	SCHEMA_UNIQUE_ITEMS,
	SCHEMA_MAX_PROPERTIES,
	SCHEMA_MIN_PROPERTIES,
	SCHEMA_REQUIRED,
	SCHEMA_DEPENDENT_REQUIRED,
	SCHEMA_PROPERTY_NAMES,
	SCHEMA_PROPERTIES,
	SCHEMA_PATTERN_PROPERTIES,
	SCHEMA_ADDITIONAL_PROPERTIES,
	SCHEMA_PREFIX_ITEMS,
	SCHEMA_ITEMS_LIST, /* "items" with an array: what prefixItems was before 2020-12 */
	SCHEMA_ITEMS,
	SCHEMA_ADDITIONAL_ITEMS,
	SCHEMA_MIN_CONTAINS,
	SCHEMA_MAX_CONTAINS,
	SCHEMA_CONTAINS,
	SCHEMA_DEPENDENT_SCHEMAS,
	SCHEMA_DEPENDENCIES,
	SCHEMA_REF,
	SCHEMA_DYNAMIC_REF,
	SCHEMA_ALL_OF,
	SCHEMA_ANY_OF,
	SCHEMA_ONE_OF,
	SCHEMA_NOT,
	SCHEMA_THEN,
	SCHEMA_ELSE,
	SCHEMA_IF,
	SCHEMA_UNEVALUATED_ITEMS,
	SCHEMA_UNEVALUATED_PROPERTIES,
	SCHEMA_DEFS, /* checks nothing; its schemas may have names */
	SCHEMA_KEYWORDS
};

struct schema_sub {
	struct json key; /* in a map of schemas */
	struct pattern *pattern; /* in patternProperties, and of pattern itself */
	const struct schema_node *node;
	struct json strings; /* of dependencies: the names required instead of a schema */
};

struct schema_rule {
	enum schema_keyword keyword;
	struct json value;
	int64_t count; /* of maxLength and its like */
	char *anchor; /* of $dynamicRef: the name to look for in what is being evaluated, or NULL */
	struct schema_sub *subs;
	size_t sub_count, sub_cap;
};

struct schema_node {
	struct json at;
	size_t resource;
	struct schema_rule *rules;
	size_t rule_count, rule_cap;
	bool tracks; /* holds unevaluatedItems or unevaluatedProperties */
};

/* A schema with a URI of its own: the whole, and each part that has an $id. */
struct schema_resource {
	char *uri;
	const struct schema_node *root;
};

struct schema_anchor {
	size_t resource;
	char *name;
	const struct schema_node *node;
	bool is_dynamic;
};

struct schema_pending {
	struct schema_node *node; /* one of its rules is a reference not yet resolved */
	enum schema_keyword keyword;
};

struct schema_document {
	char *text;
	struct json root;
	bool is_draft7;
	size_t resource; /* the whole's */
	uint32_t *node_at; /* by offset in text: the index of the node there, from 1 */
};

struct schema {
	const struct schema_source *source; /* while compiling; NULL: there is one document */
	struct schema_document **documents;
	size_t document_count, document_cap;
	struct schema_node **nodes;
	size_t node_count, node_cap;
	struct schema_resource *resources;
	size_t resource_count, resource_cap;
	struct schema_anchor *anchors;
	size_t anchor_count, anchor_cap;
	struct schema_pending *pending;
	size_t pending_count, pending_cap;
};

/* Take a document in, as the resource at uri. Returns its root's node, or NULL and err. */
const struct schema_node *schema_add_document(
    struct schema *s, struct json text, const char *uri, struct err *err);
/* The same of what the source has there. */
const struct schema_node *schema_load_document(struct schema *s, const char *uri, struct err *err);
/* The document that holds the byte. */
struct schema_document *schema_document_of(const struct schema *s, const char *p);
/* Append "#/..." for the value that begins at p in one of the documents. */
void schema_locate(const struct schema *s, const char *p, struct buf *out);
void schema_documents_free(struct schema *s);

/* Where in a document we are; each level lives on the stack of the one that walks. */
struct schema_place {
	const struct schema_place *up;
	const char *name; /* a keyword, */
	struct json key; /* or a member, */
	size_t index; /* or an element */
};

/* Append as a JSON pointer; "value" for the whole. */
void schema_place_print(const struct schema_place *place, struct buf *out);

/* The node for the schema at v, compiled where it was not yet. NULL and err where it is none. */
struct schema_node *schema_node_at(struct schema *s, struct json v, size_t resource,
    const struct schema_place *place, struct err *err);

const struct schema_rule *schema_rule_of(
    const struct schema_node *node, enum schema_keyword keyword);

/* Take notice of the $id and the anchors of node, which is being compiled. */
int schema_name_node(struct schema *s, struct schema_node *node, struct err *err);

/* Resolve all references, which may bring new ones. */
int schema_resolve(struct schema *s, struct err *err);

const struct schema_anchor *schema_anchor_find(
    const struct schema *s, size_t resource, const char *name, size_t len);

#endif
