/* SPDX-License-Identifier: MIT */
/* answers - read a case's response in pieces of every size, whole and cut, and compare. */
#include <stdlib.h>

#include "base/mem.h"
#include "json/jsonw.h"
#include "llm/record.h"
#include "recorded/recorded.h"

enum { CUTS = 8, CALLS_MAX = 64 };

static void
headers_of(const struct recorded *c, struct http_headers *h)
{
	struct json_iter it = json_each(json_get(c->meta, "headers"));

	while (json_next(&it)) {
		char *name = json_strdup(it.key), *value = json_strdup(it.value);

		if (name && value)
			http_headers_add(h, name, value);
		free(name);
		free(value);
	}
}

static enum frame_format
asked(const struct recorded *c)
{
	if (!c->framing)
		return FRAME_WHOLE;
	if (strcmp(c->framing, "aws-eventstream") == 0)
		return FRAME_AWS;
	return strcmp(c->framing, "ndjson") == 0 ? FRAME_NDJSON : FRAME_SSE;
}

/* What was streamed, joined as it came. */
struct streamed {
	struct buf content, reasoning;
	struct buf arguments[CALLS_MAX]; /* by call */
};

static void
stream_init(struct streamed *s)
{
	size_t i;

	buf_init(&s->content, BUF_UNLIMITED);
	buf_init(&s->reasoning, BUF_UNLIMITED);
	for (i = 0; i < CALLS_MAX; i++)
		buf_init(&s->arguments[i], BUF_UNLIMITED);
}

static void
stream_release(struct streamed *s)
{
	size_t i;

	buf_release(&s->content);
	buf_release(&s->reasoning);
	for (i = 0; i < CALLS_MAX; i++)
		buf_release(&s->arguments[i]);
}

static void
stream_add(void *user, const struct delta *d)
{
	struct streamed *s = user;
	struct buf *to = d->kind == DELTA_CONTENT ? &s->content : &s->reasoning;

	if (d->kind == DELTA_TOOL_CALL)
		to = &s->arguments[d->tool_index % CALLS_MAX];
	if (d->raw.p)
		json_text((struct json){ d->raw.p, d->raw.len, JSON_STRING }, to);
	else
		buf_addstr(to, d->text);
}

/* Who joins the chunks must have what the response says (arguments that came as nothing are {}
 * there). */
static void
stream_compare(const struct streamed *s, const struct answer *a, struct buf *why)
{
	struct buf content = BUF_INIT(BUF_UNLIMITED), reasoning = BUF_INIT(BUF_UNLIMITED);
	const struct part *part;
	size_t i;

	answer_content(a, &content);
	answer_reasoning(a, &reasoning);
	if (!str_eq(buf_str(&content), buf_str(&s->content)))
		buf_addf(why, "# the chunks' content is %.200s\n", s->content.p);
	if (!str_eq(buf_str(&reasoning), buf_str(&s->reasoning)))
		buf_addf(why, "# the chunks' reasoning is %.200s\n", s->reasoning.p);
	for (i = 0; i < a->part_count; i++) {
		part = &a->parts[i];
		if (part->type == PART_TOOL_CALL && !str_is(buf_str(&part->text), "{}") &&
		    !str_eq(buf_str(&part->text), buf_str(&s->arguments[part->tool_index])))
			buf_addf(why, "# the chunks' arguments are %.200s, not %.200s\n",
			    s->arguments[part->tool_index].p, part->text.p);
	}
	buf_release(&content);
	buf_release(&reasoning);
}

/* How a response is fed to the reader. */
struct feed {
	size_t len, stride;
	struct http_result end;
};

/* Read the first len bytes in pieces of stride, and append the response record to out. False where
 * the answer is an error. */
