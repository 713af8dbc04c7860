/* SPDX-License-Identifier: MIT */
/*
 * profile_number - numbers that jq would round, past it and back: an identifier of 19 digits in a
 * tool call's arguments must come out as it went in, also of texts that tojson made of them.
 */
#ifndef LLM_PROFILE_NUMBER_H
#define LLM_PROFILE_NUMBER_H

#include "base/buf.h"
#include "base/str.h"

/* Append json to out, each number of more than 15 digits as a marked text; false, and nothing is
 * appended, where there is none, or the marks are in use. */
bool profile_number_hide(struct str json, struct buf *out);
/* Append json to out, the marked ones as numbers again. */
void profile_number_show(struct str json, struct buf *out);

#endif
