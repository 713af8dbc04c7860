/* SPDX-License-Identifier: MIT */
/* pattern - compile ECMA-262 regular expressions into steps. */
#include "json/pattern.h"

#include <stdlib.h>

#include "base/mem.h"
#include "json/pattern_code.h"

enum { PUTS_MAX = 50000 };

static bool
is_too_large(const struct pattern_parser *ps)
{
	return ps->put_count > PUTS_MAX;
}

static uint32_t
put_step(struct pattern_parser *ps, enum pattern_op op, uint32_t a, uint32_t b)
{
	struct pattern *out = ps->out;

	VEC_GROW(out->steps, out->step_count, out->step_cap);
	out->steps[out->step_count] = (struct pattern_step){ op, a, b };
	return (uint32_t)out->step_count++;
}

static uint32_t
here(const struct pattern_parser *ps)
{
	return (uint32_t)ps->out->step_count;
}

static void put_item(struct pattern_parser *ps, int i);

/* Each alternative but the last: fork to it or to the next; behind it, jump to the end. */
static void
put_either(struct pattern_parser *ps, int alternative)
{
	uint32_t fork, jump = 0, jumps = 0, count = 0;

	for (; ps->items[alternative].next != PATTERN_NONE;
	     alternative = ps->items[alternative].next) {
		fork = put_step(ps, PATTERN_FORK, here(ps) + 1, 0);
		put_item(ps, alternative);
		jump = put_step(ps, PATTERN_JUMP, jumps, 0); /* chained until the end is known */
		jumps = jump;
		count++;
		ps->out->steps[fork].b = here(ps);
	}
	put_item(ps, alternative);
	for (; count; count--) {
		jump = jumps;
		jumps = ps->out->steps[jump].a;
		ps->out->steps[jump].a = here(ps);
	}
}

static void
put_repeat(struct pattern_parser *ps, const struct pattern_item *item)
{
	int child = item->child, min = item->min, max = item->max, i;
	uint32_t start = here(ps), fork;

	for (i = 0; i < min && !is_too_large(ps); i++) {
		start = here(ps);
		put_item(ps, child);
	}
	if (max == PATTERN_FOREVER && min) {
		fork = put_step(ps, PATTERN_FORK, start, 0);
		ps->out->steps[fork].b = here(ps);
	} else if (max == PATTERN_FOREVER) {
		fork = put_step(ps, PATTERN_FORK, here(ps) + 1, 0);
		put_item(ps, child);
		put_step(ps, PATTERN_JUMP, fork, 0);
		ps->out->steps[fork].b = here(ps);
	}
	for (; i < max && !is_too_large(ps); i++) {
		fork = put_step(ps, PATTERN_FORK, here(ps) + 1, 0);
		put_item(ps, child);
		ps->out->steps[fork].b = here(ps);
	}
}

/* Nested at most as deep as groups are. Past PUTS_MAX it stops: the caller looks. */
static void
put_item(struct pattern_parser *ps, int i)
{
	struct pattern_item item = ps->items[i];

	ps->put_count++;
	if (is_too_large(ps))
		return;
	switch (item.kind) {
	case PATTERN_STEP:
		put_step(ps, item.step.op, item.step.a, 0);
		break;
	case PATTERN_REPEAT:
		put_repeat(ps, &item);
		break;
	case PATTERN_LIST:
		for (i = item.child; i != PATTERN_NONE; i = ps->items[i].next)
			put_item(ps, i);
		break;
	case PATTERN_EITHER:
		put_either(ps, item.child);
		break;
	}
}

struct pattern *
pattern_compile(struct str source, struct err *err)
{
	struct pattern_parser ps = {
		.source = source, .p = source.p, .end = source.p + source.len, .err = err
	};
	int root;

	ps.out = xcalloc(1, sizeof *ps.out);
	root = pattern_parse(&ps);
	if (root != PATTERN_NONE) {
		put_item(&ps, root);
		put_step(&ps, PATTERN_FOUND, 0, 0);
		if (is_too_large(&ps))
			root = pattern_fail(&ps, "too large");
	}
	free(ps.items);
	if (root == PATTERN_NONE) {
		pattern_free(ps.out);
		return NULL;
	}
	pattern_find_first(ps.out);
	return ps.out;
}

void
pattern_free(struct pattern *p)
{
	if (!p)
		return;
	free(p->steps);
	free(p->sets);
	free(p->ranges);
	free(p);
}
