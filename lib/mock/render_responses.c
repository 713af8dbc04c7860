/* SPDX-License-Identifier: MIT */
/* render_responses - the Responses API: one object, or the events in which it grows. */
#include "base/buf.h"
#include "base/mem.h"
#include "json/jsonw.h"
#include "mock/render.h"

/* Why an answer is incomplete; other stops complete it. */
static const char *const reasons[] = { "length", "max_output_tokens", "filter", "content_filter",
	NULL };

/* An answer on its way out. */
struct responses {
	const struct mock_saying *s;
	struct mock_reply *r;
	struct jsonw w;
	int64_t sequence, item; /* of the next event; of the item that is told */
	bool any; /* output was sent */
};

static bool
stops_as(const struct responses *o, const char *stop)
{
	return strcmp(o->s->stop, stop) == 0;
}

static const char *
incomplete_reason(const struct responses *o)
{
	size_t i = 0;

	while (reasons[i] && !stops_as(o, reasons[i]))
		i += 2;
	return reasons[i] ? reasons[i + 1] : NULL;
}

static bool
asks_for_seal(const struct responses *o)
{
	struct json_iter it = json_each(json_get(o->s->request->body, "include"));

	while (json_next(&it))
		if (json_eq(it.value, "reasoning.encrypted_content"))
			return true;
	return false;
}

static void
put_id(struct responses *o, const char *key, const char *kind, size_t n)
{
	char *id = n ? xasprintf("%s_mock_%llu_%zu", kind, (unsigned long long)o->s->serial, n)
		     : xasprintf("%s_mock_%llu", kind, (unsigned long long)o->s->serial);

	jsonw_kstr(&o->w, key, id);
	free(id);
}

static void
put_empty(struct jsonw *w, const char *key)
{
	jsonw_key(w, key);
	jsonw_array(w);
	jsonw_end(w);
}

/* --- items: whole, or as they begin --- */

static void
put_summary(struct jsonw *w, struct str text)
{
	jsonw_object(w);
	jsonw_kstr(w, "type", "summary_text");
	jsonw_kstrn(w, "text", text);
	jsonw_end(w);
}

/* The ciphertext is another one in the item's own event, as it is at OpenAI: the last counts. */
static void
put_reasoning(struct responses *o, bool whole, bool last)
{
	jsonw_object(&o->w);
	put_id(o, "id", "rs", 0);
	jsonw_kstr(&o->w, "type", "reasoning");
	if (asks_for_seal(o)) {
		char *sealed = xasprintf("c2VhbGVk%s%llu", last ? "bGFzdA" : "Zmlyc3Q",
		    (unsigned long long)o->s->serial);

		jsonw_kstr(&o->w, "encrypted_content", sealed);
		free(sealed);
	}
	jsonw_key(&o->w, "summary");
	jsonw_array(&o->w);
	if (whole)
		put_summary(&o->w, o->s->reasoning);
	jsonw_end(&o->w);
	jsonw_end(&o->w);
}

static void
put_text(struct responses *o, struct str text)
{
	bool refused = stops_as(o, "refusal");

	jsonw_object(&o->w);
	jsonw_kstr(&o->w, "type", refused ? "refusal" : "output_text");
	if (!refused) {
		put_empty(&o->w, "annotations");
		put_empty(&o->w, "logprobs");
	}
	jsonw_kstrn(&o->w, refused ? "refusal" : "text", text);
	jsonw_end(&o->w);
}

static const char *
item_status(const struct responses *o, bool whole)
{
	return !whole ? "in_progress" : incomplete_reason(o) ? "incomplete" : "completed";
}

static void
put_message(struct responses *o, bool whole)
{
	jsonw_object(&o->w);
	put_id(o, "id", "msg", 0);
	jsonw_kstr(&o->w, "type", "message");
	jsonw_kstr(&o->w, "status", item_status(o, whole));
	jsonw_key(&o->w, "content");
	jsonw_array(&o->w);
	if (whole)
		put_text(o, o->s->text);
	jsonw_end(&o->w);
	jsonw_kstr(&o->w, "role", "assistant");
	jsonw_end(&o->w);
}

