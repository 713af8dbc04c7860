/* SPDX-License-Identifier: MIT */
/*
 * dialect - how to talk to one kind of API. One file each; this table is all that the rest of the
 * program knows.
 *
 * A dialect is pure: it builds a request from a record, and reads what came back into an answer. It
 * does no I/O, reads no clock and no environment. Adding one is a file and a line in dialect.c.
 */
#ifndef LLM_DIALECT_H
#define LLM_DIALECT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "json/json.h"
#include "llm/answer.h"
#include "llm/provider.h"
#include "llm/request.h"
#include "llm/structured.h"
#include "net/frame.h"
#include "net/http.h"

/* The HTTP request to send. */
struct wire {
	struct buf url;
	const char *method; /* NULL: POST */
	struct http_headers headers; /* auth included, where there is a key */
	struct buf body;
	enum frame_format framing; /* of a streamed answer; FRAME_WHOLE where none was asked for */
};

void wire_init(struct wire *w);
void wire_release(struct wire *w);
/* The Authorization header of those who take the key so; NULL: none. */
void wire_bearer(struct wire *w, const char *key);
/* The URL with another end of its path, before the query; where it ends otherwise, with one more.
 */
void wire_turn(struct wire *w, const char *ending, const char *other);
/* Append a name as one segment of a URL's path. -1 where it is "." or "..", which lead elsewhere
 * however they are spelled. */
int wire_segment(struct buf *path, struct str name, struct err *err)
    __attribute__((warn_unused_result));
/* Append a model to a URL's path as PARENT/NAME; a name that holds a slash ("tunedModels/x") is a
 * path itself. -1: a segment of it would lead out of the path. */
int wire_model(struct buf *path, const char *parent, struct str model, struct err *err)
    __attribute__((warn_unused_result));

/* What a builder has to work with. */
struct build {
	const struct request *request;
	const struct provider *provider;
	struct str model; /* without the provider's name */
	const char *key; /* NULL: send no auth header */
	const char *scratch; /* programs only: the directory of the run's own */
	bool warm; /* programs only: for a process that stays */
	struct answer *answer; /* for warnings, and for what its text may begin with (lead.h) */
	const struct model *spec; /* what is known of the model; NULL: nothing */
	enum structured_way
	    structured; /* how the answer is made to fit a schema: for the dialects */
};

/* The members of a body that bear on what an answer costs, for ceiling.h: paths ("options.n"),
 * each list NULL-terminated, or NULL. */
struct dialect_ceiling {
	const char *const *tokens; /* how many the answer may have */
	const char *const *answers; /* how many answers are written */
	const char *const *prices; /* by which it costs what price rows do not tell */
};

struct dialect {
	const char *name; /* "anthropic-messages" */
	const char *maker; /* its parts are the dialect's, whatever the provider is called; or NULL
			    */
	const char *version; /* "/v1": appended to a base URL that does not end in a version */
	bool version_unless_path; /* openai-*: not appended where the base URL has any path */
	const char *aws_service; /* without a key, requests are signed for this service of AWS;
				    NULL: they are not */

	/* The base URL where none is configured, from the provider's places. NULL: there has to be
	 * one. */
	void (*base)(const struct provider *p, struct buf *out);

	/* Where it goes: fill wire's url, framing and headers, with the key in the one that the API
	 * wants it in. The same format is spoken at many doors (Gemini's also at Vertex), so this
	 * stands apart from build. NULL: it goes nowhere, the body is all (cli). */
	int (*address)(const struct build *b, struct wire *w, struct err *err);

	/* How this door and model can be made to answer in a schema's form. NULL: by asking only.
	 */
	struct structured_means (*means)(const struct build *b);

	/* What it says: fill wire's body (without providerOptions, which dialect_build merges); it
	 * may add a header that the body calls for. -1: it can't be expressed; err says why. */
	int (*build)(const struct build *b, struct wire *w, struct err *err);

	/* What raises the price of an answer. NULL: nothing that it takes does. */
	const struct dialect_ceiling *ceiling;

