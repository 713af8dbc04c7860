/* SPDX-License-Identifier: MIT */
/*
 * schema_fit - a JSON Schema as a provider's constrained decoder takes it.
 *
 * What each decoder accepts is a row of data, its target; one walk rewrites any schema for any of
 * them: what can be said in another way is (oneOf as anyOf, const as enum, a reference as what it
 * refers to), what cannot goes into the description, in words, where the model reads it. The answer
 * is validated against the schema as it was, so nothing is given up: what the decoder does not
 * enforce is checked.
 *
 *	struct schema_fit fit;
 *	if (schema_fit(&fit, schema, &schema_target_openai))
 *		... buf_str(&fit.text); fit.lost.len: warn
 *	else ... fit.hopeless says why, by another way
 *	schema_fit_release(&fit);
 */
#ifndef LLM_SCHEMA_FIT_H
#define LLM_SCHEMA_FIT_H

#include <stdbool.h>

#include "base/buf.h"
#include "json/json.h"

enum schema_fit_flags {
	FIT_CLOSED = 1 << 0, /* every object says additionalProperties: false */
	FIT_ALL_REQUIRED = 1 << 1, /* and requires all it has: what was optional may be null */
	FIT_ROOT_OBJECT = 1 << 2, /* the root is an object: what is none is wrapped in one */
	FIT_INLINE = 1 << 3, /* takes no $ref: what it refers to stands in its place */
	FIT_REF_ALONE = 1 << 4, /* takes nothing beside a $ref */
	FIT_NO_RECURSION = 1 << 5,
	FIT_NULLABLE = 1 << 6, /* says "nullable" where others have the type "null" */
	FIT_STRING_ENUMS = 1 << 7, /* takes strings only in enum */
	FIT_PATTERN_WHOLE = 1 << 8, /* takes patterns only between ^ and $ */
	FIT_FEW_MIN_ITEMS = 1 << 9, /* takes minItems 0 and 1 only */
};

struct schema_target {
	const char *name; /* for people */
	unsigned flags;
	const char *const *keywords; /* taken, NULL-terminated; $ref with $defs where not FIT_INLINE
				      */
	const char *const *formats; /* values of format that are taken; NULL: none are */
};

extern const struct schema_target schema_target_openai, /* strict: true, also of tools */
    schema_target_anthropic, /* output_config.format, and strict tools */
    schema_target_gemini, /* responseJsonSchema */
    schema_target_openapi, /* Gemini's older responseSchema */
    schema_target_llamacpp, /* a grammar is made of it: llama.cpp, Ollama */
    schema_target_cohere, schema_target_any,
    schema_target_tool; /* for a tool that is not enforced: any object */
const struct schema_target *const *schema_targets(void); /* NULL-terminated */

/* The one member of the object that FIT_ROOT_OBJECT wraps a schema in. */
#define SCHEMA_FIT_WRAPPED "answer"

struct schema_fit {
	struct buf text; /* the schema for the decoder */
	struct buf lost; /* the keywords that went into words, by commas */
	bool nulls; /* optional members are asked for as null: drop those before validating */
	bool wrapped;
	bool same; /* nothing had to be changed */
	const char *hopeless; /* why it can't be said; NULL: it can */
};

/* Fills fit, whatever was in it. False: hopeless, and text is worthless. */
bool schema_fit(struct schema_fit *fit, struct json schema, const struct schema_target *target);
/* The same for a tool's schema: an object without properties takes no arguments. */
bool schema_fit_tool(
    struct schema_fit *fit, struct json schema, const struct schema_target *target);
void schema_fit_release(struct schema_fit *fit);

#endif
