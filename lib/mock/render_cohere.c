/* SPDX-License-Identifier: MIT */
/* render_cohere - /v2/chat: one object, or the whole set of events. */
#include "base/buf.h"
#include "json/jsonw.h"
#include "mock/render.h"

static const char *const stops[] = { "end", "COMPLETE", "stop", "STOP_SEQUENCE", "length",
	"MAX_TOKENS", "tool", "TOOL_CALL", "filter", "ERROR_TOXIC", "refusal", "COMPLETE", "pause",
	"COMPLETE", "error", "ERROR", NULL };

static void
cohere_id(struct jsonw *w, const struct mock_saying *s)
{
	struct buf id = BUF_INIT(64);

	buf_addf(&id, "mock-%llu", (unsigned long long)s->serial);
	jsonw_kstr(w, "id", id.p);
	buf_release(&id);
}

/* What is billed is less than what the model saw: the template around the messages is not. */
static void
cohere_usage(struct jsonw *w, const struct mock_saying *s)
{
	jsonw_key(w, "usage");
	jsonw_object(w);
	jsonw_key(w, "billed_units");
	jsonw_object(w);
	jsonw_ki64(w, "input_tokens", s->in / 2);
	jsonw_ki64(w, "output_tokens", s->out - s->thinking);
	jsonw_end(w);
	jsonw_key(w, "tokens");
	jsonw_object(w);
	jsonw_ki64(w, "input_tokens", s->in);
	jsonw_ki64(w, "output_tokens", s->out);
	if (s->thinking)
		jsonw_ki64(w, "reasoning_tokens", s->thinking);
	jsonw_end(w);
	jsonw_ki64(w, "cached_tokens", s->cache_read);
	jsonw_end(w);
}

/* A call; text: its arguments as they stand in it. */
static void
cohere_call(struct jsonw *w, const struct mock_saying *s, size_t i, struct str arguments)
{
	const struct mock_tool_call *call = &s->answer->calls[i];
	struct buf id = BUF_INIT(BUF_UNLIMITED);

	if (call->id)
		buf_adds(&id, call->id);
	else
		buf_addf(&id, "%s_mock%llu%zu", call->name, (unsigned long long)s->serial, i);
	jsonw_object(w);
	jsonw_kstr(w, "id", id.p);
	jsonw_kstr(w, "type", "function");
	jsonw_key(w, "function");
	jsonw_object(w);
	jsonw_kstr(w, "name", call->name);
	jsonw_kstrn(w, "arguments", arguments);
	jsonw_end(w);
	jsonw_end(w);
	buf_release(&id);
}

static void
cohere_block(struct jsonw *w, const char *type, struct str text)
{
	jsonw_object(w);
	jsonw_kstr(w, "type", type);
	jsonw_kstrn(w, type, text);
	jsonw_end(w);
}

/* Reasoning before calls is their plan. */
static bool
cohere_plans(const struct mock_saying *s)
{
	return s->reasoning.len && s->answer->call_count;
}

static void
cohere_whole(const struct mock_saying *s, struct mock_reply *r)
{
	struct jsonw w;
	size_t i;

	jsonw_start(&w, &r->body.bytes);
	jsonw_object(&w);
	cohere_id(&w, s);
	jsonw_key(&w, "message");
	jsonw_object(&w);
	jsonw_kstr(&w, "role", "assistant");
	if (cohere_plans(s))
		jsonw_kstrn(&w, "tool_plan", s->reasoning);
	if (s->text.len || (s->reasoning.len && !cohere_plans(s))) {
		jsonw_key(&w, "content");
		jsonw_array(&w);
		if (s->reasoning.len && !cohere_plans(s))
			cohere_block(&w, "thinking", s->reasoning);
		if (s->text.len)
			cohere_block(&w, "text", s->text);
		jsonw_end(&w);
	}
	if (s->answer->call_count) {
		jsonw_key(&w, "tool_calls");
		jsonw_array(&w);
		for (i = 0; i < s->answer->call_count; i++)
			cohere_call(&w, s, i, str_of(s->answer->calls[i].arguments));
		jsonw_end(&w);
	}
	jsonw_end(&w);
	jsonw_kstr(&w, "finish_reason", mock_stop_word(s, stops));
	cohere_usage(&w, s);
	jsonw_end(&w);
}

/* --- streamed --- */

struct cohere_stream {
	const struct mock_saying *s;
	struct mock_reply *r;
	struct jsonw w;
	int64_t index; /* of the next block */
	bool any; /* output was sent */
};

/* The event up to its open message; index -1: it bears none. */
static void
cohere_open(struct cohere_stream *c, const char *type, int64_t index)
{
	buf_addf(&c->r->body.bytes, "event: %s\ndata: ", type);
	jsonw_start(&c->w, &c->r->body.bytes);
	jsonw_object(&c->w);
	jsonw_kstr(&c->w, "type", type);
	if (index >= 0)
		jsonw_ki64(&c->w, "index", index);
	jsonw_key(&c->w, "delta");
	jsonw_object(&c->w);
	jsonw_key(&c->w, "message");
	jsonw_object(&c->w);
}

