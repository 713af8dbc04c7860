/* SPDX-License-Identifier: MIT */
/*
 * lex - the inner loops of lib/json: runs of bytes that need no thought.
 *
 * Private to this room. Each takes [p, end) and never reads outside it. Where the machine has SSE2
 * (every x86-64) sixteen bytes are looked at together, elsewhere eight in a machine word;
 * JSON_PORTABLE forces the latter, for tests.
 */
#ifndef JSON_LEX_H
#define JSON_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined __SSE2__ && !defined JSON_PORTABLE
#include <emmintrin.h>
#define LEX_SSE2 1
#else
#define LEX_SSE2 0
#endif

static inline bool
lex_is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline const char *
lex_space(const char *p, const char *end)
{
	while (p < end && lex_is_space(*p))
		p++;
	return p;
}

static inline bool
lex_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What a string may hold without a second look: no quote, backslash, control or non-ASCII byte. */
static inline bool
lex_is_plain(char c)
{
	return (signed char)c >= 0x20 && c != '"' && c != '\\';
}

#if LEX_SSE2

/* One compare finds controls and non-ASCII bytes alike: as signed numbers both are below 0x20. */
static inline unsigned
lex_odd_mask(__m128i x)
{
	__m128i odd = _mm_cmplt_epi8(x, _mm_set1_epi8(0x20));

	odd = _mm_or_si128(odd, _mm_cmpeq_epi8(x, _mm_set1_epi8('"')));
	odd = _mm_or_si128(odd, _mm_cmpeq_epi8(x, _mm_set1_epi8('\\')));
	return (unsigned)_mm_movemask_epi8(odd);
}

/* The same of 64 bytes. */
static inline uint64_t
lex_odd64(const char *p)
{
	const __m128i *x = (const __m128i *)(const void *)p;
	uint64_t a = lex_odd_mask(_mm_loadu_si128(x)), b = lex_odd_mask(_mm_loadu_si128(x + 1));
	uint64_t c = lex_odd_mask(_mm_loadu_si128(x + 2)), d = lex_odd_mask(_mm_loadu_si128(x + 3));

	return a | b << 16 | c << 32 | d << 48;
}

static inline unsigned
lex_quote_mask(__m128i x)
{
	return (unsigned)_mm_movemask_epi8(_mm_or_si128(
	    _mm_cmpeq_epi8(x, _mm_set1_epi8('"')), _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'))));
}

/* Quotes, and brackets of both kinds: '[' and '{', ']' and '}' differ in one bit. */
static inline unsigned
lex_bracket_mask(__m128i x)
{
	__m128i folded = _mm_or_si128(x, _mm_set1_epi8(0x20));
	__m128i hit = _mm_cmpeq_epi8(x, _mm_set1_epi8('"'));

	hit = _mm_or_si128(hit, _mm_cmpeq_epi8(folded, _mm_set1_epi8('{')));
	hit = _mm_or_si128(hit, _mm_cmpeq_epi8(folded, _mm_set1_epi8('}')));
	return (unsigned)_mm_movemask_epi8(hit);
}

#define LEX_SKIP(mask_of)                                                                          \
	while (end - p >= 16) {                                                                    \
		unsigned mask = mask_of(_mm_loadu_si128((const __m128i *)(const void *)p));        \
                                                                                                   \
		if (mask)                                                                          \
			return p + __builtin_ctz(mask);                                            \
		p += 16;                                                                           \
	}

#else

#define LEX_ONES (~(uint64_t)0 / 255)
#define LEX_HIGH (LEX_ONES * 0x80)

/* Not zero where a byte of x is c (and possibly in bytes above such a one: the caller looks). */
static inline uint64_t
lex_has(uint64_t x, unsigned char c)
{
	x ^= LEX_ONES * c;
	return (x - LEX_ONES) & ~x & LEX_HIGH;
}

static inline uint64_t
lex_odd_mask(uint64_t x)
{
	uint64_t controls = (x - LEX_ONES * 0x20) & ~x & LEX_HIGH;

	return (x & LEX_HIGH) | controls | lex_has(x, '"') | lex_has(x, '\\');
}

static inline uint64_t
lex_quote_mask(uint64_t x)
{
	return lex_has(x, '"') | lex_has(x, '\\');
}

static inline uint64_t
lex_bracket_mask(uint64_t x)
{
	uint64_t folded = x | LEX_ONES * 0x20;

	return lex_has(x, '"') | lex_has(folded, '{') | lex_has(folded, '}');
}

#define LEX_SKIP(mask_of)                                                                          \
	while (end - p >= 8) {                                                                     \
		uint64_t word;                                                                     \
                                                                                                   \
		memcpy(&word, p, sizeof word);                                                     \
		if (mask_of(word))                                                                 \
			break;                                                                     \
		p += 8;                                                                            \
	}

#endif

/* The first byte that is not plain, or end. */
static inline const char *
lex_plain(const char *p, const char *end)
{
	LEX_SKIP(lex_odd_mask)
	while (p < end && lex_is_plain(*p))
		p++;
	return p;
}

/* The first quote or backslash, or end. */
static inline const char *
lex_quote(const char *p, const char *end)
{
	LEX_SKIP(lex_quote_mask)
	while (p < end && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* The first quote, bracket or brace, or end. */
static inline const char *
lex_bracket(const char *p, const char *end)
{
	LEX_SKIP(lex_bracket_mask)
	while (p < end && *p != '"' && (*p | 0x20) != '{' && (*p | 0x20) != '}')
		p++;
	return p;
}

static inline const char *
lex_digits(const char *p, const char *end)
{
	while (p < end && lex_is_digit(*p))
		p++;
	return p;
}

/* In proven text: behind the string whose opening quote is at p. */
static inline const char *
lex_string_end(const char *p, const char *end)
{
	for (p = lex_quote(p + 1, end); p < end && *p == '\\'; p = lex_quote(p + 2, end))
		;
	return p + 1;
}

static inline bool
lex_is_tail(unsigned char c) /* a byte of a UTF-8 character after its first */
{
	return (c & 0xC0) == 0x80;
}

/* How many bytes the well-formed UTF-8 character at p has (RFC 3629), or 0. p < end. */
static inline size_t
lex_utf8(const char *p, const char *end)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t left = (size_t)(end - p);

	if (u[0] < 0x80)
		return 1;
	if (u[0] < 0xE0)
		return u[0] >= 0xC2 && left >= 2 && lex_is_tail(u[1]) ? 2 : 0;
	if (u[0] < 0xF0) {
		if (left < 3 || !lex_is_tail(u[1]) || !lex_is_tail(u[2]))
			return 0;
		if ((u[0] == 0xE0 && u[1] < 0xA0) || (u[0] == 0xED && u[1] >= 0xA0))
			return 0; /* an overlong form; half of a surrogate pair */
		return 3;
	}
	if (u[0] > 0xF4 || left < 4 || !lex_is_tail(u[1]) || !lex_is_tail(u[2]) ||
	    !lex_is_tail(u[3]))
		return 0;
	if ((u[0] == 0xF0 && u[1] < 0x90) || (u[0] == 0xF4 && u[1] >= 0x90))
		return 0; /* an overlong form; past U+10FFFF */
	return 4;
}

#endif
