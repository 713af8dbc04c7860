/* SPDX-License-Identifier: MIT */
/*
 * cassette - recorded exchanges as answers.
 *
 * A case is a directory with a meta.json; its name is its path below the cassette directory, as in
 * openai/chat-completions/hello, or the last component alone. Nothing is read until it is needed: a
 * named case costs its own files, the first match costs every meta.json, and a body is read when
 * its path fits.
 */
#ifndef MOCK_CASSETTE_H
#define MOCK_CASSETTE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "mock/reply.h"
#include "mock/request.h"

struct mock_cassettes;
struct mock_case; /* lives as long as the cassettes */

/* dirs: NULL-terminated, borrowed. NULL and err (EXIT_IO) where one is no directory. */
struct mock_cassettes *mock_cassettes_open(char *const *dirs, struct err *err);
void mock_cassettes_free(struct mock_cassettes *c);

/* Each gives NULL where there is no such case. */
struct mock_case *mock_cassettes_named(struct mock_cassettes *c, struct str name);
/* The case whose path fits and whose body equals; else whose model and last user message do. Of
 * equals, the one given least often. */
struct mock_case *mock_cassettes_match(struct mock_cassettes *c, const char *method,
    struct str path, const struct mock_request *request);
/* The next in the order of recording; each once. */
struct mock_case *mock_cassettes_next(struct mock_cassettes *c);

const char *mock_case_name(const struct mock_case *k);
/* Initialises r with what was recorded, or fails with err: a file is missing or malformed. */
int mock_case_reply(struct mock_case *k, struct mock_reply *r, struct err *err);

#endif
