/* SPDX-License-Identifier: MIT */
/* gzip - a gzip file (RFC 1952) around bytes that are stored as they are: valid, not smaller. */
#ifndef MOCK_GZIP_H
#define MOCK_GZIP_H

#include "base/buf.h"
#include "base/str.h"

void gzip_store(struct str bytes, struct buf *out);

#endif
