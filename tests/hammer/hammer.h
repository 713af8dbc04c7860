/* SPDX-License-Identifier: MIT */
/*
 * hammer - processes that work on one store while each is killed, again and again, wherever it just
 * is.
 *
 * A job is a file of its own and a row in hammer.c. Its work runs in every worker, over and over,
 * each turn between begun and done; its check looks afterwards at what the store holds and at what
 * the workers had come to. What workers must tell, they write into memory that outlives them.
 */
#ifndef TESTS_HAMMER_HAMMER_H
#define TESTS_HAMMER_HAMMER_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/store.h"
#include "sys/rand.h"

enum { HAMMER_WORKERS_MAX = 32, HAMMER_WORDS = 32 };

/* In shared memory: what one worker has done, through all its lives. */
struct hammer_slot {
	_Atomic uint64_t begun, done; /* turns; begun - done (0 or 1) was cut off, or is going on */
	_Atomic uint64_t in_doubt; /* turns that a kill has cut off */
	_Atomic uint64_t lives;
	_Atomic int64_t words[HAMMER_WORDS]; /* the job's own */
	char error[ERR_TEXT_MAX]; /* not empty: the worker gave up, and why */
};

struct hammer {
	const char *url;
	size_t workers;
	struct hammer_slot *slots; /* one a worker */
	_Atomic int64_t *words; /* HAMMER_WORDS that all workers share */
};

struct hammer_worker {
	struct hammer *hammer;
	struct hammer_slot *slot;
	size_t index;
	struct store *store; /* of this life */
	struct rand rand; /* differs from life to life */
	void *state; /* the job's own, of this life */
};

struct hammer_job {
	const char *name, *purpose;
	/* Before the first turn of each life. NULL: nothing is to be done. */
	int (*wake)(struct hammer_worker *w, struct err *err);
	/* One turn; -1 and err ends the test. */
	int (*turn)(struct hammer_worker *w, struct err *err);
	/* Behind the last turn of a life that is not cut short. NULL: nothing is to be done. */
	void (*rest)(struct hammer_worker *w);
	/* Afterwards, in the parent: say in lines what is not as it must be. */
	int (*check)(
	    const struct hammer *h, struct store *store, struct buf *wrong, struct err *err);
};

extern const struct hammer_job hammer_aside, hammer_budget, hammer_count, hammer_probe;

#endif
