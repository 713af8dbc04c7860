/* SPDX-License-Identifier: MIT */
/* acp_session - what is asked of an agent's session: parameters, settings, permissions. */
#ifndef CALL_ACP_SESSION_H
#define CALL_ACP_SESSION_H

#include <stdbool.h>

#include "base/buf.h"
#include "json/json.h"
#include "llm/answer.h"

/* What we kept as raw JSON; JSON_NONE where b is empty. */
struct json acp_kept(const struct buf *b);

/* {sessionId, name: value} (both raw JSON; name NULL: none), made in out. */
struct str acp_params(
    struct buf *out, const struct buf *session, const char *name, const struct buf *value);

/* In the order in which they are made: a model may decide which efforts there are. */
enum acp_setting { ACP_MODEL, ACP_MODE, ACP_REASONING, ACP_SETTINGS };
struct json acp_wanted(struct json wanted, enum acp_setting which);

/* How a setting is made with what session/new offers. */
struct acp_choice {
	enum {
		ACP_SET_NOT, /* nothing is wanted, or it is so already */
		ACP_SET_ASK, /* by method */
		ACP_SET_UNKNOWN, /* it is not offered */
	} how;
	const char *method;
	const char *member; /* of the parameters: what the value is called */
	struct json option; /* the id of a configuration option, or JSON_NONE */
	struct json value;
};
struct acp_choice acp_choose(enum acp_setting which, struct json wanted, struct json offer);
struct str acp_choice_params(
    struct buf *out, const struct buf *session, const struct acp_choice *choice);
/* What was wanted is not offered: a failure, since something else would answer. */
void acp_refuse_setting(
    struct answer *a, enum acp_setting which, struct json wanted, struct json offer);

/* The result of session/request_permission: one of the options, or cancelled where none fits. */
void acp_permission(struct buf *out, struct json options, bool allow, bool cancelled);

#endif
