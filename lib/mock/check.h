/* SPDX-License-Identifier: MIT */
/*
 * check - what a real server checks before it answers: path, method, key, content type, body.
 *
 * Only what every deployment of that provider refuses is refused here; what the answers look like
 * is render_error's business.
 */
#ifndef MOCK_CHECK_H
#define MOCK_CHECK_H

#include <stdbool.h>

#include "json/json.h"
#include "mock/answer.h"
#include "mock/check_aws.h"
#include "mock/request.h"

/* What a request came with, beside its body. Texts are borrowed, NULL where absent. */
struct mock_credentials {
	const char *authorization; /* the header's value, "Bearer ..." */
	const char *api_key; /* x-api-key, api-key or x-goog-api-key */
	const char *query_key; /* Gemini's ?key= */
	const char *anthropic_version;
	const struct check_aws *aws; /* the request as AWS's signature sees it */
	const char *want; /* the only key that is good; NULL: any that isn't empty */
};

/* Whose account a key names, which for a signature is the pair's public half; empty without one. */
struct str mock_check_account(const struct mock_credentials *c);

/* Each is true where all is well, else error says how the provider refuses it. */
bool mock_check_path(
    const struct mock_request *r, struct str path, const char *method, struct mock_error *error);
bool mock_check_key(
    const struct mock_request *r, const struct mock_credentials *c, struct mock_error *error);
bool mock_check_content_type(
    const struct mock_request *r, const char *content_type, struct mock_error *error);
/* parsed: whether body is JSON at all. */
bool mock_check_body(
    const struct mock_request *r, bool parsed, struct json body, struct mock_error *error);

/* --- for what checks bodies --- */

/* Fill error; returns false. code may be NULL, message is printf's. */
bool mock_refuse(struct mock_error *error, int status, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The same as OpenAI words it: 400, invalid_request_error. */
bool mock_refuse_openai(
    struct mock_error *error, const char *code, const char *param, const char *message);
/* Whether value is one of these words. */
bool mock_check_word(struct json value, const char *const *words);
/* The first member that the API does not know; false where there is none. */
bool mock_check_stranger(struct json body, const char *const *members, struct str *name);
/* The same as OpenAI refuses it. */
bool mock_check_openai(const struct mock_request *r, struct json body, const char *const *members,
    struct mock_error *error);
bool mock_check_responses(const struct mock_request *r, struct json body, struct mock_error *error);

#endif
