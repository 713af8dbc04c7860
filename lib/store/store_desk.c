/* SPDX-License-Identifier: MIT */
/* store_desk - the plain desk: the store itself, which is waited for. */
#include "store/store_desk.h"

static int
plain_get(struct store_desk *desk, struct str key, struct buf *value, struct err *err)
{
	return store_get(desk->store, key, value, err);
}

static void
plain_hand(struct store_desk *desk, struct store_errand *e)
{
	e->rc = store_update_all(desk->store, e->keys, e->count, e->fn, e->user, &e->err);
	e->done(e);
}

static uint64_t
plain_version(struct store_desk *desk)
{
	return store_version(desk->store);
}

void
store_desk_plain(struct store_desk *desk, struct store *store)
{
	*desk = (struct store_desk){ plain_get, plain_hand, plain_version, store };
}
