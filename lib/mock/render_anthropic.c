/* SPDX-License-Identifier: MIT */
/* render_anthropic - Messages: one object, or the whole set of events. */
#include "base/buf.h"
#include "base/mem.h"
#include "json/jsonw.h"
#include "mock/render.h"

static const char *const stops[] = { "end", "end_turn", "stop", "stop_sequence", "length",
	"max_tokens", "tool", "tool_use", "filter", "refusal", "refusal", "refusal", "pause",
	"pause_turn", NULL };

static void
anthropic_usage(struct jsonw *w, const struct mock_saying *s, int64_t out, bool all)
{
	jsonw_key(w, "usage");
	jsonw_object(w);
	/* Unlike elsewhere, input_tokens leaves out what the cache read and wrote. */
	jsonw_ki64(w, "input_tokens", s->in - s->cache_read - s->cache_write);
	jsonw_ki64(w, "cache_creation_input_tokens", s->cache_write);
	jsonw_ki64(w, "cache_read_input_tokens", s->cache_read);
	if (all) {
		jsonw_key(w, "cache_creation");
		jsonw_object(w);
		jsonw_ki64(w, "ephemeral_5m_input_tokens", s->cache_write);
		jsonw_ki64(w, "ephemeral_1h_input_tokens", 0);
		jsonw_end(w);
	}
	jsonw_ki64(w, "output_tokens", out);
	if (s->thinking && out == s->out) {
		jsonw_key(w, "output_tokens_details");
		jsonw_object(w);
		jsonw_ki64(w, "thinking_tokens", s->thinking);
		jsonw_end(w);
	}
	if (all)
		jsonw_kstr(w, "service_tier", "standard");
	jsonw_end(w);
}

static void
anthropic_head(struct jsonw *w, const struct mock_saying *s)
{
	struct buf id = BUF_INIT(64);

	buf_addf(&id, "msg_mock_%llu", (unsigned long long)s->serial);
	jsonw_object(w);
	jsonw_kstr(w, "model", s->model);
	jsonw_kstr(w, "id", id.p);
	jsonw_kstr(w, "type", "message");
	jsonw_kstr(w, "role", "assistant");
	buf_release(&id);
}

static void
anthropic_stop(struct jsonw *w, const struct mock_saying *s, bool known)
{
	jsonw_kstr(w, "stop_reason", known ? mock_stop_word(s, stops) : NULL);
	jsonw_kstr(w, "stop_sequence", NULL);
}

static void
anthropic_call_head(struct jsonw *w, const struct mock_saying *s, size_t i)
{
	struct buf id = BUF_INIT(64);

	buf_addf(&id, "toolu_mock_%llu_%zu", (unsigned long long)s->serial, i + 1);
	jsonw_kstr(w, "type", "tool_use");
	jsonw_kstr(w, "id", s->answer->calls[i].id ? s->answer->calls[i].id : id.p);
	jsonw_kstr(w, "name", s->answer->calls[i].name);
	buf_release(&id);
}

static void
anthropic_whole(const struct mock_saying *s, struct mock_reply *r)
{
	struct jsonw w;
	size_t i;

	jsonw_start(&w, &r->body.bytes);
	anthropic_head(&w, s);
	jsonw_key(&w, "content");
	jsonw_array(&w);
	if (s->reasoning.len) {
		jsonw_object(&w);
		jsonw_kstr(&w, "type", "thinking");
		jsonw_kstrn(&w, "thinking", s->reasoning);
		mock_write_signature(&w, "signature", s);
		jsonw_end(&w);
	}
	if (s->text.len) {
		jsonw_object(&w);
		jsonw_kstr(&w, "type", "text");
		jsonw_kstrn(&w, "text", s->text);
		jsonw_end(&w);
	}
	for (i = 0; i < s->answer->call_count; i++) {
		jsonw_object(&w);
		anthropic_call_head(&w, s, i);
		jsonw_key(&w, "input");
		jsonw_raw(&w, str_of(s->answer->calls[i].arguments));
		jsonw_end(&w);
	}
	jsonw_end(&w);
	anthropic_stop(&w, s, true);
	anthropic_usage(&w, s, s->out, true);
	jsonw_end(&w);
}

/* --- streamed --- */

struct anthropic_stream {
	const struct mock_saying *s;
	struct mock_reply *r;
	struct jsonw w;
	int64_t index; /* of the block that is open, or comes next */
	bool any; /* output was sent */
};

static void
anthropic_event(struct anthropic_stream *a, const char *type) /* leaves its object open */
{
	struct buf *out = &a->r->body.bytes;

	buf_adds(out, "event: ");
	buf_adds(out, type);
	buf_adds(out, "\ndata: ");
	jsonw_start(&a->w, out);
	jsonw_object(&a->w);
	jsonw_kstr(&a->w, "type", type);
}

static void
anthropic_event_end(struct anthropic_stream *a, int64_t wait_us)
{
	jsonw_end(&a->w);
	buf_adds(&a->r->body.bytes, "\n\n");
	mock_tape_mark(&a->r->body, wait_us);
}

static void
anthropic_block(struct anthropic_stream *a) /* leaves content_block's object open */
{
	anthropic_event(a, "content_block_start");
	jsonw_ki64(&a->w, "index", a->index);
	jsonw_key(&a->w, "content_block");
	jsonw_object(&a->w);
}

