/* SPDX-License-Identifier: MIT */
/* render_gemini - generateContent: one object, or a stream of them as SSE or as a JSON array. */
#include "base/buf.h"
#include "json/jsonw.h"
#include "mock/render.h"

static const char *const stops[] = { "end", "STOP", "stop", "STOP", "tool", "STOP", "length",
	"MAX_TOKENS", "filter", "SAFETY", "refusal", "SAFETY", "pause", "STOP", NULL };

static void
gemini_modality(struct jsonw *w, const char *key, int64_t tokens)
{
	jsonw_key(w, key);
	jsonw_array(w);
	jsonw_object(w);
	jsonw_kstr(w, "modality", "TEXT");
	jsonw_ki64(w, "tokenCount", tokens);
	jsonw_end(w);
	jsonw_end(w);
}

/* Thoughts are counted beside the candidates, not in them. */
static void
gemini_usage(struct jsonw *w, const struct mock_saying *s, bool last)
{
	int64_t visible = s->out - s->thinking;

	jsonw_key(w, "usageMetadata");
	jsonw_object(w);
	jsonw_ki64(w, "promptTokenCount", s->in);
	if (last)
		jsonw_ki64(w, "candidatesTokenCount", visible);
	jsonw_ki64(w, "totalTokenCount", s->in + (last ? s->out : 0));
	if (s->cache_read)
		jsonw_ki64(w, "cachedContentTokenCount", s->cache_read);
	gemini_modality(w, "promptTokensDetails", s->in);
	if (last && s->thinking)
		jsonw_ki64(w, "thoughtsTokenCount", s->thinking);
	jsonw_end(w);
}

static void
gemini_open(struct jsonw *w) /* up to the open list of parts */
{
	jsonw_object(w);
	jsonw_key(w, "candidates");
	jsonw_array(w);
	jsonw_object(w);
	jsonw_key(w, "content");
	jsonw_object(w);
	jsonw_key(w, "parts");
	jsonw_array(w);
}

static void
gemini_close(struct jsonw *w, const struct mock_saying *s, bool last)
{
	struct buf id = BUF_INIT(64);

	buf_addf(&id, "mock-%llu", (unsigned long long)s->serial);
	jsonw_end(w);
	jsonw_kstr(w, "role", "model");
	jsonw_end(w);
	if (last)
		jsonw_kstr(w, "finishReason", mock_stop_word(s, stops));
	jsonw_ki64(w, "index", 0);
	jsonw_end(w);
	jsonw_end(w);
	gemini_usage(w, s, last);
	jsonw_kstr(w, "modelVersion", s->model);
	jsonw_kstr(w, "responseId", id.p);
	jsonw_end(w);
	buf_release(&id);
}

static void
gemini_text_part(struct jsonw *w, struct str text, bool thought)
{
	jsonw_object(w);
	jsonw_kstrn(w, "text", text.p ? text : (struct str){ "", 0 });
	if (thought)
		jsonw_kbool(w, "thought", true);
	jsonw_end(w);
}

/* The first call after thoughts bears their signature. */
static void
gemini_call_part(struct jsonw *w, const struct mock_saying *s, size_t i)
{
	const struct mock_tool_call *call = &s->answer->calls[i];

	jsonw_object(w);
	jsonw_key(w, "functionCall");
	jsonw_object(w);
	jsonw_kstr(w, "name", call->name);
	jsonw_key(w, "args");
	jsonw_raw(w, str_of(call->arguments));
	if (call->id)
		jsonw_kstr(w, "id", call->id);
	jsonw_end(w);
	if (s->reasoning.len && i == 0)
		mock_write_signature(w, "thoughtSignature", s);
	jsonw_end(w);
}

static void
gemini_whole(const struct mock_saying *s, struct mock_reply *r)
{
	struct jsonw w;
	size_t i;

	jsonw_start(&w, &r->body.bytes);
	gemini_open(&w);
	if (s->reasoning.len)
		gemini_text_part(&w, s->reasoning, true);
	if (s->text.len)
		gemini_text_part(&w, s->text, false);
	for (i = 0; i < s->answer->call_count; i++)
		gemini_call_part(&w, s, i);
	gemini_close(&w, s, true);
}

/* --- streamed --- */

struct gemini_stream {
	const struct mock_saying *s;
	struct mock_reply *r;
	struct jsonw w;
	bool any; /* output was sent */
};

static void
gemini_chunk(struct gemini_stream *g)
{
	struct buf *out = &g->r->body.bytes;

	if (g->s->request->sse)
		buf_adds(out, "data: ");
	else
		buf_adds(out, out->len == 0 ? "[" : ",\r\n");
	g->r->terminal = out->len; /* in the end, the last chunk's */
	jsonw_start(&g->w, out);
	gemini_open(&g->w);
}

static void
gemini_chunk_end(struct gemini_stream *g, bool last)
{
	int64_t wait_us = mock_output_wait(g->s, g->r, &g->any);

	gemini_close(&g->w, g->s, last);
	if (g->s->request->sse)
		buf_adds(&g->r->body.bytes, "\r\n\r\n");
	mock_tape_mark(&g->r->body, wait_us);
}

static void
gemini_texts(struct gemini_stream *g, struct str rest, bool thought, bool last)
{
	struct str chunk;

	while (mock_next_words(&rest, g->s->answer->chunk_words, &chunk)) {
		gemini_chunk(g);
		gemini_text_part(&g->w, chunk, thought);
		gemini_chunk_end(g, last && rest.len == 0);
	}
}

static void
gemini_stream(const struct mock_saying *s, struct mock_reply *r)
{
	struct gemini_stream g = { .s = s, .r = r };
	size_t i, calls = s->answer->call_count;
	bool failing = s->answer->error.status != 0;

	gemini_texts(&g, s->reasoning, true, !calls && !s->text.len && !failing);
	gemini_texts(&g, s->text, false, !calls && !failing);
	for (i = 0; i < calls; i++) {
		gemini_chunk(&g);
		gemini_call_part(&g.w, s, i);
		gemini_chunk_end(&g, i + 1 == calls && !failing);
	}
	if (!g.any && !failing) {
		gemini_chunk(&g);
		gemini_text_part(&g.w, s->text, false);
		gemini_chunk_end(&g, true);
	}
	if (failing) {
		r->terminal = r->body.bytes.len;
		buf_adds(&r->body.bytes, s->request->sse ? "data: " : g.any ? ",\r\n" : "[");
		mock_write_error(&s->answer->error, FAMILY_GEMINI, s->serial, &r->body.bytes);
		buf_adds(&r->body.bytes, s->request->sse ? "\r\n\r\n" : "");
		mock_tape_mark(&r->body, 0);
	}
	if (s->request->sse)
		return;
	buf_adds(&r->body.bytes, "]");
	mock_tape_mark(&r->body, 0);
}

void
mock_render_gemini(const struct mock_saying *s, struct mock_reply *r)
{
	mock_reply_field(r, "content-type",
	    r->streamed && s->request->sse ? "text/event-stream"
					   : "application/json; charset=UTF-8");
	if (r->streamed)
		gemini_stream(s, r);
	else
		gemini_whole(s, r);
}
