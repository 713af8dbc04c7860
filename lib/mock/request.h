/* SPDX-License-Identifier: MIT */
/*
 * request - what a client asked, as far as the mock decides on it, whatever the provider's form.
 */
#ifndef MOCK_REQUEST_H
#define MOCK_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "json/json.h"

enum mock_api {
	MOCK_UNKNOWN,
	MOCK_OPENAI_CHAT,
	MOCK_RESPONSES, /* OpenAI's */
	MOCK_ANTHROPIC,
	MOCK_GEMINI, /* :generateContent */
	MOCK_GEMINI_STREAM, /* :streamGenerateContent */
	MOCK_OLLAMA_CHAT,
	MOCK_COHERE, /* /v2/chat */
	MOCK_GOOGLE_TOKEN, /* of the metadata server, or of OAuth's */
	MOCK_BEDROCK, /* /converse */
	MOCK_BEDROCK_STREAM, /* /converse-stream */
	MOCK_EMBED, /* texts to vectors */
	MOCK_RESPONSE, /* one of those, asked for later */
	MOCK_OPENAI_MODELS,
	MOCK_ANTHROPIC_MODELS,
	MOCK_GEMINI_MODELS,
	MOCK_OLLAMA_TAGS,
	MOCK_OLLAMA_VERSION,
};

/* Whose manners an answer has: error bodies, header fields. */
enum mock_family {
	FAMILY_OPENAI,
	FAMILY_ANTHROPIC,
	FAMILY_GEMINI,
	FAMILY_OLLAMA,
	FAMILY_BEDROCK,
	FAMILY_COHERE
};

struct mock_request {
	enum mock_api api;
	enum mock_family family;
	struct buf provider; /* the API's own, or the name that the path begins with */
	struct buf model;
	struct buf response; /* MOCK_RESPONSE: the id that is asked for */
	struct json body; /* JSON_NONE where there is none */
	bool stream;
	bool usage_chunk; /* stream_options.include_usage */
	bool sse; /* alt=sse */
	bool deployment; /* Azure's path: the model stands in it */
	bool versioned; /* api-version=... */
	bool vertex; /* Vertex AI's path: the model stands in it, and keys are tokens */
	bool wants_object; /* a JSON schema was given */
	bool ends_in_tool_result;
	struct buf user; /* the last user message's text */
	size_t text_bytes; /* of all messages */
};

void mock_request_init(struct mock_request *r);
void mock_request_release(struct mock_request *r);

/* Which API the path names, and the provider and (Gemini, Bedrock) the model that stand in it. */
void mock_request_path(struct mock_request *r, struct str path, bool anthropic_headers);
/* What the body says; body is borrowed. */
void mock_request_body(struct mock_request *r, struct json body);

/* What it sends, four bytes a token. */
int64_t mock_request_tokens(const struct mock_request *r);
/* The same of so many bytes. */
int64_t mock_tokens_of(size_t bytes);

/* Whether a tool of that name is offered. */
bool mock_request_offers(const struct mock_request *r, const char *tool);

#endif
