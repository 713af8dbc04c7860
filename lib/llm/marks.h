/* SPDX-License-Identifier: MIT */
/* marks - the "cache" members of a record, for dialects whose caches are told where prefixes end.
 */
#ifndef LLM_MARKS_H
#define LLM_MARKS_H

#include <stdbool.h>

#include "json/json.h"
#include "llm/request.h"

/* Whether a member "cache" asks for a mark: true or "1h". */
bool marks_is(struct json cache);
/* How many the record asks for, so that a dialect's own leave them room. */
int marks_count(const struct request *r);

#endif
