/* SPDX-License-Identifier: MIT */
/* err - an error on its way up to main. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

static void
err_cut(struct err *err, int wanted)
{
	if (wanted >= ERR_TEXT_MAX) {
		size_t n = str_cut_utf8(str_of(err->text), ERR_TEXT_MAX - 4);

		memcpy(err->text + n, "...", 4);
	}
}

static int
err_vset(struct err *err, enum exit_code code, const char *fmt, va_list ap)
{
	err->code = code;
	err_cut(err, vsnprintf(err->text, sizeof err->text, fmt, ap));
	return -1;
}

int
err_set(struct err *err, enum exit_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_vset(err, code, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_sys(struct err *err, int errnum, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	err_vset(err, errnum == ENOMEM ? EXIT_SYSTEM : EXIT_IO, fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	err_cut(
	    err, (int)n + snprintf(err->text + n, sizeof err->text - n, ": %s", strerror(errnum)));
	return -1;
}

int
err_wrap(struct err *err, const char *fmt, ...)
{
	char inner[ERR_TEXT_MAX];
	va_list ap;
	size_t n;

	memcpy(inner, err->text, sizeof inner);
	va_start(ap, fmt);
	err_vset(err, err->code, fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	err_cut(err, (int)n + snprintf(err->text + n, sizeof err->text - n, ": %s", inner));
	return -1;
}
