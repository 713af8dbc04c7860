/* SPDX-License-Identifier: MIT */
/*
 * embed - texts to vectors: what providers that embed are asked, a batch of texts at a time, and
 * what comes back. Pure.
 */
#ifndef LLM_EMBED_H
#define LLM_EMBED_H

#include <stddef.h>
#include <stdint.h>

#include "llm/dialect.h"

struct embed_options {
	int64_t dimensions; /* OPTION_UNSET: the model's own */
	const char *input_type; /* "query", "document", or NULL */
};

/* How many texts, and of how many bytes together, the provider takes at once; 0: it does not embed.
 */
struct embed_limits {
	size_t texts, bytes;
} embed_limits(const struct provider *p, struct str model);

/* As dialect_build, of the request for these texts' (JSON strings) vectors. */
int embed_build(const struct build *b, const struct embed_options *o, const struct json *texts,
    size_t count, struct wire *w, struct err *err) __attribute__((warn_unused_result));

/* Reads what comes back: usage.in, and the body as a provider's part. */
extern const struct dialect embed_reader;

/*
 * The vectors of that body in the order of the texts: arrays of numbers, or strings of base64
 * (32-bit floats, the lowest byte first). -1 and err where they are not all there.
 */
int embed_vectors(struct json body, struct json *vectors, size_t count, struct err *err)
    __attribute__((warn_unused_result));

/* A vector as an array of numbers, or (base64) as a string; whichever way it came. -1 where it is
 * neither. */
int embed_write(struct json vector, bool base64, struct buf *out)
    __attribute__((warn_unused_result));

#endif
