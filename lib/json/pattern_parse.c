/* SPDX-License-Identifier: MIT */
/* pattern_parse - read ECMA-262 regular expressions into a tree. */
#include "json/pattern_code.h"

#include "base/mem.h"
#include "json/lex.h"
#include "json/pattern.h"

enum { NESTED_MAX = 100, CODE_POINT_MAX = 0x10FFFF };

static int parse_either(struct pattern_parser *ps);

int
pattern_fail(struct pattern_parser *ps, const char *what)
{
	return err_set(ps->err, EXIT_CONFIG, "the pattern %.*s: %s",
	    (int)str_cut_utf8(ps->source, 80), ps->source.p, what);
}

static bool
at(const struct pattern_parser *ps, char c)
{
	return ps->p < ps->end && *ps->p == c;
}

static bool
take(struct pattern_parser *ps, const char *word)
{
	if (!str_starts((struct str){ ps->p, (size_t)(ps->end - ps->p) }, word))
		return false;
	ps->p += strlen(word);
	return true;
}

static int
add_item(struct pattern_parser *ps, enum pattern_item_kind kind, int child)
{
	VEC_GROW(ps->items, ps->item_count, ps->item_cap);
	ps->items[ps->item_count] =
	    (struct pattern_item){ .kind = kind, .child = child, .next = PATTERN_NONE };
	return (int)ps->item_count++;
}

static int
add_step_item(struct pattern_parser *ps, enum pattern_op op, uint32_t set)
{
	int i = add_item(ps, PATTERN_STEP, PATTERN_NONE);

	ps->items[i].step = (struct pattern_step){ .op = op, .a = set };
	return i;
}

static uint32_t
begin_set(struct pattern_parser *ps, bool negated)
{
	struct pattern *out = ps->out;

	VEC_GROW(out->sets, out->set_count, out->set_cap);
	out->sets[out->set_count] = (struct pattern_set){ .first = (uint32_t)out->range_count,
		.negated = negated };
	return (uint32_t)out->set_count++;
}

static void
add_exactly(struct pattern_parser *ps, uint32_t low, uint32_t high)
{
	struct pattern *out = ps->out;

	VEC_GROW(out->ranges, out->range_count, out->range_cap);
	out->ranges[out->range_count++] = (struct pattern_range){ low, high };
	out->sets[out->set_count - 1].count++;
}

/* What of low to high lies in the row, moved by so much. */
static void
add_moved(struct pattern_parser *ps, uint32_t low, uint32_t high, struct pattern_range of, int by)
{
	if (low < of.low)
		low = of.low;
	if (high > of.high)
		high = of.high;
	if (low <= high)
		add_exactly(ps, (uint32_t)((int)low + by), (uint32_t)((int)high + by));
}

/* To the set begun last. Case aside, the capitals and the small letters of ASCII, Latin-1, Greek
 * and Cyrillic bring each other: those that lie in one row. */
static void
add_range(struct pattern_parser *ps, uint32_t low, uint32_t high)
{
	static const struct {
		struct pattern_range capitals;
		int by;
	} rows[] = {
		{ { 'A', 'Z' }, 32 },
		{ { 0xC0, 0xD6 }, 32 },
		{ { 0xD8, 0xDE }, 32 },
		{ { 0x391, 0x3A1 }, 32 },
		{ { 0x3A3, 0x3AB }, 32 },
		{ { 0x400, 0x40F }, 80 },
		{ { 0x410, 0x42F }, 32 },
	};

	add_exactly(ps, low, high);
	for (size_t i = 0; ps->any_case && i < sizeof rows / sizeof *rows; i++) {
		struct pattern_range capitals = rows[i].capitals, small = capitals;
		int by = rows[i].by;

		small.low += (uint32_t)by;
		small.high += (uint32_t)by;
		add_moved(ps, low, high, capitals, by);
		add_moved(ps, low, high, small, -by);
	}
}

static const struct pattern_range digits[] = { { '0', '9' } };
static const struct pattern_range words[] = { { '0', '9' }, { 'A', 'Z' }, { '_', '_' },
	{ 'a', 'z' } };
