/* SPDX-License-Identifier: MIT */
/* call - one request carried to one provider. */
#include "llm/call.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/version.h"
#include "json/jsonw.h"
#include "json/schema.h"
#include "llm/dialect.h"
#include "llm/record.h"
#include "llm/trace.h"
#include "sys/clock.h"

#define RAW_MAX ((size_t)64 << 20)

struct caller {
	const struct call_config *config;
	const struct call_events *on;
	void *user;
	uv_loop_t *loop;
	struct http *http; /* NULL until the first request is sent: its start takes milliseconds */
	struct trace trace;
	uint64_t made_ids;
	char *schema_text; /* the schema compiled last: bulk runs use the same one for all */
	struct schema *schema;
};

struct call {
	struct caller *caller;
	void *user;
	char *line;
	int64_t number;
	struct buf id; /* raw JSON; empty: none */
	struct request request;
	struct provider *provider; /* NULL until resolved */
	struct str model; /* without the provider's name */
	char *model_text; /* the same with a NUL, for builders */
	struct wire wire;
	struct answer answer;
	struct reader *reader;
	struct http_exchange *exchange; /* NULL: nothing is under way */
	uv_timer_t *linger; /* running once the provider has said all; freed by the loop */
	struct buf raw; /* the body as it came, with keep_raw */
	char span_id[TRACE_SPAN_SIZE];
	int64_t seq, read_us, start_us, sent_us, first_us, end_us;
	bool is_request; /* the line was a good one */
};

struct caller *
caller_new(
    uv_loop_t *loop, const struct call_config *config, const struct call_events *on, void *user)
{
	struct caller *caller = xcalloc(1, sizeof *caller);

	*caller = (struct caller){
		.loop = loop,
		.config = config,
		.on = on,
		.user = user,
	};
	trace_init(&caller->trace, config->traceparent);
	return caller;
}

void
caller_free(struct caller *caller)
{
	if (caller->http)
		http_free(caller->http);
	schema_free(caller->schema);
	free(caller->schema_text);
	free(caller);
}

static struct http *
caller_http(struct caller *caller)
{
	if (!caller->http)
		caller->http = http_new(caller->loop,
		    &(struct http_config){ .user_agent = "agentflow/" AGENTFLOW_VERSION,
			.ca_file = caller->config->ca_file,
			.ca_dir = caller->config->ca_dir,
			.log = caller->config->log });
	return caller->http;
}

/* --- reading the line --- */

static void
take_id(struct call *c, struct json id)
{
	if (json_is(id, JSON_STRING) || json_is(id, JSON_NUMBER)) {
		buf_addstr(&c->id, json_raw(id));
	} else {
		buf_addc(&c->id, '"');
		buf_addi(&c->id, (int64_t)++c->caller->made_ids);
		buf_addc(&c->id, '"');
	}
}

/* Options that nobody knows are not carried, and that is said. */
static void
warn_unknown_options(struct call *c)
{
	const char *const *names = request_option_names(), *near;
	struct json_iter it = json_each(json_get(c->request.record, "options"));
	struct buf option = BUF_INIT(BUF_UNLIMITED);

	while (json_next(&it)) {
		size_t i = 0;

		while (names[i] && !json_eq(it.key, names[i]))
			i++;
		if (names[i])
			continue;
		buf_reset(&option);
		buf_adds(&option, "options.");
		json_text(it.key, &option);
		near = str_nearest(str_of(option.p + strlen("options.")), names);
		if (near)
			answer_warn(&c->answer, option.p,
			    "not known, and not carried (did you mean \"%s\"?)", near);
		else
			answer_warn(&c->answer, option.p, "not known, and not carried");
	}
	buf_release(&option);
}

