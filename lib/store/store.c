/* SPDX-License-Identifier: MIT */
/* store - state that outlives a process and is shared by all. */
#include "store/store.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "store/store_backend.h"
#include "sys/clock.h"
#include "sys/file.h"

struct store {
	struct store_place place;
	int64_t (*now_us)(void *user);
	void *user;
	bool read_only;
	int64_t wait_ms; /* the longest wait for others */
	/* Others were waited for in vain: it is left alone until then, and who asks is told why. */
	int64_t rest_until_us;
	bool may_read; /* only who writes had to wait */
	struct err rest_why;
	int64_t patience_ms; /* how long it is waited for next, then; 0: wait_ms */
	bool is_tried; /* what has to wait is no trouble, just now */
};

/* The first rest is half as long as the wait was. Then it is waited for an eighth as long, and
 * twice as long each time, with rests of eight times that: a program that carries streams stands
 * still for no more than a ninth of its time, and a store that is only slow is had in the end. */
enum { REST_PART = 2, PATIENCE_PART = 8, REST_FACTOR = 8 };

static int
open_place(const struct store_config *config, struct store_place *place, struct err *err)
{
	struct str url = str_of(config->url), scheme;
	const char *path = config->url;

	if (!url.len)
		return err_set(err, EXIT_CONFIG, "the store has no name");
	if (str_is(url, "memory:"))
		return store_memory_open(place);
	if (str_starts(url, "redis://") || str_starts(url, "rediss://") ||
	    str_starts(url, "redis+unix://"))
		return store_redis_open(config, place, err);
	if (str_starts(url, "sqlite:"))
		path += strlen(str_starts(url, "sqlite://") ? "sqlite://" : "sqlite:");
	if (path != config->url || !strstr(path, "://"))
		return store_sqlite_open(path, config, place, err);
	/* Only the scheme is named: a password may follow. */
	(void)str_split(&url, ':', &scheme);
	return err_set(err, EXIT_CONFIG,
	    "a store of the kind \"%.*s:\" is not known (a path, sqlite:, redis:, memory:)",
	    (int)scheme.len, scheme.p);
}

struct store *
store_open(const struct store_config *config, struct err *err)
{
	struct store_config filled = *config;
	struct store_place place = { 0 };
	struct store *store;

	if (filled.wait_ms <= 0)
		filled.wait_ms = STORE_WAIT_MS;
	if (open_place(&filled, &place, err) < 0)
		return NULL;
	store = xcalloc(1, sizeof *store);
	store->place = place;
	store->now_us = config->now_us;
	store->user = config->user;
	store->read_only = config->read_only;
	store->wait_ms = filled.wait_ms;
	return store;
}

void
store_close(struct store *store)
{
	if (!store)
		return;
	store->place.ops->close(store->place.at);
	free(store->place.name);
	free(store);
}

const char *
store_name(const struct store *store)
{
	return store->place.name;
}

char *
store_default_url(const char *(*env)(const char *name))
{
	static const struct {
		const char *variable, *below;
	} places[] = {
		{ "AGENTFLOW_STORE", NULL },
		{ "AGENTFLOW_STATE", "store.db" },
		{ "XDG_STATE_HOME", "agentflow/store.db" },
		{ "HOME", ".local/state/agentflow/store.db" },
	};
	const char *value;
	size_t i;

	for (i = 0; i < sizeof places / sizeof *places; i++) {
		value = env(places[i].variable);
		if (value && *value)
			return places[i].below ? file_join(value, places[i].below) : xstrdup(value);
	}
	return NULL;
}

static int64_t
now(const struct store *store)
{
	return store->now_us ? store->now_us(store->user) : clock_wall_us();
}

enum aim { TO_READ, TO_WRITE };

static int
check_usable(const struct store *store, enum aim aim, struct err *err)
{
	if (!store->rest_until_us || (aim == TO_READ && store->may_read) ||
	    clock_mono_us() >= store->rest_until_us)
		return 0;
	*err = store->rest_why;
	return -1;
}

static int
check_writable(const struct store *store, struct err *err)
{
	if (store->read_only)
		return err_set(err, EXIT_IO, "%s is open for reading only", store->place.name);
	return check_usable(store, TO_WRITE, err);
}

static void
set_patience(struct store *store, int64_t ms)
{
	if (store->place.ops->set_wait && ms != store->patience_ms)
		store->place.ops->set_wait(store->place.at, ms ? ms : store->wait_ms);
	store->patience_ms = ms;
}

