/* SPDX-License-Identifier: MIT */
/*
 * secret - keys by reference, and their removal from all output.
 *
 * A reference is "env:NAME", "file:PATH" or "cmd:COMMAND" (run by sh -c, first line of its output,
 * 10 s at most). A literal key in a configuration file is accepted; never one in argv. Every secret
 * resolved is remembered, and secret_mask replaces it wherever it appears.
 */
#ifndef NET_SECRET_H
#define NET_SECRET_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* getenv, handed in by cmd/: the library reads no environment. */
typedef const char *env_fn(const char *name);

/* The secret, remembered; NULL and err (EXIT_REFUSED, naming the reference) where it can't be had.
 * The caller frees. */
char *secret_resolve(const char *reference, env_fn *env, struct err *err);
void secret_remember(const char *secret);
/* Append text with every remembered secret replaced by "***" and its last four characters kept
 * where it has over 12. */
void secret_mask(struct str text, struct buf *out);
void secret_forget_all(void);

#endif