static void
put_call(struct responses *o, size_t i, bool whole)
{
	const struct mock_tool_call *call = &o->s->answer->calls[i];

	jsonw_object(&o->w);
	put_id(o, "id", "fc", i + 1);
	jsonw_kstr(&o->w, "type", "function_call");
	jsonw_kstr(&o->w, "status", item_status(o, whole));
	jsonw_kstr(&o->w, "arguments", whole ? call->arguments : "");
	if (call->id)
		jsonw_kstr(&o->w, "call_id", call->id);
	else
		put_id(o, "call_id", "call", i + 1);
	jsonw_kstr(&o->w, "name", call->name);
	jsonw_end(&o->w);
}

static bool
has_message(const struct responses *o)
{
	return o->s->text.len || !o->s->answer->call_count;
}

static void
put_output(struct responses *o)
{
	size_t i;

	jsonw_key(&o->w, "output");
	jsonw_array(&o->w);
	if (o->s->reasoning.len)
		put_reasoning(o, true, true);
	if (has_message(o))
		put_message(o, true);
	for (i = 0; i < o->s->answer->call_count; i++)
		put_call(o, i, true);
	jsonw_end(&o->w);
}

/* --- the response object --- */

static void
put_usage(struct responses *o)
{
	const struct mock_saying *s = o->s;

	jsonw_key(&o->w, "usage");
	jsonw_object(&o->w);
	jsonw_ki64(&o->w, "input_tokens", s->in);
	jsonw_key(&o->w, "input_tokens_details");
	jsonw_object(&o->w);
	jsonw_ki64(&o->w, "cached_tokens", s->cache_read);
	if (s->cache_write)
		jsonw_ki64(&o->w, "cache_write_tokens", s->cache_write);
	jsonw_end(&o->w);
	jsonw_ki64(&o->w, "output_tokens", s->out);
	jsonw_key(&o->w, "output_tokens_details");
	jsonw_object(&o->w);
	jsonw_ki64(&o->w, "reasoning_tokens", s->thinking);
	jsonw_end(&o->w);
	jsonw_ki64(&o->w, "total_tokens", s->in + s->out);
	jsonw_end(&o->w);
}

/* The error's members, as chat completions word them; they lie in text. */
static struct json
error_of(const struct responses *o, struct buf *text)
{
	struct err err = ERR_INIT;
	struct json v;

	mock_write_error(&o->s->answer->error, FAMILY_OPENAI, o->s->serial, text);
	return json_parse(text->p, text->len, &v, &err) < 0 ? JSON_ABSENT : json_get(v, "error");
}

static void
put_error(struct responses *o)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct json error = error_of(o, &text);

	jsonw_key(&o->w, "error");
	jsonw_object(&o->w);
	jsonw_kjson(&o->w, "code",
	    json_exists(json_get(error, "code")) ? json_get(error, "code")
						 : json_get(error, "type"));
	jsonw_kjson(&o->w, "message", json_get(error, "message"));
	jsonw_end(&o->w);
	buf_release(&text);
}

/* What the request asked for, or what holds where it is silent. */
static bool
asked(const struct responses *o, const char *option, bool otherwise)
{
	struct json v = json_get(o->s->request->body, option);

	return json_exists(v) ? json_is_true(v) : otherwise;
}

static void
put_head(struct responses *o, const char *status)
{
	struct jsonw *w = &o->w;

	if (o->s->request->response.len)
		jsonw_kstrn(w, "id", buf_str(&o->s->request->response));
	else
		put_id(o, "id", "resp", 0);
	jsonw_kstr(w, "object", "response");
	jsonw_ki64(w, "created_at", MOCK_CREATED);
	jsonw_kstr(w, "status", status);
	jsonw_kbool(w, "background", asked(o, "background", false));
	if (strcmp(status, "failed") == 0)
		put_error(o);
	else
		jsonw_kstr(w, "error", NULL);
	if (strcmp(status, "incomplete") == 0) {
		jsonw_key(w, "incomplete_details");
		jsonw_object(w);
		jsonw_kstr(w, "reason", incomplete_reason(o));
		jsonw_end(w);
	} else {
		jsonw_kstr(w, "incomplete_details", NULL);
	}
	jsonw_kstr(w, "instructions", NULL);
	jsonw_kstr(w, "max_output_tokens", NULL);
	jsonw_kstr(w, "model", o->s->model);
	jsonw_kbool(w, "parallel_tool_calls", asked(o, "parallel_tool_calls", true));
	jsonw_kstr(w, "previous_response_id", NULL);
	jsonw_kstr(w, "service_tier", "default");
	jsonw_kbool(w, "store", asked(o, "store", true));
	jsonw_kstr(w, "truncation", "disabled");
}

