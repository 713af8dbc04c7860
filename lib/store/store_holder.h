/* SPDX-License-Identifier: MIT */
/* store_holder - who keeps an SQLite file from being written, as far as it can be known. Private to
 * this room. */
#ifndef STORE_STORE_HOLDER_H
#define STORE_STORE_HOLDER_H

#include "base/buf.h"

/* Append "llm-route (process 4711)", or "another process". */
void store_holder_name(const char *path, struct buf *out);

#endif
