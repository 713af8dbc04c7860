/* SPDX-License-Identifier: MIT */
/*
 * bedrock - what the files of the bedrock-converse dialect share: bedrock_request.c builds the
 * request, bedrock_content.c writes its conversation, bedrock_media.c its files, bedrock_models.c
 * knows what the families of models behind the one API take, and bedrock.c reads the answer.
 */
#ifndef LLM_BEDROCK_H
#define LLM_BEDROCK_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "json/jsonw.h"
#include "llm/anthropic.h"
#include "llm/dialect.h"

struct structured_means bedrock_means(const struct build *b);
int bedrock_address(const struct build *b, struct wire *w, struct err *err);
/* Fill wire's body; -1 where a part can't be carried. */
int bedrock_build(const struct build *b, struct wire *w, struct err *err);
/* The most tokens that it lets an answer have; 0: as many as the model writes. */
int64_t bedrock_room(const struct build *b);

/* --- what a family of models takes: Converse is one format, but not one set of rules --- */

enum bedrock_flags {
	BEDROCK_SCHEMA = 1 << 0, /* outputConfig */
	BEDROCK_CACHE = 1 << 1, /* cachePoint in system and messages */
	BEDROCK_CACHE_TOOLS = 1 << 2, /* and behind tools */
	BEDROCK_FORCE = 1 << 3, /* toolChoice any */
	BEDROCK_FORCE_ONE = 1 << 4, /* toolChoice tool */
	BEDROCK_ALONE = 1 << 5, /* nothing stands beside tool results in a turn */
};

/* How reasoning is asked for, among additionalModelRequestFields. */
enum bedrock_reasons {
	REASONS_NOT,
	REASONS_UNASKED, /* always; nothing changes that */
	REASONS_CLAUDE, /* thinking, output_config: as Anthropic has them */
	REASONS_NOVA, /* reasoningConfig: {type, maxReasoningEffort} */
	REASONS_EFFORT, /* reasoning_effort: a word */
	REASONS_CONFIG, /* reasoning_config: a word */
};

struct bedrock_family {
	const char *word; /* which the model's id holds */
	unsigned flags;
	enum bedrock_reasons reasons;
	const char *top_k; /* the field that is its own; "inferenceConfig" is an object around topK;
			      NULL: none */
};

/* Never NULL: an id that says nothing (the ARN of a profile of one's own) is taken for a model that
 * has all that is common. */
const struct bedrock_family *bedrock_family(struct str model);

/* --- a request being written --- */

struct bedrock_writer {
	const struct build *b;
	const struct request *r;
	const struct bedrock_family *family;
	const struct anthropic_family *claude; /* of REASONS_CLAUDE */
	struct anthropic_thinking thinking; /* of REASONS_CLAUDE */
	char *model; /* b->model as a C string */
	struct jsonw w;
	struct err *err;

	bool in_system; /* blocks go to the system's list, which the first one opens */
	bool list_open; /* the system's or a tool result's */
	bool message_open;
	enum role side, open_side; /* of the turns being written; of the message that is open */
	bool in_result; /* a tool's result is being written */
	bool holds_results; /* the open message holds some, and may hold nothing else */
	bool markable; /* behind the last block a cachePoint may stand */
	int marks, owed; /* cache points written; asked for by the record and still to come */
	struct json prefill; /* the text that the answer is to go on from; JSON_NONE: none */
	struct json last; /* the conversation's last part; JSON_NONE */
	struct buf names; /* of documents so far, a line each */
	int documents;
	bool failed; /* err says why; what is written is worthless */
};

/* Members "system" (where there is any) and "messages". */
void bedrock_system(struct bedrock_writer *x);
void bedrock_messages(struct bedrock_writer *x);
/* Whether tools were called in the conversation. */
bool bedrock_has_calls(const struct request *r);
/* Begin a block, its object left open, and the list around it where it is the first. */
void bedrock_begin(struct bedrock_writer *x);
/* The cache point that a part or a tool asks for; false where it asks for none. */
bool bedrock_mark(struct bedrock_writer *x, struct json cache);
/* One of our own at the end of a prefix that will come again, where there is room. */
void bedrock_mark_auto(struct bedrock_writer *x);

/* Whether a cache point may stand right behind that file: the API refuses it behind films, and
 * behind documents but PDFs. */
bool bedrock_marks_behind(struct json part);
/* An image, a document, a sound or a film as a block. -1: it can't be carried, err says why. */
int bedrock_media(struct bedrock_writer *x, struct json part);

#endif
