/* SPDX-License-Identifier: MIT */
/* record - the records that calls write. */
#include "llm/record.h"

#include "json/jsonw.h"
#include "llm/dialect.h"
#include "net/secret.h"

void
record_compact(struct buf *out, struct str raw)
{
	const char *p = raw.p, *end = raw.p + raw.len, *from = p;
	bool in_string = false;

	for (; p < end; p++) {
		if (in_string && *p == '\\') {
			p++;
		} else if (*p == '"') {
			in_string = !in_string;
		} else if (!in_string && (*p == '\n' || *p == '\r' || *p == ' ' || *p == '\t')) {
			buf_add(out, from, (size_t)(p - from));
			from = p + 1;
		}
	}
	buf_add(out, from, (size_t)(end - from));
}

/* A value of the provider's: byte for byte, unless it has line breaks. */
static void
put_raw(struct jsonw *w, struct str raw)
{
	struct buf compact = BUF_INIT(BUF_UNLIMITED);

	if (!memchr(raw.p, '\n', raw.len) && !memchr(raw.p, '\r', raw.len)) {
		jsonw_raw(w, raw);
		return;
	}
	record_compact(&compact, raw);
	jsonw_raw(w, buf_str(&compact));
	buf_release(&compact);
}

static void
put_masked(struct jsonw *w, const char *key, struct str text)
{
	struct buf masked = BUF_INIT(BUF_UNLIMITED);

	secret_mask(text, &masked);
	jsonw_kstrn(w, key, buf_str(&masked));
	buf_release(&masked);
}

/* What a provider says may hold the key that it was given: take it out of the record that begins
 * at start. */
static void
mask_record(struct buf *out, size_t start)
{
	struct buf masked = BUF_INIT(BUF_UNLIMITED);
	struct str record = { out->p + start, out->len - start };

	if (!secret_occurs(record, SECRET_ANSWER_MIN))
		return;
	secret_mask_json(record, SECRET_ANSWER_MIN, &masked);
	buf_truncate(out, start);
	buf_addstr(out, buf_str(&masked));
	buf_release(&masked);
}

/* --- chunks --- */

static void
put_delta_text(struct jsonw *w, const char *key, const struct delta *d)
{
	jsonw_key(w, key);
	if (d->raw.p)
		jsonw_raw(w, d->raw);
	else
		jsonw_strn(w, d->text);
}

static void
put_delta_tool(struct jsonw *w, const struct delta *d)
{
	jsonw_key(w, "toolCall");
	jsonw_object(w);
	jsonw_ki64(w, "index", (int64_t)d->tool_index);
	if (d->id.len)
		jsonw_kstrn(w, "id", d->id);
	if (d->name.len)
		jsonw_kstrn(w, "name", d->name);
	if (d->raw.p || d->text.len)
		put_delta_text(w, "arguments", d);
	jsonw_end(w);
}

void
record_chunk(struct buf *out, struct str id, int64_t seq, const struct delta *delta)
{
	size_t start = out->len;
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "chunk");
	jsonw_key(&w, "id");
	jsonw_raw(&w, id);
	jsonw_ki64(&w, "seq", seq);
	jsonw_key(&w, "delta");
	jsonw_object(&w);
	switch (delta->kind) {
	case DELTA_CONTENT:
		put_delta_text(&w, "content", delta);
		break;
	case DELTA_REASONING:
		put_delta_text(&w, "reasoning", delta);
		break;
	case DELTA_TOOL_CALL:
		put_delta_tool(&w, delta);
		break;
	}
	jsonw_end(&w);
	jsonw_end(&w);
	mask_record(out, start);
}

void
record_restart(struct buf *out, struct str id, int64_t seq, int64_t attempt)
{
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "chunk");
	jsonw_key(&w, "id");
	jsonw_raw(&w, id);
	jsonw_ki64(&w, "seq", seq);
	jsonw_kbool(&w, "restart", true);
	jsonw_ki64(&w, "attempt", attempt);
	jsonw_end(&w);
}

/* --- responses --- */

static void
put_call(struct jsonw *w, const struct part *part)
{
	jsonw_kstrn(w, "id", buf_str(&part->id));
	jsonw_kstrn(w, "name", buf_str(&part->name));
	if (part->custom_tool || part->malformed) { /* malformed: kept as the text that it is */
		jsonw_kstrn(w, "input", buf_str(&part->text));
	} else {
		jsonw_key(w, "arguments");
		put_raw(w, buf_str(&part->text));
	}
}

