/* SPDX-License-Identifier: MIT */
/* anthropic-models - what differs between the families of models behind the Messages API. */
#ifndef LLM_ANTHROPIC_MODELS_H
#define LLM_ANTHROPIC_MODELS_H

#include <stdint.h>

#include "base/str.h"
#include "json/json.h"
#include "llm/answer.h"
#include "llm/request.h"

enum anthropic_flags {
	FAMILY_JSON_SCHEMA = 1 << 0, /* output_config.format */
	FAMILY_BUDGET = 1 << 1, /* thinking: enabled, with a budget */
	FAMILY_ADAPTIVE = 1 << 2, /* thinking: adaptive */
	FAMILY_XHIGH = 1 << 4, /* effort knows xhigh; else the top is max */
	FAMILY_THINKS_UNASKED = 1 << 5, /* "off" has to be said */
	FAMILY_THINKS_HIDDEN = 1 << 6, /* shows its thinking only where display asks for it */
	FAMILY_NO_SAMPLING = 1 << 7, /* no temperature, top_p, top_k */
	FAMILY_ONE_SAMPLER = 1 << 8, /* temperature or top_p */
	FAMILY_NO_PREFILL = 1 << 9, /* refuses to go on with an answer that was begun */
};

struct anthropic_family {
	const char *prefix; /* of the model's name from "claude-" on */
	int64_t max_tokens; /* the most it writes; sent where the request sets no maxTokens */
	unsigned flags;
};

/* Never NULL: an unknown Claude is taken for a new one, any other model for a plain one. */
const struct anthropic_family *anthropic_family(struct str model);

struct anthropic_thinking {
	enum { THINKING_UNSET, THINKING_OFF, THINKING_BUDGET, THINKING_ADAPTIVE } mode;
	int64_t budget; /* THINKING_BUDGET: at least 1024 */
	const char *effort; /* NULL: not sent */
};

/* What options.reasoning means for that family; what it can't do is warned of (warnings NULL: not).
 */
struct anthropic_thinking anthropic_thinking(const struct anthropic_family *family,
    const struct request_options *options, struct answer *warnings);

/* max_tokens counts the thinking, and what was asked for (or OPTION_UNSET) is the answer's own
 * room. */
int64_t anthropic_limit(
    const struct anthropic_family *family, int64_t asked, const struct anthropic_thinking *t);

/* The sampling options that this family takes, thinking or not; what is left out is warned of. */
struct anthropic_sampling {
	struct json temperature, top_p; /* JSON_NONE: not sent */
	int64_t top_k; /* OPTION_UNSET: not sent */
};
struct anthropic_sampling anthropic_sampling(const struct anthropic_family *family, bool thinking,
    const struct request_options *options, struct answer *warnings);

#endif
