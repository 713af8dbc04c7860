/* SPDX-License-Identifier: MIT */
/* excerpt - the JSON that somebody wrote among other text. */
#ifndef JSON_EXCERPT_H
#define JSON_EXCERPT_H

#include "base/str.h"
#include "json/json.h"

/*
 * Find the value that text is; else the one in a code fence; else the longest object or array that
 * stands in it. It borrows from text. -1 and err (what is wrong with the whole) where there is
 * none.
 */
int excerpt_find(struct str text, struct json *v, struct err *err)
    __attribute__((warn_unused_result));

#endif