static void
read_line(struct call *c, size_t len)
{
	struct err err = ERR_INIT;
	struct json record;

	if (json_parse(c->line, len, &record, &err) < 0) {
		answer_fail(&c->answer, ERROR_INVALID_INPUT, "%s", err.text);
	} else if (!json_is(record, JSON_OBJECT)) {
		answer_fail(&c->answer, ERROR_INVALID_INPUT, "not a JSON object");
	} else if (!request_is(record)) {
		take_id(c, json_get(record, "id"));
		answer_fail(&c->answer, ERROR_INVALID_INPUT,
		    "not a request: it has neither messages nor prompt");
	} else {
		c->is_request = request_read(
				    &c->request, record, &c->caller->config->defaults, &err) == 0;
		take_id(c, c->request.id);
		if (c->is_request)
			warn_unknown_options(c);
		else
			answer_fail(&c->answer, ERROR_INVALID_INPUT, "%s", err.text);
	}
}

/* Who is to answer. */
static void
resolve(struct call *c)
{
	struct providers *set = c->caller->config->providers;
	struct str spec = c->request.model;
	struct err err = ERR_INIT;

	if (!spec.len) {
		spec = str_of(providers_default_model(set));
		c->request.model = spec;
	}
	if (providers_resolve(set, spec, &c->provider, &c->model, &err) < 0) {
		c->provider = NULL;
		answer_fail(
		    &c->answer, spec.len ? ERROR_NOT_FOUND : ERROR_INVALID_REQUEST, "%s", err.text);
		return;
	}
	c->model_text = xmemdup(c->model.p, c->model.len);
}

static void
on_delta(void *user, const struct delta *delta)
{
	struct call *c = user;

	c->caller->on->delta(c->caller->user, c, delta);
}

static struct call *
new_call(struct caller *caller, struct str line, int64_t number)
{
	struct call *c = xcalloc(1, sizeof *c);

	c->caller = caller;
	c->number = number;
	c->line = xmemdup(line.p, line.len);
	buf_init(&c->id, BUF_UNLIMITED);
	buf_init(&c->raw, RAW_MAX);
	buf_init(&c->request.model_text, 0);
	wire_init(&c->wire);
	answer_init(&c->answer, NULL, c);
	trace_span(&caller->trace, c->span_id);
	return c;
}

struct call *
call_new(struct caller *caller, struct str line, int64_t number)
{
	struct call *c = new_call(caller, line, number);

	read_line(c, line.len);
	if (c->is_request)
		resolve(c);
	if (c->request.options.stream && caller->on->delta)
		c->answer.on_delta = on_delta;
	return c;
}

struct call *
call_new_bad(struct caller *caller, int64_t number, const char *message)
{
	struct call *c = new_call(caller, STR_LIT(""), number);

	answer_fail(&c->answer, ERROR_INVALID_INPUT, "%s", message);
	return c;
}

void
call_free(struct call *c)
{
	reader_free(c->reader);
	answer_release(&c->answer);
	wire_release(&c->wire);
	request_release(&c->request);
	buf_release(&c->id);
	buf_release(&c->raw);
	free(c->model_text);
	free(c->line);
	free(c);
}

/* --- on its way --- */

static void
finish(struct call *c)
{
	if (!c->end_us)
		c->end_us = clock_mono_us();
	c->caller->on->done(c->caller->user, c);
}

static void
free_timer(uv_handle_t *handle)
{
	free(handle);
}

static void
on_linger(uv_timer_t *timer)
{
	struct call *c = timer->data;

	if (c->exchange)
		http_cancel(c->exchange);
}

/* All is said; a server that keeps the connection busy must not hold the answer back. */
static void
start_linger(struct call *c)
{
	c->end_us = clock_mono_us();
	c->linger = xmalloc(sizeof *c->linger);
	(void)uv_timer_init(c->caller->loop, c->linger); /* cannot fail */
	c->linger->data = c;
	(void)uv_timer_start(
	    c->linger, on_linger, CALL_LINGER_MS, 0); /* fails without a callback */
}

static void
on_head(void *user, int status, const struct http_headers *headers)
{
	struct call *c = user;

	reader_head(c->reader, status, headers, clock_wall_us());
}

