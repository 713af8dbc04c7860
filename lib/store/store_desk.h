/* SPDX-License-Identifier: MIT */
/*
 * store_desk - a store for those who must not wait for it.
 *
 * A store may be far away, or held up by others, and a program that carries streams must not stand
 * still meanwhile. At a desk, what the store can't say at once is said later: a question is to be
 * asked again (STORE_DESK_LATER), and a change is an errand that tells its end. Errands are done in
 * the order in which they were handed in.
 *
 *	store_desk_plain(&desk, store);		// or store_aside.h: beside a loop
 *	rc = desk->get(desk, key, &value, &err);
 *	desk->hand(desk, &errand);
 *
 * The plain desk asks the store itself and waits for it: there is no later.
 */
#ifndef STORE_STORE_DESK_H
#define STORE_STORE_DESK_H

#include "store/store.h"

enum { STORE_DESK_LATER = 2 };

struct store_errand { /* the caller's, until done is called */
	const struct str *keys; /* these four as of store_update_all */
	size_t count;
	store_update_all_fn *fn; /* maybe on another thread: it touches what user has, no more */
	void *user;
	void (*done)(struct store_errand *e); /* may be called before hand returns */
	int rc; /* what came of it */
	struct err err;
	struct store_errand *next; /* the desk's */
};

struct store_desk {
	/* As store_get, or STORE_DESK_LATER: it is not known here yet, and was asked for. */
	int (*get)(struct store_desk *desk, struct str key, struct buf *value, struct err *err);
	void (*hand)(struct store_desk *desk, struct store_errand *e);
	/* As store_version. */
	uint64_t (*version)(struct store_desk *desk);
	struct store *store;
};

void store_desk_plain(struct store_desk *desk, struct store *store);

#endif
