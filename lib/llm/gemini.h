/* SPDX-License-Identifier: MIT */
/*
 * gemini - what the halves of the gemini dialect share: gemini_request.c builds the request,
 * gemini.c reads the answer, gemini_args.c puts arguments together that come in pieces.
 */
#ifndef LLM_GEMINI_H
#define LLM_GEMINI_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "json/json.h"
#include "llm/dialect.h"

/*
 * Function calls often come without an id. One is made then, with this prefix, and left out again
 * when the call and its result are sent back.
 */
#define GEMINI_ID_PREFIX "gemini-"

/* Fill wire's url, headers, framing and body; -1 where a part can't be carried. */
int gemini_build(const struct build *b, struct wire *w, struct err *err);

/*
 * Put one of partialArgs ({jsonPath, stringValue|numberValue|boolValue|nullValue}) into args, the
 * text of a JSON object. A string continues the one that is there. False where the path is none
 * that can be followed.
 */
bool gemini_args_add(struct buf *args, struct json partial);

#endif