static void
anthropic_block_begun(struct anthropic_stream *a)
{
	jsonw_end(&a->w);
	anthropic_event_end(a, 0);
	if (a->index > 0)
		return;
	anthropic_event(a, "ping");
	anthropic_event_end(a, 0);
}

static void
anthropic_delta(struct anthropic_stream *a, const char *type) /* leaves delta's object open */
{
	anthropic_event(a, "content_block_delta");
	jsonw_ki64(&a->w, "index", a->index);
	jsonw_key(&a->w, "delta");
	jsonw_object(&a->w);
	jsonw_kstr(&a->w, "type", type);
}

static void
anthropic_delta_end(struct anthropic_stream *a, int64_t wait_us)
{
	jsonw_end(&a->w);
	anthropic_event_end(a, wait_us);
}

static void
anthropic_deltas(struct anthropic_stream *a, struct str rest, const char *type, const char *member)
{
	struct str chunk;

	while (mock_next_words(&rest, a->s->answer->chunk_words, &chunk)) {
		anthropic_delta(a, type);
		jsonw_kstrn(&a->w, member, chunk);
		anthropic_delta_end(a, mock_output_wait(a->s, a->r, &a->any));
	}
}

static void
anthropic_block_stop(struct anthropic_stream *a)
{
	anthropic_event(a, "content_block_stop");
	jsonw_ki64(&a->w, "index", a->index);
	anthropic_event_end(a, 0);
	a->index++;
}

static void
anthropic_thinking(struct anthropic_stream *a)
{
	anthropic_block(a);
	jsonw_kstr(&a->w, "type", "thinking");
	jsonw_kstr(&a->w, "thinking", "");
	jsonw_kstr(&a->w, "signature", "");
	anthropic_block_begun(a);
	anthropic_deltas(a, a->s->reasoning, "thinking_delta", "thinking");
	anthropic_delta(a, "signature_delta");
	mock_write_signature(&a->w, "signature", a->s);
	anthropic_delta_end(a, 0);
	anthropic_block_stop(a);
}

static void
anthropic_text(struct anthropic_stream *a)
{
	anthropic_block(a);
	jsonw_kstr(&a->w, "type", "text");
	jsonw_kstr(&a->w, "text", "");
	anthropic_block_begun(a);
	anthropic_deltas(a, a->s->text, "text_delta", "text");
	if (!a->s->answer->error.status ||
	    a->s->answer->call_count) /* else it breaks off in here */
		anthropic_block_stop(a);
}

static void
anthropic_call(struct anthropic_stream *a, size_t i)
{
	anthropic_block(a);
	anthropic_call_head(&a->w, a->s, i);
	jsonw_key(&a->w, "input");
	jsonw_object(&a->w);
	jsonw_end(&a->w);
	anthropic_block_begun(a);
	anthropic_delta(a, "input_json_delta");
	jsonw_kstr(&a->w, "partial_json", "");
	anthropic_delta_end(a, mock_output_wait(a->s, a->r, &a->any));
	anthropic_deltas(
	    a, str_of(a->s->answer->calls[i].arguments), "input_json_delta", "partial_json");
	anthropic_block_stop(a);
}

static void
anthropic_end(struct anthropic_stream *a)
{
	struct mock_reply *r = a->r;

	r->terminal = r->body.bytes.len;
	if (a->s->answer->error.status) {
		buf_adds(&r->body.bytes, "event: error\ndata: ");
		mock_write_error(
		    &a->s->answer->error, FAMILY_ANTHROPIC, a->s->serial, &r->body.bytes);
		buf_adds(&r->body.bytes, "\n\n");
		mock_tape_mark(&r->body, 0);
		return;
	}
	anthropic_event(a, "message_delta");
	jsonw_key(&a->w, "delta");
	jsonw_object(&a->w);
	anthropic_stop(&a->w, a->s, true);
	jsonw_end(&a->w);
	anthropic_usage(&a->w, a->s, a->s->out, false);
	anthropic_event_end(a, 0);
	r->terminal = r->body.bytes.len;
	anthropic_event(a, "message_stop");
	anthropic_event_end(a, 0);
}

static void
anthropic_stream(const struct mock_saying *s, struct mock_reply *r)
{
	struct anthropic_stream a = { .s = s, .r = r };
	size_t i;

	anthropic_event(&a, "message_start");
	jsonw_key(&a.w, "message");
	anthropic_head(&a.w, s);
	jsonw_key(&a.w, "content");
	jsonw_array(&a.w);
	jsonw_end(&a.w);
	anthropic_stop(&a.w, s, false);
	anthropic_usage(&a.w, s, s->out ? 1 : 0, true);
	jsonw_end(&a.w);
	anthropic_event_end(&a, 0);
	r->first_output = r->body.bytes.len;
	if (s->reasoning.len)
		anthropic_thinking(&a);
	if (s->text.len)
		anthropic_text(&a);
	for (i = 0; i < s->answer->call_count; i++)
		anthropic_call(&a, i);
	anthropic_end(&a);
}

void
mock_render_anthropic(const struct mock_saying *s, struct mock_reply *r)
{
	char *id = xasprintf("req_mock_%llu", (unsigned long long)s->serial);

	mock_reply_field(r, "content-type",
	    r->streamed ? "text/event-stream; charset=utf-8" : "application/json");
	mock_reply_field(r, "request-id", id);
	free(id);
	if (r->streamed)
		anthropic_stream(s, r);
	else
		anthropic_whole(s, r);
}
