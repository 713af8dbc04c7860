/* SPDX-License-Identifier: MIT */
/*
 * facts - what routing asks of a request: pure, stated, and worked out only when it is asked for.
 *
 * Buffers are kept from request to request: after the first few, nothing is allocated. The user's
 * text is what messages of role user, and the prompt, say in words: no documents, tool results.
 */
#ifndef POLICY_FACTS_H
#define POLICY_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "json/json.h"
#include "json/jsonw.h"
#include "llm/request.h"
#include "llm/tokens.h"
#include "policy/complexity.h"

enum fact_need { /* what a candidate must be able to */
	NEED_TOOLS = 1 << 0,
	NEED_SCHEMA = 1 << 1,
	NEED_IMAGE = 1 << 2,
	NEED_PDF = 1 << 3,
	NEED_AUDIO = 1 << 4,
	NEED_VIDEO = 1 << 5,
	NEED_STREAM = 1 << 6,
};
extern const char *const fact_needs[]; /* the words by their bits, NULL-terminated */

struct facts {
	const struct request *request; /* borrowed */
	bool has_tokens, has_text, has_shape, has_complexity, has_json;
	struct tokens tokens; /* of no family in particular */
	struct tokens_measure measure; /* set with tokens */
	struct buf text; /* the user's text, all turns, a newline between */
	int64_t counts[COMPLEXITY_ROWS]; /* turns, tools and what else makes it complex */
	unsigned needs; /* enum fact_need */
	bool holds_calls;
	int complexity_points;
	struct buf role; /* where its spelling held escapes */
	struct buf json; /* the record with "facts" in it, for jq expressions */
	struct buf value; /* that member's value; a part's media type */
};

/* Reuses the buffers of f, which must have been zero or used before. */
void facts_start(struct facts *f, const struct request *request);
void facts_release(struct facts *f);

const struct tokens *facts_tokens(struct facts *f);
/* The same as a family of models counts. */
struct tokens facts_tokens_of(struct facts *f, const struct tokens_family *family);
struct str facts_text(struct facts *f);
unsigned facts_needs(struct facts *f);
/* Whether tools were called in the conversation: none need be offered any more. */
bool facts_holds_calls(struct facts *f);
enum complexity facts_complexity(struct facts *f);
/* {"tokens":..,"turns":..,"tools":..,"codeLines":..,"keywords":..,"media":..,"needs":[..],
 * "complexity":"high","complexityPoints":..,"complexityWhy":[{"what","value","points"}..],
 * "stream":..,"role"?:..}: as .facts in expressions, and in explain. */
void facts_write(struct facts *f, struct jsonw *w);
/* The record with the member facts, as expressions see it. */
struct json facts_record(struct facts *f);

/* The request's sensitivity label and residency: tags.sensitivity (or tags.data_sensitivity),
 * tags.residency; JSON_NONE. labels: tags.labels, a string or an array. */
struct json facts_sensitivity(const struct facts *f);
struct json facts_residency(const struct facts *f);
struct json facts_labels(const struct facts *f);
/* The role's name: of model "role:NAME", else tags.role; empty. */
struct str facts_role(struct facts *f);

#endif
