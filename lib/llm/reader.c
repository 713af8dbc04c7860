/* SPDX-License-Identifier: MIT */
/* reader - from an answer's bytes to the answer: framing, JSON, and the dialect's reading of it. */
#include <stdlib.h>

#include "base/mem.h"
#include "llm/dialect.h"

enum { ERROR_BODY_MAX = 64 << 10, SHOWN_MAX = 80 };

struct reader {
	const struct dialect *dialect;
	struct answer *answer;
	enum frame_format asked, format;
	char *content_type; /* NULL: none was told */
	char *error_type; /* AWS names its errors in a header field; NULL: not told */
	int status;
	struct frame *frame; /* NULL until the first byte decided the format, and for errors */
	struct buf error_body;
	int64_t cached; /* tokens that the cache gave, told in the head (Fireworks) */
	bool any; /* something but white space came */
	bool told; /* a message was handed out */
	bool ending; /* what is still handed out may have been cut */
};

struct reader *
reader_new(const struct dialect *d, struct answer *a, enum frame_format asked)
{
	struct reader *r = xcalloc(1, sizeof *r);

	r->dialect = d;
	r->answer = a;
	r->cached = TOKENS_UNKNOWN;
	r->asked = asked;
	buf_init(&r->error_body, ERROR_BODY_MAX);
	return r;
}

void
reader_free(struct reader *r)
{
	if (!r)
		return;
	frame_free(r->frame);
	buf_release(&r->error_body);
	free(r->content_type);
	free(r->error_type);
	free(r);
}

static bool
is_success(const struct reader *r)
{
	return r->status >= 200 && r->status < 300;
}

static void
read_cached(struct reader *r, const char *count)
{
	struct err err = ERR_INIT;
	struct json v;

	if (count && json_parse(count, strlen(count), &v, &err) == 0)
		usage_set(&r->cached, v);
}

void
reader_head(struct reader *r, int status, const struct http_headers *headers, int64_t now_wall_us)
{
	static const char *const ids[] = { "x-request-id", "request-id", "apim-request-id",
		"x-amzn-requestid", "x-goog-request-id", "cf-ray" };
	const char *type = http_headers_get(headers, "content-type"), *id = NULL;
	const char *error = http_headers_get(headers, "x-amzn-errortype");
	size_t i;

	r->status = status;
	free(r->content_type);
	r->content_type = xstrdup_or_null(type);
	free(r->error_type);
	r->error_type = xstrdup_or_null(error);
	if (is_success(r)) {
		read_cached(r, http_headers_get(headers, "fireworks-cached-prompt-tokens"));
		return;
	}
	for (i = 0; i < sizeof ids / sizeof *ids && !id; i++)
		id = http_headers_get(headers, ids[i]);
	if (id)
		buf_adds(&r->answer->error.request_id, id);
	r->answer->error.retry_after_ms = retry_after_ms(headers, now_wall_us);
}

/*
 * What the body is, by its first byte: servers answer a stream request with one body, send streams
 * nobody asked for, and misname both. A field of an event stream never begins like JSON.
 */
static enum frame_format
format_of(const struct reader *r, char first)
{
	enum frame_format told = frame_of_content_type(r->content_type, r->asked);

	switch (first) {
	case '{':
		return r->asked == FRAME_NDJSON || told == FRAME_NDJSON ? FRAME_NDJSON
									: FRAME_WHOLE;
	case '[':
		return r->asked == FRAME_WHOLE ? FRAME_WHOLE : FRAME_JSON_ARRAY;
	case ':':
	case 'd': /* data: */
	case 'e': /* event: */
	case 'i': /* id: */
	case 'r': /* retry: */
		return FRAME_SSE;
	case '<':
	case 'n': /* null */
		return FRAME_WHOLE;
	case '\0': /* a message's length */
		return r->asked == FRAME_AWS ? FRAME_AWS : told;
	default:
		return told;
	}
}

static void
malformed(struct reader *r, struct str data)
{
	if (r->ending || r->answer->ended) /* cut: that it is missing says so; or after the end */
		return;
	answer_fail(r->answer, ERROR_PROTOCOL, "the stream holds what is no JSON: %.*s",
	    (int)str_cut_utf8(data, SHOWN_MAX), data.p);
}

/* One whole body. */
static void
read_body(struct reader *r, struct str data)
{
	struct err err = ERR_INIT;
	struct json v;

	if (json_parse(data.p, data.len, &v, &err) < 0) {
		if (!r->ending)
			answer_error_text(r->answer, r->status, data);
	} else if (v.kind == JSON_OBJECT) {
		r->dialect->body(r->answer, v);
	} else if (json_get(v, "error").kind || json_find(v, "0.error").kind) {
		answer_error_json(r->answer, r->status, v);
	} else {
		answer_error_text(r->answer, r->status, data);
	}
}

