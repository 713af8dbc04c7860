/* SPDX-License-Identifier: MIT */
/*
 * openai_responses - the Responses API, at OpenAI's and at those who copied it. Known only to the
 * openai_responses files; the others see dialect_openai_responses.
 *
 * A turn is a list of items here: messages, reasoning, calls, and what servers did on their own.
 * Nothing is kept on the server unless providerOptions ask for it, so each item must be able to go
 * back as it came. The opaque value of a reasoning part is its item whole; of a text part, its
 * message's id and phase, its own type where it is a refusal, and its annotations; of a tool call,
 * its item without what the part says. Any other item is a part of the provider's own.
 */
#ifndef LLM_OPENAI_RESPONSES_H
#define LLM_OPENAI_RESPONSES_H

#include "llm/openai.h"

/* Whether the server is to keep what is said, by providerOptions. */
bool openai_responses_stored(const struct openai_request *q);

/* An item's members into the object that is open: not those that are null, which servers print and
 * refuse to read, and not those named in without (NULL: all). */
void openai_responses_members(struct jsonw *w, struct json item, const char *const *without);

/* The "instructions" and "input" members. */
int openai_responses_input(struct openai_request *q);

void openai_responses_event(struct answer *a, struct str name, struct json data);
bool openai_responses_raw(struct answer *a, struct str data);
void openai_responses_body(struct answer *a, struct json body);

#endif
