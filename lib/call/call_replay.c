/* SPDX-License-Identifier: MIT */
/*
 * call_replay - a call answered from a cassette: no network, no key, and the times that were
 * recorded. Only the very same request finds its answer.
 */
#include "call/call_state.h"
#include "cassette/cassette.h"

/* "https://host/path?query": the path. */
static struct str
path_of(const char *url)
{
	const char *start = strstr(url, "://"), *slash = start ? strchr(start + 3, '/') : NULL;

	return slash ? (struct str){ slash, strcspn(slash, "?") } : STR_LIT("/");
}

static const char *
method_of(const struct call *c)
{
	return c->wire.method ? c->wire.method : "POST";
}

static struct cassette_case *
find(struct call *c)
{
	struct json body = JSON_ABSENT;
	struct err err = ERR_INIT;

	if (json_parse(c->wire.body.p, c->wire.body.len, &body, &err) < 0)
		body = JSON_ABSENT;
	return cassettes_same(
	    c->caller->config->replay, method_of(c), path_of(c->wire.url.p), body);
}

/* Feed the pieces; the time since the request went out at which the last one taken came. */
static void
feed(struct call *c, const struct cassette_answer *a, struct http_result *result)
{
	bool streaming = c->wire.framing != FRAME_WHOLE;
	size_t at = 0;

	for (size_t i = 0; i < a->count; i++) {
		bool go_on = reader_feed(c->reader, a->body.p + at, a->pieces[i].end - at);

		if (c->caller->config->keep_raw)
			buf_add(&c->raw, a->body.p + at, a->pieces[i].end - at);
		at = a->pieces[i].end;
		result->end_us = c->start_us + a->pieces[i].at_us;
		if (!c->first_us && (c->answer.output_seen || !streaming))
			c->first_us = result->end_us;
		if (!go_on) {
			result->end = HTTP_CANCELLED;
			return;
		}
	}
	if (a->end_us)
		result->end_us = c->start_us + a->end_us;
}

static void
play(struct call *c, const struct cassette_answer *a)
{
	struct http_result result = {
		.end = a->cut ? HTTP_CUT : HTTP_DONE,
		.status = a->status,
		.length_proven = !a->cut,
		.message = a->cut ? "the recording ends inside the body" : NULL,
		.end_us = c->start_us,
	};

	c->reader = reader_new(call_dialect(c), &c->answer, c->wire.framing);
	call_raw_head(c, a->status, &a->headers);
	reader_head(c->reader, a->status, &a->headers, 0);
	feed(c, a, &result);
	c->sent_us = c->start_us;
	c->end_us = result.end_us;
	reader_end(c->reader, c->provider, &result);
	if (!c->answer.error.status && c->answer.error.kind != ERROR_NONE && a->status >= 400)
		c->answer.error.status = a->status;
}

static void
start(struct call *c)
{
	struct cassette_case *k = find(c);
	struct cassette_answer a;
	struct err err = ERR_INIT;

	if (!k) {
		answer_fail(&c->answer, ERROR_NOT_FOUND,
		    "no recorded exchange is of this request (%s %s)", method_of(c), c->wire.url.p);
	} else if (cassette_case_answer(k, &a, &err) < 0) {
		answer_fail(&c->answer, ERROR_INVALID_INPUT, "%s", err.text);
	} else {
		play(c, &a);
		cassette_answer_release(&a);
	}
	call_carried(c);
}

static void
nothing(struct call *c)
{
	(void)c; /* it is over before anybody can ask */
}

const struct carrier call_replay = {
	.start = start,
	.cancel = nothing,
	.pause = nothing,
	.resume = nothing,
};
