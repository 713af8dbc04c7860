/* SPDX-License-Identifier: MIT */
/* store_aside - a desk whose store is asked beside a loop, by a thread. */
#include "store/store_aside.h"

#include <signal.h>
#include <stdlib.h>

#include "base/die.h"
#include "base/mem.h"
#include "store/store_batch.h"
#include "sys/clock.h"

/* What somebody asks for is read so often, */
#define READ_EVERY_US INT64_C(200000)
/* and given away for so long, should that take its time; */
#define GOOD_US INT64_C(5000000)
/* nobody has asked for so long: it is forgotten. */
#define WANTED_US INT64_C(1000000)
/* A store that is near, and took so long twice in a row, is left to the thread for a while: once
 * may be the machine, which had other things to do. */
#define SLOW_US INT64_C(5000)
#define SLOW_FOR_US INT64_C(1000000)

struct note { /* what stands at a key */
	char *key;
	struct buf value;
	int there; /* 1, 0, or -1: it could not be had */
	bool is_asked; /* the thread is on its way to read it */
	int64_t read_us, wanted_us; /* monotonic, as all times here; read 0: not yet */
};

struct aside {
	struct store_desk desk; /* the first member */
	uv_loop_t *loop;
	uv_work_t work;
	uv_sem_t back; /* the thread is */
	bool is_away; /* the thread, and with it store and batch */
	bool is_queued; /* the loop has yet to tell that it came back */
	bool is_plain, is_closed;
	struct store_batch batch;
	struct store_errand *first, **last; /* that wait */
	struct note **notes;
	size_t count, cap;
	bool is_wanted; /* one that was not read yet */
	int64_t read_us; /* when they were read last */
	bool was_slow;
	int64_t slow_until_us;
	uint64_t version; /* of the store, when it was at hand last */
	struct err err; /* why one could not be had */
	void (*news)(void *user);
	void *user;
};

/* Whether the store may be asked from the loop. */
static bool
is_at_hand(const struct aside *a)
{
	return a->is_plain || (!a->is_away && !a->first && !store_is_far(a->desk.store) &&
				  clock_mono_us() >= a->slow_until_us);
}

static void
take_time(struct aside *a, int64_t since_us)
{
	int64_t now_us = clock_mono_us();
	bool is_slow = now_us - since_us >= SLOW_US;

	if (is_slow && a->was_slow)
		a->slow_until_us = now_us + SLOW_FOR_US;
	a->was_slow = is_slow;
}

/* --- what stands there --- */

static struct note *
find_note(const struct aside *a, struct str key)
{
	for (size_t i = 0; i < a->count; i++)
		if (str_is(key, a->notes[i]->key))
			return a->notes[i];
	return NULL;
}

static struct note *
note_of(struct aside *a, struct str key)
{
	struct note *n = find_note(a, key);

	if (n)
		return n;
	n = xcalloc(1, sizeof *n);
	n->key = xmemdup(key.p, key.len);
	buf_init(&n->value, BUF_UNLIMITED);
	VEC_GROW(a->notes, a->count, a->cap);
	return a->notes[a->count++] = n;
}

static void
note_free(struct note *n)
{
	free(n->key);
	buf_release(&n->value);
	free(n);
}

static void
ask(struct aside *a, struct note *n)
{
	if (!n->is_asked)
		store_batch_ask(&a->batch, n->key, n);
	n->is_asked = true;
}

/* Those that are wanted, to be read; the others are forgotten. */
static void
ask_wanted(struct aside *a, int64_t now_us)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->count; i++) {
		struct note *n = a->notes[i];

		if (now_us - n->wanted_us > WANTED_US) {
			note_free(n);
			continue;
		}
		a->notes[kept++] = n;
		ask(a, n);
	}
	a->count = kept;
	a->is_wanted = false;
	a->read_us = now_us;
}

/* Those that are about to change. */
static void
ask_changed(struct aside *a)
{
	struct note *n;

	for (const struct store_errand *e = a->batch.errands; e && a->count; e = e->next)
		for (size_t i = 0; i < e->count; i++)
			if ((n = find_note(a, e->keys[i])) != NULL)
				ask(a, n);
}

static void
take_answers(struct aside *a)
{
	const struct store_batch *b = &a->batch;
	int64_t now_us = clock_mono_us();

	for (size_t i = 0; i < b->count; i++) {
		struct note *n = b->questions[i].user;
		struct str value = buf_str(&b->questions[i].value);
		int there = b->rc < 0 ? -1 : b->questions[i].there;

		n->is_asked = false;
		n->read_us = now_us;
		n->there = there;
		buf_reset(&n->value);
		buf_addstr(&n->value, value);
	}
	if (b->rc < 0)
		a->err = b->err;
}