static void
rest(struct store *store, const struct err *err)
{
	int64_t patience_ms = store->patience_ms, rest_ms = store->wait_ms / REST_PART + 1;

	if (patience_ms) {
		rest_ms = patience_ms * REST_FACTOR;
		patience_ms = patience_ms * 2 < store->wait_ms ? patience_ms * 2 : store->wait_ms;
	} else {
		patience_ms = store->wait_ms / PATIENCE_PART + 1;
	}
	set_patience(store, patience_ms);
	store->rest_why = *err;
	store->rest_until_us = clock_deadline(rest_ms);
}

struct turn { /* of the store: what is asked of it, since when */
	enum aim aim;
	int64_t begun_us;
};

static struct turn
turn(enum aim aim)
{
	return (struct turn){ aim, clock_mono_us() };
}

/* What came of it. What failed at once costs no time, and may be tried at once. */
static int
note(struct store *store, const struct turn *t, int rc, const struct err *err)
{
	int64_t wait_ms = store->patience_ms ? store->patience_ms : store->wait_ms;

	if (rc < 0 && store->is_tried)
		return rc;
	if (rc < 0 && clock_mono_us() - t->begun_us >= wait_ms * 1000 / 2) {
		store->may_read = t->aim == TO_WRITE && store->place.ops->begin;
		rest(store, err);
	} else if (rc >= 0 && store->rest_until_us && (t->aim == TO_WRITE || !store->may_read)) {
		store->rest_until_us = 0;
		set_patience(store, 0);
	}
	return rc;
}

int
store_get(struct store *store, struct str key, struct buf *value, struct err *err)
{
	const struct turn t = turn(TO_READ);
	int64_t expires_us;

	if (check_usable(store, TO_READ, err) < 0)
		return -1;
	return note(store, &t,
	    store->place.ops->get(store->place.at, key, now(store), value, &expires_us, err), err);
}

static int
write_item(struct store *store, const struct store_item *item, struct err *err)
{
	const struct turn t = turn(TO_WRITE);

	if (check_writable(store, err) < 0)
		return -1;
	return note(
	    store, &t, store->place.ops->write(store->place.at, item, now(store), err), err);
}

int
store_put(
    struct store *store, struct str key, struct str value, int64_t expires_us, struct err *err)
{
	if (!value.p)
		value = STR_LIT("");
	return write_item(store,
	    &(struct store_item){ .key = key, .value = value, .expires_us = expires_us }, err);
}

int
store_delete(struct store *store, struct str key, struct err *err)
{
	return write_item(store, &(struct store_item){ .key = key }, err);
}

/* Their old values, all in one buffer. */
static int
read_entries(struct store *store, const struct store_change_all *all, int64_t now_us,
    struct buf *olds, struct err *err)
{
	struct store_entry *e;
	size_t i, begin;
	int rc;

	for (i = 0; i < all->count; i++) {
		e = &all->entries[i];
		begin = olds->len;
		rc = store->place.ops->get(
		    store->place.at, e->key, now_us, olds, &e->old_expires_us, err);
		if (rc < 0)
			return -1;
		e->old = rc ? (struct str){ "", olds->len - begin } : STR_NONE;
		buf_addc(olds, '\0');
	}
	for (i = begin = 0; i < all->count; i++) { /* it moves no more */
		e = &all->entries[i];
		if (e->old.p)
			e->old.p = olds->p + begin;
		begin += e->old.len + 1;
	}
	return 0;
}

static int
write_entries(
    struct store *store, const struct store_change_all *all, int64_t now_us, struct err *err)
{
	struct store_item item;
	size_t i;

	for (i = 0; i < all->count; i++) {
		if (all->entries[i].change == STORE_KEEP)
			continue;
		item = store_item_of(&all->entries[i]);
		if (store->place.ops->write(store->place.at, &item, now_us, err) < 0)
			return -1;
	}
	return 0;
}

/* Under the lock of a transaction nobody comes between these. */
static int
change_locked(struct store *store, const struct store_change_all *all, struct err *err)
{
	struct buf olds = BUF_INIT(BUF_UNLIMITED);
	int64_t now_us = now(store);
	int rc = read_entries(store, all, now_us, &olds, err);

	if (rc == 0) {
		store_decide(all);
		rc = write_entries(store, all, now_us, err);
	}
	buf_release(&olds);
	return rc;
}

