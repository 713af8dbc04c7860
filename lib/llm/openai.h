/* SPDX-License-Identifier: MIT */
/*
 * openai - what OpenAI's two formats, chat completions and Responses, have in common: the servers
 * that speak them, OpenAI's models, and the pieces of a request. Known only to the openai files.
 */
#ifndef LLM_OPENAI_H
#define LLM_OPENAI_H

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
	OPENAI_RESULT_MEDIA = 1 << 10, /* takes pictures in a tool's message */
	OPENAI_BRIDGE = 1 << 11, /* refuses a user's turn right after a tool's result */
	OPENAI_ALTERNATE = 1 << 12, /* refuses two turns of one role in a row */
	OPENAI_SEALED = 1 << 13, /* Responses: seals the reasoning of all its models, if asked */
	OPENAI_API_KEY = 1 << 14, /* takes the key in the header api-key */
	OPENAI_PREFIX = 1 << 15, /* goes on from an answer that is marked so, and repeats it */
	OPENAI_JSON_ONLY = 1 << 16, /* answers in JSON if told to, but takes no schema for it */
	OPENAI_LOADED = 1 << 17, /* answers with whatever model is loaded */
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
const struct openai_server *openai_server(const struct provider *p, struct str model);

/* A request on its way into a body. */
struct openai_request {
	const struct build *b;
	const struct request_options *o;
	const struct openai_server *server;
	struct jsonw w;
	struct err *err;
	char *model; /* b->model as a C string */
	struct json *media; /* results whose media are still to be written */
	size_t media_count, media_cap;
	bool after_result; /* the last message is a tool's result */
	bool mark_turn; /* this turn's last part ends a prefix that is to be cached */
	bool mark_part; /* this part does */
	bool own_reasoning; /* one of OpenAI's models that reason, at OpenAI's */
};

/* The key, in the header that the server wants it in. */
void openai_key(const struct build *b, struct wire *wire);

/* Begin the body, an open object that names the model. The caller frees q->model. */
void openai_request_start(
    struct openai_request *q, const struct build *b, struct wire *wire, struct err *err);

/* Whether one of OpenAI's models reasons; whether it can be told not to, and then be sampled. */
bool openai_model_reasons(struct str model);
bool openai_model_can_stop(struct str model);
/* Whether one of OpenAI's models takes a JSON Schema: those before gpt-4o don't. */
bool openai_model_takes_schema(struct str model);

/* temperature and top_p, where the model takes them. */
void openai_sampling(struct openai_request *q);

/* The effort that options.reasoning asks for, for servers that know it by one word; NULL: none is
 * to be sent. What can't be carried is warned of. */
const char *openai_reasoning(struct openai_request *q);
/* The server's word for a level of reasoning, or for the nearest above off that it knows. */
const char *openai_effort(struct openai_request *q, int level);

struct structured_means openai_means(const struct build *b);
/* Whether "strict" can be asked for: every object closed, every property required. */
bool openai_schema_is_strict(const struct build *b);

/* A JSON string's bytes between its quotes: escaped as they are, so strings can be joined. */
void openai_inner(struct buf *out, struct json v);

/* Key and a raw JSON value, which is released. */
void openai_raw_member(struct openai_request *q, const char *key, struct buf *raw);

/* The "input_audio" member of a part of that type. */
int openai_audio(struct openai_request *q, struct json part);

/* Token counts and cost, wherever this server put them. */
void openai_usage(struct answer *a, struct json usage);

/* "tools", each by write_tool, and what goes with them; nested: tool_choice names its function in
 * an object of its own. */
void openai_write_tools(struct openai_request *q,
    void (*write_tool)(struct openai_request *q, struct json tool), bool nested);

#endif
