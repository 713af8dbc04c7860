/* SPDX-License-Identifier: MIT */
/* render_error - how each provider words a refusal: the body's shape, and the names that go with a
 * status. */
#include "mock/render.h"

#include "base/buf.h"
#include "base/mem.h"
#include "json/jsonw.h"

/* A table begins with 400, which also speaks for the 4xx that it does not name. */
struct error_word {
	int status; /* 0: any other */
	const char *type, *code, *message;
};

static const struct error_word openai_words[] = {
	{ 400, "invalid_request_error", NULL, "The request is invalid." },
	{ 401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided." },
	{ 402, "insufficient_quota", "insufficient_quota", "You exceeded your current quota." },
	{ 403, "invalid_request_error", "unsupported_country_region_territory",
	    "Country, region, or territory not supported" },
	{ 404, "invalid_request_error", "model_not_found", "The model does not exist." },
	{ 429, "requests", "rate_limit_exceeded", "Rate limit reached for requests." },
	{ 503, "server_error", "overloaded", "The server is overloaded. Please try again later." },
	{ 0, "server_error", NULL, "The server had an error while processing your request." },
};

static const struct error_word anthropic_words[] = {
	{ 400, "invalid_request_error", NULL, "The request is invalid." },
	{ 401, "authentication_error", NULL, "invalid x-api-key" },
	{ 402, "billing_error", NULL, "Your credit balance is too low." },
	{ 403, "permission_error", NULL, "Your API key has no permission for this." },
	{ 404, "not_found_error", NULL, "Not found" },
	{ 413, "request_too_large", NULL, "Request exceeds the maximum size" },
	{ 429, "rate_limit_error", NULL, "This request would exceed your rate limit." },
	{ 504, "timeout_error", NULL, "The request timed out" },
	{ 529, "overloaded_error", NULL, "Overloaded" },
	{ 0, "api_error", NULL, "Internal server error" },
};

static const struct error_word gemini_words[] = {
	{ 400, "INVALID_ARGUMENT", NULL, "Request contains an invalid argument." },
	{ 401, "UNAUTHENTICATED", NULL, "Request had invalid authentication credentials." },
	{ 403, "PERMISSION_DENIED", NULL, "The caller does not have permission" },
	{ 404, "NOT_FOUND", NULL, "Requested entity was not found." },
	{ 429, "RESOURCE_EXHAUSTED", NULL, "You exceeded your current quota." },
	{ 499, "CANCELLED", NULL, "The operation was cancelled." },
	{ 503, "UNAVAILABLE", NULL, "The model is overloaded. Please try again later." },
	{ 504, "DEADLINE_EXCEEDED", NULL, "The request timed out." },
	{ 0, "INTERNAL", NULL, "An internal error has occurred." },
};

static const struct error_word ollama_words[] = {
	{ 400, NULL, NULL, "invalid request" },
	{ 401, NULL, NULL, "unauthorized" },
	{ 404, NULL, NULL, "model not found" },
	{ 429, NULL, NULL, "too many requests" },
	{ 503, NULL, NULL, "server busy, please try again" },
	{ 0, NULL, NULL, "internal server error" },
};

static const struct error_word bedrock_words[] = {
	{ 400, "ValidationException", NULL, "The request is invalid." },
	{ 401, "UnrecognizedClientException", NULL,
	    "The security token included in the request is invalid." },
	{ 403, "AccessDeniedException", NULL,
	    "You don't have access to the model with the specified model ID." },
	{ 404, "ResourceNotFoundException", NULL, "The requested resource was not found." },
	{ 408, "ModelTimeoutException", NULL, "Model has timed out in processing the request." },
	{ 424, "ModelErrorException", NULL, "The model failed to process the request." },
	{ 429, "ThrottlingException", NULL, "Too many requests, please wait before trying again." },
	{ 503, "ServiceUnavailableException", NULL, "Bedrock is unable to process your request." },
	{ 0, "InternalServerException", NULL,
	    "The system encountered an unexpected error during processing. Try your request again." },
};

static const struct error_word cohere_words[] = {
	{ 400, NULL, NULL, "invalid request: the request is invalid." },
	{ 401, NULL, NULL, "invalid api token" },
	{ 402, NULL, NULL, "please add or update your payment method at the dashboard" },
	{ 403, NULL, NULL, "your api key has no permission for this" },
	{ 404, NULL, NULL, "model not found, make sure the correct model ID was used" },
	{ 429, NULL, NULL,
	    "you are past the per minute request limit, please wait and try again later." },
	{ 499, NULL, NULL, "request cancelled" },
	{ 503, NULL, NULL, "service unavailable" },
	{ 504, NULL, NULL, "gateway timeout" },
	{ 0, NULL, NULL, "internal server error, this has been reported to our developers." },
};

static const struct error_word *const words[] = {
	[FAMILY_OPENAI] = openai_words,
	[FAMILY_ANTHROPIC] = anthropic_words,
	[FAMILY_GEMINI] = gemini_words,
	[FAMILY_OLLAMA] = ollama_words,
	[FAMILY_BEDROCK] = bedrock_words,
	[FAMILY_COHERE] = cohere_words,
};

/* "1", "0.05", "46.7": no exponent, and no zeros behind the point. */
static char *
seconds_of(int64_t ms)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	buf_addf(&text, "%lld", (long long)(ms / 1000));
	if (ms % 1000)
		buf_addf(&text, ".%03lld", (long long)(ms % 1000));
	while (ms % 1000 && text.p[text.len - 1] == '0')
		buf_truncate(&text, text.len - 1);
	return buf_take(&text);
}

