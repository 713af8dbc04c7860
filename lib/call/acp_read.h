/* SPDX-License-Identifier: MIT */
/*
 * acp_read - what an agent of the Agent Client Protocol says, as an answer: the updates of a turn,
 * its stop reason, its usage, its errors.
 */
#ifndef CALL_ACP_READ_H
#define CALL_ACP_READ_H

#include <stdbool.h>

#include "json/json.h"
#include "llm/answer.h"

/* What is known of the turn beside its answer. */
struct acp_turn {
	struct usage steps; /* the sum of what its model calls told one by one */
	size_t calls; /* tools it began to use */
	size_t refused; /* of those it asked leave for */
};

void acp_turn_init(struct acp_turn *turn);
/* An update of session/update. */
void acp_read_update(struct acp_turn *turn, struct answer *a, struct json update);
/* The result of session/prompt. last_step_only: its usage is not that of the whole turn. */
void acp_read_end(
    const struct acp_turn *turn, struct answer *a, struct json result, bool last_step_only);
/* An error object in place of any result; methods: those of authentication, as it offered them. */
void acp_read_error(struct answer *a, struct json error, struct json methods);

#endif
