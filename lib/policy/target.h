/* SPDX-License-Identifier: MIT */
/*
 * target - one who can be asked: a provider and a model of the configuration, with all that is
 * known and said of it in one place.
 *
 * Targets are made once a name and live as long as their set.
 */
#ifndef POLICY_TARGET_H
#define POLICY_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "llm/model.h"
#include "llm/provider.h"
#include "llm/request.h"
#include "llm/tokens.h"
#include "net/secret.h"
#include "policy/budget.h"
#include "policy/health.h"
#include "policy/policy.h"
#include "price/price.h"

struct facts;

struct target {
	char *spec; /* "openai:gpt-4o-mini", "cli:claude:opus": what a request's model says */
	struct provider *provider;
	char *model; /* without the provider */
	const struct model *facts; /* what is known of it; NULL: nothing */
	const struct policy_model *said; /* what the policy says of it; NULL: nothing */
	struct price_rates rates; /* pico-USD a token; PRICE_UNKNOWN where unpriced */
	const struct price_row *price; /* NULL: none, or the policy's own rates stand in place */
	bool is_free; /* a subscription, or a local server: a call costs nothing */
	bool is_program; /* a command line program carries it */
	bool is_local; /* its server is this machine or its network */
	bool has_key; /* one is set, or none is needed; told without running commands */
	double quality; /* 0..1; negative: not said */
	int64_t context_window, max_output; /* 0: not known */
	const struct tokens_family *family; /* how it counts tokens */
	char *no_key; /* where there is none: why, in words; NULL */
	char *key_name; /* stands for its key in the names of breakers and budgets: a hash */
	struct health_of *health; /* NULL: no health is kept */
	size_t index; /* of its set, from 0 */
};

struct targets_config { /* all borrowed */
	const struct policy *policy;
	struct providers *providers;
	struct models *models;
	const struct prices *prices; /* NULL: nothing is priced */
	struct health *health; /* NULL */
	env_fn *env;
	int64_t day; /* today, days since 1970: prices, deprecations */
	bool any_key; /* every key is taken as set: for proving a policy where there are none */
};
struct targets;

/* Names that a set knows at most: a stream of made-up ones must not fill memory. */
enum { TARGETS_MAX = 16384 };

struct targets *targets_new(const struct targets_config *config);
void targets_free(struct targets *set);
/* "provider:model", "provider:", "cli:NAME", an alias of the configuration. NULL and err with the
 * nearest names. */
const struct target *target_of(struct targets *set, struct str spec, struct err *err);
/* The program that stands for a target under the modes that use programs (said.cli, or the one of
 * the provider's maker: anthropic -> cli:claude, openai -> cli:codex, gemini -> cli:gemini), the
 * model as a hint; NULL where there is none. */
const struct target *target_program(struct targets *set, const struct target *t);

/* A request's tokens of input, by the highest estimate for the target's family. */
int64_t target_tokens(const struct target *t, struct facts *facts);

/* What is asked for that bears on how much is written. */
struct target_wish {
	int64_t max_tokens; /* 0: it is not said; at most TARGET_TOKENS_MAX */
	enum reasoning_level reasoning;
	int64_t reasoning_budget;
};
#define TARGET_TOKENS_MAX (INT64_C(1) << 40) /* who asks for more is taken to ask for so many */
/* By a candidate's options (a JSON object, or JSON_NONE); what they do not say is not said. */
struct target_wish target_wish(struct json options);
/* The same over what the request says. */
struct target_wish target_wish_over(struct target_wish wish, const struct request *request);

/*
 * The most that a request can come to there: its input, and of output what the wish and the
 * request's providerOptions let be written, else the model's most.
 */
struct target_most {
	int64_t pusd; /* negative: not known */
	int64_t tokens; /* input + output; negative: not known */
	const char *unpriced; /* the member of providerOptions for which it is not; NULL */
};
struct target_most target_most(
    const struct target *t, struct facts *facts, const struct target_wish *wish);
/* Why its pusd is not known, a sentence's beginning: "its price is not known". */
void target_say_unknown(const struct target_most *most, struct buf *why);
/* What it costs where so many tokens of each answer were written; negative: not known. */
int64_t target_written_pusd(const struct target *t, struct facts *facts, int64_t written);
/* What a usage came to; negative: not known. */
int64_t target_cost_pusd(const struct target *t, const struct usage *usage);

/* What budgets are asked of one request there; until_us is the caller's to set. */
struct budget_ask target_ask(
    const struct target *t, const struct request *request, int64_t most_pusd, int64_t tokens);

#endif