static void
detail_open(struct jsonw *w, const char *type)
{
	struct buf name = BUF_INIT(BUF_UNLIMITED);

	buf_adds(&name, "type.googleapis.com/google.rpc.");
	buf_adds(&name, type);
	jsonw_object(w);
	jsonw_kstr(w, "@type", name.p);
	buf_release(&name);
}

static void
detail_quota(struct jsonw *w, const struct mock_quota_failure *q)
{
	struct buf value = BUF_INIT(64);

	detail_open(w, "QuotaFailure");
	jsonw_key(w, "violations");
	jsonw_array(w);
	jsonw_object(w);
	jsonw_kstr(w, "quotaMetric", q->metric);
	jsonw_kstr(w, "quotaId", q->id);
	jsonw_key(w, "quotaDimensions");
	jsonw_object(w);
	jsonw_kstr(w, "location", "global");
	jsonw_kstr(w, "model", q->model);
	jsonw_end(w);
	buf_addf(&value, "%lld", (long long)q->value);
	jsonw_kstr(w, "quotaValue", value.p);
	jsonw_end(w);
	jsonw_end(w);
	jsonw_end(w);
	buf_release(&value);
}

static void
detail_retry(struct jsonw *w, int64_t ms)
{
	char *delay = seconds_of(ms), *text = xasprintf("%ss", delay);

	detail_open(w, "RetryInfo");
	jsonw_kstr(w, "retryDelay", text);
	jsonw_end(w);
	free(text);
	free(delay);
}

static void
error_gemini(struct jsonw *w, const struct mock_error *e, const char *status, const char *message)
{
	jsonw_key(w, "error");
	jsonw_object(w);
	jsonw_ki64(w, "code", e->status);
	jsonw_kstr(w, "message", message);
	jsonw_kstr(w, "status", status);
	if (e->code || e->quota.id || e->retry_after_ms >= 0) {
		jsonw_key(w, "details");
		jsonw_array(w);
		if (e->code) {
			detail_open(w, "ErrorInfo");
			jsonw_kstr(w, "reason", e->code);
			jsonw_kstr(w, "domain", "googleapis.com");
			jsonw_end(w);
		}
		if (e->quota.id)
			detail_quota(w, &e->quota);
		if (e->retry_after_ms >= 0)
			detail_retry(w, e->retry_after_ms);
		jsonw_end(w);
	}
	jsonw_end(w);
}

