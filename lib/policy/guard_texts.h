/* SPDX-License-Identifier: MIT */
/* guard_texts - the texts of a record that guards look at. */
#ifndef POLICY_GUARD_TEXTS_H
#define POLICY_GUARD_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"
#include "json/json.h"
#include "policy/policy.h"

enum guard_form {
	GUARD_STRING, /* also the name of a member */
	GUARD_NUMBER, /* its text is how it is spelled */
	GUARD_BASE64, /* a string: a document of text, encoded */
	GUARD_DATA_URL, /* a string: the same behind "data:TYPE;base64," */
};
struct guard_text {
	struct json v; /* where it lies in the record */
	enum guard_form form;
	bool is_said_text; /* of a document, by its type: whatever bytes it has */
};

static inline bool
guard_looks_at(const struct policy_guard *g, bool input)
{
	return input ? g->on_input : g->on_output;
}

/* What a reader sees of it: borrowed, or made in hold. */
struct str guard_text_of(struct guard_text t, struct buf *hold);

/* Texts that a reader sees as one: one, or those of the parts of a message. Of several each is to
 * be looked at by itself, too. */
typedef void guard_texts_fn(void *sweep, const struct guard_text *texts, size_t count);

void guard_texts_request(struct json record, guard_texts_fn *see, void *sweep);
void guard_texts_response(struct json record, guard_texts_fn *see, void *sweep);

#endif
