/* SPDX-License-Identifier: MIT */
/*
 * answer - one provider's answer as it grows, whatever the dialect.
 *
 * A dialect reads its provider's events and tells the answer what they mean; everything that
 * dialects share lives here: joining text, assembling tool calls from fragments, counting tokens,
 * mapping stops, the proof of the end, errors and warnings. Each piece of output is passed on to
 * the sink as it comes. record.h turns the finished answer into a response.
 *
 * Parts are the assistant's turn in order. A part is open until a part of another kind begins, or
 * answer_seal is called; text of the same kind goes to the part that is open. Providers that number
 * their blocks find them again by that key.
 */
#ifndef LLM_ANSWER_H
#define LLM_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "json/json.h"
#include "llm/lead.h"
#include "llm/llm.h"
#include "llm/request.h"

#define ANSWER_TEXT_MAX ((size_t)256 << 20)
enum { ANSWER_PARTS_MAX = 65536, ANSWER_CITATIONS_MAX = 4096, KEY_NONE = -1 };

struct part {
	enum part_type type; /* PART_TEXT, PART_REASONING, PART_TOOL_CALL, PART_PROVIDER, or media
				(PART_IMAGE, ...) */
	int64_t key; /* the provider's own index of the block or call; KEY_NONE */
	struct buf text; /* text or reasoning, unescaped; a tool call's arguments as raw JSON text;
			    a media part's data (base64) */
	struct buf id, name; /* tool calls (unescaped); name also: a file's */
	struct buf media_type;
	struct buf opaque; /* raw JSON: signature, encrypted state */
	struct buf value; /* PART_PROVIDER: the block, raw JSON */
	bool custom_tool; /* text is a custom tool's input, not JSON arguments */
	size_t tool_index; /* tool calls: 0, 1, ... in order of appearance */
	bool announced; /* tool calls: the name is known and was passed on */
	bool malformed; /* tool calls: the arguments are no JSON object (the token limit cut them);
			   set by answer_finish */
	bool hidden; /* only in parts: not in content or reasoning (commentary) */
	bool sealed;
	bool called; /* PART_TEXT: the input of the tool that carries a schema's answer */
};

/* What just came, for whoever streams. Strings are raw JSON strings or unescaped text: one of raw
 * and text is set. */
struct delta {
	enum delta_kind { DELTA_CONTENT, DELTA_REASONING, DELTA_TOOL_CALL } kind;
	struct str raw; /* with its quotes: spliced as it is. p NULL: use text */
	struct str text; /* DELTA_TOOL_CALL: a fragment of the arguments, unescaped */
	size_t tool_index; /* DELTA_TOOL_CALL: 0, 1, ... in order of appearance */
	struct str id, name; /* DELTA_TOOL_CALL: on its first delta, else empty */
};

typedef void delta_fn(void *user, const struct delta *delta);

/* What a span of the answer rests on. Strings are JSON strings; absent or empty: not told. */
struct cited {
	struct json url, title;
	struct json text; /* the words of the source, not of the answer */
	struct json document; /* the id that the provider gave a file, a document, a tool's result
			       */
	/* Which part of the answer: from start up to and without end, counted in unit from the
	 * beginning of the part that is named, or of the content where none is. end <= start: not
	 * told. */
	int64_t start, end;
	enum { CITED_CHARS, CITED_BYTES, CITED_PART } unit; /* code points; bytes of UTF-8; all */
	struct json value; /* the provider's own object, kept as it is */
};

struct citation {
	struct buf source; /* raw JSON object: url, title, text, documentId */
	struct buf value; /* raw JSON; empty: none */
	size_t part; /* where the span is counted from; SIZE_MAX: from the content's beginning */
	int64_t start, end;
	int unit; /* as in struct cited */
};

struct answer_error {
	enum error_kind kind; /* ERROR_NONE: no error */
	struct buf message;
	int status; /* HTTP; 0: none */
	struct buf code; /* the provider's own code or type */
	struct buf request_id;
	int64_t retry_after_ms; /* -1: not told */
};

