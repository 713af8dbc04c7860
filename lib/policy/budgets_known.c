/* SPDX-License-Identifier: MIT */
/* budgets_known - ledgers as they were when they were read or written last, for who only looks. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "policy/budgets_state.h"

/* So many teams, or users, are asked for again and again; of more the first are let go of. */
enum { KNOWN_MAX = 32 };

struct known {
	char *key;
	struct ledger ledger;
	uint64_t version; /* of the store, when that was looked at last before */
};

void
budgets_known_release(struct budgets *b)
{
	while (b->known_count) {
		free(b->known[--b->known_count]->key);
		free(b->known[b->known_count]);
	}
	free(b->known);
}

static struct known *
find(const struct budgets *b, const char *key)
{
	for (size_t i = 0; i < b->known_count; i++)
		if (strcmp(b->known[i]->key, key) == 0)
			return b->known[i];
	return NULL;
}

const struct ledger *
budgets_known(struct budgets *b, const char *key)
{
	const struct known *k = find(b, key);

	b->version = b->desk->version(b->desk);
	return k && k->version == b->version ? &k->ledger : NULL;
}

static struct known *
find_place(struct budgets *b, const char *key)
{
	struct known *k = find(b, key);

	if (k)
		return k;
	if (b->known_count < KNOWN_MAX) {
		VEC_GROW(b->known, b->known_count, b->known_cap);
		k = b->known[b->known_count++] = xcalloc(1, sizeof *k);
	} else {
		k = b->known[b->known_next++ % KNOWN_MAX];
	}
	xreplace(&k->key, key);
	return k;
}

void
budgets_know(struct budgets *b, const char *key, const struct ledger *l)
{
	struct known *k = find_place(b, key);

	ledger_copy(&k->ledger, l);
	k->version = b->version;
}
