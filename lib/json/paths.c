/* SPDX-License-Identifier: MIT */
/* paths - the member names that a scan looks for, as a tree. */
#include "json/paths.h"

#include <stdlib.h>

#include "base/die.h"
#include "base/mem.h"

static unsigned
node_add(struct json_paths *paths, unsigned parent, struct str key)
{
	unsigned h = paths_hash(key.p, key.len), i;

	for (i = paths->nodes[parent].slots[h]; i; i = paths->nodes[i].next) {
		if (str_eq(paths->nodes[i].key, key))
			return i;
	}
	if (paths->node_count >= UINT16_MAX / 2)
		BUG("json_paths_new: too many names");
	VEC_GROW(paths->nodes, paths->node_count, paths->node_cap);
	i = (unsigned)paths->node_count++;
	paths->nodes[i] = (struct paths_node){ .key = key, .next = paths->nodes[parent].slots[h] };
	paths->nodes[parent].slots[h] = (uint16_t)i;
	return i;
}

static void
path_add(struct json_paths *paths, struct str path, uint32_t bit)
{
	unsigned node = PATHS_ROOT;
	struct str name;

	while (str_split(&path, '.', &name)) {
		paths->nodes[node].below |= bit;
		node = node_add(paths, node, name);
	}
	paths->nodes[node].here |= bit;
}

struct json_paths *
json_paths_new(const char *const *list, size_t n)
{
	struct json_paths *paths = xcalloc(1, sizeof *paths);
	size_t i, len = 0;
	char *to;

	if (n > PATHS_MAX)
		BUG("json_paths_new: %zu paths, at most %d", n, PATHS_MAX);
	for (i = 0; i < n; i++)
		len += strlen(list[i]);
	paths->count = n;
	paths->text = to = xmalloc(len);
	paths->node_cap = 8;
	paths->node_count = PATHS_ROOT + 1;
	paths->nodes = xcalloc(paths->node_cap, sizeof *paths->nodes);
	for (i = 0; i < n; i++) {
		len = strlen(list[i]);
		memcpy(to, list[i], len);
		path_add(paths, (struct str){ to, len }, (uint32_t)1 << i);
		to += len;
	}
	return paths;
}

void
json_paths_free(struct json_paths *paths)
{
	if (!paths)
		return;
	free(paths->nodes);
	free(paths->text);
	free(paths);
}

unsigned
paths_find_escaped(const struct paths_node *nodes, unsigned parent, struct json key)
{
	struct buf name = BUF_INIT(BUF_UNLIMITED);
	unsigned i;

	json_text(key, &name);
	i = paths_find(nodes, parent, name.p, name.len);
	buf_release(&name);
	return i;
}