static const struct pattern_range spaces[] = { { '\t', '\r' }, { ' ', ' ' }, { 0xA0, 0xA0 },
	{ 0x1680, 0x1680 }, { 0x2000, 0x200A }, { 0x2028, 0x2029 }, { 0x202F, 0x202F },
	{ 0x205F, 0x205F }, { 0x3000, 0x3000 }, { 0xFEFF, 0xFEFF } };
static const struct pattern_range newlines[] = { { '\n', '\n' }, { '\r', '\r' },
	{ 0x2028, 0x2029 } };

static const struct class
{
	char letter; /* its capital means the complement */
	const struct pattern_range *ranges;
	size_t count;
} classes[] = {
	{ 'd', digits, sizeof digits / sizeof *digits },
	{ 'w', words, sizeof words / sizeof *words },
	{ 's', spaces, sizeof spaces / sizeof *spaces },
};

/* The class named behind a backslash at p, taken, or NULL. */
static const struct class *
take_class(struct pattern_parser *ps, bool *complement)
{
	size_t i;

	for (i = 0; ps->end - ps->p >= 2 && i < sizeof classes / sizeof *classes; i++) {
		if ((ps->p[1] | 0x20) != classes[i].letter)
			continue;
		*complement = ps->p[1] != classes[i].letter;
		ps->p += 2;
		return &classes[i];
	}
	return NULL;
}

/* Ranges are in order, so their complement is what lies between them. */
static void
add_class(struct pattern_parser *ps, const struct class *c, bool complement)
{
	uint32_t low = 0;
	size_t i;

	for (i = 0; i < c->count; i++) {
		if (!complement)
			add_range(ps, c->ranges[i].low, c->ranges[i].high);
		else if (c->ranges[i].low > low)
			add_range(ps, low, c->ranges[i].low - 1);
		low = c->ranges[i].high + 1;
	}
	if (complement)
		add_range(ps, low, CODE_POINT_MAX);
}

