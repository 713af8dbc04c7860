/* SPDX-License-Identifier: MIT */
/*
 * err - an error on its way up to main.
 *
 * A function that can fail returns 0 or -1 (or NULL) and fills the err that it was handed with a
 * sentence fit to print after "prog: ". Nothing below cmd/ prints. The text is cut at ERR_TEXT_MAX
 * bytes, at a character's border: it names things, it does not carry payloads.
 *
 *	struct err err = ERR_INIT;
 *	if (file_read(path, &text, &err) < 0)
 *		return err_wrap(&err, "policy");	// "policy: cannot open x.yaml: ..."
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/exit.h"

enum { ERR_TEXT_MAX = 512 };

struct err {
	enum exit_code code; /* how the program should end if nothing catches this */
	char text[ERR_TEXT_MAX];
};

#define ERR_INIT                                                                                   \
	{                                                                                          \
		.code = EXIT_OK                                                                    \
	}

/* Fill err and return -1, so that a caller can write: return err_set(err, EXIT_IO, ...). */
int err_set(struct err *err, enum exit_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As err_set with EXIT_IO (EXIT_SYSTEM where memory ran out), and strerror(errnum) after a colon.
 */
int err_sys(struct err *err, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Put "context: " before the text that is there; returns -1. */
int err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
