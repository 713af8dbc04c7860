/* SPDX-License-Identifier: MIT */
/* late - a desk that answers when a test says so, and not before. */
#ifndef TESTS_SUPPORT_LATE_H
#define TESTS_SUPPORT_LATE_H

#include "store/store_desk.h"

struct late {
	struct store_desk desk; /* the first member */
	struct store_errand *first, **last; /* that wait */
	struct store *known; /* what was asked for, as it was at the last answer; in memory */
	struct buf asked; /* keys, a line each */
	uint64_t answers;
};

void late_open(struct late *l, struct store *store);
/* All that was asked and handed in, so far. */
void late_answer(struct late *l);
void late_close(struct late *l);

#endif
