/* SPDX-License-Identifier: MIT */
/* store_memory - state of this process alone: a sorted array. */
#include <stdlib.h>

#include "base/mem.h"
#include "store/store_backend.h"

enum { SWEEP_EVERY = 64, SWEEP_LOOKS = 16 };

struct entry {
	char *key, *value;
	size_t key_len, value_len;
	int64_t expires_us;
};

struct memory {
	struct entry *entries;
	size_t count, cap;
	unsigned writes;
	size_t swept; /* where the sweep goes on */
};

static int
compare(struct str a, struct str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static struct str
key_of(const struct entry *e)
{
	return (struct str){ e->key, e->key_len };
}

static void
entry_release(struct entry *e)
{
	free(e->key);
	free(e->value);
}

/* Where key is, or would stand. */
static size_t
find(const struct memory *m, struct str key, bool *found)
{
	size_t low = 0, high = m->count, middle;
	int order;

	*found = false;
	while (low < high) {
		middle = low + (high - low) / 2;
		order = compare(key_of(&m->entries[middle]), key);
		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
remove_at(struct memory *m, size_t i)
{
	entry_release(&m->entries[i]);
	memmove(&m->entries[i], &m->entries[i + 1], (--m->count - i) * sizeof *m->entries);
}

static void
set(struct memory *m, const struct store_item *item)
{
	bool found;
	size_t i = find(m, item->key, &found);
	struct entry *e;

	if (!item->value.p) {
		if (found)
			remove_at(m, i);
		return;
	}
	if (!found) {
		VEC_GROW(m->entries, m->count, m->cap);
		memmove(&m->entries[i + 1], &m->entries[i], (m->count++ - i) * sizeof *m->entries);
		m->entries[i] = (struct entry){ .key = xmemdup(item->key.p, item->key.len),
			.key_len = item->key.len };
	}
	e = &m->entries[i];
	free(e->value);
	e->value = xmemdup(item->value.p, item->value.len);
	e->value_len = item->value.len;
	e->expires_us = item->expires_us;
}

/* A few at a time, round and round. */
static void
sweep(struct memory *m, int64_t now_us)
{
	int looks;

	for (looks = 0; looks < SWEEP_LOOKS && m->count; looks++) {
		if (m->swept >= m->count)
			m->swept = 0;
		if (store_is_expired(m->entries[m->swept].expires_us, now_us))
			remove_at(m, m->swept);
		else
			m->swept++;
	}
}

static int
memory_get(void *at, struct str key, int64_t now_us, struct buf *value, int64_t *expires_us,
    struct err *err)
{
	const struct memory *m = at;
	bool found;
	size_t i = find(m, key, &found);

	(void)err; /* memory is always there */
	if (!found || store_is_expired(m->entries[i].expires_us, now_us))
		return 0;
	buf_add(value, m->entries[i].value, m->entries[i].value_len);
	*expires_us = m->entries[i].expires_us;
	return 1;
}

static int
memory_write(void *at, const struct store_item *item, int64_t now_us, struct err *err)
{
	struct memory *m = at;

	(void)err;
	if (++m->writes % SWEEP_EVERY == 0)
		sweep(m, now_us);
	set(m, item);
	return 0;
}

static int
memory_scan(
    void *at, struct str prefix, int64_t now_us, store_scan_fn *fn, void *user, struct err *err)
{
	const struct memory *m = at;
	const struct entry *e;
	bool found, more = true;
	size_t i;

	(void)err;
	for (i = find(m, prefix, &found); more && i < m->count; i++) {
		e = &m->entries[i];
		if (e->key_len < prefix.len ||
		    (prefix.len && memcmp(e->key, prefix.p, prefix.len) != 0))
			break;
		if (!store_is_expired(e->expires_us, now_us))
			more = fn(user, key_of(e), (struct str){ e->value, e->value_len });
	}
	return 0;
}

static uint64_t
memory_version(void *at)
{
	(void)at;
	return 0; /* no other process writes */
}

static void
memory_close(void *at)
{
	struct memory *m = at;

	while (m->count)
		entry_release(&m->entries[--m->count]);
	free(m->entries);
	free(m);
}

int
store_memory_open(struct store_place *place)
{
	static const struct store_ops ops = {
		.close = memory_close,
		.get = memory_get,
		.write = memory_write,
		.scan = memory_scan,
		.version = memory_version,
	};

	*place = (struct store_place){ &ops, xcalloc(1, sizeof(struct memory)), xstrdup("memory:"),
		false };
	return 0;
}
