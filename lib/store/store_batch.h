/* SPDX-License-Identifier: MIT */
/*
 * store_batch - errands and questions that are one step in the store. Private to this room.
 *
 * Each errand sees what those before it have changed.
 */
#ifndef STORE_STORE_BATCH_H
#define STORE_STORE_BATCH_H

#include "store/store_desk.h"

struct store_batch { /* zero value: empty */
	struct store_errand *errands; /* in their order */
	struct store_question {
		const char *key;
		void *user; /* who asks */
		struct buf value; /* what stands there at the end; there false: nothing */
		bool there;
	} * questions;
	size_t count, cap;
	int rc; /* of the whole: 0 or -1, and err */
	struct err err;
};

void store_batch_ask(struct store_batch *b, const char *key, void *user);
void store_batch_run(struct store_batch *b, struct store *store);
/* Tell the errands what came of them; the batch is empty then. */
void store_batch_finish(struct store_batch *b);

#endif