struct answer {
	/* set by answer_start */
	delta_fn *on_delta; /* NULL: nobody streams */
	void *user;

	struct part *parts;
	size_t part_count, part_cap;
	size_t tool_count;
	struct citation *citations;
	size_t citation_count, citation_cap;
	struct buf model; /* as the provider named it; empty: not told */
	struct usage usage;
	enum stop stop;
	struct buf stop_raw;
	bool ended; /* the dialect's terminal event was seen */
	bool choice_done; /* a finish reason was seen, the terminal event perhaps not */
	bool output_seen; /* text, reasoning or a tool call came */
	bool finished; /* answer_finish ran */
	bool overflow; /* a ceiling was passed: the rest is dropped, the end is ERROR_PROTOCOL */
	struct buf response_id; /* the provider's own id of the response */
	bool kept; /* the provider keeps it under that id, to be fetched or continued from */
	struct answer_error error;
	struct buf warnings; /* raw JSON objects {option,message}, comma-separated */
	struct buf carry; /* raw JSON members of providerOptions that go on with it, by commas */
	struct buf stop_details; /* what the provider says of its stop, raw JSON */
	struct buf perf; /* raw JSON members of "perf", comma-separated; empty: none */
	int64_t cost_pusd; /* what the provider says it costs; -1: not told */
	/* set by the builder, for what an answer is compared with at its end */
	struct buf asked_model; /* a server that answers with another than was asked for; empty */
	int64_t sent_tokens; /* the least that the request most likely counts; 0: not estimated */
	struct lead lead; /* what may stand before the text; nothing unless the builder says so */
	/* how its text answers a schema, as structured_start asked for it */
	bool nulls; /* null stands for a member that is absent */
	bool wrapped; /* the value is a member of an object */
	bool tool_nulls; /* nulls, in the arguments of strict tools */
	void *dialect_state; /* a dialect's own, freed with free(); NULL */
};

void answer_init(struct answer *a, delta_fn *on_delta, void *user);
void answer_release(struct answer *a);

/* --- output. v is a JSON_STRING (anything else, and "", is ignored, so callers need not look) ---
 */

/* Append to the open part of this type and key, or open one. Returns the part (valid until the next
 * one is opened), or NULL where nothing was appended. */
struct part *answer_text(struct answer *a, enum part_type type, int64_t key, struct json v);
/* The same, for text that is known to be no lead (lead.h). */
struct part *answer_say(struct answer *a, enum part_type type, int64_t key, struct json v);

/* Open a new part, sealing the one that was open (one with a key stays open: blocks interleave). */
struct part *answer_part(struct answer *a, enum part_type type, int64_t key);
/* The part of that type and key, newest first, or NULL. */
struct part *answer_find(struct answer *a, enum part_type type, int64_t key);
void answer_seal(struct answer *a); /* the next text opens a new part */

/*
 * A fragment of a tool call. key finds the call (KEY_NONE: a new call, unless id names a known one,
 * or neither id nor name is told: then the newest). A known key with another id and a name is a new
 * call too: some servers number all of them 0. id, name: JSON strings or absent, kept where first
 * told (a name that comes later is waited for; a name that is repeated is not appended); without an
 * id the call gets "call_N". arguments: a JSON string is a fragment of JSON text; an object is the
 * whole of them. Calls of STRUCTURED_TOOL become text.
 */
struct part *answer_tool(
    struct answer *a, int64_t key, struct json id, struct json name, struct json arguments);

/* A block of the provider's own, kept verbatim. */
struct part *answer_provider_block(struct answer *a, int64_t key, struct json value);

/* Remember v raw as the part's opaque state (replaces), part may be NULL. */
void part_opaque(struct part *part, struct json v);

/* The same with {key: v}, v raw: for a member that the common parts have no place for. */
void part_opaque_member(struct part *part, const char *key, struct str v);

/* --- citations --- */

