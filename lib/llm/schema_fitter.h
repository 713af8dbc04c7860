/* SPDX-License-Identifier: MIT */
/* schema_fitter - what the files of schema_fit share: nobody else looks inside. */
#ifndef LLM_SCHEMA_FITTER_H
#define LLM_SCHEMA_FITTER_H

#include "json/jsonw.h"
#include "llm/schema_fit.h"

/* Below the depth that the writer nests. */
enum { FIT_DEPTH_MAX = 48 };
#define FIT_TEXT_MAX ((size_t)4 << 20)

/* The references that stand inlined around what is being written, innermost first. */
struct fit_inlined {
	const struct fit_inlined *up;
	const char *target; /* the schema's first byte */
};

struct fitter {
	const struct schema_target *target;
	struct json root;
	struct schema_fit *fit;
	struct jsonw w;
};

/* Where in the schema we are. */
struct fit_spot {
	const struct fit_inlined *inlined;
	int depth; /* of brackets */
	bool nullable; /* null has to be taken too */
	bool root;
	bool no_arguments; /* an object without properties is one that stays empty */
};

/* The first reason stays. */
void fit_despair(struct fitter *x, const char *why);
bool fit_takes(const struct fitter *x, const char *keyword);
bool fit_is_object(struct json schema);

/* Write the schema as the target takes it. */
void fit_write(struct fitter *x, struct json schema, struct fit_spot at);
void fit_write_key(struct jsonw *w, struct json key);

/* What a $ref leads to within the schema, or JSON_NONE. */
struct json fit_resolve(const struct fitter *x, struct json ref);
bool fit_is_inlined(const struct fit_inlined *inlined, struct json target);
/* Whether following references from the root ever leads back. */
bool fit_is_recursive(const struct fitter *x);
/* Append one schema that says what schema, all of its allOf, and what it refers to say together.
 * False where they can't be made one. */
bool fit_merge(const struct fitter *x, struct json schema, struct buf *out);

#endif
