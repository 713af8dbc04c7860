/* SPDX-License-Identifier: MIT */
/* mem - allocation that succeeds or ends the program (exit 71): no code path pretends otherwise. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* Resize to count * size bytes, checked for overflow. p may be NULL. */
void *xreallocn(void *p, size_t count, size_t size) __attribute__((returns_nonnull));

char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xstrdup_or_null(const char *s) __attribute__((malloc)); /* NULL of NULL */
/* Put a copy of s in place of what stands at *at, which is freed. */
void xreplace(char **at, const char *s);
/* Free a list that ends with NULL, and the strings in it. NULL is an empty one. */
void xfree_strings(char **strings);

/* A NUL-terminated copy of len bytes at p (which may hold NULs of its own). */
char *xmemdup(const char *p, size_t len) __attribute__((malloc, returns_nonnull));

char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

/*
 * Make room for one more element in a growing array: VEC_GROW(items, count, cap). Capacities
 * double, so appending stays linear. items, count and cap are lvalues.
 */
#define VEC_GROW(items, count, cap)                                                                \
	do {                                                                                       \
		if ((count) == (cap)) {                                                            \
			(cap) = (cap) ? (cap)*2 : 8;                                               \
			(items) = xreallocn((items), (cap), sizeof *(items));                      \
		}                                                                                  \
	} while (0)

#endif