static bool
read_message(void *user, struct str name, struct str data)
{
	struct reader *r = user;
	struct err err = ERR_INIT;
	struct json v;

	r->told = true;
	if (r->answer->ended) /* what comes after the end is no part of the answer */
		return true;
	if (r->format == FRAME_WHOLE) {
		read_body(r, data);
	} else if (json_parse(data.p, data.len, &v, &err) < 0) {
		data = str_trim(data);
		if (data.len && !(r->dialect->raw && r->dialect->raw(r->answer, data)))
			malformed(r, data);
	} else if (v.kind == JSON_OBJECT) {
		r->dialect->event(r->answer, name, v);
	} else if (json_find(v, "0.error").kind) {
		answer_error_json(r->answer, 0, v);
	} else if (v.kind != JSON_NULL) {
		malformed(r, data);
	}
	return r->answer->error.kind == ERROR_NONE && !r->answer->overflow;
}

/* Open the frame at the first byte that is not white space; *p and *n move past that. */
static bool
reader_open(struct reader *r, const char **p, size_t *n)
{
	while (*n && strchr(" \t\r\n", **p) && **p) {
		(*p)++;
		(*n)--;
	}
	if (!*n)
		return false;
	r->any = true;
	r->format = format_of(r, **p);
	r->frame = frame_new(r->format, FRAME_LIMIT, read_message, r);
	return true;
}

bool
reader_feed(struct reader *r, const char *p, size_t n)
{
	struct answer *a = r->answer;
	struct err err = ERR_INIT;

	if (!is_success(r)) {
		if (n > r->error_body.limit - r->error_body.len)
			n = r->error_body.limit - r->error_body.len;
		buf_add(&r->error_body, p, n);
		return r->error_body.len < r->error_body.limit; /* more of it says no more */
	}
	if (!r->frame && !reader_open(r, &p, &n))
		return true;
	if (frame_feed(r->frame, p, n, &err) < 0 && !a->overflow)
		answer_fail(a, ERROR_PROTOCOL, "%s", err.text);
	if (a->overflow)
		answer_fail(a, ERROR_PROTOCOL, "the answer is too large");
	return a->error.kind == ERROR_NONE;
}

/* How a transport's end reads as an error; ERROR_NONE where it is none. */
static enum error_kind
kind_of_end(enum http_end end)
{
	switch (end) {
	case HTTP_DONE:
		return ERROR_NONE;
	case HTTP_CUT:
		return ERROR_TRUNCATED;
	case HTTP_DNS:
	case HTTP_CONNECT:
	case HTTP_TLS:
	case HTTP_RESET:
		return ERROR_NETWORK;
	case HTTP_PROTOCOL:
		return ERROR_PROTOCOL;
	case HTTP_CONNECT_TIMEOUT:
	case HTTP_FIRST_TIMEOUT:
	case HTTP_IDLE_TIMEOUT:
	case HTTP_TIMEOUT:
		return ERROR_TIMEOUT;
	case HTTP_CANCELLED:
		return ERROR_CANCELLED;
	case HTTP_BAD_REQUEST:
		return ERROR_INVALID_REQUEST;
	}
	return ERROR_PROTOCOL;
}

static void
end_error_body(struct reader *r)
{
	struct str body = buf_str(&r->error_body);
	struct err err = ERR_INIT;
	struct json v;

	if (json_parse(body.p, body.len, &v, &err) == 0 &&
	    (v.kind == JSON_OBJECT || v.kind == JSON_ARRAY))
		answer_error_named(r->answer, r->status, str_of(r->error_type), v);
	else
		answer_error_text(r->answer, r->status, body);
}

static void
end_success(struct reader *r, bool done)
{
	struct err err = ERR_INIT;

	r->ending = r->format != FRAME_WHOLE || !done;
	if (r->frame && frame_end(r->frame, done, &err) < 0 && !r->ending)
		answer_fail(r->answer, ERROR_PROTOCOL, "%s", err.text);
	if (!r->any && done)
		answer_error_text(r->answer, r->status, STR_NONE);
	else if (r->format == FRAME_JSON_ARRAY && !r->told && done)
		answer_error_text(r->answer, r->status, STR_LIT("[]"));
}

void
reader_end(struct reader *r, const struct provider *p, const struct http_result *result)
{
	struct answer *a = r->answer;
	bool done = result->end == HTTP_DONE;
	bool proven = done && result->length_proven;
	enum error_kind kind = kind_of_end(result->end);

	if (is_success(r))
		end_success(r, done);
	else if (r->status)
		end_error_body(r);
	if (proven && is_success(r) && r->dialect->closed)
		r->dialect->closed(a);
	if (kind != ERROR_NONE && !a->ended)
		answer_fail(
		    a, kind, "%s", result->message ? result->message : http_end_name(result->end));
	if (a->usage.cache_read == TOKENS_UNKNOWN && a->usage.in != TOKENS_UNKNOWN)
		a->usage.cache_read = r->cached;
	answer_finish(a, p->done_optional, proven);
}
