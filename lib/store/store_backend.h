/* SPDX-License-Identifier: MIT */
/*
 * store_backend - what a place for state must be able to do. Private to this room.
 *
 * store.c keeps the rules that hold for all (reading only, transactions that failed, counts); a
 * backend only keeps bytes. It is told the time, and reads no clock but to wait with a deadline.
 */
#ifndef STORE_STORE_BACKEND_H
#define STORE_STORE_BACKEND_H

#include "store/store.h"

struct store_item {
	struct str key;
	struct str value; /* p NULL: there is none, or it is to go */
	int64_t expires_us;
	bool keeps_expiry; /* what is there expires then already */
};

/* Several values that change together, and what is to be called for it. */
struct store_change_all {
	struct store_entry *entries;
	size_t count;
	store_update_all_fn *fn;
	void *user;
};

struct store_ops {
	void (*close)(void *at);
	/* As store_get; *expires_us is set where it is there. */
	int (*get)(void *at, struct str key, int64_t now_us, struct buf *value, int64_t *expires_us,
	    struct err *err);
	int (*write)(void *at, const struct store_item *item, int64_t now_us, struct err *err);
	int (*scan)(void *at, struct str prefix, int64_t now_us, store_scan_fn *fn, void *user,
	    struct err *err);
	/* As store_update_all, with entries that have keys and are empty beside that. NULL: begin,
	 * get, fn, write, commit. */
	int (*update)(
	    void *at, const struct store_change_all *all, int64_t now_us, struct err *err);
	/* NULL where nobody can come between. */
	int (*begin)(void *at, struct err *err);
	int (*commit)(void *at, struct err *err); /* what fails is rolled back */
	void (*rollback)(void *at);
	uint64_t (*version)(void *at);
	/* The longest wait for others, from now on. NULL: it waits for nobody. */
	void (*set_wait)(void *at, int64_t wait_ms);
};

struct store_place {
	const struct store_ops *ops;
	void *at;
	char *name; /* for messages; the caller frees */
	bool is_far; /* as store_is_far */
};

static inline bool
store_is_expired(int64_t expires_us, int64_t now_us)
{
	return expires_us != STORE_FOREVER && expires_us <= now_us;
}

/* What is to be written of an entry that does not stay as it is. */
static inline struct store_item
store_item_of(const struct store_entry *e)
{
	return (struct store_item){ .key = e->key,
		.value = e->change == STORE_WRITE ? buf_str(&e->fresh) : STR_NONE,
		.expires_us = e->expires_us,
		.keeps_expiry = e->old.p && e->expires_us == e->old_expires_us };
}

/* Call fn for entries whose old value and its expiry are set; it may have been called before. */
static inline void
store_decide(const struct store_change_all *all)
{
	size_t i;

	for (i = 0; i < all->count; i++) {
		all->entries[i].change = STORE_KEEP;
		all->entries[i].expires_us = all->entries[i].old_expires_us;
		buf_reset(&all->entries[i].fresh);
	}
	all->fn(all->user, all->entries, all->count);
}

/* Each fills place, or returns -1. where: what follows the scheme of config->url; config->wait_ms
 * is set. */
int store_memory_open(struct store_place *place);
int store_sqlite_open(const char *path, const struct store_config *config,
    struct store_place *place, struct err *err);
int store_redis_open(const struct store_config *config, struct store_place *place, struct err *err);

#endif
