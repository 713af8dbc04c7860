/* SPDX-License-Identifier: MIT */
/* store_batch - errands and questions that are one step in the store. */
#include "store/store_batch.h"

#include <stdlib.h>

#include "base/mem.h"

/* The keys of all, each once; and those of each errand, as places among them. */
struct places {
	struct store_batch *batch;
	struct str *keys;
	size_t count, cap;
	size_t *at; /* of the questions, then of the errands, one after the other */
	size_t at_count, at_cap;
};

void
store_batch_ask(struct store_batch *b, const char *key, void *user)
{
	struct store_question *q;

	VEC_GROW(b->questions, b->count, b->cap);
	q = &b->questions[b->count++];
	*q = (struct store_question){ .key = key, .user = user };
	buf_init(&q->value, BUF_UNLIMITED);
}

static void
place(struct places *p, struct str key)
{
	size_t i = 0;

	while (i < p->count && !str_eq(p->keys[i], key))
		i++;
	if (i == p->count) {
		VEC_GROW(p->keys, p->count, p->cap);
		p->keys[p->count++] = key;
	}
	VEC_GROW(p->at, p->at_count, p->at_cap);
	p->at[p->at_count++] = i;
}

static struct str
value_of(const struct store_entry *e)
{
	switch (e->change) {
	case STORE_KEEP:
		return e->old;
	case STORE_WRITE:
		return buf_str(&e->fresh);
	case STORE_DELETE:
		break;
	}
	return STR_NONE;
}

/* What one errand says becomes of its entries, as those before it have left them. */
static void
decide(struct store_errand *e, struct store_entry *entries, const size_t *at)
{
	struct store_entry *own = xcalloc(e->count, sizeof *own);
	size_t i;

	for (i = 0; i < e->count; i++) {
		struct store_entry *all = &entries[at[i]];

		own[i] = (struct store_entry){
			.key = all->key, .old = value_of(all), .expires_us = all->expires_us
		};
		buf_init(&own[i].fresh, BUF_UNLIMITED);
	}
	e->fn(e->user, own, e->count);
	for (i = 0; i < e->count; i++) {
		struct store_entry *all = &entries[at[i]];
		struct buf before = all->fresh;

		if (own[i].change != STORE_KEEP) {
			all->change = own[i].change;
			all->expires_us = own[i].expires_us;
			all->fresh = own[i].fresh;
			own[i].fresh = before;
		}
		buf_release(&own[i].fresh);
	}
	free(own);
}

static void
decide_all(void *user, struct store_entry *entries, size_t count)
{
	struct places *p = user;
	struct store_batch *b = p->batch;
	const size_t *at = p->at + b->count;
	size_t i;

	(void)count;
	for (struct store_errand *e = b->errands; e; e = e->next) {
		decide(e, entries, at);
		at += e->count;
	}
	for (i = 0; i < b->count; i++) {
		struct str value = value_of(&entries[p->at[i]]);

		b->questions[i].there = value.p != NULL;
		buf_reset(&b->questions[i].value);
		buf_addstr(&b->questions[i].value, value);
	}
}

void
store_batch_run(struct store_batch *b, struct store *store)
{
	struct places p = { .batch = b };
	size_t i;

	for (i = 0; i < b->count; i++)
		place(&p, str_of(b->questions[i].key));
	for (const struct store_errand *e = b->errands; e; e = e->next)
		for (i = 0; i < e->count; i++)
			place(&p, e->keys[i]);
	b->rc = store_update_all(store, p.keys, p.count, decide_all, &p, &b->err);
	free(p.keys);
	free(p.at);
}

void
store_batch_finish(struct store_batch *b)
{
	struct store_batch done = *b;

	*b = (struct store_batch){ 0 };
	while (done.errands) {
		struct store_errand *e = done.errands;

		done.errands = e->next;
		e->rc = done.rc;
		e->err = done.err;
		e->done(e);
	}
	while (done.count)
		buf_release(&done.questions[--done.count].value);
	free(done.questions);
}
