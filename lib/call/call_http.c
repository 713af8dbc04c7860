/* SPDX-License-Identifier: MIT */
/* call_http - a call carried by HTTP. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/version.h"
#include "call/call_state.h"
#include "sys/clock.h"

struct http *
caller_http(struct caller *caller)
{
	if (!caller->http)
		caller->http = http_new(
		    caller->loop, &(struct http_config){ .at_once = (long)caller->config->at_once,
				      .user_agent = "agentflow/" AGENTFLOW_VERSION,
				      .ca_file = caller->config->ca_file,
				      .ca_dir = caller->config->ca_dir,
				      .log = caller->config->log });
	return caller->http;
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
	int64_t now_us = clock_wall_us();
	struct call *c = user;

	if (c->tape)
		tape_head(c->tape, status, headers);
	call_raw_head(c, status, headers);
	reader_head(c->reader, status, headers, now_us);
	c->limits = rate_limit_read(headers, now_us);
}

static bool
on_data(void *user, const char *p, size_t n)
{
	struct call *c = user;
	bool streaming = c->wire.framing != FRAME_WHOLE;
	bool go_on;

	if (c->caller->config->keep_raw)
		buf_add(&c->raw, p, n);
	if (c->tape)
		tape_data(c->tape, p, n, clock_mono_us() - c->tape_us);
	go_on = reader_feed(c->reader, p, n);
	if (!c->first_us && (c->answer.output_seen || !streaming)) {
		c->first_us = clock_mono_us();
		http_saw_output(c->exchange);
	}
	if (c->answer.ended && !c->linger && go_on)
		start_linger(c);
	return go_on;
}

/* What we ended ourselves, having heard enough, was not cut. */
static void
save_tape(struct call *c, const struct http_result *result)
{
	struct err err = ERR_INIT;
	bool cut = result->end != HTTP_DONE && !c->answer.ended &&
		   c->answer.error.kind == ERROR_NONE;

	if (tape_save(c->tape, c->caller->config->record_dir, c->wire.framing, cut,
		clock_mono_us() - c->tape_us, clock_wall_us(), &err) < 0 &&
	    !c->caller->tape_err.code)
		c->caller->tape_err = err;
	tape_free(c->tape);
	c->tape = NULL;
}

static void
on_done(void *user, const struct http_result *result)
{
	struct call *c = user;

	c->exchange = NULL;
	if (c->tape)
		save_tape(c, result);
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
	call_carried(c);
}

static int64_t
or_default(int64_t ms, int64_t otherwise)
{
	return ms > 0 ? ms : otherwise;
}

static void
start(struct call *c)
{
	static const struct http_handler handler = {
		.head = on_head,
		.data = on_data,
		.done = on_done,
	};
	const struct request_options *o = &c->request.options;
	struct http_request request = {
		.method = c->wire.method ? c->wire.method : "POST",
		.url = c->wire.url.p,
		.headers = &c->wire.headers,
		.body = buf_str(&c->wire.body),
		.connect_ms = CALL_CONNECT_MS,
		.first_ms = or_default(o->ttft_timeout_ms, o->stream ? CALL_FIRST_MS : 0),
		.idle_ms = or_default(o->idle_timeout_ms, CALL_IDLE_MS),
		.deadline_us = call_deadline_us(c),
	};

	if (c->caller->config->record_dir) {
		c->tape = tape_new(c->provider->name, c->provider->dialect->name);
		c->tape_us = clock_mono_us();
		tape_request(c->tape, request.method, request.url, &c->wire.headers, request.body);
	}
	c->reader = reader_new(call_dialect(c), &c->answer, c->wire.framing);
	c->exchange = http_start(caller_http(c->caller), &request, &handler, c);
	if (c->paused)
		http_pause(c->exchange);
}

static void
cancel(struct call *c)
{
	if (c->exchange)
		http_cancel(c->exchange);
}

static void
pause_reading(struct call *c)
{
	if (c->exchange)
		http_pause(c->exchange);
}

static void
resume_reading(struct call *c)
{
	if (c->exchange)
		http_resume(c->exchange);
}

const struct carrier call_http = {
	.start = start,
	.cancel = cancel,
	.pause = pause_reading,
	.resume = resume_reading,
};
