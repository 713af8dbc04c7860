/* SPDX-License-Identifier: MIT */
/*
 * attach - files of this machine as parts of a request.
 *
 * A part whose url (or data) is "file:PATH" is read when its call starts, so that a long list of
 * requests holds the files of those in flight and no others. PATH is relative to the working
 * directory. Whoever writes the records chooses the files that are read and sent: records from
 * strangers are no place for this program.
 */
#ifndef CALL_ATTACH_H
#define CALL_ATTACH_H

#include "base/buf.h"
#include "base/err.h"
#include "json/json.h"

/* The file as a part: {"type":"image","mediaType":"image/png","name":...,"data":BASE64}, or "text"
 * for data where it is text. -1 and err (EXIT_USAGE) where it is none that is known. */
int attach_part(const char *path, struct buf *out, struct err *err)
    __attribute__((warn_unused_result));

/* The request record with each such part filled in; err names the part. */
int attach_fill(struct json record, struct buf *out, struct err *err)
    __attribute__((warn_unused_result));

#endif
