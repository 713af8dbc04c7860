/* SPDX-License-Identifier: MIT */
/* render_bedrock - Converse: one object, or its events as messages of AWS's binary stream. */
#include "base/buf.h"
#include "base/crc.h"
#include "base/mem.h"
#include "json/jsonw.h"
#include "mock/render.h"

static const char *const stops[] = { "end", "end_turn", "stop", "stop_sequence", "length",
	"max_tokens", "tool", "tool_use", "filter", "guardrail_intervened", "refusal", "refusal",
	"pause", "pause_turn", NULL };

static void
bedrock_usage(struct jsonw *w, const struct mock_saying *s)
{
	jsonw_key(w, "usage");
	jsonw_object(w);
	/* inputTokens leaves out what the cache read and wrote; the total does not. */
	jsonw_ki64(w, "inputTokens", s->in - s->cache_read - s->cache_write);
	jsonw_ki64(w, "outputTokens", s->out);
	jsonw_ki64(w, "totalTokens", s->in + s->out);
	if (s->cache_read || s->cache_write) {
		jsonw_ki64(w, "cacheReadInputTokens", s->cache_read);
		jsonw_ki64(w, "cacheWriteInputTokens", s->cache_write);
	}
	jsonw_end(w);
	jsonw_key(w, "metrics");
	jsonw_object(w);
	jsonw_ki64(w, "latencyMs", s->answer->ttft_us / 1000);
	jsonw_end(w);
}

static void
bedrock_call_head(struct jsonw *w, const struct mock_saying *s, size_t i)
{
	char *id = xasprintf("tooluse_mock_%llu_%zu", (unsigned long long)s->serial, i + 1);

	jsonw_kstr(w, "name", s->answer->calls[i].name);
	jsonw_kstr(w, "toolUseId", s->answer->calls[i].id ? s->answer->calls[i].id : id);
	free(id);
}

static void
bedrock_content(struct jsonw *w, const struct mock_saying *s)
{
	size_t i;

	if (s->reasoning.len) {
		jsonw_object(w);
		jsonw_key(w, "reasoningContent");
		jsonw_object(w);
		jsonw_key(w, "reasoningText");
		jsonw_object(w);
		jsonw_kstrn(w, "text", s->reasoning);
		mock_write_signature(w, "signature", s);
		jsonw_end(w);
		jsonw_end(w);
		jsonw_end(w);
	}
	if (s->text.len) {
		jsonw_object(w);
		jsonw_kstrn(w, "text", s->text);
		jsonw_end(w);
	}
	for (i = 0; i < s->answer->call_count; i++) {
		jsonw_object(w);
		jsonw_key(w, "toolUse");
		jsonw_object(w);
		bedrock_call_head(w, s, i);
		jsonw_key(w, "input");
		jsonw_raw(w, str_of(s->answer->calls[i].arguments));
		jsonw_end(w);
		jsonw_end(w);
	}
}

static void
bedrock_whole(const struct mock_saying *s, struct mock_reply *r)
{
	struct jsonw w;

	jsonw_start(&w, &r->body.bytes);
	jsonw_object(&w);
	jsonw_key(&w, "output");
	jsonw_object(&w);
	jsonw_key(&w, "message");
	jsonw_object(&w);
	jsonw_kstr(&w, "role", "assistant");
	jsonw_key(&w, "content");
	jsonw_array(&w);
	bedrock_content(&w, s);
	jsonw_end(&w);
	jsonw_end(&w);
	jsonw_end(&w);
	jsonw_kstr(&w, "stopReason", mock_stop_word(s, stops));
	bedrock_usage(&w, s);
	jsonw_end(&w);
}

/* --- the binary stream --- */

static void
big_endian(struct buf *out, size_t n, int bytes)
{
	while (bytes--)
		buf_addc(out, (char)(n >> 8 * bytes & 0xff));
}

static void
message_field(struct buf *out, const char *name, struct str value)
{
	enum { TYPE_STRING = 7 };

	big_endian(out, strlen(name), 1);
	buf_adds(out, name);
	big_endian(out, TYPE_STRING, 1);
	big_endian(out, value.len, 2);
	buf_addstr(out, value);
}

static void
message_put(struct buf *out, bool exception, struct str type, struct str payload)
{
	struct buf fields = BUF_INIT(BUF_UNLIMITED);
	size_t begin = out->len;

	message_field(&fields, exception ? ":exception-type" : ":event-type", type);
	message_field(&fields, ":content-type", STR_LIT("application/json"));
	message_field(
	    &fields, ":message-type", exception ? STR_LIT("exception") : STR_LIT("event"));
	big_endian(out, 12 + fields.len + payload.len + 4, 4);
	big_endian(out, fields.len, 4);
	big_endian(out, crc_32(0, (struct str){ out->p + begin, 8 }), 4);
	buf_addstr(out, buf_str(&fields));
	buf_addstr(out, payload);
	big_endian(out, crc_32(0, (struct str){ out->p + begin, out->len - begin }), 4);
	buf_release(&fields);
}

struct bedrock_stream {
	const struct mock_saying *s;
	struct mock_reply *r;
	struct jsonw w;
	struct buf payload; /* of the event being written */
	int64_t index; /* of the block that is open, or comes next */
	bool any; /* output was sent */
};

static void
bedrock_event(struct bedrock_stream *b) /* leaves the payload's object open */
{
	buf_reset(&b->payload);
	jsonw_start(&b->w, &b->payload);
	jsonw_object(&b->w);
}

/* Padding of any length, as the real service puts in against eavesdroppers who count; but the same
 * answer has the same length each time. */
