/* SPDX-License-Identifier: MIT */
/* render - what is the same for every provider: deciding what an answer leaves open. */
#include "mock/render.h"

#include "base/buf.h"

enum { MOCK_TOKEN_S = 3599 };

static mock_render_fn *const renderers[] = {
	[MOCK_OPENAI_CHAT] = mock_render_openai,
	[MOCK_RESPONSES] = mock_render_responses,
	[MOCK_RESPONSE] = mock_render_responses,
	[MOCK_ANTHROPIC] = mock_render_anthropic,
	[MOCK_GEMINI] = mock_render_gemini,
	[MOCK_GEMINI_STREAM] = mock_render_gemini,
	[MOCK_OLLAMA_CHAT] = mock_render_ollama,
	[MOCK_COHERE] = mock_render_cohere,
	[MOCK_BEDROCK] = mock_render_bedrock,
	[MOCK_BEDROCK_STREAM] = mock_render_bedrock,
};

bool
mock_next_words(struct str *rest, int64_t words, struct str *chunk)
{
	size_t n = 0;

	if (rest->len == 0)
		return false;
	for (; words > 0 && n < rest->len; words--) {
		while (n < rest->len && strchr(" \t\n", rest->p[n]) && rest->p[n])
			n++;
		while (n < rest->len && (!strchr(" \t\n", rest->p[n]) || !rest->p[n]))
			n++;
	}
	*chunk = (struct str){ rest->p, n };
	*rest = (struct str){ rest->p + n, rest->len - n };
	return true;
}

int64_t
mock_output_wait(const struct mock_saying *s, struct mock_reply *r, bool *any)
{
	bool first = !*any;

	*any = true;
	if (!first)
		return s->answer->token_us;
	r->first_output = r->body.count ? r->body.pieces[r->body.count - 1].end : 0;
	return s->answer->ttft_us;
}

const char *
mock_stop_word(const struct mock_saying *s, const char *const *pairs)
{
	for (; *pairs; pairs += 2)
		if (strcmp(s->stop, pairs[0]) == 0)
			return pairs[1];
	return s->stop;
}

void
mock_write_signature(struct jsonw *w, const char *key, const struct mock_saying *s)
{
	struct buf text = BUF_INIT(64);

	buf_addf(&text, "c2lnbmF0dXJlLW1vY2st%llu", (unsigned long long)s->serial);
	jsonw_kstr(w, key, text.p);
	buf_release(&text);
}

static void
render_tokens(struct mock_saying *s)
{
	const struct mock_tokens *t = &s->answer->tokens;
	size_t bytes = s->text.len + s->reasoning.len, i;

	for (i = 0; i < s->answer->call_count; i++)
		bytes += strlen(s->answer->calls[i].name) + strlen(s->answer->calls[i].arguments);
	s->in = t->in >= 0 ? t->in : mock_request_tokens(s->request);
	s->out = t->out >= 0 ? t->out : mock_tokens_of(bytes);
	s->cache_read = t->cache_read > 0 ? t->cache_read : 0;
	s->cache_write = t->cache_write > 0 ? t->cache_write : 0;
	s->thinking = t->reasoning >= 0 ? t->reasoning : mock_tokens_of(s->reasoning.len);
	/* The parts never pass the whole. */
	if (s->in < s->cache_read + s->cache_write)
		s->in = s->cache_read + s->cache_write;
	if (s->out < s->thinking)
		s->out = s->thinking;
}

static void
render_text(struct mock_saying *s, struct buf *scratch)
{
	const struct mock_answer *a = s->answer;
	struct str once;
	int64_t i;

	if (a->object && (s->request->wants_object || (!a->text && !a->echo)))
		once = str_of(a->object);
	else if (a->echo)
		once = buf_str(&s->request->user);
	else
		once = str_of(a->text);
	if (a->repeat == 1) {
		s->text = once;
		return;
	}
	for (i = 0; i < a->repeat; i++)
		buf_addstr(scratch, once);
	s->text = buf_str(scratch);
}

/* The waits between the pieces of a stream, which a single answer has before it. */
static int64_t
render_pauses(const struct mock_saying *s)
{
	struct str rest = s->text, chunk;
	int64_t n = 0;

	if (s->answer->token_us == 0)
		return 0;
	while (mock_next_words(&rest, s->answer->chunk_words, &chunk))
		n++;
	for (rest = s->reasoning; mock_next_words(&rest, s->answer->chunk_words, &chunk);)
		n++;
	return n > 0 ? n - 1 : 0;
}

void
mock_render(const struct mock_answer *answer, const struct mock_request *request, uint64_t serial,
    struct mock_reply *r)
{
	struct buf scratch = BUF_INIT(BUF_UNLIMITED);
	struct mock_saying s = { .answer = answer, .request = request, .serial = serial };
	size_t i;

