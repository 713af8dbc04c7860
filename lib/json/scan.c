/* SPDX-License-Identifier: MIT */
/* scan - the one validating walk over a text, which also finds members by path. */
#include "json/json.h"

#include "json/lex.h"
#include "json/paths.h"

struct walk {
	const char *end;
	const char *at, *why; /* where it failed */
	const struct paths_node *nodes;
	struct json *found;
	size_t depth;
	unsigned node; /* of the value that comes next */
	bool escaped; /* the string walked last holds an escape */
	uint16_t levels[JSON_DEPTH_MAX]; /* the open brackets: node * 2 + is_object */
};

static const enum json_kind kinds[256] = {
	['n'] = JSON_NULL,
	['f'] = JSON_FALSE,
	['t'] = JSON_TRUE,
	['"'] = JSON_STRING,
	['['] = JSON_ARRAY,
	['{'] = JSON_OBJECT,
	['-'] = JSON_NUMBER,
	['0'] = JSON_NUMBER,
	['1'] = JSON_NUMBER,
	['2'] = JSON_NUMBER,
	['3'] = JSON_NUMBER,
	['4'] = JSON_NUMBER,
	['5'] = JSON_NUMBER,
	['6'] = JSON_NUMBER,
	['7'] = JSON_NUMBER,
	['8'] = JSON_NUMBER,
	['9'] = JSON_NUMBER,
};

static enum json_kind
kind_at(const char *p)
{
	return kinds[(unsigned char)*p];
}

static void
set_found(struct walk *w, uint32_t bits, struct json v)
{
	for (; bits; bits &= bits - 1)
		w->found[__builtin_ctz(bits)] = v;
}

/* Each step of the walk takes the place where it begins and returns that behind it, or NULL. */

static __attribute__((noinline, cold)) const char *
walk_fail(struct walk *w, const char *at, const char *why)
{
	w->at = at;
	w->why = why;
	return NULL;
}

static const char *
walk_hex4(struct walk *w, const char *p)
{
	int i;

	for (i = 0; i < 4; i++, p++) {
		char c = p < w->end ? *p : 0;

		if (!lex_is_digit(c) && ((c | 0x20) < 'a' || (c | 0x20) > 'f'))
			return walk_fail(w, p, "\\u needs four hexadecimal digits");
	}
	return p;
}

static inline const char *
walk_escape(struct walk *w, const char *p)
{
	static const bool escapes[256] = {
		['"'] = true,
		['\\'] = true,
		['/'] = true,
		['b'] = true,
		['f'] = true,
		['n'] = true,
		['r'] = true,
		['t'] = true,
	};

	w->escaped = true;
	if (p + 1 < w->end && escapes[(unsigned char)p[1]])
		return p + 2;
	if (p + 1 < w->end && p[1] == 'u')
		return walk_hex4(w, p + 2);
	return walk_fail(w, p, "no such escape");
}

/* Characters beyond ASCII, as many as there are. */
static const char *
walk_utf8(struct walk *w, const char *p)
{
	size_t n;

	do {
		n = lex_utf8(p, w->end);
		if (!n)
			return walk_fail(w, p, "malformed UTF-8");
		p += n;
	} while (p < w->end && (signed char)*p < 0);
	return p;
}

/* What lex_plain stopped at, and is no quote. */
static inline const char *
walk_odd(struct walk *w, const char *p)
{
	if (*p == '\\')
		return walk_escape(w, p);
	if ((signed char)*p < 0)
		return walk_utf8(w, p);
	return walk_fail(w, p, "a control character inside a string");
}

#if LEX_SSE2
/*
 * As walk_string, in blocks: texts of models are full of escapes, and to look for each anew costs
 * more than to take one block's from a mask.
 */
static const char *
walk_blocks(struct walk *w, const char *p)
{
	while (w->end - p > 64) {
		uint64_t odd = lex_odd64(p);
		const char *behind = p + 64;

		while (odd) {
			const char *at = p + __builtin_ctzll(odd);

			if (*at == '"')
				return at;
			at = walk_odd(w, at);
			if (!at)
				return NULL;
			if (at >= p + 64) {
				behind = at;
				break;
			}
			odd &= ~(uint64_t)0 << (at - p);
		}
		p = behind;
	}
	return p;
}
#endif

