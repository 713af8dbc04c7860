/* SPDX-License-Identifier: MIT */
/* check - path, method, key and content type, refused as each provider does. */
#include "mock/check.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"

bool
mock_refuse(struct mock_error *error, int status, const char *code, const char *fmt, ...)
{
	char text[1024]; /* vsnprintf cuts: a message names things, it carries no payload */
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	error->status = status;
	error->code = xstrdup_or_null(code);
	error->message = xmemdup(text, str_cut_utf8(str_of(text), sizeof text));
	return false;
}

static bool
check_typed(struct mock_error *error, const char *type)
{
	error->type = xstrdup(type);
	return false;
}

static bool
check_is_get(enum mock_api api)
{
	return api >= MOCK_RESPONSE;
}

bool
mock_check_path(
    const struct mock_request *r, struct str path, const char *method, struct mock_error *error)
{
	const char *want = check_is_get(r->api) ? "GET" : "POST";
	int len = (int)str_cut_utf8(path, 200);

	if (r->deployment && !r->versioned)
		return mock_refuse(error, 404, "404", "Resource not found");
	if (r->api == MOCK_UNKNOWN) {
		(void)mock_refuse(error, 404, NULL,
		    r->family == FAMILY_OPENAI ? "Invalid URL (%s %.*s)" : "Not Found: %s %.*s",
		    method, len, path.p);
		return r->family == FAMILY_OPENAI ? check_typed(error, "invalid_request_error")
						  : false;
	}
	if (strcmp(method, want) == 0 || (check_is_get(r->api) && strcmp(method, "HEAD") == 0))
		return true;
	switch (r->family) {
	case FAMILY_OPENAI:
		(void)mock_refuse(error, 405, "method_not_supported",
		    "Not allowed to %s on %.*s (HINT: Perhaps you meant to use a different HTTP method?)",
		    method, len, path.p);
		return check_typed(error, "invalid_request_error");
	case FAMILY_ANTHROPIC:
		(void)mock_refuse(error, 405, NULL, "Method Not Allowed");
		return check_typed(error, "invalid_request_error");
	case FAMILY_GEMINI:
		(void)mock_refuse(error, 404, NULL, "Requested entity was not found.");
		return false;
	case FAMILY_OLLAMA:
	case FAMILY_COHERE:
		return mock_refuse(error, 405, NULL, "405 method not allowed");
	case FAMILY_BEDROCK:
		(void)mock_refuse(error, 404, NULL,
		    "Unable to determine service/operation name to be authorized");
		return check_typed(error, "UnknownOperationException");
	}
	return false;
}

static const char *
check_bearer(const char *authorization)
{
	if (!authorization || strncasecmp(authorization, "Bearer", 6) != 0)
		return NULL;
	return authorization + 6 + strspn(authorization + 6, " ");
}

static bool
check_openai_key(const struct mock_credentials *c, struct mock_error *error)
{
	const char *key = check_bearer(c->authorization);

	if (!key || !*key)
		key = c->api_key; /* as Azure has it */
	if (!key || !*key) {
		(void)mock_refuse(error, 401, NULL,
		    "You didn't provide an API key. It goes in an Authorization header with Bearer auth.");
		return check_typed(error, "invalid_request_error");
	}
	if (c->want && strcmp(key, c->want) != 0) {
		(void)mock_refuse(error, 401, "invalid_api_key", "Incorrect API key provided.");
		return check_typed(error, "invalid_request_error");
	}
	return true;
}

static bool
check_anthropic_key(const struct mock_credentials *c, struct mock_error *error)
{
	const char *key = c->api_key ? c->api_key : check_bearer(c->authorization);

	if (!key || !*key)
		return mock_refuse(error, 401, NULL, "x-api-key header is required");
	if (c->want && strcmp(key, c->want) != 0)
		return mock_refuse(error, 401, NULL, "invalid x-api-key");
	if (!c->anthropic_version || !*c->anthropic_version)
		return mock_refuse(error, 400, NULL, "anthropic-version: header is required");
	return true;
}

static bool
check_gemini_key(const struct mock_credentials *c, struct mock_error *error)
{
	const char *key = c->api_key ? c->api_key : c->query_key;

	if (!key || !*key)
		key = check_bearer(c->authorization);
	if (!key || !*key)
		return mock_refuse(error, 403, NULL,
		    "Method doesn't allow unregistered callers (callers without established identity).");
	if (c->want && strcmp(key, c->want) != 0)
		return mock_refuse(error, 400, "API_KEY_INVALID",
		    "API key not valid. Please pass a valid API key.");
	return true;
}

