/* SPDX-License-Identifier: MIT */
/* gather - lines that go together. */
#include "call/gather.h"

#include <stdlib.h>

#include "base/mem.h"

void
gather_init(struct gather *g, size_t most, size_t most_bytes)
{
	*g = (struct gather){
		.most = most,
		.most_bytes = most_bytes,
		.lines = BUF_INIT(BUF_UNLIMITED),
	};
}

void
gather_release(struct gather *g)
{
	buf_release(&g->lines);
	free(g->numbers);
}

bool
gather_takes(const struct gather *g, size_t bytes)
{
	return g->count == 0 || (g->count < g->most && g->lines.len + bytes <= g->most_bytes);
}

void
gather_add(struct gather *g, struct str line, int64_t number)
{
	buf_addstr(&g->lines, line);
	buf_addc(&g->lines, '\n');
	VEC_GROW(g->numbers, g->count, g->cap);
	g->numbers[g->count++] = number;
}

void
gather_clear(struct gather *g)
{
	buf_reset(&g->lines);
	g->count = 0;
}
