/* SPDX-License-Identifier: MIT */
/* graph - order, levels, cycles and ancestors of a workflow's nodes. */
#include "flow/graph.h"

#include <stdlib.h>

#include "base/mem.h"

void
graph_init(struct graph *g, size_t count)
{
	*g = (struct graph){ .count = count };
}

void
graph_release(struct graph *g)
{
	free(g->list);
	free(g->after_at);
	free(g->after);
	free(g->before_at);
	free(g->before);
	*g = (struct graph){ 0 };
}

void
graph_edge(struct graph *g, size_t from, size_t to)
{
	VEC_GROW(g->list, g->edges, g->cap);
	g->list[g->edges++] = (struct graph_edge){ from, to };
}

/* Sort the edges' far ends by their near ends, in one counting pass: at[i] is where i's begin. */
static void
pack(const struct graph *g, bool backwards, size_t **at, size_t **ends)
{
	size_t *start = xcalloc(g->count + 2, sizeof *start);

	*ends = xcalloc(g->edges + 1, sizeof **ends);
	for (size_t i = 0; i < g->edges; i++)
		start[(backwards ? g->list[i].to : g->list[i].from) + 2]++;
	for (size_t i = 2; i < g->count + 2; i++)
		start[i] += start[i - 1];
	for (size_t i = 0; i < g->edges; i++) {
		size_t near = backwards ? g->list[i].to : g->list[i].from;

		(*ends)[start[near + 1]++] = backwards ? g->list[i].from : g->list[i].to;
	}
	*at = start;
}

void
graph_seal(struct graph *g)
{
	pack(g, false, &g->after_at, &g->after);
	pack(g, true, &g->before_at, &g->before);
	free(g->list);
	g->list = NULL;
}

/* Take out, level by level, what waits for nothing that is left; fills order and level. */
static size_t
peel(const struct graph *g, size_t *order, size_t *level, size_t *left)
{
	size_t done = 0, n = 0;

	for (size_t i = 0; i < g->count; i++) {
		left[i] = graph_waits_for(g, i);
		level[i] = 0;
		if (left[i] == 0)
			order[n++] = i;
	}
	for (; done < n; done++) {
		size_t i = order[done];

		for (size_t k = g->after_at[i]; k < g->after_at[i + 1]; k++) {
			size_t then = g->after[k];

			if (level[then] < level[i] + 1)
				level[then] = level[i] + 1;
			if (--left[then] == 0)
				order[n++] = then;
		}
	}
	return n;
}

/* A counting sort by level keeps the numbers' order within each. */
static void
sort_by_level(const struct graph *g, size_t *order, const size_t *level)
{
	size_t *start = xcalloc(g->count + 2, sizeof *start);

	for (size_t i = 0; i < g->count; i++)
		start[level[i] + 1]++;
	for (size_t i = 1; i <= g->count; i++)
		start[i] += start[i - 1];
	for (size_t i = 0; i < g->count; i++)
		order[start[level[i]]++] = i;
	free(start);
}

bool
graph_order(const struct graph *g, size_t *order, size_t *level)
{
	size_t *left = xcalloc(g->count + 1, sizeof *left);
	size_t n = peel(g, order, level, left);

	free(left);
	if (n < g->count)
		return false;
	sort_by_level(g, order, level);
	return true;
}

/*
 * The shortest way from start back to itself along "waits for": a breadth-first search. came[i] is
 * whence i was reached, plus one.
 */
static size_t *
shortest_loop(const struct graph *g, size_t start, size_t *len)
{
	size_t *queue = xcalloc(g->count + 1, sizeof *queue);
	size_t *came = xcalloc(g->count + 1, sizeof *came), *path = NULL;
	size_t head = 0, tail = 0;

	queue[tail++] = start;
	while (head < tail && !came[start]) {
		size_t i = queue[head++];

		for (size_t k = g->before_at[i]; k < g->before_at[i + 1]; k++) {
			if (!came[g->before[k]]) {
				came[g->before[k]] = i + 1;
				queue[tail++] = g->before[k];
			}
		}
	}
	if (came[start]) {
		size_t n = 1, i;

		for (i = came[start] - 1; i != start; i = came[i] - 1)
			n++;
		path = xcalloc(n, sizeof *path);
		*len = n;
		for (i = came[start] - 1; i != start; i = came[i] - 1)
			path[--n] = i;
		path[0] = start;
	}
	free(came);
	free(queue);
	return path;
}

/* What peeling leaves waits, directly or not, for a cycle: go back along what is left until a node
 * comes again, and that one lies on it. */
size_t *
graph_cycle(const struct graph *g, size_t *len)
{
	size_t *order = xcalloc(g->count + 1, sizeof *order);
	size_t *level = xcalloc(g->count + 1, sizeof *level);
	size_t *left = xcalloc(g->count + 1, sizeof *left), *path = NULL;
	size_t i = 0;

	if (peel(g, order, level, left) < g->count) {
		while (left[i] == 0)
			i++;
		for (size_t step = 0; step < g->count; step++) {
			size_t k = g->before_at[i];

			while (left[g->before[k]] == 0)
				k++;
			i = g->before[k];
		}
		path = shortest_loop(g, i, len);
	}
	free(order);
	free(level);
	free(left);
	return path;
}

size_t
graph_ancestors(const struct graph *g, size_t i, size_t *out, size_t *marks, size_t stamp)
{
	size_t n = 0, done = 0, at = i;

	for (;;) {
		for (size_t k = g->before_at[at]; k < g->before_at[at + 1]; k++) {
			if (marks[g->before[k]] != stamp) {
				marks[g->before[k]] = stamp;
				out[n++] = g->before[k];
			}
		}
		if (done == n)
			return n;
		at = out[done++];
	}
}
