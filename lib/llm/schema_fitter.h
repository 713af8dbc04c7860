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

/* --- schema_fit_walk --- */

/* The first reason stays. */
void schema_fit_despair(struct fitter *x, const char *why);
/* Write the schema as the target takes it. */
void schema_fit_write(struct fitter *x, struct json schema, struct fit_spot at);
void schema_fit_write_key(struct jsonw *w, struct json key);

/* --- schema_fit_object --- */

/* Write a schema that stands for itself: no reference to follow, no null to add but to its type. */
void schema_fit_write_object(struct fitter *x, struct json schema, struct fit_spot at);
/* The keyword is said in words only. */
void schema_fit_lose(struct fitter *x, struct json key);

/* --- schema_fit_closed --- */

/* Give up on what can't be said where every object is closed. */
void schema_fit_check_closed(struct fitter *x, struct json schema, struct fit_spot at);
/* Whether the member is one that schema_fit_write_closing writes anew. */
bool schema_fit_is_closings(const struct fitter *x, struct json schema, const struct json_iter *it);
void schema_fit_write_closing(struct fitter *x, struct json schema);
/* The type where it is not said, and values or properties speak for themselves. */
void schema_fit_write_plain_type(struct fitter *x, struct json schema);

/* --- schema_fit_glance --- */

static inline bool
schema_fit_flagged(const struct fitter *x, unsigned flag)
{
	return (x->target->flags & flag) != 0;
}

bool schema_fit_takes(const struct fitter *x, const char *keyword);
bool schema_fit_names_type(struct json type, const char *name);
bool schema_fit_is_object(struct json schema);
/* Whether it says anything of its value. */
bool schema_fit_says_what(struct json schema);
/* Whether it tells its values by more than a type. */
bool schema_fit_names_values(struct json schema);
/* Whether it takes null as it is. */
bool schema_fit_takes_null(struct json schema);
/* Whether it is {anyOf: [X, null]}; then X. */
bool schema_fit_is_pair_with_null(struct json schema, struct json *other);

/* --- schema_fit_merge --- */

/* What a $ref leads to within the schema, or JSON_NONE. */
struct json schema_fit_resolve(const struct fitter *x, struct json ref);
bool schema_fit_is_inlined(const struct fit_inlined *inlined, struct json target);
/* Whether following references from the root ever leads back. */
bool schema_fit_is_recursive(const struct fitter *x);
/* Append one schema that says what schema, all of its allOf, and what it refers to say together.
 * False where they can't be made one. */
bool schema_fit_merge(const struct fitter *x, struct json schema, struct buf *out);

#endif
