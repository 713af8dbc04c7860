/* SPDX-License-Identifier: MIT */
/* hash - SHA-256, plain and keyed (HMAC). */
#ifndef SYS_HASH_H
#define SYS_HASH_H

#include "base/buf.h"
#include "base/str.h"

enum { HASH_SIZE = 32 };

struct hash {
	unsigned char bytes[HASH_SIZE];
};

struct hash hash_sha256(struct str text);
struct hash hash_hmac_sha256(struct str key, struct str text);

/* The hash as a key or a text of its own; it lives as long as h. */
struct str hash_str(const struct hash *h);
/* Append it in lower case hexadecimal digits. */
void hash_hex(const struct hash *h, struct buf *out);

#endif
