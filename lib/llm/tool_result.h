/* SPDX-License-Identifier: MIT */
/*
 * tool_result - what a tool's result says, for those who take text and nothing else.
 *
 * Text goes as it is, any other JSON value as its text, the text of a file under its name. Where
 * the API has no mark for a result that is an error, words say so: "Error: ..." before a text,
 * {"error":VALUE} around a value.
 */
#ifndef LLM_TOOL_RESULT_H
#define LLM_TOOL_RESULT_H

#include <stdbool.h>

#include "base/buf.h"
#include "json/json.h"

/* Append the toolResult part's content as one JSON string, quotes included. True where it holds
 * more than text: media, or parts of a provider's own. */
bool tool_result_text(struct json part, struct buf *out);

#endif
