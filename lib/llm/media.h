/* SPDX-License-Identifier: MIT */
/* media - files as parts of a message. */
#ifndef LLM_MEDIA_H
#define LLM_MEDIA_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "json/json.h"

/* Read a file and append it as a part: {"type":"image","mediaType":"image/png","name":...,
 * "data":BASE64}. Its first bytes tell what it is; what is not known by them is refused. */
int media_part(const char *path, struct buf *out, struct err *err)
    __attribute__((warn_unused_result));

/* Take "data:TYPE;base64,DATA" apart, a JSON string; both are borrowed from it. False where it is
 * anything else. */
bool media_data_url(struct json url, struct str *media_type, struct str *data);

#endif
