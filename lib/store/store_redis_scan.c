/* SPDX-License-Identifier: MIT */
/* store_redis_scan - the keys of a prefix in order: the server tells them in none, and some twice.
 */
#if defined(HAVE_HIREDIS)
#include <stdlib.h>

#include "base/mem.h"
#include "store/store_redis.h"

enum { SCAN_COUNT = 1000, MGET_COUNT = 256 };

struct keys {
	struct str *items; /* owned */
	size_t count, cap;
};

static int
compare_keys(const void *a, const void *b)
{
	const struct str *x = a, *y = b;
	size_t n = x->len < y->len ? x->len : y->len;
	int order = memcmp(x->p, y->p, n);

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

static void
keys_release(struct keys *k)
{
	while (k->count)
		free((char *)(uintptr_t)k->items[--k->count].p);
	free(k->items);
}

static void
sort_keys(struct keys *k)
{
	size_t i, kept = 0;

	if (k->count)
		qsort(k->items, k->count, sizeof *k->items, compare_keys);
	for (i = 0; i < k->count; i++) {
		if (kept && str_eq(k->items[kept - 1], k->items[i]))
			free((char *)(uintptr_t)k->items[i].p);
		else
			k->items[kept++] = k->items[i];
	}
	k->count = kept;
}

static void
add_pattern(struct buf *out, struct str prefix)
{
	size_t i;

	buf_adds(out, STORE_REDIS_PREFIX);
	for (i = 0; i < prefix.len; i++) {
		if (prefix.p[i] && strchr("*?[]\\", prefix.p[i]))
			buf_addc(out, '\\');
		buf_addc(out, prefix.p[i]);
	}
	buf_addc(out, '*');
}

/* 1: there is more, from *cursor on. */
static int
take_page(struct store_redis *r, const redisReply *reply, struct keys *k, struct buf *cursor,
    struct err *err)
{
	const redisReply *page;
	size_t i;

	if (store_redis_check(r, reply, err) < 0)
		return -1;
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
		return err_set(err, EXIT_IO, "%s: SCAN is not answered", r->link.address.name);
	buf_reset(cursor);
	buf_add(cursor, reply->element[0]->str, reply->element[0]->len);
	page = reply->element[1];
	for (i = 0; i < page->elements; i++) {
		VEC_GROW(k->items, k->count, k->cap);
		k->items[k->count++] = (struct str){
			xmemdup(page->element[i]->str, page->element[i]->len), page->element[i]->len
		};
	}
	return strcmp(cursor->p, "0") != 0;
}

static int
find_keys(struct store_redis *r, struct str prefix, struct keys *k, struct err *err)
{
	struct buf pattern = BUF_INIT(BUF_UNLIMITED), cursor = BUF_INIT(BUF_UNLIMITED),
		   count = BUF_INIT(BUF_UNLIMITED), command = BUF_INIT(BUF_UNLIMITED);
	redisReply *reply;
	int more = 1;

	add_pattern(&pattern, prefix);
	buf_addi(&count, SCAN_COUNT);
	buf_adds(&cursor, "0");
	while (more > 0) {
		buf_reset(&command);
		store_redis_command(&command,
		    (struct str[]){ STR_LIT("SCAN"), buf_str(&cursor), STR_LIT("MATCH"),
			buf_str(&pattern), STR_LIT("COUNT"), buf_str(&count) },
		    6);
		more = store_redis_ask_twice(r, &command, &reply, err);
		if (more == 0) {
			more = take_page(r, reply, k, &cursor, err);
			freeReplyObject(reply);
		}
	}
	buf_release(&pattern);
	buf_release(&cursor);
	buf_release(&count);
	buf_release(&command);
	return more;
}

struct visit {
	store_scan_fn *fn;
	void *user;
	int64_t now_us;
};

/* 1: go on; 0: it is enough. */
static int
tell(struct store_redis *r, const struct str *keys, const redisReply *reply, const struct visit *v,
    struct err *err)
{
	const size_t prefix = strlen(STORE_REDIS_PREFIX);
	struct store_redis_value s;
	struct str key;
	size_t i;
	int rc;

	if (store_redis_check(r, reply, err) < 0)
		return -1;
	for (i = 0; i < reply->elements; i++) {
		key = (struct str){ keys[i].p + prefix, keys[i].len - prefix };
		rc = store_redis_read(r, key, reply->element[i], &s, err);
		if (rc < 0)
			return -1;
		if (rc > 0 && !str_starts(key, STORE_REDIS_RECEIPT) &&
		    !store_is_expired(s.expires_us, v->now_us) && !v->fn(v->user, key, s.value))
			return 0;
	}
	return 1;
}

int
store_redis_scan(
    void *at, struct str prefix, int64_t now_us, store_scan_fn *fn, void *user, struct err *err)
{
	const struct visit v = { fn, user, now_us };
	struct buf command = BUF_INIT(BUF_UNLIMITED);
	struct str words[1 + MGET_COUNT] = { STR_LIT("MGET") };
	struct store_redis *r = at;
	struct keys k = { 0 };
	size_t i, n;
	redisReply *reply;
	int rc = find_keys(r, prefix, &k, err) < 0 ? -1 : 1;

	sort_keys(&k);
	for (i = 0; rc > 0 && i < k.count; i += n) {
		n = k.count - i < MGET_COUNT ? k.count - i : MGET_COUNT;
		memcpy(words + 1, k.items + i, n * sizeof *words);
		buf_reset(&command);
		store_redis_command(&command, words, n + 1);
		rc = store_redis_ask_twice(r, &command, &reply, err);
		if (rc == 0) {
			rc = tell(r, k.items + i, reply, &v, err);
			freeReplyObject(reply);
		}
	}
	buf_release(&command);
	keys_release(&k);
	return rc < 0 ? -1 : 0;
}

#endif