static int
get_note(struct aside *a, struct str key, struct buf *value, struct err *err)
{
	struct note *n = note_of(a, key);
	int64_t now_us = clock_mono_us();
	int64_t used_us = n->read_us > n->wanted_us ? n->read_us : n->wanted_us;
	bool is_good = n->read_us && now_us - n->read_us <= GOOD_US &&
		       now_us - used_us <= WANTED_US;

	n->wanted_us = now_us;
	if (!is_good) {
		a->is_wanted = true;
		return STORE_DESK_LATER;
	}
	if (n->there < 0)
		*err = a->err;
	else
		buf_addstr(value, buf_str(&n->value));
	return n->there;
}

static int
aside_get(struct store_desk *desk, struct str key, struct buf *value, struct err *err)
{
	struct aside *a = (struct aside *)desk;
	int64_t begun_us;
	int rc;

	if (!is_at_hand(a))
		return get_note(a, key, value, err);
	begun_us = clock_mono_us();
	rc = store_get(desk->store, key, value, err);
	take_time(a, begun_us);
	return rc;
}

/* A store that is near tells of itself what is new, while it is at hand; of the notes, most may be
 * new as often as they are read. */
static uint64_t
aside_version(struct store_desk *desk)
{
	struct aside *a = (struct aside *)desk;

	if (is_at_hand(a)) {
		a->version = store_version(desk->store);
		return a->version;
	}
	return a->version + (uint64_t)(clock_mono_us() / READ_EVERY_US) + 1;
}

/* --- the thread --- */

static void
run(uv_work_t *work)
{
	struct aside *a = work->data;

	store_batch_run(&a->batch, a->desk.store);
	uv_sem_post(&a->back);
}

static void
come_back(struct aside *a)
{
	uv_sem_wait(&a->back);
	a->is_away = false;
	take_answers(a);
	store_batch_finish(&a->batch);
}

static void
aside_free(struct aside *a)
{
	while (a->count)
		note_free(a->notes[--a->count]);
	free(a->notes);
	uv_sem_destroy(&a->back);
	free(a);
}

static void
on_back(uv_work_t *work, int status)
{
	struct aside *a = work->data;

	(void)status; /* it is never cancelled */
	a->is_queued = false;
	if (a->is_closed) {
		aside_free(a);
		return;
	}
	if (!a->is_away)
		return; /* store_aside_wait has met it */
	come_back(a);
	a->news(a->user);
}

/* Signals are the loop's: the threads, which come with the first work, are born deaf. */
static void
queue(struct aside *a)
{
	sigset_t all, before;

	(void)sigfillset(&all); /* cannot fail, nor can the masks be wrong */
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	(void)uv_queue_work(a->loop, &a->work, run, on_back); /* fails without a callback */
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void
fill_batch(struct aside *a)
{
	a->batch.errands = a->first;
	a->first = NULL;
	a->last = &a->first;
}

void
store_aside_go(struct store_desk *desk)
{
	struct aside *a = (struct aside *)desk;
	int64_t now_us = clock_mono_us();
	bool is_due = a->is_wanted || (a->count && now_us - a->read_us >= READ_EVERY_US);

	if (a->is_away || a->is_plain || (!a->first && !is_due))
		return;
	if (is_due)
		ask_wanted(a, now_us);
	fill_batch(a);
	ask_changed(a);
	if (!a->batch.errands && !a->batch.count)
		return; /* all was forgotten */
	a->is_away = a->is_queued = true;
	queue(a);
}

static void
aside_hand(struct store_desk *desk, struct store_errand *e)
{
	struct aside *a = (struct aside *)desk;
	int64_t begun_us;

	e->next = NULL;
	if (is_at_hand(a)) {
		begun_us = clock_mono_us();
		e->rc = a->is_plain ? store_update_all(
					  desk->store, e->keys, e->count, e->fn, e->user, &e->err)
				    : store_try_update_all(
					  desk->store, e->keys, e->count, e->fn, e->user, &e->err);
		take_time(a, begun_us);
		if (e->rc <= 0) {
			e->done(e);
			return;
		}
	}
	*a->last = e;
	a->last = &e->next;
}

/* --- its beginning and its end --- */

struct store_desk *
store_aside_open(uv_loop_t *loop, struct store *store, void (*news)(void *user), void *user)
{
	struct aside *a = xcalloc(1, sizeof *a);

	a->desk = (struct store_desk){ aside_get, aside_hand, aside_version, store };
	a->loop = loop;
	a->work.data = a;
	a->last = &a->first;
	a->news = news;
	a->user = user;
	if (uv_sem_init(&a->back, 0) < 0)
		die(EXIT_SYSTEM, "cannot make a semaphore");
	return &a->desk;
}

void
store_aside_wait(struct store_desk *desk)
{
	struct aside *a = (struct aside *)desk;

	if (a->is_away)
		come_back(a);
	while (a->first) {
		fill_batch(a);
		store_batch_run(&a->batch, desk->store);
		store_batch_finish(&a->batch);
	}
	a->is_plain = true;
}

void
store_aside_close(struct store_desk *desk)
{
	struct aside *a = (struct aside *)desk;

	a->is_closed = true;
	if (!a->is_queued)
		aside_free(a);
}