/* A source that the answer names, of that part (NULL: of the content). One that says nothing, or
 * that was told before, is passed over. */
void answer_cite(struct answer *a, const struct part *part, const struct cited *cited);
/* One of OpenAI's annotations, which others copy: {type, url_citation:{...}} or flat. */
void answer_cite_annotation(struct answer *a, const struct part *part, struct json annotation);
/* Where a citation's span lies in content (answer_content's text), in code points; false where
 * that is not told, or does not lie in it. */
bool answer_citation_span(const struct answer *a, const struct citation *c, struct str content,
    int64_t *start, int64_t *end);

/* --- facts --- */

void answer_model(struct answer *a, struct json v); /* first non-empty string wins */
void answer_response_id(struct answer *a, struct json v);

struct stop_row { /* a dialect's table, ending in { NULL, 0 } */
	const char *raw;
	enum stop stop;
};
/* A finish reason (JSON string; null and "" are ignored): its raw word is kept, its meaning looked
 * up (STOP_OTHER where unknown). Sets choice_done. */
void answer_stop(struct answer *a, const struct stop_row *rows, struct json v);

/* Set *field to v's count where v is a number: the last told wins, absent and null leave what was
 * told before. */
void usage_set(int64_t *field, struct json v);
/* Add n to *field, unknown counting as 0. */
void usage_add(int64_t *field, int64_t n);
/* Make the counts obey cacheRead <= in and reasoning <= out: where a provider's figures break that,
 * the part was left out of the whole, and is added. */
void usage_settle(struct usage *u);
/* Add more's counts; what neither knows stays unknown. */
void usage_sum(struct usage *sum, const struct usage *more);

/* The terminal event was seen. */
void answer_end(struct answer *a);

/* What the next request has to tell the provider, as a member of its options (Anthropic's
 * container). */
void answer_carry(struct answer *a, const char *key, struct json v);

/* --- trouble --- */

/* Lenient reading of an error body of any shape (PROVIDER's {error:{...}}, {error:"..."}, [{...}],
 * {errors:[...]}, {detail}, {message}), classified by code, then text, then status (0 inside a
 * stream). The first error stays. */
void answer_error_json(struct answer *a, int status, struct json body);
/* The same where the error's name stands outside the body: in a header field, in an event's type.
 */
void answer_error_named(struct answer *a, int status, struct str name, struct json body);
/* A body that is no JSON object: HTML, empty, null. The first 200 bytes go into the message. */
void answer_error_text(struct answer *a, int status, struct str body);
/* An error of our own finding. The first error stays. */
void answer_fail(struct answer *a, enum error_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* An option that can't be carried. option: "options.seed". Said twice, it is told once. */
void answer_warn(struct answer *a, const char *option, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * No more events will come. Settles what is a property of the whole: stop becomes tool where calls
 * were made and it ended normally; usage is made to obey cacheRead <= in and reasoning <= out (by
 * adding what was left out); empty arguments become {}; arguments that are no JSON object make the
 * call a failure ("protocol") unless the stop is length; without proof of the end the error is
 * truncated (done_optional: choice_done and a proven transport end suffice).
 */
void answer_finish(struct answer *a, bool done_optional, bool transport_proven);

/* Of a finished answer: tool calls that its text holds as JSON between open and close become parts
 * of their own, and are taken out of the text. */
void answer_calls_in_text(struct answer *a, struct str open, struct str close);

/* Go on reading into the same answer: another exchange continues it. What it said stays, and new
 * blocks are not taken for old ones; usage and all that proves an end are as at the start. */
void answer_continue(struct answer *a);
/* Read anew: what it said is void. Warnings stay. */
void answer_restart(struct answer *a);
/* The same where the request was not built anew: what its builder set stays too. */
void answer_reread(struct answer *a);

/* Content and reasoning: the visible parts joined, appended to out. */
void answer_content(const struct answer *a, struct buf *out);
void answer_reasoning(const struct answer *a, struct buf *out);

#endif