static bool
on_data(void *user, const char *p, size_t n)
{
	struct call *c = user;
	bool streaming = c->wire.framing != FRAME_WHOLE;
	bool go_on;

	if (c->caller->config->keep_raw)
		buf_add(&c->raw, p, n);
	go_on = reader_feed(c->reader, p, n);
	if (!c->first_us && (c->answer.output_seen || !streaming)) {
		c->first_us = clock_mono_us();
		http_saw_output(c->exchange);
	}
	if (c->answer.ended && !c->linger && go_on)
		start_linger(c);
	return go_on;
}

static void
on_done(void *user, const struct http_result *result)
{
	struct call *c = user;

	c->exchange = NULL;
	if (c->linger) {
		uv_close((uv_handle_t *)c->linger, free_timer);
		c->linger = NULL;
	}
	c->sent_us = result->sent_us;
	if (!c->end_us)
		c->end_us = result->end_us;
	reader_end(c->reader, c->provider, result);
	if (!c->answer.error.status && c->answer.error.kind != ERROR_NONE && result->status >= 400)
		c->answer.error.status = result->status;
	finish(c);
}

static int
build(struct call *c)
{
	const struct call_config *config = c->caller->config;
	struct build b = { .request = &c->request,
		.provider = c->provider,
		.model = c->model,
		.answer = &c->answer };
	struct err err = ERR_INIT;

	if (config->dry_run) {
		provider_mask(c->provider, config->env);
		b.key = c->provider->key;
	} else if (provider_key(c->provider, config->env, &b.key, &err) < 0) {
		answer_fail(&c->answer, ERROR_AUTH, "%s", err.text);
		return -1;
	}
	b.model.p = c->model_text;
	if (dialect_build(&b, &c->wire, &err) == 0)
		return 0;
	answer_fail(&c->answer, ERROR_UNSUPPORTED, "%s", err.text);
	return -1;
}

static int64_t
or_default(int64_t ms, int64_t otherwise)
{
	return ms > 0 ? ms : otherwise;
}

static void
send_request(struct call *c)
{
	static const struct http_handler handler = {
		.head = on_head,
		.data = on_data,
		.done = on_done,
	};
	const struct request_options *o = &c->request.options;
	int64_t total_ms = or_default(o->timeout_ms, CALL_TOTAL_MS);
	struct http_request request = {
		.method = "POST",
		.url = c->wire.url.p,
		.headers = &c->wire.headers,
		.body = buf_str(&c->wire.body),
		.connect_ms = CALL_CONNECT_MS,
		.first_ms = or_default(o->ttft_timeout_ms, o->stream ? CALL_FIRST_MS : 0),
		.idle_ms = or_default(o->idle_timeout_ms, CALL_IDLE_MS),
		.deadline_us = clock_deadline(total_ms),
	};

	c->reader = reader_new(c->provider->dialect, &c->answer, c->wire.framing);
	c->exchange = http_start(caller_http(c->caller), &request, &handler, c);
}

void
call_start(struct call *c, int64_t read_us)
{
	c->read_us = read_us;
	c->start_us = clock_mono_us();
	if (c->answer.error.kind == ERROR_NONE && build(c) == 0 && !c->caller->config->dry_run)
		send_request(c);
	else
		finish(c);
}

void
call_cancel(struct call *c)
{
	if (c->exchange) {
		http_cancel(c->exchange);
	} else if (!c->start_us) {
		answer_fail(&c->answer, ERROR_CANCELLED, "cancelled before it was sent");
		finish(c);
	}
}

void
call_pause(struct call *c)
{
	if (c->exchange)
		http_pause(c->exchange);
}

void
call_resume(struct call *c)
{
	if (c->exchange)
		http_resume(c->exchange);
}

void
call_set_user(struct call *c, void *user)
{
	c->user = user;
}

void *
call_user(const struct call *c)
{
	return c->user;
}

