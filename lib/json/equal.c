/* SPDX-License-Identifier: MIT */
/* equal - whether two values are equal as JSON, however they are spelled. */
#include "json/json.h"

#include "json/decimal.h"
#include "json/names.h"

enum { FEW = 16 }; /* members that are looked for one by one */

static bool
numbers_equal(struct json a, struct json b)
{
	struct decimal x, y;

	if (str_eq(json_raw(a), json_raw(b)))
		return true;
	x = decimal_of(a);
	y = decimal_of(b);
	return !x.vast && !y.vast && decimal_compare(&x, &y) == 0;
}

static bool
strings_equal(struct json a, struct json b)
{
	struct buf x = BUF_INIT(BUF_UNLIMITED), y = BUF_INIT(BUF_UNLIMITED);
	struct str s, t;
	bool same;

	if (json_plain(a, &s) && json_plain(b, &t))
		return str_eq(s, t);
	json_text(a, &x);
	json_text(b, &y);
	same = str_eq(buf_str(&x), buf_str(&y));
	buf_release(&x);
	buf_release(&y);
	return same;
}

static bool
arrays_equal(struct json a, struct json b)
{
	struct json_iter x = json_each(a), y = json_each(b);

	while (json_next(&x)) {
		if (!json_next(&y) || !json_equal(x.value, y.value))
			return false;
	}
	return !json_next(&y);
}

/* The value that readers see under the name, or JSON_NONE. */
static struct json
member(struct json obj, struct json key)
{
	struct json_iter it = json_each(obj);
	struct json v = JSON_ABSENT;

	while (json_next(&it)) {
		if (strings_equal(it.key, key))
			v = it.value;
	}
	return v;
}

/* Each member of a is in b; where a name stands twice, the last counts. */
static bool
holds(struct json b, struct json a, bool compare)
{
	struct json_iter it = json_each(a);

	while (json_next(&it)) {
		struct json other = member(b, it.key);

		if (!json_is(other, JSON_NONE) && !compare)
			continue;
		if (json_is(other, JSON_NONE) || !json_equal(member(a, it.key), other))
			return false;
	}
	return true;
}

/* holds, where there are many members. */
static bool
holds_many(const struct names *b, const struct names *a, bool compare)
{
	size_t i;

	for (i = 0; i < a->count; i++) {
		bool last = i + 1 == a->count || !str_eq(a->items[i].text, a->items[i + 1].text);
		const struct name *other = names_find_text(b, a->items[i].text);

		if (!other || (compare && last && !json_equal(a->items[i].value, other->value)))
			return false;
	}
	return true;
}

static bool
objects_equal(struct json a, struct json b)
{
	struct names x, y;
	bool same;

	if (json_count(a) <= FEW && json_count(b) <= FEW)
		return holds(b, a, true) && holds(a, b, false);
	x = names_of(a);
	y = names_of(b);
	same = holds_many(&y, &x, true) && holds_many(&x, &y, false);
	names_release(&x);
	names_release(&y);
	return same;
}

bool
json_equal(struct json a, struct json b)
{
	if (a.kind != b.kind)
		return false;
	switch (a.kind) {
	case JSON_NUMBER:
		return numbers_equal(a, b);
	case JSON_STRING:
		return strings_equal(a, b);
	case JSON_ARRAY:
		return arrays_equal(a, b);
	case JSON_OBJECT:
		return objects_equal(a, b);
	case JSON_NONE:
	case JSON_NULL:
	case JSON_FALSE:
	case JSON_TRUE:
		break;
	}
	return true;
}
