/* SPDX-License-Identifier: MIT */
/*
 * talk - what tests of dialects do: build a request from a record, read an answer from its events.
 * JSON is written with ' for ", which keeps the tests legible.
 */
#ifndef TESTS_TALK_H
#define TESTS_TALK_H

#include <stdbool.h>

#include "llm/dialect.h"

struct talk {
	const struct dialect *dialect;
	const char *provider; /* its name, and that of the dialect's own providerOptions */
	const char *base; /* its base URL; NULL: the dialect's own */
	const char *key;
	const char *version; /* its apiVersion; NULL: the dialect's */
	const char *place[PLACE_COUNT];
	struct answer answer;
	struct wire wire;
	struct err err;
};

/* A test's set-up and tear-down: a fresh talk in *state. */
int talk_begin(void **state, const struct dialect *dialect, const char *provider);
int talk_end(void **state);

/* Build the request that the record asks for (its model is the bare name); false where the dialect
 * refuses, and t->err says why. */
bool talk_build(struct talk *t, const char *record);
/* The body, or what lies at path ("messages.0.content") in it, is that value. */
void talk_body_is(const struct talk *t, const char *path, const char *expected);
bool talk_body_has(const struct talk *t, const char *path);
bool talk_warned(const struct talk *t, const char *option);

/* Read the events (NULL ends them) and finish: closed tells whether the transport proved the end.
 */
void talk_read(struct talk *t, const char *const *events, bool closed);
void talk_read_body(struct talk *t, const char *body);
/* content, reasoning: the visible text; part's opaque state and value as JSON. */
void talk_content_is(const struct talk *t, const char *expected);
void talk_reasoning_is(const struct talk *t, const char *expected);
void talk_json_is(const struct buf *actual, const char *expected);

#endif
