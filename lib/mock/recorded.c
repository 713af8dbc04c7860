/* SPDX-License-Identifier: MIT */
/* recorded - the recorded exchange that fits, and what it answers. */
#include "mock/recorded.h"

#include "base/mem.h"

static void
free_note(void *note)
{
	mock_request_release(note);
	free(note);
}

/* The recorded request as the mock reads requests. */
static struct mock_request *
request_of(struct cassette_case *k)
{
	struct mock_request *r = k->note;

	if (r || !cassette_case_meta(k))
		return r;
	k->note = r = xcalloc(1, sizeof *r);
	k->note_free = free_note;
	mock_request_init(r);
	mock_request_path(r, buf_str(&k->path),
	    json_exists(json_find(k->meta, "request_headers.anthropic-version")));
	return r;
}

static bool
path_fits(struct cassette_case *k, const char *method, struct str path,
    const struct mock_request *request)
{
	const struct mock_request *own = request_of(k);
	struct json recorded;

	if (!own)
		return false;
	recorded = json_get(k->meta, "method");
	if (json_exists(recorded) && !json_eq(recorded, method))
		return false;
	if (request->api == MOCK_UNKNOWN || own->api == MOCK_UNKNOWN)
		return str_eq(path, buf_str(&k->path));
	if (request->api != own->api)
		return false;
	/* These models stand in the path. */
	return (request->family != FAMILY_GEMINI && request->family != FAMILY_BEDROCK &&
		   !request->vertex) ||
	       str_eq(buf_str(&request->model), buf_str(&own->model));
}

enum likeness { UNLIKE, SAME_QUESTION, SAME_BODY };

static enum likeness
likeness_of(struct cassette_case *k, const struct mock_request *request)
{
	struct mock_request *own = request_of(k);
	struct json body = cassette_case_body(k);

	if (body.kind == JSON_NONE && request->body.kind == JSON_NONE)
		return SAME_BODY;
	if (body.kind == JSON_NONE || request->body.kind == JSON_NONE)
		return UNLIKE;
	if (json_equal(body, request->body))
		return SAME_BODY;
	if (own->body.kind == JSON_NONE)
		mock_request_body(own, body);
	if (request->user.len == 0 || request->stream != own->stream ||
	    request->ends_in_tool_result != own->ends_in_tool_result)
		return UNLIKE;
	return str_eq(buf_str(&request->model), buf_str(&own->model)) &&
		       str_eq(buf_str(&request->user), buf_str(&own->user))
		   ? SAME_QUESTION
		   : UNLIKE;
}

struct cassette_case *
mock_recorded_match(
    struct cassettes *c, const char *method, struct str path, const struct mock_request *request)
{
	enum likeness best_like = UNLIKE, like;
	struct cassette_case *best = NULL, *k;

	for (size_t i = 0; (k = cassettes_at(c, i)) != NULL; i++) {
		if (!path_fits(k, method, path, request))
			continue;
		like = likeness_of(k, request);
		if (like == UNLIKE || like < best_like)
			continue;
		if (like == best_like && k->given >= best->given)
			continue;
		best = k;
		best_like = like;
	}
	return best;
}

/* A stream's pieces, each after the wait that was recorded. */
static void
play_pieces(struct mock_reply *r, const struct cassette_answer *a)
{
	size_t at = 0;
	int64_t then_us = 0;

	r->streamed = true;
	for (size_t i = 0; i < a->count; i++) {
		struct str piece = { a->body.p + at, a->pieces[i].end - at };

		buf_addstr(&r->body.bytes, piece);
		mock_tape_mark(&r->body, a->pieces[i].at_us - then_us);
		then_us = a->pieces[i].at_us;
		if (str_trim(piece).len > 0)
			r->terminal = at;
		if (i == 0 && a->count > 1)
			r->first_output = piece.len; /* what comes first is a role, or a start */
		at = a->pieces[i].end;
	}
}

int
mock_recorded_reply(struct cassette_case *k, struct mock_reply *r, struct err *err)
{
	struct cassette_answer a;

	if (cassette_case_answer(k, &a, err) < 0)
		return -1;
	mock_reply_init(r, a.status);
	r->cut = a.cut;
	for (size_t i = 0; i < a.headers.count; i++)
		mock_reply_field(r, a.headers.items[i].name, a.headers.items[i].value);
	if (a.streamed)
		play_pieces(r, &a);
	else
		mock_reply_body(r, buf_str(&a.body));
	cassette_answer_release(&a);
	return 0;
}