/* Its members into the object that is open. */
static void
put_response(struct responses *o, const char *status)
{
	bool over = strcmp(status, "completed") == 0 || strcmp(status, "incomplete") == 0;

	put_head(o, status);
	if (over) {
		put_output(o);
		put_usage(o);
	} else {
		put_empty(&o->w, "output");
		jsonw_kstr(&o->w, "usage", NULL);
	}
}

static const char *
last_status(const struct responses *o)
{
	return stops_as(o, "pause") && !o->r->streamed ? "queued"
	       : incomplete_reason(o)                  ? "incomplete"
						       : "completed";
}

/* --- events --- */

static void
begin_event(struct responses *o, const char *type)
{
	buf_addf(&o->r->body.bytes, "event: %s\ndata: ", type);
	jsonw_start(&o->w, &o->r->body.bytes);
	jsonw_object(&o->w);
	jsonw_kstr(&o->w, "type", type);
	jsonw_ki64(&o->w, "sequence_number", o->sequence++);
}

static void
end_event(struct responses *o, int64_t wait_us)
{
	jsonw_end(&o->w);
	buf_adds(&o->r->body.bytes, "\n\n");
	mock_tape_mark(&o->r->body, wait_us);
}

/* An event about the item that is told, and of which part of it, where that has parts. */
static void
begin_item_event(struct responses *o, const char *type, const char *kind, size_t n)
{
	begin_event(o, type);
	put_id(o, "item_id", kind, n);
	jsonw_ki64(&o->w, "output_index", o->item);
}

static void
response_event(struct responses *o, const char *type, const char *status)
{
	begin_event(o, type);
	jsonw_key(&o->w, "response");
	jsonw_object(&o->w);
	put_response(o, status);
	jsonw_end(&o->w);
	end_event(o, 0);
}

static void
begin_output_item(struct responses *o, bool whole)
{
	begin_event(o, whole ? "response.output_item.done" : "response.output_item.added");
	jsonw_ki64(&o->w, "output_index", o->item);
	jsonw_key(&o->w, "item");
}

static void
stream_reasoning(struct responses *o)
{
	struct str rest = o->s->reasoning, piece;

	begin_output_item(o, false);
	put_reasoning(o, false, false);
	end_event(o, 0);
	begin_item_event(o, "response.reasoning_summary_part.added", "rs", 0);
	jsonw_ki64(&o->w, "summary_index", 0);
	jsonw_key(&o->w, "part");
	put_summary(&o->w, STR_LIT(""));
	end_event(o, 0);
	while (mock_next_words(&rest, o->s->answer->chunk_words, &piece)) {
		begin_item_event(o, "response.reasoning_summary_text.delta", "rs", 0);
		jsonw_ki64(&o->w, "summary_index", 0);
		jsonw_kstrn(&o->w, "delta", piece);
		end_event(o, mock_output_wait(o->s, o->r, &o->any));
	}
	begin_item_event(o, "response.reasoning_summary_text.done", "rs", 0);
	jsonw_ki64(&o->w, "summary_index", 0);
	jsonw_kstrn(&o->w, "text", o->s->reasoning);
	end_event(o, 0);
	begin_output_item(o, true);
	put_reasoning(o, true, false);
	end_event(o, 0);
	o->item++;
}

static void
part_event(struct responses *o, const char *type, struct str text)
{
	begin_item_event(o, type, "msg", 0);
	jsonw_ki64(&o->w, "content_index", 0);
	jsonw_key(&o->w, "part");
	put_text(o, text);
	end_event(o, 0);
}

