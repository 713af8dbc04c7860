/* SPDX-License-Identifier: MIT */
/*
 * json - reading JSON where it lies.
 *
 * json_parse walks a text once, proves it to be one RFC 8259 value (strict: UTF-8, no NaN, no
 * trailing comma, depth at most JSON_DEPTH_MAX) and builds nothing. A struct json is a borrowed
 * range of such a proven text: it lives as long as the text, owns nothing, and may be copied.
 * Everything below it is found by walking on: cheap for records and events, and no number or escape
 * is ever respelled.
 *
 *	struct json rec, v;
 *	if (json_parse(line, len, &rec, &err) < 0)
 *		return -1;
 *	v = json_find(rec, "usage.tokensIn");		// JSON_NONE where absent
 *	if (json_i64(v, &n)) ...
 *
 * A filter that wants the same few members of every line compiles them once (json_paths) and gets
 * them from the validating walk itself (json_scan): one pass, no second look.
 */
#ifndef JSON_JSON_H
#define JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum { JSON_DEPTH_MAX = 512 };

enum json_kind {
	JSON_NONE, /* absent */
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json {
	const char *p; /* first byte of the value: '"', '{', '[', a digit, ... */
	size_t len; /* to its last byte, quotes and brackets included; no white space around it */
	enum json_kind kind;
};

#define JSON_ABSENT ((struct json){ NULL, 0, JSON_NONE })

/* Prove text to be one JSON value, white space around it allowed. The error names the byte, counted
 * from 1, and what was wrong. */
int json_parse(const char *p, size_t len, struct json *out, struct err *err)
    __attribute__((warn_unused_result));

/* A literal of our own code as a value; a malformed one is a bug and dies. s must outlive the
 * value. */
struct json json_literal(const char *s);

/* The member of that name (the last where it stands twice), or JSON_NONE; also where obj is no
 * object. */
struct json json_get(struct json obj, const char *key);

/* Follow member names and array indexes: "choices.0.delta.content". Names with a dot need json_get.
 */
struct json json_find(struct json v, const char *path);

/*
 * Walk an object's members or an array's elements in order; of any other kind there are none.
 *	struct json_iter it = json_each(v);
 *	while (json_next(&it)) use(it.key, it.value);	// key: JSON_STRING in objects, else
 * JSON_NONE
 */
struct json_iter {
	const char *at, *end;
	struct json key, value;
};
struct json_iter json_each(struct json v);
bool json_next(struct json_iter *it);
size_t json_count(struct json v); /* members or elements */

static inline bool
json_is(struct json v, enum json_kind kind)
{
	return v.kind == kind;
}

static inline bool
json_exists(struct json v) /* there, and not null */
{
	return v.kind > JSON_NULL;
}

static inline bool
json_is_true(struct json v)
{
	return v.kind == JSON_TRUE;
}

static inline struct str
json_raw(struct json v) /* the bytes as they lie */
{
	return (struct str){ v.p, v.len };
}

/* Whether v is a string of that text, escapes understood. */
bool json_eq(struct json v, const char *s);
bool json_is_empty_string(struct json v);

/* An integer spelled as one ("12", not "12.0" or "1e3") that fits. *out is untouched where it
 * returns false. */
bool json_i64(struct json v, int64_t *out);
/* The same for any number of integral value: "12.0" and "1e3" too (some servers print counts so).
 */
bool json_count_of(struct json v, int64_t *out);
bool json_double(struct json v, double *out);
/* A number as an exact count of 10^-scale units (num_scaled). */
bool json_scaled(struct json v, int scale, int64_t *out);

/* Append a string's text, unescaped (an unpaired surrogate becomes U+FFFD); nothing where v is no
 * string. */
void json_text(struct json v, struct buf *out);
/* The same as a new C string, or NULL where v is no string or holds a NUL; the caller frees it. */
char *json_strdup(struct json v);
/* A string's bytes between its quotes when they hold no escape: borrowed, no copy. False otherwise.
 */
bool json_plain(struct json v, struct str *out);

/*
 * A place in a string, both in its text and in the raw bytes that spell it, to replace a part of
 * the text and leave the spelling of the rest alone.
 *	struct json_place at = json_place_start(v);
 *	json_place_go(&at, 12);		// at.p: what spells the text from its byte 12 on
 */
struct json_place {
	const char *p, *end; /* raw; end: the closing quote */
	size_t text; /* as json_text has it */
};
struct json_place json_place_start(struct json v); /* v must be a string */
/* On to that byte of the text, which must be a character's first or the text's end. */
void json_place_go(struct json_place *at, size_t text);

/* Whether two values are equal as JSON: member order and spelling of strings and numbers aside. */
bool json_equal(struct json a, struct json b);

/* --- one validating walk that finds members by path --- */

struct json_paths;

/* paths: n names like "usage.tokensIn" (objects only, at most 32 of them). Owned by the caller;
 * json_paths_free. */
struct json_paths *json_paths_new(const char *const *paths, size_t n);
void json_paths_free(struct json_paths *paths);

/* json_parse, and found[i] is the value at paths[i] (last of duplicates) or JSON_NONE. */
int json_scan(const struct json_paths *paths, const char *p, size_t len, struct json *root,
    struct json *found, struct err *err) __attribute__((warn_unused_result));

#endif
