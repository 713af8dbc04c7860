/* SPDX-License-Identifier: MIT */
/* tls_words - what is wrong with a server's certificate, in words. Private to this room. */
#ifndef SYS_TLS_WORDS_H
#define SYS_TLS_WORDS_H

#include <openssl/x509.h>

#include "base/buf.h"
#include "sys/tls.h"

/* Append to why what follows "the server's certificate": "expired on Jan  1 00:00:00 2026 GMT".
 * code: X509_V_ERR_..., not X509_V_OK. */
enum tls_trouble tls_words(int code, const X509 *certificate, struct buf *why);

#endif
