/* SPDX-License-Identifier: MIT */
/* late - a desk that answers when a test says so, and not before. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/late.h"

static int
late_get(struct store_desk *desk, struct str key, struct buf *value, struct err *err)
{
	struct late *l = (struct late *)desk;
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	int rc = store_get(l->known, key, &text, err);

	if (rc == 0) {
		rc = STORE_DESK_LATER;
		buf_addstr(&l->asked, key);
		buf_addc(&l->asked, '\n');
	} else if (text.p[0] == '=') { /* it is there, and so */
		buf_adds(value, text.p + 1);
	} else {
		rc = 0;
	}
	buf_release(&text);
	return rc;
}

static void
late_hand(struct store_desk *desk, struct store_errand *e)
{
	struct late *l = (struct late *)desk;

	e->next = NULL;
	*l->last = e;
	l->last = &e->next;
}

static uint64_t
late_version(struct store_desk *desk)
{
	return ((struct late *)desk)->answers;
}

void
late_open(struct late *l, struct store *store)
{
	struct err err = ERR_INIT;

	*l = (struct late){ .desk = { late_get, late_hand, late_version, store },
		.asked = BUF_INIT(BUF_UNLIMITED),
		.known = store_open(&(struct store_config){ .url = "memory:" }, &err) };
	l->last = &l->first;
	assert_non_null(l->known);
}

static void
answer_key(struct late *l, struct str key)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED), value = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;

	if (store_get(l->desk.store, key, &value, &err) > 0)
		buf_addf(&text, "=%s", value.p);
	assert_int_equal(store_put(l->known, key, buf_str(&text), STORE_FOREVER, &err), 0);
	buf_release(&text);
	buf_release(&value);
}

static void
answer_errand(struct late *l, struct store_errand *e)
{
	e->rc = store_update_all(l->desk.store, e->keys, e->count, e->fn, e->user, &e->err);
	for (size_t i = 0; i < e->count; i++)
		answer_key(l, e->keys[i]);
	e->done(e);
}

void
late_answer(struct late *l)
{
	struct store_errand *e = l->first, *next;
	struct str rest = buf_str(&l->asked), key;

	l->first = NULL;
	l->last = &l->first;
	l->answers++;
	for (; e; e = next) {
		next = e->next;
		answer_errand(l, e);
	}
	while (str_split(&rest, '\n', &key))
		if (key.len)
			answer_key(l, key);
	buf_reset(&l->asked);
}

void
late_close(struct late *l)
{
	assert_null(l->first);
	store_close(l->known);
	buf_release(&l->asked);
}
