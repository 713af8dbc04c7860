/* SPDX-License-Identifier: MIT */
/* render_ollama - /api/chat: one object, or a line each. */
#include "base/buf.h"
#include "json/jsonw.h"
#include "mock/render.h"

static const char *const stops[] = { "end", "stop", "stop", "stop", "tool", "stop", "length",
	"length", "filter", "stop", "refusal", "stop", "pause", "stop", NULL };

static void
ollama_open(struct jsonw *w, const struct mock_saying *s) /* leaves the message open */
{
	jsonw_object(w);
	jsonw_kstr(w, "model", s->model);
	jsonw_kstr(w, "created_at", MOCK_CREATED_RFC3339);
	jsonw_key(w, "message");
	jsonw_object(w);
	jsonw_kstr(w, "role", "assistant");
}

static void
ollama_calls(struct jsonw *w, const struct mock_saying *s)
{
	const struct mock_tool_call *call;
	size_t i;

	jsonw_key(w, "tool_calls");
	jsonw_array(w);
	for (i = 0; i < s->answer->call_count; i++) {
		call = &s->answer->calls[i];
		jsonw_object(w);
		if (call->id)
			jsonw_kstr(w, "id", call->id);
		jsonw_key(w, "function");
		jsonw_object(w);
		jsonw_ki64(w, "index", (int64_t)i);
		jsonw_kstr(w, "name", call->name);
		jsonw_key(w, "arguments");
		jsonw_raw(w, str_of(call->arguments));
		jsonw_end(w);
		jsonw_end(w);
	}
	jsonw_end(w);
}

/* Closes the message and the object. Durations are nanoseconds, as if each token took one
 * microsecond. */
static void
ollama_close(struct jsonw *w, const struct mock_saying *s, bool done)
{
	jsonw_end(w);
	jsonw_kbool(w, "done", done);
	if (done) {
		jsonw_kstr(w, "done_reason", mock_stop_word(s, stops));
		jsonw_ki64(w, "total_duration", (s->in + s->out) * 1000 + 1000);
		jsonw_ki64(w, "load_duration", 1000);
		jsonw_ki64(w, "prompt_eval_count", s->in);
		jsonw_ki64(w, "prompt_eval_duration", s->in * 1000);
		jsonw_ki64(w, "eval_count", s->out);
		jsonw_ki64(w, "eval_duration", s->out * 1000);
	}
	jsonw_end(w);
}

static void
ollama_whole(const struct mock_saying *s, struct mock_reply *r)
{
	struct jsonw w;

	jsonw_start(&w, &r->body.bytes);
	ollama_open(&w, s);
	jsonw_kstrn(&w, "content", s->text.p ? s->text : (struct str){ "", 0 });
	if (s->reasoning.len)
		jsonw_kstrn(&w, "thinking", s->reasoning);
	if (s->answer->call_count)
		ollama_calls(&w, s);
	ollama_close(&w, s, true);
}

static void
ollama_texts(const struct mock_saying *s, struct mock_reply *r, bool thinking, bool *any)
{
	struct str rest = thinking ? s->reasoning : s->text, chunk;
	struct jsonw w;

	while (mock_next_words(&rest, s->answer->chunk_words, &chunk)) {
		jsonw_start(&w, &r->body.bytes);
		ollama_open(&w, s);
		jsonw_kstrn(&w, "content", thinking ? (struct str){ "", 0 } : chunk);
		if (thinking)
			jsonw_kstrn(&w, "thinking", chunk);
		ollama_close(&w, s, false);
		buf_addc(&r->body.bytes, '\n');
		mock_tape_mark(&r->body, mock_output_wait(s, r, any));
	}
}

static void
ollama_stream(const struct mock_saying *s, struct mock_reply *r)
{
	struct jsonw w;
	bool any = false;

	ollama_texts(s, r, true, &any);
	ollama_texts(s, r, false, &any);
	if (s->answer->call_count) {
		jsonw_start(&w, &r->body.bytes);
		ollama_open(&w, s);
		jsonw_kstr(&w, "content", "");
		ollama_calls(&w, s);
		ollama_close(&w, s, false);
		buf_addc(&r->body.bytes, '\n');
		mock_tape_mark(&r->body, mock_output_wait(s, r, &any));
	}
	r->terminal = r->body.bytes.len;
	if (s->answer->error.status) {
		mock_write_error(&s->answer->error, FAMILY_OLLAMA, s->serial, &r->body.bytes);
	} else {
		jsonw_start(&w, &r->body.bytes);
		ollama_open(&w, s);
		jsonw_kstr(&w, "content", "");
		ollama_close(&w, s, true);
	}
	buf_addc(&r->body.bytes, '\n');
	mock_tape_mark(&r->body, 0);
}

void
mock_render_ollama(const struct mock_saying *s, struct mock_reply *r)
{
	mock_reply_field(r, "content-type",
	    r->streamed ? "application/x-ndjson" : "application/json; charset=utf-8");
	if (r->streamed)
		ollama_stream(s, r);
	else
		ollama_whole(s, r);
}