static bool
read_answer(const struct recorded *c, const struct feed *feed, struct buf *out, struct buf *why)
{
	struct http_headers headers = { 0 };
	struct provider provider = {
		.name = c->provider,
		.dialect = c->dialect,
		.done_optional = recorded_exception(c->id, "done-optional") != NULL,
	};
	struct response_facts facts = {
		.id = STR_LIT("\"id\""),
		.provider = c->provider,
		.requested_model = STR_LIT("model"),
		.requested = STR_LIT("model"),
		.total_us = -1,
		.ttft_us = -1,
		.queue_us = -1,
	};
	struct streamed streamed;
	struct answer a;
	struct reader *r;
	size_t at, n;
	bool ok;

	headers_of(c, &headers);
	stream_init(&streamed);
	answer_init(&a, stream_add, &streamed);
	if (strcmp(c->provider, "huggingface") == 0 || strcmp(c->provider, "groq") == 0)
		lead_think(&a.lead); /* as their presets have it */
	r = reader_new(c->dialect, &a, asked(c));
	reader_head(r, c->status, &headers, 0);
	for (at = 0; at < feed->len; at += n) {
		char *piece;

		n = feed->len - at < feed->stride ? feed->len - at : feed->stride;
		piece = xmemdup(c->response.p + at, n);
		ok = reader_feed(r, piece, n);
		free(piece);
		if (!ok)
			break;
	}
	reader_end(r, &provider, &feed->end);
	ok = a.error.kind == ERROR_NONE;
	if (out)
		record_response(out, &a, &facts);
	if (why)
		stream_compare(&streamed, &a, why);
	stream_release(&streamed);
	reader_free(r);
	answer_release(&a);
	http_headers_release(&headers);
	return ok;
}

static void
compare(const char *record, const struct buf *expected, struct json actual, struct buf *why)
{
	struct err err = ERR_INIT;
	struct json want, have;
	struct json_iter it;

	if (json_parse(expected->p, expected->len, &want, &err) < 0) {
		buf_addf(why, "# the oracle's answer: %s\n", err.text);
		return;
	}
	for (it = json_each(want); json_next(&it);) {
		char *key = json_strdup(it.key);

		have = json_get(actual, key);
		if (!json_equal(it.value, have))
			buf_addf(why, "# %s: %s is %.*s, the bytes say %.*s\n", record, key,
			    (int)(have.len < 300 ? have.len : 300), have.p ? have.p : "",
			    (int)(it.value.len < 300 ? it.value.len : 300), it.value.p);
		free(key);
	}
}

/* What the oracle expects, against the record in the same words (answer.jq). */
static void
check_against_oracle(const struct recorded *c, const struct buf *record, struct buf *why)
{
	struct buf input = BUF_INIT(BUF_UNLIMITED), expected = BUF_INIT(BUF_UNLIMITED),
		   actual = BUF_INIT(BUF_UNLIMITED), events = BUF_INIT(BUF_UNLIMITED);
	char *program = xasprintf("%s.oracle", c->status < 300 ? c->words : "error");
	struct err err = ERR_INIT;
	struct json v = JSON_ABSENT;
	struct jsonw w;

	recorded_events(c, &events);
	jsonw_start(&w, &input);
	jsonw_object(&w);
	jsonw_kstr(&w, "case", c->id);
	jsonw_kstr(&w, "provider", c->provider);
	jsonw_kjson(&w, "meta", c->meta);
	jsonw_kbool(&w, "streamed", c->framing != NULL);
	jsonw_kbool(&w, "doneOptional", recorded_exception(c->id, "done-optional") != NULL);
	jsonw_key(&w, "events");
	jsonw_raw(&w, buf_str(&events));
	jsonw_key(&w, "record");
	jsonw_raw(&w, buf_str(record));
	jsonw_end(&w);
	if (json_parse(input.p, input.len, &v, &err) < 0 ||
	    recorded_jq(program, v, &expected, &err) < 0 ||
	    recorded_jq("answer", v, &actual, &err) < 0 ||
	    json_parse(actual.p, actual.len, &v, &err) < 0)
		buf_addf(why, "# %s\n", err.text);
	else
		compare("response", &expected, v, why);
	free(program);
	buf_release(&events);
	buf_release(&input);
	buf_release(&expected);
	buf_release(&actual);
}

