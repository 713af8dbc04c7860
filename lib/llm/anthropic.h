/* SPDX-License-Identifier: MIT */
/*
 * anthropic - what the files of the anthropic-messages dialect share: anthropic_request.c builds
 * the request, anthropic_content.c writes its conversation, anthropic_cache.c marks it,
 * anthropic_messages.c reads the answer, and anthropic_models.c knows what the models can do.
 */
#ifndef LLM_ANTHROPIC_H
#define LLM_ANTHROPIC_H

#include <stdbool.h>

#include "base/err.h"
#include "json/jsonw.h"
#include "llm/anthropic_models.h"
#include "llm/dialect.h"

struct structured_means anthropic_means(const struct build *b);
int anthropic_address(const struct build *b, struct wire *w, struct err *err);
/* Fill wire's body; -1 where a part can't be carried. */
int anthropic_build(const struct build *b, struct wire *w, struct err *err);
/* The same where the URL names the model, and the body the version that others send as a header. */
int anthropic_build_versioned(
    const char *version, const struct build *b, struct wire *w, struct err *err);
/* The most tokens that it lets an answer have. */
int64_t anthropic_room(const struct build *b);
extern const struct dialect_ceiling anthropic_ceiling;

void anthropic_event(struct answer *a, struct str name, struct json data);
void anthropic_body(struct answer *a, struct json body);

/* A request being written. */
struct anthropic_writer {
	const struct build *b;
	const struct request *r;
	const struct anthropic_family *family;
	char *model; /* b->model as a C string */
	const char *version; /* goes into the body in the model's place; NULL: the model does */
	struct jsonw w;
	struct err *err;

	enum role side; /* of the turns being written: ROLE_USER (tool results too) or
			   ROLE_ASSISTANT */
	struct json prefill; /* the text that the answer is to go on from; JSON_NONE: none */
	bool in_system; /* blocks go to the system's list, which the first one opens */
	bool message_open, content_open; /* a message's, or another, list of blocks */
	bool block_open; /* left open, so that the last of a list can be marked */
	bool markable; /* the open block may bear cache_control, and bears none yet */
	int marks, owed; /* cache marks written; asked for by the record and still to come */
	bool thinking;
	bool files; /* a file of the Files API is named */
	bool failed; /* err says why; what is written is worthless */
};

/* Members "system" (where there is any) and "messages". */
void anthropic_system(struct anthropic_writer *x);
void anthropic_messages(struct anthropic_writer *x);

/* The mark that a part or a tool asks for with "cache"; false where it asks for none. */
bool anthropic_mark(struct anthropic_writer *x, struct json cache);
/* A mark of our own at the end of a prefix that will come again, where there is room. */
void anthropic_mark_auto(struct anthropic_writer *x);

#endif
