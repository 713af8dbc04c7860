/* SPDX-License-Identifier: MIT */
/* record_path - a path that a policy names into a request: ".tags.team", ".meta.session". */
#ifndef POLICY_RECORD_PATH_H
#define POLICY_RECORD_PATH_H

#include <stdbool.h>

#include "base/buf.h"
#include "json/json.h"

/* Whether s is one: names of letters, digits, '_' and '-', each behind a dot. */
bool record_path_is(const char *s);

/* Append what is there as text, a string's own or another value's JSON. False: there is nothing, or
 * the empty text. */
bool record_path_text(const char *path, struct json record, struct buf *out);

#endif