static const struct error_word *
error_word_of(const struct mock_error *e, enum mock_family family)
{
	const struct error_word *word = words[family];

	while (word->status && word->status != e->status)
		word++;
	return !word->status && e->status < 500 ? words[family] : word;
}

const char *
mock_error_type(const struct mock_error *e, enum mock_family family)
{
	return e->type ? e->type : error_word_of(e, family)->type;
}

const char *
mock_error_message(const struct mock_error *e, enum mock_family family)
{
	return e->message ? e->message : error_word_of(e, family)->message;
}

void
mock_write_error(
    const struct mock_error *e, enum mock_family family, uint64_t serial, struct buf *out)
{
	const struct error_word *word = error_word_of(e, family);
	const char *type = mock_error_type(e, family), *code, *message;
	struct buf id = BUF_INIT(64);
	struct jsonw w;

	code = e->code ? e->code : e->type || e->message ? NULL : word->code;
	message = mock_error_message(e, family);
	jsonw_start(&w, out);
	jsonw_object(&w);
	switch (family) {
	case FAMILY_OPENAI:
		jsonw_key(&w, "error");
		jsonw_object(&w);
		jsonw_kstr(&w, "message", message);
		jsonw_kstr(&w, "type", type);
		jsonw_kstr(&w, "param", e->param);
		jsonw_kstr(&w, "code", code);
		jsonw_end(&w);
		break;
	case FAMILY_ANTHROPIC:
		jsonw_kstr(&w, "type", "error");
		jsonw_key(&w, "error");
		jsonw_object(&w);
		jsonw_kstr(&w, "type", type);
		jsonw_kstr(&w, "message", message);
		jsonw_end(&w);
		buf_addf(&id, "req_mock_%llu", (unsigned long long)serial);
		jsonw_kstr(&w, "request_id", id.p);
		break;
	case FAMILY_GEMINI:
		error_gemini(&w, e, type, message);
		break;
	case FAMILY_OLLAMA:
		jsonw_kstr(&w, "error", message);
		break;
	case FAMILY_COHERE:
		buf_addf(&id, "mock-%llu", (unsigned long long)serial);
		jsonw_kstr(&w, "id", id.p);
		jsonw_kstr(&w, "message", message);
		break;
	case FAMILY_BEDROCK:
		jsonw_kstr(&w, "message", message);
		break;
	}
	jsonw_end(&w);
	buf_release(&id);
}

void
mock_render_error(
    const struct mock_error *error, enum mock_family family, uint64_t serial, struct mock_reply *r)
{
	char *text;

	mock_reply_init(r, error->status);
	mock_reply_field(r, "content-type",
	    family == FAMILY_GEMINI   ? "application/json; charset=UTF-8"
	    : family == FAMILY_OLLAMA ? "application/json; charset=utf-8"
				      : "application/json");
	if (family == FAMILY_OPENAI || family == FAMILY_ANTHROPIC) {
		text = xasprintf("req_mock_%llu", (unsigned long long)serial);
		mock_reply_field(r, family == FAMILY_OPENAI ? "x-request-id" : "request-id", text);
		free(text);
	}
	if (family == FAMILY_BEDROCK) {
		text = xasprintf("req-mock-%llu", (unsigned long long)serial);
		mock_reply_field(r, "x-amzn-requestid", text);
		free(text);
		text = xasprintf("%s:http://internal.amazon.com/coral/com.amazon.bedrock/",
		    mock_error_type(error, family));
		mock_reply_field(r, "x-amzn-errortype", text);
		free(text);
	}
	if (error->retry_after_ms >= 0) {
		text = seconds_of(error->retry_after_ms);
		mock_reply_field(r, "retry-after", text);
		free(text);
	}
	mock_write_error(error, family, serial, &r->body.bytes);
	mock_tape_mark(&r->body, 0);
	r->terminal = r->body.bytes.len;
}
