/* SPDX-License-Identifier: MIT */
/* mem - allocation that succeeds or ends the program. */
#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/die.h"

static _Noreturn void
mem_out(size_t size)
{
	die(EXIT_SYSTEM, "out of memory: %zu bytes refused", size);
}

void *
xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		mem_out(size);
	return p;
}

void *
xcalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		mem_out(count * size);
	return p;
}

void *
xreallocn(void *p, size_t count, size_t size)
{
	void *q;

	if (size && count > SIZE_MAX / size)
		mem_out(SIZE_MAX);
	q = realloc(p, count && size ? count * size : 1);
	if (!q)
		mem_out(count * size);
	return q;
}

char *
xstrdup(const char *s)
{
	return xmemdup(s, strlen(s));
}

char *
xstrdup_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

void
xreplace(char **at, const char *s)
{
	char *copy = xstrdup(s); /* s may lie in what is freed */

	free(*at);
	*at = copy;
}

void
xfree_strings(char **strings)
{
	for (size_t i = 0; strings && strings[i]; i++)
		free(strings[i]);
	free(strings);
}

char *
xmemdup(const char *p, size_t len)
{
	char *copy = xmalloc(len + 1);

	if (len)
		memcpy(copy, p, len);
	copy[len] = '\0';
	return copy;
}

char *
xasprintf(const char *fmt, ...)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	return buf_take(&text);
}
