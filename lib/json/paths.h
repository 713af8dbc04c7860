/* SPDX-License-Identifier: MIT */
/* paths - the member names that a scan looks for, as a tree. Private to scan.c and paths.c. */
#ifndef JSON_PATHS_H
#define JSON_PATHS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "json/json.h"

enum {
	PATHS_MAX = 32, /* a bit each */
	PATHS_SLOTS = 64,
	PATHS_DEAD = 0, /* nothing that is asked for lies below */
	PATHS_ROOT = 1,
};

/* Paths with their common beginnings merged: the root's children are the first names, and so on. */
struct paths_node {
	struct str key;
	uint32_t here; /* the paths that end here, a bit each */
	uint32_t below; /* the paths that go on from here */
	uint16_t next; /* with the same hash under the same parent */
	uint16_t slots[PATHS_SLOTS]; /* children by hash of their key */
};

struct json_paths {
	size_t count; /* of paths */
	size_t node_count, node_cap;
	struct paths_node *nodes;
	char *text; /* what the keys point into */
};

static inline unsigned
paths_hash(const char *p, size_t len)
{
	if (!len)
		return 0;
	return ((unsigned)len * 8 + (unsigned char)p[0] + 3u * (unsigned char)p[len - 1]) %
	       PATHS_SLOTS;
}

static inline bool
paths_same_bytes(const char *a, const char *b, size_t len)
{
	uint64_t x, y;

	if (len < sizeof x) {
		while (len && a[len - 1] == b[len - 1])
			len--;
		return !len;
	}
	memcpy(&x, a + len - sizeof x, sizeof x);
	memcpy(&y, b + len - sizeof y, sizeof y);
	if (x != y)
		return false;
	for (; len > sizeof x; len -= sizeof x, a += sizeof x, b += sizeof x) {
		memcpy(&x, a, sizeof x);
		memcpy(&y, b, sizeof y);
		if (x != y)
			return false;
	}
	return true;
}

/* The child of that name, or PATHS_DEAD. */
static inline unsigned
paths_find(const struct paths_node *nodes, unsigned parent, const char *key, size_t len)
{
	unsigned i = nodes[parent].slots[paths_hash(key, len)];

	while (i && (nodes[i].key.len != len || !paths_same_bytes(nodes[i].key.p, key, len)))
		i = nodes[i].next;
	return i;
}

/* The same for a name that is spelled with escapes. */
unsigned paths_find_escaped(const struct paths_node *nodes, unsigned parent, struct json key);

#endif
