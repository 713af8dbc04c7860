/* SPDX-License-Identifier: MIT */
/*
 * edit - splice members into an object and leave every other byte alone.
 *
 * Edits are collected and then written out in one pass over the original text. Values are raw JSON,
 * borrowed until json_edit_write returns. Where a member stands twice, the last is the one edited
 * (it is the one that readers see).
 *
 *	struct json_edit e;
 *	json_edit_start(&e, record);
 *	json_edit_set(&e, "costUsd", STR_LIT("0.0012"));
 *	json_edit_write(&e, &out);		// appends to out, no newline
 */
#ifndef JSON_EDIT_H
#define JSON_EDIT_H

#include "base/buf.h"
#include "base/str.h"
#include "json/json.h"

enum { JSON_EDIT_MAX = 16 };

struct json_edit {
	struct json object;
	size_t count;
	struct json_change {
		const char *key; /* borrowed */
		struct str value; /* raw JSON; p NULL: the member is removed */
		bool is_new; /* known to be absent */
		struct json old; /* while it is written: its value now; JSON_NONE: it is appended */
	} changes[JSON_EDIT_MAX];
};

/* object must be JSON_OBJECT. */
void json_edit_start(struct json_edit *e, struct json object);

/* Replace the member's value, or append the member after the last one. A second set of a key wins.
 */
void json_edit_set(struct json_edit *e, const char *key, struct str raw);

/* As json_edit_set, where the caller already knows (from json_scan) that the member is absent. */
void json_edit_append(struct json_edit *e, const char *key, struct str raw);

/* Remove the member with one comma, and earlier ones of its name with it: none is to come to light.
 * Nothing where it is absent. */
void json_edit_drop(struct json_edit *e, const char *key);

void json_edit_write(struct json_edit *e, struct buf *out);

/* RFC 7396: append target patched by patch; members of target that patch does not name keep their
 * bytes and order, the white space between members is left out. */
void json_merge_patch(struct json target, struct json patch, struct buf *out);

#endif
