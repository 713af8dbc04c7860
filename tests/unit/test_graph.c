/* SPDX-License-Identifier: MIT */
/* Order, levels, cycles and ancestors. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/mem.h"
#include "flow/graph.h"
#include "sys/rand.h"

/* Edges as pairs "first then", ended by SIZE_MAX. */
static struct graph
graph_of(size_t count, const size_t *edges)
{
	struct graph g;

	graph_init(&g, count);
	for (; edges && *edges != SIZE_MAX; edges += 2)
		graph_edge(&g, edges[0], edges[1]);
	graph_seal(&g);
	return g;
}

static void
nodes_come_behind_those_they_wait_for_level_by_level(void **state)
{
	const size_t edges[] = { 3, 0, 0, 1, 3, 1, 4, 2, SIZE_MAX };
	struct graph g = graph_of(5, edges);
	size_t order[5], level[5];
	const size_t want_order[] = { 3, 4, 0, 2, 1 }, want_level[] = { 1, 2, 1, 0, 0 };

	(void)state;
	assert_true(graph_order(&g, order, level));
	assert_memory_equal(order, want_order, sizeof order);
	assert_memory_equal(level, want_level, sizeof level);
	assert_int_equal(graph_waits_for(&g, 1), 2);
	assert_int_equal(graph_waits_for(&g, 3), 0);
	graph_release(&g);
}

static void
a_graph_without_edges_or_nodes_is_in_order(void **state)
{
	struct graph g = graph_of(3, NULL), empty = graph_of(0, NULL);
	size_t order[3], level[3], len;

	(void)state;
	assert_true(graph_order(&g, order, level));
	assert_int_equal(order[2], 2);
	assert_true(graph_order(&empty, order, level));
	assert_null(graph_cycle(&g, &len));
	assert_null(graph_cycle(&empty, &len));
	graph_release(&g);
	graph_release(&empty);
}

/* Each node of the cycle waits for the next, the last for the first. */
static void
check_cycle(const struct graph *g, size_t want_len)
{
	size_t len = 0, *cycle = graph_cycle(g, &len);

	assert_non_null(cycle);
	assert_int_equal(len, want_len);
	for (size_t i = 0; i < len; i++) {
		size_t next = cycle[(i + 1) % len], k = g->before_at[cycle[i]];

		while (k < g->before_at[cycle[i] + 1] && g->before[k] != next)
			k++;
		assert_true(k < g->before_at[cycle[i] + 1]);
	}
	free(cycle);
}

static void
a_cycle_is_told_node_by_node(void **state)
{
	/* 0 is free; 1 2 3 wait in a ring; 4 waits for the ring, 5 for 4. */
	const size_t ring[] = { 1, 2, 2, 3, 3, 1, 3, 4, 4, 5, 0, 1, SIZE_MAX };
	const size_t self[] = { 0, 1, 1, 1, SIZE_MAX };
	const size_t two[] = { 0, 1, 1, 0, SIZE_MAX };
	struct graph g = graph_of(6, ring);
	size_t order[6], level[6];

	(void)state;
	assert_false(graph_order(&g, order, level));
	check_cycle(&g, 3);
	graph_release(&g);
	g = graph_of(2, self);
	check_cycle(&g, 1);
	graph_release(&g);
	g = graph_of(2, two);
	check_cycle(&g, 2);
	graph_release(&g);
}

static void
ancestors_are_all_that_is_waited_for_each_once(void **state)
{
	const size_t diamond[] = { 0, 1, 0, 2, 1, 3, 2, 3, 3, 4, SIZE_MAX };
	struct graph g = graph_of(6, diamond);
	size_t out[6], marks[6] = { 0 };
	const size_t of_four[] = { 3, 1, 2, 0 };

	(void)state;
	assert_int_equal(graph_ancestors(&g, 4, out, marks, 1), 4);
	assert_memory_equal(out, of_four, sizeof of_four);
	assert_int_equal(graph_ancestors(&g, 3, out, marks, 2), 3);
	assert_int_equal(graph_ancestors(&g, 0, out, marks, 3), 0);
	assert_int_equal(graph_ancestors(&g, 5, out, marks, 4), 0);
	graph_release(&g);
}

/* Random graphs: edges only from lower to higher, so there is an order; one edge back closes a
 * cycle. */
static void
random_graphs_keep_the_promise(void **state)
{
	enum { N = 200, EDGES = 600, ROUNDS = 50 };
	size_t order[N], level[N], place[N];
	struct rand chance;

	(void)state;
	rand_seed(&chance, 7);
	for (int round = 0; round < ROUNDS; round++) {
		struct graph g;

		graph_init(&g, N);
		for (int e = 0; e < EDGES; e++) {
			size_t from = (size_t)rand_below(&chance, N - 1);

			graph_edge(&g, from, from + 1 + (size_t)rand_below(&chance, N - 1 - from));
		}
		if (round % 2) {
			graph_edge(&g, 10, 100);
			graph_edge(&g, 100, 10);
		}
		graph_seal(&g);
		assert_int_equal(graph_order(&g, order, level), round % 2 == 0);
		for (size_t i = 0; i < N && round % 2 == 0; i++)
			place[order[i]] = i;
		for (size_t i = 0; i < N && round % 2 == 0; i++) {
			for (size_t k = g.before_at[i]; k < g.before_at[i + 1]; k++) {
				assert_true(place[g.before[k]] < place[i]);
				assert_true(level[g.before[k]] < level[i]);
			}
		}
		if (round % 2) {
			size_t len = 0, *cycle = graph_cycle(&g, &len);

			assert_non_null(cycle);
			check_cycle(&g, len);
			free(cycle);
		}
		graph_release(&g);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_come_behind_those_they_wait_for_level_by_level),
		cmocka_unit_test(a_graph_without_edges_or_nodes_is_in_order),
		cmocka_unit_test(a_cycle_is_told_node_by_node),
		cmocka_unit_test(ancestors_are_all_that_is_waited_for_each_once),
		cmocka_unit_test(random_graphs_keep_the_promise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
