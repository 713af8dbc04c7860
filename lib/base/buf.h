/* SPDX-License-Identifier: MIT */
/*
 * buf - a growable byte string with a ceiling.
 *
 * p is always a valid C string (p[len] == '\0'), even before the first append. An append that would
 * pass the limit sets full and drops all of its bytes (those already there stay), so a hostile peer
 * fills memory only up to the limit. Running out of memory is fatal (mem.h), so appends return
 * nothing; who reads foreign bytes asks buf_is_full once at the end.
 *
 *	struct buf b = BUF_INIT(NET_BODY_MAX);
 *	buf_add(&b, p, n);
 *	if (buf_is_full(&b)) ...
 *	buf_release(&b);
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buf {
	char *p;
	size_t len;
	size_t cap; /* at most limit + 1; 0: p is the shared empty string */
	size_t limit; /* the most len may become */
	bool full;
};

extern char buf_empty[1];

/* For text of our own making, where only memory is the limit. */
#define BUF_UNLIMITED (SIZE_MAX / 2)
#define BUF_INIT(max)                                                                              \
	{                                                                                          \
		.p = buf_empty, .limit = (max)                                                     \
	}

void buf_init(struct buf *b, size_t limit);
void buf_release(struct buf *b); /* frees; b is as after buf_init */
/* The same for bytes that were secret: nothing of them stays behind. */
void buf_wipe(struct buf *b);

static inline void
buf_reset(struct buf *b) /* empties, keeps the memory and clears full */
{
	b->len = 0;
	b->full = false;
	if (b->cap)
		b->p[0] = '\0';
}

static inline bool
buf_is_full(const struct buf *b)
{
	return b->full;
}

/* Room for n more bytes at p + len, or NULL (and full is set) where the limit forbids. */
char *buf_reserve(struct buf *b, size_t n);

void buf_add(struct buf *b, const char *p, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addstr(struct buf *b, struct str s);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_addv(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* Percent-encoded for a URL, but for RFC 3986's unreserved characters and those in also ("/", ":").
 */
void buf_addurl(struct buf *b, struct str s, const char *also);
void buf_addi(struct buf *b, int64_t n); /* decimal digits, faster than buf_addf */

static inline void
buf_addc(struct buf *b, char c)
{
	if (b->len + 1 < b->cap) {
		b->p[b->len++] = c;
		b->p[b->len] = '\0';
	} else {
		buf_add(b, &c, 1);
	}
}

/* Drop all but the first n bytes, of which there must be that many. */
static inline void
buf_truncate(struct buf *b, size_t n)
{
	b->len = n;
	if (b->cap)
		b->p[n] = '\0';
}

/* Drop the first n bytes. */
void buf_cut(struct buf *b, size_t n);

/* Hand the bytes to the caller, who frees them; b is empty after. */
char *buf_take(struct buf *b);

static inline struct str
buf_str(const struct buf *b)
{
	return (struct str){ b->p, b->len };
}

#endif
