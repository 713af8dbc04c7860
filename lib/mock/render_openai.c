/* SPDX-License-Identifier: MIT */
/* render_openai - chat completions: one object, or chunks and [DONE]. */
#include "base/buf.h"
#include "base/mem.h"
#include "json/jsonw.h"
#include "mock/render.h"

static const char *const stops[] = { "end", "stop", "stop", "stop", "length", "length", "tool",
	"tool_calls", "filter", "content_filter", "refusal", "stop", "pause", "stop", NULL };

static void
openai_head(struct jsonw *w, const struct mock_saying *s, const char *object)
{
	struct buf id = BUF_INIT(64);

	buf_addf(&id, "chatcmpl-mock-%llu", (unsigned long long)s->serial);
	jsonw_object(w);
	jsonw_kstr(w, "id", id.p);
	jsonw_kstr(w, "object", object);
	jsonw_ki64(w, "created", MOCK_CREATED);
	jsonw_kstr(w, "model", s->model);
	jsonw_kstr(w, "service_tier", "default");
	jsonw_kstr(w, "system_fingerprint", "fp_mock");
	buf_release(&id);
}

static void
openai_usage(struct jsonw *w, const struct mock_saying *s)
{
	jsonw_key(w, "usage");
	jsonw_object(w);
	jsonw_ki64(w, "prompt_tokens", s->in);
	jsonw_ki64(w, "completion_tokens", s->out);
	jsonw_ki64(w, "total_tokens", s->in + s->out);
	jsonw_key(w, "prompt_tokens_details");
	jsonw_object(w);
	jsonw_ki64(w, "cached_tokens", s->cache_read);
	if (s->cache_write)
		jsonw_ki64(w, "cache_write_tokens", s->cache_write);
	jsonw_ki64(w, "audio_tokens", 0);
	jsonw_end(w);
	jsonw_key(w, "completion_tokens_details");
	jsonw_object(w);
	jsonw_ki64(w, "reasoning_tokens", s->thinking);
	jsonw_ki64(w, "audio_tokens", 0);
	jsonw_ki64(w, "accepted_prediction_tokens", 0);
	jsonw_ki64(w, "rejected_prediction_tokens", 0);
	jsonw_end(w);
	jsonw_end(w);
}

static void
openai_call_id(struct jsonw *w, const struct mock_saying *s, size_t i)
{
	struct buf id = BUF_INIT(64);

	buf_addf(&id, "call_mock_%llu_%zu", (unsigned long long)s->serial, i + 1);
	jsonw_kstr(w, "id", s->answer->calls[i].id ? s->answer->calls[i].id : id.p);
	buf_release(&id);
}