/* p is behind the opening quote; the result, behind the closing one. */
static inline const char *
walk_string(struct walk *w, const char *p)
{
#if LEX_SSE2
	if (w->end - p > 16) {
		unsigned odd = lex_odd_mask(_mm_loadu_si128((const __m128i *)(const void *)p));

		if (odd && p[__builtin_ctz(odd)] == '"')
			return p + __builtin_ctz(odd) + 1;
		p = walk_blocks(w, p);
	}
#endif
	while (p) {
		p = lex_plain(p, w->end);
		if (p == w->end)
			return walk_fail(w, p, "the text ends inside a string");
		if (*p == '"')
			return p + 1;
		p = walk_odd(w, p);
	}
	return NULL;
}

static inline const char *
walk_digits(struct walk *w, const char *p, const char *why)
{
	const char *behind = lex_digits(p, w->end);

	return behind > p ? behind : walk_fail(w, p, why);
}

static inline const char *
walk_number(struct walk *w, const char *p)
{
	const char *end = w->end;

	p += *p == '-';
	if (p < end && *p == '0')
		p++;
	else
		p = walk_digits(w, p, "a minus sign without a digit behind it");
	if (p && p < end && *p == '.')
		p = walk_digits(w, p + 1, "a decimal point without a digit behind it");
	if (p && p < end && (*p | 0x20) == 'e') {
		p++;
		p += p < end && (*p == '+' || *p == '-');
		p = walk_digits(w, p, "an exponent without a digit");
	}
	if (p && p < end && lex_is_digit(*p))
		return walk_fail(w, p, "a digit behind a leading zero");
	return p;
}

static const char *
walk_word(struct walk *w, const char *p, const char *word, size_t len)
{
	if ((size_t)(w->end - p) < len || memcmp(p, word, len) != 0)
		return walk_fail(w, p, "not a value");
	return p + len;
}

