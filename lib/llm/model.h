/* SPDX-License-Identifier: MIT */
/*
 * model - what is known of the models: how much they read and write, what they take and refuse, and
 * until when they are there. The facts are share/models/PROVIDER.yaml, one model a line
 * (agentflow-models(5)); nothing is read until a model of that provider is asked for.
 *
 *	struct models *models = models_new(share);
 *	m = model_find(models, STR_LIT("openai"), STR_LIT("gpt-4o-2024-08-06"), &err);
 *	if (m && m->context_window && tokens > m->context_window)
 *		...
 *	models_free(models);
 *
 * A model that isn't known is no error: it is new, private or somebody's own, and whoever asks goes
 * on by its own rules. Models and their strings live as long as the set.
 */
#ifndef LLM_MODEL_H
#define LLM_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum model_medium {
	MODEL_TEXT = 1 << 0,
	MODEL_IMAGE = 1 << 1,
	MODEL_PDF = 1 << 2,
	MODEL_AUDIO = 1 << 3,
	MODEL_VIDEO = 1 << 4,
};

extern const char *const model_media[]; /* the words by their bits, NULL-terminated */

/* How it is told how much to reason; MODEL_REASONS_NOT stands alone, the others may stand together.
 */
enum model_reasoning {
	MODEL_REASONS_NOT = 1 << 0,
	MODEL_EFFORT = 1 << 1, /* by a word of efforts */
	MODEL_BUDGET = 1 << 2, /* by a number of tokens */
	MODEL_LEVEL = 1 << 3, /* Gemini's thinkingLevel */
	MODEL_TOGGLE = 1 << 4, /* on or off */
	MODEL_ALWAYS = 1 << 5, /* it can't be told: it always reasons */
};
extern const char *const model_reasonings[]; /* likewise */

/* Facts that may be unknown. */
enum model_fact { MODEL_UNKNOWN, MODEL_NO, MODEL_YES };

/* How an answer is made to fit a schema. */
enum model_schema {
	MODEL_SCHEMA_UNKNOWN,
	MODEL_SCHEMA_NONE,
	MODEL_SCHEMA_TOOL, /* by a tool that it is forced to call */
	MODEL_SCHEMA_NATIVE,
};

struct model { /* strings: NULL where not known; counts: 0; lists: NULL-terminated, may be empty */
	const char *provider; /* whose file says so */
	const char *as_of; /* "2026-08-01": when the file's facts were looked at */
	const char *id, *name;
	const char *const *aliases;
	const char *kind; /* "chat", "embedding", "image", ... */
	int64_t context_window; /* tokens: all that it reads and writes; for some, what it reads */
	int64_t max_input, max_output;
	int64_t dimensions; /* of an embedding */
	int64_t cache_min_tokens; /* the shortest prefix that is cached */
	unsigned input, output; /* enum model_medium */
	unsigned reasoning; /* enum model_reasoning; 0: not known */
	const char *const *efforts;
	enum model_fact reasoning_off; /* whether reasoning can be turned off */
	enum model_fact tools, prefill;
	enum model_schema schema;
	const char *const *refuses; /* options by their contract's names: "temperature", ... */
	const char *released; /* "2026-02-05" */
	bool preview;
	bool deprecated; /* its maker says so; or the day is over (model_is_gone) */
	const char *deprecation_date; /* the first day without it */
	const char *replacement; /* an id at the same provider */
	const char *note;
};

struct models;

/* share: the directory of share/agentflow; copied. */
struct models *models_new(const char *share);
void models_free(struct models *set);

/*
 * The model, found by its id, an alias, or what is left of its name without a path, region, vendor,
 * tag, version or date (model_name.h), fullest name first. NULL where it is not known, or the
 * provider isn't; also where its file can't be read, which err says (err->code is EXIT_OK
 * otherwise).
 */
const struct model *model_find(
    struct models *set, struct str provider, struct str model, struct err *err);

struct provider;
/* The same for a provider that can be called: one that the configuration named itself has the
 * models of the one that it is like, and of its dialect's maker. */
const struct model *model_for(
    struct models *set, const struct provider *p, struct str model, struct err *err);

/* All models of a provider, in the file's order; *count is 0 where none are known. NULL and err
 * where its file can't be read. */
const struct model *const *models_of(
    struct models *set, struct str provider, size_t *count, struct err *err);

/* The providers of whom models are known, sorted, NULL-terminated; the list is the caller's:
 * models_names_free. */
char **models_providers(const struct models *set, struct err *err);
void models_names_free(char **names);

/* Whether the model was withdrawn by that day ("2026-11-21"). */
bool model_is_gone(const struct model *m, const char *today);

/* Append the model as a record of model.schema.json, no newline. live: what the provider's own list
 * says of it ("listed", "unlisted", "new"); NULL: it was not asked. */
void model_write(const struct model *m, const char *live, struct buf *out);

/* --- a file's text as models: the pure part of loading --- */

struct model_sheet;

/* names: only lines that hold one of them are looked at; count 0: all are. file: for messages. NULL
 * and err (EXIT_CONFIG, "FILE:LINE:COLUMN: ...") where the text is malformed. */
struct model_sheet *model_sheet_parse(
    const char *file, struct str text, const struct str *names, size_t count, struct err *err);
void model_sheet_free(struct model_sheet *sheet);
const struct model *const *model_sheet_models(const struct model_sheet *sheet, size_t *count);
/* The providers whose models are to be had here too ("like"), NULL-terminated. */
const char *const *model_sheet_like(const struct model_sheet *sheet);
/* The first of the names that an id or an alias is. */
const struct model *model_sheet_find(
    const struct model_sheet *sheet, const struct str *names, size_t count);

#endif
