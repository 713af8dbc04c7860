/* SPDX-License-Identifier: MIT */
/* pointer - JSON pointers (RFC 6901): "/properties/a~1b/0". */
#ifndef JSON_POINTER_H
#define JSON_POINTER_H

#include "base/str.h"
#include "json/json.h"

/* What one segment, without its slash, leads to from v; JSON_NONE: nothing. */
struct json pointer_step(struct json v, struct str segment);
/* What the whole of it leads to; "" is v. */
struct json pointer_find(struct json v, struct str pointer);

#endif
