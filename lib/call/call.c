/* SPDX-License-Identifier: MIT */
/* call - one request carried to one provider. */
#include "call/call_state.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/mem.h"
#include "call/attach.h"
#include "call/plan.h"
#include "json/schema.h"
#include "llm/count.h"
#include "llm/program.h"
#include "sys/clock.h"

#define RAW_MAX ((size_t)64 << 20)

struct procs *
caller_procs(struct caller *caller)
{
	if (!caller->procs)
		caller->procs = procs_new(caller->loop);
	return caller->procs;
}

static struct http *
tools_http(void *user)
{
	return caller_http(user);
}

static struct procs *
tools_procs(void *user)
{
	return caller_procs(user);
}

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
	caller->tools = (struct secret_tools){
		.loop = loop,
		.env = config->env,
		.http = tools_http,
		.procs = tools_procs,
		.user = caller,
	};
	trace_init(&caller->trace, config->traceparent);
	return caller;
}

void
caller_free(struct caller *caller)
{
	call_warm_free(caller);
	call_program_free_all(caller); /* and all processes */
	if (caller->http)
		http_free(caller->http);
	credentials_free(caller->credentials); /* after those that its fetches go by */
	signer_release(&caller->signer);
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
	buf_init(&c->object, BUF_UNLIMITED);
	call_past_init(&c->past);
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
call_new_batch(struct caller *caller, struct str lines, const int64_t *numbers, size_t count)
{
	struct call *c = new_call(caller, lines, numbers[0]);

	call_batch_read(c, (struct str){ c->line, lines.len }, numbers, count);
	call_resolve(c);
	if (c->provider && c->answer.error.kind == ERROR_NONE &&
	    !embed_limits(c->provider, c->model).texts)
		answer_fail(&c->answer, ERROR_UNSUPPORTED, "%s does not embed", c->provider->name);
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
	call_batch_free(c->batch);
	answer_release(&c->answer);
	wire_release(&c->wire);
	request_release(&c->request);
	buf_release(&c->id);
	buf_release(&c->filled);
	buf_release(&c->raw);
	http_headers_release(&c->raw_headers);
	buf_release(&c->object);
	call_past_release(&c->past);
	free(c->model_text);
	free(c->scratch);
	free(c->line);
	free(c);
}

/* --- on its way --- */

void
call_finish(struct call *c)
{
	if (c->caller->starting == c)
		c->caller->starting = NULL;
	call_sum_up(c);
	if (!c->end_us)
		c->end_us = clock_mono_us();
	c->caller->on->done(c->caller->user, c);
}

void
call_carried(struct call *c)
{
	if (c->profile && c->answer.error.kind == ERROR_NONE)
		profile_read_calls(c->profile, &c->answer);
	if (c->answer.error.kind == ERROR_AUTH)
		signer_refused(&c->caller->signer, c->provider);
	if (c->answer.error.status == 401 && c->caller->credentials)
		credential_refused(c->caller->credentials, c->provider, c->key_turn);
	if (!call_goes_on(c))
		call_finish(c);
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

static int64_t
timeout_ms(const struct call *c)
{
	int64_t ms = c->request.options.timeout_ms;

	return ms > 0 ? ms : CALL_TOTAL_MS;
}

int64_t
call_deadline_us(const struct call *c)
{
	int64_t ms = timeout_ms(c);

	return ms < (CLOCK_NEVER - c->start_us) / 1000 ? c->start_us + ms * 1000 : CLOCK_NEVER;
}

/* CREDENTIAL_FAILED: the answer says why. */
static enum credential_state
find_key(struct call *c, const char **key)
{
	const struct call_config *config = c->caller->config;
	enum credential_state state;
	struct err err = ERR_INIT;

	if (config->dry_run || config->replay) {
		provider_mask(c->provider, config->env);
		*key = c->provider->key;
		return CREDENTIAL_READY;
	}
	if (!c->caller->credentials)
		c->caller->credentials = credentials_new(&c->caller->tools);
	state = credential_get(c->caller->credentials, c->provider, key, &err);
	c->key_turn = credential_turn(c->caller->credentials);
	if (state == CREDENTIAL_FAILED)
		answer_fail(&c->answer, ERROR_AUTH, "%s", err.text);
	return state;
}

static void
plan_for_program(struct call *c, struct build *b)
{
	const struct call_config *config = c->caller->config;

	if (!c->scratch)
		c->scratch = plan_scratch(config->scratch);
	b->scratch = c->scratch;
	b->warm = program_goes_warm(c->provider->program, dialect_options(b), config->many);
	if (b->warm)
		c->carrier = &call_warm;
}

/* What is sent: the request, the question for an answer that is being written, for a count, or for
 * vectors. */
static int
say(struct call *c, const struct build *b, struct err *err)
{
	int rc;

	if (c->batch)
		return call_batch_build(c, b, &c->wire, err);
	if (c->caller->config->count)
		return count_build(b, &c->wire, err);
	if (!c->past.polls_next)
		return dialect_build(b, &c->wire, err);
	rc = dialect_poll(b, &c->answer, &c->wire, err);
	answer_reread(&c->answer);
	if (b->provider->think_tags)
		lead_think(&c->answer.lead);
	return rc;
}

static int
sign(struct call *c, struct err *err)
{
	const struct call_config *config = c->caller->config;

	if (!config->dry_run && !config->replay)
		return signer_sign(
		    &c->caller->signer, c->provider, config->env, "POST", &c->wire, err);
	if (c->provider->dialect && c->provider->dialect->aws_service)
		http_headers_set(&c->wire.headers, "authorization", "***");
	return 0;
}

static int
build(struct call *c, const char *key)
{
	const struct call_config *config = c->caller->config;
	struct build b = { .request = &c->request,
		.provider = c->provider,
		.model = c->model,
		.key = key,
		.answer = &c->answer,
		.spec = c->spec };
	struct err err = ERR_INIT;

	b.model.p = c->model_text;
	if (c->provider->program)
		plan_for_program(c, &b);
	if (sign_place(c->provider, config->env, &err) < 0 || say(c, &b, &err) < 0) {
		answer_fail(&c->answer, ERROR_UNSUPPORTED, "%s", err.text);
		return -1;
	}
	if (!b.key && sign(c, &err) < 0) {
		answer_fail(&c->answer, ERROR_AUTH, "%s", err.text);
		return -1;
	}
	return 0;
}

static void
on_key(struct credential_wait *w, bool late)
{
	struct call *c = (struct call *)((char *)w - offsetof(struct call, wait));

	if (!late) {
		call_send(c);
		return;
	}
	answer_fail(&c->answer, ERROR_TIMEOUT, "no key for %s within %lld ms", c->provider->name,
	    (long long)timeout_ms(c));
	call_finish(c);
}

/* A carrier may end the call at once, and then it is gone. */
static void
start(struct call *c)
{
	struct caller *caller = c->caller;
	struct call *outer =
	    caller->starting; /* which made room for this one, or is this one again */
	bool is_there;

	caller->starting = c;
	c->carrier->start(c);
	is_there = caller->starting == c;
	if (is_there && c->paused)
		c->carrier->pause(c);
	caller->starting = outer == c && !is_there ? NULL : outer;
}

void
call_send(struct call *c)
{
	const char *key = NULL;
	enum credential_state state = find_key(c, &key);

	if (state == CREDENTIAL_WAIT) {
		c->wait.told = on_key;
		c->wait.deadline_us = call_deadline_us(c);
		credential_wait(c->caller->credentials, &c->wait);
		return;
	}
	c->ready_us = clock_mono_us();
	if (state == CREDENTIAL_FAILED || build(c, key) < 0 || call_refuses(c) ||
	    c->caller->config->dry_run) {
		call_finish(c);
		return;
	}
	c->past.exchanges += !c->past.polls_next;
	start(c);
}

void
call_start(struct call *c, int64_t read_us)
{
	c->read_us = read_us;
	c->start_us = clock_mono_us();
	if (c->answer.error.kind == ERROR_NONE && call_profile(c) == 0 && fill(c) == 0)
		call_check(c);
	if (c->answer.error.kind == ERROR_NONE && !call_is_estimated(c))
		call_send(c);
	else
		call_finish(c);
}

void
call_cancel(struct call *c)
{
	c->cancelled = true;
	if (call_stop_waiting(c))
		return;
	if (c->start_us && !c->wait.next) {
		c->carrier->cancel(c);
	} else {
		credential_leave(&c->wait);
		answer_fail(&c->answer, ERROR_CANCELLED, "cancelled before it was sent");
		call_finish(c);
	}
}

void
call_pause(struct call *c)
{
	c->paused = true;
	if (c->ready_us)
		c->carrier->pause(c);
}

void
call_resume(struct call *c)
{
	c->paused = false;
	if (c->ready_us)
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
