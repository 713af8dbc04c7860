/* SPDX-License-Identifier: MIT */
/*
 * openai_chat - the chat completions API, and the servers that are compatible with it, each in its
 * own way. Known only to the openai_chat files; the others see dialect_openai_chat.
 *
 * Reasoning is kept so that it can go back as it came: the opaque value of a reasoning part is
 * {"field":NAME} where its text belongs in that member of the message ("reasoning_content",
 * "reasoning") or in content ("thinking", Mistral's; "think", between tags: lead.h), or
 * {"reasoning_details":[...]} verbatim. A tool call's is {"extra_content":...}, an audio part's
 * {"audio":{"id":...}}.
 */
#ifndef LLM_OPENAI_CHAT_H
#define LLM_OPENAI_CHAT_H

#include "llm/openai.h"

/* options.reasoning, in the server's words. */
void openai_chat_reasoning(struct openai_request *q);

/* The "messages" member. */
int openai_chat_messages(struct openai_request *q);

/*
 * The results that a user's or tools' turn holds, as messages of their own, before what else it
 * says (*more). Media that a result's message has no place for go into one user's message once the
 * last of the results is written: openai_chat_result_media, before any other turn and at the end.
 */
int openai_chat_results(struct openai_request *q, struct json content, bool *more);
int openai_chat_result_media(struct openai_request *q);
/* Before a user's message: what has to stand between it and a tool's result. */
void openai_chat_bridge(struct openai_request *q);

/* A call's id as that member. One that another provider made is replaced where the server refuses
 * its form, in the call and in its result alike. */
void openai_chat_id(struct openai_request *q, const char *key, struct json id);

extern const struct dialect_ceiling openai_chat_ceiling;

/* One part as an element of a content array. */
int openai_chat_part(struct openai_request *q, const struct request_parts *p);

/* The "content" member of a user's or the system's turn; the parts of tools and reasoning are left
 * out. */
int openai_chat_content(struct openai_request *q, struct json content);

/* cache_control, where the part asks for it and the server takes it. */
void openai_chat_cache(struct openai_request *q, struct json part);

int openai_chat_build(const struct build *b, struct wire *wire, struct err *err);
void openai_chat_event(struct answer *a, struct str name, struct json data);
bool openai_chat_raw(struct answer *a, struct str data);
void openai_chat_body(struct answer *a, struct json body);

/* What has to be remembered between chunks (answer.dialect_state). */
struct openai_chat_state {
	bool refused;
	bool warned; /* of choices that are not carried */
	bool told; /* reasoning comes as text: that of the details repeats it */
	bool detail_open; /* the last detail may be continued ... */
	char detail_field; /* ... by one of that type ('t' text, 's' summary) */
	int64_t detail_index; /* ... and index */
};
struct openai_chat_state *openai_chat_state(struct answer *a);

/* Keep reasoning_details so that they can go back: whole as they are; streamed, the pieces of each
 * joined. */
void openai_chat_details(struct answer *a, struct json details, bool whole);

#endif