static void
bedrock_event_end(struct bedrock_stream *b, struct str type, int64_t wait_us)
{
	static const char padding[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	jsonw_kstrn(&b->w, "p", (struct str){ padding, b->r->body.bytes.len % sizeof padding });
	jsonw_end(&b->w);
	message_put(&b->r->body.bytes, false, type, buf_str(&b->payload));
	mock_tape_mark(&b->r->body, wait_us);
}

static void
bedrock_delta(struct bedrock_stream *b) /* leaves delta's object open */
{
	bedrock_event(b);
	jsonw_ki64(&b->w, "contentBlockIndex", b->index);
	jsonw_key(&b->w, "delta");
	jsonw_object(&b->w);
}

static void
bedrock_delta_end(struct bedrock_stream *b, int64_t wait_us)
{
	jsonw_end(&b->w);
	bedrock_event_end(b, STR_LIT("contentBlockDelta"), wait_us);
}

/* rest in deltas of {member: chunk}, in an object of that name where there is one. */
static void
bedrock_deltas(struct bedrock_stream *b, struct str rest, const char *object, const char *member)
{
	struct str chunk;

	while (mock_next_words(&rest, b->s->answer->chunk_words, &chunk)) {
		bedrock_delta(b);
		if (object) {
			jsonw_key(&b->w, object);
			jsonw_object(&b->w);
		}
		jsonw_kstrn(&b->w, member, chunk);
		if (object)
			jsonw_end(&b->w);
		bedrock_delta_end(b, mock_output_wait(b->s, b->r, &b->any));
	}
}

static void
bedrock_block_stop(struct bedrock_stream *b)
{
	bedrock_event(b);
	jsonw_ki64(&b->w, "contentBlockIndex", b->index);
	bedrock_event_end(b, STR_LIT("contentBlockStop"), 0);
	b->index++;
}

static void
bedrock_thinking(struct bedrock_stream *b)
{
	bedrock_deltas(b, b->s->reasoning, "reasoningContent", "text");
	bedrock_delta(b);
	jsonw_key(&b->w, "reasoningContent");
	jsonw_object(&b->w);
	mock_write_signature(&b->w, "signature", b->s);
	jsonw_end(&b->w);
	bedrock_delta_end(b, 0);
	bedrock_block_stop(b);
}

static void
bedrock_call(struct bedrock_stream *b, size_t i)
{
	bedrock_event(b);
	jsonw_ki64(&b->w, "contentBlockIndex", b->index);
	jsonw_key(&b->w, "start");
	jsonw_object(&b->w);
	jsonw_key(&b->w, "toolUse");
	jsonw_object(&b->w);
	bedrock_call_head(&b->w, b->s, i);
	jsonw_end(&b->w);
	jsonw_end(&b->w);
	bedrock_event_end(b, STR_LIT("contentBlockStart"), mock_output_wait(b->s, b->r, &b->any));
	bedrock_deltas(b, str_of(b->s->answer->calls[i].arguments), "toolUse", "input");
	bedrock_block_stop(b);
}

/* An exception's name begins small in a stream, and large elsewhere. */
static void
bedrock_exception(struct bedrock_stream *b)
{
	const struct mock_error *error = &b->s->answer->error;
	char *type = xstrdup(mock_error_type(error, FAMILY_BEDROCK));

	if (type[0] >= 'A' && type[0] <= 'Z')
		type[0] = (char)(type[0] - 'A' + 'a');
	buf_reset(&b->payload);
	mock_write_error(error, FAMILY_BEDROCK, b->s->serial, &b->payload);
	message_put(&b->r->body.bytes, true, str_of(type), buf_str(&b->payload));
	mock_tape_mark(&b->r->body, 0);
	free(type);
}

static void
bedrock_end(struct bedrock_stream *b)
{
	b->r->terminal = b->r->body.bytes.len;
	if (b->s->answer->error.status) {
		bedrock_exception(b);
		return;
	}
	bedrock_event(b);
	jsonw_kstr(&b->w, "stopReason", mock_stop_word(b->s, stops));
	bedrock_event_end(b, STR_LIT("messageStop"), 0);
	b->r->terminal = b->r->body.bytes.len;
	bedrock_event(b);
	bedrock_usage(&b->w, b->s);
	bedrock_event_end(b, STR_LIT("metadata"), 0);
}

static void
bedrock_stream(const struct mock_saying *s, struct mock_reply *r)
{
	struct bedrock_stream b = { .s = s, .r = r, .payload = BUF_INIT(BUF_UNLIMITED) };
	size_t i;

	bedrock_event(&b);
	jsonw_kstr(&b.w, "role", "assistant");
	bedrock_event_end(&b, STR_LIT("messageStart"), 0);
	r->first_output = r->body.bytes.len;
	if (s->reasoning.len)
		bedrock_thinking(&b);
	bedrock_deltas(&b, s->text, NULL, "text");
	/* An answer that breaks off does so inside its text. */
	if (s->text.len && (!s->answer->error.status || s->answer->call_count))
		bedrock_block_stop(&b);
	for (i = 0; i < s->answer->call_count; i++)
		bedrock_call(&b, i);
	bedrock_end(&b);
	buf_release(&b.payload);
}

void
mock_render_bedrock(const struct mock_saying *s, struct mock_reply *r)
{
	char *id = xasprintf("req-mock-%llu", (unsigned long long)s->serial);

	mock_reply_field(r, "content-type",
	    r->streamed ? "application/vnd.amazon.eventstream" : "application/json");
	mock_reply_field(r, "x-amzn-requestid", id);
	free(id);
	if (r->streamed)
		bedrock_stream(s, r);
	else
		bedrock_whole(s, r);
}