	/* The tokens that it lets an answer have, thoughts included, where that is not just
	 * maxTokens; 0: as many as the model writes. NULL: it is. */
	int64_t (*room)(const struct build *b);

	/* One message of a streamed answer. name: the SSE event's name. data is JSON, or see raw.
	 */
	void (*event)(struct answer *a, struct str name, struct json data);

	/* A message that is not JSON ("[DONE]"). Return false: it is not known, and a protocol
	 * error. NULL: none are. */
	bool (*raw)(struct answer *a, struct str data);

	/* The whole body of an answer that was not streamed, status 2xx. */
	void (*body)(struct answer *a, struct json body);

	/* The answer is still being written (STOP_PAUSE): where to ask for it, as address does.
	 * NULL: a pause is continued with another request. */
	int (*poll)(const struct build *b, const struct answer *a, struct wire *w, struct err *err);

	/* The transport proved the end of the stream: what that means where no terminal event
	 * exists (Gemini). May be NULL. */
	void (*closed)(struct answer *a);
};

extern const struct dialect dialect_openai_chat;
extern const struct dialect dialect_openai_responses;
extern const struct dialect dialect_azure_openai;
extern const struct dialect dialect_anthropic_messages;
extern const struct dialect dialect_gemini;
extern const struct dialect dialect_ollama;
extern const struct dialect dialect_cohere_v2;
extern const struct dialect dialect_vertex_gemini;
extern const struct dialect dialect_vertex_anthropic;
extern const struct dialect dialect_bedrock_converse;
extern const struct dialect dialect_cli;

const struct dialect *dialect_find(const char *name); /* or NULL */
const char *const *dialect_names(void); /* NULL-terminated */

/* The provider's own options: by its configured name, else by its dialect's; or JSON_NONE. */
struct json dialect_options(const struct build *b);

/* For the dialects: the request can't be expressed. err says what, and v where it is a string. */
int dialect_refuse(const struct build *b, const char *what, struct json v, struct err *err);

/* Build the request whole: the dialect's build, then Content-Type and the provider's own headers,
 * then providerOptions merged into the body. */
int dialect_build(const struct build *b, struct wire *w, struct err *err)
    __attribute__((warn_unused_result));

/* The providerOptions that will be merged into the body, by the provider's configured name, else
 * its dialect's: for a builder whose defaults depend on them. */
struct json dialect_options(const struct build *b);

/* Whether a part of type "provider" is this provider's own: by its name, its dialect's, or the
 * dialect's maker's. */
bool dialect_owns(const struct build *b, struct json part);

/* Build the request for what the answer so far announces, by the dialect's poll. */
int dialect_poll(const struct build *b, const struct answer *a, struct wire *w, struct err *err)
    __attribute__((warn_unused_result));

/* Whether a part of type "provider" can be sent as it is: it is this provider's own, and an object.
 * Where it can't, warns that it is left out. */
bool dialect_carries(const struct build *b, struct json part);

/*
 * Read an answer's bytes: framing, JSON and the dialect's reader in one. Feed it what the transport
 * gives; at its end call reader_end.
 */
struct reader;
struct reader *reader_new(const struct dialect *d, struct answer *a, enum frame_format asked);
/* The response head decides between answer and error, stream and body (some servers answer a stream
 * request with one body). */
void reader_head(
    struct reader *r, int status, const struct http_headers *headers, int64_t now_wall_us);
bool reader_feed(
    struct reader *r, const char *p, size_t n); /* false: enough, cancel (terminal error seen) */
/* transport: how it ended; message for people where it failed. Settles the answer (answer_finish).
 */
void reader_end(struct reader *r, const struct provider *p, const struct http_result *result);
void reader_free(struct reader *r);

/* Retry-After and its kin in milliseconds (seconds, fractions, HTTP dates; retry-after-ms,
 * x-ms-retry-after-ms), or -1. */
int64_t retry_after_ms(const struct http_headers *headers, int64_t now_wall_us);

#endif
