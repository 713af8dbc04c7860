/* SPDX-License-Identifier: MIT */
/* attempts - the tries that the program was sent, by the ids that they bear there. */
#include "failover/attempts.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"

struct attempt *
attempts_add(struct attempts *as, struct trip *trip)
{
	struct attempt *a;
	uint64_t use;

	if (as->free_count) {
		a = as->free[--as->free_count];
	} else {
		a = xcalloc(1, sizeof *a);
		buf_init(&a->held, BUF_UNLIMITED);
		buf_init(&a->answer, BUF_UNLIMITED);
		a->place = as->count;
		VEC_GROW(as->items, as->count, as->cap);
		as->items[as->count++] = a;
	}
	use = a->use + 1;
	*a = (struct attempt){
		.trip = trip, .place = a->place, .use = use, .held = a->held, .answer = a->answer
	};
	return a;
}

void
attempts_drop(struct attempts *as, struct attempt *a)
{
	a->trip = NULL;
	a->response = JSON_ABSENT;
	buf_release(&a->held);
	buf_release(&a->answer);
	VEC_GROW(as->free, as->free_count, as->free_cap);
	as->free[as->free_count++] = a;
}

void
attempts_release(struct attempts *as)
{
	for (size_t i = 0; i < as->count; i++) {
		buf_release(&as->items[i]->held);
		buf_release(&as->items[i]->answer);
		free(as->items[i]);
	}
	free(as->items);
	free(as->free);
	*as = (struct attempts){ NULL };
}

void
attempts_id(const struct attempt *a, struct buf *out)
{
	buf_adds(out, "\"a");
	buf_addi(out, (int64_t)a->place);
	buf_addc(out, '.');
	buf_addi(out, (int64_t)a->use);
	buf_addc(out, '"');
}

struct attempt *
attempts_find(const struct attempts *as, struct json id)
{
	struct str text, place_text;
	int64_t place, use;

	if (!json_plain(id, &text) || !text.len || text.p[0] != 'a')
		return NULL;
	text.p++;
	text.len--;
	if (!str_split(&text, '.', &place_text) || !num_i64(place_text, &place) ||
	    !num_i64(text, &use))
		return NULL;
	if (place < 0 || (uint64_t)place >= as->count)
		return NULL;
	if (!as->items[place]->trip || as->items[place]->use != (uint64_t)use)
		return NULL;
	return as->items[place];
}
