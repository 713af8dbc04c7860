/* SPDX-License-Identifier: MIT */
/*
 * model_name - the other spellings of a model's name. Each of the first functions gives the shorter
 * name, or an empty one where the name is not spelled so.
 */
#ifndef LLM_MODEL_NAME_H
#define LLM_MODEL_NAME_H

#include <stddef.h>

#include "base/str.h"

/* Without a snapshot's date at its end: "gpt-4o-2024-08-06", "claude-sonnet-4-5-20250929". */
struct str model_name_undated(struct str name);

/* Without "-latest" at its end. */
struct str model_name_unlatest(struct str name);

/* Without "models/", or the provider's own name and a slash, before it. */
struct str model_name_unprefixed(struct str provider, struct str name);

/*
 * All names under which a model's facts may stand, the fullest first: the name itself, then what is
 * left as each of these is taken off it: the ARN's, publisher's, region's ("us.") and vendor's
 * ("anthropic.", "anthropic/") beginnings, a fine-tuned model's own part ("ft:BASE:..."), a tag
 * (":0", ":free", ":1b", "@default"), a version ("-v1"), a date, "-latest". All are parts of name.
 * Returns how many there are.
 */
enum { MODEL_NAMES_MAX = 16 };
size_t model_name_all(struct str provider, struct str name, struct str names[MODEL_NAMES_MAX]);

#endif