static void
put_calls(struct jsonw *w, const struct answer *a)
{
	if (!a->tool_count)
		return;
	jsonw_key(w, "toolCalls");
	jsonw_array(w);
	for (size_t i = 0; i < a->part_count; i++) {
		if (a->parts[i].type != PART_TOOL_CALL)
			continue;
		jsonw_object(w);
		put_call(w, &a->parts[i]);
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void
put_media(struct jsonw *w, const struct part *part)
{
	if (part->media_type.len)
		jsonw_kstrn(w, "mediaType", buf_str(&part->media_type));
	if (part->name.len)
		jsonw_kstrn(w, "name", buf_str(&part->name));
	jsonw_kstrn(w, "data", buf_str(&part->text));
}

static void
put_part(struct jsonw *w, const struct part *part, const struct response_facts *facts)
{
	jsonw_object(w);
	jsonw_kstr(w, "type", part_type_name(part->type));
	switch (part->type) {
	case PART_TEXT:
	case PART_REASONING:
		jsonw_kstrn(w, "text", buf_str(&part->text));
		break;
	case PART_TOOL_CALL:
		put_call(w, part);
		break;
	case PART_IMAGE:
	case PART_AUDIO:
	case PART_VIDEO:
	case PART_FILE:
		put_media(w, part);
		break;
	case PART_PROVIDER:
		jsonw_kstr(w, "provider", facts->provider);
		jsonw_key(w, "value");
		put_raw(w, buf_str(&part->value));
		break;
	case PART_TOOL_RESULT: /* no answer holds one */
		break;
	}
	if (part->opaque.len) {
		jsonw_key(w, "opaque");
		jsonw_object(w);
		jsonw_kstr(w, "provider", facts->provider);
		jsonw_kstrn(w, "model", facts->requested_model);
		jsonw_key(w, "value");
		put_raw(w, buf_str(&part->opaque));
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void
put_parts(struct jsonw *w, const struct answer *a, const struct response_facts *facts)
{
	if (!a->part_count)
		return;
	jsonw_key(w, "parts");
	jsonw_array(w);
	for (size_t i = 0; i < a->part_count; i++)
		put_part(w, &a->parts[i], facts);
	jsonw_end(w);
}

void
record_turn(struct jsonw *w, const struct answer *a, const struct response_facts *facts)
{
	jsonw_array(w);
	for (size_t i = 0; i < a->part_count; i++) {
		if (a->parts[i].type != PART_REASONING || a->parts[i].opaque.len)
			put_part(w, &a->parts[i], facts);
	}
	jsonw_end(w);
}

/* A raw object's members, on one line. */
static void
put_members(struct jsonw *w, struct str raw)
{
	struct buf compact = BUF_INIT(BUF_UNLIMITED);

	record_compact(&compact, raw);
	jsonw_members(w, (struct json){ compact.p, compact.len, JSON_OBJECT });
	buf_release(&compact);
}

static void
put_citations(struct jsonw *w, const struct answer *a, struct str content)
{
	int64_t start, end;

	if (!a->citation_count)
		return;
	jsonw_key(w, "citations");
	jsonw_array(w);
	for (size_t i = 0; i < a->citation_count; i++) {
		const struct citation *c = &a->citations[i];

		jsonw_object(w);
		put_members(w, buf_str(&c->source));
		if (answer_citation_span(a, c, content, &start, &end)) {
			jsonw_ki64(w, "start", start);
			jsonw_ki64(w, "end", end);
		}
		if (c->value.len) {
			jsonw_key(w, "value");
			put_raw(w, buf_str(&c->value));
		}
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void
put_count(struct jsonw *w, const char *key, int64_t n)
{
	if (n != TOKENS_UNKNOWN)
		jsonw_ki64(w, key, n);
}

static void
put_usage(struct jsonw *w, const struct usage *u)
{
	if (u->in == TOKENS_UNKNOWN && u->out == TOKENS_UNKNOWN)
		return;
	jsonw_key(w, "usage");
	jsonw_object(w);
	put_count(w, "tokensIn", u->in);
	put_count(w, "tokensOut", u->out);
	put_count(w, "cacheReadTokens", u->cache_read);
	put_count(w, "cacheWriteTokens", u->cache_write);
	put_count(w, "cacheWrite1hTokens", u->cache_write_1h);
	put_count(w, "reasoningTokens", u->reasoning);
	jsonw_kstr(w, "source", u->estimated ? "estimated" : "reported");
	jsonw_end(w);
}

/* Microseconds as milliseconds with at most three places: exact, and no printf. */
static void
put_ms(struct jsonw *w, const char *key, int64_t us)
{
	char places[4] = { '.', '0', '0', '0' };
	int64_t rest = us % 1000;
	size_t n = 4;

	if (us < 0)
		return;
	for (size_t i = 3; i > 0; i--, rest /= 10)
		places[i] = (char)('0' + rest % 10);
	while (n > 1 && places[n - 1] == '0')
		n--;
	jsonw_ki64(w, key, us / 1000);
	buf_add(w->out, places, n > 1 ? n : 0);
}

static void
put_error_value(struct jsonw *w, const struct answer_error *e)
{
	jsonw_object(w);
	jsonw_kstr(w, "kind", error_kind_name(e->kind));
	put_masked(w, "message", buf_str(&e->message));
	if (e->status)
		jsonw_ki64(w, "status", e->status);
	if (e->code.len)
		put_masked(w, "code", buf_str(&e->code));
	jsonw_kbool(w, "retryable", error_kind_is_retryable(e->kind));
	if (e->retry_after_ms >= 0)
		jsonw_ki64(w, "retryAfterMs", e->retry_after_ms);
	if (e->request_id.len)
		put_masked(w, "requestId", buf_str(&e->request_id));
	jsonw_end(w);
}

static void
put_error(struct jsonw *w, const struct answer_error *e)
{
	if (e->kind == ERROR_NONE)
		return;
	jsonw_key(w, "error");
	put_error_value(w, e);
}

void
record_error(const struct answer_error *e, struct buf *out)
{
	struct jsonw w;

	jsonw_start(&w, out);
	put_error_value(&w, e);
}

static void
put_warnings(struct jsonw *w, const struct answer *a)
{
	if (!a->warnings.len)
		return;
	jsonw_key(w, "warnings");
	jsonw_array(w);
	jsonw_raw(w, buf_str(&a->warnings));
	jsonw_end(w);
}

/* What was said: content, reasoning, calls, object, the turn. */
static void
put_output(struct jsonw *w, const struct answer *a, const struct response_facts *facts)
{
	bool ok = a->error.kind == ERROR_NONE;
	struct buf text = BUF_INIT(BUF_UNLIMITED), thought = BUF_INIT(BUF_UNLIMITED);

	answer_content(a, &text);
	answer_reasoning(a, &thought);
	if (ok || text.len)
		jsonw_kstrn(w, "content", buf_str(&text));
	if (thought.len)
		jsonw_kstrn(w, "reasoning", buf_str(&thought));
	put_calls(w, a);
	if (facts->object.p) {
		jsonw_key(w, "object");
		put_raw(w, facts->object);
	}
	put_citations(w, a, buf_str(&text));
	put_parts(w, a, facts);
	buf_release(&text);
	buf_release(&thought);
}

/* How it went: times, speed, money. */
static void
put_measures(struct jsonw *w, const struct answer *a, const struct response_facts *facts)
{
	put_usage(w, &a->usage);
	put_ms(w, "ms", facts->total_us);
	put_ms(w, "ttftMs", facts->ttft_us);
	put_ms(w, "queueMs", facts->queue_us);
	if (a->perf.len) {
		struct buf perf = BUF_INIT(BUF_UNLIMITED);

		buf_addf(&perf, "{%s}", a->perf.p);
		jsonw_key(w, "perf");
		jsonw_raw(w, buf_str(&perf));
		buf_release(&perf);
	}
	if (facts->exchanges > 1)
		jsonw_ki64(w, "exchanges", facts->exchanges);
	if (a->cost_pusd >= 0) {
		jsonw_key(w, "costUsd");
		jsonw_usd(w, a->cost_pusd);
		jsonw_key(w, "cost");
		jsonw_object(w);
		jsonw_kstr(w, "basis", "reported");
		jsonw_end(w);
	}
}

static void
put_who(struct jsonw *w, const struct answer *a, const struct response_facts *facts)
{
	if (facts->id.p) {
		jsonw_key(w, "id");
		jsonw_raw(w, facts->id);
	}
	jsonw_kbool(w, "ok", a->error.kind == ERROR_NONE);
	if (facts->line)
		jsonw_ki64(w, "line", facts->line);
	if (facts->provider)
		jsonw_kstr(w, "provider", facts->provider);
	if (facts->like)
		jsonw_kstr(w, "providerLike", facts->like);
	if (a->model.len)
		jsonw_kstrn(w, "model", buf_str(&a->model));
	else if (facts->requested_model.len)
		jsonw_kstrn(w, "model", facts->requested_model);
	if (facts->requested.len)
		jsonw_kstrn(w, "requestedModel", facts->requested);
	if (a->kept && a->response_id.len)
		jsonw_kstrn(w, "responseId", buf_str(&a->response_id));
}

/* What the next request of the conversation has to say to this provider. */
static void
put_carry(struct jsonw *w, const struct answer *a, const struct response_facts *facts)
{
	struct buf members = BUF_INIT(BUF_UNLIMITED);

	if (!a->carry.len || !facts->provider)
		return;
	jsonw_key(w, "providerOptions");
	jsonw_object(w);
	jsonw_key(w, facts->provider);
	buf_addf(&members, "{%s}", a->carry.p);
	put_raw(w, buf_str(&members));
	jsonw_end(w);
	buf_release(&members);
}

static void
put_trailer(struct jsonw *w, const struct response_facts *facts)
{
	if (facts->raw.p) {
		struct buf masked = BUF_INIT(BUF_UNLIMITED);

		secret_mask_json(facts->raw, SECRET_MASK_MIN, &masked);
		jsonw_key(w, "raw");
		put_raw(w, buf_str(&masked));
		buf_release(&masked);
	}
	if (facts->profile) {
		jsonw_key(w, "profile");
		jsonw_object(w);
		jsonw_kstr(w, "name", facts->profile);
		jsonw_kstr(w, "digest", facts->profile_digest);
		jsonw_end(w);
	}
	jsonw_kjson_opt(w, "tags", facts->tags);
	jsonw_kjson_opt(w, "meta", facts->meta);
	if (facts->trace_id)
		jsonw_kstr(w, "traceId", facts->trace_id);
	if (facts->span_id)
		jsonw_kstr(w, "spanId", facts->span_id);
}

void
record_response(struct buf *out, const struct answer *a, const struct response_facts *facts)
{
	size_t start = out->len;
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "response");
	put_who(&w, a, facts);
	put_output(&w, a, facts);
	if (a->stop != STOP_NONE)
		jsonw_kstr(&w, "stop", stop_name(a->stop));
	if (a->stop_raw.len)
		jsonw_kstrn(&w, "stopRaw", buf_str(&a->stop_raw));
	if (a->stop_details.len) {
		jsonw_key(&w, "stopDetails");
		put_raw(&w, buf_str(&a->stop_details));
	}
	put_measures(&w, a, facts);
	put_error(&w, &a->error);
	put_warnings(&w, a);
	put_carry(&w, a, facts);
	put_trailer(&w, facts);
	jsonw_end(&w);
	mask_record(out, start);
}

/* The URL without the user and password that it may name. */
static void
put_url(struct jsonw *w, struct str url)
{
	struct buf shown = BUF_INIT(BUF_UNLIMITED);
	const char *host = strstr(url.p, "://"), *at;

	host = host ? host + 3 : url.p;
	at = memchr(host, '@', strcspn(host, "/?"));
	buf_add(&shown, url.p, (size_t)(host - url.p));
	buf_adds(&shown, at ? "***" : "");
	buf_adds(&shown, at ? at : host);
	put_masked(w, "url", buf_str(&shown));
	buf_release(&shown);
}

void
record_http_request(struct buf *out, struct str id, const char *provider, const struct wire *wire,
    const struct answer *a)
{
	struct buf body = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "httpRequest");
	jsonw_key(&w, "id");
	jsonw_raw(&w, id);
	jsonw_kstr(&w, "provider", provider);
	jsonw_kstr(&w, "method", "POST");
	put_url(&w, buf_str(&wire->url));
	jsonw_key(&w, "headers");
	jsonw_object(&w);
	for (size_t i = 0; i < wire->headers.count; i++)
		put_masked(&w, wire->headers.items[i].name, str_of(wire->headers.items[i].value));
	jsonw_end(&w);
	record_compact(&body, buf_str(&wire->body));
	jsonw_key(&w, "body");
	jsonw_raw(&w, buf_str(&body));
	put_warnings(&w, a);
	jsonw_end(&w);
	buf_release(&body);
}

void
record_program_run(struct buf *out, struct str id, const char *provider, const struct wire *wire,
    const struct answer *a)
{
	struct buf plan = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	secret_mask_json(buf_str(&wire->body), SECRET_MASK_MIN, &plan);
	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "programRun");
	jsonw_key(&w, "id");
	jsonw_raw(&w, id);
	jsonw_kstr(&w, "provider", provider);
	jsonw_key(&w, "plan");
	jsonw_raw(&w, buf_str(&plan));
	put_warnings(&w, a);
	jsonw_end(&w);
	buf_release(&plan);
}
