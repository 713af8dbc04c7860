/* SPDX-License-Identifier: MIT */
/* call - one request carried to one provider. */
#include "llm/call_state.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/version.h"
#include "json/schema.h"
#include "sys/clock.h"

#define RAW_MAX ((size_t)64 << 20)

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

	call_read(c, line.len);
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
