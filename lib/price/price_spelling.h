/* SPDX-License-Identifier: MIT */
/*
 * price_spelling - the other spellings of a model's name. Each function gives the shorter name, or
 * an empty one where the name is not spelled so.
 */
#ifndef PRICE_PRICE_SPELLING_H
#define PRICE_PRICE_SPELLING_H

#include "base/str.h"

/* Without a snapshot's date at its end: "gpt-4o-2024-08-06", "claude-sonnet-4-5-20250929". */
struct str price_spelling_undated(struct str name);

/* Without "-latest" at its end. */
struct str price_spelling_unlatest(struct str name);

/* Without "models/", or the provider's own name and a slash, before it. */
struct str price_spelling_unprefixed(struct str provider, struct str name);

#endif
