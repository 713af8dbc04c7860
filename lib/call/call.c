/* SPDX-License-Identifier: MIT */
/* call - one request carried to one provider. */
#include "call/call_state.h"

#include <stdlib.h>

#include "base/mem.h"
#include "call/attach.h"
#include "call/plan.h"
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
	aws_credentials_release(&caller->aws);
	free(caller->aws_refusal);
	call_program_free_all(caller);
	schema_free(caller->schema);
	free(caller->schema_text);
	free(caller);
}

void
caller_kill(struct caller *caller)
{
	call_program_kill(caller);
}

const struct err *
caller_tape_error(const struct caller *caller)
{
	return caller->tape_err.code ? &caller->tape_err : NULL;
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
	c->carrier = caller->config->replay ? &call_replay : &call_http;
	c->limits = (struct rate_limit)RATE_LIMIT_UNTOLD;
	c->number = number;
	c->line = xmemdup(line.p, line.len);
	buf_init(&c->id, BUF_UNLIMITED);
	buf_init(&c->filled, BUF_UNLIMITED);
	buf_init(&c->raw, RAW_MAX);
	buf_init(&c->request.model_text, 0);
	wire_init(&c->wire);
	answer_init(&c->answer, NULL, c);
	trace_span(&caller->trace, c->span_id);
	return c;
}

static void
choose_carrier(struct call *c)
{
	if (!c->provider->program)
		return;
	c->carrier = &call_program;
	if (c->caller->config->replay)
		answer_fail(&c->answer, ERROR_UNSUPPORTED,
		    "%s is a program: what it does is not recorded", c->provider->name);
}

struct call *
call_new(struct caller *caller, struct str line, int64_t number)
{
	struct call *c = new_call(caller, line, number);

	call_read(c, line.len);
	if (c->provider)
		choose_carrier(c);
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
	tape_free(c->tape);
	answer_release(&c->answer);
	wire_release(&c->wire);
	request_release(&c->request);
	buf_release(&c->id);
	buf_release(&c->filled);
	buf_release(&c->raw);
	free(c->model_text);
	free(c->scratch);
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

void
call_carried(struct call *c)
{
	if (c->profile && c->answer.error.kind == ERROR_NONE)
		profile_read_calls(c->profile, &c->answer);
	finish(c);
}

/* Read the files that the request's parts name. */
static int
fill(struct call *c)
{
	struct request_defaults defaults = c->caller->config->defaults;
	struct buf filled = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	int rc = 0;

	defaults.system = c->request.system; /* a profile may have made a message of it */
	if (!c->request.files)
		return 0;
	if (attach_fill(c->request.record, &filled, &err) < 0 ||
	    call_read_again(c, &filled, &defaults, &err) < 0) {
		answer_fail(&c->answer, ERROR_INVALID_INPUT, "%s", err.text);
		rc = -1;
	}
	buf_release(&filled);
	return rc;
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

	if (call_profile(c) < 0 || fill(c) < 0)
		return -1;
	call_check(c);
	if (c->answer.error.kind != ERROR_NONE)
		return -1;
	if (config->dry_run || config->replay) {
		provider_mask(c->provider, config->env);
		b.key = c->provider->key;
	} else if (provider_key(c->provider, config->env, &b.key, &err) < 0) {
		answer_fail(&c->answer, ERROR_AUTH, "%s", err.text);
		return -1;
	}
	b.model.p = c->model_text;
	if (c->provider->program)
		b.scratch = c->scratch = plan_scratch(config->scratch);
	if (call_place(c, &err) < 0 || dialect_build(&b, &c->wire, &err) < 0) {
		answer_fail(&c->answer, ERROR_UNSUPPORTED, "%s", err.text);
		return -1;
	}
	if (!b.key && call_sign(c, &err) < 0) {
		answer_fail(&c->answer, ERROR_AUTH, "%s", err.text);
		return -1;
	}
	return 0;
}

void
call_start(struct call *c, int64_t read_us)
{
	c->read_us = read_us;
	c->start_us = clock_mono_us();
	if (c->answer.error.kind == ERROR_NONE && build(c) == 0 && !c->caller->config->dry_run)
		c->carrier->start(c);
	else
		finish(c);
}

void
call_cancel(struct call *c)
{
	if (c->start_us) {
		c->carrier->cancel(c);
	} else {
		answer_fail(&c->answer, ERROR_CANCELLED, "cancelled before it was sent");
		finish(c);
	}
}

void
call_pause(struct call *c)
{
	if (c->start_us)
		c->carrier->pause(c);
}

void
call_resume(struct call *c)
{
	if (c->start_us)
		c->carrier->resume(c);
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

const struct rate_limit *
call_limits(const struct call *c)
{
	return &c->limits;
}

struct provider *
call_provider(const struct call *c)
{
	return c->provider;
}
