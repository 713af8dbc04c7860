/* SPDX-License-Identifier: MIT */
/* cards - agent cards from files: what policy/agents.h is asked over. */
#ifndef FAILOVER_CARDS_H
#define FAILOVER_CARDS_H

#include "base/err.h"
#include "policy/agents.h"

/* path: a card, or a directory whose *.json are cards (those whose names begin with a dot aside).
 * -1 and err: EXIT_IO, or EXIT_CONFIG where one is no card. */
int cards_add(struct agents *agents, const char *path, struct err *err)
    __attribute__((warn_unused_result));

#endif
