/* SPDX-License-Identifier: MIT */
/*
 * agents - who can do something, cheapest first: agent cards (A2A) asked for a capability.
 *
 * A card is the JSON that an agent shows of itself: name, url, skills[{id,name,tags[]}]. What it
 * runs on is its member `agentflow`: {model, subscription?, usdPerCall?}, or an extension of the
 * uri AGENTS_EXTENSION with these as its params. A call costs what the card says; under a
 * subscription nothing; else what its model takes for AGENTS_TOKENS_IN and AGENTS_TOKENS_OUT
 * tokens. A price that is not known ranks last.
 */
#ifndef POLICY_AGENTS_H
#define POLICY_AGENTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "json/json.h"
#include "policy/target.h"

#define AGENTS_EXTENSION "https://agentflow.io/extensions/cost"
enum { AGENTS_TOKENS_IN = 1000, AGENTS_TOKENS_OUT = 500 };

struct agents;

/* capability: the id, name or a tag of a skill, case aside. Both are borrowed. */
struct agents *agents_new(struct targets *targets, struct str capability);
void agents_free(struct agents *a);

/* A card's text; it is copied. file is for messages and for the record. -1 and err (EXIT_CONFIG)
 * where it is no card. */
int agents_add(struct agents *a, const char *file, struct str text, struct err *err)
    __attribute__((warn_unused_result));

/* How many can; the records are written in their order, one a line. text: lines for people. */
size_t agents_write(struct agents *a, bool text, struct buf *out);

#endif
