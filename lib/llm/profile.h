/* SPDX-License-Identifier: MIT */
/*
 * profile - a prompt put the way a family of models likes it: agentflow-prompts(5).
 *
 * A profile is a YAML file; what it says is one jq program over the request record, compiled when
 * the profile is first used. It changes messages, tools, toolChoice, options and providerOptions,
 * and nothing else of the record. "canonical" is built in and changes nothing.
 *
 *	set = profiles_new(dirs);
 *	p = profiles_find(set, STR_LIT("claude"), &err);
 *	if (p && profile_apply(p, record, &out, &err) == 0) ...
 *	profiles_free(set);
 */
#ifndef LLM_PROFILE_H
#define LLM_PROFILE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "json/json.h"
#include "llm/answer.h"

struct profiles;
struct profile; /* lives as long as its set */

/* dirs: where NAME.yaml is looked for, in order; NULL-terminated, borrowed. */
struct profiles *profiles_new(const char *const *dirs);
void profiles_free(struct profiles *set); /* NULL is allowed */

/* NULL and err (EXIT_CONFIG) where there is none of that name, with the nearest one, or it is
 * malformed. */
struct profile *profiles_find(struct profiles *set, struct str name, struct err *err);
/* The one whose "for" fits most closely: the longest pattern of a model, then a provider; else
 * canonical. NULL and err where a file is malformed. providers: what the provider goes by,
 * NULL-terminated. */
struct profile *profiles_match(
    struct profiles *set, const char *const *providers, const char *model, struct err *err);

const char *profile_name(const struct profile *p);
const char *profile_digest(const struct profile *p); /* "sha256:..." of the file's bytes */

/* The record as the profile puts it. */
int profile_apply(struct profile *p, struct json record, struct buf *out, struct err *err)
    __attribute__((warn_unused_result));

/* Where the profile has tools called in words: the calls in the answer's text become tool calls. To
 * be asked before answer_finish has settled the stop. */
void profile_read_calls(const struct profile *p, struct answer *a);

#endif
