/* SPDX-License-Identifier: MIT */
/* hammer_count - counts that are added to: none is lost, none is made twice. */
#include "hammer/hammer.h"

#include <inttypes.h>

#include "base/num.h"

enum { KEY_MAX = 40 };

static struct str
own_key(char key[KEY_MAX], size_t index)
{
	return (struct str){ key, (size_t)snprintf(key, KEY_MAX, "count/%zu", index) };
}

static void
count_both(void *user, struct store_entry *entries, size_t count)
{
	int64_t n;
	size_t i;

	(void)user;
	for (i = 0; i < count; i++) {
		if (!num_i64(entries[i].old, &n))
			n = 0;
		buf_addi(&entries[i].fresh, n + 1);
		entries[i].change = STORE_WRITE;
	}
}

/* One's own count and one that all share as one step, and another one alone. */
static int
turn(struct hammer_worker *w, struct err *err)
{
	char key[KEY_MAX];
	struct str both[] = { own_key(key, w->index), STR_LIT("count/all") };

	if (store_update_all(w->store, both, 2, count_both, NULL, err) < 0)
		return -1;
	return store_add(w->store, STR_LIT("count/alone"), 1, STORE_FOREVER, NULL, err);
}

static int
read_count(struct store *store, struct str key, int64_t *count, struct err *err)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	int rc = store_get(store, key, &text, err);

	*count = 0;
	if (rc == 1 && !num_i64(buf_str(&text), count))
		rc = err_set(err, EXIT_IO, "%.*s is \"%s\"", (int)key.len, key.p, text.p);
	buf_release(&text);
	return rc < 0 ? -1 : 0;
}

/* What was committed is there; what a kill cut off may be. */
static int
compare(struct store *store, struct str key, const uint64_t range[2], struct buf *wrong,
    struct err *err)
{
	int64_t count;

	if (read_count(store, key, &count, err) < 0)
		return -1;
	if (count < (int64_t)range[0] || count > (int64_t)range[1])
		buf_addf(wrong, "%.*s is %" PRId64 ", not between %" PRIu64 " and %" PRIu64 "\n",
		    (int)key.len, key.p, count, range[0], range[1]);
	return 0;
}

static int
check(const struct hammer *h, struct store *store, struct buf *wrong, struct err *err)
{
	uint64_t all[2] = { 0, 0 };
	int64_t own_sum = 0, own, shared;
	char key[KEY_MAX];
	size_t i;

	for (i = 0; i < h->workers; i++) {
		uint64_t done = h->slots[i].done, range[2] = { done, done + h->slots[i].in_doubt };

		if (compare(store, own_key(key, i), range, wrong, err) < 0 ||
		    read_count(store, own_key(key, i), &own, err) < 0)
			return -1;
		own_sum += own;
		all[0] += range[0];
		all[1] += range[1];
	}
	if (compare(store, STR_LIT("count/all"), all, wrong, err) < 0 ||
	    compare(store, STR_LIT("count/alone"), all, wrong, err) < 0 ||
	    read_count(store, STR_LIT("count/all"), &shared, err) < 0)
		return -1;
	if (shared != own_sum)
		buf_addf(wrong, "the counts of one step are %" PRId64 " and %" PRId64 "\n", own_sum,
		    shared);
	return 0;
}

const struct hammer_job hammer_count = {
	.name = "count",
	.purpose = "no count is lost or made twice",
	.turn = turn,
	.check = check,
};
