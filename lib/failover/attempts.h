/* SPDX-License-Identifier: MIT */
/*
 * attempts - the tries that the program was sent and has not answered, by the ids that they bear
 * there: "a7.2" is the second use of place 7, so that what is said of its first, once that was let
 * go of, is nobody's.
 */
#ifndef FAILOVER_ATTEMPTS_H
#define FAILOVER_ATTEMPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "json/json.h"
#include "llm/llm.h"

struct trip;
struct target;

struct attempt {
	struct trip *trip; /* NULL: the place is free */
	size_t place;
	uint64_t use; /* of the place, from 1 */
	size_t index; /* among the trip's, as walk.h counts them */
	const struct target *target;
	bool streams; /* its output has reached the reader */
	bool cuts_space; /* white space that its first content begins with was said before */
	size_t said_at, thought_at; /* what the trip had said when it was sent */
	struct buf held; /* its chunks, where output is held back: lines */
	struct json response; /* JSON_NONE: none yet */
	struct buf answer; /* holds the response, unless it is the line that was just read */
};

struct attempts {
	struct attempt **items;
	size_t count, cap;
	struct attempt **free;
	size_t free_count, free_cap;
};

struct attempt *attempts_add(struct attempts *as, struct trip *trip);
/* Its place is another's from now on. */
void attempts_drop(struct attempts *as, struct attempt *a);
void attempts_release(struct attempts *as);

/* Append its id, raw JSON. */
void attempts_id(const struct attempt *a, struct buf *out);
/* NULL: nobody that we still listen to. */
struct attempt *attempts_find(const struct attempts *as, struct json id);

#endif
