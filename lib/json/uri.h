/* SPDX-License-Identifier: MIT */
/* uri - references resolved as RFC 3986 section 5 says, and read. */
#ifndef JSON_URI_H
#define JSON_URI_H

#include "base/buf.h"
#include "base/str.h"

/* Append what ref means where base is the URI of the document. base may be empty: then ref stays as
 * it is. */
void uri_resolve(struct str base, struct str ref, struct buf *out);

/* Append text with its %XX undone. */
void uri_decode(struct str text, struct buf *out);

#endif
