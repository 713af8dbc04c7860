/* SPDX-License-Identifier: MIT */
/* jwt - JSON web tokens, signed with RSA and SHA-256 (RFC 7515, RS256). */
#ifndef NET_JWT_H
#define NET_JWT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Append the token of claims (a JSON object). key: PEM, no pass phrase; key_id: NULL for none. */
int jwt_rs256(const char *key, const char *key_id, struct str claims, struct buf *out,
    struct err *err) __attribute__((warn_unused_result));

#endif
