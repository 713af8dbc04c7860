/* SPDX-License-Identifier: MIT */
/* cards - agent cards from files: what policy/agents.h is asked over. */
#ifndef FAILOVER_CARDS_H
#define FAILOVER_CARDS_H

#include "base/err.h"
#include "policy/agents.h"

/*
 * Append the offers of all cards at paths (NULL-terminated; NULL: ./agents), as agents_write does.
 * A path is a card, or a directory whose *.json are cards (those whose names begin with a dot
 * aside). How many there are; -1 and err: EXIT_IO, or EXIT_CONFIG where one is no card.
 */
int64_t cards_offer(struct targets *targets, const char *capability, const char *const *paths,
    bool text, struct buf *out, struct err *err);

#endif
