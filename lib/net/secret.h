/* SPDX-License-Identifier: MIT */
/*
 * secret - keys by reference, and their removal from all output.
 *
 * A reference is "env:NAME", "file:PATH" (its first line) or "cmd:COMMAND" (run by sh -c with no
 * input, its errors unseen; first line of its output, 10 s at most). A literal key in a
 * configuration file is accepted; never one in argv. Every secret resolved is remembered, and
 * secret_mask replaces it wherever it appears, as it is or as a JSON string or a URL spells it.
 *
 * Secrets under SECRET_MASK_MIN bytes are not masked: real keys are far longer, and a short word
 * ("test", "ollama") would take ordinary text with it.
 *
 *	key = secret_resolve("env:OPENAI_API_KEY", getenv_of_main, &err);
 *	secret_mask(line, &out);
 */
#ifndef NET_SECRET_H
#define NET_SECRET_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
	SECRET_MASK_MIN = 8,
	/* In what a model says only such as no word is: a local server's key may be "lm-studio". */
	SECRET_ANSWER_MIN = 16,
};

/* getenv, handed in by cmd/: the library reads no environment. */
typedef const char *env_fn(const char *name);

/* The secret, remembered; NULL and err (EXIT_REFUSED, naming the reference, holding nothing of what
 * was found) where it can't be had. The caller frees. */
char *secret_resolve(const char *reference, env_fn *env, struct err *err);

/* Whether the reference names a secret that takes time (secret_fetch.h). */
bool secret_takes_time(const char *reference);

void secret_remember(const char *secret);
/* The first line of what was got for a reference, remembered; NULL and err where there is none. The
 * caller frees. */
char *secret_take(const char *reference, struct str text, struct err *err);

/* Append text with every remembered secret replaced by "***" and its last four characters kept
 * where it has over 12. */
void secret_mask(struct str text, struct buf *out);
void secret_mask_answer(struct str text, struct buf *out); /* those of SECRET_ANSWER_MIN bytes */
/* As secret_mask, inside the strings of a JSON text, which stays one; secrets of min bytes. */
void secret_mask_json(struct str json, size_t min, struct buf *out);
bool secret_occurs(struct str text, size_t min); /* whether one of min bytes is in it */

void secret_forget_all(void); /* wiped, then freed */

#endif
