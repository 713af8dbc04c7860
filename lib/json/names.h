/* SPDX-License-Identifier: MIT */
/*
 * names - the names of an object's members, or the strings of a list, to be looked up often.
 *
 * json_get walks the object each time, which is right for a few members; whoever asks for each of n
 * names among n others asks here, in n log n.
 *
 *	struct names names = names_of(json_get(schema, "required"));
 *	if (names_find(&names, name)) ...
 *	names_release(&names);
 */
#ifndef JSON_NAMES_H
#define JSON_NAMES_H

#include "base/buf.h"
#include "json/json.h"

struct name {
	struct str text; /* unescaped */
	size_t at; /* where it lies in the buffer of those that held escapes */
	struct json value; /* the member's, or the string itself */
};

struct names {
	struct name *items; /* sorted; of those that are alike the last of the document is last */
	size_t count, cap;
	struct buf unescaped;
};

/* Of anything else, and of elements that are no strings: none. Lives as long as v does. */
struct names names_of(struct json v);
void names_release(struct names *names);

/* The last of that name, or NULL. What is no string is not found. */
const struct name *names_find(const struct names *names, struct json name);
const struct name *names_find_text(const struct names *names, struct str text);

#endif