static int
hex_digit(char c)
{
	if (lex_is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* count hexadecimal digits, or with 0 as many as stand before a brace. */
static int
take_hex(struct pattern_parser *ps, int count, uint32_t *c)
{
	int n = 0;

	for (*c = 0; ps->p < ps->end && hex_digit(*ps->p) >= 0 && (!count || n < count); n++)
		*c = *c * 16 + (uint32_t)hex_digit(*ps->p++);
	if (n == 0 || n > 6 || (count && n < count) || *c > CODE_POINT_MAX)
		return pattern_fail(ps, "malformed \\x or \\u escape");
	return 0;
}

static int
take_u_escape(struct pattern_parser *ps, uint32_t *c)
{
	uint32_t low;

	if (take(ps, "{")) {
		if (take_hex(ps, 0, c) < 0)
			return -1;
		return take(ps, "}") ? 0 : pattern_fail(ps, "\\u{ without its end");
	}
	if (take_hex(ps, 4, c) < 0)
		return -1;
	if (*c < 0xD800 || *c > 0xDBFF || !take(ps, "\\u"))
		return 0;
	if (take_hex(ps, 4, &low) < 0)
		return -1;
	if (low < 0xDC00 || low > 0xDFFF)
		return pattern_fail(ps, "half a surrogate pair");
	*c = 0x10000 + ((*c - 0xD800) << 10) + (low - 0xDC00);
	return 0;
}

/* What stands behind a backslash, as one character. */
static int
take_escape(struct pattern_parser *ps, uint32_t *c)
{
	static const char from[] = "tnrvf0", to[] = "\t\n\r\v\f\0";
	const char *found;
	char letter;

	if (ps->p == ps->end)
		return pattern_fail(ps, "a backslash at the end");
	letter = *ps->p++;
	found = letter ? strchr(from, letter) : NULL;
	if (found) {
		*c = (unsigned char)to[found - from];
		return 0;
	}
	if (letter == 'x')
		return take_hex(ps, 2, c);
	if (letter == 'u')
		return take_u_escape(ps, c);
	if (letter == 'c' && ps->p < ps->end && (*ps->p | 0x20) >= 'a' && (*ps->p | 0x20) <= 'z') {
		*c = (unsigned char)*ps->p++ & 0x1F;
		return 0;
	}
	if (letter == 'p' || letter == 'P')
		return pattern_fail(ps, "\\p{...} is not supported");
	if ((letter >= '1' && letter <= '9') || letter == 'k')
		return pattern_fail(ps, "back references are not supported");
	if ((letter | 0x20) >= 'a' && (letter | 0x20) <= 'z')
		return pattern_fail(ps, "no such escape");
	*c = (unsigned char)letter;
	return 0;
}

/* One character, escaped or not. */
static int
take_one(struct pattern_parser *ps, uint32_t *c)
{
	size_t n = lex_utf8(ps->p, ps->end), i;

	if (take(ps, "\\"))
		return take_escape(ps, c);
	if (!n)
		return pattern_fail(ps, "malformed UTF-8");
	*c = (unsigned char)*ps->p;
	if (n > 1)
		*c &= 0xFFu >> (n + 1);
	for (i = 1; i < n; i++)
		*c = *c << 6 | ((unsigned char)ps->p[i] & 0x3Fu);
	ps->p += n;
	return 0;
}

/* A range, a class or a character inside brackets. */
static int
parse_set_part(struct pattern_parser *ps)
{
	const struct class *c;
	uint32_t low, high;
	bool complement;

	if (at(ps, '\\') && (c = take_class(ps, &complement))) {
		add_class(ps, c, complement);
		return 0;
	}
	if (take(ps, "\\b"))
		low = '\b';
	else if (take(ps, "\\-"))
		low = '-';
	else if (take_one(ps, &low) < 0)
		return -1;
	high = low;
	if (at(ps, '-') && ps->end - ps->p >= 2 && ps->p[1] != ']') {
		ps->p++;
		if (at(ps, '\\') && take_class(ps, &complement))
			return pattern_fail(ps, "a class as the end of a range");
		if (take_one(ps, &high) < 0)
			return -1;
	}
	if (high < low)
		return pattern_fail(ps, "a range that ends before it begins");
	add_range(ps, low, high);
	return 0;
}

static int
parse_set(struct pattern_parser *ps)
{
	uint32_t set = begin_set(ps, take(ps, "^"));

	while (!at(ps, ']')) {
		if (ps->p == ps->end)
			return pattern_fail(ps, "[ without ]");
		if (parse_set_part(ps) < 0)
			return -1;
	}
	ps->p++;
	return add_step_item(ps, PATTERN_SET, set);
}

static int
parse_group(struct pattern_parser *ps)
{
	int inside;

	if (take(ps, "?=") || take(ps, "?!") || take(ps, "?<=") || take(ps, "?<!"))
		return pattern_fail(ps, "look-around, (?= (?! (?<= (?<!, is not supported");
	if (take(ps, "?<")) { /* a name: only captures would want it */
		while (ps->p < ps->end && *ps->p != '>')
			ps->p++;
		if (!take(ps, ">"))
			return pattern_fail(ps, "(?< without >");
	} else if (at(ps, '?') && !take(ps, "?:")) {
		return pattern_fail(
		    ps, "(? is not supported but as (?: and, where the pattern begins, (?i)");
	}
	if (++ps->depth > NESTED_MAX)
		return pattern_fail(ps, "nested too deep");
	inside = parse_either(ps);
	ps->depth--;
	if (inside != PATTERN_NONE && !take(ps, ")"))
		return pattern_fail(ps, "( without )");
	return inside;
}

static int
parse_atom(struct pattern_parser *ps)
{
	const struct class *class;
	bool complement;
	uint32_t c;

	if (take(ps, "^"))
		return add_step_item(ps, PATTERN_START, 0);
	if (take(ps, "$"))
		return add_step_item(ps, PATTERN_END, 0);
	if (take(ps, "\\b"))
		return add_step_item(ps, PATTERN_EDGE, 0);
	if (take(ps, "\\B"))
		return add_step_item(ps, PATTERN_NO_EDGE, 0);
	if (take(ps, "("))
		return parse_group(ps);
	if (take(ps, "["))
		return parse_set(ps);
	if (at(ps, '*') || at(ps, '+') || at(ps, '?'))
		return pattern_fail(ps, "nothing to repeat");
	if (take(ps, ".")) {
		c = begin_set(ps, true);
		add_class(
		    ps, &(struct class){ 0, newlines, sizeof newlines / sizeof *newlines }, false);
		return add_step_item(ps, PATTERN_SET, c);
	}
	if (at(ps, '\\') && (class = take_class(ps, &complement))) {
		c = begin_set(ps, false);
		add_class(ps, class, complement);
		return add_step_item(ps, PATTERN_SET, c);
	}
	if (take_one(ps, &c) < 0)
		return PATTERN_NONE;
	(void)begin_set(ps, false);
	add_range(ps, c, c);
	return add_step_item(ps, PATTERN_SET, (uint32_t)ps->out->set_count - 1);
}

static bool
take_count(struct pattern_parser *ps, int *n)
{
	const char *start = ps->p;

	for (*n = 0; ps->p < ps->end && lex_is_digit(*ps->p); ps->p++) {
		if (*n <= PATTERN_REPEAT_MAX)
			*n = *n * 10 + (*ps->p - '0');
	}
	return ps->p > start;
}

/* A quantifier, if one stands here. A brace that begins none is a character, as in ECMA-262 annex
 * B. */
static bool
take_quantifier(struct pattern_parser *ps, int *min, int *max)
{
	const char *start = ps->p;
	bool taken = true;

	*min = at(ps, '+');
	*max = at(ps, '?') ? 1 : PATTERN_FOREVER;
	if (!take(ps, "*") && !take(ps, "+") && !take(ps, "?")) {
		taken = take(ps, "{") && take_count(ps, min);
		*max = *min;
		if (taken && take(ps, ",") && !take_count(ps, max))
			*max = PATTERN_FOREVER;
		taken = taken && take(ps, "}");
	}
	if (taken)
		(void)take(ps, "?"); /* lazy: which match is found first is no matter here */
	else
		ps->p = start;
	return taken;
}

static int
parse_item(struct pattern_parser *ps)
{
	int atom = parse_atom(ps), i, min, max;

	if (atom == PATTERN_NONE || !take_quantifier(ps, &min, &max))
		return atom;
	if (min > PATTERN_REPEAT_MAX || max > PATTERN_REPEAT_MAX)
		return pattern_fail(ps, "repeated more than 1000 times");
	if (max != PATTERN_FOREVER && max < min)
		return pattern_fail(ps, "a repetition that ends before it begins");
	i = add_item(ps, PATTERN_REPEAT, atom);
	ps->items[i].min = min;
	ps->items[i].max = max;
	return i;
}

static int
parse_list(struct pattern_parser *ps)
{
	int list = add_item(ps, PATTERN_LIST, PATTERN_NONE), last = PATTERN_NONE, i;

	while (ps->p < ps->end && *ps->p != '|' && *ps->p != ')') {
		i = parse_item(ps);
		if (i == PATTERN_NONE)
			return PATTERN_NONE;
		if (last == PATTERN_NONE)
			ps->items[list].child = i;
		else
			ps->items[last].next = i;
		last = i;
	}
	return list;
}

static int
parse_either(struct pattern_parser *ps)
{
	int first = parse_list(ps), last = first;

	while (last != PATTERN_NONE && take(ps, "|")) {
		int i = parse_list(ps);

		if (i == PATTERN_NONE)
			return PATTERN_NONE;
		ps->items[last].next = i;
		last = i;
	}
	return last == PATTERN_NONE ? PATTERN_NONE : add_item(ps, PATTERN_EITHER, first);
}

int
pattern_parse(struct pattern_parser *ps)
{
	int root;

	ps->any_case = take(ps, "(?i)");
	root = parse_either(ps);
	if (root != PATTERN_NONE && ps->p < ps->end)
		return pattern_fail(ps, ") without (");
	return root;
}
