/* SPDX-License-Identifier: MIT */
/*
 * cassette - recorded exchanges, found by name, by what is asked, or in their order.
 *
 * A case is a directory with a meta.json (case.h); its name is its path below the cassette
 * directory, as in openai/chat-completions/hello, or the last component alone. Nothing is read
 * until it is needed: a named case costs its own files, the first look through all costs every
 * meta.json, and a body is read when it is to be compared.
 */
#ifndef CASSETTE_CASSETTE_H
#define CASSETTE_CASSETTE_H

#include "base/err.h"
#include "base/str.h"
#include "cassette/case.h"

struct cassettes; /* owns its cases */

/* dirs: NULL-terminated, borrowed. NULL and err (EXIT_IO) where one is no directory. */
struct cassettes *cassettes_open(const char *const *dirs, struct err *err);
void cassettes_free(struct cassettes *c);

/* Each gives NULL where there is no such case. */
struct cassette_case *cassettes_named(struct cassettes *c, struct str name);
/* The case of that very request: the same method and path, an equal body (JSON_NONE: none). Of
 * equals, the one given least often. */
struct cassette_case *cassettes_same(
    struct cassettes *c, const char *method, struct str path, struct json body);
/* The next in the order of recording; each once. */
struct cassette_case *cassettes_next(struct cassettes *c);
/* Number i of all there are, in no order. */
struct cassette_case *cassettes_at(struct cassettes *c, size_t i);

#endif
