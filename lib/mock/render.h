/* SPDX-License-Identifier: MIT */
/*
 * render - an answer in a provider's own wire form: whole or streamed, or its way to refuse.
 *
 * Deterministic: ids count from the serial, times stand still. Adding a provider is one file with
 * a function of type mock_render_fn and a line in render.c.
 */
#ifndef MOCK_RENDER_H
#define MOCK_RENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "json/jsonw.h"
#include "mock/answer.h"
#include "mock/reply.h"
#include "mock/request.h"

#define MOCK_CREATED 1790000000 /* what every answer gives as its time: 2026-09-21T14:13:20Z */
#define MOCK_CREATED_RFC3339 "2026-09-21T14:13:20.000000Z"

/* An answer with all that was open decided. Borrows from the answer and the request. */
struct mock_saying {
	const struct mock_answer *answer;
	const struct mock_request *request;
	uint64_t serial;
	struct str text, reasoning;
	const char *model;
	const char *stop; /* a word of the contract, or the script's own */
	int64_t in, out, cache_read, cache_write, thinking; /* tokens */
};

typedef void mock_render_fn(const struct mock_saying *s, struct mock_reply *r);

/* r is initialised by it; mock_reply_release is the caller's. */
void mock_render(const struct mock_answer *answer, const struct mock_request *request,
    uint64_t serial, struct mock_reply *r);
void mock_render_error(
    const struct mock_error *error, enum mock_family family, uint64_t serial, struct mock_reply *r);
/* The lists of models, and the other small answers to a GET. */
void mock_render_models(const struct mock_request *request, const char *const *models, size_t count,
    struct mock_reply *r);

/* A vector for each text that the request asks one for; how many those are. */
void mock_render_embeddings(const struct mock_request *request, struct mock_reply *r);
size_t mock_embeddings_asked(const struct mock_request *r);

/* An access token of Google's: the key that is good here, or any. in_form: it was asked for as the
 * metadata server or OAuth's wants it. */
void mock_render_token(const char *key, bool in_form, uint64_t serial, struct mock_reply *r);

/* --- for the providers' files --- */

mock_render_fn mock_render_openai, mock_render_responses, mock_render_anthropic, mock_render_gemini,
    mock_render_ollama, mock_render_cohere, mock_render_bedrock;

/* "20ms", "1.5s", "6m0s", as Go prints times. */
void mock_write_go_time(struct buf *out, int64_t us);

/* The next chunk of so many words off the front of *rest; false when *rest is used up. */
bool mock_next_words(struct str *rest, int64_t words, struct str *chunk);
/* The wait before a piece of output, and the note of where output begins. */
int64_t mock_output_wait(const struct mock_saying *s, struct mock_reply *r, bool *any);
/* s->stop in the provider's words: pairs of contract word and provider's word, NULL at the end. */
const char *mock_stop_word(const struct mock_saying *s, const char *const *pairs);
/* The signature that a thought bears, under the provider's own key. */
void mock_write_signature(struct jsonw *w, const char *key, const struct mock_saying *s);
/* What it says where the script does not. */
const char *mock_error_message(const struct mock_error *error, enum mock_family family);
/* The provider's name for an error. */
const char *mock_error_type(const struct mock_error *error, enum mock_family family);
/* The provider's error object, as it stands in a body and in a stream. */
void mock_write_error(
    const struct mock_error *error, enum mock_family family, uint64_t serial, struct buf *out);

#endif
