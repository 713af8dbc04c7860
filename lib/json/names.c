/* SPDX-License-Identifier: MIT */
/* names - members' names, sorted. */
#include "json/names.h"

#include <stdlib.h>

#include "base/mem.h"

static int
compare(struct str a, struct str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int
by_text(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int order = compare(x->text, y->text);

	return order ? order : (x->value.p > y->value.p) - (x->value.p < y->value.p);
}

static void
add(struct names *names, struct json name, struct json value)
{
	struct name *n;

	VEC_GROW(names->items, names->count, names->cap);
	n = &names->items[names->count++];
	*n = (struct name){ .value = value };
	if (json_plain(name, &n->text))
		return;
	n->at = names->unescaped.len;
	json_text(name, &names->unescaped);
	n->text.len = names->unescaped.len - n->at;
	n->text.p = NULL; /* the buffer may move yet */
}

struct names
names_of(struct json v)
{
	struct names names = { .unescaped = BUF_INIT(BUF_UNLIMITED) };
	struct json_iter it = json_each(v);
	size_t i;

	while (json_next(&it)) {
		struct json name = v.kind == JSON_OBJECT ? it.key : it.value;

		if (name.kind == JSON_STRING)
			add(&names, name, it.value);
	}
	for (i = 0; i < names.count; i++) {
		if (!names.items[i].text.p)
			names.items[i].text.p = names.unescaped.p + names.items[i].at;
	}
	if (names.count)
		qsort(names.items, names.count, sizeof *names.items, by_text);
	return names;
}

void
names_release(struct names *names)
{
	free(names->items);
	buf_release(&names->unescaped);
	*names = (struct names){ .unescaped = BUF_INIT(BUF_UNLIMITED) };
}

/* How many are less than the text or alike. */
static size_t
upper_bound(const struct names *names, struct str text)
{
	size_t low = 0, high = names->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(names->items[middle].text, text) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct name *
names_find_text(const struct names *names, struct str text)
{
	size_t n = upper_bound(names, text);

	return n && str_eq(names->items[n - 1].text, text) ? &names->items[n - 1] : NULL;
}

const struct name *
names_find(const struct names *names, struct json name)
{
	struct buf unescaped = BUF_INIT(BUF_UNLIMITED);
	const struct name *found;
	struct str text;

	if (json_plain(name, &text))
		return names_find_text(names, text);
	if (name.kind != JSON_STRING)
		return NULL;
	json_text(name, &unescaped);
	found = names_find_text(names, buf_str(&unescaped));
	buf_release(&unescaped);
	return found;
}
