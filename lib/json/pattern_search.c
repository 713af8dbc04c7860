/* SPDX-License-Identifier: MIT */
/* pattern_search - all ways through a pattern at once, a character at a time (Thompson 1968). */
#include "json/pattern.h"

#include <stdlib.h>

#include "base/mem.h"
#include "json/lex.h"
#include "json/pattern_code.h"

/* A way through the pattern: the step that it is at, and where in the text it began. */
struct way {
	uint32_t step;
	size_t from;
};

struct search {
	const struct pattern *p;
	/* Steps that wait for a character; those that just took one. Both by where they began: of
	 * two ways that meet, the one that began first goes on. */
	struct way *reached, *eaten;
	size_t reached_count, eaten_count;
	uint32_t *stack;
	uint64_t *seen; /* the round in which a step was reached last */
	uint64_t round;
	bool at_start, at_end, at_edge; /* of where we stand */
	bool found;
	size_t found_from;
	struct pattern_spans *spans; /* NULL: the first match is enough */
};

static uint32_t
take_char(const char **p, const char *end)
{
	const unsigned char *u = (const unsigned char *)*p;
	size_t n = lex_utf8(*p, end), i;
	uint32_t c;

	if (n <= 1) { /* ASCII, or a malformed byte, which stands for itself */
		(*p)++;
		return u[0];
	}
	c = u[0] & (0xFFu >> (n + 1));
	for (i = 1; i < n; i++)
		c = c << 6 | (u[i] & 0x3Fu);
	*p += n;
	return c;
}

bool
pattern_set_has(const struct pattern *p, uint32_t set, uint32_t c)
{
	const struct pattern_set *s = &p->sets[set];
	uint32_t i;

	for (i = s->first; i < s->first + s->count; i++) {
		if (c >= p->ranges[i].low && c <= p->ranges[i].high)
			return !s->negated;
	}
	return s->negated;
}

static bool
is_word(uint32_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '_';
}

/* Add what step leads to without a character to the reached. */
static void
reach(struct search *s, uint32_t step, size_t from)
{
	size_t depth = 0;

	s->stack[depth++] = step;
	while (depth) {
		const struct pattern_step *at;

		step = s->stack[--depth];
		if (s->seen[step] == s->round)
			continue;
		s->seen[step] = s->round;
		at = &s->p->steps[step];
		switch (at->op) {
		case PATTERN_SET:
			s->reached[s->reached_count++] = (struct way){ step, from };
			break;
		case PATTERN_FORK:
			s->stack[depth++] = at->b;
			s->stack[depth++] = at->a;
			break;
		case PATTERN_JUMP:
			s->stack[depth++] = at->a;
			break;
		case PATTERN_START:
			if (s->at_start)
				s->stack[depth++] = step + 1;
			break;
		case PATTERN_END:
			if (s->at_end)
				s->stack[depth++] = step + 1;
			break;
		case PATTERN_EDGE:
		case PATTERN_NO_EDGE:
			if (s->at_edge == (at->op == PATTERN_EDGE))
				s->stack[depth++] = step + 1;
			break;
		case PATTERN_FOUND:
			if (!s->found)
				s->found_from = from;
			s->found = true;
			break;
		}
	}
}

/* Where we stand between two characters: what the steps that took the last one lead to, and what
 * the pattern begins with, since a match may begin anywhere. */
static void
reach_all(struct search *s, size_t here)
{
	size_t i;

	s->round++;
	s->reached_count = 0;
	for (i = 0; i < s->eaten_count; i++)
		reach(s, s->eaten[i].step + 1, s->eaten[i].from);
	reach(s, 0, here);
}

static void
eat(struct search *s, uint32_t c)
{
	size_t i;

	s->eaten_count = 0;
	for (i = 0; i < s->reached_count; i++) {
		struct way way = s->reached[i];
		uint32_t set = s->p->steps[way.step].a;

		if (c < 128 ? s->p->sets[set].ascii[c / 64] >> c % 64 & 1
			    : pattern_set_has(s->p, set, c))
			s->eaten[s->eaten_count++] = way;
	}
}