static void
cohere_close(struct cohere_stream *c, int64_t wait_us)
{
	jsonw_end(&c->w);
	jsonw_end(&c->w);
	jsonw_end(&c->w);
	buf_adds(&c->r->body.bytes, "\n\n");
	mock_tape_mark(&c->r->body, wait_us);
}

/* The end of a block or a call. */
static void
cohere_end(struct cohere_stream *c, const char *type, int64_t index)
{
	buf_addf(&c->r->body.bytes, "event: %s\ndata: ", type);
	jsonw_start(&c->w, &c->r->body.bytes);
	jsonw_object(&c->w);
	jsonw_kstr(&c->w, "type", type);
	jsonw_ki64(&c->w, "index", index);
	jsonw_end(&c->w);
	buf_adds(&c->r->body.bytes, "\n\n");
	mock_tape_mark(&c->r->body, 0);
}

static void
cohere_start(struct cohere_stream *c)
{
	buf_adds(&c->r->body.bytes, "event: message-start\ndata: ");
	jsonw_start(&c->w, &c->r->body.bytes);
	jsonw_object(&c->w);
	cohere_id(&c->w, c->s);
	jsonw_kstr(&c->w, "type", "message-start");
	jsonw_key(&c->w, "delta");
	jsonw_object(&c->w);
	jsonw_key(&c->w, "message");
	jsonw_object(&c->w);
	jsonw_kstr(&c->w, "role", "assistant");
	cohere_close(c, 0);
}

static void
cohere_plan(struct cohere_stream *c)
{
	struct str rest = c->s->reasoning, chunk;

	while (mock_next_words(&rest, c->s->answer->chunk_words, &chunk)) {
		cohere_open(c, "tool-plan-delta", -1);
		jsonw_kstrn(&c->w, "tool_plan", chunk);
		cohere_close(c, mock_output_wait(c->s, c->r, &c->any));
	}
}

static void
cohere_content(struct cohere_stream *c, const char *type, struct str rest)
{
	struct str chunk;

	if (!rest.len)
		return;
	cohere_open(c, "content-start", c->index);
	jsonw_key(&c->w, "content");
	cohere_block(&c->w, type, STR_LIT(""));
	cohere_close(c, 0);
	while (mock_next_words(&rest, c->s->answer->chunk_words, &chunk)) {
		cohere_open(c, "content-delta", c->index);
		jsonw_key(&c->w, "content");
		jsonw_object(&c->w);
		jsonw_kstrn(&c->w, type, chunk);
		jsonw_end(&c->w);
		cohere_close(c, mock_output_wait(c->s, c->r, &c->any));
	}
	cohere_end(c, "content-end", c->index++);
}

static void
cohere_calls(struct cohere_stream *c)
{
	size_t i;

	for (i = 0; i < c->s->answer->call_count; i++) {
		cohere_open(c, "tool-call-start", (int64_t)i);
		jsonw_key(&c->w, "tool_calls");
		cohere_call(&c->w, c->s, i, STR_LIT(""));
		cohere_close(c, mock_output_wait(c->s, c->r, &c->any));
		cohere_open(c, "tool-call-delta", (int64_t)i);
		jsonw_key(&c->w, "tool_calls");
		jsonw_object(&c->w);
		jsonw_key(&c->w, "function");
		jsonw_object(&c->w);
		jsonw_kstr(&c->w, "arguments", c->s->answer->calls[i].arguments);
		jsonw_end(&c->w);
		jsonw_end(&c->w);
		cohere_close(c, c->s->answer->token_us);
		cohere_end(c, "tool-call-end", (int64_t)i);
	}
}

/* A failure inside the stream is told where it ends. */
static void
cohere_finish(struct cohere_stream *c)
{
	const struct mock_error *e = &c->s->answer->error;

	c->r->terminal = c->r->body.bytes.len;
	buf_adds(&c->r->body.bytes, "event: message-end\ndata: ");
	jsonw_start(&c->w, &c->r->body.bytes);
	jsonw_object(&c->w);
	jsonw_kstr(&c->w, "type", "message-end");
	jsonw_key(&c->w, "delta");
	jsonw_object(&c->w);
	jsonw_kstr(&c->w, "finish_reason", e->status ? "ERROR" : mock_stop_word(c->s, stops));
	if (e->status)
		jsonw_kstr(&c->w, "error", mock_error_message(e, FAMILY_COHERE));
	cohere_usage(&c->w, c->s);
	jsonw_end(&c->w);
	jsonw_end(&c->w);
	buf_adds(&c->r->body.bytes, "\n\ndata: [DONE]\n\n");
	mock_tape_mark(&c->r->body, 0);
}

void
mock_render_cohere(const struct mock_saying *s, struct mock_reply *r)
{
	struct cohere_stream c = { .s = s, .r = r };

	mock_reply_field(r, "content-type", r->streamed ? "text/event-stream" : "application/json");
	if (!r->streamed) {
		cohere_whole(s, r);
		return;
	}
	cohere_start(&c);
	if (cohere_plans(s))
		cohere_plan(&c);
	else
		cohere_content(&c, "thinking", s->reasoning);
	cohere_content(&c, "text", s->text);
	cohere_calls(&c);
	cohere_finish(&c);
}