void
recorded_check_response(const struct recorded *c, struct buf *why)
{
	static const size_t strides[] = { 1, 3, 8192 };
	struct feed feed = { .len = c->response.len,
		.stride = c->response.len + 1,
		.end = { .end = HTTP_DONE, .status = c->status, .length_proven = true } };
	struct buf whole = BUF_INIT(BUF_UNLIMITED), pieces = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct json v;
	size_t i;

	(void)read_answer(c, &feed, &whole, why); /* the record says whether it failed */
	if (json_parse(whole.p, whole.len, &v, &err) < 0 || memchr(whole.p, '\n', whole.len)) {
		buf_addf(why, "# the record is no line of JSON: %s\n", err.text);
	} else {
		recorded_check_schema("response", v, why);
		check_against_oracle(c, &whole, why);
		recorded_check_echo(c, &whole, why);
	}
	for (i = 0; i < sizeof strides / sizeof *strides; i++) {
		buf_reset(&pieces);
		feed.stride = strides[i];
		(void)read_answer(c, &feed, &pieces, NULL);
		if (!str_eq(buf_str(&whole), buf_str(&pieces)))
			buf_addf(why, "# in pieces of %zu bytes the answer is another: %.300s\n",
			    strides[i], pieces.p);
	}
	buf_release(&whole);
	buf_release(&pieces);
}

/* --- cut streams --- */

/* Where the last message of AWS's framing begins. */
static size_t
last_message_at(struct str text)
{
	size_t at = 0, n;

	for (;; at += n) {
		n = recorded_aws_length(text, at);
		if (!n || at + n >= text.len)
			return at;
	}
}

/* Where the proof of the end begins: what is cut before it must not count as whole. */
static size_t
proof_at(const struct recorded *c)
{
	static const char *const proofs[] = { "[DONE]", "\"type\":\"message_stop\"",
		"\"type\": \"message_stop\"", "\"done\":true", "\"done\": true", "\"finishReason\"",
		"\"type\":\"message-end\"", "\"response.completed\"", "\"response.incomplete\"",
		"\"response.failed\"" };
	struct str text = buf_str(&c->response);
	size_t first = text.len, i;
	const char *at;

	if (asked(c) == FRAME_AWS)
		return last_message_at(text);
	while (first && (unsigned char)text.p[first - 1] <= ' ')
		first--;
	if (first) /* the last byte that says something */
		first--;
	for (i = 0; c->framing && i < sizeof proofs / sizeof *proofs; i++) {
		at = strstr(text.p, proofs[i]);
		if (at && (size_t)(at - text.p) < first)
			first = (size_t)(at - text.p);
	}
	return first;
}

void
recorded_check_cuts(const struct recorded *c, struct buf *why)
{
	/* However politely the transport ends: only the provider's own end counts. */
	struct http_result ends[] = {
		{ .end = HTTP_CUT, .status = c->status, .message = "the connection ended" },
		{ .end = HTTP_DONE, .status = c->status },
		{ .end = HTTP_DONE, .status = c->status, .length_proven = true },
	};
	size_t proof = proof_at(c), i, j, n;
	struct feed feed;

	if (c->status >= 300)
		return;
	for (i = 1; i <= CUTS; i++) {
		n = proof * i / CUTS;
		for (j = 0; j < sizeof ends / sizeof *ends; j++) {
			if (j == 2 && recorded_exception(c->id, "done-optional"))
				continue; /* then that is a proof */
			feed = (struct feed){ .len = n, .stride = 4096, .end = ends[j] };
			if (read_answer(c, &feed, NULL, NULL))
				buf_addf(why, "# cut at byte %zu of %zu (%s) it passes for whole\n",
				    n, c->response.len, http_end_name(ends[j].end));
		}
	}
}