static void
openai_calls(struct jsonw *w, const struct mock_saying *s)
{
	size_t i;

	jsonw_key(w, "tool_calls");
	jsonw_array(w);
	for (i = 0; i < s->answer->call_count; i++) {
		jsonw_object(w);
		openai_call_id(w, s, i);
		jsonw_kstr(w, "type", "function");
		jsonw_key(w, "function");
		jsonw_object(w);
		jsonw_kstr(w, "name", s->answer->calls[i].name);
		jsonw_kstr(w, "arguments", s->answer->calls[i].arguments);
		jsonw_end(w);
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void
openai_whole(const struct mock_saying *s, struct mock_reply *r)
{
	bool refused = strcmp(s->stop, "refusal") == 0;
	struct str none = STR_NONE;
	struct jsonw w;

	jsonw_start(&w, &r->body.bytes);
	openai_head(&w, s, "chat.completion");
	jsonw_key(&w, "choices");
	jsonw_array(&w);
	jsonw_object(&w);
	jsonw_ki64(&w, "index", 0);
	jsonw_key(&w, "message");
	jsonw_object(&w);
	jsonw_kstr(&w, "role", "assistant");
	jsonw_key(&w, "content");
	if (refused || (s->text.len == 0 && s->answer->call_count))
		jsonw_null(&w);
	else
		jsonw_strn(&w, s->text.p ? s->text : (struct str){ "", 0 });
	if (s->reasoning.len)
		jsonw_kstrn(&w, "reasoning_content", s->reasoning);
	if (s->answer->call_count)
		openai_calls(&w, s);
	jsonw_key(&w, "refusal");
	if (refused)
		jsonw_strn(&w, s->text.p ? s->text : none);
	else
		jsonw_null(&w);
	jsonw_key(&w, "annotations");
	jsonw_array(&w);
	jsonw_end(&w);
	jsonw_end(&w);
	jsonw_key(&w, "logprobs");
	jsonw_null(&w);
	jsonw_kstr(&w, "finish_reason", mock_stop_word(s, stops));
	jsonw_end(&w);
	jsonw_end(&w);
	openai_usage(&w, s);
	jsonw_end(&w);
}

/* --- streamed --- */

struct openai_stream {
	const struct mock_saying *s;
	struct mock_reply *r;
	struct jsonw w;
	bool any; /* output was sent */
};

static void
openai_chunk(struct openai_stream *o) /* up to the open delta */
{
	buf_adds(&o->r->body.bytes, "data: ");
	jsonw_start(&o->w, &o->r->body.bytes);
	openai_head(&o->w, o->s, "chat.completion.chunk");
	jsonw_key(&o->w, "choices");
	jsonw_array(&o->w);
	jsonw_object(&o->w);
	jsonw_ki64(&o->w, "index", 0);
	jsonw_key(&o->w, "delta");
	jsonw_object(&o->w);
}

static void
openai_chunk_end(struct openai_stream *o, const char *finish, int64_t wait_us)
{
	jsonw_end(&o->w);
	jsonw_key(&o->w, "logprobs");
	jsonw_null(&o->w);
	jsonw_kstr(&o->w, "finish_reason", finish);
	jsonw_end(&o->w);
	jsonw_end(&o->w);
	if (o->s->request->usage_chunk) {
		jsonw_key(&o->w, "usage");
		jsonw_null(&o->w);
	}
	jsonw_end(&o->w);
	buf_adds(&o->r->body.bytes, "\n\n");
	mock_tape_mark(&o->r->body, wait_us);
}

static void
openai_deltas(struct openai_stream *o, struct str rest, const char *member)
{
	struct str chunk;

	while (mock_next_words(&rest, o->s->answer->chunk_words, &chunk)) {
		openai_chunk(o);
		jsonw_kstrn(&o->w, member, chunk);
		openai_chunk_end(o, NULL, mock_output_wait(o->s, o->r, &o->any));
	}
}

/* A call's first delta has its id and name; the arguments follow in fragments. */
static void
openai_call_delta(struct openai_stream *o, size_t i, bool opening, struct str arguments)
{
	openai_chunk(o);
	jsonw_key(&o->w, "tool_calls");
	jsonw_array(&o->w);
	jsonw_object(&o->w);
	jsonw_ki64(&o->w, "index", (int64_t)i);
	if (opening) {
		openai_call_id(&o->w, o->s, i);
		jsonw_kstr(&o->w, "type", "function");
	}
	jsonw_key(&o->w, "function");
	jsonw_object(&o->w);
	if (opening)
		jsonw_kstr(&o->w, "name", o->s->answer->calls[i].name);
	jsonw_kstrn(&o->w, "arguments", arguments);
	jsonw_end(&o->w);
	jsonw_end(&o->w);
	jsonw_end(&o->w);
	openai_chunk_end(o, NULL, mock_output_wait(o->s, o->r, &o->any));
}

/* Azure's stream begins with what its filter says of the prompt, in a chunk without a choice. */
static void
openai_filter_chunk(struct openai_stream *o)
{
	struct jsonw *w = &o->w;

	buf_adds(&o->r->body.bytes, "data: ");
	jsonw_start(w, &o->r->body.bytes);
	jsonw_object(w);
	jsonw_key(w, "choices");
	jsonw_array(w);
	jsonw_end(w);
	jsonw_ki64(w, "created", 0);
	jsonw_kstr(w, "id", "");
	jsonw_kstr(w, "model", "");
	jsonw_kstr(w, "object", "");
	jsonw_key(w, "prompt_filter_results");
	jsonw_array(w);
	jsonw_object(w);
	jsonw_ki64(w, "prompt_index", 0);
	jsonw_key(w, "content_filter_results");
	jsonw_object(w);
	jsonw_end(w);
	jsonw_end(w);
	jsonw_end(w);
	jsonw_end(w);
	buf_adds(&o->r->body.bytes, "\n\n");
	mock_tape_mark(&o->r->body, 0);
}

static void
openai_stream(const struct mock_saying *s, struct mock_reply *r)
{
	struct openai_stream o = { .s = s, .r = r };
	struct str rest, piece;
	bool refused = strcmp(s->stop, "refusal") == 0;
	size_t i;

	if (s->request->deployment)
		openai_filter_chunk(&o);
	openai_chunk(&o);
	jsonw_kstr(&o.w, "role", "assistant");
	jsonw_kstr(&o.w, "content", s->answer->call_count && !s->text.len ? NULL : "");
	jsonw_kstr(&o.w, "refusal", NULL);
	openai_chunk_end(&o, NULL, 0);
	r->first_output = r->body.bytes.len;
	openai_deltas(&o, s->reasoning, "reasoning_content");
	openai_deltas(&o, s->text, refused ? "refusal" : "content");
	for (i = 0; i < s->answer->call_count; i++) {
		openai_call_delta(&o, i, true, (struct str){ "", 0 });
		rest = str_of(s->answer->calls[i].arguments);
		while (mock_next_words(&rest, s->answer->chunk_words, &piece))
			openai_call_delta(&o, i, false, piece);
	}
	r->terminal = r->body.bytes.len;
	if (s->answer->error.status) {
		buf_adds(&r->body.bytes, "data: ");
		mock_write_error(&s->answer->error, FAMILY_OPENAI, s->serial, &r->body.bytes);
		buf_adds(&r->body.bytes, "\n\n");
		mock_tape_mark(&r->body, 0);
		return;
	}
	openai_chunk(&o);
	openai_chunk_end(&o, mock_stop_word(s, stops), 0);
	if (s->request->usage_chunk) {
		buf_adds(&r->body.bytes, "data: ");
		jsonw_start(&o.w, &r->body.bytes);
		openai_head(&o.w, s, "chat.completion.chunk");
		jsonw_key(&o.w, "choices");
		jsonw_array(&o.w);
		jsonw_end(&o.w);
		openai_usage(&o.w, s);
		jsonw_end(&o.w);
		buf_adds(&r->body.bytes, "\n\n");
		mock_tape_mark(&r->body, 0);
	}
	r->terminal = r->body.bytes.len;
	buf_adds(&r->body.bytes, "data: [DONE]\n\n");
	mock_tape_mark(&r->body, 0);
}

void
mock_render_openai(const struct mock_saying *s, struct mock_reply *r)
{
	char *id = xasprintf("req_mock_%llu", (unsigned long long)s->serial);

	mock_reply_field(r, "content-type",
	    r->streamed ? "text/event-stream; charset=utf-8" : "application/json");
	mock_reply_field(r, "openai-version", "2020-10-01");
	mock_reply_field(r, "x-request-id", id);
	free(id);
	if (r->streamed)
		openai_stream(s, r);
	else
		openai_whole(s, r);
}
