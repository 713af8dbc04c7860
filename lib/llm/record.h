/* SPDX-License-Identifier: MIT */
/* record - the records that calls write: chunks and responses (agentflow-records(5)). */
#ifndef LLM_RECORD_H
#define LLM_RECORD_H

#include "base/buf.h"
#include "json/json.h"
#include "llm/answer.h"

struct jsonw;
struct wire;

/* {"type":"chunk","id":...,"seq":N,"delta":{...}}; id is raw JSON. No newline. */
void record_chunk(struct buf *out, struct str id, int64_t seq, const struct delta *delta);

/* {"type":"chunk","id":...,"seq":N,"restart":true,"attempt":N}: what was streamed so far is void.
 */
void record_restart(struct buf *out, struct str id, int64_t seq, int64_t attempt);

/* What a response says beside its answer. */
struct response_facts {
	struct str id; /* raw JSON; p NULL: absent */
	int64_t line; /* of the input, where what stood there was no request; 0: absent */
	const char *provider; /* NULL: none was reached */
	const char *like; /* whose prices hold for it, where that is another; NULL */
	struct str requested_model; /* as the request named it, without the provider */
	struct str requested; /* the whole spec as asked for; for requestedModel */
	int64_t total_us, ttft_us, queue_us; /* ms, ttftMs, queueMs; negative: absent */
	const char *profile, *profile_digest; /* NULL: no prompt profile was applied */
	struct json tags, meta; /* from the request */
	const char *trace_id, *span_id; /* NULL: absent */
	struct str
	    raw; /* raw JSON for --raw (a JSON string where the body is no JSON); p NULL: absent */
	struct str
	    object; /* raw JSON: what the content spells, fit for the schema; p NULL: absent */
	int64_t exchanges; /* absent where 1 or less */
};

/* An error as the value of "error". */
void record_error(const struct answer_error *e, struct buf *out);

/* The finished answer as a response record. No newline. Secrets are masked in whatever came from
 * outside and is no content: messages, codes, raw. */
void record_response(struct buf *out, const struct answer *a, const struct response_facts *facts);

/* The assistant's turn as an array of parts, for a next request: without reasoning that bears no
 * state, which nobody takes back. */
void record_turn(struct jsonw *w, const struct answer *a, const struct response_facts *facts);

/* The HTTP request that would be sent: {"type":"httpRequest",id,provider,method,url,headers,body,
 * warnings}. Remembered secrets are masked. */
void record_http_request(struct buf *out, struct str id, const char *provider,
    const struct wire *wire, const struct answer *a);

/* The program that would be run: {"type":"programRun",id,provider,plan,warnings}. */
void record_program_run(struct buf *out, struct str id, const char *provider,
    const struct wire *wire, const struct answer *a);

/* Append JSON text without white space between its tokens: what a provider pretty-printed has
 * newlines that a record must not have. */
void record_compact(struct buf *out, struct str raw);

#endif