static inline const char *
walk_scalar(struct walk *w, const char *p)
{
	switch (kind_at(p)) {
	case JSON_STRING:
		return walk_string(w, p + 1);
	case JSON_NUMBER:
		return walk_number(w, p);
	case JSON_TRUE:
		return walk_word(w, p, "true", 4);
	case JSON_FALSE:
		return walk_word(w, p, "false", 5);
	case JSON_NULL:
		return walk_word(w, p, "null", 4);
	case JSON_NONE:
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	return walk_fail(w, p, "not a value");
}

/* Settle which node the member's value is. quoted: the name. */
static inline void
walk_name(struct walk *w, const char *quoted, size_t len, unsigned parent)
{
	if (w->escaped)
		w->node = paths_find_escaped(
		    w->nodes, parent, (struct json){ quoted, len, JSON_STRING });
	else
		w->node = paths_find(w->nodes, parent, quoted + 1, len - 2);
}

/* A member's name and its colon. node: of the object. */
static inline const char *
walk_key(struct walk *w, const char *p, unsigned node)
{
	const char *name = p;

	if (p == w->end || *p != '"')
		return walk_fail(w, p, "a member's name, in quotes, should stand here");
	w->escaped = false;
	p = walk_string(w, p + 1);
	if (!p)
		return NULL;
	if (node)
		walk_name(w, name, (size_t)(p - name), node);
	if (p < w->end && *p != ':')
		p = lex_space(p, w->end);
	if (p < w->end && *p == ':')
		return p + 1;
	return walk_fail(w, p, "a colon should stand behind the name");
}

/* The value at p was found to be one of those asked for. */
static void
walk_found(struct walk *w, unsigned node, const char *p, const char *behind)
{
	struct json v = { p, (size_t)(behind - p), kind_at(p) };

	set_found(w, w->nodes[node].here, v);
	set_found(w, w->nodes[node].below, JSON_ABSENT);
}

/* An object or array that was found ends before p: its length was left open. */
static inline void
walk_found_end(struct walk *w, unsigned node, const char *p)
{
	uint32_t bits;

	for (bits = w->nodes[node].here; bits; bits &= bits - 1) {
		struct json *v = &w->found[__builtin_ctz(bits)];

		v->len = (size_t)(p - v->p);
	}
}

/* Open the bracket at p; the result is behind it, or behind the closing one of an empty pair. */
static inline const char *
walk_open(struct walk *w, const char *p, bool *is_empty)
{
	bool is_object = *p == '{';
	unsigned node = w->node;

	if (w->depth == JSON_DEPTH_MAX)
		return walk_fail(w, p, "nested too deep");
	if (node)
		walk_found(w, node, p, p + 1);
	w->node = PATHS_DEAD;
	p = lex_space(p + 1, w->end);
	*is_empty = p < w->end && *p == (is_object ? '}' : ']');
	w->levels[w->depth++] = (uint16_t)(node * 2 + is_object);
	if (*is_empty || !is_object)
		return p;
	return walk_key(w, p, node);
}

/* p is behind a value: close what closes here. The result is where the next value begins, or, with
 * depth 0, behind the text's one value. */
static inline const char *
walk_next(struct walk *w, const char *p)
{
	while (w->depth) {
		unsigned level = w->levels[w->depth - 1];
		bool is_object = level & 1;

		if (p < w->end && *p != ',')
			p = lex_space(p, w->end);
		if (p == w->end)
			return walk_fail(w, p, "the text ends inside an object or array");
		if (*p == ',') {
			if (!is_object)
				return p + 1;
			return walk_key(w, lex_space(p + 1, w->end), level >> 1);
		}
		if (*p != (is_object ? '}' : ']'))
			return walk_fail(w, p,
			    is_object ? "a comma or '}' should stand here"
				      : "a comma or ']' should stand here");
		p++;
		w->depth--;
		walk_found_end(w, level >> 1, p);
	}
	return p;
}

static const char *
walk_text(struct walk *w, const char *p)
{
	do {
		unsigned node;
		const char *start;
		bool is_empty = false;

		p = lex_space(p, w->end);
		if (p == w->end)
			return walk_fail(w, p, "the text ends where a value should stand");
		if ((*p | 0x20) == '{') {
			p = walk_open(w, p, &is_empty);
			if (p && !is_empty)
				continue;
		} else {
			start = p;
			node = w->node;
			w->node = PATHS_DEAD;
			p = walk_scalar(w, p);
			if (node && p)
				walk_found(w, node, start, p);
		}
		if (p)
			p = walk_next(w, p);
	} while (p && w->depth);
	return p;
}

static int
walk(struct walk *w, const char *p, size_t len, struct json *root, struct err *err)
{
	const char *start = p, *behind;

	w->end = p + len;
	p = lex_space(p, w->end);
	behind = walk_text(w, p);
	if (behind) {
		*root = (struct json){ p, (size_t)(behind - p), kind_at(p) };
		behind = lex_space(behind, w->end);
		if (behind == w->end)
			return 0;
		walk_fail(w, behind, "the value is over, but the text goes on");
	}
	return err_set(
	    err, EXIT_NO, "invalid JSON at byte %zu: %s", (size_t)(w->at - start) + 1, w->why);
}

int
json_parse(const char *p, size_t len, struct json *out, struct err *err)
{
	static const struct paths_node none[PATHS_ROOT];
	struct walk w;

	w.nodes = none;
	w.found = NULL;
	w.node = PATHS_DEAD;
	w.depth = 0;
	return walk(&w, p, len, out, err);
}

int
json_scan(const struct json_paths *paths, const char *p, size_t len, struct json *root,
    struct json *found, struct err *err)
{
	struct walk w;
	size_t i;

	for (i = 0; i < paths->count; i++)
		found[i] = JSON_ABSENT;
	w.nodes = paths->nodes;
	w.found = found;
	w.node = PATHS_ROOT;
	w.depth = 0;
	return walk(&w, p, len, root, err);
}