struct str
call_id(const struct call *c)
{
	return c->id.len ? buf_str(&c->id) : STR_NONE;
}

const struct answer *
call_answer(const struct call *c)
{
	return &c->answer;
}

struct provider *
call_provider(const struct call *c)
{
	return c->provider;
}

/* --- what it writes --- */

void
call_write_chunk(struct call *c, const struct delta *delta, struct buf *out)
{
	record_chunk(out, buf_str(&c->id), c->seq++, delta);
}

/* The body for "raw": JSON as it is, a stream as the text that it is. */
static void
raw_json(const struct call *c, struct buf *out)
{
	struct err err = ERR_INIT;
	struct json v;

	if (json_parse(c->raw.p, c->raw.len, &v, &err) == 0)
		buf_addstr(out, json_raw(v));
	else
		jsonw_quote(out, buf_str(&c->raw));
}

/* The schema that the answer must fit, compiled once where it stays the same; NULL: there is none,
 * or it is no schema. */
static const struct schema *
schema_of(struct call *c)
{
	struct caller *caller = c->caller;
	struct json text = c->request.options.response_schema;
	struct err err = ERR_INIT;

	if (!json_exists(text) || c->answer.error.kind != ERROR_NONE)
		return NULL;
	if (!caller->schema || !str_is(json_raw(text), caller->schema_text)) {
		schema_free(caller->schema);
		free(caller->schema_text);
		caller->schema_text = xmemdup(text.p, text.len);
		caller->schema = schema_compile(text, &err);
	}
	if (!caller->schema)
		answer_warn(&c->answer, "options.responseSchema",
		    "the answer is not checked against it: %s", err.text);
	return caller->schema;
}

static int64_t
elapsed_us(int64_t from_us, int64_t to_us)
{
	return from_us > 0 && to_us >= from_us ? to_us - from_us : -1;
}

static void
write_response(struct call *c, struct buf *out)
{
	struct buf raw = BUF_INIT(BUF_UNLIMITED);
	int64_t sent_us = c->sent_us ? c->sent_us : c->start_us;
	bool called = c->reader != NULL;
	bool streamed = called && c->wire.framing != FRAME_WHOLE;
	struct response_facts facts = {
		.id = call_id(c),
		.line = c->answer.error.kind == ERROR_INVALID_INPUT ? c->number : 0,
		.provider = c->provider ? c->provider->name : NULL,
		.requested_model = c->model,
		.requested = c->request.model,
		.total_us = called ? elapsed_us(sent_us, c->end_us) : -1,
		.ttft_us = streamed ? elapsed_us(sent_us, c->first_us) : -1,
		.queue_us = called ? elapsed_us(c->read_us, c->start_us) : -1,
		.tags = c->request.tags,
		.meta = c->request.meta,
		.trace_id = c->caller->trace.id[0] ? c->caller->trace.id : NULL,
		.span_id = c->caller->trace.id[0] ? c->span_id : NULL,
		.response_schema = c->request.options.response_schema,
		.schema = schema_of(c),
	};

	if (c->raw.len) {
		raw_json(c, &raw);
		facts.raw = buf_str(&raw);
	}
	record_response(out, &c->answer, &facts);
	buf_release(&raw);
}

void
call_write(struct call *c, struct buf *out)
{
	if (c->caller->config->dry_run && c->answer.error.kind == ERROR_NONE)
		record_http_request(out, buf_str(&c->id), c->provider->name, &c->wire, &c->answer);
	else
		write_response(c, out);
}

void
call_complaint(const struct call *c, bool with_id, struct buf *out)
{
	const struct answer_error *e = &c->answer.error;
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	if (with_id && c->id.len)
		buf_addf(&text, "%s: ", c->id.p);
	else if (with_id)
		buf_addf(&text, "line %lld: ", (long long)c->number);
	buf_addf(&text, "%s: %s", error_kind_name(e->kind), e->message.p);
	secret_mask(buf_str(&text), out);
	buf_release(&text);
}
