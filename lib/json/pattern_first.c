/* SPDX-License-Identifier: MIT */
/* pattern_first - what a match can begin with, so that most of a text is passed over quickly. */
#include <stdlib.h>

#include "base/mem.h"
#include "json/pattern_code.h"

enum { ASCII = 0x80, BYTES = 0x100 };

/* Bytes that aren't ASCII are told apart only by whole characters: all of them, or none. */
static void
add_set(struct pattern *p, uint32_t set)
{
	const struct pattern_set *s = &p->sets[set];
	bool beyond = s->negated;

	for (uint32_t c = 0; c < ASCII; c++)
		p->first[c] |= pattern_set_has(p, set, c);
	for (uint32_t i = s->first; i < s->first + s->count; i++)
		beyond |= p->ranges[i].high >= ASCII;
	for (uint32_t c = ASCII; beyond && c < BYTES; c++)
		p->first[c] = true;
}

static void
add_reached(struct pattern *p)
{
	uint32_t *stack = xcalloc(2 * p->step_count + 1, sizeof *stack);
	bool *seen = xcalloc(p->step_count, sizeof *seen);
	size_t depth = 1;

	while (depth) {
		uint32_t step = stack[--depth];
		const struct pattern_step *at = &p->steps[step];

		if (seen[step])
			continue;
		seen[step] = true;
		switch (at->op) {
		case PATTERN_SET:
			add_set(p, at->a);
			break;
		case PATTERN_FORK:
			stack[depth++] = at->b;
			stack[depth++] = at->a;
			break;
		case PATTERN_JUMP:
			stack[depth++] = at->a;
			break;
		case PATTERN_START:
		case PATTERN_END:
		case PATTERN_EDGE:
		case PATTERN_NO_EDGE:
			stack[depth++] = step + 1;
			break;
		case PATTERN_FOUND:
			p->may_be_empty = true;
			break;
		}
	}
	free(stack);
	free(seen);
}

/* The one ASCII character that a step takes, or 0. */
static char
only_char(const struct pattern *p, const struct pattern_step *step)
{
	const struct pattern_set *s;
	const struct pattern_range *r;

	if (step->op != PATTERN_SET)
		return '\0';
	s = &p->sets[step->a];
	if (s->negated || s->count != 1)
		return '\0';
	r = &p->ranges[s->first];
	return r->low == r->high && r->low < ASCII ? (char)r->low : '\0';
}

void
pattern_find_first(struct pattern *p)
{
	char c;

	for (uint32_t set = 0; set < p->set_count; set++)
		for (uint32_t i = 0; i < ASCII; i++)
			if (pattern_set_has(p, set, i))
				p->sets[set].ascii[i / 64] |= (uint64_t)1 << i % 64;
	add_reached(p);
	while (p->prefix_len < PATTERN_PREFIX_MAX &&
	       (c = only_char(p, &p->steps[p->prefix_len])) != '\0')
		p->prefix[p->prefix_len++] = c;
}
