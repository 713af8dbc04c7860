/* SPDX-License-Identifier: MIT */
/* patch - JSON merge patch, RFC 7396. */
#include "json/edit.h"

static void
put_comma(bool *need_comma, struct buf *out)
{
	if (*need_comma)
		buf_addc(out, ',');
	*need_comma = true;
}

/* The member that readers of obj see under that name (an object's key as it lies), or JSON_NONE. */
static struct json
member(struct json obj, struct json key)
{
	struct json_iter it = json_each(obj);
	struct json v = JSON_ABSENT;

	while (json_next(&it)) {
		if (json_equal(it.key, key))
			v = it.value;
	}
	return v;
}

/* The members of target, patched. Where a name that patch has stands twice, only the last is kept.
 */
static void
merge_old(struct json target, struct json patch, bool *need_comma, struct buf *out)
{
	struct json_iter it = json_each(target);

	while (json_next(&it)) {
		struct json change = member(patch, it.key);

		if (json_is(change, JSON_NULL))
			continue;
		if (json_exists(change) && member(target, it.key).p != it.value.p)
			continue;
		put_comma(need_comma, out);
		buf_add(out, it.key.p, (size_t)(it.value.p - it.key.p));
		if (json_exists(change))
			json_merge_patch(it.value, change, out);
		else
			buf_addstr(out, json_raw(it.value));
	}
}

static void
merge_new(struct json target, struct json patch, bool *need_comma, struct buf *out)
{
	struct json_iter it = json_each(patch);

	while (json_next(&it)) {
		if (json_is(it.value, JSON_NULL) || !json_is(member(target, it.key), JSON_NONE))
			continue;
		if (member(patch, it.key).p != it.value.p)
			continue; /* a later one of that name counts */
		put_comma(need_comma, out);
		buf_addstr(out, json_raw(it.key));
		buf_addc(out, ':');
		json_merge_patch(JSON_ABSENT, it.value, out);
	}
}

/* No deeper than the patch is nested, which is at most JSON_DEPTH_MAX. */
void
json_merge_patch(struct json target, struct json patch, struct buf *out)
{
	bool need_comma = false;

	if (!json_is(patch, JSON_OBJECT)) {
		buf_addstr(out, json_raw(patch));
		return;
	}
	if (!json_is(target, JSON_OBJECT))
		target = JSON_ABSENT;
	buf_addc(out, '{');
	merge_old(target, patch, &need_comma, out);
	merge_new(target, patch, &need_comma, out);
	buf_addc(out, '}');
}
