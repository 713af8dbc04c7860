/* SPDX-License-Identifier: MIT */
/* guard_texts - the texts of a record that guards look at, in the order in which they lie there. */
#ifndef POLICY_GUARD_TEXTS_H
#define POLICY_GUARD_TEXTS_H

#include "json/json.h"

typedef void guard_text_fn(void *sweep, struct json text); /* a string */

void guard_texts_request(struct json record, guard_text_fn *see, void *sweep);
void guard_texts_response(struct json record, guard_text_fn *see, void *sweep);

#endif
