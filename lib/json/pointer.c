/* SPDX-License-Identifier: MIT */
/* pointer - JSON pointers, followed. */
#include "json/pointer.h"

#include "base/num.h"

struct json
pointer_step(struct json v, struct str segment)
{
	struct buf key = BUF_INIT(BUF_UNLIMITED);
	struct json_iter it = json_each(v);
	int64_t index = 0;
	size_t i;

	for (i = 0; i < segment.len; i++) {
		bool escaped = segment.p[i] == '~' && i + 1 < segment.len;

		buf_addc(&key, escaped ? (segment.p[++i] == '0' ? '~' : '/') : segment.p[i]);
	}
	if (json_is(v, JSON_ARRAY)) {
		v = JSON_ABSENT;
		if (num_i64(buf_str(&key), &index) && index >= 0) {
			while (json_next(&it) && index-- > 0)
				;
			v = index < 0 ? it.value : JSON_ABSENT;
		}
	} else {
		v = json_get(v, key.p);
	}
	buf_release(&key);
	return v;
}

struct json
pointer_find(struct json v, struct str pointer)
{
	struct str segment;

	if (!pointer.len)
		return v;
	if (pointer.p[0] != '/')
		return JSON_ABSENT;
	(void)str_split(&pointer, '/', &segment); /* what stands before the first slash: nothing */
	while (json_exists(v) && str_split(&pointer, '/', &segment))
		v = pointer_step(v, segment);
	return v;
}
