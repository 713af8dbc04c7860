/* SPDX-License-Identifier: MIT */
/* schema_check - what is at hand while one value is held against one schema. Private to schema_*.c.
 */
#ifndef JSON_SCHEMA_CHECK_H
#define JSON_SCHEMA_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "json/json.h"
#include "json/schema.h"
#include "json/schema_node.h"

/* Which members or elements of a value some keyword has looked at: unevaluated* wants the others.
 */
struct schema_marks {
	size_t count;
	bool *seen;
};

/* The resources that evaluation has come through, innermost first: $dynamicRef looks there. */
struct schema_scope {
	const struct schema_scope *up;
	size_t resource;
};

/* Who wants to hear of failures: err of the first one, tell of all until it has enough. */
struct schema_report {
	struct err *err; /* where tell is NULL */
	schema_failure_fn *tell;
	void *user;
	bool enough;
};

struct schema_frame {
	const struct schema_frame *up; /* the same value against another schema, or NULL */
	const struct schema *schema;
	const struct schema_node *node;
	const struct schema_rule *rule; /* of node, being looked at; NULL before the first */
	struct json v;
	const struct schema_place *place; /* of v; NULL for the whole */
	const struct schema_scope *scope;
	struct schema_marks *marks; /* NULL where nobody asks */
	struct schema_report *report; /* NULL while trying out: no failure is described */
	unsigned depth; /* of frames */
	uint64_t *steps; /* that the whole check may still take */
};

/* Describe the failure, unless trying out or enough is known. Returns false. */
bool schema_misfit(const struct schema_frame *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Whether to look on behind a part that fits or not. *all becomes whether all did: a report wants
 * every failure, a trial is over with the first.
 */
bool schema_go_on(const struct schema_frame *f, bool *all, bool fits);

/* The rules that look at the value alone. */
bool schema_assert(const struct schema_frame *f, const struct schema_rule *rule);

#endif
