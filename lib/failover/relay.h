/* SPDX-License-Identifier: MIT */
/*
 * relay - what the program says of an attempt, as the reader is to hear it: pure.
 *
 * A chunk gets the reader's id and its place in the reader's stream; a response gets the id back,
 * the model as the reader named it, what all attempts came to, and warnings. Of a continuation the
 * response tells the whole: what earlier attempts had said stands before its own. All other bytes
 * stay as they came.
 */
#ifndef FAILOVER_RELAY_H
#define FAILOVER_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "json/json.h"
#include "llm/llm.h"

enum relay_kind {
	RELAY_OTHER, /* no record of ours, or one that makes no sense */
	RELAY_CHUNK,
	RELAY_RESTART, /* a chunk: what its attempt streamed is void */
	RELAY_RESPONSE,
};

/* What a response says of how its attempt went. */
struct relay_outcome {
	bool ok;
	enum error_kind kind; /* where not ok */
	int64_t retry_after_ms; /* 0: none */
	double total_ms, first_ms; /* negative: not told */
	struct usage usage;
	int64_t cost_pusd; /* negative: not told */
};

struct relayed { /* a line, read; borrows from it */
	enum relay_kind kind;
	struct json record, id;
	struct json seq, delta; /* of a chunk */
	struct json found[16];
};

/* What relay_read looks for, compiled; json_paths_free. */
struct json_paths *relay_paths(void);
/* False (and kind RELAY_OTHER) where it is none of ours; err where it is no JSON object at all. */
bool relay_read(
    const struct json_paths *paths, struct str line, struct relayed *r, struct err *err);

/* Whether a chunk bears output: an empty one commits nobody. */
bool relay_is_output(const struct relayed *r);
/* The text that a chunk adds to content (to reasoning), appended; other chunks add none. */
void relay_content(const struct relayed *r, struct buf *content, struct buf *reasoning);
bool relay_is_tool_call(const struct relayed *r);

/* Append the chunk as the reader's; no newline. */
void relay_chunk(const struct relayed *r, struct str id, int64_t seq, struct buf *out);

void relay_outcome(const struct relayed *r, struct relay_outcome *outcome);

/* What the reader's response says beside the attempt's. Borrowed. */
struct relay_whole {
	struct str id; /* raw JSON */
	struct str requested_model; /* empty: the reader named none, and the attempt's stays */
	struct str attempts; /* raw JSON */
	struct str warnings; /* a sentence a line */
	struct str said, thought; /* what earlier attempts had streamed, and is not void; empty */
	const struct usage *usage; /* of those; NULL */
};
/* What is left of text behind what was said before it: of white space that ends the one and begins
 * the other only the first is kept, since who went on from there was not shown it. */
struct str relay_behind(struct str before, struct str text);
void relay_response(struct json response, const struct relay_whole *whole, struct buf *out);

/* What there is to say where no response came; for relay_response. */
struct relay_failure {
	const char *provider, *model; /* NULL: nobody was asked */
	enum error_kind kind;
	struct str message;
	struct json tags, meta; /* of the request */
};
void relay_failure(const struct relay_failure *failure, struct buf *out);

#endif
