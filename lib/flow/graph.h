/* SPDX-License-Identifier: MIT */
/*
 * graph - who waits for whom, by number. Pure.
 *
 * Nodes are 0 … count-1, edges go from what must be done first to what waits for it. Everything is
 * linear in nodes and edges.
 *
 *	graph_init(&g, count);
 *	graph_edge(&g, first, then);
 *	graph_seal(&g);			// no more edges; the lists can be walked
 */
#ifndef FLOW_GRAPH_H
#define FLOW_GRAPH_H

#include <stdbool.h>
#include <stddef.h>

struct graph {
	size_t count, edges, cap;
	struct graph_edge {
		size_t from, to;
	} * list; /* until sealed, as they came; freed by graph_seal */
	size_t *after_at,
	    *after; /* who waits for i: after[after_at[i]] … after[after_at[i + 1] - 1] */
	size_t *before_at, *before; /* whom i waits for, in the order of the edges */
};

void graph_init(struct graph *g, size_t count);
void graph_release(struct graph *g);
void graph_edge(struct graph *g, size_t from, size_t to);
void graph_seal(struct graph *g);

static inline size_t
graph_waits_for(const struct graph *g, size_t i) /* how many i waits for */
{
	return g->before_at[i + 1] - g->before_at[i];
}

/*
 * order: all nodes, each behind those it waits for, otherwise as numbered within a level; level:
 * the longest way from a node that waits for none. Both have room for count. False where there is a
 * cycle.
 */
bool graph_order(const struct graph *g, size_t *order, size_t *level);

/* A cycle, if there is one: its nodes in order, *len of them, each waiting for the next and the
 * last for the first. NULL where there is none. The caller frees. */
size_t *graph_cycle(const struct graph *g, size_t *len);

/*
 * All that i waits for, directly or not, each once and the direct ones first, into out, which has
 * room for count. marks has room for count and is zero at first; stamp is another number in each
 * call, never 0. Returns how many.
 */
size_t graph_ancestors(const struct graph *g, size_t i, size_t *out, size_t *marks, size_t stamp);

#endif