/* Add a match, whose end is behind all before. It may have begun before some of them did. */
static void
add_span(struct pattern_spans *spans, size_t start, size_t end)
{
	const struct pattern_span *last;

	if (start == end)
		return;
	for (; spans->count; spans->count--) {
		last = &spans->items[spans->count - 1];
		if (last->end < start)
			break;
		if (last->start < start)
			start = last->start;
	}
	VEC_GROW(spans->items, spans->count, spans->cap);
	spans->items[spans->count++] = (struct pattern_span){ start, end };
}

/* Where a match may begin, at or behind at; end where none can. */
static const char *
next_start(const struct pattern *p, const char *at, const char *end)
{
	if (p->may_be_empty)
		return at;
	for (; at < end; at++) {
		if (!p->first[(unsigned char)*at])
			continue;
		if (p->prefix_len <= (size_t)(end - at) &&
		    memcmp(at, p->prefix, p->prefix_len) == 0)
			return at;
	}
	return end;
}

static void
search(struct search *s, struct str text)
{
	const char *p = text.p, *end = p + text.len, *next;
	uint32_t last = 0, c = 0;
	size_t here;

	for (s->at_start = true; !s->at_end; s->at_start = false) {
		next = s->eaten_count ? p : next_start(s->p, p, end);
		if (next > p) {
			last = (unsigned char)next[-1];
			s->at_start = false;
			p = next;
		}
		here = (size_t)(p - text.p);
		s->at_end = p == end;
		if (!s->at_end)
			c = take_char(&p, end);
		s->at_edge = (!s->at_start && is_word(last)) != (!s->at_end && is_word(c));
		reach_all(s, here);
		if (s->found && !s->spans)
			return;
		if (s->found)
			add_span(s->spans, s->found_from, here);
		s->found = false;
		eat(s, c);
		last = c;
	}
}

static bool
run(const struct pattern *p, struct str text, struct pattern_spans *spans, size_t *at)
{
	size_t n = p->step_count;
	struct search s = { .p = p, .spans = spans };

	if (!p->may_be_empty && next_start(p, text.p, text.p + text.len) == text.p + text.len)
		return false;
	s.reached = xcalloc(n, sizeof *s.reached);
	s.eaten = xcalloc(n, sizeof *s.eaten);
	s.stack = xcalloc(2 * n + 1, sizeof *s.stack);
	s.seen = xcalloc(n, sizeof *s.seen);
	search(&s, text);
	free(s.reached);
	free(s.eaten);
	free(s.stack);
	free(s.seen);
	*at = s.found_from;
	return s.found;
}

bool
pattern_find(const struct pattern *p, struct str text, size_t *at)
{
	return run(p, text, NULL, at);
}

bool
pattern_cover(const struct pattern *p, struct str text, struct pattern_spans *spans)
{
	size_t at;

	spans->count = 0;
	(void)run(p, text, spans, &at); /* what it found is in spans */
	return spans->count > 0;
}

void
pattern_spans_merge(struct pattern_spans *into, const struct pattern_spans *from)
{
	struct pattern_spans both = { 0 };
	size_t i = 0, k = 0;

	while (i < into->count || k < from->count) {
		bool first = k == from->count ||
			     (i < into->count && into->items[i].start <= from->items[k].start);
		struct pattern_span s = first ? into->items[i++] : from->items[k++];
		struct pattern_span *last = both.count ? &both.items[both.count - 1] : NULL;

		if (last && s.start <= last->end) {
			last->end = s.end > last->end ? s.end : last->end;
		} else {
			VEC_GROW(both.items, both.count, both.cap);
			both.items[both.count++] = s;
		}
	}
	pattern_spans_release(into);
	*into = both;
}

void
pattern_spans_release(struct pattern_spans *spans)
{
	free(spans->items);
	*spans = (struct pattern_spans){ 0 };
}

bool
pattern_search(const struct pattern *p, struct str text)
{
	size_t at;

	return pattern_find(p, text, &at);
}