static int
change_all(struct store *store, const struct store_change_all *all, struct err *err)
{
	const struct store_ops *ops = store->place.ops;
	const struct turn t = turn(TO_WRITE);

	if (ops->update)
		return note(store, &t, ops->update(store->place.at, all, now(store), err), err);
	if (ops->begin && note(store, &t, ops->begin(store->place.at, err), err) < 0)
		return -1;
	if (change_locked(store, all, err) == 0)
		return ops->commit ? ops->commit(store->place.at, err) : 0;
	if (ops->rollback)
		ops->rollback(store->place.at);
	return -1;
}

int
store_update_all(struct store *store, const struct str *keys, size_t count, store_update_all_fn *fn,
    void *user, struct err *err)
{
	struct store_change_all all = { .count = count, .fn = fn, .user = user };
	size_t i;
	int rc;

	if (check_writable(store, err) < 0)
		return -1;
	all.entries = xcalloc(count, sizeof *all.entries);
	for (i = 0; i < count; i++) {
		all.entries[i] = (struct store_entry){ .key = keys[i] };
		buf_init(&all.entries[i].fresh, BUF_UNLIMITED);
	}
	rc = change_all(store, &all, err);
	for (i = 0; i < count; i++)
		buf_release(&all.entries[i].fresh);
	free(all.entries);
	return rc;
}

/* Writers are soon out of each other's way, mostly. */
enum { TRY_MS = 2 };

int
store_try_update_all(struct store *store, const struct str *keys, size_t count,
    store_update_all_fn *fn, void *user, struct err *err)
{
	const struct turn t = turn(TO_WRITE);
	int64_t patience_ms = store->patience_ms;
	int rc;

	if (store->place.is_far)
		return 1;
	store->is_tried = true;
	set_patience(store, TRY_MS);
	rc = store_update_all(store, keys, count, fn, user, err);
	store->is_tried = false;
	if (rc < 0 || store->patience_ms) /* else it was in trouble, and is no more */
		set_patience(store, patience_ms);
	return rc < 0 && clock_mono_us() - t.begun_us >= TRY_MS * 1000 / 2 ? 1 : rc;
}

bool
store_is_far(const struct store *store)
{
	return store->place.is_far;
}

struct single {
	store_update_fn *fn;
	void *user;
};

static void
change_single(void *user, struct store_entry *e, size_t count)
{
	const struct single *one = user;

	(void)count; /* it is one */
	e->change = one->fn(one->user, e->old, &e->fresh, &e->expires_us);
}

int
store_update(struct store *store, struct str key, store_update_fn *fn, void *user, struct err *err)
{
	struct single one = { fn, user };

	return store_update_all(store, &key, 1, change_single, &one, err);
}

struct addition {
	int64_t by, expires_us, sum;
	bool no_count; /* what is there is none, or would be too large */
};

static enum store_change
add_count(void *user, struct str old, struct buf *fresh, int64_t *expires_us)
{
	struct addition *a = user;
	int64_t count = 0;

	a->no_count = (old.p && !num_i64(old, &count)) ||
		      __builtin_add_overflow(count, a->by, &a->sum);
	if (a->no_count)
		return STORE_KEEP;
	if (!old.p)
		*expires_us = a->expires_us;
	buf_addi(fresh, a->sum);
	return STORE_WRITE;
}

int
store_add(struct store *store, struct str key, int64_t by, int64_t expires_us, int64_t *sum,
    struct err *err)
{
	struct addition a = { .by = by, .expires_us = expires_us };

	if (store_update(store, key, add_count, &a, err) < 0)
		return -1;
	if (a.no_count)
		return err_set(err, EXIT_IO, "%s: \"%.*s\" is no count that %lld can be added to",
		    store->place.name, (int)(key.len > 80 ? 80 : key.len), key.p, (long long)by);
	if (sum)
		*sum = a.sum;
	return 0;
}

int
store_scan(struct store *store, struct str prefix, store_scan_fn *fn, void *user, struct err *err)
{
	const struct turn t = turn(TO_READ);

	if (check_usable(store, TO_READ, err) < 0)
		return -1;
	return note(store, &t,
	    store->place.ops->scan(store->place.at, prefix, now(store), fn, user, err), err);
}

uint64_t
store_version(struct store *store)
{
	return store->place.ops->version(store->place.at);
}
