/* SPDX-License-Identifier: MIT */
/*
 * overrule - what a request's providerOptions would do behind the policy's back. They go into the
 * provider's body last and as they are, so that a model or tools named there are those that count.
 */
#ifndef POLICY_OVERRULE_H
#define POLICY_OVERRULE_H

#include <stdbool.h>

#include "base/buf.h"
#include "llm/request.h"
#include "policy/target.h"

/* Whether tools come with them, which are in the provider's words and cannot be told by their names
 * here. why: appended where it is so. */
bool overrule_tools(const struct request *request, struct buf *why);

/* Whether the target would be asked for another model than its own. why likewise. */
bool overrule_model(const struct request *request, const struct target *t, struct buf *why);

#endif