	if (answer->error.status && !answer->error.mid_stream) {
		mock_render_error(&answer->error, request->family, serial, r);
		r->head_wait_us = answer->ttft_us;
	} else {
		mock_reply_init(r, 200);
		s.reasoning = str_of(answer->reasoning);
		s.model = answer->model ? answer->model : request->model.p;
		s.stop = answer->stop ? answer->stop : answer->call_count ? "tool" : "end";
		render_text(&s, &scratch);
		render_tokens(&s);
		r->tokens_in = s.in;
		r->tokens_out = s.out;
		r->streamed = request->stream;
		renderers[request->api](&s, r);
		if (!r->streamed) {
			mock_tape_mark(&r->body, 0);
			r->terminal = r->body.bytes.len;
			r->head_wait_us = answer->ttft_us + answer->token_us * render_pauses(&s);
		}
	}
	for (i = 0; i < answer->field_count; i++)
		mock_reply_field(r, answer->fields[i].name, answer->fields[i].value);
	buf_release(&scratch);
}

/* --- models --- */

static void
render_model(struct jsonw *w, enum mock_api api, const char *name)
{
	struct buf full = BUF_INIT(BUF_UNLIMITED);

	jsonw_object(w);
	switch (api) {
	case MOCK_GEMINI_MODELS:
		buf_adds(&full, "models/");
		buf_adds(&full, name);
		jsonw_kstr(w, "name", full.p);
		jsonw_kstr(w, "displayName", name);
		jsonw_key(w, "supportedGenerationMethods");
		jsonw_array(w);
		jsonw_str(w, "generateContent");
		jsonw_end(w);
		break;
	case MOCK_OLLAMA_TAGS:
		jsonw_kstr(w, "name", name);
		jsonw_kstr(w, "model", name);
		jsonw_kstr(w, "modified_at", MOCK_CREATED_RFC3339);
		jsonw_ki64(w, "size", 0);
		break;
	case MOCK_ANTHROPIC_MODELS:
		jsonw_kstr(w, "type", "model");
		jsonw_kstr(w, "id", name);
		jsonw_kstr(w, "display_name", name);
		jsonw_kstr(w, "created_at", MOCK_CREATED_RFC3339);
		break;
	default:
		jsonw_kstr(w, "id", name);
		jsonw_kstr(w, "object", "model");
		jsonw_ki64(w, "created", MOCK_CREATED);
		jsonw_kstr(w, "owned_by", "llm-mock");
	}
	jsonw_end(w);
	buf_release(&full);
}

void
mock_render_models(const struct mock_request *request, const char *const *models, size_t count,
    struct mock_reply *r)
{
	bool data = request->api == MOCK_OPENAI_MODELS || request->api == MOCK_ANTHROPIC_MODELS;
	struct jsonw w;
	size_t i;

	mock_reply_init(r, 200);
	mock_reply_field(r, "content-type", "application/json");
	jsonw_start(&w, &r->body.bytes);
	jsonw_object(&w);
	if (request->api == MOCK_OLLAMA_VERSION) {
		jsonw_kstr(&w, "version", "0.0.0");
	} else {
		if (request->api == MOCK_OPENAI_MODELS)
			jsonw_kstr(&w, "object", "list");
		jsonw_key(&w, data ? "data" : "models");
		jsonw_array(&w);
		for (i = 0; i < count; i++)
			render_model(&w, request->api, models[i]);
		jsonw_end(&w);
		if (request->api == MOCK_ANTHROPIC_MODELS)
			jsonw_kbool(&w, "has_more", false);
	}
	jsonw_end(&w);
	mock_tape_mark(&r->body, 0);
	r->terminal = r->body.bytes.len;
}

/* --- tokens --- */

void
mock_render_token(const char *key, bool in_form, uint64_t serial, struct mock_reply *r)
{
	struct buf token = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	mock_reply_init(r, in_form ? 200 : 403);
	mock_reply_field(r, "content-type", "application/json");
	jsonw_start(&w, &r->body.bytes);
	jsonw_object(&w);
	if (in_form) {
		if (!key)
			buf_addf(&token, "ya29.mock-token-%llu", (unsigned long long)serial);
		jsonw_kstr(&w, "access_token", key ? key : token.p);
		jsonw_ki64(&w, "expires_in", MOCK_TOKEN_S);
		jsonw_kstr(&w, "token_type", "Bearer");
	} else {
		jsonw_kstr(&w, "error", "Missing Metadata-Flavor:Google header.");
	}
	jsonw_end(&w);
	mock_tape_mark(&r->body, 0);
	r->terminal = r->body.bytes.len;
	buf_release(&token);
}
