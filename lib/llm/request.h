/* SPDX-License-Identifier: MIT */
/*
 * request - a request record, checked, with its members found.
 *
 * Everything is borrowed from the line (or from the defaults that the command line gave); only a
 * model's name that is spelled with escapes is copied (request_release frees it). request_read
 * checks what every dialect relies on: that messages is a list of {role, content}, parts have a
 * known type, tools have names, options have the right kinds and ranges. What it accepts, a dialect
 * need not check again.
 */
#ifndef LLM_REQUEST_H
#define LLM_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "json/json.h"
#include "json/jsonw.h"

enum reasoning_level {
	REASONING_UNSET,
	REASONING_OFF,
	REASONING_MINIMAL,
	REASONING_LOW,
	REASONING_MEDIUM,
	REASONING_HIGH,
	REASONING_XHIGH,
	REASONING_BUDGET, /* {budgetTokens} */
};
const char *reasoning_name(enum reasoning_level level); /* "minimal", ... */

/* The words of the contract by their enum, NULL-terminated. */
extern const char *const request_levels[], *const request_roles[], *const request_part_types[];

enum tool_choice { TOOLS_UNSET, TOOLS_AUTO, TOOLS_NONE, TOOLS_REQUIRED, TOOLS_ONE };

enum role { ROLE_SYSTEM, ROLE_USER, ROLE_ASSISTANT, ROLE_TOOL };
/* The role of a word of request_roles: "developer", the last of them, is the system's too. */
enum role request_role(int word);

/* Members that are absent are JSON_NONE, OPTION_UNSET or NAN-free flags; see each. */
#define OPTION_UNSET INT64_MIN

struct request_options {
	int64_t max_tokens, top_k, seed; /* OPTION_UNSET */
	struct json temperature, top_p; /* JSON_NONE, or a number: spliced as spelled */
	struct json
	    stop; /* JSON_NONE, or an array of strings (one string is accepted too: JSON_STRING) */
	bool stream;
	enum reasoning_level reasoning;
	int64_t reasoning_budget; /* where REASONING_BUDGET */
	struct json response_schema; /* JSON_NONE, or an object */
	enum { PARALLEL_UNSET, PARALLEL_ON, PARALLEL_OFF } parallel_tools;
	int64_t timeout_ms, ttft_timeout_ms, idle_timeout_ms; /* 0: the default */
	bool cache_off; /* cache: "off" */
	bool cache_auto; /* cache: "auto" */
};

struct request {
	struct json record;
	struct json id; /* JSON_NONE: the caller makes one */
	struct str model; /* as asked for: "provider:model", an alias; empty where absent */
	struct buf model_text; /* what model points to where its spelling held escapes */
	struct json prompt; /* JSON_STRING, or JSON_NONE */
	struct json messages; /* JSON_ARRAY, or JSON_NONE */
	struct str system; /* from --system: goes before the messages; empty: none */
	struct json tools; /* JSON_ARRAY, or JSON_NONE */
	enum tool_choice tool_choice;
	struct json tool_name; /* where TOOLS_ONE */
	struct request_options options;
	struct json provider_options; /* JSON_OBJECT by provider name, or JSON_NONE */
	struct json profile; /* JSON_STRING, or JSON_NONE */
	struct json tags, meta;
	bool files; /* a part's url or data is "file:PATH", to be read before it is sent */
};

/* What the command line sets where a record does not: an options object in JSON, a model, a system
 * text. */
struct request_defaults {
	struct str model;
	struct str system;
	struct json options; /* JSON_OBJECT or JSON_NONE: members absent in the record's options are
				taken from here */
};

/* Whether a record is one for us: type "request", or no type and messages or prompt. */
bool request_is(struct json record);

/* Whether it asks that requests be cancelled, {"type":"cancel","id":ID}; *id is whose. */
bool request_is_cancel(struct json record, struct json *id);

/* -1 and err (EXIT_NO; the text names the member: "messages[2].content[0].text: ...") where the
 * record is malformed. defaults may be NULL. Overwrites *r, whatever was in it; on -1 nothing needs
 * to be released, but id, tags and meta are set where they could be found. */
int request_read(struct request *r, struct json record, const struct request_defaults *defaults,
    struct err *err) __attribute__((warn_unused_result));
void request_release(struct request *r);

/* Append the id as it lies where it is a string or a number; else one is made: *made is how many
 * were. */
void request_take_id(struct json id, uint64_t *made, struct buf *out);

/* The names that "options" may hold, NULL-terminated. Others are no error: who carries the request
 * warns of them. */
const char *const *request_option_names(void);

/*
 * Walk the conversation in order as if all of it stood in messages: --system first, then the
 * messages, then the prompt as the user's last turn.
 *	struct request_turns t = request_turns(&req);
 *	while (request_next_turn(&t)) ... t.role, t.content (JSON_STRING or JSON_ARRAY of parts)
 */
struct request_turns {
	const struct request *request;
	unsigned stage;
	struct json_iter it;
	enum role role;
	struct json content; /* JSON_NONE where the turn is t.text, or where an assistant's message
				has none */
	struct str text; /* --system: plain text, not JSON; p NULL otherwise */
	struct json message; /* the whole message, for members of its own ("cache"); JSON_NONE for
				the prompt and the system text */
};
struct request_turns request_turns(const struct request *r);
bool request_next_turn(struct request_turns *t);

/* For those who refuse two turns of one role in a row: the conversation as one list of messages in
 * which users' turns, and assistants', that follow each other are one. What it points to lives in
 * hold. */
struct request request_alternate(const struct request *r, struct buf *hold);

/* A content's parts one by one; a string content is one text part. */
enum part_type {
	PART_TEXT,
	PART_IMAGE,
	PART_AUDIO,
	PART_VIDEO,
	PART_FILE,
	PART_REASONING,
	PART_TOOL_CALL,
	PART_TOOL_RESULT,
	PART_PROVIDER,
};
const char *part_type_name(enum part_type type);

struct request_parts {
	struct json_iter it;
	struct json only; /* a string content, not yet handed out */
	enum part_type type;
	struct json part; /* the part, JSON_OBJECT; JSON_NONE where the content was a string */
	struct json text; /* PART_TEXT, PART_REASONING: the string, raw */
};
struct request_parts request_parts(struct json content);
bool request_next_part(struct request_parts *p);
/* The text that the conversation ends with where it is the assistant's: the answer is to go on from
 * there; else JSON_NONE. */
struct json request_prefill(const struct request *r);
/* Whether the content of a toolResult is a list of parts, and not just any JSON list. */
bool request_is_parts(struct json content);

/* Stop sequences as a list always, whatever the request has: "stop+" can append to it. Nothing
 * where there are none. */
void request_write_stops(struct jsonw *w, const char *key, struct json stop);
/* The arguments of a toolCall part as an object, which is what most APIs want: a custom tool's text
 * is its one member "input", and arguments that were cut are left out. */
void request_write_arguments(struct jsonw *w, struct json part);

/* Whether any tool asks for "strict". */
bool request_is_strict(const struct request *r);

/* The part's opaque value where it is that provider's and model's own (see agentflow-records(5)),
 * else JSON_NONE. */
struct json request_opaque(struct json part, const char *provider, const char *model);

#endif
