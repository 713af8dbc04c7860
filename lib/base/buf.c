/* SPDX-License-Identifier: MIT */
/* buf - a growable byte string with a ceiling. */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/mem.h"
#include "base/num.h"

/* What p points to before the first append; nothing ever writes to it. */
char buf_empty[1] = "";

void
buf_init(struct buf *b, size_t limit)
{
	*b = (struct buf)BUF_INIT(limit);
}

void
buf_release(struct buf *b)
{
	if (b->cap)
		free(b->p);
	buf_init(b, b->limit);
}

void
buf_wipe(struct buf *b)
{
	if (b->cap)
		explicit_bzero(b->p, b->cap);
	buf_release(b);
}

char *
buf_reserve(struct buf *b, size_t n)
{
	size_t need, cap;

	if (n > b->limit - b->len) {
		b->full = true;
		return NULL;
	}
	need = b->len + n + 1;
	if (need > b->cap) {
		cap = b->cap < 64 ? 64 : b->cap + b->cap / 2;
		if (cap < need)
			cap = need;
		if (cap > b->limit + 1)
			cap = b->limit + 1;
		b->p = xreallocn(b->cap ? b->p : NULL, cap, 1);
		b->cap = cap;
		b->p[b->len] = '\0';
	}
	return b->p + b->len;
}

void
buf_add(struct buf *b, const char *p, size_t n)
{
	char *to;

	if (!n)
		return;
	to = buf_reserve(b, n);
	if (!to)
		return;
	memcpy(to, p, n);
	b->len += n;
	b->p[b->len] = '\0';
}

void
buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_addstr(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.len);
}

void
buf_addv(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	char *to;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0)
		BUG("buf_addv: bad format: %s", fmt);
	to = buf_reserve(b, (size_t)n);
	if (to) {
		(void)vsnprintf(to, (size_t)n + 1, fmt, again); /* measured above */
		b->len += (size_t)n;
	}
	va_end(again);
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_addv(b, fmt, ap);
	va_end(ap);
}

void
buf_addurl(struct buf *b, struct str s, const char *also)
{
	static const char unreserved[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (c && (strchr(unreserved, c) || strchr(also, c)))
			buf_addc(b, c);
		else
			buf_addf(b, "%%%02X", (unsigned)(unsigned char)c);
	}
}

void
buf_addi(struct buf *b, int64_t n)
{
	char digits[NUM_TEXT_MAX];

	buf_add(b, digits, (size_t)(num_write(digits, n) - digits));
}

void
buf_cut(struct buf *b, size_t n)
{
	if (!n)
		return;
	if (n > b->len)
		BUG("buf_cut: %zu of %zu bytes", n, b->len);
	memmove(b->p, b->p + n, b->len - n + 1);
	b->len -= n;
}

char *
buf_take(struct buf *b)
{
	char *p = b->cap ? b->p : xstrdup("");

	buf_init(b, b->limit);
	return p;
}
