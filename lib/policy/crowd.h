/* SPDX-License-Identifier: MIT */
/*
 * crowd - how many attempts of this process are at each provider, and when it takes the next: the
 * limits that the configuration sets (maxConcurrent, rate), as who sends the attempts keeps them.
 *
 * Attempts that would stand in line there can be sent to somebody else instead. A line that a rate
 * makes is no reason for that while it is short.
 */
#ifndef POLICY_CROWD_H
#define POLICY_CROWD_H

#include <stdbool.h>
#include <stdint.h>

#include "llm/provider.h"

/* A rate spreads requests: who waits no longer than this for its turn is not sent away. */
enum { CROWD_PATIENCE_MS = 500 };

struct crowd;

struct crowd *crowd_new(void);
void crowd_free(struct crowd *c);

/* 0: one more may go there. Else how many microseconds until that is worth asking again, or
 * CROWD_FULL: when one has left. */
#define CROWD_FULL INT64_MAX
int64_t crowd_wait_us(struct crowd *c, const struct provider *p, int64_t now_us);

/* One goes there, and will take so many tokens as far as can be told. */
void crowd_enter(struct crowd *c, const struct provider *p, int64_t tokens);
/* It is over, and took so many more (below 0: less) than that. */
void crowd_leave(struct crowd *c, const struct provider *p, int64_t tokens_more, int64_t now_us);
/* It was not sent after all. */
void crowd_undo(struct crowd *c, const struct provider *p, int64_t tokens);

/* Whether anybody left, since this was asked last, where there is a limit. */
bool crowd_has_left(struct crowd *c);

#endif
