/* SPDX-License-Identifier: MIT */
/*
 * store - state that outlives a process and is shared by all: circuit breakers, latencies, budgets,
 * slots.
 *
 * Keys are texts ("breaker/openai:gpt-4o"), values are bytes. Where they lie is the store's
 * business: an SQLite database in WAL mode, shared by the machine; Redis, shared by many; or this
 * process alone ("memory:"). A crash at any instruction leaves it consistent. Every wait for
 * another writer, or for the server, has a deadline, and an error says whom it waited for.
 *
 *	store = store_open(&(struct store_config){ .url = url }, &err);
 *	store_update(store, key, count_one, &mine, &err);	// read, change and write as one
 *	store_close(store);
 *
 * Functions return -1 and err where the store can't be had (EXIT_IO; EXIT_CONFIG where it stays so
 * until somebody changes something); what was asked for has then not happened. (Redis, where the
 * server fell silent just as a change was on its way: the message says that it is not known.)
 *
 * A store is for one thread, and for the process that opened it: after a fork the child opens its
 * own, and leaves the parent's alone (it does not close it either).
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct store;

enum { STORE_WAIT_MS = 2000 };
#define STORE_FOREVER 0 /* an expiry: never */

struct store_config {
	/* A path, or "sqlite:PATH"; "redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]" or, over TLS,
	 * "rediss://...[?cacert=FILE&cacertdir=DIR&cert=FILE&key=FILE&sni=NAME]" or, by its socket,
	 * "redis+unix://[[USER]:PASSWORD@]/PATH[?db=DB]", where hiredis was built in; "memory:". */
	const char *url;
	/* The longest wait for others; 0: STORE_WAIT_MS. (A host's name is looked up by the system,
	 * which takes its own time.) */
	int64_t wait_ms;
	bool read_only; /* writes are refused; a store that isn't there is an empty one */
	/* What time it is, in microseconds since 1970, for expiry; NULL: clock_wall_us. With a
	 * clock of one's own what has expired is hidden in Redis and stays there. */
	int64_t (*now_us)(void *user);
	void *user;
};

/* The directories that lead to an SQLite file are made. NULL and err: EXIT_IO, or EXIT_CONFIG for
 * an url that is none, or one of a kind that was not built in. */
struct store *store_open(const struct store_config *config, struct err *err);
/* Waits for nothing. NULL is allowed. */
void store_close(struct store *store);
/* Where it lies if nobody says: $AGENTFLOW_STORE, else store.db in $AGENTFLOW_STATE, else in
 * $XDG_STATE_HOME/agentflow, else in ~/.local/state/agentflow. env is getenv, handed in by cmd/.
 * NULL where none of these is set. The caller frees. */
char *store_default_url(const char *(*env)(const char *name));
/* For messages: the path or URL, without a password. */
const char *store_name(const struct store *store);

/* 1 and the value appended to value; 0 where there is none; -1. */
int store_get(struct store *store, struct str key, struct buf *value, struct err *err);

/* expires_us: since 1970, or STORE_FOREVER. */
int store_put(struct store *store, struct str key, struct str value, int64_t expires_us,
    struct err *err) __attribute__((warn_unused_result));

int store_delete(struct store *store, struct str key, struct err *err)
    __attribute__((warn_unused_result));

/*
 * Read, change and write one value as one step that no other process comes between. fn sees the old
 * value (p NULL: there is none) and says what becomes of it: fresh is written as it is then, to be
 * gone at *expires_us, which is the old value's when fn is called. fn may be called more than once
 * (Redis: another was quicker), so it must not leave traces of a call that is made anew, nor call
 * the store.
 */
enum store_change { STORE_KEEP, STORE_WRITE, STORE_DELETE };
typedef enum store_change store_update_fn(
    void *user, struct str old, struct buf *fresh, int64_t *expires_us);
int store_update(struct store *store, struct str key, store_update_fn *fn, void *user,
    struct err *err) __attribute__((warn_unused_result));

/*
 * The same for several values, whose keys differ: all that fn says comes to be, or nothing of it.
 * With Redis it takes two round trips, however many there are.
 */
struct store_entry {
	struct str key;
	struct str old; /* p NULL: there is none */
	int64_t old_expires_us;
	/* What becomes of it; when fn is called: to be kept, empty, as the old value. */
	enum store_change change;
	struct buf fresh;
	int64_t expires_us;
};
typedef void store_update_all_fn(void *user, struct store_entry *entries, size_t count);
int store_update_all(struct store *store, const struct str *keys, size_t count,
    store_update_all_fn *fn, void *user, struct err *err) __attribute__((warn_unused_result));
/* The same, where nobody has to be waited for; 1: somebody has, and nothing has happened. */
int store_try_update_all(struct store *store, const struct str *keys, size_t count,
    store_update_all_fn *fn, void *user, struct err *err) __attribute__((warn_unused_result));
/* Whether it is elsewhere, so that each answer has to be waited for. */
bool store_is_far(const struct store *store);

/* Add to a count; one that isn't there is 0. expires_us is set by the first. sum may be NULL. What
 * is there and is no count is an error. */
int store_add(struct store *store, struct str key, int64_t by, int64_t expires_us, int64_t *sum,
    struct err *err) __attribute__((warn_unused_result));

/* Every key that begins with prefix, in order of bytes. fn returns false to end the scan. fn must
 * not call the store. */
typedef bool store_scan_fn(void *user, struct str key, struct str value);
int store_scan(struct store *store, struct str prefix, store_scan_fn *fn, void *user,
    struct err *err) __attribute__((warn_unused_result));

/* A number that differs once another process has written (it may also differ where none has): what
 * was read before is good as long as it stays. What is changed here by an update does not count.
 * Cheap with SQLite (no transaction); Redis: changes with time, every few hundred milliseconds. */
uint64_t store_version(struct store *store);

#endif