static void
text_event(struct responses *o, const char *type, const char *key, struct str text)
{
	begin_item_event(o, type, "msg", 0);
	jsonw_ki64(&o->w, "content_index", 0);
	jsonw_kstrn(&o->w, key, text);
	if (!stops_as(o, "refusal"))
		put_empty(&o->w, "logprobs");
}

static void
stream_message(struct responses *o)
{
	bool refused = stops_as(o, "refusal"), failed = o->s->answer->error.status != 0;
	struct str rest = o->s->text, piece;

	begin_output_item(o, false);
	put_message(o, false);
	end_event(o, 0);
	part_event(o, "response.content_part.added", STR_LIT(""));
	while (mock_next_words(&rest, o->s->answer->chunk_words, &piece)) {
		text_event(o, refused ? "response.refusal.delta" : "response.output_text.delta",
		    "delta", piece);
		end_event(o, mock_output_wait(o->s, o->r, &o->any));
	}
	if (failed)
		return;
	text_event(o, refused ? "response.refusal.done" : "response.output_text.done",
	    refused ? "refusal" : "text", o->s->text);
	end_event(o, 0);
	part_event(o, "response.content_part.done", o->s->text);
	begin_output_item(o, true);
	put_message(o, true);
	end_event(o, 0);
	o->item++;
}

static void
stream_call(struct responses *o, size_t i)
{
	struct str rest = str_of(o->s->answer->calls[i].arguments), piece;

	begin_output_item(o, false);
	put_call(o, i, false);
	end_event(o, mock_output_wait(o->s, o->r, &o->any));
	while (mock_next_words(&rest, o->s->answer->chunk_words, &piece)) {
		begin_item_event(o, "response.function_call_arguments.delta", "fc", i + 1);
		jsonw_kstrn(&o->w, "delta", piece);
		end_event(o, mock_output_wait(o->s, o->r, &o->any));
	}
	begin_item_event(o, "response.function_call_arguments.done", "fc", i + 1);
	jsonw_kstr(&o->w, "arguments", o->s->answer->calls[i].arguments);
	end_event(o, 0);
	begin_output_item(o, true);
	put_call(o, i, true);
	end_event(o, 0);
	o->item++;
}

/* An error has two forms: the documented one, whose members stand bare, and the one that was seen,
 * which the failed response follows. */
static void
stream_error(struct responses *o)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct json error = error_of(o, &text);

	begin_event(o, "error");
	if (o->s->answer->error.flat) {
		jsonw_kjson(&o->w, "code", json_get(error, "code"));
		jsonw_kjson(&o->w, "message", json_get(error, "message"));
		jsonw_kjson(&o->w, "param", json_get(error, "param"));
	} else {
		jsonw_kjson(&o->w, "error", error);
	}
	end_event(o, 0);
	if (!o->s->answer->error.flat)
		response_event(o, "response.failed", "failed");
	buf_release(&text);
}

static void
stream(struct responses *o)
{
	const char *status = last_status(o);
	char *last;
	size_t i;

	response_event(o, "response.created", "in_progress");
	response_event(o, "response.in_progress", "in_progress");
	o->r->first_output = o->r->body.bytes.len;
	if (o->s->reasoning.len)
		stream_reasoning(o);
	if (has_message(o))
		stream_message(o);
	for (i = 0; i < o->s->answer->call_count && !o->s->answer->error.status; i++)
		stream_call(o, i);
	o->r->terminal = o->r->body.bytes.len;
	if (o->s->answer->error.status) {
		stream_error(o);
		return;
	}
	last = xasprintf("response.%s", status);
	response_event(o, last, status);
	free(last);
}

void
mock_render_responses(const struct mock_saying *s, struct mock_reply *r)
{
	struct responses o = { .s = s, .r = r };
	char *id = xasprintf("req_mock_%llu", (unsigned long long)s->serial);

	mock_reply_field(r, "content-type",
	    r->streamed ? "text/event-stream; charset=utf-8" : "application/json");
	mock_reply_field(r, "openai-version", "2020-10-01");
	mock_reply_field(r, "x-request-id", id);
	free(id);
	if (r->streamed) {
		stream(&o);
		return;
	}
	jsonw_start(&o.w, &r->body.bytes);
	jsonw_object(&o.w);
	put_response(&o, last_status(&o));
	jsonw_end(&o.w);
}
