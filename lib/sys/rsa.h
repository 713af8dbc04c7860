/* SPDX-License-Identifier: MIT */
/* rsa - signatures by RSA keys. */
#ifndef SYS_RSA_H
#define SYS_RSA_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Append text's signature with SHA-256 (RSASSA-PKCS1-v1_5). pem: a private key without a pass
 * phrase. err (EXIT_REFUSED) holds nothing of it. */
int rsa_sign(const char *pem, struct str text, struct buf *out, struct err *err)
    __attribute__((warn_unused_result));

#endif
