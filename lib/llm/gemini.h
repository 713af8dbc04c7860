/* SPDX-License-Identifier: MIT */
/*
 * gemini - what the files of the gemini dialect share: gemini_request.c builds the request,
 * gemini_content.c writes its conversation, gemini.c reads the answer, and gemini_args.c puts
 * arguments together that come in pieces.
 */
#ifndef LLM_GEMINI_H
#define LLM_GEMINI_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "json/json.h"
#include "json/jsonw.h"
#include "llm/dialect.h"
#include "llm/request_calls.h"

/*
 * Function calls often come without an id. One is made then, with this prefix, and left out again
 * when the call and its result are sent back.
 */
#define GEMINI_ID_PREFIX "gemini-"

/* Where the format is spoken. */
enum gemini_door {
	GEMINI_STUDIO, /* generativelanguage.googleapis.com */
	GEMINI_VERTEX, /* no ids of calls before Gemini 3; numbers the finish reasons apart */
};

int gemini_address(const struct build *b, struct wire *w, struct err *err);
/* What stands behind the model's name in the URL. */
const char *gemini_verb(bool stream);
/* Fill wire's body; -1 where a part can't be carried. */
int gemini_build(const struct build *b, struct wire *w, struct err *err);
int gemini_build_for(enum gemini_door door, const struct build *b, struct wire *w, struct err *err);

void gemini_event(enum gemini_door door, struct answer *a, struct json data);
void gemini_closed(struct answer *a);

/* What a generation of models can do. */
struct gemini_family {
	const char *prefix;
	enum { THINKS_NOT, THINKS_BUDGET, THINKS_LEVEL } thinks;
	int64_t least, most; /* THINKS_BUDGET; least 0: it can be switched off */
	bool pro; /* THINKS_LEVEL: has no "minimal" */
	bool signed_calls; /* refuses a turn's first function call without a signature */
	bool no_ids; /* at Vertex: gives calls no ids, and has refused those of others */
	bool openapi; /* takes schemas in their OpenAPI form only */
};
/* Never NULL: what isn't known is taken for a new Gemini, or for a plain model. */
const struct gemini_family *gemini_family(struct str model);

/* The sources that a candidate names. */
void gemini_citations(struct answer *a, struct json candidate);

struct structured_means gemini_means(const struct build *b);
extern const struct dialect_ceiling gemini_ceiling;

/* A request being written. */
struct gemini_writer {
	const struct build *b;
	const struct request *r;
	const struct gemini_family *family;
	enum gemini_door door;
	char *model; /* b->model as a C string */
	struct request_calls calls;
	struct jsonw w;
	struct err *err;
	enum role side; /* ROLE_USER or ROLE_ASSISTANT: of the turns being written */
	bool content_open;
	bool call_written; /* the open content has a function call already */
	bool failed; /* err says why; what is written is worthless */
};

/* Members "systemInstruction" (where there is any) and "contents". */
void gemini_system(struct gemini_writer *x);
void gemini_contents(struct gemini_writer *x);

/*
 * Put one of partialArgs ({jsonPath, stringValue|numberValue|boolValue|nullValue}) into args, the
 * text of a JSON object. A string continues the one that is there. False where the path is none
 * that can be followed.
 */
bool gemini_args_add(struct buf *args, struct json partial);

#endif