static bool
check_cohere_key(const struct mock_credentials *c, struct mock_error *error)
{
	const char *key = check_bearer(c->authorization);

	if (!key || !*key)
		return mock_refuse(error, 401, NULL, "no api key supplied");
	return !c->want || strcmp(key, c->want) == 0 ||
	       mock_refuse(error, 401, NULL, "invalid api token");
}

/* A token, or a key of express mode; whichever model's format is spoken behind. */
static bool
check_vertex_key(const struct mock_credentials *c, struct mock_error *error)
{
	const char *key = check_bearer(c->authorization);

	if (!key || !*key)
		key = c->api_key ? c->api_key : c->query_key;
	if (key && *key && (!c->want || strcmp(key, c->want) == 0))
		return true;
	(void)mock_refuse(error, 401, NULL,
	    key && *key ? "Request had invalid authentication credentials."
			: "Request is missing required authentication credential.");
	return check_typed(error, "UNAUTHENTICATED");
}

/* A key of Bedrock's own, or a signature. */
static bool
check_bedrock_key(const struct mock_credentials *c, struct mock_error *error)
{
	const char *key = check_bearer(c->authorization);
	enum check_aws_verdict verdict = AWS_STRANGER;

	if (!c->authorization) {
		(void)mock_refuse(error, 403, NULL, "Missing Authentication Token");
		return check_typed(error, "MissingAuthenticationTokenException");
	}
	if (!c->want || (key && strcmp(key, c->want) == 0))
		return true;
	if (!key)
		verdict = check_aws(c->aws, c->want);
	switch (verdict) {
	case AWS_GOOD:
		return true;
	case AWS_MALFORMED:
		(void)mock_refuse(error, 403, NULL, "Authorization header is incomplete.");
		return check_typed(error, "IncompleteSignatureException");
	case AWS_STRANGER:
		(void)mock_refuse(
		    error, 403, NULL, "The security token included in the request is invalid.");
		return check_typed(error, "UnrecognizedClientException");
	case AWS_WRONG:
		(void)mock_refuse(error, 403, NULL,
		    "The request signature we calculated does not match the signature you provided.");
		return check_typed(error, "InvalidSignatureException");
	}
	return true;
}

struct str
mock_check_account(const struct mock_credentials *c)
{
	static const char credential[] = "Credential=", bearer[] = "Bearer ";
	const char *auth = c->authorization, *id;

	if (c->api_key)
		return str_of(c->api_key);
	if (!auth)
		return str_of(c->query_key);
	id = strstr(auth, credential);
	if (id) {
		id += sizeof credential - 1;
		return (struct str){ id, strcspn(id, "/,") };
	}
	return str_of(
	    auth + (strncasecmp(auth, bearer, sizeof bearer - 1) ? 0 : sizeof bearer - 1));
}

bool
mock_check_key(
    const struct mock_request *r, const struct mock_credentials *c, struct mock_error *error)
{
	if (r->vertex)
		return check_vertex_key(c, error);
	switch (r->family) {
	case FAMILY_OPENAI:
		return check_openai_key(c, error);
	case FAMILY_ANTHROPIC:
		return check_anthropic_key(c, error);
	case FAMILY_GEMINI:
		return check_gemini_key(c, error);
	case FAMILY_OLLAMA:
		return true; /* a local server knows no keys */
	case FAMILY_BEDROCK:
		return check_bedrock_key(c, error);
	case FAMILY_COHERE:
		return check_cohere_key(c, error);
	}
	return true;
}

bool
mock_check_content_type(
    const struct mock_request *r, const char *content_type, struct mock_error *error)
{
	struct str type = str_of(content_type ? content_type : ""), rest = type;

	(void)str_split(&rest, ';', &type);
	if (str_eq_nocase(str_trim(type), "application/json"))
		return true;
	switch (r->family) {
	case FAMILY_OPENAI:
		(void)mock_refuse(error, 400, NULL,
		    "you must provide a JSON body, with the header 'Content-Type: application/json'");
		return check_typed(error, "invalid_request_error");
	case FAMILY_ANTHROPIC:
		return mock_refuse(error, 400, NULL, "content-type: must be application/json");
	case FAMILY_GEMINI:
		return mock_refuse(error, 400, NULL,
		    "Invalid JSON payload received. The content type must be application/json.");
	case FAMILY_OLLAMA:
	case FAMILY_BEDROCK:
	case FAMILY_COHERE:
		return true; /* they read the body whatever it is called */
	}
	return true;
}
