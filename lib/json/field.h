/* SPDX-License-Identifier: MIT */
/*
 * field - typed values out of a YAML map, each error with its line and column.
 *
 * Every reader leaves *out alone where the member is absent or null. A reader returns -1 and fills
 * err
 * ("w.yaml:7:5: timeout: \"soon\" is no duration (30s, 5m)") where the member is there and is not
 * what it must be. Texts are borrowed from the document.
 */
#ifndef JSON_FIELD_H
#define JSON_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "json/yaml.h"

/* The map that is being read, its document, and what it is in messages ("node", "retry"). */
struct field_map {
	const struct yaml_doc *doc;
	const struct yaml *map; /* NULL: every member is absent */
	const char *what;
};

/* node as a map with no members but known ones. NULL or null is a map without members. */
int field_open(struct field_map *m, const struct yaml_doc *doc, const struct yaml *node,
    const char *what, const char *const *known, struct err *err)
    __attribute__((warn_unused_result));

/* The member's value, or NULL where it is absent or null. */
const struct yaml *field_get(const struct field_map *m, const char *key);

/* The form of most readers; an int that is negative is an error, so is a text that is empty. */
#define FIELD_READER __attribute__((warn_unused_result))
int field_text(
    const struct field_map *m, const char *key, const char **out, struct err *err) FIELD_READER;
int field_int(
    const struct field_map *m, const char *key, int64_t *out, struct err *err) FIELD_READER;
/* A duration in milliseconds; zero is an error. */
int field_ms(
    const struct field_map *m, const char *key, int64_t *out, struct err *err) FIELD_READER;
/* A whole number of milliseconds, of a member that ends in Ms; zero is an error. */
int field_millis(
    const struct field_map *m, const char *key, int64_t *out, struct err *err) FIELD_READER;
int field_bool(const struct field_map *m, const char *key, bool *out, struct err *err) FIELD_READER;
/* Any number that is not negative. */
int field_double(
    const struct field_map *m, const char *key, double *out, struct err *err) FIELD_READER;
/* A part of a whole, 0 to 1: 0.2 or "20%". */
int field_share(
    const struct field_map *m, const char *key, double *out, struct err *err) FIELD_READER;
/* The same where the number alone is the percentage: 95 or "95%" is 0.95. */
int field_percent(
    const struct field_map *m, const char *key, double *out, struct err *err) FIELD_READER;
/* Bytes: 512Mi. */
int field_size(
    const struct field_map *m, const char *key, int64_t *out, struct err *err) FIELD_READER;
/* Processors in thousandths: 200m, 2, 0.5. */
int field_cpu(
    const struct field_map *m, const char *key, int64_t *out, struct err *err) FIELD_READER;
/* An exact amount of money in pico-USD. */
int field_usd(
    const struct field_map *m, const char *key, int64_t *out, struct err *err) FIELD_READER;
/* *out is the word's index in words (NULL-terminated); an unknown one is told the nearest. */
int field_word(const struct field_map *m, const char *key, const char *const *words, int *out,
    struct err *err) FIELD_READER;
/* One word or a list of some, as bits by their index in words, of which there are 32 at most. */
int field_words(const struct field_map *m, const char *key, const char *const *words, unsigned *out,
    struct err *err) FIELD_READER;
/* Checks that the member, if there, is a list whose elements are non-empty texts. */
int field_texts(const struct field_map *m, const char *key, const struct yaml **out,
    struct err *err) FIELD_READER;
/* One text, or a list of them, as a NULL-terminated list that the caller frees; the texts are
 * borrowed. */
int field_strings(
    const struct field_map *m, const char *key, const char ***out, struct err *err) FIELD_READER;
/* The same of a program and its arguments, which may be empty. */
int field_argv(const struct field_map *m, const char *key, const struct yaml **out,
    struct err *err) FIELD_READER;
/* The member as JSON text, appended to out, if it is of the kind wanted (YAML_MAP, YAML_LIST). */
int field_json(const struct field_map *m, const char *key, enum yaml_kind kind, struct buf *out,
    struct err *err) FIELD_READER;

/* yaml_error at the member (or the map, where it is absent): "FILE:L:C: what". Returns -1. */
int field_error(const struct field_map *m, const char *key, struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Why a text cannot be a name (of a node, of a run): it becomes a directory's. NULL where it can.
 */
const char *field_name_fault(const char *name);

/* An element of a list or a map that must be a map, list or text, in a message's words. */
const char *field_kind_name(enum yaml_kind kind);

#endif
