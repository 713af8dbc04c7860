/* SPDX-License-Identifier: MIT */
/*
 * openai_chat - the chat completions API, and the servers that are compatible with it, each in its
 * own way. Known only to the openai_chat files; the others see dialect_openai_chat.
 *
 * Reasoning is kept so that it can go back as it came: the opaque value of a reasoning part is
 * {"field":NAME} where its text belongs in that member of the message ("reasoning_content",
 * "reasoning") or in content ("thinking", Mistral's), or {"reasoning_details":[...]} verbatim. A
 * tool call's is {"extra_content":...}, an audio part's {"audio":{"id":...}}.
 */
#ifndef LLM_OPENAI_CHAT_H
#define LLM_OPENAI_CHAT_H

#include "json/jsonw.h"
#include "llm/dialect.h"

/* What a server takes that not all of them take. */
enum openai_flags {
	OPENAI_OWN = 1 << 0, /* OpenAI's rules for its own models hold (also on Azure) */
	OPENAI_NO_TOP_K = 1 << 1,
	OPENAI_USAGE_UNASKED = 1 << 2, /* sends usage anyway and refuses stream_options */
	OPENAI_RANDOM_SEED = 1 << 3, /* calls the seed random_seed */
	OPENAI_ANY = 1 << 4, /* calls tool_choice "required" "any" */
	OPENAI_NONE_WITHOUT_TOOLS = 1 << 5, /* muddles tool_choice "none": the tools are left out */
	OPENAI_SHORT_IDS = 1 << 6, /* ids of calls are nine letters or digits */
	OPENAI_CACHE_CONTROL = 1 << 7, /* takes cache_control on parts, for the models behind it */
	OPENAI_REASONING_BACK = 1 << 8, /* refuses a turn with tool calls whose reasoning_content
					   is missing, were it empty */
	OPENAI_VIDEO = 1 << 9, /* takes video_url */
};

/* How a server is told how much to reason. */
enum openai_reasoning {
	OPENAI_EFFORT, /* reasoning_effort */
	OPENAI_EFFORT_OBJECT, /* reasoning: {effort | max_tokens} */
	OPENAI_THINKING, /* thinking: {type: enabled | disabled} */
	OPENAI_THINKING_EFFORT, /* the same, and reasoning_effort */
	OPENAI_ENABLE, /* enable_thinking: true | false, thinking_budget */
};

/* The words for each level, by enum reasoning_level; NULL: the server has none. */
typedef const char *const openai_efforts[REASONING_XHIGH + 1];

struct openai_server {
	const char *host; /* found in the base URL; NULL: any other */
	unsigned flags; /* of enum openai_flags */
	enum openai_reasoning reasoning;
	openai_efforts *efforts;
};
const struct openai_server *openai_chat_server(const char *base_url);

/* A request on its way into a body. */
struct openai_request {
	const struct build *b;
	const struct request_options *o;
	const struct openai_server *server;
	struct jsonw w;
	struct err *err;
	char *model; /* b->model as a C string */
	bool own_reasoning; /* one of OpenAI's models that reason, at OpenAI's */
};

/* Whether one of OpenAI's models reasons; whether it can be told not to, and then be sampled. */
bool openai_chat_model_reasons(struct str model);
bool openai_chat_model_can_stop(struct str model);

/* options.reasoning, in the server's words. */
void openai_chat_reasoning(struct openai_request *q);

/* The "messages" member. */
int openai_chat_messages(struct openai_request *q);

/* The "content" member of a user's or the system's turn; the parts of tools and reasoning are left
 * out. */
int openai_chat_content(struct openai_request *q, struct json content);

/* cache_control, where the part asks for it and the server takes it. */
void openai_chat_cache(struct openai_request *q, struct json part);

/* A JSON string's bytes between its quotes: escaped as they are, so strings can be joined. */
void openai_chat_inner(struct buf *out, struct json v);

/* Key and a raw JSON value, which is released. */
void openai_chat_raw_member(struct openai_request *q, const char *key, struct buf *raw);

void openai_chat_event(struct answer *a, struct str name, struct json data);
bool openai_chat_raw(struct answer *a, struct str data);
void openai_chat_body(struct answer *a, struct json body);

/* Token counts and cost, wherever this server put them. */
void openai_chat_usage(struct answer *a, struct json usage);

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
